//! The key that signs the log of accesses. It lies in a file beside the data and not in the database: whoever has the
//! database alone cannot sign another log.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use audit_log::{LogName, SigningKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record_store::Store;

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::opening::folder;

/// Name of the file.
const FILE: &str = "access-log.key";

/// Name of the file of its public half, for whoever verifies.
const PUBLIC_FILE: &str = "access-log.vkey";

/// The key of the log of a store, made at the first start; `None` where the log is signed by another one. Then this server
/// writes entries, which wait for a server that has the right key.
pub async fn open(configuration: &Configuration, store: &Store) -> Result<Option<Arc<SigningKey>>, Failure> {
    let folder = folder(configuration);
    let path = folder.join(FILE);
    let key = if path.exists() { read(&path)? } else { make(&folder, &path)? };
    if let Some(note) = store.log_checkpoint().await.map_err(Failure::because)?
        && key.verifying().open(&note).is_err()
    {
        tracing::error!(
            file = %path.display(),
            "the log of accesses is signed by another key: copy the file of the first server; entries wait until then"
        );
        return Ok(None);
    }
    Ok(Some(Arc::new(key)))
}

fn read(path: &Path) -> Result<SigningKey, Failure> {
    let text = std::fs::read_to_string(path).context("the key of the access log cannot be read")?;
    let broken = || Failure::because(anyhow!("{} is no key of an access log", path.display()));
    let (name, key) = text.trim_end().split_once('\n').ok_or_else(broken)?;
    let name: LogName = name.parse().map_err(|_| broken())?;
    let key = STANDARD.decode(key).map_err(|_| broken())?;
    SigningKey::from_pkcs8(name, &key).map_err(|_| broken())
}

fn make(folder: &Path, path: &Path) -> Result<SigningKey, Failure> {
    let unusable = || Failure::because(anyhow!("the key of the access log cannot be made"));
    let name = LogName::new(&uuid::Uuid::new_v4().simple().to_string()).map_err(|_| unusable())?;
    let key = SigningKey::generate().map_err(|_| unusable())?;
    let text = format!("{}\n{}\n", name.as_str(), STANDARD.encode(&key));
    std::fs::create_dir_all(folder).context("the folder of the key of the access log cannot be made")?;
    write_new(path, &text).context("the key of the access log cannot be written")?;
    let key = read(path)?;
    let public = std::fs::write(folder.join(PUBLIC_FILE), format!("{}\n", key.verifying()));
    public.context("the public key of the access log cannot be written")?;
    Ok(key)
}

/// Writes a file that was not there and that only its owner reads.
pub fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
}
