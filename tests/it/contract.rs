//! The contract (`docs/contract.md`): the files are fresh, no route is missing or invented, the running server answers as
//! the document says, and the CapabilityStatement names the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use test_support::{TemporaryDirectory, TestDatabase};

use crate::registry_simulator::Simulator;
use crate::support::program::{Demo, run, words};
use crate::support::{Fhir, start, text, value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Methods and paths of a document.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let of_path = |(path, item): (&String, &Value)| {
        members(item).map(|(method, _)| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    members(&document["paths"]).flat_map(of_path).collect()
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let place = value["$ref"].as_str().and_then(|text| text.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(value)
}

#[test]
fn the_files_are_fresh_and_break_nothing_that_was_promised() {
    let folder = TemporaryDirectory::new();
    let at = |path: &str| root().join(path).to_str().unwrap().to_owned();
    let output =
        run(folder.path(), &["api-spec", "--check", "--out", &at("api-spec"), "--docs", &at("docs")]);
    assert!(output.status.success(), "{}", words(&output));
    let output = run(folder.path(), &["api-spec", "--compare", &at("api-spec/released/openapi.yaml")]);
    assert!(output.status.success(), "{}", words(&output));
    // It can fail: of other files it says so.
    let output = run(folder.path(), &["api-spec", "--check", "--out", "nothing", "--docs", "nothing"]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
}

/// What the sources register: `.route("PATH", web::METHOD()` and `resource("PATH", "METHODS")`, with the scope of the file.
fn registered() -> BTreeSet<(String, String)> {
    let scopes = [
        ("fhir_routes.rs", "/fhir"),
        ("sharing/mod.rs", "/access"),
        ("transparency.rs", "/transparency"),
        ("sign_in/mod.rs", "/auth"),
        ("sign_in/book/mod.rs", "/book"),
        ("sign_in/station/mod.rs", "/station"),
    ];
    let mut found = BTreeSet::new();
    let sources = root().join("crates/http/src");
    let mut waiting = vec![sources.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                waiting.push(entry);
                continue;
            }
            let name = entry.strip_prefix(&sources).unwrap().to_str().unwrap().to_owned();
            // Another program: the simulator of an identity provider.
            if name.starts_with("provider_simulator") {
                continue;
            }
            let source = fs::read_to_string(&entry).unwrap();
            let scope = scopes.iter().find(|(file, _)| *file == name).map_or("", |(_, scope)| *scope);
            for rest in source.split(".route(\"").skip(1) {
                let (path, rest) = rest.split_once('"').unwrap();
                let Some((_, rest)) = rest.split_once("web::") else { continue };
                let method = rest.split('(').next().unwrap().to_uppercase();
                let below_fhir = path.starts_with("/.well-known/smart");
                let scope = if below_fhir { "/fhir" } else { scope };
                found.insert((method, format!("{scope}{path}")));
            }
            for rest in
                source.split("(resource(\"").skip(1).chain(source.split("            resource(\"").skip(1))
            {
                let mut parts = rest.split('"');
                let (path, methods) = (parts.next().unwrap(), parts.nth(1).unwrap());
                for method in methods.split(", ") {
                    found.insert((method.to_owned(), format!("{scope}{path}")));
                }
            }
        }
    }
    found
}

#[test]
fn what_is_registered_is_in_the_document_and_the_other_way_round() {
    // A database goes with its variable, and the server must not outlive it.
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let document = value(server.http().get("/openapi.json").expect_status(200).text());
    let documented = operations(&document);
    let registered = registered();
    assert!(registered.len() > 100, "the reader of registrations finds them: {}", registered.len());
    for route in &registered {
        assert!(documented.contains(route), "not in the table of crates/contract: {route:?}");
    }
    // Made in a loop over the operations about codes; each of them is asked below.
    let of_codes = |path: &str| {
        ["CodeSystem", "ValueSet", "ConceptMap"]
            .iter()
            .any(|kind| path.starts_with(&format!("/fhir/{kind}/")))
            && path.contains("/$")
    };
    for (method, path) in &documented {
        let generic = match path.strip_prefix("/fhir/").and_then(|rest| rest.split('/').next()) {
            Some(kind) if kind.starts_with(|first: char| first.is_ascii_uppercase()) => {
                path.replacen(kind, "{type}", 1)
            }
            _ => path.clone(),
        };
        let is_known =
            [path, &generic].iter().any(|path| registered.contains(&(method.clone(), (*path).clone())));
        assert!(is_known || of_codes(path), "in the table, but not registered: {method} {path}");
    }
}

#[test]
fn each_route_is_there_and_answers_as_documented() {
    let demo = Demo::start(TestDatabase::sqlite());
    let client = demo.server().client();
    let document = value(client.get("/openapi.json").expect_status(200).text());
    let mut wrong = Vec::new();
    for (method, path) in operations(&document) {
        let asked = [
            ("{type}", "Patient"),
            ("{id}", "nothing-there"),
            ("{version}", "1"),
            ("{member}", "Observation"),
            ("{day}", "2026-01-01"),
            ("{position}", "0"),
            ("{page}", "errors"),
        ]
        .iter()
        .fold(path.clone(), |path, (name, value)| path.replace(name, value));
        let answer = client.request(&method, &asked, &[], b"");
        let operation = &document["paths"][&path][method.to_lowercase()];
        let status = answer.status.to_string();
        let Some(response) = operation["responses"].get(&status) else {
            wrong.push(format!("{method} {path}: {status} is not documented"));
            continue;
        };
        let response = resolved(&document, response);
        if ["unknown-path", "method-not-allowed", "operation-unknown"].iter().any(|code| {
            method != "HEAD"
                && path != "/docs/{page}"
                && path != "/openapi.json"
                && answer.text().contains(&format!("\"{code}\""))
        }) && !path.starts_with("/transparency/")
        {
            wrong.push(format!("{method} {path}: nothing is there: {}", answer.text()));
        }
        if let Some(kind) = answer.header("content-type").filter(|_| method != "HEAD") {
            let media = kind.split(';').next().unwrap();
            if response["content"].get(media).is_none() {
                wrong.push(format!("{method} {path} {status}: {media} is not documented"));
            }
        }
        for (name, _) in &answer.headers {
            let of_http =
                ["content-type", "content-length", "date", "connection", "transfer-encoding", "vary"];
            let is_known = members(&response["headers"]).any(|(known, _)| known.eq_ignore_ascii_case(name));
            if !is_known && !of_http.contains(&name.to_ascii_lowercase().as_str()) {
                wrong.push(format!("{method} {path} {status}: the header {name} is not documented"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A body that is optional is not missed (RFC 9110, section 15.5.16 is about bodies that were sent), one that is needed is.
#[test]
fn an_operation_needs_a_body_where_the_document_says_so() {
    // Some operations are there only where a registry is connected.
    let simulator = Simulator::start(&[]);
    let database = TestDatabase::sqlite();
    let server = start(&database, &["--registry", &simulator.base]);
    let document = value(server.http().get("/openapi.json").expect_status(200).text());
    let (mut needed, mut optional) = (0, 0);
    for (method, path) in operations(&document) {
        let operation = &document["paths"][&path][method.to_lowercase()];
        let body = resolved(&document, &operation["requestBody"]);
        if !path.contains("/$") || body.is_null() {
            continue;
        }
        let place = path.replace("{type}", "Patient").replace("{id}", "nothing-there");
        let status = server.http().request(&method, &place, &[], b"").status;
        if body["required"] == false {
            optional += 1;
            assert_ne!(status, 415, "{path}");
        } else {
            needed += 1;
            // Before anything is looked up: what `nothing-there` is does not matter.
            assert!(matches!(status, 400 | 415), "{path}: {status}");
        }
    }
    assert!(needed >= 7 && optional >= 10, "{needed} {optional}");
}

#[test]
fn the_capability_statement_and_the_document_name_the_same() {
    let database = TestDatabase::sqlite();
    let server = start(&database, &[]);
    let document = value(server.http().get("/openapi.json").expect_status(200).text());
    let statement = server.read("/fhir/metadata");
    let others = &document["paths"]["/fhir/{type}"]["get"]["x-search-parameters"];
    let mut told = BTreeSet::new();
    for resource in statement["rest"][0]["resource"].as_array().unwrap() {
        let kind = text(&resource["type"]);
        let names: BTreeSet<String> =
            resource["searchParam"].as_array().into_iter().flatten().map(|it| text(&it["name"])).collect();
        let search = &document["paths"][format!("/fhir/{kind}")]["get"];
        let listed: BTreeSet<String> = if search.is_null() {
            others[&kind].as_array().unwrap().iter().map(text).collect()
        } else {
            let references = search["parameters"].as_array().unwrap().iter();
            let own = references.filter(|it| text(&it["$ref"]).contains("/parameters/search."));
            own.map(|it| text(&resolved(&document, it)["name"])).collect()
        };
        assert_eq!(listed, names, "{kind}");
        assert!(document["components"]["schemas"].get(&kind).is_some(), "{kind} has no schema");
        for operation in resource["operation"].as_array().into_iter().flatten() {
            told.insert((kind.clone(), text(&operation["name"])));
        }
        let (of_type, of_id) = (&document["paths"]["/fhir/{type}"], &document["paths"]["/fhir/{type}/{id}"]);
        for (code, place) in [
            ("read", &of_id["get"]),
            ("update", &of_id["put"]),
            ("patch", &of_id["patch"]),
            ("delete", &of_id["delete"]),
            ("create", &of_type["post"]),
            ("search-type", &of_type["get"]),
            ("history-type", &document["paths"]["/fhir/{type}/_history"]["get"]),
            ("history-instance", &document["paths"]["/fhir/{type}/{id}/_history"]["get"]),
            ("vread", &document["paths"]["/fhir/{type}/{id}/_history/{version}"]["get"]),
        ] {
            let is_told = resource["interaction"].as_array().unwrap().iter().any(|it| it["code"] == code);
            assert_eq!(is_told, place.is_object(), "{kind}: {code}");
        }
    }
    // Operations: what a path names is told, and what is told has a path.
    let mut in_paths = BTreeSet::new();
    for (path, _) in members(&document["paths"]) {
        let Some((before, name)) = path.rsplit_once("/$") else { continue };
        match before.strip_prefix("/fhir/").map(|rest| rest.split('/').next().unwrap()) {
            None => {
                let listed = statement["rest"][0]["operation"].as_array().unwrap();
                assert!(listed.iter().any(|it| it["name"] == name), "{name}");
            }
            Some("{type}") => drop(in_paths.insert(("*".to_owned(), name.to_owned()))),
            Some(kind) => drop(in_paths.insert((kind.to_owned(), name.to_owned()))),
        }
    }
    for (kind, name) in &told {
        let has_path = ["*", kind].iter().any(|kind| in_paths.contains(&((*kind).to_owned(), name.clone())));
        assert!(has_path, "{kind}: ${name} has no path");
    }
    for (kind, name) in &in_paths {
        assert!(
            told.iter().any(|(of, it)| it == name && (kind == "*" || of == kind)),
            "{kind}: ${name} is not told"
        );
    }
}

#[test]
fn the_document_is_kept_by_who_has_it_and_pages_need_no_script() {
    let demo = Demo::start(TestDatabase::sqlite());
    let client = demo.server().client();
    let first = client.get("/openapi.json").expect_status(200);
    let tag = first.header("ETag").unwrap().to_owned();
    let again = client.request("GET", "/openapi.json", &[("If-None-Match", &tag)], b"");
    assert_eq!((again.status, again.body.len()), (304, 0));
    let packed =
        client.request("GET", "/openapi.json", &[("Accept-Encoding", "gzip")], b"").expect_status(200);
    assert_eq!(packed.header("Content-Encoding"), Some("gzip"));
    assert!(packed.body.len() * 4 < first.body.len());
    assert_eq!(value(first.text())["openapi"], "3.1.0");
    // The list leads to each document; in a demo it holds tokens for this machine, and nobody keeps it.
    let list = client.get("/docs?lang=en").expect_status(200);
    assert!(list.text().contains("Authorization: Bearer "), "a token to try");
    assert_eq!(list.header("Cache-Control"), Some("no-store"));
    let names: BTreeSet<&str> =
        list.text().split("href=\"/docs/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let page = client.get(&format!("/docs/{name}")).expect_status(200);
        let policy = page.header("Content-Security-Policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{name}: {policy}");
        assert!(!page.text().contains("<script"), "{name}");
    }
    assert_eq!(client.get("/docs/nothing").status, 404);
}
