//! Walks through the pages of a search while others write. docs/search.md, "The answer": nothing that matches all the
//! while is lost or comes twice, what was created later does not appear, and with `_sort` a resource keeps its place.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use test_support::{HttpClient, TestDatabase};

use crate::support::checks::{address, check_each};
use crate::support::{FHIR_JSON, Fhir, link, matches, path_of, start, text};

const WRITERS: u64 = 16;
const WALKERS: u64 = 4;
/// Between two writes of a writer.
const PAUSE: Duration = Duration::from_millis(8);

/// How many walks are made on each backend.
fn rounds() -> u64 {
    std::env::var("HEALTHBOOK_ROUNDS")
        .map_or(48, |rounds| rounds.parse().expect("HEALTHBOOK_ROUNDS is a number"))
}

/// A search and what its order is made of.
struct Search {
    query: &'static str,
    /// `p` for Patient, `o` for Observation: the first letter of the ids.
    kind: char,
    /// Whether it finds all resources of the type.
    all: bool,
    order: Order,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    None,
    Ascending(usize),
    Descending(usize),
}

/// Places of the sort values of a state.
const DATE: usize = 0;
const FAMILY: usize = 1;
const GENDER: usize = 2;
const UPDATED: usize = 3;

const SEARCHES: [Search; 13] = [
    search("Patient?active=true", 'p', false, Order::None),
    search("Patient?active=true&_sort=birthdate", 'p', false, Order::Ascending(DATE)),
    search("Patient?active=true&_sort=-_lastUpdated", 'p', false, Order::Descending(UPDATED)),
    search("Patient?active=true&_sort=family", 'p', false, Order::Ascending(FAMILY)),
    search("Patient?active=true&_sort=gender", 'p', false, Order::Ascending(GENDER)),
    search("Patient", 'p', true, Order::None),
    search("Patient?_sort=-birthdate", 'p', true, Order::Descending(DATE)),
    search("Patient?_sort=_lastUpdated", 'p', true, Order::Ascending(UPDATED)),
    search("Patient?_sort=family", 'p', true, Order::Ascending(FAMILY)),
    search("Observation?code=8867-4", 'o', false, Order::None),
    search("Observation?code=8867-4&_sort=-date", 'o', false, Order::Descending(DATE)),
    search("Observation?_sort=date", 'o', true, Order::Ascending(DATE)),
    search("Observation?code=8867-4&_sort=-_lastUpdated", 'o', false, Order::Descending(UPDATED)),
];

const fn search(query: &'static str, kind: char, all: bool, order: Order) -> Search {
    Search { query, kind, all, order }
}

/// What a resource is between two changes.
#[derive(Clone)]
struct State {
    /// Whether the searches with criteria find it.
    matches: bool,
    values: [String; 4],
}

/// A change of one resource; `None` deletes.
struct Event {
    sent: Instant,
    answered: Option<Instant>,
    state: Option<State>,
}

/// All changes of all resources.
#[derive(Default)]
struct Diary {
    events: Mutex<HashMap<String, Vec<Event>>>,
    writes: AtomicU64,
}

/// What is known of a resource during a walk.
struct Known {
    /// Its state when the first page was asked; `None` when it was not there. Absent when that cannot be told.
    first: Option<Option<State>>,
    /// It was there and matched from before the first page until now.
    always: bool,
}

impl Diary {
    fn events(&self) -> MutexGuard<'_, HashMap<String, Vec<Event>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, client: &HttpClient, id: &str, body: Option<(String, State)>) {
        let (method, headers) = match body {
            Some(_) => ("PUT", &[("Content-Type", FHIR_JSON), ("Prefer", "return=representation")][..]),
            None => ("DELETE", &[][..]),
        };
        let (body, state) = body.map_or((String::new(), None), |(body, state)| (body, Some(state)));
        let kind = if id.starts_with('p') { "Patient" } else { "Observation" };
        self.events().entry(id.to_owned()).or_default().push(Event {
            sent: Instant::now(),
            answered: None,
            state,
        });
        let answer = client.request(method, &format!("/fhir/{kind}/{id}"), headers, body.as_bytes());
        let now = Instant::now();
        assert!(
            matches!(answer.status, 200 | 201 | 204),
            "{method} {id}: {}: {}",
            answer.status,
            answer.text()
        );
        let mut events = self.events();
        let event = events.get_mut(id).and_then(|events| events.last_mut()).unwrap();
        event.answered = Some(now);
        if let Some(state) = &mut event.state {
            let shown = answer.text();
            let at = shown.find(r#""lastUpdated":""#).expect("the answer shows lastUpdated") + 15;
            state.values[UPDATED] = shown[at..at + 24].to_owned();
        }
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// What is known of all resources whose ids begin with a letter, for a walk whose first page was asked and
    /// answered at these moments.
    fn known(&self, kind: char, all: bool, asked: Instant, answered: Instant) -> HashMap<String, Known> {
        let is_match = |state: &Option<State>| state.as_ref().is_some_and(|state| all || state.matches);
        let events = self.events();
        let of_kind = events.iter().filter(|(id, _)| id.starts_with(kind));
        let known = of_kind.map(|(id, events)| {
            let before =
                events.iter().take_while(|event| event.answered.is_some_and(|end| end < asked)).count();
            let state = if before > 0 { events[before - 1].state.clone() } else { None };
            let later = &events[before..];
            let certain = later.first().is_none_or(|event| event.sent > answered);
            let always = is_match(&state) && later.iter().all(|event| is_match(&event.state));
            (id.clone(), Known { first: certain.then_some(state), always })
        });
        known.collect()
    }
}

/// Small numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// One of few values, so that there are ties.
fn patient(random: &mut Random, id: &str, active: bool) -> (String, State) {
    let date = format!("{}-0{}-15", 1950 + random.below(50), 1 + random.below(9));
    let family = format!(
        "{}{}",
        char::from(b'A' + random.below(26) as u8),
        ["an", "e", "o"][random.below(3) as usize]
    );
    let gender = ["female", "male", "other", "unknown"][random.below(4) as usize];
    let body = format!(
        r#"{{"resourceType":"Patient","id":"{id}","active":{active},"name":[{{"family":"{family}"}}],"gender":"{gender}","birthDate":"{date}"}}"#
    );
    let values = [date, family.to_lowercase(), gender.to_owned(), String::new()];
    (body, State { matches: active, values })
}

fn observation(random: &mut Random, id: &str, subject: &str, found: bool) -> (String, State) {
    let date = format!("2026-0{}-1{}T08:30:00Z", 1 + random.below(9), random.below(4));
    let code = if found { "8867-4" } else { "8310-5" };
    let number = random.below(1_000_000);
    let body = format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"subject":{{"reference":"Patient/{subject}"}},"effectiveDateTime":"{date}","valueQuantity":{{"value":{number}}}}}"#
    );
    (body, State { matches: found, values: [date, String::new(), String::new(), String::new()] })
}

/// Which patients nobody changes.
const QUIET: u64 = 24;

fn quiet(random: &mut Random) -> String {
    format!("p-quiet-{}", random.below(QUIET))
}

/// Everything that is there before the walks.
fn prepare(client: &HttpClient, diary: &Diary) {
    let random = &mut Random(1);
    for number in 0..QUIET {
        let id = format!("p-quiet-{number}");
        diary.write(client, &id, Some(patient(random, &id, true)));
    }
    for number in 0..QUIET {
        let (id, subject) = (format!("o-quiet-{number}"), quiet(random));
        diary.write(client, &id, Some(observation(random, &id, &subject, true)));
    }
    for writer in 0..WRITERS {
        for number in 0..2 {
            let id = format!("p-stable-{writer}-{number}");
            diary.write(client, &id, Some(patient(random, &id, true)));
            let id = format!("p-volatile-{writer}-{number}");
            diary.write(client, &id, Some(patient(random, &id, number == 0)));
            for name in ["stable", "moving", "volatile"] {
                let (id, subject) = (format!("o-{name}-{writer}-{number}"), format!("p-quiet-{writer}"));
                diary.write(client, &id, Some(observation(random, &id, &subject, true)));
            }
        }
    }
}

/// One of the writers, until it is over.
fn write(client: &HttpClient, diary: &Diary, writer: u64, is_over: &AtomicBool) {
    let random = &mut Random(writer + 100);
    let mut made: Vec<String> = Vec::new();
    let mut there: HashMap<String, bool> = HashMap::new();
    let mut next = 0;
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(PAUSE);
        let number = random.below(2);
        match random.below(12) {
            0..=2 => {
                let id = format!("p-stable-{writer}-{number}");
                diary.write(client, &id, Some(patient(random, &id, true)));
            }
            3..=4 => {
                let id = format!("p-volatile-{writer}-{number}");
                let active = random.below(3) > 0;
                there.insert(id.clone(), true);
                diary.write(client, &id, Some(patient(random, &id, active)));
            }
            5 => {
                let id = format!("p-volatile-{writer}-{number}");
                let exists = there.entry(id.clone()).or_insert(true);
                let body = (!*exists).then(|| patient(random, &id, true));
                *exists = !*exists;
                diary.write(client, &id, body);
            }
            6 | 10 => {
                next += 1;
                let new = if random.below(2) == 0 {
                    let id = format!("p-new-{writer}-{next}");
                    diary.write(client, &id, Some(patient(random, &id, true)));
                    id
                } else {
                    let (id, subject) = (format!("o-new-{writer}-{next}"), quiet(random));
                    diary.write(client, &id, Some(observation(random, &id, &subject, true)));
                    id
                };
                made.push(new);
                if made.len() > 3 {
                    diary.write(client, &made.remove(0), None);
                }
            }
            7..=8 => {
                let (id, subject) = (format!("o-stable-{writer}-{number}"), format!("p-quiet-{writer}"));
                diary.write(client, &id, Some(observation(random, &id, &subject, true)));
            }
            9 => {
                let (id, subject) = (format!("o-moving-{writer}-{number}"), quiet(random));
                diary.write(client, &id, Some(observation(random, &id, &subject, true)));
            }
            _ => {
                let (id, subject) = (format!("o-volatile-{writer}-{number}"), format!("p-quiet-{writer}"));
                let exists = there.entry(id.clone()).or_insert(true);
                if *exists && random.below(3) == 0 {
                    *exists = false;
                    diary.write(client, &id, None);
                } else {
                    *exists = true;
                    let found = random.below(3) > 0;
                    diary.write(client, &id, Some(observation(random, &id, &subject, found)));
                }
            }
        }
    }
}

/// What the walks of one backend came to.
#[derive(Default)]
struct Figures {
    walks: AtomicU64,
    pages: AtomicU64,
    ended: AtomicU64,
    faults: Mutex<Vec<String>>,
}

struct Walk<'a> {
    client: &'a HttpClient,
    figures: &'a Figures,
    search: &'a Search,
}

impl Walk<'_> {
    fn fault(&self, what: String) {
        let mut faults = self.figures.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.push(format!("{}: {what}", self.search.query));
    }

    /// The ids of a page, and its links `previous` and `next`; `None` when the walk has ended.
    fn page(&self, path: &str) -> Option<(Vec<String>, Option<String>, Option<String>)> {
        let answer = self.client.get(path);
        if answer.status == 410 {
            self.figures.ended.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        self.figures.pages.fetch_add(1, Ordering::Relaxed);
        let page = crate::support::body(&answer.expect_status(200));
        let ids = matches(&page).iter().map(|resource| text(&resource["id"])).collect();
        let to = |relation: &str| link(&page, relation).map(|url| path_of(&url));
        Some((ids, to("previous"), to("next")))
    }

    /// Walks and checks; `None` when the walk has ended.
    fn walk(&self, diary: &Diary, random: &mut Random) -> Option<()> {
        let count = 3 + random.below(18);
        let joint = if self.search.query.contains('?') { '&' } else { '?' };
        let query = format!("{}{joint}_count={count}", self.search.query);
        let pause = Duration::from_millis([0, 0, 0, 5, 15][random.below(5) as usize]);
        let turn = match random.below(4) {
            0 => 1 + random.below(6) as usize,
            _ => usize::MAX,
        };
        let goes_back = turn < usize::MAX || random.below(3) == 0;
        let asked = Instant::now();
        let (mut ids, _, mut next) = self.page(&address(&query))?;
        let answered = Instant::now();
        let (mut pages, mut back) = (1, None);
        while let Some(path) = next.take_if(|_| pages < turn) {
            thread::sleep(pause);
            let (found, previous, following) = self.page(&path)?;
            if found.len() > count as usize {
                self.fault(format!("{} on a page of {count}", found.len()));
            }
            ids.extend(found);
            (back, next) = (previous, following);
            pages += 1;
            assert!(pages < 1_000, "{query} has no end");
        }
        self.check(&ids, next.is_none(), &diary.known(self.search.kind, self.search.all, asked, answered));
        if goes_back && pages > 1 {
            let mut backwards: Vec<Vec<String>> = Vec::new();
            let last = ids.len();
            while let Some(path) = back.take() {
                thread::sleep(pause);
                let (found, previous, _) = self.page(&path)?;
                backwards.push(found);
                back = previous;
                assert!(backwards.len() < 1_000, "{query} has no beginning");
            }
            let returned: Vec<String> = backwards.into_iter().rev().flatten().collect();
            let known = diary.known(self.search.kind, self.search.all, asked, answered);
            self.check(&returned, false, &known);
            let always =
                |ids: &[String]| ids.iter().filter(|id| known[*id].always).cloned().collect::<Vec<_>>();
            let (there, again) = (always(&ids[..last]), always(&returned));
            // The page that the walk turned on is not walked again.
            if !there.starts_with(&again) || there.len() > again.len() + count as usize {
                self.fault(format!("there {there:?}, and back {again:?}"));
            }
        }
        Some(())
    }

    fn check(&self, ids: &[String], whole: bool, known: &HashMap<String, Known>) {
        let distinct: HashSet<&String> = ids.iter().collect();
        if distinct.len() < ids.len() {
            let mut seen = HashSet::new();
            let twice: Vec<&String> = ids.iter().filter(|id| !seen.insert(*id)).collect();
            self.fault(format!("twice: {twice:?}"));
        }
        let lost: Vec<&String> = known
            .iter()
            .filter(|(id, known)| whole && known.always && !distinct.contains(id))
            .map(|(id, _)| id)
            .collect();
        if !lost.is_empty() {
            self.fault(format!("lost: {lost:?}"));
        }
        let late: Vec<&String> = ids.iter().filter(|id| matches!(known[*id].first, Some(None))).collect();
        if !late.is_empty() {
            self.fault(format!("created later: {late:?}"));
        }
        let places = |value: usize| {
            let placed = ids.iter().filter_map(move |id| match &known[id].first {
                Some(Some(state)) => Some((state.values[value].clone(), id)),
                _ => None,
            });
            placed.collect::<Vec<_>>()
        };
        let mut places = match self.search.order {
            Order::None => return,
            Order::Ascending(value) => places(value),
            Order::Descending(value) => {
                let mut places = places(value);
                places.reverse();
                places
            }
        };
        places.dedup_by(|later, earlier| later.0 >= earlier.0);
        if places.len() > 1 {
            self.fault(format!("out of order: {:?}", &places[1..]));
        }
    }
}

#[test]
fn walks_while_sixteen_writers_write() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let (diary, figures, is_over) = (Diary::default(), Figures::default(), AtomicBool::new(false));
        let rounds = rounds();
        prepare(server.client(), &diary);
        let begun = Instant::now();
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (client, diary, is_over) = (server.client(), &diary, &is_over);
                scope.spawn(move || write(client, diary, writer, is_over));
            }
            let walkers: Vec<_> = (0..WALKERS)
                .map(|walker| {
                    let (client, diary, figures) = (server.client(), &diary, &figures);
                    scope.spawn(move || {
                        let random = &mut Random(walker);
                        loop {
                            let number = figures.walks.fetch_add(1, Ordering::Relaxed);
                            if number >= rounds {
                                break;
                            }
                            let search = &SEARCHES[number as usize % SEARCHES.len()];
                            Walk { client, figures, search }.walk(diary, random);
                        }
                    })
                })
                .collect();
            let walked: Vec<_> = walkers.into_iter().map(thread::ScopedJoinHandle::join).collect();
            is_over.store(true, Ordering::Relaxed);
            assert!(walked.iter().all(Result::is_ok), "a walk failed");
        });
        let (pages, ended) = (figures.pages.into_inner(), figures.ended.into_inner());
        let faults = figures.faults.into_inner().unwrap();
        println!(
            "{:?}: {rounds} walks, {pages} pages, {ended} ended by changes, {} writes, {} faults, {:.1} s",
            database.backend(),
            diary.writes.into_inner(),
            faults.len(),
            begun.elapsed().as_secs_f64(),
        );
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        assert!(ended * 20 <= rounds, "{ended} of {rounds} walks were ended by changes");
    }
}

/// What was deleted when the first page was asked and is there again is new.
#[test]
fn what_was_deleted_before_a_walk_does_not_come_back_in_it() {
    check_each(|checks| {
        let server = checks.server;
        let random = &mut Random(7);
        for number in 0..6 {
            checks.store([patient(random, &format!("p{number}"), true).0]);
        }
        server.http().request("DELETE", "/fhir/Patient/p1", &[], b"");
        for sort in ["", "&_sort=birthdate", "&_sort=gender", "&_sort=-_lastUpdated"] {
            let page = server.searchset(&format!("/fhir/Patient?active=true&_count=2{sort}"));
            let mut found: Vec<String> = matches(&page).iter().map(|one| text(&one["id"])).collect();
            checks.store([patient(random, "p1", true).0]);
            let mut next = link(&page, "next");
            while let Some(url) = next {
                let page = server.searchset(&path_of(&url));
                found.extend(matches(&page).iter().map(|one| text(&one["id"])));
                next = link(&page, "next");
            }
            found.sort();
            checks.equal(sort, &found.join(" "), &"p0 p2 p3 p4 p5".to_owned());
            server.http().request("DELETE", "/fhir/Patient/p1", &[], b"");
        }
    });
}
