//! JSON Patch (RFC 6902) and FHIRPath Patch (R4 `fhirpatch.html`) on the JSON document. No input or output.
//!
//! ```
//! use patch::{Format, Patch};
//! # use healthbook_patch as patch;
//!
//! let limits = json::Limits::default();
//! let patient = json::parse(br#"{"resourceType":"Patient","name":[{"family":"Ly"}]}"#, &limits)?;
//! let operations = json::parse(br#"[{"op":"replace","path":"/name/0/family","value":"Mai"}]"#, &limits)?;
//! let patched = Patch::read(Format::JsonPatch, operations)?.apply(patient)?;
//! assert_eq!(patched.to_json(), r#"{"resourceType":"Patient","name":[{"family":"Mai"}]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Numbers keep their digits and members their order. A patch applies whole or not at all: [`Patch::apply`]
//! takes the document and gives it back only when every operation succeeded. Whether the result is valid is
//! for the caller to check.

mod bounds;
mod equality;
mod error;
mod fhirpath_patch;
mod guard;
mod json_patch;
mod number;

use json::Node;

pub use error::{PatchError, Reason};

use fhirpath_patch::FhirPathPatch;
use json_patch::JsonPatch;

/// The language of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RFC 6902: an array of operations, `application/json-patch+json`.
    JsonPatch,
    /// R4 `fhirpatch.html`: a `Parameters` resource.
    FhirPathPatch,
}

/// A patch that was read and can be applied, to several documents if need be.
#[derive(Debug, Clone)]
pub struct Patch<'a>(Kind<'a>);

#[derive(Debug, Clone)]
enum Kind<'a> {
    Json(JsonPatch<'a>),
    FhirPath(FhirPathPatch<'a>),
}

impl<'a> Patch<'a> {
    /// Reads a patch.
    pub fn read(format: Format, document: Node<'a>) -> Result<Self, PatchError> {
        match format {
            Format::JsonPatch => JsonPatch::read(document).map(Kind::Json).map(Self),
            Format::FhirPathPatch => FhirPathPatch::read(document).map(Kind::FhirPath).map(Self),
        }
    }

    /// The resource with all operations applied in their order.
    pub fn apply(&self, resource: Node<'a>) -> Result<Node<'a>, PatchError> {
        match &self.0 {
            Kind::Json(patch) => patch.apply(resource),
            Kind::FhirPath(patch) => patch.apply(resource),
        }
    }
}
