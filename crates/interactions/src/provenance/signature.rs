//! Whether a version is signed: by a `Signature` in its own content, or in a stored `Provenance` about it. Nothing here is
//! verified, and nothing says that it is.

use access::{Access, Caller, Interaction};
use fhir::{Instant, LogicalId, ReferenceText, ResourceType, VersionId};
use json::{Node, Value};
use record_store::Record;

use super::PROVENANCE;
use super::stored::search;
use crate::search::with_resource;
use crate::{Problem, Service};

/// Versions of one question: each is asked for under every type that a target may have.
const ASKED: usize = 100;
/// Stored and signed ones that are read for one question; where there are more, what none of them signs is not known.
const MOST_SIGNED: u32 = 200;
/// How the name of every element of R4 ends whose type is `Signature`, and of no other.
const ELEMENT: &str = "ignature";

/// The state of signature of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureState {
    /// Neither it nor what is stored about it carries one, as far as the reader may know.
    None,
    /// There is one, which nobody has verified.
    PresentUnverified,
    /// It carries none, and what is stored about it is not looked at for the reader.
    Unknown,
}

impl SignatureState {
    /// The extension of a `Provenance` that says it.
    pub(crate) const URL: &'static str = "urn:healthbook:signature-state";

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PresentUnverified => "present-unverified",
            Self::Unknown => "unknown",
        }
    }
}

/// By which access a signature of somebody else is looked for; none where stored `Provenance` is closed to who asks. Whether
/// there is one must not tell more than a search for it.
#[derive(Debug, Clone)]
pub struct Signers(Option<Access>);

/// What a stored `Provenance` with a signature is about.
struct Signed {
    resource_type: ResourceType,
    id: LogicalId,
    version: Option<VersionId>,
    /// When it was stored: where it names no version, what came later is not what was signed.
    stored: Instant,
}

impl Signed {
    fn is(&self, version: &Record) -> bool {
        let of = self.version.map_or(version.last_updated <= self.stored, |of| of == version.version);
        of && self.resource_type == version.resource_type && self.id == version.id
    }
}

impl Signers {
    pub(crate) fn of(service: &Service, caller: &Caller) -> Self {
        let Ok(kind) = PROVENANCE.parse() else { return Self(None) };
        Self(service.decide(caller, Interaction::Search, Some(kind)).ok())
    }

    /// The states of versions, in their order.
    pub(super) async fn states(
        &self,
        service: &Service,
        versions: &[&Record],
    ) -> Result<Vec<SignatureState>, Problem> {
        let mut states = Vec::with_capacity(versions.len());
        for part in versions.chunks(ASKED) {
            let others = match &self.0 {
                Some(access) => Some(signed_by_others(service, access, part).await?),
                None => None,
            };
            for version in part {
                states.push(match &others {
                    _ if carries(version)? => SignatureState::PresentUnverified,
                    Some((signed, _)) if signed.iter().any(|signed| signed.is(version)) => {
                        SignatureState::PresentUnverified
                    }
                    Some((_, true)) => SignatureState::None,
                    _ => SignatureState::Unknown,
                });
            }
        }
        Ok(states)
    }
}

/// What is stored about versions and carries a signature, and whether that is all of it.
async fn signed_by_others(
    service: &Service,
    access: &Access,
    versions: &[&Record],
) -> Result<(Vec<Signed>, bool), Problem> {
    let mut targets: Vec<String> =
        versions.iter().map(|version| format!("{}/{}", version.resource_type, version.id)).collect();
    targets.sort();
    targets.dedup();
    let criteria =
        [("target".to_owned(), targets.join(",")), ("signature-type:missing".to_owned(), "false".to_owned())];
    let found = search(service, access, &criteria, None, MOST_SIGNED).await?;
    let mut signed = Vec::new();
    for record in &found {
        let stored = record.last_updated;
        signed.extend(with_resource(record, |provenance| {
            let targets = provenance.get("target").map(Node::items).unwrap_or_default();
            let about = |target: &Node<'_>| {
                let parsed = ReferenceText::parse(target.text("reference")?);
                let (resource_type, id) = parsed.local(service.base())?;
                let version = match &parsed {
                    ReferenceText::Literal { version, .. } => *version,
                    _ => None,
                };
                Some(Signed { resource_type, id: id.clone(), version, stored })
            };
            targets.iter().filter_map(about).collect::<Vec<_>>()
        })?);
    }
    Ok((signed, found.len() < usize::try_from(MOST_SIGNED).unwrap_or(usize::MAX)))
}

/// Whether the content of a version has a `Signature` anywhere.
fn carries(version: &Record) -> Result<bool, Problem> {
    match version.inspect()? {
        Some(text) if text.contains(ELEMENT) => with_resource(version, has_signature),
        _ => Ok(false),
    }
}

fn has_signature(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Object(members) => {
            members.iter().any(|(name, node)| name.ends_with(ELEMENT) || has_signature(node))
        }
        Value::Array(items) => items.iter().any(has_signature),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use fhir::TypeId;

    use super::*;

    #[test]
    fn elements_that_are_signatures_are_known_by_their_names() {
        let signature = TypeId::named("Signature").unwrap();
        let mut count = 0;
        for kind in TypeId::all() {
            for element in kind.elements() {
                let is_one = element.types.iter().any(|it| it.type_id == signature);
                if element.choice {
                    // The name of a choice ends with its type.
                    assert!(!element.name.ends_with(ELEMENT), "{}.{}", kind.name(), element.name);
                } else {
                    assert_eq!(is_one, element.name.ends_with(ELEMENT), "{}.{}", kind.name(), element.name);
                }
                count += usize::from(is_one);
            }
        }
        // Bundle, Contract.signer, Provenance, VerificationResult and whatever has a value of any type.
        assert!(count > 6, "{count}");
    }

    #[test]
    fn a_signature_is_found_wherever_it_is() {
        let signature = r#"{"type":[{"system":"urn:iso-astm:E1762-95:2013","code":"1.2.840.10065.1.12.1.1"}],
            "when":"2026-01-01T00:00:00Z","who":{"display":"A"}}"#;
        let signed = [
            format!(r#"{{"resourceType":"Bundle","type":"document","signature":{signature}}}"#),
            format!(r#"{{"resourceType":"Provenance","signature":[{signature}]}}"#),
            format!(r#"{{"resourceType":"Contract","signer":[{{"signature":[{signature}]}}]}}"#),
            format!(
                r#"{{"resourceType":"VerificationResult","validator":[{{"attestationSignature":{signature}}}]}}"#
            ),
            format!(
                r#"{{"resourceType":"Consent","extension":[{{"url":"x","valueSignature":{signature}}}]}}"#
            ),
            format!(
                r#"{{"resourceType":"List","contained":[{{"resourceType":"Provenance","signature":[{signature}]}}]}}"#
            ),
        ];
        let is_signed =
            |text: &str| has_signature(&json::parse(text.as_bytes(), &json::Limits::default()).unwrap());
        for text in signed {
            assert!(is_signed(&text), "{text}");
        }
        for text in [
            r#"{"resourceType":"Observation","code":{"text":"signature"}}"#,
            r#"{"resourceType":"Basic","extension":[{"url":"http://x/signature","valueString":"Signature"}]}"#,
        ] {
            assert!(!is_signed(text), "{text}");
        }
    }
}
