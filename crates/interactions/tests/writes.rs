//! What may be written, by whom, and what the refusal tells: `docs/access.md`, section 1.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

use std::future::Future;

use access::{
    Access, Author, Authority, Facts, GrantFact, GrantSource, Grantee, Labels, Line, Purpose, Reach,
    TestAccess, TypeSet,
};
use fhir::{Instant, LogicalId, ResourceType, VersionId};
use healthbook_interactions::{
    PatchDocument, PatchFormat, Problem, Service, ServiceSettings, conditional_create, conditional_delete,
    conditional_update, create, create_under, delete, patch, update,
};
use record_store::{Body, Content, Effect, Job, Manner, Precondition, Seen, Store, StoreSettings, Write};
use test_support::TestDatabase;

fn run<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        let url = database.url().to_owned();
        runtime.block_on(async { test(World::open(&url).await).await });
    }
}

fn id(text: &str) -> LogicalId {
    LogicalId::try_from(text).unwrap()
}

fn kind(text: &str) -> ResourceType {
    text.parse().unwrap()
}

fn line(authority: Authority, names: &[&str]) -> Line {
    let types = if names.is_empty() { TypeSet::ALL } else { names.iter().map(|name| kind(name)).collect() };
    Line { rule: "test".into(), authority, types, labels: Labels::NONE, own_labels: Labels::NONE }
}

/// Somebody of the clinic `a` with these lines for reading and writing.
fn staff(lines: Vec<Line>) -> TestAccess {
    let reach = Reach::Lines(lines.into());
    TestAccess {
        visible: reach.clone(),
        writable: Some(reach),
        own: None,
        grantee: Some(Grantee::Organization(id("a"))),
        author: Author::Facility(id("a")),
        within: None,
        filters: Vec::new(),
        purpose: Some(Purpose::Treatment),
        sees_shielded: true,
        at: Instant::now(),
    }
}

fn registrar() -> Access {
    let types = ["Patient", "Encounter"];
    staff(vec![line(Authority::Registration, &types), line(Authority::Presence, &types)]).into()
}

fn physician() -> Access {
    staff(vec![line(Authority::Presence, &[])]).into()
}

/// The clinic `a` has a relation now.
fn open_to_a() -> GrantFact {
    let at = Instant::now().microseconds();
    GrantFact {
        grantee: Grantee::Organization(id("a")),
        authority: Authority::Presence,
        source: GrantSource::Anyone,
        begins: Instant::from_microseconds(at - 1_000_000),
        ends: Instant::from_microseconds(at + 3_600_000_000),
        purpose: None,
        resource_type: None,
        labels: Labels::NONE,
        visit: None,
    }
}

struct World {
    service: Service,
}

impl World {
    /// `open` is open to the clinic `a`, `closed` is not.
    async fn open(url: &str) -> Self {
        let store = Store::open(&StoreSettings::new(url)).await.unwrap();
        let world = Self { service: Service::new(store, ServiceSettings::default()) };
        let open = Facts { grants: vec![open_to_a()], ..Facts::default() };
        let text = patient("open", r#","managingOrganization":{"reference":"Organization/home"}"#);
        world.put(Author::Server, &text, open).await;
        world.put(Author::Server, &patient("closed", ""), Facts::default()).await;
        for (name, person, author) in
            [("mine", "open", "a"), ("theirs", "open", "b"), ("hidden", "closed", "a")]
        {
            world.put(Author::Facility(id(author)), &observation(name, person), Facts::default()).await;
        }
        world
    }

    async fn put(&self, author: Author, text: &str, facts: Facts) {
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let resource_type = kind(node.text("resourceType").unwrap());
        let registry = self.service.store().registry();
        let extracted = registry.extract(resource_type, &node);
        let (rows, patient, mark) = (extracted.rows, extracted.patient, registry.mark());
        let body = Body::from_node(&node).unwrap();
        let content =
            Some(Content { resource_type, body, rows, mark, patient, facts, manner: Manner::default() });
        let (id, precondition, seen) = (id(node.text("id").unwrap()), Precondition::None, Seen::Unchecked);
        let write = Write { resource_type, id, precondition, content, seen };
        let all = Some(Reach::Everything);
        let access = TestAccess { visible: Reach::Everything, writable: all, author, ..staff(Vec::new()) };
        let job = Job { expectations: Vec::new(), writes: vec![write] };
        self.service.store().write(&access.into(), job).await.unwrap();
    }

    async fn update(&self, access: &Access, name: &str, text: &str) -> Result<Effect, Problem> {
        let (kind_name, own) = name.split_once('/').unwrap();
        let stored = update(&self.service, access, kind(kind_name), &id(own), text.as_bytes(), None).await;
        stored.map(|stored| stored.effect)
    }

    async fn create(&self, access: &Access, kind_name: &str, text: &str) -> Result<LogicalId, Problem> {
        let stored = create(&self.service, access, kind(kind_name), text.as_bytes()).await;
        stored.map(|stored| stored.id)
    }
}

fn patient(name: &str, more: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"{name}","active":true{more}}}"#)
}

fn observation(name: &str, patient: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{name}","status":"final","code":{{"text":"x"}},"identifier":[{{"value":"{name}"}}],"subject":{{"reference":"Patient/{patient}"}}}}"#
    )
}

/// Status and code of a refusal.
fn refused<T: std::fmt::Debug>(result: Result<T, Problem>) -> (u16, String) {
    let problem = result.unwrap_err();
    (problem.status, problem.issues[0].fault.code().to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn an_id_is_not_for_callers_to_choose() {
    run(|world| async move {
        let access = physician();
        for name in ["hidden", "nobody"] {
            let text = observation(name, "open");
            let name = format!("Observation/{name}");
            assert_eq!(refused(world.update(&access, &name, &text).await), is(405, "client-id-refused"));
        }
        let text = observation("mine", "open").replace("final", "amended");
        assert_eq!(world.update(&access, "Observation/mine", &text).await.unwrap(), Effect::Updated);
    });
}

#[test]
fn nothing_is_made_over_what_is_there_whoever_makes_it() {
    run(|world| async move {
        let all = Reach::Everything;
        let server = TestAccess { visible: all.clone(), writable: Some(all), ..staff(Vec::new()) };
        let text = observation("mine", "open").replace("final", "amended");
        for access in [physician(), server.into()] {
            let (of, name) = (kind("Observation"), id("mine"));
            let made = create_under(&world.service, &access, of, &name, text.as_bytes()).await;
            assert!(made.unwrap().is_none());
        }
    });
}

#[test]
fn a_book_that_is_closed_and_one_that_is_not_there_are_one() {
    run(|world| async move {
        let access = physician();
        for person in ["closed", "nobody"] {
            let made = world.create(&access, "Observation", &observation("x", person)).await;
            assert_eq!(refused(made), is(403, "forbidden"));
            let moved = world.update(&access, "Observation/mine", &observation("mine", person)).await;
            assert_eq!(refused(moved), is(403, "forbidden"), "nothing is moved into it");
        }
        world.create(&access, "Observation", &observation("x", "open")).await.unwrap();
    });
}

#[test]
fn only_the_own_is_changed() {
    run(|world| async move {
        let access = physician();
        let text = observation("theirs", "open").replace("final", "amended");
        assert_eq!(refused(world.update(&access, "Observation/theirs", &text).await), is(403, "forbidden"));
        let observation_type = kind("Observation");
        let gone = delete(&world.service, &access, observation_type, &id("theirs"), None).await;
        assert_eq!(refused(gone), is(403, "forbidden"));
        let change = br#"[{"op":"replace","path":"/status","value":"amended"}]"#;
        let document =
            PatchDocument { format: PatchFormat::JsonPatch, text: std::sync::Arc::new(change.to_vec()) };
        for (name, expected) in
            [("theirs", Some((403, "forbidden"))), ("hidden", Some((404, "not-found"))), ("mine", None)]
        {
            let patched = patch(&world.service, &access, observation_type, &id(name), &document, None).await;
            match expected {
                Some((status, code)) => assert_eq!(refused(patched), is(status, code), "{name}"),
                None => assert_eq!(patched.unwrap().effect, Effect::Updated),
            }
        }
    });
}

#[test]
fn what_is_hidden_is_not_there_to_be_deleted_or_matched() {
    run(|world| async move {
        let access = physician();
        let observation_type = kind("Observation");
        for name in ["hidden", "nobody"] {
            let gone = delete(&world.service, &access, observation_type, &id(name), None).await.unwrap();
            assert_eq!(
                (gone.effect, gone.status(), gone.version),
                (Effect::NothingToDelete, 204, VersionId::FIRST)
            );
            let first = Some(VersionId::FIRST);
            let gone = delete(&world.service, &access, observation_type, &id(name), first).await;
            assert_eq!(refused(gone), is(412, "version-conflict-none"));
            let text = observation(name, "open");
            let put =
                update(&world.service, &access, observation_type, &id(name), text.as_bytes(), first).await;
            assert_eq!(refused(put), is(412, "version-conflict-none"));
            let criteria = format!("identifier={name}");
            let gone =
                conditional_delete(&world.service, &access, observation_type, &criteria).await.unwrap();
            assert!(gone.is_none());
            let put = conditional_update(
                &world.service,
                &access,
                observation_type,
                text.as_bytes(),
                &criteria,
                None,
            )
            .await;
            assert_eq!(refused(put), is(405, "client-id-refused"), "the id in the resource is the caller's");
        }
        let all = TestAccess { visible: Reach::Everything, ..staff(Vec::new()) };
        let there = world.service.store().read(&all.into(), observation_type, &id("hidden")).await.unwrap();
        assert!(there.is_some_and(|record| !record.is_deleted()));
        let text = observation("x", "open").replace(r#""id":"x","#, "");
        let made = conditional_create(
            &world.service,
            &access,
            observation_type,
            text.as_bytes(),
            "identifier=hidden",
        )
        .await;
        assert_eq!(made.unwrap().effect, Effect::Created, "the match is hidden");
        let gone = delete(&world.service, &access, observation_type, &id("mine"), None).await.unwrap();
        assert_eq!(gone.effect, Effect::Deleted);
        let again = delete(&world.service, &access, observation_type, &id("mine"), None).await.unwrap();
        assert_eq!(again.effect, Effect::NothingToDelete);
    });
}

#[test]
fn what_only_the_server_says_of_a_person_stays() {
    run(|world| async move {
        let home = r#","managingOrganization":{"reference":"Organization/home"}"#;
        let guarded = [
            ("", "managingOrganization"),
            (r#","managingOrganization":{"reference":"Organization/a"}"#, "managingOrganization"),
            (r#","link":[{"other":{"reference":"Patient/x"},"type":"seealso"}]"#, "link"),
            (r#","deceasedBoolean":true"#, "deceased[x]"),
            (r#","deceasedDateTime":"2026-01-01""#, "deceased[x]"),
            (r#","meta":{"security":[{"system":"urn:s","code":"R"}]}"#, "meta.security"),
        ];
        for (more, element) in guarded {
            let kept = if element == "managingOrganization" { String::new() } else { home.to_owned() };
            let text = patient("open", &format!("{kept}{more}"));
            let problem = world.update(&registrar(), "Patient/open", &text).await.unwrap_err();
            assert_eq!((problem.status, problem.issues[0].fault.code()), (403, "field-owned"), "{more}");
            assert!(problem.outcome().contains(element), "{more}");
            if more.is_empty() || more.contains("Organization/a") {
                continue;
            }
            let made = world.create(&registrar(), "Patient", &patient("x", more)).await;
            assert_eq!(refused(made), is(403, "field-owned"), "{more}");
        }
        let changed = patient("open", &format!(r#"{home},"gender":"female""#));
        assert_eq!(world.update(&registrar(), "Patient/open", &changed).await.unwrap(), Effect::Updated);
        let other = r#","managingOrganization":{"reference":"Organization/b"}"#;
        assert_eq!(
            refused(world.create(&registrar(), "Patient", &patient("x", other)).await),
            is(403, "field-owned")
        );
        let own = r#","managingOrganization":{"reference":"Organization/a"}"#;
        world.create(&registrar(), "Patient", &patient("x", own)).await.unwrap();
        world.create(&registrar(), "Patient", &patient("x", "")).await.unwrap();
        assert_eq!(
            refused(world.create(&physician(), "Patient", &patient("x", "")).await),
            is(403, "forbidden")
        );
    });
}

#[test]
fn who_is_known_by_a_number_is_described_by_the_registry() {
    run(|world| async move {
        let number = |system: &str, value: &str| {
            format!(r#","identifier":[{{"system":"http://fhir.{system}","value":"{value}"}}]"#)
        };
        let known = number("hl7.org.vn/core/sid/cccd", "099123456789");
        let described = r#","gender":"female","birthDate":"1990-01-01""#;
        let text = patient("open", &format!("{known}{described}"));
        world.put(Author::Server, &text, Facts { grants: vec![open_to_a()], ..Facts::default() }).await;
        let other = number("hl7.org.vn/core/sid/cccd", "099987654321");
        let other_name = number("ehealth.gov.vn/core/sid/national_id", "099987654321");
        for more in [
            format!("{other}{described}"),
            format!("{other_name}{described}"),
            described.to_owned(),
            format!(r#"{known},"gender":"male","birthDate":"1990-01-01""#),
            format!(r#"{known},"gender":"female","birthDate":"1991-01-01""#),
            format!(r#"{known}{described},"name":[{{"text":"Khác"}}]"#),
        ] {
            let answer = world.update(&registrar(), "Patient/open", &patient("open", &more)).await;
            assert_eq!(refused(answer), is(403, "field-owned"), "{more}");
        }
        let contact = format!(r#"{known}{described},"telecom":[{{"system":"phone","value":"0"}}]"#);
        let answer = world.update(&registrar(), "Patient/open", &patient("open", &contact)).await;
        assert_eq!(answer.unwrap(), Effect::Updated);
        for taken in [&known, &number("ehealth.gov.vn/core/sid/national_id", "099123456789")] {
            let answer = world.create(&registrar(), "Patient", &patient("x", taken)).await;
            assert_eq!(refused(answer), is(409, "field-owned"), "{taken}");
        }
        world.create(&registrar(), "Patient", &patient("x", &other)).await.unwrap();
    });
}

/// A person of this number; `first` is an identifier that stands before it.
fn numbered(first: &str, value: &str) -> String {
    let number = format!(r#"{{"system":"http://fhir.hl7.org.vn/core/sid/cccd","value":"{value}"}}"#);
    patient("x", &format!(r#","identifier":[{first}{number}]"#)).replace(r#""id":"x","#, "")
}

#[test]
fn of_many_who_register_one_number_at_once_one_does() {
    run(|world| async move {
        let writers: Vec<_> = (0..20)
            .map(|number| {
                // Another number before it hides it from nobody.
                let first = format!(
                    r#"{{"system":"http://fhir.ehealth.gov.vn/core/sid/national_id","value":"0990000001{number:02}"}},"#
                );
                let text = numbered(if number % 2 == 0 { "" } else { &first }, "099123456789");
                let service = world.service.clone();
                tokio::spawn(async move { create(&service, &registrar(), kind("Patient"), text.as_bytes()).await })
            })
            .collect();
        let mut statuses = Vec::new();
        for writer in writers {
            statuses
                .push(writer.await.unwrap().map_or_else(|problem| problem.status, |stored| stored.status()));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![409; 19]].concat());
        let other = numbered(
            r#"{"system":"http://fhir.hl7.org.vn/core/sid/ma-cskcb","value":"01001"},"#,
            "099123456789",
        );
        assert_eq!(refused(world.create(&registrar(), "Patient", &other).await), is(409, "field-owned"));
    });
}

#[test]
fn no_facility_chooses_by_which_code_it_is_known() {
    run(|world| async move {
        let officer: Access = staff(vec![line(Authority::Shared, &["Organization"])]).into();
        for system in ["hl7.org.vn/core/sid/ma-cskcb", "ehealth.gov.vn/core/sid/provider-code"] {
            let text = format!(
                r#"{{"resourceType":"Organization","name":"x","identifier":[{{"system":"http://fhir.{system}","value":"01001"}}]}}"#
            );
            let answer = world.create(&officer, "Organization", &text).await;
            assert_eq!(refused(answer), is(403, "field-owned"), "{system}");
        }
        let plain = r#"{"resourceType":"Organization","name":"x"}"#;
        world.create(&officer, "Organization", plain).await.unwrap();
    });
}

#[test]
fn a_visit_that_was_finished_is_not_prolonged_by_who_touches_it() {
    const DAY: i64 = 86_400_000_000;
    run(|world| async move {
        let later = |days: i64| {
            let at = Instant::from_microseconds(Instant::now().microseconds() + days * DAY);
            Access::from(TestAccess { at, ..staff(vec![line(Authority::Presence, &[])]) })
        };
        let visit = |id: &str, status: &str, more: &str| {
            format!(
                r#"{{"resourceType":"Encounter"{id},"status":"{status}","class":{{"code":"IMP"}},"subject":{{"reference":"Patient/open"}},"serviceProvider":{{"reference":"Organization/a"}}{more}}}"#
            )
        };
        let made = world.create(&later(0), "Encounter", &visit("", "in-progress", "")).await.unwrap();
        let own = format!(r#","id":"{made}""#);
        let name = format!("Encounter/{made}");
        // The days from now at which the right by the visit ends.
        let all = TestAccess { visible: Reach::Everything, ..staff(Vec::new()) };
        let ends = async || {
            let grants = world.service.store().grants(&all.clone().into(), &id("open")).await.unwrap();
            let by_visit = grants.into_iter().find(|grant| grant.authority == Authority::Encounter);
            by_visit.map(|grant| {
                (grant.terms.ends.microseconds() - Instant::now().microseconds() + DAY / 2) / DAY
            })
        };
        assert_eq!(ends().await, Some(30));
        // A relation that was made for the test ends after an hour.
        let touch = async |days: i64, status: &str, more: &str| {
            let access = TestAccess {
                at: later(days).at(),
                visible: Reach::Everything,
                ..staff(vec![line(Authority::Presence, &[])])
            };
            let access = TestAccess { writable: Some(Reach::Everything), ..access };
            update(
                &world.service,
                &access.into(),
                kind("Encounter"),
                &made,
                visit(&own, status, more).as_bytes(),
                Some(current(&world, &name).await),
            )
            .await
        };
        touch(20, "in-progress", "").await.unwrap();
        assert_eq!(ends().await, Some(50), "a long stay goes on");
        touch(20, "finished", "").await.unwrap();
        for (days, status, more) in [
            (25, "finished", r#","length":{"value":1}"#),
            (28, "finished", r#","period":{"end":"2090-01-01"}"#),
            (29, "in-progress", ""),
            (29, "cancelled", ""),
            (29, "finished", ""),
        ] {
            touch(days, status, more).await.unwrap();
            // The version that finished it was stored now, whatever moment its facts were read for.
            let expected = if status == "cancelled" { None } else { Some(30) };
            assert_eq!(ends().await, expected, "{days} {status} {more}");
        }
    });
}

async fn current(world: &World, name: &str) -> VersionId {
    let (kind_name, own) = name.split_once('/').unwrap();
    let all = TestAccess { visible: Reach::Everything, ..staff(Vec::new()) };
    let there = world.service.store().read(&all.into(), kind(kind_name), &id(own)).await.unwrap();
    there.unwrap().version
}

#[test]
fn many_who_write_the_same_at_once_all_know_what_they_replaced() {
    run(|world| async move {
        let access = physician();
        let writers = (0..8).map(|number| {
            let text =
                observation("mine", "open").replace("\"text\":\"x\"", &format!("\"text\":\"x{number}\""));
            let (service, access) = (world.service.clone(), access.clone());
            tokio::spawn(async move {
                update(&service, &access, kind("Observation"), &id("mine"), text.as_bytes(), None).await
            })
        });
        let mut versions = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            versions.push(writer.await.unwrap().unwrap().version.get());
        }
        versions.sort_unstable();
        assert_eq!(versions, (2..10).collect::<Vec<u32>>(), "each made a version of its own");
    });
}
