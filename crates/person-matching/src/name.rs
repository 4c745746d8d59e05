//! A name as words that can be compared: letters, marks and sound of each.
//!
//! Letters are folded as in the search (`search::fold`). Marks are kept beside them, without their place, so that
//! `hòa` and `hoà` are one; where a whole name bears none they are taken to be lost, not absent.

use search::fold;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::sound::sound;
use crate::typing::without_keystrokes;

/// Most words of a name, most letters of a word and most characters of the text that are looked at.
const MOST_WORDS: usize = 8;
const MOST_LETTERS: usize = 24;
const MOST_CHARACTERS: usize = 256;

/// The name of a person, family name first as it is written in Vietnam.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    words: Vec<Word>,
}

/// One word of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Folded, without keystrokes of an input method.
    pub(crate) letters: String,
    /// The marks in the order of their code points; `None` when they may be lost.
    pub(crate) marks: Option<String>,
    /// How it sounds.
    pub(crate) sound: String,
}

impl Name {
    /// A name that is written in one piece.
    pub fn whole(text: &str) -> Name {
        let is_word = |character: char| character.is_alphanumeric() || is_combining_mark(character);
        // Zero-width characters come from pages and spreadsheets, in the middle of words too.
        let text: String = text
            .chars()
            .take(MOST_CHARACTERS)
            .filter(|character| !matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}'))
            .collect();
        let parts = text.split(|character| !is_word(character));
        let mut words: Vec<Word> = parts.filter_map(Word::read).take(MOST_WORDS).collect();
        let bears_marks = words.iter().any(|word| word.marks.as_ref().is_some_and(|marks| !marks.is_empty()));
        if !bears_marks {
            words.iter_mut().for_each(|word| word.marks = None);
        }
        Name { words }
    }

    /// A name in the parts of a `HumanName`: the family name, and all others, the one that one is called by last.
    pub fn parts(family: &str, given: &str) -> Name {
        Name::whole(&format!("{family} {given}"))
    }

    /// Nothing that could be compared.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    /// The family name and the given name in the usual order; of a single word only a given name.
    pub(crate) fn ends(&self) -> (Option<&Word>, Option<&Word>) {
        match self.words.as_slice() {
            [] => (None, None),
            [only] => (None, Some(only)),
            [family, .., given] => (Some(family), Some(given)),
        }
    }
}

impl Word {
    fn read(text: &str) -> Option<Word> {
        let folded: String =
            fold(text).chars().filter(|letter| letter.is_alphanumeric()).take(MOST_LETTERS).collect();
        let cleaned = without_keystrokes(&folded);
        let marks = match cleaned {
            Some(_) => None,
            None => Some(marks(text)),
        };
        let letters = cleaned.unwrap_or(folded);
        (!letters.is_empty()).then(|| Word { sound: sound(&letters), letters, marks })
    }
}

fn marks(text: &str) -> String {
    // The bar of đ is no mark of Unicode.
    let mark = |character: char| match character {
        'đ' | 'Đ' => Some('đ'),
        other => is_combining_mark(other).then_some(other),
    };
    let mut marks: Vec<char> = text.nfd().filter_map(mark).collect();
    marks.sort_unstable();
    marks.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters(text: &str) -> Vec<String> {
        Name::whole(text).words.into_iter().map(|word| word.letters).collect()
    }

    #[test]
    fn writings_of_one_name_meet() {
        for same in [
            "Nguyễn Thị Hòa",
            "Nguyễn Thị Hoà",
            "NGUYỄN THỊ HÒA",
            "  nguyen   thi hoa ",
            "Nguye\u{302}\u{303}n Thi\u{323} Ho\u{300}a",
            "Nguyeexn Thij Hoaf",
            "Nguye6n4 Thi5 Hoa2",
            "Nguyễn.Thị.Hòa",
            "Nguyễn-Thị_Hòa",
            "Ngu\u{200b}yễn Thị Hòa",
            "ＮＧＵＹỄＮ Thị Hòa",
        ] {
            assert_eq!(letters(same), ["nguyen", "thi", "hoa"], "{same}");
        }
        assert_eq!(Name::whole("Nguyễn Thị Hòa"), Name::whole("Nguyễn Thị Hoà"));
        assert_eq!(letters("Đặng Đức"), ["dang", "duc"]);
        assert!(Name::whole(" -- ... 12 ").is_empty());
    }

    #[test]
    fn marks_are_lost_only_when_the_whole_name_bears_none() {
        let name = Name::whole("Nguyễn Văn An");
        assert_eq!(name.words[2].marks.as_deref(), Some(""));
        assert_eq!(Name::whole("Nguyen Van An").words[2].marks, None);
        assert_ne!(Name::whole("Lê Văn Hùng").words[2].marks, Name::whole("Lê Văn Hưng").words[2].marks);
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(letters(&"an ".repeat(10_000)).len(), MOST_WORDS);
        assert_eq!(letters(&"b".repeat(10_000)), ["b".repeat(MOST_LETTERS)]);
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in any::<String>()) {
            let name = Name::whole(&text);
            prop_assert!(name.words.len() <= MOST_WORDS);
        }
    }
}
