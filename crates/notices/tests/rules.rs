//! The rules of `docs/notices.md`, section 2, as a table: an access, what is known, what is told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

use audit_log::{Action, Entry, Outcome};
use fhir::Instant;
use healthbook_notices::{
    AccessRule, Facts, Observer, PersonalName, RuleSettings, Seen, judge, message_of, texts,
};

const DAY: &str = "2026-11-28T10:00:00+07:00";
const NIGHT: &str = "2026-11-28T23:30:00+07:00";

fn at(text: &str) -> Instant {
    Instant::try_from(text).unwrap()
}

fn entry(role: &str, time: &str) -> Entry<'static> {
    Entry {
        time: at(time),
        action: Action::Read,
        agent: "Practitioner/a".into(),
        agent_name: "Trần Minh An".into(),
        role: role.to_owned().into(),
        organization: "Organization/o".into(),
        organization_name: "Trạm Y tế".into(),
        patient: "Patient/p".into(),
        resource: "Patient/p".into(),
        purpose: "TREAT".into(),
        shown: 1,
        ..Entry::default()
    }
}

fn look(entry: &Entry<'_>) -> Option<Seen> {
    Observer::new(RuleSettings::default()).look(7, entry, at("2026-11-29T12:00:00+07:00"))
}

fn known() -> Facts {
    Facts { is_known_facility: true, ..Facts::default() }
}

fn name(family: &str, middle: &str) -> Option<PersonalName> {
    let (family, middle) = (family.to_owned(), middle.to_owned());
    Some(PersonalName { family, middle, ward: String::new() })
}

fn rules(entry: &Entry<'_>, facts: &Facts) -> Vec<AccessRule> {
    look(entry).map(|seen| judge(&seen, facts)).unwrap_or_default().iter().map(|hint| hint.rule).collect()
}

#[test]
fn each_rule_speaks_where_the_table_says_so_and_nowhere_else() {
    let family = Facts { reader: name("Đặng", "Minh"), citizen: name("Đặng", "Minh"), ..known() };
    let strangers =
        Facts { reader: name("Nguyễn", "Thị"), citizen: name("Nguyễn", "Thị"), ..known() };
    let colleague = Facts { is_colleague: true, ..known() };
    let visit = Facts { is_visit_in_progress: true, ..known() };
    let new = Facts::default();
    use AccessRule::{Colleague, NewFacility, Night, SameFamily};
    for (name, role, time, facts, expected) in [
        ("new", "physician", DAY, &new, vec![NewFacility]),
        ("a system that is new", "system", DAY, &new, vec![NewFacility]),
        ("known", "physician", DAY, &known(), vec![]),
        ("family", "physician", DAY, &family, vec![SameFamily]),
        ("a system has no family", "system", DAY, &family, vec![]),
        ("strangers", "physician", DAY, &strangers, vec![]),
        ("colleague", "nurse", DAY, &colleague, vec![Colleague]),
        ("night", "registrar", NIGHT, &known(), vec![Night]),
        ("night before six", "station-head", "2026-11-29T05:59:00+07:00", &known(), vec![Night]),
        ("night in a session of the citizen", "assisted", NIGHT, &known(), vec![Night]),
        ("morning", "registrar", "2026-11-29T06:00:00+07:00", &known(), vec![]),
        ("night with a visit", "registrar", NIGHT, &visit, vec![]),
        ("who works at night", "physician", NIGHT, &known(), vec![]),
        ("day", "registrar", DAY, &known(), vec![]),
    ] {
        assert_eq!(rules(&entry(role, time), facts), expected, "{name}");
    }
}

#[test]
fn what_is_not_looked_at_is_never_told() {
    let new = Facts::default();
    let base = || entry("physician", DAY);
    for (name, entry) in [
        ("refused", Entry { outcome: Outcome::Refused, ..base() }),
        ("failed", Entry { outcome: Outcome::Failed, ..base() }),
        ("a citizen", Entry { organization: "".into(), role: "citizen".into(), ..base() }),
        ("named, not shown", Entry { action: Action::Search, shown: 0, ..base() }),
        ("nobody's", Entry { patient: "".into(), ..base() }),
        ("signing in", Entry { action: Action::SignIn, ..base() }),
        ("background work", Entry { action: Action::Background, ..base() }),
        ("eight days ago", Entry { time: at("2026-11-21T11:00:00+07:00"), ..base() }),
    ] {
        assert_eq!(rules(&entry, &new), [], "{name}");
    }
}

#[test]
fn who_makes_a_book_or_opens_it_in_an_emergency_is_no_new_facility() {
    let new = Facts::default();
    let made = Entry { action: Action::Create, ..entry("registrar", DAY) };
    assert_eq!(rules(&made, &new), []);
    let emergency = Entry { purpose: "BTG".into(), ..entry("physician", DAY) };
    assert_eq!(rules(&emergency, &new), []);
    let written =
        Entry { action: Action::Create, resource: "Observation/x".into(), ..entry("physician", DAY) };
    assert_eq!(rules(&written, &new), [AccessRule::NewFacility]);
}

#[test]
fn many_books_tells_everybody_whose_book_was_among_them() {
    let settings = RuleSettings { many_books: 3, ..RuleSettings::default() };
    let mut observer = Observer::new(settings);
    let mut told = Vec::new();
    for (place, patient) in (10..).zip(["a", "b", "a", "c", "d", "e"]) {
        let entry = Entry { patient: format!("Patient/{patient}").into(), ..entry("physician", DAY) };
        let seen = observer.look(place, &entry, at(DAY)).unwrap();
        for hint in judge(&seen, &known()) {
            assert_eq!(hint.rule, AccessRule::ManyBooks);
            told.push((place, hint.patient, hint.positions, hint.once));
        }
    }
    let of = |at: u64| -> Vec<(&str, u64)> {
        told.iter()
            .filter(|(place, ..)| *place == at)
            .map(|(_, book, from, _)| (book.as_str(), from[0]))
            .collect()
    };
    assert_eq!(of(13), [], "three books may be");
    assert_eq!(of(14), [("Patient/b", 11), ("Patient/a", 12), ("Patient/c", 13), ("Patient/d", 14)]);
    assert!(of(15).contains(&("Patient/e", 15)));
    // Told again it would be the same notice.
    let of_book: Vec<&String> =
        told.iter().filter(|(_, book, ..)| book == "Patient/d").map(|it| &it.3).collect();
    assert!(of_book.len() > 1 && of_book.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_facilitys_system_never_reads_too_many_books_and_neither_do_writes_count() {
    let settings = RuleSettings { many_books: 1, ..RuleSettings::default() };
    for (role, action) in [("system", Action::Read), ("physician", Action::Create)] {
        let mut observer = Observer::new(settings.clone());
        for (place, patient) in (0..).zip(["a", "b", "c"]) {
            let patient = format!("Patient/{patient}").into();
            let entry = Entry { patient, action, resource: "Observation/x".into(), ..entry(role, DAY) };
            assert_eq!(observer.look(place, &entry, at(DAY)).unwrap().burst, None);
        }
    }
}

#[test]
fn what_is_told_once_in_a_while_is_named_alike_in_that_while_only() {
    let once = |time: &str, role: &str, facts: &Facts, rule: AccessRule| {
        let seen = Observer::new(RuleSettings::default()).look(1, &entry(role, time), at(time)).unwrap();
        judge(&seen, facts).into_iter().find(|hint| hint.rule == rule).unwrap().once
    };
    let colleague = Facts { is_colleague: true, ..known() };
    let month = |time| once(time, "nurse", &colleague, AccessRule::Colleague);
    assert_eq!(month("2026-11-01T00:00:00+07:00"), month("2026-11-30T23:00:00+07:00"));
    assert_ne!(month("2026-11-30T23:00:00+07:00"), month("2026-12-01T00:00:00+07:00"));
    let night = |time| once(time, "registrar", &known(), AccessRule::Night);
    assert_eq!(night("2026-11-28T23:00:00+07:00"), night("2026-11-29T05:00:00+07:00"));
    assert_ne!(night("2026-11-29T05:00:00+07:00"), night("2026-11-29T23:00:00+07:00"));
    let new = |time| once(time, "nurse", &Facts::default(), AccessRule::NewFacility);
    assert_eq!(new("2026-11-01T00:00:00+07:00"), new("2027-11-01T00:00:00+07:00"));
}

#[test]
fn a_text_says_who_where_and_when_in_both_languages() {
    let settings = RuleSettings::default();
    let seen = look(&entry("physician", DAY)).unwrap();
    for rule in AccessRule::ALL {
        assert_eq!(AccessRule::from_code(rule.code()), Some(rule));
        let told = texts(rule, &seen, ("bác sĩ", "physician"), seen.at, &settings);
        for (text, at, role) in [
            (&told.vietnamese, "28/11/2026 10:00", "(bác sĩ, "),
            (&told.english, "28 November 2026, 10:00", "(physician, "),
        ] {
            assert!(text.contains("Trạm Y tế") && text.contains(at), "{text}");
            assert_eq!(text.contains(role), rule != AccessRule::NewFacility, "{text}");
            let names = rule != AccessRule::NewFacility;
            assert_eq!(text.contains("Trần Minh An"), names, "{text}");
        }
        assert_ne!(told.vietnamese, told.english);
    }
}

#[test]
fn who_has_no_name_is_told_by_the_role() {
    let settings = RuleSettings::default();
    let seen = Seen { agent_name: String::new(), ..look(&entry("physician", DAY)).unwrap() };
    let told = texts(AccessRule::Night, &seen, ("bác sĩ", "physician"), seen.at, &settings);
    assert!(told.vietnamese.starts_with("Bác sĩ (Trạm Y tế"), "{}", told.vietnamese);
    assert!(told.english.starts_with("Physician (Trạm Y tế"), "{}", told.english);
}

#[test]
fn a_message_is_what_the_server_has_written_new() {
    let written = || Entry {
        action: Action::Create,
        agent: "server".into(),
        resource: "Communication/c".into(),
        version: "1".into(),
        authority: "everything".into(),
        ..Entry::default()
    };
    assert_eq!(message_of(&written()), Some("c"));
    let by_act = Entry { agent: "Practitioner/a".into(), action: Action::Update, ..written() };
    assert_eq!(message_of(&by_act), Some("c"), "an act of somebody, written by the server");
    assert_eq!(message_of(&Entry { action: Action::Background, ..written() }), Some("c"));
    for other in [
        Entry { authority: "citizen/own".into(), ..written() },
        Entry { agent: "unrestricted".into(), ..written() },
        Entry { version: "2".into(), ..written() },
        Entry { action: Action::Read, ..written() },
        Entry { action: Action::Delete, ..written() },
        Entry { outcome: Outcome::Refused, ..written() },
        Entry { resource: "Consent/c".into(), ..written() },
    ] {
        assert_eq!(message_of(&other), None, "{other:?}");
    }
}
