//! The transaction that writes a check-up into a book: updates under ids that are the same whenever it comes again, and the
//! message as it came.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use json::Node;

use super::parts::{Object, concept, identifier};
use super::*;
use crate::check_up::{Format, identity::sha256};

/// What a check-up is written as in the name of the facility. The `Provenance` of a signature that came with it is the server's:
/// nobody who signs in writes one.
pub const WRITTEN: [&str; 6] =
    ["Composition", "Encounter", "Observation", "Condition", "FamilyMemberHistory", "DocumentReference"];

/// What the Composition names as its entries: a correction deletes of it what is not told any more.
pub const ENTERED: [&str; 3] = ["Observation", "Condition", "FamilyMemberHistory"];

/// The message as it came.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    text: &'a [u8],
    format: Format,
    records: usize,
}

impl<'a> Raw<'a> {
    /// A message, with what was read of it. Of a message with several records a book keeps only its own, as the decision
    /// writes it: the others are other people's.
    pub fn of(text: &'a [u8], format: Format, check_ups: &[CheckUp]) -> Self {
        Self { text, format, records: check_ups.len() }
    }
}

impl Maker<'_> {
    /// The message in the book itself: a `Binary` is in nobody's book, and this one tells everything.
    fn document_reference(&self, raw: &Raw<'_>, labels: &[&'static str]) -> Node<'static> {
        let own: Vec<u8>;
        let text = match (raw.records, raw.format) {
            (..=1, _) => raw.text,
            (_, Format::Xml) => {
                own = self.check_up.to_xml().into_bytes();
                own.as_slice()
            }
            (_, Format::Json) => {
                own = self.check_up.to_json().into_bytes();
                own.as_slice()
            }
        };
        let content = match raw.format {
            Format::Xml => "application/xml",
            Format::Json => "application/json",
        };
        let name = |text: &[u8]| {
            let name = format!("ni:///sha-256;{}", URL_SAFE_NO_PAD.encode(sha256(text)));
            identifier("urn:ietf:rfc:3986", &name)
        };
        let whole = if raw.records > 1 { vec![name(raw.text)] } else { Vec::new() };
        let attachment = Object::default()
            .text("contentType", content)
            .text("data", STANDARD.encode(text))
            .with("size", super::parts::number(&text.len().to_string()))
            .text("title", "KHAMSUCKHOE");
        let context = Object::default().list("encounter", vec![self.encounter()]);
        Object::resource("DocumentReference", &self.id("DocumentReference"))
            .meta(None, labels)
            .with("masterIdentifier", name(text))
            .list("identifier", whole)
            .text("status", "current")
            .with("type", concept(Vec::new(), Some("Thông điệp khám sức khỏe KHAMSUCKHOE")))
            .with("subject", self.patient())
            .list("author", vec![self.organization()])
            .list("content", vec![Object::default().with("attachment", attachment.node()).node()])
            .with("context", context.node())
            .node()
    }
}

impl CheckUp {
    /// The id of the Composition that this check-up has in a book: what was written of it before is found there.
    pub fn composition_id(&self) -> String {
        identity::id(self.facility(), &self.visit_code(), "Composition")
    }

    /// The transaction Bundle that writes the check-up into the book of `places.patient`, with the message where it is
    /// given. Sent again it changes nothing; a correction makes new versions, and deletes of `places.former` what it does
    /// not have any more.
    pub fn transaction(&self, places: &Places, raw: Option<&Raw<'_>>) -> Node<'static> {
        let maker = Maker::new(self, places, Style::Transaction);
        let id = maker.id("DocumentReference");
        let (mut made, labels) = maker.all();
        if let Some(raw) = raw {
            let node = Maker::new(self, places, Style::Transaction).document_reference(raw, &labels);
            made.push(Made { kind: "DocumentReference", id, node });
        }
        let kept: Vec<String> = made.iter().map(|made| format!("{}/{}", made.kind, made.id)).collect();
        let gone = places.former.iter().filter(|former| !kept.contains(former)).map(|former| {
            let request = Object::default().text("method", "DELETE").text("url", former.clone());
            Object::default().with("request", request.node()).node()
        });
        let gone: Vec<Node<'static>> = gone.collect();
        let put = |made: Made| {
            let request =
                Object::default().text("method", "PUT").text("url", format!("{}/{}", made.kind, made.id));
            Object::default()
                .text("fullUrl", format!("urn:uuid:{}", made.id))
                .with("resource", made.node)
                .with("request", request.node())
                .node()
        };
        let entries = made.into_iter().map(put).chain(gone).collect();
        Object::default()
            .text("resourceType", "Bundle")
            .text("type", "transaction")
            .list("entry", entries)
            .node()
    }
}
