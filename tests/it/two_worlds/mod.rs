//! Two worlds: one with entries that a caller may not see, one in which nobody ever wrote them. Whoever asks, and
//! whatever is asked, both must answer the same, or the answer tells something of what is hidden.
//!
//! `HEALTHBOOK_QUERIES=20000 cargo test -p healthbook-tests --test it -- two_worlds` asks so many queries for each kind
//! of caller on each database; without it some hundreds are asked. `HEALTHBOOK_SEED` makes other worlds and queries.
//! A failure shows seed, number and text of the query, made as small as it goes.
//!
//! What docs/access.md says of what is visible is read by a model of its own (`model`, `callers`), and the second world
//! is derived from that (`other_world`). That a leak would be found is tested, too (`proof`): the second world lacks
//! something that is seen, as if it were hidden and leaked.

mod asking;
mod bodies;
mod callers;
mod compare;
mod dice;
mod model;
mod other_world;
mod pair;
mod parameters;
mod population;
mod proof;
mod query;
mod trial;
mod world;
mod writing;

use callers::Kind;
use test_support::TestDatabase;
use trial::{queries, seed};
use world::World;

/// Queries for each kind of caller in a short run.
const SHORT: usize = 150;

/// Asks as this kind of caller on each database.
fn nothing_tells(kind: Kind) {
    let place = Kind::ALL.iter().position(|one| *one == kind).unwrap();
    let databases = TestDatabase::each();
    // In short runs one database for each kind: half of them here, half there.
    let short = queries().is_none();
    let count = databases.len();
    for (index, database) in databases.into_iter().enumerate() {
        if short && count > 1 && index != place % count {
            continue;
        }
        let empty = World::shared_empty(database);
        trial::nothing_tells(kind, seed() + place as u64, &empty, queries().unwrap_or(SHORT));
    }
}

macro_rules! nobody_learns {
    ($($name:ident: $kind:ident,)*) => {
        $(#[test]
        fn $name() {
            nothing_tells(Kind::$kind);
        })*
    };
}

nobody_learns! {
    a_citizen_learns_nothing: Citizen,
    a_delegate_learns_nothing: Delegate,
    a_guardian_learns_nothing: Guardian,
    a_physician_learns_nothing: Physician,
    a_physician_in_an_emergency_learns_nothing: Emergency,
    a_nurse_learns_nothing: Nurse,
    a_pharmacist_learns_nothing: Pharmacist,
    a_laboratory_learns_nothing: Laboratory,
    a_registrar_learns_nothing: Registrar,
    a_facility_officer_learns_nothing: FacilityOfficer,
    a_system_with_narrow_scopes_learns_nothing: NarrowSystem,
    an_auditor_learns_nothing: Auditor,
    an_app_for_one_patient_learns_nothing: Launched,
}
