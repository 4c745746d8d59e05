//! `Patient/[id]/$everything`: the whole book.

use serde_json::Value;

use crate::support::bodies::{condition, encounter, observation, organization, patient};
use crate::support::{Fhir, encode, entries, expect_refusal, on_each, reference_to, sorted, text};

fn told(pages: &[Value]) -> Vec<String> {
    let all = pages.iter().flat_map(entries);
    sorted(all.filter(|entry| entry["search"]["mode"] != "outcome").map(|entry| reference_to(&entry["resource"])).collect())
}

#[test]
fn the_whole_book_and_nothing_of_others() {
    on_each(|server| {
        let [person, other] = [1, 2].map(|index| server.create(&patient(index)));
        let at = person.reference();
        let doctor = server.create(r#"{"resourceType":"Practitioner","name":[{"family":"Bác sĩ"}]}"#);
        let stranger = server.create(r#"{"resourceType":"Practitioner","name":[{"family":"Người lạ"}]}"#);
        let hospital = server.create(&organization("Bệnh viện"));
        let visit = encounter(&at).replacen(
            "\"status\"",
            &format!(r#""serviceProvider":{{"reference":"{}"}},"status""#, hospital.reference()),
            1,
        );
        let mut book = vec![at.clone(), server.create(&visit).reference()];
        for index in 0..20 {
            let value = observation(&at).replacen(
                "\"status\"",
                &format!(r#""performer":[{{"reference":"{}"}}],"status""#, doctor.reference()),
                1,
            );
            book.push(server.create(&value).reference());
            book.push(server.create(&condition(&at, &format!("I{index}"))).reference());
        }
        book.push(server.create(&format!(r#"{{"resourceType":"AllergyIntolerance","patient":{{"reference":"{at}"}}}}"#)).reference());
        let gone = server.create(&observation(&at));
        server.http().request("DELETE", &gone.path(), &[], b"");
        let not_mine = server.create(&observation(&other.reference())).reference();
        // R4, patient-operation-everything: what the compartment holds, and what it refers to.
        let book = sorted(book);
        let with_referenced = sorted([book.clone(), vec![doctor.reference(), hospital.reference()]].concat());

        let path = format!("{}/$everything", person.path());
        let whole = told(&server.pages(&path));
        assert_eq!(whole, with_referenced);
        assert!(!whole.contains(&not_mine) && !whole.contains(&other.reference()) && !whole.contains(&stranger.reference()));
        for count in [1, 7, 100] {
            let pages = server.pages(&format!("{path}?_count={count}"));
            assert_eq!(told(&pages), with_referenced, "_count={count}");
            assert!(pages.iter().all(|page| page["type"] == "searchset"));
        }
        let types = told(&server.pages(&format!("{path}?_type=Condition,AllergyIntolerance")));
        assert_eq!(types.len(), 21, "{types:?}");
        assert!(told(&server.pages(&format!("{path}?_type=Medication"))).is_empty());
        let posted = server.http().send_fhir("POST", &path, r#"{"resourceType":"Parameters"}"#);
        assert!(matches!(posted.status, 200 | 405), "POST: {}", posted.status);

        std::thread::sleep(std::time::Duration::from_millis(30));
        let late = server.create(&condition(&at, "Z99"));
        let instant = text(&server.read(&late.path())["meta"]["lastUpdated"]);
        let since = told(&server.pages(&format!("{path}?_since={}", encode(&instant))));
        assert!(since.contains(&late.reference()));
        assert!(since.iter().all(|reference| !book.contains(reference) || *reference == at), "{since:?}");
        assert!(told(&server.pages(&format!("{path}?_since=2100-01-01T00:00:00Z"))).len() <= 1);
        expect_refusal("_since", &server.http().get(&format!("{path}?_since=yesterday")), 400);
        expect_refusal("_type", &server.http().get(&format!("{path}?_type=Nonsense")), 400);

        expect_refusal("nobody", &server.http().get("/fhir/Patient/never-was/$everything"), 404);
        server.http().request("DELETE", &other.path(), &[], b"");
        let answer = server.http().get(&format!("{}/$everything", other.path()));
        assert!(matches!(answer.status, 404 | 410), "{}", answer.status);
        let answer = server.http().get("/fhir/Organization/x/$everything");
        assert!(matches!(answer.status, 400 | 404 | 501), "{}", answer.status);
    });
}
