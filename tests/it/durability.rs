//! What was acknowledged is there after a crash, of the server or of PostgreSQL, and nothing is there by halves.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use test_support::{Durability, HttpClient, TemporaryDirectory, TemporaryPostgres, TestDatabase};

use crate::support::bodies::{NUMBERS, bundle, entry_with, observation_of};
use crate::support::json_text::Exact;
use crate::support::program::program;
use crate::support::{FHIR_JSON, Fhir, Stored, body, encode, entries, start};

const THREADS: usize = 8;
const ROUNDS: usize = 3;

/// Sends creates until the connection fails or the time is over; keeps what was acknowledged.
fn create_until_it_ends(
    client: &HttpClient,
    thread: usize,
    round: usize,
    is_over: &AtomicBool,
    acknowledged: &Mutex<Vec<(Stored, String)>>,
) {
    for number in 0.. {
        let sent = observation_of("Patient/p", &format!("r{round}t{thread}"), &format!("{number}.50"));
        let headers = [("Content-Type", FHIR_JSON)];
        let answer = client.try_request("POST", "/fhir/Observation", &headers, sent.as_bytes());
        match answer {
            Ok(answer) if answer.status == 201 => {
                let stored = Stored::at(answer.header("Location").unwrap());
                acknowledged.lock().unwrap().push((stored, sent));
            }
            _ if is_over.load(Ordering::SeqCst) => break,
            Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
            Err(error) => panic!("before the crash: {error}"),
        }
    }
}

/// Sends transactions of five; tells how many were sent and which of them were acknowledged.
fn transact_until_it_ends(client: &HttpClient, round: usize, is_over: &AtomicBool) -> (usize, Vec<usize>) {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let organization = format!(
            r#"{{"resourceType":"Organization","identifier":[{{"system":"{NUMBERS}","value":"{round}-{number}"}}]}}"#
        );
        let sent = bundle("transaction", &vec![entry_with("POST", "Organization", &organization); 5]);
        let headers = [("Content-Type", FHIR_JSON)];
        match client.try_request("POST", "/fhir", &headers, sent.as_bytes()) {
            Ok(answer) if answer.status == 200 => acknowledged.push(number),
            _ if is_over.load(Ordering::SeqCst) => return (number + 1, acknowledged),
            Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
            Err(error) => panic!("before the crash: {error}"),
        }
    }
    unreachable!("the numbers have no end")
}

#[track_caller]
fn expect_all(client: &HttpClient, acknowledged: &[(Stored, String)]) {
    // Some hundreds of reads of ten each, not thousands of one.
    for part in acknowledged.chunks(50) {
        let ids: Vec<&str> = part.iter().map(|(stored, _)| stored.id.as_str()).collect();
        let page = client.get(&format!("/fhir/Observation?_id={}&_count=100", ids.join(",")));
        let exact = Exact::parse(page.expect_status(200).text());
        let Some(Exact::Array(found)) = exact.get("entry").cloned() else {
            panic!("none of {} acknowledged is there", part.len())
        };
        for (stored, sent) in part {
            let id = Exact::Text(stored.id.clone());
            let resource = found.iter().map(|entry| entry.get("resource").unwrap());
            let Some(resource) = resource.into_iter().find(|resource| resource.get("id") == Some(&id)) else {
                panic!("{} was acknowledged and is lost: {sent}", stored.reference())
            };
            let (kept, _) = resource.clone().without_what_the_server_sets();
            assert_eq!(kept, Exact::parse(sent), "{}", stored.reference());
        }
    }
}

fn crash_rounds(database: &TestDatabase) {
    let mut all = Vec::new();
    let mut server = start(database, &[]);
    for round in 0..ROUNDS {
        let (is_over, acknowledged) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let client = HttpClient::new(server.base_url());
        let (tried, bundles) = thread::scope(|scope| {
            for thread in 0..THREADS {
                let (client, is_over, acknowledged) = (&client, &is_over, &acknowledged);
                scope.spawn(move || create_until_it_ends(client, thread, round, is_over, acknowledged));
            }
            let transactions = scope.spawn(|| transact_until_it_ends(&client, round, &is_over));
            let end = Instant::now() + Duration::from_secs(10);
            while acknowledged.lock().unwrap().len() < 200 && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
            thread::sleep(Duration::from_millis(50 + 37 * round as u64));
            is_over.store(true, Ordering::SeqCst);
            server.kill9();
            transactions.join().unwrap()
        });
        let acknowledged = acknowledged.into_inner().unwrap();
        assert!(acknowledged.len() >= 100, "only {} creates before the crash", acknowledged.len());
        all.extend(acknowledged);
        server = start(database, &[]);
        expect_all(server.http(), &all);
        for number in 0..tried {
            let criteria = encode(&format!("{NUMBERS}|{round}-{number}"));
            let stored = server.count(&format!("/fhir/Organization?identifier={criteria}"));
            let expected: &[usize] = if bundles.contains(&number) { &[5] } else { &[0, 5] };
            assert!(expected.contains(&stored), "transaction {round}-{number}: {stored} of 5");
        }
        // Each request was carried out at most once, and what was not acknowledged is at most one for each thread.
        let total = server.read("/fhir/Observation?_total=accurate&_count=1")["total"].as_u64().unwrap();
        let most = all.len() + THREADS * (round + 1);
        assert!(all.len() as u64 <= total && total <= most as u64, "{total}: {} to {most}", all.len());
    }
}

#[test]
fn a_killed_server_loses_nothing_on_sqlite() {
    crash_rounds(&TestDatabase::sqlite());
}

#[test]
fn a_killed_server_loses_nothing_on_postgresql() {
    if let Some(database) = TestDatabase::postgres() {
        crash_rounds(&database);
    }
}

#[test]
fn updates_and_deletions_survive_a_crash() {
    for database in TestDatabase::each() {
        let mut server = start(&database, &[]);
        let stored: Vec<Stored> = (0..10)
            .map(|number| server.create(&observation_of("Patient/p", "u", &number.to_string())))
            .collect();
        for (number, one) in stored.iter().enumerate() {
            let changed =
                observation_of("Patient/p", "u2", "7").replacen('{', &format!(r#"{{"id":"{}","#, one.id), 1);
            let _ = server.put(&changed).expect_status(200);
            if number % 2 == 0 {
                let answer = server.http().request("DELETE", &one.path(), &[], b"");
                assert!(answer.status < 300, "{}", answer.status);
            }
        }
        server.kill9();
        let server = start(&database, &[]);
        for (number, one) in stored.iter().enumerate() {
            let answer = server.http().get(&one.path());
            assert_eq!(answer.status, if number % 2 == 0 { 410 } else { 200 }, "{number}");
            let history = server.read(&format!("{}/_history", one.path()));
            assert_eq!(entries(&history).len(), if number % 2 == 0 { 3 } else { 2 }, "{number}");
        }
        assert_eq!(server.count("/fhir/Observation?code=u2"), 5);
        assert_eq!(server.count("/fhir/Observation?code=u"), 0);
    }
}

/// PostgreSQL crashes under load: the server says so, and after a new start nothing acknowledged is lost. That a
/// running server finds its database again is not tested here: this PostgreSQL comes back on another port.
#[test]
fn a_crash_of_postgresql_is_survived() {
    let Some(mut postgres) = TemporaryPostgres::start(Durability::On) else { return };
    let database = TestDatabase::on(&postgres);
    let server = start(&database, &[]);
    let (is_over, acknowledged) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (server, is_over, acknowledged) = (&server, &is_over, &acknowledged);
            scope.spawn(move || create_until_it_ends(server.http(), thread, 0, is_over, acknowledged));
        }
        thread::sleep(Duration::from_millis(400));
        is_over.store(true, Ordering::SeqCst);
        postgres.crash();
    });
    let _ = server.http().get("/health/live").expect_status(200);
    assert_eq!(server.http().get("/health/ready").status, 503, "without a database it is not ready");
    let answer = server.http().get("/fhir/Observation?_count=1");
    assert!((500..600).contains(&answer.status), "{}", answer.status);
    let outcome = body(&answer);
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    let said = outcome.to_string();
    for secret in ["postgres://", "SELECT", "select ", "panicked"] {
        assert!(!said.contains(secret), "{said}");
    }
    drop(server);
    // It comes back on another port.
    let of_old = postgres.url().to_owned();
    postgres.start_again();
    let port = |url: &str| url.rsplit_once(':').unwrap().1.split('/').next().unwrap().to_owned();
    let url = database.url().replace(&format!(":{}/", port(&of_old)), &format!(":{}/", port(postgres.url())));
    let mut server = ServerAt::start(&url);
    let client = server.ready();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(!acknowledged.is_empty());
    expect_all(&client, &acknowledged);
    client.create(&observation_of("Patient/p", "after", "1"));
}

/// A server on a database that is none of `TestDatabase`'s any more.
struct ServerAt {
    child: Child,
    address: String,
    _folder: TemporaryDirectory,
}

impl ServerAt {
    fn start(url: &str) -> Self {
        let folder = TemporaryDirectory::new();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut command = program(folder.path());
        command.args(["serve", "--auth", "off", "--database", url, "--listen", &free]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, address: free, _folder: folder }
    }

    fn ready(&mut self) -> HttpClient {
        let client = HttpClient::new(&format!("http://{}", self.address));
        let end = Instant::now() + Duration::from_secs(10);
        while !client.try_request("GET", "/health/ready", &[], b"").is_ok_and(|answer| answer.status == 200) {
            assert!(Instant::now() < end, "not ready");
            assert!(self.child.try_wait().unwrap().is_none(), "it has ended");
            thread::sleep(Duration::from_millis(20));
        }
        client
    }
}

impl Drop for ServerAt {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
