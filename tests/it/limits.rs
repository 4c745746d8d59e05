//! What a body may cost: its size as sent and unpacked, its encoding, its time, and who may send one at all.

use std::io::Write as _;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use test_support::{Connection, Response, TestDatabase, TestServer};

use crate::support::bodies::patient;
use crate::support::{FHIR_JSON, Fhir, body, expect_refusal, on_each, on_each_with, status_of_raw, text};

const MEBI: u64 = 1024 * 1024;

/// The most that a server may take for eight bombs of a gigabyte each.
const MOST_MEMORY: u64 = 350_000_000;

/// The ways in which a body arrives.
const DOORS: [(&str, &str); 3] = [("POST", "/fhir/Patient"), ("PUT", "/fhir/Patient/a"), ("POST", "/fhir")];

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A gigabyte of zeros, packed.
fn bomb() -> &'static [u8] {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    BOMB.get_or_init(|| {
        let zeros = vec![0; 1024 * 1024];
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        (0..1024).for_each(|_| encoder.write_all(&zeros).unwrap());
        encoder.finish().unwrap()
    })
}

/// A Patient with its id, filled up with space behind it to this many bytes.
fn patient_of(size: usize) -> Vec<u8> {
    let mut sent = patient(1).replacen('{', r#"{"id":"a","#, 1).into_bytes();
    assert!(sent.len() <= size);
    sent.resize(size, b' ');
    sent
}

fn head(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FHIR_JSON}\r\n{headers}\r\n")
}

fn in_chunks(method: &str, path: &str, headers: &str, sent: &[u8]) -> Vec<u8> {
    let mut bytes = head(method, path, &format!("{headers}Transfer-Encoding: chunked\r\n")).into_bytes();
    for chunk in sent.chunks(10_000) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

#[track_caller]
fn encoded(server: &TestServer, encoding: &str, sent: &[u8]) -> Response {
    let headers = [("Content-Type", FHIR_JSON), ("Content-Encoding", encoding)];
    server.http().request("POST", "/fhir/Patient", &headers, sent)
}

/// RFC 9110, 15.5.14; issue-type `too-long`: "provided content is too long".
#[track_caller]
fn expect_too_large(what: &str, answer: &Response) {
    assert_eq!(expect_refusal(what, answer, 413)["code"], "too-long", "{what}: {}", answer.text());
}

#[track_caller]
fn expect_stored(server: &TestServer, people: u64) {
    let count = body(&server.http().get("/fhir/Patient?_summary=count").expect_status(200));
    assert_eq!(count["total"], people);
}

#[test]
fn the_limit_is_a_matter_of_a_byte_however_a_body_is_sent() {
    on_each_with(&["--body-limit", "64KiB"], |server| {
        let (fits, large) = (patient_of(65_536), patient_of(65_537));
        let path = "/fhir/Patient";
        assert_eq!(server.http().send_fhir("POST", path, &fits).status, 201);
        let answer = status_of_raw(server, &in_chunks("POST", path, "", &fits)).expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.text());
        let answer = encoded(server, "gzip", &gzip(&fits));
        assert_eq!(answer.status, 201, "{}", answer.text());
        for (method, path) in DOORS {
            let what = format!("{method} {path}");
            expect_too_large(&what, &server.http().send_fhir(method, path, &large));
            let answer = status_of_raw(server, &in_chunks(method, path, "", &large)).expect("an answer");
            expect_too_large(&format!("{what} in chunks"), &answer);
            let headers = [("Content-Type", FHIR_JSON), ("Content-Encoding", "gzip")];
            let answer = server.http().request(method, path, &headers, &gzip(&large));
            expect_too_large(&format!("{what} packed"), &answer);
            let packed = in_chunks(method, path, "Content-Encoding: gzip\r\n", &gzip(&large));
            let answer = status_of_raw(server, &packed).expect("an answer");
            expect_too_large(&format!("{what} packed in chunks"), &answer);
            // Announced: refused before anything of it is sent, asked for or not.
            for expect in ["", "Expect: 100-continue\r\n"] {
                let headers = format!("{expect}Content-Length: 65537\r\n");
                let answer = status_of_raw(server, head(method, path, &headers).as_bytes());
                expect_too_large(&format!("{what} announced {expect}"), &answer.expect("an answer"));
            }
        }
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let sent = format!("name={}", "x".repeat(65_536));
        let answer = server.http().request("POST", "/fhir/Patient/_search", &form, sent.as_bytes());
        expect_too_large("a form", &answer);
        // Chunks without end are not read to their end.
        let mut connection = server.client().open().unwrap();
        let endless = in_chunks("POST", path, "", &patient_of(2_000_000));
        let _ = connection.send(&endless[..endless.len() - 5]);
        expect_too_large("chunks without end", &connection.read_response().expect("an answer"));
        expect_stored(server, 3);
    });
}

/// RFC 9110, 8.4.1: names of codings are case-insensitive, `x-gzip` is `gzip`. RFC 1952, 2.2: a file of several
/// members is their contents in a row.
#[test]
fn packed_bodies_are_read_or_refused_by_their_encoding() {
    on_each(|server| {
        let plain = patient(1);
        let (first, second) = plain.as_bytes().split_at(40);
        let packed = gzip(plain.as_bytes());
        let good = [
            ("gzip", "gzip", packed.clone()),
            ("in capitals", "GZIP", packed.clone()),
            ("x-gzip", "x-gzip", packed.clone()),
            ("in two members", "gzip", [gzip(first), gzip(second)].concat()),
            ("with an empty member", "gzip", [gzip(b""), packed.clone()].concat()),
        ];
        for (what, encoding, sent) in &good {
            let answer = encoded(server, encoding, sent);
            assert_eq!(answer.status, 201, "{what}: {}", answer.text());
            let read = server.read(&crate::support::path_of(answer.header("Location").unwrap()));
            assert_eq!(read["identifier"], crate::support::value(&plain)["identifier"], "{what}");
        }
        let answer =
            status_of_raw(server, &in_chunks("POST", "/fhir/Patient", "Content-Encoding: gzip\r\n", &packed))
                .expect("an answer");
        assert_eq!(answer.status, 201, "in chunks: {}", answer.text());
        let stored = good.len() as u64 + 1;

        let changed = |at: usize| {
            let mut sent = packed.clone();
            sent[at] ^= 0x55;
            sent
        };
        let end = packed.len();
        let broken = [
            ("nothing", Vec::new()),
            ("not packed", plain.clone().into_bytes()),
            ("its head only", packed[..10].to_vec()),
            ("cut in the middle", packed[..end / 2].to_vec()),
            ("without its length", packed[..end - 4].to_vec()),
            ("without its checksum", packed[..end - 8].to_vec()),
            ("a wrong mark", changed(0)),
            ("a wrong method", changed(2)),
            ("a wrong checksum", changed(end - 6)),
            ("a wrong length", changed(end - 2)),
            ("a wrong block", changed(10)),
            ("a second member that is cut", [packed.as_slice(), &packed[..end / 2]].concat()),
            ("another document in a second member", [packed.as_slice(), &packed].concat()),
            ("packed twice, named once", gzip(&packed)),
            ("a packed nothing", gzip(b"")),
        ];
        for (what, sent) in &broken {
            expect_refusal(what, &encoded(server, "gzip", sent), 400);
        }
        // RFC 9110, 15.5.16: 415, which ought to say in Accept-Encoding what would have been taken.
        for encoding in ["br", "zstd", "compress", "nonsense", "gzip, br", "br, gzip", "gzip;q=1"] {
            let answer = encoded(server, encoding, &packed);
            expect_refusal(encoding, &answer, 415);
            let taken = answer.header("Accept-Encoding");
            assert!(
                taken.is_none_or(|taken| taken.contains("gzip")),
                "{encoding}: Accept-Encoding: {taken:?}"
            );
        }
        expect_stored(server, stored);
    });
}

/// Sends the same bytes on eight connections at once.
fn eight_times(server: &TestServer, bytes: &[u8]) -> Vec<Option<Response>> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| status_of_raw(server, bytes))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Each is refused: as too large, or unread while others are being unpacked (RFC 9110, 15.6.4), which must pass.
#[track_caller]
fn expect_bombs_refused(what: &str, answers: Vec<Option<Response>>) {
    let answers: Vec<Response> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
    let (busy, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 503);
    assert!(!refused.is_empty(), "{what}: nobody's turn");
    for answer in refused {
        expect_too_large(what, answer);
    }
    for answer in busy {
        assert_eq!(expect_refusal(what, answer, 503)["code"], "transient", "{what}");
    }
}

fn with_bomb(method: &str, path: &str) -> Vec<u8> {
    let headers = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", bomb().len());
    [head(method, path, &headers).as_bytes(), bomb()].concat()
}

#[track_caller]
fn expect_small(server: &TestServer, most: u64) {
    if let Some(peak) = server.peak_memory() {
        assert!(peak <= most, "{} MB, at most {}", peak / 1_000_000, most / 1_000_000);
    }
}

#[test]
fn eight_bombs_at_once_cost_no_more_than_the_limit_allows() {
    on_each(|server| {
        let start = Instant::now();
        expect_bombs_refused("bombs", eight_times(server, &with_bomb("POST", "/fhir/Patient")));
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
        expect_small(server, MOST_MEMORY);
        expect_stored(server, 0);
    });
}

/// Whoever can send eight can send them again: what the first have cost must be there for the next.
#[test]
fn bombs_again_and_again_cost_no_more_than_the_first() {
    on_each(|server| {
        for (method, path) in DOORS {
            expect_bombs_refused(&format!("{method} {path}"), eight_times(server, &with_bomb(method, path)));
        }
        expect_too_large("one alone", &encoded(server, "gzip", bomb()));
        let members = gzip(&vec![b' '; 1024 * 1024]).repeat(40);
        expect_too_large("members that are small each", &encoded(server, "gzip", &members));
        // A bomb in a bomb: whatever is said to it, it is said soon.
        let answer = encoded(server, "gzip, gzip", &gzip(bomb()));
        assert!(matches!(answer.status, 413 | 415), "{}", answer.status);
        assert_eq!(server.http().send_fhir("POST", "/fhir/Patient", patient(1)).status, 201);
        expect_stored(server, 1);
        expect_small(server, MOST_MEMORY);
    });
}

/// A small limit makes a small cost.
#[test]
fn a_small_limit_bounds_what_a_bomb_may_take() {
    on_each_with(&["--body-limit", "1MiB"], |server| {
        let before = server.peak_memory();
        let bytes = with_bomb("POST", "/fhir/Patient");
        expect_bombs_refused("a bomb", eight_times(server, &bytes));
        if let Some(before) = before {
            expect_small(server, before + 64 * MEBI);
        }
    });
}

/// RFC 9110, 15.5.2: 401 comes with WWW-Authenticate. Without a token nothing is read, let alone unpacked: the
/// answer is there before the body is sent.
#[test]
fn who_is_not_signed_in_has_no_body_read() {
    for database in TestDatabase::each() {
        let server = TestServer::start(&database, &[]);
        let before = server.peak_memory();
        for (method, path) in DOORS {
            let what = format!("{method} {path}");
            let length = bomb().len();
            let start = Instant::now();
            for length in [length, 999_999_999_999] {
                let headers = format!("Content-Encoding: gzip\r\nContent-Length: {length}\r\n");
                let answer = status_of_raw(&server, head(method, path, &headers).as_bytes());
                let answer = answer.unwrap_or_else(|| panic!("{what}: waits for the body"));
                // An announcement over the limit may be refused for that.
                if length != bomb().len() && answer.status == 413 {
                    continue;
                }
                assert_eq!(expect_refusal(&what, &answer, 401)["code"], "login", "{what}");
                let scheme = answer.header("WWW-Authenticate").unwrap_or_default();
                assert!(scheme.starts_with("Bearer"), "{what}: WWW-Authenticate: {scheme:?}");
            }
            assert!(start.elapsed() < Duration::from_secs(5), "{what}: {:?}", start.elapsed());
            // One that pushes it down the line whatever comes gets its answer or is cut off.
            for answer in eight_times(&server, &with_bomb(method, path)).into_iter().flatten() {
                expect_refusal(&what, &answer, 401);
            }
        }
        if let Some(before) = before {
            expect_small(&server, before + 32 * MEBI);
        }
        let alive = server.client().get("/health/live");
        assert_eq!(alive.status, 200);
    }
}

/// Sends a byte every tenth of a second until the server has had enough; tells how long that took.
fn trickle(mut connection: Connection, what: &str, start: &[u8], bytes: &[u8]) -> Duration {
    let since = Instant::now();
    connection.send(start).unwrap();
    for byte in bytes.iter().cycle() {
        if !connection.is_idle() || connection.send(&[*byte]).is_err() {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(8), "{what}: still open");
        thread::sleep(Duration::from_millis(100));
    }
    let took = since.elapsed();
    connection.socket().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // RFC 9110, 15.5.9: 408, and the connection is closed; or just that.
    if let Ok(answer) = connection.read_response() {
        assert_eq!(expect_refusal(what, &answer, 408)["code"], "timeout", "{what}");
        // What the server had not read yet makes it a reset.
        let closed = connection
            .read_to_end()
            .err()
            .is_none_or(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(closed, "{what}: not closed after 408");
    }
    took
}

#[test]
fn a_body_that_trickles_in_is_closed_by_its_deadline() {
    on_each_with(&["--body-deadline", "1s"], |server| {
        let packed = gzip(&patient_of(100_000));
        let length = "Content-Length: 100000\r\n";
        let chunked = "Transfer-Encoding: chunked\r\n";
        let cases: [(&str, String, &[u8]); 6] = [
            ("a byte at a time", head("POST", "/fhir/Patient", length), b" "),
            ("to the base", head("POST", "/fhir", length), b" "),
            ("by PUT", head("PUT", "/fhir/Patient/a", length), b" "),
            ("in chunks", head("POST", "/fhir/Patient", chunked), b"1\r\n \r\n"),
            (
                "packed",
                head("POST", "/fhir/Patient", &format!("Content-Encoding: gzip\r\n{length}")),
                &packed,
            ),
            (
                "a form",
                head("POST", "/fhir/Patient/_search", length)
                    .replace(FHIR_JSON, "application/x-www-form-urlencoded"),
                b"a",
            ),
        ];
        thread::scope(|scope| {
            for (what, start, bytes) in &cases {
                let connection = server.client().open().unwrap();
                scope.spawn(move || {
                    let took = trickle(connection, what, start.as_bytes(), bytes);
                    let range = Duration::from_millis(900)..Duration::from_secs(4);
                    assert!(range.contains(&took), "{what}: closed after {took:?}");
                });
            }
            // A body of which nothing comes at all.
            let mut silent = server.client().open().unwrap();
            silent.send(head("POST", "/fhir/Patient", length).as_bytes()).unwrap();
            // Others are served meanwhile; a slow one that is in time too.
            let mut slow = server.client().open().unwrap();
            let sent = patient(1);
            slow.send(
                head("POST", "/fhir/Patient", &format!("Content-Length: {}\r\n", sent.len())).as_bytes(),
            )
            .unwrap();
            for part in sent.as_bytes().chunks(sent.len() / 4 + 1) {
                thread::sleep(Duration::from_millis(100));
                slow.send(part).unwrap();
                let _ = server.http().get("/fhir/Patient").expect_status(200);
            }
            let answer = slow.read_response().unwrap().expect_status(201);
            assert!(text(&body(&answer)["id"]).len() > 1);
            let since = Instant::now();
            if let Ok(answer) = silent.read_response() {
                expect_refusal("silence", &answer, 408);
            }
            assert!(since.elapsed() < Duration::from_secs(4), "silence: {:?}", since.elapsed());
            // The deadline is that of a body: a connection between two requests may wait longer.
            thread::sleep(Duration::from_millis(1500));
            slow.send(b"GET /fhir/Patient HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            assert_eq!(slow.read_response().unwrap().status, 200);
        });
        expect_stored(server, 1);
    });
}
