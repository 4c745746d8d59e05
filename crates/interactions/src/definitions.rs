//! The packages in force. They are replaced while everybody works; whoever began with the former ones ends with them.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};

use access::{Access, Caller, Denied, Interaction};
use fhir::ResourceType;
use record_store::{Demand, POLL, PackageName, StoreError, StoredPackage};
use tokio::task::spawn_blocking;
use validation::{Package, PackageError, Validator};

use crate::Service;

/// What is in force: packages, and the profiles that are demanded.
#[derive(Debug)]
pub struct Definitions {
    /// The packages in use: that of the program first, then by name.
    pub packages: Vec<Arc<Package>>,
    /// The profiles that every resource of a type must follow.
    pub demands: Vec<Demand>,
    /// The generation of the database that they are of; `None` when nothing was loaded yet.
    pub generation: Option<i64>,
    validator: Validator,
}

/// R4 alone.
impl Default for Definitions {
    fn default() -> Self {
        Self { packages: Vec::new(), demands: Vec::new(), generation: None, validator: Validator::r4() }
    }
}

impl Definitions {
    /// Makes what validates of packages and demands. This is the one place where that happens, and it may take long.
    pub fn new(
        packages: Vec<Arc<Package>>,
        demands: Vec<Demand>,
        generation: i64,
    ) -> Result<Self, DefinitionsError> {
        let validator = Validator::new(&packages)
            .map_err(|(package, error)| DefinitionsError::Package { package, error })?;
        Ok(Self { packages, demands, generation: Some(generation), validator })
    }

    /// What resources are judged by.
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

    /// A demand that nothing could meet: its profile is not here, or is one of another type.
    pub fn unmet_demand(&self) -> Option<&Demand> {
        self.demands.iter().find(|demand| !self.can_demand(demand))
    }

    /// Whether the profile of a demand is here and is one of its type.
    pub fn can_demand(&self, demand: &Demand) -> bool {
        self.validator.type_of_profile(&demand.profile).as_deref() == Some(demand.resource_type.as_str())
            && self.validator.has_profile(&demand.profile)
    }

    /// `id#version` of the packages.
    pub fn names(&self) -> Vec<String> {
        self.packages.iter().map(|package| package.name()).collect()
    }
}

/// Why packages cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionsError {
    /// One of them cannot be used.
    #[error("the package {package} cannot be used: {error}")]
    Package {
        /// `id#version`.
        package: String,
        /// What is wrong, with the resource.
        error: PackageError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gate is shut.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The work was lost: the place is in the log.
    #[error("an internal mistake")]
    Internal,
}

/// The definitions in force, shared by everybody who uses one service.
#[derive(Default)]
pub(crate) struct CurrentDefinitions(RwLock<Arc<Definitions>>);

impl CurrentDefinitions {
    pub(crate) fn get(&self) -> Arc<Definitions> {
        // Nothing that could panic happens under the lock, so what it holds is whole.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, definitions: Definitions) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(definitions);
    }
}

/// A change of what is in use that somebody thinks about.
#[derive(Debug, Clone, Copy)]
pub enum PackageChange<'a> {
    /// A package of the database is taken into use, or out of it.
    Stored(&'a PackageName, bool),
    /// The pack of the program is taken into use, or out of it.
    BuiltIn(bool),
}

/// Puts the packages in force that the database has in use, unless they are. When that fails everything stays as it is.
pub async fn follow_packages(service: &Service) -> Result<bool, DefinitionsError> {
    // Asked before the packages are read: what changes meanwhile is a generation that is not known yet.
    let generation = service.store().package_generation().await?;
    let before = service.packages();
    if before.generation == Some(generation) {
        return Ok(false);
    }
    let definitions = load(service, generation, None).await?;
    let packages = definitions.names().join(" ");
    service.definitions().replace(definitions);
    if before.generation.is_some() || !packages.is_empty() {
        tracing::info!(generation, packages, "packages in use");
    }
    Ok(true)
}

/// What would be in force after a change; without one, what the database has in use. Nothing is changed.
pub async fn planned_definitions(
    service: &Service,
    change: Option<PackageChange<'_>>,
) -> Result<Definitions, DefinitionsError> {
    let generation = service.store().package_generation().await?;
    load(service, generation, change).await
}

/// Puts in force what any process has taken into use, as long as the server runs. A package that cannot be used leaves
/// everything as it is.
pub async fn work_at_packages(service: Service) -> Infallible {
    let mut failed = None;
    loop {
        tokio::time::sleep(POLL).await;
        let generation = match service.store().package_generation().await {
            Ok(generation) => generation,
            Err(error) => {
                tracing::warn!(error = %error, "cannot ask for the packages in use; asking again");
                continue;
            }
        };
        // What failed fails again until somebody changes it.
        if failed == Some(generation) {
            continue;
        }
        failed = None;
        match follow_packages(&service).await {
            Ok(_) => {}
            Err(DefinitionsError::Package { package, error }) => {
                failed = Some(generation);
                tracing::error!(
                    package, error = %error, generation,
                    "A PACKAGE CANNOT BE USED: the packages that were in use before stay in force"
                );
            }
            Err(error) => tracing::warn!(error = %error, "cannot load the packages in use; trying again"),
        }
    }
}

async fn load(
    service: &Service,
    generation: i64,
    change: Option<PackageChange<'_>>,
) -> Result<Definitions, DefinitionsError> {
    let access = service.decide(&Caller::Background { job: "packages" }, Interaction::Read, None)?;
    let store = service.store();
    let now = service.packages();
    let mut packages = Vec::new();
    let built_in = match change {
        Some(PackageChange::BuiltIn(in_use)) => in_use,
        _ => store.built_in_package_in_use(&access).await?,
    };
    if built_in {
        let read = spawn_blocking(Package::national).await.map_err(|_| DefinitionsError::Internal)?;
        let read = read.map_err(|error| DefinitionsError::Package {
            package: "that is part of the program".to_owned(),
            error,
        })?;
        packages.extend(read.map(Arc::new));
    }
    for stored in store.packages(&access).await? {
        let in_use = match change {
            Some(PackageChange::Stored(name, in_use)) if *name == stored.name => in_use,
            _ => stored.in_use,
        };
        if !in_use {
            continue;
        }
        let known = now.packages.iter().find(|known| is_of(known, &stored));
        packages.push(match known {
            Some(known) => Arc::clone(known),
            None => read_package(service, &access, stored).await?,
        });
    }
    let demands = store.demands(&access).await?;
    let made = spawn_blocking(move || Definitions::new(packages, demands, generation));
    made.await.map_err(|_| DefinitionsError::Internal)?
}

async fn read_package(
    service: &Service,
    access: &Access,
    stored: StoredPackage,
) -> Result<Arc<Package>, DefinitionsError> {
    let package = format!("{}#{}", stored.name.id, stored.name.version);
    let refused = |reason: &str| PackageError::Format(reason.to_owned());
    let Some(archive) = service.store().package_archive(access, &stored.name).await? else {
        return Err(DefinitionsError::Package { package, error: refused("it has just been removed") });
    };
    let reading = spawn_blocking(move || {
        let read = Package::from_archive(&archive)?;
        if is_of(&read, &stored) { Ok(read) } else { Err(refused("it is not the archive that was added")) }
    });
    let read = reading.await.map_err(|_| DefinitionsError::Internal)?;
    read.map(Arc::new).map_err(|error| DefinitionsError::Package { package, error })
}

/// Whether a package is the one that the database names.
fn is_of(package: &Package, stored: &StoredPackage) -> bool {
    let PackageName { id, version, canonical } = &stored.name;
    (&package.id, &package.version, &package.canonical, package.sha256)
        == (id, version, canonical, stored.sha256)
}
