//! The letters: Noto Sans, cut to Latin with all that Vietnamese needs. They are part of every document, so it looks the
//! same everywhere.

use std::collections::BTreeMap;

use ttf_parser::Face;
use unicode_normalization::UnicodeNormalization as _;

use crate::ReportError;

const REGULAR: &[u8] = include_bytes!("../fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/NotoSans-Bold.ttf");

/// What stands for a letter that the font does not have.
const UNKNOWN: char = '?';

/// The two weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One weight of the font, and what was used of it.
pub(crate) struct Font {
    face: Face<'static>,
    pub(crate) file: &'static [u8],
    pub(crate) name: &'static str,
    /// By glyph: the letter and the width.
    pub(crate) used: BTreeMap<u16, (char, f32)>,
}

impl Font {
    pub(crate) fn new(weight: Weight) -> Result<Self, ReportError> {
        let (file, name) = match weight {
            Weight::Regular => (REGULAR, "NotoSans-Regular"),
            Weight::Bold => (BOLD, "NotoSans-Bold"),
        };
        let face = Face::parse(file, 0).map_err(|_| ReportError::Font)?;
        Ok(Self { face, file, name, used: BTreeMap::new() })
    }

    /// A length in thousandths of the size of the letters.
    fn scaled(&self, length: impl Into<f32>) -> f32 {
        length.into() * 1_000.0 / f32::from(self.face.units_per_em())
    }

    fn glyph(&self, letter: char) -> (u16, char, f32) {
        let find = |letter| self.face.glyph_index(letter).map(|glyph| (glyph, letter));
        let (glyph, letter) = find(letter).or_else(|| find(UNKNOWN)).unwrap_or_default();
        (glyph.0, letter, self.scaled(self.face.glyph_hor_advance(glyph).unwrap_or_default()))
    }

    /// How wide a text is, in thousandths of the size of its letters.
    pub(crate) fn width(&self, text: &str) -> f32 {
        text.chars().map(|letter| self.glyph(letter).2).sum()
    }

    /// A text as numbers of glyphs, two bytes each.
    pub(crate) fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for letter in text.chars() {
            let (glyph, letter, width) = self.glyph(letter);
            self.used.insert(glyph, (letter, width));
            bytes.extend(glyph.to_be_bytes());
        }
        bytes
    }

    /// Smallest box around all glyphs: left, bottom, right, top.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        let bounds = self.face.global_bounding_box();
        [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|length| self.scaled(length))
    }

    pub(crate) fn ascent(&self) -> f32 {
        self.scaled(self.face.ascender())
    }

    pub(crate) fn descent(&self) -> f32 {
        self.scaled(self.face.descender())
    }

    pub(crate) fn cap_height(&self) -> f32 {
        self.face.capital_height().map_or(700.0, |height| self.scaled(height))
    }
}

/// A text in the form in which the font has its letters: composed, on one line.
pub(crate) fn plain(text: &str) -> String {
    text.nfc()
        .map(|letter| if letter.is_control() || letter.is_whitespace() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_letter_of_vietnamese() {
        let letters = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệfghiìíỉĩịjklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvwxyỳýỷỹỵz0123456789";
        for weight in [Weight::Regular, Weight::Bold] {
            let mut font = Font::new(weight).unwrap();
            for letter in
                letters.chars().chain(letters.to_uppercase().chars()).chain("–—“”…₫()@/.,;:+=-".chars())
            {
                assert_eq!(font.glyph(letter).1, letter, "{letter}");
                assert!(font.glyph(letter).2 > 0.0, "{letter}");
            }
            let _ = font.encode("Ế漢");
            assert!(font.used.values().any(|(letter, _)| *letter == 'Ế'));
            assert!(font.used.values().any(|(letter, _)| *letter == '?'), "what it has not is shown as such");
        }
        assert_eq!(plain("E\u{302}\u{301}\u{2028}\n"), "Ế  ");
    }
}
