//! Random queries. The first condition goes round through every parameter of every type; others are random.

use std::sync::LazyLock;

use fhirpath::Item;

use crate::definitions::{Kind, Parameter, TYPES, parameter, parameters};
use crate::generator_filter::filter;
use crate::generator_pools::{IDS, WORDS};
use crate::generator_values::{PREFIXES, value};
use crate::matching::engine::Question;
use crate::matching::tokens;
use crate::random::Random;

/// A query of one type.
#[derive(Debug, Clone)]
pub struct Query {
    pub kind: &'static str,
    pub pairs: Vec<(String, String)>,
}

impl Query {
    pub fn text(&self) -> String {
        let pairs: Vec<String> = self.pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}?{}", self.kind, pairs.join("&"))
    }
}

/// Every searchable parameter of every type.
pub static ALL: LazyLock<Vec<(&'static str, &'static Parameter)>> = LazyLock::new(|| {
    let all = TYPES.iter().flat_map(|kind| parameters(kind).map(move |parameter| (*kind, parameter)));
    // `_query` names operations, of which there are none.
    all.filter(|(_, parameter)| parameter.code != "_query").collect()
});

/// Parameters by their type: most are tokens and references, but the others have more rules.
static BY_KIND: LazyLock<Vec<Vec<(&'static str, &'static Parameter)>>> = LazyLock::new(|| {
    let kinds = [Kind::Number, Kind::Date, Kind::String, Kind::Token, Kind::Reference, Kind::Composite]
        .into_iter()
        .chain([Kind::Quantity, Kind::Uri, Kind::Special]);
    kinds.map(|kind| ALL.iter().copied().filter(|(_, one)| one.kind == kind).collect()).collect()
});

/// The query of a round.
pub fn query(random: &mut Random, question: &Question<'_>, round: u64) -> Query {
    let walk = ALL[(round / 2 % ALL.len() as u64) as usize];
    let (kind, first) = match round % 2 {
        0 => walk,
        _ => {
            let of_kind = &BY_KIND[random.below(BY_KIND.len())];
            of_kind[random.below(of_kind.len())]
        }
    };
    let mut pairs = Vec::new();
    // About a third of the rounds begins with a join instead.
    let join = match random.below(100) {
        0..=11 => chain(random, question, kind, 3),
        12..=21 => has(random, question, kind, 2),
        22..=29 => filter(random, question, kind).map(|text| ("_filter".to_owned(), text)),
        30..=31 => Some(("_list".to_owned(), random.pick(&IDS).to_owned())),
        _ => None,
    };
    pairs.extend(join.or_else(|| leaf(random, question, kind, first, true)));
    for _ in 0..[0, 0, 0, 0, 1, 2][random.below(6)] {
        let more: Vec<&Parameter> = parameters(kind).filter(|one| one.code != "_query").collect();
        let one = more[random.below(more.len())];
        pairs.extend(leaf(random, question, kind, one, true));
    }
    if random.chance(25) {
        let keys: Vec<&str> = parameters(kind).filter(|one| sortable(one)).map(|one| one.code).collect();
        let keys: Vec<String> = (0..1 + random.below(2))
            .map(|_| format!("{}{}", random.pick(&["", "-"]), random.pick(&keys)))
            .collect();
        pairs.push(("_sort".to_owned(), keys.join(",")));
    }
    if random.chance(25) {
        pairs.push(("_total".to_owned(), random.pick(&["accurate", "estimate", "none"]).to_owned()));
    }
    if random.chance(35) {
        pairs.push(("_count".to_owned(), (1 + random.below(4)).to_string()));
    }
    Query { kind, pairs }
}

fn sortable(parameter: &Parameter) -> bool {
    !matches!(parameter.kind, Kind::Composite | Kind::Special)
        && !matches!(parameter.code, "_query" | "_text" | "_content")
}

fn items(question: &Question<'_>, kind: &str, parameter: &Parameter) -> Vec<Item<'static>> {
    question.world.of_type(kind).flat_map(|resource| question.items(resource, parameter)).collect()
}

/// `name=value` for one parameter.
pub fn leaf(
    random: &mut Random,
    question: &Question<'_>,
    kind: &'static str,
    parameter: &'static Parameter,
    modifiers: bool,
) -> Option<(String, String)> {
    let code = parameter.code;
    let items = items(question, kind, parameter);
    let alternatives = if random.chance(25) { 2 + random.below(2) } else { 1 };
    let special = |random: &mut Random| match code {
        "_id" => Some(random.pick(&IDS).to_owned()),
        "_lastUpdated" => Some(moment(random, question.now)),
        "_text" | "_content" => Some(words(random)),
        _ => None,
    };
    if let Some(first) = special(random) {
        let more = (1..alternatives).filter_map(|_| special(random));
        let values: Vec<String> = std::iter::once(first).chain(more.collect::<Vec<_>>()).collect();
        return Some((code.to_owned(), values.join(",")));
    }
    if modifiers && parameter.kind != Kind::Special && random.chance(8) {
        return Some((format!("{code}:missing"), random.pick(&["true", "false"]).to_owned()));
    }
    let modifier = if modifiers { modifier(random, parameter, &items) } else { None };
    let asked = modifier.filter(|modifier| *modifier != "not");
    let values: Vec<String> =
        (0..alternatives).filter_map(|_| value(random, parameter.kind, parameter, &items, asked)).collect();
    if values.is_empty() {
        return None;
    }
    let name = modifier.map_or_else(|| code.to_owned(), |modifier| format!("{code}:{modifier}"));
    Some((name, values.join(",")))
}

fn modifier(
    random: &mut Random,
    parameter: &'static Parameter,
    items: &[Item<'static>],
) -> Option<&'static str> {
    let of = |name: &str| items.iter().any(|item| item.type_name().1 == name);
    match (parameter.kind, random.below(100)) {
        (Kind::String, 0..=14) => Some("exact"),
        (Kind::String, 15..=34) => Some("contains"),
        (Kind::Token, 0..=14) => Some("not"),
        (Kind::Token, 15..=26) if items.iter().any(|item| !tokens::displays(item).is_empty()) => Some("text"),
        (Kind::Token, 27..=50) if of("Identifier") => Some("of-type"),
        // Only types of the set: some others the parameter may have, but not the element (`EpisodeOfCare`).
        (Kind::Reference, 0..=14) => {
            let known = TYPES.into_iter().filter(|kind| parameter.targets.contains(kind));
            random.choose(&known.collect::<Vec<_>>()).copied()
        }
        (Kind::Reference, 15..=26) => Some("identifier"),
        (Kind::Reference, 27..=36) if parameter.targets.iter().any(|kind| hierarchical(kind)) => {
            Some(random.pick(&["below", "above"]))
        }
        (Kind::Uri, 0..=17) => Some("below"),
        (Kind::Uri, 18..=34) => Some("above"),
        _ => None,
    }
}

/// Types whose resources are parts of each other.
fn hierarchical(kind: &str) -> bool {
    matches!(kind, "Location" | "Organization")
}

fn moment(random: &mut Random, now: i64) -> String {
    let distance = [0, 1_000_000, -1_000_000, 60_000_000, -86_400_000_000][random.below(5)];
    let moment = jiff::Timestamp::from_microsecond(now + distance).expect("a moment near now");
    let text = format!("{moment:.3}");
    let text = match random.below(4) {
        0 => text[..4].to_owned(),
        1 => text[..10].to_owned(),
        2 => format!("{}Z", &text[..19]),
        _ => text,
    };
    // `ap` of the present depends on the microsecond in which the store is asked.
    let prefixes: Vec<&str> = PREFIXES.into_iter().filter(|prefix| *prefix != "ap").collect();
    format!("{}{text}", random.pick(&prefixes))
}

fn words(random: &mut Random) -> String {
    let mut word = || {
        let word: Vec<char> = random.pick(&WORDS).chars().collect();
        word[..1 + random.below(word.len())].iter().collect::<String>()
    };
    let (one, other) = (word(), word());
    if random.chance(40) { format!("{one} {other}") } else { one }
}

/// `subject:Patient.name`, `subject.name`, to a depth.
fn chain(
    random: &mut Random,
    question: &Question<'_>,
    kind: &'static str,
    depth: usize,
) -> Option<(String, String)> {
    let (link, target) = link(random, kind)?;
    let inner = match random.below(10) {
        0..=2 if depth > 1 => chain(random, question, target, depth - 1),
        3 if depth > 1 => has(random, question, target, 1),
        _ => None,
    };
    let (name, value) = match inner {
        Some(inner) => inner,
        None => {
            let all: Vec<&'static Parameter> =
                parameters(target).filter(|one| one.code != "_query").collect();
            let one = all[random.below(all.len())];
            leaf(random, question, target, one, true)?
        }
    };
    // Without a type, the value must be one for every type that the reference may have.
    let untyped = random.chance(50) && same_kind_everywhere(link, target, &name);
    Some((
        if untyped { format!("{}.{name}", link.code) } else { format!("{}:{target}.{name}", link.code) },
        value,
    ))
}

/// A reference parameter of a type and one of the types of the set that it may refer to.
fn link(random: &mut Random, kind: &str) -> Option<(&'static Parameter, &'static str)> {
    let links: Vec<&'static Parameter> = parameters(kind)
        .filter(|one| one.kind == Kind::Reference && one.targets.iter().any(|target| TYPES.contains(target)))
        .collect();
    let link = *random.choose(&links)?;
    let targets: Vec<&'static str> =
        TYPES.into_iter().filter(|target| link.targets.contains(target)).collect();
    Some((link, random.choose(&targets)?))
}

fn same_kind_everywhere(link: &Parameter, target: &str, name: &str) -> bool {
    if name.contains(['.', ':']) {
        return link.targets.len() == 1;
    }
    let kind_of = |kind: &str| parameter(kind, name).map(|found| found.kind);
    let own = kind_of(target);
    link.targets.iter().all(|other| kind_of(other).is_none_or(|kind| Some(kind) == own))
}

/// `_has:Observation:patient:code`, nested.
fn has(
    random: &mut Random,
    question: &Question<'_>,
    kind: &'static str,
    depth: usize,
) -> Option<(String, String)> {
    let sources: Vec<(&'static str, &'static Parameter)> = ALL
        .iter()
        .copied()
        .filter(|(_, one)| one.kind == Kind::Reference && one.targets.contains(&kind))
        .collect();
    let (source, link) = *random.choose(&sources)?;
    let inner = if depth > 1 && random.chance(20) { has(random, question, source, depth - 1) } else { None };
    let (name, value) = match inner {
        Some(inner) => inner,
        None => {
            let all: Vec<&'static Parameter> =
                parameters(source).filter(|one| one.code != "_query").collect();
            let one = all[random.below(all.len())];
            leaf(random, question, source, one, true)?
        }
    };
    Some((format!("_has:{source}:{}:{name}", link.code), value))
}
