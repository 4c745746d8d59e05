//! The walk over every cell, and what comes out of it.

use std::fmt;

use fhir::ResourceType;
use healthbook_access::{Authority, Interaction, Labels, Policy, Purpose};

use crate::lines::{Decision, policy_labels};
use crate::model::{Cell, may, shelf};
use crate::words::{AGES, Names, Said, Who};

/// One column of labels: none, one that the policy knows, or `UNKNOWN`; given by the own facility or by another.
pub struct Mark {
    /// As the model has it.
    pub names: Names,
    /// As the policy has it.
    pub labels: Labels,
    /// Whether the own facility gave it.
    pub own: bool,
}

/// All columns of labels.
pub fn marks(policy: &Policy) -> Vec<Mark> {
    let labels = |names| policy_labels(policy, names);
    let one = |names, own| Mark { names, labels: labels(names), own };
    let mut marks = vec![one(Names::NONE, false)];
    for own in [false, true] {
        marks.push(one(Names::UNKNOWN, own));
        for label in policy.document().labels().iter() {
            let names =
                Names::of(&label.code).unwrap_or_else(|| panic!("the model does not know {}", label.code));
            marks.push(one(names, own));
        }
    }
    marks
}

/// The ages that matter to somebody.
pub fn ages(who: Who) -> &'static [u8] {
    if who == Who::Guardian { &AGES } else { &[0] }
}

/// How many cells there were.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub cells: u64,
    /// Those for which no line and no word says anything: both sides forbid them without looking at labels.
    pub silent: u64,
    /// Those that the policy permits.
    pub open: u64,
}

/// A cell that differs.
pub struct Difference {
    /// Which.
    pub cell: Cell,
    /// What the policy says; the model says the contrary.
    pub permitted: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell { who, interaction, authority, purpose, kind, label, own, said, age } = self.cell;
        let says = if self.permitted {
            "the policy permits, the words forbid"
        } else {
            "the words permit, the policy forbids"
        };
        let label = label.name();
        let whose = if own { " of the own facility" } else { "" };
        let (interaction, purpose, authority) = (interaction.code(), purpose.code(), authority.code());
        write!(
            formatter,
            "{says}: {who:?} {interaction} {kind} for {purpose} by {authority}, label {label}{whose}, "
        )?;
        write!(formatter, "the citizen said {said:?}, child of {age}")
    }
}

/// Walks all cells and hands over each that differs.
pub fn walk(policy: &Policy, mut differs: impl FnMut(Difference)) -> Counts {
    let marks = marks(policy);
    let mut counts = Counts::default();
    for who in Who::all() {
        let ages = ages(who);
        let each = (marks.len() * Said::ALL.len() * ages.len()) as u64;
        for interaction in Interaction::ALL {
            for purpose in Purpose::ALL {
                for kind in ResourceType::all() {
                    let decision = Decision::new(policy, who, interaction, purpose, kind);
                    for authority in Authority::ALL {
                        counts.cells += each;
                        let lines = decision.as_ref().is_some_and(|decision| decision.is_about(authority));
                        let words = |authority| shelf(who, interaction, authority, purpose, kind).is_some();
                        if !lines && !words(authority) && !words(Authority::Consent) {
                            counts.silent += each;
                            continue;
                        }
                        for mark in &marks {
                            for said in Said::ALL {
                                for age in ages.iter().copied() {
                                    let Mark { names: label, labels, own } = *mark;
                                    let cell = Cell {
                                        who,
                                        interaction,
                                        authority,
                                        purpose,
                                        kind,
                                        label,
                                        own,
                                        said,
                                        age,
                                    };
                                    let permitted = decision
                                        .as_ref()
                                        .is_some_and(|decision| decision.permits(policy, &cell, labels));
                                    counts.open += u64::from(permitted);
                                    if permitted != may(&cell) {
                                        differs(Difference { cell, permitted });
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    counts
}
