//! Mutants: Bundles as one unit (bundle.html, documents.html, bdl-1 to bdl-12).

pub const ROWS: &str = r##"
-- invariants
bdl-1: a total in a collection | bundle-collection | set /total 4 | 422 invariant:bdl-1 | Bundle
bdl-2: how it was found, in a collection | bundle-collection | set /entry/3/search {"mode":"match"} | 422 invariant:bdl-2 | Bundle
bdl-3: a request in a collection | bundle-collection | set /entry/3/request {"method":"POST","url":"Organization"} | 422 invariant:bdl-3 | Bundle
bdl-3: a request in a document | bundle-document | set /entry/4/request {"method":"POST","url":"Organization"} | 422 invariant:bdl-3 | Bundle
bdl-4: a response in a collection | bundle-collection | set /entry/3/response {"status":"200"} | 422 invariant:bdl-4 | Bundle
bdl-5: an entry of nothing | bundle-collection | remove /entry/3/resource | 422 invariant:bdl-5 | Bundle.entry[3]
bdl-7: one fullUrl twice | bundle-collection | set /entry/3/fullUrl "urn:uuid:0990f3a2-0000-4000-8000-000000000007" | 422 invariant:bdl-7 | Bundle
bdl-8: a fullUrl with a version | bundle-collection | set /entry/0/fullUrl "http://example.org/fhir/Patient/099-a/_history/1" | 422+ invariant:bdl-8 | Bundle.entry[0]
bdl-9: a document without the system of its identifier | bundle-document | remove /identifier/system | 422 invariant:bdl-9 | Bundle
bdl-9: a document without the value of its identifier | bundle-document | remove /identifier/value | 422 invariant:bdl-9 | Bundle
bdl-9: a document without identifier | bundle-document | remove /identifier | 422 invariant:bdl-9 | Bundle
bdl-10: a document without time | bundle-document | remove /timestamp | 422 invariant:bdl-10 | Bundle
bdl-11: a document without Composition | bundle-document | remove /entry/0 | 422+ invariant:bdl-11 | Bundle
bdl-11: a document that begins with another | bundle-document | set /entry/- {"fullUrl":"urn:uuid:0990f3a2-0000-4000-8000-000000000001","resource":{"resourceType":"Composition","status":"final","type":{"text":"x"},"date":"2026-05-04","author":[{"reference":"urn:uuid:0990f3a2-0000-4000-8000-000000000003"}],"title":"x"}} && remove /entry/0 | 422+ invariant:bdl-11 | Bundle
bdl-12: a message without header | bundle-message | remove /entry/0 | 422 invariant:bdl-12 | Bundle

-- a document holds what its Composition refers to
the subject is in no entry | bundle-document | set /entry/0/resource/subject/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.subject
the encounter is in no entry | bundle-document | set /entry/0/resource/encounter/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.encounter
the author is in no entry | bundle-document | set /entry/0/resource/author/0/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.author[0]
a second author is in no entry | bundle-document | set /entry/0/resource/author/- {"reference":"Practitioner/099-doctor"} | 422 bundle-reference | Bundle.entry[0].resource.author[1]
the attester is in no entry | bundle-document | set /entry/0/resource/attester/0/party/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.attester[0].party
the custodian is in no entry | bundle-document | set /entry/0/resource/custodian/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.custodian
an event is in no entry | bundle-document | set /entry/0/resource/event/0/detail/0/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.event[0].detail[0]
the entry of a section is in no entry | bundle-document | set /entry/0/resource/section/0/entry/0/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.section[0].entry[0]
the entry of a section is on a server | bundle-document | set /entry/0/resource/section/0/entry/- {"reference":"http://example.org/fhir/Condition/1"} | 422 bundle-reference | Bundle.entry[0].resource.section[0].entry[1]
the author of a section is in no entry | bundle-document | set /entry/0/resource/section/0/author/0/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.section[0].author[0]
the focus of a section is in no entry | bundle-document | set /entry/0/resource/section/0/focus/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.section[0].focus
the entry of a nested section is in no entry | bundle-document | set /entry/0/resource/section/0/section [{"title":"x","entry":[{"reference":"urn:uuid:0990f3a2-0000-4000-8000-000000000099"}]}] | 422 bundle-reference | Bundle.entry[0].resource.section[0].section[0].entry[0]

-- a urn leads to an entry
a urn of another entry than the Composition | bundle-document | set /entry/3/resource/subject/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[3].resource.subject
a urn in a collection | bundle-collection | set /entry/1/resource/performer/0/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[1].resource.performer[0]
a urn with an object identifier | bundle-collection | set /entry/1/resource/performer/- {"reference":"urn:oid:2.16.840.1.98"} | 422 bundle-reference | Bundle.entry[1].resource.performer[1]
a urn in an extension | bundle-collection | set /entry/2/resource/extension/- {"url":"http://example.org/x","valueReference":{"reference":"urn:uuid:0990f3a2-0000-4000-8000-000000000099"}} | 422 bundle-reference | Bundle.entry[2].resource.extension[1].value
a urn in a contained resource | bundle-collection | set /entry/0/resource/contained/0/partOf {"reference":"urn:oid:2.16.840.1.98"} | 422 bundle-reference | Bundle.entry[0].resource.contained[0].partOf
a urn in a message | bundle-message | set /entry/0/resource/focus/0/reference "urn:uuid:0990f3a2-0000-4000-8000-000000000099" | 422 bundle-reference | Bundle.entry[0].resource.focus[0]

-- fullUrl
no fullUrl in a collection | bundle-collection | remove /entry/3/fullUrl | 422 bundle-full-url | Bundle.entry[3]
no fullUrl in a document | bundle-document | remove /entry/4/fullUrl && remove /entry/0/resource/custodian | 422 bundle-full-url | Bundle.entry[4]
no fullUrl in a searchset | bundle-searchset | remove /entry/1/fullUrl | 422 bundle-full-url | Bundle.entry[1]
a fullUrl of another id | bundle-collection | set /entry/0/fullUrl "http://example.org/fhir/Patient/099-b" | 422 bundle-full-url | Bundle.entry[0].fullUrl
a fullUrl of another type | bundle-searchset | set /entry/1/fullUrl "http://example.org/fhir/Practitioner/099-a" | 422 bundle-full-url | Bundle.entry[1].fullUrl
an id that is not that of the fullUrl | bundle-searchset | set /entry/0/resource/id "099-p" | 422 bundle-full-url | Bundle.entry[0].fullUrl

-- what is wrong in an entry has its place in the Bundle
an invariant in an entry | bundle-document | set /entry/5/resource/abatementDateTime "2026-05-04" | 422 invariant:con-4 | Bundle.entry[5].resource
a missing element in an entry | bundle-document | remove /entry/3/resource/class | 400 required-element | Bundle.entry[3].resource
a wrong type of reference in an entry | bundle-document | set /entry/5/resource/encounter {"reference":"Practitioner/099-a"} | 422 reference-target | Bundle.entry[5].resource.encounter
"##;
