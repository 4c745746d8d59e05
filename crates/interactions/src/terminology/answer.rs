//! Answers of operations: `Parameters`, and values inside of them.

use fhir::Fault;
use serde_json::{Map, Value, json};
use terminology::{Coding, Designation, PropertyValue};

use super::languages::wants_english;

/// A `Parameters` resource on its way.
#[derive(Default)]
pub(crate) struct Answer(Vec<Value>);

impl Answer {
    /// Adds a parameter: `kind` is the type of its value, for example `String`.
    pub(crate) fn add(&mut self, name: &str, kind: &str, value: impl Into<Value>) {
        self.0.push(part(name, kind, value));
    }

    /// Adds a parameter if there is a value.
    pub(crate) fn add_some<T: Into<Value>>(&mut self, name: &str, kind: &str, value: Option<T>) {
        if let Some(value) = value {
            self.add(name, kind, value);
        }
    }

    /// Adds a parameter of parts.
    pub(crate) fn add_parts(&mut self, name: &str, parts: Vec<Value>) {
        self.0.push(json!({"name": name, "part": parts}));
    }

    pub(crate) fn finish(self) -> String {
        json!({"resourceType": "Parameters", "parameter": self.0}).to_string()
    }
}

/// A parameter or a part of one.
pub(crate) fn part(name: &str, kind: &str, value: impl Into<Value>) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), name.into());
    object.insert(format!("value{kind}"), value.into());
    Value::Object(object)
}

/// A Coding.
pub(crate) fn coding(coding: &Coding) -> Value {
    let mut object = Map::new();
    let fields = [
        ("system", &coding.system),
        ("version", &coding.version),
        ("code", &coding.code),
        ("display", &coding.display),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            object.insert(name.to_owned(), (&**value).into());
        }
    }
    Value::Object(object)
}

/// The type and the value of a property.
pub(crate) fn property(value: &PropertyValue) -> (&'static str, Value) {
    let number =
        |text: &str| serde_json::from_str::<serde_json::Number>(text).map_or(Value::Null, Value::Number);
    match value {
        PropertyValue::Code(code) => ("Code", (&**code).into()),
        PropertyValue::Coding(value) => ("Coding", coding(value)),
        PropertyValue::String(text) => ("String", (&**text).into()),
        PropertyValue::Integer(text) => ("Integer", number(text)),
        PropertyValue::Boolean(value) => ("Boolean", (*value).into()),
        PropertyValue::DateTime(text) => ("DateTime", (&**text).into()),
        PropertyValue::Decimal(text) => ("Decimal", number(text)),
    }
}

/// A designation as an element of a ValueSet.
pub(crate) fn designation(it: &Designation) -> Value {
    let mut object = Map::new();
    if let Some(language) = &it.language {
        object.insert("language".to_owned(), (&**language).into());
    }
    if let Some(usage) = &it.usage {
        object.insert("use".to_owned(), coding(usage));
    }
    object.insert("value".to_owned(), (&*it.value).into());
    Value::Object(object)
}

/// What is to be said, in the language that is wanted.
pub(crate) fn message(fault: &Fault, languages: &[String]) -> String {
    if wants_english(languages) { fault.english() } else { fault.vietnamese() }
}
