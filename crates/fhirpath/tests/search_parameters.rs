//! Every search parameter of R4 must parse, survive its canonical text, and evaluate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails this way")]

use fhir::{Kind, TypeId};
use healthbook_fhirpath::{Context, Expression, Item};

const PARAMETERS: &str = include_str!("../../fhir/definitions/r4-search-parameters.tsv");

/// Base types and expression of each parameter that has one.
fn parameters() -> impl Iterator<Item = (Vec<&'static str>, &'static str)> {
    PARAMETERS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let (bases, expression) = (fields.get(2)?, fields.get(3)?);
        (!expression.is_empty()).then(|| (bases.split([',', '|', ' ']).collect(), *expression))
    })
}

#[test]
fn every_expression_parses_and_evaluates_on_an_empty_resource() {
    let mut count = 0;
    for (bases, text) in parameters() {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        for base in bases {
            // `Resource` and `DomainResource` are bases of parameters too; any resource stands for them.
            let base = if TypeId::named(base).unwrap().kind() == Kind::Abstract { "Patient" } else { base };
            let resource = format!("{{\"resourceType\":\"{base}\"}}");
            let node = json::parse(resource.as_bytes(), &json::Limits::default()).unwrap();
            let context = Context::for_resource(&node).unwrap();
            let items = expression.evaluate(&context).unwrap_or_else(|error| panic!("{text}: {error}"));
            // Composite parameters select the resource itself, `deceased` computes its value.
            let itself =
                |item: &Item<'_>| item.type_id().is_none() || std::ptr::eq(item.node().unwrap(), &node);
            assert!(items.iter().all(itself), "{text}");
            count += 1;
        }
    }
    assert!(count > 1_300, "{count}");
}

#[test]
fn canonical_text_reads_back() {
    for (_, text) in parameters() {
        let expression = Expression::parse(text).unwrap();
        let canonical = expression.to_string();
        assert_eq!(Expression::parse(&canonical).unwrap(), expression, "{text} as {canonical}");
        for branch in expression.branches() {
            // One parameter of R4 forgot its type: `name | alias` of InsurancePlan.
            assert!(branch.root_type().is_some() || text == "name | alias", "{branch}");
        }
    }
}

#[test]
fn every_expression_starts_with_an_element_of_its_type() {
    // In a strict evaluation a name that does not exist is an error. On an empty resource only the first name
    // of a path meets an item, and a cast tells its type.
    for (_, text) in parameters() {
        for branch in Expression::parse(text).unwrap().branches() {
            let root = match branch.root_type() {
                None => "InsurancePlan",
                Some("Resource" | "DomainResource") => "Patient",
                Some(root) => root,
            };
            let resource = format!("{{\"resourceType\":\"{root}\"}}");
            let node = json::parse(resource.as_bytes(), &json::Limits::default()).unwrap();
            let result = branch.evaluate(&Context::for_resource(&node).unwrap().strict());
            assert!(result.is_ok(), "{branch}: {result:?}");
        }
    }
}
