//! `$summary` as an International Patient Summary: judged by a checker of its own, written from the rules of IPS 2.0.0
//! (`Bundle-uv-ips`, `Composition-uv-ips`, `Patient-uv-ips`, "Empty Sections and Missing Data") and of FHIR documents
//! (<https://hl7.org/fhir/R4/documents.html>), not from this server.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::support::program::{Caller, Demo};

const IPS: &str = "http://hl7.org/fhir/uv/ips/StructureDefinition";
const LOINC: &str = "http://loinc.org";

/// Sections of IPS that this server makes: code, whether they are required, types of what stands in them.
const SECTIONS: [(&str, bool, &[&str]); 8] = [
    ("11450-4", true, &["Condition", "DocumentReference"]),
    ("48765-2", true, &["AllergyIntolerance", "DocumentReference"]),
    (
        "10160-0",
        true,
        &[
            "MedicationStatement",
            "MedicationRequest",
            "MedicationAdministration",
            "MedicationDispense",
            "DocumentReference",
        ],
    ),
    ("11369-6", false, &["Immunization", "DocumentReference"]),
    ("8716-3", false, &["Observation", "DocumentReference"]),
    ("30954-2", false, &["Observation", "DiagnosticReport", "DocumentReference"]),
    ("47519-4", false, &["Procedure", "DocumentReference"]),
    ("18776-5", false, &["CarePlan", "ImmunizationRecommendation", "DocumentReference"]),
];

/// A text; empty when there is none, which the rules judge.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn is_coded(concept: &Value, system: &str, code: &str) -> bool {
    list(&concept["coding"]).iter().any(|it| it["system"] == system && it["code"] == code)
}

/// `reference` in every object below.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("reference").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// What a reference of an entry leads to (bundle.html#references): a relative one is below the base of the fullUrl.
fn resolved(full_url: &str, reference: &str) -> String {
    let is_relative = !reference.contains(':') && reference.split('/').count() == 2;
    let base = full_url.rsplitn(3, '/').nth(2).filter(|base| base.starts_with("http"));
    match base {
        Some(base) if is_relative => format!("{base}/{reference}"),
        _ => reference.to_owned(),
    }
}

/// Everything that is against the rules.
fn faults(bundle: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            faults.push(what.to_owned());
        }
    };
    must(bundle["resourceType"] == "Bundle" && bundle["type"] == "document", "a document Bundle");
    must(
        !text(&bundle["identifier"]["system"]).is_empty() && !text(&bundle["identifier"]["value"]).is_empty(),
        "bdl-9: identifier",
    );
    must(bundle["timestamp"].is_string(), "bdl-10: timestamp");
    let entries = list(&bundle["entry"]);
    let urls: Vec<String> = entries.iter().map(|entry| text(&entry["fullUrl"])).collect();
    must(urls.iter().all(|url| url.contains(':')), "fullUrl 1..1");
    must(urls.iter().collect::<BTreeSet<_>>().len() == urls.len(), "bdl-7: fullUrl once");
    for entry in entries {
        must(
            ["search", "request", "response"].iter().all(|it| entry[it].is_null()),
            "entry.search, request, response ..0",
        );
        let (url, resource) = (text(&entry["fullUrl"]), &entry["resource"]);
        let place = format!("/{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
        let is_own = match url.strip_prefix("urn:uuid:") {
            Some(uuid) => resource["id"].is_null() || resource["id"] == uuid,
            None => url.ends_with(&place),
        };
        must(is_own, "the fullUrl is that of the resource");
    }
    let kinds: Vec<String> = entries.iter().map(|entry| text(&entry["resource"]["resourceType"])).collect();
    must(kinds.first().is_some_and(|kind| kind == "Composition"), "bdl-11: the Composition first");
    must(kinds.iter().filter(|kind| *kind == "Composition").count() == 1, "bdl-ips-1: one Composition");
    let patients: Vec<&Value> =
        entries.iter().filter(|it| it["resource"]["resourceType"] == "Patient").collect();
    must(patients.len() == 1, "entry:patient 1..1");
    let composition = entries.first().map(|entry| entry["resource"].clone()).unwrap_or_default();
    must(is_coded(&composition["type"], LOINC, "60591-5"), "Composition.type");
    for (name, what) in
        [("status", "Composition.status"), ("date", "Composition.date"), ("title", "Composition.title")]
    {
        must(composition[name].is_string(), what);
    }
    must(!list(&composition["author"]).is_empty(), "Composition.author 1..*");
    let is_said = |it: &Value| ["reference", "display", "identifier"].iter().any(|name| !it[name].is_null());
    must(list(&composition["author"]).iter().all(is_said), "an author is somebody");
    let subject = text(&composition["subject"]["reference"]);
    must(
        patients.first().is_some_and(|it| it["fullUrl"] == *subject),
        "Composition.subject is the Patient of the Bundle",
    );
    let patient = patients.first().map(|it| it["resource"].clone()).unwrap_or_default();
    let is_named = |it: &Value| ["family", "given", "text"].iter().any(|name| !it[name].is_null());
    must(list(&patient["name"]).iter().any(is_named), "ips-pat-1: a name");
    must(patient["birthDate"].is_string(), "Patient.birthDate 1..1");

    // What the Composition refers to is in the Bundle, and nothing else is.
    let mut named = Vec::new();
    references(&composition, &mut named);
    must(named.iter().all(|it| urls.contains(it)), "what the Composition refers to is in the Bundle");
    must(urls.iter().skip(1).all(|url| named.contains(url)), "no entry but what the Composition refers to");
    let sections = list(&composition["section"]);
    for (code, required, allowed) in SECTIONS {
        let found: Vec<&Value> = sections.iter().filter(|it| is_coded(&it["code"], LOINC, code)).collect();
        must(found.len() <= 1 && (!required || found.len() == 1), &format!("section {code}"));
        for section in found {
            for entry in list(&section["entry"]) {
                let at = urls.iter().position(|url| *url == text(&entry["reference"]));
                let kind = at.and_then(|at| kinds.get(at)).cloned().unwrap_or_default();
                must(allowed.contains(&kind.as_str()), &format!("section {code}: {kind}"));
            }
            let reason = list(&section["emptyReason"]["coding"]);
            must(
                list(&section["entry"]).is_empty() != reason.is_empty(),
                &format!("ips-comp-1, cmp-2: section {code}"),
            );
            let system = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
            let known = ["nilknown", "notasked", "withheld", "unavailable", "notstarted", "closed"];
            must(
                reason.iter().all(|it| it["system"] == system && known.contains(&text(&it["code"]).as_str())),
                "emptyReason",
            );
        }
    }
    for section in sections {
        must(section["title"].is_string() && !section["code"].is_null(), "section.title, section.code 1..1");
        must(section["section"].is_null(), "section.section ..0");
        let div = text(&section["text"]["div"]);
        let is_told =
            ["generated", "extensions", "additional"].contains(&text(&section["text"]["status"]).as_str());
        must(
            is_told && div.starts_with("<div xmlns=\"http://www.w3.org/1999/xhtml\">") && div.len() > 60,
            "section.text 1..1",
        );
    }
    for (entry, kind) in entries.iter().zip(&kinds).skip(1).filter(|(_, kind)| *kind != "Patient") {
        let resource = &entry["resource"];
        let whose = [&resource["subject"], &resource["patient"]].map(|it| text(&it["reference"]));
        let url = text(&entry["fullUrl"]);
        must(
            whose.iter().any(|it| resolved(&url, it) == subject),
            &format!("{kind}: about the Patient of the Bundle"),
        );
        let code = match kind.as_str() {
            "Immunization" => "vaccineCode",
            "MedicationRequest" | "MedicationStatement" => {
                must(
                    !resource["medicationCodeableConcept"].is_null()
                        || !resource["medicationReference"].is_null(),
                    "medication[x] 1..1",
                );
                continue;
            }
            "CarePlan" => continue,
            _ => "code",
        };
        must(!resource[code].is_null(), &format!("{kind}.{code} 1..1"));
    }
    faults.sort();
    faults.dedup();
    faults
}

fn document(caller: &Caller<'_>, patient: &str) -> Value {
    caller.read(&format!("/fhir/Patient/{patient}/$summary?profile={IPS}/Bundle-uv-ips"))
}

#[test]
fn it_keeps_the_rules_of_ips_for_a_full_book_and_for_an_empty_one() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let empty = json!({"resourceType": "Patient", "id": "ips-empty", "name": [{"text": "Giả Định"}], "birthDate": "1990-02-03"});
        let _ = all.send("PUT", "/fhir/Patient/ips-empty", &empty.to_string()).expect_status(201);
        let bare = document(&all, "ips-empty");
        assert_eq!(faults(&bare), Vec::<String>::new());
        let codes = |bundle: &Value| -> Vec<String> {
            list(&bundle["entry"][0]["resource"]["section"])
                .iter()
                .map(|it| text(&it["code"]["coding"][0]["code"]))
                .collect()
        };
        assert_eq!(codes(&bare), ["48765-2", "11450-4", "10160-0"], "the three that are required");
        assert_eq!(list(&bare["entry"]).len(), 2, "Composition and Patient");
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for index in 0..12 {
            let (_, patient) = demo.citizen(index);
            for caller in [&demo.as_citizen(index), &all] {
                let bundle = document(caller, patient);
                assert_eq!(faults(&bundle), Vec::<String>::new(), "citizen {index}");
                assert_eq!(bundle["meta"]["profile"][0], format!("{IPS}/Bundle-uv-ips"));
                let sections = list(&bundle["entry"][0]["resource"]["section"])
                    .iter()
                    .filter(|it| !it["entry"].is_null());
                seen.extend(sections.map(|it| text(&it["code"]["coding"][0]["code"])));
            }
        }
        // The checker had something to judge.
        for code in ["11450-4", "10160-0", "11369-6", "8716-3", "30954-2"] {
            assert!(seen.contains(code), "{code} has entries somewhere: {seen:?}");
        }
    }
}

/// A fault, and what makes it.
type Spoilt = (&'static str, fn(&mut Value));

/// What is wrong is found: one thing each.
#[test]
fn the_checker_finds_what_is_against_the_rules() {
    let demo = Demo::start(TestDatabase::sqlite());
    let good = document(&demo.as_citizen(0), demo.citizen(0).1);
    assert_eq!(faults(&good), Vec::<String>::new());
    let wrong: [Spoilt; 12] = [
        ("bdl-9: identifier", |it| it["identifier"] = Value::Null),
        ("bdl-10: timestamp", |it| it["timestamp"] = Value::Null),
        ("bdl-11: the Composition first", |it| it["entry"].as_array_mut().unwrap().swap(0, 1)),
        ("Composition.type", |it| it["entry"][0]["resource"]["type"] = Value::Null),
        ("entry:patient 1..1", |it| drop(it["entry"].as_array_mut().unwrap().remove(1))),
        ("what the Composition refers to is in the Bundle", |it| {
            drop(it["entry"].as_array_mut().unwrap().pop())
        }),
        ("no entry but what the Composition refers to", |it| {
            let more = json!({"fullUrl": "http://x.example/fhir/Basic/1", "resource": {"resourceType": "Basic", "id": "1", "code": {"text": "x"}}});
            it["entry"].as_array_mut().unwrap().push(more);
        }),
        ("section 48765-2", |it| {
            let sections = it["entry"][0]["resource"]["section"].as_array_mut().unwrap();
            sections.retain(|section| section["code"]["coding"][0]["code"] != "48765-2");
        }),
        ("ips-comp-1, cmp-2: section 48765-2", |it| {
            let section = &mut it["entry"][0]["resource"]["section"][0];
            section["emptyReason"] = Value::Null;
            section["entry"] = Value::Null;
        }),
        ("section.text 1..1", |it| it["entry"][0]["resource"]["section"][1]["text"] = Value::Null),
        ("ips-pat-1: a name", |it| it["entry"][1]["resource"]["name"] = Value::Null),
        ("fullUrl 1..1", |it| it["entry"][1]["fullUrl"] = Value::Null),
    ];
    for (fault, spoil) in wrong {
        let mut bundle = good.clone();
        spoil(&mut bundle);
        assert!(faults(&bundle).iter().any(|it| it == fault), "{fault}: {:?}", faults(&bundle));
    }
}
