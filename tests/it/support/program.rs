//! The program run as a command, its demo, and who asks it with a token.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use test_support::{
    Backend, HttpClient, Response, TemporaryDirectory, TestDatabase, TestServer, healthbook_binary,
};

use super::{FHIR_JSON, body, link, path_of};

/// The program in a folder, without settings of the machine that runs the tests.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(healthbook_binary());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEALTHBOOK_"))
    {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs it to its end in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = program(folder).args(arguments).output().expect("the program can be started");
    test_support::keep_output(&output.stderr);
    output
}

/// All that a finished program has said.
pub fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A demo of 30 invented people and the server on it.
pub struct Demo {
    pub database: TestDatabase,
    pub folder: TemporaryDirectory,
    server: Option<TestServer>,
    arguments: Vec<String>,
    pub description: Value,
}

impl Demo {
    /// Starts it on a fresh database.
    pub fn start(database: TestDatabase) -> Self {
        Self::start_with(database, &[])
    }

    /// The same with further arguments of `serve`.
    pub fn start_with(database: TestDatabase, arguments: &[&str]) -> Self {
        let folder = TemporaryDirectory::new();
        let arguments = arguments.iter().map(|it| (*it).to_owned()).collect();
        let mut demo = Self { database, folder, server: None, arguments, description: Value::Null };
        demo.serve();
        let file = fs::read_to_string(demo.file()).expect("demo.json is there");
        demo.description = super::value(&file);
        demo
    }

    /// Starts the server, also for the second time.
    pub fn serve(&mut self) {
        self.server = None;
        let folder = self.folder.path().to_str().unwrap();
        self.server = Some(
            TestServer::with(&self.database)
                .arguments(["--demo", "30", "--data-folder", folder])
                .arguments(&self.arguments)
                .start(),
        );
    }

    /// Asks the server to stop and waits for it.
    pub fn stop(&mut self) {
        let status = self.server.take().unwrap().terminate();
        assert!(status.success(), "{status}");
    }

    /// Kills the server as a power cut does.
    pub fn kill9(&mut self) {
        self.server.as_mut().unwrap().kill9();
    }

    pub fn server(&self) -> &TestServer {
        self.server.as_ref().unwrap()
    }

    /// Where `demo.json` lies: beside SQLite, or in the data folder.
    pub fn file(&self) -> PathBuf {
        match self.database.backend() {
            Backend::Sqlite => {
                Path::new(self.database.url().strip_prefix("sqlite:").unwrap()).with_file_name("demo.json")
            }
            Backend::Postgres => self.folder.path().join("demo.json"),
        }
    }

    /// Runs `healthbook token`.
    pub fn token_command(&self, arguments: &[&str]) -> Output {
        let folder = self.folder.path();
        let place = ["token", "--database", self.database.url(), "--data-folder", folder.to_str().unwrap()];
        run(folder, &[&place, arguments].concat())
    }

    /// A token.
    #[track_caller]
    pub fn token(&self, arguments: &[&str]) -> String {
        let output = self.token_command(arguments);
        assert!(output.status.success(), "{}", words(&output));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// A citizen of the demo: number and Patient.
    pub fn citizen(&self, index: usize) -> (&str, &str) {
        let citizen = &self.description["citizens"][index];
        (citizen["number"].as_str().unwrap(), citizen["patient_id"].as_str().unwrap())
    }

    /// Who asks with a citizen's token.
    pub fn as_citizen(&self, index: usize) -> Caller<'_> {
        Caller::new(self.server().client(), self.token(&["--citizen", self.citizen(index).0]))
    }

    /// A second server on the same database, which knows no sign-in: what is stored, whoever may see it.
    pub fn stored(&self) -> TestServer {
        super::start(&self.database, &["--data-folder", self.folder.path().to_str().unwrap()])
    }

    /// Who asks with a token of the first client system.
    pub fn as_client(&self) -> Caller<'_> {
        let id = self.description["clients"][0]["id"].as_str().expect("a client has an id");
        Caller::new(self.server().client(), self.token(&["--client", id]))
    }

    /// Who asks for somebody of the facility of that client system, in a role.
    pub fn as_staff(&self, role: &str) -> Caller<'_> {
        let client = &self.description["clients"][0];
        let (id, facility) =
            (client["id"].as_str().expect("an id"), client["facility"].as_str().expect("a facility"));
        let token = self.token(&["--client", id, "--facility", facility, "--role", role]);
        Caller::new(self.server().client(), token)
    }
}

/// Who asks, mostly with a token.
pub struct Caller<'a> {
    http: &'a HttpClient,
    authorization: Option<String>,
}

impl<'a> Caller<'a> {
    pub fn new(http: &'a HttpClient, token: impl AsRef<str>) -> Self {
        Self { http, authorization: Some(format!("Bearer {}", token.as_ref())) }
    }

    /// Who asks a server without sign-in.
    pub fn unlimited(server: &'a TestServer) -> Self {
        Self { http: server.client(), authorization: None }
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        self.authorization.iter().map(|value| ("Authorization", value.as_str())).collect()
    }

    pub fn get(&self, path: &str) -> Response {
        self.http.request("GET", path, &self.headers(), b"")
    }

    pub fn send(&self, method: &str, path: &str, body: &str) -> Response {
        self.send_with(method, path, &[], body)
    }

    /// With further headers.
    pub fn send_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut all = self.headers();
        if !headers.iter().any(|(name, _)| *name == "Content-Type") {
            all.push(("Content-Type", FHIR_JSON));
        }
        all.extend(headers);
        self.http.request(method, path, &all, body.as_bytes())
    }

    /// A search by `POST`.
    pub fn post_search(&self, kind: &str, form: &str) -> Response {
        let mut headers = self.headers();
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        self.http.request("POST", &format!("/fhir/{kind}/_search"), &headers, form.as_bytes())
    }

    /// A successful answer as JSON.
    #[track_caller]
    pub fn read(&self, path: &str) -> Value {
        body(&self.get(path).expect_status(200))
    }

    /// All pages of a search or history.
    #[track_caller]
    pub fn pages(&self, path: &str) -> Vec<Value> {
        let mut pages = vec![self.read(path)];
        while let Some(next) = link(pages.last().unwrap(), "next") {
            assert!(pages.len() < 200, "{path} has no end");
            pages.push(self.read(&path_of(&next)));
        }
        pages
    }

    /// The resources of all entries of all pages.
    #[track_caller]
    pub fn resources(&self, path: &str) -> Vec<Value> {
        let entries = self.pages(path).iter().flat_map(super::entries).collect::<Vec<_>>();
        entries.into_iter().map(|entry| entry["resource"].clone()).collect()
    }
}
