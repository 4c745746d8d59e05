//! Whether the file beside the database is still the one that was opened. What is written to a file that somebody has removed
//! or replaced is gone when the server ends, and nobody is told: then nothing is written, and nothing shown.

use std::fs;
use std::path::{Path, PathBuf};

use diesel::SqliteConnection;

use super::beside::paths;
use crate::StoreError;

/// The file that was opened, and where it stood.
pub(crate) struct BesidePlace {
    path: PathBuf,
    opened: Identity,
}

/// What tells a file from another one at the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    number: u64,
}

impl BesidePlace {
    /// The file that this connection has just attached.
    pub(super) fn of(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let (path, _) = paths(connection)?;
        let opened = Identity::of(Path::new(&path));
        let opened = opened.map_err(|error| StoreError::Away(format!("{path}: {error}")))?;
        Ok(Self { path: path.into(), opened })
    }

    /// What is wrong with the file, in words for an operator; nothing where it is in its place.
    pub(crate) fn fault(&self) -> Option<String> {
        let what = match Identity::of(&self.path) {
            Ok(found) if found == self.opened => return None,
            Ok(_) => "was replaced by another file",
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => "is gone from its place",
            Err(error) => return Some(format!("{}: {error}", self.path.display())),
        };
        Some(format!(
            "{} {what} under the running server: put the file itself back, or a copy of what /proc/PID/fd has open still and start \
             the server anew; see docs/guides/operating.md",
            self.path.display()
        ))
    }
}

impl Identity {
    #[cfg(unix)]
    fn of(path: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(path)?;
        Ok(Self { device: found.dev(), number: found.ino() })
    }

    /// That it is there is all that is known.
    #[cfg(not(unix))]
    fn of(path: &Path) -> std::io::Result<Self> {
        fs::metadata(path).map(|_| Self { device: 0, number: 0 })
    }
}
