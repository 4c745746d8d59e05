//! SMART scopes (SMART App Launch 2.2, "Scopes and Launch Context"): text, algebra, and every cell against an oracle.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken premise of a test fails the test"
)]

use fhir::{Instant, LogicalId, ResourceType};
use healthbook_access::{
    Actor, Assistant, Caller, Denied, Identity, Interaction, Policy, Reach, ScopeError, Scopes, StaffRole,
};
use proptest::prelude::*;

fn id(text: &str) -> LogicalId {
    LogicalId::try_from(text).unwrap()
}

fn of(name: &str) -> ResourceType {
    name.parse().unwrap()
}

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap().0
}

fn staff(role: StaffRole) -> Actor {
    Actor::Facility { code: "99001".to_owned(), organization: id("99001"), role }
}

#[test]
fn a_scope_is_read_and_written_canonically() {
    for (text, canonical) in [
        ("patient/*.read", "patient/*.rs"),
        ("user/Observation.write", "user/Observation.cud"),
        ("system/*.*", "system/*.cruds"),
        ("user/Patient.cruds", "user/Patient.cruds"),
        (
            "patient/Observation.rs?category=laboratory&code=a|b",
            "patient/Observation.rs?category=laboratory&code=a|b",
        ),
        ("user/Patient.r  user/Observation.s user/Patient.r", "user/Observation.s user/Patient.r"),
    ] {
        assert_eq!(scopes(text).to_string(), canonical);
        assert_eq!(scopes(canonical).to_string(), canonical);
    }
    let (resources, others) =
        Scopes::parse("openid fhirUser launch/patient offline_access patient/*.rs openid").unwrap();
    assert_eq!(resources.resources.len(), 1);
    assert_eq!(others, ["openid", "fhirUser", "launch/patient", "offline_access"]);
}

#[test]
fn what_is_no_scope_is_refused() {
    for (text, error) in [
        ("patient/Nothing.rs", ScopeError::UnknownType),
        ("patient/observation.rs", ScopeError::UnknownType),
        ("patient/Observation.sr", ScopeError::Interactions),
        ("patient/Observation.rr", ScopeError::Interactions),
        ("patient/Observation.", ScopeError::Interactions),
        ("patient/Observation", ScopeError::Interactions),
        ("patient/Observation.rx", ScopeError::Interactions),
        ("patient/Observation.rs?", ScopeError::Filter),
        ("patient/Observation.rs?category", ScopeError::Filter),
        ("patient/Observation.rs?category=", ScopeError::Filter),
        ("patient/Observation.cruds?category=laboratory", ScopeError::FilteredWrite),
    ] {
        assert_eq!(Scopes::parse(text), Err(error), "{text}");
    }
    assert_eq!(Scopes::parse(&"a ".repeat(300)), Err(ScopeError::TooLong));
    assert_eq!(scopes("patient/*.rs user/*.rs").one_context(), Err(ScopeError::MixedContexts));
    assert_eq!(scopes("patient/*.rs system/*.rs").one_context(), Err(ScopeError::MixedContexts));
    assert_eq!(scopes("patient/*.rs patient/Observation.c").one_context(), Ok(()));
}

#[test]
fn a_client_gets_what_it_asked_for_and_is_allowed() {
    for (requested, allowed, granted) in [
        ("user/*.cruds", "user/Patient.rs user/Observation.cruds", "user/Observation.cruds user/Patient.rs"),
        ("user/Patient.cruds", "user/*.rs", "user/Patient.rs"),
        ("patient/*.rs", "user/*.rs", ""),
        (
            "user/Observation.rs",
            "user/Observation.rs?category=laboratory",
            "user/Observation.rs?category=laboratory",
        ),
        (
            "user/Observation.cruds",
            "user/Observation.rs?category=a user/Observation.c",
            "user/Observation.c user/Observation.rs?category=a",
        ),
        ("user/Observation.rs?a=1", "user/Observation.rs?b=2", "user/Observation.rs?a=1&b=2"),
        ("user/Patient.d", "user/Patient.rs", ""),
    ] {
        let narrowed = scopes(requested).narrow(&scopes(allowed));
        assert_eq!(narrowed.to_string(), granted);
    }
    assert!(scopes("user/Patient.r").is_within(&scopes("user/*.rs")));
    assert!(scopes("user/Patient.cr").is_within(&scopes("user/*.r user/Patient.c")));
    assert!(!scopes("user/*.r").is_within(&scopes("user/Patient.r")));
    assert!(!scopes("user/Patient.r").is_within(&scopes("user/Patient.r?a=b")));
    assert!(!scopes("user/Patient.r").is_within(&scopes("system/Patient.r")));
}

/// What the specification says, once more and apart: which letter an interaction needs.
fn needed(interaction: Interaction) -> &'static str {
    match interaction {
        Interaction::Read | Interaction::VersionRead | Interaction::History => "r",
        Interaction::Search | Interaction::TypeHistory => "s",
        Interaction::ReadOperation => "rs",
        Interaction::Create => "c",
        Interaction::Update => "u",
        Interaction::Delete => "d",
    }
}

#[test]
fn every_cell_of_context_letters_interaction_and_type_agrees_with_the_oracle() {
    let policy = Policy::built_in();
    let at = Instant::from_microseconds(1);
    let decide = |identity: &Identity, interaction, about| {
        let caller = Caller::Authenticated(identity.clone().into());
        policy.decide(&caller, interaction, about, at)
    };
    let mut cells = 0_u32;
    for (role, right) in [(StaffRole::System, "system"), (StaffRole::Physician, "user")] {
        let whole = Identity::new("somebody", staff(role));
        for context in ["patient", "user", "system"] {
            let counts = context == right || context == "patient";
            for mask in 1..32_u8 {
                let letters: String = "cruds"
                    .chars()
                    .enumerate()
                    .filter(|(bit, _)| mask & (1 << bit) != 0)
                    .map(|(_, letter)| letter)
                    .collect();
                for target in ["*", "Observation"] {
                    let scopes = scopes(&format!("{context}/{target}.{letters}"));
                    let identity = Identity { scopes, patient: Some(id("p1")), ..whole.clone() };
                    for interaction in Interaction::ALL {
                        for about in ResourceType::all() {
                            cells += 1;
                            let without = decide(&whole, interaction, Some(about));
                            let letter = letters.chars().any(|letter| needed(interaction).contains(letter));
                            let covered = counts && letter && (target == "*" || target == about.as_str());
                            let expected = match (without, covered) {
                                (Err(denied), _) => Err(denied),
                                (Ok(_), false) => Err(Denied::InsufficientScope),
                                (Ok(_), true) => Ok(context == "patient"),
                            };
                            let decided = decide(&identity, interaction, Some(about));
                            let found = decided.map(|access| access.within().is_some());
                            assert_eq!(
                                found, expected,
                                "{context}/{target}.{letters} {interaction:?} {about}"
                            );
                        }
                    }
                }
            }
        }
    }
    assert_eq!(cells, 2 * 3 * 31 * 2 * 9 * 146);
}

#[test]
fn what_is_seen_besides_is_cut_by_the_scopes() {
    let policy = Policy::built_in();
    let at = Instant::from_microseconds(1);
    let visible = |text: &str, interaction, about: Option<&str>| {
        let identity =
            Identity { scopes: scopes(text), ..Identity::new("somebody", staff(StaffRole::Physician)) };
        let caller = Caller::Authenticated(identity.into());
        let access = policy.decide(&caller, interaction, about.map(of), at).unwrap();
        let Reach::Lines(lines) = access.visible().clone() else { panic!("everything") };
        let names = ["Patient", "Observation", "Condition", "Encounter"];
        names.map(|name| lines.iter().any(|line| line.types.contains(of(name))))
    };
    let text = "user/Patient.r user/Observation.s user/Condition.c";
    // An include of a search may be read by either letter.
    assert_eq!(visible(text, Interaction::Search, Some("Observation")), [true, true, false, false]);
    assert_eq!(visible(text, Interaction::Read, Some("Patient")), [true, true, false, false]);
    // A search of the whole system is a search of each type.
    assert_eq!(visible(text, Interaction::Search, None), [false, true, false, false]);
    assert_eq!(
        visible("user/Condition.u", Interaction::Update, Some("Condition")),
        [false, false, true, false]
    );
    assert_eq!(visible("user/Condition.c", Interaction::Create, Some("Condition")), [false; 4]);
}

#[test]
fn restrictions_hold_for_their_letter_and_are_lifted_only_by_it() {
    let policy = Policy::built_in();
    let at = Instant::from_microseconds(1);
    let filters = |text: &str, interaction, about: &str, of_type: &str| {
        let identity =
            Identity { scopes: scopes(text), ..Identity::new("somebody", staff(StaffRole::Physician)) };
        let access =
            policy.decide(&Caller::Authenticated(identity.into()), interaction, Some(of(about)), at).unwrap();
        let filter = access.filters().iter().find(|filter| filter.types.contains(of(of_type)));
        filter.map(|filter| filter.any_of.join(" or "))
    };
    let two = "user/Observation.rs?category=a user/Observation.rs?category=b user/Patient.rs";
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        filters(two, Interaction::Search, "Observation", "Observation"),
        some("category=a or category=b")
    );
    assert_eq!(filters(two, Interaction::Search, "Patient", "Observation"), some("category=a or category=b"));
    assert_eq!(filters(two, Interaction::Search, "Patient", "Patient"), None);
    let lifted = "user/Observation.rs?category=a user/Observation.r";
    assert_eq!(filters(lifted, Interaction::Read, "Observation", "Observation"), None);
    assert_eq!(filters(lifted, Interaction::Search, "Observation", "Observation"), some("category=a"));
    let wild = "user/*.rs?category=a user/Patient.rs user/Condition.rs?code=b";
    assert_eq!(filters(wild, Interaction::Search, "Observation", "Observation"), some("category=a"));
    assert_eq!(filters(wild, Interaction::Search, "Observation", "Patient"), None);
    assert_eq!(filters(wild, Interaction::Search, "Observation", "Condition"), some("category=a or code=b"));
    // Whoever replaces what is restricted does not learn what the restriction hides.
    let update = "user/Observation.rs?category=a user/Observation.u";
    assert_eq!(filters(update, Interaction::Update, "Observation", "Observation"), some("category=a"));
    // A restriction of the policy stays.
    let identity = Identity {
        purpose: healthbook_access::Purpose::BreakTheGlass,
        scopes: scopes("user/Observation.rs?category=a"),
        ..Identity::new("somebody", staff(StaffRole::Physician))
    };
    let decided = policy.decide(
        &Caller::Authenticated(identity.into()),
        Interaction::Search,
        Some(of("Observation")),
        at,
    );
    let access = decided.unwrap();
    assert!(access.filters().iter().all(|filter| {
        filter.any_of.iter().all(|text| text.contains("code=http") && text.ends_with("&category=a"))
    }));
}

#[test]
fn a_scope_about_one_patient_needs_the_patient() {
    let identity = Identity {
        scopes: scopes("patient/*.rs"),
        ..Identity::new("somebody", Actor::Citizen { patient: id("p1") })
    };
    let decide = |identity: Identity| {
        let caller = Caller::Authenticated(identity.into());
        Policy::built_in().decide(
            &caller,
            Interaction::Search,
            Some(of("Patient")),
            Instant::from_microseconds(1),
        )
    };
    assert_eq!(decide(identity.clone()).unwrap_err(), Denied::InsufficientScope);
    let child = Identity { patient: Some(id("p2")), ..identity.clone() };
    let access = decide(child).unwrap();
    assert_eq!((access.within(), access.own()), (Some(&id("p2")), Some(&id("p1"))));
    // Beside it nothing wider counts, even if such a token was made by mistake.
    let mixed = Identity {
        scopes: scopes("patient/Observation.rs user/*.cruds"),
        patient: Some(id("p1")),
        ..identity
    };
    assert_eq!(decide(mixed).unwrap_err(), Denied::InsufficientScope);
}

#[test]
fn who_sits_there_instead_of_a_citizen_changes_no_decision() {
    let citizen = Identity {
        scopes: scopes("patient/*.rs"),
        patient: Some(id("p1")),
        ..Identity::new("somebody", Actor::Citizen { patient: id("p1") })
    };
    let assistant =
        Assistant { account: "a".to_owned(), practitioner: Some(id("d1")), organization: Some(id("99001")) };
    let assisted = Identity { assisted_by: Some(assistant), ..citizen.clone() };
    for interaction in Interaction::ALL {
        for kind in [None, Some(of("Patient")), Some(of("Consent")), Some(of("Organization"))] {
            let decide = |identity: &Identity| {
                let caller = Caller::Authenticated(identity.clone().into());
                let at = Instant::from_microseconds(1);
                format!("{:?}", Policy::built_in().decide(&caller, interaction, kind, at))
            };
            assert_eq!(decide(&assisted), decide(&citizen), "{interaction:?} {kind:?}");
        }
    }
}

fn any_scopes() -> impl Strategy<Value = Scopes> {
    let context = prop::sample::select(vec!["patient", "user", "system"]);
    let target = prop::sample::select(vec!["*", "Patient", "Observation", "Condition"]);
    let letters = prop::sample::select(vec!["r", "s", "rs", "cruds", "cud", "u", "read", "write", "*"]);
    let filter = prop::sample::select(vec!["", "", "", "?category=a", "?code=b"]);
    let scope = (context, target, letters, filter).prop_map(|(context, target, letters, filter)| {
        let text = format!("{context}/{target}.{letters}{filter}");
        Scopes::parse(&text).or_else(|_| Scopes::parse(&format!("{context}/{target}.{letters}"))).unwrap().0
    });
    prop::collection::vec(scope, 0..5)
        .prop_map(|all| Scopes { resources: all.into_iter().flat_map(|scopes| scopes.resources).collect() })
}

proptest! {
    #[test]
    fn narrowing_never_widens(requested in any_scopes(), allowed in any_scopes()) {
        let narrowed = requested.narrow(&allowed);
        // A restriction of both is within each, though not as it is written: without restrictions it can be compared.
        let plain = |scopes: &Scopes| Scopes {
            resources: scopes.resources.iter().map(|scope| healthbook_access::Scope { filter: None, ..scope.clone() }).collect(),
        };
        prop_assert!(plain(&narrowed).is_within(&plain(&requested)));
        prop_assert!(plain(&narrowed).is_within(&plain(&allowed)));
        for scope in narrowed.resources.iter().filter(|scope| scope.filter.is_none()) {
            let alone = Scopes { resources: vec![scope.clone()] };
            prop_assert!(alone.is_within(&requested) && alone.is_within(&allowed));
        }
        for role in [StaffRole::System, StaffRole::Physician] {
            let seen = |scopes: &Scopes| {
                let identity = Identity { scopes: scopes.clone(), patient: Some(id("p1")), ..Identity::new("somebody", staff(role)) };
                let caller = Caller::Authenticated(identity.into());
                let mut reached = Vec::new();
                for interaction in Interaction::ALL {
                    for name in ["Patient", "Observation", "Condition", "Encounter"] {
                        let decided = Policy::built_in().decide(&caller, interaction, Some(of(name)), Instant::from_microseconds(1));
                        reached.push(decided.is_ok());
                    }
                }
                reached
            };
            // What a token reaches with one context only: a mix of contexts makes no token.
            if allowed.one_context().is_ok() && requested.one_context().is_ok() {
                for (narrow, wide) in seen(&narrowed).into_iter().zip(seen(&allowed)) {
                    prop_assert!(!narrow || wide);
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,80}") {
        if let Ok((scopes, _)) = Scopes::parse(&text) {
            prop_assert_eq!(Scopes::parse(&scopes.to_string()).unwrap().0.to_string(), scopes.to_string());
        }
    }
}

/// Whoever writes by criteria learns what a search finds.
#[test]
fn a_conditional_write_needs_the_letter_of_searches_besides() {
    let policy = Policy::built_in();
    let at = Instant::from_microseconds(1);
    let ask = |text: &str, write| {
        let identity =
            Identity { scopes: scopes(text), ..Identity::new("somebody", staff(StaffRole::Physician)) };
        policy.decide_conditional(&Caller::Authenticated(identity.into()), write, of("Observation"), at)
    };
    for (write, letter) in
        [(Interaction::Create, "c"), (Interaction::Update, "u"), (Interaction::Delete, "d")]
    {
        // Letters stand in the order of `cruds`.
        let and_read = if letter == "c" { "cr".to_owned() } else { format!("r{letter}") };
        for letters in [letter.to_owned(), and_read, "rs".to_owned()] {
            let refused = ask(&format!("user/Observation.{letters}"), write).unwrap_err();
            assert_eq!(refused, Denied::InsufficientScope, "{letters} {write:?}");
        }
        let elsewhere = format!("user/Observation.{letter} user/Patient.s");
        assert_eq!(ask(&elsewhere, write).unwrap_err(), Denied::InsufficientScope);
        let access = ask(&format!("user/Observation.{letter}s"), write).unwrap();
        let Some(Reach::Lines(lines)) = access.writable() else { panic!("it writes") };
        assert!(!lines.is_empty() && lines.iter().all(|line| line.types.iter().eq([of("Observation")])));
        // As a write of its own it may write the same.
        let identity = Identity::new("somebody", staff(StaffRole::Physician));
        let caller = Caller::Authenticated(identity.into());
        let both = policy.decide_conditional(&caller, write, of("Observation"), at).unwrap();
        let alone = policy.decide_all(&caller, &[(write, of("Observation"))], at).unwrap();
        assert_eq!((both.writable(), both.visible()), (alone.writable(), alone.visible()));
        // In whatever order.
        let turned = [(Interaction::Search, of("Observation")), (write, of("Observation"))];
        assert_eq!(policy.decide_all(&caller, &turned, at).unwrap().writable(), alone.writable());
        let unlimited =
            policy.decide_conditional(&Caller::Unrestricted, write, of("Observation"), at).unwrap();
        assert!(unlimited.is_unlimited() && unlimited.may_write());
    }
    // What is found satisfies the restrictions of reads and of searches.
    let text = "user/Observation.r?category=laboratory user/Observation.s?code=a user/Observation.u";
    let access = ask(text, Interaction::Update).unwrap();
    let filter = access.filters().iter().find(|filter| filter.types.contains(of("Observation"))).unwrap();
    assert_eq!(filter.any_of, ["category=laboratory&code=a"]);
}
