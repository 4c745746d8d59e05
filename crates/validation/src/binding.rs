//! Codes and the value sets that they are bound to (R4 `terminologies.html`).

use fhir::Fault;
use json::{Node, Value};
use terminology::{Library, Membership, Names};

use crate::report::Report;
use crate::rules::{Binding, Strength};

/// Codes of a value set that are named in a message.
const MOST_SHOWN: usize = 12;

/// How a coded value stands to a value set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has a code of the set, or that cannot be told.
    Fine,
    /// Its codes are not of the set.
    Outside,
    /// It has no code.
    NoCode,
}

/// Judges a code, string, uri, Coding, CodeableConcept or Quantity. A value with extensions only has no code and needs
/// none.
pub(crate) fn verdict(library: &Library, value_set: &str, node: &Node<'_>) -> Verdict {
    match &node.value {
        Value::String(code) => one(library.membership(value_set, None, code)),
        Value::Object(_) => match node.get("coding") {
            Some(codings) => concept(library, value_set, codings.items()),
            None => match node.text("code") {
                Some(code) => one(coding(library, value_set, node.text("system"), code)),
                None => Verdict::NoCode,
            },
        },
        _ => Verdict::Fine,
    }
}

fn one(membership: Membership) -> Verdict {
    if membership == Membership::NotMember { Verdict::Outside } else { Verdict::Fine }
}

/// A Coding without a system is a code of nothing that is known.
fn coding(library: &Library, value_set: &str, system: Option<&str>, code: &str) -> Membership {
    match system {
        Some(system) => library.membership(value_set, Some(system), code),
        None => Membership::NotMember,
    }
}

/// One coding of the set is enough.
fn concept(library: &Library, value_set: &str, codings: &[Node<'_>]) -> Verdict {
    let mut has_code = false;
    for node in codings {
        let Some(code) = node.text("code") else { continue };
        has_code = true;
        if coding(library, value_set, node.text("system"), code) != Membership::NotMember {
            return Verdict::Fine;
        }
    }
    if has_code { Verdict::Outside } else { Verdict::NoCode }
}

/// Checks a value at its place.
pub(crate) fn check(library: &Library, binding: &Binding, node: &Node<'_>, place: &str, report: &mut Report) {
    let is_required = binding.strength == Strength::Required;
    if !is_required && !report.wants_advice() {
        return;
    }
    let fault = match verdict(library, &binding.value_set, node) {
        Verdict::Fine => return,
        // A code of another system is how a concept that the set lacks is said; so is a text alone.
        Verdict::Outside if !is_required && !is_of_set(library, binding, node) => {
            return;
        }
        Verdict::NoCode if !is_required => return,
        Verdict::Outside => Fault::CodeNotInValueSet { value_set: shown(library, &binding.value_set) },
        Verdict::NoCode => Fault::CodeRequired { value_set: shown(library, &binding.value_set) },
    };
    if is_required { report.error(place, fault) } else { report.advise(place, fault) }
}

/// A value set, with its codes where they are few.
fn shown(library: &Library, canonical: &str) -> String {
    let set = library.find_value_set(canonical, None);
    let codes = set.and_then(|set| library.listing(set, MOST_SHOWN).ok()).unwrap_or_default();
    let codes: Option<Vec<&str>> = codes.iter().map(|code| code.code.as_deref()).collect();
    match codes {
        Some(codes) if !codes.is_empty() => format!("{canonical} ({})", codes.join(" | ")),
        _ => canonical.to_owned(),
    }
}

/// Whether a coding is of a system from which the value set takes codes.
fn is_of_set(library: &Library, binding: &Binding, node: &Node<'_>) -> bool {
    let Some(set) = library.find_value_set(&binding.value_set, None) else { return false };
    let codings = node.get("coding").map_or(std::slice::from_ref(node), Node::items);
    codings.iter().any(|coding| {
        let system = coding.text("system");
        system.is_none() || set.include.iter().any(|part| part.system.as_deref() == system)
    })
}

/// Advice about a Coding: a code that its system does not have, a display of another code.
pub(crate) fn advise(library: &Library, node: &Node<'_>, place: &str, report: &mut Report) {
    let (Some(system), Some(code)) = (node.text("system"), node.text("code")) else { return };
    if library.is_known_code(system, code) == Some(false) {
        report.advise(place, Fault::CodeUnknown { system: system.to_owned() });
        return;
    }
    let names = library.find_code_system(system, None).and_then(|found| Names::of(library, found, code));
    if let (Some(names), Some(display)) = (names, node.text("display"))
        && !names.accepts(display, &[])
    {
        report.advise(place, Fault::DisplayWrong { system: system.to_owned() });
    }
}
