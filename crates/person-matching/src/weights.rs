//! The weights, as data: `data/name-shares.tsv` and `data/outcomes.tsv`, made by `tools/generate_matching_weights.py`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::field::{Evidence, Field, Outcome};
use crate::person::Sex;
use crate::typing::without_keystrokes;

const OUTCOMES: &str = include_str!("../data/outcomes.tsv");
const NAMES: &str = include_str!("../data/name-shares.tsv");

static OUTCOME_WEIGHTS: LazyLock<HashMap<(Field, Outcome), i32>> = LazyLock::new(|| {
    let rows = OUTCOMES.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let mut fields = line.split('\t');
        let (field, outcome, weight) = (fields.next()?, fields.next()?, fields.next()?);
        let field = Field::ALL.iter().find(|(_, code)| *code == field)?.0;
        let outcome = Outcome::ALL.iter().find(|(_, code)| *code == outcome)?.0;
        Some(((field, outcome), weight.parse().ok()?))
    })
    .collect()
});

/// The weights of agreement of one part of a name, among men and among women.
#[derive(Default)]
struct PartWeights {
    others: [i32; 2],
    names: HashMap<String, [i32; 2]>,
}

static NAME_WEIGHTS: LazyLock<[PartWeights; 3]> = LazyLock::new(|| {
    [Field::Family, Field::Middle, Field::Given].map(|field| {
        let mut weights = PartWeights::default();
        let rows = NAMES.lines().filter_map(|line| line.strip_prefix(field.code())?.strip_prefix('\t'));
        for row in rows {
            let mut fields = row.split('\t');
            let name = fields.next().unwrap_or_default();
            let mut weight = || fields.next().and_then(|field| field.parse().ok()).unwrap_or_default();
            let pair = [weight(), weight()];
            if name == "*" {
                weights.others = pair;
                continue;
            }
            let name = without_keystrokes(name).unwrap_or_else(|| name.to_owned());
            let known = weights.names.entry(name).or_insert(pair);
            // Two names that become one: the more frequent one counts.
            *known = [known[0].min(pair[0]), known[1].min(pair[1])];
        }
        weights
    })
});

/// The weight of an outcome; 0 where the table has none, which a test rules out.
pub(crate) fn weight(field: Field, outcome: Outcome) -> i32 {
    OUTCOME_WEIGHTS.get(&(field, outcome)).copied().unwrap_or_default()
}

/// The evidence of an outcome, with its weight by the table.
pub(crate) fn evidence(field: Field, outcome: Outcome) -> Evidence {
    Evidence { field, outcome, weight: weight(field, outcome) }
}

/// What it says that a part of a name agrees in this name: nothing for frequent ones, much for rare ones.
pub(crate) fn name_weight(field: Field, letters: &str, sex: Option<Sex>) -> i32 {
    let [family, middle, given] = &*NAME_WEIGHTS;
    let part = match field {
        Field::Family => family,
        Field::Middle => middle,
        _ => given,
    };
    let [men, women] = part.names.get(letters).copied().unwrap_or(part.others);
    match sex {
        Some(Sex::Male) => men,
        Some(Sex::Female) => women,
        None => men.min(women),
    }
}

/// Whether the word is a family name that is known.
pub(crate) fn is_family_name(letters: &str) -> bool {
    NAME_WEIGHTS[0].names.contains_key(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        let rows = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(OUTCOME_WEIGHTS.len(), rows(OUTCOMES));
        for (field, _) in Field::ALL {
            let has_rows =
                Outcome::ALL.iter().any(|(outcome, _)| OUTCOME_WEIGHTS.contains_key(&(field, *outcome)));
            assert!(has_rows, "{field:?}");
        }
        assert!(NAME_WEIGHTS.iter().all(|part| part.names.len() > 30 && part.others[0] > 500));
    }

    #[test]
    fn frequent_names_say_little_and_rare_ones_much() {
        let man = Some(Sex::Male);
        assert!(name_weight(Field::Family, "nguyen", man) < 200);
        assert!(name_weight(Field::Middle, "van", man) < 250);
        assert!(name_weight(Field::Middle, "thi", Some(Sex::Female)) < 150);
        assert!(name_weight(Field::Middle, "thi", man) > 1000);
        assert!(name_weight(Field::Family, "quach", man) > 700);
        assert!(name_weight(Field::Given, "xyz", man) > 1000);
    }
}
