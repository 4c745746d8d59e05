//! The simulator against its promises, and the adapters against the simulator, without a network.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    Ask, CardDirectory as _, CardQuestion, Claim, Cursor, Delivery, EventKind, Field, Listed, PageSize,
    PersonalNumber, PopulationListing as _, PopulationRegistry as _, Question, Registry, RegistryError,
    RegistrySettings, RequestId, Sending, Status, Told, Transport, Verification, same_name,
};

const NOW: Instant = Instant::from_microseconds(1_800_000_000_000_000);

fn settings(people: u64) -> SimulatorSettings {
    SimulatorSettings {
        people,
        seed: 7,
        events: None,
        events_per_second: None,
        feed: FeedFaults::default(),
        faults: Faults::default(),
    }
}

/// Asks a simulator in the same process, and remembers what was asked.
struct Direct {
    simulator: Simulator,
    asked: Mutex<Vec<String>>,
}

impl Direct {
    fn new(settings: SimulatorSettings) -> Arc<Self> {
        Arc::new(Self { simulator: Simulator::new(settings, NOW), asked: Mutex::default() })
    }
}

impl Transport for Direct {
    fn send(&self, ask: Ask) -> Sending<'_> {
        self.asked.lock().unwrap().push(ask.path.clone());
        let (path, query) = ask.path.split_once('?').unwrap_or((&ask.path, ""));
        let body = ask.body.map(|body| body.1).unwrap_or_default();
        let shown = self.simulator.answer(Wanted { path, query, body: &body }, NOW);
        let told = Told { status: shown.status, retry_after: shown.retry_after, body: shown.body };
        Box::pin(std::future::ready(Ok(told)))
    }
}

fn registry(direct: &Arc<Direct>) -> Registry {
    let settings = RegistrySettings {
        card_officer_name: "Cán Bộ Thử".to_owned(),
        card_officer_number: "099090000009".to_owned(),
        ..RegistrySettings::default()
    };
    Registry::new(direct.clone(), settings)
}

fn id() -> RequestId {
    RequestId::new("test").unwrap()
}

/// Every delivery of a feed, page by page.
async fn whole_feed(registry: &Registry, size: usize) -> Vec<Delivery> {
    let mut found = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = registry.events(id(), after.as_ref(), PageSize::clamped(size)).await.unwrap().value;
        assert!(page.deliveries.len() <= size);
        if page.deliveries.is_empty() {
            assert_eq!(Some(&page.next), after.as_ref(), "the end stays where it is");
            return found;
        }
        found.extend(page.deliveries);
        after = Some(page.next);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_person_depends_on_seed_and_place_only(seed: u64, person in 0_u64..5_000, more in 0_u64..1_000_000) {
        let small = Population::new(seed, 5_000);
        let large = Population::new(seed, 5_000 + more);
        // Who is asked for before does not matter, nor does the rest of the people; relatives beyond the end are unknown.
        let _ = large.model_after(0, person / 2);
        let (one, other) = (small.model_after(0, person), large.model_after(0, person));
        prop_assert_eq!(one.is_some(), other.is_some());
        if let (Some((one, _)), Some((other, version))) = (one, other) {
            prop_assert!(one.number == other.number && one.name == other.name && one.birth_date == other.birth_date);
            prop_assert!(one.number.as_str().starts_with("099") && version == 0);
            let found = large.find(0, &one.number);
            prop_assert_eq!(found.map(|(found, _, _)| found), Some(person));
        }
    }

    #[test]
    fn the_model_is_what_the_events_lead_to(seed: u64, people in 1_u64..500, events in 0_u64..1_500) {
        let population = Population::new(seed, people);
        let simulator = Simulator::new(SimulatorSettings { seed, events: Some(events), ..settings(people) }, NOW);
        let mut last: HashMap<u64, crate::Event> = HashMap::new();
        // The events of a few people are enough.
        for event in 0..events {
            let event = simulator.event(event).unwrap();
            let person = population.person_of_key(&event.person).unwrap();
            if person.is_multiple_of(16) {
                let before = last.get(&person).map_or(0, |event| event.sequence);
                prop_assert_eq!(event.sequence, before + 1);
                last.insert(person, event);
            }
        }
        for person in (0..people).step_by(16) {
            let model = model_after(seed, people, events, person);
            match last.remove(&person) {
                Some(event) => prop_assert!(model == Some((event.record, event.version))),
                None => prop_assert_eq!(model.map_or(0, |(_, version)| version), 0),
            }
        }
    }
}

#[test]
fn every_kind_of_event_happens() {
    let simulator = Simulator::new(SimulatorSettings { events: Some(8_000), ..settings(800) }, NOW);
    let mut kinds: HashMap<EventKind, u32> = HashMap::new();
    for event in 0..8_000 {
        let event = simulator.event(event).unwrap();
        assert!(event.occurred <= event.emitted);
        match event.kind {
            EventKind::Death => assert!(matches!(event.record.status, Status::Dead { .. })),
            EventKind::Merge => assert!(matches!(event.record.status, Status::ReplacedBy { .. })),
            EventKind::Reissue => assert_eq!(event.record.former_numbers.len(), 1),
            EventKind::Birth => assert_eq!(event.sequence, 1),
            _ => {}
        }
        *kinds.entry(event.kind).or_default() += 1;
    }
    assert!(EventKind::ALL.iter().all(|kind| kinds.contains_key(kind)), "{kinds:?}");
}

#[tokio::test]
async fn a_clean_feed_is_the_events_in_their_order_whatever_the_page() {
    let direct = Direct::new(SimulatorSettings { events: Some(250), ..settings(100) });
    for size in [1, 7, 100, 1_000] {
        let feed = whole_feed(&registry_of_high_rate(&direct), size).await;
        assert_eq!(feed.len(), 250);
        for (place, delivery) in feed.iter().enumerate() {
            let Delivery::Event(event) = delivery else { panic!("a malformed event") };
            assert!(**event == direct.simulator.event(place as u64).unwrap(), "{size} {place}");
        }
    }
}

/// Pages of one event are many questions.
fn registry_of_high_rate(direct: &Arc<Direct>) -> Registry {
    let limits = crate::resilience::Limits { rate: 1_000_000, burst: 1_000_000, ..Default::default() };
    Registry::new(direct.clone(), RegistrySettings { limits, ..RegistrySettings::default() })
}

#[tokio::test]
async fn duplicates_disorder_and_broken_forms_lose_nothing() {
    const WINDOW: u64 = 50;
    let feed = FeedFaults { duplicate_rate: 0.2, malformed_rate: 0.1, reorder_window: WINDOW };
    let direct = Direct::new(SimulatorSettings { events: Some(2_030), feed, ..settings(300) });
    let deliveries = whole_feed(&registry_of_high_rate(&direct), 333).await;
    let mut met: HashMap<u64, u32> = HashMap::new();
    let (mut malformed, mut disorder, mut before) = (0, 0, 0);
    for delivery in &deliveries {
        match delivery {
            Delivery::Malformed(broken) => {
                malformed += 1;
                assert!(!broken.text.is_empty());
            }
            Delivery::Event(event) => {
                let number: u64 = event.id.strip_prefix("e-").unwrap().parse().unwrap();
                assert!(number + 3 * WINDOW >= before, "no later than a run and a repetition");
                disorder += u32::from(number < before);
                before = before.max(number);
                *met.entry(number).or_default() += 1;
            }
        }
    }
    assert_eq!(met.len(), 2_030, "every event comes");
    assert!(met.values().all(|times| (1..=2).contains(times)));
    let twice = met.values().filter(|times| **times == 2).count();
    assert!((300..520).contains(&twice) && (130..280).contains(&malformed), "{twice} {malformed}");
    assert!(disorder > 500, "{disorder}");
    // The same feed again is the same feed.
    assert!(whole_feed(&registry_of_high_rate(&direct), 1_000).await == deliveries);
}

#[test]
fn events_with_a_rate_happen_one_after_the_other() {
    let paced = SimulatorSettings { events_per_second: Some(10.0), ..settings(100) };
    let simulator = Simulator::new(paced, NOW);
    let later = |seconds: i64| Instant::from_microseconds(NOW.microseconds() + seconds * 1_000_000);
    assert_eq!([0, 1, 100].map(|seconds| simulator.happened(later(seconds))), [0, 10, 1_000]);
    assert_eq!(simulator.happened(later(-5)), 0);
    assert_eq!(simulator.event(20).unwrap().emitted, later(2));
    let limited = Simulator::new(SimulatorSettings { events: Some(15), ..paced }, NOW);
    assert_eq!(limited.happened(later(100)), 15);
}

#[tokio::test]
async fn people_of_the_sample_are_found_by_all_questions() {
    let direct = Direct::new(SimulatorSettings { events: Some(3_000), ..settings(1_000) });
    let registry = registry(&direct);
    let shown = direct.simulator.answer(Wanted { path: "/sample", query: "count=20", body: b"" }, NOW);
    let sample: Vec<Value> = serde_json::from_slice(&shown.body).unwrap();
    assert_eq!(sample.len(), 20);
    for person in &sample {
        let text = |name: &str| person[name].as_str().unwrap().to_owned();
        let number = PersonalNumber::try_from(text("number")).unwrap();
        let birth_date = crate::BirthDate::try_from(text("birthDate")).unwrap();
        let question = Question { number: number.clone(), birth_date, name: None };
        let answer = registry.look_up(id(), &question).await.unwrap();
        assert!(same_name(&answer.value.name.text(), &text("name")) && answer.value.status == Status::Alive);
        assert_eq!((answer.source, answer.request_id.as_str()), ("population-registry", "test"));
        let (_, model, version) = direct.simulator.population().find(3_000, &number).unwrap();
        assert_eq!(answer.registry_version, Some(version));
        assert!(
            answer.value.permanent == model.permanent && answer.value.former_numbers == model.former_numbers
        );
        let claim = Claim { number: number.clone(), name: text("name"), birth_date };
        assert_eq!(registry.verify(id(), &claim).await.unwrap().value, Verification::Confirmed);
        let wrong = Claim { name: "Ai Đó Khác".to_owned(), ..claim };
        assert_eq!(registry.verify(id(), &wrong).await.unwrap().value, Verification::NotConfirmed);
        let nobody = Question { birth_date: crate::BirthDate::Year(1901), ..question };
        assert_eq!(registry.look_up(id(), &nobody).await.err(), Some(RegistryError::NotFound));
        let card = CardQuestion { card: text("number"), name: text("name"), birth_date };
        assert!(registry.card(id(), &card).await.is_ok());
        let mistaken = CardQuestion { name: "Ai Đó Khác".to_owned(), ..card };
        let code = registry.card(id(), &mistaken).await.unwrap().value.result.code.clone();
        assert!(code.starts_with("06"), "{code}");
    }
}

#[tokio::test]
async fn a_former_number_leads_to_the_record_under_the_new_one() {
    let direct = Direct::new(SimulatorSettings { events: Some(8_000), ..settings(400) });
    let population = direct.simulator.population();
    let renumbered = (0..400).find_map(|person| {
        let (record, _) = population.model_after(8_000, person)?;
        (record.former_numbers.len() == 1).then_some(record)
    });
    let record = renumbered.unwrap();
    let question =
        Question { number: record.former_numbers[0].clone(), birth_date: record.birth_date, name: None };
    let answer = registry(&direct).look_up(id(), &question).await.unwrap().value;
    assert!(answer.number == record.number && answer.has_number(&question.number));
}

#[tokio::test]
async fn the_listing_tells_everybody_once_and_names_the_place_in_the_feed() {
    let feed = FeedFaults { reorder_window: 30, duplicate_rate: 0.1, ..FeedFaults::default() };
    let direct = Direct::new(SimulatorSettings { events: Some(700), feed, ..settings(500) });
    let (population, registry) = (direct.simulator.population(), registry(&direct));
    let mut met: HashMap<String, u64> = HashMap::new();
    let mut place = None;
    for part in 0..64 {
        let mut after: Option<Cursor> = None;
        loop {
            let page = registry.people(id(), part, after.as_ref(), PageSize::clamped(3)).await;
            let page = match page {
                Err(RegistryError::RateLimited(wait)) => {
                    tokio::time::sleep(wait).await;
                    continue;
                }
                page => page.unwrap().value,
            };
            assert_eq!((page.parts, page.total), (64, 500));
            for listed in page.people {
                let Listed::Person(listed) = listed else { panic!("all of them can be read") };
                let person = population.person_of_key(&listed.person).unwrap();
                let expected = population.model_after(700, person).unwrap();
                assert!((listed.record, listed.version) == expected);
                assert_eq!(met.insert(listed.person, listed.version), None, "nobody twice");
            }
            place = Some(page.feed);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let born = (0..500).filter(|person| population.model_after(700, *person).is_some()).count();
    assert_eq!(met.len(), born);
    let page = registry.events(id(), place.as_ref(), PageSize::clamped(100)).await.unwrap().value;
    assert!(page.deliveries.is_empty(), "all that has happened is in the listing");
    assert!(registry.people(id(), 64, None, PageSize::clamped(3)).await.is_err(), "there is no such part");
}

#[tokio::test]
async fn errors_and_outages_by_order_are_seen_as_such() {
    let every = Some(Duration::from_secs(60));
    let out = Faults { outage_every: every, outage_for: Duration::from_secs(60), ..Faults::default() };
    let direct = Direct::new(SimulatorSettings { faults: out, ..settings(100) });
    let answer = registry(&direct).events(id(), None, PageSize::clamped(1)).await;
    assert_eq!(answer.err(), Some(RegistryError::Unreachable));
    assert_eq!(direct.asked.lock().unwrap().len(), 3, "three attempts");
    let some = Faults { outage_for: Duration::from_secs(6), ..out };
    let simulator = Simulator::new(SimulatorSettings { faults: some, ..settings(100) }, NOW);
    let at = |seconds: i64| Instant::from_microseconds(NOW.microseconds() + seconds * 1_000_000);
    assert_eq!(
        [0, 5, 59, 60, 65, 66, 121].map(|it| simulator.is_out(at(it))),
        [false, false, false, true, true, false, true]
    );
    let soon = Faults { outage_after: Some(Duration::from_secs(2)), ..some };
    let simulator = Simulator::new(SimulatorSettings { faults: soon, ..settings(100) }, NOW);
    assert_eq!(
        [1, 2, 7, 8, 61, 62].map(|it| simulator.is_out(at(it))),
        [false, true, true, false, false, true]
    );
    let errors = Faults { error_rate: 0.3, ..Faults::default() };
    let simulator = Simulator::new(SimulatorSettings { faults: errors, ..settings(100) }, NOW);
    let page = Wanted { path: "/events", query: "", body: b"" };
    let failed = (0..1_000).filter(|_| simulator.answer(page, NOW).status == 500).count();
    assert!((200..400).contains(&failed), "{failed}");
}

#[tokio::test]
async fn a_token_is_taken_once_and_again_when_it_is_refused() {
    let direct = Direct::new(settings(100));
    let login = crate::CardLogin { username: "book".to_owned(), password: "0".to_owned() };
    let settings = RegistrySettings { card_login: Some(login), ..RegistrySettings::default() };
    let registry = Registry::new(direct.clone(), settings);
    let card = CardQuestion {
        card: direct.simulator.first_number(3).unwrap(),
        name: "Ai Đó".to_owned(),
        birth_date: crate::BirthDate::Year(1960),
    };
    // Without an officer the directory refuses, which may also mean that the token has ended.
    assert_eq!(registry.card(id(), &card).await.err(), Some(RegistryError::Refused));
    let asked = direct.asked.lock().unwrap().clone();
    let (take, look) = ("/api/token/take", "/api/egw/KQNhanLichSuKCB2024");
    assert_eq!(asked, [take, look, take, look]);
}

#[tokio::test]
async fn a_page_that_is_none_and_a_record_of_somebody_else_are_malformed() {
    struct Always(&'static str);
    impl Transport for Always {
        fn send(&self, _: Ask) -> Sending<'_> {
            Box::pin(std::future::ready(Ok(Told { status: 200, retry_after: None, body: self.0.into() })))
        }
    }
    for page in [
        "",
        "[]",
        "{}",
        r#"{"events":[],"time":"2026-01-01T00:00:00Z"}"#,
        r#"{"events":[],"next":"1"}"#,
        r#"{"events":{},"next":"1","time":"2026-01-01T00:00:00Z"}"#,
        r#"{"events":[],"next":"a b","time":"2026-01-01T00:00:00Z"}"#,
        r#"{"events":[1,2],"next":"1","time":"2026-01-01T00:00:00Z"}"#,
    ] {
        let registry = Registry::new(Arc::new(Always(page)), RegistrySettings::default());
        let answer = registry.events(id(), None, PageSize::clamped(1)).await;
        assert!(matches!(answer.err(), Some(RegistryError::Malformed(_))), "{page}");
    }
    let direct = Direct::new(settings(100));
    let (record, _) = direct.simulator.population().model_after(0, 8).unwrap();
    let text = crate::soap::write_person(&record, 0);
    let registry = Registry::new(Arc::new(Always(text.leak())), RegistrySettings::default());
    let other = PersonalNumber::try_from(direct.simulator.first_number(9).unwrap()).unwrap();
    let question = Question { number: other, birth_date: record.birth_date, name: None };
    assert!(matches!(registry.look_up(id(), &question).await.err(), Some(RegistryError::Malformed(_))));
    let question =
        Question { number: record.number.clone(), birth_date: crate::BirthDate::Year(1900), name: None };
    let mismatch = registry.look_up(id(), &question).await.err();
    assert_eq!(mismatch, Some(RegistryError::Mismatch(vec![Field::BirthDate])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the other side sends is an answer or an error.
    #[test]
    fn no_answer_brings_the_reader_down(noise in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..4_000) {
        let (record, version) = Population::new(7, 100).model_after(0, 8).unwrap();
        let mut soap = crate::soap::write_person(&record, version).into_bytes();
        soap.truncate(cut);
        soap.extend(&noise);
        let _ = crate::soap::read_person(&soap);
        let _ = crate::soap::read_verification(&noise);
        let _ = crate::soap::read_question(&soap);
        let _ = crate::card::read_report(&noise);
        let simulator = Simulator::new(SimulatorSettings { events: Some(1), ..settings(10) }, NOW);
        let mut page = simulator.answer(Wanted { path: "/events", query: "", body: b"" }, NOW).body;
        let place = cut % page.len();
        page[place] = noise.first().copied().unwrap_or(b'"');
        let _ = crate::EventPage::read(&page, PageSize::clamped(10));
        for path in ["/soap", "/api/token/take", "/api/egw/KQNhanLichSuKCB2024", "/events", "/sample"] {
            let query = String::from_utf8_lossy(&noise);
            let _ = simulator.answer(Wanted { path, query: &query, body: &noise }, NOW);
        }
    }
}
