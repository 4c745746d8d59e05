//! Parameters with rules of their own: `near`, `_list`, `_type`.

use fhir::{LogicalId, ResourceType};

use super::criterion::Asked;
use super::filter::MOST_VALUES;
use super::text::{split, unescape};
use super::{Reader, Refusal};
use crate::{Check, Clause, Lookup, LookupKind, Near};

/// Kilometres around a point when the query does not say (R4 leaves it to the server).
const DEFAULT_DISTANCE: f64 = 5.0;

/// Kilometres in a mile.
const MILE: f64 = 1.609_344;

impl Reader<'_> {
    pub(super) fn special(self, asked: &Asked<'_>, values: &[&str]) -> Result<Clause, Refusal> {
        if asked.code != "near" {
            return Err(Refusal::Unknown(Refusal::unsupported(asked.code, "special")));
        }
        let points = values
            .iter()
            .map(|value| near(value))
            .collect::<Option<_>>()
            .ok_or_else(|| Refusal::value("near"))?;
        let bits = asked.parameters.iter().filter_map(|(kind, parameter)| Some((*kind, parameter.bit?)));
        let superset = Box::new(Clause::Present(bits.collect()));
        Ok(Clause::Check { superset, check: Box::new(Check::Near(points)) })
    }

    pub(super) fn list(self, types: &[ResourceType], value: &str) -> Result<Clause, Refusal> {
        let values: Vec<String> =
            split(value, b',').iter().map(|value| unescape(value).into_owned()).collect();
        // `$current-allergies` and its like are functions of other servers.
        let ids =
            values.iter().map(|value| LogicalId::try_from(value.as_str())).collect::<Result<Vec<_>, _>>();
        let (Ok(ids), Ok(list)) = (ids, "List".parse::<ResourceType>()) else {
            return Err(Refusal::value("_list"));
        };
        if ids.len() > MOST_VALUES || !self.take(ids.len()) {
            return Err(Refusal::value("_list"));
        }
        ids.iter().for_each(|id| self.name(&[list], id));
        let lookup =
            Lookup { kind: LookupKind::Members, types: types.to_vec(), code: "_list".to_owned(), values };
        Ok(Clause::Lookup(Box::new(lookup)))
    }

    pub(super) fn types(self, value: &str) -> Result<Clause, Refusal> {
        let types = value.split(',').map(str::parse).collect::<Result<Vec<ResourceType>, _>>();
        types.map(Clause::Type).map_err(|_| Refusal::value("_type"))
    }
}

/// `latitude|longitude|distance|unit` (R4 `location.html`, `near`).
fn near(value: &str) -> Option<Near> {
    let parts = split(value, b'|');
    let number = |index: usize| parts.get(index).and_then(|text| text.parse::<f64>().ok());
    let (latitude, longitude) = (number(0)?, number(1)?);
    let distance = match parts.get(2) {
        None | Some(&"") => DEFAULT_DISTANCE,
        Some(_) => number(2)?,
    };
    let factor = match parts.get(3).copied() {
        None | Some("" | "km") => 1.0,
        Some("m") => 0.001,
        Some("[mi_us]" | "[mi_i]" | "mi") => MILE,
        Some(_) => return None,
    };
    let fits = latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && distance >= 0.0 && distance.is_finite();
    (fits && parts.len() <= 4).then_some(Near { latitude, longitude, distance: distance * factor })
}
