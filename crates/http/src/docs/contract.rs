//! `/openapi.json`: made from what the CapabilityStatement says now, and kept until that says something else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use fhir::Fault;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::failure::Failure;
use crate::incoming::Incoming;

/// The document, with the statement that it was made of.
#[derive(Default)]
pub(crate) struct Contract(RwLock<Option<Arc<Made>>>);

struct Made {
    of: Arc<str>,
    plain: Bytes,
    packed: Bytes,
    tag: String,
}

/// `GET /openapi.json`
pub(super) async fn openapi(incoming: Incoming) -> Result<HttpResponse, Failure> {
    let statement = interactions::capability_statement(incoming.service());
    // What is kept is replaced as a whole, so a poisoned lock holds nothing by halves.
    let kept = &incoming.state.contract.0;
    let known = kept.read().unwrap_or_else(PoisonError::into_inner).clone();
    let made = match known.filter(|made| Arc::ptr_eq(&made.of, &statement)) {
        Some(made) => made,
        None => {
            let broken = |_| Failure::new(500, Fault::Internal);
            let made = web::block(move || make(statement)).await.map_err(broken)?;
            let made = Arc::new(made.ok_or_else(|| Failure::new(500, Fault::Internal))?);
            *kept.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
            made
        }
    };
    let headers = incoming.headers();
    let text = |name: header::HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let is_known = text(header::IF_NONE_MATCH).split(',').any(|tag| tag.trim() == made.tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, made.tag.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    if is_known {
        return Ok(response.finish());
    }
    response.insert_header((header::CONTENT_TYPE, "application/json"));
    let packs =
        text(header::ACCEPT_ENCODING).split(',').any(|coding| coding.trim().eq_ignore_ascii_case("gzip"));
    if packs {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response.body(if packs { made.packed.clone() } else { made.plain.clone() }))
}

fn make(of: Arc<str>) -> Option<Made> {
    let document = contract::openapi(&serde_json::from_str(&of).ok()?).ok()?;
    let text = document.to_string();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).ok()?;
    let packed = encoder.finish().ok()?.into();
    // It tells versions of one document apart and guards nothing.
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    Some(Made { of, plain: text.into(), packed, tag })
}
