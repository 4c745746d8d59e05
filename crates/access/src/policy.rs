//! The rules in force, and how they decide.

use std::sync::{Arc, LazyLock};

use fhir::{Instant, LogicalId, ResourceType};

use crate::access::Limits;
use crate::compile::{Cell, Cells};
use crate::document::{ContentLimit, PolicyDocument};
use crate::scope_reach::{Letter, ScopeReach, both};
use crate::{
    Access, Actor, Author, Caller, Grantee, Identity, Interaction, Line, PolicyError, Purpose, Reach, Role,
    ScopeFilter, StaffRole, TypeSet,
};

/// Why the gate stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("authentication is required")]
    Unauthenticated,
    /// The caller is known and may not.
    #[error("the caller may not do this")]
    Forbidden,
    /// The caller might, but not through this client: a scope is missing.
    #[error("the scopes of the token do not cover this")]
    InsufficientScope,
    /// Nobody writes this type through the API.
    #[error("this is never written")]
    NeverWritten,
}

/// The rules in force. Deny by default. Cloning it is cheap and gives another handle to the same rules.
#[derive(Debug, Clone)]
pub struct Policy(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    document: PolicyDocument,
    cells: Cells,
    no_lines: Arc<[Line]>,
}

/// The text that is part of the program.
const BUILT_IN: &str = concat!(
    include_str!("../policy/1-settings.toml"),
    include_str!("../policy/2-labels.toml"),
    include_str!("../policy/3-rules.toml"),
    include_str!("../policy/4-words.toml"),
);

static BUILT_IN_POLICY: LazyLock<Policy> = LazyLock::new(|| {
    #[expect(clippy::panic, reason = "the text is part of the program, and a test reads it")]
    Policy::from_text(BUILT_IN).unwrap_or_else(|error| panic!("the built-in policy: {error}"))
});

impl Default for Policy {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Policy {
    /// The policy that is part of the program.
    pub fn built_in() -> Self {
        BUILT_IN_POLICY.clone()
    }

    /// The policy of a text.
    pub fn from_text(text: &str) -> Result<Self, PolicyError> {
        let document = PolicyDocument::parse(text)?;
        let cells = Cells::new(&document);
        Ok(Self(Arc::new(Inner { document, cells, no_lines: Arc::from([]) })))
    }

    /// What it says.
    pub fn document(&self) -> &PolicyDocument {
        &self.0.document
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.0.document.version
    }

    /// A hash of what the facts of a resource depend on: the labels with their codes, clocks, zone and systems of this
    /// policy, and the way the program reads them. Where it differs from the one under which rows were written, they have
    /// to be read anew. It is the same on every machine.
    pub fn facts_version(&self) -> &str {
        &self.0.document.facts_version
    }

    pub(crate) fn cell(&self, role: Role, purpose: Purpose) -> Option<&Cell> {
        self.0.cells.get(role, purpose)
    }

    /// Decides one interaction of one caller at a moment. `about` is the type of the resource, where the request
    /// names one.
    pub fn decide(
        &self,
        caller: &Caller,
        interaction: Interaction,
        about: Option<ResourceType>,
        at: Instant,
    ) -> Result<Access, Denied> {
        match caller {
            Caller::Anonymous => Err(Denied::Unauthenticated),
            Caller::Unrestricted => Ok(self.unlimited(interaction.writes(), at)),
            Caller::Background { .. } => {
                let author = if *caller == Caller::MESSAGE { Author::Message } else { Author::Server };
                Ok(Access { by_server: true, author, ..self.unlimited(interaction.writes(), at) })
            }
            Caller::Authenticated(identity) => self.decide_for(identity, interaction, about, at),
        }
    }

    /// Decides a write that asks first: by criteria, or with `If-None-Exist`. Its answer tells what a search finds, so
    /// the type must be open to searches, too, and only what satisfies the restrictions of both is found.
    pub fn decide_conditional(
        &self,
        caller: &Caller,
        write: Interaction,
        about: ResourceType,
        at: Instant,
    ) -> Result<Access, Denied> {
        self.decide_all(caller, &[(write, about), (Interaction::Search, about)], at)
    }

    /// Decides the writes of one transaction together: each may do its interaction with its type, and nothing else.
    /// Where a type is written by several interactions, only what all of them permit counts. A `Search` among them is
    /// what a conditional write needs besides: it permits no write and narrows what is seen.
    pub fn decide_all(
        &self,
        caller: &Caller,
        writes: &[(Interaction, ResourceType)],
        at: Instant,
    ) -> Result<Access, Denied> {
        let mut all: Option<Access> = None;
        let mut distinct: Vec<(Interaction, ResourceType)> = Vec::new();
        for write in writes {
            if !distinct.contains(write) {
                distinct.push(*write);
            }
        }
        // Writes first: an access that reads permits none.
        distinct.sort_by_key(|(interaction, _)| !interaction.writes());
        for (interaction, resource_type) in &distinct {
            let access = self.decide(caller, *interaction, Some(*resource_type), at)?;
            if access.is_unlimited() {
                return Ok(access);
            }
            let access = access.only(*resource_type);
            all = Some(match all {
                None => access,
                Some(others) if access.writable.is_none() => others.seen_with(&access),
                Some(others) => others.together(access, *resource_type),
            });
        }
        all.ok_or(Denied::Forbidden)
    }

    /// Whether the scopes of a caller cover an interaction with a type, whatever the rules say of it: for what is told beside
    /// a resource, as its `Provenance` is. Whether that may be seen is asked of the resource. A scope with a restriction
    /// covers nothing here: what is told is stored nowhere, so nothing tells whether it satisfies it.
    pub fn scopes_cover(
        &self,
        caller: &Caller,
        interaction: Interaction,
        about: ResourceType,
    ) -> Result<(), Denied> {
        let identity = match caller {
            Caller::Anonymous => return Err(Denied::Unauthenticated),
            Caller::Unrestricted | Caller::Background { .. } => return Ok(()),
            Caller::Authenticated(identity) => identity,
        };
        let reach = ScopeReach::new(&identity.scopes, identity.actor.role());
        let is_restricted = reach.filters(interaction).iter().any(|filter| filter.types.contains(about));
        if is_restricted || !reach.types(Letter::of(interaction)).contains(about) {
            return Err(Denied::InsufficientScope);
        }
        Ok(())
    }

    /// What somebody of a facility would see of one book for a purpose, by the facts of that book.
    pub fn preview(
        &self,
        organization: &LogicalId,
        role: StaffRole,
        purpose: Purpose,
        patient: &LogicalId,
        at: Instant,
    ) -> Access {
        let cell = self.cell(Role::Staff(role), purpose);
        let lines = cell.map_or_else(|| Arc::clone(&self.0.no_lines), |cell| Arc::clone(&cell.read.lines));
        Access {
            visible: Reach::Lines(lines),
            grantee: Some(Grantee::Organization(organization.clone())),
            author: Author::Facility(organization.clone()),
            within: Some(patient.clone()),
            limits: cell.map(|cell| Arc::clone(&cell.read.limits)).unwrap_or_default(),
            purpose: Some(purpose),
            sees_shielded: self.sees_shielded(Role::Staff(role)),
            ..self.unlimited(false, at)
        }
    }

    fn sees_shielded(&self, role: Role) -> bool {
        self.0.document.sees_shielded.contains(&role)
    }

    fn unlimited(&self, writes: bool, at: Instant) -> Access {
        Access {
            subject: None,
            visible: Reach::Everything,
            writable: writes.then_some(Reach::Everything),
            own: None,
            grantee: None,
            author: Author::Server,
            within: None,
            limits: Arc::default(),
            purpose: None,
            facility: None,
            sees_shielded: true,
            by_server: false,
            at,
            policy_version: Arc::clone(&self.0.document.version),
        }
    }

    fn decide_for(
        &self,
        identity: &Identity,
        interaction: Interaction,
        about: Option<ResourceType>,
        at: Instant,
    ) -> Result<Access, Denied> {
        let role = identity.actor.role();
        let cell = self.cell(role, identity.purpose).ok_or(Denied::Forbidden)?;
        let part = cell.part(interaction.action());
        let closed = match about {
            Some(resource_type) => !part.types.contains(resource_type),
            None => part.types.is_empty(),
        };
        if closed {
            return Err(Denied::Forbidden);
        }
        let reach = ScopeReach::new(&identity.scopes, role);
        let within = match (reach.patient, &identity.patient) {
            (false, _) => None,
            (true, Some(patient)) => Some(patient.clone()),
            (true, None) => return Err(Denied::InsufficientScope),
        };
        let writes = interaction.writes();
        let (visible, writable, limits) = if reach.is_everything() {
            let writable = writes.then(|| Arc::clone(&part.lines));
            (Arc::clone(&cell.read.lines), writable, Arc::clone(&part.limits))
        } else {
            self.cut(cell, &reach, interaction, about)?
        };
        let (own, grantee, author, facility) = match &identity.actor {
            Actor::Citizen { patient } => (
                Some(patient.clone()),
                Some(Grantee::Patient(patient.clone())),
                Author::Citizen(patient.clone()),
                None,
            ),
            Actor::Facility { code, organization, .. } => (
                None,
                Some(Grantee::Organization(organization.clone())),
                Author::Facility(organization.clone()),
                Some(code.clone()),
            ),
            // No rule gives an office anything to write, and no book has grants to one.
            Actor::Officer { .. } => (None, None, Author::Server, None),
        };
        Ok(Access {
            subject: Some(Arc::from(identity.subject.as_str())),
            visible: Reach::Lines(visible),
            writable: writable.map(Reach::Lines),
            own,
            grantee,
            author,
            within,
            limits,
            purpose: Some(identity.purpose),
            facility,
            sees_shielded: self.sees_shielded(role),
            by_server: false,
            at,
            policy_version: Arc::clone(&self.0.document.version),
        })
    }

    /// The lines of a cell as far as the scopes go.
    #[expect(clippy::type_complexity, reason = "the three parts of one Access")]
    fn cut(
        &self,
        cell: &Cell,
        reach: &ScopeReach<'_>,
        interaction: Interaction,
        about: Option<ResourceType>,
    ) -> Result<(Arc<[Line]>, Option<Arc<[Line]>>, Arc<Limits>), Denied> {
        let part = cell.part(interaction.action());
        let admitted = reach.types(Letter::of(interaction));
        let covered = match about {
            Some(resource_type) => admitted.contains(resource_type),
            None => !admitted.and(&part.types).is_empty(),
        };
        if !covered {
            return Err(Denied::InsufficientScope);
        }
        // Where the request names no type, every type is asked for by this very interaction.
        let seen = if about.is_none() && !interaction.writes() { admitted } else { reach.seen(interaction) };
        let writable = interaction.writes().then(|| cut(&part.lines, &admitted));
        let restrictions = reach.filters(interaction);
        let limits = if restrictions.is_empty() {
            Arc::clone(&part.limits)
        } else {
            let filters = Arc::from(both(&part.limits.filters, restrictions));
            Arc::new(Limits { filters, contents: Arc::clone(&part.limits.contents) })
        };
        Ok((cut(&cell.read.lines, &seen), writable, limits))
    }
}

fn cut(lines: &Arc<[Line]>, types: &TypeSet) -> Arc<[Line]> {
    if types.is_all() {
        return Arc::clone(lines);
    }
    let cut = |line: &Line| Line { types: line.types.and(types), ..line.clone() };
    lines.iter().map(cut).filter(|line| !line.types.is_empty()).collect()
}

impl Access {
    /// Only this type may be written.
    fn only(self, resource_type: ResourceType) -> Self {
        let types: TypeSet = std::iter::once(resource_type).collect();
        let writable = match &self.writable {
            Some(Reach::Lines(lines)) => Some(Reach::Lines(cut(lines, &types))),
            other => other.clone(),
        };
        let contents: Vec<ContentLimit> =
            self.contents().iter().filter(|limit| limit.resource_type == resource_type).cloned().collect();
        let filters = Arc::clone(&self.limits.filters);
        Self { writable, limits: Arc::new(Limits { filters, contents: Arc::from(contents) }), ..self }
    }

    /// Two accesses of one caller as one. Of a type that both write only what both permit counts.
    fn together(self, other: Self, resource_type: ResourceType) -> Self {
        let of_type = |line: &&Line| line.types.contains(resource_type);
        let (ours, theirs) = (lines(self.writable.as_ref()), lines(other.writable.as_ref()));
        let mut writable: Vec<Line> = Vec::new();
        if ours.iter().any(|line| of_type(&line)) {
            let rest = ours.iter().map(|line| {
                let mut types = line.types;
                types.remove(resource_type);
                Line { types, ..line.clone() }
            });
            writable.extend(rest.filter(|line| !line.types.is_empty()));
            for line in ours.iter().filter(of_type) {
                let types: TypeSet = std::iter::once(resource_type).collect();
                let same = theirs.iter().filter(|other| of_type(other) && other.authority == line.authority);
                writable.extend(same.map(|other| Line {
                    labels: line.labels & other.labels,
                    own_labels: (line.own_labels | line.labels) & (other.own_labels | other.labels),
                    types,
                    ..line.clone()
                }));
            }
        } else {
            writable.extend(ours.iter().chain(theirs).cloned());
        }
        Self { writable: Some(Reach::Lines(Arc::from(writable))), ..self.seen_with(&other) }
    }

    /// What two accesses of one caller see; what is restricted in two ways satisfies both.
    fn seen_with(self, other: &Self) -> Self {
        let mut contents = self.contents().to_vec();
        contents.extend(other.contents().iter().filter(|limit| !self.contents().contains(limit)).cloned());
        // Both see the same lines, but for the types that only one of them replaces or deletes.
        let mut visible = lines(Some(&self.visible)).to_vec();
        for line in lines(Some(&other.visible)) {
            if !visible.contains(line) {
                visible.push(line.clone());
            }
        }
        let limits = Limits {
            filters: narrower(&self.limits.filters, &other.limits.filters),
            contents: Arc::from(contents),
        };
        Self { visible: Reach::Lines(Arc::from(visible)), limits: Arc::new(limits), ..self }
    }
}

fn lines(reach: Option<&Reach>) -> &[Line] {
    match reach {
        Some(Reach::Lines(lines)) => lines,
        Some(Reach::Everything) | None => &[],
    }
}

/// The filters of both; what both restrict in two ways satisfies both.
fn narrower(ours: &Arc<[ScopeFilter]>, theirs: &Arc<[ScopeFilter]>) -> Arc<[ScopeFilter]> {
    if ours == theirs { Arc::clone(ours) } else { Arc::from(both(ours, theirs.to_vec())) }
}
