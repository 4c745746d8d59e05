//! Whether two names hint at a family (section 3): what strangers rarely share.

/// How many of 1,000 people have a family name. Of what is not in it: [`RARE_FAMILY`].
const FAMILIES: [(&str, u32); 20] = [
    ("Nguyễn", 384),
    ("Trần", 121),
    ("Lê", 95),
    ("Phạm", 70),
    ("Hoàng", 30),
    ("Huỳnh", 30),
    ("Phan", 45),
    ("Vũ", 25),
    ("Võ", 25),
    ("Đặng", 21),
    ("Bùi", 20),
    ("Đỗ", 14),
    ("Hồ", 13),
    ("Ngô", 13),
    ("Dương", 10),
    ("Lý", 5),
    ("Đinh", 8),
    ("Trương", 15),
    ("Mai", 8),
    ("Lương", 8),
];
const RARE_FAMILY: u32 = 5;

/// How many of 1,000 people (of one sex) have a middle name.
const MIDDLES: [(&str, u32); 2] = [("Thị", 300), ("Văn", 300)];
const RARE_MIDDLE: u32 = 20;

/// How many of 1,000 people who read somebody's book live in the same ward.
const SAME_WARD: u32 = 100;

/// In one million pairs of strangers so many may share what a hint goes by.
const MOST: u32 = 10_000;

/// What is compared of a person. What is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonalName {
    /// The family name.
    pub family: String,
    /// What stands between family name and given name.
    pub middle: String,
    /// The code of the ward of the home.
    pub ward: String,
}

/// Whether they share more than strangers do.
pub fn is_hint_at_family(one: &PersonalName, other: &PersonalName) -> bool {
    if one.family.is_empty() || one.family != other.family {
        return false;
    }
    let family = share(&FAMILIES, RARE_FAMILY, &one.family);
    let shares = |one: &str, other: &str| !one.is_empty() && one == other;
    let middle = shares(&one.middle, &other.middle).then(|| share(&MIDDLES, RARE_MIDDLE, &one.middle));
    let ward = shares(&one.ward, &other.ward).then_some(SAME_WARD);
    middle.into_iter().chain(ward).any(|second| family.saturating_mul(second) <= MOST)
}

fn share(table: &[(&str, u32)], rare: u32, name: &str) -> u32 {
    table.iter().find(|(known, _)| *known == name).map_or(rare, |(_, share)| *share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(family: &str, middle: &str, ward: &str) -> PersonalName {
        PersonalName { family: family.to_owned(), middle: middle.to_owned(), ward: ward.to_owned() }
    }

    #[test]
    fn what_strangers_rarely_share_is_a_hint() {
        // Family, middle and ward of one; of the other; what section 3 says.
        for (one, other, expected) in [
            (("Nguyễn", "Thị", ""), ("Nguyễn", "Thị", ""), false),
            (("Nguyễn", "Văn", "1"), ("Nguyễn", "Thị", "1"), false),
            (("Nguyễn", "Hoàng", ""), ("Nguyễn", "Hoàng", ""), true),
            (("Đặng", "Thị", ""), ("Đặng", "Thị", ""), true),
            (("Trần", "Thị", ""), ("Trần", "Thị", ""), false),
            (("Lê", "Văn", "1"), ("Lê", "Thị", "1"), true),
            (("Lê", "Văn", "1"), ("Lê", "Thị", "2"), false),
            (("Lê", "Văn", ""), ("Lê", "Thị", ""), false),
            (("Vũ", "Minh", ""), ("Vu", "Minh", ""), false),
            (("", "Minh", "1"), ("", "Minh", "1"), false),
            (("Niê", "", ""), ("Niê", "", ""), false),
            (("Niê", "", "1"), ("Niê", "", "1"), true),
        ] {
            let (one, other) = (person(one.0, one.1, one.2), person(other.0, other.1, other.2));
            assert_eq!(is_hint_at_family(&one, &other), expected, "{one:?} {other:?}");
            assert_eq!(is_hint_at_family(&other, &one), expected, "{one:?} {other:?}");
        }
    }
}
