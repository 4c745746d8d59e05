//! Reads and checks the text of a policy.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use fhir::ResourceType;
use jiff::tz::TimeZone;

use crate::ages::AgeStep;
use crate::document::{ContentLimit, PolicyDocument, Rule, Words};
use crate::facts_version::facts_version;
use crate::label_table::Security;
use crate::source::{AgesSource, Effect, LabelSource, RuleSource, Sentence, Source, WordsSource};
use crate::{Ages, Authority, Label, LabelTable, Labels, Purpose, Role, TypeSet};

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is not TOML of this form.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Something in one of its parts.
    #[error("{place}: {message}")]
    Part {
        /// Which, for example `rule treat/physician/read`.
        place: String,
        /// What is wrong.
        message: String,
    },
}

const LONGEST_TEXT: usize = 1 << 20;
const MOST_RULES: usize = 1_000;

/// What a part of a policy reports; the place is added where it is known.
type Checked<T> = Result<T, String>;

fn at<T>(place: impl FnOnce() -> String, checked: Checked<T>) -> Result<T, PolicyError> {
    checked.map_err(|message| PolicyError::Part { place: place(), message })
}

impl PolicyDocument {
    /// Reads and checks a text.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > LONGEST_TEXT {
            return at(|| "policy".to_owned(), Err("it is longer than 1 MiB".to_owned()));
        }
        let source: Source = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        at(|| "version".to_owned(), check_version(&source.version))?;
        let zone = TimeZone::get(&source.time_zone).map_err(|_| format!("{} is no zone", source.time_zone));
        let zone = at(|| "time_zone".to_owned(), zone)?;
        let clocks =
            source.clocks.iter().map(|(name, length)| at(|| format!("clock {name}"), clock(name, length)));
        let clocks: BTreeMap<Authority, i64> = clocks.collect::<Result<_, _>>()?;
        for needed in
            [Authority::Encounter, Authority::Referral, Authority::Appointment, Authority::Registration]
        {
            let there = clocks.contains_key(&needed).then_some(()).ok_or_else(|| "it is missing".to_owned());
            at(|| format!("clock {}", needed.code()), there)?;
        }
        let labels = label_table(&source)?;
        let ages = at(|| "ages".to_owned(), ages(&source.ages, &labels))?;
        let mut classes = BTreeMap::new();
        for (name, types) in &source.classes {
            // A class is not made of classes: what it holds is what stands there.
            classes.insert(name.clone(), at(|| format!("class {name}"), type_set(types, &BTreeMap::new()))?);
        }
        let sees_shielded = at(|| "sees_shielded".to_owned(), roles(&source.sees_shielded))?;
        let opens_labels = at(|| "opens_labels".to_owned(), purposes(&source.opens_labels))?;
        let words = at(|| "words".to_owned(), words(&source.words))?;
        let mut rules = Vec::with_capacity(source.rules.len());
        let mut ids = BTreeSet::new();
        if source.rules.len() > MOST_RULES {
            return at(|| "rules".to_owned(), Err(format!("there are more than {MOST_RULES}")));
        }
        for rule in &source.rules {
            let place = || format!("rule {}", rule.id);
            if !ids.insert(rule.id.as_str()) {
                return at(place, Err("another rule has this id".to_owned()));
            }
            rules.push(at(place, checked_rule(rule, &classes, &labels))?);
        }
        Ok(Self {
            text: Arc::from(text),
            facts_version: facts_version(&source),
            version: Arc::from(source.version.as_str()),
            zone,
            relation_system: source.relation_system,
            clocks,
            ages,
            classes,
            labels,
            rules,
            sees_shielded,
            opens_labels,
            words,
        })
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> PolicyError {
    let Range { start, .. } = error.span().unwrap_or(0..0);
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    PolicyError::Syntax { line, column, message: error.message().to_owned() }
}

fn is_name(name: &str, more: &[u8]) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || more.contains(&byte);
    (1..=100).contains(&name.len()) && name.bytes().all(fits)
}

fn check_version(version: &str) -> Checked<()> {
    is_name(version, b".").then_some(()).ok_or_else(|| "letters, digits, points and dashes only".to_owned())
}

fn clock(name: &str, length: &str) -> Checked<(Authority, i64)> {
    let authority = Authority::from_code(name).ok_or("there is no such authority")?;
    let wrong = || format!("{length} is no length of time: a number of hours or days, as 24h or 30d");
    let (number, unit) = length.split_at_checked(length.len().saturating_sub(1)).ok_or_else(wrong)?;
    let hours = match unit {
        "h" => 1_i64,
        "d" => 24,
        _ => return Err(wrong()),
    };
    let number: u16 = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    Ok((authority, i64::from(number) * hours * 3_600_000_000))
}

fn label_table(source: &Source) -> Result<LabelTable, PolicyError> {
    let mut table = LabelTable::new(Security {
        own_system: source.label_system.clone(),
        confidentiality: source.confidentiality_systems.clone(),
        harmless: source.harmless.clone(),
        shield_codes: source.shield.clone(),
        without_system: source.systems.get("icd").and_then(|systems| systems.first()).cloned(),
    });
    for label in &source.labels {
        at(|| format!("label {}", label.code), add_label(&mut table, label, &source.systems))?;
    }
    Ok(table)
}

fn add_label(
    table: &mut LabelTable,
    source: &LabelSource,
    systems: &BTreeMap<String, Vec<String>>,
) -> Checked<()> {
    let labels = Labels::bit(source.bit).ok_or("a bit is a number from 0 to 61")?;
    if !is_name(&source.code, b"_") || source.code == "UNKNOWN" {
        return Err("a code has letters, digits, dashes and underscores, and is not UNKNOWN".to_owned());
    }
    if table.label(&source.code).is_some() || !(labels & table.all()).is_empty() {
        return Err("another label has its code or bit".to_owned());
    }
    if source.vi.trim().is_empty() || source.en.trim().is_empty() {
        return Err("it needs names in both languages".to_owned());
    }
    table.add(Label {
        labels,
        code: source.code.clone(),
        vietnamese: source.vi.clone(),
        english: source.en.clone(),
        shield: source.shield,
    });
    for set in &source.sets {
        let systems = systems.get(&set.of).ok_or_else(|| format!("there are no systems {}", set.of))?;
        let mut begins = Vec::new();
        for begin in &set.begins {
            begins.extend(expanded(begin)?);
        }
        for system in systems {
            table.add_codes(system, labels, &begins, &set.codes);
        }
    }
    Ok(())
}

/// `B20-B24` is five beginnings: both ends have the same letters and as many digits.
fn expanded(text: &str) -> Checked<Vec<String>> {
    let wrong = || format!("{text} is no beginning of codes");
    let plain =
        |text: &str| (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let Some((first, last)) = text.split_once('-') else {
        return if plain(text) { Ok(vec![text.to_owned()]) } else { Err(wrong()) };
    };
    let digits = first.bytes().rev().take_while(u8::is_ascii_digit).count().min(4);
    let (Some((start, low)), Some((end, high))) = (
        first.split_at_checked(first.len().saturating_sub(digits)),
        last.split_at_checked(last.len().saturating_sub(digits)),
    ) else {
        return Err(wrong());
    };
    let (Ok(from), Ok(to)) = (low.parse::<u16>(), high.parse::<u16>()) else { return Err(wrong()) };
    if !plain(first) || !plain(last) || start != end || from > to {
        return Err(wrong());
    }
    Ok((from..=to).map(|number| format!("{start}{number:0digits$}")).collect())
}

fn ages(source: &AgesSource, table: &LabelTable) -> Checked<Ages> {
    let mut steps = Vec::with_capacity(source.steps.len());
    let mut closed = Labels::NONE;
    for step in &source.steps {
        let rises = steps.last().map_or(step.from == 0, |last: &AgeStep| last.from < step.from);
        if !rises || step.from >= source.majority {
            return Err("the steps begin with 0, rise, and lie below the majority".to_owned());
        }
        // What was closed stays closed.
        closed = closed | label_set(&step.closes, table)?;
        steps.push(AgeStep { from: step.from, closes: closed, joins: step.joins });
    }
    if steps.is_empty() || source.majority > 30 {
        return Err("there is a step from 0, and a majority of at most 30".to_owned());
    }
    Ok(Ages::new(source.majority, steps, table.special()))
}

fn type_set(names: &[String], classes: &BTreeMap<String, TypeSet>) -> Checked<TypeSet> {
    let mut types = TypeSet::NONE;
    for name in names {
        let (out, name) = name.strip_prefix('!').map_or((false, name.as_str()), |name| (true, name));
        let named = if name == "*" {
            TypeSet::ALL
        } else if let Some(class) = name.strip_prefix('@') {
            *classes.get(class).ok_or_else(|| format!("there is no class {class}"))?
        } else {
            let resource_type: ResourceType =
                name.parse().map_err(|_| format!("there is no resource type {name}"))?;
            std::iter::once(resource_type).collect()
        };
        types = if out { types.without(&named) } else { types.or(&named) };
    }
    if types.is_empty() { Err("it names no type".to_owned()) } else { Ok(types) }
}

fn label_set(names: &[String], table: &LabelTable) -> Checked<Labels> {
    let mut labels = Labels::NONE;
    for name in names {
        let (out, name) = name.strip_prefix('!').map_or((false, name.as_str()), |name| (true, name));
        let named = match name {
            "*" => table.all(),
            "UNKNOWN" => Labels::UNKNOWN,
            code => table.label(code).ok_or_else(|| format!("there is no label {code}"))?.labels,
        };
        labels = if out { labels.without(named) } else { labels | named };
    }
    // Whoever sees every label and the unknown sees also what only an older policy could name.
    let every = (table.all() | Labels::UNKNOWN).is_within(labels);
    Ok(if every { Labels::ALL } else { labels })
}

/// The things of names, `*` for all of them.
fn named<T: Copy>(
    names: &[String],
    all: &[T],
    find: impl Fn(&str) -> Option<T>,
    what: &str,
) -> Checked<Vec<T>> {
    let mut found = Vec::new();
    for name in names {
        match name.as_str() {
            "*" => found.extend_from_slice(all),
            name => found.push(find(name).ok_or_else(|| format!("there is no {what} {name}"))?),
        }
    }
    Ok(found)
}

fn roles(names: &[String]) -> Checked<Vec<Role>> {
    named(names, &Role::ALL, Role::from_code, "role")
}

fn purposes(names: &[String]) -> Checked<Vec<Purpose>> {
    named(names, &Purpose::ALL, Purpose::from_code, "purpose")
}

fn words(source: &WordsSource) -> Checked<Words> {
    Ok(Words {
        roles: sentences(&source.roles, Role::from_code, "role")?,
        rights: sentences(&source.rights, Authority::from_code, "authority")?,
        purposes: sentences(&source.purposes, Purpose::from_code, "purpose")?,
    })
}

fn sentences<T: Ord>(
    source: &BTreeMap<String, Sentence>,
    find: impl Fn(&str) -> Option<T>,
    what: &str,
) -> Checked<BTreeMap<T, Sentence>> {
    let checked = |(name, text): (&String, &Sentence)| {
        let key = find(name).ok_or_else(|| format!("there is no {what} {name}"))?;
        Ok((key, sentence(name, text)?))
    };
    source.iter().map(checked).collect()
}

/// A sentence that fits into a cell of a table.
fn sentence(name: &str, sentence: &Sentence) -> Checked<Sentence> {
    let fits = |text: &str| !text.trim().is_empty() && !text.contains(['|', '\n']);
    (fits(&sentence.vi) && fits(&sentence.en))
        .then(|| sentence.clone())
        .ok_or_else(|| format!("{name} needs a sentence of one line in both languages"))
}

fn checked_rule(
    source: &RuleSource,
    classes: &BTreeMap<String, TypeSet>,
    table: &LabelTable,
) -> Checked<Rule> {
    if !is_name(&source.id, b"/_.") {
        return Err("an id has letters, digits, slashes, points and dashes".to_owned());
    }
    let permits = source.effect == Effect::Permit;
    let labels = source.labels.as_ref().map(|names| label_set(names, table)).transpose()?;
    let rule = Rule {
        id: Arc::from(source.id.as_str()),
        effect: source.effect,
        roles: roles(&source.roles)?,
        purposes: purposes(&source.purposes)?,
        actions: source.interactions.clone(),
        authorities: named(&source.authorities, &Authority::ALL, Authority::from_code, "authority")?,
        types: type_set(&source.types, classes)?,
        labels: if permits { Some(labels.unwrap_or_default()) } else { labels },
        own_labels: label_set(&source.own_labels, table)?,
        contents: source.content.iter().map(content_limit).collect::<Checked<_>>()?,
        filters: source.filter.iter().map(filter).collect::<Checked<_>>()?,
        says: source.says.as_ref().map(|says| sentence("says", says)).transpose()?,
    };
    for (empty, what) in [
        (rule.roles.is_empty(), "role"),
        (rule.purposes.is_empty(), "purpose"),
        (rule.actions.is_empty(), "interaction"),
        (rule.authorities.is_empty(), "authority"),
    ] {
        if empty {
            return Err(format!("it names no {what}, so it would never hold"));
        }
    }
    let limits = !rule.contents.is_empty() || !rule.filters.is_empty() || !rule.own_labels.is_empty();
    if !permits && limits {
        return Err("a rule that forbids has no content, filter or own labels".to_owned());
    }
    if rule.labels.is_some_and(|labels| !permits && labels.is_empty()) {
        return Err("a rule that forbids names labels, or leaves them out for all".to_owned());
    }
    let about = rule.contents.iter().map(|limit| limit.resource_type);
    let about = about.chain(rule.filters.iter().map(|(resource_type, _)| *resource_type));
    match about.into_iter().find(|resource_type| !rule.types.contains(*resource_type)) {
        Some(resource_type) => Err(format!("it limits {resource_type}, which it does not name")),
        None => Ok(rule),
    }
}

fn content_limit(source: &crate::source::ContentSource) -> Checked<ContentLimit> {
    let name = &source.resource_type;
    let resource_type: ResourceType =
        name.parse().map_err(|_| format!("there is no resource type {name}"))?;
    if fhir::TypeId::of_resource(resource_type).element(&source.element).is_none() {
        return Err(format!("{name} has no element {}", source.element));
    }
    if source.codes.is_empty() {
        return Err(format!("the limit of {name} has no codes"));
    }
    Ok(ContentLimit {
        resource_type,
        element: source.element.clone(),
        system: source.system.clone(),
        codes: source.codes.clone(),
    })
}

fn filter(source: &crate::source::FilterSource) -> Checked<(ResourceType, String)> {
    let name = &source.resource_type;
    let resource_type = name.parse().map_err(|_| format!("there is no resource type {name}"))?;
    let fits = source.query.contains('=') && source.query.len() <= 1_000;
    fits.then(|| (resource_type, source.query.clone()))
        .ok_or_else(|| format!("the filter of {name} is no query"))
}
