//! The resources of which the worlds are made.

use serde_json::{Value, json};

use super::dice::Dice;

/// ICD-10 in the systems of the country.
pub const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
const LOINC: &str = "http://loinc.org";
const FAMILIES: [&str; 6] = ["Nguyễn", "Trần", "Đặng", "Phạm", "Vũ", "Hoàng"];
const GIVEN: [&str; 8] =
    ["Thị Hoa", "Văn Đức", "Minh Châu", "Thị Lan", "Quốc Bảo", "Ngọc Ánh", "Anh Tú", "Kim Yến"];
const NOTES: [&str; 4] = ["tái khám sau hai tuần", "đau đầu kéo dài", "dị ứng hải sản", "theo dõi huyết áp"];

/// Diagnoses without a label of secrecy.
pub const COMMON: [(&str, &str); 6] = [
    ("I10", "Tăng huyết áp"),
    ("E11.9", "Đái tháo đường típ 2"),
    ("J06.9", "Viêm đường hô hấp trên"),
    ("K29.7", "Viêm dạ dày"),
    ("M54.5", "Đau thắt lưng"),
    ("N39.0", "Nhiễm trùng đường tiểu"),
];

/// Diagnoses that make a visit secret, and how.
pub const SECRET: [(&str, &[&str]); 6] = [
    ("B20", &["HIV"]),
    ("Z21", &["HIV"]),
    ("F32.1", &["PSY"]),
    ("F20.0", &["PSY"]),
    ("T74.1", &["DV", "CHILD_ABUSE"]),
    ("N97.9", &["SEX"]),
];

/// What is measured: LOINC code, unit, category.
pub const MEASURED: [(&str, &str, &str); 7] = [
    ("8867-4", "/min", "vital-signs"),
    ("8310-5", "Cel", "vital-signs"),
    ("29463-7", "kg", "vital-signs"),
    ("2345-7", "mg/dL", "laboratory"),
    ("718-7", "g/dL", "laboratory"),
    ("882-1", "1", "laboratory"),
    ("883-9", "1", "laboratory"),
];

pub fn coded(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": system, "code": code}]})
}

pub fn reference(kind: &str, id: &str) -> Value {
    json!({"reference": format!("{kind}/{id}")})
}

pub fn day(dice: &mut Dice) -> String {
    format!("20{}-{:02}-{:02}", 15 + dice.below(10), 1 + dice.below(12), 1 + dice.below(28))
}

pub fn patient(dice: &mut Dice, number: u64) -> Value {
    let (family, given) = (dice.word(&FAMILIES), dice.word(&GIVEN));
    json!({
        "resourceType": "Patient",
        "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": format!("099{number:09}")}],
        "active": true,
        "name": [{"use": "official", "text": format!("{family} {given}"), "family": family,
            "given": given.split(' ').collect::<Vec<_>>()}],
        "telecom": [{"system": "phone", "value": format!("0000 {:03} {:03}", dice.below(1000), dice.below(1000))}],
        "gender": dice.word(&["female", "male"]),
        "birthDate": format!("19{}-0{}-1{}", 40 + dice.below(60), 1 + dice.below(9), dice.below(9)),
        "address": [{"use": "home", "city": dice.word(&["Hà Nội", "Huế", "Cần Thơ", "Đà Nẵng"]), "country": "VN"}],
        "text": {"status": "generated",
            "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{family} {given}</div>")},
    })
}

/// A visit; without an end it is still going on.
pub fn encounter(dice: &mut Dice, book: &str, facility: &str, ended: bool) -> Value {
    let start = day(dice);
    let period = if ended { json!({"start": &start, "end": &start}) } else { json!({"start": &start}) };
    json!({
        "resourceType": "Encounter",
        "identifier": [{"system": "urn:worlds:visit", "value": format!("KB-{:05}", dice.below(100_000))}],
        "status": if ended { "finished" } else { "in-progress" },
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": dice.word(&["AMB", "IMP"])},
        "subject": reference("Patient", book),
        "period": period,
        "serviceProvider": reference("Organization", facility),
    })
}

/// A clinical resource of some type, in a visit or not.
pub fn clinical(dice: &mut Dice, book: &str, visit: Option<&str>) -> Value {
    let kind = dice.word(&[
        "Observation",
        "Observation",
        "Observation",
        "Observation",
        "Condition",
        "Condition",
        "MedicationRequest",
        "Procedure",
        "Immunization",
        "AllergyIntolerance",
        "DiagnosticReport",
    ]);
    let mut body = match kind {
        "Observation" => observation(dice, book),
        "Condition" => condition(book, dice.pick(&COMMON).0, &day(dice)),
        "MedicationRequest" => json!({
            "resourceType": kind, "status": dice.word(&["active", "completed"]), "intent": "order",
            "medicationCodeableConcept":
                {"text": dice.word(&["Metformin 500 mg", "Amlodipin 5 mg", "Paracetamol 500 mg"])},
            "subject": reference("Patient", book), "authoredOn": day(dice),
        }),
        "Procedure" => json!({
            "resourceType": kind, "status": "completed", "code": {"text": dice.word(&["Nội soi", "Khâu vết thương"])},
            "subject": reference("Patient", book), "performedDateTime": day(dice),
        }),
        "Immunization" => json!({
            "resourceType": kind, "status": "completed", "occurrenceDateTime": day(dice),
            "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", dice.word(&["03", "08", "115"])),
            "patient": reference("Patient", book),
        }),
        "AllergyIntolerance" => json!({
            "resourceType": kind, "code": {"text": dice.word(&["Penicillin", "Tôm", "Phấn hoa"])},
            "clinicalStatus":
                coded("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
            "patient": reference("Patient", book), "recordedDate": day(dice),
        }),
        _ => json!({
            "resourceType": kind, "status": "final", "code": coded(LOINC, dice.word(&["58410-2", "24323-8"])),
            "subject": reference("Patient", book), "effectiveDateTime": day(dice),
            "conclusion": dice.word(&NOTES),
        }),
    };
    if let (Some(visit), true) = (visit, kind != "AllergyIntolerance") {
        body["encounter"] = reference("Encounter", visit);
    }
    body
}

pub fn observation(dice: &mut Dice, book: &str) -> Value {
    let (code, unit, category) = *dice.pick(&MEASURED);
    json!({
        "resourceType": "Observation", "status": dice.word(&["final", "final", "amended"]),
        "category": [coded("http://terminology.hl7.org/CodeSystem/observation-category", category)],
        "code": coded(LOINC, code), "subject": reference("Patient", book), "effectiveDateTime": day(dice),
        "valueQuantity": {"value": 30 + dice.below(120), "unit": unit, "system": "http://unitsofmeasure.org",
            "code": unit},
        "note": [{"text": dice.word(&NOTES)}],
    })
}

pub fn condition(book: &str, code: &str, recorded: &str) -> Value {
    json!({
        "resourceType": "Condition", "code": coded(ICD10, code), "subject": reference("Patient", book),
        "recordedDate": recorded,
        "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
    })
}

pub fn referral(dice: &mut Dice, book: &str, to: &str, status: &str) -> Value {
    json!({
        "resourceType": "ServiceRequest", "status": status, "intent": "order",
        "code": coded(LOINC, dice.word(&["24323-8", "58410-2"])), "subject": reference("Patient", book),
        "performer": [reference("Organization", to)], "authoredOn": day(dice),
    })
}

pub fn appointment(book: &str, to: &str, status: &str, year: &str) -> Value {
    json!({
        "resourceType": "Appointment", "status": status, "start": format!("{year}-03-04T08:00:00Z"),
        "end": format!("{year}-03-04T08:30:00Z"), "supportingInformation": [reference("Organization", to)],
        "participant": [{"actor": reference("Patient", book), "status": "accepted"}],
    })
}

pub fn related_person(dice: &mut Dice, book: &str) -> Value {
    json!({
        "resourceType": "RelatedPerson", "active": true, "patient": reference("Patient", book),
        "name": [{"family": dice.word(&FAMILIES), "given": [dice.word(&["Sơn", "Thuỷ"])]}],
    })
}

/// What the officer of a facility has to look into after an emergency.
pub fn review(book: &str, owner: &str) -> Value {
    json!({
        "resourceType": "Task", "status": "requested", "intent": "order", "for": reference("Patient", book),
        "code": coded("urn:healthbook:task", "emergency-review"), "owner": reference("Organization", owner),
    })
}

/// What a Consent of the worlds says.
#[derive(Default, Clone)]
pub struct Said<'a> {
    pub deny: bool,
    pub relation: &'a str,
    pub actor: Option<(&'a str, &'a str)>,
    pub classes: &'a [&'a str],
    pub labels: &'a [&'a str],
    pub purpose: Option<&'a str>,
    /// First and last year.
    pub years: (u16, u16),
}

pub fn consent(book: &str, said: &Said<'_>) -> Value {
    let mut provision = json!({
        "extension": [{
            "url": "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-consent-method",
            "valueCodeableConcept":
                coded("http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-method-cs", "other-verifiable"),
        }],
        "type": if said.deny { "deny" } else { "permit" },
        "period": {"start": format!("{}-01-01", said.years.0), "end": format!("{}-12-31", said.years.1)},
    });
    let codings = |system: &str, codes: &[&str]| -> Vec<Value> {
        codes.iter().map(|code| json!({"system": system, "code": code})).collect()
    };
    if let Some((kind, id)) = said.actor {
        let role = coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP");
        provision["actor"] = json!([{"role": role, "reference": reference(kind, id)}]);
    }
    if !said.classes.is_empty() {
        provision["class"] = codings("http://hl7.org/fhir/resource-types", said.classes).into();
    }
    if !said.labels.is_empty() {
        provision["securityLabel"] = codings("urn:healthbook:label", said.labels).into();
    }
    if let Some(purpose) = said.purpose {
        provision["purpose"] =
            codings("http://terminology.hl7.org/CodeSystem/v3-ActReason", &[purpose]).into();
    }
    let mut category =
        vec![coded("http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-category-cs", "privacy")];
    if !said.relation.is_empty() {
        category.push(coded("urn:healthbook:relation", said.relation));
    }
    json!({
        "resourceType": "Consent", "status": "active", "category": category,
        "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "patient": reference("Patient", book), "dateTime": "2024-09-01T08:00:00+07:00",
        "policyRule": coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
        "verification": [{"verified": true, "verifiedWith": reference("Patient", book),
            "verificationDate": "2024-09-01T08:00:00+07:00"}],
        "provision": provision,
    })
}
