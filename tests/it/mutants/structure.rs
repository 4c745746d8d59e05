//! Mutants: text that is no JSON, elements that do not exist, that are missing, that are two of one choice.

pub const ROWS: &str = r##"
-- json.html: names are unique in an object
the same element twice | patient | text "gender":"female" => "gender":"female","gender":"male" | 400 invalid-json | -
the same element twice with the same value | observation | text "status":"final" => "status":"final","status":"final" | 400 invalid-json | -
the same element twice, once escaped | patient | text "active":true => "active":true,"\u0061ctive":true | 400 invalid-json | -
the same element twice inside | patient | text "relationship":[ => "gender":"female","relationship":[ | 400 invalid-json | -
resourceType twice | patient | text "language":"vi" => "language":"vi","resourceType":"Patient" | 400 invalid-json | -
a leading zero | patient | text "multipleBirthInteger":2 => "multipleBirthInteger":02 | 400 invalid-json | -
a plus sign | patient | text "multipleBirthInteger":2 => "multipleBirthInteger":+2 | 400 invalid-json | -
a comma too many | patient | text "active":true, => "active":true,, | 400 invalid-json | -
a comment | patient | text "active":true, => /* */"active":true, | 400 invalid-json | -

-- elements that R4 does not have there
an element that never was | patient | set /colour "red" | 400 unknown-element | Patient
an element inside a part | patient | set /contact/0/colour "red" | 400 unknown-element | Patient.contact[0]
an element in other case | patient | rename /birthDate birthdate | 400 unknown-element | Patient
an element of a data type | patient | set /name/0/middle "x" | 400 unknown-element | Patient.name[0]
a choice of a type that is not allowed | observation | rename /valueQuantity valueMoney | 400+ unknown-element | Observation
the stem of a choice | patient | rename /deceasedBoolean deceased | 400 unknown-element | Patient
a choice in wrong case | observation | rename /valueQuantity valuequantity | 400 unknown-element | Observation
an element of Observation in its component | observation | set /component/0/unit "x" | 400 unknown-element | Observation.component[0]
an element of R3 | encounter | set /reason [{"text":"x"}] | 400 unknown-element | Encounter
an element of R5 | condition | set /participant [{"actor":{"display":"x"}}] | 400 unknown-element | Condition
an element of R3 in a dosage | medication-request | set /dosageInstruction/0/doseQuantity {"value":1} | 400 unknown-element | MedicationRequest.dosageInstruction[0]
an element in a contained resource | patient | set /contained/0/colour "red" | 400 unknown-element | Patient.contained[0]
the value of an extension without a type | patient | set /extension/0/value "x" | 400 unknown-element | Patient.extension[0]
the value of an extension of a type that is none | patient | set /extension/0/valueText "x" | 400 unknown-element | Patient.extension[0]
meta.author | patient | set /meta/author {"display":"x"} | 400 unknown-element | Patient.meta
a language of the narrative | patient | set /text/lang "vi" | 400 unknown-element | Patient.text
an element of an entry | bundle-collection | set /entry/0/version "1" | 400 unknown-element | Bundle.entry[0]
an element of the resource of an entry | bundle-collection | set /entry/1/resource/colour "red" | 400 unknown-element | Bundle.entry[1].resource
contained in a Bundle | bundle-collection | set /contained [{"resourceType":"Basic","id":"a","code":{"text":"x"}}] | 400+ unknown-element | Bundle
an element of a nested item | questionnaire | set /item/0/item/0/colour "red" | 400 unknown-element | Questionnaire.item[0].item[0]
an element of a nested provision | consent | set /provision/provision/0/rule "x" | 400 unknown-element | Consent.provision.provision[0]
an element of Timing.repeat | service-request | set /occurrenceTiming/repeat/interval 1 | 400 unknown-element | ServiceRequest.occurrence.repeat
an element of a Reference | observation | set /subject/url "http://example.org" | 400 unknown-element | Observation.subject
an element of a Coding | observation | set /code/coding/0/text "x" | 400 unknown-element | Observation.code.coding[0]
the shadow of what is no primitive | patient | set /_maritalStatus {"id":"a"} | 400 unknown-element | Patient
a value in the shadow of a primitive | patient | set /_gender {"value":"x"} | 400 unknown-element | Patient.gender
modifierExtension on a data type | patient | set /name/0/modifierExtension [{"url":"http://example.org/x","valueCode":"x"}] | 400 unknown-element | Patient.name[0]
modifierExtension in an extension | patient | set /extension/0/modifierExtension [{"url":"http://example.org/x","valueCode":"x"}] | 400 unknown-element | Patient.extension[0]
comments of DSTU2 | audit-event | set /fhir_comments ["x"] | 400 unknown-element | AuditEvent
resourceType in a data type | patient | set /name/0/resourceType "HumanName" | 400 unknown-element | Patient.name[0]
a type that R4 does not have, contained | observation | set /contained/- {"resourceType":"Nonsense","id":"a"} | 400+ resource-type-unknown | Observation.contained[1]
a data type as the resource of an entry | bundle-collection | set /entry/3/resource/resourceType "HumanName" | 400+ resource-type-unknown | Bundle.entry[3].resource
a resource without type in an entry | bundle-collection | remove /entry/3/resource/resourceType | 400+ resource-type-missing | Bundle.entry[3].resource

-- cardinality 1..1 and 1..*
without status | observation | remove /status | 400 required-element | Observation
without code | observation | remove /code | 400 required-element | Observation
a component without code | observation | remove /component/0/code | 400 required-element | Observation.component[0]
a link without other | patient | remove /link/0/other | 400 required-element | Patient.link[0]
a link without type | patient | remove /link/0/type | 400 required-element | Patient.link[0]
a communication without language | patient | remove /communication/0/language | 400 required-element | Patient.communication[0]
without the status, contained | diagnostic-report | remove /contained/0/status | 400 required-element | DiagnosticReport.contained[0]
an Encounter without class | encounter | remove /class | 400 required-element | Encounter
a history without period | encounter | remove /statusHistory/0/period | 400 required-element | Encounter.statusHistory[0]
a diagnosis without condition | encounter | remove /diagnosis/0/condition | 400 required-element | Encounter.diagnosis[0]
a Condition without subject | condition | remove /subject | 400 required-element | Condition
a prescription without intent | medication-request | remove /intent | 400 required-element | MedicationRequest
a substitution without the required choice | medication-request | remove /substitution/allowedBoolean | 400 required-element | MedicationRequest.substitution
an Immunization without occurrence | immunization | remove /occurrenceDateTime | 400 required-element | Immunization
an Immunization without vaccine | immunization | remove /vaccineCode | 400 required-element | Immunization
a protocol without dose number | immunization | remove /protocolApplied/0/doseNumberPositiveInt | 400 required-element | Immunization.protocolApplied[0]
an allergy of nobody | allergy | remove /patient | 400 required-element | AllergyIntolerance
a reaction without manifestation | allergy | remove /reaction/0/manifestation | 400 required-element | AllergyIntolerance.reaction[0]
a Coverage without beneficiary | coverage | remove /beneficiary | 400 required-element | Coverage
a class without value | coverage | remove /class/0/value | 400 required-element | Coverage.class[0]
a Consent without scope | consent | remove /scope | 400 required-element | Consent
an actor without role | consent | remove /provision/actor/0/role | 400 required-element | Consent.provision.actor[0]
data without meaning | consent | remove /provision/data/0/meaning | 400 required-element | Consent.provision.data[0]
an AuditEvent without recorded | audit-event | remove /recorded | 400 required-element | AuditEvent
an agent without requestor | audit-event | remove /agent/0/requestor | 400 required-element | AuditEvent.agent[0]
a detail without its choice | audit-event | remove /entity/0/detail/0/valueString | 400 required-element | AuditEvent.entity[0].detail[0]
a Provenance without target | provenance | remove /target | 400 required-element | Provenance
a signature of nobody | provenance | remove /signature/0/who | 400 required-element | Provenance.signature[0]
the agent of an entity without who | provenance | remove /entity/0/agent/0/who && set /entity/0/agent/0/type {"text":"x"} | 400 required-element | Provenance.entity[0].agent[0]
a Composition without title | composition | remove /title | 400 required-element | Composition
an attester without mode | composition | remove /attester/0/mode | 400 required-element | Composition.attester[0]
a participant without status | appointment | remove /participant/0/status | 400 required-element | Appointment.participant[0]
an insurance without focal | claim | remove /insurance/0/focal | 400 required-element | Claim.insurance[0]
a detail without product | claim | remove /item/0/detail/0/productOrService | 400 required-element | Claim.item[0].detail[0]
a link of a Bundle without url | bundle-collection | remove /link/0/url | 400 required-element | Bundle.link[0]
the resource of an entry without status | bundle-searchset | remove /entry/0/resource/status | 400 required-element | Bundle.entry[0].resource
a question without its name | questionnaire | remove /item/0/item/1/enableWhen/0/question | 400 required-element | Questionnaire.item[0].item[1].enableWhen[0]
an expansion without time | value-set | remove /expansion/timestamp | 400 required-element | ValueSet.expansion
a CodeSystem without content | code-system | remove /content | 400 required-element | CodeSystem
a concept in a concept without code | code-system | remove /concept/0/concept/0/code | 400 required-element | CodeSystem.concept[0].concept[0]
a target without equivalence | concept-map | remove /group/0/element/0/target/0/equivalence | 400 required-element | ConceptMap.group[0].element[0].target[0]
a narrative without status | patient | remove /text/status | 400 required-element | Patient.text
a narrative without div | patient | remove /text/div | 400 required-element | Patient.text
an extension without url | patient | remove /extension/0/url | 400 required-element | Patient.extension[0]
an extension in an extension without url | patient | remove /extension/1/extension/0/url | 400 required-element | Patient.extension[1].extension[0]
a characteristic without exclude | group | remove /characteristic/0/exclude | 400 required-element | Group.characteristic[0]
a Goal without description | goal | remove /description | 400 required-element | Goal
a note without text | procedure | set /note/0 {"authorString":"x"} | 400 required-element | Procedure.note[0]
SampledData without origin | observation | remove /valueQuantity && set /valueSampledData {"period":10,"dimensions":1,"data":"1 2"} | 400 required-element | Observation.value
a position without latitude | location | remove /position/latitude | 400 required-element | Location.position
an event without instance | adverse-event | remove /suspectEntity/0/instance | 400 required-element | AdverseEvent.suspectEntity[0]
a NamingSystem without date | naming-system | remove /date | 400 required-element | NamingSystem

-- value[x]: one type only
two forms of deceased | patient | set /deceasedDateTime "2020" | 400 choice-repeated | Patient
two forms of multipleBirth | patient | set /multipleBirthBoolean true | 400 choice-repeated | Patient
two values | observation | set /valueString "x" | 400 choice-repeated | Observation
two forms of effective | observation | set /effectiveDateTime "2026-05-04" | 400 choice-repeated | Observation
two values of a component | observation | set /component/0/valueInteger 1 | 400 choice-repeated | Observation.component[0]
a medication by code and by reference | medication-request | set /medicationCodeableConcept {"text":"x"} | 400 choice-repeated | MedicationRequest
two values of an extension | patient | set /extension/0/valueCode "x" | 400 choice-repeated | Patient.extension[0]
two authors of a note | observation | set /note/0/authorReference {"display":"x"} | 400 choice-repeated | Observation.note[0]
two forms of a dose | medication-request | set /dosageInstruction/0/doseAndRate/0/doseQuantity {"value":1} | 400 choice-repeated | MedicationRequest.dosageInstruction[0].doseAndRate[0]
two bounds of a Timing | service-request | set /occurrenceTiming/repeat/boundsPeriod {"start":"2026-05-04"} | 400 choice-repeated | ServiceRequest.occurrence.repeat
two answers | questionnaire-response | set /item/1/answer/0/valueInteger 1 | 400 choice-repeated | QuestionnaireResponse.item[1].answer[0]
a value and the shadow of another | patient | set /_deceasedDateTime {"extension":[{"url":"http://example.org/x","valueCode":"x"}]} | 400 choice-repeated | Patient
"##;
