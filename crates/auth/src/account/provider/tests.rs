//! The provider: what holds, all the bad answers, and what happens while it is down.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fhir::LogicalId;
use record_store::{Store, StoreSettings};
use test_support::TestDatabase;

use super::simulator::{Fault, LEVEL, NUMBER_CLAIM, Person, Simulator};
use super::*;
use crate::account::{Account, AccountStatus, NoSender, OutboundError, Requesting, Work, set_status};

const ISSUER: &str = "http://127.0.0.1:9090";
const NUMBER: &str = "099123456789";

fn start() -> Instant {
    Instant::try_from("2026-11-28T08:00:00+07:00").unwrap()
}

/// Leads requests to the simulator, without a network.
struct Wire {
    simulator: Simulator,
    now: Instant,
    down: AtomicBool,
    asked: AtomicUsize,
}

impl Outbound for Wire {
    fn request(&self, request: OutboundRequest) -> Requesting<'_> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            if self.down.load(Ordering::Relaxed) {
                return Err(OutboundError);
            }
            let path = request.url.strip_prefix(ISSUER).ok_or(OutboundError)?;
            let found = match (path, request.form) {
                ("/.well-known/openid-configuration", None) => Ok(self.simulator.discovery()),
                ("/jwks", None) => Ok(self.simulator.jwks()),
                ("/token", Some(form)) => {
                    let form = form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                    self.simulator.token(&form, self.now)
                }
                _ => return Err(OutboundError),
            };
            let (status, body) = match found {
                Ok(value) => (200, value.to_string()),
                Err(error) => (400, error.to_owned()),
            };
            Ok(OutboundAnswer { status, body: body.into_bytes() })
        })
    }
}

struct World {
    accounts: Accounts,
    wire: Arc<Wire>,
    provider: Provider,
}

impl World {
    async fn open(url: &str, fault: Option<Fault>) -> Self {
        let store = Store::open(&StoreSettings::new(url)).await.unwrap();
        let work = Work { memory: 64, passes: 1 };
        let accounts = Accounts::new(store, work, 1, Box::new(NoSender)).unwrap();
        let people = vec![Person { name: "Trần Thị Lan".to_owned(), number: NUMBER.to_owned() }];
        let simulator = Simulator::new(ISSUER.to_owned(), people, fault).unwrap();
        let (down, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
        let wire = Arc::new(Wire { simulator, now: start(), down, asked });
        let settings = ProviderSettings {
            issuer: ISSUER.to_owned(),
            client_id: "healthbook".to_owned(),
            client_secret: None,
            redirect_uri: "http://127.0.0.1:8080/auth/provider/callback".to_owned(),
            level: LEVEL.to_owned(),
            number_claim: NUMBER_CLAIM.to_owned(),
        };
        let provider = Provider::new(settings, wire.clone());
        Self { accounts, wire, provider }
    }

    async fn begin(&self) -> Started {
        let visitor = Visitor { continue_with: Some("waiting".to_owned()), ..Visitor::default() };
        self.provider.start(&self.accounts, &visitor, start()).await.unwrap()
    }

    /// What the browser brings back after somebody was chosen.
    fn choose(&self, started: &Started) -> Callback {
        let pairs = |url: &str| -> HashMap<String, String> {
            Url::parse(url).unwrap().query_pairs().into_owned().collect()
        };
        let query = pairs(&started.url);
        let back = pairs(&self.wire.simulator.choose(&query, 0).unwrap());
        Callback {
            state: back["state"].clone(),
            code: back.get("code").cloned(),
            iss: back.get("iss").cloned(),
        }
    }

    async fn finish(&self, started: &Started, callback: &Callback) -> Result<Recognised, ProviderError> {
        self.provider.finish(&self.accounts, &started.secret, callback, start()).await
    }

    async fn join(&self, claims: &Claims, patient: Option<&str>) -> Joined {
        let patient = patient.map(|id| LogicalId::try_from(id).unwrap());
        let visitor = Visitor::default();
        self.accounts.sign_in_by_provider(claims, patient, &visitor, start()).await.unwrap()
    }
}

fn run<F: Future<Output = ()>>(fault: Option<Fault>, test: impl Fn(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(async { test(World::open(database.url(), fault).await).await });
    }
}

#[test]
fn a_citizen_is_recognised_and_joined_by_number_the_first_time_then_by_subject() {
    run(None, |world| async move {
        let started = world.begin().await;
        let query: HashMap<_, _> = Url::parse(&started.url).unwrap().query_pairs().into_owned().collect();
        assert_eq!(
            (query["response_type"].as_str(), query["code_challenge_method"].as_str()),
            ("code", "S256")
        );
        let recognised = world.finish(&started, &world.choose(&started)).await.unwrap();
        assert_eq!(recognised.continue_with.as_deref(), Some("waiting"));
        assert_eq!((recognised.claims.issuer.as_str(), recognised.claims.number.as_str()), (ISSUER, NUMBER));
        assert!(!format!("{recognised:?}").contains(NUMBER));

        assert!(matches!(world.join(&recognised.claims, None).await, Joined::Unknown));
        let Joined::SignedIn(first) = world.join(&recognised.claims, Some("patient-1")).await else {
            panic!()
        };
        assert_eq!(first.session.acr, "2");
        // From now on the subject counts, also under another number.
        let moved = Claims { number: "099000000000".to_owned(), ..recognised.claims.clone() };
        let Joined::SignedIn(second) = world.join(&moved, None).await else { panic!() };
        assert_eq!(second.session.account, first.session.account);
        let other = Claims { subject: "another".to_owned(), number: "099000000000".to_owned(), ..moved };
        assert!(matches!(world.join(&other, None).await, Joined::Unknown));
    });
}

#[test]
fn every_bad_answer_is_refused() {
    for fault in Fault::ALL.iter().copied() {
        run(Some(fault), move |world| async move {
            let started = world.begin().await;
            let error = world.finish(&started, &world.choose(&started)).await.unwrap_err();
            let is_right = match fault {
                Fault::WrongNonce => matches!(error, ProviderError::IdToken(IdTokenError::Nonce)),
                Fault::OtherIssuerInRedirect => matches!(error, ProviderError::OtherIssuer),
                Fault::WrongState => matches!(error, ProviderError::NotAsked),
                Fault::OtherIssuer | Fault::OtherAudience | Fault::OtherKey => {
                    matches!(error, ProviderError::IdToken(IdTokenError::Invalid))
                }
                Fault::Unsigned => matches!(error, ProviderError::IdToken(IdTokenError::Malformed)),
                Fault::Expired => matches!(error, ProviderError::IdToken(IdTokenError::Time)),
                Fault::LowLevel => matches!(error, ProviderError::IdToken(IdTokenError::Level)),
                Fault::NoNumber => matches!(error, ProviderError::IdToken(IdTokenError::NoNumber)),
            };
            assert!(is_right, "{}: {error:?}", fault.code());
        });
    }
}

#[test]
fn an_answer_holds_once_and_for_one_browser() {
    run(None, |world| async move {
        let (one, other) = (world.begin().await, world.begin().await);
        let callback = world.choose(&one);
        let wrong = world.finish(&other, &callback).await;
        assert!(matches!(wrong, Err(ProviderError::NotAsked)), "{wrong:?}");
        world.finish(&one, &callback).await.unwrap();
        let again = world.finish(&one, &callback).await;
        assert!(matches!(again, Err(ProviderError::NotAsked)), "{again:?}");
        let started = world.begin().await;
        let nameless = Callback { iss: None, ..world.choose(&started) };
        // The provider says that it names itself: an answer that does not is not its own (RFC 9207, 2.4).
        assert!(matches!(world.finish(&started, &nameless).await, Err(ProviderError::OtherIssuer)));
    });
}

#[test]
fn a_provider_that_is_down_is_left_alone() {
    run(None, |world| async move {
        world.wire.down.store(true, Ordering::Relaxed);
        let visitor = Visitor::default();
        let ask = async |now| world.provider.start(&world.accounts, &visitor, now).await;
        for _ in 0..10 {
            assert!(matches!(ask(start()).await, Err(ProviderError::Down)));
        }
        assert_eq!(world.wire.asked.load(Ordering::Relaxed), 3);
        world.wire.down.store(false, Ordering::Relaxed);
        assert!(matches!(ask(after(start(), 29)).await, Err(ProviderError::Down)));
        assert!(ask(after(start(), 30)).await.is_ok());
    });
}

#[test]
fn a_blocked_or_closed_account_stays_out() {
    run(None, |world| async move {
        let started = world.begin().await;
        let claims = world.finish(&started, &world.choose(&started)).await.unwrap().claims;
        assert!(matches!(world.join(&claims, Some("patient-1")).await, Joined::SignedIn(_)));
        let patient = LogicalId::try_from("patient-1").unwrap();
        let store = world.accounts.store();
        let account = Account::for_citizen(store, NUMBER, patient, start()).await.unwrap();
        for status in [AccountStatus::Blocked, AccountStatus::Closed] {
            set_status(store, &account.id, status, start()).await.unwrap();
            assert!(matches!(world.join(&claims, Some("patient-1")).await, Joined::Refused));
        }
    });
}
