//! The code systems and value sets of R4, out of compact tables that `tools/generate_r4_terminology.py` makes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::code_system::{CodeSystem, Concept, Content, PropertyValue};
use crate::code_system_read::Builder;
use crate::definition::Definition;
use crate::edition::Edition;
use crate::value_set::{Composed, Filter, Listed, ValueSet};

const CODE_SYSTEMS: &str = include_str!("../definitions/r4-code-systems.tsv");
const VALUE_SETS: &str = include_str!("../definitions/r4-value-sets.tsv");

/// Everything in the tables.
pub(crate) fn definitions() -> Vec<Definition> {
    let mut found: Vec<Definition> =
        blocks(CODE_SYSTEMS).map(|block| Definition::CodeSystem(Arc::new(code_system(block)))).collect();
    found.extend(blocks(VALUE_SETS).map(|block| Definition::ValueSet(Arc::new(value_set(block)))));
    found
}

/// The text of each definition: a line that begins with `=`, and the lines after it.
fn blocks(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.split("\n=\t").skip(1)
}

/// The fields of a line; what is missing at its end is empty.
fn fields<const N: usize>(line: &'static str) -> [&'static str; N] {
    let mut fields = line.split('\t');
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

fn some(text: &str) -> Option<Box<str>> {
    (!text.is_empty()).then(|| text.into())
}

fn edition(url: &str, version: &str, title: &str) -> Edition {
    let language = Some("en".into());
    Edition { url: url.into(), version: some(version), title: some(title), language, ..Edition::default() }
}

fn code_system(block: &'static str) -> CodeSystem {
    let mut lines = block.lines();
    let [url, version, title, content, case, meaning, value_set] = fields(lines.next().unwrap_or_default());
    let mut builder = Builder::default();
    // The concepts that the next line may be below.
    let mut above: Vec<u32> = Vec::new();
    for line in lines {
        let [depth, code, display, marks, parents] = fields(line);
        let depth = depth.parse().unwrap_or(0);
        above.truncate(depth);
        let deprecated =
            marks.contains('D').then(|| ("status".into(), PropertyValue::Code("deprecated".into())));
        let concept = Concept {
            code: code.into(),
            display: Some(if display.is_empty() { code } else { display }.into()),
            properties: deprecated.into_iter().collect(),
            is_abstract: marks.contains('A'),
            is_inactive: marks.contains('I'),
            ..Concept::default()
        };
        for parent in parents.split(' ').filter(|parent| !parent.is_empty()) {
            builder.link(code, parent);
        }
        // The tables are ours and stay below every limit; a test counts their lines.
        if let Ok(at) = builder.add(concept, above.last().copied()) {
            above.push(at);
        }
    }
    builder.finish(CodeSystem {
        edition: edition(url, version, title),
        content: Content::read(Some(content)),
        case_sensitive: match case {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        },
        hierarchy_meaning: some(meaning),
        value_set: some(value_set),
        supplements: None,
        declared: Vec::new(),
        concepts: Vec::new(),
        by_code: HashMap::new(),
        by_folded: HashMap::new(),
        below_absent: HashMap::new(),
    })
}

fn value_set(block: &'static str) -> ValueSet {
    let mut lines = block.lines();
    let [url, version, title] = fields(lines.next().unwrap_or_default());
    let mut parts: Vec<(bool, Composed)> = Vec::new();
    for line in lines {
        let [sign, first, second, filters, imports] = fields(line);
        match (sign, parts.last_mut()) {
            (".", Some((_, part))) => {
                let listed = Listed { code: first.into(), display: some(second), ..Listed::default() };
                // As above.
                let _within_limits = part.add(listed);
            }
            _ => {
                let filters = filters.split(';').filter(|text| !text.is_empty()).map(|text| {
                    let mut words = text.splitn(3, ' ');
                    let mut word = || words.next().unwrap_or_default();
                    Filter::new(word(), word(), word())
                });
                let value_sets = imports.split(' ').filter_map(some).collect();
                let (system, version) = (some(first), some(second));
                let part = Composed {
                    system,
                    version,
                    filters: filters.collect(),
                    value_sets,
                    ..Composed::default()
                };
                parts.push((sign == "+", part));
            }
        }
    }
    let (include, exclude): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(is_include, _)| *is_include);
    let all = |parts: Vec<(bool, Composed)>| parts.into_iter().map(|(_, part)| Arc::new(part)).collect();
    ValueSet {
        edition: edition(url, version, title),
        include: all(include),
        exclude: all(exclude),
        ..ValueSet::default()
    }
}
