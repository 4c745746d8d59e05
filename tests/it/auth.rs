//! Signing in: who shows no valid token gets 401, and tokens are printed for invented people only.

use std::fs;
use std::time::{Duration, Instant};

use test_support::{Response, TemporaryDirectory, TestDatabase, TestServer};

use crate::support::bodies::{bundle, entry, patient, patient_at};
use crate::support::program::{Caller, Demo, run, words};
use crate::support::{FHIR_JSON, expect_refusal, matches, start, text};

/// RFC 9110, 11.6.1: a 401 names the scheme.
#[track_caller]
fn expect_401(what: &str, answer: &Response) -> String {
    let issue = expect_refusal(what, answer, 401);
    assert_eq!(issue["code"], "login", "{what}: {issue}");
    let challenge = answer.header("WWW-Authenticate").unwrap_or_default().to_owned();
    assert!(challenge.starts_with("Bearer"), "{what}: WWW-Authenticate: {challenge:?}");
    challenge
}

#[test]
fn without_a_token_nothing_is_told_or_done() {
    let demo = Demo::start(TestDatabase::sqlite());
    let own = format!("/fhir/Patient/{}", demo.citizen(0).1);
    let client = demo.server().client();
    let body = patient_at(demo.citizen(0).1, "Kẻ Lạ");
    let batch = bundle("batch", &[entry("GET", "Patient")]);
    let headers = [("Content-Type", FHIR_JSON)];
    for (method, path, body) in [
        ("GET", own.as_str(), ""),
        ("GET", "/fhir/Patient/unknown", ""),
        ("GET", "/fhir/Patient", ""),
        ("GET", &format!("{own}/_history"), ""),
        ("GET", &format!("{own}/_history/1"), ""),
        ("GET", "/fhir/_history", ""),
        ("GET", "/fhir/Patient/_history", ""),
        ("GET", &format!("{own}/$everything"), ""),
        ("GET", &format!("{own}/Observation"), ""),
        ("POST", "/fhir/Patient", &patient(1)),
        ("PUT", &own, &body),
        ("PATCH", &own, "[]"),
        ("PATCH", "/fhir/Patient?_id=unknown", "[]"),
        ("DELETE", &own, ""),
        ("POST", "/fhir", &batch),
    ] {
        let answer = client.request(method, path, &headers, body.as_bytes());
        let challenge = expect_401(&format!("{method} {path}"), &answer);
        // RFC 6750, 3.1: no error code for who showed nothing.
        assert!(!challenge.contains("error="), "{method} {path}: {challenge}");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    expect_401("_search", &client.request("POST", "/fhir/Patient/_search", &form, b"_count=1"));
    let stored = demo.stored();
    let all = Caller::unlimited(&stored);
    assert_eq!(all.read(&own)["meta"]["versionId"], "1", "nothing was written");
    assert_eq!(all.read("/fhir/Patient?_total=accurate&_count=1")["total"], 30);
}

#[test]
fn a_token_that_is_not_ours_is_refused() {
    let demo = Demo::start(TestDatabase::sqlite());
    let client = demo.server().client();
    let good = demo.token(&["--citizen", demo.citizen(0).0]);
    let of_another = demo.token(&["--citizen", demo.citizen(1).0]);
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("not a JWT") };
    let other_claims = of_another.split('.').nth(1).unwrap();
    let flipped: String =
        signature.chars().enumerate().map(|(at, c)| if at == 5 { flip(c) } else { c }).collect();
    let other_demo = Demo::start(TestDatabase::sqlite());
    let of_another_server = other_demo.token(&["--citizen", other_demo.citizen(0).0]);
    let long = "a".repeat(5000);
    for (what, value) in [
        ("garbage", "Bearer garbage".to_owned()),
        ("three parts", "Bearer x.y.z".to_owned()),
        ("nothing", "Bearer ".to_owned()),
        ("no scheme", good.clone()),
        ("another scheme", format!("Basic {good}")),
        ("a changed signature", format!("Bearer {head}.{claims}.{flipped}")),
        ("no signature", format!("Bearer {head}.{claims}.")),
        ("another's claims", format!("Bearer {head}.{other_claims}.{signature}")),
        // {"alg":"none"}
        ("no algorithm", format!("Bearer eyJhbGciOiJub25lIn0.{claims}.")),
        ("another server's", format!("Bearer {of_another_server}")),
        ("twice", format!("Bearer {good}, Bearer {good}")),
        ("long", format!("Bearer {long}")),
    ] {
        let answer = client.request("GET", "/fhir/Patient", &[("Authorization", &value)], b"");
        expect_401(what, &answer);
        assert!(!answer.text().contains(claims), "{what}: the token is told back");
    }
    let twice = [("Authorization", "Bearer garbage"), ("Authorization", &format!("Bearer {good}"))];
    assert!(client.request("GET", "/fhir/Patient", &twice, b"").status >= 400, "two are one too many");
    expect_401("in the address", &client.get(&format!("/fhir/Patient?access_token={good}")));
    let _ = Caller::new(client, &good).get("/fhir/Patient").expect_status(200);
    // RFC 9110, 11.1: the scheme in any case of letters.
    let lower = format!("bearer {good}");
    let _ = client.request("GET", "/fhir/Patient", &[("Authorization", &lower)], b"").expect_status(200);
}

fn flip(character: char) -> char {
    if character == 'A' { 'B' } else { 'A' }
}

/// RFC 6750, 3.1: a token that was shown and refused is told so.
#[test]
fn the_challenge_names_the_error() {
    // A database goes with its variable, and the server must not outlive it.
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database, &[]);
    let answer = server.client().request("GET", "/fhir/Patient", &[("Authorization", "Bearer x.y.z")], b"");
    let challenge = expect_401("x.y.z", &answer);
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
}

#[test]
fn what_is_for_everybody_needs_no_token() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database, &[]);
    for path in ["/fhir/metadata", "/health/live", "/health/ready", "/metrics"] {
        let _ = server.client().get(path).expect_status(200);
    }
}

#[test]
fn the_demo_describes_itself() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let stored = demo.stored();
        let (all, client) = (Caller::unlimited(&stored), demo.as_client());
        let citizens = demo.description["citizens"].as_array().unwrap();
        assert_eq!(citizens.len(), 30);
        for citizen in citizens {
            let number = text(&citizen["number"]);
            assert!(number.len() == 12 && number.starts_with("099"), "{number}");
            let patient = all.read(&format!("/fhir/Patient/{}", text(&citizen["patient_id"])));
            assert!(patient["identifier"].to_string().contains(&number), "{number}: {patient}");
        }
        for facility in demo.description["facilities"].as_array().unwrap() {
            client.read(&format!("/fhir/Organization/{}", text(&facility["organization_id"])));
        }
        for list in ["facilities", "clients"] {
            assert!(!demo.description[list].as_array().unwrap().is_empty(), "{list}");
        }
        for client in demo.description["clients"].as_array().unwrap() {
            let token = demo.token(&["--client", &text(&client["id"])]);
            let _ = Caller::new(demo.server().client(), token).get("/fhir/Patient").expect_status(200);
        }
        // What is announced works as it is: the first of them has somebody to show.
        assert!(!matches(&client.read("/fhir/Patient?_count=2")).is_empty(), "the first client sees nobody");
    }
}

#[test]
fn tokens_are_for_the_people_of_a_demo() {
    let demo = Demo::start(TestDatabase::sqlite());
    for arguments in [
        &["--citizen", "099000000000"][..],
        &["--client", "unknown"],
        &["--citizen", "", "--client", ""],
        &["--citizen", demo.citizen(0).0, "--client", "facility"],
        &[],
    ] {
        let output = demo.token_command(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", words(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", words(&output));
        assert!(!output.stderr.is_empty(), "{arguments:?}: no reason");
    }
}

#[test]
fn a_database_of_real_people_gives_no_tokens() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let server = start(&database, &["--data-folder", folder.path().to_str().unwrap()]);
        let place = ["--database", database.url(), "--data-folder", folder.path().to_str().unwrap()];
        // Also not when a demo.json of elsewhere is put there.
        for with_file in [false, true] {
            if with_file {
                let demo = Demo::start(TestDatabase::sqlite());
                fs::copy(demo.file(), folder.path().join("demo.json")).unwrap();
                if let Some(path) = database.url().strip_prefix("sqlite:") {
                    fs::copy(demo.file(), std::path::Path::new(path).with_file_name("demo.json")).unwrap();
                }
            }
            for who in [["--citizen", "099000000000"], ["--client", "facility-01001"]] {
                let output = run(folder.path(), &[&["token"], &place[..], &who].concat());
                assert!(!output.status.success(), "{}", words(&output));
                assert!(output.stdout.is_empty(), "{}", words(&output));
                assert!(words(&output).contains("demo"), "{}", words(&output));
                assert!(!words(&output).contains("099000000000"), "{}", words(&output));
            }
        }
        drop(server);
    }
    let folder = TemporaryDirectory::new();
    let path = folder.path().join("nothing.db");
    let url = format!("sqlite:{}", path.display());
    let output = run(folder.path(), &["token", "--database", &url, "--client", "facility-01001"]);
    assert!(!output.status.success(), "{}", words(&output));
    assert!(!path.exists(), "asking for a token makes no database");
}

#[test]
fn the_second_start_is_quick_and_adds_nothing() {
    for database in TestDatabase::each() {
        let mut demo = Demo::start(database);
        let counts = |demo: &Demo| -> Vec<u64> {
            let stored = demo.stored();
            let client = Caller::unlimited(&stored);
            let kinds = ["Patient", "Organization", "Encounter", "Observation", "Practitioner"];
            kinds
                .iter()
                .map(|kind| {
                    let page = client.read(&format!("/fhir/{kind}?_total=accurate&_count=1"));
                    page["total"].as_u64().unwrap()
                })
                .collect()
        };
        let before = counts(&demo);
        let (old_token, description) =
            (demo.token(&["--citizen", demo.citizen(0).0]), fs::read(demo.file()).unwrap());
        demo.stop();
        let begin = Instant::now();
        demo.serve();
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(counts(&demo), before);
        let own = format!("/fhir/Patient/{}", demo.citizen(0).1);
        assert_eq!(demo.as_citizen(0).read(&own)["meta"]["versionId"], "1");
        assert_eq!(fs::read(demo.file()).unwrap(), description, "the same people");
        // A restart signs nobody out.
        let _ = Caller::new(demo.server().client(), old_token).get(&own).expect_status(200);
    }
}
