//! `healthbook log renew-key`: the log goes on under a new key.
//!
//! The new key is on disk before it signs, and takes the place of the old one after: whatever happens between, the command
//! can be run again and ends what it began.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audit_log::{Checkpoint, SigningKey, VerifyingKey};
use fhir::Instant;
use record_store::{SequenceError, Store};

use super::arguments::RenewKey;
use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::{log_key, opening};

/// As often it is tried while servers sign at the same time.
const TRIES: usize = 20;

/// Signs by a new key, and puts it in the place of the old one.
pub async fn run(configuration: &Configuration, command: &RenewKey) -> Result<(), Failure> {
    let store = opening::open_existing(configuration).await?;
    let place = Place::in_folder(opening::folder(configuration));
    let renewed = logged(&store, "log renew-key", renew(&store, &place, command)).await;
    store.close().await;
    renewed
}

/// Where the keys are.
struct Place {
    folder: PathBuf,
    key: PathBuf,
    /// The new one, until it is that of the log.
    next: PathBuf,
}

/// The key that is given up.
enum Before {
    There(Box<SigningKey>),
    Lost(VerifyingKey),
}

impl Place {
    fn in_folder(folder: PathBuf) -> Self {
        let key = folder.join(log_key::FILE);
        let next = folder.join(format!("{}.next", log_key::FILE));
        Self { folder, key, next }
    }
}

impl Before {
    fn verifying(&self) -> &VerifyingKey {
        match self {
            Self::There(key) => key.verifying(),
            Self::Lost(key) => key,
        }
    }

    /// A new key that follows this one at a checkpoint.
    fn next(&self, until: u64) -> Result<(SigningKey, Vec<u8>), Failure> {
        let (mut next, pkcs8) = log_key::generate(self.verifying().name().clone())?;
        match self {
            Self::There(key) => key.give_up(&mut next, until).map_err(Failure::because)?,
            Self::Lost(key) => next.replace_lost(key, until),
        }
        Ok((next, pkcs8))
    }
}

async fn renew(store: &Store, place: &Place, command: &RenewKey) -> Result<(), Failure> {
    let note = last(store).await?;
    // A run that was broken off after the new key had signed is ended; else its key has signed nothing.
    if exists(&place.next)? {
        let next = log_key::read(&place.next)?;
        if next.verifying().open(&note).is_ok() {
            return put_in_place(place, &next);
        }
        fs::remove_file(&place.next).with_context(|| format!("cannot remove {}", place.next.display()))?;
    }
    let before = before(place, command, &note)?;
    for _ in 0..TRIES {
        let note = last(store).await?;
        let signed = Checkpoint::open(&note, before.verifying()).map_err(|error| {
            Failure::saying(format!("the last checkpoint is not one of the key that is given up: {error}"))
        })?;
        let (next, pkcs8) = before.next(signed.size())?;
        log_key::write(&place.next, &next, &pkcs8)?;
        sync(&place.folder)?;
        match store.sign_log_by_next_key(&next, Instant::now()).await {
            Ok(done) if done.checkpoint.is_some() => return put_in_place(place, &next),
            // A server was faster, by a step or by a checkpoint: once more, with a key that follows that.
            Ok(_) | Err(SequenceError::Key(_)) => {}
            Err(error) => return Err(Failure::because(error)),
        }
        fs::remove_file(&place.next).with_context(|| format!("cannot remove {}", place.next.display()))?;
    }
    Err(Failure::saying("servers of this database sign all the time: stop them, and try again"))
}

/// The note of the last checkpoint.
async fn last(store: &Store) -> Result<String, Failure> {
    let note = store.log_checkpoint().await.map_err(Failure::because)?;
    note.ok_or_else(|| Failure::saying("nothing of this log is signed yet: there is no key to renew"))
}

/// The key that is given up, which must be that of the log.
fn before(place: &Place, command: &RenewKey, note: &str) -> Result<Before, Failure> {
    let path = place.key.display();
    let is_of_log = |key: &VerifyingKey| Checkpoint::open(note, key).is_ok();
    let found = exists(&place.key)?.then(|| log_key::read(&place.key)).transpose();
    match (&command.lost, found) {
        (None, Ok(Some(key))) if is_of_log(key.verifying()) => Ok(Before::There(Box::new(key))),
        (None, Ok(Some(_))) => Err(Failure::saying(format!("{path} is not the key of this log"))),
        (None, Ok(None)) => Err(Failure::saying(format!(
            "{path} is missing: put it back, or name the public half of what was lost with --lost access-log.vkey"
        ))),
        (None, Err(error)) => Err(error),
        (Some(_), Ok(Some(key))) if is_of_log(key.verifying()) => Err(Failure::saying(format!(
            "{path} is the key of this log, and not lost: leave out --lost, so that it signs which one comes after it"
        ))),
        (Some(lost), _) if is_of_log(lost) => Ok(Before::Lost(lost.clone())),
        (Some(_), _) => Err(Failure::saying("--lost: that is not the key that has signed this log last")),
    }
}

/// The new key takes the place of the old one, which stays beside it under another name.
fn put_in_place(place: &Place, next: &SigningKey) -> Result<(), Failure> {
    let mut kept = None;
    if exists(&place.key)? {
        let aside = (1..).map(|number| place.folder.join(format!("{}.old-{number}", log_key::FILE)));
        for aside in aside {
            if !exists(&aside)? {
                fs::rename(&place.key, &aside)
                    .with_context(|| format!("cannot move {}", place.key.display()))?;
                kept = Some(aside);
                break;
            }
        }
    }
    fs::rename(&place.next, &place.key)
        .with_context(|| format!("cannot move {} to its place", place.next.display()))?;
    sync(&place.folder)?;
    let public = place.folder.join(log_key::PUBLIC_FILE);
    log_key::publish(&public, next);
    let mut text =
        format!("{}: the new key; copies belong where those of the old one are\n", place.key.display());
    if let Some(kept) = kept {
        text += &format!("{}: the old key, which signs nothing any more\n", kept.display());
    }
    text += &format!("{}: to be published\n\n{}", public.display(), next.verifying().file());
    print(&text)
}

fn exists(path: &Path) -> Result<bool, Failure> {
    Ok(path.try_exists().with_context(|| format!("{} cannot be read", path.display()))?)
}

/// Puts the names in a folder on disk.
fn sync(folder: &Path) -> Result<(), Failure> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(synced.with_context(|| format!("cannot put {} on disk", folder.display()))?)
}
