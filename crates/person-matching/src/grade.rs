//! From the evidence to a grade: the odds, and the rules that odds cannot overrule.

use crate::field::{Evidence, Field, Outcome};
use crate::number::NumberKind;
use crate::numbers::NumberEvidence;
use crate::person::{Person, Query};

/// How sure it is that a record is the person of a query: the codes of FHIR's `match-grade`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Another person.
    CertainlyNot,
    /// Somebody has to look.
    Possible,
    /// Likely this person, not to be linked without a look.
    Probable,
    /// This person.
    Certain,
}

impl Grade {
    /// The code of `http://terminology.hl7.org/CodeSystem/match-grade`.
    pub fn code(self) -> &'static str {
        match self {
            Grade::CertainlyNot => "certainly-not",
            Grade::Possible => "possible",
            Grade::Probable => "probable",
            Grade::Certain => "certain",
        }
    }
}

/// A rule that held a grade down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Two verified numbers of one kind differ.
    NumbersConflict,
    /// The sex differs from that of a verified record.
    SexDiffers,
    /// The record tells of a death before the person was seen alive.
    DiedBefore,
    /// No number that the record has verified agrees.
    NoVerifiedNumber,
    /// A number of another kind differs.
    NumberDiffers,
    /// The names do not agree word for word.
    NamesDiffer,
    /// The given name bears no marks: a twin may be called by the same letters.
    MarksLost,
    /// The birth date does not agree.
    BirthDateDiffers,
    /// Another record has a number of the query as well.
    NumberShared,
    /// Another record fits as well: a twin, or somebody of the same name and birth date.
    OtherFitsAsWell,
}

impl Rule {
    /// The name of the rule in explanations.
    pub fn code(self) -> &'static str {
        match self {
            Rule::NumbersConflict => "numbers-conflict",
            Rule::SexDiffers => "sex-differs",
            Rule::DiedBefore => "died-before",
            Rule::NoVerifiedNumber => "no-verified-number",
            Rule::NumberDiffers => "number-differs",
            Rule::NamesDiffer => "names-differ",
            Rule::MarksLost => "marks-lost",
            Rule::BirthDateDiffers => "birth-date-differs",
            Rule::NumberShared => "number-shared",
            Rule::OtherFitsAsWell => "other-fits-as-well",
        }
    }
}

/// Least odds of each grade, in hundredths of a bit: a thousand to one, even, one to a thousand.
const CERTAIN: i32 = 1000;
const PROBABLE: i32 = 0;
const POSSIBLE: i32 = -1000;

/// A grade and the rules that held it down.
pub(crate) struct Ceiling {
    pub(crate) grade: Grade,
    pub(crate) rules: Vec<Rule>,
}

impl Ceiling {
    pub(crate) fn lower(&mut self, grade: Grade, rule: Rule) {
        if self.grade > grade || (self.grade == grade && grade != Grade::Certain) {
            self.grade = self.grade.min(grade);
            self.rules.push(rule);
        }
    }
}

/// The grade that the odds give.
pub(crate) fn by_odds(odds: i32) -> Grade {
    match odds {
        CERTAIN.. => Grade::Certain,
        PROBABLE.. => Grade::Probable,
        POSSIBLE.. => Grade::Possible,
        _ => Grade::CertainlyNot,
    }
}

/// The best grade that the rules allow, whatever the odds.
pub(crate) fn ceiling(query: &Query, record: &Person, numbers: &NumberEvidence, all: &[Evidence]) -> Ceiling {
    let mut ceiling = Ceiling { grade: Grade::Certain, rules: Vec::new() };
    let agreement = numbers.verified_agreement;
    let outcome = |field| all.iter().find(|one| one.field == field).map(|one| one.outcome);

    if numbers.verified_conflict {
        ceiling.lower(Grade::CertainlyNot, Rule::NumbersConflict);
    }
    if record.is_verified && outcome(Field::Sex) == Some(Outcome::Different) {
        let grade = match (agreement, query.person.is_verified) {
            // The register may have corrected the sex since the card was made.
            (Some(_), _) => Grade::Probable,
            (None, true) => Grade::CertainlyNot,
            (None, false) => Grade::Possible,
        };
        ceiling.lower(grade, Rule::SexDiffers);
    }
    if let (Some(death), Some(alive)) = (record.death, query.seen_alive)
        && death.date < alive
    {
        let grade = if death.is_verified { Grade::CertainlyNot } else { Grade::Probable };
        ceiling.lower(grade, Rule::DiedBefore);
    }
    // Brothers, sisters and twins agree in everything but this.
    if outcome(Field::Given) == Some(Outcome::Different) && agreement.is_none() {
        ceiling.lower(Grade::Possible, Rule::NamesDiffer);
    }

    if agreement.is_none() {
        ceiling.lower(Grade::Probable, Rule::NoVerifiedNumber);
    }
    let differs = |one: &&Evidence| one.field.is_identity_number() && one.outcome != Outcome::Same;
    if all.iter().any(|one| differs(&one)) {
        ceiling.lower(Grade::Probable, Rule::NumberDiffers);
    }
    let middle_agrees =
        matches!(outcome(Field::Middle), None | Some(Outcome::Same | Outcome::Unmarked | Outcome::Missing));
    let agrees = |field| matches!(outcome(field), Some(Outcome::Same | Outcome::Unmarked));
    if !(agrees(Field::Family) && agrees(Field::Given) && middle_agrees) {
        ceiling.lower(Grade::Probable, Rule::NamesDiffer);
    }
    // The twin An may be unknown here and show the papers of Ân. What is read from a chip is not mixed up.
    if outcome(Field::Given) == Some(Outcome::Unmarked) && !query.person.is_verified {
        ceiling.lower(Grade::Probable, Rule::MarksLost);
    }
    let date_agrees = match outcome(Field::BirthDate) {
        Some(Outcome::Same) => true,
        Some(Outcome::Swapped | Outcome::YearOnly | Outcome::OneSlip | Outcome::YearOff) => {
            agreement == Some(NumberKind::Citizen)
        }
        _ => false,
    };
    if !date_agrees {
        ceiling.lower(Grade::Probable, Rule::BirthDateDiffers);
    }
    if outcome(Field::Sex) == Some(Outcome::Different) {
        ceiling.lower(Grade::Probable, Rule::SexDiffers);
    }
    ceiling
}
