//! Mutants: another JSON type, an array or none, empty values, extensions of primitives that do not fit.

pub const ROWS: &str = r##"
-- json.html: another JSON type than the element has
a boolean as text | patient | set /active "true" | 400 wrong-json-type/primitive-format | Patient.active
a date as number | patient | set /birthDate 1985 | 400 wrong-json-type/primitive-format | Patient.birthDate
an integer as text | patient | set /multipleBirthInteger "2" | 400 wrong-json-type/primitive-format | Patient.multipleBirth
a concept as text | patient | set /maritalStatus "M" | 400 wrong-json-type | Patient.maritalStatus
a name as text | patient | set /name/1 "Tám" | 400 wrong-json-type | Patient.name[1]
a family name as number | patient | set /name/0/family 7 | 400 wrong-json-type/primitive-format | Patient.name[0].family
a given name as boolean | patient | set /name/0/given/0 true | 400 wrong-json-type/primitive-format | Patient.name[0].given[0]
a code as object | patient | set /gender {"code":"female"} | 400 wrong-json-type/primitive-format | Patient.gender
a Quantity as text | observation | set /valueQuantity "93" | 400 wrong-json-type | Observation.value
a decimal as text | observation | set /valueQuantity/value "93" | 400 wrong-json-type/primitive-format | Observation.value.value
a Reference as text | observation | set /subject "Patient/099-mutant" | 400 wrong-json-type | Observation.subject
a component as number | observation | set /component/0 7 | 400 wrong-json-type | Observation.component[0]
a narrative as text | observation | set /text "<div>x</div>" | 400 wrong-json-type | Observation.text
meta as boolean | patient | set /meta true | 400 wrong-json-type | Patient.meta
a contained resource as text | location | set /contained/0 "org" | 400+ wrong-json-type/not-an-object | Location.contained[0]
an extension as text | patient | set /extension/0 "x" | 400 wrong-json-type | Patient.extension[0]
the resource of an entry as text | bundle-collection | set /entry/3/resource "x" | 400 wrong-json-type/not-an-object | Bundle.entry[3].resource
a longitude as text | location | set /position/longitude "105.85" | 400 wrong-json-type/primitive-format | Location.position.longitude
experimental as text | value-set | set /experimental "true" | 400 wrong-json-type/primitive-format | ValueSet.experimental
a Period as text | patient | set /identifier/0/period "2021" | 400 wrong-json-type | Patient.identifier[0].period
requestor as number | audit-event | set /agent/0/requestor 1 | 400 wrong-json-type/primitive-format | AuditEvent.agent[0].requestor
a div as object | patient | set /text/div {"p":"x"} | 400 wrong-json-type/primitive-format/narrative | Patient.text.div
the text of a section as text | composition | set /section/0/text "x" | 400 wrong-json-type | Composition.section[0].text
a factor as text | claim | set /item/0/detail/0/factor "1.0" | 400 wrong-json-type/primitive-format | Claim.item[0].detail[0].factor
the value of a Ratio as text | service-request | set /quantityRatio/numerator/value "1" | 400 wrong-json-type/primitive-format | ServiceRequest.quantity.numerator.value
the repetition as text | care-plan | set /activity/0/detail/scheduledTiming/repeat "daily" | 400 wrong-json-type | CarePlan.activity[0].detail.scheduled.repeat

-- arrays where the element does not repeat, and none where it does
a name alone | patient | set /name {"family":"x"} | 400 array-expected | Patient.name
a contact alone | patient | set /contact {"name":{"text":"x"}} | 400 array-expected | Patient.contact
a given name alone | patient | set /name/1/given "Tám" | 400 array-expected | Patient.name[1].given
an identifier alone | patient | set /identifier {"value":"099"} | 400 array-expected | Patient.identifier
a category alone | condition | set /category {"text":"x"} | 400 array-expected | Condition.category
a component alone | observation | set /component {"code":{"text":"x"}} | 400 array-expected | Observation.component
an extension alone | observation | set /extension {"url":"http://example.org/x","valueCode":"x"} | 400 array-expected | Observation.extension
a coding alone | observation | set /code/coding {"code":"x"} | 400 array-expected | Observation.code.coding
a participant alone | encounter | set /participant {"type":[{"text":"x"}]} | 400 array-expected | Encounter.participant
a day alone | location | set /hoursOfOperation/0/daysOfWeek "mon" | 400 array-expected | Location.hoursOfOperation[0].daysOfWeek
a type alone | questionnaire | set /subjectType "Patient" | 400 array-expected | Questionnaire.subjectType
an option alone | questionnaire | set /item/2/answerOption {"valueString":"x"} | 400 array-expected | Questionnaire.item[2].answerOption
a profile alone | patient | set /meta/profile "http://example.org/x" | 400 array-expected | Patient.meta.profile
a contained resource alone | patient | set /contained {"resourceType":"Organization","id":"org","name":"x"} | 400+ array-expected | Patient.contained
an entry alone | bundle-searchset | set /entry {"resource":{"resourceType":"Basic","code":{"text":"x"}}} | 400+ array-expected | Bundle.entry
genders | patient | set /gender ["female"] | 400 array-unexpected | Patient.gender
marital statuses | patient | set /maritalStatus [{"text":"x"}] | 400 array-unexpected | Patient.maritalStatus
codes | observation | set /code [{"text":"x"}] | 400 array-unexpected | Observation.code
statuses | observation | set /status ["final"] | 400 array-unexpected | Observation.status
subjects | observation | set /subject [{"reference":"Patient/099-mutant"}] | 400 array-unexpected | Observation.subject
values | observation | set /valueQuantity [{"value":1}] | 400 array-unexpected | Observation.value
sources | audit-event | set /source [{"observer":{"reference":"#server"}}] | 400+ array-unexpected | AuditEvent.source
repetitions | service-request | set /occurrenceTiming/repeat [{"count":1}] | 400 array-unexpected | ServiceRequest.occurrence.repeat
references in a Reference | observation | set /subject/reference ["Patient/099-mutant"] | 400 array-unexpected | Observation.subject.reference
narratives | patient | set /text [{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}] | 400 array-unexpected | Patient.text
resources of an entry | bundle-searchset | set /entry/1/resource [{"resourceType":"Basic","code":{"text":"x"}}] | 400 array-unexpected/wrong-json-type/not-an-object | Bundle.entry[1].resource
an array in an array | patient | set /name/1 [{"text":"x"}] | 400 wrong-json-type/array-unexpected | Patient.name[1]

-- json.html: objects, arrays and strings are never empty; null stands only in the arrays of primitives
null for a code | patient | set /gender null | 400 empty-value | Patient.gender
null for an object | patient | set /maritalStatus null | 400 empty-value | Patient.maritalStatus
null for an array | patient | set /telecom null | 400 empty-value/array-expected | Patient.telecom
null in an array of objects | patient | set /name/1 null | 400 empty-value | Patient.name[1]
null in an array of primitives without a shadow | patient | set /address/0/line/1 null | 400 empty-value | Patient.address[0].line[1]
null in both arrays | patient | set /name/0/given/0 null | 400 empty-value | Patient.name[0].given[0]
null for a shadow | patient | set /_birthDate null | 400 empty-value/wrong-json-type | Patient.birthDate
no text | patient | set /telecom/0/value "" | 400 empty-value | Patient.telecom[0].value
no code | observation | set /valueQuantity/code "" | 400 empty-value | Observation.value.code
no reference | observation | set /encounter/reference "" | 400 empty-value | Observation.encounter.reference
no name in a list | location | set /alias/0 "" | 400 empty-value | Location.alias[0]
an empty list | observation | set /identifier [] | 400 empty-value | Observation.identifier
an empty list of extensions | observation | set /extension [] | 400 empty-value | Observation.extension
an empty object | patient | set /maritalStatus {} | 400 empty-value | Patient.maritalStatus
an empty object in a list | procedure | set /note/0 {} | 400+ empty-value | Procedure.note[0]
an empty value | observation | set /component/0/valueQuantity {} | 400 empty-value | Observation.component[0].value
an empty shadow | patient | set /_birthDate {} | 400 empty-value | Patient.birthDate
an empty meta | patient | set /meta {} | 400 empty-value | Patient.meta
an empty narrative | patient | set /text {} | 400+ empty-value | Patient.text
an empty resource of an entry | bundle-collection | set /entry/3/resource {} | 400+ empty-value/resource-type-missing | Bundle.entry[3].resource

-- json.html: values and their extensions are paired
a longer list of extensions | patient | set /name/0/_given/- {"id":"x"} | 400 primitive-extensions | Patient.name[0].given
a shorter list of extensions | patient | set /name/0/_given [{"id":"x"}] | 400 primitive-extensions | Patient.name[0].given
a longer list at days | location | set /hoursOfOperation/0/_daysOfWeek [null,null,{"id":"x"}] | 400 primitive-extensions | Location.hoursOfOperation[0].daysOfWeek
a shorter list at events | service-request | set /occurrenceTiming/_event [{"id":"x"}] | 400 primitive-extensions | ServiceRequest.occurrence.event
one extension for a list | patient | set /name/0/_given {"id":"x"} | 400 array-expected/primitive-extensions | Patient.name[0].given
a list of extensions for one value | patient | set /_birthDate [{"id":"x"}] | 400 array-unexpected/primitive-extensions/wrong-json-type | Patient.birthDate
a shadow that is text | patient | set /_birthDate "x" | 400 wrong-json-type/primitive-extensions | Patient.birthDate
a shadow that is a number, in a list | patient | set /name/0/_given/1 7 | 400 wrong-json-type/primitive-extensions | Patient.name[0].given[1]
a shadow whose extension has no url | patient | remove /_birthDate/extension/0/url | 400 required-element | Patient.birthDate.extension[0]
a shadow whose extension has no value | patient | remove /_birthDate/extension/0/valueCode | any extension-value | Patient.birthDate.extension[0]

-- ext-1
a value and extensions | patient | set /extension/0/extension [{"url":"x","valueCode":"x"}] | any extension-value | Patient.extension[0]
neither a value nor extensions | patient | remove /extension/0/valueString | any extension-value | Patient.extension[0]
a value and extensions, deeper | patient | set /extension/1/extension/0/extension [{"url":"x","valueCode":"x"}] | any extension-value | Patient.extension[1].extension[0]
neither, in a modifier of a contained resource | patient | set /contained/0/modifierExtension [{"url":"http://example.org/x"}] | any+ extension-value | Patient.contained[0].modifierExtension[0]
"##;
