//! Tokens: codes with and without a system. R4, search.html#token.

use crate::support::checks::check_each;

const LOINC: &str = "http://loinc.org";

fn observation(id: &str, codings: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"coding":[{codings}]}}{more}}}"#
    )
}

fn coding(system: &str, code: &str) -> String {
    format!(r#"{{"system":"{system}","code":"{code}"}}"#)
}

#[test]
fn codes_are_found_with_any_with_this_and_without_a_system() {
    check_each(|checks| {
        let two = [coding(LOINC, "8867-4"), coding("urn:example:local", "pulse")].join(",");
        checks.store([
            observation("loinc", &coding(LOINC, "8867-4"), ""),
            observation("both", &two, ""),
            observation("local", &coding("urn:example:local", "8867-4"), ""),
            observation("bare", r#"{"code":"8867-4"}"#, ""),
            observation("other", &coding(LOINC, "8480-6"), ""),
            observation("only", &format!(r#"{{"system":"{LOINC}"}}"#), ""),
            observation("display", r#"{"display":"8867-4"}"#, ""),
        ]);
        checks.finds("Observation?code=http://loinc.org|8867-4", "loinc both");
        checks.finds("Observation?code=8867-4", "loinc both local bare");
        checks.finds("Observation?code=|8867-4", "bare");
        checks.finds("Observation?code=http://loinc.org|", "loinc both other only");
        checks.finds("Observation?code=urn:example:local|", "both local");
        checks.finds("Observation?code=http://loinc.org|pulse", "");
        checks.finds("Observation?code=urn:example:local|pulse", "both");
        checks.finds("Observation?code=http://loinc.org|8867-4,http://loinc.org|8480-6", "loinc both other");
        checks.finds("Observation?code=http://loinc.org|8867-4&code=pulse", "both");
        checks.finds("Observation?code=8867-4&code=8480-6", "");
        // The whole code, not its beginning; the whole system.
        checks.finds("Observation?code=8867", "");
        checks.finds("Observation?code=http://loinc.or|8867-4", "");
        checks.finds("Observation?code=http://loinc.org/|8867-4", "");
        checks.finds("Observation?code=http%3A%2F%2Floinc.org%7C8867-4", "loinc both");
        checks.finds("Observation?status=final&code=8480-6", "other");
    });
}

/// Codes and identifiers differ when their case differs: this project's choice. (R4 asks for tolerance only "when in
/// doubt".)
#[test]
fn the_case_of_a_code_counts() {
    check_each(|checks| {
        checks.store([
            observation("upper", &coding("urn:example:local", "HR"), ""),
            observation("lower", &coding("urn:example:local", "hr"), ""),
        ]);
        checks.finds("Observation?code=HR", "upper");
        checks.finds("Observation?code=hr", "lower");
        checks.finds("Observation?code=urn:example:local|HR", "upper");
        checks.finds("Observation?code=URN:example:local|HR", "");
        checks.finds("Observation?code=Hr", "");
    });
}

#[test]
fn each_type_that_can_be_a_token_is_one() {
    check_each(|checks| {
        let patient = |id: &str, more: &str| format!(r#"{{"resourceType":"Patient","id":"{id}",{more}}}"#);
        checks.store([
            patient(
                "a",
                r#""active":true,"gender":"male","deceasedBoolean":true,"identifier":[{"system":"urn:example:n","value":"1","type":{"coding":[{"system":"urn:example:t","code":"MR"}]}},{"system":"urn:example:m","value":"2"}],"telecom":[{"system":"phone","value":"0990000001"},{"system":"email","value":"a@example.org"}]"#,
            ),
            patient(
                "b",
                r#""active":false,"gender":"female","deceasedDateTime":"2026","identifier":[{"value":"1"}],"telecom":[{"system":"email","value":"0990000001"}],"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"vi"}]}}]"#,
            ),
            patient(
                "c",
                r#""meta":{"tag":[{"system":"urn:example:tag","code":"bench"}],"security":[{"system":"urn:example:s","code":"R"}]},"deceasedBoolean":false,"identifier":[{"system":"urn:example:m","value":"1"}],"multipleBirthInteger":2"#,
            ),
        ]);
        checks.finds("Patient?identifier=urn:example:n|1", "a");
        checks.finds("Patient?identifier=1", "a b c");
        checks.finds("Patient?identifier=|1", "b");
        checks.finds("Patient?identifier=urn:example:m|", "a c");
        checks.finds("Patient?identifier=urn:example:n|2", "");
        checks.finds("Patient?identifier=urn:example:n|1,urn:example:m|1", "a c");
        checks.finds("Patient?identifier=urn:example:n|1&identifier=urn:example:m|2", "a");
        checks.finds("Patient?gender=male", "a");
        checks.finds("Patient?gender=male,female", "a b");
        checks.finds("Patient?gender=mal", "");
        // The system of a code is implied by its value set.
        checks.finds("Patient?gender=http://hl7.org/fhir/administrative-gender|male", "a");
        checks.finds("Patient?active=true", "a");
        checks.finds("Patient?active=false", "b");
        checks.finds("Patient?deceased=true", "a b");
        checks.finds("Patient?deceased=false", "c");
        checks.finds("Patient?telecom=0990000001", "a b");
        checks.finds("Patient?phone=0990000001", "a");
        checks.finds("Patient?email=a@example.org", "a");
        checks.finds("Patient?email=0990000001", "b");
        checks.finds("Patient?language=vi", "b");
        checks.finds("Patient?language=urn:ietf:bcp:47|vi", "b");
        checks.finds("Patient?_tag=urn:example:tag|bench", "c");
        checks.finds("Patient?_tag=bench", "c");
        checks.finds("Patient?_security=urn:example:s|R", "c");
        checks.finds("Patient?_tag=R", "");
        // A value with the marks of the syntax in it.
        checks.store([patient("d", r#""identifier":[{"system":"urn:example:n","value":"1|2,3$4\\5"}]"#)]);
        checks.finds(r"Patient?identifier=urn:example:n|1\|2\,3\$4\\5", "d");
        checks.finds(r"Patient?identifier=1\|2\,3\$4\\5", "d");
    });
}

/// `:not` may come later; until then it has to be refused, and must never be taken for its contrary.
#[test]
fn not_is_right_or_refused() {
    check_each(|checks| {
        checks.store([
            r#"{"resourceType":"Patient","id":"m","gender":"male"}"#,
            r#"{"resourceType":"Patient","id":"f","gender":"female"}"#,
            r#"{"resourceType":"Patient","id":"n"}"#,
        ]);
        if checks.get("Patient?gender:not=male").status == 400 {
            checks.refuses("Patient?gender:not=male");
        } else {
            checks.finds("Patient?gender:not=male", "f n");
        }
        if checks.get("Patient?gender:missing=true").status == 400 {
            checks.refuses("Patient?gender:missing=true");
        } else {
            checks.finds("Patient?gender:missing=true", "n");
            checks.finds("Patient?gender:missing=false", "m f");
        }
    });
}

#[test]
fn ids_and_combinations() {
    check_each(|checks| {
        let person = |id: &str, gender: &str, family: &str| {
            format!(
                r#"{{"resourceType":"Patient","id":"{id}","gender":"{gender}","name":[{{"family":"{family}"}}]}}"#
            )
        };
        checks.store([
            person("a", "male", "An"),
            person("b", "female", "An"),
            person("c", "other", "Bùi"),
            person("d", "unknown", r"D|E$F\\G, H"),
        ]);
        checks.finds("Patient?_id=a", "a");
        checks.finds("Patient?_id=a,b,nobody", "a b");
        checks.finds("Patient?_id=A", "");
        checks.finds("Patient?_id=a&_id=b", "");
        checks.finds("Observation?_id=a", "");
        checks.finds("Patient?gender=male,other&family=an,bui", "a c");
        checks.finds("Patient?gender=female&family=an", "b");
        checks.finds("Patient?gender=male&gender=female", "");
        checks.finds(r"Patient?family:exact=D\|E\$F\\G\, H", "d");
        checks.finds("Patient?family:exact=An%2CB%C3%B9i", "a b c");
        checks.finds("Patient?family=' OR 1=1 --", "");
        // R4: a modifier that does not fit SHALL be refused.
        for query in [
            "Patient?gender:exact=male",
            "Patient?birthdate:contains=19",
            "Patient?_id:exact=a",
            "Patient?family:shoe=42",
            "Observation?subject:exact=Patient/a",
            "Observation?subject:Shoe=a",
        ] {
            checks.refuses(query);
        }
    });
}
