//! Configuration: flag before environment before file before default; what is wrong is named before anything starts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use test_support::TemporaryDirectory;

use crate::support::program::{program, words};

/// `serve` with a file, variables and flags; it must end by itself.
fn serve(folder: &Path, file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Output {
    let mut command = program(folder);
    command.arg("serve");
    if !file.is_empty() {
        fs::write(folder.join("book.toml"), file).unwrap();
        command.args(["--config", "book.toml"]);
    }
    command.args(flags).envs(variables.iter().copied());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(5);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("it runs: {}", words(&child.wait_with_output().unwrap()));
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// The printed keys: value and source.
#[track_caller]
fn printed(output: &Output) -> BTreeMap<String, (String, String)> {
    assert!(output.status.success(), "{}", words(output));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut keys = BTreeMap::new();
    for line in text.lines() {
        let Some((setting, source)) = line.split_once("  # ") else { continue };
        let Some((key, value)) = setting.split_once(" = ") else { continue };
        keys.insert(key.to_owned(), (value.trim_matches('"').to_owned(), source.to_owned()));
    }
    assert!(keys.contains_key("listen"), "{text}");
    keys
}

fn print(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> BTreeMap<String, (String, String)> {
    let folder = TemporaryDirectory::new();
    printed(&serve(folder.path(), file, variables, &[&["--print-config"], flags].concat()))
}

/// Key, variable, flag, and four values: of the file as TOML, of the variable, of the flag; the file's as printed.
const KEYS: [(&str, &str, &str, [&str; 4]); 5] = [
    (
        "listen",
        "HEALTHBOOK_LISTEN",
        "--listen",
        ["\"127.0.0.1:1001\"", "127.0.0.1:1002", "127.0.0.1:1003", "127.0.0.1:1001"],
    ),
    ("seed", "HEALTHBOOK_SEED", "--seed", ["1001", "1002", "1003", "1001"]),
    ("log", "HEALTHBOOK_LOG", "--log", ["\"warn\"", "error", "debug", "warn"]),
    (
        "time_zone",
        "HEALTHBOOK_TIME_ZONE",
        "--time-zone",
        ["\"Asia/Tokyo\"", "UTC", "Europe/Paris", "Asia/Tokyo"],
    ),
    (
        "database",
        "HEALTHBOOK_DATABASE",
        "--database",
        ["\"sqlite:a.db\"", "sqlite:b.db", "sqlite:c.db", "sqlite:a.db"],
    ),
];

#[test]
fn flag_before_environment_before_file_before_default() {
    let defaults = print("", &[], &[]);
    assert_eq!(defaults["time_zone"].0, "Asia/Ho_Chi_Minh");
    assert_eq!(defaults["auth"].0, "token", "open doors are nobody's default");
    assert!(defaults["listen"].0.starts_with("127.0.0.1:"), "{:?}", defaults["listen"]);
    for (key, variable, flag, [in_file, in_variable, in_flag, from_file]) in KEYS {
        let file = format!("{key} = {in_file}\n");
        let variables = [(variable, in_variable)];
        let flags = [flag, in_flag];
        let cases = [
            print("", &[], &[])[key].clone(),
            print(&file, &[], &[])[key].clone(),
            print(&file, &variables, &[])[key].clone(),
            print(&file, &variables, &flags)[key].clone(),
            print(&file, &[], &flags)[key].clone(),
            print("", &variables, &flags)[key].clone(),
        ];
        let values: Vec<&str> = cases.iter().map(|(value, _)| value.as_str()).collect();
        let default = defaults[key].0.as_str();
        assert_eq!(values, [default, from_file, in_variable, in_flag, in_flag, in_flag], "{key}");
        let sources: BTreeSet<&str> = cases.iter().map(|(_, source)| source.as_str()).collect();
        assert_eq!(sources.len(), 4, "{key}: each source is named: {sources:?}");
        assert!(cases[1].1.contains("book.toml"), "{:?}", cases[1]);
        assert!(cases[2].1.contains(variable), "{:?}", cases[2]);
        assert!(cases[3].1.contains(flag), "{:?}", cases[3]);
    }
    let folder = TemporaryDirectory::new();
    let output = serve(folder.path(), "", &[], &["--print-config"]);
    assert!(output.status.success());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "printing makes nothing");
}

#[test]
fn the_file_may_be_named_by_a_variable() {
    let folder = TemporaryDirectory::new();
    fs::write(folder.path().join("other.toml"), "seed = 4711\n").unwrap();
    let output = serve(folder.path(), "", &[("HEALTHBOOK_CONFIG", "other.toml")], &["--print-config"]);
    assert_eq!(printed(&output)["seed"].0, "4711");
}

#[track_caller]
fn expect_error(output: &Output, names: &[&str]) {
    let said = words(output);
    assert!(!output.status.success(), "{said}");
    for name in names {
        assert!(said.contains(name), "{name} is not named: {said}");
    }
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
}

#[test]
fn an_error_names_the_key_and_where_it_stands() {
    let folder = TemporaryDirectory::new();
    let file = |text: &str| serve(folder.path(), text, &[], &[]);
    expect_error(&file("seed = \"many\"\n"), &["seed", "book.toml"]);
    expect_error(&file("seed = -1\n"), &["seed", "book.toml"]);
    expect_error(&file("log = \"info\"\nlisten = 8080\n"), &["listen", "book.toml"]);
    expect_error(&file("lisen = \"127.0.0.1:0\"\n"), &["lisen", "book.toml"]);
    expect_error(&file("[server]\nlisten = \"127.0.0.1:0\"\n"), &["server", "book.toml"]);
    expect_error(&file("listen = \n"), &["book.toml"]);
    expect_error(&file("seed = 1\nseed = 2\n"), &["duplicate key", "book.toml:2"]);
    for (variable, key, bad) in [
        ("HEALTHBOOK_SEED", "seed", "many"),
        ("HEALTHBOOK_LISTEN", "listen", "nowhere"),
        ("HEALTHBOOK_TIME_ZONE", "time_zone", "Mars/Base"),
        ("HEALTHBOOK_BODY_LIMIT", "body_limit", "0"),
        ("HEALTHBOOK_BODY_DEADLINE", "body_deadline", "soon"),
        ("HEALTHBOOK_AUTH", "auth", "maybe"),
        ("HEALTHBOOK_DATABASE", "database", "mysql://a/b"),
        ("HEALTHBOOK_WORKERS", "workers", "0"),
    ] {
        let output = serve(folder.path(), "", &[(variable, bad)], &[]);
        expect_error(&output, &[key, variable]);
    }
    for (flag, bad) in [
        ("--seed", "many"),
        ("--demo", "-5"),
        ("--listen", "127.0.0.1"),
        ("--listen", "127.0.0.1:99999"),
        ("--shutdown-limit", "long"),
        ("--base-url", "not a url"),
        ("--log", "loud"),
        ("--unknown", "1"),
    ] {
        let flag_and_value = format!("{flag}={bad}");
        expect_error(&serve(folder.path(), "", &[], &[&flag_and_value]), &[flag]);
    }
    expect_error(&serve(folder.path(), "", &[], &["--config", "absent.toml"]), &["absent.toml"]);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["book.toml"], "nothing was made");
}

#[test]
fn without_sign_in_only_this_machine_is_served() {
    let folder = TemporaryDirectory::new();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:0.0.0.0]:0"] {
        let output = serve(folder.path(), "", &[], &["--auth", "off", "--listen", address]);
        expect_error(&output, &["auth", "listen"]);
    }
    let output = serve(folder.path(), "auth = \"off\"\n", &[("HEALTHBOOK_LISTEN", "0.0.0.0:0")], &[]);
    expect_error(&output, &["auth", "listen"]);
    let database = test_support::TestDatabase::sqlite();
    let server = crate::support::start(&database, &[]);
    let said = server.log().join("\n");
    assert!(said.to_lowercase().contains("auth") && said.contains("WARN"), "no loud warning: {said}");
}

#[test]
fn passwords_are_not_shown() {
    let folder = TemporaryDirectory::new();
    let url = "postgres://book:s3cr3t-word@127.0.0.1:9/book";
    let shown = serve(folder.path(), "", &[], &["--database", url, "--print-config"]);
    assert!(shown.status.success(), "{}", words(&shown));
    let refused = serve(folder.path(), "", &[], &["--database", url, "--listen", "127.0.0.1:0"]);
    expect_error(&refused, &[]);
    for output in [shown, refused] {
        assert!(!words(&output).contains("s3cr3t-word"), "{}", words(&output));
    }
    let file = format!("database = \"{url}\"\ndatabase_connections = \"x\"\n");
    let output = serve(folder.path(), &file, &[], &[]);
    expect_error(&output, &["database_connections"]);
    assert!(!words(&output).contains("s3cr3t-word"), "{}", words(&output));
}

#[test]
fn an_address_in_use_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TemporaryDirectory::new();
    let output = serve(folder.path(), "", &[], &["--listen", &address]);
    expect_error(&output, &[&address]);
}
