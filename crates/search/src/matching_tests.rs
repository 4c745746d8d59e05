//! Which resources are found by which condition, from the text of a query to the test in memory. Everything is worked
//! out by hand from R4 and `docs/search.md`.

use crate::testing::finds;

/// Values that find the resource by a parameter, and values that do not.
fn check(text: &str, cases: &[(&str, &[&str], &[&str])]) {
    for (name, found, not_found) in cases {
        for value in *found {
            assert!(finds(text, name, value), "{name}={value}");
        }
        for value in *not_found {
            assert!(!finds(text, name, value), "{name}={value}");
        }
    }
}

const PERSON: &str = r#"{"resourceType":"Patient","id":"p1",
    "meta":{"profile":["http://x/StructureDefinition/p|2"],"tag":[{"system":"http://t","code":"A"}],"source":"http://src/a/b"},
    "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><b class=\"hidden\">Đau</b> đầu &amp; sốt</div>"},
    "identifier":[
        {"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"NI"}],"text":"Căn cước công dân"},
         "system":"http://fhir.hl7.org.vn/core/sid/cccd","value":"001"},
        {"type":{"coding":[{"code":"MR"}]},"system":"http://other","value":"002"}],
    "active":true,
    "name":[{"family":"Nguyễn","given":["Thị","Hòa"],"text":"Bà Nguyễn Thị Hòa"},{"text":"(Mai) Jean-Luc O'Brien"}],
    "telecom":[{"system":"phone","value":"0912"},{"system":"email","value":"hoa@x.vn"}],
    "gender":"female","birthDate":"1980-05-03",
    "address":[{"line":["12 Lê Lợi"],"city":"Huế","country":"VN"}],
    "managingOrganization":{"reference":"Organization/o1"}}"#;

#[test]
fn names_are_found_by_their_words_in_any_order() {
    check(
        PERSON,
        &[
            (
                "name",
                &[
                    "hoa",
                    "Hòa",
                    "nguy",
                    "thi hoa",
                    "hoa nguyen",
                    "NGUYEN THI HOA",
                    "ba",
                    "mai",
                    "luc",
                    "jean-luc",
                    "brien",
                    "o'brien",
                    "ho n",
                    "x,hoa",
                ],
                &["oa", "hoan", "hoa x", "guyen", "thihoa"],
            ),
            ("name:contains", &["oa", "guyễn thị", "-luc o'"], &["hoa nguyen"]),
            ("name:exact", &["Hòa", "Bà Nguyễn Thị Hòa"], &["Hoa", "hòa", "Hòa ", "Nguyễn Thị Hòa"]),
            ("phonetic", &["hoa nguyen"], &["oa"]),
            ("family", &["nguy"], &["hoa", "thi"]),
            ("given", &["thi", "ho"], &["nguyen", "thi hoa"]),
            ("address", &["12 le", "loi", "le hue", "vn 12"], &["oi", "hanoi"]),
            ("address-city", &["hue", "HUẾ"], &["le"]),
        ],
    );
}

#[test]
fn tokens_and_their_modifiers() {
    check(
        PERSON,
        &[
            (
                "identifier",
                // Both guides of Vietnam name the system of the citizen number.
                &[
                    "001",
                    "http://fhir.hl7.org.vn/core/sid/cccd|001",
                    "http://fhir.ehealth.gov.vn/core/sid/national_id|001",
                    "http://other|",
                    "9,002",
                ],
                &["http://other|001", "|001", "00", "http://fhir.ehealth.gov.vn/core/sid/citizen_id|001"],
            ),
            ("identifier:not", &["003", "http://other|001"], &["001", "003,002"]),
            (
                "identifier:of-type",
                &[
                    "http://terminology.hl7.org/CodeSystem/v2-0203|NI|001",
                    "|NI|001",
                    "|MR|002",
                    "x|y|z,|MR|002",
                ],
                &[
                    "http://terminology.hl7.org/CodeSystem/v2-0203|MR|001",
                    "|MR|001",
                    "http://z|NI|001",
                    "|NI|00",
                ],
            ),
            ("identifier:text", &["căn cước", "CAN"], &["cong dan", "001"]),
            (
                "gender",
                &["female", "http://hl7.org/fhir/administrative-gender|female", "|female"],
                &["Female", "male"],
            ),
            ("gender:not", &["male", "other"], &["female", "male,female"]),
            ("active", &["true"], &["false"]),
            ("deceased", &["false"], &["true"]),
            ("telecom", &["0912", "phone|0912", "|0912", "hoa@x.vn"], &["email|0912", "091"]),
            ("phone", &["0912", "phone|0912", "|0912"], &["hoa@x.vn", "email|0912"]),
            ("email", &["hoa@x.vn"], &["0912"]),
            // Resources without any value included.
            ("language:not", &["vi"], &[]),
            ("_tag", &["A", "http://t|A", "http://t|"], &["a", "|A", "http://u|A"]),
            ("_id", &["p1", "x,p1"], &["p2", "P1"]),
            ("_id:not", &["p2"], &["p1", "p2,p1"]),
        ],
    );
}

#[test]
fn uris_by_segments() {
    check(
        PERSON,
        &[
            (
                "_profile",
                &["http://x/StructureDefinition/p|2", "http://x/StructureDefinition/p"],
                &["http://x/StructureDefinition", "http://x/StructureDefinition/p|1"],
            ),
            (
                "_profile:below",
                &["http://x", "http://x/StructureDefinition/", "http://x/StructureDefinition/p"],
                &["http://x/Struct", "http://y"],
            ),
            ("_source", &["http://src/a/b"], &["http://src/a", "HTTP://src/a/b"]),
            ("_source:above", &["http://src/a/b/c", "http://src/a/b"], &["http://src/a", "http://src/a/bc"]),
        ],
    );
}

#[test]
fn words_of_the_narrative_and_of_all() {
    check(
        PERSON,
        &[
            ("_text", &["đau đầu", "sot dau", "SỐT", "nope,sot"], &["hidden", "div", "nguyen", "au", "amp"]),
            (
                "_content",
                &["sot hoa", "female", "brien"],
                &["hidden", "patient", "sot nope", "o1", "organization"],
            ),
        ],
    );
}

#[test]
fn dates_by_prefix() {
    // The third of May 1980 in Vietnam.
    check(
        PERSON,
        &[
            (
                "birthdate",
                &[
                    "1980-05-03",
                    "1980-05",
                    "1980",
                    "gt1980-05-02",
                    "ge1980-05-03",
                    "ge1980",
                    "le1980",
                    "lt1981",
                    "sa1980-05-02",
                    "eb1980-05-04",
                    "ne1979",
                    "ne1980-05-03T10:00:00Z",
                    "2000,1980",
                    "lt1980-05-03T10:00:00+07:00",
                    "ap1980-05-03",
                ],
                &[
                    "1980-05-04",
                    "gt1980-05-03",
                    "gt1980",
                    "lt1980-05-03",
                    "lt1980",
                    "sa1980-05-03",
                    "sa1980",
                    "eb1980-05-03",
                    "ne1980-05-03",
                    "ne1980",
                    "ne1980-05",
                    "1980-05-03T10:00:00Z",
                ],
            ),
            (
                "_lastUpdated",
                &[
                    "2026-11-25",
                    "2026-11-25T10:30:00.123Z",
                    "gt2026-11-25T10:29:00Z",
                    "le2026-11-25T17:30:00.123+07:00",
                    "ne2026-11-24",
                ],
                &["2026-11-24", "gt2026-11-25T10:30:00.123Z", "lt2026-11-25T10:30:00.123Z"],
            ),
        ],
    );
    let period = r#"{"resourceType":"Encounter","status":"in-progress","class":{"code":"AMB"},"period":{"start":"2026-11-20"}}"#;
    check(
        period,
        &[(
            "date",
            // The period has no end: it goes on for ever.
            &[
                "gt2030",
                "ge2026-11-20",
                "ne2026-11-20",
                "lt2026-11-21",
                "le2026-11-21",
                "sa2026-11-19",
                "ap2026-11-20",
            ],
            &["2026-11-20", "2026", "eb2030", "lt2026-11-20", "le2026-11-20", "sa2026-11-20"],
        )],
    );
}

#[test]
fn references_by_id_type_url_and_identifier() {
    let observation = |subject: &str| {
        format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"Đường huyết"}},"subject":{{{subject}}}}}"#
        )
    };
    check(
        &observation(r#""reference":"Patient/1""#),
        &[
            (
                "subject",
                &["1", "Patient/1", "http://own/fhir/Patient/1", "Patient/1/_history/2", "x,1"],
                &["2", "Group/1", "http://other/Patient/1"],
            ),
            ("subject:Patient", &["1", "Patient/1"], &["2"]),
            ("subject:Group", &[], &["1"]),
            ("patient", &["1", "Patient/1"], &["2", "Group/1"]),
            ("code:text", &["duong", "ĐƯỜNG HUYẾT"], &["huyet"]),
        ],
    );
    check(
        &observation(r#""reference":"Group/1""#),
        &[("subject", &["1", "Group/1"], &["Patient/1"]), ("patient", &[], &["1", "Patient/1"])],
    );
    let other = "http://other/fhir/Patient/1";
    check(
        &observation(&format!(r#""reference":"{other}""#)),
        &[("subject", &[other], &["1", "Patient/1"]), ("patient", &[other], &["1"])],
    );
    check(
        &observation(r#""identifier":{"system":"http://fhir.hl7.org.vn/core/sid/cccd","value":"001"}"#),
        &[(
            "subject:identifier",
            &[
                "001",
                "http://fhir.hl7.org.vn/core/sid/cccd|001",
                "http://fhir.ehealth.gov.vn/core/sid/national_id|001",
            ],
            &["002", "|001", "http://x|001"],
        )],
    );
}

#[test]
fn filters() {
    check(
        PERSON,
        &[(
            "_filter",
            &[
                "gender eq female",
                "gender ne male",
                "not (gender eq male)",
                "given eq \"hòa\"",
                "family sw ngu and birthdate ge 1980",
                "family co guye",
                "family ew \"yễn\"",
                "gender eq male or birthdate lt 1981",
                "birthdate eq 1980-05",
                "birthdate po 1980",
                "birthdate sa 1979 and birthdate eb 1981",
                "identifier eq http://other|002",
                "organization re Organization/o1",
                "organization eq o1",
                "telecom pr true",
                "language pr false",
                "_id eq p1",
                "_lastUpdated gt 2026-11-24",
                "phone eq 0912 and (gender eq male or not (email pr false))",
            ],
            &[
                "gender eq male",
                "gender ne female",
                // `ne` needs a value.
                "language ne vi",
                "given eq ho",
                "family sw uyen",
                "family ew ngu",
                "birthdate eq 1981",
                "birthdate po 1979",
                "organization re Organization/o2",
                "telecom pr false",
                "gender eq female and birthdate gt 1990",
                // A comma is no separator here.
                "gender eq male,female",
                "family co \"x,guye\"",
            ],
        )],
    );
}

#[test]
fn places_near_a_point() {
    // Hà Nội to Hải Phòng is about 90 km.
    let place = r#"{"resourceType":"Location","position":{"longitude":106.6881,"latitude":20.8449}}"#;
    check(
        place,
        &[(
            "near",
            &[
                "20.8449|106.6881",
                "20.85|106.69",
                "21.0278|105.8342|92",
                "21.0278|105.8342|92|km",
                "21.0278|105.8342|92000|m",
                "21.0278|105.8342|57|[mi_us]",
                "0|0,20.85|106.69",
            ],
            &[
                "21.0278|105.8342",
                "21.0278|105.8342|88|km",
                "21.0278|105.8342|92|m",
                "21.0278|105.8342|54|[mi_us]",
            ],
        )],
    );
    check(r#"{"resourceType":"Location","name":"x"}"#, &[("near", &[], &["0|0|100000"])]);
}

#[test]
fn system_parameters() {
    check(PERSON, &[("_type", &["Patient", "Observation,Patient"], &["Observation"])]);
}
