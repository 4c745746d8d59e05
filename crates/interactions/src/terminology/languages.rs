//! The languages that a caller wants names in.

/// `displayLanguage`, then those of `Accept-Language` (RFC 9110, section 12.5.4), the best first.
pub(crate) fn languages(display_language: Option<&str>, accept_language: &str) -> Vec<String> {
    let mut wanted: Vec<(f32, &str)> = accept_language
        .split(',')
        .take(20)
        .filter_map(|range| {
            let mut pieces = range.split(';').map(str::trim);
            let language = pieces.next().filter(|it| !it.is_empty() && *it != "*")?;
            let quality =
                pieces.find_map(|it| it.strip_prefix("q=")).map_or(Some(1.0), |it| it.trim().parse().ok())?;
            (quality > 0.0).then_some((quality, language))
        })
        .collect();
    wanted.sort_by(|left, right| right.0.total_cmp(&left.0));
    let wanted = wanted.into_iter().map(|(_, language)| language);
    display_language.into_iter().chain(wanted).map(str::to_owned).collect()
}

/// Whether messages are wanted in English; else they are in Vietnamese.
pub(crate) fn wants_english(languages: &[String]) -> bool {
    let of = |language: &str, name: &str| {
        language.split('-').next().is_some_and(|it| it.eq_ignore_ascii_case(name))
    };
    languages.iter().find(|it| of(it, "en") || of(it, "vi")).is_some_and(|it| of(it, "en"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_comes_first() {
        assert_eq!(languages(None, "en;q=0.5, vi-VN, fr;q=0, *;q=0.1"), ["vi-VN", "en"]);
        assert_eq!(languages(Some("en"), "vi"), ["en", "vi"]);
        assert!(languages(None, "").is_empty());
        assert!(languages(None, ",;q=1,vi;q=x").is_empty());
        assert!(!wants_english(&[]));
        assert!(wants_english(&["fr".to_owned(), "en-GB".to_owned(), "vi".to_owned()]));
    }
}
