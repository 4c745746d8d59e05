//! What requests name, and in whose book it stands that it was asked for (docs/access-log.md, section 7).

use std::collections::BTreeSet;

use audit_log::Action;

use super::model::{Books, Row};

/// R4's compartments: what lies in the book of a patient.
const COMPARTMENTS: &str = include_str!("../../../crates/fhir/definitions/r4-compartments.tsv");
/// What can be about a patient, too, and lies in the book.
const OTHERS: [&str; 5] = ["Patient", "Contract", "Device", "GuidanceResponse", "Task"];
/// What the subject of an Observation can be that is in somebody's book (R4).
const SUBJECTS: [&str; 3] = ["Device", "Group", "Patient"];

/// Something that is named, as `Type/id`: all that it can be.
pub type Named = Vec<String>;

/// What the path names: a resource, or the compartment in which is searched.
pub fn by_path(path: &[&str]) -> Option<Named> {
    match path {
        [kind, id, _, ..] if !id.starts_with(['$', '_']) => Some(vec![format!("{kind}/{id}")]),
        _ => None,
    }
}

/// What criteria name, as far as a run has any.
pub fn by_criteria(path: &[&str], pairs: &[(String, String)]) -> Vec<Named> {
    let path = path.strip_suffix(&["_search"]).unwrap_or(path);
    let is_compartment = path.len() > 2 && !path[1].starts_with(['$', '_']);
    let searched = if is_compartment { path.get(2) } else { path.first() }.copied();
    let asked = pairs.iter().find(|(name, _)| name == "_type");
    let types: Vec<&str> = match (searched, asked) {
        (None | Some("*"), Some((_, types))) => types.split(',').collect(),
        (kind, _) => kind.into_iter().collect(),
    };
    let mut named = Vec::new();
    for (name, values) in pairs {
        // `_has:Observation:patient:encounter` names what `encounter` does.
        let code = name.strip_prefix("_has:").and_then(|rest| rest.splitn(3, ':').nth(2)).unwrap_or(name);
        let possible: &[&str] = match code {
            "_id" => &types,
            "patient" | "subject:Patient" => &["Patient"],
            "encounter" => &["Encounter"],
            "subject" => &SUBJECTS,
            "target" => &[],
            "performer" | "subscriber" => &[],
            _ => continue,
        };
        for value in values.split(',') {
            let value = value.split("/_history/").next().unwrap();
            named.push(match value.contains('/') && code != "_id" {
                true => vec![value.to_owned()],
                false => possible.iter().map(|kind| format!("{kind}/{value}")).collect(),
            });
        }
    }
    for candidates in &mut named {
        candidates.retain(|name| !is_shared(name));
    }
    named.retain(|candidates| !candidates.is_empty());
    named.sort();
    named.dedup();
    named
}

/// Whether something is in nobody's book by its type.
pub fn is_shared(name: &str) -> bool {
    let kind = name.split('/').next().unwrap();
    !OTHERS.contains(&kind) && !COMPARTMENTS.contains(&format!("\nPatient\t{kind}\t"))
}

/// An entry names nobody of another book: the id at the beginning of a path stands in it only where it is that of something in
/// the book, or of what the entry is about.
pub fn of_own_path(row: Row, books: &Books) -> Row {
    let Some((name, rest)) = beginning(&row.query).filter(|(name, _)| !is_shared(name)) else { return row };
    let is_shown = row.action == Action::History.number() && row.shown > 0;
    let is_own = !row.patient.is_empty() && books.last(name) == row.patient;
    match is_shown || is_own || row.resource == name {
        true => row,
        false => Row { query: format!("{}/*{rest}", name.split('/').next().unwrap()), ..row },
    }
}

/// `Type/id` at the beginning of a path that goes on, and how it does.
fn beginning(query: &str) -> Option<(&str, &str)> {
    let (kind, rest) = query.split_once('/')?;
    let (id, _) = rest.split_once('/')?;
    let is_kind = kind.starts_with(|first: char| first.is_ascii_uppercase());
    is_kind.then(|| query.split_at(kind.len() + 1 + id.len()))
}

/// For each thing that is named, neither shown itself nor anything of its book, a row like this one in that book; where
/// nothing at all is shown, and none is in anybody's book, one without a person.
pub fn of_nothing(
    named: &[Named],
    shown: &BTreeSet<&str>,
    people: &BTreeSet<String>,
    books: &Books,
    like: &Row,
) -> Vec<Row> {
    let is_unseen = |named: &&Named| !named.iter().any(|name| shown.contains(name.as_str()));
    let unseen: Vec<&Named> = named.iter().filter(is_unseen).collect();
    let of = |name: &String| Row { patient: books.last(name), resource: name.clone(), ..like.clone() };
    let mut rows: Vec<Row> = unseen.iter().flat_map(|named| named.iter().map(of)).collect();
    rows.retain(|row| !row.patient.is_empty() && !people.contains(&row.patient));
    if rows.is_empty() && people.is_empty() {
        let resource = match unseen.as_slice() {
            [only] if only.len() == 1 => only[0].clone(),
            _ => String::new(),
        };
        rows.push(Row { resource, ..like.clone() });
    }
    rows
}
