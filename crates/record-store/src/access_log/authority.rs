//! By what right something was shown: the rule of the policy, the kind of right, and the resource that gives it.

use access::{Access, Authority, Line, Reach};
use diesel::sql_types::{Binary, SmallInt};
use fhir::{LogicalId, ResourceType};

use super::journal::Shown;
use crate::StoreError;
use crate::parties::grantee_number;
use crate::query;
use crate::store::{Store, few};
use crate::stored::{type_of, unpack_id};

/// The right, in the words of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Basis {
    pub(super) authority: String,
    pub(super) resource: String,
}

impl Basis {
    /// Of who may do everything.
    pub(super) fn everything() -> Self {
        Self { authority: "everything".to_owned(), ..Self::default() }
    }

    /// Of who makes a book that is not there: the line that permits to register somebody, else the first that covers it.
    pub(super) fn of_new_book(lines: &[Line], kind: ResourceType) -> Self {
        let registers = |line: &&Line| line.authority == Authority::Registration && covers(line, Some(kind));
        let line =
            lines.iter().find(registers).or_else(|| lines.iter().find(|line| covers(line, Some(kind))));
        Self { authority: line.map(words).unwrap_or_default(), ..Self::default() }
    }
}

impl Store {
    /// By what right an access shows something of a book: the first line that covers it, and where a grant opens the book,
    /// the resource of the grant.
    pub(super) async fn basis(&self, access: &Access, book: i64, shown: &Shown) -> Result<Basis, StoreError> {
        let kind = shown.named.first().map(|(kind, ..)| *kind);
        self.basis_in(access, access.visible(), book, kind).await
    }

    /// The same of a reach of the access, for what is read or written.
    pub(super) async fn basis_in(
        &self,
        access: &Access,
        reach: &Reach,
        book: i64,
        kind: Option<ResourceType>,
    ) -> Result<Basis, StoreError> {
        let Reach::Lines(lines) = reach else { return Ok(Basis::everything()) };
        if book == 0 {
            return Ok(by(lines, Authority::Shared, kind));
        }
        if access.own().is_some() && self.book_of(access.own()).await? == Some(book) {
            return Ok(by(lines, Authority::Own, kind));
        }
        let Some(grantee) = access.grantee() else { return Ok(Basis::default()) };
        let grantee = grantee_number(self.registry().hasher(), grantee);
        let statement = query::grants_in_force(book, grantee, access.at().microseconds());
        let rows: Vec<(i16, i16, Vec<u8>)> = few!(self, statement, (SmallInt, SmallInt, Binary))?;
        for line in lines.iter().filter(|line| covers(line, kind)) {
            let grant = rows.iter().find(|(authority, ..)| *authority == line.authority.number());
            if let Some((_, source, id)) = grant {
                let resource = format!("{}/{}", type_of(*source)?, unpack_id(id)?);
                return Ok(Basis { authority: words(line), resource });
            }
        }
        Ok(Basis::default())
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
