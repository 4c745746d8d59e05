//! FHIR XML (R4 `xml.html`) to and from the JSON document, the check of narratives, and small trees of other XML. No
//! input or output.
//!
//! ```
//! use healthbook_xml as xml;
//!
//! let text = br#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>"#;
//! let patient = xml::from_xml(text, &xml::Limits::default()).unwrap();
//! assert_eq!(patient.to_json(), r#"{"resourceType":"Patient","active":true}"#);
//! assert!(xml::to_xml(&patient).unwrap().ends_with(r#"<active value="true"/></Patient>"#));
//! ```
//!
//! What is chosen where R4 leaves room:
//! * The order of elements is not demanded on the way in, since nothing is lost: R4 says SHALL to writers, and
//!   what is written here is in that order. Repetitions that stand apart become one list, in their order.
//! * A DOCTYPE is refused, so the only entities are the five of XML.
//! * Comments and processing instructions outside of narratives are dropped, `xsi:schemaLocation` is ignored.
//! * A text that does not have the JSON type of its element (`value="yes"` for a boolean) comes out as a string:
//!   the check of the structure refuses it at its place, as it does for JSON.

mod element;
mod error;
mod letters;
mod narrative;
mod path;
mod read;
mod slots;
mod tokens;
mod write;
mod xhtml;

pub use element::{Element, read_element, write_text_element};
pub use error::{Unwritable, UnwritableRule, XmlError, XmlRule};
pub use narrative::{NarrativeFault, NarrativeRule, check_narrative};
pub use read::{Limits, from_xml};
pub use write::to_xml;

/// The namespace of FHIR.
pub const FHIR: &str = "http://hl7.org/fhir";

/// The namespace of narratives.
pub const XHTML: &str = "http://www.w3.org/1999/xhtml";
