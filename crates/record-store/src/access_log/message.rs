//! The original message of writes: what arrived in one piece, as a Bundle or a file, and has made versions. Of it a hash is
//! kept, in the transaction that writes the versions.

use std::future::Future;

use audit_log::Entry;
use diesel::sql_types::{BigInt, Binary};
use uuid::Uuid;

use super::sql::{chunks, signed};
use crate::StoreError;
use crate::statement::{Bind, Statement};
use crate::store::{Store, few};

tokio::task_local! {
    static CURRENT: Message;
}

/// Hash and length of what arrived in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// How many bytes it has.
    pub length: u64,
}

impl Message {
    /// Runs work whose writes come from this message.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The message that the running task works at.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|message| *message).ok()
    }
}

/// That a message has made versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageRow {
    /// When they were stored, in microseconds.
    pub(crate) stored: i64,
    pub(crate) request: Uuid,
    pub(crate) message: Message,
}

/// Stores rows. The same message may come twice at one moment.
pub(crate) fn put_messages(rows: &[MessageRow]) -> Vec<Statement> {
    let begin = "INSERT INTO message (stored, request, hash, length) VALUES ";
    chunks(rows, begin, " ON CONFLICT DO NOTHING", |row, statement| {
        statement.big(row.stored).sql(",").bind(Bind::Bytes(row.request.as_bytes().to_vec()));
        statement.sql(",").bind(Bind::Bytes(row.message.hash.to_vec()));
        statement.sql(",").big(signed(row.message.length));
    })
}

impl Store {
    /// The message from which a write came, by the write's entry. None where it came alone. Whoever numbers requests may
    /// give two the same number: where both were stored at one moment neither message is named.
    pub async fn message_of(&self, write: &Entry<'_>) -> Result<Option<Message>, StoreError> {
        let mut statement = Statement::new("SELECT m.hash, m.length FROM message m WHERE m.stored = ");
        statement.big(write.time.microseconds()).sql(" AND m.request = ");
        statement.bind(Bind::Bytes(write.request.as_bytes().to_vec())).sql(" LIMIT 2");
        let rows: Vec<(Vec<u8>, i64)> = few!(self, statement, (Binary, BigInt))?;
        let [(hash, length)] = rows.as_slice() else { return Ok(None) };
        let hash = hash.as_slice().try_into().map_err(|_| StoreError::Corrupt)?;
        Ok(Some(Message { hash, length: u64::try_from(*length).map_err(|_| StoreError::Corrupt)? }))
    }
}
