//! Value sets: what they hold and what they list, by R4 `valueset.html#compositions` and `codesystem.html#filters`.

use std::sync::Arc;

use json::Limits;

use crate::library_tests::library;
use crate::{Definition, ExpandOptions, Library, Membership, TextFilter, Unlistable, ValueSet};

const ANIMALS: &str = r#"{"resourceType":"CodeSystem","url":"urn:example:animals","version":"1","language":"en","status":"active","content":"complete","caseSensitive":true,
  "property":[{"code":"legs","type":"integer"},{"code":"home","type":"code"}],
  "concept":[
    {"code":"animal","display":"Animal","property":[{"code":"notSelectable","valueBoolean":true}],"concept":[
      {"code":"mammal","display":"Mammal","designation":[{"language":"vi","value":"Động vật có vú"}],"concept":[
        {"code":"cat","display":"Cat","designation":[{"language":"vi","value":"Mèo"}],"property":[{"code":"legs","valueInteger":4},{"code":"home","valueCode":"house"}]},
        {"code":"whale","display":"Whale","property":[{"code":"legs","valueInteger":0},{"code":"inactive","valueBoolean":true}]}]},
      {"code":"bird","display":"Bird","property":[{"code":"child","valueCode":"hen"}]}]},
    {"code":"hen","display":"Hen","designation":[{"language":"vi","value":"Gà mái"}],"property":[{"code":"legs","valueInteger":2},{"code":"home","valueCode":"yard"}]},
    {"code":"stone","display":"Stone"}]}"#;

fn set(compose: &str) -> Arc<ValueSet> {
    whole(&format!(r#""compose":{{{compose}}}"#))
}

fn whole(content: &str) -> Arc<ValueSet> {
    let text =
        format!(r#"{{"resourceType":"ValueSet","url":"urn:example:set","status":"active",{content}}}"#);
    let node = json::parse(text.as_bytes(), &Limits::default()).unwrap();
    match Definition::read(&node) {
        Ok(Definition::ValueSet(set)) => set,
        other => panic!("{other:?}"),
    }
}

fn all<'f>() -> ExpandOptions<'f> {
    ExpandOptions { count: 1_000, ..ExpandOptions::default() }
}

fn listed(library: &Library, set: &Arc<ValueSet>) -> Result<String, Unlistable> {
    let expansion = library.expand(set, &all())?;
    assert_eq!(expansion.total, expansion.contains.len());
    Ok(expansion.contains.iter().map(|it| &*it.code).collect::<Vec<_>>().join(" "))
}

fn filtered(property: &str, operator: &str, value: &str) -> Arc<ValueSet> {
    set(&format!(
        r#""include":[{{"system":"urn:example:animals","filter":[{{"property":"{property}","op":"{operator}","value":"{value}"}}]}}]"#
    ))
}

#[test]
fn every_operator() {
    let library = library(&[ANIMALS]);
    for (property, operator, value, expected) in [
        ("concept", "is-a", "mammal", "mammal cat whale"),
        ("concept", "is-a", "bird", "bird hen"),
        ("concept", "is-a", "never", ""),
        ("concept", "descendent-of", "animal", "mammal cat whale bird hen"),
        ("concept", "is-not-a", "mammal", "animal bird hen stone"),
        ("concept", "generalizes", "cat", "animal mammal cat"),
        ("concept", "generalizes", "hen", "animal bird hen"),
        ("code", "=", "cat", "cat"),
        ("concept", "in", "cat, hen ,never", "cat hen"),
        ("concept", "not-in", "cat,hen,whale", "animal mammal bird stone"),
        ("code", "regex", "[a-c].*", "animal cat bird"),
        ("code", "regex", "at", ""),
        ("display", "regex", "(Hen|Stone)", "hen stone"),
        ("display", "=", "Cat", "cat"),
        ("legs", "=", "4", "cat"),
        ("legs", "in", "0,2", "whale hen"),
        ("legs", "exists", "true", "cat whale hen"),
        ("legs", "exists", "false", "animal mammal bird stone"),
        ("home", "regex", ".*a.*", "hen"),
        ("home", "=", "", ""),
        ("parent", "=", "mammal", "cat whale"),
        ("parent", "=", "bird", "hen"),
        ("child", "=", "hen", "bird"),
    ] {
        let found = listed(&library, &filtered(property, operator, value));
        assert_eq!(found.as_deref(), Ok(expected), "{property} {operator} {value}");
    }
    for (property, operator, value) in [
        ("wings", "=", "2"),
        ("concept", "similar", "cat"),
        ("legs", "is-a", "cat"),
        ("code", "regex", "("),
        ("legs", "exists", "perhaps"),
    ] {
        let unknown = filtered(property, operator, value);
        assert!(listed(&library, &unknown).is_err(), "{property} {operator} {value}");
        let editions = crate::Editions::default();
        let found = library.membership_in(&unknown, &editions, Some("urn:example:animals"), "cat");
        assert_eq!(found, Membership::Unknown, "{property} {operator} {value}");
    }
}

#[test]
fn parts_are_added_imports_are_cut_and_excluded_codes_go() {
    let pets = r#"{"resourceType":"ValueSet","url":"http://example.org/pets","compose":{"include":[{"system":"urn:example:animals","concept":[{"code":"hen"},{"code":"cat","display":"Pussy"}]}]}}"#;
    let library = library(&[ANIMALS, pets]);
    let animals = r#""system":"urn:example:animals""#;
    for (compose, expected) in [
        (format!(r#""include":[{{{animals}}}]"#), "animal mammal cat whale bird hen stone"),
        (format!(r#""inactive":false,"include":[{{{animals}}}]"#), "animal mammal cat bird hen stone"),
        (
            format!(r#""inactive":false,"include":[{{{animals},"concept":[{{"code":"whale"}},{{"code":"cat"}}]}}]"#),
            "cat",
        ),
        (
            format!(r#""include":[{{{animals},"concept":[{{"code":"stone"}}]}},{{"valueSet":["http://example.org/pets"]}}]"#),
            "stone hen cat",
        ),
        (
            format!(r#""include":[{{{animals},"filter":[{{"property":"concept","op":"is-a","value":"mammal"}}],"valueSet":["http://example.org/pets"]}}]"#),
            "cat",
        ),
        (
            format!(r#""include":[{{{animals}}}],"exclude":[{{"valueSet":["http://example.org/pets"]}},{{{animals},"concept":[{{"code":"animal"}}]}}]"#),
            "mammal whale bird stone",
        ),
        (r#""include":[{"valueSet":["http://example.org/pets"]},{"valueSet":["http://example.org/pets"]}]"#.to_owned(), "hen cat"),
        (format!(r#""include":[{{{animals},"concept":[{{"code":"unicorn"}}]}}]"#), "unicorn"),
    ] {
        assert_eq!(listed(&library, &set(&compose)).as_deref(), Ok(expected), "{compose}");
    }
    // The name in the value set comes first.
    let shown =
        library.expand(library.find_value_set("http://example.org/pets", None).unwrap(), &all()).unwrap();
    assert_eq!(shown.contains[1].display.as_deref(), Some("Pussy"));
}

#[test]
fn what_is_not_here_cannot_be_told() {
    let fragment = r#"{"resourceType":"CodeSystem","url":"urn:example:part","content":"fragment","concept":[{"code":"a"}]}"#;
    let library = library(&[ANIMALS, fragment]);
    let editions = crate::Editions::default();
    let ask = |set: &Arc<ValueSet>, system: &str, code: &str| {
        library.membership_in(set, &editions, Some(system), code)
    };
    let part = set(r#""include":[{"system":"urn:example:part"}]"#);
    assert_eq!(ask(&part, "urn:example:part", "a"), Membership::Member);
    assert_eq!(ask(&part, "urn:example:part", "b"), Membership::Unknown);
    assert_eq!(ask(&part, "urn:example:other", "a"), Membership::NotMember);
    let expansion = library.expand(&part, &all()).unwrap();
    assert!(expansion.unclosed && expansion.total == 1);

    let away = set(
        r#""include":[{"system":"http://snomed.info/sct"},{"system":"urn:example:animals","concept":[{"code":"cat"}]}]"#,
    );
    assert_eq!(ask(&away, "http://snomed.info/sct", "1"), Membership::Unknown);
    assert_eq!(ask(&away, "urn:example:animals", "cat"), Membership::Member);
    assert_eq!(ask(&away, "urn:example:animals", "hen"), Membership::NotMember);
    assert_eq!(
        listed(&library, &away),
        Err(Unlistable::Unknown { system: Some("http://snomed.info/sct".into()) })
    );
    assert!(listed(&library, &set(r#""include":[{"system":"urn:ietf:bcp:13"}]"#)).is_err());
    // Nothing is taken from what is not known, and nothing may be left that might be in it.
    let cut = set(
        r#""include":[{"system":"urn:example:animals"}],"exclude":[{"valueSet":["http://example.org/never"]}]"#,
    );
    assert_eq!(ask(&cut, "urn:example:animals", "cat"), Membership::Unknown);
    assert!(listed(&library, &cut).is_err());
    let empty = whole(r#""version":"1""#);
    assert_eq!(ask(&empty, "urn:example:animals", "cat"), Membership::Unknown);
}

#[test]
fn an_expansion_that_came_along_helps_where_the_definition_cannot() {
    let library = library(&[ANIMALS]);
    let editions = crate::Editions::default();
    let expansion = r#""expansion":{"timestamp":"2026-01-01","contains":[{"abstract":true,"display":"Group","contains":[{"system":"http://snomed.info/sct","code":"1","display":"One"}]}]MORE}"#;
    let compose = r#""compose":{"include":[{"system":"http://snomed.info/sct","filter":[{"property":"concept","op":"is-a","value":"0"}]},{"system":"urn:example:animals","concept":[{"code":"cat"}]}]},"#;
    let ask = |set: &Arc<ValueSet>, code: &str| {
        library.membership_in(set, &editions, Some("http://snomed.info/sct"), code)
    };
    let closed = whole(&format!("{compose}{}", expansion.replace("MORE", "")));
    assert_eq!(ask(&closed, "1"), Membership::Member);
    assert_eq!(ask(&closed, "2"), Membership::NotMember);
    assert_eq!(listed(&library, &closed).as_deref(), Ok("cat 1"));
    let page = whole(&format!("{compose}{}", expansion.replace("MORE", r#","total":7"#)));
    assert_eq!(ask(&page, "1"), Membership::Member);
    assert_eq!(ask(&page, "2"), Membership::Unknown);
    let alone = whole(&expansion.replace("MORE", ""));
    assert_eq!(ask(&alone, "1"), Membership::Member);
    assert_eq!(ask(&alone, "2"), Membership::NotMember);
    assert_eq!(library.membership_in(&alone, &editions, None, "1"), Membership::Member);
}

#[test]
fn sets_that_name_each_other_have_an_end() {
    let one = |name: &str, other: &str| {
        format!(
            r#"{{"resourceType":"ValueSet","url":"urn:example:{name}","compose":{{"include":[{{"valueSet":["urn:example:{other}"]}},{{"system":"urn:example:animals","concept":[{{"code":"{name}"}}]}}]}}}}"#
        )
    };
    let round = library(&[ANIMALS, &one("a", "b"), &one("b", "a")]);
    assert_eq!(round.membership("urn:example:a", Some("urn:example:animals"), "b"), Membership::Member);
    assert_eq!(round.membership("urn:example:a", Some("urn:example:animals"), "c"), Membership::Unknown);
    // Each set names the next one twice.
    let wide: Vec<String> = (0..40)
        .map(|at| format!(r#"{{"resourceType":"ValueSet","url":"urn:example:w{at}","compose":{{"include":[{{"valueSet":["urn:example:w{0}"]}},{{"valueSet":["urn:example:w{0}"]}}]}}}}"#, at + 1))
        .collect();
    let wide = library(&wide.iter().map(String::as_str).collect::<Vec<_>>());
    for at in 0..40 {
        let found = wide.membership(&format!("urn:example:w{at}"), Some("urn:example:animals"), "cat");
        assert_eq!(found, Membership::Unknown);
    }
}

#[test]
fn case_counts_unless_the_system_says_otherwise() {
    let library = library(&[
        r#"{"resourceType":"CodeSystem","url":"urn:example:loose","content":"complete","caseSensitive":false,"valueSet":"urn:example:all-loose","concept":[{"code":"Ab"},{"code":"C"}]}"#,
        r#"{"resourceType":"ValueSet","url":"urn:example:some","compose":{"include":[{"system":"urn:example:loose","concept":[{"code":"ab"}]}]}}"#,
        r#"{"resourceType":"ValueSet","url":"urn:example:own","compose":{"include":[{"system":"urn:example:loose","concept":[{"code":"Ab"}]}]}}"#,
    ]);
    let ask = |set: &str, code: &str| library.membership(set, Some("urn:example:loose"), code);
    assert_eq!(ask("urn:example:all-loose", "aB"), Membership::Member);
    assert_eq!(
        ask("urn:example:all-loose|7", "c"),
        Membership::Member,
        "a system names the set of all its codes"
    );
    assert_eq!(ask("urn:example:own", "AB"), Membership::Member);
    assert_eq!(ask("urn:example:own", "c"), Membership::NotMember);
    assert_eq!(ask("urn:example:some", "ab"), Membership::Member);
}

#[test]
fn pages_texts_names_and_nesting() {
    let library = library(&[ANIMALS]);
    let animals = set(r#""include":[{"system":"urn:example:animals"}]"#);
    let codes = |options: &ExpandOptions<'_>| {
        let expansion = library.expand(&animals, options).unwrap();
        let codes: Vec<String> = expansion.contains.iter().map(|it| it.code.to_string()).collect();
        (expansion.total, codes.join(" "))
    };
    assert_eq!(codes(&ExpandOptions { offset: 2, count: 3, ..all() }), (7, "cat whale bird".to_owned()));
    assert_eq!(codes(&ExpandOptions { count: 0, ..all() }), (7, String::new()));
    assert_eq!(codes(&ExpandOptions { offset: 9, ..all() }), (7, String::new()));
    assert_eq!(codes(&ExpandOptions { active_only: true, ..all() }).0, 6);
    assert_eq!(codes(&ExpandOptions { selectable_only: true, ..all() }).0, 6);
    let text = TextFilter { code: &|_| false, name: &|name| name.contains("Mèo") || name == "Hen" };
    assert_eq!(codes(&ExpandOptions { text: Some(text), ..all() }), (2, "cat hen".to_owned()));

    let shown = library
        .expand(
            &animals,
            &ExpandOptions {
                languages: &["vi", "en"],
                designations: true,
                properties: ["legs"].into(),
                ..all()
            },
        )
        .unwrap();
    let names: Vec<_> = shown.contains.iter().map(|it| it.display.as_deref().unwrap_or_default()).collect();
    assert_eq!(names, ["Animal", "Động vật có vú", "Mèo", "Whale", "Bird", "Gà mái", "Stone"]);
    assert_eq!(shown.contains[2].designations.len(), 1);
    assert_eq!(shown.contains[2].properties.len(), 1);
    assert!(shown.contains[0].is_abstract && shown.contains[3].is_inactive);
    assert_eq!(shown.used, ["urn:example:animals|1"]);

    let nested = library.expand(&animals, &ExpandOptions { nested: true, ..all() }).unwrap();
    let names =
        |entries: &[crate::Entry]| entries.iter().map(|it| it.code.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&nested.contains), "animal stone");
    assert_eq!(names(&nested.contains[0].contains), "mammal bird");
    assert_eq!(names(&nested.contains[0].contains[1].contains), "hen");
    assert_eq!(nested.total, 7);
}
