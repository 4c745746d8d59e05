//! Modifiers of tokens: `:not`, `:text`, `:in`, `:above`, `:of-type`, `:missing`. R4, search.html#token, #modifiers.

use crate::support::checks::{Checks, check_each};

const ANIMALS: &str = "urn:example:animals";

fn observation(id: &str, code: &str) -> String {
    format!(r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{{code}}}}}"#)
}

fn coded(id: &str, system: &str, code: &str) -> String {
    observation(id, &format!(r#""coding":[{{"system":"{system}","code":"{code}"}}]"#))
}

fn condition(id: &str, code: &str) -> String {
    format!(r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/someone"}}{code}}}"#)
}

#[test]
fn not_is_the_contrary_and_counts_those_without_a_value() {
    check_each(|checks| {
        let two = r#","code":{"coding":[{"system":"urn:example:a","code":"1"},{"system":"urn:example:b","code":"2"}]}"#;
        let one = |system: &str, code: &str| {
            format!(r#","code":{{"coding":[{{"system":"{system}","code":"{code}"}}]}}"#)
        };
        checks.store([
            condition("a1", &one("urn:example:a", "1")),
            condition("a2", &one("urn:example:a", "2")),
            condition("b1", &one("urn:example:b", "1")),
            condition("a1b2", two),
            condition("bare", r#","code":{"coding":[{"code":"1"}]}"#),
            condition("text", r#","code":{"text":"1"}"#),
            condition("none", ""),
        ]);
        for (query, expected) in [
            ("code=1", "a1 b1 a1b2 bare"),
            ("code:not=1", "a2 text none"),
            ("code:not=urn:example:a|1", "a2 b1 bare text none"),
            ("code:not=urn:example:a|", "b1 bare text none"),
            ("code:not=|1", "a1 a2 b1 a1b2 text none"),
            ("code:not=1,2", "text none"),
            ("code:not=urn:example:a|1,urn:example:b|1", "a2 bare text none"),
            ("code:not=urn:example:a|1&code:not=urn:example:a|2", "b1 bare text none"),
            ("code:not=urn:example:a|1&code=1", "b1 bare"),
            ("code:not=urn:example:b|2&code=urn:example:a|1", "a1"),
            ("code:not=never", "a1 a2 b1 a1b2 bare text none"),
            ("code:missing=true", "none"),
            ("code:missing=false", "a1 a2 b1 a1b2 bare text"),
            ("code:missing=false&code:not=1", "a2 text"),
            ("clinical-status:missing=true", "a1 a2 b1 a1b2 bare text none"),
            ("clinical-status:not=active", "a1 a2 b1 a1b2 bare text none"),
            ("_id:not=a1", "a2 b1 a1b2 bare text none"),
            ("_id:not=a1,a2,b1,bare", "a1b2 text none"),
            ("_tag:not=x", "a1 a2 b1 a1b2 bare text none"),
        ] {
            checks.finds(&format!("Condition?{query}"), expected);
        }
        for wrong in
            ["code:missing=1", "code:exact=1", "code:contains=1", "code:identifier=1", "code:Patient=1"]
        {
            checks.refuses(&format!("Condition?{wrong}"));
        }
    });
}

#[test]
fn booleans_codes_contacts_and_identifiers() {
    check_each(|checks| {
        let patient = |id: &str, more: &str| format!(r#"{{"resourceType":"Patient","id":"{id}"{more}}}"#);
        checks.store([
            patient(
                "a",
                r#","active":true,"gender":"male","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}],"text":"Mã bệnh nhân"},"system":"urn:example:hospital","value":"099000000001"}],"telecom":[{"system":"phone","value":"0990000001","use":"mobile"}]"#,
            ),
            patient(
                "b",
                r#","active":false,"gender":"female","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"SB"}]},"system":"urn:example:insurance","value":"099000000001"}],"telecom":[{"system":"email","value":"b@example.org"}]"#,
            ),
            patient(
                "c",
                r#","deceasedBoolean":true,"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"urn:example:hospital","value":"099000000002"},{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"SB"}]},"system":"urn:example:insurance","value":"099000000003"}]"#,
            ),
            patient("d", ""),
        ]);
        let mr = "http://terminology.hl7.org/CodeSystem/v2-0203|MR";
        for (query, expected) in [
            ("active:not=true".to_owned(), "b c d"),
            ("active:missing=true".to_owned(), "c d"),
            ("active=true,false".to_owned(), "a b"),
            ("gender:not=male".to_owned(), "b c d"),
            ("gender:not=male,female".to_owned(), "c d"),
            ("gender=http://hl7.org/fhir/administrative-gender|female".to_owned(), "b"),
            ("gender:not=http://hl7.org/fhir/administrative-gender|female".to_owned(), "a c d"),
            ("gender:missing=false".to_owned(), "a b"),
            ("deceased=true".to_owned(), "c"),
            ("telecom=phone|0990000001".to_owned(), "a"),
            ("telecom=email|0990000001".to_owned(), ""),
            ("telecom=phone|".to_owned(), "a"),
            ("telecom:not=0990000001".to_owned(), "b c d"),
            ("telecom:missing=true".to_owned(), "c d"),
            ("phone:missing=true".to_owned(), "b c d"),
            ("email:missing=false".to_owned(), "b"),
            ("identifier:not=099000000001".to_owned(), "c d"),
            ("identifier:not=urn:example:hospital|099000000001".to_owned(), "b c d"),
            ("identifier:not=urn:example:hospital|".to_owned(), "b d"),
            ("identifier:missing=true".to_owned(), "d"),
            // The type, its code and the number, of one identifier.
            (format!("identifier:of-type={mr}|099000000001"), "a"),
            (format!("identifier:of-type={mr}|099000000002"), "c"),
            (format!("identifier:of-type={mr}|099000000003"), ""),
            (format!("identifier:of-type={mr}|099000000001,{mr}|099000000002"), "a c"),
            (
                "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SB|099000000003".to_owned(),
                "c",
            ),
            ("identifier:of-type=urn:example:other|MR|099000000001".to_owned(), ""),
            ("identifier:text=ma benh".to_owned(), "a"),
            ("identifier:text=Mã bệnh nhân".to_owned(), "a"),
            ("identifier:text=benh".to_owned(), ""),
        ] {
            checks.finds(&format!("Patient?{query}"), expected);
        }
        for wrong in [
            "identifier:of-type=MR|099000000001",
            "identifier:of-type=099000000001",
            "gender:of-type=a|b|c",
            "active:missing=2",
        ] {
            checks.refuses(&format!("Patient?{wrong}"));
        }
    });
}

#[test]
fn text_looks_at_what_people_read() {
    check_each(|checks| {
        checks.store([
            observation("text", r#""text":"Đau đầu dữ dội""#),
            observation(
                "display",
                r#""coding":[{"system":"urn:example:s","code":"25064002","display":"Đau đầu"}]"#,
            ),
            observation("both", r#""coding":[{"code":"x","display":"Headache"}],"text":"đau đầu""#),
            observation("code", r#""coding":[{"code":"dau dau"}]"#),
            observation("inner", r#""text":"Không đau đầu""#),
        ]);
        for (query, expected) in [
            ("code:text=dau dau", "text display both"),
            ("code:text=ĐAU ĐẦU", "text display both"),
            ("code:text=Đau đầu dữ", "text"),
            ("code:text=head", "both"),
            ("code:text=khong", "inner"),
            ("code:text=25064002", ""),
            ("code:text=head,khong", "both inner"),
            ("code:text=dau dau&code=x", "both"),
            ("code=dau dau", "code"),
        ] {
            checks.finds(&format!("Observation?{query}"), expected);
        }
    });
}

/// Mammals and birds under animals, a cat and a dog under mammals; the plants are not in a tree.
fn store_terminology(checks: &Checks) {
    checks.store([
        r#"{"resourceType":"CodeSystem","id":"animals","url":"urn:example:animals","status":"active","content":"complete","concept":[{"code":"animal","concept":[{"code":"mammal","concept":[{"code":"cat","concept":[{"code":"siamese"}]},{"code":"dog"}]},{"code":"bird","concept":[{"code":"hen"}]}]},{"code":"stone"}]}"#,
        r#"{"resourceType":"ValueSet","id":"pets","url":"http://example.org/fhir/ValueSet/pets","status":"active","compose":{"include":[{"system":"urn:example:animals","concept":[{"code":"cat"},{"code":"dog"}]}]}}"#,
        r#"{"resourceType":"ValueSet","id":"all-but-stone","url":"http://example.org/fhir/ValueSet/all-but-stone","status":"active","compose":{"include":[{"system":"urn:example:animals"}],"exclude":[{"system":"urn:example:animals","concept":[{"code":"stone"}]}]}}"#,
        r#"{"resourceType":"ValueSet","id":"plants","url":"http://example.org/fhir/ValueSet/plants","status":"active","compose":{"include":[{"system":"urn:example:plants"}]}}"#,
        r#"{"resourceType":"ValueSet","id":"mixed","url":"http://example.org/fhir/ValueSet/mixed","status":"active","compose":{"include":[{"system":"urn:example:animals","concept":[{"code":"hen"}]},{"system":"urn:example:plants","concept":[{"code":"rose"},{"code":"cat"}]}]}}"#,
    ]);
    checks.store([
        coded("animal", ANIMALS, "animal"),
        coded("mammal", ANIMALS, "mammal"),
        coded("cat", ANIMALS, "cat"),
        coded("siamese", ANIMALS, "siamese"),
        coded("dog", ANIMALS, "dog"),
        coded("hen", ANIMALS, "hen"),
        coded("stone", ANIMALS, "stone"),
        coded("rose", "urn:example:plants", "rose"),
        coded("plant-cat", "urn:example:plants", "cat"),
        observation(
            "two",
            r#""coding":[{"system":"urn:example:animals","code":"stone"},{"system":"urn:example:plants","code":"rose"}]"#,
        ),
        observation("text", r#""text":"cat""#),
    ]);
}

#[test]
fn in_and_not_in_a_stored_value_set() {
    check_each(|checks| {
        store_terminology(checks);
        let pets = "http://example.org/fhir/ValueSet/pets";
        for (query, expected) in [
            (format!("code:in={pets}"), "cat dog"),
            ("code:in=ValueSet/pets".to_owned(), "cat dog"),
            (format!("code:in={}/fhir/ValueSet/pets", checks.server.base_url()), "cat dog"),
            (
                "code:in=http://example.org/fhir/ValueSet/all-but-stone".to_owned(),
                "animal mammal cat siamese dog hen",
            ),
            ("code:in=ValueSet/all-but-stone".to_owned(), "animal mammal cat siamese dog hen"),
            ("code:in=ValueSet/plants".to_owned(), "rose plant-cat two"),
            ("code:in=ValueSet/mixed".to_owned(), "hen rose plant-cat two"),
            ("code:in=ValueSet/pets,ValueSet/plants".to_owned(), "cat dog rose plant-cat two"),
            ("code:in=ValueSet/all-but-stone&code:in=ValueSet/pets".to_owned(), "cat dog"),
            ("code:in=ValueSet/mixed&code=rose".to_owned(), "rose two"),
            (format!("code:not-in={pets}"), "animal mammal siamese hen stone rose plant-cat two text"),
            (
                "code:not-in=ValueSet/pets".to_owned(),
                "animal mammal siamese hen stone rose plant-cat two text",
            ),
            ("code:not-in=ValueSet/all-but-stone".to_owned(), "stone rose plant-cat two text"),
            ("code:not-in=ValueSet/plants".to_owned(), "animal mammal cat siamese dog hen stone text"),
            (
                "code:not-in=ValueSet/mixed&code:not-in=ValueSet/pets".to_owned(),
                "animal mammal siamese stone text",
            ),
            // None without a value is in any.
            ("category:not-in=ValueSet/pets&code:in=ValueSet/pets".to_owned(), "cat dog"),
            ("category:in=ValueSet/pets".to_owned(), ""),
        ] {
            checks.finds(&format!("Observation?{query}"), expected);
        }
        // A value set that is not known has no answer.
        for wrong in [
            "code:in=ValueSet/never-was",
            "code:in=http://example.org/fhir/ValueSet/never-was",
            "code:not-in=ValueSet/never-was",
        ] {
            checks.refuses(&format!("Observation?{wrong}"));
        }
    });
}

#[test]
fn above_and_below_in_a_stored_code_system() {
    check_each(|checks| {
        store_terminology(checks);
        for (query, expected) in [
            ("code:below=urn:example:animals|animal", "animal mammal cat siamese dog hen"),
            ("code:below=urn:example:animals|mammal", "mammal cat siamese dog"),
            ("code:below=urn:example:animals|cat", "cat siamese"),
            ("code:below=urn:example:animals|siamese", "siamese"),
            ("code:below=urn:example:animals|stone", "stone two"),
            ("code:below=urn:example:animals|bird", "hen"),
            ("code:below=urn:example:animals|cat,urn:example:animals|bird", "cat siamese hen"),
            ("code:below=urn:example:animals|mammal&code=cat", "cat"),
            ("code:above=urn:example:animals|siamese", "siamese cat mammal animal"),
            ("code:above=urn:example:animals|cat", "cat mammal animal"),
            ("code:above=urn:example:animals|hen", "hen animal"),
            ("code:above=urn:example:animals|animal", "animal"),
            ("code:above=urn:example:animals|stone", "stone two"),
            ("code:above=urn:example:animals|hen,urn:example:animals|dog", "hen animal dog mammal"),
        ] {
            checks.finds(&format!("Observation?{query}"), expected);
        }
    });
}
