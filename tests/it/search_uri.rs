//! Uris: the whole text, what is below and above it, canonicals with versions. R4, search.html#uri.

use crate::support::checks::check_each;

#[test]
fn uris_by_whole_text_and_by_path() {
    check_each(|checks| {
        let set = |id: &str, url: &str| {
            let url = if url.is_empty() { String::new() } else { format!(r#","url":"{url}""#) };
            format!(r#"{{"resourceType":"ValueSet","id":"{id}","status":"draft"{url}}}"#)
        };
        checks.store([
            set("root", "http://acme.example/fhir"),
            set("sets", "http://acme.example/fhir/ValueSet"),
            set("one", "http://acme.example/fhir/ValueSet/1"),
            set("one-v", "http://acme.example/fhir/ValueSet/1/_history/5"),
            set("twelve", "http://acme.example/fhir/ValueSet/12"),
            set("upper", "http://acme.example/fhir/valueset/1"),
            set("other", "http://other.example/fhir/ValueSet/1"),
            set("secure", "https://acme.example/fhir/ValueSet/1"),
            set("oid", "urn:oid:1.2.3.4.5"),
            set("none", ""),
        ]);
        for (query, expected) in [
            ("url=http://acme.example/fhir/ValueSet/1", "one"),
            ("url=http%3A%2F%2Facme.example%2Ffhir%2FValueSet%2F1", "one"),
            ("url=http://acme.example/fhir/valueset/1", "upper"),
            ("url=https://acme.example/fhir/ValueSet/1", "secure"),
            ("url=http://acme.example/fhir/ValueSet/1/", ""),
            ("url=HTTP://acme.example/fhir/ValueSet/1", ""),
            ("url=http://acme.example/fhir/ValueSe", ""),
            ("url=/ValueSet/1", ""),
            ("url=urn:oid:1.2.3.4.5", "oid"),
            ("url=urn:oid:1.2.3.4", ""),
            ("url=http://acme.example/fhir/ValueSet/1,urn:oid:1.2.3.4.5", "one oid"),
            ("url=http://acme.example/fhir/ValueSet/1&url=urn:oid:1.2.3.4.5", ""),
            ("url:below=http://acme.example/fhir", "root sets one one-v twelve upper"),
            // With a slash at the end: whether `root` itself is below it is left open.
            ("url:below=http://acme.example/fhir/&_id:not=root", "sets one one-v twelve upper"),
            ("url:below=http://acme.example/fhir/ValueSet", "sets one one-v twelve"),
            ("url:below=http://acme.example/fhir/ValueSet/1", "one one-v"),
            ("url:below=http://acme.example/fhir/ValueSet/12", "twelve"),
            ("url:below=http://acme.example/fhir/Value", ""),
            ("url:below=http://acme", ""),
            ("url:below=http://other.example", "other"),
            ("url:below=http://other.example,https://acme.example", "other secure"),
            ("url:above=http://acme.example/fhir/ValueSet/1/_history/5", "root sets one one-v"),
            ("url:above=http://acme.example/fhir/ValueSet/1", "root sets one"),
            ("url:above=http://acme.example/fhir/ValueSet/12", "root sets twelve"),
            ("url:above=http://acme.example/fhir/ValueSet/99", "root sets"),
            ("url:above=http://acme.example/fhir", "root"),
            ("url:above=http://nowhere.example/fhir", ""),
            (
                "url:below=http://acme.example/fhir/ValueSet&url:above=http://acme.example/fhir/ValueSet/1",
                "sets one",
            ),
            ("url:missing=true", "none"),
            ("url:missing=false", "root sets one one-v twelve upper other secure oid"),
        ] {
            checks.finds(&format!("ValueSet?{query}"), expected);
        }
        for wrong in ["url:exact=x", "url:contains=x", "url:not=x", "url:missing=x", "url:text=x"] {
            checks.refuses(&format!("ValueSet?{wrong}"));
        }
    });
}

#[test]
fn profiles_and_sources() {
    check_each(|checks| {
        let patient = |id: &str, meta: &str| {
            let meta = if meta.is_empty() { String::new() } else { format!(r#","meta":{{{meta}}}"#) };
            format!(r#"{{"resourceType":"Patient","id":"{id}"{meta}}}"#)
        };
        checks.store([
            patient("a", r#""profile":["http://example.org/fhir/StructureDefinition/vn-patient"]"#),
            patient("b", r#""profile":["http://example.org/fhir/StructureDefinition/vn-patient|1.0"]"#),
            patient(
                "c",
                r#""profile":["http://example.org/fhir/StructureDefinition/vn-patient|2.0","http://example.org/fhir/StructureDefinition/twin"]"#,
            ),
            patient("d", r#""source":"urn:example:hospital:1#message""#),
            patient("e", r#""source":"https://his.example/adt/2026/05""#),
            patient("f", ""),
        ]);
        for (query, expected) in [
            ("_profile=http://example.org/fhir/StructureDefinition/vn-patient", "a b c"),
            ("_profile=http://example.org/fhir/StructureDefinition/vn-patient|1.0", "b"),
            ("_profile=http://example.org/fhir/StructureDefinition/vn-patient|2.0", "c"),
            ("_profile=http://example.org/fhir/StructureDefinition/vn-patient|3.0", ""),
            ("_profile=http://example.org/fhir/StructureDefinition/twin", "c"),
            ("_profile=http://example.org/fhir/StructureDefinition/vn-pat", ""),
            ("_profile:below=http://example.org/fhir/StructureDefinition", "a b c"),
            ("_profile:missing=true", "d e f"),
            ("_profile:missing=false", "a b c"),
            ("_source=https://his.example/adt/2026/05", "e"),
            ("_source=https://his.example/adt", ""),
            ("_source:below=https://his.example/adt", "e"),
            ("_source:below=https://his.example/a", ""),
            ("_source:above=https://his.example/adt/2026/05/17", "e"),
            ("_source=urn:example:hospital:1%23message", "d"),
            ("_source:missing=false", "d e"),
        ] {
            checks.finds(&format!("Patient?{query}"), expected);
        }
    });
}
