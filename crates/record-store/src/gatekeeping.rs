//! From an access to the gate that statements carry, and what a write has to know before it is decided.

use std::collections::BTreeSet;

use access::{Access, Author, Authority, Labels, Reach, Shield};
use diesel::sql_types::{BigInt, Integer};
use fhir::{LogicalId, ResourceType};
use search::{Clause, SearchPlan, Subject};

use crate::parties::{author_number, visit_number};
use crate::query::{self, Gate, Places, RowNames, is_everything};
use crate::shield::Sight;
use crate::statement::Statement;
use crate::store::{Store, few};
use crate::stored::{record, type_number, version_number};
use crate::{Body, Content, Record, StoreError};

/// Books that are looked into one by one; whoever has more open searches as if all were.
const MOST_BOOKS: usize = 256;

/// Grants in force that are read to learn which books those are: of a book somebody may have many.
pub(crate) const MOST_GRANTS: usize = 16 * MOST_BOOKS;

/// How often a version and the right to change it are asked for when others write meanwhile.
const ATTEMPTS: usize = 100;

/// A resource that a caller sees and may want to change.
#[derive(Debug, Clone)]
pub struct Changeable {
    /// The current version, which may be a deletion.
    pub record: Record,
    /// Whether the caller may replace or delete it.
    pub allowed: bool,
    /// The whole content where the location shield hides a part of it: to be kept when it is replaced, never to be shown.
    pub hidden: Option<Body>,
}

/// What the same job makes beside what is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// The patient of the book: of the book only what `registration` permits can be said, for that is what the job opens.
    pub patient: bool,
    /// The `Encounter` that the content names.
    pub visit: bool,
}

impl Store {
    /// What the access lets through.
    pub(crate) async fn gate(&self, access: &Access) -> Result<Gate, StoreError> {
        self.gate_of(access, access.visible()).await
    }

    async fn gate_of(&self, access: &Access, reach: &Reach) -> Result<Gate, StoreError> {
        if is_everything(access, reach) {
            return Ok(Gate::EVERYTHING);
        }
        let at = access.at();
        let own = self.with_replaced(self.book_of(access.own()).await?, at).await?;
        let within = match access.within() == access.own() {
            true => own.clone(),
            false => self.with_replaced(self.book_of(access.within()).await?, at).await?,
        };
        Ok(Gate::new(&self.registry(), access, reach, Places { own, within }))
    }

    /// The gate for a search: it knows where to look when few books are open. A plan that says itself in which book it
    /// looks, and follows nothing out of it, needs no more.
    pub(crate) async fn search_gate(&self, access: &Access, plan: &SearchPlan) -> Result<Gate, StoreError> {
        let gate = self.gate(access).await?;
        if plan.book.is_some() && !plan.clauses.iter().any(Clause::has_join) {
            return Ok(gate);
        }
        let Some(grantee) = gate.wants_granted_books() else { return Ok(gate) };
        if self.crowds.has(grantee) {
            return Ok(gate);
        }
        let statement = query::granted_books(grantee, gate.now(), MOST_GRANTS + 1);
        let rows = self.few_numbers(statement).await?;
        let books: BTreeSet<i64> = rows.iter().map(|(book,)| *book).collect();
        if rows.len() > MOST_GRANTS || books.len() > MOST_BOOKS {
            self.crowds.add(grantee);
            return Ok(gate);
        }
        Ok(gate.looking_in(books.into_iter().collect()))
    }

    /// The number of a patient's book; `None` when none is named or it is not there.
    pub(crate) async fn book_of(&self, patient: Option<&LogicalId>) -> Result<Option<i64>, StoreError> {
        let Some(patient) = patient else { return Ok(None) };
        if let Some(book) = self.known_books.get(patient) {
            return Ok(Some(book));
        }
        let book = self.place(ResourceType::PATIENT, patient).await?.map(|(book, _)| book);
        if let Some(book) = book {
            self.known_books.add(patient, book);
        }
        Ok(book)
    }

    /// The current version of a resource, and whether the caller may replace or delete it: it must be open for writing,
    /// and a facility or citizen must have written it, unless it is a `Patient`.
    pub async fn read_to_change(
        &self,
        access: &Access,
        resource_type: ResourceType,
        id: &LogicalId,
    ) -> Result<Option<Changeable>, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(row) = self.row(access, resource_type, id).await? else { return Ok(None) };
            let is_hidden = row.8 && !access.sees_shielded() && Shield::is_about(resource_type);
            let whole = if is_hidden { record(row.clone(), Sight::Whole)?.body } else { None };
            let record = record(row, Sight::of(access))?;
            match self.changeable_version(access, resource_type, id).await? {
                // Somebody else wrote between the two questions.
                Some(version) if version != version_number(record.version) => {}
                version => {
                    // Nobody changes a person of whom they are shown a part.
                    let is_closed = is_hidden && resource_type == ResourceType::PATIENT;
                    let allowed = version.is_some() && !is_closed;
                    return Ok(Some(Changeable { record, allowed, hidden: whole }));
                }
            }
        }
        Err(StoreError::Busy)
    }

    /// The number of the current version when the caller may replace or delete it.
    async fn changeable_version(
        &self,
        access: &Access,
        resource_type: ResourceType,
        id: &LogicalId,
    ) -> Result<Option<i32>, StoreError> {
        let Some(reach) = access.writable() else { return Ok(None) };
        let gate = self.gate_of(access, reach).await?;
        let registry = self.registry();
        let mut statement = query::current_version(&registry, &gate, resource_type, id);
        if resource_type != ResourceType::PATIENT && !access.is_unlimited() {
            match author_number(registry.hasher(), access.author()) {
                (0, _) => {}
                // What one citizen wrote, another who may write in the same book may change.
                (1, _) => {
                    statement.sql(" AND r.author_kind = 1");
                }
                (kind, author) => {
                    statement.sql(" AND r.author_kind = ").small(kind);
                    statement.sql(" AND r.author = ").big(author);
                }
            }
        }
        let rows: Vec<(i32,)> = few!(self, statement, (Integer,))?;
        Ok(rows.first().map(|(version,)| *version))
    }

    /// Whether content may be put where it says that it belongs. A book that is not open and one that does not exist give
    /// the same answer. So do a visit of which the caller sees nothing and one that does not exist: no content may name it.
    pub async fn may_put(
        &self,
        access: &Access,
        id: &LogicalId,
        content: &Content,
        made: Made,
    ) -> Result<bool, StoreError> {
        let Some(reach) = access.writable() else { return Ok(false) };
        let Content { resource_type, facts, patient, .. } = content;
        let gate = self.gate_of(access, reach).await?;
        if gate.is_everything() {
            return Ok(true);
        }
        if !access.filters().is_empty() {
            let shielded = match patient {
                _ if *resource_type == ResourceType::PATIENT => self.is_shielded(id).await?,
                Some(patient) => self.is_shielded(patient).await?,
                None => false,
            };
            if !self.is_admitted(&gate, access, id, content, shielded)? {
                return Ok(false);
            }
        }
        if let (true, Reach::Lines(lines)) = (made.patient, reach) {
            let opened = (facts.visit.is_none() || made.visit)
                && matches!(access.author(), Author::Facility(_))
                && access.within().is_none();
            let covers = |line: &access::Line| {
                line.authority == Authority::Registration
                    && line.types.contains(*resource_type)
                    && facts.labels.is_within(line.labels | line.own_labels)
            };
            return Ok(opened && lines.iter().any(covers));
        }
        let is_patient = *resource_type == ResourceType::PATIENT;
        let book = match patient {
            _ if is_patient => self.book_of(Some(id)).await?.unwrap_or(-1),
            Some(patient) => self.book_of(Some(patient)).await?.unwrap_or(-1),
            None => 0,
        };
        let visit = visit_number(self.registry().hasher(), *resource_type, id, facts);
        // What belongs to no book carries no labels, so that nothing is learnt there.
        if facts.visit.is_some() && !made.visit && book > 0 && !self.knows_visit(access, book, visit).await? {
            return Ok(false);
        }
        let given = if book == 0 { Labels::NONE } else { facts.labels };
        let mut statement = Statement::new("SELECT t.book FROM (SELECT ");
        // The Patient alone is what the key says of it.
        statement.big(book).sql(" AS book, ").big(if is_patient { book } else { -2 });
        statement.sql(" AS resource_key, ").small(type_number(*resource_type));
        statement.sql(" AS resource_type, ").big(visit).sql(" AS visit) t WHERE t.book >= 0");
        let row = RowNames::of("t").giving(given);
        gate.restrict_row(&mut statement, &row, &[*resource_type]);
        let rows = self.few_numbers(statement).await?;
        Ok(!rows.is_empty())
    }

    async fn knows_visit(&self, access: &Access, book: i64, visit: i64) -> Result<bool, StoreError> {
        let statement = query::known_visit(&self.gate(access).await?, book, visit);
        let rows = self.few_numbers(statement).await?;
        Ok(!rows.is_empty())
    }

    async fn is_shielded(&self, patient: &LogicalId) -> Result<bool, StoreError> {
        let statement = query::shielded_book(&self.registry(), patient);
        Ok(!self.few_numbers(statement).await?.is_empty())
    }

    /// Few rows of one number: on SQLite reading them takes less than handing the statement to another thread.
    async fn few_numbers(&self, statement: Statement) -> Result<Vec<(i64,)>, StoreError> {
        few!(self, statement, (BigInt,))
    }

    /// Whether the scope filters of an access let content through.
    fn is_admitted(
        &self,
        gate: &Gate,
        access: &Access,
        id: &LogicalId,
        content: &Content,
        shielded: bool,
    ) -> Result<bool, StoreError> {
        let (resource_type, updated) = (content.resource_type, access.at());
        content.body.read(id, |resource| {
            let mut resource = resource.clone();
            if shielded {
                Shield::redact(resource_type, &mut resource);
            }
            let rows = self.registry().extract(resource_type, &resource).rows;
            gate.admits(&Subject { resource_type, id, updated, resource: &resource, rows: &rows })
        })
    }
}
