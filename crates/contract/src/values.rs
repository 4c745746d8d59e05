//! What a value of a search parameter or of an operation's parameter looks like (R4 `search.html`, sections 3.1.1.4 to
//! 3.1.1.5, and `datatypes.html`), as JSON Schema. A pattern says the form: that the 31st of February is no day, and which
//! codes there are, is for the server to say.

use serde_json::{Value, json};

/// A day, or less or more of it.
const MOMENT: &str = "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?)?)?";
/// A decimal of R4.
const DECIMAL: &str = "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?";
/// How values are compared.
const PREFIX: &str = "(eq|ne|gt|lt|ge|le|sa|eb|ap)?";
/// No value of FHIR holds this character.
const NO_NUL: &str = "^[^\\u0000]*$";

/// Values of a search parameter of this type; it may come several times.
pub(crate) fn of_search(kind: &str) -> Value {
    let one = match kind {
        "date" => list(&format!("{PREFIX}{MOMENT}")),
        "number" => list(&format!("{PREFIX}{DECIMAL}")),
        "quantity" => list(&format!("{PREFIX}{DECIMAL}(\\|[^\\u0000|,\\\\$]*\\|[^\\u0000|,\\\\$]*)?")),
        _ => NO_NUL.to_owned(),
    };
    json!({"type": "array", "items": {"type": "string", "pattern": one}})
}

/// Values of an operation's parameter of this type, in a query.
pub(crate) fn of_operation(kind: &str) -> Value {
    match kind {
        "boolean" => json!({"enum": ["true", "false"]}),
        "integer" => json!({"type": "integer", "minimum": 0, "maximum": 2_147_483_647}),
        "positiveInt" => json!({"type": "integer", "minimum": 1, "maximum": 2_147_483_647}),
        "date" | "dateTime" | "instant" => json!({"type": "string", "pattern": format!("^{MOMENT}$")}),
        "code" => json!({"type": "string", "pattern": "^[^\\s\\u0000]+( [^\\s\\u0000]+)*$"}),
        "uri" | "canonical" => json!({"type": "string", "pattern": "^[^\\s\\u0000]+$"}),
        _ => json!({"type": "string", "pattern": NO_NUL}),
    }
}

/// One of these, or several with commas between; an empty parameter is passed over with a warning.
fn list(value: &str) -> String {
    format!("^({value}(,{value})*)?$")
}
