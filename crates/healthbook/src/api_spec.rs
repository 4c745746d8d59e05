//! `healthbook api-spec`: writes the contract to files, checks that they are fresh, compares with an earlier one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use contract::{OPERATIONS, VERSION, compare, errors_document, from_yaml, may_break, openapi, to_yaml};
use fhir::ResourceType;
use interactions::{Definitions, statement_of};
use search::Registry;
use serde_json::{Value, json};
use synthetic_nation::{Nation, Settings};
use validation::Package;

use crate::cli::ApiSpec;
use crate::failure::{Failure, print};

/// Where the server of the files is.
const BASE: &str = "http://127.0.0.1:8080/fhir";

/// Writes, checks or compares.
pub fn run(command: &ApiSpec) -> Result<(), Failure> {
    let made = Made::new()?;
    if let Some(old) = &command.compare {
        return compare_with(old, &made.openapi);
    }
    let files = made.files(&command.out, &command.docs)?;
    if command.check {
        return check(&files);
    }
    for (path, text) in &files {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    print(&format!("{} files of the contract {VERSION}\n", files.len()))
}

fn check(files: &BTreeMap<PathBuf, String>) -> Result<(), Failure> {
    let is_stale = |(path, text): &(&PathBuf, &String)| fs::read_to_string(path).ok().as_ref() != Some(text);
    let stale: Vec<String> =
        files.iter().filter(is_stale).map(|(path, _)| path.display().to_string()).collect();
    if stale.is_empty() {
        return print("the files of the contract are fresh\n");
    }
    Err(Failure::saying(format!("stale: {}; run healthbook api-spec", stale.join(", "))))
}

/// What the earlier contract promised and this one breaks; that is refused unless the version says so.
fn compare_with(old: &Path, new: &Value) -> Result<(), Failure> {
    let text = fs::read_to_string(old).with_context(|| format!("cannot read {}", old.display()))?;
    let old = from_yaml(&text).map_err(Failure::because)?;
    let breaks = compare(&old, new);
    let version = old["info"]["version"].as_str().unwrap_or_default();
    for line in &breaks {
        print(&format!("{line}\n"))?;
    }
    if breaks.is_empty() || may_break(version, VERSION) {
        return print(&format!("{} breaks from {version} to {VERSION}\n", breaks.len()));
    }
    let count = breaks.len();
    Err(Failure::saying(format!("{count} breaks, and {VERSION} promises what {version} promised")))
}

/// What the contract is made of.
struct Made {
    statement: Value,
    openapi: Value,
    registry: Registry,
}

impl Made {
    fn new() -> Result<Self, Failure> {
        let packages = Package::national().map_err(Failure::because)?.into_iter().map(Arc::new).collect();
        let definitions = Definitions::new(packages, Vec::new(), 0).map_err(Failure::because)?;
        let registry = Registry::of_r4();
        let statement = statement_of(BASE, &registry, &definitions, true);
        let openapi = openapi(&statement).map_err(Failure::because)?;
        Ok(Self { statement, openapi, registry })
    }

    fn files(&self, out: &Path, docs: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
        let fhir = out.join("fhir");
        let head = "# Made by `healthbook api-spec`; do not edit.\n";
        let yaml = to_yaml(&self.openapi).map_err(Failure::because)?;
        let operations = OPERATIONS.iter().map(|operation| operation.definition());
        let mut files = BTreeMap::from([
            (out.join("openapi.yaml"), format!("{head}{yaml}")),
            (docs.join("errors.md"), errors_document()),
            (fhir.join("CapabilityStatement.json"), pretty(&self.statement)?),
            (fhir.join("OperationDefinitions.json"), collection(operations)?),
            (fhir.join("SearchParameters.json"), collection(search_parameters(&self.registry).into_iter())?),
        ]);
        for (name, resource) in examples()? {
            files.insert(fhir.join("examples").join(format!("{name}.json")), pretty(&resource)?);
        }
        Ok(files)
    }
}

fn pretty(value: &Value) -> Result<String, Failure> {
    Ok(serde_json::to_string_pretty(value).map_err(Failure::because)? + "\n")
}

/// A Bundle with an entry on each line.
fn collection(resources: impl Iterator<Item = Value>) -> Result<String, Failure> {
    let entries: Vec<String> = resources.map(|resource| json!({"resource": resource}).to_string()).collect();
    let text = entries.join(",\n");
    Ok(format!("{{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\n{text}\n]}}\n"))
}

/// The search parameters that can be asked, each once with all its types.
fn search_parameters(registry: &Registry) -> Vec<Value> {
    let mut found: BTreeMap<&str, (&str, &str, BTreeSet<&str>)> = BTreeMap::new();
    for kind in ResourceType::all() {
        for parameter in registry.parameters(kind).iter().filter(|parameter| parameter.searchable) {
            let entry = found.entry(&parameter.url);
            let (_, _, types) =
                entry.or_insert_with(|| (&parameter.code, parameter.kind.as_str(), BTreeSet::new()));
            types.insert(kind.as_str());
        }
    }
    let resource = |(url, (code, kind, types)): (&str, (&str, &str, BTreeSet<&str>))| {
        let id = url.rsplit('/').next().unwrap_or_default();
        json!({
            "resourceType": "SearchParameter", "id": id, "url": url, "version": "4.0.1", "name": code, "status": "active",
            "description": "As FHIR R4 defines it.", "code": code, "base": types, "type": kind,
        })
    };
    found.into_iter().map(resource).collect()
}

/// Of each type the first resource of a small invented nation.
fn examples() -> Result<BTreeMap<String, Value>, Failure> {
    let today = jiff::civil::date(2026, 11, 28);
    let nation = Nation::new(Settings { people: 12, seed: 72, today });
    let mut examples = BTreeMap::new();
    for bundle in nation.bundles() {
        let bundle: Value = serde_json::from_str(&bundle.json).map_err(Failure::because)?;
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let resource = &entry["resource"];
            let name = resource["resourceType"].as_str().unwrap_or_default().to_owned();
            examples.entry(name).or_insert_with(|| resource.clone());
        }
    }
    Ok(examples)
}
