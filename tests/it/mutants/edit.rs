//! How a mutant is made of its base: a few edits, written in words.
//!
//! `set PATH JSON`, `remove PATH`, `rename PATH NAME` work on the document, `text FROM => TO` on its text without spaces
//! (once) for what a document cannot hold. PATH is a JSON pointer; `-` at its end is behind the last item. `&&` joins
//! edits, which are done in their order.

use serde_json::Value;

/// Applies edits to the text of a base.
pub fn mutate(base: &str, edits: &str) -> Result<String, String> {
    let mut document: Value = serde_json::from_str(base).map_err(|error| error.to_string())?;
    let (on_text, on_document): (Vec<&str>, Vec<&str>) =
        edits.split(" && ").partition(|edit| edit.starts_with("text "));
    for edit in on_document {
        apply(&mut document, edit.trim()).ok_or_else(|| format!("cannot be done: {edit}"))?;
    }
    let mut text = document.to_string();
    for edit in on_text {
        let (from, to) = edit["text ".len()..].split_once(" => ").ok_or(format!("no => in {edit}"))?;
        if !text.contains(from) {
            return Err(format!("not in the text: {from}"));
        }
        text = text.replacen(from, to, 1);
    }
    Ok(text)
}

fn apply(document: &mut Value, edit: &str) -> Option<()> {
    let (verb, rest) = edit.split_once(' ')?;
    let (path, argument) = rest.split_once(' ').unwrap_or((rest, ""));
    let (parent, name) = path.rsplit_once('/')?;
    let parent = document.pointer_mut(parent)?;
    match verb {
        "set" => set(parent, name, serde_json::from_str(argument).ok()?),
        "remove" => take(parent, name).map(|_| ()),
        "rename" => {
            let value = take(parent, name)?;
            set(parent, argument, value)
        }
        _ => None,
    }
}

fn set(parent: &mut Value, name: &str, value: Value) -> Option<()> {
    match parent {
        Value::Object(members) => {
            members.insert(name.to_owned(), value);
        }
        Value::Array(items) if name == "-" => items.push(value),
        Value::Array(items) => *items.get_mut(name.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(())
}

fn take(parent: &mut Value, name: &str) -> Option<Value> {
    match parent {
        Value::Object(members) => members.shift_remove(name),
        Value::Array(items) => {
            let at = name.parse().ok()?;
            (at < items.len()).then(|| items.remove(at))
        }
        _ => None,
    }
}

#[test]
fn edits_do_what_they_say() {
    let base = r#"{"a":{"b":[1,2]},"c":"x"}"#;
    for (edits, expected) in [
        ("set /a/b/- {\"d\": true}", r#"{"a":{"b":[1,2,{"d":true}]},"c":"x"}"#),
        ("set /a/b/0 7 && remove /c", r#"{"a":{"b":[7,2]}}"#),
        ("remove /a/b/1 && rename /c e", r#"{"a":{"b":[1]},"e":"x"}"#),
        (r#"text "c":"x" => "c":"x","c":"x""#, r#"{"a":{"b":[1,2]},"c":"x","c":"x"}"#),
    ] {
        assert_eq!(mutate(base, edits).as_deref(), Ok(expected), "{edits}");
    }
    for edits in ["remove /z", "set /z/y 1", "set /a {", "text z => y", "copy /a /b", "set /a/b/9 1"] {
        assert!(mutate(base, edits).is_err(), "{edits}");
    }
}
