//! Clients that others wrote: `fhirclient` in a browser signs a citizen in and reads the own book, `fhirpy` with a signed
//! assertion reads as a clinic. Both are in `tests/clients`; `bash tests/clients/install` gets what they need. Whoever
//! lacks that sees a failure: a test that is skipped proves nothing.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::support::oauth::approve;
use crate::support::program::{Caller, Demo};
use crate::support::sign_in::{next_code, password, staff_name};
use crate::support::{body, text};

/// One browser at a time: it is the largest program of all tests.
pub(crate) static BROWSER: Mutex<()> = Mutex::new(());

pub(crate) fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

#[track_caller]
pub(crate) fn missing(what: &str) -> ! {
    panic!("{what} is missing: run `bash tests/clients/install`, or see CONTRIBUTING.md")
}

/// A browser of the Chromium family: named, or found in `PATH`.
#[track_caller]
pub(crate) fn browser() -> PathBuf {
    if let Some(named) = env::var_os("HEALTHBOOK_TEST_CHROMIUM") {
        return named.into();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.find(|program| program.is_file()).unwrap_or_else(|| missing("a browser (chromium)"))
}

#[track_caller]
fn python() -> PathBuf {
    let root = clients().join(".venv/bin/python");
    if root.exists() { root } else { missing("Python with the packages of tests/clients/requirements.txt") }
}

/// Runs a client to its end and answers what it asks.
#[track_caller]
pub(crate) fn run(mut command: Command, settings: &Value, answer: impl Fn(&str) -> String) -> String {
    command.arg(settings.to_string()).current_dir(clients());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| missing(&format!("{command:?} ({error})")));
    let mut input = child.stdin.take().unwrap();
    let errors = BufReader::new(child.stderr.take().unwrap());
    let told = thread::spawn(move || errors.lines().map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some(question) = line.strip_prefix("ASK ") {
            let _ = writeln!(input, "{}", answer(question));
        }
        said.push_str(&line);
        said.push('\n');
    }
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}\n{said}\n{}", told.join().unwrap());
    assert!(said.contains("as it should be"), "{said}");
    said
}

/// The app in the browser; one-time codes come from the server's log.
#[track_caller]
fn run_app(demo: &Demo, settings: &Value) {
    if !clients().join("node_modules/fhirclient/package.json").is_file() {
        missing("fhirclient");
    }
    let _one = BROWSER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut settings = settings.clone();
    settings["base"] = demo.server().base_url().into();
    settings["chromium"] = browser().to_str().unwrap().into();
    let mut command = Command::new("node");
    command.arg("smart_app.mjs");
    run(command, &settings, codes(demo));
}

/// Answers the question for the next one-time code, from the server's log.
pub(crate) fn codes(demo: &Demo) -> impl Fn(&str) -> String {
    let used = Mutex::new(0);
    move |question| {
        assert_eq!(question, "code");
        let mut used = used.lock().unwrap();
        let code = next_code(demo.server(), *used);
        *used += 1;
        code
    }
}

fn as_citizen(demo: &Demo, mode: &str) -> Value {
    json!({
        "mode": mode,
        "name": demo.citizen(0).0,
        "password": password(demo),
        "patient": demo.citizen(0).1,
        "stranger": demo.citizen(1).1,
    })
}

#[test]
fn an_app_in_a_browser_signs_a_citizen_in() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        run_app(&demo, &as_citizen(&demo, "standalone"));
    }
}

#[test]
fn the_identity_provider_signs_a_citizen_in() {
    let demo = Demo::start_with(TestDatabase::sqlite(), &["--provider-simulator", "true"]);
    // The simulator shows names; the number tells two of one name apart.
    run_app(&demo, &as_citizen(&demo, "provider"));
}

#[test]
fn a_clinic_launches_an_app() {
    let demo = Demo::start(TestDatabase::sqlite());
    let token = demo.token(&["--client", &text(&demo.description["clients"][0]["id"])]);
    be_present(&demo, 0, &token);
    let stranger = unknown_to(&demo, &token).expect("somebody whom the clinic does not know");
    let settings = json!({
        "mode": "ehr",
        "name": staff_name(&demo, "physician"),
        "password": password(&demo),
        "patient": demo.citizen(0).1,
        "stranger": stranger,
        "clinicToken": token,
    });
    run_app(&demo, &settings);
}

#[test]
fn a_clinics_system_reads() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let token = demo.token(&["--client", &text(&demo.description["clients"][0]["id"])]);
        be_present(&demo, 0, &token);
        let mut command = Command::new(python());
        command.arg("backend_client.py");
        let hidden = unknown_to(&demo, &token).expect("somebody whom the clinic does not know");
        let settings = json!({"base": demo.server().base_url(), "hidden": hidden});
        let said = run(command, &settings, |question| {
            let client = question.strip_prefix("approve ").expect("a question");
            approve(&demo, client);
            "ok".to_owned()
        });
        assert!(said.contains("ES384") && said.contains("RS384"), "{said}");
    }
}

/// A citizen comes to a clinic and shows a code (docs/sharing.md, 2): from now on it sees the book.
#[track_caller]
fn be_present(demo: &Demo, citizen: usize, clinic: &str) {
    let made = demo.as_citizen(citizen).send("POST", "/access/presence-codes", "{}").expect_status(201);
    let shown = json!({"kind": "presence", "code": body(&made)["code"]}).to_string();
    let caller = Caller::new(demo.server().client(), clinic);
    let relation = body(&caller.send("POST", "/access/relations", &shown).expect_status(201));
    assert_eq!(relation["patient"], demo.citizen(citizen).1);
}

/// A citizen of the demo whom a clinic's token does not show.
fn unknown_to(demo: &Demo, token: &str) -> Option<String> {
    let caller = Caller::new(demo.server().client(), token);
    let seen = caller.resources("/fhir/Patient?_count=100");
    let seen: BTreeSet<String> = seen.iter().map(|patient| text(&patient["id"])).collect();
    let citizens = demo.description["citizens"].as_array().unwrap();
    citizens.iter().map(|citizen| text(&citizen["patient_id"])).find(|id| !seen.contains(id))
}
