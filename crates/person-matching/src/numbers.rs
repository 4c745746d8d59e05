//! How the numbers of two people compare: kind by kind, the best pair of each.

use crate::field::{Evidence, Field, Outcome};
use crate::number::{Number, NumberKind};
use crate::person::Person;
use crate::slip::is_one_slip;
use crate::weights::evidence;

/// What the numbers say.
#[derive(Default)]
pub(crate) struct NumberEvidence {
    pub(crate) evidence: Vec<Evidence>,
    /// A number that identifies agrees, and the record's is verified. The strongest kind comes first.
    pub(crate) verified_agreement: Option<NumberKind>,
    /// Two numbers of one kind differ, and both are verified.
    pub(crate) verified_conflict: bool,
}

pub(crate) fn compare(query: &Person, record: &Person) -> NumberEvidence {
    let mut found = NumberEvidence::default();
    for kind in [NumberKind::Citizen, NumberKind::OldIdentity, NumberKind::SocialInsurance, NumberKind::Phone]
    {
        let of_kind = |number: &&Number| number.kind() == kind;
        let mut best = None;
        let mut verified_pair = None;
        for one in query.compared_numbers().filter(of_kind) {
            for other in record.compared_numbers().filter(of_kind) {
                let outcome = compare_digits(one.digits(), other.digits());
                best = Some(best.map_or(outcome, |best: Outcome| best.min(outcome)));
                if one.is_verified() && other.is_verified() {
                    verified_pair = Some(verified_pair.map_or(outcome, |best: Outcome| best.min(outcome)));
                }
                let identifies = kind != NumberKind::Phone && outcome == Outcome::Same && other.is_verified();
                if identifies && found.verified_agreement.is_none() {
                    found.verified_agreement = Some(kind);
                }
            }
        }
        found.verified_conflict |=
            kind != NumberKind::Phone && verified_pair.is_some_and(|outcome| outcome != Outcome::Same);
        found.evidence.extend(best.map(|outcome| evidence(Field::of_number(kind), outcome)));
    }
    found
}

fn compare_digits(one: &str, other: &str) -> Outcome {
    if one == other {
        Outcome::Same
    } else if is_one_slip(one, other) {
        Outcome::OneSlip
    } else {
        Outcome::Different
    }
}
