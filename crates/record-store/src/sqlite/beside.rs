//! The file beside the database in which entries of the log of accesses wait that came without a write. A commit makes
//! every reader of its file read its pages anew, and the log of a busy server commits a thousand times a second: in a file
//! of its own that is felt by nobody.
//!
//! No entry relies on a transaction over both files, for SQLite does not promise that such a one is kept whole when the
//! machine goes down.

use std::fs::{self, File};
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use diesel::{Connection, SqliteConnection};

use super::{execute, load};
use crate::access_log::{END, taken_from_beside};
use crate::statement::{Bind, Statement};
use crate::{StoreError, query};

/// The steps of its layout, one after the other.
const LAYOUT: [&str; 1] = [include_str!("../../../../migrations/sqlite-log-waiting/1.sql")];

/// Name of the setting that ties the file to its database: the same number stands in both.
const FILE: &str = "log-waiting-file";

/// How the file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// With what its database says of it, or both are new.
    Fits,
    /// Not at all, although the database had one.
    Missing,
    /// As it was before something was taken from it that stands in the log.
    Older,
    /// Without what was taken from it by a later state of the database.
    Newer,
}

impl Found {
    /// Says what may be lost. The file is that of the database with this connection.
    pub(super) fn tell(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let (file, _) = paths(connection)?;
        match self {
            Self::Fits => {}
            Self::Missing => tracing::error!(
                file,
                "the file is missing and was made anew: entries of the log of accesses may be lost that waited in it; how many is \
                 not known. The old file is refused from now on; see docs/guides/operating.md"
            ),
            Self::Older => tracing::error!(
                file,
                "the file is older than its database: entries of the log of accesses may be lost that waited in the newer one"
            ),
            Self::Newer => tracing::error!(
                file,
                "the database is older than the file: entries of the log of accesses are lost that had their position"
            ),
        }
        Ok(())
    }
}

/// The file, and the one of its database, as SQLite names it: where a link leads, as its other files are named.
pub(super) fn paths(connection: &mut SqliteConnection) -> Result<(String, String), StoreError> {
    let statement = Statement::new("SELECT file FROM pragma_database_list WHERE name = 'main'");
    let rows: Vec<(String,)> = load(connection, statement.returning::<(Text,)>())?;
    match rows.into_iter().next() {
        Some((database,)) if !database.is_empty() => Ok((format!("{database}-log-waiting"), database)),
        _ => Err(StoreError::Unusable("the database must be a file".to_owned())),
    }
}

/// Makes the file when it is not there, readable by whom its database is. Of several who open the database at once one makes
/// it, for that one has the lock of the database.
pub(super) fn make(connection: &mut SqliteConnection, makes_anew: bool) -> Result<(), StoreError> {
    let (path, database) = paths(connection)?;
    connection.immediate_transaction(|connection| {
        if !makes_anew && !Path::new(&path).exists() && first(connection, query::setting(FILE))?.is_some() {
            return Err(is_missing(&path));
        }
        make_like(Path::new(&database), Path::new(&path))
            .map_err(|error| StoreError::Unusable(format!("{path}: {error}")))?;
        let file = SqliteConnection::establish(&path).map_err(StoreError::from);
        let settings = "PRAGMA busy_timeout = 10000; PRAGMA page_size = 4096; PRAGMA journal_mode = WAL";
        file.and_then(|mut file| Ok(file.batch_execute(settings)?)).map_err(|error| of_file(&path, error))
    })
}

/// Only the server makes anew what is missing: with the number of a new one the old one is refused for good.
fn is_missing(path: &str) -> StoreError {
    StoreError::Unusable(format!(
        "{path} is missing, in which entries of the log of accesses wait: stop the server, look for the file and its -wal, and \
         put both back. If they are lost, healthbook serve makes a new one, and what waited in the old one is given up; \
         see docs/guides/operating.md"
    ))
}

/// An error of the file, not of its database.
fn of_file(path: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Away(text) => StoreError::Away(format!("{path}: {text}")),
        StoreError::Database(text) => StoreError::Database(format!("{path}: {text}")),
        other => other,
    }
}

fn make_like(database: &Path, path: &Path) -> std::io::Result<()> {
    let like = fs::metadata(database)?;
    if path.try_exists()? {
        // Not mended: whoever may write in the folder chooses what stands at that place.
        if !is_like(&like, &fs::metadata(path)?) {
            tracing::warn!(
                file = %path.display(),
                "others may read or write the file than its database: give both the same owner and mode"
            );
        }
        return Ok(());
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    give_to_owner_of(&like, &file)?;
    file.sync_all()
}

/// Whether owner and mode of two files are the same.
fn is_like(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (one.uid(), one.gid()) != (other.uid(), other.gid()) {
            return false;
        }
    }
    one.permissions() == other.permissions()
}

/// Gives a file that was just made the owner and the mode of its database, as far as whoever runs this may: a command that root
/// runs must not keep the server from its file.
#[cfg(unix)]
fn give_to_owner_of(database: &fs::Metadata, file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let (owner, group) = (database.uid(), database.gid());
    let _ = fchown(file, Some(owner), Some(group)).or_else(|_| fchown(file, None, Some(group)));
    // What the group may is for the group of the database only.
    let has_group = file.metadata()?.gid() == group;
    file.set_permissions(fs::Permissions::from_mode(database.mode() & if has_group { 0o777 } else { 0o707 }))
}

/// Makes the file known to a connection to its database.
pub(super) fn attach(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let (path, _) = paths(connection)?;
    // One that is missing by now is not made: who opens the database makes it.
    let address = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let mut statement = Statement::new("ATTACH DATABASE ");
    statement.bind(Bind::Text(format!("file:{address}?mode=rw"))).sql(" AS beside");
    execute(connection, statement).map_err(|error| of_file(&path, error))?;
    connection.batch_execute(
        "PRAGMA beside.synchronous = FULL; PRAGMA beside.cache_size = -2048; PRAGMA beside.mmap_size = 0; \
         PRAGMA beside.journal_size_limit = 67108864;",
    )?;
    Ok(())
}

/// Brings the layout of the file up to date, and makes sure that it is that of this database.
///
/// # Errors
/// [`StoreError::Unusable`] when it is that of another one: its entries would stand in a log that they are not of.
pub(super) fn prepare(connection: &mut SqliteConnection, makes_anew: bool) -> Result<Found, StoreError> {
    let (path, _) = paths(connection)?;
    connection.immediate_transaction(|connection| {
        lay_out(connection, &path)?;
        let number = first(connection, query::setting(FILE))?;
        let owner = first(connection, Statement::new("SELECT database FROM file_of WHERE id = 1"))?;
        let mut found = match (&number, &owner) {
            (Some(number), Some(owner)) if number == owner => Found::Fits,
            (_, Some(_)) => {
                return Err(StoreError::Unusable(format!(
                    "{path} holds entries of the log of accesses of another database, or of a later state of this one: \
                     put back the database that it stood beside, or move it away"
                )));
            }
            (Some(_), None) if !makes_anew => {
                return Err(StoreError::Unusable(format!(
                    "{path} is empty, or was not made for this database: put back the file that was, with its -wal; \
                     see docs/guides/operating.md"
                )));
            }
            (Some(_), None) => Found::Missing,
            (None, None) => Found::Fits,
        };
        if owner.is_none() {
            // Also where the database has a number: a file that was lost and comes back is none of its own any more.
            let mut number = vec![0; 16];
            getrandom::fill(&mut number).map_err(|error| StoreError::Unusable(error.to_string()))?;
            execute(connection, query::put_setting(FILE, number.clone()))?;
            let mut statement = Statement::new("INSERT INTO file_of (id, database) VALUES (1, ");
            statement.bind(Bind::Bytes(number)).sql(")");
            execute(connection, statement)?;
        }
        let taken = taken_from_beside(first(connection, query::setting(END))?)?;
        let went_on = go_on_behind(connection, taken)?;
        if found == Found::Fits {
            let oldest = Statement::new("SELECT min(number) FROM log_waiting_beside HAVING count(*) > 0");
            let oldest: Vec<(i64,)> = load(connection, oldest.returning::<(BigInt,)>())?;
            // Numbers follow each other, and what is not taken stays.
            let is_newer = oldest.first().is_some_and(|(oldest,)| *oldest > taken.saturating_add(1));
            found = if went_on { Found::Older } else if is_newer { Found::Newer } else { found };
        }
        Ok(found)
    })
}

fn lay_out(connection: &mut SqliteConnection, path: &str) -> Result<(), StoreError> {
    let version = Statement::new("PRAGMA beside.user_version");
    let version: Vec<(i32,)> = load(connection, version.returning::<(Integer,)>())?;
    let done = version.first().map_or(0, |(version,)| usize::try_from(*version).unwrap_or(usize::MAX));
    let Some(missing) = LAYOUT.get(done..).filter(|steps| !steps.is_empty()) else {
        return match done {
            done if done == LAYOUT.len() => Ok(()),
            _ => Err(StoreError::Unusable(format!("{path} was made by a newer program"))),
        };
    };
    for step in missing {
        connection.batch_execute(step)?;
    }
    Ok(connection.batch_execute(&format!("PRAGMA beside.user_version = {}", LAYOUT.len()))?)
}

/// Lets numbers go on behind those that were taken. Whether there was a need to: in a file that is new, or older than its
/// database.
fn go_on_behind(connection: &mut SqliteConnection, taken: i64) -> Result<bool, StoreError> {
    let mut statement = Statement::new("INSERT INTO log_waiting_beside (number, count, entries) SELECT ");
    statement.big(taken).sql(", 0, X'' WHERE ").big(taken);
    statement.sql(" > (SELECT coalesce(max(number), 0) FROM log_waiting_beside)");
    Ok(execute(connection, statement)? > 0)
}

/// The bytes of a row, if there is one.
fn first(connection: &mut SqliteConnection, statement: Statement) -> Result<Option<Vec<u8>>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = load(connection, statement.returning::<(Binary,)>())?;
    Ok(rows.into_iter().next().map(|(bytes,)| bytes))
}

#[cfg(test)]
mod tests {
    use test_support::TestDatabase;

    use super::super::connection::{connect_alone, prepare_database};
    use super::*;
    use crate::StoreSettings;

    fn opened(database: &TestDatabase) -> Result<Found, StoreError> {
        let path = database.url().strip_prefix("sqlite:").unwrap_or_default();
        let mut connection = connect_alone(path, false)?;
        prepare_database(&mut connection, &StoreSettings::new(database.url()))?;
        make(&mut connection, true)?;
        attach(&mut connection)?;
        prepare(&mut connection, true)
    }

    #[test]
    fn what_may_be_lost_is_known() -> Result<(), StoreError> {
        let database = TestDatabase::sqlite();
        let path = database.url().strip_prefix("sqlite:").unwrap_or_default();
        assert_eq!([opened(&database)?, opened(&database)?], [Found::Fits; 2]);
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{path}-log-waiting{end}"));
        }
        assert_eq!(opened(&database)?, Found::Missing, "though nothing was taken from it yet");
        assert_eq!(opened(&database)?, Found::Fits);
        // The log has taken more than was ever in this file.
        let mut connection = connect_alone(path, false)?;
        execute(&mut connection, query::put_setting(END, [5_u64, 2, 50].map(u64::to_be_bytes).concat()))?;
        assert_eq!([opened(&database)?, opened(&database)?], [Found::Older, Found::Fits]);
        // It has taken less than was removed from the file.
        execute(&mut connection, query::put_setting(END, [5_u64, 2, 48].map(u64::to_be_bytes).concat()))?;
        assert_eq!(opened(&database)?, Found::Newer);
        execute(&mut connection, query::put_setting(END, [5_u64, 2, 49].map(u64::to_be_bytes).concat()))?;
        assert_eq!(opened(&database)?, Found::Fits);
        attach(&mut connection)?;
        connection.batch_execute("PRAGMA beside.user_version = 7")?;
        drop(connection);
        assert!(matches!(opened(&database), Err(StoreError::Unusable(text)) if text.contains("newer")));
        Ok(())
    }
}
