//! The key that signs the log of accesses. It lies in a file beside the data and not in the database: whoever has the
//! database alone cannot sign another log.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use audit_log::{Checkpoint, CheckpointError, LogName, SigningKey, VerifyingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record_store::Store;

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::opening::folder;

/// Name of the file: the name of the log, the key, and the keys before it, each in a line.
pub const FILE: &str = "access-log.key";

/// Name of the file of the next key, from when it is made until it stands in the place of the one before it.
pub const NEXT_FILE: &str = "access-log.key.next";

/// Name of the file of its public half, for whoever verifies.
pub const PUBLIC_FILE: &str = "access-log.vkey";

/// The key of the log, and whether the log is signed by it. Where another one signs it, this server writes entries, which wait
/// for a server that has the right key.
pub struct LogKey {
    pub key: Arc<SigningKey>,
    pub is_of_this_log: bool,
}

/// The key of the log of a store, made at the first start: never where a key has signed already, for nothing that a new one
/// signs would fit on that.
pub async fn open(configuration: &Configuration, store: &Store) -> Result<LogKey, Failure> {
    let folder = folder(configuration);
    let path = folder.join(FILE);
    let signed = store.log_checkpoint().await.map_err(Failure::because)?;
    let is_empty = store.log_size().await.map_err(Failure::because)? == 0;
    let is_there = path.try_exists().with_context(|| format!("{} cannot be read", path.display()))?;
    let key = match &signed {
        _ if is_there => read(&path)?,
        Some(_) if folder.join(NEXT_FILE).exists() => {
            return Err(Failure::saying(format!(
                "{} is missing, and {NEXT_FILE} is there: run healthbook log renew-key again, which was broken off",
                path.display()
            )));
        }
        Some(note) => return Err(lost(&path, note.lines().next().unwrap_or_default())),
        // Also where checkpoints were taken away: a log that has entries had a key.
        None if is_empty => {
            let name = LogName::new(&uuid::Uuid::new_v4().simple().to_string()).map_err(Failure::because)?;
            let (key, pkcs8) = generate(name)?;
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            write(&path, &key, &pkcs8)?;
            key
        }
        None => return Err(lost(&path, "its checkpoints are gone, too")),
    };
    let standing = signed.as_deref().map(|note| standing(note, key.verifying()));
    // A checkpoint that was changed is no sign of another key: the log then stands still and says so.
    let is_of_this_log = !matches!(standing, Some(Standing::OfAnother));
    match standing {
        None if is_empty => publish(&folder.join(PUBLIC_FILE), &key),
        Some(Standing::OfThisLog(last)) => {
            publish(&folder.join(PUBLIC_FILE), &key);
            if last.is_by_earlier_key() {
                tracing::warn!(
                    size = last.size(),
                    "the log of accesses was signed last by a key that was given up: it was set back, or others have that key"
                );
            }
        }
        // Of several servers that each made a key at the first start, one signs: the public half of the others is none.
        Some(Standing::OfAnother) => withdraw(&folder.join(PUBLIC_FILE), &key),
        None | Some(Standing::Damaged(_)) => {}
    }
    Ok(LogKey { key: Arc::new(key), is_of_this_log })
}

/// How a key stands to a checkpoint of the log.
pub enum Standing {
    /// It, or one before it, has signed that.
    OfThisLog(Checkpoint),
    /// Another one has, or one that had been given up before.
    OfAnother,
    /// The checkpoint is none.
    Damaged(CheckpointError),
}

/// How a key stands to the note of a checkpoint.
pub fn standing(note: &str, key: &VerifyingKey) -> Standing {
    match Checkpoint::open(note, key) {
        Ok(checkpoint) => Standing::OfThisLog(checkpoint),
        Err(error) if error.is_of_another_key() => Standing::OfAnother,
        Err(error) => Standing::Damaged(error),
    }
}

/// That the `first` or `last` checkpoint of the database is none.
pub fn damaged(which: &str, error: &dyn std::error::Error) -> Failure {
    Failure::saying(format!(
        "log_checkpoint: the {which} one is damaged ({error}): run healthbook verify-audit, see docs/guides/operating.md"
    ))
}

/// Sees to it that a key leads back to the first checkpoint: with less, what was signed long ago would be nobody's.
pub async fn knows_all(store: &Store, key: &VerifyingKey) -> Result<(), Failure> {
    let first = store.log_checkpoints(0, 1).await.map_err(Failure::because)?;
    match first.first().map(|note| standing(note, key)) {
        Some(Standing::OfAnother) => Err(Failure::saying(
            "the key is without those before it, which have signed the beginning of this log: name the whole file, \
             access-log.vkey, or what /transparency/key has answered",
        )),
        Some(Standing::Damaged(error)) => Err(damaged("first", &error)),
        Some(Standing::OfThisLog(_)) | None => Ok(()),
    }
}

fn lost(path: &Path, log: &str) -> Failure {
    Failure::saying(format!(
        "{} is missing, and the log of accesses ({log}) is signed by it: put it back from the backup, or from another server of \
         this database; where it is lost for good, healthbook log renew-key --lost access-log.vkey goes on with a new one, see \
         docs/guides/operating.md",
        path.display()
    ))
}

/// Sees to it that the public half is that of the key: whoever verifies with another one is told that the whole log is wrong.
pub fn publish(path: &Path, key: &SigningKey) {
    let text = key.verifying().file();
    if std::fs::read_to_string(path).is_ok_and(|before| before == text) {
        return;
    }
    if let Err(error) = std::fs::write(path, text) {
        tracing::warn!(file = %path.display(), error = %error, "the public key of the access log cannot be written");
    }
}

/// Takes away a public half that is that of the key and not of the log.
fn withdraw(path: &Path, key: &SigningKey) {
    let is_of_key = std::fs::read_to_string(path).is_ok_and(|text| text == key.verifying().file());
    if is_of_key && let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(file = %path.display(), error = %error, "the public key of another log cannot be removed");
    }
}

/// The key in a file.
pub fn read(path: &Path) -> Result<SigningKey, Failure> {
    Ok(read_with_pkcs8(path)?.0)
}

/// The same, and the private key as PKCS#8.
pub fn read_with_pkcs8(path: &Path) -> Result<(SigningKey, Vec<u8>), Failure> {
    let text = std::fs::read_to_string(path);
    let text =
        text.with_context(|| format!("the key of the access log, {}, cannot be read", path.display()))?;
    warn_of_readers(path);
    let broken = || Failure::because(anyhow!("{} is no key of an access log", path.display()));
    let (name, rest) = text.trim_end().split_once('\n').ok_or_else(broken)?;
    let (key, earlier) = rest.split_once('\n').unwrap_or((rest, ""));
    let name: LogName = name.parse().map_err(|_| broken())?;
    let pkcs8 = STANDARD.decode(key).map_err(|_| broken())?;
    let key = SigningKey::from_pkcs8(name, &pkcs8).map_err(|_| broken())?;
    Ok((key.after(earlier).map_err(|_| broken())?, pkcs8))
}

/// Whoever reads the key can sign another log.
fn warn_of_readers(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
            tracing::warn!(
                file = %path.display(),
                "others than its owner may read the key of the access log, or change it: chmod 600"
            );
        }
    }
}

/// A new key of a log, and the same as PKCS#8.
pub fn generate(name: LogName) -> Result<(SigningKey, Vec<u8>), Failure> {
    let unusable = |_| Failure::because(anyhow!("a key of the access log cannot be made"));
    let pkcs8 = SigningKey::generate().map_err(unusable)?;
    Ok((SigningKey::from_pkcs8(name, &pkcs8).map_err(unusable)?, pkcs8))
}

/// Writes the file of a key that is not there yet.
pub fn write(path: &Path, key: &SigningKey, pkcs8: &[u8]) -> Result<(), Failure> {
    let public = key.verifying();
    let text = format!("{}\n{}\n{}", public.name(), STANDARD.encode(pkcs8), public.earlier_lines());
    let written = write_new(path, &text);
    Ok(written
        .with_context(|| format!("the key of the access log, {}, cannot be written", path.display()))?)
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
