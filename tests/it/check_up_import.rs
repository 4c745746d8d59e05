//! `healthbook import` takes messages of check-ups (`docs/check-up.md`, section 7): into the book of the person, again
//! without change, corrections as versions, and a report of faults by field.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_support::{TemporaryDirectory, TestDatabase, TestServer};

use crate::support::program::{run, words};
use crate::support::{Fhir, start};

fn sample(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/exchange/samples");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The sample of a pupil as JSON, of somebody else.
fn sample_of_pupil(number: &str, name: &str) -> String {
    let mut message: Value = serde_json::from_str(&sample("pupil.json")).unwrap();
    let top = match message.get("khamsuckhoe") {
        Some(_) => &mut message["khamsuckhoe"],
        None => &mut message,
    };
    let part = &mut top["thongtinhoso"]["danhsachhoso"]["hoso"][0]["filehoso"][0]["noidungfile"];
    let text = String::from_utf8(STANDARD.decode(part.as_str().unwrap()).unwrap()).unwrap();
    assert!(text.contains(PUPIL.0) && text.contains("VŨ THỊ BÚT CHÌ"));
    *part = STANDARD.encode(text.replace(PUPIL.0, number).replace("VŨ THỊ BÚT CHÌ", name)).into();
    message.to_string()
}

fn import(database: &TestDatabase, folder: &Path, path: &str) -> Output {
    let data_folder = folder.join("data");
    run(
        folder,
        &["import", path, "--database", database.url(), "--data-folder", data_folder.to_str().unwrap()],
    )
}

/// Who is in the sample of an adult.
const ADULT: (&str, &str) = ("099072000417", "Đặng Văn Giả Định");
/// Who is in the sample of a pupil.
const PUPIL: (&str, &str) = ("099314000552", "Vũ Thị Bút Chì");

fn person((number, name): (&str, &str), born: &str) -> String {
    json!({
        "resourceType": "Patient", "id": format!("p-{number}"), "birthDate": born, "name": [{"text": name}],
        "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": number}],
    })
    .to_string()
}

fn entries(server: &TestServer, path: &str) -> Vec<Value> {
    let found = server.read(path)["entry"].as_array().cloned().unwrap_or_default();
    found.into_iter().map(|entry| entry["resource"].clone()).collect()
}

#[test]
fn a_message_comes_into_the_book_of_its_person_again_without_change_and_corrected_as_versions() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        fs::create_dir(folder.join("in")).unwrap();
        let put = |name: &str, text: &str| fs::write(folder.join("in").join(name), text).unwrap();
        // The messages come first in the order of names; who they are of comes last.
        put("a.xml", &sample("adult.xml"));
        put("b.json", &sample("pupil.json"));
        put("y.json", &person(ADULT, "1972-03-14"));
        put("z.json", &person(PUPIL, "2014-09-05"));
        let output = import(&database, folder, "in");
        assert!(output.status.success(), "{}", words(&output));
        // The same check-up as others write it, and once more as JSON: other bytes, the same fields.
        for name in ["adult-as-seen.xml", "adult.json"] {
            put("again", &sample(name));
            assert!(import(&database, folder, "in/again").status.success());
        }
        // A correction: another class, and one diagnosis less.
        let text = sample("adult-as-seen.xml")
            .replace("<PHAN_LOAI_SK>3<", "<PHAN_LOAI_SK>4<")
            .replace("I10;E78.2", "I10");
        put("corrected.xml", &text);
        let output = import(&database, folder, "in/corrected.xml");
        assert!(output.status.success(), "{}", words(&output));

        let server = start(&database, &[]);
        let book = "patient=p-099072000417&_count=100";
        let class = "http://fhir.hl7.org.vn/core/CodeSystem/vn-health-classification-cs";
        let classes = entries(&server, &format!("/fhir/Observation?{book}&value-concept={class}|4"));
        let versions: Vec<_> =
            classes.iter().map(|found| found["meta"]["versionId"].as_str().unwrap()).collect();
        assert_eq!(versions, ["2"], "the corrected class is the second version of the same Observation");
        let codes: Vec<String> =
            entries(&server, &format!("/fhir/Condition?{book}&category=encounter-diagnosis"))
                .iter()
                .map(|found| found["code"]["coding"][0]["code"].as_str().unwrap().to_owned())
                .collect();
        assert_eq!(codes, ["I10"]);
        let compositions = entries(&server, &format!("/fhir/Composition?{book}"));
        assert_eq!(compositions.len(), 1);
        let documents = entries(&server, &format!("/fhir/DocumentReference?{book}"));
        assert_eq!(documents.len(), 1);
        assert!(documents[0]["masterIdentifier"]["value"].as_str().unwrap().starts_with("ni:///sha-256;"));
        assert_eq!(entries(&server, "/fhir/Composition?patient=p-099314000552").len(), 1);
        assert_eq!(entries(&server, "/fhir/Encounter?patient=p-099314000552").len(), 1);
    }
}

#[test]
fn what_is_not_loaded_is_told_by_field_and_without_a_value() {
    let database = &TestDatabase::each()[0];
    let folder = TemporaryDirectory::new();
    let folder = folder.path();
    fs::create_dir(folder.join("in")).unwrap();
    let put = |name: &str, text: &str| fs::write(folder.join("in").join(name), text).unwrap();
    put("bad-1.xml", &sample("adult-as-seen.xml").replace("099072000417", "09907200041X"));
    put("bad-2.xml", &sample("adult-as-seen.xml").replace("099072000417", "0990720004XX"));
    put("born-on-another-day.xml", &sample("adult.xml"));
    put("unknown.xml", &sample("pupil.xml"));
    put("y.json", &person(ADULT, "1972-03-15"));
    // The same person by number and birth: another name, or the other sex, is another person.
    let mut known: Value = serde_json::from_str(&person(PUPIL, "2014-09-05")).unwrap();
    known["id"] = "p-other".into();
    known["identifier"][0]["value"] = "099314000553".into();
    known["gender"] = "male".into();
    put("y-other-sex.json", &known.to_string());
    put("z-other-sex.json", &sample_of_pupil("099314000553", "VŨ THỊ BÚT CHÌ"));
    known["id"] = "p-third".into();
    known["identifier"][0]["value"] = "099314000554".into();
    known["gender"] = "female".into();
    put("y-other-name.json", &known.to_string());
    put("z-other-name.json", &sample_of_pupil("099314000554", "VŨ THỊ BÚT MỰC"));
    let output = import(database, folder, "in");
    assert!(!output.status.success());
    let told = words(&output);
    assert!(told.contains("z-other-sex.json: check-up-person-differs at XML1.GIOI_TINH: "), "{told}");
    assert!(told.contains("z-other-name.json: check-up-person-differs at XML1.HO_TEN: "), "{told}");
    assert!(told.contains("1  XML1.HO_TEN  check-up-person-differs"), "by field: {told}");
    assert!(told.contains("bad-1.xml record 1: check-up-citizen-number at XML1.SO_CCCD: "), "{told}");
    assert!(told.contains("2  XML1.SO_CCCD  check-up-citizen-number"), "{told}");
    assert!(told.contains("born-on-another-day.xml: check-up-person-differs at XML1.NGAY_SINH: "), "{told}");
    assert!(told.contains("unknown.xml: check-up-person-unknown at XML1.SO_CCCD: "), "{told}");
    assert!(!told.contains("09907200041") && !told.contains("GIẢ ĐỊNH"), "{told}");
}
