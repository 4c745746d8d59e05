//! There and back: documents made from R4's element table, as XML and as JSON again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a broken premise of a test fails the test")]

mod generator;
mod random;

use fhir::{ResourceType, TypeId, check_resource};
use generator::{Full, random_resource};
use healthbook_xml::{Limits, check_narrative, from_xml, to_xml};
use json::{Node, Value};
use random::Random;

/// With the members in the order of their names.
fn sorted(node: &Node<'_>) -> Node<'static> {
    Node::new(match &node.value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, node)| (name.to_string().into(), sorted(node))).collect();
            members.sort_by(|(one, _): &json::Member<'_>, (other, _)| one.cmp(other));
            Value::Object(members)
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::String(text) => Value::String(text.to_string().into()),
        Value::Number(lexeme) => Value::Number(lexeme.to_string().into()),
        Value::Boolean(value) => Value::Boolean(*value),
        Value::Null => Value::Null,
    })
}

#[track_caller]
fn check(resource: &Node<'_>) -> String {
    let (_, issues) = check_resource(resource);
    assert_eq!(issues, [], "the premise: {}", resource.to_json());
    let text = to_xml(resource).unwrap_or_else(|fault| panic!("{fault}: {}", resource.to_json()));
    let back =
        from_xml(text.as_bytes(), &Limits::default()).unwrap_or_else(|fault| panic!("{fault}: {text}"));
    assert_eq!(sorted(&back).to_json(), sorted(resource).to_json());
    // Written again it is the same text: the order is that of the definitions.
    assert_eq!(to_xml(&back).unwrap(), text);
    text
}

#[test]
fn every_element_of_every_type() {
    let mut seen = std::collections::BTreeSet::new();
    for resource_type in ResourceType::all() {
        // No choice but those that are open to all types has more forms than this.
        for variant in 0..6 {
            let resource = Full::new(variant, &mut seen).resource(resource_type);
            check(&resource);
        }
    }
    let value = TypeId::named("Extension").unwrap().element("value").unwrap();
    assert_eq!(value.types.len(), 50);
    for variant in 0..value.types.len() {
        check(&Full::new(variant, &mut seen).basic_with_extension());
    }
    // Each element of each type that can be used was there.
    let mut missing = Vec::new();
    for resource_type in ResourceType::all() {
        every_element(TypeId::of_resource(resource_type), &mut |type_id, name| {
            // Extensions are made by hand, above.
            if !seen.contains(&(type_id, name)) && type_id.name() != "Extension" {
                missing.push(format!("{}.{name}", type_id.name()));
            }
        });
    }
    missing.sort();
    missing.dedup();
    assert_eq!(missing, Vec::<String>::new());
}

/// Shows every element that can be reached from a type.
fn every_element(type_id: TypeId, visit: &mut impl FnMut(TypeId, &'static str)) {
    let mut waiting = vec![type_id];
    let mut done = std::collections::BTreeSet::new();
    while let Some(type_id) = waiting.pop() {
        if !done.insert(type_id) || type_id.kind() == fhir::Kind::Primitive || type_id.name() == "Resource" {
            continue;
        }
        for element in type_id.elements() {
            visit(type_id, element.name);
            waiting.extend(element.types.iter().map(|kind| kind.type_id));
        }
    }
}

#[test]
fn random_resources_come_back() {
    let types: Vec<ResourceType> = ResourceType::all().collect();
    for seed in 0..600 {
        let mut random = Random::new(seed);
        let resource_type = types[random.below(types.len())];
        check(&random_resource(&mut random, resource_type));
    }
}

/// What is broken at random is refused or read, never more: and what is read can be written and read again.
#[test]
fn broken_text_never_breaks_the_reader() {
    let types: Vec<ResourceType> = ResourceType::all().collect();
    let mut read = 0;
    for seed in 0..600 {
        let mut random = Random::new(seed);
        let resource_type = types[random.below(types.len())];
        let text = to_xml(&random_resource(&mut random, resource_type)).unwrap();
        let mut bytes = text.into_bytes();
        for _ in 0..1 + random.below(4) {
            damage(&mut bytes, &mut random);
        }
        let Ok(node) = from_xml(&bytes, &Limits::default()) else { continue };
        read += 1;
        if let Ok(again) = to_xml(&node) {
            let back = from_xml(again.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(sorted(&back).to_json(), sorted(&node).to_json(), "seed {seed}");
        }
    }
    assert!(read > 20, "some must be harmless: {read}");
}

#[test]
fn broken_narratives_never_break_the_check() {
    let whole = concat!(
        r##"<div xmlns="http://www.w3.org/1999/xhtml"><p class='a'>b &amp; c &#160;<br/></p><!-- d -->"##,
        r##"<a href="#e">f</a><img src="g" alt=""/><![CDATA[h]]><?i j?></div>"##
    );
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let mut bytes = whole.as_bytes().to_vec();
        for _ in 0..1 + random.below(5) {
            damage(&mut bytes, &mut random);
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = check_narrative(text);
        }
    }
}

/// Takes out, doubles or replaces a few bytes.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    let end = (at + 1 + random.below(12)).min(bytes.len());
    match random.below(4) {
        0 => drop(bytes.drain(at..end)),
        1 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        2 => {
            const PARTS: [&[u8]; 14] = [
                b"<",
                b">",
                b"/>",
                b"&",
                b"\"",
                b"'",
                b"<!--",
                b"-->",
                b"<![CDATA[",
                b"]]>",
                b"<?",
                b"?>",
                b"\0",
                b" ",
            ];
            let part = PARTS[random.below(PARTS.len())];
            bytes.splice(at..at, part.iter().copied());
        }
        _ => bytes[at] = u8::try_from(random.below(256)).unwrap(),
    }
}
