//! `Patient/$match` over HTTP (`docs/matching.md`): grades of every slip, twins and doubles, who may ask, what the log says,
//! the location shield, and that the keys follow what is written.

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::sharing::facility;
use crate::sharing_gate::staff;
use crate::support::program::{Caller, Demo};
use crate::support::{body, entries, expect_refusal, on_each, start, text};

const NUMBER: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
const CARD: &str = "http://fhir.hl7.org.vn/core/sid/bhyt";
const GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";
const READ_FROM: &str = "urn:healthbook:read-from";

/// A person as the population register has verified it: on a server without a register who writes it says so.
fn verified(name: &str, birth_date: &str, gender: &str, number: &str) -> Value {
    json!({
        "resourceType": "Patient", "active": true, "name": [{"use": "official", "text": name}], "birthDate": birth_date,
        "gender": gender, "identifier": [{"system": NUMBER, "value": number}],
        "extension": [{"url": "urn:healthbook:registry", "extension": [{"url": "verifiedAt", "valueInstant": "2026-01-01T00:00:00Z"}]}],
    })
}

/// What a desk types.
fn described(name: &str, birth_date: &str, gender: &str, number: &str) -> Value {
    let mut patient = json!({"resourceType": "Patient", "name": [{"text": name}], "birthDate": birth_date, "gender": gender});
    if !number.is_empty() {
        patient["identifier"] = json!([{"system": NUMBER, "value": number}]);
    }
    patient
}

fn question(patient: &Value, more: &[Value]) -> String {
    let mut parameters = vec![json!({"name": "resource", "resource": patient})];
    parameters.extend_from_slice(more);
    json!({"resourceType": "Parameters", "parameter": parameters}).to_string()
}

fn ask(caller: &Caller<'_>, patient: &Value, more: &[Value]) -> Response {
    caller.send("POST", "/fhir/Patient/$match", &question(patient, more))
}

/// Id and grade of everybody who was found, best first; the shape of the Bundle is checked.
#[track_caller]
fn found(answer: Response) -> Vec<(String, String)> {
    let bundle = body(&answer.expect_status(200));
    assert_eq!((&bundle["resourceType"], &bundle["type"]), (&json!("Bundle"), &json!("searchset")));
    let mut last = f64::MAX;
    let found: Vec<(String, String)> = entries(&bundle)
        .iter()
        .map(|entry| {
            let search = &entry["search"];
            let score = search["score"].as_f64().expect("every match has a score");
            assert!((0.0..=1.0).contains(&score) && search["mode"] == "match", "{search}");
            let grade = search["extension"].as_array().unwrap().iter().find(|it| it["url"] == GRADE).unwrap();
            let grade = text(&grade["valueCode"]);
            if grade == "certain" {
                last = last.min(score);
            }
            let id = text(&entry["resource"]["id"]);
            assert!(text(&entry["fullUrl"]).ends_with(&format!("/Patient/{id}")));
            (id, grade)
        })
        .collect();
    found
}

#[track_caller]
fn created(caller: &Caller<'_>, patient: &Value) -> String {
    let answer = caller.send_with(
        "POST",
        "/fhir/Patient",
        &[("Prefer", "return=representation")],
        &patient.to_string(),
    );
    text(&body(&answer.expect_status(201))["id"])
}

fn first(found: &[(String, String)]) -> (&str, &str) {
    found.first().map_or(("", ""), |(id, grade)| (id.as_str(), grade.as_str()))
}

fn only_certain() -> Value {
    json!({"name": "onlyCertainMatches", "valueBoolean": true})
}

#[test]
fn each_slip_of_the_document_finds_the_person() {
    on_each(|server| {
        let caller = Caller::unlimited(server);
        let number = "099085123456";
        let mut person = verified("Nguyễn Văn Hùng", "1985-03-07", "male", number);
        person["identifier"].as_array_mut().unwrap().push(json!({"system": CARD, "value": "9123456789"}));
        person["telecom"] = json!([{"system": "phone", "value": "0381234567"}]);
        let id = created(&caller, &person);
        for other in 0..20 {
            let name = ["Trần Thị Hoa", "Lê Văn Bình", "Phạm Thu Hà", "Võ Minh Đức"][other % 4];
            let _ = created(
                &caller,
                &verified(
                    name,
                    &format!("19{}-0{}-1{}", 60 + other, 1 + other % 9, other % 9),
                    "female",
                    &format!("0990991{other:05}"),
                ),
            );
        }
        let same = |name: &str, date: &str, number: &str| described(name, date, "male", number);
        // With the number: what does not hold `certain` down by section 5.
        for certain in [
            same("Nguyễn Văn Hùng", "1985-03-07", number),
            same("NGUYỄN  VĂN HÙNG", "1985-03-07", "099 085 123 456"),
            same("Nguye\u{302}\u{303}n Va\u{306}n Hu\u{300}ng", "1985-03-07", number),
            same("Ngu\u{200b}yễn.Văn.Hùng", "1985-03-07", number),
            same("Hùng Nguyễn Văn", "1985-03-07", number),
            same("Văn Hùng Nguyễn", "1985-03-07", number),
            same("Nguyễn Hùng", "1985-03-07", number),
            same("Nguyễn Văn Hùng", "1985-07-03", number),
            same("Nguyễn Văn Hùng", "1986-03-07", number),
            same("Nguyễn Văn Hùng", "1985-03-17", number),
            same("Nguyễn Văn Hùng", "1985", number),
            same("Nguyễn Văn Hùng", "1985-01-01", number),
        ] {
            let people = found(ask(&caller, &certain, &[]));
            assert_eq!(first(&people), (id.as_str(), "certain"), "{certain}: {people:?}");
        }
        // Family and given name in each other's box.
        let mut boxes = same("", "1985-03-07", number);
        boxes["name"] = json!([{"family": "Hùng", "given": ["Văn", "Nguyễn"]}]);
        assert_eq!(first(&found(ask(&caller, &boxes, &[]))), (id.as_str(), "certain"));
        // Where a rule holds it down, or without a number: probable.
        for probable in [
            same("Nguyen Van Hung", "1985-03-07", number),
            same("Nguyeexn Vawn Hufng", "1985-03-07", number),
            same("Nguye6n4 Va8n Hu2ng", "1985-03-07", number),
            same("Nguyễn Văn Hưng", "1985-03-07", number),
            same("Nguyễn Văn Hugn", "1985-03-07", number),
            same("Nguyễn Văn Hùng", "1985-03-07", "099085123457"),
            same("Nguyễn Văn Hùng", "1985-03-07", "099085124356"),
            same("Nguyễn Văn Hùng", "1985-03-07", "99085123456"),
            same("Nguyễn Văn Hùng", "1985-03-07", ""),
            same("Nguyen Van Hung", "1985-03-07", ""),
            same("Hùng Nguyễn Văn", "1985-03-07", ""),
            same("Nguyễn Văn Hùng", "1985-07-03", ""),
        ] {
            let people = found(ask(&caller, &probable, &[]));
            assert_eq!(first(&people), (id.as_str(), "probable"), "{probable}: {people:?}");
        }
        // A card in each of its forms, and a telephone with the code of the country: they find, and never alone surely.
        for card in ["GD 4 01 9123456789", "GD4019123456789", "9123456789", number] {
            let mut by_card = described("Nguyễn Văn Hùng", "1985-03-07", "male", "");
            by_card["identifier"] =
                json!([{"system": "http://fhir.ehealth.gov.vn/core/sid/insurance_number", "value": card}]);
            let expected = if card == number { "certain" } else { "probable" };
            assert_eq!(first(&found(ask(&caller, &by_card, &[]))), (id.as_str(), expected), "{card}");
        }
        let by_phone = json!({"resourceType": "Patient", "name": [{"text": "Nguyễn Văn Hùng"}],
            "telecom": [{"system": "phone", "value": "+84 38 123 4567"}]});
        let people = found(ask(&caller, &by_phone, &[]));
        assert!(people.iter().any(|(found, grade)| *found == id && grade != "certain"), "{people:?}");
    });
}

#[test]
fn twins_and_doubles_are_certain_by_a_verified_number_only() {
    on_each(|server| {
        let caller = Caller::unlimited(server);
        let born = "2001-05-09";
        let of_one_home = |name: &str, number: &str| {
            let mut twin = verified(name, born, "male", number);
            twin["telecom"] = json!([{"system": "phone", "value": "0381234567"}]);
            twin
        };
        let an = created(&caller, &of_one_home("Trần Quốc An", "099201000001"));
        let _ = created(&caller, &of_one_home("Trần Quốc Ân", "099201000002"));
        let doubles: Vec<String> = ["099275000001", "099275000002"]
            .map(|number| created(&caller, &verified("Lê Thị Lan", "1975-11-20", "female", number)))
            .into();
        let mut provisional = verified("Phan Hữu Nghĩa", "1990-09-09", "male", "099090000001");
        provisional.as_object_mut().unwrap().remove("extension");
        let _ = created(&caller, &provisional);
        for query in [
            described("Trần Quốc An", born, "male", ""),
            described("Tran Quoc An", born, "male", "099201000001"),
            described("Lê Thị Lan", "1975-11-20", "female", ""),
            described("Phan Hữu Nghĩa", "1990-09-09", "male", "099090000001"),
        ] {
            let people = found(ask(&caller, &query, &[]));
            assert!(
                !people.is_empty() && people.iter().all(|(_, grade)| grade != "certain"),
                "{query}: {people:?}"
            );
            assert!(found(ask(&caller, &query, &[only_certain()])).is_empty());
        }
        for (place, number) in ["099275000001", "099275000002"].into_iter().enumerate() {
            let query = described("Lê Thị Lan", "1975-11-20", "female", number);
            assert_eq!(first(&found(ask(&caller, &query, &[]))), (doubles[place].as_str(), "certain"));
            let only = found(ask(&caller, &query, &[only_certain()]));
            assert_eq!(only, [(doubles[place].clone(), "certain".to_owned())]);
        }
        let query = described("Trần Quốc An", born, "male", "099201000001");
        assert_eq!(first(&found(ask(&caller, &query, &[]))), (an.as_str(), "certain"));
        // A chip tells the name without marks: it is not mixed up.
        let mut chip = described("TRAN QUOC AN", born, "male", "099201000001");
        let typed = found(ask(&caller, &chip, &[only_certain()]));
        assert!(typed.is_empty(), "{typed:?}");
        chip["extension"] = json!([{"url": READ_FROM, "valueCode": "chip"}]);
        let read = found(ask(&caller, &chip, &[]));
        assert_eq!(read[0].0, an, "{read:?}");
    });
}

#[test]
fn the_keys_follow_what_is_written_in_the_same_transaction() {
    on_each(|server| {
        let caller = Caller::unlimited(server);
        let query = |name: &str| described(name, "1979-02-28", "male", "");
        let (before, after) = ("Đặng Hữu Tài", "Bùi Quang Minh");
        for round in 0..5 {
            let mut person = verified(before, "1979-02-28", "male", &format!("09907900000{round}"));
            let id = created(&caller, &person);
            assert_eq!(found(ask(&caller, &query(before), &[]))[0].0, id, "at once");
            person["id"] = json!(id);
            person["name"] = json!([{"text": after}]);
            person["identifier"] = json!([{"system": NUMBER, "value": "099079999999"}]);
            let path = format!("/fhir/Patient/{id}");
            let _ = caller.send("PUT", &path, &person.to_string()).expect_status(200);
            assert!(found(ask(&caller, &query(before), &[])).is_empty(), "the old keys are gone");
            let by_old = described("", "", "male", &format!("09907900000{round}"));
            let mut by_old = by_old;
            by_old.as_object_mut().unwrap().remove("birthDate");
            by_old.as_object_mut().unwrap().remove("name");
            assert!(found(ask(&caller, &by_old, &[])).is_empty(), "the old number is gone");
            assert_eq!(found(ask(&caller, &query(after), &[]))[0].0, id);
            let _ = caller.send("DELETE", &path, "");
            assert!(found(ask(&caller, &query(after), &[])).is_empty(), "nobody is left");
        }
    });
}

#[test]
fn who_was_replaced_leads_to_who_replaced_it_and_who_is_out_of_use_is_never_certain() {
    on_each(|server| {
        let caller = Caller::unlimited(server);
        let mut survivor = verified("Hoàng Thị Mai", "1988-12-01", "female", "099188000002");
        survivor["identifier"].as_array_mut().unwrap().push(
            json!({"system": NUMBER, "value": "099188000009", "use": "old", "period": {"end": "2020-01-01"}}),
        );
        let id = created(&caller, &survivor);
        let mut replaced = verified("Hoàng Thị Mai", "1988-12-01", "female", "099188000001");
        replaced["active"] = json!(false);
        replaced["link"] = json!([{"type": "replaced-by", "other": {"reference": format!("Patient/{id}")}}]);
        let _ = created(&caller, &replaced);
        // By any number that one of both has, one that ended included.
        for number in ["099188000001", "099188000002", "099188000009"] {
            let query = described("Hoàng Thị Mai", "1988-12-01", "female", number);
            let people = found(ask(&caller, &query, &[]));
            assert_eq!(people, [(id.clone(), "certain".to_owned())], "{number}");
        }
        let mut cancelled = verified("Đỗ Đình Khoa", "1966-06-16", "male", "099066000001");
        cancelled["active"] = json!(false);
        let cancelled = created(&caller, &cancelled);
        let query = described("Đỗ Đình Khoa", "1966-06-16", "male", "099066000001");
        assert_eq!(found(ask(&caller, &query, &[])), [(cancelled, "probable".to_owned())]);
        // Of the dead it is told that they are.
        let mut dead = verified("Vũ Thị Nhàn", "1930-04-05", "female", "099030000001");
        dead["deceasedDateTime"] = json!("2020-02-02");
        let _ = created(&caller, &dead);
        let query = described("Vũ Thị Nhàn", "1930-04-05", "female", "099030000001");
        let bundle = body(&ask(&caller, &query, &[]));
        assert_eq!(entries(&bundle)[0]["resource"]["deceasedDateTime"], "2020-02-02");
    });
}

#[test]
fn an_answer_is_bounded_and_what_is_asked_wrongly_is_named() {
    on_each(|server| {
        let caller = Caller::unlimited(server);
        let query = described("Nguyễn Văn Nam", "1985-03-07", "male", "");
        for number in 0..60 {
            let person = verified("Nguyễn Văn Nam", "1985-03-07", "male", &format!("0990850{number:05}"));
            let _ = created(&caller, &person);
        }
        let asked = |more: &[Value]| {
            let bundle = body(&ask(&caller, &query, more).expect_status(200));
            (entries(&bundle).len(), bundle["total"].clone())
        };
        let count = |count: u32| json!({"name": "count", "valueInteger": count});
        assert_eq!(asked(&[]), (10, json!(60)));
        assert_eq!(asked(&[count(3)]), (3, json!(60)));
        assert_eq!(asked(&[count(1_000_000)]), (50, json!(60)));
        let code = |answer: &Response, status| {
            expect_refusal("match", answer, status)["details"]["coding"][0]["code"].clone()
        };
        let nothing = json!({"resourceType": "Patient", "gender": "male"});
        assert_eq!(code(&ask(&caller, &nothing, &[]), 422), "match-too-little");
        let whose = json!({"resourceType": "Patient", "birthDate": "1985-03-07"});
        assert_eq!(code(&ask(&caller, &whose, &[]), 422), "match-too-little");
        assert_eq!(code(&ask(&caller, &query, &[count(0)]), 400), "operation-parameter-value");
        let wrong = described("Nguyễn Văn Nam", "07/03/1985", "male", "");
        assert_eq!(ask(&caller, &wrong, &[]).status, 400);
        let empty =
            json!({"resourceType": "Parameters", "parameter": [{"name": "count", "valueInteger": 1}]});
        let answer = caller.send("POST", "/fhir/Patient/$match", &empty.to_string());
        assert_eq!(code(&answer, 400), "operation-parameter-missing");
        assert_eq!(caller.get("/fhir/Patient/$match").status, 405);
        // Names and telephones that more share than a key may have.
        for number in 60..260 {
            let person = verified("Nguyễn Văn Nam", "1985-03-07", "male", &format!("0990850{number:05}"));
            let _ = created(&caller, &person);
        }
        assert_eq!(code(&ask(&caller, &query, &[]), 422), "match-too-wide");
        let one = described("Nguyễn Văn Nam", "1985-03-07", "male", "099085000007");
        assert_eq!(found(ask(&caller, &one, &[]))[0].1, "certain", "a number is enough");
    });
}

#[test]
fn staff_ask_citizens_do_not_and_a_system_gets_one_certain_match_or_nothing() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let person = verified("Tạ Quang Vinh", "1970-10-10", "male", "099070000001");
        let id = created(&all, &person);
        let exact = described("Tạ Quang Vinh", "1970-10-10", "male", "099070000001");
        let vague = described("Ta Quang Vinh", "1970-10-10", "male", "");
        let registrar = staff(&demo, facility(&demo), "registrar", "TREAT");
        let physician = staff(&demo, facility(&demo), "physician", "TREAT");
        for caller in [&registrar, &physician] {
            let creates =
                caller.send("POST", "/fhir/Patient", &json!({"resourceType": "Patient"}).to_string());
            if creates.status == 201 {
                assert_eq!(first(&found(ask(caller, &exact, &[]))), (id.as_str(), "certain"));
                assert_eq!(first(&found(ask(caller, &vague, &[]))), (id.as_str(), "probable"));
            } else {
                assert_eq!(ask(caller, &exact, &[]).status, 403);
            }
        }
        // It is shown who it is, whoever may read the book.
        assert_ne!(registrar.get(&format!("/fhir/Patient/{id}")).status, 200);
        let system = demo.as_client();
        assert_eq!(found(ask(&system, &exact, &[])), [(id.clone(), "certain".to_owned())]);
        assert!(found(ask(&system, &vague, &[])).is_empty());
        assert_eq!(ask(&demo.as_citizen(0), &exact, &[]).status, 403);
        let nobody = demo.server().client().send_fhir("POST", "/fhir/Patient/$match", question(&exact, &[]));
        assert_eq!(nobody.status, 401);
    }
}

#[test]
fn who_is_listed_reads_it_in_the_own_log_without_what_was_typed() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let (number, id) = demo.citizen(3);
        let person = all.read(&format!("/fhir/Patient/{id}"));
        let mut query =
            json!({"resourceType": "Patient", "name": person["name"], "birthDate": person["birthDate"]});
        query["identifier"] = json!([{"system": NUMBER, "value": number}]);
        let registrar = staff(&demo, facility(&demo), "registrar", "TREAT");
        let people = found(ask(&registrar, &query, &[]));
        assert_eq!(people[0].0, id);
        let log = demo.as_citizen(3).resources("/fhir/AuditEvent?_count=1000");
        let of_match: Vec<&Value> = log
            .iter()
            .filter(|event| event.to_string().contains("JG1hdGNo") || event.to_string().contains("$match"))
            .collect();
        let all_entries = log.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        assert!(!of_match.is_empty(), "{all_entries}");
        let name = text(&person["name"][0]["text"]);
        for event in of_match {
            let told = event["entity"].to_string();
            assert!(!told.contains(number) && (name.is_empty() || !told.contains(&name)), "{told}");
        }
        // Who was not listed has no entry of it.
        let listed = people.iter().any(|(found, _)| found == demo.citizen(4).1);
        let log = demo.as_citizen(4).resources("/fhir/AuditEvent?_count=1000");
        let is_of_match = |event: &Value| {
            let event = event.to_string();
            event.contains("JG1hdGNo") || event.contains("$match")
        };
        assert_eq!(log.iter().any(is_of_match), listed);
    }
}

#[test]
fn a_place_under_the_shield_neither_finds_nor_weighs() {
    on_each(|server| {
        let caller = Caller::unlimited(server);
        let address = |ward: &str| {
            json!([{"text": "Hidden Lane", "extension": [
                {"url": "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-ward", "valueCoding": {"system": "urn:w", "code": ward}},
                {"url": "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-province", "valueCoding": {"system": "urn:p", "code": "99"}}]}])
        };
        let mut person = verified("Lâm Bảo Châu", "1992-08-17", "female", "099192000001");
        person["address"] = address("00099");
        person["telecom"] = json!([{"system": "phone", "value": "0381234567"}]);
        let id = created(&caller, &person);
        let query = |ward: &str| {
            let mut query = json!({"resourceType": "Patient", "name": [{"text": "Lâm Bảo Châu"}]});
            query["address"] = address(ward);
            query
        };
        assert_eq!(found(ask(&caller, &query("00099"), &[]))[0].0, id, "a name and a commune find a person");
        person["id"] = json!(id);
        person["meta"] = json!({"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]});
        let _ = caller.send("PUT", &format!("/fhir/Patient/{id}"), &person.to_string()).expect_status(200);
        assert!(found(ask(&caller, &query("00099"), &[])).is_empty(), "the commune leads to nobody");
        let by_phone = json!({"resourceType": "Patient", "name": [{"text": "Lâm Bảo Châu"}],
            "telecom": [{"system": "phone", "value": "0381234567"}]});
        assert!(found(ask(&caller, &by_phone, &[])).is_empty(), "nor does the telephone");
        // The right commune, a wrong one and none: the answer is the same to the last digit.
        let scores: Vec<Value> = [Some("00099"), Some("00001"), None]
            .into_iter()
            .map(|ward| {
                let mut query = described("Lâm Bảo Châu", "1992-08-17", "female", "");
                if let Some(ward) = ward {
                    query["address"] = address(ward);
                }
                let bundle = body(&ask(&caller, &query, &[]).expect_status(200));
                assert!(!bundle.to_string().contains("Hidden"));
                entries(&bundle)[0]["search"].clone()
            })
            .collect();
        assert_eq!(scores[0], scores[1]);
        assert_eq!(scores[1], scores[2]);
    });
}

#[test]
fn the_contract_tells_the_operation() {
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let caller = Caller::unlimited(&server);
    let statement = caller.read("/fhir/metadata");
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    let patient = resources.iter().find(|it| it["type"] == "Patient").unwrap();
    let operation = patient["operation"].as_array().unwrap().iter().find(|it| it["name"] == "match").unwrap();
    assert_eq!(operation["definition"], "http://hl7.org/fhir/OperationDefinition/Patient-match");
    // What a database from before is answered while its keys are made: the walk itself is tested at the store.
    let errors = include_str!("../../docs/errors.md");
    assert!(errors.contains(&format!("`{}`", "match-not-ready")));
}
