//! A sender of check-ups, written from the protocol and not from the server: headers, checksums, signatures, messages.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_support::{Response, TemporaryDirectory, TestDatabase, TestServer};

use crate::support::program::{program, words};
use crate::support::{Fhir, value};

pub const PASSWORD: &str = "bảy cây cầu qua sông";
pub const PUSH: &str = "/api/platform/data-sync/push";

pub struct Sender {
    pub id: &'static str,
    pub facility: &'static str,
    key: KeyPair,
    folder: TemporaryDirectory,
}

impl Sender {
    /// A sender with a key of its own.
    pub fn new(id: &'static str, facility: &'static str) -> Self {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let folder = TemporaryDirectory::new();
        let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        fs::write(folder.path().join("key.der"), der.as_ref()).unwrap();
        Self { id, facility, key, folder }
    }

    /// The `Organization` of its facility, and the sender itself.
    pub fn added(
        id: &'static str,
        facility: &'static str,
        server: &TestServer,
        database: &TestDatabase,
    ) -> Self {
        let sender = Self::new(id, facility);
        let organization = json!({
            "resourceType": "Organization", "id": format!("org-{facility}"), "name": "Trạm y tế giả định",
            "identifier": [
                {"system": "http://fhir.hl7.org.vn/core/sid/ma-cskcb", "value": facility},
                {"system": "https://www.gs1.org/gln", "value": id},
            ],
        });
        let _ = server.put(&organization.to_string()).expect_status(201);
        let output = sender.add(database, PASSWORD);
        assert!(output.status.success(), "{}", words(&output));
        sender
    }

    /// `healthbook sender add`
    pub fn add(&self, database: &TestDatabase, password: &str) -> Output {
        self.add_with(database, password, &[])
    }

    /// The same with further arguments.
    pub fn add_with(&self, database: &TestDatabase, password: &str, arguments: &[&str]) -> Output {
        let mut command = program(self.folder.path());
        command.args(["sender", "add", "--id", self.id, "--user", &self.user(), "--public-key", "key.der"]);
        command.args(["--database", database.url(), "--data-folder", "data"]).args(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// `healthbook sender ...`
    pub fn command(&self, database: &TestDatabase, arguments: &[&str]) -> String {
        let mut command = program(self.folder.path());
        command.arg("sender").args(arguments).args(["--database", database.url(), "--data-folder", "data"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", words(&output));
        words(&output)
    }

    pub fn user(&self) -> String {
        format!("his-{}", self.facility)
    }

    pub fn login(&self, server: &TestServer) -> String {
        let answer = log_in(server, &self.user(), PASSWORD);
        assert_eq!(code(&answer), "CM_SUCCESS", "{answer}");
        answer["data"]["token"].as_str().unwrap().to_owned()
    }

    pub fn message_id(&self) -> String {
        format!("{}261129{}", self.id, uuid::Uuid::new_v4().simple())
    }

    /// The signature over a checksum, in capital hexadecimal digits or in base64.
    fn sign(&self, text: &str, hexadecimal: bool) -> String {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        if hexadecimal { upper(&signature) } else { STANDARD.encode(&signature) }
    }

    /// A right message with some content.
    pub fn message(&self, id: &str, kind: &str, content: &[u8]) -> Value {
        let header = json!({
            "version": "1.0.6", "sender_id": self.id, "receiver_id": "TDLBYT", "txn_type": "sync_checkup",
            "msg_id": id, "msg_type": "101", "data_type": kind, "send_datetime": milliseconds(),
        });
        self.signed(header, STANDARD.encode(content), false)
    }

    pub fn signed(&self, header: Value, content: String, hexadecimal: bool) -> Value {
        let checksum = format!("{}.{}", hash(&header.to_string()), hash(&content));
        let signature = self.sign(&checksum, hexadecimal);
        json!({"header": header, "data": {"file_content": content}, "signature": signature})
    }

    /// A check-up of somebody in this facility as a message.
    pub fn check_up(&self, person: &Person, visit: &str, class: &str) -> Value {
        let text = check_up(person, self.facility, self.id, visit, class);
        self.message(&self.message_id(), "json/base64", text.as_bytes())
    }
}

pub fn milliseconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

pub fn hash(text: &str) -> String {
    upper(digest(&SHA256, text.as_bytes()).as_ref())
}

pub fn code(answer: &Value) -> &str {
    answer["header"]["res_code"].as_str().unwrap_or_else(|| panic!("no res_code: {answer}"))
}

pub fn log_in(server: &TestServer, user: &str, password: &str) -> Value {
    let body = json!({"username": user, "password": password}).to_string();
    let json = [("Content-Type", "application/json")];
    value(server.http().request("POST", "/api/auth/login", &json, body.as_bytes()).text())
}

pub fn post(server: &TestServer, token: &str, body: &[u8]) -> Response {
    let bearer = format!("Bearer {token}");
    let headers =
        [("Content-Type", "application/json"), ("service-type", "100"), ("Authorization", bearer.as_str())];
    server.http().request("POST", PUSH, &headers, body)
}

pub fn push(server: &TestServer, token: &str, message: &Value) -> Value {
    value(post(server, token, message.to_string().as_bytes()).expect_status(200).text())
}

pub fn state(server: &TestServer, token: &str, id: &str) -> Value {
    let bearer = format!("Bearer {token}");
    let path = format!("/api/platform/data-sync/state/{id}");
    value(
        server
            .http()
            .request("GET", &path, &[("Authorization", bearer.as_str())], b"")
            .expect_status(200)
            .text(),
    )
}

/// Waits until a message waits no more, and says what has come of it.
pub fn settled(server: &TestServer, token: &str, id: &str) -> Value {
    for _ in 0..600 {
        let answer = state(server, token, id);
        if code(&answer) != "CM_SUCCESS" {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the message still waits: {}", state(server, token, id));
}

/// Somebody whom check-ups are of.
#[derive(Clone)]
pub struct Person {
    pub number: String,
    /// `yyyy-mm-dd`
    pub born: String,
    pub name: String,
}

impl Person {
    pub fn number(index: usize) -> Self {
        Self {
            number: format!("0990720005{index:02}"),
            born: "1972-03-14".to_owned(),
            name: "TRẦN GIẢ ĐỊNH".to_owned(),
        }
    }

    pub fn id(&self) -> String {
        format!("p-{}", self.number)
    }

    pub fn resource(&self) -> String {
        json!({
            "resourceType": "Patient", "id": self.id(), "birthDate": self.born, "name": [{"text": self.name}],
            "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": self.number}],
        })
        .to_string()
    }
}

/// The sample of an adult, of somebody else.
pub fn check_up(person: &Person, facility: &str, location: &str, visit: &str, class: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/exchange/samples/adult.json");
    let mut message = value(&fs::read_to_string(path).unwrap());
    message["khamsuckhoe"]["thongtindonvi"]["macskcb"] = json!(location);
    let files = &mut message["khamsuckhoe"]["thongtinhoso"]["danhsachhoso"]["hoso"][0]["filehoso"];
    for file in files.as_array_mut().unwrap() {
        let content = STANDARD.decode(file["noidungfile"].as_str().unwrap()).unwrap();
        let mut content = value(std::str::from_utf8(&content).unwrap());
        let part = file["loaihoso"].as_str().unwrap().to_owned();
        if let Some((_, fields)) = content.as_object_mut().unwrap().iter_mut().next() {
            match part.as_str() {
                "XML1" => {
                    fields["so_cccd"] = json!(person.number);
                    fields["ngay_sinh"] = json!(format!("{}0000", person.born.replace('-', "")));
                    fields["ho_ten"] = json!(person.name);
                    // The fourth digit says sex and century: even digits are men's.
                    let is_man = person.number.as_bytes()[3].is_multiple_of(2);
                    fields["gioi_tinh"] = json!(if is_man { "1" } else { "2" });
                }
                "XML2" => {
                    fields["ma_lk"] = json!(visit);
                    fields["ma_cskcb"] = json!(facility);
                    fields["ma_gtin_cskcb"] = json!(location);
                }
                "XML12" => fields["phan_loai_sk"] = json!(class),
                _ => {}
            }
        }
        file["noidungfile"] = json!(STANDARD.encode(content.to_string()));
    }
    message.to_string()
}
