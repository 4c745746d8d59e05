//! The health insurance card in the book: what social insurance says of it becomes `CoverageEligibilityResponse` and
//! versions of `Coverage` (`docs/insurance-card.md`).

mod coverage;
mod response;
mod submit;
mod submitted;

pub use submit::submit;
pub use submitted::Submitted;

/// Numbers of cards.
const CARD: &str = "http://fhir.hl7.org.vn/core/sid/bhyt";

/// Who answers, in a `Reference`.
fn insurer() -> serde_json::Value {
    serde_json::json!({"type": "Organization", "display": "Bảo hiểm xã hội Việt Nam"})
}
