//! Search by strings, references and the parameters of all types; what is not understood is said.

use crate::support::bodies::{encounter, observation, observation_of, patient, patient_named};
use crate::support::{
    Fhir, by_mode, check_all, encode, expect_outcome, expect_refusal, link, on_each, sorted,
};

#[test]
fn names_are_found_by_their_beginning_without_marks_and_case() {
    on_each(|server| {
        let ids = [
            ("Nguyễn", "Văn Tám"),
            ("Đặng", "Thị Hồng"),
            ("Nguye\u{302}\u{303}n", "An"),
            ("Trần, Lê", "A|B$C"),
            ("Ngô", "Nguyên"),
        ]
        .map(|(family, given)| server.create(&patient_named(1, family, given)).id);
        let check = |query: &str, expected: &[usize]| {
            let found = sorted(server.ids(&format!("/fhir/Patient?{query}")));
            let expected = sorted(expected.iter().map(|index| ids[*index].clone()).collect());
            assert_eq!(found, expected, "{query}");
        };
        let nfd = encode("nguye\u{302}\u{303}n");
        let cases: Vec<(String, &[usize])> = vec![
            ("family=nguyen".to_owned(), &[0, 2]),
            (format!("family={}", encode("NGUYỄN")), &[0, 2]),
            (format!("family={nfd}"), &[0, 2]),
            ("family=Ng".to_owned(), &[0, 2, 4]),
            ("family=guyen".to_owned(), &[]),
            ("name=nguyen".to_owned(), &[0, 2, 4]),
            ("given=van".to_owned(), &[0]),
            (format!("given={}", encode("văn tám")), &[0]),
            ("family=dang".to_owned(), &[1]),
            (format!("family={}", encode("đang")), &[1]),
            (format!("family={}", encode("Đặng")), &[1]),
            (format!("family:exact={}", encode("Nguyễn")), &[0]),
            (format!("family:exact={}", encode("Nguye\u{302}\u{303}n")), &[2]),
            ("family:exact=Nguyen".to_owned(), &[]),
            (format!("family:exact={}", encode("nguyễn")), &[]),
            (format!("family:exact={}", encode("Nguy")), &[]),
            ("family:contains=guye".to_owned(), &[0, 2]),
            (format!("family:contains={}", encode("ẶNG")), &[1]),
            // Commas part alternatives, unless escaped; so with the other marks.
            ("family=dang,ngo".to_owned(), &[1, 4]),
            (format!("family={}", encode("Trần\\, Lê")), &[3]),
            (format!("family={}", encode("Trần, Nguyễn")), &[0, 2, 3]),
            (format!("given={}", encode("A\\|B\\$C")), &[3]),
            // Repetition: both.
            ("name=nguyen&name=van".to_owned(), &[0]),
            ("family=nguyen&given=an".to_owned(), &[2]),
            ("family=nguyen&family=dang".to_owned(), &[]),
            // An empty value is no criterion, or matches nothing; not tested. A sign of patterns is a sign.
            ("family=%25".to_owned(), &[]),
            ("family=N_u".to_owned(), &[]),
            ("family=*".to_owned(), &[]),
        ];
        check_all(&cases, |(query, expected)| check(query, expected));
    });
}

#[test]
fn references_are_found_in_each_way_to_write_them() {
    on_each(|server| {
        let person = server.create(&patient(1));
        let other = server.create(&patient(2));
        let visit = server.create(&encounter(&person.reference()));
        let base = server.base_url();
        let found = server.create(&observation(&person.reference()));
        let absolute = server.create(&observation(&format!("{base}/fhir/{}", person.reference())));
        let elsewhere = server.create(&observation("https://elsewhere.example/fhir/Patient/1"));
        let of_other = server.create(&observation(&other.reference()));
        let group = server.create(&observation(&format!("Group/{}", person.id)));
        let (id, reference) = (&person.id, person.reference());
        let own = [&found.id, &absolute.id];
        let cases: Vec<(String, Vec<&String>)> = vec![
            (format!("subject={reference}"), own.to_vec()),
            (format!("subject={}", encode(&format!("{base}/fhir/{reference}"))), own.to_vec()),
            (format!("subject:Patient={id}"), own.to_vec()),
            (format!("subject:Group={id}"), vec![&group.id]),
            (format!("subject:Group={}", other.id), vec![]),
            (format!("patient={id}"), own.to_vec()),
            (format!("patient={reference}"), own.to_vec()),
            // Without a type any type that the parameter may lead to.
            (format!("subject={id}"), vec![&found.id, &absolute.id, &group.id]),
            (
                format!("subject={reference},{}", other.reference()),
                vec![&found.id, &absolute.id, &of_other.id],
            ),
            (format!("subject={reference}&subject={}", other.reference()), vec![]),
            ("subject=https://elsewhere.example/fhir/Patient/1".to_owned(), vec![&elsewhere.id]),
            ("subject=https://elsewhere.example/fhir/Patient/2".to_owned(), vec![]),
            ("subject=Patient/1".to_owned(), vec![]),
            (format!("subject=Patient/{}", id.to_uppercase()), vec![]),
            ("subject=Patient/never-was".to_owned(), vec![]),
        ];
        check_all(&cases, |(query, expected)| {
            let found = sorted(server.ids(&format!("/fhir/Observation?{query}")));
            assert_eq!(found, sorted(expected.iter().map(|id| (*id).clone()).collect()), "{query}");
        });
        assert_eq!(server.ids(&format!("/fhir/Encounter?patient={id}")), [visit.id]);
        // After an update the old link leads nowhere.
        let moved = observation(&other.reference()).replacen('{', &format!(r#"{{"id":"{}","#, found.id), 1);
        let _ = server.put(&moved).expect_status(200);
        assert_eq!(
            server.ids(&format!("/fhir/Observation?patient={id}")),
            std::slice::from_ref(&absolute.id)
        );
        assert_eq!(server.count(&format!("/fhir/Observation?patient={}", other.id)), 2);
    });
}

#[test]
fn what_is_not_understood_is_reported_and_refused_if_asked() {
    on_each(|server| {
        server.create(&patient(1));
        for query in ["no-such=1", "gender=female&no-such=Bimat", "gender=female&name:no-such=x"] {
            let path = format!("/fhir/Patient?{query}");
            let strict = server.http().request("GET", &path, &[("Prefer", "handling=strict")], b"");
            expect_refusal(query, &strict, 400);
            for prefer in [None, Some(("Prefer", "handling=lenient"))] {
                let answer = server.http().request("GET", &path, prefer.as_slice(), b"");
                // R4: a modifier that is not supported SHALL be an error.
                if query.contains(":no-such") {
                    expect_refusal(query, &answer, 400);
                    continue;
                }
                let bundle = crate::support::body(&answer.expect_status(200));
                assert_eq!(crate::support::matches(&bundle).len(), 1);
                let outcomes = by_mode(&bundle, "outcome");
                assert_eq!(outcomes.len(), 1, "{query}: {bundle}");
                assert_eq!(outcomes[0]["resourceType"], "OperationOutcome");
                assert!(outcomes[0].to_string().contains("no-such"), "{}", outcomes[0]);
                assert_ne!(outcomes[0]["issue"][0]["severity"], "error");
                let own = link(&bundle, "self").unwrap();
                assert!(!own.contains("no-such"), "the self link says what was searched: {own}");
                assert_eq!(own.contains("gender=female"), query.contains("gender"), "{own}");
                assert_ne!(bundle["total"], 2, "an outcome does not count");
            }
        }
        // A value that cannot be read is an error in any mode.
        for query in ["birthdate=nonsense", "_lastUpdated=nonsense", "_count=nonsense"] {
            expect_refusal(query, &server.http().get(&format!("/fhir/Patient?{query}")), 400);
        }
        expect_outcome(
            "nonsense",
            &crate::support::body(&server.http().get("/fhir/Patient?birthdate=nonsense")),
        );
    });
}

#[test]
fn a_posted_search_equals_the_same_search_by_address() {
    on_each(|server| {
        let person = server.create(&patient_named(1, "Đặng", "Mật"));
        for index in 0..7 {
            server.create(&observation_of(&person.reference(), "8867-4", &index.to_string()));
        }
        let post = |path: &str, form: &str| {
            let headers = [("Content-Type", "application/x-www-form-urlencoded")];
            crate::support::body(
                &server.http().request("POST", path, &headers, form.as_bytes()).expect_status(200),
            )
        };
        let ids = |bundle: &serde_json::Value| -> Vec<String> {
            crate::support::matches(bundle)
                .iter()
                .map(|resource| crate::support::text(&resource["id"]))
                .collect()
        };
        for form in [
            format!("family={}", encode("Đặng")),
            "family=dang&given=mat&_sort=-birthdate".to_owned(),
            "family=nobody".to_owned(),
            String::new(),
        ] {
            let posted = post("/fhir/Patient/_search", &form);
            assert_eq!(ids(&posted), server.ids(&format!("/fhir/Patient?{form}")), "{form}");
        }
        // A blank may be sent as a plus.
        assert_eq!(ids(&post("/fhir/Patient/_search", "name=dang&given=mat+")).len(), 1);
        // Parameters of the address count as well.
        assert_eq!(ids(&post("/fhir/Patient/_search?family=nobody", "given=mat")).len(), 0);

        // What a client put into the body so that no log on the way holds it must not come back in addresses.
        let mut page = post(
            "/fhir/Observation/_search",
            &format!("subject={}&code=8867-4&_count=3&_sort=-date", person.reference()),
        );
        let mut found = ids(&page);
        for page_number in 0.. {
            for link in page["link"].as_array().unwrap() {
                let url = crate::support::text(&link["url"]);
                assert!(!url.contains(&person.id) && !url.contains("8867-4"), "{url}");
            }
            let Some(next) = link(&page, "next") else { break };
            assert!(page_number < 5);
            page = server.searchset(&crate::support::path_of(&next));
            found.extend(ids(&page));
        }
        assert_eq!(found.len(), 7);
        let headers = [("Content-Type", "application/fhir+json")];
        let answer = server.http().request("POST", "/fhir/Patient/_search", &headers, b"{}");
        expect_refusal("a search in JSON", &answer, 415);
    });
}
