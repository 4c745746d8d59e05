//! Token parameters.

use fhirpath::Item;
use json::Node;

use super::escapes::{split, unescape};
use super::strings::fold;
use super::{Answer, invalid};

/// One code that an item has.
struct Token {
    /// `None`: whatever system is asked fits.
    system: Option<String>,
    code: String,
    /// The system is the kind of a ContactPoint, which is no namespace.
    contact: bool,
}

fn coding(node: &Node<'_>, code: &str) -> Option<Token> {
    let text = |name| node.text(name).unwrap_or_default().to_owned();
    let (system, code) = (text("system"), text(code));
    (!system.is_empty() || !code.is_empty()).then_some(Token { system: Some(system), code, contact: false })
}

fn tokens(item: &Item<'_>) -> Vec<Token> {
    let Some(node) = item.node() else {
        return implied(item);
    };
    match item.type_name().1 {
        "CodeableConcept" => {
            let codings = node.get("coding").map(Node::items).unwrap_or_default();
            codings.iter().filter_map(|node| coding(node, "code")).collect()
        }
        "Coding" => coding(node, "code").into_iter().collect(),
        "Identifier" => coding(node, "value").into_iter().collect(),
        "ContactPoint" => {
            let token = coding(node, "value").filter(|token| !token.code.is_empty());
            token.map(|token| Token { contact: true, ..token }).into_iter().collect()
        }
        _ => implied(item),
    }
}

fn implied(item: &Item<'_>) -> Vec<Token> {
    let token = |text: String| Token { system: None, code: text, contact: false };
    item.text().map(|text| token(text.into_owned())).into_iter().collect()
}

/// Whether any search could find the item by this parameter.
pub fn has_value(item: &Item<'_>) -> bool {
    !tokens(item).is_empty() || !displays(item).is_empty()
}

/// Texts that `:text` looks at.
pub fn displays(item: &Item<'_>) -> Vec<String> {
    let Some(node) = item.node() else { return Vec::new() };
    let own = |node: &Node<'_>, name: &str| node.text(name).map(str::to_owned);
    match item.type_name().1 {
        "CodeableConcept" => {
            let codings = node.get("coding").map(Node::items).unwrap_or_default();
            codings.iter().filter_map(|coding| own(coding, "display")).chain(own(node, "text")).collect()
        }
        "Coding" => own(node, "display").into_iter().collect(),
        "Identifier" => node.get("type").and_then(|kind| own(kind, "text")).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The code or value that an item is sorted by, each of them.
pub fn codes(item: &Item<'_>) -> Vec<String> {
    tokens(item).into_iter().map(|token| token.code).filter(|code| !code.is_empty()).collect()
}

/// `code`, `system|code`, `|code`, `system|`, still escaped.
pub fn matches(item: &Item<'_>, value: &str) -> Answer<bool> {
    let (system, code) = read(value)?;
    Ok(tokens(item).iter().any(|token| fits(token, system.as_deref(), code.as_deref())))
}

type SystemAndCode = (Option<String>, Option<String>);

fn read(value: &str) -> Answer<SystemAndCode> {
    let parts: Vec<String> = split(value, '|').iter().map(|part| unescape(part)).collect();
    match parts.as_slice() {
        [code] if !code.is_empty() => Ok((None, Some(code.clone()))),
        [system, code] if !system.is_empty() || !code.is_empty() => {
            Ok((Some(system.clone()), Some(code.clone()).filter(|code| !code.is_empty())))
        }
        _ => invalid(value),
    }
}

fn fits(token: &Token, system: Option<&str>, code: Option<&str>) -> bool {
    let system_fits = match (&token.system, system) {
        (None, _) | (_, None) => true,
        // A phone number has no system, whatever kind it is.
        (Some(_), Some("")) if token.contact => true,
        (Some(own), Some(asked)) => own == asked,
    };
    system_fits && code.is_none_or(|code| token.code == code)
}

/// `:text`
pub fn matches_text(item: &Item<'_>, value: &str) -> Answer<bool> {
    let folded = fold(&unescape(value));
    if folded.is_empty() {
        return invalid(value);
    }
    Ok(displays(item).iter().any(|text| fold(text).starts_with(&folded)))
}

/// `:of-type`: `system|code|value` of an Identifier.
pub fn matches_of_type(item: &Item<'_>, value: &str) -> Answer<bool> {
    let parts: Vec<String> = split(value, '|').iter().map(|part| unescape(part)).collect();
    let [system, code, wanted] = parts.as_slice() else { return invalid(value) };
    let Some(node) = item.node().filter(|_| item.type_name().1 == "Identifier") else { return Ok(false) };
    let codings = node.get("type").and_then(|kind| kind.get("coding")).map(Node::items).unwrap_or_default();
    let has_type = codings.iter().any(|coding| {
        coding.text("system").unwrap_or_default() == system && coding.text("code") == Some(code.as_str())
    });
    Ok(has_type && node.text("value") == Some(wanted.as_str()))
}

/// `:identifier` of a reference: the same rules on its own identifier.
pub fn matches_identifier(reference: &Node<'_>, value: &str) -> Answer<bool> {
    let (system, code) = read(value)?;
    let token = reference.get("identifier").and_then(|identifier| coding(identifier, "value"));
    Ok(token.is_some_and(|token| fits(&token, system.as_deref(), code.as_deref())))
}
