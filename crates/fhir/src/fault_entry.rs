//! What every fault of the catalogue has.

use crate::IssueType;

/// An entry of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueEntry {
    /// The code in `OperationOutcome.issue.details.coding`.
    pub code: &'static str,
    /// The kind in `OperationOutcome.issue.code`.
    pub issue_type: IssueType,
    /// The English text; `{name}` stands for what is filled in.
    pub english: &'static str,
    /// The Vietnamese text.
    pub vietnamese: &'static str,
}
