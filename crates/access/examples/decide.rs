//! What a decision costs: p50 and p99 over the kinds of callers. `cargo run --release -p healthbook-access --example
//! decide`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement by hand")]

use std::hint::black_box;
use std::time::Instant as Clock;

use fhir::{Instant, LogicalId, ResourceType};
use healthbook_access::{Actor, Caller, Identity, Interaction, OfficerRole, Policy, Scopes, StaffRole};

const ROUNDS: usize = 20_000;

fn main() {
    let policy = Policy::built_in();
    let id = |text: &str| LogicalId::try_from(text).unwrap();
    let staff = |role| Actor::Facility { code: "01001".to_owned(), organization: id("01001"), role };
    let scoped = |actor, scopes: &str| Identity {
        scopes: Scopes::parse(scopes).unwrap().0,
        patient: Some(id("p1")),
        ..Identity::new("somebody", actor)
    };
    let citizen = || Actor::Citizen { patient: id("p1") };
    let callers = [
        ("citizen", Identity::new("somebody", citizen())),
        ("citizen, patient/*.rs", scoped(citizen(), "patient/*.rs")),
        (
            "citizen, granular",
            scoped(
                citizen(),
                "patient/Patient.r patient/Observation.rs?category=laboratory patient/Condition.rs",
            ),
        ),
        ("physician", Identity::new("somebody", staff(StaffRole::Physician))),
        ("physician, 4 scopes", {
            let scopes = "user/Patient.rs user/Observation.cruds user/Condition.rs user/Encounter.rs";
            scoped(staff(StaffRole::Physician), scopes)
        }),
        ("system", Identity::new("somebody", staff(StaffRole::System))),
        ("auditor", Identity::new("somebody", Actor::Officer { role: OfficerRole::Auditor })),
    ];
    let about: Option<ResourceType> = "Observation".parse().ok();
    let at = Instant::now();
    for (name, identity) in callers {
        let caller = Caller::Authenticated(identity.into());
        for interaction in [Interaction::Search, Interaction::Create] {
            let mut times: Vec<u128> = (0..ROUNDS)
                .map(|_| {
                    let start = Clock::now();
                    let _ = black_box(policy.decide(black_box(&caller), interaction, about, at));
                    start.elapsed().as_nanos()
                })
                .collect();
            times.sort_unstable();
            let at = |part: usize| times.get(ROUNDS * part / 100).copied().unwrap_or_default();
            println!("{name:24} {:8} p50 {:6} ns   p99 {:6} ns", interaction.code(), at(50), at(99));
        }
    }
}
