//! Versions as entity tags: `W/"3"` (R4 `http.html#versioning`, RFC 9110 section 8.8.3).

use fhir::VersionId;

/// What `If-Match` or `If-None-Match` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityTags {
    /// `*`
    Any,
    /// The versions of the tags. Tags that no version of ours can have are left out.
    Versions(Vec<VersionId>),
}

impl EntityTags {
    /// Reads a header's value; `None` when it is not a list of entity tags.
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let mut versions = Vec::new();
        for tag in text.split(',').map(str::trim) {
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'))?;
            versions.extend(VersionId::try_from(inner));
        }
        Some(Self::Versions(versions))
    }

    /// Whether a version is among them.
    pub fn contain(&self, version: VersionId) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_rfc_9110_writes_them() {
        let version = |number| VersionId::new(number).unwrap();
        let versions = |text: &str| match EntityTags::parse(text) {
            Some(EntityTags::Versions(versions)) => Some(versions),
            _ => None,
        };
        assert_eq!(versions("W/\"3\""), Some(vec![version(3)]));
        assert_eq!(versions("\"3\", W/\"4\""), Some(vec![version(3), version(4)]));
        assert_eq!(versions("\"abc\""), Some(vec![]));
        assert_eq!(EntityTags::parse(" * "), Some(EntityTags::Any));
        for bad in ["", "abc", "3", "W/3\"", "\"3", "3,"] {
            assert_eq!(EntityTags::parse(bad), None, "{bad}");
        }
    }
}
