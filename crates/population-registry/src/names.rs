//! When two spellings of a name are the same name for the registry.

use unicode_normalization::UnicodeNormalization as _;

/// Whether two names differ in nothing but case, white space and the way their marks are encoded.
pub fn same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// Upper case, composed, one blank between words: as the registry writes names.
pub(crate) fn folded(name: &str) -> String {
    let composed: String = name.nfc().collect();
    let words: Vec<String> = composed.split_whitespace().map(str::to_uppercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_encoding_do_not_count_marks_do() {
        assert!(same_name("Nguyễn Văn An", " NGUYỄN  VĂN AN "));
        assert!(same_name("Nguye\u{302}\u{303}n Văn An", "nguyễn văn an"));
        assert!(!same_name("Nguyễn Văn An", "Nguyen Van An"));
        assert!(!same_name("Nguyễn Văn An", "Nguyễn An"));
    }
}
