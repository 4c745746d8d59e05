//! `package/package.json`: who a package is, and for which FHIR it is.

use serde::Deserialize;

use super::PackageError;

/// The longest id, version and canonical; together they are a key of the database.
const LONGEST: [usize; 3] = [128, 64, 512];

/// What a package says about itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) canonical: String,
}

#[derive(Deserialize)]
struct Members {
    name: Option<String>,
    version: Option<String>,
    canonical: Option<String>,
    #[serde(rename = "fhirVersions", alias = "fhir-version-list", default)]
    fhir_versions: Vec<String>,
}

impl Manifest {
    pub(super) fn read(content: &[u8]) -> Result<Self, PackageError> {
        let wrong = |what: &str| PackageError::Format(format!("package/package.json {what}"));
        let members: Members = serde_json::from_slice(content).map_err(|_| wrong("cannot be read"))?;
        // The minor version counts: 4.1 and 4.3 are R4B, which is another FHIR.
        if !members.fhir_versions.iter().any(|version| version.starts_with("4.0.")) {
            return Err(wrong("does not list FHIR 4.0.1 (R4) in fhirVersions"));
        }
        let word = |text: Option<String>, name: &str, longest: usize| {
            let text = text.ok_or_else(|| wrong(&format!("has no {name}")))?;
            let separates = |character: char| character.is_whitespace() || character.is_control();
            if text.is_empty() || text.len() > longest || text.contains(separates) || text.contains('#') {
                return Err(wrong(&format!("has a {name} that is empty, longer than {longest} or no word")));
            }
            Ok(text)
        };
        let [id, version, canonical] = LONGEST;
        Ok(Self {
            id: word(members.name, "name", id)?,
            version: word(members.version, "version", version)?,
            canonical: word(members.canonical, "canonical", canonical)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Manifest, PackageError> {
        Manifest::read(text.as_bytes())
    }

    #[test]
    fn a_package_of_r4_says_who_it_is() {
        for versions in [
            "\"fhirVersions\":[\"4.0.1\"]",
            "\"fhirVersions\":[\"5.0.0\",\"4.0.0\"]",
            "\"fhir-version-list\":[\"4.0.1\"]",
        ] {
            let text = format!(
                r#"{{"name":"a.b","version":"1.0.0-ci","canonical":"http://a","type":"IG",{versions}}}"#
            );
            let manifest = read(&text).unwrap();
            assert_eq!(
                manifest,
                Manifest { id: "a.b".into(), version: "1.0.0-ci".into(), canonical: "http://a".into() }
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, word) in [
            ("[]", "cannot be read"),
            ("{", "cannot be read"),
            (r#"{"name":"a","version":"1","canonical":"c"}"#, "fhirVersions"),
            (r#"{"name":"a","version":"1","canonical":"c","fhirVersions":["4.3.0"]}"#, "fhirVersions"),
            (r#"{"name":"a","version":"1","canonical":"c","fhirVersions":["5.0.0"]}"#, "fhirVersions"),
            (r#"{"version":"1","canonical":"c","fhirVersions":["4.0.1"]}"#, "no name"),
            (r#"{"name":"a","canonical":"c","fhirVersions":["4.0.1"]}"#, "no version"),
            (r#"{"name":"a","version":"1","fhirVersions":["4.0.1"]}"#, "no canonical"),
            (r#"{"name":"a#b","version":"1","canonical":"c","fhirVersions":["4.0.1"]}"#, "a name"),
            (r#"{"name":"a","version":"1 0","canonical":"c","fhirVersions":["4.0.1"]}"#, "a version"),
            (r#"{"name":"a","version":"1","canonical":"","fhirVersions":["4.0.1"]}"#, "a canonical"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
