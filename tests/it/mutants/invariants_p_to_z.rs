//! Mutants: invariants of resources from P to Z (profiles-resources of R4), severity error.

pub const ROWS: &str = r##"
pat-1: a contact of nobody | patient | remove /contact/0/name && remove /contact/0/telecom | 422 invariant:pat-1 | Patient.contact[0]
pat-1 in an entry | bundle-document | set /entry/1/resource/contact [{"gender":"male"}] | 422 invariant:pat-1 | Bundle.entry[1].resource.contact[0]

-- Questionnaire
que-1: a group without questions | questionnaire | remove /item/0/item | 422 invariant:que-1 | Questionnaire.item[0]
que-1: a display with a question | questionnaire | set /item/4/item [{"linkId":"5.1","type":"string"}] | 422 invariant:que-1 | Questionnaire.item[4]
que-2: one name twice | questionnaire | set /item/3/linkId "2" | 422 invariant:que-2 | Questionnaire
que-2: one name at two levels | questionnaire | set /item/4/linkId "1.1" | 422 invariant:que-2 | Questionnaire
que-3: a display with a code | questionnaire | set /item/4/code [{"system":"urn:example:x","code":"x"}] | 422 invariant:que-3 | Questionnaire.item[4]
que-4: options and a value set | questionnaire | set /item/2/answerValueSet "http://example.org/x" | 422 invariant:que-4 | Questionnaire.item[2]
que-5: options of a boolean | questionnaire | set /item/2/type "boolean" | 422 invariant:que-5 | Questionnaire.item[2]
que-5: a value set of a text | questionnaire | set /item/1/type "text" | 422 invariant:que-5 | Questionnaire.item[1]
que-6: a display that is required | questionnaire | set /item/4/required true | 422 invariant:que-6 | Questionnaire.item[4]
que-6: a display that repeats | questionnaire | set /item/4/repeats false | 422 invariant:que-6 | Questionnaire.item[4]
que-7: whether it exists, by a text | questionnaire | set /item/0/item/1/enableWhen/1 {"question":"1.1","operator":"exists","answerString":"x"} | 422 invariant:que-7 | Questionnaire.item[0].item[1].enableWhen[1]
que-8: a group with an initial value | questionnaire | set /item/0/initial [{"valueBoolean":true}] | 422 invariant:que-8 | Questionnaire.item[0]
que-8: a display with an initial value | questionnaire | set /item/4/initial [{"valueString":"x"}] | 422 invariant:que-8 | Questionnaire.item[4]
que-9: a display that is only read | questionnaire | set /item/4/readOnly true | 422 invariant:que-9 | Questionnaire.item[4]
que-10: the length of a choice | questionnaire | set /item/1/maxLength 5 | 422 invariant:que-10 | Questionnaire.item[1]
que-10: the length of a date | questionnaire | set /item/3/type "date" | 422 invariant:que-10 | Questionnaire.item[3]
que-11: options and an initial value | questionnaire | set /item/2/initial [{"valueCoding":{"system":"urn:example:answers","code":"b"}}] | 422 invariant:que-11 | Questionnaire.item[2]
que-12: three conditions without a word how | questionnaire | set /item/0/item/1/enableWhen/- {"question":"2","operator":"exists","answerBoolean":true} && remove /item/0/item/1/enableBehavior | 422 invariant:que-12 | Questionnaire.item[0].item[1]
que-13: two initial values of what does not repeat | questionnaire | set /item/0/item/0/initial/- {"valueBoolean":true} && set /item/0/item/0/repeats false | 422 invariant:que-13 | Questionnaire.item[0].item[0]
qrs-1: answers and items | questionnaire-response | set /item/0/answer [{"valueString":"x"}] | 422 invariant:qrs-1 | QuestionnaireResponse.item[0]
qrs-1 in a nested item | questionnaire-response | set /item/0/item/1/item [{"linkId":"1.2.1","answer":[{"valueString":"x"}]}] | 422 invariant:qrs-1 | QuestionnaireResponse.item[0].item[1]

-- RiskAssessment, ServiceRequest, Task, ValueSet
ras-1: a range that is no percentage | risk-assessment | set /prediction/1/probabilityRange/low/code "1" && set /prediction/1/probabilityRange/high/code "1" | 422 invariant:ras-1 | RiskAssessment.prediction[1].probability
ras-2: more than 100 | risk-assessment | set /prediction/0/probabilityDecimal 100.5 | 422 invariant:ras-2 | RiskAssessment.prediction[0]
prr-1: details of no order | service-request | remove /code | 422 invariant:prr-1 | ServiceRequest
inv-1: changed before it was written | task | set /lastModified "2026-05-01" | 422 invariant:inv-1 | Task
vsd-1: an include of nothing | value-set | set /compose/include/1 {"version":"1"} | 422 invariant:vsd-1 | ValueSet.compose.include[1]
vsd-1 in an exclude | value-set | set /compose/exclude/0 {"version":"1"} | 422 invariant:vsd-1 | ValueSet.compose.exclude[0]
vsd-2: concepts of no system | value-set | set /compose/include/2/concept [{"code":"x"}] | 422 invariant:vsd-2 | ValueSet.compose.include[2]
vsd-2: a filter of no system | value-set | set /compose/include/2/filter [{"property":"concept","op":"is-a","value":"x"}] | 422 invariant:vsd-2 | ValueSet.compose.include[2]
vsd-1 and vsd-2: a filter of nothing | value-set | remove /compose/include/1/system | 422+ invariant:vsd-2 | ValueSet.compose.include[1]
vsd-3: concepts and a filter | value-set | set /compose/include/0/filter [{"property":"concept","op":"is-a","value":"x"}] | 422 invariant:vsd-3 | ValueSet.compose.include[0]
vsd-6: neither a code nor a display | value-set | remove /expansion/contains/1/display | 422 invariant:vsd-6 | ValueSet.expansion.contains[1]
vsd-9: no code, and not abstract | value-set | set /expansion/contains/1/abstract false | 422 invariant:vsd-9 | ValueSet.expansion.contains[1]
vsd-10: a code of no system | value-set | remove /expansion/contains/0/system | 422 invariant:vsd-10 | ValueSet.expansion.contains[0]
vsd-10 at a deeper level | value-set | remove /expansion/contains/1/contains/0/system | 422 invariant:vsd-10 | ValueSet.expansion.contains[1].contains[0]
vsd-2, contained | questionnaire | set /contained/0/compose/include/0 {"valueSet":["http://example.org/x"],"concept":[{"code":"x"}]} | 422 invariant:vsd-2 | Questionnaire.contained[0].compose.include[0]
"##;
