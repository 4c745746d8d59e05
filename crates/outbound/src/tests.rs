//! Addresses that lead into the own network in all their forms, and answers that are too much.

use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Answers every name with the same addresses and remembers who was asked for.
struct Always(Vec<IpAddr>, Mutex<Vec<String>>);

impl Lookup for Always {
    fn addresses(&self, name: String) -> LookupFuture {
        self.1.lock().unwrap().push(name);
        let addresses = self.0.clone();
        Box::pin(async move { io::Result::Ok(addresses) })
    }
}

fn always(addresses: &[&str]) -> Arc<Always> {
    let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Arc::new(Always(addresses, Mutex::new(Vec::new())))
}

#[tokio::test]
async fn addresses_that_lead_inside_are_not_asked() {
    let lookup = always(&["93.184.215.14"]);
    let outbound = Outbound::with_lookup(false, lookup.clone());
    for url in [
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/jwks",
        "https://127.1/jwks",
        "https://0x7f000001/jwks",
        "https://0x7f.1/jwks",
        "https://2130706433/jwks",
        "https://017700000001/jwks",
        "https://0/jwks",
        "https://[::1]/jwks",
        "https://[::]/jwks",
        "https://[::ffff:127.0.0.1]/jwks",
        "https://[::ffff:a9fe:a9fe]/jwks",
        "https://[64:ff9b::7f00:1]/jwks",
        "https://[fd00:ec2::254]/jwks",
        "https://[fe80::1]/jwks",
        "https://10.0.0.1/jwks",
        "https://192.168.1.1/jwks",
        "https://localhost/jwks",
        "https://LOCALHOST/jwks",
        "https://localhost./jwks",
        "https://a.localhost/jwks",
        "https://metadata.google.internal/jwks",
        "https://printer.local/jwks",
        "https://intranet/jwks",
        "https://①②⑦.⓪.⓪.①/jwks",
        "http://clinic.example/jwks",
        "https://clinic.example:8443/jwks",
        "https://clinic.example:22/jwks",
        "https://user@clinic.example/jwks",
        "https://user:secret@clinic.example/jwks",
        "https://clinic.example@127.0.0.1/jwks",
        "https://clinic.example/jwks#fragment",
        "file:///etc/passwd",
        "ftp://clinic.example/jwks",
        "gopher://clinic.example/jwks",
        "data:application/json,{}",
        "javascript:alert(1)",
        "//clinic.example/jwks",
        "clinic.example/jwks",
        "",
    ] {
        assert_eq!(outbound.get(url, 1_000).await, Err(OutboundError::Refused), "{url}");
    }
    assert!(lookup.1.lock().unwrap().is_empty(), "no name was even looked up");
}

#[tokio::test]
async fn a_name_with_one_inner_address_is_not_asked() {
    for addresses in [
        &["127.0.0.1"][..],
        &["93.184.215.14", "127.0.0.1"],
        &["::1"],
        &["::ffff:93.184.215.14"],
        &["169.254.169.254"],
        &["100.64.0.1"],
        &["fd00::1"],
        &[],
    ] {
        let lookup = always(addresses);
        let outbound = Outbound::with_lookup(false, lookup.clone());
        let answer = outbound.get("https://clinic.example/jwks", 1_000).await;
        assert_eq!(answer, Err(OutboundError::Unreachable), "{addresses:?}");
        assert_eq!(*lookup.1.lock().unwrap(), ["clinic.example"], "looked up once");
    }
}

#[test]
fn public_addresses_are_told_from_the_others() {
    let public = |text: &str| is_public(text.parse().unwrap());
    for address in ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2400:cb00::1"] {
        assert!(public(address), "{address}");
    }
    for address in [
        "0.0.0.0",
        "10.255.255.255",
        "100.64.0.1",
        "127.255.255.254",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.0.1",
        "198.19.255.255",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
    ] {
        assert!(!public(address), "{address}");
    }
}

/// A server that answers everybody with the same text.
async fn answering(text: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    format!("http://{address}/jwks")
}

fn response(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn this_machine_is_asked_in_development_only() {
    let url = answering(response("200 OK\r\nCache-Control: public, max-age=90", "{}")).await;
    let fetched = Outbound::new(true).get(&url, 100).await.unwrap();
    assert_eq!(fetched, Fetched { body: b"{}".to_vec(), max_age: Some(90) });
    assert_eq!(Outbound::new(false).get(&url, 100).await, Err(OutboundError::Refused));
}

#[tokio::test]
async fn redirects_errors_and_long_answers_are_no_answer() {
    let outbound = Outbound::new(true);
    let target = answering(response("200 OK", "{}")).await;
    let moved = answering(response(&format!("302 Found\r\nLocation: {target}"), "")).await;
    assert_eq!(outbound.get(&moved, 100).await, Err(OutboundError::Status));
    let missing = answering(response("404 Not Found", "")).await;
    assert_eq!(outbound.get(&missing, 100).await, Err(OutboundError::Status));
    let long = answering(response("200 OK", &"a".repeat(101))).await;
    assert_eq!(outbound.get(&long, 100).await, Err(OutboundError::TooLarge));
    // Also when no length is declared.
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "a".repeat(101));
    assert_eq!(outbound.get(&answering(endless).await, 100).await, Err(OutboundError::TooLarge));
}

#[tokio::test]
async fn a_form_is_posted_and_every_answer_is_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !request.ends_with("b=c%26%E1%BA%A1") {
            let mut part = [0; 4_096];
            let read = stream.read(&mut part).await.unwrap();
            assert_ne!(read, 0, "the form comes whole");
            request.push_str(std::str::from_utf8(&part[..read]).unwrap());
        }
        let answer = response("400 Bad Request", "{}");
        stream.write_all(answer.as_bytes()).await.unwrap();
        request
    });
    let form = [("a", "http://x/y z".to_owned()), ("b", "c&ạ".to_owned())];
    let answered = Outbound::new(true).ask(&url, Some(&form), 100).await;
    assert_eq!(answered, Ok(Answered { status: 400, body: b"{}".to_vec() }));
    let request = asked.await.unwrap();
    assert!(request.starts_with("POST /token HTTP/1.1\r\n"), "{request}");
    assert!(
        request.to_lowercase().contains("content-type: application/x-www-form-urlencoded\r\n"),
        "{request}"
    );
    assert!(request.ends_with("\r\n\r\na=http%3A%2F%2Fx%2Fy+z&b=c%26%E1%BA%A1"), "{request}");
}

#[tokio::test]
async fn forms_go_nowhere_inside_and_follow_no_redirect() {
    let form = [("code", "secret".to_owned())];
    let inside = answering(response("200 OK", "{}")).await;
    for url in [inside.as_str(), "https://10.0.0.1/token", "https://localhost/token", "http://sms.example/"] {
        let answer = Outbound::new(false).ask(url, Some(&form), 100).await;
        assert_eq!(answer, Err(OutboundError::Refused), "{url}");
    }
    let spoilt = Outbound::with_lookup(false, always(&["127.0.0.1"]));
    let answer = spoilt.ask("https://id.example/token", Some(&form), 100).await;
    assert_eq!(answer, Err(OutboundError::Unreachable));
    let moved = answering(response(&format!("307 Temporary Redirect\r\nLocation: {inside}"), "")).await;
    let answer = Outbound::new(true).ask(&moved, Some(&form), 100).await;
    assert_eq!(answer, Ok(Answered { status: 307, body: Vec::new() }));
    let long = answering(response("200 OK", &"a".repeat(101))).await;
    assert_eq!(Outbound::new(true).ask(&long, Some(&form), 100).await, Err(OutboundError::TooLarge));
}

#[test]
fn how_long_an_answer_may_be_kept() {
    for (text, seconds) in [
        ("max-age=5", Some(5)),
        ("public, Max-Age=\"7\"", Some(7)),
        ("no-store, max-age=5", Some(0)),
        ("", None),
        ("max-age=x", None),
    ] {
        assert_eq!(max_age(text), seconds, "{text}");
    }
}
