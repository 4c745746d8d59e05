//! How the program ends when something goes wrong: one line on stderr and an exit code.

use std::io::Write as _;
use std::process::ExitCode;

/// Why a command ended without success.
#[derive(Debug)]
pub enum Failure {
    /// Used or configured wrongly: exit code 2.
    Usage(anyhow::Error),
    /// It did not work: exit code 1.
    Failed(anyhow::Error),
    /// It did not work, and the command has said why already: exit code 1.
    Reported,
    /// Nothing is wrong, but something was not shown, and the command has said what already: exit code 3.
    NotShown,
}

impl Failure {
    /// Used or configured wrongly.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::Usage(error.into())
    }

    /// It did not work because of an error.
    pub fn because(error: impl Into<anyhow::Error>) -> Self {
        Self::Failed(error.into())
    }

    /// It did not work; the text says why.
    pub fn saying(text: impl Into<String>) -> Self {
        Self::Failed(anyhow::Error::msg(text.into()))
    }

    /// Tells the user, and gives the exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Usage(error) => {
                say(error);
                ExitCode::from(2)
            }
            Self::Failed(error) => {
                say(error);
                ExitCode::FAILURE
            }
            Self::Reported => ExitCode::FAILURE,
            Self::NotShown => ExitCode::from(3),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<record_store::StoreError> for Failure {
    fn from(error: record_store::StoreError) -> Self {
        Self::because(error)
    }
}

/// `error: what: because of this: because of that`
fn say(error: &anyhow::Error) {
    let line = format!("error: {error:#}").replace(['\n', '\r'], " ");
    // Nothing is left to tell when stderr is gone.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints to stdout. A reader that went away, as `head` does, is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::because(error)),
        _ => Ok(()),
    }
}
