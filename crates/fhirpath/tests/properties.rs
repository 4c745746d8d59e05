//! What holds for any text: the parser never panics, and what it accepts reads back from its canonical text
//! and can be evaluated within the budget.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails this way")]

use healthbook_fhirpath::{Context, EvaluateError, Expression, Temporal};
use proptest::prelude::*;

const PATIENT: &str = r#"{"resourceType":"Patient","id":"1","name":[{"family":"Nguyễn","given":["Văn","An"],
    "_given":[null,{"id":"g"}]}],"birthDate":"1999-12-25","multipleBirthInteger":2,"active":true}"#;

fn check(text: &str) {
    let Ok(expression) = Expression::parse(text) else {
        return;
    };
    let canonical = expression.to_string();
    let again =
        Expression::parse(&canonical).unwrap_or_else(|error| panic!("{text} -> {canonical}: {error}"));
    assert_eq!(again, expression, "{text} -> {canonical}");
    let node = json::parse(PATIENT.as_bytes(), &json::Limits::default()).unwrap();
    let now = Temporal::from_unix(1_800_000_000, 0, 420).unwrap();
    let context = || Context::for_resource(&node).unwrap().with_now(now).with_steps(20_000);
    let _ = expression.evaluate(&context());
    let _ = expression.evaluate(&context().strict());
}

/// Texts that look like expressions, so that most of them get past the parser.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "$this",
            "$index",
            "$total",
            "{}",
            "true",
            "false",
            "1",
            "0",
            "2147483647",
            "1.50",
            "0.1",
            "'a'",
            "'Nguyễn'",
            "'\\u0041\\n'",
            "@2015",
            "@2015-02T",
            "@2015-02-04T14:34:28.123+07:00",
            "@T14:34",
            "4 days",
            "1 month",
            "10 'mg'",
            "2 'cm'",
            "%resource",
            "%ucum",
            "%`vs-a b`",
            "Patient.name.given",
            "name",
            "family",
            "active",
            "birthDate",
            "multipleBirth",
            "Patient",
            "`true`",
            "id",
            "99999999999.99999999",
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,4}",
        "[0-9]{1,12}(\\.[0-9]{1,12})?",
        "'[ -&(-\\[\\]-~]{0,6}'",
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "div", "mod", "&", "|", "=", "!=", "~", "!~", "<", "<=", ">", ">=", "and",
            "or", "xor", "implies", "in", "contains",
        ]);
        let plain = prop::sample::select(vec![
            "count()",
            "first()",
            "last()",
            "tail()",
            "empty()",
            "exists()",
            "not()",
            "abs()",
            "round()",
            "sqrt()",
            "exp()",
            "ln()",
            "length()",
            "upper()",
            "toChars()",
            "children()",
            "descendants()",
            "type()",
            "distinct()",
            "toString()",
            "toInteger()",
            "toDecimal()",
            "toQuantity()",
            "toDate()",
            "lowBoundary()",
            "highBoundary()",
            "precision()",
            "sort()",
            "single()",
            "resolve()",
            "hasValue()",
            "trim()",
            "join(',')",
            "is(string)",
            "as(HumanName)",
            "ofType(System.String)",
            "is(FHIR.code)",
        ]);
        let taking = prop::sample::select(vec![
            "where",
            "select",
            "all",
            "exists",
            "repeat",
            "aggregate",
            "sort",
            "union",
            "combine",
            "intersect",
            "exclude",
            "skip",
            "take",
            "startsWith",
            "matches",
            "indexOf",
            "split",
            "power",
            "log",
            "round",
            "lowBoundary",
            "substring",
            "encode",
            "unescape",
            "extension",
            "subsetOf",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            (inner.clone(), plain).prop_map(|(base, call)| format!("({base}).{call}")),
            (inner.clone(), taking, inner.clone())
                .prop_map(|(base, name, argument)| format!("({base}).{name}({argument})")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("-{inner}")),
            (inner.clone(), inner.clone()).prop_map(|(base, index)| format!("({base})[{index}]")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("iif({a}, {b}, {c}).replace({b}, {c})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text(text in ".{0,60}") {
        check(&text);
    }

    #[test]
    fn any_tokens(tokens in prop::collection::vec(
        prop::sample::select(vec![
            "(", ")", "[", "]", "{", "}", ".", ",", "|", "+", "-", "*", "/", "'", "`", "\"", "%", "$this", "@2015", "@T",
            "@", "1", "1.", "is", "as", "in", "contains", "and", "where", "name", "Patient", "//", "/*", "*/", "\\u12",
            " ", "\n", "days", "System", "FHIR", "đ", "=", "~", "!", "<",
        ]), 0..20)) {
        check(&tokens.concat());
        check(&tokens.join(" "));
    }

    #[test]
    fn any_expression(text in expressions()) {
        check(&text);
    }
}

#[test]
fn depth_is_refused_not_followed() {
    for text in [
        "(".repeat(50_000),
        format!("{}1{}", "(".repeat(30_000), ")".repeat(30_000)),
        "-".repeat(60_000),
        format!("1{}", "+1".repeat(30_000)),
        format!("a{}", "[0]".repeat(20_000)),
        format!("a{}", ".first()".repeat(8_000)),
        "a.where(".repeat(8_000),
        format!("1{}", " is Integer".repeat(5_000)),
        "iif(true,".repeat(7_000),
    ] {
        assert!(Expression::parse(&text).is_err(), "{}", &text[..20]);
    }
    // Long chains and unions are flat, not deep.
    for text in [format!("a{}", ".a".repeat(20_000)), format!("1{}", "|1".repeat(15_000))] {
        check(&text);
    }
}

#[test]
fn the_deepest_accepted_expressions_can_be_evaluated() {
    let nested =
        |before: &str, inner: &str, after: &str| format!("{}{inner}{}", before.repeat(62), after.repeat(62));
    for text in [
        nested("-", "1", ""),
        nested("iif(true, ", "1", ")"),
        nested("select(", "name", ")"),
        nested("name.where(", "true", ")"),
        nested("", "1", " + 1"),
        nested("1 | (2 + ", "1", ")").replace("1 | (2", "(2"),
    ] {
        assert!(Expression::parse(&text).is_ok(), "{text}");
        check(&text);
    }
}

#[test]
fn work_is_bounded() {
    let node = json::parse(PATIENT.as_bytes(), &json::Limits::default()).unwrap();
    let double = ".combine($this)".repeat(60);
    for text in [
        "(1 | 2 | 3).repeat($this + 1)".to_owned(),
        "'a'.repeat($this & 'a')".to_owned(),
        format!("(1){}", double.replace("$this", "%context.descendants() | descendants()")),
        format!("'aaaaaaaaaa'{}", ".replace('', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')".repeat(20)),
        format!("'aaaaaaaaaa'{}", ".replaceMatches('.', '$0$0$0$0$0$0$0$0$0$0')".repeat(40)),
    ] {
        let expression = Expression::parse(&text).unwrap();
        let result = expression.evaluate(&Context::for_resource(&node).unwrap());
        assert!(matches!(result, Err(EvaluateError::TooManySteps) | Ok(_)), "{text}: {result:?}");
    }
}
