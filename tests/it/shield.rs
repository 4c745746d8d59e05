//! The location shield (docs/access.md, section 6): two people who live and are treated at the same places, one of them
//! under the shield. Wherever a place of the other is told or found, nothing of the first one is.

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::support::bodies::{bundle, entry, entry_with};
use crate::support::program::{Caller, Demo};
use crate::support::{body, entries, expect_refusal, matches, reference_to, text};

/// Words that tell a place.
const PLACES: [&str; 5] = ["Hidden Lane", "0990000099", "Hidden Aunt", "Hidden Ward", "urn:his:hidden"];

struct World<'a> {
    all: Caller<'a>,
    client: Caller<'a>,
    /// `Organization/id` of the client's facility.
    own: String,
    /// `Location/id` of its ward.
    ward: String,
    /// Ids of who is under the shield and of who is not.
    people: [String; 2],
    /// A visit of each.
    visits: [String; 2],
}

fn created(answer: Response) -> String {
    text(&body(&answer.expect_status(201))["id"])
}

fn full(caller: &Caller<'_>, kind: &str, resource: &Value) -> Response {
    let headers = [("Prefer", "return=representation")];
    caller.send_with("POST", &format!("/fhir/{kind}"), &headers, &resource.to_string())
}

fn visit(person: &str, own: &str, ward: &str) -> Value {
    json!({"resourceType": "Encounter", "status": "in-progress", "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": format!("Patient/{person}")}, "serviceProvider": {"reference": own},
        "location": [{"location": {"reference": ward, "display": "Hidden Ward"}}], "meta": {"source": "urn:his:hidden"},
        "hospitalization": {"origin": {"reference": ward}}, "period": {"start": "2026-01-01"}})
}

fn relative(person: &str) -> Value {
    json!({"resourceType": "RelatedPerson", "patient": {"reference": format!("Patient/{person}")},
        "name": [{"text": "Hidden Aunt"}], "address": [{"text": "Hidden Lane"}]})
}

impl<'a> World<'a> {
    fn new(demo: &'a Demo, all: Caller<'a>) -> Self {
        let facility = &demo.description["clients"][0]["facility"];
        let facilities = demo.description["facilities"].as_array().unwrap();
        let found = facilities.iter().find(|found| found["code"] == *facility).unwrap();
        let own = format!("Organization/{}", text(&found["organization_id"]));
        let client = demo.as_client();
        let ward =
            created(full(&all, "Location", &json!({"resourceType": "Location", "name": "Hidden Ward"})));
        let ward = format!("Location/{ward}");
        let people = [0, 1].map(|_| {
            let person = json!({"resourceType": "Patient", "active": true, "name": [{"family": "Hoa", "text": "Hoa"}], "gender": "female",
                "birthDate": "1990-01-01", "address": [{"text": "Hidden Lane", "city": "Hidden Lane"}],
                "telecom": [{"system": "phone", "value": "0990000099"}], "contact": [{"name": {"text": "Hidden Aunt"}}],
                "managingOrganization": {"reference": own}, "generalPractitioner": [{"reference": own}],
                "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">Hidden Lane</div>"}});
            created(full(&all, "Patient", &person))
        });
        let visits = people.clone().map(|person| {
            let visit = created(full(&client, "Encounter", &visit(&person, &own, &ward)));
            created(full(&all, "RelatedPerson", &relative(&person)));
            let found = json!({"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]},
                "subject": {"reference": format!("Patient/{person}")}, "encounter": {"reference": format!("Encounter/{visit}")},
                "effectiveDateTime": "2026-01-01", "valueQuantity": {"value": 160, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"}});
            created(full(&all, "Observation", &found));
            visit
        });
        Self { all, client, own, ward, people, visits }
    }

    /// As the act of two officers does it.
    fn label(&self, set: bool) {
        let path = format!("/fhir/Patient/{}", self.people[0]);
        let mut person = self.all.read(&path);
        let security =
            json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]);
        let meta = person["meta"].as_object_mut().unwrap();
        if set {
            meta.insert("security".to_owned(), security);
        } else {
            meta.remove("security");
        }
        let _ = self.all.send("PUT", &path, &person.to_string()).expect_status(200);
    }

    /// Whether an answer tells a place.
    fn tells(&self, answer: &str) -> bool {
        let (own, ward) = (format!("\"{}\"", self.own), format!("\"{}\"", self.ward));
        PLACES.iter().chain([&own.as_str(), &ward.as_str()]).any(|place| answer.contains(place))
    }

    /// What a template asks of somebody, without what belongs to somebody else.
    fn of(&self, caller: &Caller<'_>, template: &str, who: usize) -> String {
        let (person, visit) = (&self.people[who], &self.visits[who]);
        let path = template.replace("PERSON", person).replace("VISIT", visit);
        let answer = match path.strip_prefix("BUNDLE ") {
            Some(rest) => {
                let (kind, url) = rest.split_once(' ').unwrap();
                caller.send("POST", "/fhir", &bundle(kind, &[entry("GET", url)]))
            }
            None => caller.get(&path),
        };
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let answer = answer.text().to_owned();
        if !template.ends_with("_history?_count=100") {
            return answer;
        }
        let bundle: Value = serde_json::from_str(&answer).unwrap();
        let of_person = |entry: &Value| {
            let resource = &entry["resource"];
            resource["id"] == person.as_str()
                || resource["subject"]["reference"] == format!("Patient/{person}")
        };
        entries(&bundle).iter().filter(|entry| of_person(entry)).map(Value::to_string).collect()
    }
}

fn on_each_world(test: impl Fn(&Demo, &World<'_>)) {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let world = World::new(&demo, Caller::unlimited(&stored));
        test(&demo, &world);
    }
}

/// Everything that answers with a person or a visit.
const READS: &[&str] = &[
    "/fhir/Patient/PERSON",
    "/fhir/Patient/PERSON?_format=xml",
    "/fhir/Patient/PERSON?_summary=true",
    "/fhir/Patient/PERSON?_summary=data",
    "/fhir/Patient/PERSON?_elements=address,telecom,managingOrganization",
    "/fhir/Patient/PERSON/_history",
    "/fhir/Patient/PERSON/_history/1",
    "/fhir/Patient/_history?_count=100",
    "/fhir/_history?_count=100",
    "/fhir/Encounter/_history?_count=100",
    "/fhir/Patient/PERSON/$everything?_count=100",
    "/fhir/Patient?_id=PERSON",
    "/fhir/Patient?_id=PERSON&_summary=text",
    "/fhir/Patient?_id=PERSON&_format=xml",
    "/fhir/Patient?_id=PERSON&_include=Patient:organization&_include=Patient:general-practitioner",
    "/fhir/Patient?_id=PERSON&_revinclude=Encounter:patient",
    "/fhir/Patient?_id=PERSON&_revinclude=RelatedPerson:patient",
    "/fhir/Patient?_id=PERSON&_sort=address-city",
    "/fhir/Observation?patient=PERSON&_include=Observation:patient",
    "/fhir/Observation?patient=PERSON&_include=Observation:encounter",
    "/fhir/Encounter/VISIT",
    "/fhir/Encounter/VISIT?_format=xml",
    "/fhir/Encounter/VISIT?_elements=location,serviceProvider",
    "/fhir/Encounter/VISIT/_history",
    "/fhir/Encounter/VISIT/_history/1",
    "/fhir/Encounter?patient=PERSON",
    "/fhir/Encounter?patient=PERSON&_include=Encounter:location&_include=Encounter:service-provider",
    "/fhir/Patient/PERSON/Encounter",
    "/fhir/RelatedPerson?patient=PERSON",
    "BUNDLE batch Patient/PERSON",
    "BUNDLE batch Encounter?patient=PERSON",
    "BUNDLE transaction Patient/PERSON",
    "BUNDLE transaction Encounter/VISIT",
];

/// Searches that find both people, or a visit of each, by what the shield hides.
const SEARCHES: &[&str] = &[
    "Patient?address=Hidden",
    "Patient?address:contains=Lane",
    "Patient?address-city=Hidden",
    "Patient?address-city:missing=false",
    "Patient?phone=0990000099",
    "Patient?telecom=0990000099",
    "Patient?organization=OWN",
    "Patient?organization:missing=false",
    "Patient?general-practitioner=OWN",
    "Patient?_content=Hidden",
    "Patient?_text=Hidden",
    "Patient?_has:Encounter:patient:location=WARD",
    "Patient?_has:Encounter:patient:service-provider=OWN",
    "Patient?_has:RelatedPerson:patient:address=Hidden",
    "Encounter?location=WARD",
    "Encounter?location.name=Hidden",
    "Encounter?location:missing=false",
    "Encounter?service-provider=OWN",
    "Encounter?_content=Hidden",
    "Encounter?patient.address=Hidden",
    "Observation?patient.address=Hidden",
    "Observation?patient.organization=OWN",
    "Observation?encounter.location=WARD",
    "RelatedPerson?address=Hidden",
];

/// Which of the two a search finds, by the client and by who is shown everything.
fn found(world: &World<'_>, caller: &Caller<'_>, search: &str) -> [bool; 2] {
    let search = search.replace("OWN", &world.own).replace("WARD", &world.ward);
    let page = caller.read(&format!("/fhir/{search}&_count=200"));
    let total = caller.read(&format!("/fhir/{search}&_summary=count"))["total"].clone();
    assert_eq!(total, matches(&page).len(), "{search}");
    let all = Value::Array(matches(&page)).to_string();
    world.people.clone().map(|person| all.contains(&person))
}

#[test]
fn what_the_shield_hides_is_told_nowhere_and_found_by_nobody() {
    on_each_world(|_, world| {
        let World { client, all, .. } = world;
        for template in READS {
            for who in [0, 1] {
                assert!(world.tells(&world.of(client, template, who)), "{template} before");
            }
        }
        let before: Vec<[bool; 2]> = SEARCHES.iter().map(|search| found(world, client, search)).collect();
        for (search, found) in SEARCHES.iter().zip(&before) {
            assert_eq!(found, &[true, true], "{search} before");
        }
        let tag =
            client.get(&format!("/fhir/Encounter/{}", world.visits[0])).header("ETag").map(str::to_owned);
        world.label(true);
        for template in READS {
            let answer = world.of(client, template, 0);
            assert!(!world.tells(&answer), "{template}: {answer}");
            assert!(world.tells(&world.of(client, template, 1)), "{template} of the other");
        }
        for search in SEARCHES {
            assert_eq!(found(world, client, search), [false, true], "{search}");
            // But what is hidden is shown to the server itself, so that it finds by the relatives.
            if !search.contains("RelatedPerson") {
                assert_eq!(found(world, all, search), [false, true], "{search} by all");
            }
        }
        let visit = client.get(&format!("/fhir/Encounter/{}", world.visits[0]));
        assert_eq!(visit.header("ETag").map(str::to_owned), tag, "the version is the same");
        let mark = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "REDACTED"});
        assert_eq!(body(&visit)["meta"]["security"], json!([mark]), "a part says that it is one");
        let of_client = world.of(client, READS[0], 0);
        assert!(of_client.contains("Hoa") && of_client.contains("1990-01-01"), "the rest stays: {of_client}");
        assert!(world.tells(&all.read(&format!("/fhir/Patient/{}", world.people[0])).to_string()));
        relatives_are(world, [404, 200]);
        world.label(false);
        relatives_are(world, [200, 200]);
        for template in READS {
            assert!(world.tells(&world.of(client, template, 0)), "{template} after");
        }
        for (search, before) in SEARCHES.iter().zip(&before) {
            assert_eq!(&found(world, client, search), before, "{search} after");
        }
    });
}

/// Whether the relatives of the two are there.
fn relatives_are(world: &World<'_>, expected: [u16; 2]) {
    for (person, expected) in world.people.iter().zip(expected) {
        let relative = &matches(&world.all.read(&format!("/fhir/RelatedPerson?patient={person}")))[0];
        let path = format!("/fhir/{}", reference_to(relative));
        for more in ["", "/_history", "/_history/1"] {
            assert_eq!(world.client.get(&format!("{path}{more}")).status, expected, "{more}");
        }
        let answer = world.client.send("POST", &format!("{path}/$validate?mode=delete"), "");
        let missing = answer.expect_status(200).text().contains("\"not-found\"");
        assert_eq!(missing, expected == 404, "$validate");
        let found =
            matches(&world.client.read(&format!("/fhir/RelatedPerson?patient={person}&_total=accurate")));
        assert_eq!(found.len(), usize::from(expected == 200));
    }
}

#[test]
fn nobody_writes_where_a_part_is_hidden_but_who_treats_goes_on() {
    on_each_world(|_, world| {
        world.label(true);
        let World { client, all, own, ward, people, visits } = world;
        for (who, status) in [(0, 403), (1, 200)] {
            let path = format!("/fhir/Patient/{}", people[who]);
            let mut person = client.read(&path);
            person["active"] = json!(false);
            assert_eq!(client.send("PUT", &path, &person.to_string()).status, status, "PUT of {who}");
            let entries = [entry_with("PUT", &path[6..], &person.to_string())];
            assert_eq!(client.send("POST", "/fhir", &bundle("transaction", &entries)).status, status);
            let answer =
                client.send("PATCH", &path, &replace("Patient.active", "valueBoolean", &json!(true)));
            assert_eq!(answer.status, status, "PATCH of {who}");
            let answer =
                client.send("PUT", &format!("/fhir/Patient?_id={}", people[who]), &person.to_string());
            assert_eq!(answer.status, status, "conditional PUT of {who}");
            let status = if status == 200 { 201 } else { 403 };
            let answer = client.send("POST", "/fhir/RelatedPerson", &relative(&people[who]).to_string());
            assert_eq!(answer.status, status, "a relative of {who}");
        }
        assert!(world.tells(&all.read(&format!("/fhir/Patient/{}", people[0])).to_string()));

        // Care goes on: a new visit is stored whole, and answered in part.
        let answer = full(client, "Encounter", &visit(&people[0], own, ward)).expect_status(201);
        assert!(!world.tells(answer.text()), "{}", answer.text());
        let path = format!("/fhir/Encounter/{}", text(&body(&answer)["id"]));
        assert!(world.tells(&all.read(&path).to_string()));

        // Who wrote a visit closes it, by what is shown of it, and takes nothing away.
        for path in [path, format!("/fhir/Encounter/{}", visits[0])] {
            let whole = all.read(&path);
            let mut shown = client.read(&path);
            shown["status"] = json!("onleave");
            let headers = [("Prefer", "return=representation")];
            let answer = client.send_with("PUT", &path, &headers, &shown.to_string()).expect_status(200);
            assert!(!world.tells(answer.text()) && body(&answer)["status"] == "onleave", "{}", answer.text());
            kept(world, &whole, &path, "onleave");
            let patch = replace("Encounter.status", "valueCode", &json!("arrived"));
            let answer = client.send_with("PATCH", &path, &headers, &patch).expect_status(200);
            assert!(!world.tells(answer.text()), "{}", answer.text());
            kept(world, &whole, &path, "arrived");
            shown["status"] = json!("triaged");
            let entries = [entry_with("PUT", &path[6..], &shown.to_string())];
            let answer = client.send_with("POST", "/fhir", &headers, &bundle("transaction", &entries));
            assert!(!world.tells(answer.expect_status(200).text()));
            kept(world, &whole, &path, "triaged");
            let entries = [entry_with(
                "PATCH",
                &path[6..],
                &replace("Encounter.status", "valueCode", &json!("finished")),
            )];
            let answer = client.send_with("POST", "/fhir", &headers, &bundle("batch", &entries));
            assert!(!world.tells(answer.expect_status(200).text()));
            kept(world, &whole, &path, "finished");
            expect_refusal("DELETE", &client.send("DELETE", &path, ""), 403);
        }
        let known = [("Prefer", "return=representation"), ("If-None-Exist", &*format!("_id={}", visits[0]))];
        let sent = visit(&people[0], own, ward).to_string();
        let answer = client.send_with("POST", "/fhir/Encounter", &known, &sent).expect_status(200);
        assert!(!world.tells(answer.text()), "{}", answer.text());

        // A copy that is older than the end of the shield takes nothing away either.
        let path = format!("/fhir/Encounter/{}", visits[0]);
        let (whole, mut copy) = (all.read(&path), client.read(&path));
        world.label(false);
        copy["status"] = json!("in-progress");
        let _ = client.send("PUT", &path, &copy.to_string()).expect_status(200);
        kept(world, &whole, &path, "in-progress");
    });
}

/// A FHIRPath Patch that replaces one element.
fn replace(path: &str, kind: &str, value: &Value) -> String {
    json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": path}, {"name": "value", kind: value}]}]})
    .to_string()
}

/// What is stored is what was, but for the status.
fn kept(world: &World<'_>, before: &Value, path: &str, status: &str) {
    let mut now = world.all.read(path);
    assert_eq!(now["status"], status, "{path}");
    let mut before = before.clone();
    for resource in [&mut now, &mut before] {
        resource.as_object_mut().unwrap().remove("status");
        for member in ["versionId", "lastUpdated"] {
            resource["meta"].as_object_mut().unwrap().remove(member);
        }
    }
    assert_eq!(now, before, "{path}");
}

#[test]
fn the_own_book_and_its_relations_tell_no_place() {
    on_each_world(|demo, world| {
        // Somebody with a home station.
        let all = &world.all;
        let at_home = |place: &usize| {
            let person = all.read(&format!("/fhir/Patient/{}", demo.citizen(*place).1));
            !person["managingOrganization"].is_null()
        };
        let place = (0..30).find(at_home).unwrap();
        let (citizen, own) = (demo.as_citizen(place), demo.citizen(place).1.to_owned());
        let path = format!("/fhir/Patient/{own}");
        let mut person = all.read(&path);
        let home = text(&person["managingOrganization"]["reference"]);
        let relation = |caller: &Caller<'_>| {
            let listed = caller.read("/access/relations");
            let items = listed["items"].as_array().unwrap().clone();
            items.into_iter().find(|item| item["authority"] == "home-station").unwrap()
        };
        let before = relation(&citizen);
        assert_eq!(format!("Organization/{}", text(&before["facility"]["id"])), home);
        assert!(citizen.read(&path).to_string().contains(&home));
        let coding =
            json!({"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"});
        person["meta"]["security"] = json!([coding]);
        let _ = all.send("PUT", &path, &person.to_string()).expect_status(200);
        let shown = citizen.read(&path);
        assert_eq!(shown["managingOrganization"], Value::Null);
        assert_eq!(shown["address"], Value::Null);
        let after = relation(&citizen);
        assert_eq!(
            after["facility"],
            json!({"id": null, "name": null}),
            "who holds the phone learns no place"
        );
        let end = format!("/access/relations/{}/end", text(&after["id"]));
        expect_refusal("the end, which would name it", &citizen.send("POST", &end, "{}"), 422);
        let everything = citizen.resources(&format!("{path}/$everything?_count=100"));
        let of_person =
            everything.iter().filter(|it| ["Patient", "Encounter"].contains(&&*text(&it["resourceType"])));
        for resource in of_person {
            assert!(!resource.to_string().contains("\"Organization/"), "{}", reference_to(resource));
        }
    });
}
