//! Custom parameters: which are refused, and what the others find.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::*;
use crate::testing::{holds, parse_with, registry, resource};
use crate::{Clause, Hasher, Slot};

const URL: &str = "http://x/SearchParameter/nickname";

fn parameter(members: &[(&str, &str)]) -> Result<CustomParameter, UnusableParameter> {
    let mut all = vec![
        ("url", format!("{URL:?}")),
        ("code", r#""nickname""#.to_owned()),
        ("type", r#""string""#.to_owned()),
        ("base", r#"["Patient"]"#.to_owned()),
        ("expression", r#""Patient.name.where(use='nickname').text""#.to_owned()),
    ];
    for (name, value) in members {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, (*value).to_owned()));
        }
    }
    let members: Vec<String> = all.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    let text = format!(r#"{{"resourceType":"SearchParameter",{}}}"#, members.join(","));
    CustomParameter::read(resource(&text).1, registry())
}

#[test]
fn good_parameters() {
    let read = parameter(&[]).unwrap();
    assert_eq!(
        read,
        CustomParameter {
            code: "nickname".to_owned(),
            kind: ParameterType::String,
            bases: vec!["Patient".to_owned()],
            expression: "Patient.name.where(use='nickname').text".to_owned(),
            targets: Vec::new(),
            url: URL.to_owned(),
            bit: 0,
            ready: false,
        }
    );
    let reference = parameter(&[
        ("type", r#""reference""#),
        ("base", r#"["Patient","Person"]"#),
        ("expression", r#""(Patient.link.other) | Person.link.target.where(resolve() is Patient)""#),
        ("target", r#"["Patient","Thing"]"#),
    ]);
    let reference = reference.unwrap();
    assert_eq!((reference.targets.as_slice(), reference.types().len()), (&[ResourceType::PATIENT][..], 2));
    for kind in ["number", "date", "string", "token", "reference", "quantity", "uri"] {
        assert!(parameter(&[("type", &format!("{kind:?}"))]).is_ok(), "{kind}");
    }
    // The definition of R4 itself is no other parameter of that name.
    let own = ("url", r#""http://hl7.org/fhir/SearchParameter/individual-gender""#);
    assert!(parameter(&[("code", r#""gender""#), own]).is_ok());
}

#[test]
fn bad_parameters() {
    use UnusableParameter::{Expression, Incomplete, Kind, Taken};
    let long = format!("{:?}", "a".repeat(65));
    let deep = format!("\"{}Patient.name{}\"", "(".repeat(5_000), ")".repeat(5_000));
    for (name, value, expected) in [
        ("url", "", Incomplete),
        ("url", r#""http://x\ty""#, Incomplete),
        ("url", r#""""#, Incomplete),
        ("code", "", Incomplete),
        ("code", r#""""#, Incomplete),
        ("code", r#""a.b""#, Incomplete),
        ("code", r#""a:b""#, Incomplete),
        ("code", r#""tên""#, Incomplete),
        ("code", &long, Incomplete),
        ("type", "", Incomplete),
        ("type", r#""text""#, Incomplete),
        ("type", r#""composite""#, Kind),
        ("type", r#""special""#, Kind),
        ("base", "", Incomplete),
        ("base", "[]", Incomplete),
        ("base", r#"["Thing"]"#, Incomplete),
        ("base", r#"["Resource"]"#, Incomplete),
        // A bit of the presence mask is chosen for the types that are named.
        ("base", r#"["Patient","DomainResource"]"#, Incomplete),
        ("expression", "", Incomplete),
        ("expression", r#""""#, Expression),
        ("expression", r#""Patient.name.""#, Expression),
        ("expression", r#""Patient.name.frobnicate()""#, Expression),
        ("expression", r#""Person.name""#, Expression),
        ("expression", r#""Patient""#, Expression),
        // Parentheses that enclose nothing, or too much, end no stack.
        ("expression", r#""(Patient.name""#, Expression),
        ("expression", r#""(Patient.name)(x)""#, Expression),
        ("expression", r#""((Patient.name)""#, Expression),
        ("expression", &deep, Expression),
        // On one line these would mean another thing.
        ("expression", r#""Patient.name // x\n.family""#, Expression),
        ("expression", r#""Patient.name.where(text = 'a  b').family""#, Expression),
        ("code", r#""gender""#, Taken),
        ("code", r#""_tag""#, Taken),
        ("code", r#""_sort""#, Taken),
    ] {
        assert_eq!(parameter(&[(name, value)]), Err(expected), "{name} {value}");
    }
}

/// A registry with a parameter.
fn with(parameter: CustomParameter) -> Registry {
    let names = Registry::slot_expressions(std::slice::from_ref(&parameter));
    let slots: HashMap<String, Slot> =
        names.into_iter().zip(1_i16..).map(|(name, number)| (name, Slot(number))).collect();
    Registry::new(&slots, vec![parameter], Hasher::new([1; 16]), TimeZone::UTC)
}

#[test]
fn a_parameter_is_indexed_at_once_and_searched_when_it_is_ready() {
    let bit = registry().free_bit(&[ResourceType::PATIENT], &[]).unwrap();
    let mut parameter = CustomParameter { bit, ..parameter(&[]).unwrap() };
    let query = [("nickname", "tí"), ("nickname:missing", "false"), ("_sort", "nickname")];
    let waiting = with(parameter.clone());
    assert_eq!(waiting.custom().len(), 1);
    let parsed = parse_with(&waiting, "Patient", &query);
    assert_eq!((parsed.unknown.len(), parsed.errors.len(), parsed.plan.clauses.len()), (2, 1, 0));
    assert_eq!(parsed.unknown[0].fault.code(), "search-parameter-unsupported");

    parameter.ready = true;
    let ready = with(parameter.clone());
    let parsed = parse_with(&ready, "Patient", &query);
    assert_eq!((parsed.issues().count(), parsed.plan.clauses.len(), parsed.plan.sort.len()), (0, 2, 1));
    assert_eq!(parse_with(&ready, "Person", &query[..1]).unknown.len(), 1);
    let clause = Clause::All(parsed.plan.clauses);
    for (name, found) in [
        (r#"{"use":"nickname","text":"Tí Nị"}"#, true),
        (r#"{"use":"official","text":"Tí Nị"}"#, false),
        (r#"{"use":"nickname","text":"Bờm"}"#, false),
    ] {
        let (kind, node) = resource(&format!(r#"{{"resourceType":"Patient","name":[{name}]}}"#));
        assert_eq!(holds(&ready, &clause, kind, node), found, "{name}");
        assert_eq!(waiting.extract(kind, node).rows, ready.extract(kind, node).rows, "{name}");
    }
}

#[test]
fn the_slots_of_r4_keep_their_places() {
    let plain = Registry::slot_expressions(&[]);
    let mut more = Registry::slot_expressions(&[parameter(&[]).unwrap()]);
    let matching = plain.last().unwrap().clone();
    let own = "Patient string Patient.name.where(use='nickname').text".to_owned();
    assert_eq!(more.split_off(plain.len() - 1), [own, matching.clone()]);
    assert_eq!([more, vec![matching]].concat(), plain);
    // An expression that R4 has too shares its slot.
    let known = parameter(&[("expression", r#""Patient.name.family""#)]).unwrap();
    assert_eq!(Registry::slot_expressions(&[known]), plain);
}

#[test]
fn a_line_is_read_back() {
    let lines = parameter(&[("expression", r#""Patient.name\n\t.where(use = 'nickname').text""#)]).unwrap();
    assert_eq!(lines.expression, "Patient.name .where(use = 'nickname').text");
    let targets = vec![ResourceType::PATIENT];
    for parameter in [
        lines.clone(),
        CustomParameter { ready: true, bit: 62, kind: ParameterType::Reference, targets, ..lines.clone() },
        CustomParameter { bases: vec!["Patient".to_owned(), "Person".to_owned()], ..lines },
    ] {
        assert_eq!(CustomParameter::from_line(&parameter.to_line()), Some(parameter));
    }
    for bad in ["", "a\tb", "a\tstring\tPatient\tPatient.name\t\thttp://x\tbit\t"] {
        assert_eq!(CustomParameter::from_line(bad), None);
    }
}

#[test]
fn bits_are_free_in_all_types() {
    let observation: ResourceType = "Observation".parse().unwrap();
    let types = [ResourceType::PATIENT, observation];
    assert_eq!(registry().free_bit(&types, &[]), Some(62));
    assert_eq!(registry().free_bit(&types, &[62, 60]), Some(61));
    let free: Vec<u8> = (0..=62)
        .filter(|bit| {
            registry().free_bit(&types, &(0..=62).filter(|other| other != bit).collect::<Vec<_>>()).is_some()
        })
        .collect();
    for kind in types {
        assert!(
            registry().parameters(kind).iter().filter_map(|known| known.bit).all(|bit| !free.contains(&bit))
        );
    }
    assert_eq!(registry().free_bit(&types, &(0..=62).collect::<Vec<_>>()), None);
}
