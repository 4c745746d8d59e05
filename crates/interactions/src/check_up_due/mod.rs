//! `Organization/[id]/$check-up-due`: who of a facility's people is due for the annual check-up (`docs/check-up.md`, section 8).
//!
//! A page is a page of the people by the index of their facility, and the check-ups of all of them together. What the caller does
//! not see does not count: that there is such a check-up is nobody's to learn.

mod answer;
mod examinations;
mod people;

use access::Access;
use exchange::check_up::{DueRule, DueState, Judged};
use fhir::{Instant, LogicalId};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use record_store::{Record, Showing};
use search::Position;
use serde::{Deserialize, Serialize};

pub use self::answer::{check_up_due, due_showing};
pub use self::examinations::{Examination, examinations_of};
use self::people::Described;
use crate::book::invalid;
use crate::page::PAGE_PARAMETER;
use crate::search::{OwnSearch, PageCursor, bound, own_search, own_search_all};
use crate::{Problem, Service};

const DEFAULT_COUNT: u32 = 20;
const MOST_COUNT: u32 = 100;
/// People who are judged together.
const TOGETHER: u32 = 200;
/// People who are judged for one page. A page of a rare state may be short, or empty, and lead on.
const MOST_JUDGED: usize = 2_000;

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum People {
    /// Whose home station the facility is.
    #[default]
    Home,
    /// Whom the facility has treated.
    Treated,
}

impl People {
    /// Those of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        match code {
            "home" => Some(Self::Home),
            "treated" => Some(Self::Treated),
            _ => None,
        }
    }

    /// Their code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Treated => "treated",
        }
    }

    fn criteria(self, facility: &LogicalId) -> (&'static str, String) {
        let name = match self {
            Self::Home => "organization",
            Self::Treated => "_has:Encounter:patient:service-provider",
        };
        (name, format!("Organization/{facility}"))
    }
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct DueRequest {
    /// Whose list.
    pub people: People,
    /// The year; this one when it is not told.
    pub year: Option<i16>,
    /// Only those in this state.
    pub state: Option<DueState>,
    /// How many on a page.
    pub count: Option<u32>,
    /// The sealed link to a further page.
    pub page: Option<String>,
}

impl DueRequest {
    /// The parameters that ask for it.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let people =
            (self.people != People::default()).then(|| pair("people", self.people.code().to_owned()));
        let state = self.state.map(|state| pair("status", state.code().to_owned()));
        let year = self.year.map(|year| pair("year", year.to_string()));
        let count = self.count.map(|count| pair("_count", count.to_string()));
        let page = self.page.clone().map(|page| pair(PAGE_PARAMETER, page));
        [people, year, state, count, page].into_iter().flatten().collect()
    }
}

/// Somebody on the list.
#[derive(Debug)]
pub struct DuePerson {
    /// The `Patient`.
    pub record: Record,
    /// What the rule says.
    pub judged: Judged,
    /// The last check-up that counts.
    pub last: Option<Examination>,
    /// The class of health that it found, 1 to 5, where the caller sees it.
    pub class: Option<(String, Record)>,
}

impl DuePerson {
    /// Notes that what is told of the last check-up is shown; the `Patient` is noted by whoever shows it.
    pub fn confirm(&self, showing: &Showing) {
        let last = self.last.as_ref().and_then(Examination::record);
        last.into_iter()
            .chain(self.class.as_ref().map(|(_, record)| record))
            .for_each(|it| it.confirm(showing));
    }
}

/// A page of the list.
#[derive(Debug)]
pub struct DuePage {
    /// The year.
    pub year: i16,
    /// Whose list, and in which state: also of a further page.
    pub request: DueRequest,
    /// The version of the rule that decides of it.
    pub rule: DueRule,
    /// Who is on it.
    pub people: Vec<DuePerson>,
    /// The sealed link to the next page, if there is one.
    pub next: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct DuePageState {
    people: People,
    year: i16,
    state: Option<String>,
    count: u32,
    /// The moment of the walk, in microseconds.
    begun: i64,
    /// Behind whom it goes on: the last one who was judged.
    after: Option<PageCursor>,
}

/// Day and time in the zone of the country, which the policy names.
pub fn vietnamese_time(service: &Service, at: Instant) -> Option<DateTime> {
    time_of(at.microseconds(), service.policy().document().zone())
}

fn time_of(microseconds: i64, zone: &TimeZone) -> Option<DateTime> {
    Some(zone.to_datetime(Timestamp::from_microsecond(microseconds).ok()?))
}

fn today(service: &Service, now: Instant) -> Option<Date> {
    vietnamese_time(service, now).map(|time| time.date())
}

/// A page of the people of a facility, as far as the caller sees them, each with what the rule says today. Who shows them notes
/// that with [`Record::show`] and [`DuePerson::confirm`]. Who may ask is not decided here.
pub async fn check_up_due_of(
    service: &Service,
    access: &Access,
    facility: &LogicalId,
    request: &DueRequest,
    now: Instant,
) -> Result<DuePage, Problem> {
    let today = today(service, now).ok_or_else(|| invalid("year"))?;
    let place = bound(access, &place(facility));
    let mut state = match &request.page {
        Some(link) => service.links().open(&place, link)?,
        None => begin(service, request, today).await?,
    };
    let wanted = state.state.as_deref().and_then(DueState::of_code);
    let count = usize::try_from(state.count).unwrap_or(usize::MAX);
    let rule = DueRule::of_year(state.year);
    let criteria = [state.people.criteria(facility)];
    let (mut people, mut judged) = (Vec::new(), 0_usize);
    let more = loop {
        let asked = OwnSearch {
            kind: "Patient",
            pairs: &criteria,
            count: if wanted.is_some() { TOGETHER } else { state.count },
            position: state.after.clone().map_or(Position::First, |after| Position::After(after.into())),
            until: Some(Instant::from_microseconds(state.begun)),
        };
        let page = own_search(service, access, asked).await?;
        judged = judged.saturating_add(page.records.len());
        let last = page.records.last().and_then(Record::place_in_walk);
        let mut described = Vec::with_capacity(page.records.len());
        for record in page.records {
            described.extend(Described::of(record)?.filter(|person| person.is_asked(state.year, today)));
        }
        let mut known = people::examined(service, access, &described).await?;
        let mut stopped = None;
        for person in described {
            let place = person.record.place_in_walk();
            let examinations = known.remove(&person.record.id).unwrap_or_default();
            let person = person.judge(&rule, state.year, today, examinations);
            if wanted.is_none_or(|wanted| wanted == person.judged.state) {
                people.push(person);
            }
            // By place, not by number: whoever comes or goes meanwhile moves nobody else.
            if people.len() >= count {
                stopped = place.filter(|place| Some(place) != last.as_ref());
                break;
            }
        }
        match (stopped, page.next) {
            (Some(place), _) => {
                state.after = Some((&place).into());
                break true;
            }
            (None, None) => break false,
            (None, Some(next)) => state.after = Some((&next).into()),
        }
        if people.len() >= count || judged >= MOST_JUDGED {
            break true;
        }
    };
    people::add_classes(service, access, &mut people).await?;
    let next = if more { Some(service.links().seal(&place, &state)?) } else { None };
    let request = DueRequest { people: state.people, state: wanted, ..DueRequest::default() };
    Ok(DuePage { year: state.year, request, rule, people, next })
}

/// Somebody of the people of a facility, whether home or treated, this year; nobody whom the caller does not see.
pub async fn check_up_due_of_person(
    service: &Service,
    access: &Access,
    facility: &LogicalId,
    patient: &LogicalId,
    now: Instant,
) -> Result<Option<DuePerson>, Problem> {
    let Some(today) = today(service, now) else { return Ok(None) };
    for people in [People::Home, People::Treated] {
        let criteria = [("_id", patient.to_string()), people.criteria(facility)];
        let found = own_search_all(service, access, "Patient", &criteria, 1).await?;
        let Some(record) = found.into_iter().next() else { continue };
        let year = today.year();
        let Some(person) = Described::of(record)?.filter(|person| person.is_asked(year, today)) else {
            return Ok(None);
        };
        let mut known = people::examined(service, access, std::slice::from_ref(&person)).await?;
        let examinations = known.remove(&person.record.id).unwrap_or_default();
        return Ok(Some(person.judge(&DueRule::of_year(year), year, today, examinations)));
    }
    Ok(None)
}

fn place(facility: &LogicalId) -> String {
    format!("Organization/{facility}/$check-up-due")
}

/// The first page.
async fn begin(service: &Service, request: &DueRequest, today: Date) -> Result<DuePageState, Problem> {
    let year = request.year.unwrap_or_else(|| today.year());
    // Nobody is late or examined in a year that has not begun.
    if !(1900..=today.year()).contains(&year) {
        return Err(invalid("year"));
    }
    Ok(DuePageState {
        people: request.people,
        year,
        state: request.state.map(|state| state.code().to_owned()),
        count: request.count.unwrap_or(DEFAULT_COUNT).clamp(1, MOST_COUNT),
        begun: service.store().moment().await?.microseconds(),
        after: None,
    })
}
