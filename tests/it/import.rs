//! `healthbook import`: Bundles and NDJSON, plain or compressed; says what failed; again changes nothing, also after
//! a crash.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use test_support::{TemporaryDirectory, TestDatabase, TestServer};

use crate::support::bodies::{NUMBERS, bundle, entry_at, observation, patient, patient_at, urn};
use crate::support::program::{program, run, words};
use crate::support::{Fhir, citizen_number, encode, start, text};

fn import(database: &TestDatabase, folder: &Path, paths: &[&str]) -> Output {
    let data_folder = folder.join("data");
    let place = ["--database", database.url(), "--data-folder", data_folder.to_str().unwrap()];
    run(folder, &[&["import"], paths, &place].concat())
}

#[track_caller]
fn expect_success(output: &Output) {
    assert!(output.status.success(), "{}", words(output));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A person with an Observation, as one transaction.
fn person(index: u64) -> String {
    let number = u32::try_from(index).unwrap();
    let (person, measured) = (urn(2 * number), urn(2 * number + 1));
    bundle(
        "transaction",
        &[
            // The reference comes first.
            entry_at(&measured, "POST", "Observation", &observation(&person)),
            entry_at(&person, "POST", "Patient", &patient(index)),
        ],
    )
}

/// Six files in two folders: 2 transactions, a collection, NDJSON plain and compressed.
fn write_files(folder: &Path) {
    fs::create_dir_all(folder.join("in/deeper")).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join("in").join(name), bytes).unwrap();
    write("person-1.json", person(1).as_bytes());
    write("deeper/person-2.json.gz", &gzip(&person(2)));
    let lines: String =
        (0..50).map(|number| format!("{}\n", patient_at(&format!("line-{number}"), "Trần"))).collect();
    write("patients.ndjson", lines.as_bytes());
    // Windows ends of line, an empty line, and no end of the last line.
    let lines: Vec<String> = (0..50)
        .map(|number| {
            observation(&format!("Patient/line-{number}")).replacen(
                '{',
                &format!(r#"{{"id":"o-{number}","#),
                1,
            )
        })
        .collect();
    write("deeper/observations.ndjson.gz", &gzip(&lines.join("\r\n\r\n")));
}

/// Type and total of what `write_files` holds.
const TOTALS: [(&str, u64); 2] = [("Patient", 52), ("Observation", 52)];

fn total(server: &TestServer, kind: &str) -> u64 {
    server.read(&format!("/fhir/{kind}?_total=accurate&_count=1"))["total"].as_u64().unwrap()
}

/// Id and version of everything.
fn versions(server: &TestServer) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for kind in ["Patient", "Observation", "Organization"] {
        for page in server.pages(&format!("/fhir/{kind}?_count=200")) {
            for resource in crate::support::matches(&page) {
                all.push((text(&resource["id"]), text(&resource["meta"]["versionId"])));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn everything_is_there_and_again_changes_nothing() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        write_files(folder.path());
        let output = import(&database, folder.path(), &["in"]);
        expect_success(&output);
        assert!(words(&output).contains("104"), "the summary counts resources: {}", words(&output));
        let server = start(&database, &[]);
        for (kind, count) in TOTALS {
            assert_eq!(total(&server, kind), count, "{kind}");
        }
        for index in [1, 2] {
            let number = encode(&format!("{NUMBERS}|{}", citizen_number(index)));
            let ids = server.ids(&format!("/fhir/Patient?identifier={number}"));
            assert_eq!(ids.len(), 1);
            assert_eq!(server.count(&format!("/fhir/Observation?subject=Patient/{}", ids[0])), 1);
        }
        assert_eq!(server.read("/fhir/Patient/line-7")["name"][0]["family"], "Trần");
        assert_eq!(server.read("/fhir/Observation/o-49")["subject"]["reference"], "Patient/line-49");
        let before = versions(&server);
        assert!(before.iter().all(|(_, version)| version == "1"), "{before:?}");
        drop(server);
        expect_success(&import(&database, folder.path(), &["in"]));
        // By another way and another order it is the same data.
        let whole = folder.path().join("in");
        expect_success(&import(&database, folder.path(), &["in/patients.ndjson", whole.to_str().unwrap()]));
        let server = start(&database, &[]);
        assert_eq!(versions(&server), before, "again nothing has changed");
        let history = server.read("/fhir/Patient/line-7/_history");
        assert_eq!(crate::support::entries(&history).len(), 1);
    }
}

#[test]
fn what_has_ids_is_compared_when_earlier_imports_are_forgotten() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    let lines = |family: &str| {
        let mut lines: Vec<String> = (0..20).map(|number| patient_at(&format!("p-{number}"), "Lê")).collect();
        lines[3] = patient_at("p-3", family);
        lines.join("\n")
    };
    let file = folder.path().join("p.ndjson");
    fs::write(&file, lines("Lê")).unwrap();
    expect_success(&import(&database, folder.path(), &["p.ndjson"]));
    expect_success(&import(&database, folder.path(), &["p.ndjson", "--fresh"]));
    let server = start(&database, &[]);
    assert!(versions(&server).iter().all(|(_, version)| version == "1"));
    // A changed line of a changed file is one new version.
    fs::write(&file, lines("Phạm")).unwrap();
    expect_success(&import(&database, folder.path(), &["p.ndjson"]));
    let changed: Vec<_> = versions(&server).into_iter().filter(|(_, version)| version != "1").collect();
    assert_eq!(changed, [("p-3".to_owned(), "2".to_owned())]);
}

#[test]
fn what_fails_is_named_and_the_rest_is_loaded() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join("in").join(name), bytes).unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        let secret = citizen_number(77);
        write(
            "some.ndjson",
            format!(
                "{}\n{{\"resourceType\":\"Patient\",\"gender\":\"{secret} \"}}\n{}\n{{oops\n{{\"resourceType\":\"Nothing\"}}\n",
                patient_at("good-1", "A"),
                patient_at("good-2", "B")
            )
            .as_bytes(),
        );
        write("broken.json", b"{\"resourceType\":\"Bundle\",\"type\":\"transaction\",");
        write("cut.ndjson.gz", &gzip(&patient_at("good-3", "C").repeat(50))[..60]);
        // A transaction is stored as a whole or not at all.
        let wrong = person(5).replace("\"final\"", "17");
        write("wrong.json", wrong.as_bytes());
        write("right.json", person(6).as_bytes());
        let output = import(&database, folder.path(), &["in"]);
        let said = words(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for name in [
            "some.ndjson line 2",
            "some.ndjson line 4",
            "some.ndjson line 5",
            "broken.json",
            "cut.ndjson.gz",
            "wrong.json",
        ] {
            assert!(said.contains(name), "{name} is not in the summary: {said}");
        }
        for (name, word) in
            [("the element", "gender"), ("the type", "Nothing"), ("the place", "entry[0].resource.status")]
        {
            assert!(said.contains(word), "{name} ({word}) is not in the summary: {said}");
        }
        assert!(!said.contains("right.json"), "{said}");
        assert!(!said.contains(&secret), "values are not told: {said}");
        assert!(!said.contains("panicked"), "{said}");
        let server = start(&database, &[]);
        assert_eq!(sorted_ids(&server), ["good-1", "good-2"]);
        let number = |index| encode(&format!("{NUMBERS}|{}", citizen_number(index)));
        assert_eq!(server.count(&format!("/fhir/Patient?identifier={}", number(5))), 0);
        assert_eq!(server.count(&format!("/fhir/Patient?identifier={}", number(6))), 1);
        // What was mended is loaded the next time, what was there stays as it is.
        write("wrong.json", person(5).as_bytes());
        fs::remove_file(folder.path().join("in/broken.json")).unwrap();
        fs::remove_file(folder.path().join("in/cut.ndjson.gz")).unwrap();
        write("some.ndjson", [patient_at("good-1", "A"), patient_at("good-2", "B")].join("\n").as_bytes());
        expect_success(&import(&database, folder.path(), &["in"]));
        assert_eq!((total(&server, "Patient"), total(&server, "Observation")), (4, 2));
        assert!(versions(&server).iter().all(|(_, version)| version == "1"));
    }
}

fn sorted_ids(server: &TestServer) -> Vec<String> {
    crate::support::sorted(
        server.ids("/fhir/Patient?_count=100").into_iter().filter(|id| id.starts_with("good")).collect(),
    )
}

/// FHIR R4, http.html#create: the id of what is created is the server's. Every clinic has its Patient 1.
#[test]
fn people_of_two_sources_with_the_same_id_stay_two() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    for clinic in ["a", "b"] {
        let full_url = format!("http://clinic-{clinic}.example/fhir/Patient/1");
        let entries = [
            entry_at(&full_url, "POST", "Patient", &patient_at("1", &format!("Họ {clinic}"))),
            entry_at(
                &format!("http://clinic-{clinic}.example/fhir/Observation/1"),
                "POST",
                "Observation",
                &observation(&full_url),
            ),
        ];
        let name = format!("clinic-{clinic}.json");
        fs::write(folder.path().join(name), bundle("transaction", &entries)).unwrap();
    }
    expect_success(&import(&database, folder.path(), &["clinic-a.json", "clinic-b.json"]));
    let server = start(&database, &[]);
    for clinic in ["a", "b"] {
        let ids = server.ids(&format!("/fhir/Patient?family={}", encode(&format!("Họ {clinic}"))));
        assert_eq!(ids.len(), 1, "the person of clinic {clinic}");
        assert_eq!(server.count(&format!("/fhir/Observation?subject=Patient/{}", ids[0])), 1, "{clinic}");
    }
}

#[test]
fn a_missing_path_is_an_error() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    let output = import(&database, folder.path(), &["absent"]);
    assert!(!output.status.success() && words(&output).contains("absent"), "{}", words(&output));
    let output = import(&database, folder.path(), &[]);
    assert!(!output.status.success(), "{}", words(&output));
}

const FILES: u64 = 80;
const PEOPLE_OF_A_FILE: u64 = 20;
const LINES: u64 = 1200;

fn write_many(folder: &Path) {
    fs::create_dir(folder.join("in")).unwrap();
    for file in 0..FILES {
        let people: Vec<String> = (0..PEOPLE_OF_A_FILE)
            .map(|number| {
                let urn = urn(u32::try_from(file * PEOPLE_OF_A_FILE + number).unwrap());
                entry_at(&urn, "POST", "Patient", &patient(file * PEOPLE_OF_A_FILE + number))
            })
            .collect();
        let name = format!("in/people-{file:03}.json");
        fs::write(folder.join(name), bundle("transaction", &people)).unwrap();
    }
    // Lines without ids: nothing but the import itself can tell that they are there already.
    let lines: String = (0..LINES).map(|number| {
        let organization = format!(r#"{{"resourceType":"Organization","identifier":[{{"system":"{NUMBERS}","value":"o-{number}"}}]}}"#);
        format!("{organization}\n")
    }).collect();
    fs::write(folder.join("in/organizations.ndjson.gz"), gzip(&lines)).unwrap();
}

fn loaded(server: &TestServer) -> u64 {
    total(server, "Patient") + total(server, "Organization")
}

fn killed_and_run_again(database: &TestDatabase) {
    let folder = TemporaryDirectory::new();
    write_many(folder.path());
    let data_folder = folder.path().join("data");
    // It tells how far the import is.
    let server = start(database, &[]);
    let all = FILES * PEOPLE_OF_A_FILE + LINES;
    // Each try is given a little longer than the last, so that some are killed in the middle however fast it is.
    let mut left_by_kills = Vec::new();
    for tries in 1..=200 {
        let mut command = program(folder.path());
        command.args(["import", "in", "--database", database.url(), "--data-folder"]).arg(&data_folder);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(10) * tries);
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        left_by_kills.push(loaded(&server));
    }
    assert!(
        left_by_kills.iter().any(|left| (1..all).contains(left)),
        "no kill came in the middle of {all}: {left_by_kills:?}"
    );
    expect_success(&import(database, folder.path(), &["in"]));
    expect_success(&import(database, folder.path(), &["in"]));
    assert_eq!(total(&server, "Patient"), FILES * PEOPLE_OF_A_FILE, "killed at {left_by_kills:?}");
    assert_eq!(total(&server, "Organization"), LINES, "lines without ids, killed at {left_by_kills:?}");
    let versions = versions(&server);
    assert!(versions.iter().all(|(_, version)| version == "1"), "killed at {left_by_kills:?}");
}

#[test]
fn a_killed_import_run_again_gives_everything_once_on_sqlite() {
    killed_and_run_again(&TestDatabase::sqlite());
}

#[test]
fn a_killed_import_run_again_gives_everything_once_on_postgresql() {
    if let Some(database) = TestDatabase::postgres() {
        killed_and_run_again(&database);
    }
}
