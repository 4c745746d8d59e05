//! The slices of a childhood in which a guardian sees the same, by the age table of the policy.

use access::PolicyDocument;
use fhir::{Instant, PartialDate};
use jiff::civil::Date;

use crate::consent::Part;

/// The slices from birth to majority, the past ones too; none when the date is not one of a life. What opens the same
/// labels is one slice.
pub(crate) fn slices(policy: &PolicyDocument, birth: Date) -> Vec<Part> {
    let Ok(born) = PartialDate::parse(&birth.to_string()) else { return Vec::new() };
    let mut parts: Vec<Part> = Vec::new();
    for slice in policy.ages().slices(&born, policy.zone()) {
        let labels = policy.labels().codes(slice.opens).into_iter().map(str::to_owned).collect();
        match parts.last_mut() {
            Some(before) if before.labels == labels => before.ends = slice.ends,
            _ => parts.push(Part { begins: slice.begins, ends: slice.ends, labels }),
        }
    }
    parts
}

/// The slices that are not over.
pub(crate) fn to_come(policy: &PolicyDocument, birth: Date, now: Instant) -> Vec<Part> {
    let left = slices(policy, birth).into_iter().filter(|part| part.ends > now);
    left.map(|part| Part { begins: part.begins.max(now), ..part }).collect()
}

/// The age from which on it is the person's own book.
pub(crate) fn majority(policy: &PolicyDocument) -> i16 {
    i16::from(policy.ages().majority())
}

#[cfg(test)]
mod tests {
    use access::Policy;

    use super::*;
    use crate::moment::birth_date;

    #[test]
    fn the_slices_follow_each_other_and_close_more_and_more() {
        let policy = Policy::built_in();
        let slices = slices(policy.document(), birth_date("2012-03-01").unwrap());
        assert_eq!(slices.len(), 3);
        for pair in slices.windows(2) {
            assert_eq!(pair[0].ends, pair[1].begins);
            assert!(pair[1].labels.iter().all(|label| pair[0].labels.contains(label)), "nothing opens again");
        }
        for closed in ["PSY", "SEX", "ADOLESCENT"] {
            assert!(
                slices[0].labels.iter().any(|label| label == closed),
                "{closed} is open to parents of a child"
            );
            assert!(!slices[1].labels.iter().any(|label| label == closed), "{closed} closes at 13");
        }
        assert!(slices[1].labels.iter().any(|label| label == "HIV"));
        assert!(slices[2].labels.is_empty(), "all labels close at 16");
        assert!(
            slices.iter().all(|slice| !slice.labels.iter().any(|label| label == "R" || label == "UNKNOWN"))
        );
        assert_eq!(slices[1].begins.to_string(), "2025-02-28T17:00:00.000Z", "13, at midnight in Vietnam");
        assert_eq!(slices[2].ends.to_string(), "2030-02-28T17:00:00.000Z", "18, at midnight in Vietnam");
    }

    #[test]
    fn only_what_is_to_come_is_left() {
        let policy = Policy::built_in();
        let to_come = |now| to_come(policy.document(), birth_date("2012-03-01").unwrap(), now);
        let at = |text: &str| Instant::try_from(text).unwrap();
        let left = to_come(at("2026-01-01T00:00:00Z"));
        assert_eq!(left.len(), 2);
        assert_eq!(left[0].begins, at("2026-01-01T00:00:00Z"));
        assert!(to_come(at("2030-02-28T17:00:00Z")).is_empty(), "nothing from the birthday on");
        assert_eq!(to_come(at("2030-02-28T16:59:59Z")).len(), 1);
    }
}
