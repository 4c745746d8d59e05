//! The corpus, replayed: every input that a fuzzer found interesting or that once did harm.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails this way")]

use std::path::PathBuf;

/// Runs one entry over its corpus; how many inputs there were.
fn replay(name: &str, entry: fn(&[u8])) -> usize {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if std::panic::catch_unwind(|| entry(&bytes)).is_err() {
            panic!("{} is not taken", path.display());
        }
        count += 1;
    }
    count
}

#[test]
fn json() {
    assert!(replay("json", fuzz::json) > 50);
}

#[test]
fn fhirpath() {
    assert!(replay("fhirpath", fuzz::fhirpath) > 50);
}

#[test]
fn search() {
    assert!(replay("search", fuzz::search) > 50);
}

#[test]
fn xml() {
    assert!(replay("xml", fuzz::xml) > 50);
}

#[test]
fn patch() {
    assert!(replay("patch", fuzz::patch) > 50);
}
