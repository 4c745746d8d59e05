//! Versions of the past are there when they would have been then and the resource is now.

use access::{Access, Authority, Facts};
use fhir::VersionId;
use healthbook_record_store::{HistoryScope, HistoryWindow};

use crate::world::*;

async fn versions(world: &World, access: &Access, name: &str) -> (Vec<u32>, Option<u64>) {
    let (resource_type, name) = name.split_once('/').unwrap();
    let window = HistoryWindow { count: 50, ..HistoryWindow::default() };
    let one = HistoryScope::Instance(kind(resource_type), id(name));
    let page = world.store.history(access, &one, &window).await.unwrap();
    let of_name = |records: &[healthbook_record_store::Record]| -> Vec<u32> {
        records
            .iter()
            .filter(|record| record.id.as_str() == name)
            .map(|record| record.version.get())
            .collect()
    };
    let found = of_name(&page.records);
    for scope in [HistoryScope::Type(kind(resource_type)), HistoryScope::System] {
        let all = world.store.history(access, &scope, &window).await.unwrap();
        assert_eq!(of_name(&all.records), found, "{scope:?}");
        assert_eq!(all.total, u64::try_from(all.records.len()).ok(), "{scope:?}");
    }
    for version in 1..6 {
        let wanted = VersionId::new(version).unwrap();
        let read = world.store.read_version(access, kind(resource_type), &id(name), wanted).await.unwrap();
        assert_eq!(read.is_some(), found.contains(&version), "version {version}");
    }
    (found, page.total)
}

#[test]
fn a_version_that_stood_elsewhere_is_hidden_with_what_was_there() {
    run(|world| async move {
        let by = Authority::Encounter;
        world.put(&patient("open"), grants(vec![grant("a", by)])).await;
        world.put(&patient("closed"), Facts::default()).await;
        world.put(&observation("o", "open", "x"), Facts::default()).await;
        world.put(&observation("o", "closed", "x"), Facts::default()).await;
        let access = Access::from(physician(vec![line(by)]));
        assert_eq!(
            versions(&world, &access, "Observation/o").await,
            (Vec::new(), Some(0)),
            "it is closed now"
        );
        world.put(&observation("o", "open", "y"), Facts::default()).await;
        assert_eq!(versions(&world, &access, "Observation/o").await, (vec![3, 1], Some(2)));
        assert_eq!(versions(&world, &citizen("open"), "Observation/o").await, (vec![3, 1], Some(2)));
        assert_eq!(versions(&world, &citizen("closed"), "Observation/o").await, (Vec::new(), Some(0)));
        world.delete("Observation", "o").await;
        assert_eq!(versions(&world, &access, "Observation/o").await, (vec![4, 3, 1], Some(3)));
    });
}

#[test]
fn a_version_in_a_labelled_visit_is_hidden() {
    run(|world| async move {
        let by = Authority::Encounter;
        world.put(&patient("p"), grants(vec![grant("a", by)])).await;
        world.put(&observation("o", "p", "x"), in_visit("v")).await;
        world.put(&observation("o", "p", "y"), in_visit("w")).await;
        let access = Access::from(physician(vec![line(by)]));
        assert_eq!(versions(&world, &access, "Observation/o").await, (vec![2, 1], Some(2)));
        world.put(&observation("hiv", "p", "x"), Facts { labels: label(1), ..in_visit("v") }).await;
        assert_eq!(versions(&world, &access, "Observation/o").await, (vec![2], Some(1)));
        assert_eq!(versions(&world, &citizen("p"), "Observation/o").await, (vec![2, 1], Some(2)));
    });
}
