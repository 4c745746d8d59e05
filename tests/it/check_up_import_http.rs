//! `healthbook import --base-url` (`docs/check-up.md`, section 7): files of check-ups through the API of another server; who
//! may send; that an import and a server that are killed in between end as those that were not.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use serde_json::{Value, json};
use test_support::{HttpClient, TemporaryDirectory, TestDatabase};

use crate::data_axis::sending::{Person, check_up};
use crate::support::program::{Caller, Demo, program, run, words};
use crate::support::{body, matches, text, value};

const FACILITY: &str = "99001";
const LOCATION: &str = "2000000990019";
const GOOD: usize = 40;

/// A server on a port of its own, so that it is found again after a kill.
struct Served {
    child: Child,
    http: HttpClient,
}

impl Served {
    fn start(database: &TestDatabase, folder: &Path, port: u16) -> Self {
        let mut command: Command = program(folder);
        command.args(["serve", "--auth", "off", "--listen", &format!("127.0.0.1:{port}")]);
        command.args(["--database", database.url(), "--data-folder", "served"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Whatever happens from here on, it is ended with this.
        let served = Self { child, http: HttpClient::new(&format!("http://127.0.0.1:{port}")) };
        for _ in 0..600 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
                && served.http.request("GET", "/health/ready", &[], b"").status == 200
            {
                return served;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the server is not ready");
    }

    fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn read(&self, path: &str) -> Value {
        body(&self.http.request("GET", path, &[], b"").expect_status(200))
    }

    fn check_ups(&self) -> u64 {
        self.read("/fhir/Composition?_summary=count&_total=accurate")["total"].as_u64().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn import(port: u16) -> Vec<String> {
    let base = format!("http://127.0.0.1:{port}/fhir");
    let arguments = ["import", "in", "--base-url", &base, "--data-folder", "data", "--jobs", "2"];
    arguments.map(str::to_owned).to_vec()
}

fn run_import(folder: &Path, port: u16) -> Output {
    let arguments = import(port);
    run(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Waits until so many check-ups are there.
fn until(server: &Served, count: u64) {
    for _ in 0..1_200 {
        if server.check_ups() >= count {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("the import stands still at {}", server.check_ups());
}

/// The sample as people write it, of somebody else.
fn xml(person: &Person, visit: &str) -> String {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/exchange/samples/adult-as-seen.xml");
    let text = fs::read_to_string(sample).unwrap();
    let text = text.replace("099072000417", &person.number).replace("MAU2026A0417", visit);
    let text = text.replace("Đặng Văn Giả Định", &person.name);
    assert!(text.contains(&person.number) && text.contains(visit) && text.contains(&person.name));
    text
}

#[test]
fn an_import_and_a_server_that_are_killed_end_as_those_that_were_not() {
    for database in TestDatabase::each() {
        let folder = TemporaryDirectory::new();
        let folder = folder.path();
        fs::create_dir(folder.join("in")).unwrap();
        let put = |name: &str, text: &str| fs::write(folder.join("in").join(name), text).unwrap();
        let port = free_port();
        let mut server = Served::start(&database, folder, port);
        let mut originals = Vec::new();
        for index in 0..GOOD {
            let person = Person::number(index);
            let headers = [("Content-Type", "application/fhir+json")];
            let path = format!("/fhir/Patient/{}", person.id());
            let _ =
                server.http.request("PUT", &path, &headers, person.resource().as_bytes()).expect_status(201);
            let visit = format!("LK{index}");
            let (name, text) = match index % 2 {
                0 => (format!("{index}.json"), check_up(&person, FACILITY, LOCATION, &visit, "2")),
                _ => (format!("{index}.xml"), xml(&person, &visit)),
            };
            put(&name, &text);
            originals.push((person, text));
        }
        // The last in the order of names: faults, each of another field.
        let known = Person::number(0);
        let stranger = Person { number: "099072999999".to_owned(), ..known.clone() };
        let renamed = Person { name: "NGƯỜI KHÁC HẲN".to_owned(), ..known.clone() };
        let broken = Person { number: "09907200050X".to_owned(), ..known.clone() };
        for (name, person) in [("x-stranger", &stranger), ("y-renamed", &renamed), ("z-broken", &broken)] {
            put(&format!("{name}.json"), &check_up(person, FACILITY, LOCATION, name, "2"));
        }
        put("z.ndjson", &known.resource());

        // Once the import is killed, once the server under the import, which waits for it.
        let arguments = import(port);
        let mut first =
            program(folder).args(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until(&server, 6);
        first.kill().unwrap();
        first.wait().unwrap();
        let between = server.check_ups();
        assert!(between < u64::try_from(GOOD).unwrap(), "it was killed in between: {between}");
        let second =
            program(folder).args(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until(&server, between + 4);
        server.kill9();
        let server = Served::start(&database, folder, port);
        let second = second.wait_with_output().unwrap();
        let told = words(&second);
        assert_eq!(second.status.code(), Some(1), "{told}");
        assert!(told.contains("z-broken.json record 1: check-up-citizen-number at XML1.SO_CCCD: "), "{told}");
        for name in [
            "x-stranger.json record 1: check-up-person-unknown",
            "y-renamed.json record 1: check-up-person-differs",
        ] {
            assert!(told.contains(&format!("{name} at XML1.SO_CCCD: ")), "{name}: {told}");
        }
        assert!(told.contains("1  XML1.SO_CCCD  check-up-citizen-number"), "by field: {told}");
        assert!(told.contains("z.ndjson: no-message: "), "{told}");
        let done_before = told.split(" of them done before").next().unwrap().rsplit(' ').next().unwrap();
        assert_ne!(done_before, "0", "it goes on: {told}");
        assert!(!told.contains("0990720005") && !told.contains("GIẢ ĐỊNH"), "no value: {told}");

        assert_eq!(server.check_ups(), u64::try_from(GOOD).unwrap());
        for (person, original) in &originals {
            let found = server.read(&format!("/fhir/Composition?patient={}", person.id()));
            assert_eq!(found["entry"][0]["resource"]["meta"]["versionId"], "1", "once, whatever happened");
            let kept = server.read(&format!("/fhir/DocumentReference?patient={}", person.id()));
            let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD
                .encode(digest(&SHA256, original.as_bytes()).as_ref());
            let name = &kept["entry"][0]["resource"]["masterIdentifier"]["value"];
            assert_eq!(text(name), format!("ni:///sha-256;{hash}"), "the message itself");
        }
        // Again: what is there is not sent, what is wrong is told again.
        let third = words(&run_import(folder, port));
        assert!(third.contains(&format!("{} files, {GOOD} of them done before", GOOD + 4)), "{third}");
        assert!(third.contains("0 created, 0 updated"), "{third}");
        // Without its memory everything is sent again, and changes nothing.
        fs::remove_dir_all(folder.join("data")).unwrap();
        let fourth = words(&run_import(folder, port));
        assert!(fourth.contains("0 created, 0 updated"), "{fourth}");
        assert_eq!(server.check_ups(), u64::try_from(GOOD).unwrap());
    }
}

fn send(caller: &Caller<'_>, message: &str) -> (u16, Value) {
    let answer = caller.send_with("POST", "/check-ups", &[], message);
    (answer.status, value(answer.text()))
}

#[test]
fn a_facility_sends_its_own_and_gains_no_right() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let code = text(&demo.description["clients"][0]["facility"]);
        let client = demo.as_client();
        let citizens = demo.description["citizens"].as_array().unwrap();
        // An adult whom the facility does not treat.
        let is_strange = |it: &&Value| {
            text(&it["birth_date"]).as_str() < "2000"
                && client.get(&format!("/fhir/Patient/{}", text(&it["patient_id"]))).status == 404
        };
        let found = citizens.iter().find(is_strange).expect("somebody is not its patient");
        let person = Person {
            number: text(&found["number"]),
            born: text(&found["birth_date"]),
            name: text(&found["name"]).to_uppercase(),
        };
        let place = citizens.iter().position(|it| it == found).unwrap();
        let (me, patient) = (demo.as_citizen(place), text(&found["patient_id"]));
        let before = me.read("/access/relations");
        let message = check_up(&person, &code, LOCATION, "LK-HTTP", "2");
        let (status, told) = send(&client, &message);
        assert_eq!((status, &told["records"], &told["faults"]), (200, &json!(1), &json!([])), "{told}");
        assert!(told["created"].as_u64().unwrap() > 20, "{told}");
        // The same again changes nothing.
        let (status, again) = send(&client, &message);
        assert_eq!((status, &again["created"], &again["updated"]), (200, &json!(0), &json!(0)), "{again}");
        let written = matches(&me.read(&format!("/fhir/Composition?patient={patient}&_count=100")));
        assert!(!written.is_empty());
        let target = written
            .iter()
            .find(|it| it["identifier"].to_string().contains("LK-HTTP"))
            .expect("it is in the book");
        let origin =
            me.read(&format!("/fhir/Provenance?target=Composition/{}", text(&target["id"]))).to_string();
        let organization = demo.description["facilities"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| text(&it["code"]) == code)
            .unwrap();
        assert!(origin.contains(&text(&organization["organization_id"])), "{origin}");
        // Sending opens nothing.
        assert_eq!(me.read("/access/relations"), before);
        let _ = client.get(&format!("/fhir/Patient/{patient}")).expect_status(404);
        let log = me.read(&format!("/fhir/AuditEvent?patient={patient}&_count=200")).to_string();
        assert!(log.contains(&format!("Organization/{}", text(&organization["organization_id"]))), "{log}");

        let fault = |message: &str| {
            let (status, told) = send(&client, message);
            (
                status,
                text(&told["faults"][0]["place"]),
                text(&told["faults"][0]["code"]),
                told["created"].clone(),
            )
        };
        let refused = |place: &str, code: &str| (422, place.to_owned(), code.to_owned(), json!(0));
        let foreign = check_up(&person, "99001", LOCATION, "LK-2", "2");
        assert_eq!(fault(&foreign), refused("XML2.MA_CSKCB", "check-up-facility-foreign"));
        let other = Person { name: "NGƯỜI KHÁC HẲN".to_owned(), ..person.clone() };
        assert_eq!(
            fault(&check_up(&other, &code, LOCATION, "LK-3", "2")),
            refused("XML1.SO_CCCD", "check-up-person-differs")
        );
        // Which of them differs is not told.
        let other = Person { born: "1970-01-01".to_owned(), ..person.clone() };
        assert_eq!(
            fault(&check_up(&other, &code, LOCATION, "LK-4", "2")),
            refused("XML1.SO_CCCD", "check-up-person-differs")
        );
        assert_eq!(fault("{\"khamsuckhoe\": 1}").0, 422);
        // Who is no facility sends nothing, and nobody's body is read.
        assert_eq!(me.send_with("POST", "/check-ups", &[], &message).status, 403);
        let officer = Caller::new(demo.server().client(), demo.token(&["--officer", "auditor"]));
        assert_eq!(officer.send_with("POST", "/check-ups", &[], &message).status, 403);
        let nobody = Caller::unlimited(demo.server());
        assert_eq!(nobody.send_with("POST", "/check-ups", &[], &message).status, 401);
        let reader =
            demo.token(&["--client", &text(&demo.description["clients"][0]["id"]), "--scope", "system/*.rs"]);
        let reader = Caller::new(demo.server().client(), reader);
        assert_eq!(reader.send_with("POST", "/check-ups", &[], &message).status, 403);
        let client_type = [("Content-Type", "text/plain")];
        let token = demo.token(&["--client", &text(&demo.description["clients"][0]["id"])]);
        let bearer = format!("Bearer {token}");
        let headers = [client_type[0], ("Authorization", bearer.as_str())];
        let answer = demo.server().client().request("POST", "/check-ups", &headers, message.as_bytes());
        assert_eq!(answer.status, 415);
        // The command with a token, and with a file that holds it.
        let folder = demo.folder.path();
        fs::create_dir(folder.join("in")).unwrap();
        fs::write(folder.join("in/1.json"), check_up(&person, &code, LOCATION, "LK-5", "1")).unwrap();
        fs::write(folder.join("token"), format!("{token}\n")).unwrap();
        let base = demo.server().base_url();
        for how in [["--token", token.as_str()], ["--token-file", "token"]] {
            let arguments =
                [&["import", "in", "--fresh", "--base-url", base, "--data-folder", "remote"], &how[..]]
                    .concat();
            let output = run(folder, &arguments);
            assert!(output.status.success(), "{}", words(&output));
        }
        let output = run(
            folder,
            &["import", "in", "--fresh", "--base-url", base, "--data-folder", "remote", "--token", "x"],
        );
        assert!(words(&output).contains("1.json: "), "{}", words(&output));
        assert_eq!(output.status.code(), Some(1));
    }
}

/// A server that stays away is told, and nothing waits for ever.
#[test]
fn a_server_that_is_not_there_and_an_address_that_is_none_are_told() {
    let folder = TemporaryDirectory::new();
    let folder = folder.path();
    fs::create_dir(folder.join("in")).unwrap();
    fs::write(folder.join("in/1.json"), check_up(&Person::number(0), FACILITY, LOCATION, "LK", "2")).unwrap();
    for base in ["http://book.example", "ftp://127.0.0.1", "nowhere"] {
        let output = run(folder, &["import", "in", "--base-url", base, "--data-folder", "data"]);
        assert!(!output.status.success());
        assert!(words(&output).contains("--base-url"), "{}", words(&output));
    }
    let output = run(folder, &["import", "in", "--token", "x", "--data-folder", "data"]);
    assert!(!output.status.success() && words(&output).contains("--base-url"), "{}", words(&output));
}
