//! The invariants whose expressions were corrected: what can be compared is, what cannot breaks no rule.

use fhir::Issue;
use json::Limits;

use crate::{Level, Validator};

fn faults(text: &str) -> Vec<String> {
    let node = json::parse(text.as_bytes(), &Limits::default()).unwrap();
    let show = |issue: &Issue| {
        let text = issue.fault.english();
        format!("{} {}", issue.expression.as_deref().unwrap_or("-"), text.split(':').next().unwrap())
    };
    Validator::r4().validate(&node, &[], Level::Errors).iter().map(show).collect()
}

#[test]
fn periods_end_after_they_begin() {
    for (start, end, holds) in [
        ("2026-05-01", "2026-05-02", true),
        ("2026-05-02", "2026-05-02", true),
        ("2026-05-03", "2026-05-02", false),
        ("2026", "2025-12", false),
        ("2026-05-02T08:00:00+07:00", "2026-05-02", true),
        ("2026-05-02", "2026-05-02T08:00:00+07:00", true),
        ("2026-05-04T08:00:00+07:00", "2026-05-02", false),
        ("2026-05-02T08:00:00+07:00", "2026-05-02T07:59:59+07:00", false),
        ("2026-05-02T08:00:00+07:00", "2026-05-02T02:00:00Z", true),
        ("2026-05", "2026", true),
    ] {
        let text = format!(
            r#"{{"resourceType":"Patient","name":[{{"text":"A","period":{{"start":"{start}","end":"{end}"}}}}]}}"#
        );
        let expected: &[&str] = if holds { &[] } else { &["Patient.name[0].period rule per-1"] };
        assert_eq!(faults(&text), expected, "{start} {end}");
    }
}

#[test]
fn ranges_go_up() {
    for (low, high, holds) in [
        (r#"{"value":1,"unit":"kg"}"#, r#"{"value":2,"unit":"kg"}"#, true),
        (r#"{"value":3,"unit":"kg"}"#, r#"{"value":2,"unit":"kg"}"#, false),
        (r#"{"value":3,"unit":"kg"}"#, r#"{"value":2,"unit":"cm"}"#, true),
    ] {
        let text = format!(
            r#"{{"resourceType":"Patient","extension":[{{"url":"http://example.org/r","valueRange":{{"low":{low},"high":{high}}}}}]}}"#
        );
        let expected: &[&str] = if holds { &[] } else { &["Patient.extension[0].value rule rng-2"] };
        assert_eq!(faults(&text), expected, "{low} {high}");
    }
}
