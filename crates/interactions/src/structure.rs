//! What must hold before a resource is anything else: its structure, and its narratives.

use fhir::{Fault, Issue, ResourceType, check_resource};
use json::{Node, Value};

/// Narratives after which the rest is not looked at.
const MOST_ISSUES: usize = 50;

/// The type of a resource when it can be told, and what is wrong with its structure or its narratives. Those of
/// contained resources and of resources in entries count too.
pub(crate) fn check_structure(resource: &Node<'_>) -> (Option<ResourceType>, Vec<Issue>) {
    let (resource_type, mut issues) = check_resource(resource);
    if let Some(resource_type) = resource_type {
        let mut search = Search { path: vec![(resource_type.as_str(), None)], issues: Vec::new() };
        search.node(resource);
        issues.append(&mut search.issues);
    }
    (resource_type, issues)
}

struct Search<'a> {
    path: Vec<(&'a str, Option<usize>)>,
    issues: Vec<Issue>,
}

impl<'a> Search<'a> {
    fn node(&mut self, node: &'a Node<'a>) {
        for (name, value) in node.members() {
            match &value.value {
                // Where `text` is no string it is a Narrative: nothing else of R4 has a `div`.
                Value::Object(_) if name == "text" && value.text("div").is_some() => {
                    if let Some(Err(fault)) = value.text("div").map(xml::check_narrative) {
                        self.report(fault);
                    }
                }
                Value::Object(_) => self.within(name, None, value),
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        if let Value::Object(_) = item.value {
                            self.within(name, Some(index), item);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn within(&mut self, name: &'a str, index: Option<usize>, node: &'a Node<'a>) {
        self.path.push((name, index));
        self.node(node);
        self.path.pop();
    }

    fn report(&mut self, fault: xml::NarrativeFault) {
        if self.issues.len() >= MOST_ISSUES {
            return;
        }
        let mut place = String::new();
        for (name, index) in &self.path {
            place.push_str(name);
            if let Some(index) = index {
                place.push_str(&format!("[{index}]"));
            }
            place.push('.');
        }
        place.push_str("text.div");
        let code = fault.rule.code();
        let rule = fault.name.map_or_else(|| code.to_owned(), |name| format!("{code} ({name})"));
        self.issues.push(Issue::error(Fault::Narrative { rule }).at(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: &str = r#"{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>"}"#;

    fn places(text: &str) -> Vec<String> {
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let issues = check_structure(&node).1.into_iter();
        issues
            .map(|issue| format!("{} {}", issue.expression.unwrap_or_default(), issue.fault.code()))
            .collect()
    }

    #[test]
    fn every_narrative_is_found() {
        let composition = |section: &str| {
            format!(
                r#"{{"resourceType":"Composition","status":"final","type":{{"text":"t"}},"date":"2026","title":"t","author":[{{"display":"a"}}],{section}}}"#
            )
        };
        for (text, expected) in [
            (format!(r#"{{"resourceType":"Patient","text":{BAD}}}"#), "Patient.text.div"),
            (
                format!(
                    r#"{{"resourceType":"Patient","contained":[{{"resourceType":"Basic","id":"a","code":{{"text":"x"}},"text":{BAD}}}]}}"#
                ),
                "Patient.contained[0].text.div",
            ),
            (
                composition(&format!(r#""section":[{{"title":"a"}},{{"section":[{{"text":{BAD}}}]}}]"#)),
                "Composition.section[1].section[0].text.div",
            ),
            (
                format!(
                    r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{{"resourceType":"Patient","text":{BAD}}}}}]}}"#
                ),
                "Bundle.entry[0].resource.text.div",
            ),
        ] {
            assert_eq!(places(&text), [format!("{expected} narrative")], "{text}");
        }
        let good = BAD.replace("script", "p");
        assert_eq!(places(&format!(r#"{{"resourceType":"Patient","text":{good}}}"#)), Vec::<String>::new());
        assert_eq!(places(r#"{"resourceType":"Patient","text":"x"}"#), ["Patient.text wrong-json-type"]);
    }
}
