//! Chains, `_has`, `_list`, compartments. R4, search.html#chaining, #has, #list, compartmentdefinition.html.

use crate::support::checks::{Checks, check_each};

/// Two patients, one under the care of a doctor in a clinic of a hospital; what was seen in whom.
fn store(checks: &Checks) {
    let patient = |id: &str, family: &str, more: &str| {
        format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}]{more}}}"#)
    };
    let observation = |id: &str, code: &str, value: &str, more: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"valueQuantity":{{"value":{value}}}{more}}}"#
        )
    };
    let encounter = |id: &str, patient: &str, more: &str| {
        format!(
            r#"{{"resourceType":"Encounter","id":"{id}","status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/{patient}"}}{more}}}"#
        )
    };
    checks.store([
        r#"{"resourceType":"Organization","id":"hospital","name":"Bệnh viện Bạch Mai"}"#.to_owned(),
        r#"{"resourceType":"Organization","id":"clinic","name":"Phòng khám 1","partOf":{"reference":"Organization/hospital"}}"#.to_owned(),
        r#"{"resourceType":"Organization","id":"other","name":"Trạm y tế"}"#.to_owned(),
        r#"{"resourceType":"Practitioner","id":"doctor","name":[{"family":"Lê"}]}"#.to_owned(),
        r#"{"resourceType":"Practitioner","id":"nurse","name":[{"family":"Phạm"}]}"#.to_owned(),
        patient("an", "An", r#","gender":"female","birthDate":"1985-03-07","generalPractitioner":[{"reference":"Practitioner/doctor"}],"managingOrganization":{"reference":"Organization/clinic"}"#),
        patient("binh", "Bình", r#","gender":"male","birthDate":"2001-01-01","generalPractitioner":[{"reference":"Organization/other"}]"#),
        patient("chi", "Chi", r#","gender":"female""#),
        r#"{"resourceType":"Group","id":"an","type":"person","actual":true}"#.to_owned(),
        encounter("visit", "an", r#","serviceProvider":{"reference":"Organization/clinic"},"participant":[{"individual":{"reference":"Practitioner/doctor"}}]"#),
        encounter("stay", "binh", r#","serviceProvider":{"reference":"Organization/other"}"#),
        observation("o1", "8867-4", "72", r#","subject":{"reference":"Patient/an"},"encounter":{"reference":"Encounter/visit"},"performer":[{"reference":"Practitioner/doctor"}]"#),
        observation("o2", "8867-4", "120", r#","subject":{"reference":"Patient/binh"},"encounter":{"reference":"Encounter/stay"},"performer":[{"reference":"Practitioner/nurse"}]"#),
        observation("o3", "8480-6", "150", r#","subject":{"reference":"Patient/an"},"hasMember":[{"reference":"Observation/o1"}]"#),
        observation("o4", "8480-6", "110", r#","subject":{"reference":"Group/an"}"#),
        r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/an"},"encounter":{"reference":"Encounter/visit"},"code":{"coding":[{"code":"I10"}]}}"#.to_owned(),
        r#"{"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/binh"},"code":{"coding":[{"code":"J45"}]}}"#.to_owned(),
        r#"{"resourceType":"List","id":"watch","status":"current","mode":"changes","entry":[{"item":{"reference":"Patient/an"}},{"deleted":true,"item":{"reference":"Patient/binh"}},{"item":{"reference":"Patient/chi"}},{"item":{"reference":"Observation/o2"}}]}"#.to_owned(),
        r#"{"resourceType":"List","id":"empty","status":"current","mode":"working"}"#.to_owned(),
    ]);
}

#[test]
fn chains() {
    check_each(|checks| {
        store(checks);
        for (query, expected) in [
            ("Observation?subject:Patient.name=an", "o1 o3"),
            ("Observation?subject.name=an", "o1 o3"),
            ("Observation?patient.name=binh", "o2"),
            ("Observation?subject:Patient.family:exact=An", "o1 o3"),
            ("Observation?subject:Patient.family:exact=an", ""),
            ("Observation?subject:Patient.family:contains=inh", "o2"),
            ("Observation?subject:Patient.gender=female", "o1 o3"),
            ("Observation?subject:Patient.gender:not=female", "o2"),
            ("Observation?subject:Patient.birthdate=lt1990", "o1 o3"),
            ("Observation?subject:Patient.birthdate=lt1990,gt2000", "o1 o2 o3"),
            ("Observation?subject:Patient._id=an", "o1 o3"),
            ("Observation?subject:Group._id=an", "o4"),
            ("Observation?subject:Device.identifier=1", ""),
            ("Observation?subject:Patient.name=an&code=8480-6", "o3"),
            ("Observation?subject:Patient.name=an&subject:Patient.gender=male", ""),
            ("Observation?subject:Patient.name=an,binh", "o1 o2 o3"),
            ("Observation?performer:Practitioner.name=le", "o1"),
            ("Observation?performer.name=pham", "o2"),
            ("Observation?has-member.code=8867-4", "o3"),
            ("Observation?has-member:Observation.value-quantity=lt100", "o3"),
            ("Observation?encounter.class=AMB", "o1 o2"),
            // Two and three steps.
            ("Observation?subject:Patient.organization.name=phong", "o1 o3"),
            ("Observation?patient.organization:Organization.name=phong", "o1 o3"),
            ("Observation?patient.organization.partof.name=benh vien", "o1 o3"),
            ("Observation?patient.organization.partof.name=phong", ""),
            ("Observation?encounter.service-provider.name=tram", "o2"),
            ("Observation?encounter.service-provider.partof=Organization/hospital", "o1"),
            ("Observation?encounter.patient.family=binh", "o2"),
            ("Observation?has-member.encounter.service-provider.partof=hospital", "o3"),
            ("Observation?patient.general-practitioner:Practitioner.name=le", "o1 o3"),
            ("Observation?patient.general-practitioner:Organization.name=tram", "o2"),
            ("Observation?patient.general-practitioner.name=le,tram", "o1 o2 o3"),
            ("Condition?encounter.participant:Practitioner.family=le", "c1"),
            ("Condition?subject.organization.name=phong", "c1"),
            ("Patient?organization.partof.name=benh", "an"),
            ("Encounter?patient.name=nobody", ""),
        ] {
            checks.finds(query, expected);
        }
        for wrong in [
            "Observation?subject:Patient.no-such=1",
            "Observation?subject:Shoe.name=an",
            "Observation?code.name=an",
            "Observation?subject:Practitioner.name=an",
            "Observation?subject:Patient.birthdate=someday",
            "Observation?subject:Patient.birthdate:exact=1985",
        ] {
            let answer = checks.server.client().request(
                "GET",
                &crate::support::checks::address(wrong),
                &[("Prefer", "handling=strict")],
                b"",
            );
            checks.equal(wrong, &answer.status, &400);
        }
    });
}

#[test]
fn reverse_chains() {
    check_each(|checks| {
        store(checks);
        for (query, expected) in [
            ("Patient?_has:Observation:patient:code=8867-4", "an binh"),
            ("Patient?_has:Observation:patient:code=http://loinc.org|8480-6", "an"),
            ("Patient?_has:Observation:subject:code=8480-6", "an"),
            ("Patient?_has:Observation:patient:code=1", ""),
            ("Patient?_has:Observation:patient:value-quantity=gt100", "an binh"),
            ("Patient?_has:Observation:patient:value-quantity=gt200", ""),
            ("Patient?_has:Observation:patient:code=8480-6,8867-4", "an binh"),
            ("Patient?_has:Observation:patient:code=8480-6&_has:Condition:patient:code=I10", "an"),
            ("Patient?_has:Observation:patient:code=8480-6&_has:Condition:patient:code=J45", ""),
            ("Patient?_has:Condition:patient:code=J45&gender=male", "binh"),
            ("Patient?_has:Condition:patient:code=J45&gender=female", ""),
            ("Group?_has:Observation:subject:code=8480-6", "an"),
            ("Practitioner?_has:Observation:performer:code=8867-4", "doctor nurse"),
            ("Practitioner?_has:Patient:general-practitioner:family=an", "doctor"),
            ("Organization?_has:Encounter:service-provider:class=AMB", "clinic other"),
            ("Observation?_has:Observation:has-member:code=8480-6", "o1"),
            // One in another.
            ("Patient?_has:Encounter:patient:_has:Condition:encounter:code=I10", "an"),
            ("Patient?_has:Encounter:patient:_has:Observation:encounter:code=8867-4", "an binh"),
            ("Organization?_has:Encounter:service-provider:_has:Condition:encounter:code=I10", "clinic"),
            ("Organization?_has:Organization:partof:_has:Encounter:service-provider:patient=an", "hospital"),
            // A chain within, and behind a chain.
            ("Patient?_has:Observation:patient:performer.name=le", "an"),
            ("Patient?_has:Observation:patient:encounter.service-provider.name=tram", "binh"),
            ("Practitioner?_has:Observation:performer:subject:Patient.name=an", "doctor"),
            ("Encounter?patient._has:Condition:patient:code=J45", "stay"),
            ("Encounter?subject:Patient._has:Observation:patient:code=8480-6", "visit"),
            ("Condition?encounter._has:Observation:encounter:value-quantity=lt80", "c1"),
            ("Observation?patient._has:Condition:patient:code=I10", "o1 o3"),
        ] {
            checks.finds(query, expected);
        }
        for wrong in [
            "Patient?_has:Observation:patient=x",
            "Patient?_has:Shoe:patient:code=x",
            "Patient?_has:Observation:code:code=x",
            "Patient?_has:Observation:patient:no-such=x",
            "Patient?_has:Observation:patient:value-quantity=much",
        ] {
            let answer = checks.server.client().request(
                "GET",
                &crate::support::checks::address(wrong),
                &[("Prefer", "handling=strict")],
                b"",
            );
            checks.equal(wrong, &answer.status, &400);
        }
    });
}

#[test]
fn lists_and_compartments() {
    check_each(|checks| {
        store(checks);
        for (query, expected) in [
            ("Patient?_list=watch", "an chi"),
            ("Patient?_list=watch&gender=female", "an chi"),
            ("Patient?_list=watch&name=chi", "chi"),
            ("Observation?_list=watch", "o2"),
            ("Condition?_list=watch", ""),
            ("Patient?_list=empty", ""),
            ("Patient?_list=watch,empty", "an chi"),
            ("Observation?patient._list=watch", "o1 o3"),
            ("Patient/an/Observation", "o1 o3"),
            ("Patient/an/Observation?code=8480-6", "o3"),
            ("Patient/an/Observation?code=8480-6&value-quantity=lt100", ""),
            ("Patient/an/Condition", "c1"),
            ("Patient/binh/Observation", "o2"),
            ("Patient/chi/Observation", ""),
            ("Patient/an/Encounter?service-provider.name=phong", "visit"),
            ("Patient/an/*?_type=Observation,Condition", "c1 o1 o3"),
            ("Patient/an/*?_type=Encounter", "visit"),
            ("Patient/an/*?_id=o1", "o1"),
            ("Patient/an/*?_type=Condition&code=I10", "c1"),
            ("Patient/an/*?_type=Condition&code=J45", ""),
            ("Encounter/visit/Observation", "o1"),
            ("Encounter/visit/Condition", "c1"),
            ("Encounter/visit/*?_type=Condition,Observation", "c1 o1"),
            ("Practitioner/doctor/Observation", "o1"),
            ("Practitioner/doctor/Patient", "an"),
            ("Practitioner/doctor/Encounter", "visit"),
            ("Practitioner/nurse/*?_type=Observation", "o2"),
        ] {
            checks.finds(query, expected);
        }
        // Whether a patient is in their own compartment is left open; what else is there is not.
        for (query, own, expected) in [
            ("Patient/an/*", "an", "c1 o1 o3 visit"),
            ("Patient/binh/*", "binh", "c2 o2 stay"),
            ("Encounter/visit/*", "visit", "c1 o1"),
        ] {
            let mut found = checks.ids(query);
            found.retain(|id| id != own && id != "watch");
            found.sort();
            checks.equal(query, &found.join(" "), &expected.to_owned());
        }
        let posted = |path: &str, form: &str| {
            let headers = [("Content-Type", "application/x-www-form-urlencoded")];
            let answer = checks.server.client().request("POST", path, &headers, form.as_bytes());
            if answer.status != 200 {
                return format!("{}: {}", answer.status, answer.text());
            }
            let found = crate::support::matches(&crate::support::body(&answer));
            let ids = found.iter().map(|one| crate::support::text(&one["id"])).collect();
            crate::support::sorted::<String>(ids).join(" ")
        };
        for (path, form, expected) in [
            ("/fhir/Patient/an/Observation/_search", "code=8480-6", "o3"),
            ("/fhir/Patient/an/Observation/_search", "", "o1 o3"),
            ("/fhir/Observation/_search", "subject%3APatient.name=an", "o1 o3"),
            ("/fhir/Patient/_search", "_has%3AObservation%3Apatient%3Acode=8480-6", "an"),
            ("/fhir/_search", "_type=Patient&_has%3ACondition%3Apatient%3Acode=J45", "binh"),
            ("/fhir/_search", "_type=Condition%2CObservation&patient=an", "c1 o1 o3"),
        ] {
            checks.equal(&format!("POST {path} {form}"), &posted(path, form), &expected.to_owned());
        }
    });
}
