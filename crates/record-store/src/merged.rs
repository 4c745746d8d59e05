//! Books that are one person's: which they are, and how a question about one of them becomes one about all
//! (`docs/merging.md`).

use std::collections::HashMap;

use access::Access;
use diesel::sql_types::{BigInt, SmallInt};
use fhir::{Instant, LogicalId, ResourceType};
use search::{Clause, ReferenceTest, SearchPlan};

use crate::query::{self, ABOVE, BELOW};
use crate::store::{Store, few};
use crate::stored::type_number;
use crate::{Change, Record, StoreError};

/// A book that is one with another.
#[derive(Debug, Clone, Copy)]
struct Kin {
    book: i64,
    /// Which of the two replaces the other: [`ABOVE`], [`BELOW`], or neither.
    relation: i16,
    /// Since which moment, in microseconds.
    since: i64,
}

/// A merge of two books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Since when.
    pub since: Instant,
    /// Since when the books are apart again, if they are.
    pub ended: Option<Instant>,
}

impl Store {
    /// Since when a resource says what a version of it says: of one that was moved from a book to another that is the version
    /// before. For the server, which has the version.
    pub async fn said_since(&self, record: &Record) -> Result<Instant, StoreError> {
        if record.change != Change::Moved {
            return Ok(record.last_updated);
        }
        let statement =
            query::said_before(&self.registry(), record.resource_type, &record.id, record.version);
        let rows: Vec<(i64,)> = few!(self, statement, (BigInt,))?;
        Ok(rows.first().map_or(record.last_updated, |(updated,)| Instant::from_microseconds(*updated)))
    }

    /// The book and those that a moment knows as the same person's.
    pub(crate) async fn with_kin(&self, book: i64, at: Instant) -> Result<Vec<i64>, StoreError> {
        // Not from memory: the keys of what was merged a moment ago may lie before the place where a walk goes on.
        let kin = self.kin_of(book).await?;
        let then = kin.iter().filter(|kin| kin.since <= at.microseconds());
        Ok([book].into_iter().chain(then.map(|kin| kin.book)).collect())
    }

    /// The book and those that it replaces at a moment: what a citizen has as the own book. Each statement of a request asks
    /// for it.
    pub(crate) async fn with_replaced(&self, book: Option<i64>, at: Instant) -> Result<Vec<i64>, StoreError> {
        let Some(book) = book else { return Ok(Vec::new()) };
        if self.known_kin.is_alone(book) {
            return Ok(vec![book]);
        }
        let asked = self.known_kin.asked();
        let kin = self.kin_of(book).await?;
        if kin.is_empty() {
            self.known_kin.add_alone(book, asked);
        }
        let replaced = kin.iter().filter(|kin| kin.relation == BELOW && kin.since <= at.microseconds());
        Ok([book].into_iter().chain(replaced.map(|kin| kin.book)).collect())
    }

    async fn kin_of(&self, book: i64) -> Result<Vec<Kin>, StoreError> {
        let rows: Vec<(i64, i16, i64)> = few!(self, query::kin(book), (BigInt, SmallInt, BigInt))?;
        Ok(rows.into_iter().map(|(book, relation, since)| Kin { book, relation, since }).collect())
    }

    /// Who stands for the person of a `Patient` that was merged; `None` when it stands for itself.
    pub async fn survivor_of(&self, patient: &Record) -> Result<Option<LogicalId>, StoreError> {
        if patient.resource_type != ResourceType::PATIENT {
            return Ok(None);
        }
        let rows: Vec<(i64,)> = few!(self, query::standing_for(patient.book), (BigInt,))?;
        match rows.first() {
            None => Ok(None),
            Some((book,)) => self.read_patient_of(*book).await,
        }
    }

    /// Everybody who is one with a person now, that person first; whom they replace and by whom they are replaced.
    pub async fn one_person(&self, patient: &LogicalId) -> Result<Vec<LogicalId>, StoreError> {
        let mut all = vec![patient.clone()];
        let Some(book) = self.book_of(Some(patient)).await? else { return Ok(all) };
        for kin in self.kin_of(book).await? {
            all.extend(self.read_patient_of(kin.book).await?);
        }
        Ok(all)
    }

    /// A person and those whom that person replaces now, as references: whose books are open as the own one.
    pub async fn own_people(&self, patient: &LogicalId) -> Result<Vec<String>, StoreError> {
        let reference = |id: &LogicalId| format!("{}/{id}", ResourceType::PATIENT);
        let mut all = vec![reference(patient)];
        let own = self.book_of(Some(patient)).await?;
        for book in
            self.with_replaced(own, Instant::now()).await?.into_iter().filter(|book| Some(*book) != own)
        {
            all.extend(self.read_patient_of(book).await?.as_ref().map(reference));
        }
        Ok(all)
    }

    /// Those who replace a person, directly or over others.
    pub async fn replacing(&self, patient: &LogicalId) -> Result<Vec<LogicalId>, StoreError> {
        let mut all = Vec::new();
        let Some(book) = self.book_of(Some(patient)).await? else { return Ok(all) };
        for kin in self.kin_of(book).await?.into_iter().filter(|kin| kin.relation == ABOVE) {
            all.extend(self.read_patient_of(kin.book).await?);
        }
        Ok(all)
    }

    /// When somebody was merged into another; `None` when that never was.
    pub async fn merge_of(
        &self,
        patient: &LogicalId,
        into: &LogicalId,
    ) -> Result<Option<Merged>, StoreError> {
        let books = (self.book_of(Some(patient)).await?, self.book_of(Some(into)).await?);
        let (Some(book), Some(into)) = books else { return Ok(None) };
        let rows: Vec<(i64, i64)> = few!(self, query::merge_of(book, into), (BigInt, BigInt))?;
        Ok(rows.first().map(|(since, ended)| Merged {
            since: Instant::from_microseconds(*since),
            ended: (*ended != 0).then(|| Instant::from_microseconds(*ended)),
        }))
    }

    /// The `Patient` in whose book a version belongs by what it says.
    pub fn person_of(&self, record: &Record) -> Result<Option<LogicalId>, StoreError> {
        let Some(body) = &record.body else { return Ok(None) };
        let registry = self.registry();
        body.read(&record.id, |resource| registry.extract(record.resource_type, resource).patient)
    }

    /// The plan as it is asked about all that are one person: who names one of them names each.
    pub(crate) async fn of_one_person(
        &self,
        access: &Access,
        plan: &SearchPlan,
    ) -> Result<SearchPlan, StoreError> {
        let mut plan = plan.clone();
        let mut named = Vec::new();
        plan.clauses
            .iter_mut()
            .for_each(|clause| each_reference(clause, &mut |values| named.extend(people(values))));
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            return Ok(plan);
        }
        let statement = query::hashes_of_kin(named, access.at());
        let rows: Vec<(i64, i64)> = few!(self, statement, (BigInt, BigInt))?;
        if rows.is_empty() {
            return Ok(plan);
        }
        let mut kin: HashMap<i64, Vec<i64>> = HashMap::new();
        for (of, hash) in rows {
            kin.entry(of).or_default().push(hash);
        }
        plan.clauses.iter_mut().for_each(|clause| each_reference(clause, &mut |values| add(values, &kin)));
        // It may hold more than that of one book now.
        if let Some(patient) = &plan.book {
            let hash = self.registry().hasher().reference_id(patient.as_str());
            if kin.contains_key(&hash) {
                plan.book = None;
            }
        }
        Ok(plan)
    }
}

/// The hashes of what may be a person.
fn people(values: &[ReferenceTest]) -> impl Iterator<Item = i64> + '_ {
    let patient = type_number(ResourceType::PATIENT);
    let of_people = move |value: &&ReferenceTest| value.target_type.is_none_or(|kind| kind == patient);
    values.iter().filter(of_people).map(|value| value.target)
}

fn add(values: &mut Vec<ReferenceTest>, kin: &HashMap<i64, Vec<i64>>) {
    let patient = type_number(ResourceType::PATIENT);
    let others: Vec<i64> = people(values).filter_map(|hash| kin.get(&hash)).flatten().copied().collect();
    for target in others {
        let test = ReferenceTest { target, target_type: Some(patient) };
        if !values.contains(&test) {
            values.push(test);
        }
    }
}

/// Every list of references in a clause that names what is looked for. What a chain leads to is not named.
fn each_reference(clause: &mut Clause, work: &mut dyn FnMut(&mut Vec<ReferenceTest>)) {
    match clause {
        Clause::Reference { values, .. } => work(values),
        Clause::All(parts) | Clause::Any(parts) | Clause::Has { clauses: parts, .. } => {
            parts.iter_mut().for_each(|part| each_reference(part, work));
        }
        Clause::Not(part) => each_reference(part, work),
        Clause::Check { superset, .. } => each_reference(superset, work),
        Clause::Chain { targets, .. } => {
            for target in targets {
                target.clauses.iter_mut().for_each(|part| each_reference(part, work));
            }
        }
        _ => {}
    }
}
