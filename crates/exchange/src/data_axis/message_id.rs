//! `msg_id` and `txn_id`: sender, day and a UUID of version 4, in one text.

/// Characters of the location number, of the day, and of the UUID without dashes.
const SENDER: usize = 13;
const DAY: usize = 6;
const LENGTH: usize = SENDER + DAY + 32;

/// The service of a `txn_id`.
const SERVICE: &str = "DS";

/// Whether a text has the form of a location number (GLN) whose check digit fits (GS1 General Specifications, 7.9).
pub fn is_location_number(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == SENDER) else { return false };
    let weighted = digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight);
    weighted.sum::<u32>() % 10 == 0
}

/// The id of a message: it is accepted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// Reads `msg_id`; none where it has not that form.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() != LENGTH || !text.is_ascii() {
            return None;
        }
        let (sender, rest) = text.split_at_checked(SENDER)?;
        let (day, uuid) = rest.split_at_checked(DAY)?;
        let number = |from: usize| day.get(from..from + 2).and_then(|two| two.parse::<i8>().ok());
        let day_is = jiff::civil::Date::new(2000 + i16::from(number(0)?), number(2)?, number(4)?);
        let is_hexadecimal = uuid.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Version and variant of RFC 9562.
        let is_drawn = uuid.as_bytes().get(12) == Some(&b'4')
            && uuid.as_bytes().get(16).is_some_and(|byte| b"89abAB".contains(byte));
        let fits = sender.bytes().all(|byte| byte.is_ascii_digit()) && day_is.is_ok();
        (fits && is_hexadecimal && is_drawn).then(|| Self(text.to_owned()))
    }

    /// Reads what a message is asked for by: its `msg_id` or the `txn_id` that was answered.
    pub fn asked(text: &str) -> Option<Self> {
        let Some(rest) = text.strip_prefix(SERVICE).and_then(|rest| rest.strip_prefix('-')) else {
            return Self::read(text);
        };
        let (sender, rest) = rest.split_once('-')?;
        Self::read(&format!("{sender}{rest}"))
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The location number of the sender.
    pub fn sender(&self) -> &str {
        self.0.get(..SENDER).unwrap_or_default()
    }

    /// `txn_id`: made of the same parts, so that it needs no place of its own.
    pub fn transaction(&self) -> String {
        format!("{SERVICE}-{}-{}", self.sender(), self.0.get(SENDER..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "200000099001926112000000000000040008000000000000001";

    #[test]
    fn an_id_has_sender_day_and_a_drawn_uuid() {
        let id = MessageId::read(GOOD).unwrap();
        assert_eq!(id.sender(), "2000000990019");
        assert_eq!(id.transaction(), "DS-2000000990019-26112000000000000040008000000000000001");
        assert_eq!(MessageId::asked(&id.transaction()), Some(id.clone()));
        assert_eq!(MessageId::asked(GOOD), Some(id));
        let changed = |at: usize, by: &str| {
            let mut text = GOOD.to_owned();
            text.replace_range(at..at + by.len(), by);
            MessageId::read(&text)
        };
        for (at, by) in [(0, "x"), (15, "13"), (17, "32"), (31, "1"), (35, "7"), (50, "g"), (3, "é")] {
            assert_eq!(changed(at, by), None, "{at} {by}");
        }
        assert_eq!(MessageId::read(&GOOD[1..]), None);
        assert_eq!(MessageId::asked("DS-"), None);
        assert_eq!(MessageId::asked(""), None);
    }

    #[test]
    fn the_check_digit_of_a_location_number() {
        // The example of GS1: 6291041500213.
        assert!(is_location_number("6291041500213"));
        assert!(!is_location_number("6291041500214"));
        assert!(!is_location_number("629104150021"));
        assert!(!is_location_number("629104150021x"));
    }
}
