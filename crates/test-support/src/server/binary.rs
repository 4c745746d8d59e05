//! The `healthbook` program under test.
//!
//! In this order:
//! 1. `HEALTHBOOK_BIN`: taken as it is, for archives, containers and release builds.
//! 2. `CARGO_BIN_EXE_healthbook` or `NEXTEST_BIN_EXE_healthbook`, which the runners set for tests of the package of
//!    the binary: just built.
//! 3. `healthbook` in the target directory of the running test. `cargo test --workspace` builds it there along with
//!    the tests, because the package of the binary has an integration test of its own; `cargo test -p
//!    healthbook-tests` does not. So its list of sources (the `.d` file that cargo leaves beside it) is compared
//!    with its age, about a millisecond's work, and when it is missing or older than a source, one test process
//!    runs `cargo build -p healthbook --bin healthbook` in the same profile while the others wait at a lock. Cargo
//!    itself holds no lock while tests run.

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

const PROGRAM: &str = "healthbook";

/// The path of the program under test, built if need be.
///
/// # Panics
/// When it cannot be built.
pub fn healthbook_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let given = ["HEALTHBOOK_BIN", "CARGO_BIN_EXE_healthbook", "NEXTEST_BIN_EXE_healthbook"];
        match given.iter().find_map(env::var_os) {
            Some(path) => PathBuf::from(path),
            None => build_if_stale(&TargetDirectory::of_this_process()),
        }
    })
}

/// Where cargo put the running test.
#[derive(Debug, PartialEq, Eq)]
struct TargetDirectory {
    root: PathBuf,
    triple: Option<String>,
    profile: String,
}

impl TargetDirectory {
    fn of_this_process() -> Self {
        let test = env::current_exe().expect("the path of the running test is known");
        Self::of(&test, is_target_directory).unwrap_or_else(|| {
            panic!("{} is not in a target directory of cargo: set HEALTHBOOK_BIN", test.display())
        })
    }

    /// From `ROOT/[TRIPLE/]PROFILE/deps/TEST`.
    fn of(test: &Path, is_root: impl Fn(&Path) -> bool) -> Option<Self> {
        let profile = test.parent()?.parent()?;
        let parent = profile.parent()?;
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        let (root, triple) = if is_root(parent) {
            (parent, None)
        } else {
            (parent.parent().filter(|root| is_root(root))?, Some(name(parent)?))
        };
        Some(Self { root: root.to_owned(), triple, profile: name(profile)? })
    }

    fn file(&self, name: &str) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(&self.triple);
        path.join(&self.profile).join(name)
    }
}

/// Cargo marks a target directory as a cache only if it makes that directory itself; what it knows about the compiler
/// it writes into every one.
fn is_target_directory(directory: &Path) -> bool {
    ["CACHEDIR.TAG", ".rustc_info.json"].iter().any(|mark| directory.join(mark).is_file())
}

fn build_if_stale(target: &TargetDirectory) -> PathBuf {
    let binary = target.file(&format!("{PROGRAM}{}", env::consts::EXE_SUFFIX));
    let sources = target.file(&format!("{PROGRAM}.d"));
    if is_fresh(&binary, &sources) {
        return binary;
    }
    let lock = File::create(target.file("healthbook-test-build.lock")).expect("the target directory is ours");
    lock.lock().expect("a file of a local file system can be locked");
    // Another test process may have built it while this one waited.
    if !is_fresh(&binary, &sources) {
        build(target);
    }
    assert!(binary.is_file(), "cargo has built {PROGRAM}, but not as {}", binary.display());
    binary
}

/// Whether the binary is there and none of the sources that cargo lists for it is younger.
fn is_fresh(binary: &Path, sources: &Path) -> bool {
    let modified = |path: &Path| -> Option<SystemTime> { fs::metadata(path).ok()?.modified().ok() };
    let (Some(built), Ok(list)) = (modified(binary), fs::read_to_string(sources)) else {
        return false;
    };
    let Some((_, list)) = list.split_once(": ") else {
        return false;
    };
    // A space within a path is written as backslash and space.
    let list = list.trim_end().replace("\\ ", "\0");
    list.split(' ').map(|path| path.replace('\0', " ")).all(|path| {
        // A source that has gone is a change too.
        modified(Path::new(&path)).is_some_and(|changed| changed <= built)
    })
}

fn build(target: &TargetDirectory) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--quiet", "-p", PROGRAM, "--bin", PROGRAM]);
    // The directory of the profile dev is called debug; all others bear the profile's name.
    command.args(["--profile", if target.profile == "debug" { "dev" } else { &target.profile }]);
    command.arg("--target-dir").arg(&target.root);
    if let Some(triple) = &target.triple {
        command.args(["--target", triple]);
    }
    // What cargo tells the test about its package must not reach build scripts as if it were theirs.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "NEXTEST"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    // Not eprintln: the test runner would keep that to itself, and the wait can be long.
    let _ = writeln!(
        std::io::stderr(),
        "healthbook tests: {PROGRAM} is missing or older than its sources; building it"
    );
    let output = command.current_dir(workspace).stdin(Stdio::null()).output().expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo build -p {PROGRAM} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TemporaryDirectory;
    use std::time::Duration;

    #[test]
    fn the_target_directory_is_that_of_the_test() {
        let check = |test: &str, triple: Option<&str>, profile: &str, binary: &str| {
            let found = TargetDirectory::of(Path::new(test), |path| path == Path::new("/t")).unwrap();
            assert_eq!((found.triple.as_deref(), found.profile.as_str()), (triple, profile));
            assert_eq!(found.file("healthbook"), Path::new(binary));
        };
        check("/t/debug/deps/it-1", None, "debug", "/t/debug/healthbook");
        let triple = "x86_64-unknown-linux-musl";
        let binary = format!("/t/{triple}/release/healthbook");
        check(&format!("/t/{triple}/release/deps/it-1"), Some(triple), "release", &binary);
        assert_eq!(TargetDirectory::of(Path::new("/bin/it"), |_| false), None);
    }

    /// Continuous integration prepares it, and so did our own installation of test clients once.
    #[test]
    fn a_target_directory_that_was_there_before_cargo_is_one() {
        let directory = TemporaryDirectory::new();
        assert!(!is_target_directory(directory.path()));
        fs::write(directory.path().join(".rustc_info.json"), "{}").unwrap();
        assert!(is_target_directory(directory.path()));
    }

    #[test]
    fn a_binary_older_than_a_source_is_not_fresh() {
        let directory = TemporaryDirectory::new();
        let [binary, list, source] =
            ["healthbook", "healthbook.d", "a b.rs"].map(|name| directory.path().join(name));
        assert!(!is_fresh(&binary, &list), "nothing there");
        for file in [&binary, &source] {
            fs::write(file, "").unwrap();
        }
        let escaped = source.to_str().unwrap().replace(' ', "\\ ");
        fs::write(&list, format!("{}: {} {escaped}\n", binary.display(), binary.display())).unwrap();
        let set_age = |path: &Path, seconds| {
            let time = SystemTime::now() - Duration::from_secs(seconds);
            File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        };
        set_age(&binary, 10);
        set_age(&source, 20);
        assert!(is_fresh(&binary, &list));
        set_age(&source, 5);
        assert!(!is_fresh(&binary, &list), "source changed");
        fs::remove_file(&source).unwrap();
        assert!(!is_fresh(&binary, &list), "source gone");
    }
}
