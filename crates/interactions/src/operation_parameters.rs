//! The parameters of an operation that come as a `Parameters` resource (R4 `operations.html#request`).

use fhir::Fault;
use json::{Limits, Node, Value};

use crate::Problem;

/// Names and values, as they would stand in a query; only values that are primitive.
pub fn operation_parameters(body: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let invalid = || Problem::bad_request(Fault::InvalidSearchValue { name: "Parameters".to_owned() });
    let resource = json::parse(body, &Limits::default()).map_err(|_| invalid())?;
    if resource.text("resourceType") != Some("Parameters") {
        return Err(invalid());
    }
    let parameters = resource.get("parameter").map(Node::items).unwrap_or_default();
    parameters.iter().map(|parameter| pair(parameter).ok_or_else(invalid)).collect()
}

fn pair(parameter: &Node<'_>) -> Option<(String, String)> {
    let name = parameter.text("name")?.to_owned();
    let (_, value) = parameter.members().iter().find(|(name, _)| name.starts_with("value"))?;
    let text = match &value.value {
        Value::String(text) => text.to_string(),
        Value::Number(lexeme) => lexeme.to_string(),
        Value::Boolean(value) => value.to_string(),
        // A Reference or an Identifier in the form that a query has.
        Value::Object(_) => value.text("reference").map(str::to_owned).or_else(|| {
            Some(format!("{}|{}", value.text("system").unwrap_or_default(), value.text("value")?))
        })?,
        _ => return None,
    };
    Some((name, text))
}
