//! Mutants: invariants of resources from A to O (profiles-resources of R4), severity error.

pub const ROWS: &str = r##"
ait-1: no clinical status | allergy | remove /clinicalStatus | 422 invariant:ait-1 | AllergyIntolerance
ait-2: a clinical status of what was an error | allergy | set /verificationStatus/coding/0/code "entered-in-error" | 422 invariant:ait-2 | AllergyIntolerance
app-1: a participant of no kind | appointment | remove /participant/0/actor | 422 invariant:app-1 | Appointment.participant[0]
app-2: a start without an end | appointment | remove /end && set /status "proposed" | 422 invariant:app-2 | Appointment
app-2 and app-3: booked without an end | appointment | remove /end | 422+ invariant:app-2 | Appointment
app-3: booked without a time | appointment | remove /start && remove /end | 422 invariant:app-3 | Appointment
app-4: a reason for a cancelation that is none | appointment | set /cancelationReason {"text":"x"} | 422 invariant:app-4 | Appointment
sev-1: a name and a query | audit-event | set /entity/0/query "AAAA" | 422 invariant:sev-1 | AuditEvent.entity[0]
sev-1, the other way round | audit-event | set /entity/1/name "x" | 422 invariant:sev-1 | AuditEvent.entity[1]
cpl-3: a reference and a detail | care-plan | set /activity/0/reference {"reference":"Task/1"} | 422 invariant:cpl-3 | CarePlan.activity[0]
cpl-3, the other way round | care-plan | set /activity/1/detail {"status":"scheduled"} | 422 invariant:cpl-3 | CarePlan.activity[1]
csd-1: one code twice | code-system | set /concept/1/code "a" | 422 invariant:csd-1 | CodeSystem
csd-1: one code at two levels | code-system | set /concept/1/code "a1" | 422 invariant:csd-1 | CodeSystem
cmp-1: a section without content | composition | remove /section/0/text && remove /section/0/entry | 422 invariant:cmp-1 | Composition.section[0]
cmp-1: a nested section without content | composition | remove /section/1/section/0/text | 422 invariant:cmp-1 | Composition.section[1].section[0]
cmp-2: a reason why it is empty, and an entry | composition | set /section/0/emptyReason {"text":"x"} | 422 invariant:cmp-2 | Composition.section[0]
cmp-2 in a nested section | composition | set /section/1/section/0/entry [{"reference":"Condition/1"}] | 422 invariant:cmp-2 | Composition.section[1].section[0]
cmd-1: narrower without a comment | concept-map | remove /group/0/element/0/target/1/comment | 422 invariant:cmd-1 | ConceptMap.group[0].element[0].target[1]
cmd-1: inexact without a comment | concept-map | set /group/0/element/0/target/0/equivalence "inexact" | 422 invariant:cmd-1 | ConceptMap.group[0].element[0].target[0]
cmd-2: fixed without a code | concept-map | remove /group/0/unmapped/code | 422 invariant:cmd-2 | ConceptMap.group[0].unmapped
cmd-3: another map without its url | concept-map | set /group/0/unmapped {"mode":"other-map"} | 422 invariant:cmd-3 | ConceptMap.group[0].unmapped
con-1: a stage of nothing | condition | set /stage/0 {"type":{"text":"x"}} | 422 invariant:con-1 | Condition.stage[0]
con-2: an evidence of nothing | condition | set /evidence/- {"extension":[{"url":"http://example.org/x","valueCode":"x"}]} | 422 invariant:con-2 | Condition.evidence[1]
con-4: over, but active | condition | set /abatementDateTime "2026-05-04" | 422 invariant:con-4 | Condition
con-4: over, but recurring | condition | set /abatementString "x" && set /clinicalStatus/coding/0/code "recurrence" | 422 invariant:con-4 | Condition
con-5: a clinical status of what was an error | condition | set /verificationStatus/coding/0/code "entered-in-error" | 422 invariant:con-5 | Condition
con-5, contained | family-member-history | set /contained/0/verificationStatus {"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]} | 422 invariant:con-5 | FamilyMemberHistory.contained[0]
ppc-1: a Consent without a policy | consent | remove /policy | 422 invariant:ppc-1 | Consent
fhs-1: an age and a birth | family-member-history | set /bornDate "1950" | 422 invariant:fhs-1 | FamilyMemberHistory
fhs-2: the age is estimated, and is none | family-member-history | remove /ageAge | 422 invariant:fhs-2 | FamilyMemberHistory
gol-1: a detail without a measure | goal | remove /target/0/measure | 422 invariant:gol-1 | Goal.target[0]
grp-1: members of a group that is not actual | group | set /actual false | 422 invariant:grp-1 | Group
imm-1: an education by nothing | immunization | remove /education/0/documentType | 422 invariant:imm-1 | Immunization.education[0]
lst-1: a reason why it is empty, and entries | list | set /emptyReason {"text":"x"} | 422 invariant:lst-1 | List
lst-2: deleted in a list that is no list of changes | list | set /entry/1/deleted true | 422 invariant:lst-2 | List
lst-3: the date of an entry in a snapshot | list | set /mode "snapshot" | 422 invariant:lst-3 | List
mad-1: a dosage without dose and rate | medication-administration | remove /dosage/dose | 422 invariant:mad-1 | MedicationAdministration.dosage
mdd-1: handed over before it was prepared | medication-dispense | set /whenHandedOver "2026-05-04T09:09:59+07:00" | 422 invariant:mdd-1 | MedicationDispense
mdd-1 across time zones | medication-dispense | set /whenHandedOver "2026-05-04T02:00:00Z" | 422 invariant:mdd-1 | MedicationDispense
nsd-1: a root with a uuid | naming-system | set /uniqueId/2 {"type":"uuid","value":"0990f3a2-0000-4000-8000-000000000001"} | 422 invariant:nsd-1 | NamingSystem
nsd-2: two preferred of one type | naming-system | set /uniqueId/2/preferred true | 422 invariant:nsd-2 | NamingSystem
obs-3: a range of nothing | observation | remove /referenceRange/0/low && remove /referenceRange/0/high | 422 invariant:obs-3 | Observation.referenceRange[0]
obs-3 in a component | observation | set /component/0/referenceRange/0 {"type":{"text":"x"}} | 422 invariant:obs-3 | Observation.component[0].referenceRange[0]
obs-6: a value and why there is none | observation | set /dataAbsentReason {"text":"x"} | 422 invariant:obs-6 | Observation
obs-6, contained | condition | set /contained/0/dataAbsentReason {"text":"x"} | 422 invariant:obs-6 | Condition.contained[0]
obs-6 in an entry | bundle-collection | set /entry/1/resource/dataAbsentReason {"text":"x"} | 422 invariant:obs-6 | Bundle.entry[1].resource
obs-7: a component of the same code | observation | set /component/1/code/coding/0/code "85354-9" | 422 invariant:obs-7 | Observation
obs-7: one of several codes | observation | set /component/0/code/coding/- {"system":"http://loinc.org","code":"85354-9"} | 422 invariant:obs-7 | Observation
org-1: neither name nor identifier | organization | remove /name | 422 invariant:org-1 | Organization
org-1, contained | coverage | remove /contained/0/name && set /contained/0/active true | 422 invariant:org-1 | Coverage.contained[0]
org-1 in an entry | bundle-document | remove /entry/4/resource/name && set /entry/4/resource/active true | 422 invariant:org-1 | Bundle.entry[4].resource
org-2: the home of an organisation | organization | set /address/0/use "home" | 422 invariant:org-2 | Organization.address[0]
org-3: the telephone at home of an organisation | organization | set /telecom/0/use "home" | 422 invariant:org-3 | Organization.telecom[0]
org-3, contained | patient | set /contained/0/telecom/0/use "home" | 422 invariant:org-3 | Patient.contained[0].telecom[0]
"##;
