//! Code systems whose codes are made by rules and stand in no list: media types, languages, units of measure.

use octofhir_ucum::validate;

use crate::ucum::canonical;

/// The rules of a code system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// BCP 13: media types.
    MediaType,
    /// BCP 47: languages.
    Language,
    /// UCUM: units of measure.
    Unit,
}

/// Longest code that is looked at.
const LONGEST: usize = 255;

impl Grammar {
    pub(crate) fn of(system: &str) -> Option<Self> {
        match system {
            "urn:ietf:bcp:13" => Some(Self::MediaType),
            "urn:ietf:bcp:47" => Some(Self::Language),
            "http://unitsofmeasure.org" => Some(Self::Unit),
            _ => None,
        }
    }

    pub(crate) fn accepts(self, code: &str) -> bool {
        code.len() <= LONGEST
            && match self {
                Self::MediaType => is_media_type(code),
                Self::Language => is_language(code),
                // Special units such as pH cannot be converted, but are units.
                Self::Unit => canonical(code).is_some() || (code.len() <= 100 && validate(code).is_ok()),
            }
    }
}

/// RFC 6838, section 4.2, with parameters as in RFC 9110. R4 also has the short words for its own formats
/// (`CapabilityStatement.format`).
fn is_media_type(code: &str) -> bool {
    if matches!(code, "xml" | "json" | "ttl") {
        return true;
    }
    let mut pieces = code.split(';');
    let names = pieces.next().and_then(|names| names.trim_end().split_once('/'));
    names.is_some_and(|(kind, subtype)| is_restricted_name(kind) && is_restricted_name(subtype))
        && pieces.all(is_parameter)
}

fn is_restricted_name(name: &str) -> bool {
    name.len() <= 127
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
}

fn is_parameter(text: &str) -> bool {
    let Some((name, value)) = text.trim().split_once('=') else { return false };
    let token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    token(name) && (token(value) || (quoted && !value.chars().any(char::is_control)))
}

/// Tags of RFC 5646, section 2.1, that follow no rule.
const IRREGULAR: [&str; 17] = [
    "en-gb-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-be-fr",
    "sgn-be-nl",
    "sgn-ch-de",
];

/// Whether a tag is well-formed by RFC 5646, section 2.1. Whether its parts are registered is not looked at.
fn is_language(code: &str) -> bool {
    if IRREGULAR.iter().any(|tag| tag.eq_ignore_ascii_case(code)) {
        return true;
    }
    let mut tags = code.split('-').peekable();
    let letters = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    let plain =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let private = |tag: &str| tag.eq_ignore_ascii_case("x");
    let Some(first) = tags.next() else { return false };
    if !private(first) {
        if !(2..=8).contains(&first.len()) || !letters(first) {
            return false;
        }
        let mut extended = 3;
        while first.len() <= 3 && extended > 0 && tags.next_if(|tag| tag.len() == 3 && letters(tag)).is_some()
        {
            extended -= 1;
        }
        let _script = tags.next_if(|tag| tag.len() == 4 && letters(tag));
        let region = |tag: &&str| {
            (tag.len() == 2 && letters(tag))
                || (tag.len() == 3 && tag.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let _region = tags.next_if(region);
        let variant = |tag: &&str| {
            let digit_first = tag.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
            plain(tag) && (tag.len() >= 5 || (tag.len() == 4 && digit_first))
        };
        while tags.next_if(variant).is_some() {}
        while tags.next_if(|tag| tag.len() == 1 && plain(tag) && !private(tag)).is_some() {
            if tags.next_if(|tag| tag.len() >= 2 && plain(tag)).is_none() {
                return false;
            }
            while tags.next_if(|tag| tag.len() >= 2 && plain(tag)).is_some() {}
        }
        match tags.next() {
            None => return true,
            Some(tag) if private(tag) => {}
            Some(_) => return false,
        }
    }
    tags.peek().is_some() && tags.all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_by_rfc_6838() {
        for good in [
            "text/plain",
            "application/fhir+json",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "text/plain; charset=utf-8",
            "text/html;charset=\"utf-8\";level=1",
            "image/svg+xml",
            "json",
        ] {
            assert!(Grammar::MediaType.accepts(good), "{good}");
        }
        for bad in [
            "",
            "text",
            "text/",
            "/plain",
            "text/pl ain",
            "text/plain; charset",
            "text/plain/x",
            "+a/b",
            "pdf",
        ] {
            assert!(!Grammar::MediaType.accepts(bad), "{bad}");
        }
        assert!(!Grammar::MediaType.accepts(&format!("text/{}", "a".repeat(128))));
    }

    #[test]
    fn languages_by_rfc_5646() {
        // Examples of RFC 5646, appendix A.
        for good in [
            "vi",
            "de-CH",
            "zh-Hant",
            "sr-Latn-RS",
            "sl-rozaj-biske",
            "de-CH-1901",
            "sl-IT-nedis",
            "es-419",
            "hy-Latn-IT-arevela",
            "zh-cmn-Hans-CN",
            "de-CH-x-phonebk",
            "x-whatever",
            "en-US-u-islamcal",
            "zh-yue-HK",
            "i-klingon",
            "de-DE-u-co-phonebk",
            "tlh",
            "en-a-myext-b-another",
        ] {
            assert!(Grammar::Language.accepts(good), "{good}");
        }
        for bad in
            ["", "a", "vi-", "-vi", "de-419-DE", "a-DE", "vi_VN", "en-a", "x", "verylonglanguage", "tiếng"]
        {
            assert!(!Grammar::Language.accepts(bad), "{bad}");
        }
    }

    #[test]
    fn units_by_ucum() {
        for good in ["mg/dL", "%", "1", "[pH]", "{tablet}", "10*3/uL", "Cel", "mm[Hg]", "[iU]", "B[SPL]"] {
            assert!(Grammar::Unit.accepts(good), "{good}");
        }
        for bad in ["", "mgg", "viên", "mg / dL", "((m)"] {
            assert!(!Grammar::Unit.accepts(bad), "{bad}");
        }
    }
}
