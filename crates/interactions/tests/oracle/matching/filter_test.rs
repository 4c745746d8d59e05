//! One test of a `_filter`: path, operator, value.

use fhirpath::Item;

use super::engine::{Question, has_value, knows};
use super::escapes::escape;
use super::strings::{key, texts};
use super::{Answer, dates, invalid, quantities, references, tokens, uris};
use crate::definitions::{Kind, parameter};
use crate::world::Resource;

pub fn test(
    question: &Question<'_>,
    resource: &Resource,
    path: &str,
    operator: &str,
    value: &str,
) -> Answer<bool> {
    if let Some((link, rest)) = path.split_once('.') {
        let Some(link) = parameter(resource.kind, link) else { return invalid(path) };
        for target in question.targets(resource, link) {
            if knows(target.kind, rest) && test(question, target, rest, operator, value)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let Some(parameter) = parameter(resource.kind, path) else { return invalid(path) };
    let items = question.items(resource, parameter);
    let plain = value.strip_prefix('"').unwrap_or(value);
    if operator == "pr" {
        let present = items.iter().any(|item| has_value(parameter, item));
        return Ok(present == (plain == "true"));
    }
    for item in items.iter().filter(|item| has_value(parameter, item)) {
        if one(question, parameter.kind, item, operator, plain)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether one item fits. `ne` asks for an item that is unequal.
fn one(
    question: &Question<'_>,
    kind: Kind,
    item: &Item<'static>,
    operator: &str,
    value: &str,
) -> Answer<bool> {
    match kind {
        Kind::String => string(item, operator, value),
        Kind::Token | Kind::Uri | Kind::Reference => {
            let equal = match kind {
                Kind::Token => tokens::matches(item, value)?,
                Kind::Uri => uris::matches(item, value, None)?,
                _ => references::matches(item, value, None)?,
            };
            match operator {
                "eq" | "re" => Ok(equal),
                "ne" => Ok(!equal),
                other => invalid(other),
            }
        }
        Kind::Date => dates::matches(item, &format!("{operator}{value}"), question.now),
        Kind::Number => quantities::matches_number(item, &format!("{operator}{value}")),
        Kind::Quantity => quantities::matches_quantity(item, &format!("{operator}{value}")),
        Kind::Composite | Kind::Special => invalid(&escape(value)),
    }
}

fn string(item: &Item<'_>, operator: &str, value: &str) -> Answer<bool> {
    let wanted = key(value);
    if wanted.is_empty() {
        return invalid(value);
    }
    let fits = |text: &String| {
        let own = key(text);
        match operator {
            "eq" => Some(own == wanted),
            "ne" => Some(own != wanted),
            "co" => Some(own.contains(&wanted)),
            "sw" => Some(own.starts_with(&wanted)),
            "ew" => Some(own.ends_with(&wanted)),
            _ => None,
        }
    };
    let found: Option<Vec<bool>> = texts(item).iter().map(fits).collect();
    found.map_or_else(|| invalid(operator), |found| Ok(found.contains(&true)))
}
