//! Order by each type of parameter, totals, summaries, words, handling, links back. R4, search.html#return.

use serde_json::Value;

use crate::support::checks::{Checks, address, check_each};
use crate::support::{Fhir, by_mode, entries, link, matches, path_of, text};

const UCUM: &str = "http://unitsofmeasure.org";

fn patient(id: &str, more: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"{id}"{more}}}"#)
}

#[test]
fn order_by_each_type_of_parameter() {
    check_each(|checks| {
        let measured = |id: &str, value: &str, code: &str, subject: &str| {
            format!(
                r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{subject}"}},"valueQuantity":{{"value":{value},"system":"{UCUM}","code":"{code}"}}}}"#
            )
        };
        let risk = |id: &str, predictions: &str| {
            format!(
                r#"{{"resourceType":"RiskAssessment","id":"{id}","status":"final","subject":{{"reference":"Patient/someone"}}{predictions}}}"#
            )
        };
        let set = |id: &str, url: &str| {
            format!(r#"{{"resourceType":"ValueSet","id":"{id}","status":"draft"{url}}}"#)
        };
        let numbered = |id: &str, number: &str, family: &str, born: &str| {
            patient(
                id,
                &format!(
                    r#","identifier":[{{"system":"urn:example:citizen-number","value":"{number}"}}],"name":[{{"family":"{family}"}}],"birthDate":"{born}""#
                ),
            )
        };
        checks.store([
            numbered("a", "099000000003", "Đặng", "1990-01-01"),
            numbered("b", "099000000001", "Ấu", "1985-05-05"),
            numbered("c", "099000000002", "Trần", "2001-12-31"),
            patient("z", ""),
            measured("o1", "500", "mg", "Patient/b"),
            measured("o2", "2", "g", "Patient/a"),
            measured("o3", "1000000", "ug", "Patient/c"),
            r#"{"resourceType":"Observation","id":"oz","status":"final","code":{"text":"x"}}"#.to_owned(),
            risk("r1", r#","prediction":[{"probabilityDecimal":0.5}]"#),
            risk("r2", r#","prediction":[{"probabilityDecimal":0.25},{"probabilityDecimal":0.9}]"#),
            risk("r3", r#","prediction":[{"probabilityDecimal":0.75}]"#),
            risk("rz", ""),
            set("u1", r#","url":"http://acme.example/b""#),
            set("u2", r#","url":"http://acme.example/a""#),
            set("u3", r#","url":"urn:oid:1.2.3""#),
            set("uz", ""),
        ]);
        for (query, expected) in [
            ("Patient?_sort=family", "b a c z"),
            ("Patient?_sort=-family", "c a b z"),
            ("Patient?_sort=birthdate", "b a c z"),
            ("Patient?_sort=-birthdate", "c a b z"),
            ("Patient?_sort=identifier", "b c a z"),
            ("Patient?_sort=-identifier", "a c b z"),
            ("Patient?_sort=_id", "a b c z"),
            ("Patient?_sort=-_id", "z c b a"),
            ("Observation?_sort=value-quantity", "o1 o3 o2 oz"),
            ("Observation?_sort=-value-quantity", "o2 o3 o1 oz"),
            ("Observation?_sort=subject", "o2 o1 o3 oz"),
            ("Observation?_sort=-subject", "o3 o1 o2 oz"),
            ("RiskAssessment?_sort=probability", "r2 r1 r3 rz"),
            ("RiskAssessment?_sort=-probability", "r2 r3 r1 rz"),
            ("ValueSet?_sort=url", "u2 u1 u3 uz"),
            ("ValueSet?_sort=-url", "u3 u1 u2 uz"),
            ("Patient?_sort=identifier&birthdate=lt2000", "b a"),
            ("Patient?_sort=-active,identifier", "b c a z"),
            ("Patient?_sort=gender,-family", "c a b z"),
        ] {
            checks.lists(query, expected);
            checks.lists(&format!("{query}&_count=1"), expected);
            checks.lists(&format!("{query}&_count=3"), expected);
        }
        for wrong in ["Observation?_sort=code-value-quantity", "Location?_sort=near"] {
            checks.refuses(wrong);
        }
    });
}

#[test]
fn totals_are_told_as_asked() {
    check_each(|checks| {
        checks.store((0..7).map(|index| {
            patient(&format!("p{index}"), if index < 5 { r#","active":true"# } else { r#","active":false"# })
        }));
        for (query, total) in [
            ("_total=accurate", 7),
            ("_total=estimate", 7),
            ("active=true&_total=accurate", 5),
            ("active=true&_total=estimate&_count=2", 5),
            ("active:not=true&_total=accurate&_count=1", 2),
            ("gender=male&_total=accurate", 0),
            ("_summary=count", 7),
            ("active=false&_summary=count", 2),
            ("active=true&_count=0", 5),
            ("gender:missing=true&_summary=count", 7),
        ] {
            let bundle = checks.server.searchset(&address(&format!("Patient?{query}")));
            checks.equal(query, &bundle["total"], &total.into());
        }
        for query in ["_total=none", "active=true", "_total=none&_count=2"] {
            let bundle = checks.server.searchset(&address(&format!("Patient?{query}")));
            checks.that(bundle["total"].is_null(), format!("{query}: total {}", bundle["total"]));
        }
        for wrong in ["_total=some", "_summary=all", "_count=few", "_total=accurate&_count=1x"] {
            checks.refuses(&format!("Patient?{wrong}"));
        }
    });
}

fn is_subsetted(resource: &Value) -> bool {
    let tags = resource["meta"]["tag"].as_array().cloned().unwrap_or_default();
    tags.iter().any(|tag| {
        tag["code"] == "SUBSETTED"
            && tag["system"] == "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
    })
}

#[test]
fn summaries_and_elements_leave_out_and_say_so() {
    check_each(|checks| {
        let whole = r#","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">An</div>"},"active":true,"name":[{"family":"An"}],"gender":"female","birthDate":"1985-03-07","maritalStatus":{"text":"M"},"communication":[{"language":{"text":"vi"}}]"#;
        checks.store([
            patient("an", whole),
            r#"{"resourceType":"Observation","id":"o","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">72</div>"},"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/an"},"note":[{"text":"n"}],"valueInteger":72}"#.to_owned(),
        ]);
        // What must be there, what must not, and whether it is marked.
        for (query, there, absent, marked) in [
            (
                "Patient?_summary=true",
                "id name gender birthDate active",
                "text maritalStatus communication",
                true,
            ),
            ("Patient?_summary=text", "id meta text", "name gender maritalStatus active", true),
            ("Patient?_summary=data", "id name gender maritalStatus communication", "text", true),
            ("Patient?_summary=false", "id text name gender maritalStatus communication", "", false),
            ("Patient?", "id text name gender maritalStatus communication", "", false),
            ("Patient?_elements=name", "id name", "gender text maritalStatus birthDate", true),
            ("Patient?_elements=name,gender", "id name gender", "text maritalStatus birthDate", true),
            ("Patient?_elements=maritalStatus", "id maritalStatus", "name text", true),
            ("Patient?_elements=photo", "id", "name text gender", true),
            ("Observation?_summary=true", "id status code subject valueInteger", "note text", true),
            // What is mandatory stays.
            ("Observation?_summary=text", "id text status code", "subject note valueInteger", true),
            ("Observation?_summary=data", "id status code subject note valueInteger", "text", true),
            ("Observation?_summary=false", "id text status code subject note", "", false),
            ("Observation?_elements=subject", "id status code subject", "note valueInteger text", true),
            ("Observation?_elements=value", "id status code", "note subject text", true),
        ] {
            let bundle = checks.server.searchset(&address(query));
            let found = matches(&bundle);
            checks.equal(&format!("{query}: matches"), &found.len(), &1);
            let Some(resource) = found.first() else { continue };
            for element in there.split_whitespace() {
                checks.that(!resource[element].is_null(), format!("{query} without {element}: {resource}"));
            }
            for element in absent.split_whitespace() {
                checks.that(resource[element].is_null(), format!("{query} with {element}: {resource}"));
            }
            checks.equal(&format!("{query}: marked"), &is_subsetted(resource), &marked);
        }
        // Included resources in the same way; counting leaves all out.
        let bundle = checks.server.searchset("/fhir/Observation?_include=Observation:subject&_summary=true");
        let included = by_mode(&bundle, "include");
        checks.equal("included", &included.len(), &1);
        for resource in &included {
            checks.that(is_subsetted(resource) && resource["maritalStatus"].is_null(), resource.to_string());
        }
        let bundle = checks.server.searchset("/fhir/Patient?_summary=count");
        checks.equal("count", &(bundle["total"].clone(), entries(&bundle).len()), &(1.into(), 0));
        // The resource itself is as it was.
        let stored = checks.server.read("/fhir/Patient/an");
        checks.that(!is_subsetted(&stored) && stored["maritalStatus"]["text"] == "M", stored.to_string());
    });
}

#[test]
fn words_of_the_narrative_and_of_all_of_it() {
    check_each(|checks| {
        let told = |id: &str, words: &str, more: &str| {
            patient(
                id,
                &format!(
                    r#","text":{{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"fancy\">{words}</p></div>"}}{more}"#
                ),
            )
        };
        checks.store([
            told("an", "Bệnh nhân <b>Nguyễn</b> An", r#","name":[{"family":"Trần"}]"#),
            told("binh", "Trẻ em", r#","address":[{"city":"Huế"}]"#),
            patient("chi", r#","name":[{"family":"Nguyễn"}],"maritalStatus":{"text":"Độc thân"}"#),
        ]);
        for (query, expected) in [
            ("_text=nguyen", "an"),
            ("_text=Bệnh nhân", "an"),
            ("_text=nhan benh", "an"),
            ("_text=benh tre", ""),
            ("_text=guyen", ""),
            ("_text=ngu", "an"),
            ("_text=tran", ""),
            ("_text=fancy", ""),
            ("_text=tre,benh", "an binh"),
            ("_text=an&name=tran", "an"),
            ("_content=nguyen", "an chi"),
            ("_content=tran", "an"),
            ("_content=hue", "binh"),
            ("_content=doc than", "chi"),
            ("_content=than doc nguyen", "chi"),
            ("_content=tre hue", "binh"),
            ("_content=tre tran", ""),
            ("_content=never", ""),
        ] {
            checks.finds(&format!("Patient?{query}"), expected);
        }
    });
}

#[test]
fn handling_is_strict_or_lenient_as_preferred() {
    check_each(|checks| {
        checks.store([patient("a", r#","active":true"#), patient("b", "")]);
        for (query, lenient) in [
            ("no-such=1", Some("a b")),
            ("active=true&no-such=1", Some("a")),
            ("active=true&no-such:exact=1", Some("a")),
            ("active=true", Some("a")),
            ("active:exact=true", None),
            ("birthdate=nonsense", None),
        ] {
            let is_known = !query.contains("no-such");
            for (prefer, refused) in
                [(None, false), (Some("handling=lenient"), false), (Some("handling=strict"), !is_known)]
            {
                let headers: Vec<(&str, &str)> = prefer.map(|value| ("Prefer", value)).into_iter().collect();
                let answer =
                    checks.server.http().request("GET", &address(&format!("Patient?{query}")), &headers, b"");
                let what = format!("{query}, {prefer:?}");
                let expected = if refused || lenient.is_none() { 400 } else { 200 };
                checks.equal(&what, &answer.status, &expected);
                if let (200, Some(ids)) = (answer.status, lenient) {
                    let bundle = crate::support::body(&answer);
                    let found = matches(&bundle).iter().map(|one| text(&one["id"])).collect();
                    checks.equal(&what, &crate::support::sorted::<String>(found).join(" "), &ids.to_owned());
                    checks.equal(&what, &by_mode(&bundle, "outcome").is_empty(), &is_known);
                }
            }
        }
    });
}

fn ids_of(page: &Value) -> Vec<String> {
    matches(page).iter().map(|one| text(&one["id"])).collect()
}

/// By `previous` the pages come back as they were, by `first` the first one.
fn walks_back(checks: &Checks, query: &str) {
    let pages = checks.pages(query);
    checks.that(pages.len() > 2, format!("{query}: {} pages", pages.len()));
    let Some((first, last)) = pages.first().zip(pages.last()) else { return };
    checks.that(link(first, "previous").is_none(), format!("{query}: a page before the first"));
    for page in pages.iter().skip(1) {
        let Some(start) = link(page, "first") else {
            checks.that(false, format!("{query}: no first"));
            continue;
        };
        checks.equal(query, &ids_of(&checks.server.searchset(&path_of(&start))), &ids_of(first));
    }
    let mut page = last.clone();
    for earlier in pages.iter().rev().skip(1) {
        let Some(previous) = link(&page, "previous") else {
            checks.that(false, format!("{query}: no previous before {:?}", ids_of(&page)));
            return;
        };
        page = checks.server.searchset(&path_of(&previous));
        checks.equal(query, &ids_of(&page), &ids_of(earlier));
    }
    checks.that(link(&page, "previous").is_none(), format!("{query}: something before the first"));
}

#[test]
fn links_lead_back_to_the_same_pages() {
    check_each(|checks| {
        checks.store((0..11).map(|index| {
            patient(
                &format!("p{index:02}"),
                &format!(
                    r#","name":[{{"family":"Họ {}"}}],"birthDate":"19{}-01-01""#,
                    index % 4,
                    60 + index % 3
                ),
            )
        }));
        for query in [
            "_count=2",
            "_count=3",
            "_count=5&_sort=_id",
            "_count=2&_sort=birthdate",
            "_count=2&_sort=-birthdate",
            "_count=3&_sort=family,-birthdate",
            "_count=2&family=ho",
            "_count=2&_sort=-_lastUpdated&family:contains=o",
            "_count=1&birthdate=1961",
        ] {
            walks_back(checks, &format!("Patient?{query}"));
        }
    });
}
