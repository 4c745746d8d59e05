//! What signing in needs to keep: clients, accounts, sessions, codes, keys, revocations.
//!
//! The store knows them as records of a kind with an id, an owner, a time after which they do not exist, and a text
//! that only the auth crate reads. Everything that may happen once only is one *claim*: a change with a premise, in one
//! transaction with whatever depends on it.

mod sql;

use diesel::sql_types::{BigInt, Binary, Integer, SmallInt, Text};
use fhir::Instant;

use crate::access_log::{Deed, Journal, beside};
use crate::statement::Statement;
use crate::store::{Store, few, select};
use crate::write::Upkeep;
use crate::{StoreError, query};

/// What a record is about. The numbers stand in databases: they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecurityKind {
    /// A key that signs tokens.
    SigningKey,
    /// An OAuth client.
    Client,
    /// An account of a citizen, of staff or of an officer.
    Account,
    /// From a name of an account (citizen number, provider and subject) to the account.
    AccountName,
    /// A way to sign in beside the password: a passkey.
    Credential,
    /// A session: one device on which somebody is signed in.
    Session,
    /// A step of signing in or of an authorization that is not finished.
    Transaction,
    /// An authorization code.
    AuthorizationCode,
    /// A refresh token.
    RefreshToken,
    /// An identifier that may be used once: `jti` of assertions and proofs.
    UsedIdentifier,
    /// A one-time code.
    OneTimeCode,
    /// Failures of somebody, for throttling.
    Throttle,
    /// A launch context of a clinic system.
    Launch,
    /// A one-time code of a citizen for a facility: presence, prescription.
    SharingCode,
    /// Two people must agree: the first has.
    Approval,
    /// How a citizen wants notices.
    NoticePreferences,
    /// A notice that is to be stored or sent.
    NoticeDelivery,
    /// A pattern of which the officer of a facility is told.
    NoticePattern,
    /// Which server works at the feed of the population registry.
    RegistryLease,
    /// Up to where that feed was read.
    RegistryCursor,
    /// An event of the registry that could not be applied.
    RegistryParked,
    /// What two people have to decide about people who may be one.
    MergeWork,
    /// Two books that are being taken apart.
    Unmerging,
    /// Somebody who is replaced by who is not in the book yet.
    AwaitedMerge,
    /// How far a part of the population is taken over.
    RegistryBackfill,
    /// A child whose representative is not in the book yet.
    AwaitedGuardian,
    /// A sender of messages of the data axis.
    AxisSender,
    /// From the name by which a sender signs in to the sender.
    AxisUser,
    /// A token of a sender.
    AxisToken,
    /// The key that signs answers to messages.
    AxisKey,
}

impl SecurityKind {
    fn number(self) -> i16 {
        match self {
            Self::SigningKey => 1,
            Self::Client => 2,
            Self::Account => 3,
            Self::AccountName => 4,
            Self::Credential => 5,
            Self::Session => 6,
            Self::Transaction => 7,
            Self::AuthorizationCode => 8,
            Self::RefreshToken => 9,
            Self::UsedIdentifier => 10,
            Self::OneTimeCode => 11,
            Self::Throttle => 12,
            Self::Launch => 13,
            Self::SharingCode => 14,
            Self::Approval => 15,
            Self::NoticePreferences => 20,
            Self::NoticeDelivery => 21,
            Self::NoticePattern => 22,
            Self::RegistryLease => 30,
            Self::RegistryCursor => 31,
            Self::RegistryParked => 32,
            Self::MergeWork => 40,
            Self::Unmerging => 41,
            Self::AwaitedMerge => 42,
            Self::RegistryBackfill => 34,
            Self::AwaitedGuardian => 35,
            Self::AxisSender => 50,
            Self::AxisUser => 51,
            Self::AxisToken => 52,
            Self::AxisKey => 53,
        }
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityRecord {
    /// What it is about.
    pub kind: SecurityKind,
    /// Its id among its kind. Secrets are ids only as hashes.
    pub id: String,
    /// Whose it is; may be empty.
    pub owner: String,
    /// 1 for a new one; each replacement adds one.
    pub version: i32,
    /// From then on it does not exist.
    pub expires: Option<Instant>,
    /// JSON.
    pub value: String,
}

impl SecurityRecord {
    /// A new record.
    pub fn new(kind: SecurityKind, id: impl Into<String>, value: String) -> Self {
        Self { kind, id: id.into(), owner: String::new(), version: 1, expires: None, value }
    }

    /// The same with an owner.
    #[must_use]
    pub fn of(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// The same with an end.
    #[must_use]
    pub fn until(mut self, expires: Instant) -> Self {
        self.expires = Some(expires);
        self
    }
}

/// A change with a premise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityChange {
    /// Adds a record; the premise is that there is none of its kind and id that lives.
    Insert(SecurityRecord),
    /// Replaces the record of this `version` by one of the next; the premise is that this is still the version.
    Replace(SecurityRecord),
    /// Puts a record, whatever was there. No premise.
    Put(SecurityRecord),
    /// Removes a record; the premise is that it is there and lives.
    Remove(SecurityKind, String),
    /// Removes all records of an owner. No premise.
    RemoveOf(SecurityKind, String),
    /// Tokens of a session, subject or client made until this moment are not believed any more. No premise.
    Revoke(Revoked, Instant),
}

/// Whose tokens are revoked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revoked {
    /// All tokens of a session.
    Session(String),
    /// All tokens of a subject.
    Subject(String),
    /// All tokens that a client has.
    Client(String),
}

impl Revoked {
    fn parts(&self) -> (i16, &str) {
        match self {
            Self::Session(id) => (1, id),
            Self::Subject(id) => (2, id),
            Self::Client(id) => (3, id),
        }
    }

    fn from_parts(kind: i16, id: String) -> Option<Self> {
        match kind {
            1 => Some(Self::Session(id)),
            2 => Some(Self::Subject(id)),
            3 => Some(Self::Client(id)),
            _ => None,
        }
    }
}

/// Owners that are asked for in one statement.
const OWNERS_AT_ONCE: usize = 256;
/// The setting that marks a sandbox.
const SANDBOX: &str = "sandbox";

type RecordRow = (String, String, i32, i64, String);

impl Store {
    /// A record that lives at a moment. Nothing has an id with U+0000, which callers may send and PostgreSQL cannot hold.
    pub async fn security_record(
        &self,
        kind: SecurityKind,
        id: &str,
        now: Instant,
    ) -> Result<Option<SecurityRecord>, StoreError> {
        if id.contains('\0') {
            return Ok(None);
        }
        let rows: Vec<RecordRow> =
            select!(self, sql::record(kind.number(), id, now), (Text, Text, Integer, BigInt, Text))?;
        Ok(rows.into_iter().next().map(|row| record(kind, row)))
    }

    /// The records of a kind that live at a moment, of one owner or of all, by id.
    pub async fn security_records(
        &self,
        kind: SecurityKind,
        owner: Option<&str>,
        now: Instant,
    ) -> Result<Vec<SecurityRecord>, StoreError> {
        let rows: Vec<RecordRow> =
            select!(self, sql::records(kind.number(), owner, now), (Text, Text, Integer, BigInt, Text))?;
        let mut records: Vec<SecurityRecord> = rows.into_iter().map(|row| record(kind, row)).collect();
        // The databases do not agree on the order of texts.
        records.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(records)
    }

    /// Does a change whose premise holds, and others with it, durably and all at once; `false` when the premise does
    /// not hold: then nothing happens. Of several who claim the same thing at once exactly one succeeds, also over
    /// several servers. Premises of the others are not looked at.
    pub async fn change_security(
        &self,
        claim: SecurityChange,
        others: Vec<SecurityChange>,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.change_security_noting(claim, others, Vec::new(), now).await
    }

    /// The same, and it is in the log of accesses what was done by it: in the same transaction, or, in a request, before
    /// its answer leaves. When nothing happens nothing is noted.
    pub async fn change_security_noting(
        &self,
        claim: SecurityChange,
        others: Vec<SecurityChange>,
        deeds: Vec<Deed>,
        now: Instant,
    ) -> Result<bool, StoreError> {
        if matches!(&claim, SecurityChange::Remove(_, id) if id.contains('\0')) {
            return Ok(false);
        }
        let mut statements: Vec<_> = others.into_iter().map(|change| sql::change(change, now)).collect();
        statements.extend(beside(&deeds)?);
        let claim = sql::change(claim, now);
        let upkeep = Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None };
        let done = self.upkeep(upkeep).await?;
        if let (true, Some(journal)) = (done, Journal::current()) {
            deeds.into_iter().for_each(|deed| journal.did(deed));
        }
        Ok(done)
    }

    /// The records of any of these owners that live at a moment.
    pub async fn security_records_of(
        &self,
        kind: SecurityKind,
        owners: &[String],
        now: Instant,
    ) -> Result<Vec<SecurityRecord>, StoreError> {
        let mut records = Vec::new();
        for owners in owners.chunks(OWNERS_AT_ONCE) {
            let statement = sql::records_of(kind.number(), owners, now);
            let rows: Vec<RecordRow> = select!(self, statement, (Text, Text, Integer, BigInt, Text))?;
            records.extend(rows.into_iter().map(|row| record(kind, row)));
        }
        Ok(records)
    }

    /// Some records of a kind that live at a moment behind an id, in the order of the database: for a walk over many.
    pub async fn security_records_behind(
        &self,
        kind: SecurityKind,
        id: &str,
        now: Instant,
        most: u32,
    ) -> Result<Vec<SecurityRecord>, StoreError> {
        let statement = sql::behind(kind.number(), id, now, most);
        let rows: Vec<RecordRow> = select!(self, statement, (Text, Text, Integer, BigInt, Text))?;
        Ok(rows.into_iter().map(|row| record(kind, row)).collect())
    }

    /// The records of an owner that live at a moment, those that end first at the front, at most so many.
    pub async fn first_security_records(
        &self,
        kind: SecurityKind,
        owner: &str,
        now: Instant,
        most: u32,
    ) -> Result<Vec<SecurityRecord>, StoreError> {
        let statement = sql::first(kind.number(), owner, now, most);
        let rows: Vec<RecordRow> = select!(self, statement, (Text, Text, Integer, BigInt, Text))?;
        Ok(rows.into_iter().map(|row| record(kind, row)).collect())
    }

    /// The records of an owner, those that have ended included.
    pub async fn count_security_records(&self, kind: SecurityKind, owner: &str) -> Result<u64, StoreError> {
        let rows: Vec<(i64,)> = select!(self, sql::count(kind.number(), owner), (BigInt,))?;
        Ok(rows.first().map_or(0, |(count,)| u64::try_from(*count).unwrap_or_default()))
    }

    /// What was revoked since a moment: whose tokens, and those made until when.
    pub async fn revocations_since(&self, since: Instant) -> Result<Vec<(Revoked, Instant)>, StoreError> {
        let rows: Vec<(i16, String, i64)> =
            select!(self, sql::revocations_since(since), (SmallInt, Text, BigInt))?;
        rows.into_iter()
            .map(|(kind, id, at)| {
                let revoked = Revoked::from_parts(kind, id).ok_or(StoreError::Corrupt)?;
                Ok((revoked, Instant::from_microseconds(at)))
            })
            .collect()
    }

    /// Whether the database holds invented people: a demo, or one that was marked as a sandbox.
    pub async fn is_sandbox(&self) -> Result<bool, StoreError> {
        let rows: Vec<(Vec<u8>,)> = select!(self, query::setting(SANDBOX), (Binary,))?;
        Ok(!rows.is_empty() || self.demo().await?.is_some())
    }

    /// Marks the database as a sandbox, for good.
    pub async fn mark_sandbox(&self) -> Result<(), StoreError> {
        let claim = query::put_setting(SANDBOX, Vec::from(*b"1"));
        self.upkeep(Upkeep { claim, alone: false, statements: Vec::new(), places: Vec::new(), reader: None })
            .await
            .map(drop)
    }

    /// Removes some records that have ended and revocations of before `revoked_before`: nobody asks for them any more. `true`
    /// while there are others.
    pub async fn remove_ended_security(
        &self,
        now: Instant,
        revoked_before: Instant,
    ) -> Result<bool, StoreError> {
        let claim = Statement::new("UPDATE key_block SET next_key = next_key WHERE id = 1");
        let statements = vec![sql::remove_ended(now), sql::remove_revocations(revoked_before)];
        self.upkeep(Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None }).await?;
        let rows: Vec<(i64,)> = few!(self, sql::first_ended(now), (BigInt,))?;
        Ok(!rows.is_empty())
    }
}

/// Adds a record where none of its kind and id lives.
pub(crate) fn insert_record(record: SecurityRecord, now: Instant) -> Statement {
    sql::change(SecurityChange::Insert(record), now)
}

fn record(kind: SecurityKind, (id, owner, version, expires, value): RecordRow) -> SecurityRecord {
    let expires = (expires != 0).then(|| Instant::from_microseconds(expires));
    SecurityRecord { kind, id, owner, version, expires, value }
}
