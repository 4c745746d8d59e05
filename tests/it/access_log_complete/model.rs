//! Which entries a request must have left, by docs/access-log.md, sections 1 and 7, and by nothing else: from the request,
//! its answer, and in whose book each version stands.

use std::collections::{BTreeMap, BTreeSet};

use audit_log::{Action, Outcome};
use serde_json::Value;

use super::acts::of_sharing;
use super::named::{by_criteria, by_path, is_shared, of_nothing, of_own_path};
use super::page::{Page, is_made, people_of_events};
use super::patient_of;
use super::proxy::Exchange;
use super::words::{pairs as pairs_of, query, tag};
use crate::support::text;

/// What the run writes into a resource that it puts a second time as it is.
pub const AS_IT_IS: &str = "as-it-is";

/// The header in which the run says whose token it sends: of which patient, or of which facility.
pub const OWN: &str = "X-Test-Patient";

/// What of an entry follows from a request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub action: u8,
    pub outcome: u8,
    pub patient: String,
    pub resource: String,
    pub version: String,
    pub shown: u32,
    pub query: String,
}

/// In whose book each version of each resource stands (`Type/id`, version), and what is stored now.
#[derive(Debug, Default)]
pub struct Books {
    pub versions: BTreeMap<(String, u64), String>,
}

impl Books {
    pub(super) fn of(&self, name: &str, version: &str) -> String {
        let version: u64 = version.parse().unwrap_or_else(|_| panic!("{name}: version {version:?}"));
        self.versions.get(&(name.to_owned(), version)).cloned().unwrap_or_else(|| panic!("{name} {version}"))
    }

    /// The book in which a resource was last; of what never was none.
    pub(super) fn last(&self, name: &str) -> String {
        let all = (name.to_owned(), 0)..=(name.to_owned(), u64::MAX);
        self.versions.range(all).next_back().map(|(_, patient)| patient.clone()).unwrap_or_default()
    }

    /// The resource whose version a made `Provenance` tells: its id stands in that of the `Provenance`.
    fn told_by(&self, provenance: &str) -> String {
        let is_it = |name: &&String| {
            let id = name.split_once('/').map_or("", |(_, id)| id);
            provenance.contains(&format!("-{id}-"))
        };
        self.versions.keys().map(|(name, _)| name).find(is_it).cloned().unwrap_or_default()
    }
}

/// A request in a Bundle or on its own.
struct Act<'a> {
    method: &'a str,
    path: Vec<String>,
    pairs: Vec<(String, String)>,
    status: u16,
    /// Version of the resource, from the entity tag.
    version: String,
    location: String,
    shown: Page,
    body: &'a str,
    /// Whom the `AuditEvent`s of the answer are about.
    people: BTreeSet<String>,
    own: String,
    facility: String,
    /// Whether who asks may record anything in any book.
    records: bool,
}

/// Roles of the run that may record measurements (docs/access.md): of others the server does not look at what is sent.
const RECORDING: [&str; 4] = ["citizen", "physician", "nurse", "system"];

/// The entries of an exchange by somebody who is signed in.
pub fn expected(exchange: &Exchange, books: &Books, role: &str) -> Vec<Row> {
    let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
    let segments = |path: &str| path.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let mut pairs = pairs_of(query);
    let form = exchange.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type") && value.starts_with("application/x-www-form-urlencoded")
    });
    if form {
        pairs.extend(pairs_of(&exchange.body));
    }
    let header = |name: &str| exchange.answer.header(name).unwrap_or_default().to_owned();
    let (status, body) = (exchange.answer.status, exchange.answer.text());
    // A further page of a search is named as the first was, as far as the server understood it: its link `self` says so.
    let is_page = pairs.iter().any(|(name, _)| name == "_page");
    if is_page && !["/_history", "/$everything", "/$timeline"].iter().any(|it| path.ends_with(it)) {
        let page: Value = serde_json::from_str(body).unwrap_or_default();
        let own = crate::support::link(&page, "self").unwrap_or_default();
        pairs = pairs_of(own.split_once('?').map_or("", |(_, query)| query));
    }
    let act = |path: &str| Act {
        method: if exchange.method == "HEAD" { "GET" } else { &exchange.method },
        path: segments(path),
        pairs,
        status,
        version: tag(&header("ETag")),
        location: header("Location"),
        shown: Page::of(body),
        body: &exchange.body,
        people: people_of_events(body),
        own: own(exchange),
        facility: facility(exchange),
        records: RECORDING.contains(&role),
    };
    if let Some(rest) = path.strip_prefix("/fhir") {
        let act = act(rest);
        if act.path.is_empty() && exchange.method == "POST" {
            return of_bundle(exchange, books, role);
        }
        let mut rows = act.rows(books);
        // Criteria of a conditional write were asked, whatever they found.
        let of_create = exchange.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("if-none-exist"));
        let is_write = ["PUT", "PATCH", "DELETE"].contains(&exchange.method.as_str());
        let criteria = match of_create {
            Some((_, criteria)) => Some(criteria.as_str()),
            None => Some(query).filter(|query| is_write && !query.is_empty()),
        };
        if let (Some(criteria), 200..300) = (criteria, status) {
            let (pairs, place) = (pairs_of(criteria), path.trim_start_matches("/fhir/"));
            let named = by_criteria(&[place], &pairs);
            let like = Row { query: self::query(place, &pairs), ..row(Action::Search) };
            if !named.is_empty() {
                rows.extend(of_nothing(&named, &BTreeSet::new(), &BTreeSet::new(), books, &like));
            }
        }
        return gathered(rows, books);
    }
    match path {
        "/transparency/extract" if status == 200 => {
            let query = path.trim_start_matches('/').to_owned();
            let (patient, resource) = (own(exchange), own(exchange));
            vec![Row { patient, resource, query, ..row(Action::Export) }]
        }
        _ => of_sharing(exchange, books),
    }
}

/// One request hides nothing behind many: what shows nothing is one entry of each kind about each person.
fn gathered(rows: Vec<Row>, books: &Books) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    for row in rows.into_iter().map(|row| of_own_path(row, books)) {
        let shows = row.shown > 0 || !row.version.is_empty();
        let nobodys = row.patient.is_empty() && row.outcome == 0;
        let place = |row: &Row| row.query.split('?').next().unwrap_or_default().to_owned();
        let same = |other: &&mut Row| {
            (other.action, other.outcome, &other.patient) == (row.action, row.outcome, &row.patient)
                && place(other) == place(&row)
                && other.shown == 0
                && other.version.is_empty()
        };
        match all.iter_mut().find(same).filter(|_| !shows && !nobodys) {
            Some(other) => {
                if other.resource != row.resource {
                    other.resource = String::new();
                }
                if other.query != row.query {
                    other.query = place(&row);
                }
            }
            None => all.push(row),
        }
    }
    all
}

/// The book of who asks; nobody's where it is no citizen. The run says it beside the token.
pub(super) fn own(exchange: &Exchange) -> String {
    said_by_the_run(exchange, "Patient/")
}

/// The facility of who asks, where there is one.
fn facility(exchange: &Exchange) -> String {
    said_by_the_run(exchange, "Organization/")
}

fn said_by_the_run(exchange: &Exchange, kind: &str) -> String {
    let own = exchange.headers.iter().find(|(name, _)| name == OWN);
    let (_, own) = own.expect("said by the run");
    Some(own).filter(|own| own.starts_with(kind)).cloned().unwrap_or_default()
}

pub(super) fn row(action: Action) -> Row {
    let (outcome, none) = (Outcome::Success.number(), String::new);
    Row {
        action: action.number(),
        outcome,
        patient: none(),
        resource: none(),
        version: none(),
        shown: 0,
        query: none(),
    }
}

impl Act<'_> {
    fn rows(&self, books: &Books) -> Vec<Row> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        if [403, 404, 405, 410, 412].contains(&self.status) {
            return self.refused(&path, books);
        }
        // Where a patch does not fit, that tells what is there.
        if self.method == "PATCH" && [400, 409, 413, 422].contains(&self.status) {
            return self.refused(&path, books);
        }
        if !(200..300).contains(&self.status) && self.status != 304 {
            return Vec::new();
        }
        match (self.method, path.as_slice()) {
            // Reading the log is itself an entry.
            (_, ["AuditEvent"]) => self.of_the_log(Action::Search),
            (_, ["AuditEvent", _]) => self.of_the_log(Action::Read),
            (_, ["metadata"]) | (_, [_, "$validate"]) => Vec::new(),
            // To read whence a version comes is to read the version.
            ("GET", [kind, id]) if is_made(kind, id) => {
                let (name, version, _) = self.shown.0.first().expect("it names its target");
                vec![Row { query: path.join("/"), ..self.one(Action::Read, name, version, books) }]
            }
            ("GET", [kind, id]) if !id.starts_with('$') && !id.starts_with('_') => {
                vec![self.one(Action::Read, &format!("{kind}/{id}"), &self.version, books)]
            }
            ("GET", [kind, id, "_history", version]) => {
                vec![self.one(Action::Vread, &format!("{kind}/{id}"), version, books)]
            }
            ("GET", [.., "_history"]) => self.many(Action::History, &path.join("/"), books),
            (_, [.., "$everything" | "$lastn" | "$summary" | "$timeline" | "$match"]) => {
                self.many(Action::Operation, &path.join("/"), books)
            }
            ("GET", place) | ("POST", [place @ .., "_search"]) => {
                let mut rows = self.many(Action::Search, &place.join("/"), books);
                rows.extend(self.included(&place.join("/"), books));
                rows
            }
            _ => self.written(&path, books),
        }
    }

    /// The part of the log that is read is that of the own book; for the officer of a facility it is that of the facility,
    /// and of each person of whom an entry is shown.
    fn of_the_log(&self, action: Action) -> Vec<Row> {
        let query = query(&self.path.join("/"), &self.pairs);
        let of = |patient: &String| Row {
            patient: patient.clone(),
            resource: patient.clone(),
            query: query.clone(),
            ..row(action)
        };
        if !self.own.is_empty() {
            return vec![of(&self.own)];
        }
        let people = self.people.iter().map(of);
        match action {
            Action::Read if !self.people.is_empty() => people.collect(),
            Action::Read => vec![of(&self.own)],
            // Whose part of the log it was is said.
            _ => std::iter::once(Row { resource: self.facility.clone(), ..of(&self.own) })
                .chain(people)
                .collect(),
        }
    }

    fn one(&self, action: Action, name: &str, version: &str, books: &Books) -> Row {
        let patient = books.of(name, version);
        Row { patient, resource: name.to_owned(), version: version.to_owned(), shown: 1, ..row(action) }
    }

    /// One entry for each person; the resource is named where it is only one.
    fn many(&self, action: Action, place: &str, books: &Books) -> Vec<Row> {
        // What an operation brings along is shown by it.
        let own = self.shown.0.iter().filter(|(.., included)| !included || action == Action::Operation);
        self.grouped(action, place, own, books, true)
    }

    /// What a request is about.
    fn about(&self, action: Action) -> Vec<Vec<String>> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let own = by_path(&path);
        match action {
            Action::History => own.into_iter().collect(),
            _ => {
                let own = own.filter(|own| !own.iter().any(|name| is_shared(name)));
                own.into_iter().chain(by_criteria(&path, &self.pairs)).collect()
            }
        }
    }

    fn included(&self, place: &str, books: &Books) -> Vec<Row> {
        self.grouped(Action::Include, place, self.shown.0.iter().filter(|(.., it)| *it), books, false)
    }

    fn grouped<'a>(
        &self,
        action: Action,
        place: &str,
        shown: impl Iterator<Item = &'a (String, String, bool)>,
        books: &Books,
        always: bool,
    ) -> Vec<Row> {
        let query = query(place, &self.pairs);
        let mut by_person: BTreeMap<String, Vec<(&str, &str)>> = BTreeMap::new();
        for (name, version, _) in shown {
            by_person.entry(books.of(name, version)).or_default().push((name, version));
        }
        let names = by_person.values().flatten().map(|(name, _)| *name).collect();
        let people = by_person.keys().cloned().collect();
        let like = Row { query: query.clone(), ..row(action) };
        let mut asked = match always {
            true => of_nothing(&self.about(action), &names, &people, books, &like),
            false => Vec::new(),
        };
        let rows = by_person.into_iter().map(|(patient, shown)| {
            let (resource, version) = if let [only] = shown[..] { only } else { ("", "") };
            let count = shown.len() as u32;
            let (resource, version, query) = (resource.to_owned(), version.to_owned(), query.clone());
            Row { patient, resource, version, shown: count, query, ..row(action) }
        });
        asked.extend(rows);
        asked
    }

    fn written(&self, path: &[&str], books: &Books) -> Vec<Row> {
        let before = |name: &str, version: &str| {
            let version: u64 = version.parse().unwrap();
            (version > 1).then(|| books.of(name, &(version - 1).to_string()))
        };
        let action = match (self.method, self.status) {
            ("DELETE", _) => Action::Delete,
            (_, 201) => Action::Create,
            ("PATCH", _) => Action::Patch,
            _ => Action::Update,
        };
        let name = match self.location.rsplit('/').collect::<Vec<_>>()[..] {
            [_, "_history", id, kind, ..] => format!("{kind}/{id}"),
            _ if path.len() == 2 => path.join("/"),
            // By criteria, and nothing was there.
            _ if self.version.is_empty() => return Vec::new(),
            // By criteria: named by the representation that was asked for.
            _ => self.shown.0.first().map(|(name, ..)| name.clone()).expect("the answer names it"),
        };
        // What was to be deleted is not there for who asks.
        if self.version.is_empty() {
            return self.refused(path, books);
        }
        // Nothing was written: it is there, and who asks learns of it. Of a PUT and a PATCH the run says so in what it sends.
        let stays = matches!(self.method, "PUT" | "PATCH") && self.body.contains(AS_IT_IS);
        if stays || (self.method == "POST" && self.status == 200) {
            return vec![self.one(Action::Read, &name, &self.version, books)];
        }
        let now = books.of(&name, &self.version);
        let left = before(&name, &self.version).filter(|_| action != Action::Delete);
        let people = [Some(now.clone()), left.filter(|left| *left != now)];
        let written = people.into_iter().flatten().map(|patient| Row {
            patient,
            resource: name.clone(),
            version: self.version.clone(),
            ..row(action)
        });
        written.collect()
    }

    /// In the book of the person whom it was about.
    fn refused(&self, path: &[&str], books: &Books) -> Vec<Row> {
        let (name, action) = match path {
            [kind, ..] if !kind.starts_with(|first: char| first.is_ascii_uppercase()) => return Vec::new(),
            [kind, id] if is_made(kind, id) => (books.told_by(id), Action::Read),
            [kind, id, "_history", _] => (format!("{kind}/{id}"), Action::Vread),
            [kind, id, "_history"] => (format!("{kind}/{id}"), Action::History),
            [kind, id, operation] if operation.starts_with('$') => {
                (format!("{kind}/{id}"), Action::Operation)
            }
            [kind, id] if !id.starts_with(['$', '_']) => (format!("{kind}/{id}"), Action::Read),
            // A compartment is that of a person, and what is searched are its members.
            [kind, id, _] | [kind, id, _, "_search"] => (format!("{kind}/{id}"), Action::Search),
            [_, "_history"] => (String::new(), Action::History),
            [_, operation] if operation.starts_with('$') => (String::new(), Action::Operation),
            [_, ..] => (String::new(), Action::Search),
            [] => return Vec::new(),
        };
        let action = match (self.method, path) {
            ("POST", [.., last]) if last.starts_with(['$', '_']) => action,
            ("POST", _) => Action::Create,
            ("PUT", _) => Action::Update,
            ("PATCH", _) => Action::Patch,
            ("DELETE", _) => Action::Delete,
            _ => action,
        };
        // In whose book it was to be written: that is another one, or it is not there yet.
        let book = match action {
            Action::Create | Action::Update if self.status == 403 && self.records => self.book_in_body(),
            _ => String::new(),
        };
        let before = books.last(&name);
        let meant = Some(book).filter(|book| !book.is_empty() && *book != before);
        let meant = meant.map(|book| (books.last(&book), book));
        let own = Some((before, name)).filter(|(_, name)| !name.is_empty() || meant.is_none());
        let outcome = Outcome::Refused.number();
        let all = own.into_iter().chain(meant);
        all.map(|(patient, resource)| Row { outcome, patient, resource, ..row(action) }).collect()
    }

    /// The person in whose book what was sent says that it stands.
    fn book_in_body(&self) -> String {
        serde_json::from_str(self.body).map_or_else(|_| String::new(), |sent: Value| patient_of(&sent))
    }
}

/// Each request of a Bundle leaves what it would have left alone.
fn of_bundle(exchange: &Exchange, books: &Books, role: &str) -> Vec<Row> {
    if exchange.answer.status != 200 {
        return Vec::new();
    }
    let parse = |text: &str| -> Value { serde_json::from_str(text).expect("Bundles of the run are JSON") };
    let (sent, answered) = (parse(&exchange.body), parse(exchange.answer.text()));
    let list = |bundle: &Value| bundle["entry"].as_array().cloned().unwrap_or_default();
    let (sent, answered) = (list(&sent), list(&answered));
    assert_eq!(sent.len(), answered.len());
    let mut rows = Vec::new();
    for (request, answer) in sent.iter().zip(&answered) {
        let url = text(&request["request"]["url"]);
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let response = &answer["response"];
        let body = request["resource"].to_string();
        let act = Act {
            method: request["request"]["method"].as_str().unwrap(),
            path: path.split('/').map(str::to_owned).collect(),
            pairs: pairs_of(query),
            status: text(&response["status"])[..3].parse().unwrap(),
            version: tag(response["etag"].as_str().unwrap_or_default()),
            location: response["location"].as_str().unwrap_or_default().to_owned(),
            shown: Page::of(&answer["resource"].to_string()),
            body: &body,
            people: people_of_events(&answer["resource"].to_string()),
            own: own(exchange),
            facility: facility(exchange),
            records: RECORDING.contains(&role),
        };
        // Of what is refused within a Bundle it is told whether something was read, not how.
        let plain = [Action::Vread, Action::History, Action::Operation].map(Action::number);
        rows.extend(act.rows(books).into_iter().map(|row| {
            match row.outcome != 0 && plain.contains(&row.action) {
                true => Row { action: Action::Read.number(), ..row },
                false => row,
            }
        }));
    }
    gathered(rows, books)
}
