//! The parameters of `$match`.

use fhir::{Fault, Issue, ResourceType, Severity};
use json::Node;
use person_matching::{Person, Query};

use crate::Problem;
use crate::prepare::parse;
use crate::structure::check_structure;

/// People in an answer when the caller does not say.
const DEFAULT_COUNT: usize = 10;
/// Most people in an answer.
const MOST_COUNT: usize = 50;

/// What was asked.
#[derive(Debug)]
pub struct MatchRequest {
    pub(super) query: Query,
    pub(super) only_certain: bool,
    pub(super) count: usize,
}

impl MatchRequest {
    /// Reads a `Parameters` resource.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        let parameters = parse(body, "Parameters")?;
        if parameters.text("resourceType") != Some("Parameters") {
            let expected = "Parameters".to_owned();
            return Err(Problem::bad_request(Fault::WrongResourceType { expected }));
        }
        let patient = one(&parameters, "resource")?
            .ok_or_else(|| {
                Problem::bad_request(Fault::OperationParameterMissing { name: "resource".to_owned() })
            })?
            .get("resource")
            .ok_or_else(|| wrong("resource"))?;
        let (kind, issues) = check_structure(patient);
        if issues.iter().any(|issue| issue.severity == Severity::Error) {
            return Err(Problem::from_issues(400, issues));
        }
        if kind != Some(ResourceType::PATIENT) {
            let issue = Issue::error(Fault::WrongResourceType { expected: "Patient".to_owned() });
            return Err(Problem::from_issue(400, issue.at("Parameters.parameter.resource")));
        }
        let only_certain = match one(&parameters, "onlyCertainMatches")? {
            None => false,
            Some(given) => {
                let value = given.get("valueBoolean").and_then(Node::as_bool);
                value.ok_or_else(|| wrong("onlyCertainMatches"))?
            }
        };
        let count = match one(&parameters, "count")? {
            None => DEFAULT_COUNT,
            Some(given) => {
                let value = ["valueInteger", "valuePositiveInt", "valueUnsignedInt"]
                    .into_iter()
                    .find_map(|name| given.get(name).and_then(Node::as_number));
                let value: Option<usize> = value.and_then(|lexeme| lexeme.parse().ok());
                value.filter(|count| *count > 0).ok_or_else(|| wrong("count"))?.min(MOST_COUNT)
            }
        };
        let query = Query { person: Person::of_query(patient), seen_alive: None };
        Ok(Self { query, only_certain, count })
    }
}

/// The parameter of a name, which may be there once.
fn one<'n>(parameters: &'n Node<'n>, name: &str) -> Result<Option<&'n Node<'n>>, Problem> {
    let all = parameters.get("parameter").map(Node::items).unwrap_or_default();
    let mut found = all.iter().filter(|parameter| parameter.text("name") == Some(name));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(wrong(name)),
        (found, None) => Ok(found),
    }
}

fn wrong(name: &str) -> Problem {
    Problem::bad_request(Fault::OperationParameterValue { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &str) -> Result<MatchRequest, Problem> {
        MatchRequest::read(
            format!(r#"{{"resourceType":"Parameters","parameter":[{parameters}]}}"#).as_bytes(),
        )
    }

    #[test]
    fn parameters_are_read_and_what_is_wrong_is_named() {
        let patient = r#"{"name":"resource","resource":{"resourceType":"Patient","birthDate":"1985-03-07"}}"#;
        let found = read(patient).unwrap();
        assert_eq!((found.only_certain, found.count), (false, DEFAULT_COUNT));
        let all = format!(
            r#"{patient},{{"name":"onlyCertainMatches","valueBoolean":true}},{{"name":"count","valueInteger":3}}"#
        );
        let found = read(&all).unwrap();
        assert_eq!((found.only_certain, found.count), (true, 3));
        let many = format!(r#"{patient},{{"name":"count","valueInteger":1000000}}"#);
        assert_eq!(read(&many).unwrap().count, MOST_COUNT);
        for wrong in [
            "",
            r#"{"name":"resource"}"#,
            r#"{"name":"resource","resource":{"resourceType":"Person"}}"#,
            r#"{"name":"resource","resource":{"resourceType":"Patient","birthDate":"1985-13-07"}}"#,
            &format!("{patient},{patient}"),
            &format!(r#"{patient},{{"name":"count","valueInteger":0}}"#),
            &format!(r#"{patient},{{"name":"count","valueInteger":-1}}"#),
            &format!(r#"{patient},{{"name":"count","valueString":"3"}}"#),
            &format!(r#"{patient},{{"name":"onlyCertainMatches","valueString":"true"}}"#),
        ] {
            assert_eq!(read(wrong).err().map(|problem| problem.status), Some(400), "{wrong}");
        }
        assert_eq!(MatchRequest::read(b"{}").err().map(|problem| problem.status), Some(400));
    }
}
