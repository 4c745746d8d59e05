//! `_filter`: every operator, `and`, `or`, `not`, parentheses, chains. R4, search_filter.html.

use crate::support::checks::{Checks, check_each};

fn store(checks: &Checks) {
    let patient = |id: &str, more: &str| format!(r#"{{"resourceType":"Patient","id":"{id}"{more}}}"#);
    let observation = |id: &str, patient: &str, system: &str, code: &str, more: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/{patient}"}},"code":{{"coding":[{{"system":"{system}","code":"{code}"}}]}}{more}}}"#
        )
    };
    let animals = "urn:example:animals";
    checks.store([
        r#"{"resourceType":"Organization","id":"hospital","name":"Bệnh viện Bạch Mai"}"#.to_owned(),
        patient("an", r#","active":true,"gender":"female","birthDate":"1985-03-07","name":[{"family":"Nguyễn","given":["Thị","An"]}],"managingOrganization":{"reference":"Organization/hospital"}"#),
        patient("binh", r#","active":true,"gender":"male","birthDate":"2001-01-01","name":[{"family":"Nguyễn Đình","given":["Bình"]}]"#),
        patient("chi", r#","gender":"female","birthDate":"1985","name":[{"family":"Trần","given":["Chi \"Lan\""]}]"#),
        patient("none", ""),
        r#"{"resourceType":"CodeSystem","id":"animals","url":"urn:example:animals","status":"active","content":"complete","concept":[{"code":"animal","concept":[{"code":"cat","concept":[{"code":"siamese"}]},{"code":"dog"}]}]}"#.to_owned(),
        r#"{"resourceType":"ValueSet","id":"pets","url":"http://example.org/fhir/ValueSet/pets","status":"active","compose":{"include":[{"system":"urn:example:animals","concept":[{"code":"cat"},{"code":"dog"}]}]}}"#.to_owned(),
        observation("animal", "an", animals, "animal", ""),
        observation("cat", "an", animals, "cat", ""),
        observation("siamese", "an", animals, "siamese", ""),
        observation("dog", "an", animals, "dog", ""),
        observation("pulse", "an", "http://loinc.org", "8867-4", r#","effectiveDateTime":"2026-03-10","valueQuantity":{"value":72,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}"#),
        observation("fast", "binh", "http://loinc.org", "8867-4", r#","effectivePeriod":{"start":"2026-03-05","end":"2026-03-15"},"valueQuantity":{"value":120,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}"#),
        observation("later", "binh", "http://loinc.org", "8480-6", r#","effectiveDateTime":"2026-04-01T08:00:00+07:00""#),
        r#"{"resourceType":"ValueSet","id":"u1","url":"http://acme.example/fhir/ValueSet/1","status":"draft"}"#.to_owned(),
        r#"{"resourceType":"ValueSet","id":"u2","url":"http://acme.example/fhir/ValueSet/2","status":"draft"}"#.to_owned(),
    ]);
}

#[test]
fn each_operator() {
    check_each(|checks| {
        store(checks);
        for (kind, filter, expected) in [
            ("Patient", r#"family eq "Nguyễn""#, "an"),
            ("Patient", r#"given eq "An""#, "an"),
            ("Patient", r#"given eq "Chi \"Lan\"""#, "chi"),
            ("Patient", r#"family sw "Nguyễn""#, "an binh"),
            ("Patient", r#"family sw "nguyen""#, "an binh"),
            ("Patient", r#"family ew "Đình""#, "binh"),
            ("Patient", r#"family ew "nguyen""#, "an"),
            ("Patient", r#"family co "guy""#, "an binh"),
            ("Patient", r#"name co "inh""#, "binh"),
            ("Patient", r#"family co "xyz""#, ""),
            ("Patient", "family pr true", "an binh chi"),
            ("Patient", "family pr false", "none"),
            ("Patient", "birthdate pr false", "none"),
            ("Patient", "gender eq female", "an chi"),
            ("Patient", "active eq true", "an binh"),
            ("Patient", "_id eq an", "an"),
            ("Patient", "birthdate eq 1985", "an chi"),
            ("Patient", "birthdate eq 1985-03-07", "an"),
            ("Patient", "birthdate gt 2000-01-01", "binh"),
            ("Patient", "birthdate ge 1985-03-07 and birthdate lt 1985-03-08", "an chi"),
            ("Patient", "birthdate lt 1985", ""),
            ("Patient", "birthdate le 1985", "an chi"),
            ("Patient", "birthdate sa 1985", "binh"),
            ("Patient", "birthdate eb 2001", "an chi"),
            ("Patient", "birthdate ap 1985", "an chi"),
            ("Patient", "birthdate po 1985-03", "an chi"),
            ("Patient", "birthdate po 1985-04", "chi"),
            ("Patient", "birthdate po 2001", "binh"),
            ("Patient", "organization re Organization/hospital", "an"),
            ("Patient", "organization re Organization/other", ""),
            ("Observation", "code eq http://loinc.org|8867-4", "pulse fast"),
            ("Observation", "code eq 8480-6", "later"),
            ("Observation", "value-quantity eq 72", "pulse"),
            ("Observation", "value-quantity gt 100", "fast"),
            ("Observation", "value-quantity ge 72", "pulse fast"),
            ("Observation", "value-quantity lt 100", "pulse"),
            ("Observation", "value-quantity le 72", "pulse"),
            ("Observation", "value-quantity gt 1|http://unitsofmeasure.org|Hz", "pulse fast"),
            ("Observation", "value-quantity ap 75", "pulse"),
            ("Observation", "value-quantity sa 72", "fast"),
            ("Observation", "value-quantity eb 120", "pulse"),
            ("Observation", "date po 2026-03-12", "fast"),
            ("Observation", "date po 2026-03", "pulse fast"),
            ("Observation", "date sa 2026-03", "later"),
            ("Observation", "date eb 2026-03-11", "pulse"),
            ("Observation", "date eq 2026-04-01", "later"),
            ("Observation", "patient re Patient/binh", "fast later"),
            // The value subsumes what is there; what is there subsumes the value.
            ("Observation", "code ss urn:example:animals|cat", "cat siamese"),
            ("Observation", "code sb urn:example:animals|cat", "animal cat"),
            ("Observation", "code in ValueSet/pets", "cat dog"),
            ("Observation", "code in http://example.org/fhir/ValueSet/pets", "cat dog"),
            ("Observation", "code ni ValueSet/pets", "animal siamese pulse fast later"),
            ("ValueSet", "url eq http://acme.example/fhir/ValueSet/1", "u1"),
            ("ValueSet", r#"url eq "http://acme.example/fhir/ValueSet/1""#, "u1"),
            ("ValueSet", "url sw http://acme.example/fhir/", "u1 u2"),
            ("ValueSet", "url ew /2", "u2"),
            ("ValueSet", "url co acme", "u1 u2"),
        ] {
            checks.finds(&format!("{kind}?_filter={filter}"), expected);
        }
        // Whether what is not there is unequal is left open.
        for (filter, expected) in [
            (r#"family ne "Nguyễn""#, "binh chi"),
            ("gender ne female", "binh"),
            ("birthdate ne 1985", "binh"),
            ("_id ne an and birthdate ne 1985", "binh"),
        ] {
            let mut found = checks.ids(&format!("Patient?_filter={filter}"));
            found.retain(|id| id != "none");
            found.sort();
            checks.equal(filter, &found.join(" "), &expected.to_owned());
        }
        checks.finds("Observation?_filter=value-quantity ne 72 and value-quantity pr true", "fast");
    });
}

#[test]
fn logic_parentheses_and_chains() {
    check_each(|checks| {
        store(checks);
        for (query, expected) in [
            ("Patient?_filter=gender eq female and birthdate eq 1985-03-07", "an"),
            ("Patient?_filter=gender eq male or birthdate eq 1985-03-07", "an binh"),
            ("Patient?_filter=not (gender eq female)", "binh none"),
            ("Patient?_filter=not (gender eq female or gender eq male)", "none"),
            ("Patient?_filter=not (family pr true)", "none"),
            ("Patient?_filter=(gender eq female)", "an chi"),
            ("Patient?_filter=((gender eq female) and (active eq true))", "an"),
            ("Patient?_filter=gender eq female and (family sw \"t\" or given eq \"An\")", "an chi"),
            ("Patient?_filter=(gender eq female and family sw \"t\") or gender eq male", "binh chi"),
            ("Patient?_filter=gender eq female and (family sw \"t\" or gender eq male)", "chi"),
            ("Patient?_filter=gender eq female and not (active eq true)", "chi"),
            ("Patient?_filter=not (active eq true) and family pr true", "chi"),
            ("Patient?_filter=gender eq female and birthdate ge 1985 and active eq true", "an"),
            ("Patient?_filter=_id eq an or _id eq binh or _id eq chi", "an binh chi"),
            ("Patient?_filter=not (not (gender eq male))", "binh"),
            // With other parameters, and twice: all of them.
            ("Patient?_filter=gender eq female&active=true", "an"),
            ("Patient?_filter=gender eq female&_filter=birthdate eq 1985-03-07", "an"),
            // Chains.
            ("Observation?_filter=subject.name co \"inh\"", "fast later"),
            ("Observation?_filter=patient.family eq \"Nguyễn\" and value-quantity lt 100", "pulse"),
            ("Observation?_filter=patient.organization.name sw \"benh vien\" and date pr true", "pulse"),
            (
                "Observation?_filter=patient.gender eq male or code eq urn:example:animals|dog",
                "dog fast later",
            ),
            ("Observation?_filter=not (patient.gender eq female)", "fast later"),
            // A word of the language in a text is text.
            ("Patient?_filter=family eq \"x and y\"", ""),
            ("Patient?_filter=given co \"lan\" or family eq \"or\"", "chi"),
        ] {
            checks.finds(query, expected);
        }
        for wrong in [
            "gender",
            "gender eq",
            "gender is female",
            "eq female",
            "(gender eq female",
            "gender eq female)",
            "gender eq female and",
            "gender eq female gender eq male",
            "and gender eq female",
            "not",
            "()",
            "no-such eq 1",
            "birthdate gt someday",
            "family pr perhaps",
            r#"family eq "An"#,
            "family re Organization/1",
        ] {
            checks.refuses(&format!("Patient?_filter={wrong}"));
        }
    });
}
