//! Whether an order is a correct one. Ties are free.

use std::cmp::Ordering;

use super::engine::Question;
use super::exact::Exact;
use super::quantities::Stored;
use super::references::{Target, target};
use super::strings::{key, texts};
use super::{dates, tokens, uris};
use crate::definitions::{Kind, parameter};
use crate::world::Resource;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Text(String),
    Moment(i64),
    Number(Exact),
}

/// The sort keys of a resource; a missing one comes last in both directions. `None` when R4 and our text leave
/// the order open: ranges and open ends of quantities, units that cannot be compared.
fn keys(
    question: &Question<'_>,
    resource: &Resource,
    code: &str,
    unit: &mut Option<String>,
) -> Option<Vec<Key>> {
    match code {
        "_id" => return Some(vec![Key::Text(resource.id.to_owned())]),
        "_lastUpdated" => return Some(vec![Key::Moment(resource.updated)]),
        _ => {}
    }
    let parameter = parameter(resource.kind, code)?;
    let items = question.items(resource, parameter);
    let mut keys = Vec::new();
    for item in &items {
        match parameter.kind {
            Kind::String => {
                keys.extend(texts(item).iter().map(|text| Key::Text(key(text))));
            }
            Kind::Token => keys.extend(tokens::codes(item).into_iter().map(Key::Text)),
            Kind::Uri => keys.extend(uris::texts(item).into_iter().map(Key::Text)),
            Kind::Reference => keys.extend(target(item).map(|target| match target {
                Target::Local(kind, id) => Key::Text(format!("{kind}/{id}")),
                Target::Url(url) => Key::Text(url),
            })),
            Kind::Date => keys.extend(dates::range(item).map(|range| Key::Moment(range.low))),
            Kind::Number | Kind::Quantity => {
                let Some(stored) = Stored::read(item) else { continue };
                let (kind, stored) = stored.canonical();
                let point = stored.low.zip(stored.high).filter(|(low, high)| low.value == high.value);
                keys.push(Key::Number(point?.0.value));
                if unit.get_or_insert_with(|| kind.clone()) != &kind {
                    return None;
                }
            }
            Kind::Composite | Kind::Special => return None,
        }
    }
    Some(keys)
}

/// What is wrong with an order, if anything; `Err` when the order is not defined.
pub fn fault(question: &Question<'_>, sort: &str, found: &[&Resource]) -> Result<Option<String>, ()> {
    let mut columns = Vec::new();
    for key in sort.split(',') {
        let (code, descending) = key.strip_prefix('-').map_or((key, false), |code| (code, true));
        let mut unit = None;
        let column: Option<Vec<Option<Key>>> = found
            .iter()
            .map(|resource| {
                let keys = keys(question, resource, code, &mut unit)?;
                Some(if descending { keys.into_iter().max() } else { keys.into_iter().min() })
            })
            .collect();
        columns.push((column.ok_or(())?, descending));
    }
    for at in 1..found.len() {
        let order = columns
            .iter()
            .map(|(column, descending)| compare(&column[at - 1], &column[at], *descending))
            .find(|order| *order != Ordering::Equal);
        if order == Some(Ordering::Greater) {
            let keys: Vec<_> = columns.iter().map(|(column, _)| (&column[at - 1], &column[at])).collect();
            return Ok(Some(format!("{} before {}: {keys:?}", found[at - 1].name(), found[at].name())));
        }
    }
    Ok(None)
}

fn compare(one: &Option<Key>, other: &Option<Key>, descending: bool) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) if descending => other.cmp(one),
        (Some(one), Some(other)) => one.cmp(other),
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Greater,
        (_, None) => Ordering::Less,
    }
}
