//! Precedence of sources, and errors that name the key.

use super::*;

fn load(
    file: &str,
    variables: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Result<Configuration, ConfigurationError> {
    let folder = test_support::TemporaryDirectory::new();
    let path = folder.path().join("h.toml");
    std::fs::write(&path, file).unwrap();
    let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let flags = flags.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    Configuration::load(Some(&path), variables, flags)
}

fn error(file: &str, variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> String {
    load(file, variables, flags).unwrap_err().to_string()
}

#[test]
fn defaults_are_readable() {
    let configuration = Configuration::load(None, std::iter::empty(), Vec::new()).unwrap();
    assert_eq!(configuration.database.url(), "sqlite:healthbook-data/healthbook.db");
    assert_eq!(configuration.listen.addresses()[0].to_string(), "127.0.0.1:8080");
    assert_eq!(*configuration.auth, Authentication::Token);
    assert!(configuration.demo.is_none());
    assert!(configuration.shown().iter().all(|(_, _, source)| **source == Source::Default));
}

#[test]
fn flag_beats_variable_beats_file_beats_default() {
    let (file, variable, flag) = ("seed = 1", ("HEALTHBOOK_SEED", "2"), ("seed", "3"));
    let seed = |file, variables: &[_], flags: &[_]| {
        let configuration = load(file, variables, flags).unwrap();
        (*configuration.seed, configuration.seed.source().clone())
    };
    assert_eq!(seed("", &[], &[]), (412, Source::Default));
    let (value, source) = seed(file, &[], &[]);
    assert!(value == 1 && matches!(source, Source::File { line: 1, .. }));
    assert_eq!(seed(file, &[variable], &[]), (2, Source::Variable("HEALTHBOOK_SEED".to_owned())));
    assert_eq!(seed(file, &[variable], &[flag]), (3, Source::Flag("--seed".to_owned())));
    assert_eq!(seed(file, &[], &[flag]).0, 3);
    assert_eq!(seed(file, &[("HEALTHBOOK_SEED", "")], &[]).0, 1);
}

#[test]
fn the_file_takes_strings_and_numbers() {
    let file = "# a comment\ntime_zone = 'UTC'\nworkers = 3\nbody_limit = \"1KiB\"\nseed = 0x_10\n"
        .replace("0x_", "0x");
    let configuration = load(&file, &[], &[]).unwrap();
    assert_eq!(configuration.workers.map(std::num::NonZeroUsize::get), Some(3));
    assert_eq!(configuration.body_limit.0, 1024);
    assert_eq!(*configuration.seed, 16);
    assert!(matches!(configuration.body_limit.source(), Source::File { line: 4, .. }));
}

#[test]
fn errors_name_key_source_and_what_is_allowed() {
    let text = error("seed = 1\nlissten = \"a\"\n", &[], &[]);
    assert!(
        text.contains("unknown key `lissten`") && text.contains("h.toml:2") && text.contains("listen"),
        "{text}"
    );
    let text = error("[server]\nlisten = \"a\"\n", &[], &[]);
    assert!(text.contains("unknown key `server`") && text.contains("h.toml:1"), "{text}");
    let text = error("\n\nworkers = 0\n", &[], &[]);
    assert!(
        text.contains("key `workers`") && text.contains("h.toml:3") && text.contains("a number from 1"),
        "{text}"
    );
    let text = error("", &[("HEALTHBOOK_TIME_ZONE", "Mars/Base")], &[]);
    assert!(
        text.contains("key `time_zone` (variable HEALTHBOOK_TIME_ZONE) cannot be \"Mars/Base\""),
        "{text}"
    );
    let text = error("", &[], &[("body_limit", "3 apples")]);
    assert!(
        text.contains("key `body_limit` (flag --body-limit) cannot be \"3 apples\"; allowed: "),
        "{text}"
    );
    let text = error("a = 1\nb = = 2\n", &[], &[]);
    assert!(text.contains("h.toml:2: "), "{text}");
    let text = error("seed = [1]\n", &[], &[]);
    assert!(text.contains("h.toml:1: key `seed` must be a string or a number, not array"), "{text}");
    let nowhere = Configuration::load(Some(Path::new("/no/such.toml")), std::iter::empty(), Vec::new());
    assert!(nowhere.unwrap_err().to_string().contains("/no/such.toml: "));
}

#[test]
fn no_error_shows_a_database_address() {
    let text = error("", &[("HEALTHBOOK_DATABASE", "postgress://u:secret@h/n")], &[]);
    assert!(
        !text.contains("secret") && text.contains("key `database` (variable HEALTHBOOK_DATABASE)"),
        "{text}"
    );
}

#[test]
fn authentication_is_off_on_loopback_only() {
    assert!(load("", &[], &[("auth", "off")]).is_ok());
    let text = error("listen = '0.0.0.0:1'", &[], &[("auth", "off")]);
    assert!(
        text.contains("`auth` (flag --auth)") && text.contains("`listen` (") && text.contains("h.toml:1"),
        "{text}"
    );
    assert!(load("listen = '0.0.0.0:1'", &[], &[("auth", "token")]).is_ok());
}

#[test]
fn what_is_printed_can_be_read_again() {
    let given = load(
        "database = 'postgres://u:s3cr3t@h/n'",
        &[("HEALTHBOOK_WORKERS", "4")],
        &[("listen", "127.0.0.1:0"), ("log", "warn,a=debug")],
    )
    .unwrap();
    let printed = given.to_toml();
    assert!(!printed.contains("s3cr3t"), "{printed}");
    assert!(printed.contains("workers = 4  # variable HEALTHBOOK_WORKERS\n"), "{printed}");
    assert!(printed.contains("listen = \"127.0.0.1:0\"  # flag --listen\n"), "{printed}");
    assert!(printed.contains("# demo is not set  # default\n"), "{printed}");
    let again = load(&printed, &[], &[]).unwrap();
    assert_eq!(again.database.url(), "postgres://u:***@h/n");
    assert_eq!(again.workers.map(std::num::NonZeroUsize::get), Some(4));
}

#[test]
fn variables_with_mistakes_are_found() {
    let names =
        ["HEALTHBOOK_LISTEN", "HEALTHBOOK_LISSTEN", "HEALTHBOOK_TEST_POSTGRES", "HEALTHBOOK_CONFIG", "HOME"];
    let unknown =
        Configuration::unknown_variables(names.iter().map(|name| ((*name).to_owned(), String::new())));
    assert_eq!(unknown, ["HEALTHBOOK_LISSTEN"]);
}

#[test]
fn levels_are_read_by_name() {
    for good in ["info", "off", "warn,record_store=debug", "info, http=trace"] {
        assert!(<LogLevels as value::Value>::read(good).is_some(), "{good}");
    }
    for bad in ["", "infoo", "3", "=info", "a=", "info,"] {
        assert!(<LogLevels as value::Value>::read(bad).is_none(), "{bad}");
    }
}

#[test]
fn sizes_and_times_have_units() {
    use std::time::Duration;
    use value::{ByteSize, Value};
    for (text, bytes) in
        [("1", Some(1)), ("2KiB", Some(2048)), ("3 MiB", Some(3 << 20)), ("0", None), ("1TB", None)]
    {
        assert_eq!(ByteSize::read(text).map(|size| size.0), bytes, "{text}");
    }
    for (text, time) in
        [("90", Some(90_000)), ("5m", Some(300_000)), ("250ms", Some(250)), ("0s", None), ("-1s", None)]
    {
        assert_eq!(Duration::read(text), time.map(Duration::from_millis), "{text}");
    }
}

#[test]
fn the_log_is_kept_as_long_as_the_law_asks() {
    assert_eq!(load("", &[], &[]).unwrap().log_years.0, 5);
    assert_eq!(load("log_years = 20", &[], &[]).unwrap().log_years.0, 20);
    for short in ["4", "0", "-5", "1001", "five"] {
        assert!(error("", &[], &[("log_years", short)]).contains("from 5"), "{short}");
    }
}
