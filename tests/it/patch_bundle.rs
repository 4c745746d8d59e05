//! PATCH inside batches and transactions (R4 `http.html#transaction`, `http.html#patch`).

use crate::patch::{JSON_PATCH, expect_fault, parameters, parts};
use crate::support::bodies::{
    NUMBERS, bundle, entry, entry_at, entry_if, entry_with, observation, patient, urn,
};
use crate::support::{
    Fhir, body, citizen_number, encode, entries, expect_outcome, expect_refusal, on_each, text,
};

/// A Binary that holds a JSON Patch.
pub fn binary(patch: &str) -> String {
    binary_of(JSON_PATCH, patch)
}

fn binary_of(kind: &str, patch: &str) -> String {
    format!(r#"{{"resourceType":"Binary","contentType":"{kind}","data":"{}"}}"#, base64(patch.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * index) & 63) as usize];
            out.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

fn gender(code: &str) -> String {
    parameters(&[&parts("replace", "Patient.gender", &format!(r#"{{"name":"value","valueCode":"{code}"}}"#))])
}

fn by_number(index: u64) -> String {
    format!("Patient?identifier={}", encode(&format!("{NUMBERS}|{}", citizen_number(index))))
}

#[test]
fn both_formats_and_criteria_work_in_batches_and_transactions() {
    on_each(|server| {
        for kind in ["batch", "transaction"] {
            let [one, two, three, four] = [1, 2, 3, 4].map(|index| {
                let number = if kind == "batch" { index } else { index + 10 };
                (server.create(&patient(number)), number)
            });
            let sent = bundle(
                kind,
                &[
                    entry_with("PATCH", &one.0.reference(), &gender("male")),
                    entry_with(
                        "PATCH",
                        &two.0.reference(),
                        &binary(r#"[{"op":"replace","path":"/gender","value":"other"}]"#),
                    ),
                    entry_with("PATCH", &by_number(three.1), &gender("unknown")),
                    entry_if("PATCH", &four.0.reference(), r#""ifMatch":"W/\"1\"""#, &gender("male")),
                    entry("GET", &one.0.reference()),
                ],
            );
            let answers = entries(&body(&server.bundle(sent).expect_status(200)));
            for (index, stored) in [&one.0, &two.0, &three.0, &four.0].into_iter().enumerate() {
                let response = &answers[index]["response"];
                assert!(text(&response["status"]).starts_with("200"), "{kind} {index}: {}", answers[index]);
                assert_eq!(response["etag"], "W/\"2\"", "{kind} {index}");
                let location = text(&response["location"]);
                assert!(location.ends_with(&format!("{}/_history/2", stored.reference())), "{location}");
            }
            // Reads come last (http.html#trules).
            assert_eq!(answers[4]["resource"]["gender"], "male");
            for (stored, gender) in [(one, "male"), (two, "other"), (three, "unknown"), (four, "male")] {
                assert_eq!(server.read(&stored.0.path())["gender"], gender, "{kind}");
            }
        }
    });
}

#[test]
fn in_a_batch_each_entry_is_judged_alone() {
    on_each(|server| {
        let stored = server.create(&patient(1));
        let reference = stored.reference();
        let cases = [
            (entry_with("PATCH", &reference, &gender("male")), "200", "", ""),
            (
                entry_with("PATCH", "Patient/none", &gender("male")),
                "404",
                "not-found",
                "Bundle.entry[1].resource",
            ),
            (
                entry_with("PATCH", &by_number(7), &gender("male")),
                "404",
                "not-found",
                "Bundle.entry[2].resource",
            ),
            (entry("PATCH", &reference), "400", "bundle-resource-missing", "Bundle.entry[3]"),
            (
                entry_with("PATCH", "Patient", &gender("male")),
                "400",
                "bundle-request",
                "Bundle.entry[4].request",
            ),
            (
                entry_with("PATCH", &reference, &patient(1)),
                "400",
                "resource-type-mismatch",
                "Bundle.entry[5].resource.resourceType",
            ),
            (
                entry_with("PATCH", &reference, &binary_of("application/json", "[]")),
                "415",
                "patch-content-type",
                "Bundle.entry[6].resource.contentType",
            ),
            (
                entry_with("PATCH", &reference, &binary("[{}]")),
                "400",
                "patch-format",
                "Bundle.entry[7].resource[0]",
            ),
            (
                entry_with("PATCH", &reference, &binary(r#"[{"op":"remove","path":"/photo"}]"#)),
                "422",
                "patch-path",
                "Bundle.entry[8].resource[0]",
            ),
            (
                entry_with("PATCH", &reference, &parameters(&[&parts("delete", "Patient.id", "")])),
                "422",
                "patch-protected",
                "Bundle.entry[9].resource.parameter[0]",
            ),
            (
                entry_with("PATCH", &reference, &gender("a  b")),
                "400",
                "primitive-format",
                "Bundle.entry[10].resource.parameter[0].part[2].value",
            ),
            (
                entry_with("PATCH", &reference, &binary(r#"[{"op":"add","path":"/birthDate","value":"x"}]"#)),
                "400",
                "primitive-format",
                "Bundle.entry[11].resource.birthDate",
            ),
            (
                entry_if("PATCH", &reference, r#""ifMatch":"W/\"7\"""#, &gender("other")),
                "412",
                "version-conflict",
                "Bundle.entry[12].resource",
            ),
        ];
        let sent: Vec<String> = cases.iter().map(|(entry, ..)| entry.clone()).collect();
        let answers = entries(&body(&server.bundle(bundle("batch", &sent)).expect_status(200)));
        for (index, (answer, (_, status, fault, place))) in answers.iter().zip(&cases).enumerate() {
            assert!(text(&answer["response"]["status"]).starts_with(status), "{index}: {answer}");
            if !fault.is_empty() {
                let issue = expect_outcome(&format!("entry {index}"), &answer["response"]["outcome"]);
                assert_eq!(issue["details"]["coding"][0]["code"], *fault, "{index}: {issue}");
                assert_eq!(issue["expression"][0], *place, "{index}: {issue}");
            }
        }
        let read = server.read(&stored.path());
        assert_eq!((&read["gender"], &read["meta"]["versionId"]), (&"male".into(), &"2".into()));
    });
}

#[test]
fn one_bad_patch_undoes_a_transaction() {
    on_each(|server| {
        let stored = server.create(&patient(1));
        let reference = stored.reference();
        let good = entry_with("POST", "Patient", &patient(2));
        for (what, bad, status, fault, place) in [
            (
                "not there",
                entry_with("PATCH", "Patient/none", &gender("male")),
                404,
                "not-found",
                "Bundle.entry[1].resource",
            ),
            (
                "no match",
                entry_with("PATCH", &by_number(7), &gender("male")),
                404,
                "not-found",
                "Bundle.entry[1].resource",
            ),
            (
                "unreadable",
                entry_with("PATCH", &reference, &binary("[{}]")),
                400,
                "patch-format",
                "Bundle.entry[1].resource[0]",
            ),
            (
                "does not fit",
                entry_with(
                    "PATCH",
                    &reference,
                    &binary(r#"[{"op":"test","path":"/gender","value":"male"}]"#),
                ),
                422,
                "patch-test",
                "Bundle.entry[1].resource[0]",
            ),
            (
                "invalid",
                entry_with("PATCH", &reference, &binary(r#"[{"op":"add","path":"/birthDate","value":"x"}]"#)),
                400,
                "primitive-format",
                "Bundle.entry[1].resource.birthDate",
            ),
            (
                "stale",
                entry_if("PATCH", &reference, r#""ifMatch":"W/\"7\"""#, &gender("male")),
                412,
                "version-conflict",
                "Bundle.entry[1].resource",
            ),
            (
                "a link to nothing",
                entry_with(
                    "PATCH",
                    &reference,
                    &binary(&format!(
                        r#"[{{"op":"add","path":"/managingOrganization","value":{{"reference":"{}"}}}}]"#,
                        urn(9)
                    )),
                ),
                400,
                "reference-unresolved",
                "Bundle.entry[1].resource",
            ),
        ] {
            let answer = server.bundle(bundle("transaction", &[good.clone(), bad]));
            expect_fault(what, &answer, status, fault, place);
        }
        let twice = [
            entry_with("PATCH", &reference, &gender("male")),
            entry_with("PATCH", &reference, &gender("male")),
        ];
        expect_refusal("twice", &server.bundle(bundle("transaction", &twice)), 400);
        let both = [entry_with("PATCH", &reference, &gender("male")), entry("DELETE", &reference)];
        expect_refusal("and deleted", &server.bundle(bundle("transaction", &both)), 400);
        assert_eq!(server.count("/fhir/Patient"), 1);
        assert_eq!(server.read(&stored.path())["meta"]["versionId"], "1");
    });
}

#[test]
fn a_patch_may_refer_to_other_entries() {
    on_each(|server| {
        let first = server.create(&observation("Patient/somebody"));
        let second = server.create(&observation("Patient/somebody"));
        let third = server.create(&observation("Patient/somebody"));
        let known = server.create(&patient(5));
        let subject = |reference: &str| {
            parameters(&[&parts(
                "replace",
                "Observation.subject",
                &format!(r#"{{"name":"value","valueReference":{{"reference":"{reference}"}}}}"#),
            )])
        };
        let sent = bundle(
            "transaction",
            &[
                entry_with("PATCH", &first.reference(), &subject(&urn(1))),
                entry_with(
                    "PATCH",
                    &second.reference(),
                    &binary(&format!(
                        r#"[{{"op":"replace","path":"/subject/reference","value":"{}"}}]"#,
                        urn(1)
                    )),
                ),
                entry_with("PATCH", &third.reference(), &subject(&by_number(5))),
                entry_at(&urn(1), "POST", "Patient", &patient(1)),
            ],
        );
        let answers = entries(&body(&server.bundle(sent).expect_status(200)));
        let made = text(&answers[3]["response"]["location"]);
        let made = made.split("/fhir/").last().unwrap().split("/_history").next().unwrap().to_owned();
        for (stored, subject) in [(&first, &made), (&second, &made), (&third, &known.reference())] {
            assert_eq!(server.read(&stored.path())["subject"]["reference"], subject.as_str());
            assert_eq!(
                server.count(&format!("/fhir/{}?_id={}&subject={subject}", stored.kind, stored.id)),
                1
            );
        }
        // What stood there before is not resolved, whatever it is.
        let old = server.create(&observation(&urn(7)));
        let status = parameters(&[&parts(
            "replace",
            "Observation.status",
            r#"{"name":"value","valueCode":"amended"}"#,
        )]);
        let sent = [
            entry_with("PATCH", &old.reference(), &status),
            entry_at(&urn(7), "POST", "Patient", &patient(7)),
        ];
        let _ = server.bundle(bundle("transaction", &sent)).expect_status(200);
        let read = server.read(&old.path());
        assert_eq!(
            (text(&read["status"]), text(&read["subject"]["reference"])),
            ("amended".to_owned(), urn(7))
        );
    });
}

#[test]
fn a_patch_that_changes_nothing_makes_no_version_in_a_transaction() {
    on_each(|server| {
        let stored = server.create(&patient(1));
        let sent = [
            entry_with("PATCH", &stored.reference(), &gender("female")),
            entry_with("POST", "Patient", &patient(2)),
        ];
        let answers = entries(&body(&server.bundle(bundle("transaction", &sent)).expect_status(200)));
        assert!(text(&answers[0]["response"]["status"]).starts_with("200"));
        assert_eq!(answers[0]["response"]["etag"], "W/\"1\"");
        assert_eq!(server.read(&stored.path())["meta"]["versionId"], "1");
        assert_eq!(server.count("/fhir/Patient"), 2);
    });
}
