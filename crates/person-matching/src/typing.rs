//! Marks that stayed keystrokes: Telex (`Nguyeexn`) and VNI (`Nguye6n4`) typed where no input method listened.
//!
//! A Vietnamese syllable has neither digits nor f, j, w, z; s, r and x only begin one; and no vowel doubles.
//! So the keystrokes can be taken out without a dictionary. Foreign names lose letters by it, on both sides alike.

/// The word without such keystrokes; `None` when there are none. The word is folded: `a` to `z` and digits.
pub(crate) fn without_keystrokes(word: &str) -> Option<String> {
    let mut out = String::with_capacity(word.len());
    let mut after_vowel = false;
    for letter in word.chars() {
        let last = out.chars().next_back();
        match letter {
            '0'..='9' => continue,
            's' | 'f' | 'r' | 'x' | 'j' if after_vowel => continue,
            // Alone it stands for ư, after a vowel it puts a horn or a breve on it.
            'w' if after_vowel => continue,
            'w' => out.push('u'),
            'a' | 'e' | 'o' if last == Some(letter) => continue,
            'd' if last == Some('d') => continue,
            _ => out.push(letter),
        }
        after_vowel |= matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'w');
    }
    (out != word).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::without_keystrokes;

    #[test]
    fn keystrokes_of_telex_and_vni() {
        for (typed, name) in [
            ("nguyeexn", "nguyen"),
            ("nguyenx", "nguyen"),
            ("nguye6n4", "nguyen"),
            ("nguyen64", "nguyen"),
            ("thij", "thi"),
            ("thi5", "thi"),
            ("hoaf", "hoa"),
            ("huwowng", "huong"),
            ("hwowng", "huong"),
            ("ddawng", "dang"),
            ("d9a8ng5", "dang"),
            ("traanf", "tran"),
            ("duwcs", "duc"),
            ("leex", "le"),
            ("booj", "bo"),
        ] {
            assert_eq!(without_keystrokes(typed).as_deref(), Some(name), "{typed}");
        }
        for name in
            ["nguyen", "tran", "son", "xuan", "sang", "roan", "trieu", "thuy", "khuyen", "an", "y", ""]
        {
            assert_eq!(without_keystrokes(name), None, "{name}");
        }
    }
}
