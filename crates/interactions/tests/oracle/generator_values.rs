//! Values for a parameter: from what the resources hold, changed a little, and from the pools.

use fhirpath::{Context, Item};

use crate::definitions::{Kind, Parameter};
use crate::generator_pools::{
    CODES, DATES, DISTANCES, IDENTIFIERS, IDS, INSTANTS, MISSING_ID, NUMBERS, POSITIONS, SYSTEMS, TEXTS,
    UNITS, URIS,
};
use crate::matching::escapes::escape;
use crate::matching::quantities::Stored;
use crate::matching::{references, strings, tokens, uris};
use crate::random::Random;

pub const PREFIXES: [&str; 11] = ["", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];

/// One alternative of a value, escaped.
pub fn value(
    random: &mut Random,
    kind: Kind,
    parameter: &Parameter,
    items: &[Item<'static>],
    modifier: Option<&str>,
) -> Option<String> {
    let item = random.choose(items).cloned().filter(|_| random.chance(85));
    Some(match (kind, modifier) {
        (Kind::String, _) => string(random, item.as_ref(), modifier)?,
        (Kind::Token, Some("text")) => {
            let texts: Vec<String> = items.iter().flat_map(tokens::displays).collect();
            let text = random.choose(&texts)?.clone();
            escape(&part(random, text, false))
        }
        (Kind::Token, Some("of-type")) => of_type(random, items)?,
        (Kind::Token, _) => token(random, item.as_ref()),
        (Kind::Reference, Some("identifier")) => {
            let found: Vec<_> = items.iter().filter_map(|item| item.node()?.get("identifier")).collect();
            let system = found.first().and_then(|node| node.text("system")).unwrap_or_default();
            let code = found.first().and_then(|node| node.text("value")).unwrap_or("001");
            system_and_code(random, Some(system), code)
        }
        (Kind::Reference, _) => reference(random, parameter, item.as_ref(), modifier)?,
        (Kind::Uri, _) => {
            let text = item.as_ref().and_then(|item| uris::texts(item).into_iter().next());
            let text = text.unwrap_or_else(|| random.pick(&URIS).to_owned());
            let cut = modifier.is_some() || random.chance(20);
            let text = match text.rfind('/').filter(|at| cut && *at > 8 && random.chance(40)) {
                Some(at) => text[..at].to_owned(),
                None => text,
            };
            let text = if modifier.is_some() { text.split('|').next().unwrap_or_default() } else { &text };
            // Nobody escapes the sign before a version, and it separates nothing here.
            if random.chance(50) { escape(text).replace("\\|", "|") } else { escape(text) }
        }
        (Kind::Date, _) => format!("{}{}", random.pick(&PREFIXES), date(random, item.as_ref())),
        (Kind::Number, _) => format!("{}{}", random.pick(&PREFIXES), number(random, item.as_ref())),
        (Kind::Quantity, _) => quantity(random, item.as_ref()),
        (Kind::Composite, _) => composite(random, parameter, item.as_ref())?,
        (Kind::Special, _) => {
            let (latitude, longitude) = POSITIONS[random.below(POSITIONS.len())];
            format!("{latitude}|{longitude}{}", random.pick(&DISTANCES))
        }
    })
}

/// A beginning (or any part) of a text, written in another way.
fn part(random: &mut Random, text: String, anywhere: bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = if anywhere { random.below(characters.len()) } else { 0 };
    let length = 1 + random.below(characters.len() - start);
    let text: String = characters[start..start + length].iter().collect();
    let text = match random.below(4) {
        0 => text.to_uppercase(),
        1 => strings::fold(&text),
        _ => text,
    };
    // A value of marks and blanks alone is refused, which other tests ask.
    if strings::fold(&text).is_empty() { "a".to_owned() } else { text }
}

fn string(random: &mut Random, item: Option<&Item<'static>>, modifier: Option<&str>) -> Option<String> {
    let texts = item.map(strings::texts).unwrap_or_default();
    let own = random.choose(&texts).cloned();
    let text = own.unwrap_or_else(|| random.pick(&TEXTS).to_owned());
    if modifier == Some("exact") {
        return Some(escape(&text));
    }
    let in_parts = item.is_some_and(|item| matches!(item.type_name().1, "HumanName" | "Address"));
    if in_parts && modifier.is_none() {
        // Words of several parts, in any order.
        let words: Vec<String> =
            texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect();
        let (one, other) = (random.choose(&words)?.clone(), random.choose(&words)?.clone());
        let one = part(random, one, false);
        if random.chance(50) {
            let other = part(random, other, false);
            return Some(escape(&format!("{one} {other}")));
        }
        return Some(escape(&one));
    }
    Some(escape(&part(random, text, modifier == Some("contains"))))
}

fn system_and_code(random: &mut Random, system: Option<&str>, code: &str) -> String {
    let system = system.unwrap_or_default();
    let code = if random.chance(5) { code.to_uppercase() } else { code.to_owned() };
    match random.below(10) {
        0..=3 => escape(&code),
        4..=6 => format!("{}|{}", escape(system), escape(&code)),
        7 => format!("|{}", escape(&code)),
        8 if !system.is_empty() => format!("{}|", escape(system)),
        _ => format!("{}|{}", escape(random.pick(&SYSTEMS)), escape(&code)),
    }
}

fn token(random: &mut Random, item: Option<&Item<'static>>) -> String {
    let codes = item.map(tokens::codes).unwrap_or_default();
    let code = random.choose(&codes).cloned();
    let code = code.unwrap_or_else(|| random.pick_of(&CODES, &IDENTIFIERS).to_owned());
    let node = item.and_then(|item| item.node());
    let inner = node.map(|node| node.get("coding").and_then(|coding| coding.items().first()).unwrap_or(node));
    system_and_code(random, inner.and_then(|node| node.text("system")), &code)
}

fn of_type(random: &mut Random, items: &[Item<'static>]) -> Option<String> {
    let nodes: Vec<_> = items.iter().filter_map(|item| item.node()).collect();
    let typed: Vec<_> = nodes.into_iter().filter(|node| node.get("type").is_some()).collect();
    let node = random.choose(&typed)?;
    let coding = node.get("type")?.get("coding")?.items().first()?;
    // Without a system the value would be `|code|value`, which R4 does not have.
    let (system, code) = (coding.text("system")?, coding.text("code")?);
    let value = if random.chance(80) { node.text("value")? } else { random.pick(&IDENTIFIERS) };
    Some(format!("{}|{}|{}", escape(system), escape(code), escape(value)))
}

fn reference(
    random: &mut Random,
    parameter: &Parameter,
    item: Option<&Item<'static>>,
    named: Option<&str>,
) -> Option<String> {
    let hierarchy = matches!(named, Some("above" | "below"));
    let named = named.filter(|_| !hierarchy);
    let text = item.and_then(|item| item.node()?.text("reference")).filter(|text| !text.starts_with('#'));
    let kind = random.choose(&parameter.targets).copied().unwrap_or("Patient");
    let text = match text {
        Some(text) => text.to_owned(),
        None => format!("{kind}/{}", random.pick_of(&IDS, &[MISSING_ID])),
    };
    let relative = match references::target_of_text(&text)? {
        references::Target::Url(_) if hierarchy || named.is_some() => return None,
        references::Target::Url(url) => return Some(escape(&url)),
        references::Target::Local(kind, id) => (kind, id),
    };
    let (kind, id) = relative;
    if hierarchy {
        return Some(format!("{kind}/{id}"));
    }
    Some(match random.below(10) {
        _ if named.is_some_and(|named| named != kind) => id,
        0..=4 => format!("{kind}/{id}"),
        5..=7 => id,
        8 => format!("{}/{kind}/{id}", references::BASE),
        _ => format!("{kind}/{id}/_history/3"),
    })
}

fn date(random: &mut Random, item: Option<&Item<'static>>) -> String {
    let node = item.and_then(|item| item.node());
    let inner = |name: &str| node.and_then(|node| node.get(name));
    let text = [node, inner("start"), inner("end"), inner("event").and_then(|events| events.items().first())]
        .into_iter()
        .flatten()
        .filter_map(|node| node.as_str());
    let texts: Vec<&str> = text.collect();
    let text = match random.choose(&texts) {
        Some(text) => text,
        None => random.pick_of(&DATES, &INSTANTS),
    };
    if text.len() < 16 {
        let length = random.choose(&[4, 7, 10, 10, 10, 10]).copied().unwrap_or(10);
        return text.get(..length).unwrap_or(text).to_owned();
    }
    match random.below(8) {
        0 => text[..4].to_owned(),
        1 => text[..7].to_owned(),
        2 => text[..10].to_owned(),
        3 => text[..16].to_owned(),
        4 => format!("{}Z", &text[..16]),
        _ => text.to_owned(),
    }
}

/// A number like the own one, with more or fewer digits, or beside it.
fn number(random: &mut Random, item: Option<&Item<'static>>) -> String {
    let node = item.and_then(|item| item.node());
    let inner = |name: &str| node.and_then(|node| node.get(name));
    let own = [node, inner("value"), inner("low").and_then(|low| low.get("value"))];
    let own: Vec<&str> = own.into_iter().flatten().filter_map(|node| node.as_number()).collect();
    let text = random.choose(&own).copied().unwrap_or_else(|| random.pick(&NUMBERS)).to_owned();
    if text.contains('e') {
        return text;
    }
    match random.below(6) {
        0 if text.contains('.') => format!("{text}0"),
        0 => format!("{text}.0"),
        1 if text.contains('.') => text.split('.').next().unwrap_or(&text).to_owned(),
        2 => random.pick(&NUMBERS).to_owned(),
        _ => text,
    }
}

fn quantity(random: &mut Random, item: Option<&Item<'static>>) -> String {
    let number = number(random, item);
    let stored = item.and_then(Stored::read);
    let (mut system, mut code) = stored.map(|stored| stored.named()).unwrap_or_default();
    if random.chance(25) {
        let unit = UNITS[random.below(UNITS.len())];
        (system, code) = (unit.0.to_owned(), unit.1.to_owned());
    }
    let prefix = random.pick(&PREFIXES);
    match random.below(4) {
        _ if code.is_empty() => format!("{prefix}{number}"),
        0 => format!("{prefix}{number}"),
        1 => format!("{prefix}{number}||{}", escape(&code)),
        _ if system.is_empty() => format!("{prefix}{number}||{}", escape(&code)),
        _ => format!("{prefix}{number}|{}|{}", escape(&system), escape(&code)),
    }
}

fn composite(random: &mut Random, parameter: &Parameter, item: Option<&Item<'static>>) -> Option<String> {
    let mut parts = Vec::new();
    for component in &parameter.components {
        let items: Vec<Item<'static>> = match item.and_then(|item| item.element()) {
            Some(element) => {
                component.expression.evaluate(&Context::new(*element)).ok()?.into_iter().collect()
            }
            None => Vec::new(),
        };
        parts.push(value(random, component.kind, parameter, &items, None)?);
    }
    Some(parts.join("$"))
}
