//! What an `Access` says of a cell: points 1 to 3 of the first section of `docs/access.md`, done by hand.

use fhir::{Instant, LogicalId, ResourceType};
use healthbook_access::{
    Access, Actor, Authority, Caller, ContentLimit, Identity, Interaction, Labels, Line, Policy, Purpose,
    Reach, ScopeFilter,
};

use crate::model::Cell;
use crate::words::{Names, Said, Who};

/// Some moment: no cell depends on it.
pub fn moment() -> Instant {
    Instant::from_microseconds(1_800_000_000_000_000)
}

/// The facility of every caller who works at one.
pub fn facility() -> LogicalId {
    LogicalId::try_from("facility").expect("an id")
}

/// A caller of this kind, with the whole reach of it.
pub fn caller(who: Who, purpose: Purpose) -> Caller {
    let actor = match who {
        Who::Anonymous => return Caller::Anonymous,
        Who::Citizen | Who::Delegate | Who::Guardian => {
            Actor::Citizen { patient: LogicalId::try_from("citizen").expect("an id") }
        }
        Who::Staff(role) => Actor::Facility { code: "99001".to_owned(), organization: facility(), role },
        Who::Officer(role) => Actor::Officer { role },
    };
    Caller::Authenticated(std::sync::Arc::new(Identity { purpose, ..Identity::new("somebody", actor) }))
}

/// The labels of the policy for the labels of the model, the same way in both tables.
pub fn policy_labels(policy: &Policy, names: Names) -> Labels {
    let unknown = if Names::UNKNOWN.is_within(names) { Labels::UNKNOWN } else { Labels::NONE };
    policy
        .document()
        .labels()
        .iter()
        .filter(|label| Names::of(&label.code).is_some_and(|name| name.is_within(names)))
        .fold(unknown, |all, label| all | label.labels)
}

/// What one decision says of one type.
pub struct Decision {
    visible: Vec<Line>,
    writable: Option<Vec<Line>>,
    own_book: bool,
    grants: bool,
    /// Filters of the rules: which part of the type is open.
    pub filters: Vec<ScopeFilter>,
    /// Limits of the content of what is written.
    pub limits: Vec<ContentLimit>,
}

impl Decision {
    /// The decision for one type; `None` when the gate is shut.
    pub fn new(
        policy: &Policy,
        who: Who,
        interaction: Interaction,
        purpose: Purpose,
        kind: ResourceType,
    ) -> Option<Self> {
        let access = policy.decide(&caller(who, purpose), interaction, Some(kind), moment()).ok()?;
        Some(Self::of(&access, who, kind))
    }

    /// What one `Access` says of one type.
    pub fn of(access: &Access, who: Who, kind: ResourceType) -> Self {
        let of = |reach: &Reach| match reach {
            Reach::Everything => panic!("{who:?} has everything"),
            Reach::Lines(lines) => {
                lines.iter().filter(|line| line.types.contains(kind)).cloned().collect::<Vec<Line>>()
            }
        };
        Self {
            visible: of(access.visible()),
            writable: access.writable().map(of),
            own_book: access.own().is_some() && who == Who::Citizen,
            grants: access.grantee().is_some(),
            filters: access.filters().iter().filter(|filter| filter.types.contains(kind)).cloned().collect(),
            limits: access.contents().iter().filter(|limit| limit.resource_type == kind).cloned().collect(),
        }
    }

    /// Whether any line is about this right, or about a consent beside it.
    pub fn is_about(&self, authority: Authority) -> bool {
        let mut lines = self.visible.iter().chain(self.writable.iter().flatten());
        lines.any(|line| line.authority == authority || line.authority == Authority::Consent)
    }

    /// Whether the cell is permitted. `label` is the label of the cell as the policy keeps it.
    pub fn permits(&self, policy: &Policy, cell: &Cell, label: Labels) -> bool {
        if self.denied(cell) {
            return false;
        }
        // Labels that a grant opens are opened for reading only.
        let seen = self.covered(&self.visible, true, policy, cell, label);
        match (cell.interaction, &self.writable) {
            (Interaction::Create, Some(lines)) => self.covered(lines, false, policy, cell, label),
            (Interaction::Update | Interaction::Delete, Some(lines)) => {
                seen && self.covered(lines, false, policy, cell, label)
            }
            (Interaction::Create | Interaction::Update | Interaction::Delete, None) => false,
            (_, Some(_)) => panic!("{cell:?} reads and may write"),
            (_, None) => seen,
        }
    }

    fn denied(&self, cell: &Cell) -> bool {
        match cell.authority {
            Authority::Shared => false,
            Authority::Own if self.own_book => false,
            _ => match cell.said {
                Said::Nothing | Said::Permit => false,
                Said::Denial => cell.purpose != Purpose::BreakTheGlass,
                Said::DenialInEmergency => true,
            },
        }
    }

    fn covered(&self, lines: &[Line], reads: bool, policy: &Policy, cell: &Cell, label: Labels) -> bool {
        // A consent names labels of the policy: neither the shield nor what the policy does not know.
        let named = label.without(Labels::UNKNOWN).without(policy.document().labels().shield());
        let opens = cell.said == Said::Permit && policy.document().opens_labels(cell.purpose);
        let permitted = if opens { named } else { Labels::NONE };
        let authority = cell.authority;
        let holds = match authority {
            Authority::Shared => Some(Labels::NONE),
            Authority::Own => self.own_book.then_some(Labels::NONE),
            _ if !self.grants => None,
            Authority::Guardian if cell.who == Who::Guardian => policy.document().ages().opens(cell.age),
            Authority::Delegation if cell.who.is_citizen() => {
                (cell.who == Who::Delegate).then_some(permitted)
            }
            Authority::Guardian if cell.who.is_citizen() => None,
            Authority::Delegation | Authority::Consent => Some(permitted),
            _ => Some(Labels::NONE),
        };
        let beside = cell.said == Said::Permit
            && self.grants
            && holds.is_some()
            && !matches!(authority, Authority::Shared | Authority::Own);
        lines.iter().any(|line| {
            let opened = match holds {
                Some(opened) if line.authority == authority => opened,
                _ if beside && line.authority == Authority::Consent => permitted,
                _ => return false,
            };
            let opened = if reads { opened } else { Labels::NONE };
            let own = if cell.own { line.own_labels } else { Labels::NONE };
            label.is_within(line.labels | opened | own)
        })
    }
}
