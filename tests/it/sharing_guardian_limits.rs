//! What a guardian may not do by the acts of sharing though the book is open to them: see, open or close what is closed to
//! guardians, undo what the child or somebody else did (`docs/sharing.md` section 1, `docs/access.md` section 4, guardian).

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::{act, done, facility};
use crate::sharing_gate::staff;
use crate::sharing_guardians::{born, guardian};
use crate::support::program::{Caller, Demo};
use crate::support::{body, expect_refusal, text};

/// A child of 14 years with a parent, and a physician with a relation to the child.
struct Family<'d> {
    demo: &'d Demo,
    patient: String,
    child: Caller<'d>,
    parent: Caller<'d>,
    physician: Caller<'d>,
}

impl<'d> Family<'d> {
    fn of(demo: &'d Demo) -> Self {
        let (number, patient) = demo.citizen(1);
        // Somebody of the demo, for only they can sign in, becomes 14 years old.
        {
            let server = demo.stored();
            let operator = Caller::unlimited(&server);
            let path = format!("/fhir/Patient/{patient}");
            let mut person = operator.read(&path);
            person["birthDate"] = born(14).into();
            let _ = operator.send("PUT", &path, &person.to_string()).expect_status(200);
        }
        guardian(demo, "add", &["--child", number, "--guardian", demo.citizen(0).0, "--source", "court"]);
        let (child, parent) = (demo.as_citizen(1), demo.as_citizen(0));
        let (physician, patient) = (staff(demo, facility(demo), "physician", "TREAT"), patient.to_owned());
        let made = done(&parent, "presence-codes", &json!({"patient": patient}), 201);
        done(&physician, "relations", &json!({"kind": "presence", "code": made["digits"]}), 201);
        Self { demo, patient, child, parent, physician }
    }

    fn items(&self, caller: &Caller<'_>, what: &str) -> Vec<Value> {
        let listed = caller.read(&format!("/access/{what}?patient={}", self.patient));
        listed["items"].as_array().unwrap().clone()
    }

    /// The facility of the physician.
    fn organization(&self) -> String {
        let relations = self.items(&self.child, "relations");
        let presence = relations.iter().find(|item| item["authority"] == "presence").unwrap();
        format!("Organization/{}", text(&presence["facility"]["id"]))
    }

    fn has(&self, caller: &Caller<'_>, what: &str, id: &str) -> bool {
        self.items(caller, what).iter().any(|item| text(&item["id"]).ends_with(id))
    }
}

fn on_each_family(test: impl Fn(&Family<'_>)) {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        test(&Family::of(&demo));
    }
}

/// A block as the child writes it by FHIR, with a label of its own.
fn labelled_block(family: &Family<'_>, label: &str) -> String {
    let block = json!({
        "resourceType": "Consent", "status": "active", "patient": {"reference": format!("Patient/{}", family.patient)},
        "meta": {"security": [{"system": "urn:healthbook:label", "code": label}]},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [
            {"coding": [{"system": "http://loinc.org", "code": "59284-0"}]},
            {"coding": [{"system": "urn:healthbook:relation", "code": "block"}]},
        ],
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTOUT"}]},
        "dateTime": "2026-01-01",
        // Of a facility: one to everybody would close itself to the guardian.
        "provision": {"type": "deny", "period": {"start": "2026-01-01", "end": "2099-12-31"},
            "actor": [{"role": {"text": "x"}, "reference": {"reference": family.organization()}}],
            "securityLabel": [{"system": "urn:healthbook:label", "code": label}]},
    });
    text(&body(&family.child.send("POST", "/fhir/Consent", &block.to_string()).expect_status(201))["id"])
}

#[test]
fn a_guardian_neither_sees_nor_lifts_a_block_that_is_closed_to_guardians() {
    on_each_family(|family| {
        let hidden = labelled_block(family, "PSY");
        let open = labelled_block(family, "HIV");
        for (id, seen) in [(&hidden, false), (&open, true)] {
            assert!(family.has(&family.child, "blocks", id));
            assert_eq!(family.has(&family.parent, "blocks", id), seen);
        }
        let lift = |caller: &Caller<'_>, id: &str| caller.send("DELETE", &format!("/access/blocks/{id}"), "");
        expect_refusal("what is hidden", &lift(&family.parent, &hidden), 404);
        expect_refusal("what is not there", &lift(&family.parent, "nothing"), 404);
        expect_refusal("what the child wrote", &lift(&family.parent, &open), 422);
        for id in [&hidden, &open] {
            assert!(family.has(&family.child, "blocks", id), "it still holds");
            let _ = lift(&family.child, id).expect_status(204);
        }
    });
}

#[test]
fn a_guardian_lifts_only_what_the_guardian_set() {
    on_each_family(|family| {
        let clinic = facility(family.demo);
        let lift = |caller: &Caller<'_>, id: &str| caller.send("DELETE", &format!("/access/blocks/{id}"), "");
        let set = |caller: &Caller<'_>| {
            let made = done(caller, "blocks", &json!({"facility": clinic, "patient": family.patient}), 201);
            text(&made["id"])
        };
        let of_child = set(&family.child);
        expect_refusal("the child's", &lift(&family.parent, &of_child), 422);
        assert!(family.has(&family.child, "blocks", &of_child));
        let own = set(&family.parent);
        let _ = lift(&family.parent, &own).expect_status(204);
        assert!(!family.has(&family.child, "blocks", &own));
        let again = set(&family.parent);
        let _ = lift(&family.child, &again).expect_status(204);
    });
}

#[test]
fn labels_and_emergencies_are_not_a_guardians_to_decide() {
    on_each_family(|family| {
        let clinic = facility(family.demo);
        for request in [
            json!({"labels": ["PSY"], "patient": family.patient}),
            // One that is open to guardians at this age is not theirs to hide either.
            json!({"labels": ["HIV"], "patient": family.patient}),
            json!({"in_emergency": true, "patient": family.patient}),
            json!({"in_emergency": true, "facility": clinic, "patient": family.patient}),
        ] {
            expect_refusal(&request.to_string(), &act(&family.parent, "blocks", &request), 422);
        }
        for request in [
            json!({"labels": ["PSY"], "facility": clinic}),
            json!({"in_emergency": true, "facility": clinic}),
        ] {
            done(&family.child, "blocks", &request, 201);
        }
        let (blocks, of_child) =
            (family.items(&family.parent, "blocks"), family.items(&family.child, "blocks"));
        assert_eq!(blocks, of_child);
        assert_eq!(blocks.len(), 2, "only the child's");
        for label in ["PSY", "DV", "HIV"] {
            let request = json!({"labels": [label], "patient": family.patient});
            expect_refusal(label, &act(&family.parent, "presence-codes", &request), 422);
        }
        let request = json!({"labels": ["PSY"]});
        done(&family.child, "presence-codes", &request, 201);
    });
}

#[test]
fn a_guardian_previews_nothing_of_the_childs_book() {
    on_each_family(|family| {
        let preview = json!({"facility": facility(family.demo), "patient": family.patient});
        expect_refusal("a preview", &act(&family.parent, "preview", &preview), 400);
        let draft = json!({
            "resourceType": "Consent", "status": "active", "patient": {"reference": format!("Patient/{}", family.patient)},
            "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
            "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTOUT"}]},
            "provision": {"type": "deny", "period": {"start": "2026-01-01", "end": "2099-12-31"}},
        });
        expect_refusal("its effects", &act(&family.parent, "effects", &draft), 422);
    });
}

#[test]
fn a_visit_that_is_private_is_no_relation_that_a_guardian_sees() {
    on_each_family(|family| {
        let visit = |reason: &str| {
            let encounter = json!({
                "resourceType": "Encounter", "status": "in-progress",
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "subject": {"reference": format!("Patient/{}", family.patient)},
                "serviceProvider": {"reference": family.organization()},
                "reasonCode": [{"text": reason}],
            });
            text(
                &body(
                    &family
                        .physician
                        .send("POST", "/fhir/Encounter", &encounter.to_string())
                        .expect_status(201),
                )["id"],
            )
        };
        let (open, private) = (visit("a cold"), visit("a talk"));
        for id in [&open, &private] {
            assert!(family.has(&family.parent, "relations", id), "a visit is told");
        }
        done(&family.physician, &format!("visits/{private}/private"), &json!({}), 200);
        assert!(family.has(&family.parent, "relations", &open));
        assert!(!family.has(&family.parent, "relations", &private), "{private}");
        assert!(family.has(&family.child, "relations", &private), "the child knows");
        for (what, request) in [
            ("end", json!({})),
            ("shorten", json!({"ends": "2099-01-01T00:00:00Z"})),
            ("extend", json!({"ends": "2099-01-01T00:00:00Z"})),
        ] {
            let path = format!("relations/encounter.Encounter.{private}/{what}");
            let unknown =
                act(&family.parent, &format!("relations/encounter.Encounter.nothing/{what}"), &request);
            let answer = act(&family.parent, &path, &request);
            let (hidden, absent) = (expect_refusal(what, &answer, 404), expect_refusal(what, &unknown, 404));
            assert_eq!(hidden, absent, "as if it were not there");
        }
        done(&family.child, &format!("relations/encounter.Encounter.{private}/end"), &json!({}), 200);
    });
}
