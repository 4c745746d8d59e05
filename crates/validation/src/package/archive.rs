//! Reading a `.tgz` of unknown origin, in memory and within limits. Paths are names here, nothing else.

use std::cell::Cell;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::PackageError;
use super::pack::file_name;

/// Most bytes that may come out of an archive.
const UNPACKED: u64 = 256 << 20;
/// Most entries of an archive.
const ENTRIES: usize = 20_000;

/// What stands in the folder `package` of an archive.
pub(super) struct Unpacked {
    /// The JSON files by name, sorted. A name has no folder.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// Files that are not looked at.
    pub(super) others: usize,
}

/// Reads an archive.
pub(super) fn unpack(bytes: &[u8]) -> Result<Unpacked, PackageError> {
    unpack_within(bytes, UNPACKED, ENTRIES)
}

fn unpack_within(bytes: &[u8], unpacked: u64, entries: usize) -> Result<Unpacked, PackageError> {
    let left = Cell::new(unpacked);
    let limited = Limited { inner: MultiGzDecoder::new(bytes), left: &left };
    let mut archive = Archive::new(limited);
    let broken = |error: &io::Error| {
        // The reader of archives wraps errors in its own, so it is the counter that tells.
        PackageError::Format(if left.get() == 0 {
            format!("it unpacks to more than {} MiB", unpacked >> 20)
        } else {
            match error.kind() {
                io::ErrorKind::UnexpectedEof => "the archive is cut off".to_owned(),
                _ => "it is not a gzip-compressed tar archive, or a damaged one".to_owned(),
            }
        })
    };
    let (mut files, mut others, mut count) = (Vec::new(), 0, 0_usize);
    for entry in archive.entries().map_err(|error| broken(&error))? {
        let entry = entry.map_err(|error| broken(&error))?;
        count += 1;
        if count > entries {
            return Err(PackageError::Format(format!("it has more than {entries} files")));
        }
        let name = std::str::from_utf8(&entry.path_bytes()).ok().and_then(file_name).map(str::to_owned);
        match (entry.header().entry_type(), name) {
            (EntryType::Regular, Some(name)) => {
                let mut content = Vec::new();
                let read = entry.take(unpacked.saturating_add(1)).read_to_end(&mut content);
                read.map_err(|error| broken(&error))?;
                files.push((name, content));
            }
            (EntryType::Directory | EntryType::XGlobalHeader, _) => {}
            _ => others += 1,
        }
    }
    // What follows the end mark of the archive belongs to the checksum.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(|error| broken(&error))?;
    files.sort();
    if let Some(twice) = files.windows(2).find_map(|pair| match pair {
        [(one, _), (other, _)] if one == other => Some(one),
        _ => None,
    }) {
        return Err(PackageError::Format(format!("package/{twice} is there twice")));
    }
    Ok(Unpacked { files, others })
}

/// A reader that fails when more than so many bytes come out.
struct Limited<'a, R> {
    inner: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(u64::try_from(count).unwrap_or(u64::MAX));
        self.left.set(left.unwrap_or(0));
        if left.is_none() {
            return Err(io::Error::other("too much"));
        }
        Ok(count)
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
