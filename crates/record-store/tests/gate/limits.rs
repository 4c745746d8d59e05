//! The only book that is open, and the limits of granular scopes.

use access::{Access, Authority, Facts, Reach, ScopeFilter, TestAccess};

use crate::world::*;

#[test]
fn within_a_book_there_is_no_other() {
    run(|world| async move {
        for name in ["p", "q"] {
            world.put(&patient(name), grants(vec![grant("a", Authority::Encounter)])).await;
            world.put(&observation(&format!("o-{name}"), name, "x"), Facts::default()).await;
        }
        world.put(&organization("a"), Facts::default()).await;
        let lines = physician(vec![line(Authority::Encounter), line(Authority::Shared)]);
        let all = TestAccess { visible: Reach::Everything, ..lines.clone() };
        for access in [lines, all] {
            let within = Access::from(TestAccess { within: Some(id("p")), ..access.clone() });
            assert!(world.sees(within.clone(), "Patient/p").await);
            assert!(world.sees(within.clone(), "Organization/a").await);
            assert!(!world.sees(within.clone(), "Patient/q").await);
            assert!(!world.sees(within.clone(), "Observation/o-q").await);
            let (found, total) = world.find(&within, "Observation?_total=accurate").await;
            assert_eq!((found, total), (vec!["Observation/o-p".to_owned()], Some(1)));
            let nobody = Access::from(TestAccess { within: Some(id("nobody")), ..access });
            assert!(!world.sees(nobody.clone(), "Patient/p").await);
            assert!(world.sees(nobody, "Organization/a").await);
        }
    });
}

#[test]
fn a_scope_filter_is_a_search_that_must_find() {
    run(|world| async move {
        world.put(&patient("p"), grants(vec![grant("a", Authority::Encounter)])).await;
        world.put(&observation("lab", "p", "x"), Facts::default()).await;
        let vital = observation("vital", "p", "x").replace("laboratory", "vital-signs");
        world.put(&vital, Facts::default()).await;
        let limited = |texts: &[&str]| {
            let any_of = texts.iter().map(|text| (*text).to_owned()).collect();
            let filters = vec![ScopeFilter { types: types(&["Observation"]), any_of }];
            Access::from(TestAccess { filters, ..physician(vec![line(Authority::Encounter)]) })
        };
        for (texts, expected) in [
            (&["category=laboratory"][..], &["Observation/lab"][..]),
            (&["category=laboratory", "category=vital%2Dsigns"], &["Observation/lab", "Observation/vital"]),
            (&["category=laboratory&code=x"], &["Observation/lab"]),
            (&["category=laboratory&code=y"], &[]),
            (&["category:not=laboratory"], &["Observation/vital"]),
            (&["no-such-parameter=1"], &[]),
            (&["category=laboratory&no-such-parameter=1"], &[]),
            (&["category"], &[]),
            (&[""], &[]),
            (&["_sort=date"], &[]),
            (&["code:text=x"], &[]),
            (&["code:in=http://example.org/set"], &[]),
            (&["code:not-in=http://example.org/set"], &[]),
            (&["patient.name=p"], &[]),
            (&[], &[]),
        ] {
            let access = limited(texts);
            let mut found = Vec::new();
            for name in ["Observation/lab", "Observation/vital"] {
                if world.sees(access.clone(), name).await {
                    found.push(name);
                }
            }
            assert_eq!(found, expected, "{texts:?}");
            let (mut names, total) = world.find(&access, "Observation?_total=accurate").await;
            names.sort();
            assert_eq!(names, expected, "{texts:?}");
            assert_eq!(total, Some(expected.len() as u64), "{texts:?}");
            for (code, own) in [("laboratory", "Observation/lab"), ("vital-signs", "Observation/vital")] {
                let text = observation("new", "p", "x").replace("laboratory", code);
                let (id, content) = world.content(&text, Facts::default());
                let may = world
                    .store
                    .may_put(&access, &id, &content, healthbook_record_store::Made::default())
                    .await
                    .unwrap();
                assert_eq!(may, expected.contains(&own), "{texts:?}: what is written must be found, too");
            }
            let (mut names, _) = world.find(&access, "?_type=Observation,Patient").await;
            names.retain(|name| name != "Patient/p");
            names.sort();
            assert_eq!(names, expected, "{texts:?}");
            assert!(world.sees(access, "Patient/p").await, "a type that no filter names is not limited");
        }
    });
}
