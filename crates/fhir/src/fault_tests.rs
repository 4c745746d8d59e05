//! What holds for the whole catalogue.

use crate::{CATALOGUE, Fault};

#[test]
fn codes_are_unique_and_texts_bilingual() {
    let mut codes: Vec<_> = CATALOGUE.iter().map(|entry| entry.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), CATALOGUE.len());
    for entry in CATALOGUE {
        assert_ne!(entry.english, entry.vietnamese, "{}", entry.code);
        let fields = |text: &str| text.matches('{').count();
        assert_eq!(fields(entry.english), fields(entry.vietnamese), "{}", entry.code);
    }
}

#[test]
fn names_of_callers_are_cleaned() {
    let fault = Fault::UnknownElement { name: format!("a\u{7}{}", "b".repeat(500)) };
    assert!(fault.english().len() < 300);
    assert!(!fault.english().contains('\u{7}'));
}
