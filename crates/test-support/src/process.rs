//! Small things about processes that std does not offer without unsafe code: signals and life signs, by way of
//! the shell's own `kill`, which every POSIX system has.

use std::process::{Command, Stdio};

/// Sends a signal (`TERM`, `KILL`, `STOP`; or `0` to ask only); says whether the process was there.
pub(crate) fn signal(pid: u32, name: &str) -> bool {
    Command::new("sh")
        .args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &pid.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Asks the `id` program for a number: `["-u"]`, `["-g", "postgres"]`.
pub(crate) fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Runs blocking work on a thread of its own: a blocking client may not run on a thread of an async runtime,
/// and tests call from there.
pub(crate) fn off_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_life_and_death() {
        assert!(signal(std::process::id(), "0"));
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(signal(child.id(), "0"));
        assert!(signal(child.id(), "KILL"));
        child.wait().unwrap();
        assert!(!signal(child.id(), "0"));
    }

    #[test]
    fn knows_the_own_user() {
        assert!(id(&["-u"]).is_some());
        assert_eq!(id(&["-u", "no such user"]), None);
    }
}
