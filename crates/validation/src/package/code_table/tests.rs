//! Code systems from tables.

use serde_json::{Value, json};

use super::*;

fn table() -> CodeTable {
    CodeTable {
        system: "http://example.org/CodeSystem/vn-icd10-cs".to_owned(),
        version: "2026-07".to_owned(),
        name: None,
        language: "vi".to_owned(),
        complete: true,
        from: None,
        until: None,
    }
}

fn code_system(table: &CodeTable, csv: &str) -> Value {
    let package = Package::code_system_from_csv(table, csv).unwrap();
    assert_eq!(package.check(), []);
    assert_eq!(package.resources.len(), 1);
    serde_json::from_str(&package.resources[0]).unwrap()
}

/// The faults as `line: words`.
fn faults(csv: &str) -> Vec<(u64, String)> {
    let error = Package::code_system_from_csv(&table(), csv).unwrap_err();
    assert_eq!(error.whole, None);
    error.lines.into_iter().map(|fault| (fault.line, fault.reason)).collect()
}

fn lines(csv: &str) -> Vec<u64> {
    faults(csv).into_iter().map(|(line, _)| line).collect()
}

#[test]
fn a_table_becomes_a_code_system() {
    let edition = CodeTable { from: Some("2026-07-01".into()), until: Some("2030".into()), ..table() };
    let csv = "\u{feff}Code,display,parent,english,inactive,from,until\r\n\
        A00,Bệnh tả,,Cholera,,,\r\n\
        A00.0,\"Bệnh tả do \"\"Vibrio\"\", týp cổ điển\",A00,,true,2020-01,2025-12-31\r\n";
    let found = code_system(&edition, csv);
    assert_eq!(found["id"], "vn-icd10-cs");
    assert_eq!(found["url"], "http://example.org/CodeSystem/vn-icd10-cs");
    assert_eq!(found["version"], "2026-07");
    assert_eq!(found["name"], "VnIcd10Cs");
    assert_eq!((&found["status"], &found["content"]), (&json!("active"), &json!("complete")));
    assert_eq!((&found["count"], &found["language"]), (&json!(2), &json!("vi")));
    assert_eq!(found["hierarchyMeaning"], "is-a");
    assert_eq!(
        found["extension"],
        json!([{"url": "http://hl7.org/fhir/StructureDefinition/artifact-effectivePeriod",
            "valuePeriod": {"start": "2026-07-01", "end": "2030"}}])
    );
    assert_eq!(
        found["concept"],
        json!([
            {"code": "A00", "display": "Bệnh tả", "designation": [{"language": "en", "value": "Cholera"}]},
            {"code": "A00.0", "display": "Bệnh tả do \"Vibrio\", týp cổ điển", "property": [
                {"code": "parent", "valueCode": "A00"}, {"code": "inactive", "valueBoolean": true},
                {"code": "from", "valueDateTime": "2020-01"}, {"code": "until", "valueDateTime": "2025-12-31"}]},
        ])
    );
    // Every property that a concept has is defined.
    let defined: Vec<&Value> = found["property"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(defined, ["parent", "inactive", "from", "until"]);
}

#[test]
fn a_plain_table_needs_code_and_display_only() {
    let partial = CodeTable { complete: false, name: Some("My codes (2)".to_owned()), ..table() };
    let found = code_system(&partial, "display,code\none,1\n,2\n");
    assert_eq!(found["concept"], json!([{"code": "1", "display": "one"}, {"code": "2"}]));
    assert_eq!((&found["content"], &found["hierarchyMeaning"]), (&json!("fragment"), &Value::Null));
    assert_eq!((&found["id"], &found["name"]), (&json!("My-codes-2"), &json!("MyCodes2")));
    let package = Package::code_system_from_csv(&partial, "code,display\n1,one\n").unwrap();
    assert_eq!(package.name(), "codes.my-codes-2#2026-07");
    assert_eq!(package.canonical, partial.system);
}

#[test]
fn the_same_table_is_the_same_package() {
    let one = table().archive("code,display\n1,one\n").unwrap();
    assert_eq!(one, table().archive("code,display\r\n1,one\r\n").unwrap());
    assert_ne!(one, table().archive("code,display\n1,two\n").unwrap());
}

#[test]
fn what_is_wrong_with_a_line_is_told_with_its_number() {
    let csv = "code,display,parent,english,inactive,from,until\n\
        1,one,,,,,\n\
        1,again,,,,,\n\
        2,two,9,,,,\n\
        ,none,,,,,\n\
        a  b,blanks,,,,,\n\
        3,three,,,perhaps,,\n\
        4,four,,,,2026-13-01,\n\
        5,five,,,,2026,2025-12-31\n\
        6,six\n\
        7,\"seven\nin two lines\",,,,,\n\
        7,eight,,,,,\n";
    let found = faults(csv);
    let expected = [
        (3, "line 2 already"),
        (4, "parent"),
        (5, "missing"),
        (6, "code has"),
        (7, "inactive"),
        (8, "from is no date"),
        (9, "from is later"),
        (10, "columns"),
        (13, "line 11 already"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((line, reason), (expected, word)) in found.iter().zip(expected) {
        assert!(*line == expected && reason.contains(word), "{line} {reason}: {expected} {word}");
    }
}

#[test]
fn circles_are_found_wherever_they_are() {
    assert_eq!(lines("code,display,parent\n1,one,1\n"), [2]);
    assert_eq!(lines("code,display,parent\n1,one,2\n2,two,3\n3,three,1\n4,four,1\n"), [2]);
    // A parent may come later in the table.
    let found = code_system(&table(), "code,display,parent\n1,one,2\n2,two,\n");
    assert_eq!(found["concept"][0]["property"][0]["valueCode"], "2");
}

#[test]
fn what_is_wrong_with_the_first_line_is_told() {
    for (csv, word) in [
        ("", "no column code"),
        ("code,display\n", "no codes"),
        ("code,name\n1,one\n", "column 2"),
        ("code,display,Display\n1,one,\n", "twice"),
        ("display\none\n", "no column code"),
        ("code\n1\n", "no column display"),
        ("code;display\n1;one\n", "column 1"),
    ] {
        let error = Package::code_system_from_csv(&table(), csv).unwrap_err();
        assert!(error.to_string().contains(word), "{csv}: {error}");
    }
    for wrong in [
        CodeTable { system: "a b".into(), ..table() },
        CodeTable { system: "///".into(), ..table() },
        CodeTable { version: "1 2".into(), ..table() },
        CodeTable { language: String::new(), ..table() },
        CodeTable { from: Some("1.7.2026".into()), ..table() },
        CodeTable { from: Some("2027".into()), until: Some("2026".into()), ..table() },
    ] {
        assert!(Package::code_system_from_csv(&wrong, "code,display\n1,one\n").is_err(), "{wrong:?}");
    }
}

#[test]
fn only_the_first_faults_are_told() {
    let csv = format!("code,display\n{}", ",x\n".repeat(1_000));
    assert_eq!(faults(&csv).len(), 50);
}

#[test]
fn a_table_as_large_as_those_of_nations_is_read() {
    let mut csv = String::from("code,display,parent,english\n");
    for number in 0..350_000 {
        let parent = if number < 10 { String::new() } else { (number / 10).to_string() };
        csv.push_str(&format!("{number},Mã số {number},{parent},Code {number}\n"));
    }
    let package = Package::code_system_from_csv(&table(), &csv).unwrap();
    let [text] = package.resources.as_slice() else { panic!("one resource") };
    assert_eq!(text.lines().count(), 350_002, "a concept on each line");
    assert!(text.contains("\"count\":350000,"));
}
