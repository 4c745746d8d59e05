//! What is to be imported: files, also those in folders, in a fixed order.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Endings of compressed files.
const COMPRESSED: &[&str] = &["gz", "gzip", "bz2", "zst", "zstd"];

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Bundle, a single resource, or a message of check-ups.
    Document,
    /// NDJSON: a resource on each line.
    Lines,
}

/// A file to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub kind: Kind,
    /// Its size as it is, compressed or not.
    pub size: u64,
    /// When it was changed last, in nanoseconds since 1970.
    pub modified: i128,
}

impl Source {
    fn of(path: &Path, kind: Kind) -> anyhow::Result<Self> {
        let about = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let modified = about.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
        Ok(Self {
            path: path.to_owned(),
            kind,
            size: about.len(),
            modified: modified.map_or(0, jiff::Timestamp::as_nanosecond),
        })
    }

    /// The name of the file without its folder.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// The files of all paths. In folders those with a known ending are taken; a file that is named is taken
/// whatever it is called.
pub fn collect(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut sources)?;
        } else {
            sources.push(Source::of(path, kind_of(path).unwrap_or(Kind::Document))?);
        }
    }
    // A file that is named twice, or named and in a folder, is imported once.
    let mut seen = std::collections::HashSet::new();
    sources.retain(|source| seen.insert(source.path.canonicalize().unwrap_or_else(|_| source.path.clone())));
    if sources.is_empty() {
        bail!("nothing to import: no file ends in .json, .ndjson, .jsonl or .xml (also .gz, .bz2, .zst)");
    }
    Ok(sources)
}

fn walk(folder: &Path, sources: &mut Vec<Source>) -> anyhow::Result<()> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    let mut paths = read().with_context(|| format!("cannot read the folder {}", folder.display()))?;
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // A link to a folder could lead round in a circle.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, sources)?;
        } else if path.is_file()
            && !hidden
            && let Some(kind) = kind_of(&path)
        {
            sources.push(Source::of(&path, kind)?);
        }
    }
    Ok(())
}

fn kind_of(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let (stem, ending) = name.rsplit_once('.')?;
    let ending = if COMPRESSED.contains(&ending) { stem.rsplit_once('.')?.1 } else { ending };
    match ending {
        "json" | "xml" => Some(Kind::Document),
        "ndjson" | "jsonl" => Some(Kind::Lines),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_what_a_file_holds() {
        for (name, kind) in [
            ("a.json", Some(Kind::Document)),
            ("a.JSON.bz2", Some(Kind::Document)),
            ("a.ndjson.gz", Some(Kind::Lines)),
            ("a.jsonl", Some(Kind::Lines)),
            ("a.xml.gz", Some(Kind::Document)),
            ("a.gz", None),
            ("json", None),
            ("a.txt", None),
        ] {
            assert_eq!(kind_of(Path::new(name)), kind, "{name}");
        }
    }

    #[test]
    fn folders_are_walked_in_order_and_files_are_taken_once() {
        let folder = test_support::TemporaryDirectory::new();
        let root = folder.path();
        std::fs::create_dir_all(root.join("b/c")).unwrap();
        for name in ["z.json", "a.ndjson", "b/c/y.json.gz", "b/x.json", "b/readme.txt", ".hidden.json", "odd"]
        {
            std::fs::write(root.join(name), "{}").unwrap();
        }
        let paths = [root.to_owned(), root.join("z.json"), root.join("odd")];
        let names: Vec<String> = collect(&paths).unwrap().iter().map(Source::name).collect();
        assert_eq!(names, ["a.ndjson", "y.json.gz", "x.json", "z.json", "odd"]);
        assert!(collect(&[root.join("none")]).is_err());
        std::fs::create_dir(root.join("empty")).unwrap();
        assert!(collect(&[root.join("empty")]).is_err());
    }
}
