//! Mutants: wrong forms of primitives in the elements where they are met.

pub const ROWS: &str = r##"
a day of birth that does not exist | patient | set /birthDate "1985-02-29" | 400 primitive-format | Patient.birthDate
a day of birth with a time | practitioner | set /birthDate "1975-01-01T00:00:00Z" | 400 primitive-format | Practitioner.birthDate
a number of birth with an exponent | patient | text "multipleBirthInteger":2 => "multipleBirthInteger":2e0 | 400 primitive-format | Patient.multipleBirth
a number of birth with a point | patient | text "multipleBirthInteger":2 => "multipleBirthInteger":2.0 | 400 primitive-format | Patient.multipleBirth
a time of a photo without zone | patient | set /photo/0/creation "2020-01-01T08:00:00" | 400 primitive-format | Patient.photo[0].creation
a photo that is no base64 | patient | set /photo/0/data "không" | 400 primitive-format | Patient.photo[0].data
a negative size | patient | set /photo/0/size -3 | 400 primitive-format | Patient.photo[0].size
rank 0 | patient | set /telecom/0/rank 0 | 400 primitive-format | Patient.telecom[0].rank
a code of a tag with a blank | patient | set /meta/tag/0/code " mutant" | 400 primitive-format | Patient.meta.tag[0].code
a source with a blank | patient | set /meta/source "urn:example: source" | 400 primitive-format | Patient.meta.source
a profile with a blank | patient | set /meta/profile ["http://example.org/a b"] | 400 primitive-format | Patient.meta.profile[0]
implicit rules with a blank | group | set /implicitRules "http://example.org/a b" | 400 primitive-format | Group.implicitRules
a language with a blank behind it | task | set /language "vi " | 400 primitive-format | Task.language
a period that starts on no day | encounter | set /period/start "2026-02-30" | 400 primitive-format | Encounter.period.start
a period whose end has no zone | encounter | set /period/end "2026-05-04T09:10:00" | 400 primitive-format | Encounter.period.end
rank 0 of a diagnosis | encounter | set /diagnosis/0/rank 0 | 400 primitive-format | Encounter.diagnosis[0].rank
issued on a day | observation | set /issued "2026-05-04" | 400 primitive-format | Observation.issued
a system with a blank | observation | set /valueQuantity/system "http://units of measure.org" | 400 primitive-format | Observation.value.system
a code of LOINC with a blank | observation | set /code/coding/0/code "85354-9 " | 400 primitive-format | Observation.code.coding[0].code
a note at no time | observation | set /note/0/time "chiều qua" | 400 primitive-format | Observation.note[0].time
recorded at minute 61 | condition | set /recordedDate "2024-11-01T08:61:00Z" | 400 primitive-format | Condition.recordedDate
a negative number of repeats | medication-request | set /dispenseRequest/numberOfRepeatsAllowed -1 | 400 primitive-format | MedicationRequest.dispenseRequest.numberOfRepeatsAllowed
frequency 0 | medication-request | set /dosageInstruction/0/timing/repeat/frequency 0 | 400 primitive-format | MedicationRequest.dosageInstruction[0].timing.repeat.frequency
a negative offset | medication-request | set /dosageInstruction/0/timing/repeat/offset -30 | 400 primitive-format | MedicationRequest.dosageInstruction[0].timing.repeat.offset
a sequence with a fraction | medication-request | set /dosageInstruction/0/sequence 1.5 | 400 primitive-format | MedicationRequest.dosageInstruction[0].sequence
an instantiated uri with a blank | medication-request | set /instantiatesUri/0 "http://example.org/guide line" | 400 primitive-format | MedicationRequest.instantiatesUri[0]
a time of day without seconds | medication-statement | set /dosage/0/timing/repeat/timeOfDay/0 "07:30" | 400 primitive-format | MedicationStatement.dosage[0].timing.repeat.timeOfDay[0]
an expiration with a time | immunization | set /expirationDate "2027-12-31T00:00:00+07:00" | 400 primitive-format | Immunization.expirationDate
dose number 0 | immunization | set /protocolApplied/0/doseNumberPositiveInt 0 | 400 primitive-format | Immunization.protocolApplied[0].doseNumber
a hash that is hexadecimal of odd length | diagnostic-report | set /presentedForm/0/hash "abc" | 400 primitive-format | DiagnosticReport.presentedForm[0].hash
order 0 | coverage | set /order 0 | 400 primitive-format | Coverage.order
recorded without zone | audit-event | set /recorded "2026-05-04T08:30:00.001" | 400 primitive-format | AuditEvent.recorded
a query that is no base64 | audit-event | set /entity/1/query "Patient?name=a" | 400 primitive-format | AuditEvent.entity[1].query
a policy with a blank | audit-event | set /agent/0/policy/0 "http://example.org/a policy" | 400 primitive-format | AuditEvent.agent[0].policy[0]
a signature at a day | provenance | set /signature/0/when "2026-05-04" | 400 primitive-format | Provenance.signature[0].when
a timestamp without zone | bundle-collection | set /timestamp "2026-05-04T12:00:00" | 400 primitive-format | Bundle.timestamp
a negative total | bundle-searchset | set /total -1 | 400 primitive-format | Bundle.total
a fullUrl with a blank | bundle-collection | set /entry/3/fullUrl "urn:oid:2.16.840. 1" | 400+ primitive-format | Bundle.entry[3].fullUrl
the date of birth in an entry | bundle-document | set /entry/1/resource/birthDate "hôm qua" | 400 primitive-format | Bundle.entry[1].resource.birthDate
an opening time with hour 25 | location | set /hoursOfOperation/0/openingTime "25:00:00" | 400 primitive-format | Location.hoursOfOperation[0].openingTime
a start without zone | appointment | set /start "2026-06-04T08:00:00" | 400+ primitive-format | Appointment.start
minutes 0 | appointment | set /minutesDuration 0 | 400 primitive-format | Appointment.minutesDuration
a negative priority | appointment | set /priority -1 | 400 primitive-format | Appointment.priority
a locked date with a time | value-set | set /compose/lockedDate "2026-05-04T00:00:00Z" | 400 primitive-format | ValueSet.compose.lockedDate
a code of a concept with two blanks | code-system | set /concept/1/code "b  b" | 400 primitive-format | CodeSystem.concept[1].code
a negative count | code-system | set /count -3 | 400 primitive-format | CodeSystem.count
an answer at no time | questionnaire-response | set /item/0/item/0/answer/0/item/0/answer/0/valueTime "8h30" | 400 primitive-format | QuestionnaireResponse.item[0].item[0].answer[0].item[0].answer[0].value
an event of a Timing without zone | service-request | set /occurrenceTiming/event/1 "2026-05-06T07:00:00" | 400 primitive-format | ServiceRequest.occurrence.event[1]
a code as input with a blank | task | set /input/0/valueCode " a" | 400 primitive-format | Task.input[0].value
an id as input with a slash | task | set /input/1/valueId "A/1" | 400 primitive-format/id-format | Task.input[1].value
an output that is no base64 | task | set /output/0/valueBase64Binary "===" | 400 primitive-format | Task.output[0].value
a sequence of 0 | claim | set /item/0/diagnosisSequence/0 0 | 400 primitive-format | Claim.item[0].diagnosisSequence[0]
an id with an underscore | patient | set /id "a_b" | 400 primitive-format/id-format | Patient.id
"##;
