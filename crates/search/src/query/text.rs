//! Separators and escapes in values (R4 `search.html#escaping`): `,` and `|` separate unless a backslash stands
//! before them.

use std::borrow::Cow;

/// The parts between separators, still escaped.
pub(super) fn split(value: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, byte) in value.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == separator {
            parts.extend(value.get(start..at));
            start = at + 1;
        }
    }
    parts.extend(value.get(start..));
    parts
}

/// The parts before and after the first separator, still escaped.
pub(super) fn split_once(value: &str, separator: u8) -> Option<(&str, &str)> {
    let first = *split(value, separator).first()?;
    Some((first, value.get(first.len() + 1..)?))
}

/// The text without its escapes. A backslash before anything else than `,` `|` `$` `\` means itself.
pub(super) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.next_if(|next| character == '\\' && matches!(next, ',' | '|' | '$' | '\\'));
        out.push(next.unwrap_or(character));
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_separators_do_not_separate() {
        assert_eq!(split(r"a\,b,c\\,d", b','), [r"a\,b", r"c\\", "d"]);
        assert_eq!(split("", b','), [""]);
        assert_eq!(split_once(r"a\|b|c|d", b'|'), Some((r"a\|b", "c|d")));
        assert_eq!(split_once("|c", b'|'), Some(("", "c")));
        assert_eq!(split_once(r"a\|b", b'|'), None);
    }

    #[test]
    fn escapes_are_removed_once() {
        for (escaped, plain) in
            [(r"a\,b", "a,b"), (r"\\,", r"\,"), (r"\$\|", "$|"), (r"\x\", r"\x\"), ("ế", "ế")]
        {
            assert_eq!(unescape(escaped), plain);
        }
    }
}
