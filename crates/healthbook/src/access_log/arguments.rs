//! The arguments of the commands about the log of accesses.

use std::num::NonZeroU64;
use std::path::PathBuf;

use audit_log::VerifyingKey;
use clap::{Args, Subcommand};

use crate::configuration::DatabaseFlags;

/// `healthbook verify-audit`
#[derive(Debug, Args)]
pub struct VerifyAudit {
    /// Segments of a rotation, folders of them, extracts, proofs and checkpoints; without any, the database
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The public key of the log, or a file that holds it
    #[arg(long, value_name = "VKEY", value_parser = key)]
    pub key: VerifyingKey,
    /// A public key of the log that was kept from earlier, or a file that holds it: --key must come after it, each key named by
    /// the one before it
    #[arg(long, value_name = "VKEY", value_parser = key)]
    pub kept_key: Option<VerifyingKey>,
    /// A checkpoint from elsewhere that the log must hold: one that was kept, a root of a day, or an extract or proof
    /// that holds one
    #[arg(long, value_name = "FILE")]
    pub known: Vec<PathBuf>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook log`
#[derive(Debug, Args)]
pub struct LogCommand {
    #[command(subcommand)]
    pub(super) what: What,
}

#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Move old entries from the database to files that stay verifiable
    #[command(after_help = "Examples:
  healthbook log rotate --before 2021-01-01 --out /archive/log --key healthbook-data/access-log.vkey
  healthbook verify-audit /archive/log --key healthbook-data/access-log.vkey
What is younger than log_years (5 at least) stays, however often this runs; the files are to be kept as long as the books. A file is verified before its entries leave the database.")]
    Rotate(Rotate),
    /// Go on with the log under a new key: the old one is to be given up, may be known to others, or was lost
    #[command(after_help = "Examples:
  healthbook log renew-key
  healthbook log renew-key --lost backup/access-log.vkey
The key that is given up signs which one comes after it; one that was lost cannot, and whoever verifies with --kept-key is told so. Stop the servers of the database before, and give each the new access-log.key after; a server that goes on with the old one appends nothing, its entries wait. Publish access-log.vkey where the old one was published.")]
    RenewKey(RenewKey),
}

/// `healthbook log rotate`
#[derive(Debug, Args)]
pub struct Rotate {
    /// Entries from before this day, in the zone of the configuration
    #[arg(long, value_name = "DATE")]
    pub before: jiff::civil::Date,
    /// Folder for the files; it is made if needed
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// The public key of the log, or a file that holds it
    #[arg(long, value_name = "VKEY", value_parser = key)]
    pub key: VerifyingKey,
    /// Most blocks of 256 entries in one file
    #[arg(long, value_name = "NUMBER", default_value = "65536")]
    pub blocks: NonZeroU64,
    /// Younger entries, too; for a database of invented people only
    #[arg(long)]
    pub force_demo: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook log renew-key`
#[derive(Debug, Args)]
pub struct RenewKey {
    /// The key was lost: the file access-log.vkey, or a copy of it, says which it was
    #[arg(long, value_name = "VKEY", value_parser = key)]
    pub lost: Option<VerifyingKey>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

impl LogCommand {
    /// The database of the command.
    pub fn database(&self) -> &DatabaseFlags {
        match &self.what {
            What::Rotate(rotate) => &rotate.database,
            What::RenewKey(renewal) => &renewal.database,
        }
    }
}

/// A key as it stands on the command line or in a file.
fn key(text: &str) -> Result<VerifyingKey, String> {
    let text = match std::fs::read_to_string(text) {
        Ok(file) => file,
        Err(_) if text.starts_with("healthbook/") => text.to_owned(),
        Err(error) => return Err(format!("neither a key (healthbook/NAME+HASH+KEY) nor a file: {error}")),
    };
    audit_log::note::mended(&text)
        .trim_end()
        .parse()
        .map_err(|error: audit_log::note::InvalidKey| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_text_or_a_file() {
        let name = audit_log::LogName::new("test").unwrap();
        let pkcs8 = audit_log::SigningKey::generate().unwrap();
        let made = audit_log::SigningKey::from_pkcs8(name, &pkcs8).unwrap();
        let text = made.verifying().to_string();
        assert_eq!(key(&text).as_ref(), Ok(made.verifying()));
        let folder = test_support::TemporaryDirectory::new();
        let file = folder.path().join("key");
        std::fs::write(&file, format!("{text}\n")).unwrap();
        assert_eq!(key(file.to_str().unwrap()).as_ref(), Ok(made.verifying()));
        assert!(key("nothing").is_err());
    }
}
