//! Mutants: contained resources (references.html#contained, dom-2 to dom-5, ref-1) and extensions that change the
//! meaning (extensibility.html#modifierExtension).

pub const ROWS: &str = r##"
-- ref-1
a reference to what is not contained | patient | set /generalPractitioner/0 {"reference":"#nobody"} | 422 contained-unresolved | Patient.generalPractitioner[0]
a second reference to what is not contained | observation | set /performer/- {"reference":"#nobody"} | 422 contained-unresolved | Observation.performer[1]
a reference in a part to what is not contained | encounter | set /participant/0/individual/reference "#nobody" | 422 contained-unresolved | Encounter.participant[0].individual
a reference in an extension to what is not contained | patient | set /extension/0 {"url":"http://example.org/x","valueReference":{"reference":"#nobody"}} | 422 contained-unresolved | Patient.extension[0].value
a reference in a contained resource to what is not | diagnostic-report | set /contained/0/performer [{"reference":"#nobody"}] | 422 contained-unresolved | DiagnosticReport.contained[0].performer[0]
an id in other case | patient | set /generalPractitioner/0 {"reference":"#ORG"} | 422 contained-unresolved | Patient.generalPractitioner[0]
contained elsewhere in the Bundle | bundle-document | set /entry/3/resource/serviceProvider {"reference":"#org"} | 422 contained-unresolved | Bundle.entry[3].resource.serviceProvider
contained in no entry | bundle-collection | set /entry/1/resource/performer/0/reference "#org" | 422 contained-unresolved | Bundle.entry[1].resource.performer[0]
the only reference leads elsewhere | patient | set /managingOrganization/reference "#nobody" | 422+ contained-unresolved | Patient.managingOrganization

-- dom-3
nothing refers to the contained resource | patient | remove /managingOrganization | 422 contained-unused | Patient.contained[0]
nothing refers to the second one | observation | set /contained/- {"resourceType":"Patient","id":"extra","active":true} | 422 contained-unused | Observation.contained[1]
a reference to a resource of the same id | location | set /managingOrganization/reference "Organization/org" | 422 contained-unused | Location.contained[0]
only words refer to it | practitioner | set /qualification/0/issuer {"display":"#school"} | 422 contained-unused | Practitioner.contained[0]
a value set that no canonical names | code-system | remove /valueSet | 422 contained-unused | CodeSystem.contained[0]
a value set that no question names | questionnaire | set /item/1/answerValueSet "http://example.org/fhir/ValueSet/answers" | 422 contained-unused | Questionnaire.contained[0]
nothing refers to it in an entry | bundle-collection | remove /entry/0/resource/managingOrganization | 422 contained-unused | Bundle.entry[0].resource.contained[0]

-- dom-2, dom-4, dom-5
contained in a contained resource | patient | set /contained/0/contained [{"resourceType":"Organization","id":"up","name":"x"}] && set /contained/0/partOf {"reference":"#up"} | any+ contained-nested | Patient.contained[0]
a version in a contained resource | patient | set /contained/0/meta {"versionId":"1"} | 422 contained-meta | Patient.contained[0]
a time in a contained resource | patient | set /contained/0/meta {"lastUpdated":"2026-05-04T08:30:00Z"} | 422 contained-meta | Patient.contained[0]
a label in a contained resource | patient | set /contained/0/meta {"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]} | 422 contained-meta | Patient.contained[0]
a version in the contained resource of an entry | bundle-document | set /entry/1/resource/contained/0/meta {"versionId":"1"} | 422 contained-meta | Bundle.entry[1].resource.contained[0]
two contained resources of one id | patient | set /contained/- {"resourceType":"Organization","id":"org","name":"x"} | any+ contained-repeated | -
two contained resources of one id and two types | observation | set /contained/- {"resourceType":"Patient","id":"cuff","active":true} && set /subject {"reference":"#cuff"} | any+ contained-repeated | -

-- modifierExtension
an unknown modifier | patient | set /modifierExtension [{"url":"http://example.org/x","valueBoolean":true}] | 422 modifier-unknown | Patient.modifierExtension[0]
an unknown modifier behind another | observation | set /modifierExtension [{"url":"http://example.org/x","valueBoolean":true},{"url":"http://example.org/y","valueBoolean":true}] | 422+ modifier-unknown | Observation.modifierExtension[1]
an unknown modifier of a part | patient | set /contact/0/modifierExtension [{"url":"http://example.org/x","valueBoolean":true}] | 422 modifier-unknown | Patient.contact[0].modifierExtension[0]
an unknown modifier of a component | observation | set /component/1/modifierExtension [{"url":"http://example.org/x","valueCode":"not"}] | 422 modifier-unknown | Observation.component[1].modifierExtension[0]
an unknown modifier of a dosage | medication-request | set /dosageInstruction/0/modifierExtension [{"url":"http://example.org/x","valueCode":"not"}] | 422 modifier-unknown | MedicationRequest.dosageInstruction[0].modifierExtension[0]
an unknown modifier of a Timing | service-request | set /occurrenceTiming/modifierExtension [{"url":"http://example.org/x","valueCode":"not"}] | 422 modifier-unknown | ServiceRequest.occurrence.modifierExtension[0]
an unknown modifier of a contained resource | diagnostic-report | set /contained/0/modifierExtension [{"url":"http://example.org/x","valueCode":"not"}] | 422 modifier-unknown | DiagnosticReport.contained[0].modifierExtension[0]
an unknown modifier with parts | consent | set /provision/modifierExtension [{"url":"http://example.org/x","extension":[{"url":"a","valueCode":"x"}]}] | 422 modifier-unknown | Consent.provision.modifierExtension[0]
an unknown modifier in an entry | bundle-document | set /entry/5/resource/modifierExtension [{"url":"http://example.org/x","valueBoolean":true}] | 422 modifier-unknown | Bundle.entry[5].resource.modifierExtension[0]
an unknown modifier of an entry | bundle-collection | set /entry/3/modifierExtension [{"url":"http://example.org/x","valueBoolean":true}] | 422 modifier-unknown | Bundle.entry[3].modifierExtension[0]
"##;
