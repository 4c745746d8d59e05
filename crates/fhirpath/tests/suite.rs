//! The official FHIRPath test suite for R4 (HL7, CC0), converted by `tools/convert_fhirpath_suite.py`.
//!
//! `known-failures.txt` lists the tests that do not pass, with the reason. The test fails when a listed one
//! passes, and when another does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails this way")]

use std::collections::BTreeMap;

use healthbook_fhirpath::{Collection, Context, Expression, Item, Temporal, TemporalKind, Value};
use json::{Node, parse};

const SUITE: &str = include_str!("data/suite.ndjson");
const INPUTS: &str = include_str!("data/inputs.json");
const KNOWN_FAILURES: &str = include_str!("data/known-failures.txt");

fn read(text: &str) -> Node<'_> {
    parse(text.as_bytes(), &json::Limits::default()).unwrap()
}

#[test]
fn official_suite() {
    let known: BTreeMap<&str, &str> = KNOWN_FAILURES
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(": ").expect("name and reason"))
        .collect();
    let inputs = read(INPUTS);
    let (mut total, mut failed, mut wrong) = (0, 0, Vec::new());
    for line in SUITE.lines() {
        let test = read(line);
        let name = test.text("name").unwrap();
        total += 1;
        let result = run(&test, inputs.get(test.text("input").unwrap()).unwrap());
        failed += usize::from(result.is_err());
        match (result, known.contains_key(name)) {
            (Err(message), false) => {
                wrong.push(format!("{name}: {}\n    {message}", test.text("expression").unwrap().trim()));
            }
            (Ok(()), true) => wrong.push(format!("{name}: is listed as a failure but passes")),
            _ => {}
        }
    }
    println!("{} of {total} tests of the suite pass", total - failed);
    assert!(wrong.is_empty(), "{} unexpected results:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(failed, known.len(), "a listed failure is not in the suite");
}

fn run(test: &Node<'_>, input: &Node<'_>) -> Result<(), String> {
    let invalid = test.text("invalid");
    let now = Temporal::parse_date_time("2026-11-25T10:15:30.123+07:00").unwrap();
    let mut context = Context::for_resource(input).unwrap().with_now(now);
    // What the suite calls a semantic error is one of the author, which the strict evaluation finds.
    if test.get("strict").is_some() || invalid.is_some() {
        context = context.strict();
    }
    let expression = Expression::parse(test.text("expression").unwrap());
    let canonical = |expression: &Expression| Expression::parse(&expression.to_string());
    if let Ok(expression) = &expression
        && canonical(expression).as_ref() != Ok(expression)
    {
        return Err(format!("does not read back from {expression}"));
    }
    let result = expression
        .map_err(|error| error.to_string())
        .and_then(|expression| expression.evaluate(&context).map_err(|error| error.to_string()));
    match (invalid, result) {
        (Some(_), Err(_)) => Ok(()),
        (Some(kind), Ok(items)) => Err(format!("{kind} error expected, found {}", show(&items))),
        (None, Err(message)) => Err(message),
        (None, Ok(items)) => compare(test, &items),
    }
}

fn compare(test: &Node<'_>, items: &Collection<'_>) -> Result<(), String> {
    let outputs = test.get("outputs").unwrap().items();
    let expected: Vec<(Option<&str>, &str)> = outputs
        .iter()
        .map(|output| (output.items()[0].as_str(), output.items()[1].as_str().unwrap()))
        .collect();
    if test.get("predicate").is_some() {
        return if items.len() == 1 { Ok(()) } else { Err(show(items)) };
    }
    let mut found: Vec<&Item<'_>> = items.iter().collect();
    if found.len() != expected.len() {
        return Err(format!("expected {expected:?}, found {}", show(items)));
    }
    for (type_name, text) in &expected {
        let at = found.iter().position(|item| matches(item, *type_name, text));
        match at {
            Some(0) => drop(found.remove(0)),
            Some(at) if test.get("unordered").is_some() => drop(found.remove(at)),
            _ => return Err(format!("expected {expected:?}, found {}", show(items))),
        }
    }
    Ok(())
}

fn matches(item: &Item<'_>, type_name: Option<&str>, text: &str) -> bool {
    let own_type = item.type_name().1;
    if type_name.is_some_and(|type_name| !own_type.eq_ignore_ascii_case(type_name)) {
        return false;
    }
    let value = item.value().unwrap();
    match &value {
        Value::Decimal(number) => text.parse() == Ok(*number),
        Value::Temporal(temporal) if temporal.kind() == TemporalKind::Time => format!("@T{value}") == text,
        Value::Temporal(_) => format!("@{value}") == text,
        _ => value.to_string() == text,
    }
}

fn show(items: &Collection<'_>) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| format!("{} {}", item.type_name().1, item.text().unwrap_or_default()))
        .collect();
    format!("[{}]", items.join(", "))
}
