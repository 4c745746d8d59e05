//! Reads the small tables under `data/`: one row a line, fields between semicolons, `#` starts a remark.

/// The rows of a table with at least `fields` fields.
pub(crate) fn rows(text: &'static str, fields: usize) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(';').collect::<Vec<_>>())
        .filter(move |row| row.len() >= fields)
}

/// A whole number of a table; 0 when it is none, which the tests of the tables rule out.
pub(crate) fn number(field: &str) -> u64 {
    field.trim().parse().unwrap_or(0)
}
