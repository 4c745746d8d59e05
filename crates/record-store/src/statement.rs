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

#[derive(Debug, Clone)]
enum Piece {
    Sql(String),
    Bind(Bind),
}

/// A statement that returns no rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    pieces: Vec<Piece>,
}

impl Statement {
    pub(crate) fn new(sql: &str) -> Self {
        let mut statement = Self::default();
        statement.sql(sql);
        statement
    }

    /// Appends SQL text; never a value.
    pub(crate) fn sql(&mut self, sql: &str) -> &mut Self {
        match self.pieces.last_mut() {
            Some(Piece::Sql(text)) => text.push_str(sql),
            _ => self.pieces.push(Piece::Sql(sql.to_owned())),
        }
        self
    }

    /// Appends SQL text with names of tables and columns in it; never a value.
    pub(crate) fn text(&mut self, sql: fmt::Arguments<'_>) -> &mut Self {
        if !matches!(self.pieces.last(), Some(Piece::Sql(_))) {
            self.pieces.push(Piece::Sql(String::with_capacity(64)));
        }
        if let Some(Piece::Sql(text)) = self.pieces.last_mut() {
            // Writing into a String cannot fail.
            let _ = text.write_fmt(sql);
        }
        self
    }

    /// Appends a bound value.
    pub(crate) fn bind(&mut self, value: Bind) -> &mut Self {
        self.pieces.push(Piece::Bind(value));
        self
    }

    pub(crate) fn big(&mut self, value: i64) -> &mut Self {
        self.bind(Bind::Big(value))
    }

    pub(crate) fn small(&mut self, value: i16) -> &mut Self {
        self.bind(Bind::Small(value))
    }

    /// Appends values separated by commas. The list is filled up to a power of two by repeating its last
    /// value, so that lists of all lengths share few prepared statements; use it inside `IN (...)` only.
    pub(crate) fn list(&mut self, values: Vec<Bind>) -> &mut Self {
        let wanted = values.len().next_power_of_two();
        let last = values.last().cloned();
        for (index, value) in values
            .into_iter()
            .chain(std::iter::repeat_with(|| last.clone()).flatten())
            .take(wanted)
            .enumerate()
        {
            if index > 0 {
                self.sql(",");
            }
            self.bind(value);
        }
        self
    }

    pub(crate) fn append(&mut self, other: Statement) -> &mut Self {
        for piece in other.pieces {
            match piece {
                Piece::Sql(text) => self.sql(&text),
                Piece::Bind(value) => self.bind(value),
            };
        }
        self
    }

    /// The text with every value written by `value`.
    #[cfg(test)]
    pub(crate) fn written(&self, mut value: impl FnMut(&Bind) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Sql(text) => text.clone(),
            Piece::Bind(bind) => value(bind),
        };
        self.pieces.iter().map(piece).collect()
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
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Bind(Bind::Small(value)) => out.push_bind_param::<SmallInt, _>(value)?,
                Piece::Bind(Bind::Int(value)) => out.push_bind_param::<Integer, _>(value)?,
                Piece::Bind(Bind::Big(value)) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Bind(Bind::Text(value)) => out.push_bind_param::<Text, _>(value)?,
                Piece::Bind(Bind::Bytes(value)) => out.push_bind_param::<Binary, _>(value)?,
                Piece::Bind(Bind::MaybeBytes(value)) => out.push_bind_param::<Nullable<Binary>, _>(value)?,
                Piece::Bind(_) => return Err(wrong_backend()),
            }
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Bind(Bind::Small(value)) => out.push_bind_param::<SmallInt, _>(value)?,
                Piece::Bind(Bind::Int(value)) => out.push_bind_param::<Integer, _>(value)?,
                Piece::Bind(Bind::Big(value)) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Bind(Bind::Text(value)) => out.push_bind_param::<Text, _>(value)?,
                Piece::Bind(Bind::Bytes(value)) => out.push_bind_param::<Binary, _>(value)?,
                Piece::Bind(Bind::MaybeBytes(value)) => out.push_bind_param::<Nullable<Binary>, _>(value)?,
                Piece::Bind(Bind::Smalls(value)) => out.push_bind_param::<Array<SmallInt>, _>(value)?,
                Piece::Bind(Bind::Ints(value)) => out.push_bind_param::<Array<Integer>, _>(value)?,
                Piece::Bind(Bind::Bigs(value)) => out.push_bind_param::<Array<BigInt>, _>(value)?,
                Piece::Bind(Bind::Texts(value)) => out.push_bind_param::<Array<Text>, _>(value)?,
                Piece::Bind(Bind::BytesList(value)) => out.push_bind_param::<Array<Binary>, _>(value)?,
                Piece::Bind(Bind::MaybeBytesList(value)) => {
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
