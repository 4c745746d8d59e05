//! The validator: what is known of profiles, codes and identifiers, and the check of one resource against it.

use std::collections::HashMap;
use std::sync::Arc;

use fhir::{Fault, Issue, ResourceType, TypeId};
use json::{Limits, Node};
use terminology::Library;

use crate::budget::Budget;
use crate::bundle::Entries;
use crate::conform::core_type;
use crate::identifier::Formats;
use crate::profile::{Definition, Profile, compile};
use crate::reference::Surroundings;
use crate::report::Report;
use crate::walk::{self, Walk};
use crate::{Level, Package, PackageError};

/// What is known: made from packages, never changed.
#[derive(Debug)]
pub(crate) struct Definitions {
    profiles: HashMap<String, Arc<Profile>>,
    versions: HashMap<String, Option<String>>,
    pub(crate) formats: Formats,
    pub(crate) library: Library,
}

impl Definitions {
    /// The profile of a canonical url; with `|version` only when that version is loaded.
    pub(crate) fn profile(&self, canonical: &str) -> Option<Arc<Profile>> {
        let (url, version) = match canonical.split_once('|') {
            Some((url, version)) => (url, Some(version)),
            None => (canonical, None),
        };
        let loaded = self.versions.get(url)?.as_deref();
        if version.is_some() && loaded != version {
            return None;
        }
        self.profiles.get(url).cloned()
    }

    /// The definition of an extension.
    pub(crate) fn extension(&self, url: &str) -> Option<Arc<Profile>> {
        self.profiles.get(url).filter(|profile| profile.type_id.name() == "Extension").cloned()
    }

    /// The type that a profile constrains, R4's own included.
    pub(crate) fn type_of_profile<'n>(&'n self, canonical: &'n str) -> Option<&'n str> {
        core_type(canonical).or_else(|| {
            let url = canonical.split('|').next()?;
            self.profiles.get(url).map(|profile| profile.type_id.name())
        })
    }
}

/// Judges resources. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct Validator(Arc<Definitions>);

impl Validator {
    /// A validator of R4 and of what the packages say; of two definitions with one url the later counts.
    ///
    /// # Errors
    /// The package, as `id#version`, and the resource of it that cannot be understood.
    pub fn new(packages: &[Arc<Package>]) -> Result<Self, (String, PackageError)> {
        let mut parts = Parts::default();
        for package in packages {
            let named = |error| (format!("{}#{}", package.id, package.version), error);
            parts.read(package).map_err(named)?;
        }
        let profiles = compile(&parts.definitions).map_err(|(resource, reason)| {
            let owner = parts.owners.get(&resource).cloned().unwrap_or_default();
            (owner, PackageError::Resource { resource, reason })
        })?;
        let versions = parts.definitions.into_iter().map(|definition| (definition.url, definition.version));
        let library = Library::r4().with(parts.terms);
        let (versions, formats) = (versions.collect(), parts.formats);
        Ok(Self(Arc::new(Definitions { profiles, versions, formats, library })))
    }

    /// A validator of R4 alone.
    pub fn r4() -> Self {
        let (profiles, versions, formats) = (HashMap::new(), HashMap::new(), Formats::default());
        Self(Arc::new(Definitions { profiles, versions, formats, library: Library::r4() }))
    }

    /// The codes that are known.
    pub fn library(&self) -> &Library {
        &self.0.library
    }

    /// The type that a profile constrains, when it is known.
    pub fn type_of_profile(&self, canonical: &str) -> Option<String> {
        self.0.type_of_profile(canonical).map(str::to_owned)
    }

    /// Whether a profile is loaded.
    pub fn has_profile(&self, canonical: &str) -> bool {
        self.0.profile(canonical).is_some()
    }

    /// The profiles of a type that are loaded, in order: url, with `|version` when it has one.
    pub fn profiles_of(&self, resource_type: ResourceType) -> Vec<String> {
        let type_id = TypeId::of_resource(resource_type);
        let own = self.0.profiles.values().filter(|profile| profile.type_id == type_id);
        let mut found: Vec<String> = own
            .map(|profile| match self.0.versions.get(&profile.url) {
                Some(Some(version)) => format!("{}|{version}", profile.url),
                _ => profile.url.clone(),
            })
            .collect();
        found.sort();
        found
    }

    /// Judges a resource whose structure is sound (see [`fhir::check_resource`]). `demanded` are canonical urls of
    /// profiles that must hold besides those that the resource claims.
    pub fn validate(&self, resource: &Node<'_>, demanded: &[&str], level: Level) -> Vec<Issue> {
        let Some(type_id) = walk::type_of(resource) else { return Vec::new() };
        let mut report = Report::new(level);
        let budget = Budget::of(resource.span.end.saturating_sub(resource.span.start));
        let entries = (type_id.name() == "Bundle").then(|| Entries::of(resource));
        let (bundle, full_url) = (entries.as_ref(), None);
        let surroundings = Surroundings { root: resource, bundle, full_url, budget: &budget };
        let path = type_id.name().to_owned();
        Walk::run(&self.0, &mut report, path, (resource, type_id), surroundings, 0, demanded);
        if let Some(entries) = &entries {
            walk::bundle(&self.0, &mut report, resource, (entries, &budget), "Bundle");
        }
        if budget.is_spent() {
            report.error(type_id.name(), Fault::JudgedTooCostly);
        }
        report.into_issues()
    }
}

/// What packages say, before it is put together.
#[derive(Default)]
struct Parts {
    definitions: Vec<Definition>,
    formats: Formats,
    terms: Vec<terminology::Definition>,
    /// The package, as `id#version`, of each canonical url.
    owners: HashMap<String, String>,
}

impl Parts {
    fn read(&mut self, package: &Package) -> Result<(), PackageError> {
        for text in &package.resources {
            let fault = |resource: &str, reason: String| {
                let resource = resource.to_owned();
                PackageError::Resource { resource, reason }
            };
            let node = json::parse(text.as_bytes(), &Limits::default())
                .map_err(|error| fault(&package.id, error.to_string()))?;
            let url = node.text("url").or_else(|| node.text("name")).unwrap_or_default().to_owned();
            self.owners.insert(url.clone(), format!("{}#{}", package.id, package.version));
            match node.text("resourceType") {
                Some("StructureDefinition") => {
                    self.definitions.extend(Definition::read(&node).map_err(|reason| fault(&url, reason))?);
                }
                Some("NamingSystem") => self.formats.add(&node).map_err(|reason| fault(&url, reason))?,
                Some("CodeSystem" | "ValueSet" | "ConceptMap") => {
                    let term = terminology::Definition::read(&node);
                    self.terms.push(term.map_err(|error| fault(&url, error.to_string()))?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}
