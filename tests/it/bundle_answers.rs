//! How large the answer to a batch or transaction may become: a short request must not ask for gigabytes.

use serde_json::Value;

use crate::support::bodies::{bundle, entry, entry_with, patient, patient_at};
use crate::support::{Fhir, body, entries, expect_outcome, expect_refusal, on_each_with, text};

const LIMIT: usize = 1024 * 1024;
const RETURN: (&str, &str) = ("Prefer", "return=representation");

fn statuses(answers: &[Value]) -> Vec<String> {
    answers.iter().map(|entry| text(&entry["response"]["status"])).collect()
}

#[test]
fn a_batch_answers_as_much_as_it_may_and_says_what_is_left_out() {
    on_each_with(&["--answer-limit", "1MiB"], |server| {
        let http = server.http();
        let one = http.request("GET", "/fhir/metadata", &[], b"").body.len();
        let fit = LIMIT / one;
        assert!((1..10).contains(&fit), "the test needs a statement of some size: {one}");
        let mut sent = vec![entry("GET", "metadata"); 40];
        sent.push(entry_with("POST", "Patient", &patient(1)));
        let answer = server.bundle(bundle("batch", &sent)).expect_status(200);
        assert!(answer.body.len() < LIMIT + 40 * 1_000, "{} bytes", answer.body.len());
        let answers = entries(&body(&answer));
        let statuses = statuses(&answers);
        assert_eq!(statuses.iter().filter(|status| *status == "200 OK").count(), fit);
        assert_eq!(statuses.iter().filter(|status| *status == "413 Content Too Large").count(), 40 - fit);
        assert_eq!(statuses[40], "201 Created", "what is written is written");
        for refused in answers.iter().filter(|entry| text(&entry["response"]["status"]).starts_with("413")) {
            assert!(refused.get("resource").is_none());
            let issue = expect_outcome("left out", &refused["response"]["outcome"]);
            assert_eq!(issue["code"], "too-costly");
        }
        assert_eq!(
            server.bundle(bundle("batch", &[entry("GET", "metadata")])).status,
            200,
            "another has its own room"
        );
    });
}

#[test]
fn searches_of_many_entries_share_the_room() {
    on_each_with(&["--answer-limit", "20KiB"], |server| {
        for number in 0..20 {
            server.create(&patient(number));
        }
        let sent = bundle("batch", &vec![entry("GET", "Patient?_count=20"); 50]);
        let answer = server.bundle(sent).expect_status(200);
        assert!(answer.body.len() < 20 * 1024 + 50 * 1_000, "{} bytes", answer.body.len());
        let statuses = statuses(&entries(&body(&answer)));
        assert!(statuses.iter().any(|status| status.starts_with("200")), "{statuses:?}");
        assert!(statuses.iter().any(|status| status.starts_with("413")), "{statuses:?}");
    });
}

#[test]
fn a_transaction_whose_reads_are_too_much_writes_nothing() {
    on_each_with(&["--answer-limit", "1MiB"], |server| {
        let mut sent = vec![entry_with("PUT", "Patient/new", &patient_at("new", "Nguyễn"))];
        sent.extend(vec![entry("GET", "metadata"); 40]);
        let answer = server.bundle(bundle("transaction", &sent));
        let issue = expect_refusal("too much", &answer, 413);
        assert_eq!(issue["code"], "too-costly");
        assert_eq!(server.http().request("GET", "/fhir/Patient/new", &[], b"").status, 404);
    });
}

#[test]
fn what_was_written_is_told_without_the_resource_where_that_does_not_fit() {
    on_each_with(&["--answer-limit", "2KiB"], |server| {
        for kind in ["batch", "transaction"] {
            let sent: Vec<String> =
                (0..30).map(|number| entry_with("POST", "Patient", &patient(number))).collect();
            let sent = bundle(kind, &sent);
            let headers = [("Content-Type", "application/fhir+json"), RETURN];
            let answer = server.http().request("POST", "/fhir", &headers, sent.as_bytes()).expect_status(200);
            let answers = entries(&body(&answer));
            assert!(statuses(&answers).iter().all(|status| status == "201 Created"), "{kind}");
            let shown = answers.iter().filter(|entry| entry.get("resource").is_some()).count();
            assert!(shown > 0 && shown < 30, "{kind}: {shown}");
            for entry in answers.iter().filter(|entry| entry.get("resource").is_none()) {
                assert!(entry["response"]["location"].is_string(), "{kind}");
                assert_eq!(entry["response"]["outcome"]["issue"][0]["severity"], "warning", "{kind}");
            }
        }
    });
}
