//! Packages and demands in both databases: what is added stays as it came, and every change is a new generation.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

use std::future::Future;

use access::{Access, Actor, Caller, Identity, Interaction, Policy};
use fhir::{LogicalId, ResourceType};
use healthbook_record_store::{Added, Demand, NewPackage, PackageName, Store, StoreSettings, WriteError};
use test_support::TestDatabase;

fn run<F: Future<Output = ()>>(test: impl Fn(String) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(test(database.url().to_owned()));
    }
}

async fn open(url: &str) -> Store {
    Store::open(&StoreSettings::new(url)).await.unwrap()
}

fn operator() -> Access {
    Policy::built_in()
        .decide(&Caller::Background { job: "test" }, Interaction::Update, None, fhir::Instant::now())
        .unwrap()
}

fn name(id: &str, version: &str, canonical: &str) -> PackageName {
    PackageName { id: id.into(), version: version.into(), canonical: canonical.into() }
}

fn package(name: &PackageName, hash: u8, archive: &[u8]) -> NewPackage {
    NewPackage { name: name.clone(), sha256: [hash; 32], archive: archive.to_vec() }
}

#[test]
fn what_is_added_comes_back_as_it_was() {
    run(|url| async move {
        let (store, access) = (open(&url).await, operator());
        let (one, other) = (name("a.b", "1.0.0", "http://one"), name("a.b", "1.0.0", "http://other"));
        let large: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        assert_eq!(store.add_package(&access, package(&other, 2, &[0, 255])).await.unwrap(), Added::New);
        assert_eq!(store.add_package(&access, package(&one, 1, &large)).await.unwrap(), Added::New);
        let found = store.packages(&access).await.unwrap();
        let names: Vec<&PackageName> = found.iter().map(|package| &package.name).collect();
        assert_eq!(names, [&one, &other], "two guides with one id do not meet");
        assert_eq!((found[0].sha256, found[0].in_use), ([1; 32], false));
        assert!(found[0].added_at >= found[1].added_at);
        assert_eq!(store.package_archive(&access, &one).await.unwrap(), Some(large));
        assert_eq!(store.package_archive(&access, &other).await.unwrap(), Some(vec![0, 255]));
        let absent = name("a.b", "1.0.1", "http://one");
        assert_eq!(store.package_archive(&access, &absent).await.unwrap(), None);
    });
}

#[test]
fn a_name_stands_for_one_archive() {
    run(|url| async move {
        let (store, access) = (open(&url).await, operator());
        let one = name("a.b", "1.0.0", "http://one");
        assert_eq!(store.add_package(&access, package(&one, 1, b"x")).await.unwrap(), Added::New);
        let before = store.package_generation().await.unwrap();
        assert_eq!(store.add_package(&access, package(&one, 1, b"x")).await.unwrap(), Added::Known);
        assert_eq!(store.add_package(&access, package(&one, 2, b"y")).await.unwrap(), Added::Taken);
        assert_eq!(store.package_archive(&access, &one).await.unwrap(), Some(b"x".to_vec()));
        assert_eq!(store.package_generation().await.unwrap(), before, "nothing has changed");
    });
}

#[test]
fn a_package_in_use_cannot_be_removed() {
    run(|url| async move {
        let (store, access) = (open(&url).await, operator());
        let one = name("a.b", "1.0.0", "http://one");
        assert!(!store.set_package_in_use(&access, &one, true).await.unwrap(), "it is not there");
        store.add_package(&access, package(&one, 1, b"x")).await.unwrap();
        assert!(store.set_package_in_use(&access, &one, true).await.unwrap());
        assert!(!store.set_package_in_use(&access, &one, true).await.unwrap(), "it is already");
        assert!(store.packages(&access).await.unwrap()[0].in_use);
        assert!(!store.remove_package(&access, &one).await.unwrap());
        assert!(store.set_package_in_use(&access, &one, false).await.unwrap());
        assert!(store.remove_package(&access, &one).await.unwrap());
        assert!(!store.remove_package(&access, &one).await.unwrap(), "it is gone");
        assert_eq!(store.packages(&access).await.unwrap(), []);
    });
}

#[test]
fn demands_are_for_everybody_or_for_one_facility() {
    run(|url| async move {
        let (store, access) = (open(&url).await, operator());
        let demand = |facility: Option<&str>| Demand {
            resource_type: ResourceType::PATIENT,
            profile: "http://one/p".into(),
            facility: facility.map(str::to_owned),
        };
        let (all, one) = (demand(None), demand(Some("01001")));
        for (demand, changes) in [(&one, true), (&all, true), (&all, false)] {
            assert_eq!(store.set_demand(&access, demand).await.unwrap(), changes);
        }
        assert_eq!(store.demands(&access).await.unwrap(), [all.clone(), one.clone()]);
        assert!(store.remove_demand(&access, &all).await.unwrap());
        assert!(!store.remove_demand(&access, &all).await.unwrap());
        assert_eq!(store.demands(&access).await.unwrap(), [one]);
    });
}

#[test]
fn the_pack_of_the_program_is_in_use_until_it_is_stopped() {
    run(|url| async move {
        let (store, access) = (open(&url).await, operator());
        assert!(store.built_in_package_in_use(&access).await.unwrap());
        for in_use in [false, true] {
            let before = store.package_generation().await.unwrap();
            store.set_built_in_package_in_use(&access, in_use).await.unwrap();
            assert_eq!(store.built_in_package_in_use(&access).await.unwrap(), in_use);
            assert!(store.package_generation().await.unwrap() > before);
        }
    });
}

#[test]
fn every_change_is_seen_by_everybody_as_a_new_generation() {
    run(|url| async move {
        let (store, other, access) = (open(&url).await, open(&url).await, operator());
        let one = name("a.b", "1.0.0", "http://one");
        let demand =
            Demand { resource_type: ResourceType::PATIENT, profile: "http://one/p".into(), facility: None };
        let mut seen = vec![other.package_generation().await.unwrap()];
        for step in 0..6 {
            match step {
                0 => drop(store.add_package(&access, package(&one, 1, b"x")).await.unwrap()),
                1 => drop(store.set_package_in_use(&access, &one, true).await.unwrap()),
                2 => drop(store.set_demand(&access, &demand).await.unwrap()),
                3 => drop(store.remove_demand(&access, &demand).await.unwrap()),
                4 => drop(store.set_package_in_use(&access, &one, false).await.unwrap()),
                _ => drop(store.remove_package(&access, &one).await.unwrap()),
            }
            seen.push(other.package_generation().await.unwrap());
        }
        assert!(seen.is_sorted_by(|before, after| before < after), "{seen:?}");
    });
}

#[test]
fn writers_of_two_stores_each_make_a_generation() {
    run(|url| async move {
        let (one, other, access) = (open(&url).await, open(&url).await, operator());
        let before = one.package_generation().await.unwrap();
        let add = |store: Store, access: Access, half: u8| async move {
            for number in 0..20 {
                let name = name("a.b", &format!("{half}.{number}.0"), "http://one");
                assert_eq!(store.add_package(&access, package(&name, 1, b"x")).await.unwrap(), Added::New);
            }
        };
        tokio::join!(add(one.clone(), access.clone(), 1), add(other.clone(), access.clone(), 2));
        assert_eq!(one.package_generation().await.unwrap(), before + 40);
        assert_eq!(other.packages(&access).await.unwrap().len(), 40);
    });
}

#[test]
fn who_has_one_book_changes_nothing() {
    run(|url| async move {
        let store = open(&url).await;
        let patient = LogicalId::try_from("a").unwrap();
        let citizen = Caller::Authenticated(Identity::new("099", Actor::Citizen { patient }).into());
        let access =
            Policy::built_in().decide(&citizen, Interaction::Search, None, fhir::Instant::now()).unwrap();
        let one = name("a.b", "1.0.0", "http://one");
        let added = store.add_package(&access, package(&one, 1, b"x")).await;
        assert!(matches!(added, Err(WriteError::Forbidden)));
        let stopped = store.set_built_in_package_in_use(&access, false).await;
        assert!(matches!(stopped, Err(WriteError::Forbidden)));
        assert_eq!(store.packages(&operator()).await.unwrap(), []);
    });
}
