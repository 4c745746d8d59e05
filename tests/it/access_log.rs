//! Who looked, from where, by what right: every access leaves an entry that the citizen reads as `AuditEvent`
//! (docs/access-log.md, sections 1 and 7).

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::support::program::{Caller, Demo, program, words};
use crate::support::{matches, text, value};

pub(crate) fn on_each_demo(test: impl Fn(&Demo)) {
    for database in TestDatabase::each() {
        test(&Demo::start(database));
    }
}

/// The log of the caller's own book, all of it.
pub(crate) fn log_of(caller: &Caller<'_>) -> Vec<Value> {
    caller.resources("/fhir/AuditEvent?_count=1000")
}

/// What an entry is about.
pub(crate) fn resources(event: &Value) -> Vec<String> {
    let entities = event["entity"].as_array().unwrap();
    entities.iter().filter_map(|entity| entity["what"]["reference"].as_str().map(str::to_owned)).collect()
}

fn requestor(event: &Value) -> &Value {
    event["agent"].as_array().unwrap().iter().find(|agent| agent["requestor"] == true).unwrap()
}

/// Entries of a kind that name a resource.
pub(crate) fn about<'a>(log: &'a [Value], code: &str, resource: &str) -> Vec<&'a Value> {
    let is = |event: &&Value| {
        event["subtype"][0]["code"] == code
            && resources(event).iter().any(|it| it.split("/_history/").next() == Some(resource))
    };
    log.iter().filter(is).collect()
}

/// A person whom the first client system reads, and one whom it does not.
pub(crate) fn open_and_closed(demo: &Demo) -> (usize, usize) {
    let client = demo.as_client();
    let reads =
        |place: &usize| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 200;
    let open = (0..30).find(reads).expect("the facility has a patient");
    let closed = (0..30).find(|place| !reads(place)).expect("not everybody is its patient");
    (open, closed)
}

#[test]
fn a_citizen_sees_who_looked_into_the_own_book_and_by_what_right() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (citizen, client) = (demo.as_citizen(open), demo.as_client());
        let patient = format!("Patient/{}", demo.citizen(open).1);
        let before = about(&log_of(&citizen), "read", &patient).len();
        client.read(&format!("/fhir/{patient}"));
        let log = log_of(&citizen);
        let reads = about(&log, "read", &patient);
        assert_eq!(reads.len(), before + 1);
        let newest = reads[0];
        assert_eq!((newest["action"].as_str(), newest["outcome"].as_str()), (Some("R"), Some("0")));
        let agent = requestor(newest);
        assert_eq!(agent["role"][0]["coding"][0]["code"], "system");
        assert_eq!(agent["purposeOfUse"][0]["coding"][0]["code"], "TREAT");
        let policy = agent["policy"][0].as_str().unwrap();
        assert!(
            policy.contains("home-station") || policy.contains("appointment") || policy.contains("encounter"),
            "{policy}"
        );
        let organization = newest["agent"].as_array().unwrap().last().unwrap();
        assert!(organization["who"]["reference"].as_str().unwrap().starts_with("Organization/"), "{newest}");
        assert!(!text(&organization["who"]["display"]).is_empty());

        // Whoever was refused is there, too, and nobody else learns of it.
        let other = demo.as_citizen(closed);
        let closed = format!("Patient/{}", demo.citizen(closed).1);
        let before = log_of(&other).iter().filter(|event| event["outcome"] == "4").count();
        assert_eq!(client.get(&format!("/fhir/{closed}")).status, 404);
        let refused: Vec<Value> =
            log_of(&other).into_iter().filter(|event| event["outcome"] == "4").collect();
        assert_eq!(refused.len(), before + 1);
        assert!(resources(&refused[0]).contains(&closed), "{}", refused[0]);
        assert!(log_of(&citizen).iter().all(|event| !resources(event).contains(&closed)));
    });
}

#[test]
fn a_search_leaves_an_entry_for_each_person_whom_it_shows() {
    on_each_demo(|demo| {
        let client = demo.as_client();
        let found = client.read("/fhir/Patient?_count=1000&birthdate=gt1900-01-01");
        let shown: Vec<String> = matches(&found).iter().map(|patient| text(&patient["id"])).collect();
        assert!(!shown.is_empty());
        for place in 0..30 {
            let (_, patient) = demo.citizen(place);
            let log = log_of(&demo.as_citizen(place));
            let searches: Vec<&Value> = log
                .iter()
                .filter(|event| {
                    event["subtype"][0]["code"] == "search"
                        && requestor(event)["role"][0]["coding"][0]["code"] == "system"
                })
                .collect();
            assert_eq!(searches.len(), usize::from(shown.iter().any(|id| id == patient)), "{patient}");
            for search in searches {
                let query =
                    search["entity"].as_array().unwrap().iter().find_map(|it| it["description"].as_str());
                assert_eq!(query, Some("Patient?_count=1000&birthdate"), "what was looked for is not told");
            }
        }
    });
}

#[test]
fn the_log_is_closed_to_everybody_whose_it_is_not() {
    on_each_demo(|demo| {
        let (own, other) = (demo.as_citizen(0), demo.citizen(1).1);
        own.read(&format!("/fhir/Patient/{}", demo.citizen(0).1));
        demo.as_citizen(1).read(&format!("/fhir/Patient/{other}"));
        assert!(matches(&own.read(&format!("/fhir/AuditEvent?patient={other}"))).is_empty());
        assert_eq!(demo.as_client().get("/fhir/AuditEvent").status, 403);
        let log = log_of(&own);
        assert!(log.iter().all(|event| !resources(event).contains(&format!("Patient/{other}"))));
        // Reading the log is an entry.
        let before = log.len();
        assert!(log_of(&own).len() > before);
    });
}

/// What a citizen may write.
pub(crate) fn measurement(patient: &str) -> String {
    let category = "http://terminology.hl7.org/CodeSystem/observation-category";
    json!({"resourceType": "Observation", "status": "final", "subject": {"reference": format!("Patient/{patient}")},
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "effectiveDateTime": "2026-11-01T08:00:00+07:00",
        "valueQuantity": {"value": 70, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}})
    .to_string()
}

#[test]
fn what_is_written_leaves_an_entry_with_its_version() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let patient = demo.citizen(0).1;
        let made = citizen.send("POST", "/fhir/Observation", &measurement(patient));
        assert_eq!(made.status, 201, "{}", made.text());
        let made = text(&value(made.text())["id"]);
        let log = log_of(&citizen);
        let wrote = about(&log, "create", &format!("Observation/{made}"));
        assert_eq!(wrote.len(), 1, "{log:?}");
        assert!(resources(wrote[0]).contains(&format!("Observation/{made}/_history/1")));
        assert_eq!(wrote[0]["action"], "C");
    });
}

#[test]
fn a_read_in_a_transaction_is_one_access() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let patient = format!("Patient/{}", demo.citizen(0).1);
        let bundle = json!({"resourceType": "Bundle", "type": "transaction",
            "entry": [{"request": {"method": "GET", "url": patient}}]});
        let answer = citizen.send("POST", "/fhir", &bundle.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(about(&log_of(&citizen), "read", &patient).len(), 1);
    });
}

#[test]
fn the_whole_log_can_be_verified_without_the_server() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        for _ in 0..20 {
            citizen.read(&format!("/fhir/Patient/{}", demo.citizen(0).1));
        }
        let folder = demo.file().parent().unwrap().to_owned();
        let key = folder.join("access-log.vkey");
        // Until a checkpoint covers what was read, and the verification before, which is an entry.
        let verified = (0..10).any(|_| {
            std::thread::sleep(std::time::Duration::from_secs(8));
            let output = program(&folder)
                .args(["verify-audit", "--key", key.to_str().unwrap(), "--database", demo.database.url()])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", words(&output));
            let said = words(&output);
            assert!(said.contains("sound"), "{said}");
            // Everything that is there, and more than was read, is covered by a checkpoint.
            let number =
                |text: &str| text.split(|it: char| !it.is_ascii_digit()).next().unwrap().parse::<u64>();
            let confirmed = said.split("confirmed before position ").nth(1).map(|rest| number(rest).unwrap());
            confirmed.is_some_and(|confirmed| confirmed > 20) && said.contains("; 0 entries are behind")
        });
        assert!(verified);
    });
}

#[test]
fn a_citizen_takes_the_own_log_along_and_verifies_it() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let patient = format!("Patient/{}", demo.citizen(0).1);
        citizen.read(&format!("/fhir/{patient}"));
        // Until a checkpoint holds it.
        let extract = (0..60)
            .map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(500));
                citizen.get("/transparency/extract")
            })
            .find(|answer| answer.status == 200 && answer.text().contains("\"citizen\""))
            .expect("the entry is signed within half a minute");
        let key =
            value(demo.server().client().get("/transparency").text())["vkey"].as_str().unwrap().to_owned();
        let file = demo.folder.path().join("access-log.json");
        std::fs::write(&file, extract.text()).unwrap();
        let verify = |file: &std::path::Path| {
            let arguments = ["verify-audit", "--key", &key, file.to_str().unwrap()];
            program(demo.folder.path()).args(arguments).output().unwrap()
        };
        let output = verify(&file);
        assert!(output.status.success(), "{}", words(&output));
        // Somebody else's name in it.
        let forged = extract.text().replacen("\"citizen\"", "\"auditor\"", 1);
        std::fs::write(&file, forged).unwrap();
        let output = verify(&file);
        assert!(!output.status.success(), "{}", words(&output));
        // Nobody else gets it.
        assert_eq!(demo.as_client().get("/transparency/extract").status, 403);
        assert_eq!(demo.server().client().get("/transparency/extract").status, 401);
    });
}

/// What was refused to others.
pub(crate) fn refused(log: &[Value]) -> Vec<&Value> {
    log.iter().filter(|event| event["outcome"] == "4").collect()
}

/// The path and parameters that an entry names.
fn query(event: &Value) -> Option<&str> {
    event["entity"].as_array().unwrap().iter().find_map(|it| it["description"].as_str())
}

pub(crate) fn with_query<'a>(log: &'a [Value], wanted: &str) -> Vec<&'a Value> {
    log.iter().filter(|event| query(event) == Some(wanted)).collect()
}

#[test]
fn one_request_cannot_bury_what_the_log_says_of_a_person() {
    on_each_demo(|demo| {
        let (_, closed) = open_and_closed(demo);
        let (victim, client) = (demo.as_citizen(closed), demo.as_client());
        let patient = format!("Patient/{}", demo.citizen(closed).1);
        let before = log_of(&victim);
        let read = json!({"request": {"method": "GET", "url": patient}});
        let id = demo.citizen(closed).1;
        let count = |number: usize| {
            let url = format!("Observation?patient={id}&_summary=count&code=x{number}");
            json!({"request": {"method": "GET", "url": url}})
        };
        let entry: Vec<Value> =
            (0..200).map(|number| if number % 2 == 0 { read.clone() } else { count(number) }).collect();
        let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entry});
        let answer = client.send("POST", "/fhir", &bundle.to_string());
        assert_eq!(answer.status, 200, "{}", answer.text());
        let log = log_of(&victim);
        assert_eq!(refused(&log).len(), refused(&before).len() + 1);
        assert!(resources(refused(&log)[0]).contains(&patient), "all of them name it");
        let wanted = "Observation?patient&_summary=count&code";
        assert_eq!(with_query(&log, wanted).len(), with_query(&before, wanted).len() + 1);
        // Whatever came later, what an extract holds can be chosen.
        let positions = |query: &str| -> Vec<u64> {
            let extract =
                value(victim.get(&format!("/transparency/extract{query}")).expect_status(200).text());
            let entries = extract["entries"].as_array().unwrap();
            entries.iter().map(|entry| entry["position"].as_u64().unwrap()).collect()
        };
        // Until a checkpoint holds them.
        let signed = (0..60).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(500));
            let answer = victim.get("/transparency/extract");
            answer.status == 200 && answer.text().contains(wanted)
        });
        assert!(signed, "the entries are signed within half a minute");
        let all = positions("");
        assert!(all.len() > 1, "{all:?}");
        assert!(positions("?to=2001-01-01").is_empty());
        assert!(positions("?from=2001-01-01&to=2999-01-01").starts_with(&all));
        let last = all.last().unwrap();
        assert_eq!(positions(&format!("?before={last}")), all[..all.len() - 1]);
        assert_eq!(victim.get("/transparency/extract?from=yesterday").status, 400);
    });
}

#[test]
fn what_is_asked_about_a_book_stands_in_it_although_nothing_is_shown() {
    on_each_demo(|demo| {
        let (_, closed) = open_and_closed(demo);
        let (other, client) = (demo.as_citizen(closed), demo.as_client());
        let id = demo.citizen(closed).1;
        let patient = format!("Patient/{id}");
        let before = log_of(&other);
        client.read(&format!("/fhir/Observation?patient={id}&_summary=count"));
        client.read(&format!("/fhir/Observation?subject=Patient/{id}&_count=0"));
        client.read(&format!("/fhir/{patient}/Encounter"));
        client.read(&format!("/fhir/Patient?_id={id}"));
        // Nobody's book: a count, and it is called so.
        client.read("/fhir/Patient?birthdate=gt1900-01-01&_summary=count");
        let log = log_of(&other);
        for wanted in ["Observation?patient&_summary=count", "Observation?subject&_count=0", "Patient?_id"] {
            let entries = with_query(&log, wanted);
            assert_eq!(entries.len(), 1, "{wanted}: {log:?}");
            assert_eq!(entries[0]["outcome"], "0");
            assert!(resources(entries[0]).contains(&patient));
        }
        assert_eq!(with_query(&log, &format!("{patient}/Encounter")).len(), 1);
        // And by somebody's criteria of a write.
        let citizen = demo.as_citizen(usize::from(closed == 0));
        let own = demo.citizen(usize::from(closed == 0)).1;
        let criteria = format!("patient={id}&status=final");
        let made = citizen.send_with(
            "POST",
            "/fhir/Observation",
            &[("If-None-Exist", &criteria)],
            &measurement(own),
        );
        assert_eq!(made.status, 201, "{}", made.text());
        let log = log_of(&other);
        assert_eq!(with_query(&log, "Observation?patient&status").len(), 1);
        assert!(log.len() > before.len());
    });
}

#[test]
fn a_transaction_that_fails_leaves_what_it_read() {
    on_each_demo(|demo| {
        let citizen = demo.as_citizen(0);
        let patient = format!("Patient/{}", demo.citizen(0).1);
        // Somebody else's book: that is known after the readings only.
        let wrong = value(&measurement(demo.citizen(1).1));
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"request": {"method": "GET", "url": patient}},
            {"request": {"method": "POST", "url": "Observation"}, "resource": wrong}]});
        let answer = citizen.send("POST", "/fhir", &bundle.to_string());
        assert!([403, 404].contains(&answer.status), "{}", answer.text());
        assert_eq!(about(&log_of(&citizen), "read", &patient).len(), 1);
    });
}

#[test]
fn what_an_act_looks_up_is_no_access_and_its_refusal_stands_in_the_book() {
    on_each_demo(|demo| {
        let (citizen, other) = (demo.as_citizen(0), demo.as_citizen(1));
        let own = demo.citizen(0).1;
        let of_others = |log: &[Value]| -> Vec<(String, String)> {
            let by = format!("Patient/{own}");
            let theirs = log.iter().filter(|event| requestor(event)["who"]["reference"] == by.as_str());
            theirs.map(|event| (text(&event["subtype"][0]["code"]), text(&event["outcome"]))).collect()
        };
        let ends = "2026-12-20T00:00:00+07:00";
        let guess = json!({"citizen_number": demo.citizen(1).0, "birth_date": "1899-01-01", "ends": ends});
        let answer = citizen.send("POST", "/access/delegations", &guess.to_string());
        assert_eq!(answer.status, 404, "{}", answer.text());
        let refused = ("sharing".to_owned(), "4".to_owned());
        assert_eq!(of_others(&log_of(&other)), [refused]);
    });
}

#[test]
fn an_act_that_lists_or_is_refused_leaves_an_entry() {
    on_each_demo(|demo| {
        let (citizen, other, client) = (demo.as_citizen(0), demo.as_citizen(1), demo.as_client());
        let own = format!("Patient/{}", demo.citizen(0).1);
        let theirs = demo.citizen(1).1;
        assert_eq!(citizen.get("/access/relations").status, 200);
        let log = log_of(&citizen);
        let listed = with_query(&log, "access/relations");
        assert_eq!(listed.len(), 1, "{log:?}");
        assert!(resources(listed[0]).contains(&own) && listed[0]["outcome"] == "0");
        let before = refused(&log_of(&other)).len();
        assert_eq!(citizen.get(&format!("/access/relations?patient={theirs}")).status, 404);
        let wish = json!({"patient": theirs, "reason": "unconscious", "text": "found without consciousness"});
        assert_eq!(client.send("POST", "/access/emergency", &wish.to_string()).status, 403, "no system may");
        let log = log_of(&other);
        let new = &refused(&log)[..refused(&log).len() - before];
        let codes: Vec<&str> =
            new.iter().map(|event| event["subtype"][0]["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["sharing", "operation"], "the newest first");
    });
}
