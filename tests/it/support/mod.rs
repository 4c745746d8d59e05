//! What the modules share: a server on each backend, requests with FHIR bodies, bundles, refusals.

pub mod access_log;
pub mod bodies;
pub mod browser;
pub mod checks;
pub mod codes;
pub mod jose;
pub mod json_text;
pub mod oauth;
pub mod program;
pub mod r4;
pub mod sign_in;
pub mod sink;

use serde_json::Value;
use test_support::{Connection, HttpClient, Response, TestDatabase, TestServer};

/// The media type of FHIR JSON.
pub const FHIR_JSON: &str = "application/fhir+json";

/// Starts a server without sign-in on each backend and hands it over.
pub fn on_each(test: impl Fn(&TestServer)) {
    on_each_with(&[], test);
}

/// The same with further arguments of `serve`.
pub fn on_each_with(arguments: &[&str], test: impl Fn(&TestServer)) {
    for database in TestDatabase::each() {
        let server = start(&database, arguments);
        test(&server);
    }
}

/// A server without sign-in on a database.
pub fn start(database: &TestDatabase, arguments: &[&str]) -> TestServer {
    TestServer::with(database).arguments(["--auth", "off"]).arguments(arguments).start()
}

/// A created or updated resource, as the server's answer tells.
#[derive(Debug, Clone)]
pub struct Stored {
    pub kind: String,
    pub id: String,
    pub version: u64,
}

impl Stored {
    /// `Type/id`.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// `/fhir/Type/id`.
    pub fn path(&self) -> String {
        format!("/fhir/{}/{}", self.kind, self.id)
    }

    /// From a `Location` (`[base]/Type/id/_history/version`) or the `location` of a response entry.
    #[track_caller]
    pub fn at(location: &str) -> Self {
        let parts: Vec<&str> = location.rsplit('/').take(4).collect();
        let [version, "_history", id, kind] = parts[..] else {
            panic!("not a versioned location: {location}")
        };
        let version = version.parse().unwrap_or_else(|_| panic!("not a version number: {location}"));
        Self { kind: kind.to_owned(), id: id.to_owned(), version }
    }
}

/// FHIR requests of a client.
pub trait Fhir {
    fn http(&self) -> &HttpClient;

    /// Creates a resource of the body's type; anything but 201 fails the test.
    #[track_caller]
    fn create(&self, body: &str) -> Stored {
        let kind = value(body)["resourceType"].as_str().expect("the body has a type").to_owned();
        let answer = self.http().send_fhir("POST", &format!("/fhir/{kind}"), body).expect_status(201);
        Stored::at(answer.header("Location").expect("201 has a Location"))
    }

    /// Puts a resource where its id says.
    #[track_caller]
    fn put(&self, body: &str) -> Response {
        let parsed = value(body);
        let (kind, id) = (parsed["resourceType"].as_str().unwrap(), parsed["id"].as_str().unwrap());
        self.http().send_fhir("PUT", &format!("/fhir/{kind}/{id}"), body)
    }

    /// Sends a Bundle to the base.
    #[track_caller]
    fn bundle(&self, body: impl AsRef<str>) -> Response {
        self.http().send_fhir("POST", "/fhir", body.as_ref())
    }

    /// A successful read, as JSON.
    #[track_caller]
    fn read(&self, path: &str) -> Value {
        value(self.http().get(path).expect_status(200).text())
    }

    /// A successful search or history, as JSON.
    #[track_caller]
    fn searchset(&self, path: &str) -> Value {
        let bundle = self.read(path);
        assert_eq!(bundle["resourceType"], "Bundle", "{path}: {bundle}");
        bundle
    }

    /// The ids of the matches of a search, all on one page or not.
    #[track_caller]
    fn ids(&self, path: &str) -> Vec<String> {
        self.pages(path).iter().flat_map(matches).map(|resource| text(&resource["id"])).collect()
    }

    /// The number of the matches of a search on its first page.
    #[track_caller]
    fn count(&self, path: &str) -> usize {
        matches(&self.searchset(path)).len()
    }

    /// All pages by the links `next`.
    #[track_caller]
    fn pages(&self, path: &str) -> Vec<Value> {
        let mut pages = vec![self.searchset(path)];
        while let Some(next) = link(pages.last().unwrap(), "next") {
            assert!(pages.len() < 2000, "{path} has no end");
            let page = self.searchset(&path_of(&next));
            pages.push(page);
        }
        pages
    }
}

impl Fhir for TestServer {
    fn http(&self) -> &HttpClient {
        self.client()
    }
}

impl Fhir for HttpClient {
    fn http(&self) -> &HttpClient {
        self
    }
}

/// JSON.
#[track_caller]
pub fn value(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("not JSON: {error}: {body}"))
}

/// The body of an answer as JSON.
#[track_caller]
pub fn body(response: &Response) -> Value {
    value(response.text())
}

/// A string member.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

/// The entries of a Bundle; none when it has none.
pub fn entries(bundle: &Value) -> Vec<Value> {
    bundle["entry"].as_array().cloned().unwrap_or_default()
}

/// The resources of the entries with `search.mode` match.
pub fn matches(bundle: &Value) -> Vec<Value> {
    by_mode(bundle, "match")
}

/// The resources of the entries with this `search.mode`.
pub fn by_mode(bundle: &Value, mode: &str) -> Vec<Value> {
    let entries = entries(bundle).into_iter();
    entries.filter(|entry| entry["search"]["mode"] == mode).map(|entry| entry["resource"].clone()).collect()
}

/// The URL of a link of a Bundle.
pub fn link(bundle: &Value, relation: &str) -> Option<String> {
    let links = bundle["link"].as_array()?;
    links.iter().find(|link| link["relation"] == relation).map(|link| text(&link["url"]))
}

/// The path and query of an absolute URL of the server under test.
#[track_caller]
pub fn path_of(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("not absolute: {url}"));
    rest[rest.find('/').expect("has a path")..].to_owned()
}

/// `Type/id` of a resource.
pub fn reference_to(resource: &Value) -> String {
    format!("{}/{}", text(&resource["resourceType"]), text(&resource["id"]))
}

/// Percent-encodes a query value.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Sorted, for comparing sets.
pub fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values
}

/// Checks that the answer is a refusal with this status whose body is an OperationOutcome as the project promises it:
/// severity, code from the value set, diagnostics, and details in words. Gives the first issue.
#[track_caller]
pub fn expect_refusal(what: &str, answer: &Response, status: u16) -> Value {
    let shown = String::from_utf8_lossy(&answer.body[..answer.body.len().min(1500)]).into_owned();
    assert_eq!(answer.status, status, "{what}: {shown}");
    let kind = answer.header("Content-Type").unwrap_or_default();
    assert!(kind.starts_with(FHIR_JSON), "{what}: Content-Type {kind:?}: {shown}");
    let outcome = body(answer);
    expect_outcome(what, &outcome)
}

/// Checks an OperationOutcome with an error; gives its first issue.
#[track_caller]
pub fn expect_outcome(what: &str, outcome: &Value) -> Value {
    assert_eq!(outcome["resourceType"], "OperationOutcome", "{what}: {outcome}");
    let issues = outcome["issue"].as_array().unwrap_or_else(|| panic!("{what}: no issue: {outcome}"));
    assert!(!issues.is_empty(), "{what}: no issue: {outcome}");
    for issue in issues {
        let severity = issue["severity"].as_str().unwrap_or_default();
        assert!(["fatal", "error", "warning", "information"].contains(&severity), "{what}: {issue}");
        let code = issue["code"].as_str().unwrap_or_default();
        assert!(ISSUE_TYPES.contains(&code), "{what}: code {code:?}: {issue}");
        for part in [&issue["diagnostics"], &issue["details"]["text"]] {
            assert!(part.as_str().is_some_and(|text| !text.is_empty()), "{what}: without words: {issue}");
        }
    }
    let shown = outcome.to_string();
    for word in ["panicked", ".rs:", "backtrace", "SELECT ", "sqlite", "diesel"] {
        assert!(!shown.contains(word), "{what}: shows the inside ({word}): {shown}");
    }
    assert!(
        ["fatal", "error"].contains(&issues[0]["severity"].as_str().unwrap()),
        "{what}: the first issue says what failed: {outcome}"
    );
    issues[0].clone()
}

/// http://hl7.org/fhir/issue-type
const ISSUE_TYPES: [&str; 31] = [
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
];

/// Sends bytes on a connection of their own and tells the status of the answer; `None` when the server closed the
/// connection without one.
pub fn status_of_raw(server: &TestServer, bytes: &[u8]) -> Option<Response> {
    let mut connection: Connection = server.client().open().expect("the server listens");
    let _ = connection.send(bytes);
    connection.read_response().ok()
}

/// The citizen number `index` of the test range.
pub fn citizen_number(index: u64) -> String {
    format!("099{index:09}")
}

/// Runs a check for each case and fails at the end with the number of those that failed, so that one run shows all.
#[track_caller]
pub fn check_all<T>(cases: impl IntoIterator<Item = T>, check: impl Fn(T)) {
    let (mut all, mut failed) = (0, 0);
    for case in cases {
        all += 1;
        failed +=
            usize::from(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(case))).is_err());
    }
    assert_eq!(failed, 0, "{failed} of {all} cases failed; each is told above");
}
