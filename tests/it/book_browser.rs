//! The book in a real browser: by the identity provider to the new check-up, who looked, the block and what follows from it;
//! axe-core finds nothing on any page (docs/book-pages.md). `bash tests/clients/install` gets what it needs.

use std::process::Command;
use std::sync::PoisonError;

use serde_json::json;
use test_support::TestDatabase;

use crate::book_pages::{open_and_closed, write_check_ups};
use crate::smart_clients::{BROWSER, browser, clients, missing, run};
use crate::support::program::Demo;
use crate::support::text;

fn on_a_screen(width: u32, height: u32) {
    if !clients().join("node_modules/axe-core/axe.min.js").is_file() {
        missing("axe-core");
    }
    let demo = Demo::start_with(TestDatabase::sqlite(), &["--provider-simulator", "true"]);
    let (open, _) = open_and_closed(&demo);
    let check_up = write_check_ups(&demo, open);
    let client = demo.token(&["--client", &text(&demo.description["clients"][0]["id"])]);
    let code = text(&demo.description["clients"][0]["facility"]);
    let system = "http://fhir.hl7.org.vn/core/sid/ma-cskcb";
    let found = demo.as_client().read(&format!("/fhir/Organization?identifier={system}%7C{code}"));
    let settings = json!({
        "base": demo.server().base_url(),
        "chromium": browser().to_str().unwrap(),
        "name": demo.citizen(open).0,
        "patient": demo.citizen(open).1,
        "checkUp": check_up,
        "facility": text(&found["entry"][0]["resource"]["id"]),
        "clinicToken": client,
        "width": width,
        "height": height,
        "pictures": std::env::var("HEALTHBOOK_TEST_PICTURES").unwrap_or_default(),
    });
    let _one = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new("node");
    command.arg("book_pages.mjs");
    run(command, &settings, |question| panic!("nothing is asked: {question}"));
}

#[test]
fn on_a_telephone() {
    on_a_screen(390, 844);
}

#[test]
fn on_a_desk() {
    on_a_screen(1280, 800);
}
