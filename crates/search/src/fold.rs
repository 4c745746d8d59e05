//! Strings made comparable: upper and lower case, marks, and white space do not count.
//!
//! R4 (`search.html#string`) leaves case- and accent-insensitivity to the server. Vietnamese names are written
//! with and without marks, composed and decomposed, and with the tone on either vowel (`hòa`, `hoà`): without
//! marks they all are one. `đ` is a letter of its own and does not decompose, so it is named here.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most characters of a folded text that the index keeps.
pub(crate) const LONGEST: usize = 256;

/// The text for comparison: decomposed (NFKD), without combining marks, `đ` as `d`, in lower case, white space
/// as single blanks, cut at 256 characters. Punctuation stays.
pub fn fold(text: &str) -> String {
    let mut out = Folded { text: String::with_capacity(text.len().min(LONGEST)), length: 0, blank: false };
    if text.is_ascii() {
        for byte in text.bytes() {
            if out.push(char::from(byte.to_ascii_lowercase())).is_none() {
                break;
            }
        }
        return out.text;
    }
    for character in text.nfkd() {
        if is_combining_mark(character) {
            continue;
        }
        for lower in character.to_lowercase() {
            // The Icelandic eth looks the same in capitals, and old fonts wrote it for it.
            let lower = if matches!(lower, 'đ' | 'ð') { 'd' } else { lower };
            // A lower-case form may decompose again.
            for part in std::iter::once(lower).nfkd().filter(|part| !is_combining_mark(*part)) {
                if out.push(part).is_none() {
                    return out.text;
                }
            }
        }
    }
    out.text
}

/// The words of a folded text.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

struct Folded {
    text: String,
    length: usize,
    /// White space was seen and is written before the next character, if one follows.
    blank: bool,
}

impl Folded {
    /// `None` when the text is full.
    fn push(&mut self, character: char) -> Option<()> {
        if character.is_whitespace() {
            self.blank = !self.text.is_empty();
            return Some(());
        }
        if std::mem::take(&mut self.blank) {
            if self.length + 1 >= LONGEST {
                self.length = LONGEST;
                return None;
            }
            self.text.push(' ');
            self.length += 1;
        }
        if self.length >= LONGEST {
            return None;
        }
        self.text.push(character);
        self.length += 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vietnamese_names_meet() {
        for same in [
            "Nguyễn Thị Hòa",
            "NGUYỄN THỊ HOÀ",
            "nguyen  thi\u{a0}hoa ",
            "Nguye\u{302}\u{303}n Thi\u{323} Ho\u{300}a",
        ] {
            assert_eq!(fold(same), "nguyen thi hoa", "{same}");
        }
        assert_eq!(fold("Đặng Văn Đức"), "dang van duc");
        assert_eq!(fold("\u{d0}inh"), "dinh");
        assert_eq!(fold("O'Brien-Müller, Jr."), "o'brien-muller, jr.");
        assert_eq!(fold("ＡＢＣ ½"), "abc 1⁄2");
        assert_eq!(fold(" \t\n"), "");
    }

    #[test]
    fn long_texts_are_cut_by_characters() {
        assert_eq!(fold(&"ế".repeat(500)), "e".repeat(256));
        assert_eq!(fold(&format!("{} b", "a".repeat(255))), "a".repeat(255));
        assert_eq!(fold(&format!("{} b", "a".repeat(254))), format!("{} b", "a".repeat(254)));
    }

    #[test]
    fn every_character_folds_to_a_fixed_point() {
        for character in '\0'..=char::MAX {
            let once = fold(&character.to_string());
            assert_eq!(fold(&once), once, "{:x}", u32::from(character));
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert!(once.chars().count() <= 256);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_beginning_folds_to_a_beginning(text in "[a-zA-ZĐđếòàỹ ]{0,40}", at in 0usize..40) {
            let beginning: String = text.chars().take(at).collect();
            let folded = fold(&text);
            let folded_beginning = fold(&beginning);
            prop_assert!(folded.starts_with(&folded_beginning));
        }
    }
}
