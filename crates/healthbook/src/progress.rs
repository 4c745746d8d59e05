//! How far a long job is: a bar on a terminal, else a line every few seconds.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(3);

/// Where lines go when there is no terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// To stderr as they are.
    Plain,
    /// Into the log: for the server, all of whose lines on stderr are the log's.
    Log,
}

/// How far a job is.
pub struct Progress {
    label: &'static str,
    total: u64,
    started: Instant,
    bar: Option<ProgressBar>,
    lines: Lines,
    state: Mutex<State>,
}

struct State {
    done: u64,
    resources: u64,
    said: Instant,
}

impl Progress {
    /// A job of `total` units of any kind; they give the share that is done.
    pub fn new(label: &'static str, total: u64, lines: Lines) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(label, total));
        let started = Instant::now();
        let state = Mutex::new(State { done: 0, resources: 0, said: started });
        Self { label, total, started, bar, lines, state }
    }

    /// Some more units and resources are done.
    pub fn advance(&self, done: u64, resources: u64) {
        // A poisoned lock means that another thread panicked; the numbers in it are still good.
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.done += done;
        state.resources += resources;
        let per_second = per_second(state.resources, self.started.elapsed());
        if let Some(bar) = &self.bar {
            bar.set_position(state.done.min(self.total));
            bar.set_message(format!("{} resources, {}/s", grouped(state.resources), grouped(per_second)));
        } else if state.said.elapsed() >= BETWEEN_LINES {
            state.said = Instant::now();
            self.say(&state, per_second);
        }
    }

    /// The job is over; the bar goes away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn say(&self, state: &State, per_second: u64) {
        let percent = percent(state.done, self.total);
        let left = seconds_left(state.done, self.total, self.started.elapsed());
        match self.lines {
            Lines::Plain => {
                let line = format!(
                    "{}: {percent} %, {} resources, {}/s, {left} s left",
                    self.label,
                    grouped(state.resources),
                    grouped(per_second)
                );
                // The job goes on when nobody listens.
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            Lines::Log => {
                tracing::info!(
                    percent,
                    resources = state.resources,
                    per_second,
                    seconds_left = left,
                    "{}",
                    self.label
                );
            }
        }
    }
}

fn bar(label: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total).with_prefix(label);
    if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {percent:>3} %  {msg}  {eta} left") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn percent(done: u64, total: u64) -> u64 {
    done.saturating_mul(100).checked_div(total).unwrap_or(100).min(100)
}

fn seconds_left(done: u64, total: u64, elapsed: Duration) -> u64 {
    let rest = total.saturating_sub(done);
    let left = elapsed.as_millis().saturating_mul(u128::from(rest)) / u128::from(done.max(1)) / 1_000;
    u64::try_from(left).unwrap_or(u64::MAX)
}

/// A rate, rounded down.
pub fn per_second(count: u64, elapsed: Duration) -> u64 {
    let rate = u128::from(count) * 1_000 / elapsed.as_millis().max(1);
    u64::try_from(rate).unwrap_or(u64::MAX)
}

/// `1234567` as `1,234,567`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn shares_and_times_never_fail() {
        assert_eq!((percent(0, 0), percent(1, 3), percent(9, 3)), (100, 33, 100));
        assert_eq!(seconds_left(1, 3, Duration::from_secs(10)), 20);
        assert_eq!(seconds_left(0, 0, Duration::ZERO), 0);
        assert_eq!(per_second(10, Duration::ZERO), 10_000);
        assert_eq!(per_second(10, Duration::from_secs(4)), 2);
    }
}
