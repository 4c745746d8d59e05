//! Dates: nine prefixes against each way to store a moment, in Vietnam's zone. R4, search.html#prefix and #date.

use crate::support::checks::check_each;

fn observed(id: &str, effective: &str) -> String {
    let effective = if effective.is_empty() { String::new() } else { format!(",{effective}") };
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}}{effective}}}"#
    )
}

/// What each holds, in Vietnam: `instant` 10 March, 15:00; `zone` 11 March, 11:30; `day` 10 March; `month` March;
/// `year` 2026; `period` 5 to 15 March; `open` from 10 March on; `ended` up to 1 March; `timing` 1 March, 08:00, to
/// 20 March, 08:00; `ancient` 5 May 1900.
#[test]
fn nine_prefixes_against_each_kind_of_moment() {
    check_each(|checks| {
        checks.store([
            observed("instant", r#""effectiveInstant":"2026-03-10T08:00:00Z""#),
            observed("zone", r#""effectiveDateTime":"2026-03-10T23:30:00-05:00""#),
            observed("day", r#""effectiveDateTime":"2026-03-10""#),
            observed("month", r#""effectiveDateTime":"2026-03""#),
            observed("year", r#""effectiveDateTime":"2026""#),
            observed("period", r#""effectivePeriod":{"start":"2026-03-05","end":"2026-03-15"}"#),
            observed("open", r#""effectivePeriod":{"start":"2026-03-10T00:00:00+07:00"}"#),
            observed("ended", r#""effectivePeriod":{"end":"2026-03-01"}"#),
            observed(
                "timing",
                r#""effectiveTiming":{"event":["2026-03-01T08:00:00+07:00","2026-03-20T08:00:00+07:00"]}"#,
            ),
            observed("ancient", r#""effectiveDateTime":"1900-05-05""#),
            observed("none", ""),
        ]);
        let all = "instant zone day month year period open ended timing ancient";
        for (value, expected) in [
            // A day.
            ("2026-03-10", "instant day"),
            ("eq2026-03-10", "instant day"),
            ("ne2026-03-10", "zone month year period open ended timing ancient"),
            ("gt2026-03-10", "zone month year period open timing"),
            ("ge2026-03-10", "instant zone day month year period open timing"),
            ("lt2026-03-10", "month year period ended timing ancient"),
            ("le2026-03-10", "instant day month year period ended timing ancient"),
            ("sa2026-03-10", "zone"),
            ("eb2026-03-10", "ended ancient"),
            ("2026-03-11", "zone"),
            ("ne2026-03-11", "instant day month year period open ended timing ancient"),
            ("gt2026-03-11", "month year period open timing"),
            ("ge2026-03-11", "zone month year period open timing"),
            ("lt2026-03-11", "instant day month year period open ended timing ancient"),
            ("le2026-03-11", all),
            ("sa2026-03-11", ""),
            ("eb2026-03-11", "instant day ended ancient"),
            ("2025-12-31", ""),
            ("gt2025-12-31", "instant zone day month year period open ended timing"),
            ("lt2025-12-31", "ended ancient"),
            ("sa2025-12-31", "instant zone day month year period open timing"),
            ("eb2025-12-31", "ancient"),
            ("gt2027-01-01", "open"),
            ("ge2027-01-01", "open"),
            ("lt2027-01-01", all),
            ("sa2027-01-01", ""),
            ("eb2027-01-01", "instant zone day month year period ended timing ancient"),
            // A second, in three zones and without one.
            ("2026-03-10T15:00:00+07:00", "instant"),
            ("2026-03-10T15:00:00", "instant"),
            ("2026-03-10T08:00:00Z", "instant"),
            ("2026-03-10T03:00:00-05:00", "instant"),
            ("2026-03-10T08:00:00", ""),
            ("ne2026-03-10T08:00:00Z", "zone day month year period open ended timing ancient"),
            ("gt2026-03-10T08:00:00Z", "zone day month year period open timing"),
            ("ge2026-03-10T08:00:00Z", "instant zone day month year period open timing"),
            ("lt2026-03-10T08:00:00Z", "day month year period open ended timing ancient"),
            ("le2026-03-10T08:00:00Z", "instant day month year period open ended timing ancient"),
            ("sa2026-03-10T08:00:00Z", "zone"),
            ("sa2026-03-10T07:59:59Z", "instant zone"),
            ("eb2026-03-10T08:00:00Z", "ended ancient"),
            ("eb2026-03-10T08:00:01Z", "instant ended ancient"),
            ("gt2026-03-20T08:00:00", "month year open"),
            ("gt2026-03-20T07:59:59", "month year open timing"),
            ("sa2026-03-01T07:59:59", "instant zone day period open timing"),
            ("eb2026-03-20T08:00:01", "instant zone day period ended timing ancient"),
            // A minute.
            ("2026-03-10T15:00", "instant"),
            ("2026-03-11T11:30", "zone"),
            ("2026-03-11T04:30Z", "zone"),
            ("sa2026-03-10T15:00", "zone"),
            ("eb2026-03-11T11:30", "instant day ended ancient"),
            ("gt2026-03-11T11:30", "month year period open timing"),
            // A month.
            ("2026-03", "instant zone day month period timing"),
            ("eq2026-03", "instant zone day month period timing"),
            ("ne2026-03", "year open ended ancient"),
            ("gt2026-03", "year open"),
            ("ge2026-03", "instant zone day month year period open timing"),
            ("lt2026-03", "year ended ancient"),
            ("le2026-03", "instant zone day month year period ended timing ancient"),
            ("sa2026-03", ""),
            ("eb2026-03", "ancient"),
            ("2026-04", ""),
            ("ne2026-04", all),
            ("gt2026-04", "year open"),
            ("lt2026-04", all),
            ("eb2026-04", "instant zone day month period ended timing ancient"),
            ("gt2026-02", "instant zone day month year period open ended timing"),
            ("lt2026-02", "year ended ancient"),
            ("sa2026-02", "instant zone day month period open timing"),
            ("eb2026-02", "ancient"),
            // A year.
            ("2026", "instant zone day month year period timing"),
            ("ne2026", "open ended ancient"),
            ("gt2026", "open"),
            ("ge2026", "instant zone day month year period open timing"),
            ("lt2026", "ended ancient"),
            ("le2026", "instant zone day month year period ended timing ancient"),
            ("sa2026", ""),
            ("eb2026", "ancient"),
            ("sa1900", "instant zone day month year period open timing"),
            // Alternatives; all of several.
            ("2026-03-10,2026-03-11", "instant zone day"),
            ("sa2026-03-10,eb2026-03-01", "zone ancient"),
            ("1900,gt2026", "open ancient"),
            ("ge2026-03-05&date=le2026-03-15", "instant zone day month year period open timing"),
            ("sa2026-03-04&date=eb2026-03-16", "instant zone day period"),
        ] {
            checks.finds(&format!("Observation?date={value}"), expected);
        }
        checks.finds("Observation?date:missing=true", "none");
        checks.finds("Observation?date:missing=false", all);
        for wrong in ["date:missing=maybe", "date:exact=2026", "date:not=2026", "date=2026-03-10|x"] {
            checks.refuses(&format!("Observation?{wrong}"));
        }
        // What overlaps is near it; how much more is, depends on today.
        for value in ["ap2026-03-10", "ap2026-03-10T15:00:00+07:00"] {
            let found = checks.ids(&format!("Observation?date={value}"));
            for id in ["instant", "day", "month", "year", "period", "open", "timing"] {
                checks.that(found.iter().any(|one| one == id), format!("{value} without {id}: {found:?}"));
            }
            for id in ["ancient", "none"] {
                checks.that(found.iter().all(|one| one != id), format!("{value} with {id}: {found:?}"));
            }
        }
    });
}

/// A tenth of the time from then to now: from 1985 four years or a little more, from 1905 twelve or more.
#[test]
fn about_then() {
    check_each(|checks| {
        let born = |id: &str, date: &str| {
            format!(r#"{{"resourceType":"Patient","id":"{id}","birthDate":"{date}"}}"#)
        };
        checks.store([
            born("p1880", "1880"),
            born("p1896", "1896-06-15"),
            born("p1905", "1905-01-01"),
            born("p1975", "1975-06-15"),
            born("p1982", "1982-06-15"),
            born("p1985", "1985-03-07"),
            born("p1988", "1988-06-15"),
            born("p1996", "1996-01-01"),
        ]);
        for (value, expected) in [
            ("ap1985", "p1982 p1985 p1988"),
            ("ap1985-03", "p1982 p1985 p1988"),
            ("ap1985-03-07", "p1982 p1985 p1988"),
            ("ap1985-03-07T12:00:00+07:00", "p1982 p1985 p1988"),
            ("ap1905", "p1896 p1905"),
            ("ap1985,ap1905", "p1896 p1905 p1982 p1985 p1988"),
            ("ap1985&birthdate=lt1985", "p1982"),
        ] {
            checks.finds(&format!("Patient?birthdate={value}"), expected);
        }
    });
}

#[test]
fn moments_of_other_resources() {
    check_each(|checks| {
        let request = |id: &str, occurrence: &str| {
            format!(
                r#"{{"resourceType":"ServiceRequest","id":"{id}","status":"active","intent":"order","subject":{{"reference":"Patient/someone"}},{occurrence}}}"#
            )
        };
        let schedule = |id: &str, horizon: &str| {
            format!(
                r#"{{"resourceType":"Schedule","id":"{id}","actor":[{{"reference":"Location/somewhere"}}]{horizon}}}"#
            )
        };
        let condition = |id: &str, abatement: &str| {
            format!(
                r#"{{"resourceType":"Condition","id":"{id}","clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}}]}},"subject":{{"reference":"Patient/someone"}},{abatement}}}"#
            )
        };
        checks.store([
            request("moment", r#""occurrenceDateTime":"2026-05-04T00:30:00+07:00""#),
            request("stay", r#""occurrencePeriod":{"start":"2026-05-02","end":"2026-05-06"}"#),
            request(
                "bounds",
                r#""occurrenceTiming":{"repeat":{"boundsPeriod":{"start":"2026-05-01","end":"2026-05-31"},"frequency":1,"period":1,"periodUnit":"d"}}"#,
            ),
            request("event", r#""occurrenceTiming":{"event":["2026-05-04"]}"#),
            r#"{"resourceType":"Appointment","id":"soon","status":"booked","start":"2026-05-03T17:30:00Z","end":"2026-05-03T18:00:00Z","participant":[{"type":[{"text":"Bác sĩ"}],"status":"accepted"}]}"#.to_owned(),
            r#"{"resourceType":"Appointment","id":"proposed","status":"proposed","participant":[{"type":[{"text":"Bác sĩ"}],"status":"needs-action"}]}"#.to_owned(),
            schedule("may", r#","planningHorizon":{"start":"2026-05-01","end":"2026-05-31"}"#),
            schedule("endless", r#","planningHorizon":{"start":"2026-05-01"}"#),
            schedule("whenever", ""),
            condition("cured", r#""abatementDateTime":"2026-05""#),
            condition("eased", r#""abatementPeriod":{"start":"2026-05-01","end":"2026-06-30"}"#),
            condition("sometime", r#""abatementString":"May""#),
            r#"{"resourceType":"Observation","id":"due","status":"final","code":{"text":"x"},"valueDateTime":"2026-12-24"}"#.to_owned(),
            r#"{"resourceType":"Observation","id":"due-in","status":"final","code":{"text":"x"},"valuePeriod":{"start":"2026-12-01","end":"2026-12-31"}}"#.to_owned(),
        ]);
        for (query, expected) in [
            ("ServiceRequest?occurrence=2026-05-04", "moment event"),
            ("ServiceRequest?occurrence=2026-05", "moment stay bounds event"),
            ("ServiceRequest?occurrence=gt2026-05-04", "stay bounds"),
            ("ServiceRequest?occurrence=lt2026-05-04", "stay bounds"),
            ("ServiceRequest?occurrence=gt2026-05-06", "bounds"),
            ("ServiceRequest?occurrence=ne2026-05-04", "stay bounds"),
            ("ServiceRequest?occurrence=sa2026-05-01", "moment stay event"),
            ("ServiceRequest?occurrence=sa2026-04-30", "moment stay bounds event"),
            ("ServiceRequest?occurrence=eb2026-05-07", "moment stay event"),
            ("ServiceRequest?occurrence=eb2026-06-01", "moment stay bounds event"),
            ("ServiceRequest?occurrence=2026-05-03T17:30:00Z", "moment"),
            ("ServiceRequest?occurrence=2026-05-03", ""),
            ("Appointment?date=2026-05-04", "soon"),
            ("Appointment?date=2026-05-03", ""),
            ("Appointment?date=ge2026-05-04T00:30:00", "soon"),
            ("Appointment?date=gt2026-05-04T00:30:00", ""),
            ("Appointment?date=eb2026-05-04T00:31", "soon"),
            ("Appointment?date:missing=true", "proposed"),
            ("Schedule?date=2026-05", "may"),
            ("Schedule?date=gt2026-05", "endless"),
            ("Schedule?date=ge2026-05", "may endless"),
            ("Schedule?date=ne2026-05", "endless"),
            ("Schedule?date=sa2026-04", "may endless"),
            ("Schedule?date=eb2026-06", "may"),
            ("Schedule?date:missing=true", "whenever"),
            ("Schedule?date:missing=false", "may endless"),
            ("Condition?abatement-date=2026-05", "cured"),
            ("Condition?abatement-date=gt2026-05", "eased"),
            ("Condition?abatement-date=le2026-05", "cured"),
            ("Condition?abatement-date=eb2026-07", "cured eased"),
            ("Condition?abatement-date:missing=true", "sometime"),
            ("Observation?value-date=2026-12-24", "due"),
            ("Observation?value-date=2026-12", "due due-in"),
            ("Observation?value-date=ge2026-12-25", "due-in"),
            ("Observation?value-date=sa2026-11-30&value-date=lt2026-12-24", "due-in"),
        ] {
            checks.finds(query, expected);
        }
    });
}
