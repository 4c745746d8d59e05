//! The address of a database.

use std::fmt;
use std::path::{Path, PathBuf};

use super::value::Value;

/// The address of a database. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Database(String);

impl Database {
    /// The address with its password, for the store only.
    pub fn url(&self) -> &str {
        &self.0
    }

    /// The file of a SQLite database.
    pub fn file(&self) -> Option<&Path> {
        self.0.strip_prefix("sqlite:").map(Path::new)
    }

    /// The folder for files that belong to the database.
    pub fn folder(&self, data_folder: &Path) -> PathBuf {
        match self.file().map(Path::parent) {
            None => data_folder.to_owned(),
            Some(Some(parent)) if parent != Path::new("") => parent.to_owned(),
            Some(_) => PathBuf::from("."),
        }
    }
}

impl Value for Database {
    const ALLOWED: &'static str = "sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME";
    const SECRET: bool = true;

    fn read(text: &str) -> Option<Self> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        let named = known.iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()));
        named.then(|| Self(text.to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Without the password.
impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    // The last @ ends the user, also where somebody left one unescaped in the password.
    let place = match place.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((name, _)) => format!("{name}:***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => place.to_owned(),
    };
    let Some(query) = query else { return format!("{scheme}://{place}") };
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    };
    let query: Vec<String> = query.split('&').map(hidden).collect();
    format!("{scheme}://{place}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("sqlite:a/b.db", "sqlite:a/b.db"),
            ("postgres://host/name", "postgres://host/name"),
            ("postgres://user@host/name", "postgres://user@host/name"),
            ("postgres://user:secret@host:5432/name", "postgres://user:***@host:5432/name"),
            ("postgres://user:se@cr/et@host/name", "postgres://user:***@host/name"),
            ("postgres://host/name?a=b&password=secret", "postgres://host/name?a=b&password=***"),
        ] {
            let database = Database::read(url).unwrap();
            assert_eq!(database.to_string(), shown);
            assert_eq!(format!("{database:?}"), shown);
            assert_eq!(database.url(), url);
        }
    }

    #[test]
    fn files_stand_beside_the_database() {
        let folder = |url| Database::read(url).unwrap().folder(Path::new("data"));
        assert_eq!(folder("sqlite:a/b/c.db"), Path::new("a/b"));
        assert_eq!(folder("sqlite:c.db"), Path::new("."));
        assert_eq!(folder("postgres://host/name"), Path::new("data"));
    }

    #[test]
    fn other_addresses_are_refused() {
        for bad in ["", "sqlite:", "postgres://", "mysql://a", "a.db"] {
            assert!(Database::read(bad).is_none(), "{bad}");
        }
    }
}
