//! Loading one file.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use access::Caller;
use exchange::check_up::Format;
use health_book::HealthBook;
use interactions::{Service, import_bundle, import_resources};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::check_up;
use super::journal::Journal;
use super::lines::{Batch, LineReader, Todo};
use super::peek::peek;
use super::remote::Remote;
use super::report::{Counts, Failed, Place};
use super::source::{Kind, Source};
use super::unpack;
use crate::cli::Import;
use crate::progress::Progress;

/// KiB of unpacked text that may be on their way into the database at one time; a larger document goes alone.
const BUDGET_KIB: u32 = 16 << 10;

/// What is looked at to tell a Bundle from a single resource.
const HEAD: usize = 4_096;

/// Who imports.
pub(super) const CALLER: Caller = Caller::Background { job: "import" };

/// What came of a file.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Resources that are in the database now.
    pub counts: Counts,
    /// What is not.
    pub failed: Vec<Failed>,
    /// Whether another pass counts all of the file again, and not only what had failed.
    pub again_counts_all: bool,
}

impl Loaded {
    /// A file that failed as a whole.
    pub(super) fn only(failed: Failed) -> Self {
        Self { failed: vec![failed], ..Self::default() }
    }
}

/// Where files go.
pub enum Target {
    /// Into the database of this process.
    Database(HealthBook),
    /// To another server, which takes messages of check-ups.
    Server(Remote),
}

/// Loads files.
pub struct Loader {
    target: Target,
    journal: Mutex<Journal>,
    progress: Arc<Progress>,
    largest: usize,
    budget: Arc<Semaphore>,
    /// One file is unpacked at a time: how large a document is, and so whether there is room for it, is known
    /// only afterwards.
    unpacking: Arc<tokio::sync::Mutex<()>>,
}

impl Loader {
    /// A loader for all files of an import.
    pub fn new(target: Target, journal: Journal, progress: Arc<Progress>, command: &Import) -> Self {
        Self {
            target,
            journal: Mutex::new(journal),
            progress,
            largest: command.largest.get().saturating_mul(1 << 20),
            budget: Arc::new(Semaphore::new(usize::try_from(BUDGET_KIB).unwrap_or(usize::MAX))),
            unpacking: Arc::default(),
        }
    }

    /// Whether an earlier import has finished a file.
    pub fn is_finished(&self, source: &Source) -> bool {
        self.with_journal(|journal| journal.is_finished(source))
    }

    /// Some bytes of files and some resources are done.
    pub fn progress(&self, bytes: u64, resources: u64) {
        self.progress.advance(bytes, resources);
    }

    /// Loads a file. `first` says that it is the first pass over it, which fills the bar.
    pub async fn load(&self, source: &Source, first: bool) -> Loaded {
        let path = source.path.clone();
        let message = tokio::task::spawn_blocking(move || unpack::message(&path)).await;
        let message = match message.map_err(io::Error::other).flatten() {
            Ok(message) => message,
            Err(error) => return Loaded::only(unreadable(&source.path, Place::Whole, &error)),
        };
        let loaded = match source.kind {
            Kind::Document => {
                let loaded = message.scope(self.load_document(&source.path)).await;
                self.progress(if first { source.size } else { 0 }, loaded.counts.sum());
                loaded
            }
            Kind::Lines => match &self.target {
                Target::Database(book) => message.scope(self.load_lines(book.service(), source, first)).await,
                Target::Server(_) => Loaded::only(no_message(&source.path)),
            },
        };
        if loaded.failed.is_empty() {
            self.with_journal(|journal| journal.finish(source));
        }
        loaded
    }

    async fn load_document(&self, path: &Path) -> Loaded {
        let (text, _room) = match self.read_document(path).await {
            Ok(read) => read,
            Err(failed) => return Loaded::only(failed),
        };
        let head = text.get(..HEAD).unwrap_or(&text);
        let is_message = check_up::is_message(head);
        let book = match &self.target {
            Target::Database(book) if is_message => return check_up::load(book, path, text).await,
            Target::Server(server) if is_message => {
                return server.send(path, Format::of(&text) == Format::Xml, text).await;
            }
            Target::Server(_) => return Loaded::only(no_message(path)),
            Target::Database(book) => book,
        };
        if peek(head).is_other_resource() {
            return load_single(book.service(), path, text).await;
        }
        match import_bundle(book.service(), &CALLER, text).await {
            Ok(outcome) => Loaded {
                counts: Counts::of(&outcome),
                failed: outcome
                    .failed
                    .iter()
                    .map(|(index, problem)| Failed::refused(path, Place::Entry(*index), problem))
                    .collect(),
                again_counts_all: true,
            },
            Err(problem) => Loaded::only(Failed::refused(path, Place::Whole, &problem)),
        }
    }

    /// Unpacks a document and waits until there is room for it.
    async fn read_document(&self, path: &Path) -> Result<(Vec<u8>, OwnedSemaphorePermit), Failed> {
        let turn = Arc::clone(&self.unpacking).lock_owned().await;
        let (file, largest) = (path.to_owned(), self.largest);
        let read = tokio::task::spawn_blocking(move || unpack::read_all(&file, largest)).await;
        let text = match read.map_err(io::Error::other).flatten() {
            Ok(Some(text)) => text,
            Ok(None) => {
                let text = format!("it unpacks to more than {} MiB (--largest)", self.largest >> 20);
                return Err(Failed::of_file(path, Place::Whole, "file-too-large", text));
            }
            Err(error) => return Err(unreadable(path, Place::Whole, &error)),
        };
        let room = self.room(text.len()).await;
        drop(turn);
        Ok((text, room))
    }

    async fn load_lines(&self, service: &Service, source: &Source, first: bool) -> Loaded {
        let path = &source.path;
        let mut loaded = Loaded::default();
        let todo = Arc::new(self.with_journal(|journal| journal.todo(source)));
        let opened = match unpack::open(path) {
            Ok(opened) => opened,
            Err(error) => return Loaded::only(unreadable(path, Place::Whole, &error)),
        };
        let mut shown = 0;
        let mut reader = LineReader::new(opened.content, self.largest);
        // One batch after the other: of two lines about one resource the later one must win.
        loop {
            let (back, read) = self.read_batch(reader, &todo).await;
            let (batch, _room) = match read {
                Ok(read) => read,
                Err(error) => {
                    loaded.failed.push(unreadable(path, Place::Whole, &error));
                    return loaded;
                }
            };
            let last = batch.last;
            let before = loaded.counts.sum();
            self.load_batch(service, source, batch, &todo, &mut loaded).await;
            let read = opened.read.load(Ordering::Relaxed).min(source.size);
            self.progress(if first { read - shown } else { 0 }, loaded.counts.sum() - before);
            shown = read;
            match back {
                Some(back) if !last => reader = back,
                _ => return loaded,
            }
        }
    }

    async fn read_batch(
        &self,
        mut reader: LineReader,
        todo: &Arc<Todo>,
    ) -> (Option<LineReader>, io::Result<(Batch, OwnedSemaphorePermit)>) {
        let turn = Arc::clone(&self.unpacking).lock_owned().await;
        let todo = Arc::clone(todo);
        let read = tokio::task::spawn_blocking(move || {
            let batch = reader.next_batch(&todo);
            (reader, batch)
        });
        match read.await {
            Err(error) => (None, Err(io::Error::other(error))),
            Ok((reader, Err(error))) => (Some(reader), Err(error)),
            Ok((reader, Ok(batch))) => {
                let room = self.room(batch.bytes()).await;
                drop(turn);
                (Some(reader), Ok((batch, room)))
            }
        }
    }

    /// Loads the lines of a batch and notes in the journal how far the file is.
    async fn load_batch(
        &self,
        service: &Service,
        source: &Source,
        batch: Batch,
        todo: &Todo,
        loaded: &mut Loaded,
    ) {
        let path = &source.path;
        let (through, mut failed, mut mended) = (batch.through, batch.too_long, Vec::new());
        for line in &failed {
            let text = format!("it is longer than {} MiB (--largest)", self.largest >> 20);
            loaded.failed.push(Failed::of_file(path, Place::Line(*line), "line-too-long", text));
        }
        if !batch.lines.is_empty() {
            let mut unanswered: BTreeSet<u64> = batch.lines.iter().map(|(line, _)| *line).collect();
            for (line, result) in import_resources(service, &CALLER, batch.lines).await {
                unanswered.remove(&line);
                match result {
                    Ok(effect) => {
                        loaded.counts.count(effect);
                        if todo.failed.contains(&line) {
                            mended.push(line);
                        }
                    }
                    Err(problem) => {
                        failed.push(line);
                        loaded.failed.push(Failed::refused(path, Place::Line(line), &problem));
                    }
                }
            }
            // Happens only when something broke; what nobody vouches for is not loaded.
            for line in unanswered {
                failed.push(line);
                loaded.failed.push(Failed::of_file(
                    path,
                    Place::Line(line),
                    "internal",
                    "nothing is known of this line",
                ));
            }
        }
        // Nothing new to note when lines were only passed over.
        if through > todo.through || !failed.is_empty() || !mended.is_empty() {
            self.with_journal(|journal| journal.advance(source, through, failed, mended));
        }
    }

    /// Waits until there is room for so many bytes.
    async fn room(&self, bytes: usize) -> OwnedSemaphorePermit {
        let wanted = u32::try_from(bytes / 1_024).unwrap_or(u32::MAX).clamp(1, BUDGET_KIB);
        loop {
            // The semaphore is never closed, so this succeeds at once.
            if let Ok(room) = Arc::clone(&self.budget).acquire_many_owned(wanted).await {
                return room;
            }
            tokio::task::yield_now().await;
        }
    }

    fn with_journal<T>(&self, work: impl FnOnce(&mut Journal) -> T) -> T {
        // Another thread that panicked leaves the journal in order: it is written line by line.
        work(&mut self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn load_single(service: &Service, path: &Path, text: Vec<u8>) -> Loaded {
    let mut loaded = Loaded::default();
    for (_, result) in import_resources(service, &CALLER, vec![(1, text)]).await {
        match result {
            Ok(effect) => loaded.counts.count(effect),
            Err(problem) => loaded.failed.push(Failed::refused(path, Place::Whole, &problem)),
        }
    }
    loaded
}

/// Another server takes nothing else.
fn no_message(path: &Path) -> Failed {
    let text = "only messages of check-ups are sent to another server";
    Failed::of_file(path, Place::Whole, "no-message", text)
}

fn unreadable(path: &Path, place: Place, error: &io::Error) -> Failed {
    Failed::of_file(path, place, "file-unreadable", format!("it cannot be read: {error}"))
}
