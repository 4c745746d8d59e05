//! Create, read, vread, update, delete.

use crate::support::bodies::{observation, patient, patient_at};
use crate::support::r4::Types;
use crate::support::{Fhir, Stored, body, expect_refusal, on_each, text, value};

#[test]
fn a_created_resource_is_told_in_full_and_read_back() {
    on_each(|server| {
        let answer = server.http().send_fhir("POST", "/fhir/Patient", patient(1)).expect_status(201);
        let location = answer.header("Location").expect("Location").to_owned();
        let stored = Stored::at(&location);
        assert_eq!(
            location,
            format!("{}{}/_history/1", server.base_url(), stored.path()),
            "absolute, with version"
        );
        assert_eq!(answer.header("ETag"), Some(r#"W/"1""#));
        assert!(answer.header("Last-Modified").is_some_and(|date| date.ends_with(" GMT")));
        let created = body(&answer);
        assert_eq!(created["id"], stored.id.as_str());
        assert_eq!(created["meta"]["versionId"], "1");
        let updated = text(&created["meta"]["lastUpdated"]);
        assert!(updated.starts_with("20") && updated.contains('T'), "an instant: {updated}");
        assert_eq!(created["birthDate"], "1985-03-07");

        let read = server.http().get(&stored.path()).expect_status(200);
        assert_eq!(body(&read), created);
        for name in ["ETag", "Last-Modified"] {
            assert_eq!(read.header(name), answer.header(name), "{name}");
        }
        assert_eq!(read.header("Content-Type").unwrap().split(';').next(), Some("application/fhir+json"));
        let version = server.http().get(&format!("{}/_history/1", stored.path())).expect_status(200);
        assert_eq!(version.body, read.body);
        assert_eq!(version.header("ETag"), Some(r#"W/"1""#));

        for path in [stored.path(), format!("{}/_history/1", stored.path())] {
            let head = server.http().request("HEAD", &path, &[], b"").expect_status(200);
            assert!(head.body.is_empty());
            for name in ["ETag", "Last-Modified", "Content-Type"] {
                assert_eq!(head.header(name), read.header(name), "HEAD {path}: {name}");
            }
        }
    });
}

#[test]
fn what_a_client_says_about_id_and_version_in_a_create_does_not_count() {
    on_each(|server| {
        let sent = r#"{"resourceType":"Patient","id":"mine","meta":{"versionId":"77","lastUpdated":"2001-01-01T00:00:00Z"}}"#;
        let answer = server.http().send_fhir("POST", "/fhir/Patient", sent).expect_status(201);
        let created = body(&answer);
        assert_ne!(created["id"], "mine");
        assert_eq!(created["meta"]["versionId"], "1");
        assert!(!text(&created["meta"]["lastUpdated"]).starts_with("2001"));
        assert_eq!(server.http().get("/fhir/Patient/mine").status, 404);
        let ids: Vec<String> = (0..20).map(|_| server.create(sent).id).collect();
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        for id in &ids {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
            assert!((1..=64).contains(&id.len()) && id.chars().all(allowed), "{id} is no FHIR id");
        }
    });
}

#[test]
fn an_update_makes_the_next_version_and_the_older_ones_stay() {
    on_each(|server| {
        let stored = server.create(&patient(2));
        for version in 2..=4 {
            let sent = patient_at(&stored.id, &format!("Trần {version}"));
            let answer = server.put(&sent).expect_status(200);
            assert_eq!(answer.header("ETag"), Some(format!("W/\"{version}\"").as_str()));
            assert!(answer.header("Last-Modified").is_some());
            let updated = body(&answer);
            assert_eq!(updated["meta"]["versionId"], version.to_string());
            assert_eq!(updated["name"][0]["family"], format!("Trần {version}"));
            assert!(updated.get("birthDate").is_none(), "an update replaces, it does not merge");
            assert_eq!(server.read(&stored.path()), updated);
        }
        for (version, family) in [(1, "Nguyễn"), (2, "Trần 2"), (3, "Trần 3"), (4, "Trần 4")] {
            let read = server.read(&format!("{}/_history/{version}", stored.path()));
            assert_eq!(read["name"][0]["family"], family);
            assert_eq!(read["meta"]["versionId"], version.to_string());
        }
        for unknown in ["0", "5", "x", "99999999999999999999", "-1", "01"] {
            let answer = server.http().get(&format!("{}/_history/{unknown}", stored.path()));
            expect_refusal(&format!("version {unknown}"), &answer, 404);
        }
    });
}

#[test]
fn a_client_may_choose_the_id_with_put() {
    on_each(|server| {
        for id in ["a", "0990-Z.z", &"i".repeat(64)] {
            let answer = server.put(&patient_at(id, "Lê")).expect_status(201);
            assert_eq!(answer.header("ETag"), Some(r#"W/"1""#));
            let location = answer.header("Location").unwrap();
            assert_eq!(location, format!("{}/fhir/Patient/{id}/_history/1", server.base_url()));
            assert_eq!(server.read(&format!("/fhir/Patient/{id}"))["id"], id);
            server
                .put(&patient_at(id, "Phạm"))
                .expect_status(200)
                .header("ETag")
                .filter(|tag| *tag == "W/\"2\"")
                .unwrap();
        }
        // Ids are told apart by case, and belong to a type.
        assert_eq!(server.http().get("/fhir/Patient/A").status, 404);
        assert_eq!(server.http().get("/fhir/Observation/a").status, 404);
        let other = observation("Patient/a").replacen('{', r#"{"id":"a","#, 1);
        assert!(
            server
                .put(&other)
                .expect_status(201)
                .header("Location")
                .unwrap()
                .ends_with("/Observation/a/_history/1")
        );
    });
}

#[test]
fn an_update_needs_the_id_of_its_address() {
    on_each(|server| {
        let stored = server.create(&patient(3));
        let path = stored.path();
        let cases = [
            ("another id", patient_at("other", "Đỗ")),
            ("no id", r#"{"resourceType":"Patient"}"#.to_owned()),
            ("an empty id", patient_at("", "Đỗ")),
            (
                "another type",
                format!(r#"{{"resourceType":"Basic","id":"{}","code":{{"text":"x"}}}}"#, stored.id),
            ),
        ];
        for (what, sent) in &cases {
            expect_refusal(what, &server.http().send_fhir("PUT", &path, sent), 400);
        }
        let id = "i".repeat(65);
        let answer = server.http().send_fhir("PUT", &format!("/fhir/Patient/{id}"), patient_at(&id, "Đỗ"));
        expect_refusal("65 characters", &answer, 400);
        let answer = server.http().send_fhir("PUT", "/fhir/Patient/a_b", patient_at("a_b", "Đỗ"));
        expect_refusal("a character that ids do not have", &answer, 400);
        expect_refusal(
            "type of the path",
            &server.http().send_fhir("POST", "/fhir/Observation", patient(3)),
            400,
        );
        assert_eq!(server.read(&path)["meta"]["versionId"], "1");
        assert_eq!(server.count("/fhir/Patient"), 1);
        assert_eq!(server.count("/fhir/Basic"), 0);
    });
}

#[test]
fn a_deleted_resource_is_gone_but_its_versions_stay() {
    on_each(|server| {
        let stored = server.create(&patient(4));
        let path = stored.path();
        let answer = server.http().request("DELETE", &path, &[], b"");
        assert!(matches!(answer.status, 200 | 204), "DELETE: {}", answer.status);
        if answer.status == 204 {
            assert!(answer.body.is_empty());
        }
        expect_refusal("read", &server.http().get(&path), 410);
        assert_eq!(server.http().request("HEAD", &path, &[], b"").status, 410);
        expect_refusal("vread of the deletion", &server.http().get(&format!("{path}/_history/2")), 410);
        assert_eq!(server.read(&format!("{path}/_history/1"))["name"][0]["family"], "Nguyễn");
        assert_eq!(server.count("/fhir/Patient"), 0);

        // Deleting what is deleted, or what never was, is no error and makes no version.
        for path in [path.as_str(), "/fhir/Patient/never-was"] {
            let answer = server.http().request("DELETE", path, &[], b"");
            assert!(matches!(answer.status, 200 | 204), "DELETE {path}: {}", answer.status);
        }
        assert_eq!(server.http().get(&format!("{path}/_history/3")).status, 404);
        assert_eq!(server.http().get("/fhir/Patient/never-was").status, 404);
        assert_eq!(server.http().get("/fhir/Patient/never-was/_history").status, 404);

        // Brought back, it goes on with its versions.
        let answer = server.put(&patient_at(&stored.id, "Hồ"));
        assert!(matches!(answer.status, 200 | 201), "{}", answer.status);
        assert_eq!(answer.header("ETag"), Some(r#"W/"3""#));
        assert_eq!(server.read(&path)["name"][0]["family"], "Hồ");
        assert_eq!(server.http().get(&format!("{path}/_history/2")).status, 410);
        assert_eq!(server.count("/fhir/Patient"), 1);
    });
}

#[test]
fn all_resource_types_are_created_read_updated_and_deleted() {
    let types = Types::new();
    let resources = types.resources();
    assert_eq!(resources.len(), 146);
    on_each(|server| {
        for kind in &resources {
            let sent = types.minimal(kind);
            let answer = server.http().send_fhir("POST", &format!("/fhir/{kind}"), &sent);
            assert_eq!(answer.status, 201, "create {sent}: {}", answer.text());
            let stored = Stored::at(answer.header("Location").unwrap());
            assert_eq!(&stored.kind, kind);
            let mut read = server.read(&stored.path());
            let object = read.as_object_mut().unwrap();
            assert_eq!(object.remove("id").unwrap(), stored.id.as_str());
            object.remove("meta").unwrap();
            assert_eq!(read, value(&sent));
            assert_eq!(server.ids(&format!("/fhir/{kind}?_id={}", stored.id)), [stored.id.as_str()]);
            let again = sent.replacen('{', &format!(r#"{{"id":"{}","language":"vi","#, stored.id), 1);
            assert_eq!(server.put(&again).expect_status(200).header("ETag"), Some(r#"W/"2""#));
            let answer = server.http().request("DELETE", &stored.path(), &[], b"");
            assert!(matches!(answer.status, 200 | 204), "DELETE {kind}: {}", answer.status);
            assert_eq!(server.http().get(&stored.path()).status, 410, "{kind}");
        }
    });
}
