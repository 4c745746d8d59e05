//! What questions cost that are made to cost much: steps are counted, never time.

use std::fmt::Write;
use std::sync::Arc;

use crate::compile::Compiler;
use crate::library_tests::library;
use crate::{
    Budget, Editions, ExpandOptions, Library, Membership, TooCostly, Translation, TranslationResult,
    Unlistable, ValueSet,
};

const ASKED: Translation<'static> = Translation {
    system: Some("urn:example:old"),
    version: None,
    code: "9",
    target_system: None,
    dependencies: &[],
    reverse: false,
};

/// A map with so many groups, which know no code and do with it what `unmapped` says.
fn map(url: &str, groups: usize, unmapped: impl Fn(usize) -> String) -> String {
    let group = |at| {
        let unmapped = unmapped(at);
        format!(
            r#"{{"source":"urn:example:old","target":"urn:example:new","element":[{{"code":"1"}}],"unmapped":{{{unmapped}}}}}"#
        )
    };
    let groups: Vec<String> = (0..groups).map(group).collect();
    format!(r#"{{"resourceType":"ConceptMap","url":"{url}","group":[{}]}}"#, groups.join(","))
}

fn translated(library: &Library, url: &str, budget: &mut Budget) -> Result<TranslationResult, TooCostly> {
    let map = library.find_concept_map(url, None).unwrap();
    library.translate(map, &Editions::default(), &ASKED, budget)
}

#[test]
fn a_map_is_asked_once_however_often_it_is_named() {
    let to = |url: String| move |_| format!(r#""mode":"other-map","url":"{url}""#);
    let own = map("urn:example:own", 9, to("urn:example:own".to_owned()));
    // Each map names both the next one and the one before, over and over.
    let mut maps: Vec<String> = (0..6)
        .map(|at| {
            let next = move |group: usize| {
                let other = if group.is_multiple_of(2) { at + 1 } else { usize::max(at, 1) - 1 };
                format!(r#""mode":"other-map","url":"urn:example:m{other}""#)
            };
            map(&format!("urn:example:m{at}"), 8, next)
        })
        .collect();
    maps.push(map("urn:example:m6", 1, |_| r#""mode":"provided""#.to_owned()));
    maps.push(own);
    let library = library(&maps.iter().map(String::as_str).collect::<Vec<_>>());

    let mut budget = Budget::new(10_000);
    assert_eq!(translated(&library, "urn:example:own", &mut budget), Ok(TranslationResult::default()));
    assert_eq!(budget.spent(), 9);

    let found = translated(&library, "urn:example:m0", &mut budget).unwrap();
    assert_eq!(found.matches.len(), 1);
    assert_eq!(found.matches[0].concept.as_ref().unwrap().code.as_deref(), Some("9"));
    assert!(budget.spent() < 1_000, "{}", budget.spent());
}

#[test]
fn matches_have_an_end() {
    let many = map("urn:example:many", 30, |at| format!(r#""mode":"fixed","code":"c{at}""#));
    let long =
        map(&format!("urn:example:long/{}", "x".repeat(9_000)), 2, |_| r#""mode":"provided""#.to_owned());
    let library = library(&[&many, &long]);
    assert_eq!(
        translated(&library, "urn:example:many", &mut Budget::new(100_000)).unwrap().matches.len(),
        30
    );
    let mut small = Budget::new(10_000);
    assert_eq!(translated(&library, "urn:example:many", &mut small), Err(TooCostly));
    // What was refused once stays refused.
    assert_eq!(translated(&library, "urn:example:many", &mut small), Err(TooCostly));
    let url = format!("urn:example:long/{}", "x".repeat(9_000));
    assert_eq!(translated(&library, &url, &mut Budget::new(10_000)), Err(TooCostly), "long names count");
}

/// A system of concepts `c0`, `c1`, ... with this display.
fn system(concepts: usize, display: &str) -> String {
    let concepts: Vec<String> =
        (0..concepts).map(|at| format!(r#"{{"code":"c{at}","display":"{display}"}}"#)).collect();
    format!(
        r#"{{"resourceType":"CodeSystem","url":"urn:example:big","content":"complete","concept":[{}]}}"#,
        concepts.join(",")
    )
}

const FILTER: &str = r#"{"property":"concept","op":"is-a","value":"never"}"#;

/// Includes and excludes, with filters or codes as the text after the system.
fn set(include: &[String], exclude: &[String]) -> Arc<ValueSet> {
    let parts = |parts: &[String]| {
        let parts = parts.iter().map(|it| format!(r#"{{"system":"urn:example:big"{it}}}"#));
        parts.collect::<Vec<_>>().join(",")
    };
    let mut text = format!(r#"{{"resourceType":"ValueSet","compose":{{"include":[{}]"#, parts(include));
    write!(text, r#","exclude":[{}]}}}}"#, parts(exclude)).unwrap();
    Arc::new(ValueSet::read(&json::parse(text.as_bytes(), &json::Limits::default()).unwrap()).unwrap())
}

fn total(library: &Library, set: &Arc<ValueSet>) -> Result<usize, Unlistable> {
    library.expand(set, &ExpandOptions { count: 1, ..ExpandOptions::default() }).map(|it| it.total)
}

fn filters(count: usize) -> String {
    format!(r#","filter":[{}]"#, vec![FILTER; count].join(","))
}

#[test]
fn concepts_times_filters_are_paid_for() {
    let library = library(&[&system(6_000, "A")]);
    let editions = Editions::default();
    let one = [r#","concept":[{"code":"c1"}]"#.to_owned()];
    let few = set(&one, &vec![filters(1); 10]);
    assert_eq!(total(&library, &few), Ok(1));
    let mut compiler = Compiler::new(&library, &editions);
    compiler.compile(&few);
    let spent = compiler.budget.spent();
    assert!((6_000 * 10..=6_000 * 10 * 2 + 1_000).contains(&spent), "{spent}");

    let many = set(&one, &vec![filters(1); 900]);
    assert_eq!(total(&library, &many), Err(Unlistable::TooMany));
    assert_eq!(library.listing(&many, 10), Err(Unlistable::TooMany));
    let ask = |set| library.membership_in(set, &editions, Some("urn:example:big"), "c1");
    assert_eq!((ask(&few), ask(&many)), (Membership::Member, Membership::Unknown));
    // What is missing is told without a look at any concept.
    let mut compiler = Compiler::for_missing(&library, &editions);
    compiler.compile(&many);
    assert!(compiler.budget.spent() < 6_000 && !compiler.budget.is_exceeded());
}

#[test]
fn parts_and_filters_are_counted() {
    let library = library(&[&system(10, "A")]);
    let one = || r#","concept":[{"code":"c1"}]"#.to_owned();
    assert_eq!(total(&library, &set(&vec![one(); 1_000], &[])), Ok(1));
    assert_eq!(total(&library, &set(&vec![one(); 1_001], &[])), Err(Unlistable::TooMany));
    assert_eq!(total(&library, &set(&[one()], &vec![one(); 1_000])), Err(Unlistable::TooMany));
    assert_eq!(total(&library, &set(&[filters(50)], &[])), Ok(0));
    assert_eq!(total(&library, &set(&[filters(51)], &[])), Err(Unlistable::TooMany));
}

#[test]
fn versions_that_are_asked_for_count_at_each_part() {
    let library = library(&[&system(10, "A")]);
    let preferred = (0..1_000).map(|at| format!("urn:example:other{at}|1").into()).collect();
    let editions = Editions { preferred, ..Editions::default() };
    let parts = set(&vec![filters(1); 20], &[]);
    let mut compiler = Compiler::new(&library, &editions);
    compiler.compile(&parts);
    assert!(compiler.budget.spent() >= 20_000);
}

#[test]
fn codes_that_are_excluded_one_by_one_are_one_list() {
    let library = library(&[&system(30_000, "A")]);
    let exclude: Vec<String> = (0..900).map(|at| format!(r#","concept":[{{"code":"c{at}"}}]"#)).collect();
    let set = set(&[String::new()], &exclude);
    // 30,000 codes against 900 parts would be too many look-ups.
    assert_eq!(total(&library, &set), Ok(29_100));
    let editions = Editions::default();
    let codes = ["c0", "c899", "c900", "never"].map(|code| (Some("urn:example:big"), code));
    let (member, not) = (Membership::Member, Membership::NotMember);
    assert_eq!(library.memberships_in(&set, &editions, codes), [not, not, member, not]);
}

fn regex(pattern: &str) -> Arc<ValueSet> {
    set(&[format!(r#","filter":[{{"property":"display","op":"regex","value":"{pattern}"}}]"#)], &[])
}

#[test]
fn expressions_are_whole_small_and_short() {
    let short = library(&[&system(3, "abc")]);
    assert_eq!(total(&short, &regex("a.*")), Ok(3));
    for refused in ["a)|(.*", "a)(b", "((((a{100}){100}){100}){100})", &"a".repeat(501)] {
        let unknown = Err(Unlistable::Unknown { system: Some("urn:example:big".into()) });
        assert_eq!(total(&short, &regex(refused)), unknown, "{refused}");
    }
    let (fits, too_long) = ("a".repeat(4_096), "a".repeat(4_097));
    assert_eq!(total(&library(&[&system(2, &fits)]), &regex("a*")), Ok(2));
    assert_eq!(total(&library(&[&system(2, &too_long)]), &regex("a*")), Ok(0));
    // Letters times states.
    assert_eq!(total(&library(&[&system(60, &fits)]), &regex("a{1,90}*")), Err(Unlistable::TooMany));
}

#[test]
fn a_code_with_very_many_parents_is_read() {
    let links: String = (0..20_000)
        .flat_map(|at| [at, at])
        .map(|at| format!(r#"{{"code":"parent","valueCode":"p{at}"}},"#))
        .collect();
    let parents: String = (0..20_000).map(|at| format!(r#",{{"code":"p{at}"}}"#)).collect();
    let text = format!(
        r#"{{"resourceType":"CodeSystem","url":"urn:example:wide","content":"complete","concept":[{{"code":"a","property":[{links}{{"code":"parent","valueCode":"a"}}]}}{parents}]}}"#
    );
    let library = library(&[&text]);
    let wide = library.find_code_system("urn:example:wide", None).unwrap();
    let a = wide.get("a").unwrap();
    assert_eq!((a.parents.len(), a.children.len()), (20_000, 0));
    assert_eq!(wide.get("p7").unwrap().children, [0]);
}

#[test]
fn a_long_name_is_not_written_at_each_code() {
    let codes: Vec<String> = (0..1_000).map(|at| format!(r#"{{"code":"c{at}"}}"#)).collect();
    let of = |url: &str| {
        let text = format!(
            r#"{{"resourceType":"ValueSet","compose":{{"include":[{{"system":"{url}","concept":[{}]}}]}}}}"#,
            codes.join(",")
        );
        Arc::new(ValueSet::read(&json::parse(text.as_bytes(), &json::Limits::default()).unwrap()).unwrap())
    };
    let options = || ExpandOptions { count: 1_000, ..ExpandOptions::default() };
    let library = Library::default();
    assert_eq!(library.expand(&of("urn:example:short"), &options()).unwrap().contains.len(), 1_000);
    let long = of(&format!("urn:example:{}", "x".repeat(20_000)));
    assert_eq!(library.expand(&long, &options()), Err(Unlistable::TooMany));
}
