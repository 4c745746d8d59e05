//! The parameters of an operation about codes: of the url, of a `Parameters` resource, or a resource itself.

use std::collections::HashMap;

use fhir::{Fault, Issue, PartialDate};
use json::{Limits, Node, Value};
use terminology::{Coding, Definition};

use crate::Problem;

/// How often one parameter may stand there, and codings in one CodeableConcept.
const MOST_REPEATED: usize = 1_000;

/// Parameters by name.
#[derive(Debug, Default)]
pub(crate) struct Input(Vec<(String, Given)>);

/// The value of a parameter.
#[derive(Debug)]
pub(crate) enum Given {
    /// A primitive.
    Text(String),
    /// A Coding.
    Coding(Coding),
    /// The codings of a CodeableConcept.
    Concept(Vec<Coding>),
    /// A CodeSystem, ValueSet or ConceptMap.
    Resource(Definition),
    /// Parts.
    Parts(Input),
}

impl Input {
    /// Reads what was sent. A CodeSystem, ValueSet or ConceptMap as the whole body is the parameter of its kind
    /// (R4 `operations.html#request`).
    pub(crate) fn read(pairs: Vec<(String, String)>, body: Option<&[u8]>) -> Result<Self, Problem> {
        let mut input = Self(pairs.into_iter().map(|(name, value)| (name, Given::Text(value))).collect());
        input.limited()?;
        let Some(body) = body else { return Ok(input) };
        let invalid =
            || Problem::bad_request(Fault::OperationParameterValue { name: "Parameters".to_owned() });
        let resource = json::parse(body, &Limits::default()).map_err(|error| {
            let place = format!("line {}, column {}", error.line, error.column);
            Problem::bad_request(Fault::InvalidJson { rule: error.kind.to_string(), place })
        })?;
        let name = match resource.text("resourceType") {
            Some("Parameters") => {
                input.parameters(resource.get("parameter"), "parameter", 3)?;
                return Ok(input);
            }
            Some("CodeSystem") => "codeSystem",
            Some("ValueSet") => "valueSet",
            Some("ConceptMap") => "conceptMap",
            _ => return Err(invalid()),
        };
        input.0.push((name.to_owned(), Given::Resource(definition(&resource, name)?)));
        Ok(input)
    }

    fn parameters(&mut self, nodes: Option<&Node<'_>>, kind: &str, left: usize) -> Result<(), Problem> {
        for node in nodes.map(Node::items).unwrap_or_default() {
            let missing =
                || Problem::bad_request(Fault::OperationParameterMissing { name: format!("{kind}.name") });
            let name = node.text("name").ok_or_else(missing)?;
            self.0.push((name.to_owned(), given(node, name, left)?));
        }
        self.limited()
    }

    /// Refuses a parameter that is repeated too often.
    fn limited(&self) -> Result<(), Problem> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (name, _) in &self.0 {
            let count = counts.entry(name).or_default();
            *count += 1;
            if *count > MOST_REPEATED {
                return Err(invalid(name));
            }
        }
        Ok(())
    }

    fn first(&self, name: &str) -> Option<&Given> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, given)| given)
    }

    /// A primitive that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).next()
    }

    /// All primitives of that name.
    pub(crate) fn texts<'i>(&'i self, name: &str) -> impl Iterator<Item = &'i str> {
        self.0.iter().filter(move |(known, _)| known == name).filter_map(|(_, given)| match given {
            Given::Text(text) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
    }

    /// A primitive that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&str, Problem> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// A boolean; absent is false.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        self.text(name).map(|text| text.parse().map_err(|_| invalid(name))).transpose()
    }

    /// A number that is not negative.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Problem> {
        self.text(name).map(|text| text.parse().map_err(|_| invalid(name))).transpose()
    }

    /// A date: its day.
    pub(crate) fn day(&self, name: &str) -> Result<Option<Box<str>>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        PartialDate::parse(text).map_err(|_| invalid(name))?;
        Ok(Some(text.get(..10).unwrap_or(text).into()))
    }

    /// A Coding.
    pub(crate) fn coding(&self, name: &str) -> Result<Option<&Coding>, Problem> {
        match self.first(name) {
            None => Ok(None),
            Some(Given::Coding(coding)) => Ok(Some(coding)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// The codings of a CodeableConcept.
    pub(crate) fn concept(&self, name: &str) -> Result<Option<&[Coding]>, Problem> {
        match self.first(name) {
            None => Ok(None),
            Some(Given::Concept(codings)) => Ok(Some(codings)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// A resource.
    pub(crate) fn resource(&self, name: &str) -> Result<Option<&Definition>, Problem> {
        match self.first(name) {
            None => Ok(None),
            Some(Given::Resource(definition)) => Ok(Some(definition)),
            Some(_) => Err(invalid(name)),
        }
    }

    /// Parameters with parts.
    pub(crate) fn parts<'i>(&'i self, name: &str) -> impl Iterator<Item = &'i Input> {
        self.0.iter().filter(move |(known, _)| known == name).filter_map(|(_, given)| match given {
            Given::Parts(parts) => Some(parts),
            _ => None,
        })
    }
}

/// A parameter that is needed and was not sent.
pub(crate) fn missing(name: &str) -> Problem {
    let issue = Issue::error(Fault::OperationParameterMissing { name: name.to_owned() });
    Problem::from_issue(400, issue.at(format!("http.{name}")))
}

/// A parameter that cannot be read.
pub(crate) fn invalid(name: &str) -> Problem {
    let issue = Issue::error(Fault::OperationParameterValue { name: name.to_owned() });
    Problem::from_issue(400, issue.at(format!("http.{name}")))
}

fn definition(resource: &Node<'_>, name: &str) -> Result<Definition, Problem> {
    Definition::read(resource).map_err(|_| invalid(name))
}

fn given(node: &Node<'_>, name: &str, left: usize) -> Result<Given, Problem> {
    if let Some(resource) = node.get("resource") {
        return Ok(Given::Resource(definition(resource, name)?));
    }
    if node.get("part").is_some() {
        let mut parts = Input::default();
        parts.parameters(node.get("part"), "part", left.checked_sub(1).ok_or_else(|| invalid(name))?)?;
        return Ok(Given::Parts(parts));
    }
    let value = node.members().iter().find(|(name, _)| name.starts_with("value"));
    let (kind, value) = value.ok_or_else(|| invalid(name))?;
    Ok(match (&**kind, &value.value) {
        ("valueCoding", Value::Object(_)) => Given::Coding(Coding::read(value)),
        ("valueCodeableConcept", Value::Object(_)) => {
            let codings = value.get("coding").map(Node::items).unwrap_or_default();
            if codings.len() > MOST_REPEATED {
                return Err(invalid(name));
            }
            Given::Concept(codings.iter().map(Coding::read).collect())
        }
        (_, Value::String(text)) => Given::Text(text.to_string()),
        (_, Value::Number(lexeme)) => Given::Text(lexeme.to_string()),
        (_, Value::Boolean(value)) => Given::Text(value.to_string()),
        _ => return Err(invalid(name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Input, Problem> {
        Input::read(Vec::new(), Some(body.as_bytes()))
    }

    #[test]
    fn a_parameter_is_not_repeated_without_end() {
        let pairs = |count: usize| vec![("property".to_owned(), "a".to_owned()); count];
        assert_eq!(Input::read(pairs(1_000), None).unwrap().texts("property").count(), 1_000);
        assert_eq!(Input::read(pairs(1_001), None).unwrap_err(), invalid("property"));

        let body = |count: usize, part: &str| {
            let parts = vec![part; count].join(",");
            format!(r#"{{"resourceType":"Parameters","parameter":[{parts}]}}"#)
        };
        let version = r#"{"name":"system-version","valueUri":"urn:example:a|1"}"#;
        assert!(read(&body(1_000, version)).is_ok());
        assert_eq!(read(&body(1_001, version)).unwrap_err(), invalid("system-version"));
        // Those of the url count too.
        let both = Input::read(
            vec![("system-version".to_owned(), "a".to_owned())],
            Some(body(1_000, version).as_bytes()),
        );
        assert_eq!(both.unwrap_err(), invalid("system-version"));
        // Parts are parameters as well.
        let part = vec![r#"{"name":"element","valueUri":"a"}"#; 1_001].join(",");
        let nested = body(1, &format!(r#"{{"name":"dependency","part":[{part}]}}"#));
        assert_eq!(read(&nested).unwrap_err(), invalid("element"));
    }

    #[test]
    fn codings_are_counted() {
        let body = |count: usize| {
            let codings = vec![r#"{"code":"a"}"#; count].join(",");
            format!(
                r#"{{"resourceType":"Parameters","parameter":[{{"name":"codeableConcept","valueCodeableConcept":{{"coding":[{codings}]}}}}]}}"#
            )
        };
        assert_eq!(read(&body(1_000)).unwrap().concept("codeableConcept").unwrap().unwrap().len(), 1_000);
        assert_eq!(read(&body(1_001)).unwrap_err(), invalid("codeableConcept"));
    }
}
