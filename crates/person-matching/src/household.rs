//! Where somebody lives and whose child somebody is: facts that brothers, sisters and twins share.

use crate::field::{Evidence, Field, Outcome};
use crate::names::compare_parents;
use crate::number::{Number, NumberKind};
use crate::person::Person;
use crate::weights::evidence;

/// Telephone, place and parents together say no more than this: they are facts of one household.
pub(crate) const MOST_OF_HOUSEHOLD: i32 = 1200;

/// Place and parents. The telephone is compared with the numbers.
pub(crate) fn compare(query: &Person, record: &Person) -> Vec<Evidence> {
    let mut found = Vec::with_capacity(3);
    found.extend(compare_places(query, record).map(|outcome| evidence(Field::Place, outcome)));
    for (field, one, other) in
        [(Field::Mother, &query.mother, &record.mother), (Field::Father, &query.father, &record.father)]
    {
        if let (Some(one), Some(other)) = (one, other) {
            found.extend(compare_parents(one, other).map(|outcome| evidence(field, outcome)));
        }
    }
    found
}

fn compare_places(query: &Person, record: &Person) -> Option<Outcome> {
    let same = |one: &Option<String>, other: &Option<String>| Some(one.as_ref()? == other.as_ref()?);
    match (same(&query.ward, &record.ward), same(&query.province, &record.province)) {
        (Some(true), _) => Some(Outcome::Same),
        (_, Some(true)) => Some(Outcome::SameProvince),
        (Some(false), _) | (_, Some(false)) => Some(Outcome::Different),
        (None, None) => None,
    }
}

/// Takes from the weights what goes beyond the most that a household says.
pub(crate) fn limit(evidence: &mut [Evidence]) {
    let mut left = MOST_OF_HOUSEHOLD;
    for one in evidence.iter_mut().filter(|one| one.field.is_of_household() && one.weight > 0) {
        one.weight = one.weight.min(left);
        left -= one.weight;
    }
}

/// Whether two records may be of one household: the same commune, telephone or parent.
pub(crate) fn may_be_one(one: &Person, other: &Person) -> bool {
    let phones = |person: &Person| {
        let phones = person.compared_numbers().filter(|number| number.kind() == NumberKind::Phone);
        phones.map(Number::digits).map(str::to_owned).collect::<Vec<_>>()
    };
    let same_parent = |one: &Option<_>, other: &Option<_>| matches!((one, other), (Some(one), Some(other)) if compare_parents(one, other) != Some(Outcome::Different));
    compare_places(one, other) == Some(Outcome::Same)
        || phones(one).iter().any(|phone| phones(other).contains(phone))
        || same_parent(&one.mother, &other.mother)
        || same_parent(&one.father, &other.father)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::weights::weight;

    #[test]
    fn a_household_counts_once() {
        let person = Person {
            ward: Some("00004".into()),
            mother: Some(Name::whole("Trần Thị Mai")),
            father: Some(Name::whole("Lê Văn Ba")),
            ..Person::default()
        };
        let mut found = compare(&person, &person);
        assert!(found.iter().all(|evidence| evidence.outcome == Outcome::Same));
        limit(&mut found);
        assert_eq!(found.iter().map(|evidence| evidence.weight).sum::<i32>(), MOST_OF_HOUSEHOLD);
        let mut other = vec![evidence(Field::Place, Outcome::Different), evidence(Field::Sex, Outcome::Same)];
        limit(&mut other);
        assert_eq!(other[0].weight, weight(Field::Place, Outcome::Different));
        assert_eq!(other[1].weight, weight(Field::Sex, Outcome::Same));
    }
}
