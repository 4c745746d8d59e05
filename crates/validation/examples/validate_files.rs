//! Judges every resource of JSON files, and tells the faults by kind and the cost by type.
//!
//! `cargo run --release -p healthbook-validation --example validate_files -- FOLDER|FILE...`
//! The national pack is in force. Resources of Bundles are judged one by one, as a transaction does it, and each Bundle as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fhir::{Severity, check_resource};
use healthbook_validation::{Level, Package, Validator};
use json::{Limits, Node};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let packages: Vec<Arc<Package>> = Package::national()?.map(Arc::new).into_iter().collect();
    let validator = Validator::new(&packages).map_err(|(package, error)| format!("{package}: {error}"))?;
    let mut times: BTreeMap<String, Vec<(Duration, Duration)>> = BTreeMap::new();
    let mut faults: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for path in std::env::args().skip(1).flat_map(|argument| files(Path::new(&argument))) {
        let text = std::fs::read(&path)?;
        let document = json::parse(&text, &Limits::default())?;
        let entries = document.get("entry").map(Node::items).unwrap_or_default();
        let resources = entries.iter().filter_map(|entry| entry.get("resource"));
        for resource in resources.chain([&document]) {
            let begin = Instant::now();
            let (resource_type, mut issues) = check_resource(resource);
            let structure = begin.elapsed();
            issues.extend(validator.validate(resource, &[], Level::Errors));
            let name = resource_type.map_or("?".to_owned(), |name| name.to_string());
            times.entry(name).or_default().push((structure, begin.elapsed()));
            for issue in issues.iter().filter(|issue| issue.severity == Severity::Error) {
                let place = issue.expression.clone().unwrap_or_default();
                let kind = format!("{}: {}", issue.fault.code(), issue.fault.english());
                let seen = faults.entry(kind).or_insert((0, format!("{} {place}", path.display())));
                seen.0 += 1;
            }
        }
    }
    let total: usize = times.values().map(Vec::len).sum();
    println!("{:28} {:>8}  structure p50   all p50   all p99 (microseconds)", "type", "number");
    for (name, mut times) in times {
        let all =
            |at: usize, times: &[(Duration, Duration)]| times.get(at).map_or(0.0, |time| micros(time.1));
        times.sort_by_key(|time| time.1);
        let (middle, high) = (times.len() / 2, times.len() * 99 / 100);
        let (half, most) = (all(middle, &times), all(high, &times));
        times.sort_by_key(|time| time.0);
        let structure = times.get(middle).map_or(0.0, |time| micros(time.0));
        println!("{name:28} {:8}  {structure:13.1} {half:9.1} {most:9.1}", times.len());
    }
    println!("{total} resources");
    for (kind, (count, first)) in &faults {
        println!("{count:8} {kind}\n         first: {first}");
    }
    println!("{} errors", faults.values().map(|(count, _)| count).sum::<usize>());
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else { return vec![path.to_owned()] };
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    found.sort();
    found
}
