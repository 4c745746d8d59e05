//! Mutants: invariants of data types (profiles-types of R4), severity error.

pub const ROWS: &str = r##"
-- Quantity and its specialisations
qty-3: a code without a system | observation | remove /valueQuantity/system | 422 invariant:qty-3 | Observation.value
qty-3 in a component | observation | remove /component/0/valueQuantity/system | 422 invariant:qty-3 | Observation.component[0].value
qty-3 in a range | observation | remove /referenceRange/0/low/system | 422+ invariant:qty-3 | Observation.referenceRange[0].low
age-1: a value without a code | condition | remove /onsetAge/code | 422 invariant:age-1 | Condition.onset
age-1: another system than UCUM | condition | set /onsetAge/system "urn:example:units" | 422 invariant:age-1 | Condition.onset
age-1: not positive | condition | set /onsetAge/value 0 | 422 invariant:age-1 | Condition.onset
age-1 in a part | family-member-history | set /condition/0/onsetAge/value -50 | 422 invariant:age-1 | FamilyMemberHistory.condition[0].onset
cnt-3: a count with a point | patient | set /extension/0 {"url":"http://example.org/x","valueCount":{"value":1.5,"system":"http://unitsofmeasure.org","code":"1"}} | 422 invariant:cnt-3 | Patient.extension[0].value
cnt-3: a count of kilograms | patient | set /extension/0 {"url":"http://example.org/x","valueCount":{"value":2,"system":"http://unitsofmeasure.org","code":"kg"}} | 422 invariant:cnt-3 | Patient.extension[0].value
dis-1: a distance without a code | patient | set /extension/0 {"url":"http://example.org/x","valueDistance":{"value":5,"unit":"km"}} | 422 invariant:dis-1 | Patient.extension[0].value
drt-1: a code without a value | encounter | remove /length/value | 422 invariant:drt-1 | Encounter.length
drt-1: another system than UCUM | medication-request | set /dispenseRequest/expectedSupplyDuration/system "urn:example:units" | 422 invariant:drt-1 | MedicationRequest.dispenseRequest.expectedSupplyDuration
drt-1 in a Timing | care-plan | set /activity/0/detail/scheduledTiming/repeat/boundsDuration/system "urn:example:units" | 422 invariant:drt-1 | CarePlan.activity[0].detail.scheduled.repeat.bounds
rng-2: low above high | group | set /characteristic/0/valueRange/low/value 100 | 422 invariant:rng-2 | Group.characteristic[0].value
rng-2 in a dose | medication-request | set /dosageInstruction/0/doseAndRate/0/doseRange/high/value 0.5 | 422 invariant:rng-2 | MedicationRequest.dosageInstruction[0].doseAndRate[0].dose
rng-2 by the numbers, not by the digits | goal | set /target/0/detailRange/low/value 10 | 422 invariant:rng-2 | Goal.target[0].detail
rat-1: no denominator | service-request | remove /quantityRatio/denominator | 422 invariant:rat-1 | ServiceRequest.quantity
rat-1: no numerator | medication-request | remove /dosageInstruction/0/maxDosePerPeriod/numerator | 422 invariant:rat-1 | MedicationRequest.dosageInstruction[0].maxDosePerPeriod
rat-1 in a contained resource | medication-request | remove /contained/0/ingredient/0/strength/denominator | 422 invariant:rat-1 | MedicationRequest.contained[0].ingredient[0].strength

-- Attachment, ContactPoint, Period, Expression
att-1: data without a type | patient | remove /photo/0/contentType | 422 invariant:att-1 | Patient.photo[0]
att-1 in a report | diagnostic-report | remove /presentedForm/0/contentType | 422 invariant:att-1 | DiagnosticReport.presentedForm[0]
cpt-2: a value without a system | patient | remove /telecom/1/system | 422 invariant:cpt-2 | Patient.telecom[1]
cpt-2 in a contained resource | patient | remove /contained/0/telecom/0/system | 422 invariant:cpt-2 | Patient.contained[0].telecom[0]
cpt-2 in a part | value-set | remove /contact/0/telecom/0/system | 422 invariant:cpt-2 | ValueSet.contact[0].telecom[0]
per-1: the end before the start | encounter | set /period/end "2026-05-04T07:59:59+07:00" | 422 invariant:per-1 | Encounter.period
per-1: years | allergy | set /onsetPeriod/end "2000" | 422 invariant:per-1 | AllergyIntolerance.onset
per-1: across time zones | procedure | set /performedPeriod/end "2026-05-04T02:59:59Z" | 422 invariant:per-1 | Procedure.performed
per-1: an identifier | patient | set /identifier/0/period/end "2020-12-31" | 422 invariant:per-1 | Patient.identifier[0].period
per-1: an address | patient | set /address/0/period/end "2001-01" | 422 invariant:per-1 | Patient.address[0].period
per-1: a card | coverage | set /period/end "2025-12-31" | 422 invariant:per-1 | Coverage.period
per-1: a nested period | appointment | set /requestedPeriod/0/start "2026-07-01" | 422 invariant:per-1 | Appointment.requestedPeriod[0]
exp-1: neither expression nor reference | patient | set /extension/0 {"url":"http://example.org/x","valueExpression":{"language":"text/fhirpath"}} | 422 invariant:exp-1 | Patient.extension[0].value

-- Timing
tim-1: a duration without unit | service-request | remove /occurrenceTiming/repeat/durationUnit | 422 invariant:tim-1 | ServiceRequest.occurrence.repeat
tim-2: a period without unit | service-request | remove /occurrenceTiming/repeat/periodUnit | 422 invariant:tim-2 | ServiceRequest.occurrence.repeat
tim-2 in a dosage | medication-statement | remove /dosage/0/timing/repeat/periodUnit | 422 invariant:tim-2 | MedicationStatement.dosage[0].timing.repeat
tim-4: a negative duration | service-request | set /occurrenceTiming/repeat/duration -10 | 422 invariant:tim-4 | ServiceRequest.occurrence.repeat
tim-5: a negative period | service-request | set /occurrenceTiming/repeat/period -1 | 422 invariant:tim-5 | ServiceRequest.occurrence.repeat
tim-6: periodMax alone | service-request | remove /occurrenceTiming/repeat/period | 422 invariant:tim-6 | ServiceRequest.occurrence.repeat
tim-7: durationMax alone | service-request | remove /occurrenceTiming/repeat/duration | 422 invariant:tim-7 | ServiceRequest.occurrence.repeat
tim-8: countMax alone | service-request | remove /occurrenceTiming/repeat/count | 422 invariant:tim-8 | ServiceRequest.occurrence.repeat
tim-9: an offset without an event | medication-request | remove /dosageInstruction/0/timing/repeat/when | 422 invariant:tim-9 | MedicationRequest.dosageInstruction[0].timing.repeat
tim-9: an offset from a meal in its course | medication-request | set /dosageInstruction/0/timing/repeat/when/0 "CM" | 422 invariant:tim-9 | MedicationRequest.dosageInstruction[0].timing.repeat
tim-10: a time of day and an event | service-request | set /occurrenceTiming/repeat/when ["MORN"] | 422 invariant:tim-10 | ServiceRequest.occurrence.repeat
tim-10 in a dosage | medication-statement | set /dosage/0/timing/repeat/when ["NOON","EVE"] | 422 invariant:tim-10 | MedicationStatement.dosage[0].timing.repeat

-- TriggerDefinition, DataRequirement
trd-1: data and timing | patient | set /extension/0 {"url":"http://example.org/x","valueTriggerDefinition":{"type":"data-added","timingDate":"2026-05-04","data":[{"type":"Observation"}]}} | 422 invariant:trd-1 | Patient.extension[0].value
trd-2: a condition without data | patient | set /extension/0 {"url":"http://example.org/x","valueTriggerDefinition":{"type":"named-event","name":"x","condition":{"language":"text/fhirpath","expression":"true"}}} | 422 invariant:trd-2 | Patient.extension[0].value
trd-3: a named event without a name | patient | set /extension/0 {"url":"http://example.org/x","valueTriggerDefinition":{"type":"named-event"}} | 422 invariant:trd-3 | Patient.extension[0].value
trd-3: periodic without timing | patient | set /extension/0 {"url":"http://example.org/x","valueTriggerDefinition":{"type":"periodic"}} | 422 invariant:trd-3 | Patient.extension[0].value
drq-1: a filter of nothing | patient | set /extension/0 {"url":"http://example.org/x","valueDataRequirement":{"type":"Observation","codeFilter":[{"code":[{"code":"a"}]}]}} | 422 invariant:drq-1 | Patient.extension[0].value.codeFilter[0]
drq-1: path and parameter | patient | set /extension/0 {"url":"http://example.org/x","valueDataRequirement":{"type":"Observation","codeFilter":[{"path":"code","searchParam":"code"}]}} | 422 invariant:drq-1 | Patient.extension[0].value.codeFilter[0]
drq-2: a filter of no date | patient | set /extension/0 {"url":"http://example.org/x","valueDataRequirement":{"type":"Observation","dateFilter":[{"valueDateTime":"2026-05-04"}]}} | 422 invariant:drq-2 | Patient.extension[0].value.dateFilter[0]
"##;
