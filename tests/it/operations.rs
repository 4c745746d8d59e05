//! What operators rely on: health, metrics, request ids, log lines, an orderly stop.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::{TestDatabase, TestServer};

use crate::support::access_log::new_number;
use crate::support::bodies::{NUMBERS, bundle, entry_with, patient, patient_named};
use crate::support::{FHIR_JSON, Fhir, citizen_number, encode, on_each, start, value};

#[test]
fn health_says_live_and_ready() {
    on_each(|server| {
        for path in ["/health/live", "/health/ready"] {
            let answer = server.http().get(path).expect_status(200);
            let cache = answer.header("Cache-Control").unwrap_or_default();
            assert!(
                cache.contains("no-store") || cache.contains("no-cache"),
                "{path}: kept for later: {cache:?}"
            );
        }
    });
}

/// What must be in no metric and no log line after `requests_with_personal_data`.
fn personal() -> Vec<String> {
    let mut all: Vec<String> = (1..=5).map(citizen_number).collect();
    all.extend(["Nguyễn-Hiếm", "Tên Riêng", "secret-id-1", "HIDDEN", "E11.9"].map(str::to_owned));
    all.extend([encode("Nguyễn-Hiếm"), encode("Tên Riêng")]);
    all
}

/// Good and bad requests with personal data in every place; the id of what was stored.
fn requests_with_personal_data(server: &TestServer) -> String {
    let stored = server.create(&patient_named(1, "Nguyễn-Hiếm", "Tên Riêng"));
    let http = server.http();
    let number = citizen_number(2);
    let _ = http.get(&stored.path()).expect_status(200);
    let _ = http.get(&format!("/fhir/Patient?identifier={NUMBERS}%7C{number}")).expect_status(200);
    let _ = http.get(&format!("/fhir/Patient?family={}", encode("Nguyễn-Hiếm"))).expect_status(200);
    for path in [
        "/fhir/Patient/secret-id-1".to_owned(),
        format!("/fhir/{number}"),
        format!("/fhir/{number}/{number}"),
        format!("/{number}"),
        format!("/fhir/Patient/{number}/$HIDDEN"),
        format!("/fhir/Patient/{number}/HIDDEN/E11.9"),
        format!("/fhir/Condition?code=E11.9&HIDDEN={number}"),
        format!("/fhir/Patient?birthdate={number}"),
        format!("/health/{number}"),
    ] {
        http.get(&path);
    }
    let strict = [("Prefer", "handling=strict")];
    let _ = http.request("GET", &format!("/fhir/Patient?HIDDEN={number}"), &strict, b"").expect_status(400);
    // Methods are words that a client chooses.
    for method in [citizen_number(3), "HIDDEN".to_owned()] {
        http.request(&method, "/fhir/Patient", &[], b"");
    }
    http.send_fhir("POST", "/fhir/Patient", patient(4).replace("female", "HIDDEN female"));
    http.send_fhir("POST", "/fhir/Patient", patient(4).replace(r#""gender""#, r#""Tên Riêng""#));
    http.send_fhir("POST", "/fhir/Patient", &patient(4)[..80]);
    http.send_fhir("PUT", &format!("/fhir/Patient/{number}"), patient(5));
    let entries = [entry_with("POST", &number, &patient(5))];
    http.send_fhir("POST", "/fhir", bundle("transaction", &entries));
    let headers =
        [("Content-Type", FHIR_JSON), ("If-None-Exist", &*format!("identifier={number}&HIDDEN=E11.9"))];
    http.request("POST", "/fhir/Patient", &headers, patient(5).as_bytes());
    stored.id
}

/// A sample of OpenMetrics text: name, labels, value.
fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (name_and_labels, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let value: f64 = value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
    let (name, labels) = match name_and_labels.split_once('{') {
        None => (name_and_labels, ""),
        Some((name, labels)) => {
            (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("labels do not end: {line}")))
        }
    };
    assert!(
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':'),
        "{line}"
    );
    let mut parsed = BTreeMap::new();
    for label in labels.split("\",").filter(|label| !label.is_empty()) {
        let (key, value) = label.split_once("=\"").unwrap_or_else(|| panic!("not a label: {line}"));
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{line}");
        let before = parsed.insert(key.to_owned(), value.trim_end_matches('"').to_owned());
        assert_eq!(before, None, "{line}");
    }
    (name.to_owned(), parsed, value)
}

/// https://prometheus.io/docs/specs/om/open_metrics_spec/
fn check_open_metrics(text: &str) {
    let body = text.strip_suffix("# EOF\n").unwrap_or_else(|| panic!("does not end with # EOF: {text}"));
    let (mut family, mut kind) = (String::new(), String::new());
    let (mut families, mut series) = (BTreeSet::new(), BTreeSet::new());
    let mut buckets: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    for line in body.lines() {
        assert!(!line.is_empty(), "an empty line");
        if let Some(description) = line.strip_prefix("# ") {
            let mut words = description.splitn(3, ' ');
            let (what, name, rest) =
                (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
            assert!(["TYPE", "HELP", "UNIT"].contains(&what), "{line}");
            if name != family {
                assert!(families.insert(name.to_owned()), "{name} in two places");
                (family, kind) = (name.to_owned(), "unknown".to_owned());
            }
            if what == "TYPE" {
                rest.clone_into(&mut kind);
            }
            continue;
        }
        let (name, mut labels, number) = sample(line);
        let suffix = name.strip_prefix(&family).unwrap_or_else(|| panic!("{line} within {family}"));
        let allowed: &[&str] = match kind.as_str() {
            "counter" => &["_total", "_created"],
            "histogram" => &["_bucket", "_count", "_sum", "_created"],
            "gauge" | "unknown" => &[""],
            "info" => &["_info"],
            other => panic!("type {other}: {line}"),
        };
        assert!(allowed.contains(&suffix), "{line} is no sample of a {kind}");
        assert!(series.insert((name.clone(), labels.clone())), "twice: {line}");
        if kind == "counter" || kind == "histogram" {
            assert!(number >= 0.0, "{line}");
        }
        if kind == "histogram" {
            let bound = labels.remove("le");
            let key = format!("{family}{labels:?}");
            match (suffix, bound) {
                ("_bucket", Some(bound)) => {
                    let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
                    buckets.entry(key).or_default().push((bound, number));
                }
                ("_bucket", None) => panic!("no le: {line}"),
                ("_count", _) => {
                    counts.insert(key, number);
                }
                _ => {}
            }
        }
    }
    assert!(!buckets.is_empty(), "no histogram of times");
    for (key, buckets) in buckets {
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{key}: {buckets:?}");
        let last = buckets.last().unwrap();
        assert_eq!(last.0, f64::INFINITY, "{key} has no +Inf");
        assert_eq!(counts.get(&key), Some(&last.1), "{key}: _count");
    }
}

#[test]
fn metrics_are_open_metrics_and_tell_nothing_of_people() {
    on_each(|server| {
        let id = requests_with_personal_data(server);
        let answer = server.http().get("/metrics").expect_status(200);
        let kind = answer.header("Content-Type").unwrap_or_default();
        assert!(kind.starts_with("application/openmetrics-text") && kind.contains("version=1.0.0"), "{kind}");
        check_open_metrics(answer.text());
        for word in personal().iter().chain([&id]) {
            assert!(!answer.text().contains(word.as_str()), "{word} is in the metrics");
        }
        // However many addresses are asked for, the number of series has an end.
        let lines = answer.text().lines().count();
        for number in 0..200 {
            server.http().get(&format!("/fhir/Type{number}/id{number}"));
            server.http().get(&format!("/other{number}"));
            server.http().request(&format!("METHOD{number}"), "/fhir", &[], b"");
        }
        let after = server.http().get("/metrics").text().lines().count();
        assert!(after <= lines + 100, "{lines} lines, after 600 odd requests {after}");
    });
}

#[test]
fn the_request_id_is_echoed_or_made() {
    // A database goes with its variable, and the server must not outlive it.
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let http = server.http();
    for (path, status) in
        [("/fhir/Patient", 200), ("/fhir/Patient/none", 404), ("/fhir/Nothing", 404), ("/", 404)]
    {
        let asked = |headers: &[(&str, &str)]| {
            let answer = http.request("GET", path, headers, b"");
            if path != "/" {
                assert_eq!(answer.status, status, "{path}");
            }
            answer.header("X-Request-Id").unwrap_or_else(|| panic!("{path}: no X-Request-Id")).to_owned()
        };
        let own = new_number().to_string();
        assert_eq!(asked(&[("X-Request-Id", &own)]), own, "{path}");
        assert_eq!(asked(&[("X-Request-Id", &own.to_uppercase())]), own, "{path}: the same number");
        let made: BTreeSet<String> = (0..3).map(|_| asked(&[])).collect();
        assert_eq!(made.len(), 3, "{path}: {made:?}");
        // What is no UUID is not taken over into logs and answers (docs/access-log.md, section 7).
        let long = "a".repeat(4000);
        let mut all = made;
        for odd in ["abc-123.DEF_4", r#"a"b{"x":1}"#, "<script>", long.as_str(), "", "a b", "tên"] {
            assert!(all.insert(asked(&[("X-Request-Id", odd)])), "{path}: {odd:?}");
        }
        let is_plain = |id: &str| id.parse::<uuid::Uuid>().is_ok_and(|number| number.to_string() == id);
        assert!(all.iter().all(|id| is_plain(id)), "{path}: {all:?}");
    }
}

/// The line of a request, which may come a moment after its answer.
fn log_line(server: &TestServer, id: &str) -> Value {
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        if let Some(line) = server.log().iter().find(|line| line.starts_with('{') && line.contains(id)) {
            return value(line);
        }
        assert!(Instant::now() < end, "no line with {id}: {:#?}", server.log());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn log_lines_are_json_with_the_request_id_and_without_people() {
    on_each(|server| {
        server.http().get("/health/live");
        let begin = server.log().len();
        let stored = requests_with_personal_data(server);
        let ids =
            [("GET", "/fhir/Patient/none", 404), ("GET", "/fhir/Patient", 200), ("PUT", "/fhir/x", 404)];
        for (method, path, _) in &ids {
            let id = new_number().to_string();
            let answer = server.http().request(method, path, &[("X-Request-Id", &id)], b"");
            let line = log_line(server, &id);
            assert_eq!(line["request_id"], id, "{line}");
            assert_eq!(line["status"], answer.status, "{line}");
            assert_eq!(line["method"], *method, "{line}");
            for member in ["timestamp", "level", "message"] {
                assert!(line[member].is_string(), "{member}: {line}");
            }
        }
        let made = server.http().get("/fhir/Observation").header("X-Request-Id").unwrap().to_owned();
        log_line(server, &made);
        // What is sent as a number may tell of somebody.
        let number = personal().remove(0);
        let told = server.http().request("GET", "/fhir/Patient/none", &[("X-Request-Id", &number)], b"");
        assert_ne!(told.header("X-Request-Id"), Some(number.as_str()));
        log_line(server, told.header("X-Request-Id").unwrap());
        let lines = server.log();
        assert!(lines.len() > begin + 10, "requests are logged");
        for line in &lines[begin..] {
            assert!(value(line).is_object(), "{line}");
            for word in personal().iter().chain([&stored]) {
                assert!(!line.contains(word.as_str()), "{word} is in the log: {line}");
            }
        }
    });
}

#[test]
fn a_stop_lets_the_running_request_finish() {
    for database in TestDatabase::each() {
        let mut server = start(&database, &[]);
        let sent = patient(1);
        let mut connection = server.http().open().unwrap();
        let (first, rest) = sent.split_at(40);
        let host = server.base_url().strip_prefix("http://").unwrap().to_owned();
        let head = format!(
            "POST /fhir/Patient HTTP/1.1\r\nHost: {host}\r\nContent-Type: {FHIR_JSON}\r\nContent-Length: {}\r\n\r\n{first}",
            sent.len()
        );
        connection.send(head.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(200));
        server.signal("TERM");
        thread::sleep(Duration::from_millis(400));
        connection.send(rest.as_bytes()).unwrap();
        let answer = connection.read_response().expect("the running request is answered").expect_status(201);
        let stored = crate::support::Stored::at(answer.header("Location").unwrap());
        let status = server.wait(Duration::from_secs(10));
        assert!(status.success(), "{status}");
        assert!(server.http().try_request("GET", "/health/live", &[], b"").is_err(), "it is gone");
        let _ = start(&database, &[]).http().get(&stored.path()).expect_status(200);
    }
}

#[test]
fn a_stop_is_quick_when_nothing_runs() {
    for signal in ["TERM", "INT"] {
        let database = TestDatabase::sqlite();
        let mut server = start(&database, &[]);
        // An idle connection is no running request.
        let _ = server.http().get("/fhir/Patient").expect_status(200);
        let _idle = server.http().open().unwrap();
        let begin = Instant::now();
        server.signal(signal);
        let status = server.wait(Duration::from_secs(10));
        assert!(status.success(), "{signal}: {status}");
        assert!(begin.elapsed() < Duration::from_secs(3), "{signal}: {:?}", begin.elapsed());
    }
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let database = TestDatabase::sqlite();
    let mut server = start(&database, &["--shutdown-limit", "1s"]);
    let mut connection = server.http().open().unwrap();
    let host = server.base_url().strip_prefix("http://").unwrap().to_owned();
    let head = format!(
        "POST /fhir/Patient HTTP/1.1\r\nHost: {host}\r\nContent-Type: {FHIR_JSON}\r\nContent-Length: 99\r\n\r\n{{"
    );
    connection.send(head.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(200));
    let begin = Instant::now();
    server.signal("TERM");
    server.wait(Duration::from_secs(8));
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}
