//! Whose token `healthbook import --base-url` shows (docs/check-up.md, section 7): a client that gets it itself, a file that somebody
//! renews, and what becomes of both while the server is busy.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use test_support::{TemporaryDirectory, TestDatabase};

use crate::data_axis::sending::{Person, check_up};
use crate::support::program::{Demo, run, words};
use crate::support::sign_in::told_at_start;
use crate::support::{matches, text};

const LOCATION: &str = "2000000990019";

/// What a server was asked: the path, and the header that says who asks.
type Asked = (String, Option<String>);

/// A server that gives answers in their order, and does something before each.
struct Scripted {
    base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Status, headers and body of an answer.
type Answer = (u16, &'static str, String);

impl Scripted {
    fn start(answers: Vec<Answer>, before: impl Fn(usize) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        // Ends with the test process.
        thread::spawn(move || {
            let mut answers = VecDeque::from(answers);
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let asked = read(&mut connection);
                let place = {
                    let mut noted = noted.lock().unwrap();
                    noted.push(asked);
                    noted.len() - 1
                };
                before(place);
                let (status, headers, body) = answers.pop_front().unwrap_or((500, "", String::new()));
                let _ = write!(
                    connection,
                    "HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { base, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// A request to its end.
fn read(connection: &mut TcpStream) -> Asked {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut who, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => who = Some(value.trim().to_owned()),
            "content-length" => length = value.trim().parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (path, who)
}

fn taken() -> Answer {
    let told = r#"{"records":1,"created":3,"updated":0,"unchanged":0,"faults":[]}"#;
    (200, "content-type: application/json\r\n", told.to_owned())
}

fn token(text: &str) -> Answer {
    (200, "content-type: application/json\r\n", format!("{{\"access_token\":\"{text}\"}}"))
}

fn nothing(status: u16) -> Answer {
    (status, "retry-after: 0\r\n", String::new())
}

/// A folder with one message.
fn folder_with(message: &str) -> TemporaryDirectory {
    let folder = TemporaryDirectory::new();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/1.json"), message).unwrap();
    folder
}

fn import(folder: &Path, base: &str, how: &[&str]) -> (bool, String) {
    let arguments = [&["import", "in", "--base-url", base, "--data-folder", "data"], how].concat();
    let output = run(folder, &arguments);
    (output.status.success(), words(&output))
}

/// The secret of a client of the demo, which is told when it starts.
fn secret_of(demo: &Demo, id: &str) -> String {
    let named = format!("-u '{id}:");
    told_at_start(demo, "secret", |line| Some(line.split_once(&named)?.1.split('\'').next()?.to_owned()))
}

#[test]
fn a_client_gets_its_tokens_itself() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let client = &demo.description["clients"][0];
        let citizens = demo.description["citizens"].as_array().unwrap();
        let place = citizens.iter().position(|it| text(&it["birth_date"]).as_str() < "2000").unwrap();
        let found: &Value = &citizens[place];
        let person = Person {
            number: text(&found["number"]),
            born: text(&found["birth_date"]),
            name: text(&found["name"]).to_uppercase(),
        };
        let message = check_up(&person, &text(&client["facility"]), LOCATION, "LK-TOKEN", "2");
        let folder = folder_with(&message);
        let folder = folder.path();
        let id = text(&client["id"]);
        let secret = secret_of(&demo, &id);
        fs::write(folder.join("secret"), format!("{secret}\n")).unwrap();
        fs::write(folder.join("wrong"), "no-secret\n").unwrap();
        let base = demo.server().base_url();
        let how = |file: &'static str| ["--client", id.as_str(), "--secret-file", file];
        let (success, said) = import(folder, base, &how("wrong"));
        assert!(!success && said.contains("1.json: server-unreachable"), "{said}");
        let (success, said) = import(folder, base, &how("secret"));
        assert!(success, "{said}");
        assert!(!said.contains(&secret), "{said}");
        let book = demo.as_citizen(place);
        let path = format!("/fhir/Composition?patient={}&_count=100", text(&found["patient_id"]));
        assert!(
            matches(&book.read(&path)).iter().any(|it| it["identifier"].to_string().contains("LK-TOKEN"))
        );
    }
}

#[test]
fn who_gives_tokens_or_takes_messages_is_asked_again_while_busy_or_broken() {
    let folder = folder_with(&check_up(&Person::number(0), "99001", LOCATION, "LK", "2"));
    let folder = folder.path();
    fs::write(folder.join("secret"), "s\n").unwrap();
    let answers = vec![nothing(503), nothing(429), token("new"), nothing(503), nothing(500), taken()];
    let server = Scripted::start(answers, |_| {});
    let (success, said) = import(folder, &server.base, &["--client", "c", "--secret-file", "secret"]);
    assert!(success, "{said}");
    let paths: Vec<String> = server.asked().into_iter().map(|(path, _)| path).collect();
    let (token, message) = ("/auth/token", "/check-ups");
    assert_eq!(paths, [token, token, token, message, message, message]);
    assert_eq!(server.asked()[5].1.as_deref(), Some("Bearer new"));
}

#[test]
fn a_file_that_is_being_renewed_is_waited_for_and_never_left_out() {
    let folder = folder_with(&check_up(&Person::number(0), "99001", LOCATION, "LK", "2"));
    let folder = folder.path();
    let file: PathBuf = folder.join("token");
    fs::write(&file, "old\n").unwrap();
    let renewed = file.clone();
    // The token is over; whoever renews it takes the file away for a moment.
    let server = Scripted::start(vec![nothing(401), taken()], move |place| {
        if place == 0 {
            fs::remove_file(&renewed).unwrap();
            let renewed = renewed.clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(300));
                fs::write(renewed, "new\n").unwrap();
            });
        }
    });
    let (success, said) = import(folder, &server.base, &["--token-file", "token"]);
    assert!(success, "{said}");
    let who: Vec<Option<String>> = server.asked().into_iter().map(|(_, who)| who).collect();
    assert_eq!(who, [Some("Bearer old".to_owned()), Some("Bearer new".to_owned())], "nobody asks as nobody");
    // A file that is not there at the beginning is told at once.
    let (success, said) = import(folder, &server.base, &["--token-file", "elsewhere"]);
    assert!(!success && said.contains("elsewhere"), "{said}");
    assert_eq!(server.asked().len(), 2);
}
