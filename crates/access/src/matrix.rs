//! The permission matrix: every case of role, purpose, action, right, type, label, agreement and age.

use std::sync::Arc;

use fhir::ResourceType;

use crate::{Action, Authority, Labels, Line, Policy, Purpose, Role};

/// What the citizen has said besides the relation itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Agreement {
    /// Nothing.
    None,
    /// A consent for this very purpose, or a delegation, opens the label of the case and covers the type.
    Permit,
    /// A denial that does not name the emergency matches.
    Deny,
}

impl Agreement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Permit, Self::Deny];
}

/// One cell of the matrix: a resource of a type, in a book for which the caller has one right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Who.
    pub role: Role,
    /// What for.
    pub purpose: Purpose,
    /// What is done.
    pub action: Action,
    /// By what right.
    pub authority: Authority,
    /// With what.
    pub resource_type: ResourceType,
    /// The labels of the visit; the grant of the relation opens none of its own but by age.
    pub labels: Labels,
    /// Whether the caller's own facility gave all of these labels.
    pub own: bool,
    /// What the citizen has said besides.
    pub agreement: Agreement,
    /// Age of the child in years, where the right is a guardian's.
    pub age: u8,
}

/// What the policy says of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Permitted, by this rule.
    Permit(Arc<str>),
    /// Forbidden: no rule permits it.
    NoRule,
    /// Forbidden: a label is closed.
    Label,
    /// Forbidden: the citizen has denied it.
    Denial,
    /// Forbidden: the child is of age.
    Majority,
}

impl Verdict {
    /// Whether it is permitted.
    pub fn is_permit(&self) -> bool {
        matches!(self, Self::Permit(_))
    }
}

impl Policy {
    /// What the policy says of a case. What is replaced or deleted must be visible, too.
    pub fn verdict(&self, case: &Case) -> Verdict {
        let verdict = self.of_part(case, case.action);
        if verdict.is_permit() && matches!(case.action, Action::Update | Action::Delete) {
            let seen = self.of_part(case, Action::Read);
            if !seen.is_permit() {
                return seen;
            }
        }
        verdict
    }

    fn of_part(&self, case: &Case, action: Action) -> Verdict {
        let Some(cell) = self.cell(case.role, case.purpose) else { return Verdict::NoRule };
        let lines = &cell.part(action).lines;
        let by = |authority: Authority| {
            lines
                .iter()
                .filter(move |line| line.authority == authority && line.types.contains(case.resource_type))
        };
        // What a grant opens it opens for reading, and for some purposes only.
        let reads = action == Action::Read;
        let permits = case.agreement == Agreement::Permit;
        let names = permits && reads && self.document().opens_labels(case.purpose);
        let named = if names { case.labels.without(Labels::UNKNOWN) } else { Labels::NONE };
        let mut opened = Labels::NONE;
        if case.authority == Authority::Guardian {
            match self.document().ages().opens(case.age) {
                Some(labels) if reads => opened = labels,
                Some(_) => {}
                None => return Verdict::Majority,
            }
        }
        if matches!(case.authority, Authority::Delegation | Authority::Consent) {
            opened = named;
        }
        let open = |line: &&Line, opened: Labels| {
            let own = if case.own { line.own_labels } else { Labels::NONE };
            case.labels.is_within(line.labels | own | opened)
        };
        let mut verdict = match by(case.authority).find(|line| open(line, opened)) {
            Some(line) => Verdict::Permit(Arc::clone(&line.rule)),
            None if by(case.authority).next().is_some() => Verdict::Label,
            None => Verdict::NoRule,
        };
        let of_book = !matches!(case.authority, Authority::Own | Authority::Shared);
        if permits
            && of_book
            && !verdict.is_permit()
            && let Some(line) = by(Authority::Consent).find(|line| open(line, named))
        {
            verdict = Verdict::Permit(Arc::clone(&line.rule));
        }
        let binds = of_book && case.purpose != Purpose::BreakTheGlass;
        if case.agreement == Agreement::Deny && binds && verdict.is_permit() {
            return Verdict::Denial;
        }
        verdict
    }
}
