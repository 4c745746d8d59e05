//! Mutants: good resources with one fault each, written from R4 and docs/validation.md. Each must be refused for its
//! fault, at its place, and for nothing else.

mod bases;
mod bindings;
mod bundles;
mod contained;
mod edit;
mod invariants_a_to_o;
mod invariants_of_types;
mod invariants_p_to_z;
mod narrative;
mod primitives;
mod primitives_more;
mod references;
mod shape;
mod structure;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use test_support::{Response, TestServer};

use crate::support::{Fhir, body, on_each, text, value};
use table::{Row, rows};

/// The family name in the bases: no answer may say it.
const SECRET: &str = "Bímật";

/// The type of a resource.
fn kind(resource: &str) -> String {
    text(&value(resource)["resourceType"])
}

#[test]
fn the_table_is_large_and_has_no_row_twice() {
    let rows = rows();
    assert!(rows.len() >= 420, "{} rows", rows.len());
    let mut names = BTreeSet::new();
    let mut mutants = BTreeSet::new();
    for row in &rows {
        assert!(names.insert(row.what), "twice: {}", row.what);
        assert!(mutants.insert(&row.mutant), "made twice: {}", row.what);
        assert_ne!(row.mutant, value(bases::base(row.base)).to_string(), "not changed: {}", row.what);
    }
    let keys: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| &row.faults)
        .filter_map(|fault| fault.strip_prefix("invariant:"))
        .collect();
    assert!(keys.len() >= 60, "{} invariants", keys.len());
    for base in bases::names() {
        assert!(rows.iter().any(|row| row.base == base), "nothing is made of {base}");
    }
}

#[test]
fn a_mutant_is_refused_for_its_fault_and_not_stored() {
    on_each(|server| {
        let mut expected = BTreeMap::new();
        let mut wrong = Vec::new();
        for name in bases::names() {
            let kind = kind(bases::base(name));
            let answer = server.http().send_fhir("POST", &format!("/fhir/{kind}"), bases::base(name));
            if answer.status == 201 {
                *expected.entry(kind).or_insert(0) += 1;
            } else {
                wrong.push(format!("the base {name}: {}: {}", answer.status, answer.text()));
            }
        }
        for row in rows() {
            let answer = server.http().send_fhir("POST", &format!("/fhir/{}", row.kind), &row.mutant);
            if answer.status == 201 {
                *expected.entry(row.kind.clone()).or_insert(0) += 1;
            }
            note(&mut wrong, &row, row.statuses, &answer);
        }
        for (kind, expected) in expected {
            let stored = server.searchset(&format!("/fhir/{kind}?_summary=count"))["total"].clone();
            if stored != expected {
                wrong.push(format!("{kind}: {stored} are stored, {expected} were answered with 201"));
            }
        }
        told_together(server, &wrong);
    });
}

#[test]
fn validate_says_the_same_of_each_mutant() {
    on_each(|server| {
        let validate = |kind: &str, sent: &str| {
            server.http().send_fhir("POST", &format!("/fhir/{kind}/$validate"), sent)
        };
        let mut wrong = Vec::new();
        for name in bases::names() {
            let base = bases::base(name);
            let answer = validate(&kind(base), base);
            let issues = if answer.status == 200 { body(&answer)["issue"].clone() } else { body(&answer) };
            let is_error =
                |severity: &str| issues.to_string().contains(&format!(r#""severity":"{severity}""#));
            if answer.status != 200 || is_error("error") || is_error("fatal") {
                wrong.push(format!("the base {name}: {}: {issues}", answer.status));
            }
        }
        for row in rows() {
            note(&mut wrong, &row, &[200], &validate(&row.kind, &row.mutant));
        }
        told_together(server, &wrong);
    });
}

/// Notes what an answer has wrong.
fn note(wrong: &mut Vec<String>, row: &Row, statuses: &[u16], answer: &Response) {
    let says = format!("{} | {} | expected {}", row.what, row.base, row.expectation());
    let shown = String::from_utf8_lossy(&answer.body);
    if shown.contains(SECRET) && answer.status != 201 {
        wrong.push(format!("{says} | says a value of the record"));
    }
    let complaint =
        serde_json::from_str(&shown).map_or(Some("no JSON".to_owned()), |outcome| row.complaint(&outcome));
    if !statuses.contains(&answer.status) || complaint.is_some() {
        let complaint = complaint.unwrap_or_else(|| "the right issue".to_owned());
        wrong.push(format!("{says} | found {}: {complaint}", answer.status));
    }
}

#[track_caller]
fn told_together(server: &TestServer, wrong: &[String]) {
    let rows = wrong.join("\n");
    assert!(wrong.is_empty(), "{} wrong on {}:\n{rows}", wrong.len(), server.base_url());
}
