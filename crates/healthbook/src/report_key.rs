//! The key and the certificate that sign reports for people: those of the operator, or a pair that is made beside the data
//! at the first start. No authority vouches for that one, and the reports say so.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use fhir::Instant;
use report::Seal;

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::log_key::write_new;
use crate::opening::folder;

/// Names of the files beside the data.
const KEY_FILE: &str = "report.key";
const CERTIFICATE_FILE: &str = "report.pem";

/// The key and the certificate that are configured, else those beside the data.
pub fn open(configuration: &Configuration) -> Result<Arc<Seal>, Failure> {
    let (key, certificate) = (configuration.report_key.as_ref(), configuration.report_certificate.as_ref());
    let seal = match (key, certificate) {
        (Some(key), Some(certificate)) => read(key, certificate)?,
        (None, None) => own(&folder(configuration))?,
        _ => {
            let text = "keys `report_key` and `report_certificate`: both or neither must be set";
            return Err(Failure::saying(text.to_owned()));
        }
    };
    Ok(Arc::new(seal))
}

fn own(folder: &Path) -> Result<Seal, Failure> {
    let (key, certificate) = (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE));
    if !key.exists() {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let name = name.get(..8).unwrap_or_default();
        let made = Seal::generate(name, Instant::now()).map_err(|error| Failure::because(anyhow!(error)))?;
        std::fs::create_dir_all(folder).context("the folder of the key of reports cannot be made")?;
        // The key comes last: a certificate without one is what a start left that did not come to its end.
        if certificate.exists() {
            std::fs::remove_file(&certificate).context("a certificate without a key cannot be removed")?;
        }
        write_new(&certificate, &made.1).context("the certificate of reports cannot be written")?;
        write_new(&key, &made.0).context("the key of reports cannot be written")?;
    }
    read(&key, &certificate)
}

fn read(key: &Path, certificate: &Path) -> Result<Seal, Failure> {
    let bytes = |path: &Path| {
        let bytes = std::fs::read(path);
        bytes.with_context(|| format!("{} cannot be read", path.display()))
    };
    let seal = Seal::from_pem(&bytes(key)?, &bytes(certificate)?);
    Ok(seal.with_context(|| {
        format!("reports cannot be signed with {} and {}", key.display(), certificate.display())
    })?)
}

#[cfg(test)]
mod tests {
    use test_support::TemporaryDirectory;

    use super::*;

    #[test]
    fn a_pair_is_made_once_and_only_its_owner_reads_the_key() {
        let folder = TemporaryDirectory::new();
        let first = own(folder.path()).unwrap().fingerprint().to_owned();
        assert_eq!(own(folder.path()).unwrap().fingerprint(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
        assert_ne!(own(folder.path()).unwrap().fingerprint(), first);
        std::fs::write(folder.path().join(KEY_FILE), "broken").unwrap();
        assert!(own(folder.path()).is_err(), "a key that is there is never replaced");
    }
}
