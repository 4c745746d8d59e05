//! A directory that goes when its owner goes.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A fresh directory under the system's temporary directory, readable by this user only, removed on drop.
#[derive(Debug)]
pub struct TemporaryDirectory {
    path: PathBuf,
}

impl TemporaryDirectory {
    /// Makes one.
    ///
    /// # Panics
    /// When the temporary directory cannot be written to.
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("healthbook-test-{}", unique_name('-')));
        DirBuilder::new().mode(0o700).create(&path).unwrap_or_else(|error| {
            panic!("cannot make the temporary directory {}: {error}", path.display())
        });
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for TemporaryDirectory {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // A server that is just dying may still write into it; what stays behind is only litter.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A name that no other call in this or another process on this machine gets.
pub(crate) fn unique_name(separator: char) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.subsec_nanos());
    format!("{}{separator}{nanos:x}{separator}{count}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_with_its_owner_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let directory = TemporaryDirectory::new();
        let path = directory.path().to_owned();
        fs::write(path.join("file"), "content").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn names_differ() {
        assert_ne!(unique_name('-'), unique_name('-'));
    }
}
