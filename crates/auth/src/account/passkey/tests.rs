//! Passkeys with a device in software: adding one, signing in, and all that must not work.

use std::future::Future;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use fhir::LogicalId;
use minicbor::Encoder;
use record_store::{Store, StoreSettings};
use test_support::TestDatabase;

use super::*;
use crate::account::{AccountKind, AccountStatus, NoSender, Work, set_status};

const ORIGIN: &str = "https://book.example";

fn start() -> Instant {
    Instant::try_from("2026-11-28T08:00:00+07:00").unwrap()
}

/// A device with one key.
struct Device {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    counter: u32,
    origin: String,
    site: String,
    flags: u8,
}

impl Device {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let id = new_secret().unwrap().into_bytes();
        let (origin, site) = (ORIGIN.to_owned(), "book.example".to_owned());
        Self { pair, id, counter: 0, origin, site, flags: 0b101 }
    }

    fn client_data(&self, kind: &str, challenge: &Challenge) -> Vec<u8> {
        let challenge = challenge.options["challenge"].as_str().unwrap();
        json!({ "type": kind, "challenge": challenge, "origin": self.origin }).to_string().into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = digest::digest(&digest::SHA256, self.site.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    fn create(&self, challenge: &Challenge) -> Response {
        let mut data = self.data(self.flags | 1 << 6);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.id);
        let point = self.pair.public_key().as_ref();
        let mut key = Encoder::new(data);
        key.map(5).unwrap().i8(1).unwrap().i8(2).unwrap().i8(3).unwrap().i8(-7).unwrap();
        key.i8(-1).unwrap().i8(1).unwrap().i8(-2).unwrap().bytes(&point[1..33]).unwrap();
        key.i8(-3).unwrap().bytes(&point[33..]).unwrap();
        let mut object = Encoder::new(Vec::new());
        object.map(3).unwrap().str("fmt").unwrap().str("none").unwrap();
        object.str("attStmt").unwrap().map(0).unwrap();
        object.str("authData").unwrap().bytes(key.writer()).unwrap();
        Response {
            id: URL_SAFE_NO_PAD.encode(&self.id),
            client_data: URL_SAFE_NO_PAD.encode(self.client_data("webauthn.create", challenge)),
            attestation_object: Some(URL_SAFE_NO_PAD.encode(object.writer())),
            authenticator_data: None,
            signature: None,
            user_handle: None,
        }
    }

    fn get(&mut self, challenge: &Challenge) -> Response {
        self.counter += 1;
        let client_data = self.client_data("webauthn.get", challenge);
        let data = self.data(self.flags);
        let mut signed = data.clone();
        signed.extend_from_slice(digest::digest(&digest::SHA256, &client_data).as_ref());
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        Response {
            id: URL_SAFE_NO_PAD.encode(&self.id),
            client_data: URL_SAFE_NO_PAD.encode(client_data),
            attestation_object: None,
            authenticator_data: Some(URL_SAFE_NO_PAD.encode(data)),
            signature: Some(URL_SAFE_NO_PAD.encode(signature.as_ref())),
            user_handle: None,
        }
    }
}

struct World {
    accounts: Accounts,
    site: Site,
    session: Session,
}

impl World {
    async fn open(url: &str) -> Self {
        let store = Store::open(&StoreSettings::new(url)).await.unwrap();
        let work = Work { memory: 64, passes: 1 };
        let accounts = Accounts::new(store, work, 1, Box::new(NoSender)).unwrap();
        let patient = LogicalId::try_from("patient-1").unwrap();
        let kind = AccountKind::Citizen { patient: patient.clone() };
        let account = Account::for_citizen(accounts.store(), "099123456789", patient, start()).await.unwrap();
        let visitor = Visitor::default();
        let (store, arrival) = (accounts.store(), &visitor.arrival);
        let deed = noted::signed_in(&account.id, &account.kind, "passkey");
        let opened = session::open(store, &account, PASSKEY, arrival, None, deed, start());
        let session = opened.await.unwrap().session;
        assert_eq!(session.kind, kind);
        Self { accounts, site: Site::of("https://book.example/fhir").unwrap(), session }
    }

    async fn add(&self, device: &Device) -> Result<(), PasskeyError> {
        let challenge = self.accounts.begin_passkey(&self.site, &self.session, start()).await?;
        let response = device.create(&challenge);
        let (site, secret) = (&self.site, &challenge.secret);
        self.accounts.finish_passkey(site, &self.session, secret, &response, start()).await
    }

    async fn ask(&self) -> Challenge {
        self.accounts.begin_passkey_sign_in(&self.site, &Visitor::default(), start()).await.unwrap()
    }

    async fn answer(&self, challenge: &Challenge, response: &Response) -> Result<Answer, PasskeyError> {
        let (site, visitor) = (&self.site, Visitor::default());
        self.accounts
            .finish_passkey_sign_in(site, &challenge.secret, response, &visitor, after(start(), 1))
            .await
    }

    async fn sign_in(&self, device: &mut Device) -> Result<Answer, PasskeyError> {
        let challenge = self.ask().await;
        let response = device.get(&challenge);
        self.answer(&challenge, &response).await
    }
}

fn run<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(async { test(World::open(database.url()).await).await });
    }
}

#[test]
fn a_key_is_added_and_signs_in() {
    run(|world| async move {
        let mut device = Device::new();
        world.add(&device).await.unwrap();
        for _ in 0..2 {
            let answer = world.sign_in(&mut device).await.unwrap();
            let Answer::SignedIn(opened, None) = answer else { panic!("{answer:?}") };
            assert_eq!(
                (opened.session.account, opened.session.acr.as_str()),
                (world.session.account.clone(), "2")
            );
        }
        assert!(matches!(world.add(&device).await, Err(PasskeyError::Unknown)), "it belongs to somebody");
        let mut stranger = Device::new();
        assert!(matches!(world.sign_in(&mut stranger).await, Err(PasskeyError::Unknown)));
    });
}

#[test]
fn so_many_keys_and_no_more_when_all_are_asked_for_first() {
    run(|world| async move {
        let mut asked = Vec::new();
        for _ in 0..MOST + 3 {
            asked.push(world.accounts.begin_passkey(&world.site, &world.session, start()).await.unwrap());
        }
        let mut added = 0;
        for challenge in asked {
            let (site, session) = (&world.site, &world.session);
            let response = Device::new().create(&challenge);
            let done = world.accounts.finish_passkey(site, session, &challenge.secret, &response, start());
            match done.await {
                Ok(()) => added += 1,
                Err(problem) => assert!(matches!(problem, PasskeyError::NotNow), "{problem:?}"),
            }
        }
        assert_eq!(added, MOST);
    });
}

#[test]
fn an_answer_holds_once_for_its_own_challenge() {
    run(|world| async move {
        let mut device = Device::new();
        world.add(&device).await.unwrap();
        let (one, other) = (world.ask().await, world.ask().await);
        let response = device.get(&one);
        assert!(matches!(world.answer(&other, &response).await, Err(PasskeyError::NotAsked)));
        assert!(world.answer(&one, &response).await.is_ok());
        assert!(matches!(world.answer(&one, &response).await, Err(PasskeyError::NotAsked)), "replayed");
        // A challenge for a new key is none for signing in.
        let challenge = world.accounts.begin_passkey(&world.site, &world.session, start()).await.unwrap();
        let response = device.get(&challenge);
        assert!(matches!(world.answer(&challenge, &response).await, Err(PasskeyError::NotAsked)));
    });
}

#[test]
fn another_site_no_verification_and_a_wrong_signature_are_refused() {
    run(|world| async move {
        let mut device = Device::new();
        world.add(&device).await.unwrap();
        device.origin = "https://book.example.evil".to_owned();
        assert!(matches!(world.sign_in(&mut device).await, Err(PasskeyError::OtherSite)));
        assert!(matches!(world.add(&device).await, Err(PasskeyError::OtherSite)));
        device.origin = ORIGIN.to_owned();
        device.site = "evil.example".to_owned();
        assert!(matches!(world.sign_in(&mut device).await, Err(PasskeyError::OtherSite)));
        device.site = "book.example".to_owned();
        for flags in [0b001, 0b100, 0] {
            device.flags = flags;
            assert!(matches!(world.sign_in(&mut device).await, Err(PasskeyError::NotVerified)), "{flags}");
            assert!(matches!(world.add(&device).await, Err(PasskeyError::NotVerified)), "{flags}");
        }
        device.flags = 0b101;
        let mut forger = Device::new();
        forger.id.clone_from(&device.id);
        forger.counter = 99;
        assert!(matches!(world.sign_in(&mut forger).await, Err(PasskeyError::Signature)));
        let challenge = world.ask().await;
        let response =
            Response { user_handle: Some(URL_SAFE_NO_PAD.encode("another")), ..device.get(&challenge) };
        assert!(matches!(world.answer(&challenge, &response).await, Err(PasskeyError::Unknown)));
        assert!(world.sign_in(&mut device).await.is_ok());
    });
}

#[test]
fn a_counter_that_goes_back_is_a_copy() {
    run(|world| async move {
        let mut device = Device::new();
        world.add(&device).await.unwrap();
        device.counter = 10;
        assert!(world.sign_in(&mut device).await.is_ok());
        for counter in [10, 3, u32::MAX - 1] {
            device.counter = counter;
            let answer = world.sign_in(&mut device).await;
            assert_eq!(answer.is_ok(), counter > 10, "{counter}");
            device.counter = 10;
            let again = world.sign_in(&mut device).await;
            assert!(matches!(again, Err(PasskeyError::Counter)) || counter <= 10, "{counter}");
        }
    });
}

#[test]
fn only_a_fresh_session_of_two_factors_adds_a_key_and_only_an_active_account_uses_it() {
    run(|world| async move {
        let mut device = Device::new();
        world.add(&device).await.unwrap();
        let late = after(start(), 601);
        let begun = world.accounts.begin_passkey(&world.site, &world.session, late).await;
        assert!(matches!(begun, Err(PasskeyError::NotNow)));
        let assistant =
            access::Assistant { account: "staff".to_owned(), practitioner: None, organization: None };
        for weak in [
            Session { acr: "1".to_owned(), ..world.session.clone() },
            Session { assisted_by: Some(assistant), ..world.session.clone() },
        ] {
            let begun = world.accounts.begin_passkey(&world.site, &weak, start()).await;
            assert!(matches!(begun, Err(PasskeyError::NotNow)));
        }
        let (store, account) = (world.accounts.store(), &world.session.account);
        set_status(store, account, AccountStatus::Blocked, start()).await.unwrap();
        assert!(matches!(world.sign_in(&mut device).await, Err(PasskeyError::Unknown)));
    });
}

#[test]
fn broken_bytes_are_refused_and_never_panic() {
    let device = Device::new();
    let challenge = Challenge { options: json!({ "challenge": "c" }), secret: String::new() };
    let object = decode(device.create(&challenge).attestation_object.as_deref().unwrap()).unwrap();
    let read = |object: &[u8]| {
        let data = AuthenticatorData::read(key::authenticator_data(object)?, "book.example").ok()?;
        data.credential().ok()
    };
    assert!(read(&object).is_some());
    for cut in 0..object.len() {
        assert!(read(&object[..cut]).is_none(), "{cut}");
    }
    for place in 0..object.len() {
        for bit in 0..8 {
            let mut changed = object.clone();
            changed[place] ^= 1 << bit;
            let _ = read(&changed);
        }
    }
}

#[test]
fn the_site_is_that_of_the_base_url() {
    let site = Site::of("http://localhost:8080/fhir").unwrap();
    assert_eq!((site.id.as_str(), site.origin.as_str()), ("localhost", "http://localhost:8080"));
    let site = Site::of("https://book.example/fhir").unwrap();
    assert_eq!((site.id.as_str(), site.origin.as_str()), ("book.example", ORIGIN));
}
