//! Who is entitled to a book and what is closed in it, as the sharing of a book shows it.

use access::{Access, Authority, Grantee, Labels, Purpose};
use diesel::sql_types::{BigInt, Binary, SmallInt};
use fhir::{Instant, LogicalId, ResourceType};

use crate::parties::grantee_number;
use crate::query;
use crate::store::{Store, select};
use crate::stored::{type_of, unpack_id};
use crate::{Record, StoreError};

/// What grants and denials have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTerms {
    /// The resource that says so.
    pub source: (ResourceType, LogicalId),
    /// To whom, as [`Store::grantee_number`] gives it; 0 for everybody. The source says who that is.
    pub grantee: i64,
    /// From this moment.
    pub begins: Instant,
    /// Until before this moment.
    pub ends: Instant,
    /// For which purpose; `None` for every one.
    pub purpose: Option<Purpose>,
    /// Which type; `None` for all.
    pub resource_type: Option<ResourceType>,
    /// Whether it is about one visit alone.
    pub one_visit: bool,
    /// The labels that are opened or closed.
    pub labels: Labels,
}

/// Somebody is entitled to a book, now or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGrant {
    /// By what right.
    pub authority: Authority,
    /// To whom, when and for what.
    pub terms: StoredTerms,
}

/// Something of a book is closed, now or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDenial {
    /// Whether it holds in an emergency too.
    pub in_emergency: bool,
    /// To whom, when and for what.
    pub terms: StoredTerms,
}

type TermsTypes =
    (SmallInt, (BigInt, BigInt, BigInt), (SmallInt, SmallInt), (BigInt, BigInt), (SmallInt, Binary));
type TermsRow = (i16, (i64, i64, i64), (i16, i16), (i64, i64), (i16, Vec<u8>));

impl Store {
    /// The number that stands for somebody in grants and denials.
    pub fn grantee_number(&self, grantee: &Grantee) -> i64 {
        grantee_number(self.registry().hasher(), grantee)
    }

    /// The grants of a patient's book that hold now or later, as far as the caller sees what they come from. The first to
    /// begin comes first.
    pub async fn grants(&self, access: &Access, patient: &LogicalId) -> Result<Vec<StoredGrant>, StoreError> {
        let Some((book, _)) = self.place(ResourceType::PATIENT, patient).await? else {
            return Ok(Vec::new());
        };
        let statement = query::grants(&self.gate(access).await?, book, access.at().microseconds());
        let rows: Vec<TermsRow> = select!(self, statement, TermsTypes)?;
        let grant = |row: TermsRow| {
            let authority = Authority::from_number(row.0).ok_or(StoreError::Corrupt)?;
            Ok(StoredGrant { authority, terms: terms(row)? })
        };
        rows.into_iter().map(grant).collect()
    }

    /// The same of what is closed.
    pub async fn denials(
        &self,
        access: &Access,
        patient: &LogicalId,
    ) -> Result<Vec<StoredDenial>, StoreError> {
        let Some((book, _)) = self.place(ResourceType::PATIENT, patient).await? else {
            return Ok(Vec::new());
        };
        let statement = query::denials(&self.gate(access).await?, book, access.at().microseconds());
        let rows: Vec<TermsRow> = select!(self, statement, TermsTypes)?;
        rows.into_iter()
            .map(|row| Ok(StoredDenial { in_emergency: row.0 == 1, terms: terms(row)? }))
            .collect()
    }

    /// Whether somebody must not be told of a resource by another way than the gate: something in the books of its person is
    /// closed to them, or its visit carries a label.
    pub async fn is_guarded(&self, record: &Record, from: &Grantee, at: Instant) -> Result<bool, StoreError> {
        let place = self.place(record.resource_type, &record.id).await?;
        // What is gone meanwhile is told to nobody.
        let Some((book, key)) = place else { return Ok(true) };
        let statement = query::guarded(book, key, self.grantee_number(from), at.microseconds());
        let rows: Vec<(i64,)> = select!(self, statement, (BigInt,))?;
        Ok(!rows.is_empty())
    }

    /// Whether the current version of a resource is the word of the server, and of nobody who writes by FHIR.
    pub async fn is_word_of_server(
        &self,
        resource_type: ResourceType,
        id: &LogicalId,
    ) -> Result<bool, StoreError> {
        let ids = std::slice::from_ref(id);
        Ok(!self.words_of_server(resource_type, ids).await?.is_empty())
    }

    /// Those of some resources of which that holds.
    pub async fn words_of_server(
        &self,
        resource_type: ResourceType,
        ids: &[LogicalId],
    ) -> Result<Vec<LogicalId>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query::words_of_server(&self.registry(), resource_type, ids);
        let rows: Vec<(Vec<u8>,)> = select!(self, statement, (Binary,))?;
        rows.iter().map(|(id,)| unpack_id(id)).collect()
    }

    /// The number of current resources of a patient's book by type, as the caller sees it: for a preview.
    pub async fn book_counts(
        &self,
        access: &Access,
        patient: &LogicalId,
    ) -> Result<Vec<(ResourceType, u64)>, StoreError> {
        let Some((book, _)) = self.place(ResourceType::PATIENT, patient).await? else {
            return Ok(Vec::new());
        };
        let statement = query::book_counts(&self.gate(access).await?, book);
        let rows: Vec<(i16, i64)> = select!(self, statement, (SmallInt, BigInt))?;
        rows.into_iter()
            .map(|(kind, count)| Ok((type_of(kind)?, u64::try_from(count).unwrap_or(0))))
            .collect()
    }
}

fn terms(row: TermsRow) -> Result<StoredTerms, StoreError> {
    let (_, (grantee, begins, ends), (purpose, resource_type), (visit, labels), (kind, id)) = row;
    let known = |number: i16| Purpose::ALL.into_iter().find(|purpose| purpose.number() == number);
    Ok(StoredTerms {
        source: (type_of(kind)?, unpack_id(&id)?),
        grantee,
        begins: Instant::from_microseconds(begins),
        ends: Instant::from_microseconds(ends),
        purpose: if purpose == 0 { None } else { Some(known(purpose).ok_or(StoreError::Corrupt)?) },
        resource_type: if resource_type < 0 { None } else { Some(type_of(resource_type)?) },
        one_visit: visit != 0,
        labels: Labels::from_bits(labels),
    })
}
