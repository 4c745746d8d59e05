//! `Idempotency-Key`: a request has its effect once, and its repetition gets the answer of the first
//! (draft-ietf-httpapi-idempotency-key-header; `docs/contract.md`, section 5).

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use access::{Access, Caller};
use audit_log::Action;
use aws_lc_rs::hmac;
use fhir::{Fault, Instant};
use record_store::{Effect, KeptAnswer, KeptWrite, Once, Showing};

use crate::refusals::note_hidden;
use crate::{Problem, Service, Stored};

/// The name of the header.
const HEADER: &str = "Idempotency-Key";
/// Most characters of a key.
const LONGEST: usize = 255;
/// Time between two removals of old answers.
const BETWEEN_REMOVALS: Duration = Duration::from_secs(60);

/// The keys of requests that run in this server.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<HashSet<[u8; 32]>>);

/// That a request runs, until it is dropped.
struct Run<'s> {
    service: &'s Service,
    key: [u8; 32],
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.service.running().with(|keys| keys.remove(&self.key));
    }
}

impl Running {
    // Whoever panicked with the lock left a whole set.
    fn with<T>(&self, change: impl FnOnce(&mut HashSet<[u8; 32]>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What came of a request.
pub(crate) enum Done<T> {
    /// It was done now.
    Now(T),
    /// It was done before.
    Before(KeptAnswer),
}

/// The request of a caller under the text of the header; `parts` is all that makes it another request.
pub fn keyed(service: &Service, caller: &Caller, header: &str, parts: &[&[u8]]) -> Result<Once, Problem> {
    let text = header.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(header);
    let is_plain = text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'"');
    if !(1..=LONGEST).contains(&text.len()) || !is_plain {
        return Err(Problem::bad_request(Fault::InvalidHeader { name: HEADER.to_owned() }));
    }
    let client = match caller {
        Caller::Authenticated(identity) => identity.client.as_str(),
        _ => "",
    };
    let who = [client.as_bytes(), caller.subject().unwrap_or_default().as_bytes(), text.as_bytes()];
    Ok(Once {
        key: hash(service, b"key", &who),
        request: hash(service, b"request", parts),
        note: String::new(),
    })
}

/// A part of a request, which has its effect once by itself.
pub(crate) fn part(service: &Service, once: &Once, index: usize) -> Once {
    let place = index.to_string();
    Once { key: hash(service, b"part", &[&once.key, place.as_bytes()]), ..once.clone() }
}

/// A keyed hash of texts: what a caller chose cannot be guessed from what is stored.
fn hash(service: &Service, what: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, service.store().link_key());
    let derived = hmac::sign(&key, b"healthbook idempotency");
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()));
    context.update(what);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.iter_mut().zip(context.sign().as_ref()).for_each(|(byte, from)| *byte = *from);
    hash
}

/// Runs a request that writes one resource once.
pub async fn write_once(
    service: &Service,
    access: &Access,
    once: Once,
    work: impl Future<Output = Result<Stored, Problem>>,
) -> Result<Stored, Problem> {
    let _run = begin(service, &once)?;
    match run(service, once, work).await? {
        Done::Now(stored) => Ok(stored),
        Done::Before(kept) => first_again(service, access, &kept).await,
    }
}

/// Runs a request that answers a text of its own, which it makes again by itself.
pub async fn answer_once(
    service: &Service,
    once: Once,
    work: impl Future<Output = Result<String, Problem>>,
) -> Result<String, Problem> {
    let _run = begin(service, &once)?;
    once.scope(work).await
}

/// 409 while a request with the same key runs here. In another server it is the database that lets one of them write.
fn begin<'s>(service: &'s Service, once: &Once) -> Result<Run<'s>, Problem> {
    match service.running().with(|keys| keys.insert(once.key)) {
        true => Ok(Run { service, key: once.key }),
        false => Err(repeated()),
    }
}

/// Does work that was not done before.
pub(crate) async fn run<T>(
    service: &Service,
    once: Once,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<Done<T>, Problem> {
    if let Some(kept) = kept(service, &once).await? {
        return Ok(Done::Before(kept));
    }
    let problem = match once.clone().scope(work).await {
        Ok(done) => return Ok(Done::Now(done)),
        Err(problem) => problem,
    };
    // Another server was faster: what it wrote is the answer.
    let is_repeated = problem.issues.iter().any(|issue| issue.fault == Fault::RequestRunning);
    match kept(service, &once).await? {
        Some(kept) if is_repeated => Ok(Done::Before(kept)),
        _ => Err(problem),
    }
}

/// What was written under the key; 422 when something else was asked.
pub(crate) async fn kept(service: &Service, once: &Once) -> Result<Option<KeptAnswer>, Problem> {
    match service.store().kept_answer(&once.key, Instant::now()).await? {
        Some(kept) if kept.request != once.request => Err(Problem::new(422, Fault::IdempotencyKeyReused)),
        kept => Ok(kept),
    }
}

pub(crate) fn repeated() -> Problem {
    Problem::new(409, Fault::RequestRunning)
}

/// What came of the first write of a request, once more.
pub(crate) async fn first_again(
    service: &Service,
    access: &Access,
    kept: &KeptAnswer,
) -> Result<Stored, Problem> {
    let write = kept.writes.first().ok_or_else(|| Problem::new(500, Fault::Internal))?;
    again(service, access, write).await
}

/// What came of a write, once more: the version is read again, as whoever asks may see it now.
pub(crate) async fn again(service: &Service, access: &Access, kept: &KeptWrite) -> Result<Stored, Problem> {
    let KeptWrite { resource_type, id, version, last_updated, effect } = kept.clone();
    let body = match effect {
        Effect::Deleted | Effect::NothingToDelete => None,
        Effect::Created | Effect::Updated | Effect::Unchanged => {
            let record = service.store().read_version(access, resource_type, &id, version).await?;
            match &record {
                Some(record) => record.confirm(&Showing::begin(access, Action::Read, "")?),
                // The book was closed since. What was told before is told again, and no more.
                None => note_hidden(access, (resource_type, id.clone())),
            }
            record.and_then(|record| record.body)
        }
    };
    Ok(Stored { resource_type, id, version, last_updated, effect, body })
}

/// Removes old answers, as long as the server runs.
pub async fn work_at_answers(service: Service) -> Infallible {
    loop {
        tokio::time::sleep(BETWEEN_REMOVALS).await;
        if let Err(error) = service.store().remove_old_answers(Instant::now()).await {
            tracing::warn!(error = %error, "cannot remove old answers; trying again");
        }
    }
}
