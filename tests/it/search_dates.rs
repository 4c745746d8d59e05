//! Dates: nine prefixes, partial precision, zones, periods. R4, search.html#prefix and #date.

use crate::support::bodies::patient;
use crate::support::checks::{Checks, check_each};
use crate::support::{FHIR_JSON, Fhir, matches, text, value};
use test_support::{TestDatabase, TestServer};

fn born(id: &str, date: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"{id}","birthDate":"{date}"}}"#)
}

fn observed(id: &str, effective: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}},{effective}}}"#
    )
}

fn visit(id: &str, period: &str) -> String {
    format!(
        r#"{{"resourceType":"Encounter","id":"{id}","status":"finished","class":{{"code":"AMB"}},"period":{{{period}}}}}"#
    )
}

/// The range of what is asked for against the range of what is stored: `year` is all of 1985, `month` all of March.
#[test]
fn each_prefix_compares_ranges() {
    check_each(|checks| {
        checks.store([
            born("early", "1970-01-01"),
            born("year", "1985"),
            born("month", "1985-03"),
            born("day", "1985-03-07"),
            born("late", "2020-12-31"),
        ]);
        // No value is neither before nor after anything.
        checks.store([r#"{"resourceType":"Patient","id":"none"}"#]);
        let cases = [
            // Contained.
            ("1985", "year month day"),
            ("eq1985", "year month day"),
            ("1985-03", "month day"),
            ("eq1985-03", "month day"),
            ("1985-03-07", "day"),
            ("eq1985-03-07", "day"),
            ("1985-03-08", ""),
            ("1985-04", ""),
            // Reaches into what is after, before.
            ("gt1985", "late"),
            ("gt1985-03", "year late"),
            ("gt1985-03-07", "year month late"),
            ("gt1985-03-06", "year month day late"),
            ("lt1985", "early"),
            ("lt1985-03", "early year"),
            ("lt1985-03-07", "early year month"),
            ("lt1985-03-08", "early year month day"),
            // The same, or contained.
            ("ge1985", "year month day late"),
            ("ge1985-03", "year month day late"),
            ("ge1985-03-07", "year month day late"),
            ("ge1985-03-08", "year month late"),
            ("ge1986", "late"),
            ("le1985", "early year month day"),
            ("le1985-03", "early year month day"),
            ("le1985-03-07", "early year month day"),
            ("le1985-03-06", "early year month"),
            ("le1984", "early"),
            // All of it after, before.
            ("sa1985", "late"),
            ("sa1985-03", "late"),
            ("sa1985-02", "month day late"),
            ("sa1984-12-31", "year month day late"),
            ("eb1985", "early"),
            ("eb1985-03", "early"),
            ("eb1985-04", "early month day"),
            ("eb1986-01-01", "early year month day"),
        ];
        for (value, expected) in cases {
            checks.finds(&format!("Patient?birthdate={value}"), expected);
        }
        // Nothing is unequal where there is nothing: whether `ne` finds it is left open by R4.
        for (value, expected) in [
            ("ne1985", "early late"),
            ("ne1985-03", "early late year"),
            ("ne1985-03-07", "early late month year"),
        ] {
            let mut found = checks.ids(&format!("Patient?birthdate={value}"));
            found.retain(|id| id != "none");
            found.sort();
            checks.equal(value, &found.join(" "), &expected.to_owned());
        }
        // How wide `ap` is, is the server's; what overlaps is in, what is a third of a life away is not.
        for value in ["ap1985", "ap1985-03", "ap1985-03-07"] {
            let found = checks.ids(&format!("Patient?birthdate={value}"));
            for id in ["year", "month", "day"] {
                checks.that(found.iter().any(|one| one == id), format!("{value} without {id}: {found:?}"));
            }
            for id in ["early", "late", "none"] {
                checks.that(found.iter().all(|one| one != id), format!("{value} with {id}: {found:?}"));
            }
        }
        checks.finds("Patient?birthdate=ge1985&birthdate=lt1986", "year month day");
        checks.finds("Patient?birthdate=ge1985-03-01&birthdate=le1985-03-31", "year month day");
        checks.finds("Patient?birthdate=1970-01-01,2020", "early late");
        checks.finds("Patient?birthdate=lt1971,gt2020", "early");
        checks.finds("Patient?birthdate=lt1971,gt2019", "early late");
    });
}

#[test]
fn what_is_no_date_is_refused() {
    check_each(|checks| {
        checks.store([born("day", "1984-02-29")]);
        checks.finds("Patient?birthdate=1984-02-29", "day");
        for wrong in [
            "not-a-date",
            "xx1985-03-07",
            "1985-13",
            "1985-00-01",
            "1985-02-30",
            "1985-02-29",
            "85-03-07",
            "1985-3-7",
            "07/03/1985",
            "1985-03-07T25:00:00Z",
            "1985-03-07T10:61:00Z",
            "1985-03-07T10:00:00+25:00",
            "1985-03-07T",
            "1985-03-07T10",
            "eq",
            "eqeq1985",
            "1985-03-07;",
            "1985, 1986",
        ] {
            checks.refuses(&format!("Patient?birthdate={wrong}"));
            let answer = checks.get(&format!("Patient?birthdate={wrong}"));
            checks.that(answer.header("Content-Type").is_some_and(|kind| kind.starts_with(FHIR_JSON)), wrong);
        }
    });
}

#[test]
fn instants_are_compared_across_zones() {
    check_each(|checks| {
        checks.store([
            observed("hanoi", r#""effectiveDateTime":"2026-05-04T00:30:00+07:00""#),
            observed("noon", r#""effectiveDateTime":"2026-05-04T12:00:00.250+07:00""#),
            observed("evening", r#""effectiveDateTime":"2026-05-04T18:00:00Z""#),
            observed("day", r#""effectiveDateTime":"2026-05-03""#),
            observed("instant", r#""effectiveInstant":"2026-05-05T09:00:00.125Z""#),
        ]);
        // In Vietnam the evening in Greenwich is the next day, 01:00.
        checks.finds("Observation?date=2026-05-04", "hanoi noon");
        checks.finds("Observation?date=2026-05-03", "day");
        checks.finds("Observation?date=2026-05-05", "evening instant");
        checks.finds("Observation?date=2026-05", "hanoi noon evening day instant");
        checks.finds("Observation?date=ge2026-05-04&date=lt2026-05-05", "hanoi noon");
        checks.finds("Observation?date=2026-05-03T17:30:00Z", "hanoi");
        checks.finds("Observation?date=2026-05-03T12:30:00-05:00", "hanoi");
        checks.finds("Observation?date=2026-05-04T00:30:00+07:00", "hanoi");
        checks.finds("Observation?date=2026-05-04T00:30:00", "hanoi");
        checks.finds("Observation?date=2026-05-04T00:30", "hanoi");
        checks.finds("Observation?date=2026-05-04T00:31", "");
        checks.finds("Observation?date=2026-05-04T01:00+00:00", "");
        checks.finds("Observation?date=2026-05-05T01:00+07:00", "evening");
        // A second holds its fractions; a fraction is as exact as it is written.
        checks.finds("Observation?date=2026-05-04T12:00:00", "noon");
        checks.finds("Observation?date=2026-05-04T12:00:00.250", "noon");
        checks.finds("Observation?date=2026-05-04T12:00:00.251", "");
        checks.finds("Observation?date=gt2026-05-04T12:00:00.249&date=lt2026-05-05", "noon");
        checks.finds("Observation?date=2026-05-05T16:00:00.125", "instant");
        // A day is wider than a second within it, and all of it is after the evening before.
        checks.finds("Observation?date=lt2026-05-03T10:00:00", "day");
        checks.finds("Observation?date=sa2026-05-02T23:59:59&date=eb2026-05-04", "day");
        checks.finds("Observation?date=eb2026-05-04T00:00:00", "day");
        checks.finds("Observation?date=2026-05-03T10:00:00", "");
        checks.finds("Observation?date=sa2026-05-03T16:59:59Z&date=eb2026-05-04T00:31", "hanoi");
    });
}

#[test]
fn a_period_may_be_open() {
    check_each(|checks| {
        checks.store([
            visit("closed", r#""start":"2020-03-01","end":"2020-03-10""#),
            visit("started", r#""start":"2020-03-05""#),
            visit("ended", r#""end":"2020-03-05""#),
        ]);
        for (value, expected) in [
            ("2020", "closed"),
            ("2020-03", "closed"),
            ("2020-03-05", ""),
            ("ge2020-03-11", "started"),
            ("gt2020-03-09", "closed started"),
            ("gt2020-03-10", "started"),
            ("gt2030", "started"),
            ("ge2030", "started"),
            ("lt2000", "ended"),
            ("le2000", "ended"),
            ("lt2020-03-02", "closed ended"),
            ("sa2020-02-29", "closed started"),
            ("sa2020-03-01", "started"),
            ("eb2020-03-11", "closed ended"),
            ("eb2020-03-10", "ended"),
            ("ne2020", "started ended"),
        ] {
            checks.finds(&format!("Encounter?date={value}"), expected);
        }
    });
}

#[test]
fn each_occurrence_counts_and_datetimes_of_other_parameters_too() {
    check_each(|checks: &Checks| {
        checks.store([
            r#"{"resourceType":"Patient","id":"dead","deceasedDateTime":"2026-01-02T03:04:05Z"}"#.to_owned(),
            r#"{"resourceType":"Patient","id":"alive","deceasedBoolean":false}"#.to_owned(),
            r#"{"resourceType":"Condition","id":"flu","subject":{"reference":"Patient/alive"},"onsetPeriod":{"start":"2026-01-01","end":"2026-01-05"},"recordedDate":"2026-02-01"}"#.to_owned(),
            observed("period", r#""effectivePeriod":{"start":"2026-01-01","end":"2026-01-31"}"#),
            observed(
                "timing",
                r#""effectiveTiming":{"event":["2026-02-01T10:00:00+07:00","2026-04-01T10:00:00+07:00"]}"#,
            ),
        ]);
        checks.finds("Patient?death-date=2026-01-02", "dead");
        checks.finds("Patient?death-date=gt2026-01-02", "");
        checks.finds("Condition?onset-date=2026-01", "flu");
        checks.finds("Condition?onset-date=2026-01-02", "");
        checks.finds("Condition?recorded-date=2026-02-01", "flu");
        checks.finds("Observation?date=2026-01", "period");
        checks.finds("Observation?date=ge2026-01-15&date=le2026-01-15", "period");
        checks.finds("Observation?date=ge2026-02", "timing");
        checks.finds("Observation?date=2026", "period timing");
    });
}

/// Without a zone a date is read in the zone that the server was told.
#[test]
fn the_zone_of_zoneless_dates_is_a_setting() {
    for database in TestDatabase::each() {
        let server = TestServer::start(&database, &["--auth", "off", "--time-zone", "UTC"]);
        let _ = server.put(&observed("hanoi", r#""effectiveDateTime":"2026-05-04T00:30:00+07:00""#));
        let _ = server.put(&observed("day", r#""effectiveDateTime":"2026-05-04""#));
        server.create(&patient(1));
        let ids = |query: &str| -> Vec<String> {
            let found = value(server.http().get(query).expect_status(200).text());
            matches(&found).iter().map(|one| text(&one["id"])).collect()
        };
        assert_eq!(ids("/fhir/Observation?date=2026-05-03"), ["hanoi"]);
        assert_eq!(ids("/fhir/Observation?date=2026-05-04"), ["day"]);
        assert_eq!(ids("/fhir/Observation?date=sa2026-05-03T23:59:59Z"), ["day"]);
        assert_eq!(ids("/fhir/Observation?date=2026-05-03T17:30"), ["hanoi"]);
    }
}

#[test]
fn last_updated_is_a_date_like_others() {
    check_each(|checks| {
        let server = checks.server;
        checks.store(["a", "b", "c"].map(|id| born(id, "1985")));
        let updated = |id: &str| text(&server.read(&format!("/fhir/Patient/{id}"))["meta"]["lastUpdated"]);
        std::thread::sleep(std::time::Duration::from_millis(15));
        let _ = server.put(&born("b", "1986")).expect_status(200);
        let last = updated("b");
        checks.finds("Patient?_lastUpdated=gt2001", "a b c");
        checks.finds("Patient?_lastUpdated=lt2001", "");
        checks.finds("Patient?_lastUpdated=gt2999-01-01", "");
        checks.finds(&format!("Patient?_lastUpdated={}", &last[..4]), "a b c");
        checks.finds(&format!("Patient?_lastUpdated=ge{last}"), "b");
        checks.finds(&format!("Patient?_lastUpdated={last}"), "b");
        checks.finds(&format!("Patient?_lastUpdated=lt{last}"), "a c");
        checks.finds(&format!("Patient?_lastUpdated=ge{}&birthdate=1985", updated("a")), "a c");
        checks.finds("Observation?_lastUpdated=gt2001", "");
    });
}
