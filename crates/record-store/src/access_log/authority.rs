//! By what right something was shown: the rule of the policy, the kind of right, and the resource that gives it.

use std::sync::Arc;

use access::{Access, Authority, Line, Purpose, Reach};
use audit_log::Entry;
use diesel::sql_types::Binary;
use fhir::{LogicalId, ResourceType};

use super::grants::{GrantRow, GrantTypes, Grants, Pair};
use super::journal::Shown;
use crate::StoreError;
use crate::parties::grantee_number;
use crate::query;
use crate::store::{Store, few};
use crate::stored::{type_number, type_of, unpack_id};

/// The right, in the words of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Basis {
    pub(super) authority: String,
    pub(super) resource: String,
}

impl Basis {
    /// Of what no rule of the policy decides.
    pub(super) fn of(right: &str) -> Self {
        Self { authority: right.to_owned(), ..Self::default() }
    }

    /// Of who may do everything.
    pub(super) fn everything() -> Self {
        Self::of("everything")
    }

    /// An entry that says it. What it named already stays where no resource gives the right.
    pub(super) fn named_in(self, entry: Entry<'static>) -> Entry<'static> {
        let basis = if self.resource.is_empty() { entry.basis } else { self.resource.into() };
        Entry { authority: self.authority.into(), basis, ..entry }
    }

    /// Of who makes a book that is not there: the line that permits to register somebody, else the first that covers it.
    pub(super) fn of_new_book(lines: &[Line], kind: ResourceType) -> Self {
        let registers = |line: &&Line| line.authority == Authority::Registration && covers(line, Some(kind));
        let line =
            lines.iter().find(registers).or_else(|| lines.iter().find(|line| covers(line, Some(kind))));
        Self { authority: line.map(words).unwrap_or_default(), ..Self::default() }
    }
}

/// By what right something of a book was shown.
#[derive(Debug, Clone)]
pub(super) enum Right {
    /// Known from the access alone.
    Known(Basis),
    /// A grant gives it. Which one is read where the entry is committed: one statement for all entries of the commit.
    Granted(Granted),
}

/// A right that a grant gives.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    book: i64,
    grantee: i64,
    at: i64,
    /// 0 without one.
    purpose: i16,
    kind: Option<ResourceType>,
    lines: Arc<[Line]>,
}

impl Granted {
    /// The book, and who is entitled to it.
    pub(super) fn pair(&self) -> Pair {
        (self.book, self.grantee)
    }

    /// When it was made use of, in microseconds.
    pub(super) fn at(&self) -> i64 {
        self.at
    }

    /// The first line that covers what was shown and that one of the grants fulfils. A grant that was written anew since has
    /// begun later than what it had opened; where it is gone altogether, nothing is named but what there can be no doubt of.
    pub(super) fn basis(&self, grants: &Grants) -> Result<Basis, StoreError> {
        let of_both = grants.of(self.pair());
        let covering = || self.lines.iter().filter(|line| covers(line, self.kind));
        for is_anew in [false, true] {
            for line in covering() {
                if let Some((.., (source, id))) = self.first(of_both, line, is_anew) {
                    let resource = format!("{}/{}", type_of(*source)?, unpack_id(id)?);
                    return Ok(Basis { authority: words(line), resource });
                }
            }
        }
        let mut all = covering();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(Basis { authority: words(only), ..Basis::default() }),
            _ => Ok(Basis::default()),
        }
    }

    /// The first grant that fulfils a line; rather one of the whole book than one of a single visit.
    fn first<'r>(&self, rows: &'r [GrantRow], line: &Line, is_anew: bool) -> Option<&'r GrantRow> {
        let kind = self.kind.map(type_number);
        let fulfils = |row: &&GrantRow| {
            let ((_, _, authority, begins, ends), (purpose, resource_type, _), _) = **row;
            authority == line.authority.number()
                && ends > self.at
                && (is_anew || begins <= self.at)
                && (purpose == 0 || purpose == self.purpose)
                && (resource_type == -1 || kind.is_none_or(|kind| kind == resource_type))
        };
        let is_whole = |row: &&GrantRow| row.1.2 == 0;
        let fulfilling = || rows.iter().filter(fulfils);
        fulfilling().find(is_whole).or_else(|| fulfilling().next())
    }
}

impl Store {
    /// By what right an access shows something of a book: the first line that covers it, and where a grant opens the book,
    /// the resource of the grant.
    pub(super) async fn right_to_show(
        &self,
        access: &Access,
        book: i64,
        shown: &Shown,
    ) -> Result<Right, StoreError> {
        let kind = shown.named.first().map(|(kind, ..)| *kind);
        self.right_in(access, access.visible(), book, kind).await
    }

    async fn right_in(
        &self,
        access: &Access,
        reach: &Reach,
        book: i64,
        kind: Option<ResourceType>,
    ) -> Result<Right, StoreError> {
        let Reach::Lines(lines) = reach else { return Ok(Right::Known(Basis::everything())) };
        if book == 0 {
            return Ok(Right::Known(by(lines, Authority::Shared, kind)));
        }
        if self.is_own(access, book).await? {
            return Ok(Right::Known(by(lines, Authority::Own, kind)));
        }
        let Some(grantee) = access.grantee() else { return Ok(Right::Known(Basis::default())) };
        let grantee = grantee_number(self.registry().hasher(), grantee);
        let (at, lines) = (access.at().microseconds(), Arc::clone(lines));
        let purpose = access.purpose().map_or(0, Purpose::number);
        Ok(Right::Granted(Granted { book, grantee, at, purpose, kind, lines }))
    }

    /// Whether a book is the caller's own, or was merged into it.
    async fn is_own(&self, access: &Access, book: i64) -> Result<bool, StoreError> {
        let Some(own) = self.book_of(access.own()).await? else { return Ok(false) };
        Ok(own == book || self.with_replaced(Some(own), access.at()).await?.contains(&book))
    }

    /// The same of a reach of the access for what is written, read at once.
    pub(super) async fn basis_in(
        &self,
        access: &Access,
        reach: &Reach,
        book: i64,
        kind: Option<ResourceType>,
    ) -> Result<Basis, StoreError> {
        let granted = match self.right_in(access, reach, book, kind).await? {
            Right::Known(basis) => return Ok(basis),
            Right::Granted(granted) => granted,
        };
        let mut grants = Grants::default();
        let missing = grants.missing(std::iter::once(&granted));
        let mut rows: Vec<GrantRow> = Vec::new();
        for statement in missing.statements() {
            rows.extend::<Vec<GrantRow>>(few!(self, statement, GrantTypes)?);
        }
        grants.learn(missing, rows);
        granted.basis(&grants)
    }

    /// The `Patient` of a book.
    pub(crate) async fn read_patient_of(&self, book: i64) -> Result<Option<LogicalId>, StoreError> {
        for statement in [query::patient_of_book(book), query::expected_patient_of_book(book)] {
            let rows: Vec<(Vec<u8>,)> = few!(self, statement, (Binary,))?;
            if let Some((id,)) = rows.first() {
                return unpack_id(id).map(Some);
            }
        }
        Ok(None)
    }
}

fn covers(line: &Line, kind: Option<ResourceType>) -> bool {
    kind.is_none_or(|kind| line.types.contains(kind))
}

fn words(line: &Line) -> String {
    format!("{}/{}", line.rule, line.authority.code())
}

fn by(lines: &[Line], authority: Authority, kind: Option<ResourceType>) -> Basis {
    let line = lines.iter().find(|line| line.authority == authority && covers(line, kind));
    Basis { authority: line.map(words).unwrap_or_default(), resource: String::new() }
}
