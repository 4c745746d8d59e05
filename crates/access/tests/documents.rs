//! Texts of policies: what is refused and where, and that a rule that forbids never opens anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken premise of a test fails the test"
)]

use fhir::ResourceType;
use healthbook_access::{
    Action, Agreement, Authority, Case, Labels, Policy, PolicyError, Purpose, Role, StaffRole,
};
use proptest::prelude::*;

fn text() -> String {
    Policy::built_in().document().text().to_owned()
}

fn error(text: &str) -> String {
    Policy::from_text(text).unwrap_err().to_string()
}

#[test]
fn the_text_of_a_policy_makes_the_same_policy() {
    let policy = Policy::built_in();
    let again = Policy::from_text(&text()).unwrap();
    assert_eq!(again.matrix(), policy.matrix());
    let labels: Vec<(&str, i64)> =
        policy.document().labels().iter().map(|label| (label.code.as_str(), label.labels.bits())).collect();
    // Bits stand in databases.
    assert_eq!(labels[0], ("HIV", 1));
    assert_eq!(labels[3], ("PSY", 8));
    assert!(labels.contains(&("R", 1 << 60)) && labels.contains(&("RESTRICTED", 1 << 59)));
}

#[test]
fn facts_are_read_anew_when_and_only_when_they_would_differ() {
    let version = |from: &str, to: &str| {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text(), "{from}");
        Policy::from_text(&changed).unwrap().facts_version().to_owned()
    };
    let now = Policy::built_in().facts_version().to_owned();
    assert_eq!(Policy::from_text(&text()).unwrap().facts_version(), now);
    for (from, to) in [
        ("referral = \"30d\"", "referral = \"31d\""),
        ("Asia/Ho_Chi_Minh", "Asia/Tokyo"),
        ("\"B20-B24\"", "\"B20-B23\""),
        ("bit = 1\n", "bit = 20\n"),
        ("opens_labels = [\"PATRQT\", \"TREAT\"]", "opens_labels = [\"TREAT\"]"),
        ("harmless = [\"U\", ", "harmless = ["),
        ("\"http://loinc.org\"", "\"http://loinc.example\""),
        ("{ from = 0, closes = [\"DV\", ", "{ from = 0, closes = ["),
    ] {
        assert_ne!(version(from, to), now, "{from}");
    }
    for (from, to) in [
        ("version = \"2026-11-28\"", "version = \"2026-11-29\""),
        ("en = \"Mental health\"", "en = \"Mind\""),
        ("majority = 18", "majority = 19"),
        ("authorities = [\"emergency\"]", "authorities = [\"presence\"]"),
    ] {
        assert_eq!(version(from, to), now, "{from}");
    }
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let place = match Policy::from_text("version = \"1\"\ntime_zone = ").unwrap_err() {
        PolicyError::Syntax { line, .. } => line,
        PolicyError::Part { place, .. } => panic!("{place}"),
    };
    assert_eq!(place, 2);
    for (from, to, expected) in [
        ("roles = [\"nurse\"]", "roles = [\"nurze\"]", "rule treat/nurse/read: there is no role nurze"),
        ("\"@nursing\"", "\"@nurzing\"", "rule treat/nurse/write: there is no class nurzing"),
        (
            "types = [\"MedicationDispense\"]",
            "types = [\"Medicationx\"]",
            "rule treat/pharmacist/write: there is no resource type Medicationx",
        ),
        (
            "authorities = [\"emergency\"]",
            "authorities = [\"mood\"]",
            "rule emergency/physician: there is no authority mood",
        ),
        ("purposes = [\"BTG\"]", "purposes = [\"ABC\"]", "rule emergency/physician: there is no purpose ABC"),
        ("\"!ADOLESCENT\"", "\"!TEENAGER\"", "rule emergency/physician: there is no label TEENAGER"),
        (
            "element = \"category\"",
            "element = \"kategory\"",
            "rule citizen/own/write: Observation has no element kategory",
        ),
        (
            "id = \"treat/nurse/write\"",
            "id = \"treat/nurse/read\"",
            "rule treat/nurse/read: another rule has this id",
        ),
        ("bit = 1\n", "bit = 0\n", "label OST: another label has its code or bit"),
        ("bit = 1\n", "bit = 62\n", "label OST: a bit is a number from 0 to 61"),
        ("\"B20-B24\"", "\"B24-B20\"", "label HIV: B24-B20 is no beginning of codes"),
        ("of = \"loinc\"", "of = \"moinc\"", "label HIV: there are no systems moinc"),
        (
            "referral = \"30d\"",
            "referral = \"30 days\"",
            "clock referral: 30 days is no length of time: a number of hours or days, as 24h or 30d",
        ),
        (
            "referral = \"30d\"",
            "referral = \"0d\"",
            "clock referral: 0d is no length of time: a number of hours or days, as 24h or 30d",
        ),
        ("opens_labels = [\"PATRQT\"", "opens_labels = [\"X\"", "opens_labels: there is no purpose X"),
        ("[words.roles.nurse]", "[words.roles.nurze]", "words: there is no role nurze"),
        ("referral = \"30d\"\n", "", "clock referral: it is missing"),
        ("Asia/Ho_Chi_Minh", "Asia/Nowhere", "time_zone: Asia/Nowhere is no zone"),
        ("from = 13", "from = 5", "ages: the steps begin with 0, rise, and lie below the majority"),
        (
            "effect = \"forbid\"",
            "effect = \"forbid\"\nown_labels = [\"HIV\"]",
            "rule facility-officer/no-person: a rule that forbids has no content, filter or own labels",
        ),
    ] {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text(), "{from}");
        assert_eq!(error(&changed), expected);
    }
    let unknown = text().replacen("interactions = [\"read\"]", "interactions = [\"look\"]", 1);
    assert!(error(&unknown).starts_with("line "), "{}", error(&unknown));
    let extra = text().replacen("effect = \"forbid\"", "effect = \"forbid\"\nmood = 1", 1);
    assert!(error(&extra).contains("mood"));
}

fn cases() -> impl Strategy<Value = Case> {
    let types: Vec<ResourceType> = ResourceType::all().collect();
    let labels: Vec<Labels> = Policy::built_in()
        .document()
        .labels()
        .iter()
        .map(|label| label.labels)
        .chain([Labels::NONE, Labels::UNKNOWN])
        .collect();
    let who = (prop::sample::select(Role::ALL.to_vec()), prop::sample::select(Purpose::ALL.to_vec()));
    let what =
        (prop::sample::select(types), prop::sample::select(labels.clone()), prop::sample::select(labels));
    let how = (
        prop::sample::select(Action::ALL.to_vec()),
        prop::sample::select(Authority::ALL.to_vec()),
        prop::sample::select(Agreement::ALL.to_vec()),
    );
    (who, what, how, any::<bool>(), 0..20_u8).prop_map(
        |((role, purpose), (resource_type, one, other), (action, authority, agreement), own, age)| Case {
            role,
            purpose,
            action,
            authority,
            resource_type,
            labels: one | other,
            own,
            agreement,
            age,
        },
    )
}

fn some(names: Vec<&'static str>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(names), 1..4)
        .prop_map(|names| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))
}

fn forbids() -> impl Strategy<Value = String> {
    let roles = some(Role::ALL.map(Role::code).into_iter().chain(["*"]).collect());
    let purposes = some(Purpose::ALL.map(Purpose::code).into_iter().chain(["*"]).collect());
    let actions = some(vec!["read", "create", "update", "delete"]);
    let authorities = some(Authority::ALL.map(Authority::code).into_iter().chain(["*"]).collect());
    let types = some(vec!["*", "Patient", "Observation", "@clinical", "Encounter", "Condition", "@person"]);
    let labels = prop::option::of(some(vec!["*", "HIV", "PSY", "DV", "UNKNOWN"]));
    (roles, purposes, actions, authorities, types, labels).prop_map(
        |(roles, purposes, actions, authorities, types, labels)| {
            let labels = labels.map(|labels| format!("labels = [{labels}]\n")).unwrap_or_default();
            format!(
                "\n[[rule]]\nid = \"test\"\neffect = \"forbid\"\nroles = [{roles}]\npurposes = [{purposes}]\ninteractions = [{actions}]\nauthorities = [{authorities}]\ntypes = [{types}]\n{labels}"
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn a_rule_that_forbids_never_opens_anything(forbid in forbids(), cases in prop::collection::vec(cases(), 400)) {
        let (before, after) = (Policy::built_in(), Policy::from_text(&(text() + &forbid)).unwrap());
        for case in cases {
            prop_assert!(!after.verdict(&case).is_permit() || before.verdict(&case).is_permit(), "{:?}", case);
        }
    }

    #[test]
    fn no_text_breaks_the_reader(start in 0..4_000_usize, length in 0..40_usize, put in "\\PC{0,12}") {
        let mut changed = text();
        let (from, to) = (start.min(changed.len()), (start + length).min(changed.len()));
        if changed.is_char_boundary(from) && changed.is_char_boundary(to) {
            changed.replace_range(from..to, &put);
            let _ = Policy::from_text(&changed);
        }
    }
}

#[test]
fn what_is_forbidden_is_taken_out_and_nothing_else() {
    let forbid = "\n[[rule]]\nid = \"test\"\neffect = \"forbid\"\nroles = [\"physician\"]\npurposes = [\"*\"]\ninteractions = [\"read\"]\nauthorities = [\"referral\"]\ntypes = [\"Observation\"]\nlabels = [\"HIV\"]\n";
    let (before, after) = (Policy::built_in(), Policy::from_text(&(text() + forbid)).unwrap());
    let hiv = before.document().labels().label("HIV").unwrap().labels;
    let case = Case {
        role: Role::Staff(StaffRole::Physician),
        purpose: Purpose::Treatment,
        action: Action::Read,
        authority: Authority::Referral,
        resource_type: "Observation".parse().unwrap(),
        labels: hiv,
        own: true,
        agreement: Agreement::None,
        age: 0,
    };
    assert!(before.verdict(&case).is_permit() && !after.verdict(&case).is_permit());
    for kept in [
        Case { labels: Labels::NONE, ..case },
        Case { authority: Authority::Presence, ..case },
        Case { resource_type: "Condition".parse().unwrap(), ..case },
        Case { labels: before.document().labels().label("PSY").unwrap().labels, ..case },
    ] {
        assert!(after.verdict(&kept).is_permit(), "{kept:?}");
    }
}
