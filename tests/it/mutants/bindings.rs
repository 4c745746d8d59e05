//! Mutants: codes outside of the value set of a required binding (terminologies.html#required).

/// In elements of resources.
pub const ROWS: &str = r##"
-- code
Patient.gender | patient | set /gender "f" | 422 code-not-in-value-set | Patient.gender
Patient.gender in capitals | patient | set /gender "Female" | 422 code-not-in-value-set | Patient.gender
Patient.contact.gender | patient | set /contact/0/gender "nữ" | 422 code-not-in-value-set | Patient.contact[0].gender
Patient.link.type | patient | set /link/0/type "same-as" | 422 code-not-in-value-set | Patient.link[0].type
Practitioner.gender | practitioner | set /gender "M" | 422 code-not-in-value-set | Practitioner.gender
Observation.status | observation | set /status "done" | 422 code-not-in-value-set | Observation.status
Observation.status, contained | diagnostic-report | set /contained/0/status "done" | 422 code-not-in-value-set | DiagnosticReport.contained[0].status
DiagnosticReport.status | diagnostic-report | set /status "completed" | 422 code-not-in-value-set | DiagnosticReport.status
Encounter.status | encounter | set /status "completed" | 422 code-not-in-value-set | Encounter.status
Encounter.statusHistory.status | encounter | set /statusHistory/0/status "came" | 422 code-not-in-value-set | Encounter.statusHistory[0].status
Encounter.location.status | encounter | set /location/0/status "left" | 422 code-not-in-value-set | Encounter.location[0].status
MedicationRequest.status | medication-request | set /status "finished" | 422 code-not-in-value-set | MedicationRequest.status
MedicationRequest.intent | medication-request | set /intent "prescription" | 422 code-not-in-value-set | MedicationRequest.intent
MedicationRequest.priority | medication-request | set /priority "high" | 422 code-not-in-value-set | MedicationRequest.priority
MedicationStatement.status | medication-statement | set /status "taken" | 422 code-not-in-value-set | MedicationStatement.status
Immunization.status | immunization | set /status "in-progress" | 422 code-not-in-value-set | Immunization.status
AllergyIntolerance.type | allergy | set /type "hypersensitivity" | 422 code-not-in-value-set | AllergyIntolerance.type
AllergyIntolerance.category | allergy | set /category/- "drug" | 422 code-not-in-value-set | AllergyIntolerance.category[1]
AllergyIntolerance.criticality | allergy | set /criticality "severe" | 422 code-not-in-value-set | AllergyIntolerance.criticality
AllergyIntolerance.reaction.severity | allergy | set /reaction/0/severity "high" | 422 code-not-in-value-set | AllergyIntolerance.reaction[0].severity
Procedure.status | procedure | set /status "final" | 422 code-not-in-value-set | Procedure.status
Coverage.status | coverage | set /status "inactive" | 422 code-not-in-value-set | Coverage.status
Consent.status | consent | set /status "granted" | 422 code-not-in-value-set | Consent.status
Consent.provision.type | consent | set /provision/type "allow" | 422 code-not-in-value-set | Consent.provision.type
Consent.provision.provision.type | consent | set /provision/provision/0/type "forbid" | 422 code-not-in-value-set | Consent.provision.provision[0].type
Consent.provision.data.meaning | consent | set /provision/data/0/meaning "all" | 422 code-not-in-value-set | Consent.provision.data[0].meaning
AuditEvent.action | audit-event | set /action "S" | 422 code-not-in-value-set | AuditEvent.action
AuditEvent.outcome | audit-event | set /outcome "1" | 422 code-not-in-value-set | AuditEvent.outcome
AuditEvent.agent.network.type | audit-event | set /agent/0/network/type "ip" | 422 code-not-in-value-set | AuditEvent.agent[0].network.type
Provenance.entity.role | provenance | set /entity/0/role "origin" | 422 code-not-in-value-set | Provenance.entity[0].role
Composition.status | composition | set /status "signed" | 422 code-not-in-value-set | Composition.status
Composition.confidentiality | composition | set /confidentiality "secret" | 422 code-not-in-value-set | Composition.confidentiality
Composition.attester.mode | composition | set /attester/0/mode "signed" | 422 code-not-in-value-set | Composition.attester[0].mode
Composition.relatesTo.code | composition | set /relatesTo/0/code "amends" | 422 code-not-in-value-set | Composition.relatesTo[0].code
Composition.section.mode | composition | set /section/0/mode "final" | 422 code-not-in-value-set | Composition.section[0].mode
Bundle.type | bundle-collection | set /type "folder" | 422 code-not-in-value-set/bundle-type | Bundle.type
Bundle.entry.search.mode | bundle-searchset | set /entry/1/search/mode "included" | 422 code-not-in-value-set | Bundle.entry[1].search.mode
a code in an entry | bundle-document | set /entry/1/resource/gender "nam" | 422 code-not-in-value-set | Bundle.entry[1].resource.gender
Questionnaire.status | questionnaire | set /status "final" | 422 code-not-in-value-set | Questionnaire.status
Questionnaire.subjectType | questionnaire | set /subjectType/0 "Citizen" | 422 code-not-in-value-set | Questionnaire.subjectType[0]
Questionnaire.item.type | questionnaire | set /item/4/type "label" | 422 code-not-in-value-set | Questionnaire.item[4].type
Questionnaire.item.enableWhen.operator | questionnaire | set /item/0/item/1/enableWhen/0/operator "==" | 422 code-not-in-value-set | Questionnaire.item[0].item[1].enableWhen[0].operator
Questionnaire.item.enableBehavior | questionnaire | set /item/0/item/1/enableBehavior "both" | 422 code-not-in-value-set | Questionnaire.item[0].item[1].enableBehavior
QuestionnaireResponse.status | questionnaire-response | set /status "final" | 422 code-not-in-value-set | QuestionnaireResponse.status
ValueSet.status | value-set | set /status "current" | 422 code-not-in-value-set | ValueSet.status
ValueSet.compose.include.filter.op | value-set | set /compose/include/1/filter/0/op "isa" | 422 code-not-in-value-set | ValueSet.compose.include[1].filter[0].op
CodeSystem.content | code-system | set /content "full" | 422 code-not-in-value-set | CodeSystem.content
CodeSystem.hierarchyMeaning | code-system | set /hierarchyMeaning "child-of" | 422 code-not-in-value-set | CodeSystem.hierarchyMeaning
CodeSystem.filter.operator | code-system | set /filter/0/operator/1 "==" | 422 code-not-in-value-set | CodeSystem.filter[0].operator[1]
CodeSystem.property.type | code-system | set /property/0/type "date" | 422 code-not-in-value-set | CodeSystem.property[0].type
ConceptMap.group.element.target.equivalence | concept-map | set /group/0/element/0/target/0/equivalence "same" | 422 code-not-in-value-set | ConceptMap.group[0].element[0].target[0].equivalence
ConceptMap.group.unmapped.mode | concept-map | set /group/0/unmapped/mode "none" | 422 code-not-in-value-set | ConceptMap.group[0].unmapped.mode
Location.status | location | set /status "open" | 422 code-not-in-value-set | Location.status
Location.mode | location | set /mode "type" | 422 code-not-in-value-set | Location.mode
Location.hoursOfOperation.daysOfWeek | location | set /hoursOfOperation/0/daysOfWeek/1 "tuesday" | 422 code-not-in-value-set | Location.hoursOfOperation[0].daysOfWeek[1]
Appointment.status | appointment | set /status "planned" | 422 code-not-in-value-set | Appointment.status
Appointment.participant.required | appointment | set /participant/0/required "yes" | 422 code-not-in-value-set | Appointment.participant[0].required
Appointment.participant.status | appointment | set /participant/1/status "confirmed" | 422 code-not-in-value-set | Appointment.participant[1].status
CarePlan.intent | care-plan | set /intent "instance-order" | 422 code-not-in-value-set | CarePlan.intent
CarePlan.activity.detail.kind | care-plan | set /activity/0/detail/kind "Procedure" | 422 code-not-in-value-set | CarePlan.activity[0].detail.kind
CarePlan.activity.detail.status | care-plan | set /activity/0/detail/status "active" | 422 code-not-in-value-set | CarePlan.activity[0].detail.status
Claim.use | claim | set /use "bill" | 422 code-not-in-value-set | Claim.use
Group.type | group | set /type "household" | 422 code-not-in-value-set | Group.type
ServiceRequest.status | service-request | set /status "requested" | 422 code-not-in-value-set | ServiceRequest.status
ServiceRequest.intent | service-request | set /intent "referral" | 422 code-not-in-value-set | ServiceRequest.intent
Task.status | task | set /status "active" | 422 code-not-in-value-set | Task.status
Task.intent | task | set /intent "directive" | 422 code-not-in-value-set | Task.intent
List.status | list | set /status "active" | 422 code-not-in-value-set | List.status
Goal.lifecycleStatus | goal | set /lifecycleStatus "achieved" | 422 code-not-in-value-set | Goal.lifecycleStatus
FamilyMemberHistory.status | family-member-history | set /status "final" | 422 code-not-in-value-set | FamilyMemberHistory.status
RiskAssessment.status | risk-assessment | set /status "done" | 422 code-not-in-value-set | RiskAssessment.status
MedicationAdministration.status | medication-administration | set /status "given" | 422 code-not-in-value-set | MedicationAdministration.status
MedicationDispense.status | medication-dispense | set /status "dispensed" | 422 code-not-in-value-set | MedicationDispense.status
NamingSystem.uniqueId.type | naming-system | set /uniqueId/2/type "url" | 422 code-not-in-value-set | NamingSystem.uniqueId[2].type
AdverseEvent.actuality | adverse-event | set /actuality "real" | 422 code-not-in-value-set | AdverseEvent.actuality

-- CodeableConcept: the element is named, and one coding must be in the set
Condition.clinicalStatus | condition | set /clinicalStatus/coding/0/code "ongoing" | 422 code-not-in-value-set | Condition.clinicalStatus
Condition.clinicalStatus of another system | condition | set /clinicalStatus/coding/0/system "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical" | 422 code-not-in-value-set | Condition.clinicalStatus
Condition.clinicalStatus without system | condition | remove /clinicalStatus/coding/0/system | 422 code-not-in-value-set/code-required | Condition.clinicalStatus
Condition.clinicalStatus in words | condition | set /clinicalStatus {"text":"đang mắc"} | 422 code-required/code-not-in-value-set | Condition.clinicalStatus
Condition.verificationStatus | condition | set /verificationStatus/coding/0/code "sure" | 422 code-not-in-value-set | Condition.verificationStatus
AllergyIntolerance.clinicalStatus | allergy | set /clinicalStatus/coding/0/code "remission" | 422 code-not-in-value-set | AllergyIntolerance.clinicalStatus
AllergyIntolerance.verificationStatus | allergy | set /verificationStatus/coding/0/code "provisional" | 422 code-not-in-value-set | AllergyIntolerance.verificationStatus
AllergyIntolerance.verificationStatus, two codings | allergy | set /verificationStatus/coding [{"system":"urn:example:x","code":"confirmed"},{"system":"urn:example:y","code":"confirmed"}] | 422 code-not-in-value-set | AllergyIntolerance.verificationStatus
AdverseEvent.severity | adverse-event | set /severity/coding/0/code "high" | 422 code-not-in-value-set | AdverseEvent.severity
AdverseEvent.outcome | adverse-event | set /outcome/coding/0/code "dead" | 422 code-not-in-value-set | AdverseEvent.outcome
"##;

/// In elements of data types.
pub const IN_DATA_TYPES: &str = r##"
Narrative.status | patient | set /text/status "manual" | 422 code-not-in-value-set | Patient.text.status
HumanName.use | patient | set /name/1/use "alias" | 422 code-not-in-value-set | Patient.name[1].use
HumanName.use in a part | patient | set /contact/0/name/use "alias" | 422 code-not-in-value-set | Patient.contact[0].name.use
Address.use | patient | set /address/0/use "permanent" | 422 code-not-in-value-set | Patient.address[0].use
Address.type | patient | set /address/0/type "house" | 422 code-not-in-value-set | Patient.address[0].type
ContactPoint.system | patient | set /telecom/0/system "zalo" | 422 code-not-in-value-set | Patient.telecom[0].system
ContactPoint.use | patient | set /telecom/0/use "private" | 422 code-not-in-value-set | Patient.telecom[0].use
Identifier.use | patient | set /identifier/0/use "main" | 422 code-not-in-value-set | Patient.identifier[0].use
Quantity.comparator | observation | set /valueQuantity/comparator "=<" | 422 code-not-in-value-set | Observation.value.comparator
Quantity.comparator of a component | observation | set /component/0/valueQuantity/comparator "~" | 422 code-not-in-value-set | Observation.component[0].value.comparator
Quantity.comparator of an Age | condition | set /onsetAge/comparator "about" | 422 code-not-in-value-set | Condition.onset.comparator
Timing.repeat.periodUnit | medication-request | set /dosageInstruction/0/timing/repeat/periodUnit "day" | 422 code-not-in-value-set | MedicationRequest.dosageInstruction[0].timing.repeat.periodUnit
Timing.repeat.durationUnit | service-request | set /occurrenceTiming/repeat/durationUnit "minutes" | 422 code-not-in-value-set | ServiceRequest.occurrence.repeat.durationUnit
Timing.repeat.dayOfWeek | care-plan | set /activity/0/detail/scheduledTiming/repeat/dayOfWeek/1 "T5" | 422 code-not-in-value-set | CarePlan.activity[0].detail.scheduled.repeat.dayOfWeek[1]
Timing.repeat.when | medication-request | set /dosageInstruction/0/timing/repeat/when/0 "MORNING" | 422 code-not-in-value-set | MedicationRequest.dosageInstruction[0].timing.repeat.when[0]
DataRequirement.type | patient | set /extension/0 {"url":"http://example.org/x","valueDataRequirement":{"type":"Spaceship"}} | 422 code-not-in-value-set | Patient.extension[0].value.type
DataRequirement.sort.direction | patient | set /extension/0 {"url":"http://example.org/x","valueDataRequirement":{"type":"Patient","sort":[{"path":"birthDate","direction":"up"}]}} | 422 code-not-in-value-set | Patient.extension[0].value.sort[0].direction
TriggerDefinition.type | patient | set /extension/0 {"url":"http://example.org/x","valueTriggerDefinition":{"type":"birthday"}} | 422 code-not-in-value-set | Patient.extension[0].value.type
RelatedArtifact.type | patient | set /extension/0 {"url":"http://example.org/x","valueRelatedArtifact":{"type":"paper"}} | 422 code-not-in-value-set | Patient.extension[0].value.type
ParameterDefinition.use | patient | set /extension/0 {"url":"http://example.org/x","valueParameterDefinition":{"use":"inout","type":"string"}} | 422 code-not-in-value-set | Patient.extension[0].value.use
Contributor.type | patient | set /extension/0 {"url":"http://example.org/x","valueContributor":{"type":"writer","name":"x"}} | 422 code-not-in-value-set | Patient.extension[0].value.type
"##;
