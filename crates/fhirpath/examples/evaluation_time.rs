//! Prints the time that typical search expressions take on a Patient of 1.7 kB and on an Observation.
//!
//! `cargo run --release -p healthbook-fhirpath --example evaluation_time`

use std::hint::black_box;
use std::time::Instant;

use healthbook_fhirpath::{Context, Expression};

const PATIENT: &str = r#"{"resourceType":"Patient","id":"example","meta":{"versionId":"3","lastUpdated":"2026-11-25T10:00:00+07:00","profile":["http://example.org/StructureDefinition/citizen"]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">A citizen of the nation, as the register has written it down</div>"},"identifier":[{"use":"official","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"NI"}]},"system":"http://example.org/citizen-number","value":"001099012345","period":{"start":"2021-05-06"},"assigner":{"display":"Register"}},{"use":"secondary","system":"http://example.org/insurance-card","value":"GD4010012345678"}],"active":true,"name":[{"use":"official","text":"Nguyễn Văn An","family":"Nguyễn","given":["Văn","An"]},{"use":"usual","given":["An"]}],"telecom":[{"system":"phone","value":"0901234567","use":"mobile","rank":1},{"system":"phone","value":"02438221234","use":"home"},{"system":"email","value":"an@example.org"}],"gender":"male","birthDate":"1999-12-25","deceasedBoolean":false,"address":[{"use":"home","type":"both","text":"12 Hàng Bài, Hoàn Kiếm, Hà Nội","line":["12 Hàng Bài"],"city":"Hà Nội","district":"Hoàn Kiếm","state":"Hà Nội","country":"VN","period":{"start":"1999-12-25"}}],"contact":[{"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0131","code":"N"}]}],"name":{"family":"Trần","given":["Thị","Bình"]},"telecom":[{"system":"phone","value":"0907654321"}],"gender":"female"}],"generalPractitioner":[{"reference":"Practitioner/17","display":"Bs. Lê"}],"managingOrganization":{"reference":"Organization/1"}}"#;

const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"1","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/example"},"encounter":{"reference":"Encounter/7"},"effectiveDateTime":"2026-11-25T10:00:00+07:00","valueQuantity":{"value":72,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":107,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":60,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}"#;

const PATIENT_EXPRESSIONS: [&str; 8] = [
    "Patient.birthDate",
    "Patient.name.given",
    "Patient.identifier",
    "Patient.telecom.where(system = 'phone')",
    "Patient.deceased.exists() and Patient.deceased != false",
    "Practitioner.name.given",
    "Resource.meta.lastUpdated",
    "Patient.managingOrganization.where(resolve() is Organization)",
];

const OBSERVATION_EXPRESSIONS: [&str; 4] = [
    "Observation.value as Quantity",
    "(Observation.value as Quantity) | (Observation.component.value as Quantity)",
    "Observation.subject.where(resolve() is Patient)",
    "Observation.code | Observation.component.code",
];

fn main() {
    measure(PATIENT, &PATIENT_EXPRESSIONS);
    measure(OBSERVATION, &OBSERVATION_EXPRESSIONS);
    let text = PATIENT_EXPRESSIONS[3];
    let time = nanoseconds(|| drop(black_box(Expression::parse(black_box(text)))));
    println!("{time:>7.0} ns  to parse {text}");
}

fn measure(resource: &str, expressions: &[&str]) {
    let Ok(node) = json::parse(resource.as_bytes(), &json::Limits::default()) else {
        return;
    };
    for text in expressions {
        let Ok(expression) = Expression::parse(text) else {
            continue;
        };
        let time = nanoseconds(|| {
            if let Some(context) = Context::for_resource(black_box(&node)) {
                drop(black_box(expression.evaluate(&context)));
            }
        });
        println!("{time:>7.0} ns  {text}");
    }
    let time = nanoseconds(|| assert!(black_box(Context::for_resource(black_box(&node))).is_some()));
    println!("{time:>7.0} ns  of these to make the context");
}

/// The best of several rounds: what the machine does in between does not count.
fn nanoseconds(mut run: impl FnMut()) -> f64 {
    const ROUND: u32 = 20_000;
    let mut best = f64::MAX;
    for _ in 0..15 {
        let start = Instant::now();
        for _ in 0..ROUND {
            run();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ROUND));
    }
    best
}
