//! JSON Patch beyond the official cases: RFC 6902's rules, lexemes, what is protected, and the bounds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails this way")]

use healthbook_patch::{Format, Patch, PatchError, Reason};
use json::{Limits, Node};

fn read(text: &str) -> Node<'_> {
    json::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn patched(document: &str, patch: &str) -> Result<String, PatchError> {
    Patch::read(Format::JsonPatch, read(patch))?.apply(read(document)).map(|node| node.to_json())
}

#[track_caller]
fn refused(document: &str, patch: &str, reason: Reason, place: Option<&str>) {
    let error = patched(document, patch).unwrap_err();
    assert_eq!((error.reason, error.place.as_deref()), (reason, place), "{document} {patch}");
}

#[test]
fn lexemes_and_the_order_of_members_stay() {
    let document = r#"{"z":1.50,"a":{"v":1E-22,"w":10.00},"m":[0.10,2]}"#;
    for (patch, expected) in [
        (
            r#"[{"op":"add","path":"/m/1","value":3.140}]"#,
            r#"{"z":1.50,"a":{"v":1E-22,"w":10.00},"m":[0.10,3.140,2]}"#,
        ),
        (
            r#"[{"op":"replace","path":"/a/v","value":2.0}]"#,
            r#"{"z":1.50,"a":{"v":2.0,"w":10.00},"m":[0.10,2]}"#,
        ),
        (
            r#"[{"op":"add","path":"/z","value":null}]"#,
            r#"{"z":null,"a":{"v":1E-22,"w":10.00},"m":[0.10,2]}"#,
        ),
        (
            r#"[{"op":"move","from":"/a/w","path":"/m/-"}]"#,
            r#"{"z":1.50,"a":{"v":1E-22},"m":[0.10,2,10.00]}"#,
        ),
        (
            r#"[{"op":"copy","from":"/m","path":"/a/v"}]"#,
            r#"{"z":1.50,"a":{"v":[0.10,2],"w":10.00},"m":[0.10,2]}"#,
        ),
        (r#"[{"op":"move","from":"/a","path":"/a"}]"#, document),
        (r#"[{"op":"test","path":"/a","value":{"w":1e1,"v":10e-23}}]"#, document),
        (r#"[{"op":"replace","path":"","value":[1.0]}]"#, "[1.0]"),
        ("[]", document),
    ] {
        assert_eq!(patched(document, patch).as_deref(), Ok(expected), "{patch}");
    }
}

#[test]
fn what_cannot_be_read_is_told_by_rule_and_operation() {
    for (patch, rule, place) in [
        (r#"{"op":"remove","path":"/a"}"#, "operations-array", None),
        (r#"["x"]"#, "operation-object", Some("[0]")),
        (r#"[{"op":"remove","path":"/a"},{"path":"/a"}]"#, "op", Some("[1]")),
        (r#"[{"op":"Remove","path":"/a"}]"#, "op", Some("[0]")),
        (r#"[{"op":"remove"}]"#, "path", Some("[0]")),
        (r#"[{"op":"remove","path":"a"}]"#, "path", Some("[0]")),
        (r#"[{"op":"remove","path":"/~2"}]"#, "path", Some("[0]")),
        (r#"[{"op":"remove","path":7}]"#, "path", Some("[0]")),
        (r#"[{"op":"add","path":"/a"}]"#, "value", Some("[0]")),
        (r#"[{"op":"replace","path":"/a"}]"#, "value", Some("[0]")),
        (r#"[{"op":"test","path":"/a"}]"#, "value", Some("[0]")),
        (r#"[{"op":"move","path":"/a"}]"#, "from", Some("[0]")),
        (r#"[{"op":"copy","path":"/a","from":"a"}]"#, "from", Some("[0]")),
    ] {
        refused(r#"{"a":1}"#, patch, Reason::Format(rule), place);
    }
}

#[test]
fn what_does_not_fit_the_document_is_told_by_operation() {
    let document = r#"{"a":{"b":[1,2]},"x":"y"}"#;
    for (operation, reason) in [
        (r#"{"op":"remove","path":"/c"}"#, Reason::Path),
        (r#"{"op":"replace","path":"/c","value":1}"#, Reason::Path),
        (r#"{"op":"add","path":"/c/d","value":1}"#, Reason::Path),
        (r#"{"op":"add","path":"/x/d","value":1}"#, Reason::Path),
        (r#"{"op":"add","path":"/a/b/3","value":1}"#, Reason::Position),
        (r#"{"op":"add","path":"/a/b/01","value":1}"#, Reason::Path),
        (r#"{"op":"remove","path":"/a/b/2"}"#, Reason::Position),
        (r#"{"op":"remove","path":"/a/b/-"}"#, Reason::Position),
        (r#"{"op":"replace","path":"/a/b/-","value":1}"#, Reason::Position),
        (r#"{"op":"move","from":"/c","path":"/d"}"#, Reason::Path),
        // RFC 6902, 4.4: nothing can be moved into itself.
        (r#"{"op":"move","from":"/a","path":"/a/b/0"}"#, Reason::Path),
        (r#"{"op":"copy","from":"/a/b/2","path":"/d"}"#, Reason::Position),
        (r#"{"op":"test","path":"/x","value":"Y"}"#, Reason::Test),
        (r#"{"op":"test","path":"/a/b","value":[2,1]}"#, Reason::Test),
        (r#"{"op":"test","path":"/c","value":null}"#, Reason::Path),
    ] {
        let patch = format!(r#"[{{"op":"add","path":"/new","value":0}},{operation}]"#);
        refused(document, &patch, reason, Some("[1]"));
    }
}

#[test]
fn later_operations_see_what_earlier_ones_did() {
    let patch = r#"[{"op":"add","path":"/a","value":[]},{"op":"add","path":"/a/-","value":1},
        {"op":"copy","from":"/a","path":"/b"},{"op":"remove","path":"/a/0"},{"op":"test","path":"/b","value":[1]}]"#;
    assert_eq!(patched("{}", patch).as_deref(), Ok(r#"{"a":[],"b":[1]}"#));
}

#[test]
fn the_identity_of_a_resource_is_protected() {
    let document = r#"{"resourceType":"Patient","id":"a","meta":{"versionId":"3","lastUpdated":"2026-01-01T00:00:00Z","tag":[{"code":"x"}]}}"#;
    for patch in [
        r#"[{"op":"replace","path":"/id","value":"b"}]"#,
        r#"[{"op":"remove","path":"/id"}]"#,
        r#"[{"op":"move","from":"/id","path":"/language"}]"#,
        r#"[{"op":"replace","path":"/id","value":["a"]}]"#,
        r#"[{"op":"replace","path":"/resourceType","value":"Group"}]"#,
        r#"[{"op":"remove","path":"/resourceType"}]"#,
        r#"[{"op":"replace","path":"/meta/versionId","value":"4"}]"#,
        r#"[{"op":"remove","path":"/meta/versionId"}]"#,
        r#"[{"op":"remove","path":"/meta/lastUpdated"}]"#,
        r#"[{"op":"move","from":"/meta/versionId","path":"/meta/source"}]"#,
        r#"[{"op":"add","path":"/meta","value":{"versionId":"4"}}]"#,
        r#"[{"op":"replace","path":"","value":{"resourceType":"Patient"}}]"#,
        r#"[{"op":"remove","path":""}]"#,
        // Put back in the end is not enough: each operation is judged.
        r#"[{"op":"replace","path":"/id","value":"b"},{"op":"replace","path":"/id","value":"a"}]"#,
    ] {
        refused(document, patch, Reason::Protected, Some("[0]"));
    }
    for (patch, meta) in [
        (r#"[{"op":"remove","path":"/meta"}]"#, None),
        (r#"[{"op":"replace","path":"/meta","value":{"source":"urn:x"}}]"#, Some(r#"{"source":"urn:x"}"#)),
        (
            r#"[{"op":"replace","path":"/id","value":"a"},{"op":"test","path":"/meta/versionId","value":"3"},{"op":"remove","path":"/meta/tag"}]"#,
            Some(r#"{"versionId":"3","lastUpdated":"2026-01-01T00:00:00Z"}"#),
        ),
        (
            r#"[{"op":"copy","from":"/id","path":"/meta/source"},{"op":"remove","path":"/meta/source"},{"op":"replace","path":"","value":{"resourceType":"Patient","id":"a"}}]"#,
            None,
        ),
    ] {
        let result = patched(document, patch).unwrap();
        assert_eq!(read(&result).get("meta").map(Node::to_json).as_deref(), meta, "{patch}");
    }
}

#[test]
fn nothing_can_be_made_that_is_too_large_or_too_deep() {
    let many = |count: usize| format!("[{}]", vec![r#"{"op":"test","path":"","value":{}}"#; count].join(","));
    assert_eq!(patched("{}", &many(1000)).as_deref(), Ok("{}"));
    refused("{}", &many(1001), Reason::TooLarge, None);

    // Each copy doubles the list: 2^40 items would come out.
    let double = r#"{"op":"copy","from":"/a","path":"/a/-"}"#;
    let patch = format!("[{}]", vec![double; 40].join(","));
    let error = patched(r#"{"a":["0123456789"]}"#, &patch).unwrap_err();
    assert_eq!(error.reason, Reason::TooLarge);

    // Copied and removed again and again: the result stays small, the work does not.
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(4 << 20));
    let round = r#"{"op":"copy","from":"/a","path":"/b"},{"op":"remove","path":"/b"}"#;
    let patch = format!("[{}]", vec![round; 500].join(","));
    assert_eq!(patched(&large, &patch).unwrap_err().reason, Reason::TooLarge);

    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let nest = |levels: usize| {
        let path = "/0".repeat(levels - 1);
        format!(r#"[{{"op":"add","path":"{path}/0","value":{}}}]"#, deep(60))
    };
    let deepest = patched(&deep(40), &nest(40)).unwrap();
    assert!(json::parse(deepest.as_bytes(), &Limits::default()).is_ok(), "100 levels are read again");
    refused(&deep(41), &nest(41), Reason::TooLarge, Some("[0]"));
}
