//! Vietnamese names: family name first, then middle names, then the given name that one is called by.
//!
//! What is common depends on sex, generation, region and ethnic group.

use std::sync::LazyLock;

use crate::chance::{Chance, Key};
use crate::json_text::JsonText;
use crate::people::Sex;
use crate::places::{Place, Region};
use crate::table::{number, rows};

struct FamilyName {
    group: &'static str,
    name: &'static str,
    north: u64,
    south: u64,
}

struct Choice {
    /// Ethnic group, or `*` for the names that every group without its own uses.
    group: &'static str,
    sex: &'static str,
    generation: &'static str,
    part: &'static str,
    names: Vec<(&'static str, u64)>,
}

static FAMILY_NAMES: LazyLock<Vec<FamilyName>> = LazyLock::new(|| {
    rows(include_str!("../data/family_names.csv"), 4)
        .map(|row| FamilyName { group: row[0], name: row[1], north: number(row[2]), south: number(row[3]) })
        .collect()
});

static CHOICES: LazyLock<Vec<Choice>> = LazyLock::new(|| {
    let minorities = rows(include_str!("../data/given_names_minorities.csv"), 4).map(|row| Choice {
        group: row[0],
        sex: row[1],
        generation: "*",
        part: row[2],
        names: weighted_names(row[3]),
    });
    let others = rows(include_str!("../data/given_names.csv"), 4).map(|row| Choice {
        group: "*",
        sex: row[0],
        generation: row[1],
        part: row[2],
        names: weighted_names(row[3]),
    });
    minorities.chain(others).collect()
});

static ETHNIC_GROUPS: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    rows(include_str!("../data/ethnic_groups.csv"), 2).map(|row| (row[0], row[1])).collect()
});

fn weighted_names(list: &'static str) -> Vec<(&'static str, u64)> {
    list.split(',')
        .filter_map(|item| item.rsplit_once(' '))
        .map(|(name, weight)| (name, number(weight)))
        .collect()
}

/// The name of an ethnic group.
pub(crate) fn ethnic_group_name(code: &str) -> &'static str {
    ETHNIC_GROUPS.iter().find(|group| group.0 == code).map_or("Không rõ", |group| group.1)
}

/// An ethnic group drawn as they live in the province; minorities live rather in communes than in towns.
pub(crate) fn draw_ethnic_group(chance: &mut Chance, place: Place) -> &'static str {
    let mut left = chance.below(1000);
    for (group, share) in &place.province.minorities {
        let share = if place.ward.is_urban { share / 2 } else { share * 6 / 5 };
        if left < share {
            return group;
        }
        left -= share;
    }
    "01"
}

/// A family name of the group and region.
pub(crate) fn draw_family_name(chance: &mut Chance, group: &str, region: Region) -> &'static str {
    let has_own = FAMILY_NAMES.iter().any(|name| name.group == group);
    let wanted = if has_own { group } else { "*" };
    chance
        .weighted(&FAMILY_NAMES, |name| match region {
            _ if name.group != wanted => 0,
            Region::North => name.north,
            Region::South => name.south,
        })
        .map_or("Nguyễn", |name| name.name)
}

/// In these groups the family name goes from mother to child.
pub(crate) fn is_matrilineal(group: &str) -> bool {
    matches!(group, "10" | "12" | "16" | "36")
}

/// The name of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PersonName {
    pub(crate) family: &'static str,
    pub(crate) middle: Option<&'static str>,
    pub(crate) given: &'static str,
    /// Ê-đê custom: Y Thanh Niê, the clan name at the end.
    family_last: bool,
}

impl PersonName {
    /// A name for somebody of this family, born in this year.
    pub(crate) fn draw(key: Key, family: &'static str, group: &str, sex: Sex, birth_year: i64) -> PersonName {
        let mut chance = key.draw("name");
        let middle = draw_part(&mut chance, "middle", group, sex, birth_year);
        let mut given = draw_part(&mut chance, "given", group, sex, birth_year);
        // Nobody is called Minh Minh.
        for _ in 0..8 {
            if given != middle && given != family {
                break;
            }
            given = draw_part(&mut chance, "given", group, sex, birth_year);
        }
        PersonName { family, middle: (middle != "-").then_some(middle), given, family_last: group == "12" }
    }

    /// The name as people write it.
    pub(crate) fn text(&self) -> String {
        let mut parts = vec![self.family];
        parts.extend(self.middle);
        parts.push(self.given);
        if self.family_last {
            parts.rotate_left(1);
        }
        parts.join(" ")
    }

    /// Writes the members of a HumanName.
    pub(crate) fn write(&self, json: &mut JsonText) {
        json.plain("use", "official");
        json.text("text", &self.text());
        json.text("family", self.family);
        json.list("given", |json| {
            if let Some(middle) = self.middle {
                json.text_item(middle);
            }
            json.text_item(self.given);
        });
    }
}

fn draw_part(chance: &mut Chance, part: &str, group: &str, sex: Sex, birth_year: i64) -> &'static str {
    let generation = match birth_year {
        ..1965 => "old",
        1965..1992 => "middle",
        _ => "young",
    };
    let fits = |choice: &&Choice| {
        choice.part == part
            && choice.sex == sex.code()
            && (choice.group == group || choice.group == "*")
            && (choice.generation == generation || choice.generation == "*")
    };
    // The rows of single groups stand before the general ones.
    CHOICES
        .iter()
        .find(fits)
        .and_then(|choice| chance.weighted(&choice.names, |name| name.1))
        .map_or("An", |name| name.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_complete_and_precomposed() {
        assert_eq!(ETHNIC_GROUPS.len(), 56);
        assert!(FAMILY_NAMES.len() > 100 && CHOICES.len() > 30);
        assert!(FAMILY_NAMES.iter().all(|name| name.north + name.south > 0));
        assert!(CHOICES.iter().all(|choice| choice.names.iter().all(|name| name.1 > 0)));
        for text in [
            include_str!("../data/family_names.csv"),
            include_str!("../data/given_names.csv"),
            include_str!("../data/given_names_minorities.csv"),
            include_str!("../data/wards.csv"),
            include_str!("../data/illnesses.csv"),
            include_str!("../data/medicines.csv"),
        ] {
            let combining = text.chars().find(|letter| ('\u{300}'..='\u{36f}').contains(letter));
            assert_eq!(combining, None, "all tone marks are precomposed (NFC)");
        }
    }
}
