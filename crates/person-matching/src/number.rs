//! Numbers that people have: what is written on papers and cards, in one form for each kind.

/// What a number says who somebody is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// The personal identification number, 12 digits.
    Citizen,
    /// The number of the old identity card, 9 digits.
    OldIdentity,
    /// The social insurance number, 10 digits, which stands on insurance cards.
    SocialInsurance,
    /// A telephone number. A family may share it: it never identifies.
    Phone,
}

/// A number of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    kind: NumberKind,
    digits: String,
    is_verified: bool,
}

/// Most characters of a number that are looked at.
const MOST_CHARACTERS: usize = 64;

impl Number {
    /// A number that is said to be of this kind. It may have a digit too many or too few; `None` where there are
    /// so few that it says nothing.
    pub fn new(kind: NumberKind, text: &str) -> Option<Number> {
        let digits = digits(text);
        let digits = if kind == NumberKind::Phone { phone(digits) } else { digits };
        (8..=14).contains(&digits.len()).then_some(Number { kind, digits, is_verified: false })
    }

    /// The number that stands on a health insurance card: since 2025 the citizen number (12 digits), since 2021
    /// the social insurance number (10 digits), before that with group, benefit and province before it (15).
    pub fn insurance_card(text: &str) -> Option<Number> {
        let text: String = text.chars().take(MOST_CHARACTERS).filter(char::is_ascii_alphanumeric).collect();
        if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let last_ten = text.get(5..).filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))?;
            return Number::new(NumberKind::SocialInsurance, last_ten);
        }
        let kind = if text.len() >= 12 { NumberKind::Citizen } else { NumberKind::SocialInsurance };
        Number::new(kind, &text)
    }

    /// The same number, checked: of a record, by the register that gave it out; of a query, by a chip or a seal.
    pub fn verified(mut self) -> Number {
        self.is_verified = true;
        self
    }

    /// What kind of number it is.
    pub fn kind(&self) -> NumberKind {
        self.kind
    }

    /// Whether it is checked.
    pub fn is_verified(&self) -> bool {
        self.is_verified
    }

    pub(crate) fn is_same(&self, other: &Number) -> bool {
        (self.kind, &self.digits) == (other.kind, &other.digits)
    }

    pub(crate) fn digits(&self) -> &str {
        &self.digits
    }
}

fn digits(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS).filter(char::is_ascii_digit).collect()
}

/// Ten digits, from the forms with the code of the country and from those of eleven digits until 2018.
fn phone(digits: String) -> String {
    const SINCE_2018: [(&str, &str); 23] = [
        ("0120", "070"),
        ("0121", "079"),
        ("0122", "077"),
        ("0123", "083"),
        ("0124", "084"),
        ("0125", "085"),
        ("0126", "076"),
        ("0127", "081"),
        ("0128", "078"),
        ("0129", "082"),
        ("0162", "032"),
        ("0163", "033"),
        ("0164", "034"),
        ("0165", "035"),
        ("0166", "036"),
        ("0167", "037"),
        ("0168", "038"),
        ("0169", "039"),
        ("0186", "056"),
        ("0188", "058"),
        ("0199", "059"),
        // The code of the country with the zero that does not belong there.
        ("00840", "0"),
        ("0084", "0"),
    ];
    let digits = match digits.strip_prefix("84") {
        Some(rest) if digits.len() >= 11 => format!("0{}", rest.trim_start_matches('0')),
        _ => digits,
    };
    let changed =
        SINCE_2018.iter().find_map(|(old, new)| Some(format!("{new}{}", digits.strip_prefix(old)?)));
    changed.filter(|_| digits.len() >= 11).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_number_meet() {
        let phone = |text| Number::new(NumberKind::Phone, text).map(|number| number.digits);
        for same in ["0000 123 456", "0000.123.456", "0000123456"] {
            assert_eq!(phone(same).as_deref(), Some("0000123456"), "{same}");
        }
        for same in
            ["0381234567", "+84 38 123 4567", "84381234567", "0084381234567", "01681234567", "+841681234567"]
        {
            assert_eq!(phone(same).as_deref(), Some("0381234567"), "{same}");
        }
        let card = |text| Number::insurance_card(text).map(|number| (number.kind, number.digits));
        let social = Some((NumberKind::SocialInsurance, "9123456789".to_owned()));
        assert_eq!(card("9123456789"), social);
        assert_eq!(card("GD 4 01 9123456789"), social);
        assert_eq!(card("gd4019123456789"), social);
        assert_eq!(card("099 185 123456"), Some((NumberKind::Citizen, "099185123456".to_owned())));
        for useless in ["", "GD", "không có", "123", &"9".repeat(500)] {
            assert_eq!(card(useless), None, "{useless}");
        }
    }
}
