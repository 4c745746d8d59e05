//! PostgreSQL servers for tests.

mod instance;
mod programs;
mod shared;

use std::io::Write as _;
use std::process::Child;
use std::sync::{Once, OnceLock};
use std::time::Duration;

use ::postgres::{Config, NoTls};

use crate::process;
use crate::temporary_directory::TemporaryDirectory;
use programs::{Account, Programs};

/// Names a server to use instead of starting one.
const URL_VARIABLE: &str = "HEALTHBOOK_TEST_POSTGRES";

/// Whether a server waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// No fsync: for all tests that do not ask what survives a crash.
    Off,
    /// As in production.
    On,
}

/// A PostgreSQL server: the one that all tests share, or one of a test's own.
///
/// It listens on the loopback interface and trusts whoever connects, as long as it lives: start tests on a machine
/// that you share with strangers only with `HEALTHBOOK_TEST_POSTGRES`.
#[derive(Debug)]
pub struct TemporaryPostgres {
    url: String,
    own: Option<OwnServer>,
}

/// What belongs to a server that one test started for itself.
#[derive(Debug)]
struct OwnServer {
    child: Child,
    account: Account,
    durability: Durability,
    directory: TemporaryDirectory,
}

impl TemporaryPostgres {
    /// The server of this test run: the one that `HEALTHBOOK_TEST_POSTGRES` names, or the one that this or another
    /// test process has started. `None`, after one line on standard error, where there is neither.
    ///
    /// # Panics
    /// Where there is neither under `CI=true`, and when the server does not start.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<TemporaryPostgres>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            if let Some(url) = given_url() {
                return Some(Self { url, own: None });
            }
            let port = shared::join_or_start(&Programs::find()?);
            Some(Self { url: instance::url(port), own: None })
        });
        if shared.is_none() {
            report_missing();
        }
        shared.as_ref()
    }

    /// A server of the caller's own, for tests that stop it, crash it or need it to wait for the disk. `None`, after
    /// one line on standard error, without server programs.
    ///
    /// # Panics
    /// As [`Self::shared`].
    pub fn start(durability: Durability) -> Option<Self> {
        let Some(programs) = Programs::find() else {
            report_missing();
            return None;
        };
        let account = Account::choose();
        let directory = TemporaryDirectory::new();
        instance::prepare(directory.path(), account, 1);
        instance::initialise(&programs, account, directory.path());
        let (child, port) = instance::start(&programs, account, directory.path(), durability);
        let own = OwnServer { child, account, durability, directory };
        Some(Self { url: instance::url(port), own: Some(own) })
    }

    /// The URL of the administrator's database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server without a checkpoint, as a crash does.
    ///
    /// # Panics
    /// On the shared server, which others use.
    pub fn crash(&mut self) {
        let own = self.own.as_mut().expect("only a server of the test's own may be crashed");
        own.stop();
    }

    /// Starts a crashed server again, on a new port: ask for the [`Self::url`] again.
    ///
    /// # Panics
    /// On the shared server, and when the server does not start.
    pub fn start_again(&mut self) {
        let own = self.own.as_mut().expect("only a server of the test's own may be started again");
        let programs = Programs::find().expect("the server programs were there a moment ago");
        let (child, port) = instance::start(&programs, own.account, own.directory.path(), own.durability);
        own.child = child;
        self.url = instance::url(port);
    }
}

impl OwnServer {
    fn stop(&mut self) {
        process::signal(self.child.id(), "QUIT");
        let _ = self.child.wait();
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

fn given_url() -> Option<String> {
    std::env::var(URL_VARIABLE).ok().filter(|url| !url.is_empty())
}

/// Says once per process that PostgreSQL is missing; on a build machine that is a failure, lest the tests on
/// PostgreSQL be skipped unseen.
fn report_missing() {
    static SAID: Once = Once::new();
    let text = format!(
        "healthbook tests: no PostgreSQL here (initdb and postgres not found, {URL_VARIABLE} not set); its tests are skipped"
    );
    let is_continuous_integration = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!is_continuous_integration || given_url().is_some(), "{text}, which CI=true does not allow");
    // Not eprintln: the test runner would keep that to itself.
    SAID.call_once(|| {
        let _ = writeln!(std::io::stderr(), "{text}");
    });
}

/// Runs statements on the server behind a URL. The connection is not encrypted.
pub(crate) fn execute(url: &str, sql: &str) -> Result<(), ::postgres::Error> {
    process::off_runtime(|| connect(url)?.batch_execute(sql))
}

/// Runs one statement and gives the first column of its first row, as text.
pub(crate) fn first_value(url: &str, sql: &str) -> Result<Option<String>, ::postgres::Error> {
    process::off_runtime(|| {
        let messages = connect(url)?.simple_query(sql)?;
        Ok(messages.iter().find_map(|message| match message {
            ::postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    })
}

fn connect(url: &str) -> Result<::postgres::Client, ::postgres::Error> {
    let mut config: Config = url.parse()?;
    config.connect_timeout(Duration::from_secs(10)).connect(NoTls)
}
