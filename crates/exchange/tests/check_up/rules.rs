//! One fault for each rule of each field, made from the table itself: exactly that part, field and rule is answered.

use super::samples::sample;
use healthbook_exchange::check_up::{self, CheckUp, Fault, Format, Rule};

/// A line of the table, read here by itself.
struct Line {
    part: String,
    field: String,
    groups: Vec<String>,
    kind: String,
    length: Option<usize>,
    required: Vec<String>,
}

fn lines() -> Vec<Line> {
    let text =
        std::fs::read_to_string(format!("{}/definitions/check-up-fields.tsv", env!("CARGO_MANIFEST_DIR")))
            .unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        Line {
            part: cells[0].to_owned(),
            field: cells[1].to_owned(),
            groups: words(cells[2]),
            kind: cells[3].to_owned(),
            length: cells[4].parse().ok(),
            required: words(cells[5]),
        }
    };
    text.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

/// The message of a sample as plain XML, one field of it changed: taken out, or with another text.
fn changed(base: &CheckUp, part: &str, field: &str, text: Option<&str>) -> String {
    let mut files = String::new();
    let mut signatures = String::new();
    for info in check_up::PARTS {
        let mut inner = String::new();
        let mut any = false;
        for of in check_up::FIELDS.iter().filter(|of| of.part == info.name) {
            let own = match of.part {
                "XML11" => base.row_value(0, of.name),
                _ => base.value(of.part, of.name),
            };
            let told = if (of.part, of.name) == (part, field) { text } else { own };
            if let Some(told) = told {
                any = true;
                let told = told.replace('&', "&amp;").replace('<', "&lt;");
                inner.push_str(&format!("<{0}>{told}</{0}>", of.name));
            }
        }
        if info.name == "CHUKYDONVI" {
            signatures = inner;
        } else if any {
            files.push_str(&format!(
                "<FILEHOSO><LOAIHOSO>{0}</LOAIHOSO><NOIDUNGFILE><{1}>{inner}</{1}></NOIDUNGFILE></FILEHOSO>",
                info.name, info.root
            ));
        }
    }
    format!(
        "<KHAMSUCKHOE><THONGTINHOSO><NGAYLAP>20261119</NGAYLAP><SOLUONGHOSO>1</SOLUONGHOSO><DANHSACHHOSO><HOSO>{files}</HOSO>\
         </DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI>{signatures}</CHUKYDONVI></KHAMSUCKHOE>"
    )
}

fn faults(message: &str) -> Vec<Fault> {
    check_up::read(message.as_bytes(), Format::Xml).err().unwrap_or_default()
}

#[test]
fn each_broken_rule_is_answered_with_part_field_and_rule() {
    let bases =
        [("child", sample("child.xml")), ("pupil", sample("pupil.xml")), ("adult", sample("adult.xml"))];
    let mut cases = 0;
    let mut wrong = Vec::new();
    for line in lines() {
        let (group, base) = bases.iter().find(|(group, _)| line.groups.iter().any(|of| of == group)).unwrap();
        assert_eq!(faults(&changed(base, "", "", None)), [], "the sample itself: {group}");
        let mut expect = |group: &str, base: &CheckUp, text: Option<&str>, rule: Rule| {
            cases += 1;
            let found = faults(&changed(base, &line.part, &line.field, text));
            let told: Vec<_> = found.iter().map(|fault| (fault.part, fault.field, fault.rule)).collect();
            if told != [(line.part.as_str(), line.field.as_str(), rule)] {
                wrong
                    .push(format!("{}.{} {group}: expected {rule:?}, found {told:?}", line.part, line.field));
            }
        };
        // Missing, for each group that must have it.
        for needed in &line.required {
            // A child without a number of its own needs that of the guardian: both are taken out for that below.
            if needed.contains('/') {
                continue;
            }
            let (group, base) = bases.iter().find(|(group, _)| group == needed).unwrap();
            expect(group, base, None, Rule::Missing);
        }
        // Too long: beyond the decision, or beyond what holds where the decision was not readable.
        let most = line.length.unwrap_or(if line.kind == "signature" { 65_536 } else { 4_000 });
        expect(group, base, Some(&"9".repeat(most + 1)), Rule::TooLong);
        // Not of the kind of the field.
        let bad: &[(&str, Rule)] = match line.kind.as_str() {
            "code" | "subject" => &[("?", Rule::Code)],
            "flag" => &[("2", Rule::Code), ("x", Rule::Code)],
            "number" => &[("x", Rule::Number), ("-", Rule::Number)],
            "digit" => &[("x", Rule::Number)],
            "time" => &[("202613010000", Rule::Date), ("2026", Rule::Date), ("010203", Rule::AmbiguousDate)],
            "day" => &[("20260230", Rule::Date), ("010203", Rule::AmbiguousDate)],
            "citizen" => &[("09907200041", Rule::CitizenNumber), ("09907200041A", Rule::CitizenNumber)],
            "facility" => &[("9907", Rule::FacilityCode), ("AB077", Rule::FacilityCode)],
            "location" => &[("200000099077", Rule::LocationNumber), ("200000099077X", Rule::LocationNumber)],
            "icd" => &[("cảm", Rule::Icd), ("I10,E11", Rule::Icd)],
            _ => &[],
        };
        for (text, rule) in bad {
            expect(group, base, Some(text), *rule);
        }
    }
    // 247 lengths, 53 times missing, and what is not of its kind.
    assert!(cases > 450, "{cases}");
    assert!(wrong.is_empty(), "{} of {cases} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_child_needs_its_number_or_that_of_the_guardian() {
    let child = sample("child.xml");
    let found = faults(&changed(&child, "XML1", "SO_CCCD_NGH", None));
    let told: Vec<_> = found.iter().map(|fault| (fault.part, fault.field, fault.rule)).collect();
    assert_eq!(told, [("XML1", "SO_CCCD", Rule::Missing)]);
    assert_eq!(faults(&changed(&child, "XML1", "SO_CCCD", Some("099224000662"))), []);
}

#[test]
fn a_fault_speaks_two_languages_and_holds_no_value() {
    let adult = sample("adult.xml");
    let [fault] = faults(&changed(&adult, "XML1", "SO_CCCD", Some("0990720004XX"))).try_into().unwrap();
    assert_eq!(fault.english(), "record 1, XML1.SO_CCCD: a personal identification number has 12 digits");
    assert_eq!(
        fault.vietnamese(),
        "Hồ sơ 1, XML1.SO_CCCD (Số định danh cá nhân): số định danh cá nhân gồm 12 chữ số"
    );
    assert_eq!(fault.code(), "check-up-citizen-number");
    assert!(!format!("{fault:?}").contains("0990720004"));
}

#[test]
fn a_birth_after_the_visit_and_another_facility_are_refused() {
    let adult = sample("adult.xml");
    let found = faults(&changed(&adult, "XML1", "NGAY_SINH", Some("202701010000")));
    assert!(
        found.iter().any(|fault| fault.rule == Rule::DateOrder && fault.field == "NGAY_SINH"),
        "{found:?}"
    );
    let message = changed(&adult, "", "", None).replace(
        "<KHAMSUCKHOE>",
        "<KHAMSUCKHOE><THONGTINDONVI><MACSKCB>2000000990781</MACSKCB></THONGTINDONVI>",
    );
    let [fault] = faults(&message).try_into().unwrap();
    assert_eq!((fault.place().as_str(), fault.rule), ("XML2.MA_GTIN_CSKCB", Rule::FacilityDiffers));
}
