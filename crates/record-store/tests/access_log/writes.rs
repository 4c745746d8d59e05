//! Every committed version has its entry, and nothing else has.

use std::sync::Arc;

use access::{Access, Author, Authority, Caller, Facts, Interaction, Policy, Reach, TestAccess};
use audit_log::{Action, Entry};
use healthbook_record_store::{
    Expectation, Job, Journal, Origin, Precondition, Seen, StoreError, Write, WriteError,
};
use uuid::Uuid;

use crate::support::{each, entries, execute, give_log_back, key, open, take_log_away};
use crate::world::{
    World, citizen, clinic, encounter, everything, grant, grants, id, kind, line, observation, organization,
    patient, physician,
};

fn put(world: &World, text: &str) -> Write {
    let (id, content) = world.content(text, Facts::default());
    Write {
        resource_type: content.resource_type,
        id,
        precondition: Precondition::None,
        content: Some(content),
        seen: Seen::Unchecked,
    }
}

/// What was done to what, in whose book.
fn told(entry: &Entry<'_>) -> (Action, String, String, String) {
    let text = |text: &str| text.to_owned();
    (entry.action, text(&entry.resource), text(&entry.version), text(&entry.patient))
}

#[track_caller]
fn expect(found: &[Entry<'_>], wanted: &[(Action, &str, &str, &str)]) {
    let found: Vec<_> = found.iter().map(told).collect();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(action, resource, version, patient)| {
            (*action, (*resource).to_owned(), (*version).to_owned(), (*patient).to_owned())
        })
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn each_kind_of_write_leaves_its_entry() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        world.put(&patient("p"), Facts::default()).await;
        world.put(&observation("o", "p", "x"), Facts::default()).await;
        world.put(&observation("o", "p", "y"), Facts::default()).await;
        // The same again makes no version: who sends it is told that it is there.
        world.put(&observation("o", "p", "y"), Facts::default()).await;
        // Into another book: both people can know.
        world.put(&observation("o", "q", "y"), Facts::default()).await;
        world.delete("Observation", "o").await;
        world.delete("Observation", "o").await;
        world.delete("Observation", "never").await;
        world.put(&observation("o", "q", "z"), Facts::default()).await;
        world.put(&organization("h"), Facts::default()).await;
        world.delete("Organization", "h").await;
        world.delete("Patient", "p").await;
        let (person, other) = ("Patient/p", "Patient/q");
        let found = entries(&world.store, &key).await;
        expect(
            &found,
            &[
                (Action::Create, "Patient/p", "1", person),
                (Action::Create, "Observation/o", "1", person),
                (Action::Update, "Observation/o", "2", person),
                (Action::Read, "Observation/o", "2", person),
                (Action::Update, "Observation/o", "3", other),
                (Action::Update, "Observation/o", "3", person),
                (Action::Delete, "Observation/o", "4", other),
                (Action::Create, "Observation/o", "5", other),
                (Action::Create, "Organization/h", "1", ""),
                (Action::Delete, "Organization/h", "2", ""),
                (Action::Delete, "Patient/p", "2", person),
            ],
        );
        assert!(found.iter().all(|entry| *entry.agent == *"test" && *entry.authority == *"everything"));
        let salts: std::collections::HashSet<_> = found.iter().map(|entry| entry.salt).collect();
        assert_eq!(salts.len(), found.len());
        world.store.close().await;
    });
}

#[test]
fn a_transaction_leaves_an_entry_for_each_write_under_one_request_and_who_asked() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        let request = Uuid::from_u128(7);
        let journal = Journal::new(request);
        journal.asked_by(Origin {
            agent: "Practitioner/d".into(),
            agent_name: "BS. Tám".into(),
            role: "physician".into(),
            organization: "Organization/a".into(),
            organization_name: "A".into(),
            client: "his".into(),
            ..Origin::default()
        });
        let writes = [patient("p"), encounter("e", "p"), observation("o", "p", "x")];
        let writes = writes.iter().map(|text| put(&world, text)).collect();
        let job = Job { expectations: Vec::new(), writes };
        let written = journal.scope(world.store.write(&everything(Author::Server), job)).await.unwrap();
        let found = entries(&world.store, &key).await;
        expect(
            &found,
            &[
                (Action::Create, "Patient/p", "1", "Patient/p"),
                (Action::Create, "Encounter/e", "1", "Patient/p"),
                (Action::Create, "Observation/o", "1", "Patient/p"),
            ],
        );
        for (entry, written) in found.iter().zip(written) {
            assert_eq!(entry.request, request);
            assert_eq!(entry.time, written.last_updated, "it is the time of the version");
            assert_eq!(&*entry.agent, "Practitioner/d");
            assert_eq!(&*entry.agent_name, "BS. Tám");
            assert_eq!(&*entry.role, "physician");
            assert_eq!(&*entry.organization, "Organization/a");
            assert_eq!(&*entry.client, "his");
            assert_eq!(&*entry.purpose, "TREAT");
            assert_eq!(&*entry.policy, "test");
        }
        let page = world.store.log_of_organization("Organization/a", None, 10).await.unwrap();
        assert_eq!(page.entries.len(), 3);
        world.store.close().await;
    });
}

#[test]
fn what_is_not_written_leaves_nothing() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        let access = everything(Author::Server);
        world.put(&patient("p"), Facts::default()).await;
        // The second write breaks its precondition: nothing of the job is written.
        let absent = Write { precondition: Precondition::Absent, ..put(&world, &patient("p")) };
        let writes = vec![put(&world, &observation("o", "p", "x")), absent];
        let refused = world.store.write(&access, Job { expectations: Vec::new(), writes }).await;
        assert!(matches!(refused, Err(WriteError::VersionConflict { write: 1, .. })), "{refused:?}");
        let expectation = Expectation {
            plan: world.plan("Patient?_id=p"),
            found: Vec::new(),
            criteria: "Patient?_id=p".to_owned(),
            access: access.clone(),
        };
        let job = Job { expectations: vec![expectation], writes: vec![put(&world, &organization("h"))] };
        let refused = world.store.write(&access, job).await;
        assert!(matches!(refused, Err(WriteError::ConditionChanged)), "{refused:?}");
        // Where the entry cannot be written, nothing is.
        take_log_away(&database).await;
        let job = Job { expectations: Vec::new(), writes: vec![put(&world, &organization("i"))] };
        let failed = world.store.write(&access, job).await;
        assert!(matches!(failed, Err(WriteError::Store(StoreError::Database(_)))), "{failed:?}");
        give_log_back(&database).await;
        assert!(!world.sees(access.clone(), "Organization/i").await);
        expect(&entries(&world.store, &key).await, &[(Action::Create, "Patient/p", "1", "Patient/p")]);
        world.store.close().await;
    });
}

#[test]
fn a_job_that_cannot_be_planned_to_its_end_leaves_nothing() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        let access = everything(Author::Server);
        world.put(&patient("p"), Facts::default()).await;
        world.put(&observation("o", "p", "x"), Facts::default()).await;
        let logged = entries(&world.store, &key).await.len();
        // The stored content cannot be read any more, and so its index rows are not known.
        let broken = crate::support::literal(&database, &[9, 9]);
        let sql = format!("UPDATE resource SET body = {broken} WHERE resource_key <> book");
        execute(&database, &sql).await;
        for last in [put(&world, &observation("o", "p", "y")), put(&world, &observation("o", "q", "y"))] {
            let writes = vec![put(&world, &organization("h")), last];
            let failed = world.store.write(&access, Job { expectations: Vec::new(), writes }).await;
            assert!(matches!(failed, Err(WriteError::Store(StoreError::Corrupt))), "{failed:?}");
        }
        assert!(!world.sees(access, "Organization/h").await);
        assert_eq!(entries(&world.store, &key).await.len(), logged);
        world.store.close().await;
    });
}

#[test]
fn a_job_that_fails_takes_no_entries_of_others_with_it() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        world.put(&patient("p"), Facts::default()).await;
        // A table that takes no observation makes the database refuse their jobs.
        execute(&database, "ALTER TABLE token_index RENAME TO elsewhere").await;
        let access = everything(Author::Server);
        let reads = (0..40_u8).map(|number| {
            let store = world.store.clone();
            let entry = Entry { salt: [number; 16], patient: "Patient/p".into(), ..Entry::default() };
            async move { store.append_to_log(vec![entry]).await.unwrap() }
        });
        let writes = (0..10).map(|number| {
            let job = Job {
                expectations: Vec::new(),
                writes: vec![put(&world, &observation(&format!("o{number}"), "p", "x"))],
            };
            let (store, access) = (world.store.clone(), access.clone());
            async move { assert!(store.write(&access, job).await.is_err()) }
        });
        tokio::join!(futures_util::future::join_all(writes), futures_util::future::join_all(reads));
        let found = entries(&world.store, &key).await;
        assert_eq!(found.iter().filter(|entry| entry.action == Action::Read).count(), 40);
        assert_eq!(found.len(), 41, "that of the Patient, and those of the reads");
        world.store.close().await;
    });
}

#[test]
fn the_right_of_a_write_is_named() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        world.put(&patient("p"), Facts::default()).await;
        world.put(&encounter("e", "p"), grants(vec![grant("a", Authority::Encounter)])).await;
        let before = entries(&world.store, &key).await.len();
        let decided = |write: Write| Write { seen: Seen::Absent, ..write };
        let staff: Access = physician(vec![line(Authority::Shared), line(Authority::Encounter)]).into();
        world.write(&staff, decided(put(&world, &observation("o", "p", "x")))).await.unwrap();
        world.write(&citizen("p"), decided(put(&world, &observation("own", "p", "x")))).await.unwrap();
        let lines: Arc<[_]> = Arc::from(vec![line(Authority::Encounter), line(Authority::Registration)]);
        let registrar: Access = TestAccess {
            writable: Some(Reach::Lines(lines)),
            grantee: Some(clinic("a")),
            ..physician(Vec::new())
        }
        .into();
        world.write(&registrar, decided(put(&world, &patient("new")))).await.unwrap();
        let found = entries(&world.store, &key).await;
        let rights: Vec<(&str, &str)> =
            found[before..].iter().map(|entry| (&*entry.authority, &*entry.basis)).collect();
        assert_eq!(rights, [("test/encounter", "Encounter/e"), ("test/own", ""), ("test/registration", "")]);
        world.store.close().await;
    });
}

#[test]
fn the_server_signs_its_own_work() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let world = World { store: store.clone() };
        let caller = Caller::Background { job: "import" };
        let policy = Policy::built_in();
        let access = policy.decide(&caller, Interaction::Update, None, fhir::Instant::now()).unwrap();
        let job = Job { expectations: Vec::new(), writes: vec![put(&world, &patient("p"))] };
        store.write(&access, job).await.unwrap();
        let deletion = Write { content: None, ..put(&world, &patient("p")) };
        let deletion = Write { resource_type: kind("Patient"), id: id("p"), ..deletion };
        store.write(&access, Job { expectations: Vec::new(), writes: vec![deletion] }).await.unwrap();
        let found = entries(&store, &key).await;
        expect(
            &found,
            &[
                (Action::Background, "Patient/p", "1", "Patient/p"),
                (Action::Background, "Patient/p", "2", "Patient/p"),
            ],
        );
        assert!(found.iter().all(|entry| &*entry.agent == "server" && &*entry.policy == policy.version()));
        assert_ne!(found[0].request, found[1].request);
        assert!(!found[0].request.is_nil());
        store.close().await;
    });
}
