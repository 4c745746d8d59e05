//! The structure of a resource: elements, JSON types, cardinality, choices, formats of primitives.
//!
//! This is what must hold before anything is stored. Bindings, invariants and profiles are judged elsewhere.

use json::{Node, Value};

use crate::{Element, Fault, Issue, Kind, LogicalId, ResourceType, TypeId, fits_primitive};

/// Issues after which the rest is only counted.
const MOST_ISSUES: usize = 50;

/// Checks the structure of a resource. Returns its type when it can be told, and what is wrong.
pub fn check_resource(resource: &Node<'_>) -> (Option<ResourceType>, Vec<Issue>) {
    run(resource, true)
}

/// The same without looking into the resources that it carries: the entries of a batch are judged one by one.
pub fn check_envelope(resource: &Node<'_>) -> (Option<ResourceType>, Vec<Issue>) {
    run(resource, false)
}

fn run(resource: &Node<'_>, into_resources: bool) -> (Option<ResourceType>, Vec<Issue>) {
    let mut check = Check { path: String::new(), issues: Vec::new(), left_out: 0, into_resources };
    let resource_type = check.resource(resource, "");
    if check.left_out > 0 {
        let count = check.left_out.to_string();
        check.issues.push(Issue::information(Fault::MoreIssues { count }));
    }
    (resource_type, check.issues)
}

struct Check {
    path: String,
    issues: Vec<Issue>,
    left_out: usize,
    into_resources: bool,
}

impl Check {
    fn report(&mut self, fault: Fault) {
        if self.issues.len() < MOST_ISSUES {
            let issue = Issue::error(fault);
            self.issues.push(if self.path.is_empty() { issue } else { issue.at(self.path.clone()) });
        } else {
            self.left_out += 1;
        }
    }

    /// Runs `work` one step deeper.
    fn within<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(step);
        let result = work(self);
        self.path.truncate(length);
        result
    }

    fn resource(&mut self, node: &Node<'_>, place: &str) -> Option<ResourceType> {
        let Value::Object(_) = node.value else {
            self.report(Fault::NotAnObject);
            return None;
        };
        let name = match node.get("resourceType") {
            None => {
                self.report(Fault::NoResourceType);
                return None;
            }
            Some(name) => name.as_str().unwrap_or_default(),
        };
        let Ok(resource_type) = name.parse::<ResourceType>() else {
            self.report(Fault::UnknownResourceType { name: name.to_owned() });
            return None;
        };
        if place.is_empty() {
            self.path.push_str(resource_type.as_str());
        }
        if let Some(id) = node.get("id")
            && id.as_str().is_none_or(|id| LogicalId::try_from(id).is_err())
        {
            self.within(".id", |check| check.report(Fault::InvalidId));
        }
        self.elements(node, TypeId::of_resource(resource_type));
        if let Some(contained) = node.get("contained") {
            self.contained(contained);
        }
        Some(resource_type)
    }

    fn contained(&mut self, contained: &Node<'_>) {
        let mut ids: Vec<&str> =
            contained.items().iter().filter_map(|resource| resource.text("id")).collect();
        ids.sort_unstable();
        for (index, resource) in contained.items().iter().enumerate() {
            if resource.get("contained").is_some() {
                self.within(&format!(".contained[{index}]"), |check| check.report(Fault::NestedContained));
            }
        }
        if ids.windows(2).any(|pair| pair.first() == pair.last()) {
            self.within(".contained", |check| check.report(Fault::RepeatedContained));
        }
    }

    /// The members of an object of a type that is not primitive.
    fn elements(&mut self, node: &Node<'_>, type_id: TypeId) {
        let members = node.members();
        if members.is_empty() {
            self.report(Fault::EmptyValue);
            return;
        }
        let is_resource = type_id.kind() == Kind::Resource;
        let mut seen: Vec<(&'static str, &str)> = Vec::with_capacity(members.len());
        for (name, value) in members {
            if is_resource && name == "resourceType" {
                continue;
            }
            let (plain, is_sibling) = match name.strip_prefix('_') {
                Some(plain) => (plain, true),
                None => (name.as_ref(), false),
            };
            let property = type_id.property(plain);
            let property =
                property.filter(|property| !is_sibling || property.type_id.kind() == Kind::Primitive);
            let Some(property) = property else {
                self.report(Fault::UnknownElement { name: name.to_string() });
                continue;
            };
            let element = property.element;
            if element.choice && seen.iter().any(|(other, form)| *other == element.name && *form != plain) {
                self.report(Fault::RepeatedChoice { name: element.name.to_owned() });
            }
            seen.push((element.name, plain));
            let step = format!(".{}", element.name);
            self.within(&step, |check| {
                if is_sibling {
                    check.siblings(element, value, node.get(plain));
                } else {
                    check.values(element, property.type_id, value, node);
                }
            });
        }
        if type_id.name() == "Extension" {
            let has = |element: &str| seen.iter().any(|(name, _)| *name == element);
            if has("value") == has("extension") {
                self.report(Fault::ExtensionValue);
            }
        }
        for element in type_id.elements() {
            if element.min > 0 && !seen.iter().any(|(name, _)| *name == element.name) {
                let name =
                    if element.choice { format!("{}[x]", element.name) } else { element.name.to_owned() };
                self.report(Fault::MissingElement { name });
            }
        }
    }

    /// The value or values of one element.
    fn values(&mut self, element: &Element, type_id: TypeId, value: &Node<'_>, parent: &Node<'_>) {
        let Value::Array(items) = &value.value else {
            if element.many {
                self.report(Fault::NotAnArray);
            } else {
                self.value(type_id, value);
            }
            return;
        };
        if !element.many {
            self.report(Fault::UnexpectedArray);
            return;
        }
        if items.is_empty() {
            self.report(Fault::EmptyValue);
        }
        for (index, item) in items.iter().enumerate() {
            let sibling = || {
                let siblings = parent.get(&format!("_{}", element.name))?.items();
                siblings.get(index).filter(|sibling| sibling.value != Value::Null)
            };
            // In an array of primitives a null keeps the place of a value that has extensions only.
            let kept_place =
                item.value == Value::Null && type_id.kind() == Kind::Primitive && sibling().is_some();
            if !kept_place {
                self.within(&format!("[{index}]"), |check| check.value(type_id, item));
            }
        }
    }

    fn value(&mut self, type_id: TypeId, value: &Node<'_>) {
        match type_id.kind() {
            Kind::Primitive => {
                if matches!(&value.value, Value::Null) || value.as_str() == Some("") {
                    self.report(Fault::EmptyValue);
                } else if matches!(value.value, Value::Object(_) | Value::Array(_)) {
                    self.report(Fault::WrongJsonType { expected: type_id.name().to_owned() });
                } else if !fits_primitive(type_id.name(), value) {
                    self.report(Fault::InvalidPrimitive { expected: type_id.name().to_owned() });
                }
            }
            Kind::Abstract if type_id.name() == "Resource" => {
                if self.into_resources {
                    self.resource(value, "contained");
                }
            }
            _ => match &value.value {
                Value::Object(_) => self.elements(value, type_id),
                Value::Null => self.report(Fault::EmptyValue),
                _ => self.report(Fault::WrongJsonType { expected: format!("{} (object)", type_id.name()) }),
            },
        }
    }

    /// `_name`: ids and extensions of primitive values.
    fn siblings(&mut self, element: &Element, siblings: &Node<'_>, values: Option<&Node<'_>>) {
        let Some(element_type) = TypeId::named("Element") else { return };
        if !element.many {
            match siblings.value {
                Value::Object(_) => self.elements(siblings, element_type),
                _ => self.report(Fault::WrongJsonType { expected: "Element (object)".to_owned() }),
            }
            return;
        }
        let Value::Array(items) = &siblings.value else {
            self.report(Fault::NotAnArray);
            return;
        };
        if items.is_empty() || values.is_some_and(|values| values.items().len() != items.len()) {
            self.report(Fault::UnpairedExtensions);
        }
        for (index, item) in items.iter().enumerate() {
            self.within(&format!("[{index}]"), |check| match item.value {
                Value::Object(_) => check.elements(item, element_type),
                Value::Null if values.is_some() => {}
                _ => check.report(Fault::WrongJsonType { expected: "Element (object)".to_owned() }),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues(text: &str) -> Vec<String> {
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let show =
            |issue: &Issue| format!("{} {}", issue.expression.as_deref().unwrap_or("-"), issue.fault.code());
        check_resource(&node).1.iter().map(show).collect()
    }

    #[test]
    fn a_good_resource_has_no_issues() {
        let text = r##"{"resourceType":"Patient","id":"a","contained":[{"resourceType":"Organization","id":"o","name":"x"}],
            "name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"u","valueCode":"c"}]}]}],
            "birthDate":"2001","_birthDate":{"id":"b"},"deceasedBoolean":false,
            "managingOrganization":{"reference":"#o"}}"##;
        assert_eq!(issues(text), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_found_at_its_place() {
        for (text, expected) in [
            (r#"[]"#, "- not-an-object"),
            (r#"{"id":"a"}"#, "- resource-type-missing"),
            (r#"{"resourceType":"Foo"}"#, "- resource-type-unknown"),
            (r#"{"resourceType":"Patient","id":"a b"}"#, "Patient.id id-format"),
            (r#"{"resourceType":"Patient","nme":[]}"#, "Patient unknown-element"),
            (r#"{"resourceType":"Patient","name":{"text":"x"}}"#, "Patient.name array-expected"),
            (
                r#"{"resourceType":"Patient","name":[{"text":["x"]}]}"#,
                "Patient.name[0].text array-unexpected",
            ),
            (r#"{"resourceType":"Patient","name":[]}"#, "Patient.name empty-value"),
            (r#"{"resourceType":"Patient","name":[{}]}"#, "Patient.name[0] empty-value"),
            (r#"{"resourceType":"Patient","active":"true"}"#, "Patient.active primitive-format"),
            (r#"{"resourceType":"Patient","active":{"a":1}}"#, "Patient.active wrong-json-type"),
            (r#"{"resourceType":"Patient","name":["x"]}"#, "Patient.name[0] wrong-json-type"),
            (r#"{"resourceType":"Patient","birthDate":"2001-02-30"}"#, "Patient.birthDate primitive-format"),
            (
                r#"{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2001"}"#,
                "Patient choice-repeated",
            ),
            (r#"{"resourceType":"Patient","link":[{"type":"seealso"}]}"#, "Patient.link[0] required-element"),
            (r#"{"resourceType":"Observation","status":"final"}"#, "Observation required-element"),
            (
                r#"{"resourceType":"Patient","extension":[{"url":"u"}]}"#,
                "Patient.extension[0] extension-value",
            ),
            (
                r#"{"resourceType":"Patient","contained":[{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"x"}]}]}"#,
                "Patient.contained[0] contained-nested",
            ),
            (r#"{"resourceType":"Patient","_name":[{"id":"x"}]}"#, "Patient unknown-element"),
            (
                r#"{"resourceType":"Patient","name":[{"given":["A"],"_given":[null,null]}]}"#,
                "Patient.name[0].given primitive-extensions",
            ),
            (
                r#"{"resourceType":"Patient","name":[{"given":[null]}]}"#,
                "Patient.name[0].given[0] empty-value",
            ),
        ] {
            assert_eq!(issues(text), [expected], "{text}");
        }
    }
}
