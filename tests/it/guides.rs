//! The guides of `docs/guides`: what stands in them to be pasted is pasted, block after block into one shell, beside a
//! demo. `bash tests/clients/install` gets `curl`, `jq` and `sqlite3`; `openssl` and `basenc` are those of the system.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use test_support::{TemporaryDirectory, TestDatabase, healthbook_binary};

use crate::support::browser::{Browser, Landing};
use crate::support::oauth::parameters;
use crate::support::path_of;
use crate::support::program::Demo;
use crate::support::sign_in::{consent, pass};

/// Each guide with those whose commands it builds on.
const GUIDES: [&[&str]; 10] = [
    &["start"],
    &["start", "find-a-person"],
    &["start", "read-a-book"],
    &["start", "write-a-visit"],
    &["start", "write-a-visit", "retries"],
    &["start", "citizen"],
    &["start", "system"],
    &["start", "clients"],
    &["start", "versioning"],
    &["operating"],
];

/// What the guides say of where the demo listens.
const ADDRESS: &str = "http://127.0.0.1:8080";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What is to be pasted. Building the program and starting the demo has been done.
fn blocks(guide: &str) -> Vec<String> {
    blocks_of(&format!("docs/guides/{guide}.md"))
}

fn blocks_of(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.filter(|block| !block.starts_with("cargo build --release")).collect()
}

/// A folder as that of the source, with the program built and the demo's data.
fn folder_of(demo: &Demo) -> TemporaryDirectory {
    let folder = TemporaryDirectory::new();
    let path = folder.path();
    fs::create_dir_all(path.join("target/release")).unwrap();
    symlink(healthbook_binary(), path.join("target/release/healthbook")).unwrap();
    for name in ["tests", "national"] {
        symlink(root().join(name), path.join(name)).unwrap();
    }
    symlink(demo.file().parent().unwrap(), path.join("healthbook-data")).unwrap();
    folder
}

/// Signs the first citizen in where an app has sent the browser, and gives the code that it brings back.
fn code_of(demo: &Demo, address: &str) -> String {
    let mut browser = Browser::new(demo.server());
    let landing = browser.go("GET", &path_of(address), None);
    let name = demo.citizen(0).0.to_owned();
    let landing = pass(demo, &mut browser, landing, &name);
    let Landing::Elsewhere(target) = consent(&mut browser, landing, true) else {
        panic!("the browser does not come back")
    };
    parameters(&target)["code"].clone()
}

/// Pastes blocks, each with the name of its guide, into a shell; what was pasted and said, when it fails.
fn paste(demo: &Demo, address: &str, pasted: &[(&str, String)]) -> Result<(), String> {
    let folder = folder_of(demo);
    let mut script = "set -eua\nPATH=\"$PWD/target/release:$PATH\"\n".to_owned();
    for (guide, block) in pasted {
        // `export` succeeds whatever the command in it does: what is set is exported by `set -a`, and a failure ends all.
        let block = block.replace(ADDRESS, address).replace("\nexport ", "\n");
        let block = block.strip_prefix("export ").unwrap_or(&block);
        script.push_str(&format!("echo '== {guide}'\n{block}"));
    }
    let file = folder.path().join("pasted.sh");
    fs::write(&file, &script).unwrap();
    let mut command = Command::new("sh");
    command.arg(&file).current_dir(folder.path());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HEALTHBOOK_"))
    {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut errors = child.stderr.take().unwrap();
    let told = thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text).unwrap_or_default()
    });
    let mut stdin = child.stdin.take().unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with(&format!("{address}/auth/authorize?")) {
            writeln!(stdin, "{}", code_of(demo, &line)).unwrap();
        }
        said.push_str(&format!("{line}\n"));
    }
    let status = child.wait().unwrap();
    if status.success() {
        return Ok(());
    }
    Err(format!("{status}\n{script}\n-- it said\n{said}\n{}", told.join().unwrap()))
}

#[test]
fn what_the_guides_say_can_be_pasted() {
    let demo = Demo::start(TestDatabase::sqlite());
    let address = demo.server().base_url();
    let failed: Vec<String> = GUIDES
        .iter()
        .filter_map(|guides| {
            let of = |guide: &&'static str| {
                let guide: &str = guide;
                blocks(guide).into_iter().map(move |block| (guide, block))
            };
            let pasted: Vec<(&str, String)> = guides.iter().flat_map(of).collect();
            paste(&demo, address, &pasted).err()
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Of the README what neither builds, measures nor runs until it is stopped.
#[test]
fn what_the_readme_says_can_be_pasted() {
    const PROGRAMS: [&str; 3] = ["healthbook ", "openssl ", "printf "];
    let mut demo = Demo::start(TestDatabase::sqlite());
    demo.stop();
    let pasted: Vec<(&str, String)> = blocks_of("README.md")
        .into_iter()
        .filter(|block| block.lines().all(|line| PROGRAMS.iter().any(|program| line.starts_with(program))))
        .filter(|block| !block.contains("healthbook serve"))
        .map(|block| ("README", block))
        .collect();
    assert!(pasted.len() >= 4, "{pasted:?}");
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let first = text.lines().find(|line| line.ends_with("# the first citizen of demo.json")).unwrap();
    assert!(first.contains(&format!("--citizen {} ", demo.citizen(0).0)), "{first}");
    paste(&demo, ADDRESS, &pasted).unwrap();
}

/// A guide that is added is pasted too, and shown at `/docs`.
#[test]
fn every_guide_is_pasted_and_served() {
    let names = fs::read_dir(root().join("docs/guides")).unwrap().map(|entry| entry.unwrap().path());
    let names: BTreeSet<String> = names
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let pasted: BTreeSet<String> = GUIDES.iter().map(|guides| (*guides.last().unwrap()).to_owned()).collect();
    assert_eq!(names, pasted);
    let demo = Demo::start(TestDatabase::sqlite());
    for name in names {
        let page = demo.server().client().get(&format!("/docs/{name}")).expect_status(200);
        let block = blocks(&name).pop().expect("a guide has something to paste");
        let line = block.lines().next().unwrap();
        let shown =
            line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(page.text().contains(&shown) || page.text().contains(line), "{name}: {shown}");
    }
}
