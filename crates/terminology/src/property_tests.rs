//! Laws that hold for every code system and every value set.

use std::collections::BTreeSet;
use std::sync::Arc;

use json::Limits;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::{Definition, Editions, ExpandOptions, Library, Membership, ValueSet};

const SYSTEMS: [&str; 3] = ["urn:example:s0", "urn:example:s1", "urn:example:missing"];

/// A system whose concept `i` is below those concepts that come before it.
fn system(url: &str, content: &str, parents: &[Vec<usize>]) -> String {
    let concepts: Vec<String> = parents
        .iter()
        .enumerate()
        .map(|(at, parents)| {
            let mut properties: Vec<String> = parents
                .iter()
                .filter(|parent| **parent < at)
                .map(|parent| format!(r#"{{"code":"parent","valueCode":"c{parent}"}}"#))
                .collect();
            properties.push(format!(r#"{{"code":"kind","valueCode":"k{}"}}"#, at % 3));
            format!(r#"{{"code":"c{at}","property":[{}]}}"#, properties.join(","))
        })
        .collect();
    format!(
        r#"{{"resourceType":"CodeSystem","url":"{url}","content":"{content}","concept":[{}]}}"#,
        concepts.join(",")
    )
}

fn part() -> impl Strategy<Value = String> {
    let filter = prop_oneof![
        (
            0..8_usize,
            prop_oneof![
                Just("is-a"),
                Just("descendent-of"),
                Just("is-not-a"),
                Just("generalizes"),
                Just("=")
            ]
        )
            .prop_map(|(code, op)| format!(r#"{{"property":"concept","op":"{op}","value":"c{code}"}}"#)),
        (0..4_usize).prop_map(|kind| format!(r#"{{"property":"kind","op":"in","value":"k{kind},k0"}}"#)),
        Just(r#"{"property":"never","op":"=","value":"x"}"#.to_owned()),
    ];
    let content = prop_oneof![
        2 => vec(0..9_usize, 1..4).prop_map(|codes| {
            let codes: Vec<String> = codes.iter().map(|code| format!(r#"{{"code":"c{code}"}}"#)).collect();
            format!(r#","concept":[{}]"#, codes.join(","))
        }),
        3 => vec(filter, 0..3).prop_map(|filters| if filters.is_empty() { String::new() } else { format!(r#","filter":[{}]"#, filters.join(",")) }),
    ];
    let sets = vec(0..4_usize, 0..2).prop_map(|sets| {
        let sets: Vec<String> = sets.iter().map(|set| format!(r#""urn:example:v{set}""#)).collect();
        if sets.is_empty() { String::new() } else { format!(r#","valueSet":[{}]"#, sets.join(",")) }
    });
    (0..12_usize, content, sets).prop_map(|(system, content, sets)| {
        // Mostly systems that are here.
        let system = SYSTEMS[if system == 11 { 2 } else { system % 2 }];
        format!(r#"{{"system":"{system}"{content}{sets}}}"#)
    })
}

fn value_set(at: usize) -> impl Strategy<Value = String> {
    (vec(part(), 1..4), vec(part(), 0..2)).prop_map(move |(include, exclude)| {
        let exclude = if exclude.is_empty() { String::new() } else { format!(r#","exclude":[{}]"#, exclude.join(",")) };
        format!(
            r#"{{"resourceType":"ValueSet","url":"urn:example:v{at}","compose":{{"include":[{}]{exclude}}}}}"#,
            include.join(",")
        )
    })
}

fn made(resources: &[String]) -> Library {
    let nodes: Vec<_> =
        resources.iter().map(|text| json::parse(text.as_bytes(), &Limits::default()).unwrap()).collect();
    Library::default().extended(nodes.iter()).unwrap()
}

proptest! {
    #[test]
    fn what_is_listed_is_what_is_in_it(
        first in vec(vec(0..8_usize, 0..3), 1..9),
        second in vec(vec(0..8_usize, 0..3), 1..9),
        sets in (value_set(0), value_set(1), value_set(2), value_set(3)),
    ) {
        let systems = [system(SYSTEMS[0], "complete", &first), system(SYSTEMS[1], "complete", &second)];
        let library = made(&[&systems[..], &[sets.0, sets.1, sets.2, sets.3]].concat());
        for at in 0..4 {
            let url = format!("urn:example:v{at}");
            let set: &Arc<ValueSet> = library.find_value_set(&url, None).unwrap();
            let options = ExpandOptions { count: usize::MAX, ..ExpandOptions::default() };
            let mut in_it = BTreeSet::new();
            for system in SYSTEMS {
                for code in 0..10 {
                    let code = format!("c{code}");
                    let member = library.membership(&url, Some(system), &code);
                    prop_assert_eq!(member, library.membership_in(set, &Editions::default(), Some(system), &code));
                    if member == Membership::Member {
                        in_it.insert((system.to_owned(), code.clone()));
                        prop_assert_eq!(library.membership(&url, None, &code), Membership::Member);
                    }
                }
            }
            if let Ok(expansion) = library.expand(set, &options) {
                let listed: BTreeSet<_> =
                    expansion.contains.iter().map(|it| (it.system.to_string(), it.code.to_string())).collect();
                prop_assert_eq!(listed.len(), expansion.total);
                prop_assert_eq!(&listed, &in_it);
                let nested = library.expand(set, &ExpandOptions { nested: true, count: usize::MAX, ..ExpandOptions::default() }).unwrap();
                let mut flat = Vec::new();
                let mut waiting = nested.contains;
                while let Some(entry) = waiting.pop() {
                    flat.push((entry.system.to_string(), entry.code.to_string()));
                    waiting.extend(entry.contains);
                }
                prop_assert_eq!(flat.len(), listed.len());
                prop_assert_eq!(flat.into_iter().collect::<BTreeSet<_>>(), listed);
            }
        }
    }

    #[test]
    fn above_is_a_partial_order(parents in vec(vec(0..12_usize, 0..4), 1..13)) {
        let library = made(&[system(SYSTEMS[0], "complete", &parents)]);
        let system = library.find_code_system(SYSTEMS[0], None).unwrap();
        let count = u32::try_from(system.concepts().len()).unwrap();
        for a in 0..count {
            prop_assert!(!system.is_above(a, a));
            for b in 0..count {
                prop_assert!(!(system.is_above(a, b) && system.is_above(b, a)));
                prop_assert_eq!(system.is_above(a, b), system.descendants(a).contains(&b));
                for c in 0..count {
                    prop_assert!(!(system.is_above(a, b) && system.is_above(b, c)) || system.is_above(a, c));
                }
            }
        }
    }

    #[test]
    fn pages_put_together_are_the_whole(parents in vec(vec(0..12_usize, 0..2), 1..30), size in 1..7_usize) {
        let library = made(&[system(SYSTEMS[0], "complete", &parents)]);
        let set = Arc::new(ValueSet::of_system("urn:example:all", SYSTEMS[0]));
        let page = |offset, count| {
            library.expand(&set, &ExpandOptions { offset, count, ..ExpandOptions::default() }).unwrap()
        };
        let whole = page(0, usize::MAX);
        let mut together = Vec::new();
        while together.len() < whole.total {
            together.extend(page(together.len(), size).contains);
        }
        prop_assert_eq!(together, whole.contains);
    }

    /// Whatever comes as a resource is read or refused.
    #[test]
    fn no_resource_is_too_strange(text in r#"\{"resourceType":"(CodeSystem|ValueSet|ConceptMap)"(,"(url|concept|compose|group|property|expansion)":(1|"x"|\[\]|\[1\]|\{\}|\[\{"code":"a","concept":\[\{"code":"a"\}\],"property":\[\{"code":"parent","valueCode":"a"\}\]\}\]))?\}"#) {
        let node = json::parse(text.as_bytes(), &Limits::default()).unwrap();
        prop_assert!(Definition::read(&node).is_ok());
    }
}
