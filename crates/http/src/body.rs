//! Reading a body: its type, its size before and after it is unpacked, the time it takes to arrive, and the
//! memory that all bodies together may take.

use std::io::{self, Write};
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{self, Payload};
use fhir::Fault;
use flate2::write::MultiGzDecoder;
use futures_util::StreamExt;
use interactions::PatchFormat;
use record_store::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::State;
use crate::failure::Failure;
use crate::fhir_xml;
use crate::negotiation::{ACCEPT_PATCH, is_json, is_json_patch, is_xml};

/// Bodies above this size are parsed a few at a time.
const LARGE: usize = 1 << 20;

/// How long the rest of a refused body is held: until its answer has certainly begun.
const HELD: Duration = Duration::from_secs(2);

/// Step in which memory is taken from the budget.
const STEP: usize = 64 << 10;

/// A body in memory, and its share of the budget.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    permits: Vec<OwnedSemaphorePermit>,
}

impl Body {
    /// Takes the bytes out; the share of the budget is kept until the rest is dropped.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// Reads a resource. What comes as XML is JSON from here on.
pub(crate) async fn read_json(state: &State, headers: &HeaderMap, payload: Payload) -> Result<Body, Failure> {
    as_json(headers, read_resource(state, headers, payload).await?).await
}

/// The same of what comes from elsewhere in one piece: with the hash of what was sent, unpacked and in its own format.
pub(crate) async fn read_message(
    state: &State,
    headers: &HeaderMap,
    payload: Payload,
) -> Result<(Message, Body), Failure> {
    let mut body = read_resource(state, headers, payload).await?;
    let message = if body.bytes.len() < LARGE {
        interactions::message(&body.bytes)
    } else {
        let bytes = body.take();
        let hashed = web::block(move || (interactions::message(&bytes), bytes)).await;
        let (message, bytes) = hashed.map_err(|_| Failure::new(500, Fault::Internal))?;
        body.bytes = bytes;
        message
    };
    Ok((message, as_json(headers, body).await?))
}

/// A body in one of the formats of a resource, as it came.
pub(crate) async fn read_resource(
    state: &State,
    headers: &HeaderMap,
    payload: Payload,
) -> Result<Body, Failure> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_json(content_type) && !is_xml(content_type) {
        return Err(Failure::closing(415, Fault::WrongContentType));
    }
    read(state, headers, payload).await
}

async fn as_json(headers: &HeaderMap, mut body: Body) -> Result<Body, Failure> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !is_json(content_type.unwrap_or_default()) {
        body.bytes = fhir_xml::to_json(body.take()).await?;
    }
    Ok(body)
}

/// Reads a patch and its language: `application/json-patch+json`, or `Parameters` in what a resource may be sent.
pub(crate) async fn read_patch(
    state: &State,
    headers: &HeaderMap,
    payload: Payload,
) -> Result<(PatchFormat, Body), Failure> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if is_json_patch(content_type.unwrap_or_default()) {
        return Ok((PatchFormat::JsonPatch, read(state, headers, payload).await?));
    }
    match read_json(state, headers, payload).await {
        Ok(body) => Ok((PatchFormat::FhirPathPatch, body)),
        Err(failure) if failure.is_about_content_type() => {
            let accept_patch = Some(ACCEPT_PATCH);
            Err(Failure { accept_patch, ..Failure::closing(415, Fault::PatchContentType) })
        }
        Err(failure) => Err(failure),
    }
}

/// Whether a body is said to come.
pub(crate) fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.is_some_and(|length| length.trim() != "0") || headers.contains_key(header::TRANSFER_ENCODING)
}

/// Whether the body is said to be a form, or nothing is said of it: then there may be none, which [`read_form`] judges.
pub(crate) fn has_form_or_nothing(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_none_or(|text| text.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"))
}

/// Reads the parameters of a `POST _search`.
pub(crate) async fn read_form(
    state: &State,
    headers: &HeaderMap,
    payload: Payload,
) -> Result<String, Failure> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let plain =
        content_type.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match plain.as_deref() {
        Some("application/x-www-form-urlencoded") => {}
        // Without a body the parameters of the URL are all there is.
        None if !has_body(headers) => return Ok(String::new()),
        _ => return Err(Failure::closing(415, Fault::WrongFormType)),
    }
    let mut body = read(state, headers, payload).await?;
    String::from_utf8(body.take()).map_err(|_| Failure::new(400, Fault::WrongFormType))
}

async fn read(state: &State, headers: &HeaderMap, mut payload: Payload) -> Result<Body, Failure> {
    let body = read_within_limits(state, headers, &mut payload).await;
    if body.as_ref().is_err_and(|failure| failure.close) {
        hold(payload);
    }
    body
}

/// Holds the rest of a body that is not read: actix-http reads on for as long as chunks come when nobody holds the
/// payload, and closes the connection after the answer when somebody does.
pub(crate) fn hold(payload: Payload) {
    actix_web::rt::spawn(async move {
        tokio::time::sleep(HELD).await;
        drop(payload);
    });
}

async fn read_within_limits(
    state: &State,
    headers: &HeaderMap,
    payload: &mut Payload,
) -> Result<Body, Failure> {
    let limit = state.settings.body_limit;
    let too_large = || Failure::closing(413, Fault::BodyTooLarge { limit: limit.to_string() });
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if declared.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or_default());
    let packed = match encoding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("identity" | "") => false,
        Some("gzip" | "x-gzip") => true,
        Some(_) => return Err(Failure::closing(415, Fault::WrongContentEncoding)),
    };
    let room = Room { state, bytes: Vec::new(), permits: Vec::new(), fault: None };
    let arriving = collect(room, payload, packed);
    let mut body = match tokio::time::timeout(state.settings.body_deadline, arriving).await {
        Ok(body) => body?,
        Err(_) => return Err(Failure::closing(408, Fault::BodyTooSlow)),
    };
    if body.bytes.len() > LARGE {
        let permit = state.large_bodies.clone().acquire_owned().await;
        body.permits.push(permit.map_err(|_| Failure::new(503, Fault::Busy))?);
    }
    Ok(body)
}

async fn collect(mut room: Room<'_>, payload: &mut Payload, packed: bool) -> Result<Body, Failure> {
    if !packed {
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Failure::closing(400, Fault::BodyBroken))?;
            if room.write_all(&chunk).is_err() {
                return Err(room.failure());
            }
        }
        return Ok(Body { bytes: room.bytes, permits: room.permits });
    }
    // The decoder hands on at most its buffer of 32 KiB at a time, so a bomb is found while it unfolds.
    let mut decoder = MultiGzDecoder::new(room);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Failure::closing(400, Fault::BodyBroken))?;
        if decoder.write_all(&chunk).is_err() {
            return Err(decoder.get_ref().failure());
        }
    }
    if decoder.try_finish().is_err() {
        return Err(decoder.get_ref().failure());
    }
    let room = decoder.get_mut();
    Ok(Body { bytes: std::mem::take(&mut room.bytes), permits: std::mem::take(&mut room.permits) })
}

/// Where a body grows, up to its limit and as far as the budget reaches.
struct Room<'a> {
    state: &'a State,
    bytes: Vec<u8>,
    permits: Vec<OwnedSemaphorePermit>,
    fault: Option<(u16, Fault)>,
}

impl Room<'_> {
    /// Why nothing more fits; a broken compression when it is not the room's fault.
    fn failure(&self) -> Failure {
        match &self.fault {
            Some((status, fault)) => Failure::closing(*status, fault.clone()),
            None => Failure::closing(400, Fault::BrokenCompression),
        }
    }

    fn refuse(&mut self, status: u16, fault: Fault) -> io::Error {
        self.fault = Some((status, fault));
        io::Error::other("the body is refused")
    }
}

impl Write for Room<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let limit = self.state.settings.body_limit;
        let wanted = self.bytes.len() + bytes.len();
        if wanted > limit {
            return Err(self.refuse(413, Fault::BodyTooLarge { limit: limit.to_string() }));
        }
        if wanted > self.bytes.capacity() {
            // Doubling, as a vector does, but never beyond the limit, and paid for before it is taken.
            let capacity = wanted.max(self.bytes.capacity() * 2).max(STEP.min(limit)).min(limit);
            let more = capacity - self.bytes.capacity();
            let kibibytes = u32::try_from(more.div_ceil(1024)).unwrap_or(u32::MAX);
            match Semaphore::try_acquire_many_owned(self.state.body_budget.clone(), kibibytes) {
                Ok(permit) => self.permits.push(permit),
                Err(_) => return Err(self.refuse(503, Fault::Busy)),
            }
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
