//! Files need not be in an order: what others point to is loaded in time.

use std::fs;
use std::path::Path;
use std::process::Output;

use test_support::{TemporaryDirectory, TestDatabase};

use crate::support::bodies::{NUMBERS, bundle, entry_at, entry_if, urn};
use crate::support::program::{run, words};
use crate::support::{Fhir, matches, start, text};

fn import(database: &TestDatabase, folder: &Path, paths: &[&str]) -> Output {
    let data_folder = folder.join("data");
    let place = ["--database", database.url(), "--data-folder", data_folder.to_str().unwrap()];
    run(folder, &[&["import"], paths, &place].concat())
}

fn facility(number: u32) -> String {
    format!(
        r#"{{"resourceType":"Organization","identifier":[{{"system":"{NUMBERS}","value":"facility-{number}"}}],"name":"Trạm {number}"}}"#
    )
}

/// As Synthea writes its hospitals: a batch of conditional creates.
fn facilities(numbers: std::ops::Range<u32>) -> String {
    let entries: Vec<String> = numbers
        .map(|number| {
            let condition = format!(r#""ifNoneExist":"identifier={NUMBERS}|facility-{number}""#);
            entry_if("POST", "Organization", &condition, &facility(number))
        })
        .collect();
    bundle("batch", &entries)
}

/// A person of a facility, which is named by its identifier.
fn person(number: u32, facility: u32) -> String {
    let patient = format!(
        r#"{{"resourceType":"Patient","identifier":[{{"system":"{NUMBERS}","value":"person-{number}"}}],"managingOrganization":{{"reference":"Organization?identifier={NUMBERS}|facility-{facility}"}}}}"#
    );
    bundle("transaction", &[entry_at(&urn(number), "POST", "Patient", &patient)])
}

#[track_caller]
fn expect_linked(database: &TestDatabase, people: usize, organizations: usize) {
    let server = start(database, &[]);
    let found = matches(&server.searchset("/fhir/Patient?_count=200"));
    assert_eq!(found.len(), people);
    assert_eq!(server.count("/fhir/Organization?_count=200"), organizations);
    for patient in found {
        let reference = text(&patient["managingOrganization"]["reference"]);
        assert!(reference.starts_with("Organization/"), "{reference}");
        server.read(&format!("/fhir/{reference}"));
    }
}

#[test]
fn a_batch_that_sorts_last_is_loaded_in_time() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        fs::create_dir(folder.path().join("in")).unwrap();
        for number in 0..40 {
            let name = format!("in/a-person-{number:02}.json");
            fs::write(folder.path().join(name), person(number, number % 5)).unwrap();
        }
        fs::write(folder.path().join("in/zz-facilities.json"), facilities(0..5)).unwrap();
        let output = import(&database, folder.path(), &["in"]);
        assert!(output.status.success(), "{}", words(&output));
        expect_linked(&database, 40, 5);
        let output = import(&database, folder.path(), &["in"]);
        assert!(output.status.success(), "{}", words(&output));
        expect_linked(&database, 40, 5);
    }
}

#[test]
fn the_order_on_the_command_line_does_not_matter() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    fs::write(folder.path().join("person.json"), person(1, 1)).unwrap();
    fs::write(folder.path().join("facilities.json"), facilities(1..2)).unwrap();
    let output = import(&database, folder.path(), &["person.json", "facilities.json"]);
    assert!(output.status.success(), "{}", words(&output));
    expect_linked(&database, 1, 1);
}

#[test]
fn the_same_condition_in_many_files_makes_one() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        for number in 0..16 {
            fs::write(folder.path().join(format!("f-{number}.json")), facilities(number % 3..number % 3 + 4))
                .unwrap();
        }
        let output = import(&database, folder.path(), &["."]);
        assert!(output.status.success(), "{}", words(&output));
        expect_linked(&database, 0, 6);
    }
}

#[test]
fn what_is_nowhere_fails_and_loads_when_it_has_come() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/a.json"), person(1, 1)).unwrap();
    fs::write(folder.path().join("in/b.json"), person(2, 9)).unwrap();
    fs::write(folder.path().join("in/c.json"), facilities(1..2)).unwrap();
    let output = import(&database, folder.path(), &["in"]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("b.json") && !words(&output).contains("a.json"), "{}", words(&output));
    expect_linked(&database, 1, 1);
    fs::write(folder.path().join("in/d.json"), facilities(9..10)).unwrap();
    let output = import(&database, folder.path(), &["in"]);
    assert!(output.status.success(), "{}", words(&output));
    expect_linked(&database, 2, 2);
}
