//! Two people who are one, and who are not: whose word counts, what two officers decide, what stays closed
//! (`docs/merging.md`).

use access::{Caller, Facts, Interaction, StaffRole};
use fhir::Instant;
use healthbook_health_book::registry::work_at_registry;
use healthbook_health_book::{merging, relations};
use record_store::{Body, Content, Job, Manner, Precondition, Seen, Write};
use serde_json::{Value, json};

use crate::registry::{TEEN, put_person, record, said, silent};
use crate::world::{World, administrator, body, citizen, id, on_each, refusal, staff};

/// People without a number, and an entry in the book of each.
async fn strangers<const N: usize>(world: &World, names: [&str; N]) {
    for name in names {
        world
            .put(json!({"resourceType": "Patient", "id": name, "active": true, "name": [{"text": name}]}))
            .await;
        world.put(finding(&format!("of-{name}"), name)).await;
    }
}

pub fn finding(id: &str, of: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "height"},
        "subject": {"reference": format!("Patient/{of}")}})
}

pub fn other(name: &str) -> Vec<(String, String)> {
    vec![("other".to_owned(), format!("Patient/{name}"))]
}

pub async fn link(world: &World, survivor: &str, name: &str) -> Result<String, interactions::Problem> {
    merging::link(&world.book, &Caller::Unrestricted, &id(survivor), &other(name)).await
}

pub async fn unlink(world: &World, survivor: &str, name: &str) -> Result<String, interactions::Problem> {
    merging::unlink(&world.book, &Caller::Unrestricted, &id(survivor), &other(name)).await
}

/// The ids of the findings that a search of a book finds, sorted.
pub async fn findings(world: &World, of: &str) -> Vec<String> {
    let found = world.find("Observation", &[("subject", &format!("Patient/{of}")), ("_count", "100")]).await;
    let mut ids: Vec<String> = found.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// A resource to the letter.
async fn text(world: &World, of_kind: &str, name: &str) -> String {
    let access = world.service().decide(&Caller::Unrestricted, Interaction::Read, None).unwrap();
    let kind = of_kind.parse().unwrap();
    let record = interactions::read(world.service(), &access, kind, &id(name)).await.unwrap();
    record.inspect().unwrap().unwrap()
}

/// The same as somebody sees it.
async fn seen(world: &World, caller: &Caller, of: &str) -> Vec<String> {
    let access = world.service().decide(caller, Interaction::Search, "Observation".parse().ok()).unwrap();
    let request = interactions::SearchRequest {
        resource_type: "Observation".parse().ok(),
        pairs: vec![("patient".to_owned(), of.to_owned())],
        ..Default::default()
    };
    let bundle = interactions::search(world.service(), &access, request).await.unwrap();
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> =
        entries.iter().map(|it| it["resource"]["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

async fn items(world: &World) -> Vec<Value> {
    let list = merging::list(&world.book, &administrator("a"), Instant::now()).await.unwrap();
    list["items"].as_array().unwrap().clone()
}

async fn decide(world: &World, item: &str, accept: bool) {
    let proposal = json!({"accept": accept, "reason": "the papers were compared"});
    merging::propose(&world.book, &administrator("a"), item, body(proposal), Instant::now()).await.unwrap();
    merging::confirm(&world.book, &administrator("b"), item, Instant::now()).await.unwrap();
}

#[test]
fn chains_are_one_book_and_come_apart_in_any_order() {
    on_each(|world| async move {
        strangers(&world, ["one", "two", "three"]).await;
        let [one, two, three] = ["of-one", "of-two", "of-three"];
        for first in [true, false] {
            link(&world, "two", "one").await.unwrap();
            link(&world, "three", "two").await.unwrap();
            for name in ["one", "two", "three"] {
                assert_eq!(findings(&world, name).await, [one, three, two], "{name}");
            }
            assert_eq!(refusal(link(&world, "one", "three").await), (422, "not-possible".into()), "a circle");
            assert_eq!(refusal(link(&world, "three", "one").await), (409, "already-merged".into()));
            let access = world.service().decide(&Caller::Unrestricted, Interaction::Read, None).unwrap();
            let patient = fhir::ResourceType::PATIENT;
            let standing = interactions::read_standing(world.service(), &access, patient, &id("one")).await;
            assert_eq!(standing.unwrap().id, id("three"), "the last of the chain stands for all");
            if first {
                unlink(&world, "two", "one").await.unwrap();
                assert_eq!(findings(&world, "one").await, [one]);
                assert_eq!(findings(&world, "two").await, [three, two]);
                unlink(&world, "three", "two").await.unwrap();
            } else {
                unlink(&world, "three", "two").await.unwrap();
                assert_eq!(findings(&world, "three").await, [three]);
                assert_eq!(findings(&world, "one").await, [one, two]);
                unlink(&world, "two", "one").await.unwrap();
            }
            for (name, own) in [("one", one), ("two", two), ("three", three)] {
                assert_eq!(findings(&world, name).await, [own], "{name}");
                let person = world.read("Patient", &id(name)).await;
                assert_eq!((&person["active"], person.get("link")), (&json!(true), None), "{name}");
            }
            assert_eq!(refusal(unlink(&world, "two", "one").await), (409, "not-merged".into()));
        }
    });
}

#[test]
fn a_verified_person_is_replaced_by_the_registry_only() {
    on_each(|world| async move {
        strangers(&world, ["unknown"]).await;
        assert_eq!(refusal(link(&world, "unknown", "hoa").await), (422, "registry-only".into()));
        link(&world, "hoa", "unknown").await.unwrap();
        let report = |survivor: &str, other: &str| {
            body(json!({"decision": "merge", "survivor": survivor, "other": other}))
        };
        let asked =
            merging::report(&world.book, &administrator("a"), report("hoa", "lan"), Instant::now()).await;
        assert_eq!(refusal(asked), (422, "registry-only".into()), "two numbers in force");
        let physician = staff("clinic", StaffRole::Physician);
        let asked = merging::report(&world.book, &physician, report("hoa", "unknown"), Instant::now()).await;
        assert_eq!(refusal(asked).0, 403);
        let nurse = staff("clinic", StaffRole::Nurse);
        let linked = merging::link(&world.book, &nurse, &id("hoa"), &other("unknown")).await;
        assert!(matches!(refusal(linked).0, 403 | 404), "who may not update a Patient links none");
    });
}

#[test]
fn the_registry_merges_parts_and_waits_for_who_is_not_there_yet() {
    on_each(|world| async move {
        let (new, later) = ("099312000077", "099312000078");
        let replaced = |number: &str| record(None, json!({"state": "replaced-by", "number": number}));
        let child = said(&world, 1, record(None, json!({"state": "alive"}))).await;
        let child = child["id"].as_str().unwrap().to_owned();
        put_person(&world, "twice", new, "2012-03-01").await;
        world.put(finding("before", &child)).await;
        assert_eq!(findings(&world, "twice").await, [""; 0]);
        said(&world, 2, replaced(new)).await;
        assert_eq!(findings(&world, "twice").await, ["before"], "{TEEN} is {new}");
        let links = world.read("Patient", &id("twice")).await["link"].clone();
        assert_eq!(links, json!([{"other": {"reference": format!("Patient/{child}")}, "type": "replaces"}]));
        assert_eq!(refusal(unlink(&world, "twice", &child).await), (422, "registry-only".into()));
        said(&world, 3, record(None, json!({"state": "alive"}))).await;
        assert_eq!(findings(&world, "twice").await, [""; 0], "the number is in force again");
        assert_eq!(findings(&world, &child).await, ["before"]);
        said(&world, 4, replaced(later)).await;
        // Not by the registry: only the walk finds who has come.
        put_person(&world, "late", later, "2012-03-01").await;
        let working = tokio::spawn(work_at_registry(world.book.clone(), silent()));
        for _ in 0..500 {
            if findings(&world, "late").await == ["before"] {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        working.abort();
        assert_eq!(findings(&world, "late").await, ["before"], "whoever was awaited");
    });
}

#[test]
fn what_one_closed_stays_closed_and_a_grant_of_the_other_opens_the_other_alone() {
    on_each(|world| async move {
        strangers(&world, ["kept", "gone"]).await;
        let visit = |name: &str, of: &str, organization: &str| {
            json!({"resourceType": "Encounter", "id": name, "status": "in-progress", "class": {"code": "AMB"},
                "subject": {"reference": format!("Patient/{of}")}, "period": {"start": "2026-01-01"},
                "serviceProvider": {"reference": format!("Organization/{organization}")}})
        };
        world.put(visit("v1", "kept", "clinic")).await;
        world.put(visit("v2", "gone", "hospital")).await;
        link(&world, "kept", "gone").await.unwrap();
        let [clinic, hospital] = ["clinic", "hospital"].map(|of| staff(of, StaffRole::Physician));
        assert_eq!(seen(&world, &clinic, "kept").await, ["of-gone", "of-kept"], "a grant of who stays");
        assert_eq!(seen(&world, &hospital, "kept").await, ["of-gone"], "a grant of who goes");
        let block = json!({"resourceType": "Consent", "id": "block", "status": "active",
            "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": "urn:healthbook:relation", "code": "block"}]}],
            "patient": {"reference": "Patient/gone"}, "policyRule": {"text": "-"},
            "provision": {"type": "deny", "actor": [{"role": {"text": "-"}, "reference": {"reference": "Organization/clinic"}}]}});
        world.put(block).await;
        assert_eq!(seen(&world, &clinic, "kept").await, [""; 0], "what the other closed is closed in both");
        assert_eq!(seen(&world, &hospital, "kept").await, ["of-gone"]);
        unlink(&world, "kept", "gone").await.unwrap();
        assert_eq!(seen(&world, &clinic, "kept").await, ["of-kept"]);
        assert_eq!(seen(&world, &clinic, "gone").await, [""; 0]);
        assert_eq!(seen(&world, &hospital, "gone").await, ["of-gone"]);
    });
}

/// Stores a text as it is, be it refused today, as if an older server had taken it.
async fn put_text(world: &World, text: &str) {
    let store = world.service().store();
    let node = ::json::parse(text.as_bytes(), &::json::Limits::default()).unwrap();
    let resource_type = node.text("resourceType").unwrap().parse().unwrap();
    let extracted = store.registry().extract(resource_type, &node);
    let content = Content {
        resource_type,
        body: Body::from_node(&node).unwrap(),
        rows: extracted.rows,
        mark: store.registry().mark(),
        patient: extracted.patient,
        facts: Facts::default(),
        manner: Manner::default(),
    };
    let write = Write {
        resource_type,
        id: id(node.text("id").unwrap()),
        precondition: Precondition::None,
        content: Some(content),
        seen: Seen::Unchecked,
    };
    let access = world.service().decide(&Caller::Unrestricted, Interaction::Update, None).unwrap();
    store.write(&access, Job { expectations: Vec::new(), writes: vec![write] }).await.unwrap();
}

#[test]
fn what_cannot_go_back_keeps_up_no_other_and_is_decided_by_people() {
    on_each(|world| async move {
        strangers(&world, ["kept", "gone"]).await;
        let block = |of: &str| {
            json!({"resourceType": "Consent", "id": "block", "status": "active",
                "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
                "category": [{"coding": [{"system": "urn:healthbook:relation", "code": "block"}]}],
                "patient": {"reference": format!("Patient/{of}")}, "policyRule": {"text": "-"},
                "provision": {"type": "deny", "actor": [{"role": {"text": "-"}, "reference": {"reference": "Organization/clinic"}}]}})
        };
        world.put(block("gone")).await;
        link(&world, "kept", "gone").await.unwrap();
        // Both are said to be of who stays meanwhile. One lacks what every finding must have, which is kept as it is; the policy
        // knows no more what the other one closes.
        let mut lacking = finding("of-gone", "kept");
        lacking.as_object_mut().unwrap().remove("status");
        put_text(&world, &lacking.to_string()).await;
        let mut unknown = block("kept");
        unknown["provision"]["securityLabel"] = json!([{"system": "urn:older", "code": "older"}]);
        put_text(&world, &unknown.to_string()).await;
        unlink(&world, "kept", "gone").await.unwrap();
        assert_eq!(findings(&world, "gone").await, ["of-gone"], "the other one has gone back");
        assert_eq!(findings(&world, "kept").await, ["of-kept"]);
        let of = async || world.read("Consent", &id("block")).await["patient"]["reference"].clone();
        assert_eq!(of().await, "Patient/kept");
        let waiting = items(&world).await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        let item = &waiting[0];
        let told = ["decision", "reason", "survivor", "other", "entry"].map(|name| &item[name]);
        assert_eq!(told, ["origin", "cannot-go-back", "kept", "gone", "Consent/block"]);
        assert_eq!(item["evidence"].as_array().unwrap().len(), 1);
        assert_eq!(item["evidence"][0]["comparison"], "refused");
        let item = item["id"].as_str().unwrap();
        let proposal = json!({"accept": true, "reason": "the papers were compared"});
        merging::propose(&world.book, &administrator("a"), item, body(proposal), Instant::now())
            .await
            .unwrap();
        let early = merging::confirm(&world.book, &administrator("b"), item, Instant::now()).await;
        assert_eq!(refusal(early).0, 422);
        world.put(block("kept")).await;
        merging::confirm(&world.book, &administrator("b"), item, Instant::now()).await.unwrap();
        assert_eq!(of().await, "Patient/gone");
        assert!(items(&world).await.is_empty());
    });
}

/// What goes back is as it was but for the person: numbers keep their digits, and what cannot be followed is not.
#[test]
fn what_goes_back_is_changed_in_nothing_but_the_person() {
    on_each(|world| async move {
        strangers(&world, ["kept", "gone"]).await;
        link(&world, "kept", "gone").await.unwrap();
        let mut moved = finding("of-gone", "kept");
        moved["note"] =
            json!([{"text": "subject Patient/kept", "authorReference": {"reference": "Patient/kept"}}]);
        moved["performer"] = json!([{"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}]);
        moved["valueQuantity"] = json!({"value": 12345});
        moved["component"] = json!([{"code": {"text": "far"}, "valueQuantity": {"value": 67890}}]);
        let moved = moved.to_string();
        put_text(&world, &moved.replace("12345", "7.100").replace("67890", "1e400")).await;
        let wanted = text(&world, "Observation", "of-gone").await;
        unlink(&world, "kept", "gone").await.unwrap();
        assert!(items(&world).await.is_empty());
        let resource = |text: &str| text[text.find(r#""status""#).unwrap()..].to_owned();
        let wanted = resource(&wanted).replace(r#""Patient/kept""#, r#""Patient/gone""#);
        assert!(wanted.contains("7.100") && wanted.contains("1e400"));
        assert_eq!(resource(&text(&world, "Observation", "of-gone").await), wanted);
    });
}

#[test]
fn a_visit_that_goes_back_is_open_to_nobody_for_longer() {
    on_each(|world| async move {
        strangers(&world, ["kept", "gone"]).await;
        let ends = async |of: &str| {
            let asked = relations::ListRequest::default();
            let list = relations::list(&world.book, &citizen(of), asked, Instant::now()).await.unwrap();
            let items = list["items"].as_array().unwrap().clone();
            let found = items.iter().find(|item| item["authority"] == "encounter").unwrap().clone();
            Instant::try_from(found["ends"].as_str().unwrap()).unwrap().microseconds()
        };
        // Writes a visit, tells how long that took at most, and lets twice as much pass: what counts is when it was stored.
        let put = async |visit: Value| {
            let begun = Instant::now();
            world.put(visit).await;
            let within = Instant::now().microseconds() - begun.microseconds() + 2_000;
            tokio::time::sleep(std::time::Duration::from_micros(2 * within.unsigned_abs())).await;
            within
        };
        // In the end it is finished, and was so before it was said to be of who stays.
        for status in ["in-progress", "finished"] {
            let visit = |of: &str| {
                json!({"resourceType": "Encounter", "id": "visit", "status": status, "class": {"code": "AMB"},
                    "subject": {"reference": format!("Patient/{of}")},
                    "serviceProvider": {"reference": "Organization/clinic"}})
            };
            let within = put(visit("gone")).await;
            let before = ends("gone").await;
            link(&world, "kept", "gone").await.unwrap();
            let later = put(visit("kept")).await;
            let meanwhile = ends("kept").await;
            assert!(meanwhile > before + within, "written as it is");
            unlink(&world, "kept", "gone").await.unwrap();
            assert_eq!(world.read("Encounter", &id("visit")).await["subject"]["reference"], "Patient/gone");
            let after = ends("gone").await;
            let bound = if status == "finished" { before + within } else { meanwhile + later };
            assert!((before..=bound).contains(&after), "{status} {before} {meanwhile} {after} {bound}");
            // Nor when it is moved a second time.
            let mend = json!({"decision": "origin", "survivor": "gone", "other": "kept", "entry": "Encounter/visit"});
            let made = merging::report(&world.book, &administrator("a"), body(mend), Instant::now()).await;
            decide(&world, made.unwrap()["id"].as_str().unwrap(), true).await;
            assert_eq!(world.read("Encounter", &id("visit")).await["subject"]["reference"], "Patient/kept");
            assert_eq!(ends("kept").await, after, "{status}");
        }
    });
}

#[test]
fn two_officers_merge_part_and_say_whose_an_entry_is() {
    on_each(|world| async move {
        strangers(&world, ["kept", "gone"]).await;
        let now = Instant::now();
        let report = |decision: &str, survivor: &str, other: &str| {
            body(json!({"decision": decision, "survivor": survivor, "other": other,
                "evidence": [{"comparison": "given-name", "outcome": "same"}]}))
        };
        let a = administrator("a");
        let made = merging::report(&world.book, &a, report("merge", "kept", "gone"), now).await.unwrap();
        let item = made["id"].as_str().unwrap().to_owned();
        assert_eq!(items(&world).await.len(), 1);
        let early = merging::confirm(&world.book, &administrator("b"), &item, now).await;
        assert_eq!(refusal(early), (409, "nothing-proposed".into()));
        let proposal = json!({"accept": true, "reason": "the papers were compared"});
        merging::propose(&world.book, &a, &item, body(proposal), now).await.unwrap();
        let same = merging::confirm(&world.book, &a, &item, now).await;
        assert_eq!(refusal(same), (409, "second-officer".into()));
        assert_eq!(findings(&world, "kept").await, ["of-kept"], "nothing is done by one");
        merging::confirm(&world.book, &administrator("b"), &item, now).await.unwrap();
        assert_eq!(findings(&world, "kept").await, ["of-gone", "of-kept"]);
        assert_eq!(refusal(unlink(&world, "kept", "gone").await), (422, "registry-only".into()));
        assert!(items(&world).await.is_empty());
        // Nobody tells whose these are: a visit with what belongs to it, and one by itself.
        world.put(json!({"resourceType": "Encounter", "id": "visit", "status": "finished", "class": {"code": "AMB"},
            "subject": {"reference": "Patient/kept"}})).await;
        let mut of_visit = finding("of-visit", "kept");
        of_visit["encounter"] = json!({"reference": "Encounter/visit"});
        world.put(of_visit).await;
        let made = merging::report(&world.book, &a, report("unmerge", "kept", "gone"), now).await.unwrap();
        decide(&world, made["id"].as_str().unwrap(), true).await;
        assert_eq!(findings(&world, "kept").await, ["of-kept", "of-visit"]);
        assert_eq!(findings(&world, "gone").await, ["of-gone"]);
        let mend =
            json!({"decision": "origin", "survivor": "kept", "other": "gone", "entry": "Encounter/visit"});
        let made = merging::report(&world.book, &a, body(mend), now).await.unwrap();
        decide(&world, made["id"].as_str().unwrap(), true).await;
        assert_eq!(findings(&world, "gone").await, ["of-gone", "of-visit"]);
        assert_eq!(world.read("Encounter", &id("visit")).await["subject"]["reference"], "Patient/gone");
        let mend =
            json!({"decision": "origin", "survivor": "gone", "other": "kept", "entry": "Encounter/visit"});
        let made = merging::report(&world.book, &a, body(mend), now).await.unwrap();
        decide(&world, made["id"].as_str().unwrap(), true).await;
        assert_eq!(findings(&world, "kept").await, ["of-kept", "of-visit"], "undone");
        // What stands in neither of the two cannot be moved from one to the other.
        strangers(&world, ["third"]).await;
        let mend = json!({"decision": "origin", "survivor": "gone", "other": "kept", "entry": "Observation/of-third"});
        let made = merging::report(&world.book, &a, body(mend), now).await.unwrap();
        let item = made["id"].as_str().unwrap();
        let proposal = json!({"accept": true, "reason": "the papers were compared"});
        merging::propose(&world.book, &a, item, body(proposal), now).await.unwrap();
        let confirmed = merging::confirm(&world.book, &administrator("b"), item, now).await;
        assert_eq!(refusal(confirmed), (422, "not-possible".into()));
        assert_eq!(findings(&world, "third").await, ["of-third"]);
        let nobody = merging::list(&world.book, &staff("clinic", StaffRole::Registrar), now).await;
        assert_eq!(refusal(nobody).0, 403);
    });
}
