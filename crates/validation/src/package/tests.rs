//! Packages as they are read and written.

use super::*;

const MANIFEST: &str = r#"{"name":"example.ig","version":"1.0.0","canonical":"http://example.org/ig",
    "fhirVersions":["4.0.1"],"dependencies":{"hl7.fhir.r4.core":"4.0.1"}}"#;

const VALUE_SET: &str = r#"{"resourceType":"ValueSet","id":"a","url":"http://example.org/ig/ValueSet/a",
    "status":"draft","compose":{"include":[{"system":"http://example.org/cs","concept":[{"code":"1.50"}]}]}}"#;

fn files<const N: usize>(files: [(&str, &str); N]) -> Vec<(String, String)> {
    files.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

fn read(texts: &[&str]) -> PackageReading {
    let mut all = files([("package/package.json", MANIFEST)]);
    all.extend(texts.iter().enumerate().map(|(at, text)| (format!("package/{at}.json"), (*text).to_owned())));
    Package::read(&Package::archive(all).unwrap()).unwrap()
}

/// What [`Package::check`] says about the resources.
fn faults(texts: &[&str]) -> Vec<String> {
    let PackageReading { package, faults, .. } = read(texts);
    assert_eq!(faults, []);
    package.check().iter().map(ToString::to_string).collect()
}

#[test]
fn a_package_is_who_its_manifest_says() {
    let package = Package::from_files(files([("package.json", MANIFEST), ("a.json", VALUE_SET)])).unwrap();
    assert_eq!(package.name(), "example.ig#1.0.0");
    assert_eq!(package.canonical, "http://example.org/ig");
    assert_eq!(package.resources, [VALUE_SET], "the text is as it was");
    assert_eq!(package.counts(), BTreeMap::from([("ValueSet".to_owned(), 1)]));
    assert_eq!(package.of_type("ValueSet").count(), 1);
    assert_eq!(package.of_type("CodeSystem").count(), 0);
    assert!(package.defines("http://example.org/ig/ValueSet/a") && !package.defines("http://example.org/ig"));
}

#[test]
fn an_archive_of_the_same_files_is_the_same() {
    let one = files([("package/package.json", MANIFEST), ("package/a.json", VALUE_SET)]);
    let other = files([("a.json", VALUE_SET), ("package.json", MANIFEST)]);
    let archive = Package::archive(one.clone()).unwrap();
    assert_eq!(archive, Package::archive(other).unwrap());
    let package = Package::from_files(one).unwrap();
    assert_eq!(package.sha256.as_slice(), digest(&SHA256, &archive).as_ref());
    // Packages are pinned by this hash: it must not depend on features, processors or versions of libraries.
    let known = Package::archive(files([("package.json", "{}")])).unwrap();
    let hash: String = digest(&SHA256, &known).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, "4a410a9d4c38ee66aaf762a683b1f387d1062ee95ab7a0d11a45b574d9dd7421");
    let with_others = files([("package.json", "{}"), ("../a.json", "{}"), ("a.xml", ""), ("b/c.json", "{}")]);
    assert_eq!(Package::archive(with_others).unwrap(), known, "only files that count");
}

#[test]
fn what_is_no_conformance_resource_is_counted() {
    let reading = read(&[
        VALUE_SET,
        r#"{"resourceType":"ImplementationGuide","url":"http://example.org/ig"}"#,
        r#"{"resourceType":"Patient"}"#,
        r#"{"openapi":"3.0.0","url":5}"#,
        "[]",
        "7",
    ]);
    assert_eq!((reading.package.resources.len(), reading.ignored, reading.faults.len()), (1, 5, 0));
}

#[test]
fn every_file_that_cannot_be_read_is_named() {
    let reading = read(&[
        "{",
        VALUE_SET,
        "{\n\"resourceType\":\"ValueSet\",}",
        "[",
        "\u{feff}{\"resourceType\":\"ValueSet\"}",
    ]);
    let said: Vec<String> = reading.faults.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].starts_with("0.json: not JSON at line 1"), "{said:?}");
    assert!(said[1].starts_with("2.json: not JSON at line 2"), "{said:?}");
    assert!(said[2].starts_with("3.json: "), "{said:?}");
    assert_eq!(reading.package.resources.len(), 2, "a byte order mark is left out");
    let all = files([("package.json", MANIFEST), ("a.json", "{")]);
    let error = Package::from_files(all).unwrap_err();
    assert!(matches!(error, PackageError::Resource { resource, .. } if resource == "a.json"));
}

#[test]
fn what_is_no_package_is_refused() {
    let refusal = |all: Vec<(String, String)>| Package::from_files(all).unwrap_err().to_string();
    assert!(refusal(files([("a.json", VALUE_SET)])).contains("no package/package.json"));
    let r5 = MANIFEST.replace("4.0.1", "5.0.0");
    assert!(refusal(files([("package.json", &r5)])).contains("4.0.1"));
    assert!(Package::from_archive(b"no archive").is_err());
}

#[test]
fn resources_that_cannot_be_understood_are_named_by_their_url() {
    assert_eq!(faults(&[VALUE_SET]), [] as [&str; 0]);
    let unknown = VALUE_SET.replace("\"status\"", "\"state\":\"a\",\"status\"");
    let nameless = VALUE_SET.replace("\"url\":\"http://example.org/ig/ValueSet/a\",", "");
    let deep = format!(
        "{{\"resourceType\":\"ValueSet\",\"url\":\"http://deep\",\"x\":{}{}}}",
        "[".repeat(120),
        "]".repeat(120)
    );
    let said = faults(&[&unknown, &nameless, VALUE_SET, VALUE_SET, &deep]);
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(
        said[0].starts_with("http://example.org/ig/ValueSet/a: ValueSet: ") && said[0].contains("state"),
        "{said:?}"
    );
    assert!(said[1].contains("ValueSet/a: a ValueSet without a url"), "{said:?}");
    assert!(said[2].contains("two of type ValueSet"), "{said:?}");
    assert!(said[3].starts_with("http://deep: ") && said[3].contains("nested too deeply"), "{said:?}");
    let edition = VALUE_SET.replace("\"status\"", "\"version\":\"2\",\"status\"");
    assert_eq!(faults(&[VALUE_SET, &edition]), [] as [&str; 0], "another version is another resource");
    let naming = r#"{"resourceType":"NamingSystem","id":"n","name":"N","status":"draft","kind":"identifier",
        "date":"2026","uniqueId":[{"type":"uri","value":"http://example.org/n"}]}"#;
    assert_eq!(faults(&[naming]), [] as [&str; 0]);
}

#[test]
fn an_invariant_that_cannot_be_read_is_named() {
    let profile = |expression: &str| {
        format!(
            r#"{{"resourceType":"StructureDefinition","url":"http://example.org/p","name":"P","status":"draft",
            "kind":"resource","abstract":false,"type":"Patient","derivation":"constraint",
            "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient",
            "differential":{{"element":[{{"id":"Patient","path":"Patient","constraint":[
            {{"key":"p-1","severity":"error","human":"h","expression":"{expression}"}}]}}]}}}}"#
        )
    };
    assert_eq!(faults(&[&profile("name.exists() or id.exists()")]), [] as [&str; 0]);
    let said = faults(&[&profile("name.exists(")]);
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("http://example.org/p: ") && said[0].contains("p-1 of Patient"), "{said:?}");
}

#[test]
fn the_national_pack_can_be_read() {
    if let Some(package) = Package::national().unwrap() {
        assert_eq!(package.check(), []);
        // It is the package that its folder becomes.
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../national/pack/package");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (format!("package/{name}"), std::fs::read_to_string(path).unwrap())
        });
        assert_eq!(Package::from_files(files).unwrap().sha256, package.sha256);
    }
}
