//! The links of a page: where a walk through the matches stands, sealed.

use access::Access;
use fhir::Instant;
use record_store::SearchPage;
use search::{Cursor, Position, SortValue};
use serde::{Deserialize, Serialize};

use super::SearchRequest;
use crate::page::{PAGE_PARAMETER, page_url};
use crate::query_text::query_text;
use crate::{Problem, Service};

/// A walk that goes on.
pub(super) struct Walk {
    pub position: Position,
    /// When its first page was asked.
    pub begun: Instant,
    /// The number of all matches, when it was counted on the first page.
    pub total: Option<u64>,
}

/// The state of a walk through the matches.
#[derive(Debug, Serialize, Deserialize)]
struct SearchPageState {
    pairs: Vec<(String, String)>,
    posted: bool,
    /// Microseconds; absent on the first page.
    begun: Option<i64>,
    total: Option<u64>,
    backwards: bool,
    at: Option<PageCursor>,
}

/// Where a page ended, as it is sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PageCursor {
    values: Vec<PageValue>,
    book: i64,
    key: i64,
}

impl From<&Cursor> for PageCursor {
    fn from(cursor: &Cursor) -> Self {
        Self { values: cursor.values.iter().map(page_value).collect(), book: cursor.book, key: cursor.key }
    }
}

impl From<PageCursor> for Cursor {
    fn from(at: PageCursor) -> Self {
        Self { values: at.values.into_iter().map(sort_value).collect(), book: at.book, key: at.key }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum PageValue {
    Missing,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Opens the link of a request, if it has one, and puts the query of the walk in its place.
pub(super) fn open(
    service: &Service,
    access: &Access,
    request: &mut SearchRequest,
) -> Result<Option<Walk>, Problem> {
    let Some((_, link)) = request.pairs.iter().find(|(name, _)| name == PAGE_PARAMETER) else {
        return Ok(None);
    };
    let state: SearchPageState = service.links().open(bound(access, &request.place()), link)?;
    request.pairs = state.pairs;
    request.posted = state.posted;
    let (Some(begun), Some(at)) = (state.begun, state.at) else { return Ok(None) };
    let cursor = Cursor::from(at);
    let position = if state.backwards { Position::Before(cursor) } else { Position::After(cursor) };
    Ok(Some(Walk { position, begun: Instant::from_microseconds(begun), total: state.total }))
}

/// The place of a link, with how far the caller reaches: it holds a total that another caller may not learn, nor the
/// same one through another client or for another purpose.
pub(crate) fn bound(access: &Access, place: &str) -> Vec<u8> {
    let mut bound = access.fingerprint();
    bound.extend_from_slice(place.as_bytes());
    bound
}

fn sort_value(value: PageValue) -> SortValue {
    match value {
        PageValue::Missing => SortValue::Missing,
        PageValue::Integer(value) => SortValue::Integer(value),
        PageValue::Text(text) => SortValue::Text(text),
        PageValue::Bytes(bytes) => SortValue::Bytes(bytes),
    }
}

fn page_value(value: &SortValue) -> PageValue {
    match value {
        SortValue::Missing => PageValue::Missing,
        SortValue::Integer(value) => PageValue::Integer(*value),
        SortValue::Text(text) => PageValue::Text(text.clone()),
        SortValue::Bytes(bytes) => PageValue::Bytes(bytes.clone()),
    }
}

/// `self` says what was understood; `first`, `previous` and `next` lead through the matches. A posted search shows
/// none of its values.
pub(super) fn links(
    service: &Service,
    access: &Access,
    request: &SearchRequest,
    understood: &[(String, String)],
    page: &SearchPage,
    begun: Instant,
    continued: bool,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let place = request.place();
    let url =
        if place.is_empty() { service.base().to_owned() } else { format!("{}/{place}", service.base()) };
    let sealed = |at: Option<(&Cursor, bool)>| {
        let state = SearchPageState {
            pairs: understood.to_vec(),
            posted: request.posted,
            begun: at.map(|_| begun.microseconds()),
            total: at.and(page.total),
            backwards: at.is_some_and(|(_, backwards)| backwards),
            at: at.map(|(cursor, _)| PageCursor::from(cursor)),
        };
        let sealed = service.links().seal(bound(access, &place), &state)?;
        Ok::<_, Problem>(page_url(&url, &sealed, understood))
    };
    let first = if request.posted {
        sealed(None)?
    } else if understood.is_empty() {
        url.clone()
    } else {
        format!("{url}?{}", query_text(understood))
    };
    let mut links = vec![("self", first.clone())];
    if continued {
        links.push(("first", first));
    }
    if let Some(previous) = &page.previous {
        links.push(("previous", sealed(Some((previous, true)))?));
    }
    if let Some(next) = &page.next {
        links.push(("next", sealed(Some((next, false)))?));
    }
    Ok(links)
}
