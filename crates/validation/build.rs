//! Makes the archive of the national pack that is part of the program: the same bytes as of the folder
//! `national/pack` when it is added by hand.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/package/pack.rs"]
mod pack;

fn main() -> Result<(), Box<dyn Error>> {
    let national = Path::new("../../national");
    let folder = national.join("pack");
    println!("cargo::rerun-if-changed=src/package/pack.rs");
    // A folder is watched with all that is in it, new files as well. One that is not there would be built every time.
    let watched = if folder.is_dir() { &folder } else { national };
    println!("cargo::rerun-if-changed={}", watched.display());
    let mut files = Vec::new();
    for (folder, prefix) in [(folder.clone(), ""), (folder.join("package"), "package/")] {
        if folder.is_dir() {
            read(&folder, prefix, &mut files)?;
        }
    }
    let archive = if files.is_empty() { Vec::new() } else { pack::pack(files)? };
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    Ok(fs::write(PathBuf::from(out).join("national.tgz"), archive)?)
}

/// The JSON files of a folder.
fn read(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && name.ends_with(".json") {
            files.push((format!("{prefix}{name}"), fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
