//! Many expectations on one server, told together.

use std::cell::RefCell;

use serde_json::Value;
use test_support::{Response, TestServer};

use super::{Fhir, expect_refusal, link, matches, on_each, path_of, text, value};

/// Collects what is not as expected.
pub struct Checks<'a> {
    pub server: &'a TestServer,
    faults: RefCell<Vec<String>>,
}

/// Runs checks on a server of each backend; at the end all faults together fail the test.
pub fn check_each(test: impl Fn(&Checks)) {
    on_each(|server| {
        let checks = Checks { server, faults: RefCell::default() };
        test(&checks);
        let faults = checks.faults.into_inner();
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    });
}

impl Checks<'_> {
    /// Notes a fault unless it holds.
    pub fn that(&self, holds: bool, what: impl AsRef<str>) {
        if !holds {
            self.faults.borrow_mut().push(what.as_ref().to_owned());
        }
    }

    /// Notes a fault unless both are equal.
    pub fn equal<T: PartialEq + std::fmt::Debug>(&self, what: &str, found: &T, expected: &T) {
        self.that(found == expected, format!("{what}: {found:?} instead of {expected:?}"));
    }

    /// `GET /fhir/...` with what a URL cannot hold percent-encoded.
    pub fn get(&self, query: &str) -> Response {
        self.server.client().get(&address(query))
    }

    /// All pages of `/fhir/...`; a fault and what came before it when one of them is no Bundle.
    pub fn pages(&self, query: &str) -> Vec<Value> {
        let (mut pages, mut path) = (Vec::new(), address(query));
        loop {
            let answer = self.server.client().get(&path);
            if answer.status != 200 {
                self.that(false, format!("{query}: {}: {}", answer.status, answer.text()));
                return pages;
            }
            let page = value(answer.text());
            let next = link(&page, "next");
            pages.push(page);
            let Some(next) = next else { return pages };
            assert!(pages.len() < 500, "{query} has no end");
            path = path_of(&next);
        }
    }

    /// The ids of all matches in their order.
    pub fn ids(&self, query: &str) -> Vec<String> {
        self.pages(query).iter().flat_map(matches).map(|resource| text(&resource["id"])).collect()
    }

    /// A search finds these ids (divided by spaces), in any order, each once.
    pub fn finds(&self, query: &str, expected: &str) {
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        let mut found = self.ids(query);
        expected.sort_unstable();
        found.sort_unstable();
        self.that(found == expected, format!("{query}: {found:?} instead of {expected:?}"));
    }

    /// A search finds these ids in this order.
    pub fn lists(&self, query: &str, expected: &str) {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        let found = self.ids(query);
        self.that(found == expected, format!("{query}: {found:?} instead of {expected:?}"));
    }

    /// A request is refused with 400 and an OperationOutcome.
    pub fn refuses(&self, query: &str) {
        let answer = self.get(query);
        if answer.status == 400 {
            expect_refusal(query, &answer, 400);
        } else {
            self.that(false, format!("{query}: {} instead of 400: {}", answer.status, answer.text()));
        }
    }

    /// Stores resources under their ids.
    #[track_caller]
    pub fn store<S: AsRef<str>>(&self, resources: impl IntoIterator<Item = S>) {
        for resource in resources {
            let answer = self.server.put(resource.as_ref());
            assert_eq!(answer.status, 201, "{}: {}", resource.as_ref(), answer.text());
        }
    }
}

/// `/fhir/` and the text, with `%` as it is and `+` as itself; `/fhir` alone before a `?`.
pub fn address(query: &str) -> String {
    let mut address = if query.starts_with('?') { "/fhir" } else { "/fhir/" }.to_owned();
    for byte in query.bytes() {
        if byte.is_ascii_graphic() && !br#"+|\"<>^`{}"#.contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}
