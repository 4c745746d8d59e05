//! Reports for people: documents in PDF, with tags for screen readers and the signature of whoever runs the server.
//!
//! * [`access_report`]: who looked at a book, for the citizen whose book it is (`docs/access-log.md`, section 9);
//! * [`Seal`]: the key and the certificate that sign;
//! * `layout`, `document`: lines and pages, and their form in PDF 1.7; `font`: the letters, which are part of the document.
//!
//! A maintained writer of PDF with an own layout was weighed: krilla subsets and shapes fonts, but leaves no place for a
//! signature and brings some forty crates; printpdf and genpdf know no tags. pdf-writer writes what it is told.

mod access_report;
mod certificate;
mod cms_signature;
mod document;
mod font;
mod layout;
mod seal;
#[cfg(test)]
mod tests;

pub use access_report::{AccessReport, LogState, access_report};
pub use seal::{Seal, SealError};

/// A document could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The font that is part of the program cannot be read.
    #[error("the font cannot be read")]
    Font,
    /// It has too many parts.
    #[error("the document is too large")]
    TooLarge,
    /// It could not be signed.
    #[error("the document could not be signed")]
    Signature,
}
