//! Packages of profiles and terminology as a database keeps them, and the profiles that are demanded.
//!
//! They are conformance resources and no records: whoever has an access may see them. Changes need one that covers
//! everything. Each change takes the database to the next *generation* in the same transaction, so a server that runs
//! finds out with one cheap question that there is something to read again.

mod sql;

use access::Access;
use diesel::sql_types::{BigInt, Binary, SmallInt, Text};
use fhir::{Instant, ResourceType};

use crate::statement::Statement;
use crate::store::{Store, select};
use crate::stored::type_of;
use crate::write::Upkeep;
use crate::{StoreError, WriteError, query};

/// What tells one package from another: two guides that use one id do not meet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageName {
    /// Its id, for example `hl7.fhir.vn.core`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The canonical url of its guide.
    pub canonical: String,
}

/// A package of the database, without its archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPackage {
    /// Its name.
    pub name: PackageName,
    /// SHA-256 of the archive.
    pub sha256: [u8; 32],
    /// Whether it is in use.
    pub in_use: bool,
    /// When it was added.
    pub added_at: Instant,
}

/// A package that is to be added.
#[derive(Debug, Clone)]
pub struct NewPackage {
    /// Its name.
    pub name: PackageName,
    /// SHA-256 of the archive.
    pub sha256: [u8; 32],
    /// The archive as it came.
    pub archive: Vec<u8>,
}

/// What came of adding a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there now, not in use.
    New,
    /// It was there, with the same hash.
    Known,
    /// Another one of that name is there, which stays.
    Taken,
}

/// A profile that every resource of a type must follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Demand {
    /// The type.
    pub resource_type: ResourceType,
    /// Canonical url of the profile.
    pub profile: String,
    /// Code of the facility whose resources are meant; `None` for everybody.
    pub facility: Option<String>,
}

/// Columns of [`StoredPackage`].
type PackageRow = (String, String, String, Vec<u8>, i16, i64);

impl Store {
    /// A number that grows with every change of packages and demands.
    pub async fn package_generation(&self) -> Result<i64, StoreError> {
        let rows: Vec<(i64,)> = select!(self, sql::generation(), (BigInt,))?;
        rows.first().map(|(generation,)| *generation).ok_or(StoreError::Corrupt)
    }

    /// The packages, by name.
    pub async fn packages(&self, _: &Access) -> Result<Vec<StoredPackage>, StoreError> {
        let rows: Vec<PackageRow> =
            select!(self, sql::packages(), (Text, Text, Text, Binary, SmallInt, BigInt))?;
        let mut packages: Vec<StoredPackage> =
            rows.into_iter().map(stored_package).collect::<Result<_, _>>()?;
        // The databases do not agree on the order of texts.
        packages.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(packages)
    }

    /// The archive of a package as it was added.
    pub async fn package_archive(
        &self,
        _: &Access,
        name: &PackageName,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = select!(self, sql::archive(name), (Binary,))?;
        Ok(rows.into_iter().next().map(|(archive,)| archive))
    }

    /// Adds a package; it is not in use.
    pub async fn add_package(&self, access: &Access, package: NewPackage) -> Result<Added, WriteError> {
        let (name, sha256) = (package.name.clone(), package.sha256);
        let added = sql::add(package, Instant::now().microseconds());
        if self.change_packages(access, added).await? {
            return Ok(Added::New);
        }
        let known = self.packages(access).await?;
        let same = known.iter().any(|package| package.name == name && package.sha256 == sha256);
        Ok(if same { Added::Known } else { Added::Taken })
    }

    /// Takes a package into use or out of it. `false` when it is not there, or when that is so already.
    pub async fn set_package_in_use(
        &self,
        access: &Access,
        name: &PackageName,
        in_use: bool,
    ) -> Result<bool, WriteError> {
        self.change_packages(access, sql::set_in_use(name, in_use)).await
    }

    /// Removes a package. `false` when it is not there, or when it is in use.
    pub async fn remove_package(&self, access: &Access, name: &PackageName) -> Result<bool, WriteError> {
        self.change_packages(access, sql::remove(name)).await
    }

    /// Whether the pack that is part of the program is in use here; it is unless somebody has stopped it.
    pub async fn built_in_package_in_use(&self, _: &Access) -> Result<bool, StoreError> {
        let rows: Vec<(Vec<u8>,)> = select!(self, query::setting(sql::BUILT_IN), (Binary,))?;
        Ok(rows.first().is_none_or(|(value,)| value != b"off"))
    }

    /// Takes the pack that is part of the program into use or out of it.
    pub async fn set_built_in_package_in_use(&self, access: &Access, in_use: bool) -> Result<(), WriteError> {
        let value: &[u8] = if in_use { b"on" } else { b"off" };
        self.change_packages(access, query::put_setting(sql::BUILT_IN, value.to_vec())).await?;
        Ok(())
    }

    /// The profiles that are demanded.
    pub async fn demands(&self, _: &Access) -> Result<Vec<Demand>, StoreError> {
        let rows: Vec<(i16, String, String)> = select!(self, sql::demands(), (SmallInt, Text, Text))?;
        let demand = |(number, profile, facility): (i16, String, String)| {
            let facility = Some(facility).filter(|facility| !facility.is_empty());
            Ok(Demand { resource_type: type_of(number)?, profile, facility })
        };
        let mut demands: Vec<Demand> = rows.into_iter().map(demand).collect::<Result<_, StoreError>>()?;
        demands.sort();
        Ok(demands)
    }

    /// Demands a profile. `false` when that was so already.
    pub async fn set_demand(&self, access: &Access, demand: &Demand) -> Result<bool, WriteError> {
        self.change_packages(access, sql::set_demand(demand)).await
    }

    /// Takes a demand back. `false` when there was none.
    pub async fn remove_demand(&self, access: &Access, demand: &Demand) -> Result<bool, WriteError> {
        self.change_packages(access, sql::remove_demand(demand)).await
    }

    /// Does a change of one row and goes to the next generation, or does nothing when there is nothing to change.
    async fn change_packages(&self, access: &Access, change: Statement) -> Result<bool, WriteError> {
        if !access.may_write() || !access.is_unlimited() {
            return Err(WriteError::Forbidden);
        }
        let statements = vec![sql::next_generation()];
        Ok(self
            .upkeep(Upkeep { claim: change, alone: false, statements, places: Vec::new(), reader: None })
            .await?)
    }
}

fn stored_package(row: PackageRow) -> Result<StoredPackage, StoreError> {
    let (id, version, canonical, sha256, in_use, added_at) = row;
    Ok(StoredPackage {
        name: PackageName { id, version, canonical },
        sha256: sha256.try_into().map_err(|_| StoreError::Corrupt)?,
        in_use: in_use != 0,
        added_at: Instant::from_microseconds(added_at),
    })
}
