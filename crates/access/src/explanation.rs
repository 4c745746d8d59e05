//! What an Access says about itself: rules, words for people, and what a page link is bound to.

use std::fmt::Write as _;

use fhir::{LogicalId, ResourceType};
use json::Node;

use crate::reading::{FactProblem, FactReason};
use crate::{Access, Grantee, Line, Policy, Reach, TypeSet};

impl Access {
    /// The rules by which something is visible or writable.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        let mut rules: Vec<&str> = Vec::new();
        for reach in [Some(&self.visible), self.writable.as_ref()].into_iter().flatten() {
            if let Reach::Lines(lines) = reach {
                for line in lines.iter() {
                    if !rules.contains(&&*line.rule) {
                        rules.push(&line.rule);
                    }
                }
            }
        }
        rules.into_iter()
    }

    /// Why it is as it is, for people: lines with their rules, and the version. It names nobody.
    pub fn explanation(&self, policy: &Policy) -> String {
        let mut text = format!("policy {}\n", self.policy_version);
        if let Some(purpose) = self.purpose {
            let _ = writeln!(text, "purpose {}", purpose.code());
        }
        for (title, reach) in [("sees", Some(&self.visible)), ("writes", self.writable.as_ref())] {
            match reach {
                None => {}
                Some(Reach::Everything) => {
                    let _ = writeln!(text, "{title}: everything");
                }
                Some(Reach::Lines(lines)) => {
                    let _ = writeln!(text, "{title}:");
                    for line in lines.iter() {
                        line_words(&mut text, line, policy);
                    }
                }
            }
        }
        for filter in self.filters().iter() {
            let _ = writeln!(text, "of {} only {}", type_words(&filter.types), filter.any_of.join(" or "));
        }
        for limit in self.contents().iter() {
            let _ = writeln!(
                text,
                "written {}: {} is one of {}",
                limit.resource_type,
                limit.element,
                limit.codes.join(", ")
            );
        }
        if self.within.is_some() {
            text.push_str("only in the book of one patient\n");
        }
        text
    }

    /// Bytes that two accesses share only if both reach equally far, whenever they were made. Each part stands with its
    /// length, so that no two lists of parts make the same bytes; they are made for every answer that has a next page.
    pub fn fingerprint(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1_024);
        let (kind, grantee) = match &self.grantee {
            None => ("", None),
            Some(Grantee::Organization(id)) => ("organization", Some(id)),
            Some(Grantee::Patient(id)) => ("patient", Some(id)),
        };
        for part in [
            self.subject.as_deref(),
            self.purpose.map(crate::Purpose::code),
            self.facility.as_deref(),
            self.own.as_ref().map(LogicalId::as_str),
            Some(kind),
            grantee.map(LogicalId::as_str),
            self.within.as_ref().map(LogicalId::as_str),
            self.sees_shielded.then_some("shielded"),
            Some(&*self.policy_version),
        ] {
            push_part(&mut bytes, part);
        }
        match &self.visible {
            Reach::Everything => push_part(&mut bytes, None),
            Reach::Lines(lines) => {
                push_number(&mut bytes, lines.len() as u64);
                for line in lines.iter() {
                    push_part(&mut bytes, Some(&line.rule));
                    push_part(&mut bytes, Some(line.authority.code()));
                    push_types(&mut bytes, &line.types);
                    for labels in [line.labels, line.own_labels] {
                        push_number(&mut bytes, labels.bits().cast_unsigned());
                    }
                }
            }
        }
        push_number(&mut bytes, self.filters().len() as u64);
        for filter in self.filters().iter() {
            push_types(&mut bytes, &filter.types);
            push_number(&mut bytes, filter.any_of.len() as u64);
            for query in &filter.any_of {
                push_part(&mut bytes, Some(query));
            }
        }
        bytes
    }

    /// That what is written keeps the limits of the policy on its elements: every value of a limited element has a
    /// code of the list, none has another code of that system, and there is a value.
    pub fn check_content(&self, resource_type: ResourceType, resource: &Node<'_>) -> Result<(), FactProblem> {
        for limit in self.contents().iter().filter(|limit| limit.resource_type == resource_type) {
            let problem = || {
                let expression = format!("{resource_type}.{}", limit.element);
                FactProblem { expression, reason: FactReason::NotYours }
            };
            let values = resource.get(&limit.element).map(Node::each).unwrap_or_default();
            let fits = |value: &Node<'_>| {
                let codings = value.get("coding").map(Node::items).unwrap_or_default();
                let of_system = |coding: &&Node<'_>| coding.text("system") == Some(limit.system.as_str());
                let listed = |coding: &Node<'_>| {
                    coding.text("code").is_some_and(|code| limit.codes.iter().any(|listed| listed == code))
                };
                let mut of_system = codings.iter().filter(of_system).peekable();
                of_system.peek().is_some() && of_system.all(listed)
            };
            if values.is_empty() || !values.iter().all(fits) {
                return Err(problem());
            }
        }
        Ok(())
    }
}

/// A part with its length before it; of none a length that no part has.
fn push_part(bytes: &mut Vec<u8>, part: Option<&str>) {
    push_number(bytes, part.map_or(u64::MAX, |part| part.len() as u64));
    bytes.extend_from_slice(part.unwrap_or_default().as_bytes());
}

fn push_types(bytes: &mut Vec<u8>, types: &TypeSet) {
    types.words().into_iter().for_each(|word| push_number(bytes, word));
}

fn push_number(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn line_words(text: &mut String, line: &Line, policy: &Policy) {
    let table = policy.document().labels();
    let words = |labels| {
        let codes = table.codes(labels);
        if codes.is_empty() { "none".to_owned() } else { codes.join(" ") }
    };
    let _ = writeln!(
        text,
        "  {} by {}: {}; labels {}; own labels {}",
        line.rule,
        line.authority.code(),
        type_words(&line.types),
        words(line.labels.without(table.shield())),
        words(line.own_labels.without(table.shield())),
    );
}

/// The names of types, `every type` for all of them.
pub(crate) fn type_words(types: &TypeSet) -> String {
    if types.is_all() {
        return "every type".to_owned();
    }
    let count = types.iter().count();
    let rest = ResourceType::all().len() - count;
    if rest <= 10 {
        let others: Vec<&str> =
            ResourceType::all().filter(|other| !types.contains(*other)).map(ResourceType::as_str).collect();
        return format!("every type but {}", others.join(" "));
    }
    types.iter().map(ResourceType::as_str).collect::<Vec<_>>().join(" ")
}
