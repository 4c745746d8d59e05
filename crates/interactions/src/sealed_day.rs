//! A day at which a page of the own book goes on, sealed as other page links are: it tells when somebody was treated.

use fhir::Fault;
use jiff::civil::Date;

use crate::{Problem, Service};

/// Seals a day for one place.
pub fn seal_day(service: &Service, place: &str, day: Date) -> Result<String, Problem> {
    service.links().seal(place, &day.to_string())
}

/// Opens it again; 400 for everything else.
pub fn open_day(service: &Service, place: &str, sealed: &str) -> Result<Date, Problem> {
    let day: String = service.links().open(place, sealed)?;
    day.parse().map_err(|_| Problem::bad_request(Fault::InvalidPageLink))
}
