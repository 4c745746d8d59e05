//! Keys over the months: published before they sign, gone when nothing they signed lives.

use record_store::StoreSettings;
use test_support::TestDatabase;

use super::*;

fn at(days: i64) -> Instant {
    Instant::from_microseconds(1_780_000_000 * SECOND + days * DAY)
}

async fn store(database: &TestDatabase) -> Store {
    Store::open(&StoreSettings::new(database.url())).await.unwrap()
}

fn ids(keys: &Keyring, now: Instant) -> Vec<(String, KeyState)> {
    keys.summaries(now).into_iter().map(|key| (key.id, key.state)).collect()
}

#[tokio::test]
async fn the_next_key_is_published_a_day_before_it_signs_and_the_former_one_goes() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let first = keep(&store, at(0)).await.unwrap();
    let first_id = first.signing(at(0)).unwrap().id.clone();
    assert_eq!(ids(&keep(&store, at(28)).await.unwrap(), at(28)), [(first_id.clone(), KeyState::Signing)]);
    let both = keep(&store, at(29)).await.unwrap();
    let second_id = ids(&both, at(29))[1].0.clone();
    assert_eq!(
        ids(&both, at(29)),
        [(first_id.clone(), KeyState::Signing), (second_id.clone(), KeyState::Next)]
    );
    assert_eq!(both.published(at(29))["keys"].as_array().unwrap().len(), 2);
    // A day later the second signs; what the first has signed still holds.
    assert_eq!(both.signing(at(30)).unwrap().id, second_id);
    assert!(both.verifying(&first_id, at(30)).is_some());
    assert!(both.verifying(&first_id, at(31)).is_none());
    assert_eq!(both.published(at(31))["keys"].as_array().unwrap().len(), 1);
    // The key after that takes the record of the first with it.
    keep(&store, at(60)).await.unwrap();
    assert_eq!(store.security_records(SecurityKind::SigningKey, None, at(60)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_forced_key_signs_at_once() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let first = keep(&store, at(0)).await.unwrap().signing(at(0)).unwrap().id.clone();
    let keys = rotate(&store, at(1)).await.unwrap();
    assert_ne!(keys.signing(at(1)).unwrap().id, first);
    assert!(keys.verifying(&first, at(1)).is_some());
}

#[tokio::test]
async fn no_private_half_lies_open_and_none_is_published() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let keys = keep(&store, at(0)).await.unwrap();
    let key = &keys.published(at(0))["keys"][0];
    let names: Vec<_> = key.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["kty", "crv", "x", "y", "kid", "use", "alg"]);
    let record = &store.security_records(SecurityKind::SigningKey, None, at(0)).await.unwrap()[0];
    // The object identifier of the curve would stand in an open PKCS#8 text.
    let sealed: Value = serde_json::from_str(&record.value).unwrap();
    let bytes = crate::secret::decode(sealed["sealed"].as_str().unwrap()).unwrap();
    let curve = [0x2a, 0x86, 0x48, 0xce, 0x3d];
    assert!(!bytes.windows(curve.len()).any(|window| window == curve));
}
