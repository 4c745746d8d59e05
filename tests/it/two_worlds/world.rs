//! One of the two worlds: its database, its server, the token of who asks.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::{Backend, Response, TemporaryDirectory, TestDatabase, TestServer};

use super::compare::{canonical, is_made};
use super::population::{Cast, Step};
use super::query::Query;
use crate::support::program::{run, words};
use crate::support::{Fhir, body, encode, entries, matches, reference_to, text};

/// People of the demo under every world: as few as have facilities around them.
const PEOPLE: &str = "4";

/// Tokens live for some minutes.
const TOKEN_AGE: Duration = Duration::from_secs(100);

pub struct World {
    database: TestDatabase,
    folder: TemporaryDirectory,
    server: Option<TestServer>,
    token: Option<(String, Instant)>,
    /// Arguments of `healthbook token`.
    who: Vec<String>,
    pub cast: Cast,
    /// `lastUpdated` of what was written at each mark.
    marks: Vec<String>,
    /// `Type/id` of what was created by queries, in the order of its making.
    pub made: Vec<String>,
}

impl World {
    /// A world with the demo's people and places, whose books are empty; it stands still.
    fn empty(database: TestDatabase) -> Self {
        let folder = TemporaryDirectory::new();
        let place = folder.path().to_str().unwrap();
        let server = TestServer::with(&database)
            .arguments(["--auth", "off", "--demo", PEOPLE, "--data-folder", place])
            .start();
        let file = match database.backend() {
            Backend::Sqlite => {
                Path::new(database.url().strip_prefix("sqlite:").unwrap()).with_file_name("demo.json")
            }
            Backend::Postgres => folder.path().join("demo.json"),
        };
        let description = crate::support::value(&fs::read_to_string(file).expect("demo.json is there"));
        let mut world = Self {
            database,
            folder,
            server: Some(server),
            token: None,
            who: Vec::new(),
            cast: Cast::new(&description),
            marks: Vec::new(),
            made: Vec::new(),
        };
        world.clear();
        world.stop();
        world
    }

    /// One for all tests that need it at one time.
    pub fn shared_empty(database: TestDatabase) -> Arc<Self> {
        static THERE: [Mutex<Weak<World>>; 2] = [const { Mutex::new(Weak::new()) }; 2];
        let place = usize::from(database.backend() == Backend::Postgres);
        let mut there = THERE[place].lock().unwrap_or_else(PoisonError::into_inner);
        there.upgrade().unwrap_or_else(|| {
            let world = Arc::new(Self::empty(database));
            *there = Arc::downgrade(&world);
            world
        })
    }

    /// The same again, with everything in the same order: the demo is loaded by several at a time. `--auth off`.
    pub fn copy(&self) -> Self {
        let (database, folder) = (self.database.copy(), TemporaryDirectory::new());
        // The log of a copy goes on under its key, which SQLite has beside it.
        let key = self.folder.path().join("access-log.key");
        if key.exists() {
            fs::copy(&key, folder.path().join("access-log.key")).expect("a file can be copied");
        }
        let server = TestServer::with(&database)
            .arguments(["--auth", "off", "--data-folder", folder.path().to_str().unwrap()])
            .start();
        Self {
            database,
            folder,
            server: Some(server),
            token: None,
            who: Vec::new(),
            cast: self.cast.clone(),
            marks: Vec::new(),
            made: Vec::new(),
        }
    }

    fn stop(&mut self) {
        let status = self.server.take().expect("it runs").terminate();
        assert!(status.success(), "{status}");
    }

    /// Deletes what would say in the demo's own words to whom its books are open.
    fn clear(&self) {
        for kind in ["Encounter", "ServiceRequest", "Appointment", "Consent"] {
            for page in self.server().pages(&format!("/fhir/{kind}?_count=500")) {
                let found = matches(&page);
                if found.is_empty() {
                    continue;
                }
                let entry = |one: &Value| json!({"request": {"method": "DELETE", "url": reference_to(one)}});
                let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": found.iter().map(entry).collect::<Vec<_>>()});
                let answer = body(&self.server().bundle(bundle.to_string()).expect_status(200));
                for entry in entries(&answer) {
                    assert!(text(&entry["response"]["status"]).starts_with('2'), "{entry}");
                }
            }
        }
    }

    /// Writes the steps.
    pub fn fill(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Put(resource) => {
                    let answer = self.server().put(&resource.to_string());
                    assert!([200, 201].contains(&answer.status), "{resource}: {}", answer.text());
                }
                Step::Delete { kind, id } => {
                    let answer =
                        self.server().client().request("DELETE", &format!("/fhir/{kind}/{id}"), &[], b"");
                    assert!([200, 204].contains(&answer.status), "{kind}/{id}: {}", answer.text());
                }
                Step::Mark => {
                    // Apart from what is before and after by more than a time can say.
                    thread::sleep(Duration::from_millis(4));
                    let id = format!("tw-mark-{}", self.marks.len());
                    let mark = json!({"resourceType": "Organization", "id": id, "name": "mark"});
                    let answer = self.server().put(&mark.to_string()).expect_status(201);
                    self.marks.push(text(&body(&answer)["meta"]["lastUpdated"]));
                    thread::sleep(Duration::from_millis(4));
                }
            }
        }
    }

    /// Starts the gate. Says what is wrong when there is no token for this caller.
    pub fn open_for(&mut self, who: Vec<String>) -> Result<(), String> {
        self.stop();
        let place = self.folder.path().to_str().unwrap();
        self.server = Some(TestServer::with(&self.database).arguments(["--data-folder", place]).start());
        self.who = who;
        self.renew()
    }

    fn renew(&mut self) -> Result<(), String> {
        let folder = self.folder.path();
        let place = ["token", "--database", self.database.url(), "--data-folder", folder.to_str().unwrap()];
        let who: Vec<&str> = self.who.iter().map(String::as_str).collect();
        let output = run(folder, &[&place, who.as_slice()].concat());
        if !output.status.success() {
            return Err(format!("healthbook token {}: {}", self.who.join(" "), words(&output)));
        }
        let token = String::from_utf8(output.stdout).unwrap();
        self.token = Some((format!("Bearer {}", token.trim_end()), Instant::now()));
        Ok(())
    }

    pub fn server(&self) -> &TestServer {
        self.server.as_ref().unwrap()
    }

    /// The base of all urls of this world, without `/fhir`.
    pub fn base(&self) -> String {
        self.server().base_url().to_owned()
    }

    /// Puts in what is different in every world: moments and ids that a server made.
    fn fill_in(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (place, mark) in self.marks.iter().enumerate() {
            text = text.replace(&format!("~mark{place}~"), &encode(mark));
        }
        while let Some(start) = text.find("~made") {
            let number: String = text[start + 5..].chars().take_while(char::is_ascii_digit).collect();
            let made = self.made.get(number.parse::<usize>().unwrap()).map_or("Patient/none", String::as_str);
            text = text.replacen(&format!("~made{number}~"), made, 1);
        }
        text
    }

    /// Takes out what is different in every world.
    pub fn canonical(&self, answer_part: &str) -> String {
        let mut text = answer_part.replace(&self.base(), "BASE");
        for (place, mark) in self.marks.iter().enumerate() {
            text = text.replace(&encode(mark), &format!("~mark{place}~"));
        }
        canonical(&text, &self.made)
    }

    pub fn ask(&mut self, query: &Query) -> Response {
        if self.token.as_ref().is_some_and(|(_, since)| since.elapsed() > TOKEN_AGE) {
            self.renew().unwrap();
        }
        let path = self.fill_in(&query.target());
        let content = self.fill_in(&query.body);
        let answer = self.ask_at(query, &path, &content);
        assert_ne!(answer.status, 401, "the token must be good: {}", answer.text());
        self.remember(&answer);
        answer
    }

    /// A page of the answer.
    pub fn follow(&mut self, query: &Query, url: &str) -> Response {
        let path = url
            .strip_prefix(&self.base())
            .unwrap_or_else(|| panic!("a link of this server: {url}"))
            .to_owned();
        self.ask_at(&Query { method: "GET", headers: Vec::new(), ..query.clone() }, &path, "")
    }

    fn ask_at(&self, query: &Query, path: &str, content: &str) -> Response {
        let mut headers: Vec<(&str, &str)> =
            query.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if let Some((token, _)) = &self.token {
            headers.push(("Authorization", token));
        }
        // A busy server does nothing and says so.
        for _ in 0..20 {
            let answer = self.server().client().request(query.method, path, &headers, content.as_bytes());
            if ![429, 503].contains(&answer.status) {
                return answer;
            }
            thread::sleep(Duration::from_millis(500));
        }
        panic!("the server is busy all the time: {query}")
    }

    fn remember(&mut self, answer: &Response) {
        let body = String::from_utf8_lossy(&answer.body);
        let texts = [answer.header("Location").unwrap_or_default(), &body];
        for text in texts {
            for (place, _) in text.match_indices("/_history/1") {
                let parts: Vec<&str> = text[..place].rsplitn(3, ['/', '"']).collect();
                if let [id, kind, _] = parts[..] {
                    let reference = format!("{kind}/{id}");
                    if is_made(id) && !self.made.contains(&reference) {
                        self.made.push(reference);
                    }
                }
            }
        }
    }
}
