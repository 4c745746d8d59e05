//! Messages of check-ups to another server, over HTTP (`docs/check-up.md`, section 7): `healthbook import --base-url`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use health_book::check_up::is_passing;
use outbound::{OutboundError, Peer, PeerAnswer, PeerRequest, PeerSettings};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::load::Loaded;
use super::report::{Counts, Failed, Place};
use crate::cli::Import;
use crate::failure::Failure;

/// Time to connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Time for an answer: a message of a thousand records is written one by one.
const LIMIT: Duration = Duration::from_secs(120);
/// Longest answer: 200 faults in two languages are far less.
const MOST_BYTES: usize = 1 << 20;
/// How often a message is sent while the server does not answer, or what is in its way passes.
const TRIES: u32 = 6;
/// Pause before the second try; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest code and place that are taken from an answer.
const LONGEST: usize = 64;

/// Where access tokens come from.
enum Credentials {
    /// One that was given; none where the server runs without sign-in.
    Given(Option<String>),
    /// A file that somebody else renews.
    File(PathBuf),
    /// A client with a secret asks for them.
    Client { id: String, secret: String },
}

/// Why a message was not sent, or what came was no answer.
enum NotSent {
    /// Whoever gives tokens is busy; after so many seconds it may be otherwise.
    Busy(Option<u64>),
    /// The file of the token cannot be read. Whoever renews it may be about to write it.
    TokenFile,
    /// On the way.
    Way(OutboundError),
}

impl NotSent {
    /// What is told of it.
    fn failed(&self, path: &Path) -> Failed {
        let (code, words) = match self {
            Self::Busy(_) => ("server-unreachable", "the server gives no access token now".to_owned()),
            Self::TokenFile => ("token-file-unreadable", "the file of the token cannot be read".to_owned()),
            Self::Way(error) => ("server-unreachable", error.to_string()),
        };
        Failed::of_file(path, Place::Whole, code, words)
    }
}

/// Another server.
pub struct Remote {
    peer: Peer,
    credentials: Credentials,
    token: Mutex<Option<String>>,
}

/// What the server says of a message.
#[derive(Deserialize)]
struct Told {
    created: u64,
    updated: u64,
    unchanged: u64,
    records: usize,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    record: usize,
    place: String,
    code: String,
    en: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

impl Remote {
    /// The server that the command names. A path that ends in `/fhir` is that of its API, as `serve --base-url` has it.
    pub fn new(base: &str, command: &Import) -> Result<Self, Failure> {
        let base = base.trim_end_matches('/');
        let base = base.strip_suffix("/fhir").unwrap_or(base).to_owned();
        let settings = PeerSettings { base, identity: None, authorities: None, connect_limit: CONNECT_LIMIT };
        let peer = Peer::new(&settings).context("--base-url cannot be used")?;
        let credentials = match (&command.token_file, &command.client, &command.secret_file) {
            (Some(file), ..) => {
                drop(first_line(file)?);
                Credentials::File(file.clone())
            }
            (None, Some(id), Some(file)) => Credentials::Client { id: id.clone(), secret: first_line(file)? },
            _ => Credentials::Given(command.token.clone()),
        };
        Ok(Self { peer, credentials, token: Mutex::default() })
    }

    /// Its address, for the journal.
    pub fn base(&self) -> &str {
        self.peer.base()
    }

    /// Sends a message. While the server does not answer, or what is in its way passes, it is sent again: the same changes nothing.
    pub async fn send(&self, path: &Path, is_xml: bool, text: Vec<u8>) -> Loaded {
        let kind = if is_xml { "application/xml" } else { "application/json" };
        let (mut pause, mut renewed) = (PAUSE, false);
        let mut tries = 1;
        loop {
            let again = tries < TRIES;
            let wait = match self.ask(kind, text.clone()).await {
                Ok(answer) if answer.status == 401 && !renewed => {
                    renewed = true;
                    *self.token.lock().await = None;
                    continue;
                }
                Ok(answer) if again && is_passing(answer.status) => wished(answer.retry_after, pause),
                Err(NotSent::Busy(after)) if again => wished(after, pause),
                Err(NotSent::TokenFile | NotSent::Way(OutboundError::Unreachable)) if again => pause,
                Ok(answer) => return loaded(path, &answer),
                Err(error) => return Loaded::only(error.failed(path)),
            };
            tokio::time::sleep(wait).await;
            pause = pause.saturating_mul(2);
            tries += 1;
        }
    }

    async fn ask(&self, kind: &'static str, text: Vec<u8>) -> Result<PeerAnswer, NotSent> {
        let token = self.token().await?;
        let headers = token.map(|token| ("authorization", format!("Bearer {token}")));
        let request = PeerRequest {
            path: "/check-ups".to_owned(),
            body: Some((kind, text)),
            headers: headers.into_iter().collect(),
            limit: LIMIT,
            most_bytes: MOST_BYTES,
        };
        self.peer.ask(request).await.map_err(NotSent::Way)
    }

    /// The token at hand, or another one.
    async fn token(&self) -> Result<Option<String>, NotSent> {
        let mut token = self.token.lock().await;
        if token.is_none() {
            *token = match &self.credentials {
                Credentials::Given(given) => given.clone(),
                Credentials::File(file) => {
                    let line = first_line(file).ok().filter(|line| !line.is_empty());
                    Some(line.ok_or(NotSent::TokenFile)?)
                }
                Credentials::Client { id, secret } => Some(self.token_of(id, secret).await?),
            };
        }
        Ok(token.clone())
    }

    async fn token_of(&self, id: &str, secret: &str) -> Result<String, NotSent> {
        use base64::Engine as _;
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
        let form = b"grant_type=client_credentials&scope=system/*.cruds".to_vec();
        let request = PeerRequest {
            path: "/auth/token".to_owned(),
            body: Some(("application/x-www-form-urlencoded", form)),
            headers: vec![("authorization", format!("Basic {basic}"))],
            limit: LIMIT,
            most_bytes: MOST_BYTES,
        };
        let answer = self.peer.ask(request).await.map_err(NotSent::Way)?;
        if is_passing(answer.status) {
            return Err(NotSent::Busy(answer.retry_after));
        }
        let tokens = serde_json::from_slice::<Tokens>(&answer.body);
        match tokens {
            Ok(tokens) if answer.status == 200 => Ok(tokens.access_token),
            _ => Err(NotSent::Way(OutboundError::Status)),
        }
    }
}

/// The pause that the server wishes, else the own one.
fn wished(seconds: Option<u64>, pause: Duration) -> Duration {
    seconds.map_or(pause, |seconds| Duration::from_secs(seconds.min(30)))
}

fn first_line(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// What an answer says came of the message.
fn loaded(path: &Path, answer: &PeerAnswer) -> Loaded {
    if matches!(answer.status, 200 | 422)
        && let Ok(told) = serde_json::from_slice::<Told>(&answer.body)
    {
        let Told { created, updated, unchanged, records, faults } = told;
        let failed = faults.into_iter().map(|fault| Failed {
            expression: Some(plain(&fault.place)),
            ..Failed::of_file(
                path,
                Place::of_record(fault.record, records.max(2)),
                plain(&fault.code),
                plain_text(&fault.en),
            )
        });
        let counts = Counts { created, updated, unchanged };
        return Loaded { counts, failed: failed.collect(), again_counts_all: true };
    }
    let outcome = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
    let text = |place: &str| outcome.pointer(place).and_then(serde_json::Value::as_str);
    let code = text("/issue/0/details/coding/0/code").map_or_else(|| "server-error".to_owned(), plain);
    let words = text("/issue/0/diagnostics").or_else(|| text("/issue/0/details/text"));
    let words = words.map_or_else(|| format!("the server answers {}", answer.status), plain_text);
    Loaded::only(Failed::of_file(path, Place::Whole, code, words))
}

/// A code or place of the answer, without what could disturb a terminal.
fn plain(text: &str) -> String {
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || "-_.[]".contains(*letter);
    text.chars().filter(allowed).take(LONGEST).collect()
}

fn plain_text(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
