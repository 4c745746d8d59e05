//! A package of conformance resources, pinned by id, version, canonical and the SHA-256 of its bytes.

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
#[derive(Debug, thiserror::Error)]
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
