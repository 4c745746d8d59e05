//! The system of a facility works in the books of those whom it has a living relation with, and knows nobody else
//! (docs/access.md, sections 1, 3 and 4).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use test_support::TestDatabase;

use crate::support::bodies::{observation, patient_at};
use crate::support::program::{Caller, Demo};
use crate::support::{Stored, body, entries, expect_refusal, matches, reference_to, text, value};

/// A person of whom nothing is stored.
const NOBODY: &str = "8da8b7f4-0000-4000-8000-0000";

/// A demo, its first client system, and whom that one has a relation with.
struct World<'a> {
    demo: &'a Demo,
    all: Caller<'a>,
    client: Caller<'a>,
    known: BTreeSet<String>,
}

fn on_each_demo(test: impl Fn(&World<'_>)) {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let facility = demo.description["clients"][0]["facility"].clone();
        let facilities = demo.description["facilities"].as_array().unwrap();
        let own = facilities.iter().find(|found| found["code"] == facility).unwrap();
        let known = related(&all, &format!("Organization/{}", text(&own["organization_id"])));
        let (client, demo) = (demo.as_client(), &demo);
        test(&World { demo, client, all, known });
    }
}

/// The relations of an organization that are stored: of the demo's these are home stations and appointments.
fn related(all: &Caller<'_>, organization: &str) -> BTreeSet<String> {
    let of_home = all.resources("/fhir/Patient?_count=100").into_iter().filter_map(|patient| {
        (patient["managingOrganization"]["reference"] == organization).then(|| text(&patient["id"]))
    });
    let mut found: BTreeSet<String> = of_home.collect();
    for appointment in all.resources("/fhir/Appointment?_count=100") {
        assert_eq!(appointment["status"], "booked");
        if appointment["supportingInformation"][0]["reference"] == organization {
            let actor = text(&appointment["participant"][0]["actor"]["reference"]);
            found.insert(actor.strip_prefix("Patient/").unwrap().to_owned());
        }
    }
    found
}

impl World<'_> {
    /// Places in the list of citizens, of those who are known to the facility or of the others.
    fn places(&self, known: bool) -> Vec<usize> {
        let is_known = |place: &usize| self.known.contains(self.demo.citizen(*place).1) == known;
        (0..30).filter(is_known).collect()
    }

    fn known(&self, number: usize) -> &str {
        self.demo.citizen(self.places(true)[number]).1
    }

    fn unknown(&self) -> &str {
        self.demo.citizen(self.places(false)[0]).1
    }
}

fn ids(caller: &Caller<'_>, path: &str) -> BTreeSet<String> {
    caller.resources(path).iter().map(reference_to).collect()
}

#[test]
fn a_facility_reads_the_books_of_those_whom_it_has_a_relation_with() {
    on_each_demo(|world| {
        people_are_those_known(world);
        everything_is_what_searches_find(world);
        the_latest_observations_are_those_of_open_books(world);
    });
}

fn people_are_those_known(world: &World<'_>) {
    let World { client, known, .. } = world;
    assert!(known.len() > 1 && known.len() < 30, "{}", known.len());
    let expected: BTreeSet<String> = known.iter().map(|id| format!("Patient/{id}")).collect();
    assert_eq!(&ids(client, "/fhir/Patient?_count=7"), &expected);
    for path in [
        "/fhir/Patient?_total=accurate&_count=1",
        "/fhir/Patient?_summary=count",
        "/fhir/Patient?_total=accurate",
    ] {
        assert_eq!(client.read(path)["total"], known.len(), "{path}");
    }
    for place in 0..30 {
        let id = world.demo.citizen(place).1;
        let status = if known.contains(id) { 200 } else { 404 };
        assert_eq!(client.get(&format!("/fhir/Patient/{id}")).status, status, "{id}");
    }
}

/// `$everything`, totals and searches tell the same of a book, and nothing of a closed one.
fn everything_is_what_searches_find(world: &World<'_>) {
    let World { client, all, known, .. } = world;
    for id in known {
        let everything = ids(client, &format!("/fhir/Patient/{id}/$everything?_count=50"));
        let stored = ids(all, &format!("/fhir/Patient/{id}/$everything?_count=1000"));
        assert!(everything.is_subset(&stored), "{id}: more than there is");
        let of_book = |kind: &str| -> BTreeSet<String> {
            everything.iter().filter(|it| it.starts_with(&format!("{kind}/"))).cloned().collect()
        };
        assert_eq!(of_book("Patient").len(), 1);
        for kind in ["Observation", "Encounter", "Condition", "MedicationRequest", "Immunization", "Coverage"]
        {
            let path = format!("/fhir/{kind}?patient={id}");
            let found = ids(client, &format!("{path}&_count=20"));
            assert_eq!(of_book(kind), found, "{kind} of {id}");
            for count in [format!("{path}&_summary=count"), format!("{path}&_total=accurate&_count=1")] {
                assert_eq!(client.read(&count)["total"], found.len(), "{count}");
            }
            assert_eq!(ids(client, &format!("/fhir/Patient/{id}/{kind}?_count=100")), found);
        }
    }
    let plain = |id: &str| {
        let answer = client.get(&format!("/fhir/Patient/{id}/$everything"));
        expect_refusal("a closed book", &answer, 404);
        answer.text().replace(id, "ID")
    };
    assert_eq!(plain(world.unknown()), plain(NOBODY));
    for query in ["Observation?patient=", "Encounter?_summary=count&patient=", "Patient?_id="] {
        let page = client.read(&format!("/fhir/{query}{}&_total=accurate", world.unknown()));
        assert_eq!((matches(&page).len(), &page["total"]), (0, &Value::from(0)), "{query}");
    }
}

/// R4, observation-operation-lastn.html: the latest of each code.
fn the_latest_observations_are_those_of_open_books(world: &World<'_>) {
    let client = &world.client;
    for id in &world.known {
        let found = client.resources(&format!("/fhir/Observation?patient={id}&_count=100"));
        let mut latest: BTreeMap<String, String> = BTreeMap::new();
        for observation in &found {
            let code = observation["code"]["coding"][0]["code"].to_string();
            let when = text(&observation["effectiveDateTime"]);
            let known = latest.entry(code).or_default();
            *known = when.max(known.clone());
        }
        let last = client.resources(&format!("/fhir/Observation/$lastn?patient={id}"));
        let told: BTreeMap<String, String> = last
            .iter()
            .map(|it| (it["code"]["coding"][0]["code"].to_string(), text(&it["effectiveDateTime"])))
            .collect();
        assert_eq!(told, latest, "{id}");
    }
    let closed = client.read(&format!("/fhir/Observation/$lastn?patient={}", world.unknown()));
    assert!(matches(&closed).is_empty(), "{closed}");
}

#[test]
fn a_facility_writes_into_the_books_that_are_open_to_it() {
    on_each_demo(|world| {
        let (demo, client) = (world.demo, &world.client);
        let places = world.places(true);
        let (citizen, second) = (demo.as_citizen(places[0]), demo.as_citizen(places[1]));
        let stranger = demo.as_citizen(world.places(false)[0]);
        let sent = observation(&format!("Patient/{}", world.known(0)));
        let answer = client.send("POST", "/fhir/Observation", &sent).expect_status(201);
        let stored = Stored::at(answer.header("Location").unwrap());
        let _ = citizen.get(&stored.path()).expect_status(200);
        expect_refusal("a stranger", &stranger.get(&stored.path()), 404);
        let mut changed = value(&sent);
        changed["id"] = stored.id.clone().into();
        changed["status"] = "amended".into();
        let _ = client.send("PUT", &stored.path(), &changed.to_string()).expect_status(200);
        assert_eq!(citizen.read(&stored.path())["status"], "amended");
        assert_eq!(entries(&citizen.read(&format!("{}/_history", stored.path()))).len(), 2);
        // A result that was filed under the wrong person: moved to another book, it leaves this one.
        changed["subject"]["reference"] = format!("Patient/{}", world.known(1)).into();
        let _ = client.send("PUT", &stored.path(), &changed.to_string()).expect_status(200);
        let _ = second.get(&stored.path()).expect_status(200);
        expect_refusal("after the move", &citizen.get(&stored.path()), 404);
        // Its older versions stay in the book where they were.
        for path in
            [format!("{}/_history", stored.path()), "/fhir/Observation/_history?_count=100".to_owned()]
        {
            for page in second.pages(&path) {
                assert!(!page.to_string().contains(world.known(0)), "{path}");
            }
        }
        for version in [1, 2] {
            let path = format!("{}/_history/{version}", stored.path());
            expect_refusal("the old version", &second.get(&path), 404);
        }
        let answer = client.send("DELETE", &stored.path(), "");
        assert!([200, 204].contains(&answer.status), "{}", answer.status);
        expect_refusal("deleted", &client.get(&stored.path()), 410);
        // 410 would tell that it was there.
        expect_refusal("deleted, for who could not read it", &stranger.get(&stored.path()), 404);
    });
}

#[test]
fn a_facility_writes_nothing_elsewhere() {
    on_each_demo(|world| {
        let World { client, all, .. } = world;
        let mut answers = Vec::new();
        for id in [world.unknown(), NOBODY] {
            let answer = client.send("POST", "/fhir/Observation", &observation(&format!("Patient/{id}")));
            expect_refusal("a closed book", &answer, 403);
            answers.push(answer.text().replace(id, "ID"));
            // An id that is not seen cannot be chosen, taken or not.
            let path = format!("/fhir/Patient/{id}");
            expect_refusal("PUT", &client.send("PUT", &path, &patient_at(id, "Khác")), 405);
        }
        assert_eq!(answers[0], answers[1], "whether the person exists is not told");
        // What others wrote is read, not changed.
        let theirs = body(&client.get(&format!("/fhir/Observation?patient={}&_count=1", world.known(0))));
        let Some(theirs) = matches(&theirs).first().cloned() else { return };
        let path = format!("/fhir/{}", reference_to(&theirs));
        let mut changed = theirs.clone();
        changed["status"] = "amended".into();
        expect_refusal("PUT of another's", &client.send("PUT", &path, &changed.to_string()), 403);
        expect_refusal("DELETE of another's", &client.send("DELETE", &path, ""), 403);
        assert_eq!(all.read(&path)["meta"]["versionId"], "1");
        // The home station is not for a facility to change.
        let path = format!("/fhir/Patient/{}", world.known(0));
        let mut person = client.read(&path);
        person["managingOrganization"]["reference"] = "Organization/other".into();
        expect_refusal("the home station", &client.send("PUT", &path, &person.to_string()), 403);
    });
}
