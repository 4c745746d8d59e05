//! `near`: positions within a distance, on a ball of the size of the earth.

use fhirpath::Item;

use super::escapes::split;
use super::{Answer, invalid};

const EARTH_KILOMETRES: f64 = 6371.0;

/// `latitude|longitude|distance|unit`. The pools keep away from the edge, where models of the earth differ.
pub fn matches(item: &Item<'_>, value: &str) -> Answer<bool> {
    let parts = split(value, '|');
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<f64>().ok());
    let (Some(latitude), Some(longitude)) = (number(0), number(1)) else { return invalid(value) };
    let limit = number(2).unwrap_or(5.0)
        * match parts.get(3).map_or("km", String::as_str) {
            "km" => 1.0,
            "m" => 0.001,
            other => return invalid(other),
        };
    let member = |name| item.node().and_then(|node| node.get(name)?.as_number()?.parse::<f64>().ok());
    let (Some(own_latitude), Some(own_longitude)) = (member("latitude"), member("longitude")) else {
        return Ok(false);
    };
    let (one, other) = (latitude.to_radians(), own_latitude.to_radians());
    let half = ((own_longitude - longitude).to_radians() / 2.0).sin().powi(2);
    let chord = ((other - one) / 2.0).sin().powi(2) + one.cos() * other.cos() * half;
    Ok(2.0 * EARTH_KILOMETRES * chord.sqrt().asin() <= limit)
}
