//! From one item of an expression to rows of an index table.

use std::sync::LazyLock;

use fhir::{DateRange, LogicalId, ReferenceText, ResourceType, TypeId};
use fhirpath::{ElementItem, Item};
use jiff::tz::TimeZone;
use json::Node;

use crate::identifier_system::{canonical_system, number_of_card};
use crate::{DateRow, Hasher, ReferenceRow, Slot, StringRow, TokenRow, fold};

struct Types {
    codeable_concept: Option<TypeId>,
    coding: Option<TypeId>,
    identifier: Option<TypeId>,
    contact_point: Option<TypeId>,
    period: Option<TypeId>,
    timing: Option<TypeId>,
    dates: [Option<TypeId>; 3],
    reference: Option<TypeId>,
    canonical: Option<TypeId>,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| Types {
    codeable_concept: TypeId::named("CodeableConcept"),
    coding: TypeId::named("Coding"),
    identifier: TypeId::named("Identifier"),
    contact_point: TypeId::named("ContactPoint"),
    period: TypeId::named("Period"),
    timing: TypeId::named("Timing"),
    dates: ["date", "dateTime", "instant"].map(TypeId::named),
    reference: TypeId::named("Reference"),
    canonical: TypeId::named("canonical"),
});

/// Rows of a token or uri (R4 `search.html#token`): one for each coding of a concept. A contact point has no
/// system; what kind of contact it is stands in its place, so that `phone` and `email` can share its rows. A
/// canonical with a version is found with and without it.
pub(crate) fn token_rows(hasher: &Hasher, slot: Slot, item: &Item<'_>, out: &mut Vec<TokenRow>) {
    tokens(item, &mut |system, code| {
        if !system.is_empty() || !code.is_empty() {
            let name = canonical_system(system);
            let system = hasher.system(name);
            let forms = [Some(code), number_of_card(name, code)];
            out.extend(forms.into_iter().flatten().map(|code| TokenRow {
                slot,
                code: hasher.code(code),
                system,
            }));
        }
    });
}

/// Systems and codes of an item.
pub(crate) fn tokens(item: &Item<'_>, push: &mut impl FnMut(&str, &str)) {
    let Item::Element(element) = item else {
        if let Some(text) = item.text() {
            push("", &text);
        }
        return;
    };
    let node = element.node();
    let of = |name: &str| node.text(name).unwrap_or_default();
    let kind = Some(element.type_id());
    if kind == TYPES.codeable_concept {
        for coding in node.get("coding").map(Node::items).unwrap_or_default() {
            push(coding.text("system").unwrap_or_default(), coding.text("code").unwrap_or_default());
        }
    } else if kind == TYPES.coding {
        push(of("system"), of("code"));
    } else if kind == TYPES.identifier {
        push(of("system"), of("value"));
    } else if kind == TYPES.contact_point {
        if !of("value").is_empty() {
            push(of("system"), of("value"));
        }
    } else if let Some(text) = element.text() {
        push("", text);
        if kind == TYPES.canonical
            && let Some((url, _)) = text.split_once('|')
        {
            push("", url);
        }
    }
}

/// The row of a string. Names and addresses come here in parts.
pub(crate) fn string_rows(hasher: &Hasher, slot: Slot, item: &Item<'_>, out: &mut Vec<StringRow>) {
    if let Some(text) = item.text()
        && !text.trim().is_empty()
    {
        out.push(StringRow { slot, folded: fold(&text), exact: exact(hasher, &text) });
    }
}

/// Bytes of a text that are kept for `:exact`; an index entry has a largest size on PostgreSQL.
const LONGEST_EXACT: usize = 240;

/// The form in which `:exact` compares a text: itself, or of a long one the beginning and a hash of the whole.
pub(crate) fn exact(hasher: &Hasher, text: &str) -> String {
    if text.len() <= LONGEST_EXACT {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(32).collect();
    // A text that looks like this form is longer than it may be as itself only if it was made to; both then meet.
    format!("{beginning}\u{1}{:016x}", hasher.code(text))
}

/// The rows of the words of a name or address behind the first: each with the text that follows it, so that a word
/// is found by its beginning.
pub(crate) fn word_rows(slot: Slot, item: &Item<'_>, out: &mut Vec<StringRow>) {
    let Some(text) = item.text() else { return };
    let folded = fold(&text);
    let mut inside = false;
    for (at, character) in folded.char_indices() {
        let letter = character.is_alphanumeric();
        if letter
            && !inside
            && at > 0
            && let Some(rest) = folded.get(at..)
        {
            out.push(StringRow { slot, folded: rest.to_owned(), exact: String::new() });
        }
        inside = letter;
    }
}

/// The row of a date, dateTime, instant, Period or Timing (R4 `search.html#date`). An open end of a Period is
/// open in the row; a Timing counts from its first to its last moment.
pub(crate) fn date_rows(zone: &TimeZone, slot: Slot, item: &Item<'_>, out: &mut Vec<DateRow>) {
    if let Some(element) = item.element()
        && let Some(DateRange { low, high }) = time_covered(zone, element)
    {
        out.push(DateRow { slot, low, high });
    }
}

fn time_covered(zone: &TimeZone, element: &ElementItem<'_>) -> Option<DateRange> {
    let (node, kind) = (element.node(), Some(element.type_id()));
    if kind == TYPES.period {
        period(zone, node)
    } else if kind == TYPES.timing {
        timing(zone, node)
    } else if TYPES.dates.contains(&kind) {
        DateRange::parse(element.text()?, zone).ok()
    } else {
        // `Immunization.occurrenceString` and the like.
        None
    }
}

fn period(zone: &TimeZone, node: &Node<'_>) -> Option<DateRange> {
    let end = |name: &str| node.text(name).and_then(|text| DateRange::parse(text, zone).ok());
    let (start, end) = (end("start"), end("end"));
    if start.is_none() && end.is_none() {
        return None;
    }
    let low = start.map_or(DateRow::OPEN_LOW, |range| range.low);
    let high = match (start, end) {
        // A period that ends before it starts is wrong; it is found at its start.
        (Some(start), Some(end)) if end.high <= start.low => start.high,
        (_, Some(end)) => end.high,
        (_, None) => DateRow::OPEN_HIGH,
    };
    Some(DateRange { low, high })
}

fn timing(zone: &TimeZone, node: &Node<'_>) -> Option<DateRange> {
    let events = node.get("event").map(Node::each).unwrap_or_default();
    let events = events.iter().filter_map(|event| DateRange::parse(event.as_str()?, zone).ok());
    let bounds = node.get("repeat").and_then(|repeat| repeat.get("boundsPeriod"));
    let bounds = bounds.and_then(|bounds| period(zone, bounds));
    events
        .chain(bounds)
        .reduce(|one, other| DateRange { low: one.low.min(other.low), high: one.high.max(other.high) })
}

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// A resource of this server; the version does not count.
    Local(ResourceType, LogicalId),
    /// Anything else, by its url.
    Url(&'a str),
    /// A contained resource, a conditional reference, or no literal reference at all.
    Nothing,
}

impl<'a> Target<'a> {
    /// The target of a Reference, of a canonical or uri, or the resource itself that an expression found.
    pub fn of(item: &Item<'a>, base: &str) -> Self {
        let Some(element) = item.element() else {
            return Self::Nothing;
        };
        let node = element.node();
        if Some(element.type_id()) == TYPES.reference {
            return node.text("reference").map_or(Self::Nothing, |text| Self::of_reference(text, base));
        }
        if element.is_primitive() {
            return element.text().map_or(Self::Nothing, Self::Url);
        }
        let id = node.text("id").and_then(|id| LogicalId::try_from(id).ok());
        match (element.type_id().resource_type(), id) {
            (Some(kind), Some(id)) => Self::Local(kind, id),
            _ => Self::Nothing,
        }
    }

    /// The type of the target, as far as the text tells it.
    pub fn resource_type(&self) -> Option<ResourceType> {
        match self {
            Self::Local(kind, _) => Some(*kind),
            Self::Url(url) => Self::type_of(url),
            Self::Nothing => None,
        }
    }

    /// The type that a literal url shows.
    pub fn type_of(url: &str) -> Option<ResourceType> {
        match ReferenceText::parse(url) {
            ReferenceText::Literal { resource_type, .. } => Some(resource_type),
            _ => None,
        }
    }

    /// The target of the text of a Reference.
    pub fn of_reference(text: &'a str, base: &str) -> Self {
        match ReferenceText::parse(text) {
            ReferenceText::Literal { base: None, resource_type, id, .. } => Self::Local(resource_type, id),
            ReferenceText::Literal { base: Some(other), resource_type, id, .. } if other == base => {
                Self::Local(resource_type, id)
            }
            ReferenceText::Literal { .. } => {
                Self::Url(text.rsplit_once("/_history/").map_or(text, |(resource, _)| resource))
            }
            ReferenceText::Other(text) if !text.is_empty() => Self::Url(text),
            _ => Self::Nothing,
        }
    }

    /// The target as a text to sort by.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Local(kind, id) => Some(format!("{kind}/{id}")),
            Self::Url(url) => Some((*url).to_owned()),
            Self::Nothing => None,
        }
    }

    /// The rows: one, or for a canonical with a version two.
    pub fn rows(&self, hasher: &Hasher, slot: Slot, out: &mut Vec<ReferenceRow>) {
        match self {
            Self::Local(kind, id) => out.push(ReferenceRow {
                slot,
                target: hasher.reference_id(id.as_str()),
                target_type: i16::try_from(kind.index()).unwrap_or(-1),
            }),
            Self::Url(url) => {
                out.push(ReferenceRow { slot, target: hasher.url(url), target_type: -1 });
                if let Some((url, _)) = url.split_once('|') {
                    out.push(ReferenceRow { slot, target: hasher.url(url), target_type: -1 });
                }
            }
            Self::Nothing => {}
        }
    }
}
