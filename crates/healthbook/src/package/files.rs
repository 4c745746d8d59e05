//! The bytes of a package or of a table, from a file or a folder, within limits.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use validation::Package;

/// Largest file, and largest sum of the files of a folder.
const LARGEST: u64 = 256 << 20;

/// The archive of a package: the file as it is, or what a folder becomes.
pub fn archive(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path.is_dir() { folder(path) } else { read(path, &mut LARGEST.clone()) }
}

/// A text file.
pub fn text(path: &Path) -> anyhow::Result<String> {
    let bytes = read(path, &mut LARGEST.clone())?;
    String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))
}

/// Takes the JSON files of a folder and of the folder `package` in it.
fn folder(path: &Path) -> anyhow::Result<Vec<u8>> {
    let (mut files, mut left) = (Vec::new(), LARGEST);
    for (folder, prefix) in [(path.to_owned(), ""), (path.join("package"), "package/")] {
        if !folder.is_dir() {
            continue;
        }
        let entries = || -> std::io::Result<Vec<_>> {
            std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect()
        };
        let entries = entries().with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for file in entries.into_iter().filter(|file| file.is_file()) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".json") {
                let text = String::from_utf8(read(&file, &mut left)?)
                    .with_context(|| format!("{} is not UTF-8", file.display()))?;
                files.push((format!("{prefix}{name}"), text));
            }
        }
    }
    Ok(Package::archive(files)?)
}

fn read(path: &Path, left: &mut u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(left.saturating_add(1))
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    match left.checked_sub(size) {
        Some(rest) => *left = rest,
        None => bail!("{}: more than {} MiB", path.display(), LARGEST >> 20),
    }
    Ok(bytes)
}
