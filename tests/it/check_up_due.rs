//! `Organization/[id]/$check-up-due` (docs/check-up.md, section 8): who of a facility's people is due, judged again here from what
//! the caller reads; who may ask; what the log of accesses has of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::done;
use crate::sharing_gate::staff;
use crate::support::access_log::{signed, whole_log};
use crate::support::program::{Caller, Demo};
use crate::support::{body, entries, expect_refusal, link, path_of, text};

const CHECK_UP: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-composition-health-checkup";
const RULE: &str = "urn:healthbook:rule:annual-check-up|1";

/// A commune health station of the demo: its code and its `Organization`.
pub fn station(demo: &Demo) -> (String, String) {
    let clients = demo.description["clients"].as_array().unwrap();
    let station = clients.iter().find(|it| it["kind"] == "commune-health-station").expect("a station");
    let code = text(&station["facility"]);
    let nurse = staff(demo, &code, "nurse", "TREAT");
    (code.clone(), organization(&nurse, &code))
}

pub fn organization(caller: &Caller<'_>, code: &str) -> String {
    let found = caller
        .read(&format!("/fhir/Organization?identifier=http://fhir.hl7.org.vn/core/sid/ma-cskcb%7C{code}"));
    text(&found["entry"][0]["resource"]["id"])
}

pub fn part(entry: &Value, name: &str) -> Value {
    let parts = entry["extension"][0]["extension"].as_array().unwrap();
    let part = parts.iter().find(|part| part["url"] == name).cloned().unwrap_or_default();
    let value = part.as_object().and_then(|part| part.iter().find(|(name, _)| name.starts_with("value")));
    value.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// All entries of all pages, and how many entries each page had.
pub fn walk(caller: &Caller<'_>, path: &str) -> (Vec<Value>, Vec<usize>) {
    let pages = caller.pages(path);
    let sizes = pages.iter().map(|page| entries(page).len()).collect();
    (pages.iter().flat_map(entries).collect(), sizes)
}

/// Year, month, day.
type Day = (i32, u32, u32);

fn day(text: &str) -> Day {
    let mut parts = text.split('T').next().unwrap().split('-');
    let mut next = || parts.next().unwrap().parse::<u32>().unwrap();
    (next() as i32, next(), next())
}

/// The day in Vietnam of an instant that is written with an offset; of a day the day.
fn vietnamese(text: &str) -> Day {
    if !text.contains('T') || text.contains("+07:00") {
        return day(text);
    }
    let instant = fhir::Instant::try_from(text).expect("an instant");
    let later = fhir::Instant::from_microseconds(instant.microseconds() + 7 * 3_600_000_000);
    day(&later.to_string())
}

fn written((year, month, day): Day) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn today() -> Day {
    vietnamese(&fhir::Instant::now().to_string())
}

/// State and due day by the document.
fn judged(year: i32, today: Day, days: &BTreeSet<Day>) -> (&'static str, Day) {
    let last = days.iter().filter(|it| **it <= today && it.0 <= year).max();
    let is_leap = |year: i32| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let due = match last {
        None => (year, 12, 31),
        Some((of, 2, 29)) if !is_leap(of + 1) => (of + 1, 2, 28),
        Some((of, month, day)) => (of + 1, *month, *day),
    };
    let state = match last {
        Some(last) if last.0 == year => "done",
        _ if due < today => "overdue",
        _ => "due",
    };
    (state, due)
}

/// The days of check-ups by person, of what a caller reads.
fn days_of(caller: &Caller<'_>) -> BTreeMap<String, BTreeSet<Day>> {
    let mut days: BTreeMap<String, BTreeSet<Day>> = BTreeMap::new();
    let documents =
        format!("/fhir/Composition?_profile={CHECK_UP}&_include=Composition:encounter&_count=200");
    let found = caller.resources(&documents);
    let visits: BTreeMap<String, Value> = found
        .iter()
        .filter(|it| it["resourceType"] == "Encounter")
        .map(|it| (format!("Encounter/{}", text(&it["id"])), it.clone()))
        .collect();
    for document in found.iter().filter(|it| it["resourceType"] == "Composition") {
        let visit = document["encounter"]["reference"].as_str().and_then(|it| visits.get(it));
        let date = visit.map_or(&document["date"], |visit| &visit["period"]["start"]);
        let patient = text(&document["subject"]["reference"]).replace("Patient/", "");
        days.entry(patient).or_default().insert(vietnamese(date.as_str().unwrap()));
    }
    days
}

fn document(patient: &str, organization: &str, date: &str, status: &str) -> String {
    json!({"resourceType": "Composition", "meta": {"profile": [CHECK_UP]}, "status": status,
        "identifier": {"system": "http://fhir.hl7.org.vn/core/sid/ma-lk", "value": format!("KSK099{date}{status}")},
        "type": {"text": "Khám sức khỏe từ đủ 18 tuổi"}, "subject": {"reference": format!("Patient/{patient}")},
        "date": date, "author": [{"reference": format!("Organization/{organization}")}], "title": "Khám sức khỏe",
        "section": [{"title": "Kết luận", "text": {"status": "generated",
            "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}]})
    .to_string()
}

#[test]
fn everybody_of_the_station_is_judged_by_what_the_caller_reads() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (code, id) = station(&demo);
        let nurse = staff(&demo, &code, "nurse", "TREAT");
        let path = format!("/fhir/Organization/{id}/$check-up-due");
        let people: BTreeSet<String> = nurse
            .resources(&format!("/fhir/Patient?organization=Organization/{id}&_count=200"))
            .iter()
            .filter(|it| {
                it["active"] != false && it["deceasedDateTime"].is_null() && it["deceasedBoolean"] != true
            })
            .map(|it| text(&it["id"]))
            .collect();
        assert!(people.len() >= 5, "the station has people");
        let known = days_of(&nurse);
        let now = today();
        for year in [now.0, now.0 - 1, now.0 - 2] {
            let (all, sizes) = walk(&nurse, &format!("{path}?year={year}&_count=3"));
            assert!(sizes.iter().all(|size| *size <= 3), "{sizes:?}");
            let mut states: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
            let mut shown = BTreeSet::new();
            for entry in &all {
                let id = text(&entry["resource"]["id"]);
                let born: i32 = text(&entry["resource"]["birthDate"])[..4].parse().unwrap();
                assert!(born <= year, "{year}: nobody who was born later");
                assert!(shown.insert(id.clone()), "{id} comes once");
                let (state, due) = judged(year, now, known.get(&id).unwrap_or(&BTreeSet::new()));
                assert_eq!(part(entry, "state"), state, "{year} {id}");
                assert_eq!(part(entry, "due"), written(due), "{year} {id}");
                assert_eq!((part(entry, "rule"), part(entry, "year")), (RULE.into(), year.into()));
                let last = known.get(&id).and_then(|days| days.iter().rfind(|it| it.0 <= year));
                assert_eq!(part(entry, "lastDate"), last.map_or(Value::Null, |it| written(*it).into()));
                if last.is_some() {
                    assert!(text(&part(entry, "last")["reference"]).starts_with("Composition/"));
                    assert!(["1", "2", "3", "4", "5"].contains(&part(entry, "class").as_str().unwrap()));
                }
                states.entry(state).or_default().insert(id);
            }
            if year == now.0 {
                assert_eq!(shown, people);
            }
            for state in ["due", "done", "overdue"] {
                for count in [1, 100] {
                    let (found, _) =
                        walk(&nurse, &format!("{path}?year={year}&status={state}&_count={count}"));
                    let found: BTreeSet<String> =
                        found.iter().map(|it| text(&it["resource"]["id"])).collect();
                    assert_eq!(found, states.get(state).cloned().unwrap_or_default(), "{year} {state}");
                }
            }
        }
        // A registrar reads visits and no documents: the same days, no class.
        let registrar = staff(&demo, &code, "registrar", "TREAT");
        for entry in walk(&registrar, &path).0 {
            let id = text(&entry["resource"]["id"]);
            let (state, _) = judged(now.0, now, known.get(&id).unwrap_or(&BTreeSet::new()));
            assert_eq!((part(&entry, "state"), part(&entry, "class")), (state.into(), Value::Null), "{id}");
        }
    }
}

#[test]
fn what_is_written_withdrawn_or_closed_counts_at_once() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (code, id) = station(&demo);
        let (nurse, physician) =
            (staff(&demo, &code, "nurse", "TREAT"), staff(&demo, &code, "physician", "TREAT"));
        let path = format!("/fhir/Organization/{id}/$check-up-due?_count=100");
        let state = |patient: &str| {
            let (all, _) = walk(&nurse, &path);
            let entry = all.into_iter().find(|it| text(&it["resource"]["id"]) == patient);
            entry.map(|entry| (text(&part(&entry, "state")), text(&part(&entry, "due"))))
        };
        let years = today().0;
        let is_free = |index: &usize| {
            state(demo.citizen(*index).1)
                .is_some_and(|(state, due)| state == "due" && due == format!("{years}-12-31"))
        };
        let index = (0..30).find(is_free).expect("somebody without a check-up");
        let patient = demo.citizen(index).1;
        let write = |date: &str, status: &str| {
            let sent = document(patient, &id, date, status);
            text(&body(&physician.send("POST", "/fhir/Composition", &sent).expect_status(201))["id"])
        };
        let before = format!("{}-01-01", years - 1);
        write(&before, "final");
        assert_eq!(state(patient), Some(("overdue".into(), format!("{years}-01-01"))), "from 2 January on");
        write(&format!("{years}-01-01"), "preliminary");
        assert_eq!(state(patient).unwrap().0, "overdue", "what is not final is no check-up");
        let now = write(&format!("{years}-01-01"), "final");
        assert_eq!(state(patient), Some(("done".into(), format!("{}-01-01", years + 1))));
        let mut mistake = physician.read(&format!("/fhir/Composition/{now}"));
        mistake["status"] = "entered-in-error".into();
        let _ = physician
            .send("PUT", &format!("/fhir/Composition/{now}"), &mistake.to_string())
            .expect_status(200);
        assert_eq!(state(patient).unwrap().0, "overdue");
        let _ = write(&format!("{years}-01-02"), "final");
        assert_eq!(state(patient).unwrap().0, "done");

        // What is closed is not there: the person as without it, then the person.
        let citizen = demo.as_citizen(index);
        let others: Vec<Value> =
            walk(&nurse, &path).0.into_iter().filter(|it| it["resource"]["id"] != patient).collect();
        let closed = done(&citizen, "blocks", &json!({"facility": code, "types": ["Composition"]}), 201);
        assert_eq!(state(patient), Some(("due".into(), format!("{years}-12-31"))));
        let _ =
            citizen.send("DELETE", &format!("/access/blocks/{}", text(&closed["id"])), "").expect_status(204);
        assert_eq!(state(patient).unwrap().0, "done");
        done(&citizen, "blocks", &json!({"facility": code}), 201);
        assert_eq!(state(patient), None);
        assert_eq!(walk(&nurse, &path).0, others, "and nothing else changes");
    }
}

#[test]
fn nobody_else_may_ask_and_nothing_can_be_told_apart() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (code, id) = station(&demo);
        let path = format!("/fhir/Organization/{id}/$check-up-due");
        for role in ["registrar", "nurse", "physician", "station-head"] {
            let _ = staff(&demo, &code, role, "TREAT").get(&path).expect_status(200);
        }
        let nurse = staff(&demo, &code, "nurse", "TREAT");
        for role in ["pharmacist", "laboratory", "facility-officer"] {
            expect_refusal(role, &staff(&demo, &code, role, "TREAT").get(&path), 403);
        }
        expect_refusal("purpose", &staff(&demo, &code, "nurse", "HOPERAT").get(&path), 403);
        expect_refusal("citizen", &demo.as_citizen(0).get(&path), 403);
        expect_refusal("system", &demo.as_client().get(&path), 403);
        expect_refusal("nobody", &demo.server().client().get(&path), 401);
        let other = text(&demo.description["clients"][0]["facility"]);
        let stranger = staff(&demo, &other, "nurse", "TREAT");
        let there = expect_refusal("another facility", &stranger.get(&path), 403);
        let missing =
            expect_refusal("no facility", &stranger.get("/fhir/Organization/none/$check-up-due"), 403);
        assert_eq!(there["issue"], missing["issue"]);
        // A link is of who got it.
        let next = path_of(&link(&nurse.read(&format!("{path}?_count=1")), "next").expect("more"));
        let _ = nurse.get(&next).expect_status(200);
        for role in ["physician", "registrar"] {
            expect_refusal(role, &staff(&demo, &code, role, "TREAT").get(&next), 400);
        }
        let next_year = today().0 + 1;
        for wrong in [
            format!("year={next_year}"),
            "year=1899".to_owned(),
            "year=x".to_owned(),
            "year=99999999999999".to_owned(),
            "status=late".to_owned(),
            "people=all".to_owned(),
            "_count=many".to_owned(),
            "_page=x".to_owned(),
            "patient=1".to_owned(),
        ] {
            expect_refusal(&wrong, &nurse.get(&format!("{path}?{wrong}")), 400);
        }
        assert_eq!(entries(&nurse.read(&format!("{path}?_count=0"))).len(), 1, "at least one");
        let posted =
            json!({"resourceType": "Parameters", "parameter": [{"name": "status", "valueCode": "done"}]});
        let posted = body(&nurse.send("POST", &path, &posted.to_string()).expect_status(200));
        assert_eq!(entries(&posted), entries(&nurse.read(&format!("{path}?status=done"))));
    }
}

#[test]
fn who_is_shown_stands_in_the_log_and_who_is_only_judged_does_not() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (code, id) = station(&demo);
        let nurse = staff(&demo, &code, "nurse", "TREAT");
        let path = format!("/fhir/Organization/{id}/$check-up-due");
        let shown: BTreeSet<String> = walk(&nurse, &format!("{path}?status=done"))
            .0
            .iter()
            .map(|it| format!("Patient/{}", text(&it["resource"]["id"])))
            .collect();
        assert!(!shown.is_empty(), "somebody is done");
        let other = staff(&demo, &text(&demo.description["clients"][0]["facility"]), "nurse", "TREAT");
        expect_refusal("another facility", &other.get(&path), 403);
        signed(&demo);
        let log = whole_log(&demo);
        let place = format!("Organization/{id}/$check-up-due");
        let of_it = || log.iter().filter(|entry| entry.query.to_string().starts_with(&place));
        let logged: BTreeSet<String> =
            of_it().map(|entry| entry.patient.to_string()).filter(|it| !it.is_empty()).collect();
        assert_eq!(logged, shown);
        assert!(
            of_it().any(|entry| entry.query.to_string() == format!("{place}?status")),
            "no value is told"
        );
    }
}
