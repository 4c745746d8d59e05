//! Terminology operations: <https://hl7.org/fhir/R4/terminology-service.html>.

mod answer;
mod cache;
mod code_system;
mod expand;
mod input;
mod languages;
mod stored;
mod subject;
mod translate;
mod validate;

use access::Access;
use fhir::{Fault, LogicalId};

pub(crate) use self::cache::DefinitionCache;
use self::input::Input;
pub(crate) use self::stored::Stored;
use self::subject::Question;
use crate::{Problem, Service};

/// An operation about codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TerminologyOperation {
    /// `CodeSystem/$lookup`
    Lookup,
    /// `CodeSystem/$validate-code`
    ValidateInCodeSystem,
    /// `CodeSystem/$subsumes`
    Subsumes,
    /// `ValueSet/$expand`
    Expand,
    /// `ValueSet/$validate-code`
    ValidateInValueSet,
    /// `ConceptMap/$translate`
    Translate,
}

impl TerminologyOperation {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Lookup,
        Self::ValidateInCodeSystem,
        Self::Subsumes,
        Self::Expand,
        Self::ValidateInValueSet,
        Self::Translate,
    ];

    /// The type of resource that it is asked of.
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Lookup | Self::ValidateInCodeSystem | Self::Subsumes => "CodeSystem",
            Self::Expand | Self::ValidateInValueSet => "ValueSet",
            Self::Translate => "ConceptMap",
        }
    }

    /// Its name, without the `$`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::ValidateInCodeSystem | Self::ValidateInValueSet => "validate-code",
            Self::Subsumes => "subsumes",
            Self::Expand => "expand",
            Self::Translate => "translate",
        }
    }

    /// Whether it can be asked of one resource by its id.
    pub fn has_instance(self) -> bool {
        self != Self::Lookup
    }
}

/// An operation as it was asked.
#[derive(Debug, Clone)]
pub struct TerminologyRequest {
    /// Which.
    pub operation: TerminologyOperation,
    /// The resource that it is asked of, if it is one by id.
    pub id: Option<LogicalId>,
    /// Parameters of the url, and of a form.
    pub pairs: Vec<(String, String)>,
    /// A `Parameters` resource, or the CodeSystem, ValueSet or ConceptMap itself.
    pub body: Option<Vec<u8>>,
    /// `Accept-Language`, as it was sent.
    pub accept_language: String,
}

/// Answers an operation about codes: `Parameters`, or a ValueSet for `$expand`.
pub async fn terminology(
    service: &Service,
    access: &Access,
    request: TerminologyRequest,
) -> Result<String, Problem> {
    let TerminologyRequest { operation, id, pairs, body, accept_language } = request;
    let input = match body {
        Some(body) => blocking(move || Input::read(pairs, Some(&body))).await??,
        None => Input::read(pairs, None)?,
    };
    let languages = languages::languages(input.text("displayLanguage"), &accept_language);
    let question = Question::new(service, access, operation, id, input, languages)?;
    match operation {
        TerminologyOperation::Lookup => code_system::lookup(question).await,
        TerminologyOperation::Subsumes => code_system::subsumes(question).await,
        TerminologyOperation::ValidateInCodeSystem => validate::in_code_system(question).await,
        TerminologyOperation::ValidateInValueSet => validate::in_value_set(question).await,
        TerminologyOperation::Expand => expand::expand(question).await,
        TerminologyOperation::Translate => translate::translate(question).await,
    }
}

/// Work that takes its time does not hold up other requests.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::new(500, Fault::Internal))
}
