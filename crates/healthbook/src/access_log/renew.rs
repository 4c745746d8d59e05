//! `healthbook log renew-key`: the log goes on under a new key.
//!
//! The new key is on disk before it signs, and takes the place of the old one after: whatever happens between, the command
//! can be run again and ends what it began. No file of a key is ever removed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audit_log::note::NoteError;
use audit_log::{Checkpoint, SigningKey, VerifyingKey};
use fhir::Instant;
use record_store::{SequenceError, Store};

use super::arguments::RenewKey;
use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::log_key::{self, Standing};
use crate::opening;

/// As often it is tried while servers sign at the same time.
const TRIES: usize = 20;

/// Signs by a new key, and puts it in the place of the old one.
pub async fn run(configuration: &Configuration, command: &RenewKey) -> Result<(), Failure> {
    let store = opening::open_existing(configuration).await?;
    let place = Place::in_folder(&opening::folder(configuration))?;
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
    /// Held, so that one of several that renew at once does it.
    _lock: File,
}

/// The key that is given up.
enum Before {
    There(Box<SigningKey>),
    Lost(VerifyingKey),
}

impl Place {
    fn in_folder(folder: &Path) -> Result<Self, Failure> {
        let folder = std::path::absolute(folder).map_err(Failure::because)?;
        let path = folder.join(format!("{}.lock", log_key::FILE));
        let lock = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let lock = lock.with_context(|| format!("cannot open {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Failure::saying("the key of this log is being renewed by another command"));
            }
            Err(fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()))?;
            }
        }
        let (key, next) = (folder.join(log_key::FILE), folder.join(log_key::NEXT_FILE));
        let place = Self { folder, key, next, _lock: lock };
        give_to_owner(&place, &path)?;
        Ok(place)
    }

    /// A name beside the key that is not taken.
    fn free(&self, end: &str) -> Result<PathBuf, Failure> {
        for number in 1.. {
            let free = self.folder.join(format!("{}.{end}-{number}", log_key::FILE));
            if !exists(&free)? {
                return Ok(free);
            }
        }
        Err(Failure::saying("no name is free"))
    }
}

impl Before {
    fn verifying(&self) -> &VerifyingKey {
        match self {
            Self::There(key) => key.verifying(),
            Self::Lost(key) => key,
        }
    }

    /// Names a new key behind a checkpoint.
    fn name(&self, next: &mut SigningKey, last: &Checkpoint) -> Result<(), Failure> {
        match self {
            Self::There(key) => key.give_up(next, last).map_err(Failure::because)?,
            Self::Lost(key) => next.replace_lost(key, last).map_err(Failure::because)?,
        }
        // Whatever was wrong with it would be found when the log is signed by it already.
        let read = next.verifying().file().parse::<VerifyingKey>().map_err(Failure::because)?;
        if read == *next.verifying() {
            Ok(())
        } else {
            Err(Failure::saying("the new key cannot be read again"))
        }
    }
}

async fn renew(store: &Store, place: &Place, command: &RenewKey) -> Result<(), Failure> {
    let note = last(store).await?;
    let begun = exists(&place.next)?.then(|| log_key::read_with_pkcs8(&place.next)).transpose()?;
    // A run that was broken off after the new key had signed is ended.
    if let Some((next, _)) = &begun {
        match next.verifying().open(&note) {
            Ok(_) => return put_in_place(place, next),
            Err(NoteError::Unsigned) => {}
            Err(error) => return Err(log_key::damaged("last", &error)),
        }
    }
    let before = before(place, command, &note)?;
    log_key::knows_all(store, before.verifying()).await?;
    // Of a run that had not come so far the key is taken: of each key that is given up there is one successor.
    let name = before.verifying().name();
    let (mut next, pkcs8) = match begun.filter(|(next, _)| next.verifying().name() == name) {
        Some(begun) => begun,
        None => log_key::generate(name.clone())?,
    };
    for _ in 0..TRIES {
        let note = last(store).await?;
        let signed = match log_key::standing(&note, before.verifying()) {
            Standing::OfThisLog(signed) => signed,
            Standing::OfAnother => {
                return Err(Failure::saying(
                    "another key has signed the log meanwhile: was it renewed on another machine, too?",
                ));
            }
            Standing::Damaged(error) => return Err(log_key::damaged("last", &error)),
        };
        before.name(&mut next, &signed)?;
        write_next(place, &next, &pkcs8)?;
        match store.sign_log_by_next_key(&next, Instant::now()).await {
            Ok(done) if done.checkpoint.is_some() => return put_in_place(place, &next),
            // A server was faster, by a step or by a checkpoint: once more, behind that.
            Ok(_) | Err(SequenceError::Key(_)) => {}
            // Whether it has signed is not known: the next run sees it.
            Err(error) => return Err(Failure::because(error)),
        }
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
    // One that is there and cannot be read is not lost.
    let found = exists(&place.key)?.then(|| log_key::read(&place.key)).transpose()?;
    let standing = |key: &VerifyingKey| log_key::standing(note, key);
    match (&command.lost, found) {
        (None, Some(key)) => match standing(key.verifying()) {
            Standing::OfThisLog(_) => Ok(Before::There(Box::new(key))),
            Standing::OfAnother => {
                Err(Failure::saying(format!("{path} is not the key that has signed this log last")))
            }
            Standing::Damaged(error) => Err(log_key::damaged("last", &error)),
        },
        (None, None) => Err(Failure::saying(format!(
            "{path} is missing. Is --data-folder another one, is the key on another server or in the backup? Only where it is \
             lost for good: --lost access-log.vkey, which says for ever that nobody but the operator names the next key"
        ))),
        (Some(_), Some(key)) if matches!(standing(key.verifying()), Standing::OfThisLog(_)) => {
            Err(Failure::saying(format!(
                "{path} is the key of this log, and not lost: leave out --lost, so that it signs which one comes after it"
            )))
        }
        (Some(lost), _) => match standing(lost) {
            Standing::OfThisLog(_) => Ok(Before::Lost(lost.clone())),
            Standing::OfAnother => {
                Err(Failure::saying("--lost: that is not the key that has signed this log last"))
            }
            Standing::Damaged(error) => Err(log_key::damaged("last", &error)),
        },
    }
}

/// The new key is on disk, whole, under its name, and belongs to whom the old one or its folder belongs.
fn write_next(place: &Place, next: &SigningKey, pkcs8: &[u8]) -> Result<(), Failure> {
    let part = place.free("part")?;
    log_key::write(&part, next, pkcs8)?;
    give_to_owner(place, &part)?;
    rename(&part, &place.next)?;
    sync(&place.folder)
}

/// Whoever runs the server must be able to read and write what the operator makes as somebody else.
fn give_to_owner(place: &Place, file: &Path) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let given = fs::metadata(&place.key).or_else(|_| fs::metadata(&place.folder)).and_then(|owner| {
            let own = fs::metadata(file)?;
            if (own.uid(), own.gid()) == (owner.uid(), owner.gid()) {
                return Ok(());
            }
            chown(file, Some(owner.uid()), Some(owner.gid()))
        });
        given.with_context(|| format!("cannot give {} to its owner", file.display()))?;
    }
    Ok(())
}

/// The new key takes the place of the old one, which stays beside it under another name.
fn put_in_place(place: &Place, next: &SigningKey) -> Result<(), Failure> {
    let mut kept = None;
    if exists(&place.key)? {
        let aside = place.free("old")?;
        rename(&place.key, &aside)?;
        kept = Some(aside);
    }
    rename(&place.next, &place.key)?;
    sync(&place.folder)?;
    let public = place.folder.join(log_key::PUBLIC_FILE);
    log_key::publish(&public, next);
    if !fs::read_to_string(&public).is_ok_and(|text| text == next.verifying().file()) {
        return Err(Failure::saying(format!(
            "the key is renewed, but {} could not be written: start the server, which writes it",
            public.display()
        )));
    }
    give_to_owner(place, &public)?;
    let mut text =
        format!("{}: the new key; copies belong where those of the old one are\n", place.key.display());
    if let Some(kept) = kept {
        text += &format!("{}: what stood there before, and signs nothing any more\n", kept.display());
    }
    text += &format!("{}: to be published\n\n{}", public.display(), next.verifying().file());
    print(&text)
}

fn exists(path: &Path) -> Result<bool, Failure> {
    Ok(path.try_exists().with_context(|| format!("{} cannot be read", path.display()))?)
}

fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    Ok(fs::rename(from, to).with_context(|| format!("cannot move {} to {}", from.display(), to.display()))?)
}

/// Puts the names in a folder on disk.
fn sync(folder: &Path) -> Result<(), Failure> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(synced.with_context(|| format!("cannot put {} on disk", folder.display()))?)
}
