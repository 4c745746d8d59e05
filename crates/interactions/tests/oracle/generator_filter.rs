//! Random `_filter` expressions. Parentheses stand wherever `and` and `or` meet.

use crate::definitions::{Kind, Parameter, TYPES, parameters};
use crate::generator_values::value;
use crate::matching::engine::Question;
use crate::matching::escapes::{split, unescape};
use crate::random::Random;

/// An expression over a type.
pub fn filter(random: &mut Random, question: &Question<'_>, kind: &'static str) -> Option<String> {
    let one = test(random, question, kind)?;
    Some(match random.below(6) {
        0 => format!("{one} and {}", test(random, question, kind)?),
        1 => format!("{one} or {}", test(random, question, kind)?),
        2 => format!("not ({one})"),
        3 => {
            let (other, third) = (test(random, question, kind)?, test(random, question, kind)?);
            format!("({one} or {other}) and not ({third})")
        }
        _ => one,
    })
}

fn test(random: &mut Random, question: &Question<'_>, kind: &'static str) -> Option<String> {
    let chained = random.chance(12);
    let links: Vec<&Parameter> = parameters(kind)
        .filter(|one| matches!(one.targets.as_slice(), [only] if TYPES.contains(only)))
        .collect();
    if let Some(link) = random.choose(&links).filter(|_| chained) {
        let target = TYPES.into_iter().find(|target| link.targets.contains(target))?;
        return Some(format!("{}.{}", link.code, plain(random, question, target)?));
    }
    plain(random, question, kind)
}

fn plain(random: &mut Random, question: &Question<'_>, kind: &'static str) -> Option<String> {
    let usable = |one: &&'static Parameter| {
        !matches!(one.kind, Kind::Composite | Kind::Special) && !one.code.starts_with('_')
    };
    let all: Vec<&'static Parameter> = parameters(kind).filter(usable).collect();
    let one = *random.choose(&all)?;
    let code = one.code;
    if random.chance(15) {
        return Some(format!("{code} pr {}", random.pick(&["true", "false"])));
    }
    let items: Vec<_> =
        question.world.of_type(kind).flat_map(|resource| question.items(resource, one)).collect();
    let text = value(random, one.kind, one, &items, None)?;
    match one.kind {
        Kind::String => {
            let operator = random.pick(&["eq", "ne", "co", "sw", "ew"]);
            let quoted = unescape(&text).replace('\\', "\\\\").replace('"', "\\\"");
            Some(format!("{code} {operator} \"{quoted}\""))
        }
        Kind::Token | Kind::Uri if plain_text(&text) => {
            Some(format!("{code} {} {text}", random.pick(&["eq", "ne"])))
        }
        Kind::Reference if plain_text(&text) => Some(format!("{code} re {text}")),
        Kind::Date | Kind::Number | Kind::Quantity if plain_text(&text) => {
            let number = text.trim_start_matches(|sign: char| sign.is_ascii_lowercase());
            let operator = random.pick(&["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]);
            Some(format!("{code} {operator} {number}"))
        }
        _ => None,
    }
}

/// How signs are escaped in a filter R4 does not say; such values are left out.
fn plain_text(text: &str) -> bool {
    !text.contains(['\\', ' ', '(', ')', '"', '$']) && split(text, ',').len() == 1 && !text.ends_with('|')
}
