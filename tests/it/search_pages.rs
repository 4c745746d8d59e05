//! Pages, order, totals. R4, http.html#paging, search.html#sort, #count, #total, #summary.

use std::collections::BTreeSet;

use crate::support::checks::{address, check_each};
use crate::support::{Fhir, entries, expect_refusal, link, matches, path_of, text};

fn person(id: &str, family: &str, birth_date: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}],"birthDate":"{birth_date}"}}"#
    )
}

/// `b` and `d`, `c` and `e` differ in one key only.
fn people() -> Vec<String> {
    vec![
        person("a", "Trần", "1970-05-05"),
        person("b", "An", "1980-01-01"),
        person("c", "Bùi", "1980-01-01"),
        person("d", "An", "1990-01-01"),
        person("e", "Bùi", "1960-01-01"),
        person("f", "Vũ", "2000-12-31"),
    ]
}

#[test]
fn one_or_several_keys_order_the_matches() {
    check_each(|checks| {
        for person in people() {
            checks.store([person]);
            // `lastUpdated` has milliseconds: two people of one millisecond would be in no order.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let cases = [
            ("birthdate", ["e a b c d f", "e a c b d f"]),
            ("-birthdate", ["f d b c a e", "f d c b a e"]),
            ("birthdate,family", ["e a b c d f", "e a b c d f"]),
            ("birthdate,-family", ["e a c b d f", "e a c b d f"]),
            ("-birthdate,family", ["f d b c a e", "f d b c a e"]),
            ("family,birthdate", ["b d e c a f", "b d e c a f"]),
            ("family,-birthdate", ["d b c e a f", "d b c e a f"]),
            ("-family,birthdate", ["f a e c b d", "f a e c b d"]),
            ("-family,-birthdate", ["f a c e d b", "f a c e d b"]),
            ("_id", ["a b c d e f", "a b c d e f"]),
            ("-_id", ["f e d c b a", "f e d c b a"]),
            ("_lastUpdated", ["a b c d e f", "a b c d e f"]),
            ("-_lastUpdated", ["f e d c b a", "f e d c b a"]),
        ];
        for (sort, allowed) in cases {
            let whole = checks.ids(&format!("Patient?_sort={sort}")).join(" ");
            checks.that(allowed.contains(&whole.as_str()), format!("_sort={sort}: {whole}, not {allowed:?}"));
            for count in [1, 2, 4] {
                let paged = checks.ids(&format!("Patient?_sort={sort}&_count={count}")).join(" ");
                checks.equal(&format!("_sort={sort}&_count={count}"), &paged, &whole);
            }
        }
        checks.lists("Patient?_sort=-birthdate&birthdate=lt1985&family=b", "c e");
        // Those without a value are there too, and are not mixed with the others.
        checks.store([r#"{"resourceType":"Patient","id":"x"}"#, r#"{"resourceType":"Patient","id":"y"}"#]);
        for sort in ["birthdate", "-birthdate", "family", "-family", "family,-birthdate"] {
            let whole = checks.ids(&format!("Patient?_sort={sort}"));
            let distinct: BTreeSet<&String> = whole.iter().collect();
            checks.equal(&format!("{sort}: all"), &(whole.len(), distinct.len()), &(8, 8));
            let paged = checks.ids(&format!("Patient?_sort={sort}&_count=3"));
            checks.equal(&format!("{sort} by pages"), &paged, &whole);
            let missing: Vec<usize> =
                ["x", "y"].map(|id| whole.iter().position(|one| one == id).unwrap()).into();
            let at_an_end = missing.iter().all(|place| *place < 2) || missing.iter().all(|place| *place >= 6);
            checks.that(at_an_end, format!("{sort}: those without a value: {whole:?}"));
        }
        // A server may be unable to sort by some parameter; then it says so.
        for sort in ["gender", "organization"] {
            let query = format!("Patient?_sort={sort}");
            if checks.get(&query).status == 400 {
                checks.refuses(&query);
            } else {
                checks.finds(&query, "a b c d e f x y");
            }
        }
    });
}

/// R4 sorts by the earliest (ascending) or the latest (descending) of several values.
#[test]
fn of_several_values_one_decides_and_nothing_is_listed_twice() {
    check_each(|checks| {
        let named = |id: &str, families: [&str; 2]| {
            format!(
                r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{}"}},{{"family":"{}"}}]}}"#,
                families[0], families[1]
            )
        };
        checks.store([named("a", ["An", "Yên"]), named("b", ["Bùi", "Chu"]), named("c", ["Vũ", "Xuân"])]);
        checks.lists("Patient?_sort=family", "a b c");
        checks.lists("Patient?_sort=-family", "a c b");
        checks.lists("Patient?_sort=family&_count=1", "a b c");
        checks.lists("Patient?_sort=-family&_count=1", "a c b");
        checks.finds("Patient?family=an,yen,bui", "a b");
    });
}

#[test]
fn pages_are_complete_and_linked() {
    check_each(|checks| {
        let server = checks.server;
        checks.store((0..10).map(|number| person(&format!("p{number}"), "Nguyễn", "1985-03-07")));
        for count in [1, 3, 5, 9, 10, 11, 100_000] {
            let query = format!("Patient?family=nguyen&_count={count}");
            let pages = checks.pages(&query);
            let mut found = Vec::new();
            for (number, page) in pages.iter().enumerate() {
                let ids: Vec<String> = matches(page).iter().map(|one| text(&one["id"])).collect();
                checks.that(ids.len() <= count, format!("{query}: {} on page {number}", ids.len()));
                checks.that(!ids.is_empty(), format!("{query}: nothing on page {number}"));
                checks.equal(&query, &page["type"], &"searchset".into());
                let own = link(page, "self").unwrap_or_default();
                checks.that(own.starts_with(server.base_url()), format!("{query}: self {own}"));
                let relations = page["link"].as_array().cloned().unwrap_or_default();
                let distinct: BTreeSet<String> = relations.iter().map(|one| text(&one["relation"])).collect();
                checks.equal(&format!("{query}: links {relations:?}"), &distinct.len(), &relations.len());
                if let Some(next) = link(page, "next") {
                    checks.that(next.starts_with(server.base_url()), format!("{query}: next {next}"));
                    checks.that(!next.to_lowercase().contains("nguy"), format!("{query}: a value in {next}"));
                    let again = server.searchset(&path_of(&next));
                    checks.equal("the same link again", &entries(&again), &entries(&pages[number + 1]));
                }
                found.extend(ids);
            }
            found.sort();
            let expected: Vec<String> = (0..10).map(|number| format!("p{number}")).collect();
            checks.equal(&query, &found, &expected);
            checks.equal(&format!("{query}: pages"), &pages.len(), &10_usize.div_ceil(count));
        }
        for query in ["Patient?_count=-1", "Patient?_count=x", "Patient?_count=1.5"] {
            checks.refuses(query);
        }
        // A link that was meddled with is refused and never a fault of the server.
        let next = path_of(&link(&server.searchset("/fhir/Patient?_count=3"), "next").unwrap());
        let meddled = format!("{}AAAA", &next[..next.len() - 4]);
        let answer = server.http().get(&meddled);
        checks.that(matches!(answer.status, 400 | 404 | 410), format!("{meddled}: {}", answer.status));
        expect_refusal("meddled", &answer, answer.status);
    });
}

#[test]
fn a_walk_loses_and_repeats_nothing_while_others_write() {
    check_each(|checks| {
        let server = checks.server;
        let mut round = 0;
        for sort in
            ["", "_sort=birthdate", "_sort=-birthdate", "_sort=family,-birthdate", "_sort=-_lastUpdated"]
        {
            round += 1;
            let family = format!("Họ{}", char::from(b'A' + round));
            let of = |number: u32| {
                let id = format!("r{round}-{number:02}");
                person(&id, &format!("{family} {}", number % 3), &format!("19{}-01-01", 50 + number % 4))
            };
            checks.store((0..12).map(of));
            let (mut path, mut seen) =
                (address(&format!("Patient?family={family}&_count=4&{sort}")), Vec::new());
            let mut late = 12;
            loop {
                let page = server.searchset(&path);
                seen.extend(matches(&page).iter().map(|one| text(&one["id"])));
                let Some(next) = link(&page, "next") else { break };
                path = path_of(&next);
                assert!(late < 60, "{sort} has no end");
                // New ones before and behind, and one of those still to come, or already seen, goes away.
                checks.store((late..late + 4).map(of));
                if late == 12 {
                    server.http().request("DELETE", &format!("/fhir/Patient/r{round}-05"), &[], b"");
                }
                late += 4;
            }
            let distinct: BTreeSet<&String> = seen.iter().collect();
            checks.equal(&format!("{sort}: repeated in {seen:?}"), &distinct.len(), &seen.len());
            for number in (0..12).filter(|number| *number != 5) {
                let id = format!("r{round}-{number:02}");
                checks.that(distinct.contains(&id), format!("{sort}: {id} is lost: {seen:?}"));
            }
        }
    });
}

/// The order without `_sort`, and that of equal values, is that of the books: a resource that is moved to another
/// patient keeps the place it had.
#[test]
fn what_is_moved_to_another_patient_keeps_its_place_in_a_walk() {
    check_each(|checks| {
        let server = checks.server;
        checks.store((0..6).map(|number| person(&format!("p{number}"), "An", "1980-01-01")));
        let of = |subject: u32, id: &str| {
            format!(
                r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"coding":[{{"code":"8867-4"}}]}},"subject":{{"reference":"Patient/p{subject}"}},"effectiveDateTime":"2026-05-04"}}"#
            )
        };
        for sort in ["", "&_sort=date", "&_sort=-code", "&_sort=status,-date"] {
            for (to_front, moved) in [(true, 1), (false, 4)] {
                for number in 0..6 {
                    server.put(&of(number, &format!("o{number}")));
                }
                let page = server.searchset(&format!("/fhir/Observation?code=8867-4&_count=3{sort}"));
                let mut found: Vec<String> = matches(&page).iter().map(|one| text(&one["id"])).collect();
                let answer = server.put(&of(if to_front { 5 } else { 0 }, &format!("o{moved}")));
                checks.equal("moved", &answer.status, &200);
                let mut next = link(&page, "next");
                while let Some(url) = next {
                    let page = server.searchset(&path_of(&url));
                    found.extend(matches(&page).iter().map(|one| text(&one["id"])));
                    next = link(&page, "next");
                }
                checks.equal(
                    &format!("{sort}, to the front: {to_front}"),
                    &found.join(" "),
                    &"o5 o4 o3 o2 o1 o0".to_owned(),
                );
            }
        }
    });
}

#[test]
fn totals_and_summaries_count() {
    check_each(|checks| {
        let server = checks.server;
        checks.store(people());
        server.http().request("DELETE", "/fhir/Patient/f", &[], b"");
        // R4: `_count=0` SHALL be treated the same as `_summary=count`.
        for query in ["_summary=count", "_count=0"] {
            for (criteria, total) in
                [("", 5), ("family=bui&", 2), ("family=xyz&", 0), ("birthdate=ge1970&", 4)]
            {
                let bundle = server.searchset(&format!("/fhir/Patient?{criteria}{query}"));
                checks.equal(&format!("{criteria}{query}"), &bundle["total"], &total.into());
                checks.equal(query, &bundle["type"], &"searchset".into());
                checks.that(entries(&bundle).is_empty(), format!("{criteria}{query}: with entries"));
                checks.that(bundle.get("entry").is_none(), format!("{criteria}{query}: an empty array"));
                checks.that(link(&bundle, "next").is_none(), format!("{criteria}{query}: with next"));
            }
        }
        for count in [1, 2, 50] {
            let pages = checks.pages(&format!("Patient?_total=accurate&_count={count}"));
            checks.equal("first page", &pages[0]["total"], &5.into());
            for page in &pages {
                let total = &page["total"];
                checks.that(total.is_null() || *total == 5, format!("_count={count}: total {total}"));
            }
        }
        let bundle = server.searchset("/fhir/Patient?family=an,bui&_total=accurate&_count=1");
        checks.equal("total of matches", &bundle["total"], &4.into());
        let bundle = server.searchset("/fhir/Patient?_total=none");
        checks.that(bundle["total"].is_null() || bundle["total"] == 5, "a total that is wrong");
        let bundle = server.searchset("/fhir/Patient?_total=estimate");
        checks.equal("estimate", &matches(&bundle).len(), &5);
        checks.refuses("Patient?_total=perhaps");
        checks.refuses("Patient?_summary=perhaps");
    });
}
