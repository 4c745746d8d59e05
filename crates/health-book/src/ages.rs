//! The slices of a childhood in which a guardian sees the same.
//!
//! SEAM: the table belongs to the policy (`Ages::slices`). Until it can be asked, this is the table of `docs/access.md`
//! section 4. Replace `slices`, keep its signature.

use fhir::Instant;
use jiff::civil::Date;

use crate::consent::Part;
use crate::moment::birthday;

/// Where the guardian's view changes, with the labels that are open from there on.
const TABLE: [(i16, &[&str]); 3] = [(0, &ALL), (13, &FROM_13), (16, &[])];
/// From then on it is the person's own book.
pub(crate) const MAJORITY: i16 = 18;

const ALL: [&str; 15] = [
    "HIV",
    "OST",
    "DRUG_TEST",
    "PSY",
    "SEX",
    "ART_DONOR",
    "SURROGACY",
    "FETAL_SEX",
    "TRANSPLANT_DONOR_RECIPIENT",
    "GENDER_REASSIGN",
    "GENETIC",
    "DV",
    "CHILD_ABUSE",
    "ADOLESCENT",
    "RESTRICTED",
];
const FROM_13: [&str; 12] = [
    "HIV",
    "OST",
    "DRUG_TEST",
    "ART_DONOR",
    "SURROGACY",
    "FETAL_SEX",
    "TRANSPLANT_DONOR_RECIPIENT",
    "GENDER_REASSIGN",
    "GENETIC",
    "DV",
    "CHILD_ABUSE",
    "RESTRICTED",
];

/// The slices from birth to majority, the past ones too; none when the date is not one of a life.
pub(crate) fn slices(birth: Date) -> Vec<Part> {
    let ends = TABLE.iter().skip(1).map(|(age, _)| *age).chain([MAJORITY]);
    let slice = |((from, labels), to): (&(i16, &[&str]), i16)| {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Some(Part { begins: birthday(birth, *from)?, ends: birthday(birth, to)?, labels })
    };
    TABLE.iter().zip(ends).filter_map(slice).collect()
}

/// The slices that are not over.
pub(crate) fn to_come(birth: Date, now: Instant) -> Vec<Part> {
    let left = slices(birth).into_iter().filter(|part| part.ends > now);
    left.map(|part| Part { begins: part.begins.max(now), ..part }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::birth_date;

    #[test]
    fn the_slices_follow_each_other_and_close_more_and_more() {
        let slices = slices(birth_date("2012-03-01").unwrap());
        assert_eq!(slices.len(), 3);
        for pair in slices.windows(2) {
            assert_eq!(pair[0].ends, pair[1].begins);
            assert!(pair[1].labels.iter().all(|label| pair[0].labels.contains(label)), "nothing opens again");
        }
        for closed in ["PSY", "SEX", "ADOLESCENT"] {
            assert!(!slices[1].labels.iter().any(|label| label == closed), "{closed} closes at 13");
        }
        assert!(slices[2].labels.is_empty(), "all labels close at 16");
        assert_eq!(slices[2].ends.to_string(), "2030-02-28T17:00:00.000Z", "18, at midnight in Vietnam");
    }

    #[test]
    fn only_what_is_to_come_is_left() {
        let birth = birth_date("2012-03-01").unwrap();
        let at = |text: &str| Instant::try_from(text).unwrap();
        let left = to_come(birth, at("2026-01-01T00:00:00Z"));
        assert_eq!(left.len(), 2);
        assert_eq!(left[0].begins, at("2026-01-01T00:00:00Z"));
        assert!(to_come(birth, at("2030-02-28T17:00:00Z")).is_empty(), "nothing from the birthday on");
        assert_eq!(to_come(birth, at("2030-02-28T16:59:59Z")).len(), 1);
    }
}
