//! The one place that stands in for `access::Scopes::parse` and `access::Scopes::narrow` until the gate has them: the
//! same signatures, the same meaning (SMART App Launch 2.2, scopes of version 2; version 1 is understood).

use access::{Scope, ScopeContext, ScopeInteractions, Scopes};
use fhir::ResourceType;

/// Most scopes of one request.
const MOST: usize = 200;

/// Longest text.
const LONGEST: usize = 8_192;

/// Why scopes cannot be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeError {
    /// Too long, or a scope about resources that cannot be read.
    #[error("a scope cannot be read")]
    Unreadable,
    /// `patient/`, `user/` and `system/` together.
    #[error("scopes of different contexts are mixed")]
    Mixed,
}

/// The scopes about resources, and the others as they are.
pub(crate) fn parse(text: &str) -> Result<(Scopes, Vec<String>), ScopeError> {
    let (mut resources, mut others): (Vec<Scope>, Vec<String>) = (Vec::new(), Vec::new());
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if text.len() > LONGEST || words.len() > MOST {
        return Err(ScopeError::Unreadable);
    }
    for word in words {
        let context = match word.split_once('/') {
            Some(("patient", rest)) => Some((ScopeContext::Patient, rest)),
            Some(("user", rest)) => Some((ScopeContext::User, rest)),
            Some(("system", rest)) => Some((ScopeContext::System, rest)),
            _ => None,
        };
        match context {
            Some((context, rest)) => {
                let scope = resource_scope(context, rest).ok_or(ScopeError::Unreadable)?;
                if resources.iter().any(|other| other.context != scope.context) {
                    return Err(ScopeError::Mixed);
                }
                if !resources.contains(&scope) {
                    resources.push(scope);
                }
            }
            None if !others.iter().any(|other| other == word) => others.push(word.to_owned()),
            None => {}
        }
    }
    Ok((Scopes { resources }, others))
}

/// The scopes of a text that may name several contexts: the most that a client may ever get.
pub(crate) fn parse_each_context(text: &str) -> Result<(Vec<Scopes>, Vec<String>), ScopeError> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let of = |prefix: &str| words.iter().filter(|word| word.starts_with(prefix)).copied().collect::<Vec<_>>();
    let contexts = ["patient/", "user/", "system/"];
    let mut scopes = Vec::new();
    for context in contexts {
        let (found, _) = parse(&of(context).join(" "))?;
        if !found.resources.is_empty() {
            scopes.push(found);
        }
    }
    let others = words.iter().filter(|word| !contexts.iter().any(|context| word.starts_with(context)));
    let (_, others) = parse(&others.copied().collect::<Vec<_>>().join(" "))?;
    Ok((scopes, others))
}

fn resource_scope(context: ScopeContext, rest: &str) -> Option<Scope> {
    let (plain, filter) = match rest.split_once('?') {
        Some((plain, filter)) if !filter.is_empty() => (plain, Some(filter.to_owned())),
        Some(_) => return None,
        None => (rest, None),
    };
    let (name, letters) = plain.split_once('.')?;
    let resource_type = match name {
        "*" => None,
        name => Some(name.parse::<ResourceType>().ok()?),
    };
    Some(Scope { context, resource_type, interactions: interactions(letters)?, filter })
}

fn interactions(letters: &str) -> Option<ScopeInteractions> {
    let mut found = ScopeInteractions::default();
    match letters {
        "*" => return Some(ScopeInteractions::ALL),
        "read" => return Some(ScopeInteractions { read: true, search: true, ..found }),
        "write" => return Some(ScopeInteractions { create: true, update: true, delete: true, ..found }),
        _ => {}
    }
    let mut last = 0;
    for letter in letters.chars() {
        let place = "cruds".find(letter)?.saturating_add(1);
        if place <= last {
            return None;
        }
        last = place;
        match letter {
            'c' => found.create = true,
            'r' => found.read = true,
            'u' => found.update = true,
            'd' => found.delete = true,
            _ => found.search = true,
        }
    }
    (last > 0).then_some(found)
}

/// What of the requested scopes the allowed ones admit.
pub(crate) fn narrow(requested: &Scopes, allowed: &Scopes) -> Scopes {
    let mut resources: Vec<Scope> = Vec::new();
    for wanted in &requested.resources {
        for most in allowed.resources.iter().filter(|most| most.context == wanted.context) {
            let resource_type = match (wanted.resource_type, most.resource_type) {
                (one, None) => one,
                (None, Some(most)) => Some(most),
                (Some(one), Some(most)) if one == most => Some(one),
                _ => continue,
            };
            let (one, other) = (wanted.interactions, most.interactions);
            let interactions = ScopeInteractions {
                create: one.create && other.create,
                read: one.read && other.read,
                update: one.update && other.update,
                delete: one.delete && other.delete,
                search: one.search && other.search,
            };
            let filter = match (&wanted.filter, &most.filter) {
                (Some(one), Some(other)) if one != other => Some(format!("{other}&{one}")),
                (one, other) => one.clone().or_else(|| other.clone()),
            };
            let scope = Scope { context: wanted.context, resource_type, interactions, filter };
            if interactions != ScopeInteractions::default() && !resources.contains(&scope) {
                resources.push(scope);
            }
        }
    }
    Scopes { resources }
}

/// Scopes as text, in the form of version 2.
pub(crate) fn to_text(scopes: &Scopes, others: &[String]) -> String {
    let resources = scopes.resources.iter().map(|scope| {
        let context = match scope.context {
            ScopeContext::Patient => "patient",
            ScopeContext::User => "user",
            ScopeContext::System => "system",
        };
        let name = scope.resource_type.map_or("*", ResourceType::as_str);
        let may = scope.interactions;
        let letters =
            [(may.create, 'c'), (may.read, 'r'), (may.update, 'u'), (may.delete, 'd'), (may.search, 's')];
        let letters: String = letters.iter().filter(|(may, _)| *may).map(|(_, letter)| letter).collect();
        let filter = scope.filter.as_ref().map(|filter| format!("?{filter}")).unwrap_or_default();
        format!("{context}/{name}.{letters}{filter}")
    });
    others.iter().cloned().chain(resources).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(requested: &str, allowed: &str) -> String {
        let (requested, allowed) = (parse(requested).unwrap().0, parse(allowed).unwrap().0);
        to_text(&narrow(&requested, &allowed), &[])
    }

    #[test]
    fn both_versions_are_read() {
        let (scopes, others) =
            parse("openid patient/*.read patient/Observation.cu?category=laboratory").unwrap();
        assert_eq!(
            to_text(&scopes, &others),
            "openid patient/*.rs patient/Observation.cu?category=laboratory"
        );
    }

    #[test]
    fn what_cannot_be_read_or_is_mixed_is_refused() {
        for text in [
            "patient/*.sr",
            "patient/*.rr",
            "patient/*.",
            "patient/Nothing.r",
            "patient/*",
            "system/*.x",
            "user/*.rs?",
        ] {
            assert_eq!(parse(text), Err(ScopeError::Unreadable), "{text}");
        }
        assert_eq!(parse("patient/*.r user/*.r"), Err(ScopeError::Mixed));
    }

    #[test]
    fn nothing_is_wider_than_both() {
        assert_eq!(
            narrowed("user/*.cruds", "user/Patient.rs user/Observation.r"),
            "user/Patient.rs user/Observation.r"
        );
        assert_eq!(narrowed("user/Patient.cruds", "user/*.rs"), "user/Patient.rs");
        assert_eq!(narrowed("user/Patient.rs", "user/Observation.rs"), "");
        assert_eq!(narrowed("system/Patient.rs", "user/*.rs"), "");
        assert_eq!(narrowed("user/Patient.c", "user/*.rs"), "");
        assert_eq!(narrowed("user/Observation.rs", "user/Observation.rs?a=1"), "user/Observation.rs?a=1");
        assert_eq!(
            narrowed("user/Observation.rs?b=2", "user/Observation.rs?a=1"),
            "user/Observation.rs?a=1&b=2"
        );
    }
}
