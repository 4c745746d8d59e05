//! Rules about the source text itself: who may depend on whom, how long a file may be, what must not be in it.
//!
//! They read the workspace as it lies on disk and need no network: `cargo metadata --no-deps` and `Cargo.lock`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken premise of a test fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The house from the ground up: a crate may depend only on crates before it. A new crate gets its place here.
const HOUSE: [&str; 27] = [
    "healthbook-json",
    "healthbook-fhir",
    "healthbook-audit-log",
    "healthbook-xml",
    "healthbook-fhirpath",
    "healthbook-patch",
    "healthbook-terminology",
    "healthbook-contract",
    "healthbook-validation",
    "healthbook-access",
    "healthbook-search",
    "healthbook-exchange",
    "healthbook-synthetic-nation",
    "healthbook-notices",
    "healthbook-person-matching",
    "healthbook-record-store",
    "healthbook-outbound",
    "healthbook-auth",
    "healthbook-population-registry",
    "healthbook-interactions",
    "healthbook-health-book",
    "healthbook-web",
    "healthbook-report",
    "healthbook-http",
    "healthbook",
    "healthbook-fuzz",
    "healthbook-tests",
];

/// Only for tests: everybody may have it as a dev-dependency, nobody as another.
const TEST_SUPPORT: &str = "healthbook-test-support";

/// What only some crates may know: for any kind of dependency, tests included.
const RESERVED: [(&[&str], &[&str]); 3] = [
    (&["diesel", "diesel-async", "diesel_migrations", "libsqlite3-sys"], &["healthbook-record-store"]),
    (&["actix-web", "actix-http", "actix-server"], &["healthbook-http", "healthbook-web"]),
    (&["reqwest"], &["healthbook-outbound"]),
];

/// Crates that do no input or output.
const PURE: [&str; 15] = [
    "healthbook-json",
    "healthbook-fhir",
    "healthbook-audit-log",
    "healthbook-xml",
    "healthbook-fhirpath",
    "healthbook-patch",
    "healthbook-terminology",
    "healthbook-contract",
    "healthbook-validation",
    "healthbook-search",
    "healthbook-access",
    "healthbook-exchange",
    "healthbook-synthetic-nation",
    "healthbook-notices",
    "healthbook-person-matching",
];

/// What a pure crate must not reach, not even through others.
const IMPURE: [&str; 5] = ["tokio", "actix-web", "diesel", "reqwest", "mio"];

/// No second library for encryption, no C client of PostgreSQL, no GPL.
const BANNED: [&str; 6] = ["openssl", "openssl-sys", "native-tls", "pq-sys", "libpq-sys", "actix-governor"];

const LONGEST_FILE: usize = 500;

#[test]
fn dependencies_point_downwards() {
    let mut wrong = Vec::new();
    for (name, dependencies) in packages() {
        if name == TEST_SUPPORT {
            continue;
        }
        let Some(place) = HOUSE.iter().position(|member| *member == name) else {
            wrong.push(format!("{name} has no place in HOUSE"));
            continue;
        };
        for (dependency, kind) in dependencies {
            let is_member = dependency == "healthbook" || dependency.starts_with("healthbook-");
            let is_test_tool = dependency == TEST_SUPPORT && kind == "dev";
            if is_member && !is_test_tool && !HOUSE[..place].contains(&dependency.as_str()) {
                wrong.push(format!("{name} must not depend on {dependency} ({kind})"));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn only_their_owners_know_the_large_libraries() {
    let mut wrong = Vec::new();
    for (name, dependencies) in packages() {
        for (dependency, _) in dependencies {
            let reserved = RESERVED.iter().find(|(libraries, _)| libraries.contains(&dependency.as_str()));
            if reserved.is_some_and(|(_, owners)| !owners.contains(&name.as_str())) {
                wrong.push(format!("{name} must not know {dependency}"));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn pure_crates_reach_no_input_or_output() {
    let locked = locked_packages();
    let mut wrong = Vec::new();
    for (name, dependencies) in packages().into_iter().filter(|(name, _)| PURE.contains(&name.as_str())) {
        let direct =
            dependencies.into_iter().filter(|(_, kind)| kind != "dev").map(|(dependency, _)| dependency);
        let mut waiting: Vec<String> = direct.collect();
        let mut reached = BTreeSet::new();
        while let Some(dependency) = waiting.pop() {
            // The lock file does not tell dev-dependencies of our own crates apart; each of ours has its own turn.
            let is_foreign = !dependency.starts_with("healthbook-");
            if !is_foreign && !PURE.contains(&dependency.as_str()) {
                wrong.push(format!("{name} is pure, {dependency} is not"));
            }
            if reached.insert(dependency.clone()) && is_foreign {
                waiting.extend(locked.get(&dependency).into_iter().flatten().cloned());
            }
        }
        wrong.extend(
            IMPURE.iter().filter(|it| reached.contains(**it)).map(|it| format!("{name} reaches {it}")),
        );
    }
    assert_none(&wrong);
}

#[test]
fn the_lock_file_holds_nothing_banned() {
    let mut wrong: Vec<String> = BANNED
        .iter()
        .filter(|name| locked_packages().contains_key(**name))
        .map(|name| format!("{name} is banned: see deny.toml"))
        .collect();
    let text = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let default = concat!("source = \"registry+https://github.com/rust-lang/", "crates.", "io-index\"");
    let sources = text.lines().filter(|line| line.starts_with("source = ") && *line != default);
    wrong.extend(sources.map(|line| format!("not the default registry: {line}")));
    assert_none(&wrong);
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for path in files().into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let text = fs::read_to_string(&path).unwrap();
        if text.lines().take(5).any(|line| line.contains("@generated")) {
            continue;
        }
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{}: {lines} lines, at most {LONGEST_FILE}", shown(&path)));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{}: the first line is not a //! line", shown(&path)));
        }
    }
    assert_none(&wrong);
}

#[test]
fn nothing_of_one_machine_is_committed() {
    // Put together here, lest this file contain them.
    let needles = [
        ["/wor", "k/"],
        ["/ro", "ot/"],
        ["/tmp/", "target"],
        ["/ho", "me/"],
        ["/Us", "ers/"],
        ["sparse", "+http"],
        ["replace", "-with"],
        ["index", "-url"],
    ]
    .map(|parts| parts.concat());
    let mut wrong = Vec::new();
    for path in files() {
        if path.extension().is_some_and(|end| end == "key") {
            wrong.push(format!("{}: a private key", shown(&path)));
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            // The prefix under which Homebrew installs on Linux is nobody's machine.
            let line = line.replace(&["/ho", "me/linuxbrew"].concat(), "");
            for needle in needles.iter().filter(|needle| line.contains(needle.as_str())) {
                wrong.push(format!("{}:{}: {needle}", shown(&path), number + 1));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn statements_of_the_store_are_prepared_once() {
    let sources = root().join("crates/record-store/src");
    let mut wrong = Vec::new();
    for path in files().into_iter().filter(|path| path.starts_with(&sources)) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        wrong.extend(
            code.filter(|(_, line)| line.contains("sql_query"))
                .map(|(number, _)| format!("{}:{}: prepares at every call", shown(&path), number + 1)),
        );
    }
    assert_none(&wrong);
}

#[test]
fn both_databases_have_the_same_tables() {
    let [sqlite, postgres] = ["sqlite", "postgres"].map(|name| root().join("migrations").join(name));
    assert_eq!(migration_names(&sqlite), migration_names(&postgres), "the same steps in both folders");
    let [sqlite, postgres] = [tables(&sqlite), tables(&postgres)];
    assert!(!sqlite.is_empty(), "the migrations make tables");
    assert_eq!(sqlite, postgres, "the same tables with the same columns");
}

#[test]
fn the_reader_of_migrations_understands_them() {
    let mut tables = BTreeMap::new();
    read_sql(
        "-- CREATE TABLE no (a INT);\nCREATE TABLE one (\n a BIGINT NOT NULL, -- why, and (so)\n b TEXT CHECK (b IN \
         ('x', 'y')),\n PRIMARY KEY (a, b)\n) WITHOUT ROWID;\nALTER TABLE one ADD COLUMN c INT; CREATE TABLE two \
         (d INT); ALTER TABLE one DROP COLUMN b; ALTER TABLE one ALTER COLUMN a SET STORAGE PLAIN; DROP TABLE two;",
        &mut tables,
    );
    assert_eq!(tables, BTreeMap::from([("one".to_owned(), vec!["a".to_owned(), "c".to_owned()])]));
}

/// Tables and their columns after all steps of a folder.
fn tables(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for step in migration_names(folder) {
        let up = folder.join(&step).join("up.sql");
        read_sql(&fs::read_to_string(&up).unwrap(), &mut tables);
        assert!(folder.join(&step).join("down.sql").is_file(), "{} has no way back", shown(&up));
    }
    tables
}

fn migration_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn read_sql(sql: &str, tables: &mut BTreeMap<String, Vec<String>>) {
    let without_comments: Vec<&str> =
        sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code)).collect();
    for statement in without_comments.join("\n").split(';') {
        let words: Vec<&str> = statement.split_whitespace().collect();
        match words.as_slice() {
            ["CREATE", "TABLE", name, ..] => {
                let (_, body) = statement.split_once('(').expect("a table has columns");
                tables.insert((*name).to_owned(), columns(body));
            }
            ["DROP", "TABLE", name] => {
                tables.remove(*name);
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                tables.get_mut(*name).expect("the table is there").push((*column).to_owned());
            }
            ["ALTER", "TABLE", name, "DROP", "COLUMN", column] => {
                tables.get_mut(*name).expect("the table is there").retain(|it| it != column);
            }
            ["ALTER", "TABLE", _, "RENAME", ..] => panic!("teach this test to rename: {statement}"),
            _ => {}
        }
    }
}

/// The names in front of the top-level commas, up to the bracket that closes the table.
fn columns(body: &str) -> Vec<String> {
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for letter in body.chars() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(letter),
        }
    }
    let first_words = parts.iter().filter_map(|part| part.split_whitespace().next());
    let is_rule = |word: &str| ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"].contains(&word);
    first_words.filter(|word| !is_rule(word)).map(str::to_owned).collect()
}

/// The packages of the workspace with the name and kind (`normal`, `dev`, `build`) of each dependency.
fn packages() -> Vec<(String, Vec<(String, String)>)> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("normal").to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter().map(|package| {
        let dependencies = package["dependencies"].as_array().unwrap();
        let dependencies = dependencies.iter().map(|it| (text(&it["name"]), text(&it["kind"]))).collect();
        (text(&package["name"]), dependencies)
    });
    packages.collect()
}

/// The names in `Cargo.lock` with those they depend on; versions of one name are taken together.
fn locked_packages() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for block in text.split("[[package]]").skip(1) {
        let name = block.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).unwrap();
        // ` "name",` or ` "name version",`
        let dependencies = block.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
        let names = dependencies.filter_map(|line| line.split(' ').next()).map(str::to_owned);
        packages.entry(name.to_owned()).or_default().extend(names);
    }
    packages
}

/// Every file that could be committed.
fn files() -> Vec<PathBuf> {
    const NOT_OURS: [&str; 7] =
        [".git", "target", "node_modules", ".venv", "__pycache__", "healthbook-data", ".idea"];
    let mut found = Vec::new();
    let mut waiting = vec![root()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                waiting.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
