//! Tests of the text of `_filter`. The first examples are those of the R4 page.

use proptest::prelude::*;

use super::FilterOperator as Operator;
use super::FilterProblem as Problem;
use super::*;

fn step(name: &str) -> FilterStep {
    FilterStep { name: name.to_owned(), resource_type: None, filter: None }
}

fn test(path: &[&str], operator: Operator, value: &str) -> FilterTree {
    let path = path.iter().map(|name| step(name)).collect();
    FilterTree::Test { path, operator, value: value.to_owned() }
}

fn equal(name: &str) -> FilterTree {
    test(&[name], Operator::Equal, "1")
}

fn parsed(text: &str) -> FilterTree {
    parse_filter(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn fault(text: &str) -> (Problem, usize) {
    let error = parse_filter(text).unwrap_err();
    (error.problem, error.offset)
}

#[test]
fn the_examples_of_the_page() {
    assert_eq!(parsed(r#"name co "pet""#), test(&["name"], Operator::Contains, "pet"));
    assert_eq!(
        parsed(r#"given eq "peter" and birthdate ge 2014-10-10"#),
        FilterTree::And(vec![
            test(&["given"], Operator::Equal, "peter"),
            test(&["birthdate"], Operator::GreaterOrEqual, "2014-10-10"),
        ])
    );
    assert_eq!(
        parsed("code eq http://loinc.org|1234-5"),
        test(&["code"], Operator::Equal, "http://loinc.org|1234-5")
    );
    assert_eq!(parsed(r#"subject.name co "pet""#), test(&["subject", "name"], Operator::Contains, "pet"));
    let related = |operator, value: &str| {
        let filter = Some(Box::new(test(&["type"], Operator::Equal, "has-component")));
        let first = FilterStep { filter, ..step("related") };
        FilterTree::Test { path: vec![first, step("target")], operator, value: value.to_owned() }
    };
    assert_eq!(
        parsed(r#"related[type eq "has-component"].target pr true"#),
        related(Operator::Present, "true")
    );
    assert_eq!(
        parsed("related[type eq has-component].target re Observation/4"),
        related(Operator::RefersTo, "Observation/4")
    );
}

#[test]
fn and_binds_tighter_than_or() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(equal);
    let and = |parts: &[&FilterTree]| FilterTree::And(parts.iter().map(|part| (*part).clone()).collect());
    let or = |parts: &[&FilterTree]| FilterTree::Or(parts.iter().map(|part| (*part).clone()).collect());
    let not = |part: &FilterTree| FilterTree::Not(Box::new(part.clone()));
    for (text, tree) in [
        ("a eq 1 or b eq 1 and c eq 1", or(&[&a, &and(&[&b, &c])])),
        ("a eq 1 and b eq 1 or c eq 1 and d eq 1", or(&[&and(&[&a, &b]), &and(&[&c, &d])])),
        ("(a eq 1 or b eq 1) and c eq 1", and(&[&or(&[&a, &b]), &c])),
        ("a eq 1 and b eq 1 and c eq 1", and(&[&a, &b, &c])),
        ("a eq 1 and (b eq 1 and c eq 1)", and(&[&a, &and(&[&b, &c])])),
        ("not (a eq 1) and b eq 1", and(&[&not(&a), &b])),
        ("not(a eq 1 or b eq 1)and(c eq 1)", and(&[&not(&or(&[&a, &b])), &c])),
        (" ( ( a eq 1 ) ) ", a.clone()),
        ("not (not (a eq 1))", not(&not(&a))),
        ("a\teq\n1\u{3000}or\u{a0}b eq 1", or(&[&a, &b])),
    ] {
        assert_eq!(parsed(text), tree, "{text}");
    }
}

#[test]
fn words_are_names_where_a_name_stands() {
    assert_eq!(parsed("not eq 1"), equal("not"));
    assert_eq!(parsed("and eq 1 and or eq 1"), FilterTree::And(vec![equal("and"), equal("or")]));
    assert_eq!(parsed("_id eq 1"), equal("_id"));
    assert_eq!(parsed("eq eq and"), test(&["eq"], Operator::Equal, "and"));
}

#[test]
fn a_step_may_name_a_type_and_hold_a_filter() {
    let FilterTree::Test { path, .. } =
        parsed("a:Patient[b eq 1 and c[d eq 1].e eq 1].f:Group.code-value-quantity ge 5.40")
    else {
        panic!("not a test")
    };
    assert_eq!(path.len(), 3);
    assert_eq!(path[0].resource_type.as_deref(), Some("Patient"));
    assert!(matches!(path[0].filter.as_deref(), Some(FilterTree::And(parts)) if parts.len() == 2));
    assert_eq!((path[1].name.as_str(), path[1].resource_type.as_deref()), ("f", Some("Group")));
    assert_eq!(path[2], step("code-value-quantity"));
}

#[test]
fn every_operator_has_a_name_of_its_own() {
    let names = "eq ne co sw ew gt lt ge le ap sa eb pr po ss sb in ni re";
    assert!(names.split(' ').eq(Operator::ALL.iter().map(|operator| operator.as_str())));
    for operator in Operator::ALL {
        assert_eq!(parsed(&format!("a {} 1", operator.as_str())), test(&["a"], *operator, "1"));
    }
}

#[test]
fn values_are_bare_or_json_strings() {
    for (written, value) in [
        (r"a\,b|c$d:(e[f", r"a\,b|c$d:(e[f"),
        (r#"a"b"#, r#"a"b"#),
        ("Nguyễn", "Nguyễn"),
        (r#""a) ] b""#, "a) ] b"),
        (r#""""#, ""),
        (r#""\"\\\/\n\r\t\b\f""#, "\"\\/\n\r\t\u{8}\u{c}"),
        (r#""\u1ebf\uD83D\ude00""#, "ế😀"),
        ("\"ế\"", "ế"),
    ] {
        assert_eq!(parsed(&format!("a eq {written}")), test(&["a"], Operator::Equal, value), "{written}");
        assert_eq!(parsed(&format!("(a eq {written})")), test(&["a"], Operator::Equal, value), "{written}");
    }
}

#[test]
fn faults_are_found_at_their_byte() {
    for (text, problem, offset) in [
        ("", Problem::NameExpected, 0),
        ("  ", Problem::NameExpected, 2),
        ("(a eq 1) or", Problem::NameExpected, 11),
        ("a.", Problem::NameExpected, 2),
        ("()", Problem::NameExpected, 1),
        ("not ()", Problem::NameExpected, 5),
        ("ế eq 1", Problem::NameExpected, 0),
        ("not a eq 1", Problem::OperatorExpected, 4),
        ("a:", Problem::TypeExpected, 2),
        ("_has:Observation:code eq 1", Problem::OperatorExpected, 16),
        ("a[b eq 1] eq 1", Problem::PathExpected, 9),
        ("a[b eq 1]c eq 1", Problem::PathExpected, 9),
        ("a", Problem::OperatorExpected, 1),
        ("a EQ 1", Problem::OperatorExpected, 2),
        ("a equal 1", Problem::OperatorExpected, 2),
        ("a eq", Problem::ValueExpected, 4),
        ("(a eq )", Problem::ValueExpected, 6),
        ("a eq x\u{1}", Problem::ValueExpected, 6),
        (r#"a eq "x"#, Problem::BadString, 5),
        (r#"a eq "\x""#, Problem::BadString, 5),
        (r#"a eq "\ud83d""#, Problem::BadString, 5),
        ("a eq \"\n\"", Problem::BadString, 5),
        (r#"a eq "\ế""#, Problem::BadString, 5),
        ("a eq \"\\u0000\"", Problem::BadString, 5),
        (r#"a eq "x"and b eq 1"#, Problem::EndExpected, 8),
        ("(a eq 1", Problem::CloseExpected, 7),
        ("(a eq 1]", Problem::CloseExpected, 7),
        ("a[b eq 1).c eq 1", Problem::CloseExpected, 8),
        ("ab eq ế b eq 1", Problem::EndExpected, 10),
        ("a eq 1)", Problem::EndExpected, 6),
        ("a eq 1 AND b eq 1", Problem::EndExpected, 7),
        ("a eq 1 andb eq 1", Problem::EndExpected, 7),
    ] {
        assert_eq!(fault(text), (problem, offset), "{text}");
    }
}

#[test]
fn depth_number_and_length_are_limited() {
    let nested = |depth: usize| format!("{}a eq 1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parsed(&nested(32)), equal("a"));
    assert_eq!(fault(&nested(33)), (Problem::TooDeep, 33));
    assert_eq!(fault(&"a[".repeat(5000)), (Problem::TooDeep, 66));
    assert_eq!(fault(&"not(".repeat(4000)).0, Problem::TooDeep);
    let many = |count: usize| vec!["a eq 1"; count].join(" or ");
    assert!(matches!(parsed(&many(256)), FilterTree::Or(parts) if parts.len() == 256));
    assert_eq!(fault(&many(257)), (Problem::TooMany, 256 * 10));
    let long = |length: usize| format!("a eq {}", "x".repeat(length - 5));
    assert!(parse_filter(&long(16 * 1024)).is_ok());
    assert_eq!(fault(&long(16 * 1024 + 1)), (Problem::TooLong, 16 * 1024));
    assert_eq!(fault(&"ế".repeat(6000)), (Problem::TooLong, 16 * 1024 - 1));
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-zA-Z_][a-zA-Z0-9_-]{0,6}", 1 => "and|or|not|eq|pr"]
}

fn any_test(filter: BoxedStrategy<Option<Box<FilterTree>>>) -> impl Strategy<Value = FilterTree> {
    let resource_type = prop::option::of("[A-Za-z][A-Za-z0-9]{0,5}");
    let step = (any_name(), resource_type.clone(), filter)
        .prop_map(|(name, resource_type, filter)| FilterStep { name, resource_type, filter });
    let last = (any_name(), resource_type).prop_map(|(name, resource_type)| FilterStep {
        name,
        resource_type,
        filter: None,
    });
    // FHIR strings have no NUL, and neither do JSON documents here.
    let value = prop_oneof![any::<String>(), r#"[a-z()\[\]" \\.|\n]{0,8}"#];
    let value = value.prop_map(|text| text.replace('\0', ""));
    (prop::collection::vec(step, 0..3), last, prop::sample::select(FilterOperator::ALL), value).prop_map(
        |(mut path, last, operator, value)| {
            path.push(last);
            FilterTree::Test { path, operator, value }
        },
    )
}

fn any_tree() -> impl Strategy<Value = FilterTree> {
    any_test(Just(None).boxed()).prop_recursive(4, 24, 3, |inner| {
        let filter = prop::option::of(inner.clone().prop_map(Box::new)).boxed();
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(FilterTree::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(FilterTree::Or),
            inner.prop_map(|part| FilterTree::Not(Box::new(part))),
            any_test(filter),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        if let Err(error) = parse_filter(&text) {
            prop_assert!(text.is_char_boundary(error.offset));
        }
    }

    #[test]
    fn no_text_of_likely_pieces_panics(
        pieces in prop::collection::vec("[a-c]| |eq|and|or|not|[()\\[\\].:\"\\\\]|ế|\\\\u|d83d|a eq 1", 0..40),
    ) {
        let text = pieces.concat();
        match parse_filter(&text) {
            Ok(tree) => prop_assert_eq!(parse_filter(&tree.to_string()), Ok(tree)),
            Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
        }
    }

    #[test]
    fn a_printed_tree_is_read_back(tree in any_tree()) {
        prop_assert_eq!(parse_filter(&tree.to_string()), Ok(tree));
    }
}
