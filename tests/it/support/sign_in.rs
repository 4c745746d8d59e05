//! Signs invented people in through the pages, as a person with a browser does. What these tests take for granted
//! about the pages beyond `docs/sign-in.md` is in this file: the purposes of fields and where the demo tells secrets.

use std::thread;
use std::time::Duration;

use test_support::TestServer;

use super::browser::{Browser, Form, Landing, forms};
use super::program::Demo;

/// Words of the button that goes on, and of the one that permits.
const ALLOW: [&str; 4] = ["allow", "cho phép", "đồng ý", "agree"];
const DENY: [&str; 4] = ["deny", "từ chối", "refuse", "decline"];

/// The password of the people of a demo: in `demo.json` beside them, or told when the server starts.
#[track_caller]
pub fn password(demo: &Demo) -> String {
    let told = [&demo.description["citizens"][0]["password"], &demo.description["password"]];
    if let Some(password) = told.iter().find_map(|value| value.as_str()) {
        return password.to_owned();
    }
    told_at_start(demo, "password", |line| {
        let mut words = line.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
        let told = words.find(|word| word.starts_with("demo-") && word.matches('-').count() == 3);
        told.map(str::to_owned)
    })
}

/// What a line tells that the demo writes when it starts. What a server writes is read beside the test.
#[track_caller]
pub fn told_at_start(demo: &Demo, what: &str, find: impl Fn(&str) -> Option<String>) -> String {
    for _ in 0..500 {
        if let Some(told) = demo.server().log().iter().find_map(|line| find(line)) {
            return told;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the demo tells no {what}:\n{}", demo.server().log().join("\n"))
}

/// The name under which staff of a role signs in at the demo, at the facility of its first client system: its code,
/// unless `demo.json` tells another.
pub fn staff_name(demo: &Demo, role: &str) -> String {
    let staff = demo.description["staff"].as_array().cloned().unwrap_or_default();
    let one = staff.iter().find(|one| one["role"] == role);
    one.and_then(|one| one["name"].as_str()).unwrap_or(role).to_owned()
}

/// One-time codes that the sender of the sandbox has written to the log so far.
pub fn one_time_codes(server: &TestServer) -> Vec<String> {
    let log = server.log();
    let told = log.iter().filter(|line| {
        let line = line.to_lowercase();
        line.contains("mã đăng nhập") || line.contains("one-time") || line.contains("one_time")
    });
    told.filter_map(|line| six_digits(line)).collect()
}

/// Six digits that stand alone.
fn six_digits(line: &str) -> Option<String> {
    let words = line.split(|character: char| !character.is_ascii_alphanumeric());
    let mut codes = words.filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    // Times have fractions of six digits, and stand first.
    codes.next_back().map(str::to_owned)
}

/// The code that comes after `known` others.
#[track_caller]
pub fn next_code(server: &TestServer, known: usize) -> String {
    for _ in 0..500 {
        if let Some(code) = one_time_codes(server).get(known) {
            return code.clone();
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("no one-time code in the log")
}

/// Signs a citizen in at `/auth/sign-in`.
#[track_caller]
pub fn sign_in(demo: &Demo, citizen: usize) -> Browser<'_> {
    let mut browser = Browser::new(demo.server());
    let landing = browser.go("GET", "/auth/sign-in", None);
    let name = demo.citizen(citizen).0.to_owned();
    let landing = pass(demo, &mut browser, landing, &name);
    assert!(matches!(landing, Landing::Page(answer) if answer.status == 200), "signed in");
    browser
}

/// Fills in the pages of signing in, until one comes that asks for something else.
#[track_caller]
pub fn pass(demo: &Demo, browser: &mut Browser, mut landing: Landing, name: &str) -> Landing {
    let mut known = one_time_codes(demo.server()).len();
    for _ in 0..5 {
        let Landing::Page(answer) = &landing else { return landing };
        let all = forms(answer.text());
        let has = |form: &&Form, purpose: &str| form.purposes.contains_key(purpose);
        let form = if let Some(form) = all.iter().find(|form| has(form, "one-time-code")) {
            let code = next_code(demo.server(), known);
            known += 1;
            form.clone().fill("one-time-code", &code)
        } else if let Some(form) = all.iter().find(|form| has(form, "current-password")) {
            let form = form.clone().fill("current-password", &password(demo));
            if form.purposes.contains_key("username") { form.fill("username", name) } else { form }
        } else {
            return landing;
        };
        landing = browser.submit(&form, "/auth/sign-in");
    }
    panic!("signing in has no end")
}

/// Whether a page asks for consent.
pub fn asks_consent(page: &str) -> bool {
    forms(page).iter().any(|form| {
        form.buttons.iter().any(|(name, value, words)| {
            let all = format!("{name} {value} {words}").to_lowercase();
            ALLOW.iter().any(|word| all.contains(word))
        })
    })
}

/// Answers the consent page, where there is one.
#[track_caller]
pub fn consent(browser: &mut Browser, landing: Landing, allow: bool) -> Landing {
    let Landing::Page(answer) = &landing else { return landing };
    if !asks_consent(answer.text()) {
        return landing;
    }
    let words = if allow { &ALLOW } else { &DENY };
    let form = forms(answer.text()).into_iter().find(|form| {
        form.buttons.iter().any(|(name, value, label)| {
            let all = format!("{name} {value} {label}").to_lowercase();
            words.iter().any(|word| all.contains(word))
        })
    });
    browser.submit(&form.expect("a form to answer").press(words), "/auth/consent")
}

#[test]
fn a_code_is_found_in_a_line() {
    let line = "2026-11-28T10:00:00.123456Z  INFO one-time code: 012345";
    assert_eq!(six_digits(line).as_deref(), Some("012345"));
    assert_eq!(six_digits("nothing of 1234567 digits"), None);
}
