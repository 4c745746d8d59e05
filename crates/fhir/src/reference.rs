//! The text of a reference (R4 `references.html#literal`).

use crate::{LogicalId, ResourceType, VersionId};

/// What the text of `Reference.reference` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceText<'a> {
    /// `Patient/1` or `Patient/1/_history/2`; with a base when it was absolute.
    Literal {
        /// The base url without the last `/`; `None` when relative.
        base: Option<&'a str>,
        /// The type.
        resource_type: ResourceType,
        /// The id.
        id: LogicalId,
        /// The version.
        version: Option<VersionId>,
    },
    /// `#id`: a contained resource; `#` alone is the container.
    Contained(&'a str),
    /// `Patient?identifier=...`: to be resolved inside a transaction.
    Conditional {
        /// The type.
        resource_type: ResourceType,
        /// What follows the question mark.
        query: &'a str,
    },
    /// `urn:uuid:...`, `urn:oid:...`, a canonical url, or any other text.
    Other(&'a str),
}

impl<'a> ReferenceText<'a> {
    /// Reads a reference. Anything that is not a literal of a known type is [`ReferenceText::Other`].
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix('#') {
            return Self::Contained(id);
        }
        if let Some((name, query)) = text.split_once('?')
            && let Ok(resource_type) = name.parse()
        {
            return Self::Conditional { resource_type, query };
        }
        Self::literal(text).unwrap_or(Self::Other(text))
    }

    fn literal(text: &'a str) -> Option<Self> {
        let (text, version) = match text.rsplit_once("/_history/") {
            Some((rest, version)) => (rest, Some(VersionId::try_from(version).ok()?)),
            None => (text, None),
        };
        let (rest, id) = text.rsplit_once('/')?;
        let id = LogicalId::try_from(id).ok()?;
        let (base, name) = match rest.rsplit_once('/') {
            Some((base, name)) => (Some(base), name),
            None => (None, rest),
        };
        let resource_type = name.parse().ok()?;
        if base.is_some_and(|base| !base.starts_with("http://") && !base.starts_with("https://")) {
            return None;
        }
        Some(Self::Literal { base, resource_type, id, version })
    }

    /// The type and id, when the text is literal and of this server: relative, or under `base`.
    pub fn local(&self, base: &str) -> Option<(ResourceType, &LogicalId)> {
        match self {
            Self::Literal { base: other, resource_type, id, .. }
                if other.is_none_or(|other| other == base.trim_end_matches('/')) =>
            {
                Some((*resource_type, id))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let local = |text: &str| {
            let parsed = ReferenceText::parse(text);
            parsed.local("http://a/fhir").map(|(kind, id)| format!("{kind} {id}"))
        };
        assert_eq!(local("Patient/1").as_deref(), Some("Patient 1"));
        assert_eq!(local("Patient/1/_history/2").as_deref(), Some("Patient 1"));
        assert_eq!(local("http://a/fhir/Patient/1").as_deref(), Some("Patient 1"));
        assert_eq!(local("http://b/fhir/Patient/1"), None);
        for other in
            ["Person2/1", "Patient/", "Patient/a b", "x/Patient/1", "urn:uuid:1", "", "Patient/1/_history/0"]
        {
            assert_eq!(ReferenceText::parse(other), ReferenceText::Other(other));
        }
    }

    #[test]
    fn contained_and_conditional() {
        assert_eq!(ReferenceText::parse("#p1"), ReferenceText::Contained("p1"));
        let resource_type = ResourceType::PATIENT;
        let query = "identifier=http://s|1";
        assert_eq!(
            ReferenceText::parse("Patient?identifier=http://s|1"),
            ReferenceText::Conditional { resource_type, query }
        );
    }
}
