//! A number that is replaced by one that nobody in the book has yet: whoever comes first, the two become one, as long as the
//! registry says so, and nothing that is kept of it tells a number.

use fhir::{Instant, LogicalId};
use population_registry::Demographics;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde_json::json;

use super::apply::apply;
use super::awaited_tests::{follow, mother_of, on_each, told, walk};
use super::told::Told;
use crate::HealthBook;

fn replaced(number: &str, by: &str) -> Demographics {
    let status = serde_json::from_value(json!({"state": "replaced-by", "number": by})).unwrap();
    Demographics { status, ..mother_of(number) }
}

async fn waiting(book: &HealthBook) -> Vec<SecurityRecord> {
    let store = book.service().store();
    store.security_records(SecurityKind::AwaitedMerge, None, Instant::now()).await.unwrap()
}

async fn is_one(book: &HealthBook, survivor: &LogicalId, other: &LogicalId) -> bool {
    let merge = book.service().store().merge_of(other, survivor).await.unwrap();
    merge.is_some_and(|merge| merge.ended.is_none())
}

#[test]
fn whoever_comes_first_the_two_are_one() {
    on_each(|one, other| async move {
        let (old, new) = ("099190002001", "099190002002");
        let id = follow(&one, &told(&replaced(old, new)), false).await;
        let kept = waiting(&one).await;
        assert_eq!(kept.len(), 1);
        let texts = [&kept[0].id, &kept[0].owner, &kept[0].value];
        assert!(texts.iter().all(|text| !text.contains(old) && !text.contains(new)), "no number is told");
        walk(&other, Instant::now()).await;
        assert_eq!(waiting(&one).await.len(), 1, "nobody has come");
        let survivor = follow(&other, &told(&mother_of(new)), false).await;
        assert!(is_one(&one, &survivor, &id).await);
        assert!(waiting(&one).await.is_empty());
        let (old, new) = ("099190002003", "099190002004");
        let survivor = follow(&one, &told(&mother_of(new)), false).await;
        let id = follow(&other, &told(&replaced(old, new)), false).await;
        assert!(is_one(&one, &survivor, &id).await);
        assert!(waiting(&one).await.is_empty());
    });
}

#[test]
fn at_the_same_time_on_two_servers_they_become_one() {
    on_each(|one, other| async move {
        for pair in 0..12 {
            let (old, new) = (format!("0991900021{pair:02}"), format!("0991900022{pair:02}"));
            let (its, hers) = (replaced(&old, &new), mother_of(&new));
            let (its, hers) = (told(&its), told(&hers));
            let (id, survivor) = tokio::join!(follow(&one, &its, false), follow(&other, &hers, false));
            assert!(is_one(&one, &survivor, &id).await, "pair {pair}");
        }
        assert!(waiting(&one).await.is_empty());
    });
}

#[test]
fn who_came_to_a_server_that_ended_is_found_by_the_walk() {
    on_each(|one, other| async move {
        let (old, new) = ("099190002301", "099190002302");
        let id = follow(&one, &told(&replaced(old, new)), false).await;
        let survivor = apply(one.service(), &told(&mother_of(new))).await.unwrap().patient;
        walk(&other, Instant::now()).await;
        assert!(is_one(&other, &survivor, &id).await);
        assert!(waiting(&other).await.is_empty());
    });
}

#[test]
fn what_the_registry_has_taken_back_is_not_done_late() {
    on_each(|one, other| async move {
        let (old, new) = ("099190002501", "099190002502");
        let survivor = follow(&one, &told(&mother_of(new)), false).await;
        // Between the record and what follows from it the number is in force again.
        let id = apply(one.service(), &told(&replaced(old, new))).await.unwrap().patient;
        follow(&other, &Told { version: Some(2), ..told(&mother_of(old)) }, false).await;
        crate::merging::follow(&one, &id, Some(new), None, true, Instant::now()).await.unwrap();
        assert!(!is_one(&one, &survivor, &id).await);
        // Replaced after all.
        follow(&other, &Told { version: Some(3), ..told(&replaced(old, new)) }, false).await;
        assert!(is_one(&one, &survivor, &id).await);
    });
}

#[test]
fn who_was_awaited_before_there_was_a_hash_of_the_number_becomes_one_too() {
    on_each(|one, _| async move {
        let (old, new) = ("099190002601", "099190002602");
        let id = follow(&one, &told(&replaced(old, new)), false).await;
        let survivor = apply(one.service(), &told(&mother_of(new))).await.unwrap().patient;
        let record = SecurityRecord::new(SecurityKind::AwaitedMerge, id.as_str(), String::new());
        let store = one.service().store();
        store.change_security(SecurityChange::Put(record), Vec::new(), Instant::now()).await.unwrap();
        walk(&one, Instant::now()).await;
        assert!(is_one(&one, &survivor, &id).await);
        assert!(waiting(&one).await.is_empty());
    });
}

#[test]
fn nobody_is_made_one_with_who_has_a_number_that_replaces_theirs_no_more() {
    on_each(|one, _| async move {
        let (old, new, newer) = ("099190002401", "099190002402", "099190002403");
        let id = follow(&one, &told(&replaced(old, new)), false).await;
        let second = replaced(old, newer);
        follow(&one, &Told { version: Some(2), ..told(&second) }, false).await;
        let first = follow(&one, &told(&mother_of(new)), false).await;
        let survivor = follow(&one, &told(&mother_of(newer)), false).await;
        assert!(!is_one(&one, &first, &id).await && is_one(&one, &survivor, &id).await);
        // In force again before the other comes.
        let (old, new) = ("099190002404", "099190002405");
        let id = follow(&one, &told(&replaced(old, new)), false).await;
        follow(&one, &Told { version: Some(2), ..told(&mother_of(old)) }, false).await;
        let other = follow(&one, &told(&mother_of(new)), false).await;
        assert!(!is_one(&one, &other, &id).await);
        walk(&one, Instant::now()).await;
        assert!(waiting(&one).await.is_empty());
    });
}
