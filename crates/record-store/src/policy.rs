//! The policy that a database has in use instead of the one of the program.
//!
//! Its text is no record. Every change sets a new *mark* in the same transaction, so a server that runs finds out with
//! one cheap question that there is something to read again.

use access::Access;
use diesel::sql_types::Binary;
use fhir::Instant;

use crate::store::{Store, select};
use crate::write::Upkeep;
use crate::{StoreError, WriteError, query};

/// Name of the setting that holds the text; empty for the policy of the program.
const TEXT: &str = "policy";
/// Name of the setting that holds the mark.
const MARK: &str = "policy-mark";

/// What tells one state of the policy from another; that of a database where nobody has set one is the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyMark(Vec<u8>);

impl Store {
    /// The mark of the policy in use: it changes with every change.
    pub async fn policy_mark(&self) -> Result<PolicyMark, StoreError> {
        let rows: Vec<(Vec<u8>,)> = select!(self, query::setting(MARK), (Binary,))?;
        Ok(rows.into_iter().next().map(|(mark,)| PolicyMark(mark)).unwrap_or_default())
    }

    /// The text of the policy in use; `None` for the one of the program.
    pub async fn policy_text(&self) -> Result<Option<String>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = select!(self, query::setting(TEXT), (Binary,))?;
        let text = rows.into_iter().next().map(|(text,)| text).filter(|text| !text.is_empty());
        text.map(|text| String::from_utf8(text).map_err(|_| StoreError::Corrupt)).transpose()
    }

    /// Takes a policy into use; `None` for the one of the program. It must have been checked.
    pub async fn set_policy(&self, access: &Access, text: Option<&str>) -> Result<(), WriteError> {
        if !access.may_write() || !access.is_unlimited() {
            return Err(WriteError::Forbidden);
        }
        let claim = query::put_setting(TEXT, text.unwrap_or_default().as_bytes().to_vec());
        let mark = Instant::now().microseconds().to_be_bytes().to_vec();
        let statements = vec![query::put_setting(MARK, mark)];
        self.upkeep(Upkeep { claim, alone: false, statements, places: Vec::new(), reader: None }).await?;
        Ok(())
    }
}
