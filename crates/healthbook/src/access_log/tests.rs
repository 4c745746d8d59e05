//! The commands from a log in a database to files and back, with what is said of them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use audit_log::{Entry, LogName, SigningKey};
use clap::Parser as _;
use fhir::Instant;
use record_store::{Store, StoreSettings};
use test_support::{TemporaryDirectory, TestDatabase};

use super::{run, run_verification};
use crate::cli::{Cli, Command};
use crate::configuration::Configuration;
use crate::failure::Failure;

/// 2019-03-01T00:00:00Z.
pub(super) const BEGINNING: i64 = 1_551_398_400_000_000;
/// Between two entries: 90 of them are in less than ten minutes.
const STEP: i64 = 5_000_000;

/// A log of 1,000 entries, with a checkpoint for each 90.
async fn made(database: &TestDatabase, key: &SigningKey) {
    made_with(database, key, "Practitioner/1").await;
}

/// The same, where somebody has done what was done from entry 730 on: the checkpoint of 720 entries does not show it.
pub(super) async fn made_with(database: &TestDatabase, key: &SigningKey, agent: &'static str) {
    let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
    let entries: Vec<Entry<'static>> = (0..1000_i64)
        .map(|number| Entry {
            salt: u128::from(number.unsigned_abs()).to_be_bytes(),
            time: Instant::from_microseconds(BEGINNING + number * STEP),
            agent: if number < 730 { "Practitioner/1" } else { agent }.into(),
            patient: format!("Patient/{}", number % 7).into(),
            ..Entry::default()
        })
        .collect();
    for part in entries.chunks(90) {
        let now = part.last().unwrap().time;
        store.append_to_log(part.to_vec()).await.unwrap();
        store.sequence(key, Duration::ZERO, now).await.unwrap();
    }
    let extract = store.log_extract(key.verifying(), "Patient/3", &[]).await.unwrap().unwrap();
    assert_eq!(extract.entries.len(), 143);
    store.close().await;
}

pub(super) async fn command(words: &[&str]) -> Result<(), Failure> {
    let cli = Cli::try_parse_from([&["healthbook"], words].concat()).expect("the arguments are good");
    let load = |flags| Configuration::load(None, std::iter::empty(), flags).unwrap();
    match cli.command {
        Command::VerifyAudit(verify) => run_verification(load(verify.database.given()), *verify).await,
        Command::Log(log) => run(load(log.database().given()), *log).await,
        _ => panic!("another command"),
    }
}

fn flipped(file: &Path, place: usize, to: &Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes[place] ^= 1;
    fs::write(to, bytes).unwrap();
}

#[test]
fn a_log_is_verified_in_the_database_and_in_files() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(async {
            let name = LogName::new("test.example").unwrap();
            let key = SigningKey::from_pkcs8(name.clone(), &SigningKey::generate().unwrap()).unwrap();
            let other = SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap();
            let (vkey, other) = (key.verifying().to_string(), other.verifying().to_string());
            made(&database, &key).await;
            let url = database.url();
            assert!(command(&["verify-audit", "--key", &vkey, "--database", url]).await.is_ok());
            let wrong = command(&["verify-audit", "--key", &other, "--database", url]).await;
            assert!(matches!(wrong, Err(Failure::Reported)), "{wrong:?}");

            let folder = TemporaryDirectory::new();
            let out = folder.path().join("archive");
            let out_text = out.to_str().unwrap();
            let rotate = [
                "log",
                "rotate",
                "--key",
                &vkey,
                "--database",
                url,
                "--out",
                out_text,
                "--blocks",
                "2",
                "--before",
            ];
            let young = command(&[&rotate[..], &["2099-01-01"]].concat()).await;
            assert!(matches!(young, Err(Failure::Failed(_))), "{young:?}");
            let forced = command(&[&rotate[..], &["2099-01-01", "--force-demo"]].concat()).await;
            assert!(matches!(forced, Err(Failure::Failed(_))), "it is no demo: {forced:?}");
            command(&[&rotate[..], &["2020-01-01"]].concat()).await.unwrap();
            let files = ["segment-000000000000.log", "segment-000000000002.log"].map(|name| out.join(name));
            assert!(files[0].is_file());
            assert!(files[1].is_file());

            // Files alone, the rest alone, and both.
            assert!(command(&["verify-audit", "--key", &vkey, out_text]).await.is_ok());
            assert!(command(&["verify-audit", "--key", &vkey, "--database", url]).await.is_ok());
            assert!(command(&["verify-audit", "--key", &vkey, out_text, "--database", url]).await.is_ok());
            // Nothing to verify, and the rest without the file before it.
            let nothing = folder.path().join("nothing");
            fs::create_dir(&nothing).unwrap();
            let said = command(&["verify-audit", "--key", &vkey, nothing.to_str().unwrap()]).await;
            assert!(matches!(said, Err(Failure::Usage(_))), "{said:?}");
            let first = files[0].to_str().unwrap();
            let said = command(&["verify-audit", "--key", &vkey, first, "--database", url]).await;
            assert!(matches!(said, Err(Failure::Reported)), "{said:?}");
            // The second file without the first, and a file with another byte.
            let second = files[1].to_str().unwrap();
            assert!(command(&["verify-audit", "--key", &vkey, second]).await.is_err());
            let length = usize::try_from(fs::metadata(&files[0]).unwrap().len()).unwrap();
            let forged = folder.path().join("forged.log");
            for place in [40, length / 3, length / 2, length - 1] {
                flipped(&files[0], place, &forged);
                let said = command(&["verify-audit", "--key", &vkey, forged.to_str().unwrap()]).await;
                assert!(matches!(said, Err(Failure::Reported)), "byte {place}: {said:?}");
            }
        });
    }
}

#[test]
fn an_extract_is_verified_with_a_known_checkpoint() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = TestDatabase::sqlite();
        let name = LogName::new("test.example").unwrap();
        let key = SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap();
        made(&database, &key).await;
        let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
        let older = store.log_checkpoints(0, 1).await.unwrap().remove(0);
        let extract =
            store.log_extract(key.verifying(), "Patient/3", std::slice::from_ref(&older)).await.unwrap();
        store.close().await;
        let json = extract.unwrap().to_json().unwrap();
        let folder = TemporaryDirectory::new();
        let [vkey, known, sound, forged] =
            ["key", "known", "sound.json", "forged.json"].map(|name| folder.path().join(name));
        fs::write(&vkey, key.verifying().to_string()).unwrap();
        fs::write(&known, older).unwrap();
        fs::write(&sound, &json).unwrap();
        fs::write(&forged, json.replacen("Practitioner/1", "Practitioner/2", 1)).unwrap();
        let [vkey, known, sound, forged] =
            [&vkey, &known, &sound, &forged].map(|path| path.to_str().unwrap());
        assert!(command(&["verify-audit", "--key", vkey, "--known", known, sound]).await.is_ok());
        let said = command(&["verify-audit", "--key", vkey, forged]).await;
        assert!(matches!(said, Err(Failure::Reported)), "{said:?}");
    });
}
