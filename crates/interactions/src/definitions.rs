//! The definitions in force: packages made into a validator, and the profiles that are demanded.

use std::sync::Arc;

use fhir::ResourceType;
use validation::{Package, PackageError, Validator};

/// A profile that resources of a type must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The type.
    pub resource_type: ResourceType,
    /// Canonical url of the profile.
    pub profile: String,
    /// Only for what this facility writes; `None`: for everybody.
    pub facility: Option<String>,
}

/// What resources are judged by.
#[derive(Debug)]
pub struct Definitions {
    validator: Validator,
    demands: Vec<Demand>,
}

impl Definitions {
    /// Definitions from packages, later ones over earlier ones.
    ///
    /// # Errors
    /// Names the resource that cannot be understood.
    pub fn new(packages: &[Arc<Package>], demands: Vec<Demand>) -> Result<Self, PackageError> {
        Ok(Self { validator: Validator::new(packages)?, demands })
    }

    /// R4 alone.
    pub fn r4() -> Self {
        Self { validator: Validator::r4(), demands: Vec::new() }
    }

    pub(crate) fn validator(&self) -> &Validator {
        &self.validator
    }

    /// The profiles that are demanded of a type, for everybody or for what a facility writes.
    pub(crate) fn demanded(&self, resource_type: ResourceType, facility: Option<&str>) -> Vec<&str> {
        let applies = |demand: &&Demand| {
            demand.resource_type == resource_type
                && demand.facility.as_deref().is_none_or(|demanded| Some(demanded) == facility)
        };
        self.demands.iter().filter(applies).map(|demand| demand.profile.as_str()).collect()
    }
}
