//! A fresh database for one test.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::postgres::{self, TemporaryPostgres};
use crate::temporary_directory::{TemporaryDirectory, unique_name};

/// A page of SQLite.
const PAGE: u64 = 4096;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// An empty database that nobody else uses, removed on drop.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Sqlite(TemporaryDirectory),
    /// With the folder of the keys that its servers share.
    Postgres {
        administrator: String,
        name: String,
        folder: TemporaryDirectory,
    },
}

impl TestDatabase {
    /// A SQLite database in a temporary directory. The file does not exist yet.
    pub fn sqlite() -> Self {
        let directory = TemporaryDirectory::new();
        let url = format!("sqlite:{}", directory.path().join("healthbook.db").display());
        Self { url, place: Place::Sqlite(directory) }
    }

    /// A PostgreSQL database on the shared server; `None` where there is none: see [`TemporaryPostgres::shared`].
    ///
    /// # Panics
    /// As [`TemporaryPostgres::shared`].
    pub fn postgres() -> Option<Self> {
        Some(Self::on(TemporaryPostgres::shared()?))
    }

    /// A PostgreSQL database on the given server.
    ///
    /// # Panics
    /// When the server does not make one.
    pub fn on(server: &TemporaryPostgres) -> Self {
        let name = format!("healthbook_test_{}", unique_name('_'));
        // template0, because nobody can be connected to it: a template with a visitor cannot be copied.
        postgres::execute(server.url(), &format!("CREATE DATABASE {name} TEMPLATE template0"))
            .unwrap_or_else(|error| panic!("cannot make a test database: {}", explain(&error)));
        let url = with_database(server.url(), &name);
        let (administrator, folder) = (server.url().to_owned(), TemporaryDirectory::new());
        Self { url, place: Place::Postgres { administrator, name, folder } }
    }

    /// Another database with the same content, on the same server. Nobody may be connected to this one.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn copy(&self) -> Self {
        match &self.place {
            Place::Sqlite(directory) => {
                let copy = Self::sqlite();
                let Place::Sqlite(to) = &copy.place else { unreachable!("it was made as SQLite") };
                copy_files(directory, to);
                copy
            }
            Place::Postgres { administrator, name, folder } => {
                let copy = format!("healthbook_test_{}", unique_name('_'));
                postgres::execute(administrator, &format!("CREATE DATABASE {copy} TEMPLATE {name}"))
                    .unwrap_or_else(|error| panic!("cannot copy a test database: {}", explain(&error)));
                let url = with_database(administrator, &copy);
                let to = TemporaryDirectory::new();
                copy_files(folder, &to);
                let administrator = administrator.clone();
                Self { url, place: Place::Postgres { administrator, name: copy, folder: to } }
            }
        }
    }

    /// One of each kind that can be had here: what a test that must hold on both loops over.
    pub fn each() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }

    /// The same database after its server was started again, which has given it another port.
    pub fn follow(&mut self, server: &TemporaryPostgres) {
        if let Place::Postgres { administrator, name, .. } = &mut self.place {
            server.url().clone_into(administrator);
            self.url = with_database(administrator, name);
        }
    }

    /// What `--database` takes: `sqlite:PATH` or `postgres://...`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which kind it is.
    pub fn backend(&self) -> Backend {
        match self.place {
            Place::Sqlite(_) => Backend::Sqlite,
            Place::Postgres { .. } => Backend::Postgres,
        }
    }

    /// What `--data-folder` is to be where nothing else is said: several servers of one PostgreSQL database share the key of its
    /// log. The files of a SQLite database stand beside it.
    pub fn data_folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Sqlite(_) => None,
            Place::Postgres { folder, .. } => Some(folder.path()),
        }
    }

    /// What the database takes on disk, indexes and write-ahead file (SQLite) included.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn bytes_on_disk(&self) -> u64 {
        match &self.place {
            Place::Sqlite(directory) => {
                let entries = std::fs::read_dir(directory.path()).into_iter().flatten().flatten();
                entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
            }
            Place::Postgres { .. } => {
                let size = self.postgres_value("SELECT pg_database_size(current_database())");
                size.and_then(|text| text.parse().ok()).expect("pg_database_size gives a number")
            }
        }
    }

    /// Damages what is stored, as a broken disk or a wrong hand does: on SQLite every page behind the first is
    /// overwritten, on PostgreSQL the resources are no longer where they were.
    ///
    /// # Panics
    /// When that cannot be done.
    pub fn damage(&self) {
        match &self.place {
            Place::Sqlite(directory) => {
                // What was written last stands behind the head of the write-ahead file.
                for (name, kept) in [("healthbook.db", PAGE), ("healthbook.db-wal", 32)] {
                    let Ok(mut file) = File::options().write(true).open(directory.path().join(name)) else {
                        continue;
                    };
                    let length = file.metadata().expect("the file has a length").len();
                    let rest = usize::try_from(length.saturating_sub(kept)).expect("it fits into memory");
                    file.seek(SeekFrom::Start(kept))
                        .and_then(|_| file.write_all(&vec![0xFF; rest]))
                        .expect("the file can be written");
                }
            }
            Place::Postgres { .. } => {
                postgres::execute(&self.url, "ALTER TABLE resource RENAME TO resource_away")
                    .unwrap_or_else(|error| panic!("cannot damage the database: {}", explain(&error)))
            }
        }
    }

    /// Asks a PostgreSQL database for the first column of the first row, as text.
    ///
    /// # Panics
    /// On SQLite, and when the statement fails.
    pub fn postgres_value(&self, sql: &str) -> Option<String> {
        assert_eq!(self.backend(), Backend::Postgres, "this question is for PostgreSQL");
        postgres::first_value(&self.url, sql).unwrap_or_else(|error| panic!("{sql}: {}", explain(&error)))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Postgres { administrator, name, .. } = &self.place {
            // A server that a test has crashed takes its databases with it.
            let _ = postgres::execute(administrator, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The files of one folder into another.
fn copy_files(from: &TemporaryDirectory, to: &TemporaryDirectory) {
    for entry in std::fs::read_dir(from.path()).expect("the directory is there").flatten() {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.path().join(entry.file_name())).expect("a file can be copied");
        }
    }
}

/// The error with its causes: the driver's own text is often only "db error".
fn explain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// The URL of another database on the same server.
fn with_database(url: &str, name: &str) -> String {
    let authority = url.find("://").map_or(0, |position| position + 3);
    let (base, parameters) = match url.find('?') {
        Some(position) => url.split_at(position),
        None => (url, ""),
    };
    let base = match base[authority..].find('/') {
        Some(position) => &base[..authority + position],
        None => base,
    };
    format!("{base}/{name}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_in_a_url_is_replaced() {
        let check = |url, expected| assert_eq!(with_database(url, "new"), expected);
        check("postgres://host", "postgres://host/new");
        check("postgres://host/", "postgres://host/new");
        check("postgres://user:word@host:5432/old", "postgres://user:word@host:5432/new");
        check("postgres://host/old?connect_timeout=3", "postgres://host/new?connect_timeout=3");
        check("postgres://host?user=me", "postgres://host/new?user=me");
        check("postgresql://%2Frun%2Fpg/old", "postgresql://%2Frun%2Fpg/new");
    }

    #[test]
    fn a_sqlite_database_has_a_path_and_goes() {
        let database = TestDatabase::sqlite();
        assert_eq!(database.backend(), Backend::Sqlite);
        let path = database.url().strip_prefix("sqlite:").unwrap().to_owned();
        std::fs::write(&path, [0; 100]).unwrap();
        assert_eq!(database.bytes_on_disk(), 100);
        assert_eq!(database.copy().bytes_on_disk(), 100);
        drop(database);
        assert!(!std::path::Path::new(&path).exists());
    }

    #[test]
    fn a_postgres_database_is_fresh_and_goes() {
        let (Some(one), Some(other)) = (TestDatabase::postgres(), TestDatabase::postgres()) else {
            return;
        };
        assert_eq!(one.copy().postgres_value("SELECT 1::text").as_deref(), Some("1"));
        assert_ne!(one.url(), other.url());
        postgres::execute(one.url(), "CREATE TABLE visit (id INT); INSERT INTO visit VALUES (7)").unwrap();
        assert_eq!(one.postgres_value("SELECT id FROM visit").as_deref(), Some("7"));
        assert!(postgres::execute(other.url(), "SELECT id FROM visit").is_err());
        assert!(one.bytes_on_disk() > 1_000_000);
        let url = one.url().to_owned();
        drop(one);
        assert!(postgres::execute(&url, "SELECT 1").is_err());
    }

    #[test]
    fn text_is_ordered_for_people_unless_a_column_says_otherwise() {
        let Some(database) = TestDatabase::postgres() else {
            return;
        };
        let provider = database.postgres_value(
            "SELECT datlocprovider::text FROM pg_database WHERE datname = current_database()",
        );
        if provider.as_deref() != Some("i") {
            return;
        }
        let order = "SELECT string_agg(t, '' ORDER BY t) FROM (VALUES ('B'), ('a'), ('đ'), ('e')) AS x (t)";
        assert_eq!(database.postgres_value(order).as_deref(), Some("aBđe"));
    }
}
