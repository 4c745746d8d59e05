//! A SQL statement with bound values, the same text for both databases.
//!
//! diesel caches prepared statements by their text, so a statement that is built the same way twice is
//! prepared once per connection. Values are always bound, never written into the text.

use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt, Text};
use diesel::sqlite::Sqlite;

/// A value to be bound. The list variants exist on PostgreSQL only, for `unnest`.
#[derive(Debug, Clone)]
pub(crate) enum Bind {
    Small(i16),
    Int(i32),
    Big(i64),
    Text(String),
    Bytes(Vec<u8>),
    MaybeBytes(Option<Vec<u8>>),
    Smalls(Vec<i16>),
    Ints(Vec<i32>),
    Bigs(Vec<i64>),
    Texts(Vec<String>),
    BytesList(Vec<Vec<u8>>),
    MaybeBytesList(Vec<Option<Vec<u8>>>),
}

/// A value and the place in the text at which it stands.
#[derive(Debug, Clone)]
struct Bound {
    at: usize,
    value: Bind,
}

/// The items, and the last of them again until they are a power of two: lists of all lengths share few prepared
/// statements. Of nothing comes nothing.
pub(crate) fn padded<T: Clone>(items: &[T]) -> impl Iterator<Item = T> {
    let missing = items.len().next_power_of_two() - items.len();
    let last = items.last().cloned();
    items.iter().cloned().chain(last.into_iter().flat_map(move |last| std::iter::repeat_n(last, missing)))
}

/// Bytes and values of most statements of a gate: growing step by step would copy them several times.
const USUAL_LENGTH: usize = 2_048;
const USUAL_BOUND: usize = 32;

/// A statement that returns no rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    /// The text without its values: one buffer, for a statement is made with each request.
    text: String,
    /// In the order of the places.
    bound: Vec<Bound>,
}

impl Statement {
    pub(crate) fn new(sql: &str) -> Self {
        let mut statement =
            Self { text: String::with_capacity(USUAL_LENGTH), bound: Vec::with_capacity(USUAL_BOUND) };
        statement.sql(sql);
        statement
    }

    /// Appends SQL text; never a value.
    pub(crate) fn sql(&mut self, sql: &str) -> &mut Self {
        self.text.push_str(sql);
        self
    }

    /// Appends pieces of SQL text, names of tables and columns among them; never a value. What the gate appends to every
    /// statement is appended so: formatting takes several times as long.
    pub(crate) fn pieces_of(&mut self, pieces: &[&str]) -> &mut Self {
        pieces.iter().for_each(|piece| self.text.push_str(piece));
        self
    }

    /// Appends SQL text with names of tables and columns in it; never a value.
    pub(crate) fn text(&mut self, sql: fmt::Arguments<'_>) -> &mut Self {
        // Writing into a String cannot fail.
        let _ = self.text.write_fmt(sql);
        self
    }

    /// Appends a bound value.
    pub(crate) fn bind(&mut self, value: Bind) -> &mut Self {
        self.bound.push(Bound { at: self.text.len(), value });
        self
    }

    pub(crate) fn big(&mut self, value: i64) -> &mut Self {
        self.bind(Bind::Big(value))
    }

    pub(crate) fn small(&mut self, value: i16) -> &mut Self {
        self.bind(Bind::Small(value))
    }

    /// Appends values separated by commas, as [`padded`]; use it inside `IN (...)` only. Nothing is in an empty list.
    pub(crate) fn list(&mut self, values: Vec<Bind>) -> &mut Self {
        if values.is_empty() {
            return self.sql("NULL");
        }
        for (index, value) in padded(&values).enumerate() {
            if index > 0 {
                self.sql(",");
            }
            self.bind(value);
        }
        self
    }

    pub(crate) fn append(&mut self, other: Statement) -> &mut Self {
        let before = self.text.len();
        self.text.push_str(&other.text);
        self.bound.extend(other.bound.into_iter().map(|bound| Bound { at: bound.at + before, ..bound }));
        self
    }

    /// The text with every value written by `value`.
    #[cfg(test)]
    pub(crate) fn written(&self, mut value: impl FnMut(&Bind) -> String) -> String {
        let mut written = String::new();
        for (text, bound) in self.pieces() {
            written.push_str(text);
            written.extend(bound.map(&mut value));
        }
        written
    }

    /// Each part of the text with the value behind it; the last has none.
    fn pieces(&self) -> impl Iterator<Item = (&str, Option<&Bind>)> {
        let mut begin = 0;
        let bound = self.bound.iter().map(|bound| (bound.at, Some(&bound.value)));
        bound.chain(std::iter::once((self.text.len(), None))).map(move |(end, value)| {
            let text = self.text.get(begin..end).unwrap_or_default();
            begin = end;
            (text, value)
        })
    }

    /// The statement as a query whose rows have these SQL types.
    pub(crate) fn returning<T>(self) -> Select<T> {
        Select { statement: self, types: PhantomData }
    }
}

/// A statement that returns rows of the SQL types `T`.
#[derive(Debug, Clone)]
pub(crate) struct Select<T> {
    statement: Statement,
    types: PhantomData<T>,
}

#[cfg(test)]
impl<T> Select<T> {
    pub(crate) fn statement(&self) -> &Statement {
        &self.statement
    }
}

impl<T> Query for Select<T> {
    type SqlType = T;
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> QueryId for Select<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> diesel::RunQueryDsl<C> for Statement {}
impl<T, C> diesel::RunQueryDsl<C> for Select<T> {}

fn wrong_backend() -> Error {
    Error::QueryBuilderError("a list cannot be bound on SQLite".into())
}

impl QueryFragment<Sqlite> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for (text, value) in self.pieces() {
            out.push_sql(text);
            match value {
                None => {}
                Some(Bind::Small(value)) => out.push_bind_param::<SmallInt, _>(value)?,
                Some(Bind::Int(value)) => out.push_bind_param::<Integer, _>(value)?,
                Some(Bind::Big(value)) => out.push_bind_param::<BigInt, _>(value)?,
                Some(Bind::Text(value)) => out.push_bind_param::<Text, _>(value)?,
                Some(Bind::Bytes(value)) => out.push_bind_param::<Binary, _>(value)?,
                Some(Bind::MaybeBytes(value)) => out.push_bind_param::<Nullable<Binary>, _>(value)?,
                Some(_) => return Err(wrong_backend()),
            }
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (text, value) in self.pieces() {
            out.push_sql(text);
            match value {
                None => {}
                Some(Bind::Small(value)) => out.push_bind_param::<SmallInt, _>(value)?,
                Some(Bind::Int(value)) => out.push_bind_param::<Integer, _>(value)?,
                Some(Bind::Big(value)) => out.push_bind_param::<BigInt, _>(value)?,
                Some(Bind::Text(value)) => out.push_bind_param::<Text, _>(value)?,
                Some(Bind::Bytes(value)) => out.push_bind_param::<Binary, _>(value)?,
                Some(Bind::MaybeBytes(value)) => out.push_bind_param::<Nullable<Binary>, _>(value)?,
                Some(Bind::Smalls(value)) => out.push_bind_param::<Array<SmallInt>, _>(value)?,
                Some(Bind::Ints(value)) => out.push_bind_param::<Array<Integer>, _>(value)?,
                Some(Bind::Bigs(value)) => out.push_bind_param::<Array<BigInt>, _>(value)?,
                Some(Bind::Texts(value)) => out.push_bind_param::<Array<Text>, _>(value)?,
                Some(Bind::BytesList(value)) => out.push_bind_param::<Array<Binary>, _>(value)?,
                Some(Bind::MaybeBytesList(value)) => {
                    out.push_bind_param::<Array<Nullable<Binary>>, _>(value)?;
                }
            }
        }
        Ok(())
    }
}

impl<T> QueryFragment<Sqlite> for Select<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        QueryFragment::<Sqlite>::walk_ast(&self.statement, out)
    }
}

impl<T> QueryFragment<Pg> for Select<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        QueryFragment::<Pg>::walk_ast(&self.statement, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_filled_up_and_an_empty_one_ends() {
        for (given, expected) in [(0, 0), (1, 1), (2, 2), (3, 4), (5, 8)] {
            let items: Vec<i64> = (0..given).collect();
            let filled: Vec<i64> = padded(&items).collect();
            assert_eq!(filled.len(), expected);
            assert!(filled.starts_with(&items) && filled.iter().all(|item| items.contains(item)));
        }
        let mut statement = Statement::new("IN (");
        statement.list(Vec::new()).sql(")");
        assert_eq!(statement.written(|_| "?".to_owned()), "IN (NULL)");
    }
}
