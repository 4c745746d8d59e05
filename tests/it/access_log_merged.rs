//! A citizen reads the log of all that is the own book (docs/access-log.md, section 9; docs/merging.md, section 3).

use serde_json::{Value, json};

use crate::access_log::on_each_demo;
use crate::access_log_told::{Log, get, patient};
use crate::sharing_gate::staff;
use crate::support::access_log::signed;
use crate::support::program::Caller;
use crate::support::{body, text};

#[test]
fn a_citizen_sees_who_reads_what_was_merged_into_the_own_book() {
    on_each_demo(|demo| {
        let stored = demo.stored();
        let all = Caller::unlimited(&stored);
        let made = |resource: &Value| {
            let path = format!("/fhir/{}", text(&resource["resourceType"]));
            let answer =
                all.send_with("POST", &path, &[("Prefer", "return=representation")], &resource.to_string());
            text(&body(&answer.expect_status(201))["id"])
        };
        let there = &demo.description["facilities"][0];
        let other =
            made(&json!({"resourceType": "Patient", "active": true, "name": [{"text": "Người chưa rõ"}]}));
        let visit = made(&json!({"resourceType": "Encounter", "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": format!("Patient/{other}")}, "period": {"start": "2026-01-01"},
            "serviceProvider": {"reference": format!("Organization/{}", text(&there["organization_id"]))}}));
        let physician = staff(demo, &text(&there["code"]), "physician", "TREAT");
        let (own, replaced) = (patient(demo, 0), format!("Patient/{other}"));
        let link = |name: &str| {
            let with = json!({"resourceType": "Parameters", "parameter": [
                {"name": "other", "valueReference": {"reference": replaced}}]});
            let _ = all.send("POST", &format!("/fhir/{own}/{name}"), &with.to_string()).expect_status(200);
            // Another server may not know it for a quarter of a second.
            std::thread::sleep(std::time::Duration::from_secs(1));
        };
        let citizen = demo.as_citizen(0);
        let seen = || {
            let log = citizen.resources("/fhir/AuditEvent?_count=1000");
            log.iter().filter(|event| event.to_string().contains(&format!("Encounter/{visit}"))).count()
        };
        get(&physician, &format!("/fhir/Encounter/{visit}"), 200);
        assert_eq!(seen(), 0);
        link("$link");
        let before = seen();
        assert!(before > 0, "who has read it");
        get(&physician, &format!("/fhir/Encounter/{visit}"), 200);
        assert_eq!(seen(), before + 1);
        let asked = get(&citizen, &format!("/fhir/AuditEvent?patient={replaced}"), 200);
        signed(demo);
        let extract = citizen.read("/transparency/extract");
        let told = extract["entries"].as_array().unwrap();
        assert!(told.iter().any(|it| it["entry"]["patient"] == *replaced), "{extract}");
        assert!(told.iter().any(|it| it["entry"]["patient"] == *own));
        let read = told.iter().find(|it| it["entry"]["patient"] == *replaced).unwrap();
        let _ = citizen.get(&format!("/transparency/proof/{}", read["position"])).expect_status(200);
        let log = Log::of(demo);
        assert_eq!(&*log.only(asked).patient, replaced);
        // Apart again, it is not the own one.
        link("$unlink");
        assert_eq!(seen(), 0);
    });
}
