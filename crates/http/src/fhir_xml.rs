//! XML at the door: bodies become JSON before anybody reads them, answers become XML after everybody has written
//! them; the language of messages is chosen here too. Nothing between knows about it.

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use fhir::{Fault, Issue};
use interactions::Problem;

use crate::failure::Failure;
use crate::language::{self, Language};
use crate::negotiation::{self, FHIR_XML, Format};

/// Larger documents are turned away from the threads that serve requests.
const LARGE: usize = 256 << 10;

/// Nesting of an answer: what is stored has up to 100 levels, and stands in Bundles.
const ANSWER_DEPTH: usize = 400;

/// A body in XML as JSON.
pub(crate) async fn to_json(body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if body.iter().all(u8::is_ascii_whitespace) {
        // That nothing came is said by whoever reads it.
        return Ok(body);
    }
    let length = body.len();
    let work = move || match xml::from_xml(&body, &xml::Limits::default()) {
        Ok(resource) => Ok(resource.to_json().into_bytes()),
        Err(error) => Err(refusal(error)),
    };
    Ok(if_large(length, work).await??)
}

fn refusal(error: xml::XmlError) -> Problem {
    let place = format!("{}:{}", error.line, error.column);
    let code = error.rule.code();
    let rule = error.name.map_or_else(|| code.to_owned(), |name| format!("{code} ({name})"));
    let issue = Issue::error(Fault::InvalidXml { rule, place });
    Problem::from_issue(
        400,
        match error.expression {
            Some(expression) => issue.at(expression),
            None => issue,
        },
    )
}

/// The middleware around all of FHIR: a finished answer in JSON goes out as XML when that is wanted.
pub(crate) async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let wanted = wanted(&request);
    let response = next.call(request).await?.map_into_boxed_body();
    // Whoever read parameters from the body knows better.
    let noted = response.request().extensions().get::<Format>().copied();
    let is_xml = noted.or(wanted) == Some(Format::Xml);
    let language = Language::preferred(response.request().headers());
    if (!is_xml && language == Language::Vietnamese) || !is_fhir_json(response.response()) {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let mut json = to_bytes(body).await.map_err(|_| Failure::new(500, Fault::Internal))?;
    if language == Language::English {
        let text = json.clone();
        if let Some(english) = if_large(json.len(), move || language::in_english(&text)).await? {
            json = english.into();
        }
    }
    if !is_xml {
        return Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(json))));
    }
    let text = json.clone();
    let xml = if_large(json.len(), move || to_xml(&text)).await?;
    let body = match xml {
        Some(xml) => BoxBody::new(xml),
        // What was done is done: it is told in the form that can tell it.
        None if !matches!(*request.method(), Method::GET | Method::HEAD) => {
            return Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(json))));
        }
        None => {
            *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
            // They are those of the resource, not of the refusal.
            for name in [header::ETAG, header::LAST_MODIFIED] {
                response.headers_mut().remove(name);
            }
            let outcome = fhir::outcome_json(&[Issue::error(Fault::NotInXml)]);
            BoxBody::new(to_xml(outcome.as_bytes()).unwrap_or_default())
        }
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_XML));
    Ok(ServiceResponse::new(request, response.set_body(body)))
}

/// The form that the address and the headers ask for.
fn wanted(request: &ServiceRequest) -> Option<Format> {
    let query = request.query_string();
    let pairs =
        if query.contains("_format") { interactions::pairs(query).unwrap_or_default() } else { Vec::new() };
    let format = pairs.iter().find(|(name, _)| name == "_format").map(|(_, value)| value.as_str());
    negotiation::format(request.headers(), format)
}

fn is_fhir_json<B>(response: &HttpResponse<B>) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(negotiation::is_json)
}

/// An answer in JSON as XML; `None` when XML cannot hold it.
fn to_xml(json: &[u8]) -> Option<String> {
    let resource = json::parse(json, &json::Limits { depth: ANSWER_DEPTH }).ok()?;
    xml::to_xml(&resource).ok()
}

/// Runs work on that many bytes, elsewhere if they are many.
async fn if_large<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    if bytes <= LARGE {
        return Ok(work());
    }
    web::block(work).await.map_err(|_| Failure::new(500, Fault::Internal))
}
