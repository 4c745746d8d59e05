//! The simulated population registry as a program, asked by the adapters over the wire (`docs/registry.md`).

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use outbound::{Peer, PeerSettings};
use population_registry::{
    BirthDate, CardDirectory as _, CardQuestion, Claim, Delivery, PageSize, PersonalNumber,
    PopulationRegistry as _, Question, Registry, RegistryError, RegistrySettings, RequestId, Verification,
    same_name,
};
use serde_json::Value;
use test_support::{HttpClient, TemporaryDirectory};

use crate::support::program::{program, run, words};
use crate::support::value;

/// A running simulator.
pub struct Simulator {
    child: Child,
    pub base: String,
    _folder: TemporaryDirectory,
}

impl Simulator {
    pub fn start(arguments: &[&str]) -> Self {
        let folder = TemporaryDirectory::new();
        let mut command = program(folder.path());
        command.args(["registry-simulator", "--listen", "127.0.0.1:0", "--seed", "7"]);
        if !arguments.contains(&"--people") {
            command.args(["--people", "100000000"]);
        }
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut base = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut base).unwrap();
        Self { child, base: base.trim().to_owned(), _folder: folder }
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let answer = HttpClient::new(&self.base).get(path);
        (answer.status, answer.text().to_owned())
    }

    pub fn sample(&self, count: usize) -> Vec<(PersonalNumber, BirthDate, String)> {
        let (status, text) = self.get(&format!("/sample?count={count}"));
        assert_eq!(status, 200, "{text}");
        let people = value(&text);
        let text = |person: &Value, name: &str| person[name].as_str().unwrap().to_owned();
        let people = people.as_array().unwrap().iter().map(|person| {
            let number = PersonalNumber::try_from(text(person, "number")).unwrap();
            (number, BirthDate::try_from(text(person, "birthDate")).unwrap(), text(person, "name"))
        });
        people.collect()
    }

    fn registry(&self) -> Registry {
        let peer = Peer::new(&PeerSettings {
            base: self.base.clone(),
            identity: None,
            authorities: None,
            connect_limit: Duration::from_secs(20),
        });
        let mut settings = RegistrySettings {
            card_officer_name: "Cán Bộ Thử".to_owned(),
            card_officer_number: "099090000009".to_owned(),
            ..RegistrySettings::default()
        };
        // The machine of a test may be slow.
        settings.limits.attempt = Duration::from_secs(60);
        settings.limits.question = Duration::from_secs(200);
        settings.limits.open = Duration::from_secs(3_600);
        settings.limits.longest_open = Duration::from_secs(3_600);
        Registry::new(Arc::new(peer.unwrap()), settings)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn id(name: &str) -> RequestId {
    RequestId::new(name).unwrap()
}

#[tokio::test]
async fn people_of_the_sample_are_known_to_registry_and_insurance() {
    let simulator = Simulator::start(&[]);
    let registry = simulator.registry();
    let sample = simulator.sample(5);
    assert_eq!((sample.len(), simulator.sample(5) == sample), (5, true));
    for (number, birth_date, name) in sample {
        assert!(number.as_str().starts_with("099"));
        let question = Question { number: number.clone(), birth_date, name: Some(name.clone()) };
        let answer = registry.look_up(id("look-up"), &question).await.unwrap();
        assert!(answer.value.number == number && answer.value.birth_date == birth_date);
        assert!(same_name(&answer.value.name.text(), &name), "the database writes upper case");
        assert_eq!((answer.registry_version, answer.request_id), (Some(0), id("look-up")));
        let claim = Claim { number: number.clone(), name, birth_date };
        let confirmed = registry.verify(id("verify"), &claim).await.unwrap().value;
        assert_eq!(confirmed, Verification::Confirmed);
        let card = CardQuestion { card: number.as_str().to_owned(), name: claim.name.clone(), birth_date };
        let report = registry.card(id("card"), &card).await.unwrap().value;
        assert!(!["060", "061", "070"].contains(&report.result.code.as_str()), "{report:?}");
        let wrong = Claim { name: "Ai Đó Khác".to_owned(), ..claim };
        let denied = registry.verify(id("verify"), &wrong).await.unwrap().value;
        assert_eq!(denied, Verification::NotConfirmed);
    }
    let nobody = Question {
        number: PersonalNumber::try_from("099900000000").unwrap(),
        birth_date: BirthDate::Year(1990),
        name: None,
    };
    let answer = registry.look_up(id("nobody"), &nobody).await;
    assert_eq!(answer.err(), Some(RegistryError::NotFound));
}

#[tokio::test]
async fn the_feed_loses_nothing_by_duplicates_disorder_and_broken_events() {
    let simulator = Simulator::start(&[
        "--people",
        "50",
        "--events",
        "400",
        "--duplicate-rate",
        "0.2",
        "--malformed-rate",
        "0.1",
        "--reorder-window",
        "40",
    ]);
    let registry = simulator.registry();
    let (mut met, mut events, mut broken, mut after) = (BTreeSet::new(), 0, 0, None);
    loop {
        let page = registry.events(id("feed"), after.as_ref(), PageSize::clamped(150)).await.unwrap().value;
        if page.deliveries.is_empty() {
            break;
        }
        for delivery in page.deliveries {
            match delivery {
                Delivery::Malformed(_) => broken += 1,
                Delivery::Event(event) => {
                    events += 1;
                    met.insert((event.person.clone(), event.sequence));
                }
            }
        }
        after = Some(page.next);
    }
    // Fifty people have eight events each, without gaps.
    assert_eq!(met.len(), 400);
    assert!(met.iter().all(|(_, sequence)| (1..=8).contains(sequence)));
    assert!((440..=520).contains(&events) && (15..=80).contains(&broken), "{events} {broken}");
}

#[tokio::test]
async fn an_outage_is_an_error_and_the_sample_stays() {
    let simulator = Simulator::start(&["--outage-every", "1h", "--outage-for", "1h"]);
    let registry = simulator.registry();
    let (number, birth_date, _) = simulator.sample(1).remove(0);
    let question = Question { number, birth_date, name: None };
    let answer = registry.look_up(id("out"), &question).await;
    assert_eq!(answer.err(), Some(RegistryError::Unreachable));
    assert!(registry.events(id("out"), None, PageSize::clamped(1)).await.is_err());
    assert_eq!(simulator.get("/health").0, 200);
    // Five failures in a row open the breaker: three attempts were made, two more are.
    let again = registry.look_up(id("out"), &question).await.err().unwrap();
    assert!(again.is_outage());
    let open = registry.look_up(id("out"), &question).await.err();
    assert!(matches!(open, Some(RegistryError::CircuitOpen(_))), "{open:?}");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let folder = TemporaryDirectory::new();
    for arguments in [
        ["--listen", "0.0.0.0:0"],
        ["--people", "0"],
        ["--people", "100000001"],
        ["--error-rate", "1.5"],
        ["--events-per-second", "0"],
        ["--outage-every", "5s"],
        ["--reorder-window", "0"],
    ] {
        let output = run(folder.path(), &[&["registry-simulator"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", words(&output));
    }
    let simulator = Simulator::start(&[]);
    for (path, status) in [
        ("/sample?count=10001", 400),
        ("/sample?count=x", 400),
        ("/events?limit=0", 400),
        ("/events?limit=1001", 400),
        ("/events?after=x", 400),
        ("/else", 404),
    ] {
        assert_eq!(simulator.get(path).0, status, "{path}");
    }
}
