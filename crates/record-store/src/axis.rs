//! Messages of the data axis (`docs/data-axis.md`): a queue on disk, and what came of each message.
//!
//! A message is worked at by whoever moved its `due`: of several servers one. Messages about the same visit, and about visits
//! that are not known apart, are worked at in the order in which they came.

use diesel::sql_types::{BigInt, Binary, Integer, SmallInt, Text};
use fhir::Instant;

use crate::StoreError;
use crate::statement::{Bind, Statement};
use crate::store::{Store, few, select};
use crate::write::Upkeep;

/// How far a message has come. The numbers stand in databases: they never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisState {
    /// It waits.
    Waiting,
    /// It is in the books.
    Stored,
    /// The identity was not verified.
    NotVerified,
    /// It could not be stored.
    Failed,
    /// A later message about the same visit came first: there is nothing to store.
    Replaced,
}

impl AxisState {
    const ALL: [(Self, i16); 5] = [
        (Self::Waiting, 0),
        (Self::Stored, 1),
        (Self::NotVerified, 2),
        (Self::Failed, 3),
        (Self::Replaced, 4),
    ];

    fn number(self) -> i16 {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or(0, |(_, number)| *number)
    }

    fn of_number(number: i16) -> Result<Self, StoreError> {
        let found = Self::ALL.iter().find(|(_, known)| *known == number);
        found.map(|(state, _)| *state).ok_or(StoreError::Corrupt)
    }

    /// Whether the content may still be needed: while it waits, or for whoever finds out why it failed.
    fn needs_content(self) -> bool {
        self == Self::Waiting
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxisMessage {
    /// `msg_id`
    pub id: String,
    /// Who sent it, by location number.
    pub sender: String,
    /// When it came.
    pub received: Instant,
    /// When the sender says that it was sent.
    pub sent: Instant,
    /// From when on it is worked at.
    pub due: Instant,
    /// SHA-256 of what was signed.
    pub body: Vec<u8>,
    /// Keyed hash of the visit; empty where the message tells of several.
    pub visit: String,
    /// How far it has come.
    pub state: AxisState,
    /// How often it was tried.
    pub tries: i32,
    /// Why it has not come further: a code.
    pub reason: String,
    /// A number that whoever reads the content knows.
    pub format: i16,
    /// The message; empty in lists, and once it is not needed any more.
    pub content: Vec<u8>,
    /// What was answered when it came.
    pub reply: String,
}

/// What may wait at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisLimits {
    /// Messages.
    pub messages: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// What came of queueing a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queued {
    /// It is on disk.
    Now,
    /// There is one of this id.
    Before(Box<AxisMessage>),
    /// There is no room.
    Full,
}

type Row = ((String, String, i64, i64, i64), (Vec<u8>, String, i16, i32, String), (i16, Vec<u8>, String));
type Types =
    ((Text, Text, BigInt, BigInt, BigInt), (Binary, Text, SmallInt, Integer, Text), (SmallInt, Binary, Text));

fn message(
    ((id, sender, received, sent, due), (body, visit, state, tries, reason), rest): Row,
) -> Result<AxisMessage, StoreError> {
    let (format, content, reply) = rest;
    let at = Instant::from_microseconds;
    let (received, sent, due) = (at(received), at(sent), at(due));
    let state = AxisState::of_number(state)?;
    Ok(AxisMessage {
        id,
        sender,
        received,
        sent,
        due,
        body,
        visit,
        state,
        tries,
        reason,
        format,
        content,
        reply,
    })
}

/// All columns; the content where it is wanted.
fn columns(with_content: bool) -> Statement {
    let mut statement = Statement::new(
        "SELECT m.id, m.sender, m.received, m.sent, m.due, m.body, m.visit, m.state, m.tries, m.reason, m.format, ",
    );
    match with_content {
        true => statement.sql("m.content"),
        false => statement.bind(Bind::Bytes(Vec::new())),
    };
    statement.sql(", m.reply FROM axis_message m WHERE ");
    statement
}

impl Store {
    /// Puts a message on disk, unless there is one of its id or no room.
    pub async fn queue_axis_message(
        &self,
        new: AxisMessage,
        limits: AxisLimits,
    ) -> Result<Queued, StoreError> {
        if let Some(known) = self.axis_message(&new.id).await? {
            return Ok(Queued::Before(Box::new(known)));
        }
        let (messages, bytes) = self.waiting_axis_messages().await?;
        let length = u64::try_from(new.content.len()).unwrap_or(u64::MAX);
        if messages >= limits.messages || bytes.saturating_add(length) > limits.bytes {
            return Ok(Queued::Full);
        }
        let id = new.id.clone();
        if self.claim(insert(new)).await? {
            return Ok(Queued::Now);
        }
        // Somebody sent it at the same moment.
        let known = self.axis_message(&id).await?.ok_or(StoreError::Busy)?;
        Ok(Queued::Before(Box::new(known)))
    }

    /// A message by its id, without its content. Nothing has an id with U+0000, which PostgreSQL cannot hold.
    pub async fn axis_message(&self, id: &str) -> Result<Option<AxisMessage>, StoreError> {
        if id.contains('\0') {
            return Ok(None);
        }
        let mut statement = columns(false);
        statement.sql("m.id = ").bind(Bind::Text(id.to_owned()));
        let rows: Vec<Row> = few!(self, statement, Types)?;
        rows.into_iter().next().map(message).transpose()
    }

    /// How many messages wait, and their bytes.
    pub async fn waiting_axis_messages(&self) -> Result<(u64, u64), StoreError> {
        let statement = Statement::new(
            "SELECT count(*), CAST(coalesce(sum(m.length), 0) AS BIGINT) FROM axis_message m WHERE m.state = 0",
        );
        let rows: Vec<(i64, i64)> = few!(self, statement, (BigInt, BigInt))?;
        let number = |value: i64| u64::try_from(value).unwrap_or_default();
        Ok(rows.first().map_or((0, 0), |(count, bytes)| (number(*count), number(*bytes))))
    }

    /// The messages that are to be worked at, the oldest first. Behind one that waits about the same visit nothing is.
    pub async fn due_axis_messages(&self, now: Instant, most: u32) -> Result<Vec<AxisMessage>, StoreError> {
        let mut statement = columns(false);
        statement.sql("m.state = 0 AND m.due <= ").big(now.microseconds());
        // One look-up in the index for each: a sender may have many that wait.
        for (applies, same) in
            [("", "e.visit = m.visit"), ("", "e.visit = ''"), ("m.visit <> '' OR ", "1 = 1")]
        {
            statement.text(format_args!(
                " AND ({applies}NOT EXISTS (SELECT 1 FROM axis_message e WHERE e.sender = m.sender AND {same} \
                 AND e.state = 0 AND (e.received < m.received OR (e.received = m.received AND e.id < m.id))))"
            ));
        }
        statement.sql(" ORDER BY m.due LIMIT ");
        statement.big(i64::from(most));
        let rows: Vec<Row> = select!(self, statement, Types)?;
        rows.into_iter().map(message).collect()
    }

    /// Takes a message to work at it until a moment: of several who do, one. Its content comes with it.
    pub async fn take_axis_message(
        &self,
        seen: &AxisMessage,
        until: Instant,
    ) -> Result<Option<AxisMessage>, StoreError> {
        let mut statement = Statement::new("UPDATE axis_message SET tries = tries + 1, due = ");
        statement.big(until.microseconds()).sql(" WHERE state = 0 AND id = ");
        statement.bind(Bind::Text(seen.id.clone())).sql(" AND due = ").big(seen.due.microseconds());
        if !self.claim(statement).await? {
            return Ok(None);
        }
        let mut statement = columns(true);
        statement.sql("m.id = ").bind(Bind::Text(seen.id.clone()));
        let rows: Vec<Row> = select!(self, statement, Types)?;
        rows.into_iter().next().map(message).transpose()
    }

    /// Says how far a message has come that waits; one that still waits is tried again at `due`.
    pub async fn settle_axis_message(
        &self,
        id: &str,
        state: AxisState,
        reason: &str,
        due: Instant,
    ) -> Result<bool, StoreError> {
        let mut statement = Statement::new("UPDATE axis_message SET state = ");
        statement.small(state.number()).sql(", reason = ").bind(Bind::Text(reason.to_owned()));
        statement.sql(", due = ").big(due.microseconds());
        if !state.needs_content() {
            statement.sql(", content = ").bind(Bind::Bytes(Vec::new()));
        }
        statement.sql(" WHERE state = 0 AND id = ").bind(Bind::Text(id.to_owned()));
        self.claim(statement).await
    }

    /// Whether a message about the same visit that was sent later is in the book.
    pub async fn is_axis_message_replaced(&self, it: &AxisMessage) -> Result<bool, StoreError> {
        if it.visit.is_empty() {
            return Ok(false);
        }
        let mut statement =
            Statement::new("SELECT count(*) FROM axis_message m WHERE m.state = 1 AND m.sender = ");
        statement
            .bind(Bind::Text(it.sender.clone()))
            .sql(" AND m.visit = ")
            .bind(Bind::Text(it.visit.clone()));
        statement.sql(" AND m.sent > ").big(it.sent.microseconds());
        let rows: Vec<(i64,)> = few!(self, statement, (BigInt,))?;
        Ok(rows.first().is_some_and(|(count,)| *count > 0))
    }

    /// What is not in the books: refused by the registry, failed, or tried and waiting; the newest first, without content.
    pub async fn parked_axis_messages(&self, most: u32) -> Result<Vec<AxisMessage>, StoreError> {
        let mut statement = columns(false);
        statement.sql("(m.state IN (2, 3) OR (m.state = 0 AND m.tries > 0)) ORDER BY m.received DESC LIMIT ");
        statement.big(i64::from(most));
        let rows: Vec<Row> = select!(self, statement, Types)?;
        rows.into_iter().map(message).collect()
    }

    /// Does one change; whether it changed exactly one row.
    async fn claim(&self, claim: Statement) -> Result<bool, StoreError> {
        let upkeep = Upkeep { claim, alone: false, statements: Vec::new(), places: Vec::new(), reader: None };
        self.upkeep(upkeep).await
    }
}

fn insert(new: AxisMessage) -> Statement {
    let mut statement = Statement::new(
        "INSERT INTO axis_message (id, sender, received, sent, due, body, visit, state, tries, reason, format, \
         length, content, reply) VALUES (",
    );
    statement.bind(Bind::Text(new.id)).sql(",").bind(Bind::Text(new.sender)).sql(",");
    statement.big(new.received.microseconds()).sql(",").big(new.sent.microseconds()).sql(",");
    statement.big(new.due.microseconds()).sql(",").bind(Bind::Bytes(new.body)).sql(",");
    statement.bind(Bind::Text(new.visit)).sql(",").small(new.state.number()).sql(",");
    statement.bind(Bind::Int(new.tries)).sql(",").bind(Bind::Text(new.reason)).sql(",").small(new.format);
    statement.sql(",").big(i64::try_from(new.content.len()).unwrap_or(i64::MAX)).sql(",");
    statement.bind(Bind::Bytes(new.content)).sql(",").bind(Bind::Text(new.reply));
    statement.sql(") ON CONFLICT (id) DO NOTHING");
    statement
}
