//! What a child process says, kept line by line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::temporary_directory::unique_name;

/// Names a folder in which the output of every server stays, a file for each stream: for `tools/scan_output.py`.
const KEPT: &str = "HEALTHBOOK_TEST_OUTPUT";

/// The lines of both output streams, in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Log {
    /// Keeps reading a stream until it ends, so that the child never waits for a full pipe. `name` is that of the stream.
    pub(super) fn collect(&self, stream: impl Read + Send + 'static, name: &str) {
        let log = self.clone();
        let mut kept = kept_file(name);
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                if let Some(kept) = &mut kept {
                    let _ = kept.write_all(&line);
                }
                log.lines().push(String::from_utf8_lossy(&line).trim_end().to_owned());
                line.clear();
            }
        });
    }

    pub(super) fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last lines, for a message.
    pub(super) fn tail(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Base URLs that the lines name: those of lines about listening first, for a log may name other servers too.
    pub(super) fn base_urls(&self) -> Vec<String> {
        let lines = self.lines();
        let (listening, other): (Vec<&String>, Vec<&String>) =
            lines.iter().partition(|line| line.contains("listening"));
        let listening = listening.iter().filter_map(|line| base_url(line, "127.0.0.1:"));
        let other = other.iter().filter_map(|line| base_url(line, "http://127.0.0.1:"));
        listening.chain(other).collect()
    }
}

/// Keeps what a command has written to its log (stderr), where the output of tests is kept.
///
/// # Panics
/// When the folder cannot be written to.
pub fn keep_output(stderr: &[u8]) {
    if let Some(mut kept) = kept_file("err") {
        kept.write_all(stderr).expect("the output of a command is kept");
    }
}

fn kept_file(name: &str) -> Option<File> {
    let folder = std::env::var_os(KEPT)?;
    let file = Path::new(&folder).join(format!("{}.{name}", unique_name('-')));
    Some(File::create(&file).unwrap_or_else(|error| panic!("{KEPT}: {}: {error}", file.display())))
}

/// The first loopback address in a line.
fn base_url(line: &str, marker: &str) -> Option<String> {
    line.match_indices(marker).find_map(|(position, _)| {
        let port = &line[position + marker.len()..];
        let length = port.bytes().take_while(u8::is_ascii_digit).count();
        let port: u16 = port[..length].parse().ok()?;
        (port != 0).then(|| format!("http://127.0.0.1:{port}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_any_form_of_line() {
        let check = |lines: &[&str], expected: &[&str]| {
            let log = Log::default();
            log.lines().extend(lines.iter().map(|line| (*line).to_owned()));
            assert_eq!(log.base_urls(), expected, "{lines:?}");
        };
        let found = "http://127.0.0.1:4000";
        check(&[r#"{"message":"listening","address":"http://127.0.0.1:4000"}"#], &[found]);
        check(&[r#"{"message":"listening","address":"127.0.0.1:4000"}"#], &[found]);
        check(&["Open http://127.0.0.1:4000/fhir in a browser"], &[found]);
        check(
            &[
                "database 127.0.0.1:4000",
                "http://127.0.0.1:",
                "http://127.0.0.1:0/",
                "http://127.0.0.1:99999",
            ],
            &[],
        );
        check(
            &["registry http://127.0.0.1:1/", "listening on 127.0.0.1:4000"],
            &[found, "http://127.0.0.1:1"],
        );
    }
}
