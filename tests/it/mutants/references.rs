//! Mutants: references to a type that the element does not allow, and texts that are no references (references.html).

pub const ROWS: &str = r##"
-- the type in the text
the subject of an Observation is a Practitioner | observation | set /subject/reference "Practitioner/1" | 422 reference-target | Observation.subject
the encounter of an Observation is a Patient | observation | set /encounter/reference "Patient/1" | 422 reference-target | Observation.encounter
an Observation performed by a Location | observation | set /performer/0/reference "Location/1" | 422 reference-target | Observation.performer[0]
the second performer is a Device | observation | set /performer/- {"reference":"Device/1"} | 422 reference-target | Observation.performer[1]
a member that is a Condition | observation | set /hasMember/0/reference "Condition/1" | 422 reference-target | Observation.hasMember[0]
a specimen that is a Device | observation | set /specimen {"reference":"Device/1"} | 422 reference-target | Observation.specimen
a general practitioner that is a Patient | patient | set /generalPractitioner/0/reference "Patient/1" | 422 reference-target | Patient.generalPractitioner[0]
a Patient linked to a Practitioner | patient | set /link/0/other/reference "Practitioner/1" | 422 reference-target | Patient.link[0].other
a number assigned by a Practitioner | patient | set /identifier/1/assigner {"reference":"Practitioner/1"} | 422 reference-target | Patient.identifier[1].assigner
the organisation of a contact is a Location | patient | set /contact/0/organization {"reference":"Location/1"} | 422 reference-target | Patient.contact[0].organization
a Condition of a Device | condition | set /subject/reference "Device/1" | 422 reference-target | Condition.subject
a Condition recorded by an Organization | condition | set /recorder/reference "Organization/1" | 422 reference-target | Condition.recorder
a note by a Device | condition | set /note/0/authorReference/reference "Device/1" | 422 reference-target | Condition.note[0].author
a stage by a Procedure | condition | set /stage/0/assessment/0/reference "Procedure/1" | 422 reference-target | Condition.stage[0].assessment[0]
a diagnosis that is an Observation | encounter | set /diagnosis/0/condition/reference "Observation/1" | 422 reference-target | Encounter.diagnosis[0].condition
a Patient takes part in an Encounter | encounter | set /participant/0/individual/reference "Patient/1" | 422 reference-target | Encounter.participant[0].individual
a reason that is an Encounter | encounter | set /reasonReference/0/reference "Encounter/1" | 422 reference-target | Encounter.reasonReference[0]
a prescription by a Group | medication-request | set /requester/reference "Group/1" | 422 reference-target | MedicationRequest.requester
a prescription dispensed by a Practitioner | medication-request | set /dispenseRequest/performer/reference "Practitioner/1" | 422 reference-target | MedicationRequest.dispenseRequest.performer
an Immunization of a Group | immunization | set /patient/reference "Group/1" | 422 reference-target | Immunization.patient
a reaction that is a Condition | immunization | set /reaction/0/detail/reference "Condition/1" | 422 reference-target | Immunization.reaction[0].detail
a Procedure on behalf of a Practitioner | procedure | set /performer/0/onBehalfOf/reference "Practitioner/1" | 422 reference-target | Procedure.performer[0].onBehalfOf
an image that is a Binary | diagnostic-report | set /media/0/link/reference "Binary/1" | 422 reference-target | DiagnosticReport.media[0].link
a Coverage of a Group | coverage | set /beneficiary/reference "Group/1" | 422 reference-target | Coverage.beneficiary
a Consent to a Location | consent | set /provision/actor/0/reference/reference "Location/1" | 422 reference-target | Consent.provision.actor[0].reference
an access by a Group | audit-event | set /agent/0/who/reference "Group/1" | 422 reference-target | AuditEvent.agent[0].who
a signature of a Group | provenance | set /signature/0/who/reference "Group/1" | 422 reference-target | Provenance.signature[0].who
the agent of an entity is a Location | provenance | set /entity/0/agent/0/who/reference "Location/1" | 422 reference-target | Provenance.entity[0].agent[0].who
a Claim of a Patient as provider | claim | set /provider/reference "Patient/1" | 422 reference-target | Claim.provider
an Organization takes part in an Appointment | appointment | set /participant/0/actor/reference "Organization/1" | 422 reference-target | Appointment.participant[0].actor
an activity that is a Procedure | care-plan | set /activity/1/reference/reference "Procedure/1" | 422 reference-target | CarePlan.activity[1].reference
a member that is a Location | group | set /member/1/entity/reference "Location/1" | 422 reference-target | Group.member[1].entity
an author of answers that is a Group | questionnaire-response | set /source {"reference":"Group/1"} | 422 reference-target | QuestionnaireResponse.source
a subject with its version | observation | set /subject/reference "Practitioner/1/_history/1" | 422 reference-target | Observation.subject
a subject on another server | observation | set /subject/reference "http://example.org/fhir/Practitioner/1" | 422 reference-target | Observation.subject
a subject on another server with its version | observation | set /subject/reference "https://example.org/a/fhir/Organization/1/_history/2" | 422 reference-target | Observation.subject
a subject in a contained resource | diagnostic-report | set /contained/0/subject/reference "Practitioner/1" | 422 reference-target | DiagnosticReport.contained[0].subject
a subject in an entry | bundle-collection | set /entry/1/resource/subject/reference "Practitioner/1" | 422 reference-target | Bundle.entry[1].resource.subject

-- Reference.type
the type alone | observation | set /subject {"type":"Practitioner","display":"x"} | 422 reference-target | Observation.subject
the type with an identifier | condition | set /subject {"type":"Organization","identifier":{"value":"099"}} | 422 reference-target | Condition.subject
the type in a list | patient | set /generalPractitioner/1/type "Patient" | 422 reference-target | Patient.generalPractitioner[1]
the type of an assigner | patient | set /identifier/1/assigner/type "Practitioner" | 422 reference-target | Patient.identifier[1].assigner
the type with a urn | claim | set /provider {"reference":"urn:uuid:0990f3a2-0000-4000-8000-000000000001","type":"Patient"} | 422 reference-target | Claim.provider

-- contained resources have a type too
a provider that is a contained Location | encounter | set /serviceProvider/reference "#room" | 422 reference-target | Encounter.serviceProvider
a place that is a contained Practitioner | procedure | set /location/reference "#doc" | 422 reference-target | Procedure.location
a patient that is a contained Practitioner | allergy | set /patient/reference "#doc" | 422 reference-target | AllergyIntolerance.patient

-- texts that are no reference
a type only | observation | set /encounter/reference "Encounter" | 422 reference-format | Observation.encounter
a type without an id | observation | set /encounter/reference "Encounter/" | 422 reference-format | Observation.encounter
a reference to an id with an underscore | observation | set /encounter/reference "Encounter/a_b" | 422 reference-format | Observation.encounter
an id of 65 characters | observation | set /encounter/reference "Encounter/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" | 422 reference-format | Observation.encounter
words | observation | set /encounter/reference "khám hôm qua" | 422 reference-format | Observation.encounter
an id only | observation | set /encounter/reference "099-visit" | 422 reference-format | Observation.encounter
three parts | observation | set /encounter/reference "Encounter/1/2" | 422 reference-format | Observation.encounter
a history without a version | observation | set /encounter/reference "Encounter/1/_history/" | 422 reference-format | Observation.encounter
a slash before it | observation | set /encounter/reference "/Encounter/1" | 422 reference-format | Observation.encounter
a type in small letters | observation | set /encounter/reference "encounter/1" | 422 reference-format/reference-target | Observation.encounter
a type that is none | observation | set /encounter/reference "Visit/1" | 422 reference-format/reference-target | Observation.encounter
words where every type is allowed | condition | set /evidence/0/detail/- {"reference":"phiếu xét nghiệm"} | 422 reference-format | Condition.evidence[0].detail[1]
words in an extension | naming-system | set /extension/- {"url":"http://example.org/x","valueReference":{"reference":"tổ công nghệ"}} | 422 reference-format | NamingSystem.extension[1].value
"##;
