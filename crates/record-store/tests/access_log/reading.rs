//! Pages of a person and of a facility, proofs, extracts.

use audit_log::consistency::ConsistencyProof;
use audit_log::extract::Extract;
use audit_log::history::{Comparison, History};
use audit_log::tree::{verify_consistency, verify_inclusion};
use audit_log::{Action, Checkpoint, Entry, SigningKey};
use fhir::{LogicalId, ResourceType};
use healthbook_record_store::{Journal, LogPeriod, Origin};
use uuid::Uuid;

use crate::support::*;
use crate::work::Work;

/// Entries of which every seventh is about one person, who is in few blocks only.
fn sent(count: usize) -> Vec<Entry<'static>> {
    let mut work: Vec<Entry<'static>> = Work::new(11, 1_000).take(count).collect();
    for (number, entry) in work.iter_mut().enumerate() {
        if number % 7 == 3 && !(300..=900).contains(&number) {
            entry.patient = "Patient/x".into();
            entry.organization = "Organization/x".into();
        }
    }
    work
}

#[test]
fn a_person_reads_everything_page_by_page_the_newest_first() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let sent = sent(1300);
        let (kept, waiting) = sent.split_at(1200);
        store.append_to_log(kept.to_vec()).await.unwrap();
        sequence_all(&store, &key, at(1)).await;
        for part in waiting.chunks(30) {
            store.append_to_log(part.to_vec()).await.unwrap();
        }
        let of = |entry: &Entry<'_>| *entry.patient == *"Patient/x";
        let mut wanted: Vec<(Option<u64>, Entry<'static>)> = (0..).map(Some).zip(kept.to_vec()).collect();
        wanted.extend(waiting.iter().map(|entry| (None, entry.clone())));
        wanted.retain(|(_, entry)| of(entry));
        wanted.reverse();
        for count in [1, 10, 1000] {
            let mut found = Vec::new();
            let mut before = None;
            loop {
                let page = store.log_of_person("Patient/x", before, count).await.unwrap();
                let placed = page.entries.iter().filter(|(position, _)| position.is_some()).count();
                assert!(placed == count || page.next.is_none());
                found.extend(page.entries);
                let Some(next) = page.next else { break };
                before = Some(next);
            }
            assert_eq!(found.len(), wanted.len(), "pages of {count}");
            assert_eq!(found, wanted, "pages of {count}");
        }
        let of_facility = store.log_of_organization("Organization/x", None, 1000).await.unwrap();
        assert_eq!(of_facility.entries, wanted);
        let nobody = store.log_of_person("Patient/nobody", None, 10).await.unwrap();
        assert!(nobody.entries.is_empty() && nobody.next.is_none());
        store.close().await;
    });
}

#[test]
fn proofs_lead_to_what_was_signed() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let sent = sent(1300);
        let mut notes = Vec::new();
        for (number, part) in sent.chunks(370).enumerate() {
            store.append_to_log(part.to_vec()).await.unwrap();
            let done = sequence_all(&store, &key, at(10 * number as i64)).await;
            notes.push(done.checkpoint.expect("something came"));
        }
        let last = notes.last().unwrap();
        for position in [0, 255, 256, 300, 1023, 1024, 1299] {
            let entry = store.log_entry(position).await.unwrap().unwrap();
            let proof = store.log_inclusion(position, last.size()).await.unwrap().unwrap();
            assert!(verify_inclusion(&entry.leaf_hash(), position, last.size(), &proof, &last.root()));
            assert!(!verify_inclusion(&entry.leaf_hash(), position + 1, last.size(), &proof, &last.root()));
        }
        for older in &notes {
            let proof = store.log_consistency(older.size(), last.size()).await.unwrap().unwrap();
            let roots = (older.root(), last.root());
            assert!(verify_consistency(older.size(), &roots.0, last.size(), &roots.1, &proof));
        }
        assert_eq!(store.log_entry(1300).await.unwrap(), None);
        assert_eq!(store.log_inclusion(1300, 1300).await.unwrap(), None);
        assert_eq!(store.log_inclusion(1300, 1301).await.unwrap(), None);
        assert_eq!(store.log_inclusion(0, u64::MAX).await.unwrap(), None);
        assert_eq!(store.log_consistency(1301, 1300).await.unwrap(), None);
        store.close().await;
    });
}

/// What a proof shows to whoever has kept checkpoints.
fn compared(file: &ConsistencyProof, known: &[&String], key: &SigningKey) -> Comparison {
    let mut history = History::new();
    for note in known.iter().copied().chain(&file.checkpoint) {
        history.head(Checkpoint::open(note, key.verifying()).unwrap().head(), "");
    }
    history.proof(file.clone(), "");
    let comparison = history.compare();
    assert!(comparison.is_sound(), "{comparison:?}");
    comparison
}

#[test]
fn that_the_log_goes_on_is_proven_as_far_as_it_is_signed() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        assert_eq!(store.log_consistency_proof(key.verifying(), 0, None).await.unwrap(), None);
        let mut notes = Vec::new();
        for (number, part) in sent(1300).chunks(370).enumerate() {
            store.append_to_log(part.to_vec()).await.unwrap();
            sequence_all(&store, &key, at(10 * number as i64)).await;
            notes.push(store.log_checkpoint().await.unwrap().unwrap());
        }
        // An entry with a position behind the last checkpoint.
        store.append_to_log(vec![Entry { time: at(31), ..Entry::default() }]).await.unwrap();
        assert_eq!(store.sequence(&key, EVERY, at(31)).await.unwrap().checkpoint, None);
        assert_eq!(store.log_size().await.unwrap(), 1301);
        let proof = async |first: u64, second: Option<u64>| {
            store.log_consistency_proof(key.verifying(), first, second).await.unwrap()
        };
        for (note, size) in notes.iter().zip([370, 740, 1110, 1300]) {
            let file = proof(size, None).await.unwrap();
            assert_eq!((file.first, file.second, &file.checkpoint), (size, 1300, &notes.last().cloned()));
            assert!(compared(&file, &[note], &key).is_complete());
            let younger = proof(370, Some(size)).await.unwrap();
            assert_eq!(younger.checkpoint.as_ref(), Some(note));
            assert!(compared(&younger, &[&notes[0]], &key).is_complete());
        }
        // Sizes that no checkpoint was made at: both ends have to be known from elsewhere.
        let between = proof(740, Some(1000)).await.unwrap();
        assert_eq!(between.checkpoint, None);
        assert!(!compared(&between, &[&notes[1]], &key).is_complete());
        assert!(proof(1299, Some(1300)).await.is_some());
        for (first, second) in [(1301, None), (1300, Some(1301)), (740, Some(370)), (0, Some(u64::MAX))] {
            assert_eq!(proof(first, second).await, None, "{first} {second:?}");
        }
        // In a block that has left the database: its entries are needed, and are in the file. Its end stands by itself.
        execute(&database, "DELETE FROM log_block WHERE number < 2").await;
        assert_eq!(proof(370, None).await, None);
        assert!(proof(512, None).await.is_some() && proof(740, None).await.is_some());
        store.close().await;
    });
}

#[test]
fn an_extract_is_verified_with_nothing_but_the_key() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let sent = sent(1300);
        assert_eq!(store.log_extract(key.verifying(), "Patient/x", &[]).await.unwrap(), None);
        store.append_to_log(sent[..500].to_vec()).await.unwrap();
        sequence_all(&store, &key, at(0)).await;
        let older = store.log_checkpoint().await.unwrap().unwrap();
        store.append_to_log(sent[500..].to_vec()).await.unwrap();
        sequence_all(&store, &key, at(60)).await;
        let known = [older.clone()];
        let extract = store.log_extract(key.verifying(), "Patient/x", &known).await.unwrap().unwrap();
        let wanted = sent.iter().filter(|entry| *entry.patient == *"Patient/x").count();
        let json = extract.to_json().unwrap();
        let report = Extract::verify_json(json.as_bytes(), key.verifying());
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.proven, report.older.len()), (wanted as u64, 1));
        let size = Checkpoint::open(&extract.checkpoint, key.verifying()).unwrap().size();
        assert_eq!(size, 1300);
        let forged = json.replacen("Patient/x", "Patient/y", 1);
        assert!(!Extract::verify_json(forged.as_bytes(), key.verifying()).is_sound());
        store.close().await;
    });
}

#[test]
fn an_extract_of_a_period_holds_that_period_only() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let sent = sent(1300);
        store.append_to_log(sent.clone()).await.unwrap();
        sequence_all(&store, &key, at(0)).await;
        let of: Vec<(u64, &Entry<'_>)> =
            (0..).zip(&sent).filter(|(_, entry)| *entry.patient == *"Patient/x").collect();
        let (from, until, before) = (of[10].1.time, of[90].1.time, of[70].0);
        let all = LogPeriod::default();
        let in_time = |entry: &Entry<'_>| entry.time >= from && entry.time < until;
        for period in [
            LogPeriod { from: Some(from), until: Some(until), ..all },
            LogPeriod { before: Some(before), ..all },
            LogPeriod { before: Some(0), ..all },
        ] {
            let wanted = of.iter().filter(|(position, entry)| {
                (period.from.is_none() || in_time(entry)) && period.before.is_none_or(|it| *position < it)
            });
            let wanted: Vec<u64> = wanted.map(|(position, _)| *position).collect();
            let found = store
                .log_extract_of(key.verifying(), &["Patient/x".to_owned()], period, &[])
                .await
                .unwrap()
                .unwrap();
            let json = found.to_json().unwrap();
            let report = Extract::verify_json(json.as_bytes(), key.verifying());
            assert!(report.is_sound(), "{report:?}");
            assert_eq!(found.entries.iter().map(|it| it.position).collect::<Vec<_>>(), wanted);
        }
        store.close().await;
    });
}

#[test]
fn what_shows_nothing_is_one_entry_of_each_kind_for_each_request() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let about = |id: &str| Some((ResourceType::PATIENT, LogicalId::try_from(id).unwrap()));
        for _ in 0..2 {
            let journal = Journal::new(Uuid::now_v7());
            for number in 0..300 {
                journal.refused(Action::Read, about("a"), "");
                journal.refused(Action::Vread, about(&number.to_string()), "");
                journal.asked(Action::Search, None, "Medication", "");
            }
            store.keep(&journal).await.unwrap();
        }
        sequence_all(&store, &key, at(0)).await;
        let entries = all_entries(&store).await;
        let of = |action| entries.iter().filter(|entry| entry.action == action).collect::<Vec<_>>();
        assert_eq!((of(Action::Read).len(), of(Action::Vread).len()), (2, 2), "one for each request");
        assert!(of(Action::Read).iter().all(|entry| *entry.resource == *"Patient/a" && entry.shown == 0));
        assert!(of(Action::Vread).iter().all(|entry| entry.resource.is_empty()), "not all name the same");
        assert_eq!(of(Action::Search).len(), 600, "what is nobody's hides nothing");
        store.close().await;
    });
}

#[test]
fn what_no_rule_decides_says_what_for_under_which_policy_and_by_what_right() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let journal = Journal::new(Uuid::now_v7());
        journal.asked_by(Origin {
            agent: "Practitioner/d".to_owned(),
            role: "assisted".to_owned(),
            beside: "Patient/x".to_owned(),
            purpose: "PATRQT".to_owned(),
            policy: "7".to_owned(),
            ..Origin::default()
        });
        let about = Some((ResourceType::PATIENT, LogicalId::try_from("x").unwrap()));
        journal.asked(Action::Export, about.clone(), "transparency/extract", "own-log");
        journal.refused(Action::Read, about, "");
        store.keep(&journal).await.unwrap();
        sequence_all(&store, &key, at(0)).await;
        let told: Vec<[String; 4]> = all_entries(&store)
            .await
            .iter()
            .map(|it| [&it.purpose, &it.policy, &it.authority, &it.basis].map(|text| text.to_string()))
            .collect();
        let expected = [["PATRQT", "7", "own-log", "Patient/x"], ["PATRQT", "7", "", ""]];
        assert_eq!(
            told,
            expected.map(|entry| entry.map(str::to_owned)),
            "nothing gave a right to the second"
        );
        store.close().await;
    });
}

#[test]
fn what_waits_is_bounded_on_a_page() {
    each(async |database| {
        let store = open(&database).await;
        let entry = Entry { patient: "Patient/x".into(), ..Entry::default() };
        store.append_to_log(vec![entry; 1500]).await.unwrap();
        let page = store.log_of_person("Patient/x", None, 10).await.unwrap();
        assert_eq!(page.entries.len(), 1000);
        store.close().await;
    });
}
