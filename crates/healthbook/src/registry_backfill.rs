//! `healthbook registry backfill`: takes over everybody whom the registry knows, and tells how far it is.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use health_book::registry::{self, BackfillError, BackfillSettings, Progress};

use crate::command_log::logged;
use crate::configuration::{Configuration, DatabaseFlags};
use crate::failure::{Failure, print};
use crate::{person, registry as connection};

/// Between two lines of progress.
const LINE: Duration = Duration::from_secs(2);

/// `healthbook registry backfill`
#[derive(Debug, Args)]
pub struct BackfillCommand {
    /// The population registry [default: that of the configuration]
    #[arg(long, value_name = "URL")]
    pub registry: Option<String>,
    /// People whom this process asks for in a second at most
    #[arg(long, value_name = "NUMBER", default_value = "2000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub people_per_second: u32,
    /// Look at everybody again, also at those who were taken over, and do again what follows (guardians, deaths, merges);
    /// what stands in the book stays
    #[arg(long)]
    pub again: bool,
    /// Only tell how far it is
    #[arg(long, conflicts_with = "again")]
    pub progress: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// Runs the command.
pub async fn run(configuration: Configuration, command: BackfillCommand) -> Result<(), Failure> {
    let adapter = connection::adapter(&configuration)?;
    let book = person::open(&configuration).await?;
    let store = book.service().store();
    let done = async {
        if command.progress {
            return match registry::progress(store).await.map_err(failed)? {
                Some(progress) => print(&line(progress, None)),
                None => print("nothing is taken over yet\n"),
            };
        }
        let adapter =
            adapter.ok_or_else(|| Failure::saying("no registry is named: --registry URL".to_owned()))?;
        let work = async {
            let BackfillCommand { people_per_second, again, .. } = command;
            let settings = BackfillSettings { people_per_second, again };
            let teller = Teller::default();
            let report = |progress| teller.tell(progress);
            registry::backfill(&book, &adapter, settings, &report).await.map_err(failed)
        };
        let all = logged(store, "registry backfill", work).await?;
        print(&format!("{}done\n", line(all, None)))
    };
    let done = done.await;
    store.close().await;
    done
}

fn failed(error: BackfillError) -> Failure {
    match error {
        BackfillError::Book(problem) => person::refused(problem),
        BackfillError::Registry(error) => Failure::saying(format!("the registry: {error}")),
    }
}

/// Tells the progress now and then, with the rate since the first time.
#[derive(Default)]
struct Teller(Mutex<Option<Told>>);

struct Told {
    begin: Instant,
    people: u64,
    last: Instant,
}

impl Teller {
    fn tell(&self, progress: Progress) {
        let mut told = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        let told = told.get_or_insert(Told { begin: now, people: progress.people, last: now });
        if now.duration_since(told.last) < LINE && now != told.begin {
            return;
        }
        told.last = now;
        let seconds = now.duration_since(told.begin).as_secs_f64();
        let came = progress.people.saturating_sub(told.people) as f64;
        let rate = (seconds > 0.0 && came > 0.0).then(|| came / seconds);
        // Who closes our output wants no progress.
        let _ = print(&line(progress, rate));
    }
}

fn line(progress: Progress, rate: Option<f64>) -> String {
    let Progress { total, people, written, parked, parts, parts_done } = progress;
    let left = total.saturating_sub(people);
    let share = if total == 0 { 100.0 } else { people.min(total) as f64 * 100.0 / total as f64 };
    let pace = rate
        .filter(|rate| *rate > 0.0)
        .map(|rate| format!(", {rate:.0} a second, {:.0} s remain", left as f64 / rate));
    format!(
        "{people} of {total} people ({share:.1} %), {written} written, {parked} parked, \
         parts: {parts_done} of {parts} taken over{}\n",
        pace.unwrap_or_default()
    )
}
