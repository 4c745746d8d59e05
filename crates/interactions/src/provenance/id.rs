//! The id of a `Provenance` that is made: it names the version that it is about.

use aws_lc_rs::digest::{SHA256, digest};
use fhir::{LogicalId, ResourceType, VersionId};

/// What is before the number of the type, the id and the version.
const PREFIX: &str = "write-";
/// Most characters of an id (R4 `datatypes.html#id`).
const LONGEST: usize = 64;

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) resource_type: ResourceType,
    pub(crate) id: LogicalId,
    pub(crate) version: VersionId,
}

/// The id of the `Provenance` of a version. Of an id that is too long to be named in another one only a hash is left, and
/// no way back.
pub(crate) fn id_of(resource_type: ResourceType, id: &LogicalId, version: VersionId) -> String {
    let name = format!("{PREFIX}{}-{id}-{version}", resource_type.index());
    if name.len() <= LONGEST {
        return name;
    }
    let hash = digest(&SHA256, name.as_bytes());
    let start: String = hash.as_ref().iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    format!("written-{start}")
}

/// The version that an id names.
pub(crate) fn target_of(id: &LogicalId) -> Option<Target> {
    let (number, rest) = id.as_str().strip_prefix(PREFIX)?.split_once('-')?;
    let (of, version) = rest.rsplit_once('-')?;
    let target = Target {
        resource_type: ResourceType::from_index(number.parse().ok()?)?,
        id: LogicalId::try_from(of).ok()?,
        version: VersionId::try_from(version).ok()?,
    };
    // One version has one id.
    (id_of(target.resource_type, &target.id, target.version) == id.as_str()).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> LogicalId {
        LogicalId::try_from(text).unwrap()
    }

    #[test]
    fn an_id_leads_back_to_the_version() {
        let kind: ResourceType = "MedicationAdministration".parse().unwrap();
        for of in ["8a4c9c04-1524-9f1c-d65b-9b17e4520fef", "a", "x-1-2", "-", "."] {
            for version in [1, 4_000_000_000] {
                let version = VersionId::new(version).unwrap();
                let name = id(&id_of(kind, &id(of), version));
                assert_eq!(target_of(&name), Some(Target { resource_type: kind, id: id(of), version }));
            }
        }
    }

    #[test]
    fn nothing_else_leads_anywhere() {
        for text in [
            "write-",
            "write-1",
            "write-1-2",
            "write-01-a-1",
            "write-1-a-01",
            "write-1-a-0",
            "write-9999-a-1",
            "1",
        ] {
            assert_eq!(target_of(&id(text)), None, "{text}");
        }
    }

    #[test]
    fn a_long_id_has_a_name_that_is_no_longer_than_an_id_may_be() {
        let long = id(&"x".repeat(64));
        let kind: ResourceType = "Patient".parse().unwrap();
        let name = id(&id_of(kind, &long, VersionId::new(1).unwrap()));
        let next = id_of(kind, &long, VersionId::new(2).unwrap());
        assert!(target_of(&name).is_none() && name.as_str() != next);
    }
}
