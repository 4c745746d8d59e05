//! What is refused has the listed code, is stored nowhere, and costs no memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store, StoreSettings};
use serde_json::{Value, json};
use test_support::{TestDatabase, TestServer};

use super::sending::{
    PASSWORD, PUSH, Person, Sender, check_up, code, hash, log_in, post, push, settled, state,
};
use crate::support::{Fhir, start, value};

const SENDER: (&str, &str) = ("2000000990019", "99001");
const MIB: u64 = 1 << 20;

/// Nothing was taken under this id, and nobody's book has anything.
fn nothing(server: &TestServer, token: &str, message: &Value) {
    let id = message["header"]["msg_id"].as_str().unwrap();
    assert_eq!(code(&state(server, token, id)), "CM_INVALID_REQUEST");
    assert_eq!(server.count("/fhir/Composition"), 0);
    let metrics = server.http().get("/metrics").text().to_owned();
    assert!(metrics.contains("healthbook_axis_waiting 0"), "{metrics}");
}

/// The tokens of the database are over.
fn end_tokens(database: &TestDatabase) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
        let now = Instant::now();
        for token in store.security_records(SecurityKind::AxisToken, None, now).await.unwrap() {
            let mut kept = value(&token.value);
            kept["until"] = json!(1);
            let over = SecurityRecord { value: kept.to_string(), ..token };
            assert!(store.change_security(SecurityChange::Replace(over), Vec::new(), now).await.unwrap());
        }
        store.close().await;
    });
}

#[test]
fn each_wrong_message_has_the_listed_code_and_leaves_nothing() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let person = Person::number(1);
        let _ = server.put(&person.resource()).expect_status(201);
        let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
        let other = Sender::added("2000000990774", "99077", &server, &database);
        let (token, theirs) = (sender.login(&server), other.login(&server));
        let refused = |message: &Value, expected: &str| {
            let answer = push(&server, &token, message);
            assert_eq!(code(&answer), expected, "{answer}");
            nothing(&server, &token, message);
            answer
        };
        let good = || sender.check_up(&person, "LK1", "2");

        let mut unsigned = good();
        unsigned.as_object_mut().unwrap().remove("signature");
        refused(&unsigned, "PS_DS_RSA_SIGNATURE_MISSING");
        let mut changed = good();
        changed["header"]["send_datetime"] = json!(1_795_132_800_001_i64);
        refused(&changed, "PS_DS_RSA_SIGNATURE_INVALID");
        let forged = other.signed(good()["header"].clone(), "AAAA".to_owned(), true);
        refused(&forged, "PS_DS_RSA_SIGNATURE_INVALID");

        // Its own name and key, another facility.
        let text = check_up(&person, "99077", SENDER.0, "LK1", "2");
        refused(&sender.message(&sender.message_id(), "json/base64", text.as_bytes()), "CM_AUTH_PERMISSION");
        let text = check_up(&person, SENDER.1, "2000000990774", "LK1", "2");
        let foreign = sender.message(&sender.message_id(), "json/base64", text.as_bytes());
        refused(&foreign, "CM_AUTH_PERMISSION");
        assert_eq!(
            code(&push(&server, &theirs, &good())),
            "CM_AUTH_PERMISSION",
            "the token of another sender"
        );

        let entity =
            b"<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><KHAMSUCKHOE>&x;</KHAMSUCKHOE>";
        refused(&sender.message(&sender.message_id(), "xml/base64", entity), "CM_INVALID_REQUEST");
        let broken = sender.signed(good()["header"].clone(), "no base64!".to_owned(), false);
        refused(&broken, "CM_INVALID_REQUEST");
        let text = check_up(&person, SENDER.1, SENDER.0, "LK1", "7");
        let answer = refused(
            &sender.message(&sender.message_id(), "json/base64", text.as_bytes()),
            "CM_INVALID_REQUEST",
        );
        let notice = answer["data"]["message_notify"].as_str().unwrap();
        assert!(notice.contains("XML12.PHAN_LOAI_SK"), "{notice}");
        refused(&sender.message(&sender.message_id(), "pdf/base64", b"%PDF"), "CM_INVALID_REQUEST");

        assert_eq!(code(&push(&server, "nobody", &good())), "CM_AUTH_PERMISSION");
        let no_service =
            [("Content-Type", "application/json"), ("Authorization", &*format!("Bearer {token}"))];
        let answer = server.http().request("POST", PUSH, &no_service, good().to_string().as_bytes());
        assert_eq!(code(&value(answer.text())), "CM_INVALID_REQUEST");

        // Another message under an id that was used.
        let known = good();
        assert_eq!(code(&push(&server, &token, &known)), "CM_SUCCESS");
        let mut header = known["header"].clone();
        header["data_type"] = json!("xml/base64");
        let content = known["data"]["file_content"].as_str().unwrap().to_owned();
        assert_eq!(
            code(&push(&server, &token, &sender.signed(header, content, false))),
            "CM_INVALID_REQUEST"
        );
        let id = known["header"]["msg_id"].as_str().unwrap();
        assert_eq!(code(&settled(&server, &token, id)), "PS_DS_SAVE_SUCCESS");
        assert_eq!(code(&state(&server, &theirs, id)), "CM_INVALID_REQUEST", "nobody else asks for it");

        end_tokens(&database);
        assert_eq!(code(&push(&server, &token, &good())), "CM_AUTH_EXPIRED");
        let token = sender.login(&server);
        assert!(sender.command(&database, &["disable", "--id", SENDER.0]).contains("not served"));
        assert_eq!(code(&push(&server, &token, &good())), "CM_AUTH_PERMISSION", "at once");
        assert_eq!(code(&log_in(&server, &sender.user(), PASSWORD)), "CM_AUTH_ACCOUNT_FAIL");
    }
}

#[test]
fn who_is_not_known_is_parked_with_the_reason_and_nothing_is_written() {
    for database in TestDatabase::each() {
        let server = start(&database, &[]);
        let known = Person::number(1);
        let _ = server.put(&known.resource()).expect_status(201);
        let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
        let token = sender.login(&server);
        let other_day = Person { born: "1972-03-15".to_owned(), ..known.clone() };
        for (person, reason) in [(Person::number(2), "unknown"), (other_day, "mismatch")] {
            let message = sender.check_up(&person, "LK1", "2");
            assert_eq!(code(&push(&server, &token, &message)), "CM_SUCCESS");
            let id = message["header"]["msg_id"].as_str().unwrap();
            let done = settled(&server, &token, id);
            assert_eq!(code(&done), "PS_DS_VERIFY_FAIL", "{done}");
            let parked = sender.command(&database, &["parked"]);
            assert!(parked.lines().any(|line| line.starts_with(id) && line.ends_with(reason)), "{parked}");
            assert!(!parked.contains(&person.number));
            assert_eq!(server.count("/fhir/Composition"), 0);
        }
    }
}

#[test]
fn answers_are_signed_by_the_key_that_the_server_tells() {
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
    let token = sender.login(&server);
    let pem = server.http().get("/api/platform/data-sync/key").expect_status(200).text().to_owned();
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(der).unwrap();
    let message = sender.check_up(&Person::number(1), "LK1", "2");
    let answer = push(&server, &token, &message);
    let checksum = format!("{}.{}", hash(&answer["header"].to_string()), hash(&answer["data"].to_string()));
    let key =
        aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256, der);
    let signature = STANDARD.decode(answer["signature"].as_str().unwrap()).unwrap();
    key.verify(checksum.as_bytes(), &signature).unwrap();
    let header = &answer["header"];
    assert_eq!((&header["msg_type"], &header["receiver_id"]), (&json!("102"), &json!(SENDER.0)));
    assert_eq!(header["ref_msg_id"], message["header"]["msg_id"]);
    drop(server);
    let server = start(&database, &[]);
    assert_eq!(
        server.http().get("/api/platform/data-sync/key").text(),
        pem,
        "the key is that of the database"
    );
}

#[test]
fn a_password_that_is_wrong_and_a_name_that_is_nobodys_are_answered_alike_and_who_guesses_waits() {
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
    assert!(!Sender::new("2000000990774", "99001").add(&database, "short").status.success());
    let wrong = log_in(&server, &sender.user(), "sai mật khẩu rồi đấy");
    let nobody = log_in(&server, "his-99999", "sai mật khẩu rồi đấy");
    assert_eq!((code(&wrong), code(&nobody)), ("CM_AUTH_ACCOUNT_FAIL", "CM_AUTH_ACCOUNT_FAIL"));
    assert_eq!(wrong["data"], nobody["data"]);
    let body = json!({"username": sender.user(), "password": "sai"}).to_string();
    let json = [("Content-Type", "application/json")];
    let waits = (0..20).any(|_| {
        let answer = server.http().request("POST", "/api/auth/login", &json, body.as_bytes());
        answer.status == 429 && answer.header("Retry-After").is_some()
    });
    assert!(waits, "whoever guesses waits");
    // A token that refreshes is used once, and is no token.
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
    let tokens = log_in(&server, &sender.user(), PASSWORD);
    let refresh = tokens["data"]["refresh_token"].as_str().unwrap();
    assert_eq!(code(&push(&server, refresh, &json!({}))), "CM_AUTH_PERMISSION");
    let body = json!({"refresh_token": refresh}).to_string();
    let again = || value(server.http().request("POST", "/api/auth/refresh", &json, body.as_bytes()).text());
    assert_eq!(code(&again()), "CM_SUCCESS");
    assert_eq!(code(&again()), "CM_AUTH_ACCOUNT_FAIL");
}

#[test]
fn bombs_and_floods_are_refused_and_the_memory_stays_flat() {
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let person = Person::number(1);
    let sender = Sender::added(SENDER.0, SENDER.1, &server, &database);
    let token = sender.login(&server);
    let good = sender.check_up(&person, "LK1", "2");
    assert_eq!(code(&push(&server, &token, &good)), "CM_SUCCESS");
    // A part that is far larger than any, and content that is larger than may be unpacked.
    let part = STANDARD.encode(vec![b' '; 4 << 20]);
    let bomb = format!(
        "<KHAMSUCKHOE><THONGTINDONVI><MACSKCB>{}</MACSKCB></THONGTINDONVI><THONGTINHOSO><DANHSACHHOSO><HOSO><FILEHOSO>\
         <LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>{part}</NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO></THONGTINHOSO>\
         </KHAMSUCKHOE>",
        SENDER.0
    );
    let bomb = sender.message(&sender.message_id(), "xml/base64", bomb.as_bytes());
    let large = sender.message(&sender.message_id(), "xml/base64", &vec![b'<'; 9 << 20]);
    let hostile = || {
        for message in [&bomb, &large] {
            assert_eq!(code(&push(&server, &token, message)), "CM_INVALID_REQUEST");
        }
        // 100 MB, announced or in pieces: refused long before it has come.
        for length in [format!("Content-Length: {}", 100 * MIB), "Transfer-Encoding: chunked".to_owned()] {
            let mut connection = server.http().open().unwrap();
            let head = format!(
                "POST {PUSH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nservice-type: 100\r\n\
                 Authorization: Bearer {token}\r\n{length}\r\n\r\n"
            );
            connection.send(head.as_bytes()).unwrap();
            let piece = format!("100000\r\n{}\r\n", "A".repeat(1 << 20));
            for _ in 0..100 {
                if connection.send(piece.as_bytes()).is_err() {
                    break;
                }
            }
            if let Ok(answer) = connection.read_response() {
                assert_eq!(answer.status, 413);
                assert_eq!(code(&value(answer.text())), "CM_INVALID_REQUEST");
            }
        }
    };
    // Each thread that serves and unpacks keeps what it once needed, and which one is asked is chance: first all have.
    let peak_after = |rounds: usize| {
        (0..rounds).for_each(|_| hostile());
        server.peak_memory().unwrap()
    };
    let first = peak_after(8);
    let last = peak_after(16);
    assert!(last < first + 48 * MIB, "{first} bytes, then {last}");
    assert!(last < 400 * MIB, "{last}");
    for message in [&bomb, &large] {
        let id = message["header"]["msg_id"].as_str().unwrap();
        assert_eq!(code(&state(&server, &token, id)), "CM_INVALID_REQUEST");
    }
    let _ = post(&server, &token, b"{}").expect_status(200);
}
