//! The contract as YAML, and back.

use serde_json::Value;

use crate::ContractError;

/// As YAML, in the order of the members.
pub fn to_yaml(document: &Value) -> Result<String, ContractError> {
    serde_saphyr::to_string(document).map_err(|_| ContractError::Yaml)
}

/// From YAML; of at most the size that a contract has.
pub fn from_yaml(text: &str) -> Result<Value, ContractError> {
    // Larger than the library expects of files, and still bounded.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 2_000_000,
            max_nodes: 1_000_000,
            max_depth: 200,
            max_total_scalar_bytes: 32 << 20,
        },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|_| ContractError::Yaml)
}
