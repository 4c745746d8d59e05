//! Conditions that no index answers, tested on the resource itself: texts, words, types of identifiers, components
//! that must belong together, distances.

use fhir::{ResourceType, TypeId};
use fhirpath::{Collection, Context, ElementItem, Expression, Item};
use json::{Node, Value};

use crate::extract::{index_item, is_value};
use crate::matching::holds_for_rows;
use crate::parameter::Table;
use crate::values::Target;
use crate::{Clause, IndexRows, Registry, Slot, StringTest, TextSource, fold, words};

/// A condition on the content of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// `:text`: a text beside a code begins with one of these (folded).
    TokenText {
        /// Where the codes are.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<String>,
    },
    /// `:of-type`: an Identifier with one of these type systems, type codes and values.
    OfType {
        /// Where the Identifiers are.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<[String; 3]>,
    },
    /// `_text`, `_content`: every word of one of these begins a word of the text.
    Words {
        /// Only the narrative.
        narrative: bool,
        /// Any of these lists of folded words.
        values: Vec<Vec<String>>,
    },
    /// `:below` of a uri: it is one of these or under one, by path segments.
    UriBelow {
        /// Where the uris are.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<String>,
    },
    /// `:above` of a uri: one of these is it or under it.
    UriAbove {
        /// Where the uris are.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<String>,
    },
    /// `sw`, `ew`, `co` of `_filter` on a uri, which is compared as it is.
    UriText {
        /// Where the uris are.
        slots: Vec<Slot>,
        /// How.
        test: StringTest,
    },
    /// A composite parameter: components of one element.
    Composite {
        /// The elements.
        element: Expression,
        /// From the element to each value, and the condition on it.
        components: Vec<ComponentTest>,
    },
    /// `ne` of `_filter`: an item for which the clause does not hold.
    Other {
        /// Where the items are.
        sources: Vec<TextSource>,
        /// A condition on rows of these slots.
        clause: Clause,
    },
    /// `:identifier` of a parameter that looks at references to one type only.
    TargetIdentifier {
        /// Where the references are.
        slots: Vec<Slot>,
        /// The type that a reference must show.
        target: ResourceType,
        /// A condition on rows of [`ComponentTest::SLOT`].
        clause: Clause,
    },
    /// `near`: not farther away than that.
    Near(Vec<Near>),
}

/// The condition on one component.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentTest {
    pub(crate) table: Table,
    pub(crate) expression: Expression,
    /// A condition on rows of [`ComponentTest::SLOT`].
    pub(crate) clause: Clause,
}

impl ComponentTest {
    /// The slot that stands for the component.
    pub(crate) const SLOT: Slot = Slot(0);
}

/// A point and a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Kilometres.
    pub distance: f64,
}

/// Mean radius of the Earth in kilometres (IUGG).
const EARTH: f64 = 6371.0088;

impl Near {
    fn holds(&self, latitude: f64, longitude: f64) -> bool {
        let (one, other) = (self.latitude.to_radians(), latitude.to_radians());
        let half = |difference: f64| (difference / 2.0).sin().powi(2);
        let longitudes = half((longitude - self.longitude).to_radians());
        let chord = half(other - one) + one.cos() * other.cos() * longitudes;
        2.0 * EARTH * chord.sqrt().min(1.0).asin() <= self.distance
    }
}

impl Registry {
    /// Whether the check holds for a resource.
    pub(crate) fn check(&self, check: &Check, resource_type: ResourceType, resource: &Node<'_>) -> bool {
        let any = |slots: &[Slot], test: &dyn Fn(&Item<'_>) -> bool| {
            slots.iter().any(|slot| self.items(*slot, resource_type, resource).iter().any(test))
        };
        match check {
            Check::TokenText { slots, values } => any(slots, &|item| {
                texts(item).iter().any(|text| {
                    let text = fold(text);
                    values.iter().any(|value| text.starts_with(value.as_str()))
                })
            }),
            Check::OfType { slots, values } => any(slots, &|item| {
                item.node().is_some_and(|identifier| values.iter().any(|value| is_of_type(identifier, value)))
            }),
            Check::Words { narrative, values } => {
                let mut found = Vec::new();
                if *narrative {
                    let div = resource.get("text").and_then(|text| text.text("div")).unwrap_or_default();
                    collect_words(&without_tags(div), &mut found);
                } else {
                    content_words(resource, &mut found);
                }
                let begins = |word: &String| found.iter().any(|other| other.starts_with(word.as_str()));
                values.iter().any(|value| value.iter().all(begins))
            }
            Check::UriBelow { slots, values } => any(slots, &|item| {
                item.text().is_some_and(|uri| values.iter().any(|value| is_below(&uri, value)))
            }),
            Check::UriAbove { slots, values } => any(slots, &|item| {
                item.text().is_some_and(|uri| {
                    values.iter().any(|value| is_below(value, &uri) || is_below(value, without_version(&uri)))
                })
            }),
            Check::UriText { slots, test } => any(slots, &|item| {
                item.text().is_some_and(|uri| match test {
                    StringTest::StartsWith(start) => uri.starts_with(start.as_str()),
                    StringTest::EndsWith(end) => uri.ends_with(end.as_str()),
                    StringTest::Contains(part) => uri.contains(part.as_str()),
                    StringTest::Folded(text) | StringTest::Exact { exact: text, .. } => uri == text.as_str(),
                })
            }),
            Check::Composite { element, components } => {
                let context = || self.context(resource_type, resource);
                let elements = element.evaluate(&context()).unwrap_or_default();
                elements.iter().any(|element| {
                    components.iter().all(|component| {
                        let focus = context().with_focus(element.clone());
                        let items = component.expression.evaluate(&focus).unwrap_or_default();
                        self.component_holds(component, &items)
                    })
                })
            }
            Check::Other { sources, clause } => sources.iter().any(|source| {
                let Some(table) = self.slot_definition(source.slot).map(|definition| definition.table) else {
                    return false;
                };
                let of_source = |item: &Item<'_>| {
                    let target = || Target::of(item, self.base()).resource_type();
                    let system = || item.node().and_then(|node| node.text("system"));
                    source.target.is_none_or(|wanted| target() == Some(wanted))
                        && source.system.as_deref().is_none_or(|wanted| system() == Some(wanted))
                };
                self.items(source.slot, resource_type, resource).iter().any(|item| {
                    let mut rows = IndexRows::default();
                    index_item(self, table, source.slot, item, &mut rows);
                    of_source(item) && is_value(self, table, item) && !holds_for_rows(clause, &rows)
                })
            }),
            Check::TargetIdentifier { slots, target, clause } => any(slots, &|item| {
                let Some(reference) = item.node() else { return false };
                let shown = Target::of(item, self.base()).resource_type();
                let named = reference.text("type").and_then(|name| name.parse().ok());
                let Some(identifier) = reference.get("identifier") else { return false };
                let Some(kind) = TypeId::named("Identifier") else { return false };
                let identifier = Item::Element(ElementItem::new(identifier, kind));
                let mut rows = IndexRows::default();
                index_item(self, Table::Token, ComponentTest::SLOT, &identifier, &mut rows);
                shown.or(named) == Some(*target) && holds_for_rows(clause, &rows)
            }),
            Check::Near(points) => {
                let position = resource.get("position");
                let number = |name: &str| position?.get(name)?.as_number()?.parse::<f64>().ok();
                match (number("latitude"), number("longitude")) {
                    (Some(latitude), Some(longitude)) => {
                        points.iter().any(|near| near.holds(latitude, longitude))
                    }
                    _ => false,
                }
            }
        }
    }

    fn component_holds(&self, component: &ComponentTest, items: &Collection<'_>) -> bool {
        let mut rows = IndexRows::default();
        for item in items {
            index_item(self, component.table, ComponentTest::SLOT, item, &mut rows);
        }
        holds_for_rows(&component.clause, &rows)
    }

    pub(crate) fn context<'a>(&self, resource_type: ResourceType, resource: &'a Node<'a>) -> Context<'a> {
        Context::new(ElementItem::new(resource, fhir::TypeId::of_resource(resource_type)))
    }

    /// The items of a slot.
    pub(crate) fn items<'a>(
        &self,
        slot: Slot,
        resource_type: ResourceType,
        resource: &'a Node<'a>,
    ) -> Collection<'a> {
        let definition = self.slot_definition(slot).filter(|slot| slot.resource_type == resource_type);
        definition
            .and_then(|slot| slot.expression.evaluate(&self.context(resource_type, resource)).ok())
            .unwrap_or_default()
    }
}

/// The texts beside a code (R4 `search.html#token`, `:text`).
fn texts(item: &Item<'_>) -> Vec<String> {
    let Some(element) = item.element() else { return Vec::new() };
    let node = element.node();
    let mut texts: Vec<&str> = Vec::new();
    match element.type_id().name() {
        "CodeableConcept" => {
            texts.extend(node.text("text"));
            let codings = node.get("coding").map(Node::items).unwrap_or_default();
            texts.extend(codings.iter().filter_map(|coding| coding.text("display")));
        }
        "Coding" => texts.extend(node.text("display")),
        "Identifier" => texts.extend(node.get("type").and_then(|kind| kind.text("text"))),
        _ => {}
    }
    texts.into_iter().map(str::to_owned).collect()
}

fn is_of_type(identifier: &Node<'_>, [system, code, value]: &[String; 3]) -> bool {
    let codings =
        identifier.get("type").and_then(|kind| kind.get("coding")).map(Node::items).unwrap_or_default();
    identifier.text("value") == Some(value)
        && codings.iter().any(|coding| {
            coding.text("code") == Some(code) && (system.is_empty() || coding.text("system") == Some(system))
        })
}

/// Whether a url is another one or under it: after the other comes the end, or a new segment. R4 defines this for urls
/// and not for urns, of which only equal ones meet.
fn is_below(uri: &str, above: &str) -> bool {
    let above = if above.starts_with("urn:") { above } else { above.trim_end_matches('/') };
    uri.strip_prefix(above).is_some_and(|rest| {
        rest.is_empty()
            || rest.starts_with('|')
            || (rest.starts_with(['/', '#', '?']) && !above.starts_with("urn:"))
    })
}

/// A canonical without its version.
fn without_version(uri: &str) -> &str {
    uri.split_once('|').map_or(uri, |(uri, _)| uri)
}

/// The text of XHTML: tags become blanks, the entities of XML are read.
fn without_tags(div: &str) -> String {
    let mut text = String::with_capacity(div.len());
    let mut inside = false;
    for character in div.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    if text.contains('&') {
        for (entity, character) in
            [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
        {
            text = text.replace(entity, character);
        }
    }
    text
}

fn collect_words(text: &str, out: &mut Vec<String>) {
    // Folding cuts long texts, so they are folded piece by piece.
    for piece in text.split(|character: char| !character.is_alphanumeric() && !is_mark(character)) {
        out.extend(words(&fold(piece)).map(str::to_owned));
    }
}

fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// The words of all strings of a resource; of the narrative without its tags. An id is no word: whoever looks by one has to name
/// what is meant, so that it stands in that book (`docs/access-log.md`, section 7).
fn content_words(node: &Node<'_>, out: &mut Vec<String>) {
    match &node.value {
        Value::String(text) => collect_words(text, out),
        Value::Array(items) => items.iter().for_each(|item| content_words(item, out)),
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(div) if name == "div" => collect_words(&without_tags(div), out),
                    Some(_) if matches!(name.as_ref(), "resourceType" | "reference" | "id") => {}
                    _ => content_words(value, out),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_compared_by_segments() {
        for (uri, above, expected) in [
            ("http://a/b", "http://a/b", true),
            ("http://a/b", "http://a/b/", true),
            ("http://a/b/c", "http://a/b", true),
            ("http://a/bc", "http://a/b", false),
            ("http://a", "http://a/b", false),
            ("urn:oid:1.2", "urn:oid:1.2", true),
            ("urn:oid:1.2.3", "urn:oid:1.2", false),
        ] {
            assert_eq!(is_below(uri, above), expected, "{uri} {above}");
        }
    }

    #[test]
    fn distance_follows_the_great_circle() {
        // Hà Nội to Hải Phòng is about 90 km.
        let near = |distance| Near { latitude: 21.0278, longitude: 105.8342, distance };
        assert!(near(92.0).holds(20.8449, 106.6881));
        assert!(!near(88.0).holds(20.8449, 106.6881));
    }

    #[test]
    fn tags_are_no_words() {
        let mut found = Vec::new();
        collect_words(&without_tags("<div class=\"x\"><b>Đau</b>&nbsp;đầu &amp; sốt</div>"), &mut found);
        assert_eq!(found, ["dau", "dau", "sot"]);
    }
}
