//! The clients of the guides (`tests/clients/visit.*`): each finds a person, reads the book, writes a visit and sends it
//! again when the answer is lost. Between them and the server stands what cuts the first answer to a Bundle off.
//! `bash tests/clients/install` gets what they need; whoever lacks that sees a failure.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;
use test_support::{TemporaryDirectory, TestDatabase};

use crate::access_log_complete::proxy::Proxy;
use crate::support::program::{Caller, Demo, words};
use crate::support::{body, encode, text};

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Forwards what clients send to a server; the first answer to a Bundle never arrives. Tells where it listens, and counts
/// the Bundles.
fn cutting_proxy(server: &str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (bundles, server) =
        (Arc::new(AtomicUsize::new(0)), server.strip_prefix("http://").unwrap().to_owned());
    let counted = Arc::clone(&bundles);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (bundles, upstream) = (Arc::clone(&counted), TcpStream::connect(&server).unwrap());
            thread::spawn(move || forward(client, upstream, &bundles));
        }
    });
    (address, bundles)
}

fn forward(mut client: TcpStream, mut upstream: TcpStream, bundles: &AtomicUsize) {
    let (mut back_to, mut answers) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    let cuts = Arc::new(AtomicUsize::new(0));
    let cut = Arc::clone(&cuts);
    let back = thread::spawn(move || {
        let mut buffer = [0; 1 << 16];
        while let Ok(length @ 1..) = answers.read(&mut buffer) {
            // The server has done it, and nobody learns of it.
            if cut.load(Ordering::SeqCst) > 0 || back_to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = back_to.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let is_bundle =
            [&b"POST /fhir HTTP"[..], b"POST /fhir/ HTTP"].iter().any(|it| buffer.starts_with(it));
        if is_bundle && bundles.fetch_add(1, Ordering::SeqCst) == 0 {
            cuts.store(1, Ordering::SeqCst);
        }
        if upstream.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = upstream.shutdown(Shutdown::Write);
    back.join().unwrap();
}

/// Runs a client against a demo and looks at what it has left.
fn run(name: &str, command: impl Fn(&Path) -> Command) {
    let demo = Demo::start(TestDatabase::sqlite());
    let token = demo.token(&["--client", &text(&demo.description["clients"][0]["id"])]);
    let made = demo.as_citizen(0).send("POST", "/access/presence-codes", "{}").expect_status(201);
    // What they send is traffic of the tests, too: the proxy notes it.
    let noting = Proxy::before(demo.server().base_url());
    let (base, bundles) = cutting_proxy(&noting.base_url);
    let folder = TemporaryDirectory::new();
    let visit = format!("{name}-1");
    let (number, patient) = demo.citizen(0);
    let output = command(folder.path())
        .current_dir(clients())
        .env("BASE", base)
        .env("TOKEN", &token)
        .env("CODE", text(&body(&made)["code"]))
        .env("NUMBER", number)
        .env("VISIT", &visit)
        .output()
        .unwrap_or_else(|error| panic!("{name} cannot be started ({error}): see CONTRIBUTING.md"));
    assert!(output.status.success(), "{name}: {}", words(&output));
    assert_eq!(bundles.load(Ordering::SeqCst), 2, "{name} sent it twice: {}", words(&output));
    let stored = demo.stored();
    let all = Caller::unlimited(&stored);
    let criteria = encode(&format!("urn:example:visits|{visit}"));
    let visits = all.resources(&format!("/fhir/Encounter?identifier={criteria}"));
    assert_eq!(visits.len(), 1, "{name}: one visit");
    assert_eq!(visits[0]["subject"], json!({"reference": format!("Patient/{patient}")}), "{name}");
    let id = text(&visits[0]["id"]);
    assert_eq!(all.resources(&format!("/fhir/Observation?encounter=Encounter/{id}")).len(), 1, "{name}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&id), "{name} tells where the visit is: {said}");
}

/// Compiles a client in TypeScript, its types checked, and runs it.
fn typescript(file: &'static str) -> impl Fn(&Path) -> Command {
    move |folder| {
        let compiler = clients().join("node_modules/typescript/bin/tsc");
        assert!(compiler.is_file(), "TypeScript is missing: run `bash tests/clients/install`");
        let out = clients().join("node_modules/.cache").join(folder.file_name().unwrap());
        let mut compile = Command::new("node");
        compile.arg(compiler).args([
            "--strict",
            "--skipLibCheck",
            "--target",
            "es2022",
            "--module",
            "nodenext",
        ]);
        compile.args(["--types", "node", "--outDir"]).arg(&out).arg(file).current_dir(clients());
        let output = compile.output().expect("node can be started: see CONTRIBUTING.md");
        assert!(output.status.success(), "{file}: {}", words(&output));
        let mut command = Command::new("node");
        command.arg(out.join(file.replace(".mts", ".mjs")));
        command
    }
}

#[test]
fn curl_writes_a_visit() {
    run("curl", |_| {
        let mut command = Command::new("sh");
        command.arg("visit.sh");
        command
    });
}

#[test]
fn fhirpy_writes_a_visit() {
    run("fhirpy", |_| {
        let mut command = Command::new(clients().join(".venv/bin/python"));
        command.arg("visit.py");
        command
    });
}

#[test]
fn fhir_kit_client_writes_a_visit() {
    run("fhir-kit-client", typescript("visit_fhir_kit_client.mts"));
}

#[test]
fn fhirclient_writes_a_visit() {
    run("fhirclient", typescript("visit_fhirclient.mts"));
}
