//! Which passwords are good enough: length, and not one that is tried first. No rules of composition.

use unicode_normalization::UnicodeNormalization as _;

/// Fewest characters beside a second factor.
pub const SHORTEST_WITH_SECOND_FACTOR: usize = 8;
/// Fewest characters of a password that is all there is.
pub const SHORTEST_ALONE: usize = 15;
/// Most characters.
pub const LONGEST: usize = 256;

/// Passwords that are tried first, one a line, in small letters.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer characters than this.
    #[error("a password has at least {0} characters here")]
    TooShort(usize),
    /// More than 256 characters.
    #[error("a password has at most {LONGEST} characters")]
    TooLong,
    /// On the list of those that are tried first.
    #[error("this password is one of those that are tried first")]
    Common,
    /// The name or number of the account is in it.
    #[error("a password must not hold the number or name of the account")]
    HoldsName,
}

/// A password as it is hashed: the same characters however the keyboard composes them. `None` when it is longer than
/// any password.
pub(super) fn normalised(password: &str) -> Option<String> {
    // Four bytes a character at most; whatever is longer is not worked on.
    if password.len() > 4 * LONGEST {
        return None;
    }
    let password: String = password.nfc().collect();
    (password.chars().count() <= LONGEST).then_some(password)
}

/// Whether a password is good enough for an account with such names.
pub fn check(password: &str, names: &[&str], second_factor: bool) -> Result<(), Weakness> {
    let password = normalised(password).ok_or(Weakness::TooLong)?;
    let shortest = if second_factor { SHORTEST_WITH_SECOND_FACTOR } else { SHORTEST_ALONE };
    if password.chars().count() < shortest {
        return Err(Weakness::TooShort(shortest));
    }
    let folded = password.to_lowercase();
    if names.iter().map(|name| super::name::normalised(name)).any(|name| holds(&folded, &name)) {
        return Err(Weakness::HoldsName);
    }
    if is_common(&folded) { Err(Weakness::Common) } else { Ok(()) }
}

fn holds(password: &str, name: &str) -> bool {
    name.chars().count() >= 3 && password.contains(name)
}

/// A listed word, a listed word said twice or more, one letter again and again, or a row of neighbours.
fn is_common(password: &str) -> bool {
    let letters: Vec<u32> = password.chars().map(u32::from).collect();
    let steps =
        |step: u32| letters.windows(2).all(|pair| matches!(pair, [a, b] if a.wrapping_add(step) == *b));
    if steps(0) || steps(1) || steps(u32::MAX) {
        return true;
    }
    let is_listed = |word: &str| COMMON.lines().any(|common| common == word);
    let is_repeated = |length: usize| {
        password.get(..length).is_some_and(|part| {
            (length < 4 || is_listed(part)) && part.repeat(password.len() / length) == password
        })
    };
    is_listed(password)
        || (1..=password.len() / 2).filter(|length| password.len().is_multiple_of(*length)).any(is_repeated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_in_characters_and_depends_on_the_second_factor() {
        assert_eq!(check("hòa tím", &[], true), Err(Weakness::TooShort(8)));
        assert_eq!(check("hòa tím!", &[], true), Ok(()));
        assert_eq!(check("hòa tím!", &[], false), Err(Weakness::TooShort(15)));
        assert_eq!(check("mười lăm chữ đó", &[], false), Ok(()));
        let word = |count: usize| "ạ7".repeat(count / 2) + if count % 2 == 1 { "z" } else { "" };
        assert_eq!(check(&(word(254) + "bc"), &[], false), Ok(()));
        assert_eq!(check(&(word(256) + "b"), &[], false), Err(Weakness::TooLong));
        assert_eq!(check(&"a".repeat(1 << 20), &[], false), Err(Weakness::TooLong));
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for bad in ["12345678", "matkhau123", "Password1", "iloveyou", "anhyeuem", "87654321", "aaaaaaaaaaaa"]
        {
            assert_eq!(check(bad, &[], true), Err(Weakness::Common), "{bad}");
        }
        assert_eq!(check("passwordpassword", &[], false), Err(Weakness::Common));
        assert_eq!(check("121212121212", &[], true), Err(Weakness::Common));
        assert_eq!(check("my 099123456789!", &["099123456789"], true), Err(Weakness::HoldsName));
        assert_eq!(check("Lan.Tran2026", &["lan.tran"], true), Err(Weakness::HoldsName));
        assert_eq!(check("no rule of composition", &["099123456789"], false), Ok(()));
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_password() {
        assert_eq!(normalised("ho\u{300}a ti\u{301}m"), normalised("hòa tím"));
    }

    #[test]
    fn the_list_can_be_read() {
        assert!(COMMON.lines().count() >= 200);
        assert!(COMMON.lines().all(|line| line == line.trim().to_lowercase() && !line.is_empty()));
    }
}
