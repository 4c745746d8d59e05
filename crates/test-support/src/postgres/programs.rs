//! Where the server programs of PostgreSQL are, and which account may run them.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process;

/// The directory with `initdb` and `postgres`.
pub(super) struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// Looks in PATH, asks `pg_config`, then where Debian, Fedora, the PostgreSQL project and Homebrew install.
    pub(super) fn find() -> Option<Self> {
        let mut candidates: Vec<PathBuf> = env::var_os("PATH").iter().flat_map(env::split_paths).collect();
        candidates.extend(pg_config_directory());
        let debian = newest_first(Path::new("/usr/lib/postgresql"), |_| true);
        let project = newest_first(Path::new("/usr"), |name| name.starts_with("pgsql-"));
        let homebrew = ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"]
            .into_iter()
            .flat_map(|prefix| newest_first(Path::new(prefix), |name| name.starts_with("postgresql")));
        candidates.extend(debian.into_iter().chain(project).chain(homebrew).map(|path| path.join("bin")));
        candidates.extend(["/usr/libexec/postgresql", "/usr/local/pgsql/bin"].map(PathBuf::from));
        candidates
            .into_iter()
            .find(|directory| ["initdb", "postgres"].iter().all(|program| directory.join(program).is_file()))
            .map(|directory| Self { directory })
    }

    /// A command that runs one of the programs as `account`, away from the caller's terminal and signals.
    pub(super) fn command(&self, program: &str, account: Account, directory: &Path) -> Command {
        let mut command = Command::new(self.directory.join(program));
        command.current_dir(directory).env("LC_ALL", "C").env_remove("PGDATA").env_remove("PGPORT");
        command.stdin(Stdio::null()).process_group(0);
        if let Account::Other { user, group } = account {
            // With a uid set, std also drops root's supplementary groups.
            command.uid(user).gid(group);
        }
        command
    }
}

fn pg_config_directory() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(path.trim()))
}

/// Sub-directories with a fitting name, the highest version first.
fn newest_first(parent: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let digits = name.trim_start_matches(|letter: char| !letter.is_ascii_digit());
            let digits = digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or("");
            fits(&name).then(|| (digits.parse().unwrap_or(0), entry.path()))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Who runs the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The user who runs the tests.
    Own,
    /// Somebody else, because PostgreSQL refuses to run as root.
    Other {
        /// User id.
        user: u32,
        /// Group id.
        group: u32,
    },
}

impl Account {
    /// The user who runs the tests, or `postgres` or `nobody` when that is root.
    pub(super) fn choose() -> Self {
        if process::id(&["-u"]) != Some(0) {
            return Self::Own;
        }
        let other = ["postgres", "nobody"].into_iter().find_map(|name| {
            Some(Self::Other { user: process::id(&["-u", name])?, group: process::id(&["-g", name])? })
        });
        other.unwrap_or_else(|| {
            panic!("PostgreSQL refuses to run as root, and neither the user postgres nor nobody exists")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TemporaryDirectory;

    #[test]
    fn the_newest_version_comes_first() {
        let parent = TemporaryDirectory::new();
        for name in ["9.6", "15", "postgresql@17", "readme"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let paths = newest_first(parent.path(), |name| name != "readme");
        let names: Vec<_> = paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["postgresql@17", "15", "9.6"]);
    }
}
