//! What earlier imports have done, so that an import that was interrupted goes on where it stopped.
//!
//! A file of JSON lines that only grows. A line is written after the database has confirmed what it says, so
//! what the journal does not know is at worst loaded again, and that changes nothing. A line that was torn by
//! a crash is not readable and counts for nothing.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::lines::Todo;
use super::source::Source;
use super::unpack;

/// Name of the journal in the folder of the database.
pub const NAME: &str = ".healthbook-import";

/// A line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event {
    /// The first line: of which database the rest speaks.
    Database { database: String },
    /// A file is in the database, all of it.
    Finished { file: PathBuf, size: u64, modified: String, hash: String },
    /// The lines of an NDJSON file up to `through` are in the database, but for those that failed.
    Lines { file: PathBuf, size: u64, modified: String, through: u64, failed: Vec<u64>, mended: Vec<u64> },
}

/// Size and time of a file: when both are the same, the file is.
type Stamp = (u64, String);

fn stamp(source: &Source) -> Stamp {
    (source.size, source.modified.to_string())
}

fn name(source: &Source) -> PathBuf {
    source.path.canonicalize().unwrap_or_else(|_| source.path.clone())
}

/// What earlier imports into one database have done.
#[derive(Debug, Default)]
pub struct Journal {
    /// `None` when the journal cannot be written.
    file: Option<File>,
    finished: HashMap<PathBuf, Stamp>,
    contents: HashSet<(u64, String)>,
    lines: HashMap<PathBuf, (Stamp, Todo)>,
}

impl Journal {
    /// Opens the journal in a folder. `database` tells one database from another: when it is not the one the
    /// journal speaks of, or when `fresh` is asked for, the journal starts anew.
    pub fn open(folder: &Path, database: &str, fresh: bool) -> Self {
        let path = folder.join(NAME);
        let mut journal = Self::default();
        let mut known = false;
        let old = if fresh { String::new() } else { read(&path) };
        for (index, line) in old.lines().enumerate() {
            match serde_json::from_str(line) {
                Ok(Event::Database { database: name }) if index == 0 => known = name == database,
                Ok(event) if known => journal.take(event),
                _ => {}
            }
        }
        // A torn last line must not swallow the next one.
        let torn = !old.is_empty() && !old.ends_with('\n');
        match OpenOptions::new().create(true).append(known).truncate(!known).write(true).open(&path) {
            Ok(file) => journal.file = Some(file),
            Err(error) => {
                tracing::warn!(
                    folder = %folder.display(), error = %error,
                    "the journal of the import cannot be written: an interrupted import would start anew"
                );
            }
        }
        if !known {
            journal.put(&Event::Database { database: database.to_owned() });
        } else if torn {
            journal.write("\n");
        }
        journal
    }

    /// Whether a file is in the database. A file with another name or time is compared by its content.
    pub fn is_finished(&self, source: &Source) -> bool {
        if self.finished.get(&name(source)) == Some(&stamp(source)) {
            return true;
        }
        let same_size = self.contents.iter().any(|(size, _)| *size == source.size);
        same_size && unpack::hash(&source.path).is_ok_and(|hash| self.contents.contains(&(source.size, hash)))
    }

    /// Which lines of a file are still to be loaded.
    pub fn todo(&self, source: &Source) -> Todo {
        match self.lines.get(&name(source)) {
            Some((old, todo)) if *old == stamp(source) => todo.clone(),
            _ => Todo::default(),
        }
    }

    /// A file is in the database, all of it.
    pub fn finish(&mut self, source: &Source) {
        // A file that cannot be read any more is loaded again next time.
        if let Ok(hash) = unpack::hash(&source.path) {
            let (size, modified) = stamp(source);
            self.record(Event::Finished { file: name(source), size, modified, hash });
        }
    }

    /// Lines of a file are in the database; `failed` are those that are not, `mended` those that had failed
    /// before and are there now.
    pub fn advance(&mut self, source: &Source, through: u64, failed: Vec<u64>, mended: Vec<u64>) {
        let (size, modified) = stamp(source);
        self.record(Event::Lines { file: name(source), size, modified, through, failed, mended });
    }

    fn record(&mut self, event: Event) {
        self.put(&event);
        self.take(event);
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Database { .. } => {}
            Event::Finished { file, size, modified, hash } => {
                self.contents.insert((size, hash));
                self.lines.remove(&file);
                self.finished.insert(file, (size, modified));
            }
            Event::Lines { file, size, modified, through, failed, mended } => {
                let (old, todo) = self.lines.entry(file).or_default();
                let new = (size, modified);
                if *old != new {
                    (*old, *todo) = (new, Todo::default());
                }
                todo.through = todo.through.max(through);
                todo.failed.extend(failed);
                for line in mended {
                    todo.failed.remove(&line);
                }
            }
        }
    }

    fn put(&mut self, event: &Event) {
        if let Ok(line) = serde_json::to_string(event) {
            self.write(&format!("{line}\n"));
        }
    }

    /// Writes in one call, so that a crash tears at most the last line.
    fn write(&mut self, text: &str) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.write_all(text.as_bytes())
        {
            tracing::warn!(error = %error, "the journal of the import cannot be written any more");
            self.file = None;
        }
    }
}

/// The text of the journal. Bytes that are no text can come from a crash and spoil one line only.
fn read(path: &Path) -> String {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::import::source::collect;

    fn source(folder: &Path, name: &str, text: &str) -> Source {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        collect(&[path]).unwrap().remove(0)
    }

    #[test]
    fn what_is_done_is_known_again() {
        let folder = test_support::TemporaryDirectory::new();
        let folder = folder.path();
        let (done, other) = (source(folder, "a.json", "{}"), source(folder, "b.json", "[]"));
        Journal::open(folder, "d", false).finish(&done);
        let journal = Journal::open(folder, "d", false);
        assert!(journal.is_finished(&done) && !journal.is_finished(&other));
        // The same content under another name, and other content under the same name.
        assert!(journal.is_finished(&source(folder, "moved.json", "{}")));
        assert!(!journal.is_finished(&source(folder, "a.json", "{ }")));
    }

    #[test]
    fn another_database_and_a_fresh_start_know_nothing() {
        let folder = test_support::TemporaryDirectory::new();
        let folder = folder.path();
        let done = source(folder, "a.json", "{}");
        Journal::open(folder, "d", false).finish(&done);
        assert!(!Journal::open(folder, "e", false).is_finished(&done));
        assert!(!Journal::open(folder, "d", false).is_finished(&done));
        Journal::open(folder, "d", false).finish(&done);
        assert!(!Journal::open(folder, "d", true).is_finished(&done));
    }

    #[test]
    fn lines_go_on_where_they_stopped_and_failed_ones_come_again() {
        let folder = test_support::TemporaryDirectory::new();
        let folder = folder.path();
        let file = source(folder, "a.ndjson", "{}\n");
        let mut journal = Journal::open(folder, "d", false);
        assert_eq!(journal.todo(&file), Todo::default());
        journal.advance(&file, 500, vec![7, 9], Vec::new());
        journal.advance(&file, 1_000, vec![600], Vec::new());
        journal.advance(&file, 1_000, Vec::new(), vec![9]);
        drop(journal);
        let todo = Journal::open(folder, "d", false).todo(&file);
        assert_eq!(todo, Todo { through: 1_000, failed: BTreeSet::from([7, 600]) });
        let changed = source(folder, "a.ndjson", "{}\n{}\n");
        assert_eq!(Journal::open(folder, "d", false).todo(&changed), Todo::default());
    }

    #[test]
    fn a_torn_line_counts_for_nothing() {
        let folder = test_support::TemporaryDirectory::new();
        let folder = folder.path();
        let (first, second) = (source(folder, "a.json", "{}"), source(folder, "b.json", "[1]"));
        Journal::open(folder, "d", false).finish(&first);
        let path = folder.join(NAME);
        let mut text = std::fs::read(&path).unwrap();
        text.extend_from_slice(b"{\"event\":\"finished\",\"fi\xff");
        std::fs::write(&path, text).unwrap();
        Journal::open(folder, "d", false).finish(&second);
        let journal = Journal::open(folder, "d", false);
        assert!(journal.is_finished(&first) && journal.is_finished(&second));
    }

    #[test]
    fn without_a_place_to_write_an_import_still_works() {
        let folder = test_support::TemporaryDirectory::new();
        let file = source(folder.path(), "a.json", "{}");
        let mut journal = Journal::open(Path::new("/no/such/folder"), "d", false);
        journal.finish(&file);
        assert!(journal.is_finished(&file));
    }
}
