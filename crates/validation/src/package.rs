//! A package of conformance resources, pinned by id, version, canonical and the SHA-256 of its bytes.

mod archive;
mod check;
mod code_table;
mod manifest;
mod pack;

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;

use self::manifest::Manifest;

pub use self::code_table::{CodeTable, CodeTableError, LineFault};

/// The archive of the national pack; empty when the program was built without one.
const NATIONAL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/national.tgz"));

/// The types of resources that a package brings into force.
pub const CONFORMANCE_TYPES: [&str; 6] =
    ["StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap", "SearchParameter", "NamingSystem"];

/// A package: what `package/package.json` says, and its conformance resources as JSON.
#[derive(Debug, Clone)]
pub struct Package {
    /// `name` of `package.json`, for example `hl7.fhir.vn.core`.
    pub id: String,
    /// `version` of `package.json`.
    pub version: String,
    /// `canonical` of `package.json`, for example `http://fhir.hl7.org.vn/core`.
    pub canonical: String,
    /// SHA-256 of the bytes of the archive.
    pub sha256: [u8; 32],
    /// The JSON texts of its resources.
    pub resources: Vec<String>,
}

/// Why a package cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// Not a FHIR package.
    #[error("not a FHIR package: {0}")]
    Format(String),
    /// A resource of it that cannot be understood.
    #[error("{resource}: {reason}")]
    Resource {
        /// Its canonical url or file name.
        resource: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A package as it was read.
#[derive(Debug, Clone)]
pub struct PackageReading {
    /// The package with the resources that can be read.
    pub package: Package,
    /// The files that are none of its conformance resources.
    pub ignored: usize,
    /// The files that should be resources and cannot be read.
    pub faults: Vec<PackageError>,
}

/// What tells one resource of a package from another.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "resourceType")]
    resource_type: Option<serde_json::Value>,
    url: Option<serde_json::Value>,
}

impl Package {
    /// Reads a FHIR NPM package (`.tgz`). One file that cannot be read makes the package unusable.
    pub fn from_archive(bytes: &[u8]) -> Result<Self, PackageError> {
        let PackageReading { package, faults, .. } = Self::read(bytes)?;
        faults.into_iter().next().map_or(Ok(package), Err)
    }

    /// Reads the files of a folder that is laid out like a FHIR package, or like the folder `package` of one. Its hash
    /// is that of [`Package::archive`].
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, PackageError> {
        Self::from_archive(&Self::archive(files)?)
    }

    /// The archive of a folder: the same bytes whenever it is made of the same files.
    pub fn archive(files: impl IntoIterator<Item = (String, String)>) -> Result<Vec<u8>, PackageError> {
        pack::pack(files.into_iter().collect())
            .map_err(|_| PackageError::Format("a file has a name that an archive cannot hold".to_owned()))
    }

    /// Reads a package and says of every file that cannot be read why.
    pub fn read(bytes: &[u8]) -> Result<PackageReading, PackageError> {
        let archive::Unpacked { files, others } = archive::unpack(bytes)?;
        let manifest = files.iter().find(|(name, _)| name == "package.json");
        let (_, manifest) =
            manifest.ok_or_else(|| PackageError::Format("it has no package/package.json".to_owned()))?;
        let Manifest { id, version, canonical } = Manifest::read(manifest)?;
        let (mut resources, mut ignored, mut faults) = (Vec::new(), others, Vec::new());
        for (name, content) in files.into_iter().filter(|(name, _)| name != "package.json") {
            match conformance_resource(content) {
                Ok(Some(text)) => resources.push(text),
                Ok(None) => ignored += 1,
                Err(reason) => faults.push(PackageError::Resource { resource: name, reason }),
            }
        }
        let mut sha256 = [0; 32];
        sha256.iter_mut().zip(digest(&SHA256, bytes).as_ref()).for_each(|(byte, from)| *byte = *from);
        let package = Self { id, version, canonical, sha256, resources };
        Ok(PackageReading { package, ignored, faults })
    }

    /// The national pack that is part of the program; `None` when it was built without one.
    pub fn national() -> Result<Option<Self>, PackageError> {
        if NATIONAL.is_empty() { Ok(None) } else { Self::from_archive(NATIONAL).map(Some) }
    }

    /// A package with one CodeSystem that is made from a table, see [`CodeTable`].
    pub fn code_system_from_csv(table: &CodeTable, csv: &str) -> Result<Self, CodeTableError> {
        Self::from_archive(&table.archive(csv)?).map_err(|error| CodeTableError::table(error.to_string()))
    }

    /// `id#version`.
    pub fn name(&self) -> String {
        format!("{}#{}", self.id, self.version)
    }

    /// The texts of its resources of a type.
    pub fn of_type(&self, name: &str) -> impl Iterator<Item = &str> {
        let is_wanted = move |text: &&str| resource_type(text).is_some_and(|found| found == name);
        self.resources.iter().map(String::as_str).filter(is_wanted)
    }

    /// Whether one of its resources has this canonical url.
    pub fn defines(&self, canonical: &str) -> bool {
        self.resources.iter().any(|text| url(text).is_some_and(|url| url == canonical))
    }

    /// The number of its resources by type.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for found in self.resources.iter().filter_map(|text| resource_type(text)) {
            *counts.entry(found).or_default() += 1;
        }
        counts
    }
}

/// The text of a file if it is a conformance resource; `None` for any other JSON.
fn conformance_resource(content: Vec<u8>) -> Result<Option<String>, String> {
    let text = String::from_utf8(content).map_err(|_| "the bytes are not UTF-8".to_owned())?;
    // Some tools begin a file with a byte order mark, which is no JSON.
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    // Lists and the like are no resources; serde would take them for one.
    if !text.trim_start().starts_with('{') {
        return serde_json::from_str::<serde::de::IgnoredAny>(&text).map(|_| None).map_err(not_json);
    }
    let head: Head = serde_json::from_str(&text).map_err(not_json)?;
    let kind = head.resource_type.as_ref().and_then(serde_json::Value::as_str);
    Ok(kind.is_some_and(|kind| CONFORMANCE_TYPES.contains(&kind)).then_some(text))
}

fn not_json(error: serde_json::Error) -> String {
    format!("not JSON at line {}, column {}", error.line(), error.column())
}

fn resource_type(text: &str) -> Option<String> {
    let head: Head = serde_json::from_str(text).ok()?;
    head.resource_type?.as_str().map(str::to_owned)
}

fn url(text: &str) -> Option<String> {
    let head: Head = serde_json::from_str(text).ok()?;
    head.url?.as_str().map(str::to_owned)
}

#[cfg(test)]
#[path = "package/tests.rs"]
mod tests;
