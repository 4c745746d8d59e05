//! Reading the plans of the databases.

use std::collections::BTreeMap;

use crate::gatekeeping::MOST_GRANTS;
use crate::statement::Bind;

/// What a plan may do besides looking things up in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    /// Nothing: matches come in the order of the pages.
    Stream,
    /// Sort what was found.
    Sort,
    /// Follow all of a slot or all changes of a type, in order.
    Follow,
    /// Read all resources: the search names no type.
    All,
}

/// Type and value as SQL.
pub(super) fn literal(bind: &Bind) -> (String, String) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let list = |kind: &str, values: Vec<String>| {
        (format!("{kind}[]"), format!("ARRAY[{}]::{kind}[]", values.join(",")))
    };
    let bytes = |value: &[u8]| format!("'\\x{}'::bytea", hex(value));
    match bind {
        Bind::Small(value) => ("smallint".to_owned(), format!("'{value}'::smallint")),
        Bind::Int(value) => ("int".to_owned(), format!("'{value}'::int")),
        Bind::Big(value) => ("bigint".to_owned(), format!("'{value}'::bigint")),
        Bind::Text(value) => ("text".to_owned(), quoted(value)),
        Bind::Bytes(value) => ("bytea".to_owned(), bytes(value)),
        Bind::MaybeBytes(value) => {
            ("bytea".to_owned(), value.as_ref().map_or("NULL".to_owned(), |value| bytes(value)))
        }
        Bind::Smalls(values) => list("smallint", values.iter().map(|value| format!("'{value}'")).collect()),
        Bind::Ints(values) => list("int", values.iter().map(|value| format!("'{value}'")).collect()),
        Bind::Bigs(values) => list("bigint", values.iter().map(|value| format!("'{value}'")).collect()),
        Bind::Texts(values) => list("text", values.iter().map(|value| quoted(value)).collect()),
        Bind::BytesList(values) => list("bytea", values.iter().map(|value| bytes(value)).collect()),
        Bind::MaybeBytesList(values) => {
            let value =
                |value: &Option<Vec<u8>>| value.as_ref().map_or("NULL".to_owned(), |value| bytes(value));
            list("bytea", values.iter().map(value).collect())
        }
    }
}

/// What of an index a search must know: one of these columns.
fn needed(table: &str, by_resource: bool) -> Option<&'static [&'static str]> {
    Some(match table {
        "token_index" => &["code"],
        "reference_index" => &["target"],
        "string_index" | "date_index" | "quantity_index" if by_resource => &["resource_key"],
        "string_index" => &["folded"],
        "date_index" | "quantity_index" => &["low", "high"],
        "directory" => &["id_hash", "logical_id"],
        "resource" => &["resource_key", "book", "resource_type"],
        "resource_version" => &["resource_key"],
        "change_feed" => &["updated"],
        // A facility has the grants of all its people: only one statement begins with them, and reads few.
        "book_grant" => &["book"],
        "book_denial" => &["book"],
        "visit_label" => &["visit"],
        _ => return None,
    })
}

/// Whether a look at a table is allowed, by the columns that are known of it.
fn table_fault(table: &str, index: &str, known: &str, may: May) -> Option<String> {
    let needed = needed(table, index.contains("by_resource"))?;
    let follows = matches!(may, May::Follow | May::All);
    let is_followed = match table {
        "resource" => may == May::All,
        "string_index" | "date_index" | "quantity_index" => follows && known.contains("slot"),
        "change_feed" => follows && known.contains("resource_type"),
        _ => false,
    };
    // Whatever is asked besides: it lies behind the ends of all grants.
    let is_known =
        needed.iter().any(|column| known.contains(column)) && !index.contains("book_grant_in_force");
    (!is_known && !is_followed).then(|| format!("{table} by {index} is read with ({known})"))
}

/// The newest change is the last of the feed.
fn is_end_of_feed(text: &str) -> bool {
    text.starts_with("SELECT updated FROM change_feed ORDER BY updated DESC LIMIT 1")
}

/// Tables by the names that a statement gives them; in its parts one name may stand for several.
fn names(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let words: Vec<&str> = text.split([' ', '(', ')', ',']).filter(|word| !word.is_empty()).collect();
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pair in words.windows(2).filter(|pair| needed(pair[0], false).is_some()) {
        for name in [pair[0], pair[1]] {
            names.entry(name).or_default().push(pair[0]);
        }
    }
    names
}

/// Whether the statement follows the index of a sort key.
fn is_walk(text: &str) -> bool {
    text.contains(") x CROSS JOIN resource r WHERE")
}

/// Whether the statement asks which books are open to somebody, and reads no more than so many.
fn is_of_grantee(table: &str, text: &str) -> bool {
    let limit = format!(" LIMIT {})", MOST_GRANTS + 1);
    table == "book_grant" && text.starts_with("WITH open AS (SELECT g.book") && text.contains(&limit)
}

/// The name of labels of which a statement asks, once, whether the book has any.
const OF_WHOLE_BOOK: &str = "whole";

/// Whether no resource can match.
fn is_nothing(text: &str) -> bool {
    text.contains("FROM resource x WHERE 1 = 0")
}

/// `SEARCH r USING PRIMARY KEY (book=? AND resource_key=?)`, `SCAN x USING INDEX ...`, `USE TEMP B-TREE FOR ORDER BY`.
pub(super) fn sqlite_faults(plan: &[String], text: &str, may: May) -> Vec<String> {
    let names = names(text);
    let mut faults = Vec::new();
    for line in plan {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["SCAN", name, ..] if names.contains_key(name) => {
                // Or it is the name of a part of the statement.
                let parts = [format!(") {name})"), format!(") {name} ")];
                let is_part = parts.iter().any(|part| text.contains(part));
                if !is_part && may != May::All && !is_end_of_feed(text) && !is_nothing(text) {
                    faults.push(format!("{line}: {:?} from end to end", names[name]));
                }
            }
            ["SEARCH", OF_WHOLE_BOOK, "USING", "PRIMARY", "KEY", "(book=?)"] => {}
            ["SEARCH", name, rest @ ..] if names.contains_key(name) => {
                let rest = rest.join(" ");
                let (index, known) = rest.split_once('(').unwrap_or((&rest, ""));
                let of_index = |table: &&&str| index.contains("PRIMARY KEY") || index.contains(**table);
                let found: Option<Vec<String>> = names[name]
                    .iter()
                    .filter(of_index)
                    .filter(|table| !is_of_grantee(table, text))
                    .map(|table| table_fault(table, index, known, may))
                    .collect();
                faults.extend(found.and_then(|mut found| found.pop()));
            }
            ["USE", "TEMP", "B-TREE", "FOR", "ORDER", "BY"] if may == May::Stream || is_walk(text) => {
                faults.push(line.clone());
            }
            _ => {}
        }
    }
    faults
}

/// `Index Scan using resource_pkey on resource r` and below it `Index Cond: (...)`.
pub(super) fn postgres_faults(plan: &[String], text: &str, may: May) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in plan.iter().enumerate() {
        let node = line.trim_start().trim_start_matches("->").trim_start();
        let depth = line.len() - node.len();
        let condition = plan[number + 1..]
            .iter()
            .take_while(|line| {
                let inner = line.trim_start();
                line.len() - inner.len() > depth.saturating_sub(2) && !inner.starts_with("->")
            })
            .find_map(|line| line.trim_start().strip_prefix("Index Cond: "))
            .unwrap_or_default();
        let words: Vec<&str> = node.split(' ').collect();
        let (table, index) = match words.as_slice() {
            ["Seq", "Scan", "on", table, ..] => (*table, None),
            ["Index", "Scan", "using", index, "on", table, ..]
            | ["Index", "Only", "Scan", "using", index, "on", table, ..]
            | ["Index", "Scan", "Backward", "using", index, "on", table, ..]
            | ["Index", "Only", "Scan", "Backward", "using", index, "on", table, ..] => {
                (*table, Some(*index))
            }
            ["Bitmap", "Index", "Scan", "on", index] => {
                let of = |table: &&&str| index.starts_with(**table);
                let tables = [
                    "token_index",
                    "string_index",
                    "date_index",
                    "reference_index",
                    "quantity_index",
                    "directory",
                    "resource_version",
                    "change_feed",
                    "book_grant",
                    "book_denial",
                    "visit_label",
                    "resource",
                ];
                (tables.iter().find(of).copied().unwrap_or_default(), Some(*index))
            }
            ["Sort"] if may == May::Stream || is_walk(text) => {
                faults.push("sorts".to_owned());
                continue;
            }
            _ => continue,
        };
        match index {
            None if needed(table, false).is_some() => faults.push(format!("{node}: from end to end")),
            None => {}
            Some(_) if is_end_of_feed(text) || is_of_grantee(table, text) => {}
            // Once: it depends on no row.
            Some(_) if words.contains(&OF_WHOLE_BOOK) && !condition.contains("r.") => {}
            Some(index) => faults.extend(table_fault(table, index, condition, may)),
        }
    }
    faults
}
