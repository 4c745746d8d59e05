//! Signing in by browser, as `docs/sign-in.md` promises it: pages, cookies, forms, sessions, the provider, commands.

use std::fs;

use serde_json::Value;
use test_support::{HttpClient, Response, TemporaryDirectory, TestDatabase, TestServer};

use crate::support::program::{run, words};
use crate::support::value;

/// A server with a demo of 30 people and the simulated provider.
struct Book {
    database: TestDatabase,
    folder: TemporaryDirectory,
    server: TestServer,
    number: String,
}

impl Book {
    fn start() -> Self {
        let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
        let arguments = ["--demo", "30", "--provider-simulator", "true"];
        let server = TestServer::with(&database).arguments(arguments).start();
        let path = database.url().strip_prefix("sqlite:").unwrap();
        let file = fs::read_to_string(std::path::Path::new(path).with_file_name("demo.json")).unwrap();
        let number = value(&file)["citizens"][0]["number"].as_str().unwrap().to_owned();
        Self { database, folder, server, number }
    }

    fn command(&self, arguments: &[&str]) -> std::process::Output {
        run(self.folder.path(), &[arguments, &["--database", self.database.url()]].concat())
    }

    /// What a successful command prints.
    #[track_caller]
    fn print(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.status.success(), "{}", words(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// A browser: it keeps cookies and follows nothing.
struct Browser<'a> {
    http: &'a HttpClient,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    fn new(http: &'a HttpClient) -> Self {
        Self { http, cookies: Vec::new() }
    }

    fn ask(&mut self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("Cookie", cookies.as_str())];
        headers.extend(more);
        let answer = self.http.request(method, path, &headers, body.as_bytes());
        for (name, text) in &answer.headers {
            if name.eq_ignore_ascii_case("set-cookie") {
                assert!(text.contains("; Path=/; HttpOnly; SameSite=Lax"), "{text}");
                let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.retain(|(known, _)| known != name);
                if !value.is_empty() {
                    self.cookies.push((name.to_owned(), value.to_owned()));
                }
            }
        }
        answer
    }

    fn get(&mut self, path: &str) -> Response {
        self.ask("GET", path, &[], "")
    }

    /// Fills in the form of a page and sends it.
    fn send(&mut self, page: &str, to: &str, fields: &[(&str, &str)]) -> Response {
        let form = self.get(page).text().split("name=\"form\" value=\"").nth(1).unwrap().to_owned();
        let form = form.split('"').next().unwrap().to_owned();
        self.post(to, &[&[("form", form.as_str())], fields].concat())
    }

    fn post(&mut self, to: &str, fields: &[(&str, &str)]) -> Response {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.ask("POST", to, &[("Content-Type", "application/x-www-form-urlencoded")], &pairs.join("&"))
    }

    fn sign_in(&mut self, name: &str, password: &str) -> Response {
        let fields = [("name", name), ("password", password)];
        self.send("/auth/sign-in", "/auth/sign-in/password", &fields)
    }

    fn sessions(&mut self) -> Vec<Value> {
        let answer =
            self.ask("GET", "/auth/sessions", &[("Accept", "application/json")], "").expect_status(200);
        value(answer.text())["sessions"].as_array().unwrap().clone()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[track_caller]
fn expect_redirect(answer: &Response, to: &str) {
    assert_eq!((answer.status, answer.header("Location")), (303, Some(to)), "{}", answer.text());
}

const PASSWORD: &str = "một câu dài và dễ nhớ";

/// Sets a password by way of an activation code.
fn activate(book: &Book, browser: &mut Browser<'_>) -> Response {
    let code = book.print(&["account", "activate", "--citizen", &book.number]);
    let fields =
        [("name", book.number.as_str()), ("code", &code), ("password", PASSWORD), ("again", PASSWORD)];
    browser.send("/auth/activate", "/auth/activate", &fields)
}

#[test]
fn a_citizen_activates_signs_in_sees_devices_and_signs_out() {
    let book = Book::start();
    let mut first = Browser::new(book.server.client());
    expect_redirect(&activate(&book, &mut first), "/auth/sessions");
    let mut second = Browser::new(book.server.client());
    let wrong = second.sign_in(&book.number, "wrong").expect_status(401);
    assert!(wrong.text().contains("role=\"alert\""), "{}", wrong.text());
    expect_redirect(&second.sign_in(&book.number, PASSWORD), "/auth/sessions");
    assert_eq!(second.sessions().len(), 2);

    let own = first.sessions().iter().find(|one| one["own"] == true).unwrap()["id"].clone();
    let path = format!("/auth/sessions/{}", own.as_str().unwrap());
    let _ = second.ask("DELETE", &path, &[], "").expect_status(204);
    let _ = second.ask("DELETE", &path, &[], "").expect_status(404);
    expect_redirect(&first.get("/auth/sessions"), "/auth/sign-in");

    let own = second.sessions()[0]["id"].as_str().unwrap().to_owned();
    let out = second.send("/auth/sessions", "/auth/sessions/end", &[("session", &own)]);
    expect_redirect(&out, "/auth/sign-in");
    expect_redirect(&second.get("/auth/sessions"), "/auth/sign-in");
}

#[test]
fn pages_are_protected() {
    let book = Book::start();
    let http = book.server.client();
    for path in ["/auth/sign-in", "/auth/activate", "/auth/passkey"] {
        let page = http.get(path).expect_status(200);
        let policy = page.header("Content-Security-Policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(policy.contains("script-src"), path == "/auth/passkey", "{path}: {policy}");
        assert_eq!(page.header("Cache-Control"), Some("no-store"), "{path}");
        assert!(page.text().starts_with("<!DOCTYPE html><html lang=\"vi\">"), "{path}");
        let english = http.request("GET", path, &[("Accept-Language", "en")], b"");
        assert!(english.text().contains("<html lang=\"en\">"), "{path}");
    }
    // What is continued is an id of ours or nothing.
    for bad in ["//evil.example", "https://evil.example", "%22%3E%3Cscript%3E"] {
        let page = http.get(&format!("/auth/sign-in?continue={bad}")).expect_status(200);
        assert!(!page.text().contains("evil") && !page.text().contains("<script"), "{bad}");
    }
    let page = http.get("/auth/sign-in?continue=abc-1").expect_status(200);
    assert!(page.text().contains("name=\"continue\" value=\"abc-1\""), "{}", page.text());
}

#[test]
fn a_form_from_elsewhere_does_nothing() {
    let book = Book::start();
    let mut browser = Browser::new(book.server.client());
    expect_redirect(&activate(&book, &mut browser), "/auth/sessions");
    let id = browser.sessions()[0]["id"].as_str().unwrap().to_owned();
    let _ = browser.post("/auth/sessions/end", &[("form", "0"), ("session", &id)]).expect_status(403);
    let _ = browser
        .post("/auth/sign-in/password", &[("form", "0"), ("name", "a"), ("password", "b")])
        .expect_status(403);
    // The token of another browser.
    let mut other = Browser::new(book.server.client());
    let page = other.get("/auth/sign-in").text().to_owned();
    let token = page.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("form", token), ("name", book.number.as_str()), ("password", PASSWORD)];
    let _ = browser.post("/auth/sign-in/password", &fields).expect_status(403);
    expect_redirect(&other.post("/auth/sign-in/password", &fields), "/auth/sessions");
}

#[test]
fn guesses_are_slowed_down_alike_for_names_that_nobody_has() {
    let book = Book::start();
    for name in [book.number.as_str(), "099000000000"] {
        let mut browser = Browser::new(book.server.client());
        let mut answers = Vec::new();
        // Also where each of them takes a second: from the ninth on the wait is three.
        for _ in 0..14 {
            let answer = browser.sign_in(name, "wrong");
            let retry = answer.header("Retry-After").map(str::to_owned);
            answers.push((answer.status, retry));
        }
        assert!(
            answers.iter().any(|(status, retry)| *status == 429 && retry.is_some()),
            "{name}: {answers:?}"
        );
        assert!(answers[..3].iter().all(|answer| *answer == (401, None)), "{name}: {answers:?}");
    }
}

#[test]
fn the_simulated_provider_signs_a_citizen_in() {
    let book = Book::start();
    let mut browser = Browser::new(book.server.client());
    let start = browser.get("/auth/provider/start?continue=abc-1").expect_status(303);
    let url = start.header("Location").unwrap().to_owned();
    let (base, query) = url.split_once("/authorize?").unwrap();
    let provider = HttpClient::new(base);
    let people = provider.get(&format!("/authorize?{query}")).expect_status(200);
    assert!(people.text().contains(&book.number), "{}", people.text());
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let chosen = provider.request("POST", "/authorize", &headers, format!("{query}&person=0").as_bytes());
    let back = chosen.expect_status(303).header("Location").unwrap().to_owned();
    let path = &back[back.find("/auth/").unwrap()..];
    let mut thief = Browser::new(book.server.client());
    let _ = thief.get(path).expect_status(401);
    expect_redirect(&browser.get(path), "/auth/consent?continue=abc-1");
    assert_eq!(browser.sessions()[0]["acr"], "2");
    let _ = browser.get(path).expect_status(401);
}

#[test]
fn an_operator_makes_lists_blocks_and_closes_accounts() {
    let book = Book::start();
    let code = book.print(&["admin", "create", "--name", "lan.tran"]);
    assert_eq!(code.len(), 14, "{code}");
    assert!(!book.command(&["admin", "create", "--name", "lan.tran"]).status.success(), "the name is taken");
    assert!(
        !book
            .command(&["staff", "add", "--name", "x.y", "--facility", "none", "--role", "nurse"])
            .status
            .success()
    );
    let list = book.print(&["staff", "list"]);
    assert!(list.contains("lan.tran administrator active") && list.contains("station-head"), "{list}");
    book.print(&["staff", "block", "--name", "lan.tran"]);
    assert!(book.print(&["staff", "list"]).contains("lan.tran administrator blocked"));
    book.print(&["staff", "block", "--name", "lan.tran", "--not"]);
    book.print(&["staff", "remove", "--name", "lan.tran"]);
    assert!(!book.command(&["staff", "block", "--name", "lan.tran", "--not"]).status.success());

    // Who is signed in at the running server is not any more.
    let mut browser = Browser::new(book.server.client());
    expect_redirect(&activate(&book, &mut browser), "/auth/sessions");
    let blocked = book.print(&["account", "block", "--citizen", &book.number]);
    assert!(!blocked.contains(&book.number), "{blocked}");
    expect_redirect(&browser.get("/auth/sessions"), "/auth/sign-in");
    let _ = browser.sign_in(&book.number, PASSWORD).expect_status(401);
    book.print(&["account", "close", "--citizen", &book.number]);
    assert!(!book.command(&["account", "activate", "--citizen", &book.number]).status.success());
}

#[test]
fn without_a_provider_the_password_is_offered_at_once() {
    let database = TestDatabase::sqlite();
    // Nobody listens on the discard port.
    let arguments = ["--demo", "30", "--provider", "http://127.0.0.1:9"];
    let server = TestServer::with(&database).arguments(arguments).start();
    let page = server.client().get("/auth/provider/start").expect_status(503);
    assert!(page.text().contains("name=\"password\"") && page.text().contains("role=\"alert\""));
}
