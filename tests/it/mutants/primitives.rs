//! Mutants: each primitive type of R4 as the value of an extension, in several wrong forms (datatypes.html, regular
//! expressions of the types).

pub const ROWS: &str = r##"
-- date: YYYY, YYYY-MM or YYYY-MM-DD; a real day; no time
date: 30 February | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2026-02-30"} | 400 primitive-format | Patient.extension[0].value
date: 29 February without a leap year | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2025-02-29"} | 400 primitive-format | Patient.extension[0].value
date: month 13 | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2026-13"} | 400 primitive-format | Patient.extension[0].value
date: month 0 | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2026-00-01"} | 400 primitive-format | Patient.extension[0].value
date: 31 April | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2026-04-31"} | 400 primitive-format | Patient.extension[0].value
date: one digit | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2026-5-4"} | 400 primitive-format | Patient.extension[0].value
date: as it is spoken | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"04/05/2026"} | 400 primitive-format | Patient.extension[0].value
date: without hyphens | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"20260504"} | 400 primitive-format | Patient.extension[0].value
date: with a time | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2026-05-04T00:00:00Z"} | 400 primitive-format | Patient.extension[0].value
date: two digits of a year | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"26"} | 400 primitive-format | Patient.extension[0].value
date: a hyphen too many | patient | set /extension/0 {"url":"http://example.org/x","valueDate":"2026-05-"} | 400 primitive-format | Patient.extension[0].value
date: a blank before it | patient | set /extension/0 {"url":"http://example.org/x","valueDate":" 2026-05-04"} | 400 primitive-format | Patient.extension[0].value
-- dateTime: seconds and time zone as soon as there is a time
dateTime: without zone | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T08:30:00"} | 400 primitive-format | Patient.extension[0].value
dateTime: without seconds | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T08:30Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: hour 25 | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T25:00:00Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: hour 24 | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T24:00:00Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: minute 60 | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T08:60:00Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: second 61 | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T08:30:61Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: a blank for the T | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04 08:30:00Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: one digit in the zone | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T08:30:00+7:00"} | 400 primitive-format | Patient.extension[0].value
dateTime: a zone that is nowhere | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T08:30:00+15:00"} | 400 primitive-format | Patient.extension[0].value
dateTime: a day that is not | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-02-29T08:30:00Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: a time without a day | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05T08:30:00Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: a point without digits | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04T08:30:00.Z"} | 400 primitive-format | Patient.extension[0].value
dateTime: small letters | patient | set /extension/0 {"url":"http://example.org/x","valueDateTime":"2026-05-04t08:30:00z"} | 400 primitive-format | Patient.extension[0].value
-- instant: at least to the second, with time zone
instant: a day only | patient | set /extension/0 {"url":"http://example.org/x","valueInstant":"2026-05-04"} | 400 primitive-format | Patient.extension[0].value
instant: a month only | patient | set /extension/0 {"url":"http://example.org/x","valueInstant":"2026-05"} | 400 primitive-format | Patient.extension[0].value
instant: without zone | patient | set /extension/0 {"url":"http://example.org/x","valueInstant":"2026-05-04T08:30:00"} | 400 primitive-format | Patient.extension[0].value
instant: without seconds | patient | set /extension/0 {"url":"http://example.org/x","valueInstant":"2026-05-04T08:30+07:00"} | 400 primitive-format | Patient.extension[0].value
instant: a day that is not | patient | set /extension/0 {"url":"http://example.org/x","valueInstant":"2026-06-31T08:30:00Z"} | 400 primitive-format | Patient.extension[0].value
instant: a zone without colon | patient | set /extension/0 {"url":"http://example.org/x","valueInstant":"2026-05-04T08:30:00+0700"} | 400 primitive-format | Patient.extension[0].value
-- time: hh:mm:ss, no zone
time: without seconds | patient | set /extension/0 {"url":"http://example.org/x","valueTime":"08:30"} | 400 primitive-format | Patient.extension[0].value
time: hour 24 | patient | set /extension/0 {"url":"http://example.org/x","valueTime":"24:00:00"} | 400 primitive-format | Patient.extension[0].value
time: one digit | patient | set /extension/0 {"url":"http://example.org/x","valueTime":"8:30:00"} | 400 primitive-format | Patient.extension[0].value
time: with a zone | patient | set /extension/0 {"url":"http://example.org/x","valueTime":"08:30:00Z"} | 400 primitive-format | Patient.extension[0].value
time: minute 60 | patient | set /extension/0 {"url":"http://example.org/x","valueTime":"08:60:00"} | 400 primitive-format | Patient.extension[0].value
time: a T before it | patient | set /extension/0 {"url":"http://example.org/x","valueTime":"T08:30:00"} | 400 primitive-format | Patient.extension[0].value
-- code: no blanks at the ends, single ones between
code: a blank before it | patient | set /extension/0 {"url":"http://example.org/x","valueCode":" a"} | 400 primitive-format | Patient.extension[0].value
code: a blank behind it | patient | set /extension/0 {"url":"http://example.org/x","valueCode":"a "} | 400 primitive-format | Patient.extension[0].value
code: two blanks | patient | set /extension/0 {"url":"http://example.org/x","valueCode":"a  b"} | 400 primitive-format | Patient.extension[0].value
code: a blank only | patient | set /extension/0 {"url":"http://example.org/x","valueCode":" "} | 400 primitive-format | Patient.extension[0].value
code: a tab before it | patient | set /extension/0 {"url":"http://example.org/x","valueCode":"\ta"} | 400 primitive-format | Patient.extension[0].value
-- id: 1 to 64 of A-Z a-z 0-9 - .
id: a blank | patient | set /extension/0 {"url":"http://example.org/x","valueId":"a b"} | 400 primitive-format/id-format | Patient.extension[0].value
id: an underscore | patient | set /extension/0 {"url":"http://example.org/x","valueId":"a_b"} | 400 primitive-format/id-format | Patient.extension[0].value
id: a letter with a mark | patient | set /extension/0 {"url":"http://example.org/x","valueId":"số"} | 400 primitive-format/id-format | Patient.extension[0].value
id: 65 characters | patient | set /extension/0 {"url":"http://example.org/x","valueId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} | 400 primitive-format/id-format | Patient.extension[0].value
id: a slash | patient | set /extension/0 {"url":"http://example.org/x","valueId":"a/b"} | 400 primitive-format/id-format | Patient.extension[0].value
-- oid: urn:oid:, first arc 0 to 2, no leading zeros
oid: without urn:oid: | patient | set /extension/0 {"url":"http://example.org/x","valueOid":"2.16.840.1"} | 400 primitive-format | Patient.extension[0].value
oid: first arc 3 | patient | set /extension/0 {"url":"http://example.org/x","valueOid":"urn:oid:3.1"} | 400 primitive-format | Patient.extension[0].value
oid: a leading zero | patient | set /extension/0 {"url":"http://example.org/x","valueOid":"urn:oid:1.02.3"} | 400 primitive-format | Patient.extension[0].value
oid: one arc | patient | set /extension/0 {"url":"http://example.org/x","valueOid":"urn:oid:1"} | 400 primitive-format | Patient.extension[0].value
oid: a letter | patient | set /extension/0 {"url":"http://example.org/x","valueOid":"urn:oid:1.2.a"} | 400 primitive-format | Patient.extension[0].value
oid: an empty arc | patient | set /extension/0 {"url":"http://example.org/x","valueOid":"urn:oid:1..2"} | 400 primitive-format | Patient.extension[0].value
-- uuid: urn:uuid: and 8-4-4-4-12 digits
uuid: without urn:uuid: | patient | set /extension/0 {"url":"http://example.org/x","valueUuid":"0990f3a2-0000-4000-8000-000000000001"} | 400 primitive-format | Patient.extension[0].value
uuid: too short | patient | set /extension/0 {"url":"http://example.org/x","valueUuid":"urn:uuid:0990f3a2"} | 400 primitive-format | Patient.extension[0].value
uuid: a letter that is no digit | patient | set /extension/0 {"url":"http://example.org/x","valueUuid":"urn:uuid:0990f3a2-0000-4000-8000-00000000000g"} | 400 primitive-format | Patient.extension[0].value
uuid: without hyphens | patient | set /extension/0 {"url":"http://example.org/x","valueUuid":"urn:uuid:0990f3a2000040008000000000000001"} | 400 primitive-format | Patient.extension[0].value
uuid: in braces | patient | set /extension/0 {"url":"http://example.org/x","valueUuid":"urn:uuid:{0990f3a2-0000-4000-8000-000000000001}"} | 400 primitive-format | Patient.extension[0].value
-- uri, url, canonical: no blanks
uri: a blank | patient | set /extension/0 {"url":"http://example.org/x","valueUri":"http://example.org/a b"} | 400 primitive-format | Patient.extension[0].value
uri: a blank before it | patient | set /extension/0 {"url":"http://example.org/x","valueUri":" http://example.org"} | 400 primitive-format | Patient.extension[0].value
uri: a line end | patient | set /extension/0 {"url":"http://example.org/x","valueUri":"http://example.org/\n"} | 400 primitive-format | Patient.extension[0].value
url: a blank | patient | set /extension/0 {"url":"http://example.org/x","valueUrl":"http://example.org/a b"} | 400 primitive-format | Patient.extension[0].value
canonical: a blank | patient | set /extension/0 {"url":"http://example.org/x","valueCanonical":"http://example.org/a b"} | 400 primitive-format | Patient.extension[0].value
canonical: a blank in the version | patient | set /extension/0 {"url":"http://example.org/x","valueCanonical":"http://example.org/a|1 0"} | 400 primitive-format | Patient.extension[0].value
-- base64Binary
base64Binary: other characters | patient | set /extension/0 {"url":"http://example.org/x","valueBase64Binary":"@@@@"} | 400 primitive-format | Patient.extension[0].value
base64Binary: three characters | patient | set /extension/0 {"url":"http://example.org/x","valueBase64Binary":"AAA"} | 400 primitive-format | Patient.extension[0].value
base64Binary: a filler inside | patient | set /extension/0 {"url":"http://example.org/x","valueBase64Binary":"AA=A"} | 400 primitive-format | Patient.extension[0].value
base64Binary: three fillers | patient | set /extension/0 {"url":"http://example.org/x","valueBase64Binary":"A==="} | 400 primitive-format | Patient.extension[0].value
base64Binary: the alphabet of URLs | patient | set /extension/0 {"url":"http://example.org/x","valueBase64Binary":"AAAA-_AA"} | 400 primitive-format | Patient.extension[0].value
-- integers: JSON numbers of 32 bits without point or exponent
integer: a fraction | patient | set /extension/0 {"url":"http://example.org/x","valueInteger":1.5} | 400 primitive-format | Patient.extension[0].value
integer: a point | patient | set /extension/0 {"url":"http://example.org/x","valueInteger":1.0} | 400 primitive-format | Patient.extension[0].value
integer: more than 32 bits | patient | set /extension/0 {"url":"http://example.org/x","valueInteger":2147483648} | 400 primitive-format | Patient.extension[0].value
integer: less than 32 bits | patient | set /extension/0 {"url":"http://example.org/x","valueInteger":-2147483649} | 400 primitive-format | Patient.extension[0].value
integer: as text | patient | set /extension/0 {"url":"http://example.org/x","valueInteger":"1"} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
integer: a boolean | patient | set /extension/0 {"url":"http://example.org/x","valueInteger":true} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
unsignedInt: -1 | patient | set /extension/0 {"url":"http://example.org/x","valueUnsignedInt":-1} | 400 primitive-format | Patient.extension[0].value
unsignedInt: a fraction | patient | set /extension/0 {"url":"http://example.org/x","valueUnsignedInt":0.5} | 400 primitive-format | Patient.extension[0].value
unsignedInt: more than 31 bits | patient | set /extension/0 {"url":"http://example.org/x","valueUnsignedInt":2147483648} | 400 primitive-format | Patient.extension[0].value
positiveInt: 0 | patient | set /extension/0 {"url":"http://example.org/x","valuePositiveInt":0} | 400 primitive-format | Patient.extension[0].value
positiveInt: -5 | patient | set /extension/0 {"url":"http://example.org/x","valuePositiveInt":-5} | 400 primitive-format | Patient.extension[0].value
positiveInt: more than 31 bits | patient | set /extension/0 {"url":"http://example.org/x","valuePositiveInt":2147483648} | 400 primitive-format | Patient.extension[0].value
positiveInt: as text | patient | set /extension/0 {"url":"http://example.org/x","valuePositiveInt":"1"} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
-- decimal and boolean
decimal: as text | patient | set /extension/0 {"url":"http://example.org/x","valueDecimal":"1.5"} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
decimal: a boolean | patient | set /extension/0 {"url":"http://example.org/x","valueDecimal":true} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
boolean: as text | patient | set /extension/0 {"url":"http://example.org/x","valueBoolean":"false"} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
boolean: as number | patient | set /extension/0 {"url":"http://example.org/x","valueBoolean":0} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
boolean: another word | patient | set /extension/0 {"url":"http://example.org/x","valueBoolean":"yes"} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
-- string and markdown are text
string: a number | patient | set /extension/0 {"url":"http://example.org/x","valueString":1} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
string: a boolean | patient | set /extension/0 {"url":"http://example.org/x","valueString":true} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
markdown: a number | patient | set /extension/0 {"url":"http://example.org/x","valueMarkdown":1} | 400 wrong-json-type/primitive-format | Patient.extension[0].value
string: none | patient | set /extension/0 {"url":"http://example.org/x","valueString":""} | 400 empty-value | Patient.extension[0].value
markdown: none | patient | set /extension/0 {"url":"http://example.org/x","valueMarkdown":""} | 400 empty-value | Patient.extension[0].value
"##;
