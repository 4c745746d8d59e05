//! Preview and effects before confirming; private visits; the location shield.

use access::{Caller, Interaction, OfficerRole, StaffRole};
use fhir::{Instant, ResourceType};
use healthbook_health_book::{effects, presence, preview, shields, visits};
use serde_json::{Value, json};

use crate::world::{DAY, World, administrator, at, body, citizen, id, last, on_each, refusal, staff};

fn draft(patient: &str, provision: Value) -> Vec<u8> {
    let mut provision = provision;
    provision["period"] = json!({"start": at(0).to_string(), "end": last(at(DAY))});
    json!({
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-category-cs", "code": "privacy"}]}],
        "patient": {"reference": format!("Patient/{patient}")},
        "dateTime": at(0).to_string(),
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTOUT"}]},
        "provision": provision,
    })
    .to_string()
    .into_bytes()
}

fn at_clinic(kind: &str) -> Value {
    let role = json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]});
    json!({"type": kind, "actor": [{"role": role, "reference": {"reference": "Organization/clinic"}}]})
}

#[test]
fn effects_are_told_and_nothing_is_stored() {
    on_each(|world| async move {
        let ask = async |draft: Vec<u8>| effects::effects(&world.book, &citizen("hoa"), &draft, at(0)).await;
        let told = ask(draft("hoa", at_clinic("deny"))).await.unwrap();
        let codes: Vec<_> =
            told["effects"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
        assert!(codes.starts_with(&["closes"]) && codes.contains(&"emergency-keeps"), "{codes:?}");
        assert!(told["effects"][0]["vi"].as_str().unwrap().contains("Clinic"));
        assert_eq!((&told["reversible"], &told["ends"]), (&json!(true), &json!(at(DAY).to_string())));
        assert!(world.consents_of("hoa").await.is_empty());
        for (element, value) in [
            ("action", json!([{"text": "x"}])),
            ("code", json!([{"text": "x"}])),
            ("data", json!([{"meaning": "instance", "reference": {"reference": "Observation/x"}}])),
            ("dataPeriod", json!({"start": "2020"})),
        ] {
            let mut provision = at_clinic("deny");
            provision[element] = value.clone();
            assert_eq!(refusal(ask(draft("hoa", provision)).await).0, 422, "{element}");
            let mut provision = at_clinic("deny");
            provision["provision"] = json!([{ element: value }]);
            assert_eq!(refusal(ask(draft("hoa", provision)).await).0, 422, "nested {element}");
        }
        assert_eq!(refusal(ask(draft("lan", at_clinic("deny"))).await).0, 422, "another's book");
        assert_eq!(refusal(ask(draft("hoa", json!({"type": "permit"}))).await).0, 422, "open to everybody");
        assert!((400..500).contains(&refusal(ask(b"{".to_vec()).await).0));
        let (physician, denial) = (staff("clinic", StaffRole::Physician), draft("hoa", at_clinic("deny")));
        let foreign = effects::effects(&world.book, &physician, &denial, at(0)).await;
        assert_eq!(refusal(foreign).0, 403);
    });
}

#[test]
fn a_preview_counts_by_type() {
    on_each(|world| async move {
        let request = json!({"facility": "99001", "role": "physician", "purpose": "TREAT"});
        let shown = preview::preview(&world.book, &citizen("hoa"), body(request), at(0)).await.unwrap();
        let all = |list: &Value| {
            list.as_array().unwrap().iter().map(|it| it["count"].as_u64().unwrap()).sum::<u64>()
        };
        assert_eq!(all(&shown["seen"]) + all(&shown["hidden"]), 1, "the Patient is in one of both: {shown}");
        let ask =
            async |request: Value| preview::preview(&world.book, &citizen("hoa"), body(request), at(0)).await;
        assert_eq!(refusal(ask(json!({"facility": "nowhere"})).await).0, 422);
        assert_eq!(refusal(ask(json!({"facility": "99001", "role": "king"})).await).0, 422);
        assert_eq!(refusal(ask(json!({"facility": "99001", "purpose": "FUN"})).await).0, 422);
    });
}

/// A visit that the clinic itself records, in a book that was opened to it by a code.
async fn visit(world: &World, patient: &str) -> String {
    let now = Instant::now();
    let code = presence::make_code(&world.book, &citizen(patient), body(json!({})), now).await.unwrap();
    let physician = staff("clinic", StaffRole::Physician);
    let request = body(json!({"kind": "presence", "code": code["digits"]}));
    presence::redeem(&world.book, &physician, request, now).await.unwrap();
    let encounter = json!({"resourceType": "Encounter", "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": format!("Patient/{patient}")},
        "serviceProvider": {"reference": "Organization/clinic"}});
    let kind = "Encounter".parse().unwrap();
    let access = world.service().decide(&physician, Interaction::Create, Some(kind)).unwrap();
    let stored = interactions::create(world.service(), &access, kind, encounter.to_string().as_bytes()).await;
    stored.unwrap_or_else(|problem| panic!("{}", problem.outcome())).id.to_string()
}

#[test]
fn the_visit_of_an_adolescent_is_made_private_once() {
    on_each(|world| async move {
        let (young, grown) = (visit(&world, "teen").await, visit(&world, "hoa").await);
        let physician = staff("clinic", StaffRole::Physician);
        for _ in 0..2 {
            let done = visits::make_private(&world.book, &physician, &young, at(0)).await.unwrap();
            assert_eq!(done, json!({"encounter": young, "version": 2}));
        }
        let stored = world.read("Encounter", &id(&young)).await;
        assert_eq!(stored["meta"]["security"].as_array().unwrap().len(), 1);
        assert_eq!(stored["meta"]["security"][0]["code"], "ADOLESCENT");
        let ask =
            async |caller: &Caller, name: &str| visits::make_private(&world.book, caller, name, at(0)).await;
        assert_eq!(refusal(ask(&physician, &grown).await), (422, "not-possible".to_owned()));
        assert_eq!(refusal(ask(&physician, "nothing").await).0, 404);
        assert_eq!(refusal(ask(&staff("clinic", StaffRole::Registrar), &young).await).0, 403);
        assert_eq!(refusal(ask(&citizen("teen"), &young).await).0, 403);
    });
}

/// Whether the citizen is shown a part of the own `Patient`.
async fn is_redacted(world: &World) -> bool {
    let service = world.book.service();
    let access = service.decide(&citizen("hoa"), Interaction::Read, Some(ResourceType::PATIENT)).unwrap();
    let shown = service.store().read(&access, ResourceType::PATIENT, &id("hoa")).await.unwrap().unwrap();
    shown.inspect().unwrap().unwrap().contains("REDACTED")
}

#[test]
fn a_shield_needs_two_officers() {
    on_each(|world| async move {
        let (one, other) = (administrator("one"), administrator("other"));
        let request = |act: &str| {
            body(
                json!({"citizen_number": "099000000001", "act": act, "reason": "protected by order of a court"}),
            )
        };
        let confirm =
            async |who: &Caller, number: &str, now| shields::confirm(&world.book, who, number, now).await;
        let asked = shields::ask(&world.book, &one, request("set"), at(0)).await.unwrap();
        let number = asked["id"].as_str().unwrap();
        assert_eq!(refusal(confirm(&one, number, at(1)).await), (409, "second-officer".to_owned()));
        let minister = access::Identity::new("m", access::Actor::Officer { role: OfficerRole::Ministry });
        assert_eq!(refusal(confirm(&Caller::Authenticated(minister.into()), number, at(1)).await).0, 403);
        assert_eq!(refusal(confirm(&other, number, at(7 * DAY)).await).0, 404, "over");
        let list = shields::list(&world.book, &other, at(1)).await.unwrap();
        assert_eq!((&list["items"][0]["patient"], &list["items"][0]["act"]), (&json!("hoa"), &json!("set")));
        confirm(&other, number, at(2)).await.unwrap();
        let patient = world.read("Patient", &id("hoa")).await;
        assert_eq!(
            patient["meta"]["security"],
            json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}])
        );
        assert!(is_redacted(&world).await, "from the confirmation on");
        assert_eq!(refusal(confirm(&other, number, at(3)).await).0, 404, "once");
        let asked = shields::ask(&world.book, &other, request("lift"), at(4)).await.unwrap();
        assert!(is_redacted(&world).await, "asking lifts nothing");
        confirm(&one, asked["id"].as_str().unwrap(), at(5)).await.unwrap();
        assert!(!is_redacted(&world).await);
        assert_eq!(world.read("Patient", &id("hoa")).await["meta"].get("security"), None);
        // By another code of the policy than the act's own, as an import may bring it.
        let very = json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}, {"system": "urn:x", "code": "R"}]);
        let mut patient = world.read("Patient", &id("hoa")).await;
        patient["meta"] = json!({"security": very});
        world.put(patient).await;
        assert!(is_redacted(&world).await);
        let asked = shields::ask(&world.book, &other, request("lift"), at(6)).await.unwrap();
        confirm(&one, asked["id"].as_str().unwrap(), at(7)).await.unwrap();
        assert!(!is_redacted(&world).await);
        let left = &world.read("Patient", &id("hoa")).await["meta"]["security"];
        assert_eq!(left, &json!([{"system": "urn:x", "code": "R"}]), "what is no label of ours stays");
        let nobody =
            body(json!({"patient": "nobody", "act": "set", "reason": "protected by order of a court"}));
        assert_eq!(refusal(shields::ask(&world.book, &one, nobody, at(0)).await).0, 404);
    });
}
