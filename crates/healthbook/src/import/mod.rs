//! `healthbook import`: loads files into the database of this process, or sends messages of check-ups to another server.
//!
//! Bundles, resources, and messages of check-ups. Files that others refer to come first: Bundles of type batch, then the rest, each group in the order of
//! its names. What refers to something that is not there yet waits for a pass of its own at the end. Several
//! files are loaded at one time, and the bytes in memory are bounded.

mod check_up;
mod journal;
mod lines;
mod load;
mod order;
mod peek;
mod remote;
mod report;
mod source;
mod unpack;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use health_book::{HealthBook, SharingSettings};
use interactions::ServiceSettings;
use record_store::Store;
use tokio::task::JoinSet;

use self::journal::Journal;
use self::load::{Loaded, Loader, Target};
use self::remote::Remote;
use self::report::{Counts, Failed, Place, Report};
use self::source::Source;
use crate::cli::Import;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::progress::{Lines, Progress};
use crate::shutdown::Signals;
use crate::{logging, opening};

/// Pause before a pass over what failed while the database was busy.
const PAUSE: Duration = Duration::from_millis(500);

/// Imports what the command names.
pub async fn run(configuration: Configuration, command: Import) -> Result<(), Failure> {
    logging::start(&configuration);
    let paths = command.paths.clone();
    let listing = tokio::task::spawn_blocking(move || source::collect(&paths));
    let sources = listing.await.map_err(Failure::because)??;
    let (result, store) = match &command.base_url {
        Some(base) => {
            let remote = Remote::new(base, &command)?;
            let name = digest(&SHA256, remote.base().as_bytes());
            let name = unpack::hexadecimal(name.as_ref().get(..16).unwrap_or_default());
            // A journal for each server.
            let folder = configuration.data_folder.join(format!("import-{name}"));
            opening::make_folder(&folder)?;
            let journal = Journal::open(&folder, &name, command.fresh);
            (import(Target::Server(remote), journal, sources, &command).await, None)
        }
        None => {
            let store = opening::open(&configuration).await?;
            let folder = opening::folder(&configuration);
            opening::make_folder(&folder)?;
            let journal = Journal::open(&folder, &identity(&store), command.fresh);
            let service = opening::service(store.clone(), ServiceSettings::default()).await?;
            let book = HealthBook::new(service, SharingSettings::default());
            (import(Target::Database(book), journal, sources, &command).await, Some(store))
        }
    };
    if let Some(store) = store {
        // What was imported is there, whether or not the database has looked at it.
        if let Err(error) = store.gather_statistics().await {
            tracing::warn!(error = %error, "the database has no statistics of what was imported yet");
        }
        store.close().await;
    }
    let (report, elapsed) = result?;
    print(&report.text(elapsed))?;
    if report.is_success() { Ok(()) } else { Err(Failure::Reported) }
}

async fn import(
    target: Target,
    journal: Journal,
    sources: Vec<Source>,
    command: &Import,
) -> Result<(Report, Duration), Failure> {
    let size = sources.iter().map(|source| source.size).sum();
    let progress = Arc::new(Progress::new("import", size, Lines::Plain));
    let loader = Loader::new(target, journal, Arc::clone(&progress), command);
    let jobs = command.jobs.map_or_else(default_jobs, std::num::NonZeroUsize::get);
    let mut import = Importing { loader: Arc::new(loader), jobs, report: Report::default(), stop: listen()? };
    import.report.files = u64::try_from(sources.len()).unwrap_or(u64::MAX);
    let todo = import.leave_out_finished(sources).await?;
    let (first, then) = order::order(todo, jobs).await?;
    let mut waiting = import.pass(first.into_iter().map(Waiting::new).collect()).await;
    waiting.extend(import.pass(then.into_iter().map(Waiting::new).collect()).await);
    // As long as a pass gets something done, another one may get more done.
    let mut before = usize::MAX;
    while !waiting.is_empty() && missing(&waiting) < before && !import.stopped() {
        before = missing(&waiting);
        tokio::time::sleep(PAUSE).await;
        waiting = import.pass(waiting.into()).await;
    }
    import.give_up(waiting);
    progress.finish();
    import.report.interrupted = import.stopped();
    Ok((import.report, progress.elapsed()))
}

fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get) + 1
}

/// What tells this database from any other; nothing of its key can be learnt from it.
fn identity(store: &Store) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, store.link_key()), b"healthbook import journal");
    unpack::hexadecimal(tag.as_ref().get(..16).unwrap_or_default())
}

/// The first signal asks to stop when the files at hand are loaded, the second ends the program.
fn listen() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut signals = Signals::listen()?;
    let asked = Arc::clone(&stop);
    tokio::spawn(async move {
        signals.next().await;
        asked.store(true, Ordering::Relaxed);
        signals.next().await;
        std::process::exit(1);
    });
    Ok(stop)
}

/// A file that is to be loaded, perhaps once more.
struct Waiting {
    source: Source,
    /// What the passes before loaded.
    counts: Counts,
    /// Why it waits.
    failed: Vec<Failed>,
}

impl Waiting {
    fn new(source: Source) -> Self {
        Self { source, counts: Counts::default(), failed: Vec::new() }
    }
}

fn missing(waiting: &[Waiting]) -> usize {
    waiting.iter().map(|file| file.failed.len()).sum()
}

struct Importing {
    loader: Arc<Loader>,
    jobs: usize,
    report: Report,
    stop: Arc<AtomicBool>,
}

impl Importing {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The files that no earlier import has finished.
    async fn leave_out_finished(&mut self, sources: Vec<Source>) -> Result<Vec<Source>, Failure> {
        let loader = Arc::clone(&self.loader);
        // Comparing by content reads files.
        let asking = tokio::task::spawn_blocking(move || -> (Vec<Source>, Vec<Source>) {
            sources.into_iter().partition(|source| loader.is_finished(source))
        });
        let (finished, todo) = asking.await.map_err(Failure::because)?;
        self.report.skipped = u64::try_from(finished.len()).unwrap_or(u64::MAX);
        for source in &finished {
            self.loader.progress(source.size, 0);
        }
        Ok(todo)
    }

    /// Loads files, several at one time, and gives back those that are worth another try.
    async fn pass(&mut self, mut files: VecDeque<Waiting>) -> Vec<Waiting> {
        let mut running = JoinSet::new();
        let mut waiting = Vec::new();
        loop {
            while running.len() < self.jobs
                && !self.stopped()
                && let Some(file) = files.pop_front()
            {
                let loader = Arc::clone(&self.loader);
                running.spawn(async move {
                    // A second pass over a file must not fill the bar a second time.
                    let first = file.failed.is_empty();
                    let loaded = loader.load(&file.source, first).await;
                    (file, loaded)
                });
            }
            match running.join_next().await {
                None => return waiting,
                Some(Ok((file, loaded))) => waiting.extend(self.settle(file, loaded)),
                Some(Err(error)) => {
                    // The place of a panic is in the log; the file is not known here.
                    let text = format!("an internal mistake, see the log: {error}");
                    self.report.fail(Failed::of_file("?".as_ref(), Place::Whole, "internal", text));
                }
            }
        }
    }

    /// Takes over what came of a file, or lets it wait.
    fn settle(&mut self, mut file: Waiting, loaded: Loaded) -> Option<Waiting> {
        file.counts = if loaded.again_counts_all {
            file.counts.then(loaded.counts)
        } else {
            let mut counts = file.counts;
            counts.add(loaded.counts);
            counts
        };
        if loaded.failed.iter().any(|failed| failed.again) {
            file.failed = loaded.failed;
            return Some(file);
        }
        self.report.counts.add(file.counts);
        loaded.failed.into_iter().for_each(|failed| self.report.fail(failed));
        None
    }

    /// Reports what no further pass could load.
    fn give_up(&mut self, waiting: Vec<Waiting>) {
        for file in waiting {
            self.report.counts.add(file.counts);
            file.failed.into_iter().for_each(|failed| self.report.fail(failed));
        }
    }
}
