//! `healthbook package`: packages are checked, stored, listed and removed by name; what cannot be used is named.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase};

use crate::support::program::{run, words};

/// Runs `healthbook package` on a database. Gives what it said and whether it succeeded.
pub(crate) fn package(database: &TestDatabase, folder: &Path, arguments: &str) -> (bool, String) {
    let words_of = arguments.split_whitespace();
    let all: Vec<&str> =
        ["package"].into_iter().chain(words_of).chain(["--database", database.url()]).collect();
    let output = run(folder, &all);
    let said = words(&output);
    assert!(!said.contains("panicked"), "{said}");
    (output.status.success(), said)
}

/// The same, which must succeed.
#[track_caller]
pub(crate) fn succeed(database: &TestDatabase, folder: &Path, arguments: &str) -> String {
    let (success, said) = package(database, folder, arguments);
    assert!(success, "{arguments}: {said}");
    said
}

/// The same, which must fail and say these words.
#[track_caller]
pub(crate) fn fail(database: &TestDatabase, folder: &Path, arguments: &str, expected: &[&str]) -> String {
    let (success, said) = package(database, folder, arguments);
    assert!(!success, "{arguments}: {said}");
    for word in expected {
        assert!(said.contains(word), "{arguments}: {word:?} is not in: {said}");
    }
    said
}

/// `package.json` of `example.ID`.
pub(crate) fn manifest(id: &str, version: &str) -> Value {
    json!({"name": format!("example.{id}"), "version": version, "canonical": format!("http://example.org/{id}"),
        "fhirVersions": ["4.0.1"], "dependencies": {"hl7.fhir.r4.core": "4.0.1"}})
}

/// A ValueSet of a guide.
pub(crate) fn value_set(id: &str, code: &str) -> Value {
    json!({"resourceType": "ValueSet", "id": code, "url": format!("http://example.org/{id}/ValueSet/{code}"),
        "status": "active", "compose": {"include": [{"system": "http://example.org/cs", "concept": [{"code": code}]}]}})
}

/// Writes the folder of a package.
pub(crate) fn write_folder(folder: &Path, name: &str, manifest: &Value, resources: &[Value]) {
    let folder = folder.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("package.json"), manifest.to_string()).unwrap();
    for (index, resource) in resources.iter().enumerate() {
        fs::write(folder.join(format!("{index}.json")), resource.to_string()).unwrap();
    }
}

/// A `.tgz` as npm makes it.
fn tgz(files: &[(&str, &str)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut builder = tar::Builder::new(encoder);
    for (name, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// The lines of `package list` without the one of the package that is part of the program.
#[track_caller]
fn listed(database: &TestDatabase, folder: &Path) -> Vec<String> {
    let said = succeed(database, folder, "list");
    said.lines().filter(|line| !line.contains("part of the program")).map(str::to_owned).collect()
}

#[test]
fn a_package_is_added_used_stopped_and_removed() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        let files = [
            ("package/package.json", manifest("one", "1.0.0").to_string()),
            ("package/ValueSet-a.json", value_set("one", "a").to_string()),
            ("package/CapabilityStatement-a.json", r#"{"resourceType":"CapabilityStatement"}"#.to_owned()),
            ("package/example/Patient-a.json", r#"{"resourceType":"Patient"}"#.to_owned()),
            ("package/.index.json", "{}".to_owned()),
        ];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let bytes = tgz(&files);
        fs::write(folder.join("one.tgz"), &bytes).unwrap();
        let said = succeed(&database, folder, "add one.tgz");
        for word in
            ["example.one#1.0.0", "ValueSet 1", "3 other files", "healthbook package use example.one#1.0.0"]
        {
            assert!(said.contains(word), "{word}: {said}");
        }
        let line = listed(&database, folder).remove(0);
        for word in ["example.one#1.0.0", "http://example.org/one", "not in use", "ValueSet 1"] {
            assert!(line.contains(word), "{word}: {line}");
        }
        let hash = line.split_whitespace().skip_while(|word| *word != "sha256").nth(1).unwrap();
        assert!(hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");

        assert!(succeed(&database, folder, "add one.tgz").contains("already"));
        assert!(succeed(&database, folder, "use example.one#1.0.0").contains("is in use"));
        assert!(succeed(&database, folder, "use example.one#1.0.0").contains("already"));
        let line = listed(&database, folder).remove(0);
        assert!(line.contains("  in use"), "{line}");
        fail(&database, folder, "remove example.one#1.0.0", &["in use", "stop"]);
        assert!(succeed(&database, folder, "stop example.one#1.0.0").contains("no longer"));
        assert!(succeed(&database, folder, "stop example.one#1.0.0").contains("was not in use"));
        assert!(succeed(&database, folder, "remove example.one#1.0.0").contains("removed"));
        assert!(!listed(&database, folder).iter().any(|line| line.contains("example.one")));
        for command in ["use", "stop", "remove"] {
            fail(
                &database,
                folder,
                &format!("{command} example.one#1.0.0"),
                &["no package example.one#1.0.0"],
            );
        }
    }
}

#[test]
fn a_folder_is_the_same_package_wherever_it_lies() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    let folder = folder.path();
    write_folder(folder, "flat", &manifest("one", "1.0.0"), &[value_set("one", "a")]);
    write_folder(folder, "deep/package", &manifest("one", "1.0.0"), &[value_set("one", "a")]);
    fs::write(folder.join("deep/readme.json"), "{}").unwrap();
    assert!(succeed(&database, folder, "add flat").contains("is added"));
    assert!(succeed(&database, folder, "add deep").contains("was there already"));
}

#[test]
fn what_is_no_package_of_r4_is_refused() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    let folder = folder.path();
    let mut r5 = manifest("five", "1.0.0");
    r5["fhirVersions"] = json!(["5.0.0"]);
    write_folder(folder, "five", &r5, &[]);
    fail(&database, folder, "add five", &["4.0.1"]);
    let mut nameless = manifest("none", "1.0.0");
    nameless["canonical"] = Value::Null;
    write_folder(folder, "nameless", &nameless, &[]);
    fail(&database, folder, "add nameless", &["canonical"]);
    fs::create_dir(folder.join("empty")).unwrap();
    fail(&database, folder, "add empty", &["not a FHIR package"]);
    fs::write(folder.join("text.tgz"), "no archive").unwrap();
    fail(&database, folder, "add text.tgz", &["not a FHIR package"]);
    fail(&database, folder, "add absent.tgz", &["absent.tgz"]);
    let said = succeed(&database, folder, "list");
    assert!(!said.contains("example.five") && !said.contains("example.none"), "nothing was stored: {said}");
}

/// docs/validation.md, Packages: an invariant that cannot be read makes the package unusable, and is named when the
/// package is added.
#[test]
fn every_resource_that_cannot_be_understood_is_named() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    let folder = folder.path();
    let mut odd = value_set("bad", "odd");
    odd["unknown"] = json!(1);
    let profile = json!({"resourceType": "StructureDefinition", "url": "http://example.org/bad/profile", "name": "Bad",
        "status": "active", "kind": "resource", "abstract": false, "type": "Patient", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "differential": {"element": [{"id": "Patient", "path": "Patient", "constraint": [
            {"key": "bad-1", "severity": "error", "human": "cannot be read", "expression": "name.exists("}]}]}});
    write_folder(folder, "bad", &manifest("bad", "1.0.0"), &[odd, value_set("bad", "good"), profile]);
    fs::write(folder.join("bad/9.json"), "{\"resourceType\":\"ValueSet\",").unwrap();
    let said = fail(
        &database,
        folder,
        "add bad",
        &[
            "http://example.org/bad/ValueSet/odd",
            "unknown",
            "http://example.org/bad/profile",
            "bad-1",
            "9.json",
        ],
    );
    assert!(!said.contains("ValueSet/good"), "{said}");
    assert!(!succeed(&database, folder, "list").contains("example.bad"));
}

#[test]
fn one_name_stands_for_one_content_and_two_guides_do_not_meet() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    let folder = folder.path();
    write_folder(folder, "one", &manifest("one", "1.0.0"), &[value_set("one", "a")]);
    write_folder(folder, "changed", &manifest("one", "1.0.0"), &[value_set("one", "b")]);
    let mut other = manifest("one", "1.0.0");
    other["canonical"] = json!("http://elsewhere.example/one");
    write_folder(folder, "other", &other, &[value_set("one", "a")]);
    succeed(&database, folder, "add one");
    fail(&database, folder, "add changed", &["example.one#1.0.0", "another content"]);
    succeed(&database, folder, "add other");
    let urls = ["http://example.org/one", "http://elsewhere.example/one"];
    fail(&database, folder, "use example.one#1.0.0", &[urls[0], urls[1], "--canonical"]);
    succeed(&database, folder, &format!("use example.one#1.0.0 --canonical {}", urls[1]));
    for line in listed(&database, folder) {
        assert_eq!(line.contains("  in use"), line.contains(urls[1]), "{line}");
    }
}

#[test]
fn a_table_of_codes_becomes_a_package() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        fs::write(
            folder.join("wards.csv"),
            "code,display,parent\r\n01,Hà Nội,\r\n00004,\"Phường Ba Đình\",01\r\n",
        )
        .unwrap();
        let system = "http://example.org/CodeSystem/wards";
        let said = succeed(
            &database,
            folder,
            &format!("codes --system {system} --version 2026-07 wards.csv --from 2025-07-01"),
        );
        assert!(said.contains("codes.wards#2026-07") && said.contains("CodeSystem 1"), "{said}");
        succeed(&database, folder, "use codes.wards#2026-07");
        let line = listed(&database, folder).remove(0);
        assert!(line.contains(system) && line.contains("  in use"), "{line}");
        fs::write(folder.join("bad.csv"), "code,display,parent\n1,one,2\n2,two,1\n2,again,\n3,three,9\n")
            .unwrap();
        fail(
            &database,
            folder,
            &format!("codes --system {system} --version 2 bad.csv"),
            &["line 2: ", "circle", "line 4: ", "line 3 already", "line 5: ", "parent"],
        );
        assert_eq!(listed(&database, folder).len(), 1);
    }
}

#[test]
fn profiles_are_demanded_and_taken_back() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        let profile = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-patient";
        assert!(run(folder, &["migrate", "--database", database.url()]).status.success());
        let demand = format!("demand --type Patient --profile {profile}");
        let said = succeed(&database, folder, &demand);
        assert!(said.contains("is demanded"), "{said}");
        assert!(succeed(&database, folder, &demand).contains("already"));
        succeed(&database, folder, &format!("{demand} --facility 01001"));
        let demanded = || -> Vec<String> {
            listed(&database, folder).into_iter().filter(|line| line.starts_with("demanded: ")).collect()
        };
        let everybody = format!("demanded: Patient of everybody: {profile}");
        let facility = format!("demanded: Patient of facility 01001: {profile}");
        assert_eq!(demanded(), [everybody, facility.clone()]);
        assert!(succeed(&database, folder, &format!("{demand} --not")).contains("no longer"));
        assert!(succeed(&database, folder, &format!("{demand} --not")).contains("was not demanded"));
        assert_eq!(demanded(), [facility]);
        fail(&database, folder, &format!("demand --type Nothing --profile {profile}"), &["Nothing"]);
    }
}

/// docs/validation.md, Packages: the national pack is part of the program and always there unless it is switched off.
#[test]
fn the_pack_of_the_program_is_there_and_can_be_switched_off() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        assert!(run(folder, &["migrate", "--database", database.url()]).status.success());
        let said = succeed(&database, folder, "list");
        // A program can be built without one.
        let Some(line) = said.lines().find(|line| line.contains("part of the program")) else { return };
        assert!(line.contains("  in use"), "{line}");
        let name = line.split_whitespace().next().unwrap();
        fail(&database, folder, &format!("remove {name}"), &["part of the program"]);
        assert!(succeed(&database, folder, &format!("stop {name}")).contains("no longer"));
        assert!(succeed(&database, folder, "list").contains("  not in use, part of the program"));
        assert!(succeed(&database, folder, &format!("use {name}")).contains("is in use"));
        assert!(succeed(&database, folder, "list").contains("  in use, part of the program"));
    }
}

#[test]
fn a_database_that_is_not_there_is_not_made_by_a_mistake() {
    let (database, folder) = (TestDatabase::sqlite(), TemporaryDirectory::new());
    for command in ["list", "use a#1", "stop a#1", "remove a#1", "demand --type Patient --profile http://a"] {
        fail(&database, folder.path(), command, &["there is no database"]);
    }
}
