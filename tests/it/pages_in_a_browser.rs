//! Pages in a real browser: a citizen comes by the identity provider to the new check-up, who looked, the block and what
//! follows from it (docs/book-pages.md); staff of a station remind and record (docs/station-pages.md). axe-core finds
//! nothing on any page. `bash tests/clients/install` gets what it needs.

use std::process::Command;
use std::sync::PoisonError;

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::book_pages::{open_and_closed, write_check_ups};
use crate::smart_clients::{BROWSER, browser, clients, codes, missing, run};
use crate::station_ages::bring_children;
use crate::station_pages::HEALTHY;
use crate::support::program::Demo;
use crate::support::sign_in::{password, staff_name};
use crate::support::text;

/// Runs a script of pages on screens of a telephone and of a desk, each with a demo of its own.
#[track_caller]
pub(crate) fn on_each_screen(script: &str, settings: impl Fn(&Demo) -> Value) {
    if !clients().join("node_modules/axe-core/axe.min.js").is_file() {
        missing("axe-core");
    }
    for (width, height) in [(390, 844), (1280, 800)] {
        let demo = Demo::start_with(TestDatabase::sqlite(), &["--provider-simulator", "true"]);
        let mut settings = settings(&demo);
        settings["base"] = demo.server().base_url().into();
        settings["chromium"] = browser().to_str().unwrap().into();
        settings["pictures"] = std::env::var("HEALTHBOOK_TEST_PICTURES").unwrap_or_default().into();
        (settings["width"], settings["height"]) = (width.into(), height.into());
        let _one = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
        let mut command = Command::new("node");
        command.arg(script);
        run(command, &settings, codes(&demo));
    }
}

#[test]
fn a_citizen_reads_and_closes_the_own_book() {
    on_each_screen("book_pages.mjs", |demo| {
        let (open, _) = open_and_closed(demo);
        let check_up = write_check_ups(demo, open);
        let client = demo.token(&["--client", &text(&demo.description["clients"][0]["id"])]);
        let code = text(&demo.description["clients"][0]["facility"]);
        let system = "http://fhir.hl7.org.vn/core/sid/ma-cskcb";
        let found = demo.as_client().read(&format!("/fhir/Organization?identifier={system}%7C{code}"));
        json!({
            "name": demo.citizen(open).0,
            "patient": demo.citizen(open).1,
            "checkUp": check_up,
            "facility": text(&found["entry"][0]["resource"]["id"]),
            "clinicToken": client,
        })
    });
}

#[test]
fn staff_of_a_station_remind_and_record() {
    on_each_screen("station_pages.mjs", |demo| {
        bring_children(demo);
        let form = HEALTHY.map(|(name, value)| (name.to_owned(), json!(value)));
        json!({
            "name": staff_name(demo, "physician"),
            "password": password(demo),
            "form": serde_json::Map::from_iter(form),
        })
    });
}
