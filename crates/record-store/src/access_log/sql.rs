//! The statements about the log: blocks, nodes, checkpoints, and in which blocks somebody is named.

use audit_log::PlacedBlock;
use audit_log::tree::NodeId;
use diesel::sql_types::{BigInt, Binary, SmallInt, Text};

use crate::StoreError;
use crate::statement::{Bind, Statement, padded};

/// Rows of one insert. Lists of all lengths share few prepared statements: see [`chunks`].
pub(super) const ROWS: usize = 64;

/// number, root, checks, words, entries.
pub(super) type BlockTypes = (BigInt, Binary, Binary, Binary, Binary);
pub(super) type BlockRow = (i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);
/// level, place, hash.
pub(super) type NodeTypes = (SmallInt, BigInt, Binary);
pub(super) type NodeRow = (i16, i64, Vec<u8>);
/// size, time, note.
pub(super) type CheckpointTypes = (BigInt, BigInt, Text);
pub(super) type CheckpointRow = (i64, i64, String);

const BLOCK: &str = "SELECT b.number, b.root, b.checks, b.words, b.entries FROM log_block b";
const CHECKPOINT: &str = "SELECT c.size, c.time, c.note FROM log_checkpoint c";

/// Who is named in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Person,
    Organization,
    /// Resources in nobody's book, where they are written.
    Resource,
}

impl Named {
    /// Table and column.
    pub(super) fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Person => ("log_person", "person"),
            Self::Organization => ("log_organization", "organization"),
            Self::Resource => ("log_resource", "resource"),
        }
    }
}

/// A number for the database. Logs are smaller than 2^62.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number from the database.
pub(super) fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt)
}

/// The last block.
pub(super) fn last_block() -> Statement {
    let mut statement = Statement::new(BLOCK);
    statement.sql(" ORDER BY b.number DESC LIMIT 1");
    statement
}

/// The number of the last block.
pub(super) fn last_block_number() -> Statement {
    Statement::new("SELECT b.number FROM log_block b ORDER BY b.number DESC LIMIT 1")
}

/// Blocks from a number on, in their order.
pub(super) fn blocks_from(number: u64, limit: i64) -> Statement {
    let mut statement = Statement::new(BLOCK);
    statement.sql(" WHERE b.number >= ").big(signed(number)).sql(" ORDER BY b.number LIMIT ").big(limit);
    statement
}

/// Some blocks by number.
pub(super) fn blocks(numbers: &[u64]) -> Statement {
    let mut statement = Statement::new(BLOCK);
    statement.sql(" WHERE b.number IN (");
    statement.list(numbers.iter().map(|number| Bind::Big(signed(*number))).collect()).sql(")");
    statement
}

/// The blocks up to `until` in which somebody of these is named, the last first.
pub(super) fn blocks_naming(named: Named, hashes: &[i64], until: u64, limit: i64) -> Statement {
    let (table, column) = named.table();
    let mut statement = Statement::new(&format!(
        "SELECT b.number, b.root, b.checks, b.words, b.entries FROM \
         (SELECT DISTINCT p.block FROM {table} p WHERE p.{column} IN ("
    ));
    for (index, hash) in padded(hashes).enumerate() {
        statement.sql(if index > 0 { "," } else { "" }).big(hash);
    }
    statement.sql(") AND p.block <= ").big(signed(until));
    statement.sql(" ORDER BY p.block DESC LIMIT ").big(limit);
    statement.sql(") n JOIN log_block b ON b.number = n.block ORDER BY b.number DESC");
    statement
}

/// The blocks from `from` on in which somebody is named, in their order.
pub(super) fn blocks_naming_from(named: Named, hash: i64, from: u64, limit: i64) -> Statement {
    let (table, column) = named.table();
    let mut statement = Statement::new(&format!(
        "SELECT b.number, b.root, b.checks, b.words, b.entries FROM \
         (SELECT p.block FROM {table} p WHERE p.{column} = "
    ));
    statement.big(hash).sql(" AND p.block >= ").big(signed(from));
    statement.sql(" ORDER BY p.block LIMIT ").big(limit);
    statement.sql(") n JOIN log_block b ON b.number = n.block ORDER BY b.number");
    statement
}

/// Nodes by their place.
pub(super) fn nodes(ids: &[NodeId]) -> Statement {
    let mut statement = Statement::new("WITH w(level, place) AS (VALUES ");
    // A repeated row is found twice.
    for (index, id) in padded(ids).enumerate() {
        statement.sql(if index > 0 { ",(" } else { "(" }).small(i16::from(id.level));
        statement.sql(",").big(signed(id.index)).sql(")");
    }
    statement.sql(
        ") SELECT n.level, n.place, n.hash FROM w CROSS JOIN log_node n \
         WHERE n.level = w.level AND n.place = w.place",
    );
    statement
}

/// The last checkpoint.
pub(super) fn last_checkpoint() -> Statement {
    let mut statement = Statement::new(CHECKPOINT);
    statement.sql(" ORDER BY c.size DESC, c.time DESC LIMIT 1");
    statement
}

/// The first checkpoint that was made at a moment or later.
pub(super) fn checkpoint_since(time: i64) -> Statement {
    let mut statement = Statement::new(CHECKPOINT);
    statement.sql(" WHERE c.time >= ").big(time).sql(" ORDER BY c.time, c.size LIMIT 1");
    statement
}

/// The last checkpoint that was made at a moment or before.
pub(super) fn checkpoint_until(time: i64) -> Statement {
    let mut statement = Statement::new(CHECKPOINT);
    statement.sql(" WHERE c.time <= ").big(time).sql(" ORDER BY c.time DESC, c.size DESC LIMIT 1");
    statement
}

/// Checkpoints behind one of them, in their order.
pub(super) fn checkpoints_behind((size, time): (i64, i64), limit: i64) -> Statement {
    let mut statement = Statement::new(CHECKPOINT);
    statement.sql(" WHERE (c.size, c.time) > (").big(size).sql(",").big(time);
    statement.sql(") ORDER BY c.size, c.time LIMIT ").big(limit);
    statement
}

/// Stores a block as it is now.
pub(super) fn put_block(placed: &PlacedBlock) -> Statement {
    let mut statement =
        Statement::new("INSERT INTO log_block (number, root, checks, words, entries) VALUES (");
    let block = &placed.block;
    statement.big(signed(placed.number));
    for part in [&block.root.0[..], &block.checks, &block.words, &block.entries] {
        statement.sql(",").bind(Bind::Bytes(part.to_vec()));
    }
    statement.sql(
        ") ON CONFLICT (number) DO UPDATE SET root = excluded.root, checks = excluded.checks, \
         words = excluded.words, entries = excluded.entries",
    );
    statement
}

/// Stores nodes.
pub(super) fn put_nodes(nodes: &[(NodeId, audit_log::Hash)]) -> Vec<Statement> {
    chunks(nodes, "INSERT INTO log_node (level, place, hash) VALUES ", "", |(id, hash), statement| {
        statement.small(i16::from(id.level)).sql(",").big(signed(id.index));
        statement.sql(",").bind(Bind::Bytes(hash.0.to_vec()));
    })
}

/// Stores a checkpoint.
pub(super) fn put_checkpoint(size: u64, time: i64, note: String) -> Statement {
    let mut statement = Statement::new("INSERT INTO log_checkpoint (size, time, note) VALUES (");
    statement.big(signed(size)).sql(",").big(time).sql(",").bind(Bind::Text(note)).sql(")");
    statement
}

/// Notes in which blocks people or facilities are named: hash and block.
pub(super) fn put_named(named: Named, rows: &[(i64, u64)]) -> Vec<Statement> {
    let (table, column) = named.table();
    let begin = format!("INSERT INTO {table} ({column}, block) VALUES ");
    chunks(rows, &begin, " ON CONFLICT DO NOTHING", |(hash, block), statement| {
        statement.big(*hash).sql(",").big(signed(*block));
    })
}

/// Removes what waited.
pub(super) fn remove_waiting(numbers: &[i64]) -> Vec<Statement> {
    let removal = |numbers: &[i64]| {
        let mut statement = Statement::new("DELETE FROM log_waiting WHERE number IN (");
        statement.list(numbers.iter().map(|number| Bind::Big(*number)).collect()).sql(")");
        statement
    };
    numbers.chunks(ROWS).map(removal).collect()
}

/// Statements of [`ROWS`] rows, of eight, and of one, so that three of them are prepared and no more.
pub(super) fn chunks<R>(
    rows: &[R],
    begin: &str,
    end: &str,
    write: impl Fn(&R, &mut Statement),
) -> Vec<Statement> {
    let (many, rest) = rows.as_chunks::<ROWS>();
    let (some, rest) = rest.as_chunks::<8>();
    let parts = many.iter().map(|part| &part[..]).chain(some.iter().map(|part| &part[..]));
    let statement = |part: &[R]| {
        let mut statement = Statement::new(begin);
        for (index, row) in part.iter().enumerate() {
            statement.sql(if index > 0 { ",(" } else { "(" });
            write(row, &mut statement);
            statement.sql(")");
        }
        statement.sql(end);
        statement
    };
    parts.chain(rest.chunks(1)).map(statement).collect()
}

/// Nodes from a place on, in their order.
pub(super) fn nodes_behind((level, place): (i16, i64), limit: i64) -> Statement {
    let mut statement =
        Statement::new("SELECT n.level, n.place, n.hash FROM log_node n WHERE (n.level, n.place) > (");
    statement.small(level).sql(",").big(place).sql(") ORDER BY n.level, n.place LIMIT ").big(limit);
    statement
}

/// Those of the rows (hash, block) that are missing: block.
pub(super) fn not_named(named: Named, rows: &[(i64, u64)]) -> Statement {
    let (table, column) = named.table();
    let mut statement = Statement::new("WITH w(hash, block) AS (VALUES ");
    for (index, (hash, block)) in padded(rows).enumerate() {
        statement.sql(if index > 0 { ",(" } else { "(" }).big(hash).sql(",").big(signed(block)).sql(")");
    }
    statement.text(format_args!(
        ") SELECT w.block FROM w WHERE NOT EXISTS \
         (SELECT 1 FROM {table} p WHERE p.{column} = w.hash AND p.block = w.block)"
    ));
    statement
}

/// The number of rows about blocks from a number on, and before another.
pub(super) fn count_named(named: Named, from: u64, until: u64) -> Statement {
    let mut statement = Statement::new("SELECT count(*) FROM ");
    statement.sql(named.table().0).sql(" WHERE block >= ").big(signed(from));
    statement.sql(" AND block < ").big(signed(until));
    statement
}

/// Removes blocks that are in a segment, never the last one.
pub(super) fn remove_blocks(from: u64, until: u64) -> Statement {
    let mut statement = Statement::new("DELETE FROM log_block WHERE number >= ");
    statement.big(signed(from)).sql(" AND number < ").big(signed(until));
    statement.sql(" AND number < (SELECT max(number) FROM log_block)");
    statement
}

/// The last checkpoint up to a size.
pub(super) fn checkpoint_within(size: u64) -> Statement {
    let mut statement = Statement::new(CHECKPOINT);
    statement.sql(" WHERE c.size <= ").big(signed(size)).sql(" ORDER BY c.size DESC, c.time DESC LIMIT 1");
    statement
}

/// Notes which facilities have been in which books: hashes of person and facility.
pub(super) fn put_readers(pairs: &[(i64, i64)]) -> Vec<Statement> {
    let begin = "INSERT INTO book_reader (person, organization) VALUES ";
    chunks(pairs, begin, " ON CONFLICT DO NOTHING", |(person, organization), statement| {
        statement.big(*person).sql(",").big(*organization);
    })
}

/// Those of the pairs that are noted.
pub(super) fn known_readers(pairs: &[(i64, i64)]) -> Statement {
    let mut statement = Statement::new("WITH w(person, organization) AS (VALUES ");
    for (index, (person, organization)) in padded(pairs).enumerate() {
        statement.sql(if index > 0 { ",(" } else { "(" }).big(person).sql(",").big(organization).sql(")");
    }
    statement.sql(
        ") SELECT r.person, r.organization FROM w CROSS JOIN book_reader r \
         WHERE r.person = w.person AND r.organization = w.organization",
    );
    statement
}
