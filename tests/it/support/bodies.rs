//! Small resources as JSON text.

use super::citizen_number;

/// The system of citizen numbers in these tests.
pub const NUMBERS: &str = "urn:example:citizen-number";

/// A Patient with a citizen number of the test range.
pub fn patient(index: u64) -> String {
    patient_named(index, "Nguyễn", "Văn Tám")
}

/// A Patient with a citizen number of the test range and a name.
pub fn patient_named(index: u64, family: &str, given: &str) -> String {
    let number = citizen_number(index);
    format!(
        r#"{{"resourceType":"Patient","identifier":[{{"system":"{NUMBERS}","value":"{number}"}}],"name":[{{"family":"{family}","given":["{given}"]}}],"gender":"female","birthDate":"1985-03-07"}}"#
    )
}

/// A Patient of this id.
pub fn patient_at(id: &str, family: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}]}}"#)
}

/// A final Observation about a subject.
pub fn observation(subject: &str) -> String {
    observation_of(subject, "8867-4", "72")
}

/// A final Observation about a subject with a LOINC code and a value.
pub fn observation_of(subject: &str, code: &str, value: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"subject":{{"reference":"{subject}"}},"effectiveDateTime":"2026-05-04T08:30:00+07:00","valueQuantity":{{"value":{value}}}}}"#
    )
}

/// An Encounter of a subject.
pub fn encounter(subject: &str) -> String {
    format!(
        r#"{{"resourceType":"Encounter","status":"finished","class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}},"subject":{{"reference":"{subject}"}}}}"#
    )
}

/// A Condition of a subject.
pub fn condition(subject: &str, code: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","code":{{"coding":[{{"system":"http://hl7.org/fhir/sid/icd-10","code":"{code}"}}]}},"subject":{{"reference":"{subject}"}}}}"#
    )
}

/// An Organization.
pub fn organization(name: &str) -> String {
    format!(r#"{{"resourceType":"Organization","name":"{name}"}}"#)
}

/// A Bundle of a type with entries.
pub fn bundle(kind: &str, entries: &[String]) -> String {
    format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{}]}}"#, entries.join(","))
}

/// An entry without a resource: `GET`, `DELETE`.
pub fn entry(method: &str, url: &str) -> String {
    format!(r#"{{"request":{{"method":"{method}","url":"{url}"}}}}"#)
}

/// An entry with a resource.
pub fn entry_with(method: &str, url: &str, resource: &str) -> String {
    format!(r#"{{"resource":{resource},"request":{{"method":"{method}","url":"{url}"}}}}"#)
}

/// An entry with a resource and a `fullUrl`.
pub fn entry_at(full_url: &str, method: &str, url: &str, resource: &str) -> String {
    format!(
        r#"{{"fullUrl":"{full_url}","resource":{resource},"request":{{"method":"{method}","url":"{url}"}}}}"#
    )
}

/// An entry with a resource and further members of its request, such as `"ifNoneExist":"..."`.
pub fn entry_if(method: &str, url: &str, condition: &str, resource: &str) -> String {
    format!(r#"{{"resource":{resource},"request":{{"method":"{method}","url":"{url}",{condition}}}}}"#)
}

/// `urn:uuid:` with a number in it.
pub fn urn(number: u32) -> String {
    format!("urn:uuid:0990f3a2-0000-4000-8000-{number:012}")
}
