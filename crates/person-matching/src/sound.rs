//! How a syllable sounds to a clerk: spellings that are heard or pronounced alike somewhere in the country meet.
//!
//! North: l and n, tr and ch, s and x, d, gi and r. South: final n and ng, t and c. Everywhere: i and y, c, k and q.

/// The key of the sound of a folded syllable: for comparison only.
pub(crate) fn sound(word: &str) -> String {
    const BEGINNINGS: [(&str, &str); 17] = [
        ("ngh", "N"),
        ("ng", "N"),
        ("gh", "G"),
        ("gi", "d"),
        ("tr", "j"),
        ("ch", "j"),
        ("ph", "f"),
        ("kh", "K"),
        ("nh", "W"),
        ("th", "T"),
        ("qu", "ku"),
        ("g", "G"),
        ("r", "d"),
        ("s", "x"),
        ("l", "n"),
        ("c", "k"),
        ("q", "k"),
    ];
    const ENDINGS: [(&str, &str); 4] = [("ng", "n"), ("nh", "n"), ("ch", "t"), ("c", "t")];
    let vowel_follows = |rest: &str| rest.starts_with(['a', 'e', 'i', 'o', 'u', 'y']);
    let beginning = BEGINNINGS.iter().find_map(|(spelled, heard)| {
        let rest = word.strip_prefix(spelled)?;
        // In "gi" and "gin" the i is the vowel.
        let rest = if *spelled == "gi" && !vowel_follows(rest) { word.strip_prefix('g')? } else { rest };
        vowel_follows(rest).then_some((*heard, rest))
    });
    let (heard, rest) = beginning.unwrap_or(("", word));
    let ending = ENDINGS.iter().find_map(|(spelled, heard)| {
        let rest = rest.strip_suffix(spelled)?;
        (!rest.is_empty()).then_some((rest, *heard))
    });
    let (rest, ending) = ending.unwrap_or((rest, ""));
    format!("{heard}{}{ending}", rest.replace('y', "i"))
}

#[cfg(test)]
mod tests {
    use super::sound;

    #[test]
    fn what_sounds_alike_meets() {
        for (one, other) in [
            ("linh", "ninh"),
            ("lam", "nam"),
            ("trinh", "chinh"),
            ("sang", "xang"),
            ("dung", "giung"),
            ("rung", "dung"),
            ("thuy", "thui"),
            ("ly", "li"),
            ("kieu", "cieu"),
            ("van", "vang"),
            ("nhat", "nhac"),
            ("binh", "bin"),
            ("nghia", "ngia"),
            ("quy", "qui"),
        ] {
            assert_eq!(sound(one), sound(other), "{one} {other}");
        }
        for (one, other) in [
            ("hung", "dung"),
            ("thi", "ti"),
            ("nga", "na"),
            ("khoa", "hoa"),
            ("phuc", "duc"),
            ("nhan", "nan"),
            ("ga", "ha"),
        ] {
            assert_ne!(sound(one), sound(other), "{one} {other}");
        }
        assert_eq!(sound(""), "");
    }
}
