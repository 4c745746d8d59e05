//! The log of accesses for the citizen who reads the own one in words: a page of it, or all of a period for print.

use access::{Caller, Interaction};
use audit_log::{Action, Entry};
use fhir::{Fault, LogicalId};
use jiff::civil::Date;

use crate::access_log::name_of;
use crate::access_log_search::{OWN_LOG, Part, gather, may_read, note, part_of};
use crate::access_log_wanted::{LogPageState, Wanted, dates};
use crate::{Problem, Service};

/// Where the cursors of this list belong.
const PLACE: &str = "access-log";

/// What is asked for.
#[derive(Debug, Default)]
pub struct AccessLogRequest<'a> {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// Only on behalf of this `Organization`.
    pub organization: Option<&'a LogicalId>,
    /// Whether what the citizen looked at is told, too.
    pub own: bool,
    /// Where the page begins: what the page before said.
    pub page: Option<&'a str>,
    /// How many entries at most, besides those that wait for their position.
    pub count: u32,
    /// Whether it is for print.
    pub print: bool,
}

/// A part of the log, the newest first.
#[derive(Debug)]
pub struct AccessLogReport {
    /// Whose book it is: `Patient/..`.
    pub patient: String,
    /// The name of that citizen.
    pub name: String,
    /// Position and entry.
    pub entries: Vec<(Option<u64>, Entry<'static>)>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Reads the own log of a citizen; 403 for everybody else. That it was read is an entry.
pub async fn access_log_report(
    service: &Service,
    caller: &Caller,
    request: &AccessLogRequest<'_>,
) -> Result<AccessLogReport, Problem> {
    may_read(service, caller, Interaction::Search)?;
    let part = part_of(service, caller, &Wanted::default()).await?;
    let Some(part @ Part::Person(people)) = &part else { return Err(Problem::new(403, Fault::Forbidden)) };
    let Some(patient) = people.first() else { return Err(Problem::new(403, Fault::Forbidden)) };
    let mut wanted = Wanted::default();
    wanted.count = request.count;
    wanted.organization = request.organization.map(|id| format!("Organization/{id}"));
    wanted.not_by = if request.own { Vec::new() } else { people.clone() };
    for (prefix, day) in [("ge", request.from), ("le", request.to)] {
        wanted.dates.extend(day.and_then(|day| dates(service, &format!("{prefix}{day}"))));
    }
    if let Some(page) = request.page {
        let state: LogPageState = service.links().open(PLACE, page)?;
        wanted.before = Some(state.before);
    }
    let (mut entries, mut next) = gather(service, part, &wanted).await?;
    // Who was replaced is the same person: what was done under the other id was done by who reads it.
    for entry in entries.iter_mut().map(|(_, entry)| entry) {
        if people.iter().any(|own| **own == *entry.agent) {
            entry.agent = patient.clone().into();
        }
    }
    if next.is_some() {
        next = whole_requests(&mut entries).or(next);
    }
    let next = next.map(|before| service.links().seal(PLACE, &LogPageState { before, count: request.count }));
    let (action, place) =
        if request.print { (Action::Print, "access-log.pdf") } else { (Action::Search, PLACE) };
    note(Some(part), action, place, OWN_LOG);
    let name = name_of(service, patient).await?.to_string();
    Ok(AccessLogReport { patient: patient.clone(), name, entries, next: next.transpose()? })
}

/// Leaves the entries of the last request to the next page, for some of them may stand there; says before which
/// position that page begins then. A page that is one request is left as it is.
fn whole_requests(entries: &mut Vec<(Option<u64>, Entry<'static>)>) -> Option<u64> {
    let last = entries.last().map(|(_, entry)| entry.request)?;
    let kept = entries.iter().rposition(|(_, entry)| entry.request != last)?;
    let before = entries.get(kept).and_then(|(position, _)| *position)?;
    entries.truncate(kept + 1);
    Some(before)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entries(requests: &[u128]) -> Vec<(Option<u64>, Entry<'static>)> {
        let entry = |request: &u128| Entry { request: Uuid::from_u128(*request), ..Entry::default() };
        requests.iter().zip((0..100).rev()).map(|(request, at)| (Some(at), entry(request))).collect()
    }

    #[test]
    fn a_request_is_not_cut_by_the_end_of_a_page() {
        let mut page = entries(&[9, 9, 8, 7, 7]);
        assert_eq!((whole_requests(&mut page), page.len()), (Some(97), 3));
        let mut one = entries(&[9, 9]);
        assert_eq!((whole_requests(&mut one), one.len()), (None, 2), "it would never end");
        assert_eq!(whole_requests(&mut Vec::new()), None);
    }
}
