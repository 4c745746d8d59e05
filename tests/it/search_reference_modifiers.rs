//! References: `:identifier`, `:above`, `:below`, versions, canonicals, `:missing`. R4, search.html#reference.

use crate::support::checks::check_each;

#[test]
fn hierarchies_of_places_and_organizations() {
    check_each(|checks| {
        let place = |id: &str, above: &str| {
            let above = match above {
                "" => String::new(),
                _ => format!(r#","partOf":{{"reference":"Location/{above}"}}"#),
            };
            format!(r#"{{"resourceType":"Location","id":"{id}"{above}}}"#)
        };
        let procedure = |id: &str, place: &str| {
            let place = match place {
                "" => String::new(),
                _ => format!(r#","location":{{"reference":"Location/{place}"}}"#),
            };
            format!(
                r#"{{"resourceType":"Procedure","id":"{id}","status":"completed","subject":{{"reference":"Patient/someone"}}{place}}}"#
            )
        };
        let unit = |id: &str, above: &str| {
            let above = match above {
                "" => String::new(),
                _ => format!(r#","partOf":{{"reference":"Organization/{above}"}}"#),
            };
            format!(r#"{{"resourceType":"Organization","id":"{id}","name":"Đơn vị"{above}}}"#)
        };
        checks.store([
            place("hospital", ""),
            place("wing", "hospital"),
            place("ward", "wing"),
            place("room", "ward"),
            place("garden", "hospital"),
            place("clinic", ""),
            procedure("in-hospital", "hospital"),
            procedure("in-wing", "wing"),
            procedure("in-room", "room"),
            procedure("in-garden", "garden"),
            procedure("in-clinic", "clinic"),
            procedure("anywhere", ""),
            unit("ministry", ""),
            unit("department", "ministry"),
            unit("station", "department"),
            r#"{"resourceType":"Patient","id":"citizen","managingOrganization":{"reference":"Organization/station"}}"#.to_owned(),
        ]);
        for (query, expected) in [
            ("Procedure?location=hospital", "in-hospital"),
            ("Procedure?location:below=hospital", "in-hospital in-wing in-room in-garden"),
            ("Procedure?location:below=Location/hospital", "in-hospital in-wing in-room in-garden"),
            ("Procedure?location:below=Location/wing", "in-wing in-room"),
            ("Procedure?location:below=Location/ward", "in-room"),
            ("Procedure?location:below=Location/room", "in-room"),
            ("Procedure?location:below=Location/clinic", "in-clinic"),
            ("Procedure?location:below=Location/garden,Location/clinic", "in-garden in-clinic"),
            ("Procedure?location:below=Location/nowhere", ""),
            ("Procedure?location:above=Location/room", "in-room in-wing in-hospital"),
            ("Procedure?location:above=room", "in-room in-wing in-hospital"),
            ("Procedure?location:above=Location/wing", "in-wing in-hospital"),
            ("Procedure?location:above=Location/hospital", "in-hospital"),
            ("Procedure?location:above=Location/garden", "in-garden in-hospital"),
            (
                "Procedure?location:below=Location/hospital&location:above=Location/wing",
                "in-hospital in-wing",
            ),
            ("Procedure?location:missing=true", "anywhere"),
            ("Location?partof=hospital", "wing garden"),
            ("Location?partof:below=Location/hospital", "wing ward room garden"),
            ("Location?partof:below=Location/wing", "ward room"),
            ("Location?partof:above=Location/ward", "wing ward room garden"),
            ("Location?partof:above=Location/hospital", "wing garden"),
            ("Location?partof:missing=true", "hospital clinic"),
            ("Organization?partof:below=Organization/ministry", "department station"),
            ("Patient?organization:below=Organization/ministry", "citizen"),
            ("Patient?organization:below=Organization/department", "citizen"),
            ("Patient?organization:above=Organization/department", ""),
            ("Patient?organization:above=Organization/station", "citizen"),
        ] {
            checks.finds(query, expected);
        }
    });
}

#[test]
fn identifiers_versions_absolute_and_missing_references() {
    check_each(|checks| {
        let base = checks.server.base_url().to_owned();
        let about = |id: &str, subject: &str| {
            let subject = match subject {
                "" => String::new(),
                _ => format!(r#","subject":{{{subject}}}"#),
            };
            format!(
                r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}}{subject}}}"#
            )
        };
        let reference = |id: &str, target: &str| about(id, &format!(r#""reference":"{target}""#));
        checks.store([
            r#"{"resourceType":"Patient","id":"p"}"#.to_owned(),
            reference("relative", "Patient/p"),
            reference("versioned", "Patient/p/_history/1"),
            reference("own", &format!("{base}/fhir/Patient/p")),
            reference("own-versioned", &format!("{base}/fhir/Patient/p/_history/1")),
            reference("elsewhere", "https://elsewhere.example/fhir/Patient/p"),
            reference("group", "Group/p"),
            reference("device", "Device/d"),
            about(
                "number",
                r#""type":"Patient","identifier":{"system":"urn:example:citizen-number","value":"099000000001"}"#,
            ),
            about(
                "both",
                r#""reference":"Patient/p","identifier":{"system":"urn:example:other","value":"099000000001"}"#,
            ),
            about("words", r#""display":"Someone""#),
            about("none", ""),
        ]);
        let own = "relative versioned own own-versioned both";
        for (query, expected) in [
            ("subject=Patient/p".to_owned(), own),
            ("subject:Patient=p".to_owned(), own),
            ("subject:Patient=Patient/p".to_owned(), own),
            ("patient=p".to_owned(), own),
            ("patient=Patient/p".to_owned(), own),
            (format!("subject={base}/fhir/Patient/p"), own),
            (format!("patient={base}/fhir/Patient/p"), own),
            ("subject=p".to_owned(), "relative versioned own own-versioned both group"),
            ("subject=Group/p".to_owned(), "group"),
            ("subject:Group=p".to_owned(), "group"),
            ("subject:Device=d".to_owned(), "device"),
            ("subject:Device=p".to_owned(), ""),
            ("subject=https://elsewhere.example/fhir/Patient/p".to_owned(), "elsewhere"),
            ("subject=Patient/p,Device/d".to_owned(), "relative versioned own own-versioned both device"),
            ("patient=d".to_owned(), ""),
            ("subject:identifier=urn:example:citizen-number|099000000001".to_owned(), "number"),
            ("subject:identifier=099000000001".to_owned(), "number both"),
            ("subject:identifier=urn:example:other|099000000001".to_owned(), "both"),
            ("subject:identifier=urn:example:other|".to_owned(), "both"),
            ("subject:identifier=urn:example:other|1".to_owned(), ""),
            ("subject:identifier=|099000000001".to_owned(), ""),
            (
                "subject:identifier=urn:example:citizen-number|099000000001,urn:example:other|099000000001"
                    .to_owned(),
                "number both",
            ),
            ("subject:identifier=099000000001&subject=Patient/p".to_owned(), "both"),
            ("encounter:missing=true&subject=Device/d".to_owned(), "device"),
            ("performer:missing=false".to_owned(), ""),
        ] {
            checks.finds(&format!("Observation?{query}"), expected);
        }
        // `patient` is `subject` where it is a Patient; what an identifier or words alone lead to is left open.
        for (query, with, without) in [
            ("patient:missing=false", "relative versioned own own-versioned both", "group device none"),
            ("patient:missing=true", "group device none", "relative versioned own own-versioned both"),
            ("subject:missing=false", "relative elsewhere group device both", "none"),
            ("subject:missing=true", "none", "relative elsewhere group device both"),
        ] {
            let found = checks.ids(&format!("Observation?{query}"));
            for id in with.split_whitespace() {
                checks.that(found.iter().any(|one| one == id), format!("{query} without {id}: {found:?}"));
            }
            for id in without.split_whitespace() {
                checks.that(found.iter().all(|one| one != id), format!("{query} with {id}: {found:?}"));
            }
        }
        for wrong in [
            "subject:exact=p",
            "subject:contains=p",
            "subject:Shoe=p",
            "subject:of-type=a|b|c",
            "subject:missing=p",
            "subject:in=ValueSet/x",
        ] {
            checks.refuses(&format!("Observation?{wrong}"));
        }
    });
}

/// A canonical without a version finds each version.
#[test]
fn canonical_references() {
    check_each(|checks| {
        let answers = |id: &str, questionnaire: &str| {
            let questionnaire = match questionnaire {
                "" => String::new(),
                _ => format!(r#","questionnaire":"{questionnaire}""#),
            };
            format!(
                r#"{{"resourceType":"QuestionnaireResponse","id":"{id}","status":"completed"{questionnaire}}}"#
            )
        };
        checks.store([
            answers("plain", "http://example.org/fhir/Questionnaire/q"),
            answers("one", "http://example.org/fhir/Questionnaire/q|1.0"),
            answers("two", "http://example.org/fhir/Questionnaire/q|2.0"),
            answers("other", "http://example.org/fhir/Questionnaire/qq"),
            answers("none", ""),
            r#"{"resourceType":"StructureDefinition","id":"s","url":"http://example.org/fhir/StructureDefinition/s","name":"S","status":"draft","kind":"resource","abstract":false,"type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint","differential":{"element":[{"id":"Patient","path":"Patient"}]}}"#.to_owned(),
        ]);
        for (query, expected) in [
            ("QuestionnaireResponse?questionnaire=http://example.org/fhir/Questionnaire/q", "plain one two"),
            ("QuestionnaireResponse?questionnaire=http://example.org/fhir/Questionnaire/q|1.0", "one"),
            ("QuestionnaireResponse?questionnaire=http://example.org/fhir/Questionnaire/q|2.0", "two"),
            ("QuestionnaireResponse?questionnaire=http://example.org/fhir/Questionnaire/q|3.0", ""),
            (
                "QuestionnaireResponse?questionnaire=http://example.org/fhir/Questionnaire/q|1.0,http://example.org/fhir/Questionnaire/qq",
                "one other",
            ),
            ("QuestionnaireResponse?questionnaire=http://example.org/fhir/Questionnaire", ""),
            ("QuestionnaireResponse?questionnaire:missing=true", "none"),
            ("QuestionnaireResponse?questionnaire:missing=false", "plain one two other"),
            ("StructureDefinition?base=http://hl7.org/fhir/StructureDefinition/Patient", "s"),
            ("StructureDefinition?base=http://hl7.org/fhir/StructureDefinition/Pat", ""),
            ("StructureDefinition?base:missing=true", ""),
        ] {
            checks.finds(query, expected);
        }
    });
}
