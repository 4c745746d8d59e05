//! The lists that codes of the message are of: those of the national pack (`national/code-lists`).

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::{Date, date};

/// The codes of a list, with the words for them.
type List = HashMap<String, String>;

/// The day from which decision 2062 holds: its list of `DOI_TUONG` has 16 groups, that of decision 1551 had 14.
pub(super) const NEW_SUBJECTS: Date = date(2026, 7, 7);

/// The codes of a list with their words, in the order of the codes; nothing of an unknown list.
pub fn choices(list: &str) -> Vec<(&'static str, &'static str)> {
    let codes = LISTS.get(list).into_iter().flatten();
    let mut choices: Vec<(&str, &str)> = codes.map(|(code, words)| (code.as_str(), words.as_str())).collect();
    choices.sort_unstable();
    choices
}

/// "Other" in the list of decision 1551, and in that of decision 2062.
const OTHER: (&str, &str) = ("14", "16");

static LISTS: LazyLock<HashMap<String, List>> = LazyLock::new(|| {
    let mut lists: HashMap<String, List> = HashMap::new();
    for line in include_str!("../../../../national/code-lists/check-up.csv").lines().skip(1) {
        let cells = cells(line);
        if let [list, _, code, words] = cells.as_slice() {
            lists.entry(list.clone()).or_default().insert(code.clone(), words.clone());
        }
    }
    for (name, text) in [
        ("ethnic-group", include_str!("../../../../national/code-lists/ethnic-groups.csv")),
        ("province", include_str!("../../../../national/code-lists/provinces.csv")),
        ("ward", include_str!("../../../../national/code-lists/wards.csv")),
        ("occupation", include_str!("../../../../national/code-lists/occupations-level-2.csv")),
        ("visit-type", include_str!("../../../../national/code-lists/visit-types.csv")),
    ] {
        let rows = text.lines().skip(1).map(cells);
        let pairs = rows.filter_map(|cells| Some((cells.first()?.clone(), cells.get(1)?.clone())));
        lists.insert(name.to_owned(), pairs.collect());
    }
    let sexes = [("1", "Nam"), ("2", "Nữ"), ("3", "Chưa xác định")];
    lists.insert("sex".to_owned(), sexes.map(|(code, words)| (code.to_owned(), words.to_owned())).into());
    lists
});

/// The cells of a line; in quotes a comma is a letter.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(letter);
                }
            }
        }
    }
    cells
}

/// The code as the list has it: an unpadded `1` is `01` where the list has that.
pub(super) fn canonical(list: &str, code: &str) -> Option<String> {
    let list = LISTS.get(list)?;
    let padded = |width: usize| format!("{code:0>width$}");
    if list.contains_key(code) {
        return Some(code.to_owned());
    }
    if code.is_empty() || code.len() > 5 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A padded code of a shorter list: `001` for `01`, since the field of a province has three characters.
    let short = code.trim_start_matches('0');
    let trimmed = (1..=5).map(|width| format!("{short:0>width$}")).find(|code| list.contains_key(code));
    (2..=5).map(padded).find(|code| list.contains_key(code)).or(trimmed)
}

/// A subject group of a message of a day, in the list of decision 2062.
pub(super) fn subject(code: &str, day: Date) -> Option<String> {
    let code = canonical("subject", code)?;
    if day >= NEW_SUBJECTS {
        return Some(code);
    }
    match code.as_str() {
        code if code == OTHER.0 => Some(OTHER.1.to_owned()),
        "15" | "16" => None,
        _ => Some(code),
    }
}

/// The same code as a message of a day has it; none for a group that its list did not have.
pub(super) fn subject_of_day(code: &str, day: Date) -> Option<&str> {
    match code {
        _ if day >= NEW_SUBJECTS => Some(code),
        code if code == OTHER.1 => Some(OTHER.0),
        "14" | "15" => None,
        code => Some(code),
    }
}

/// The words for a code.
pub(super) fn words(list: &str, code: &str) -> Option<&'static str> {
    LISTS.get(list)?.get(code).map(String::as_str)
}

/// Whether there is a list of this name.
#[cfg(test)]
pub(super) fn has_list(list: &str) -> bool {
    LISTS.contains_key(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole() {
        for (list, codes) in [
            ("subject", 16),
            ("funding", 6),
            ("class", 5),
            ("relation-to-child", 6),
            ("birth-problem", 5),
            ("vaccination-answer", 3),
            ("ethnic-group", 56),
            ("province", 34),
            ("ward", 3321),
            ("occupation", 49),
            ("visit-type", 17),
            ("sex", 3),
        ] {
            assert_eq!(LISTS[list].len(), codes, "{list}");
        }
        assert_eq!(words("subject", "03"), Some("hộ nghèo, cận nghèo"));
    }

    #[test]
    fn unpadded_codes_are_padded() {
        assert_eq!(canonical("ethnic-group", "1").as_deref(), Some("01"));
        assert_eq!(canonical("ward", "4").as_deref(), Some("00004"));
        assert_eq!(canonical("province", "001").as_deref(), Some("01"));
        assert_eq!(canonical("province", "77777"), None);
        assert_eq!(canonical("class", "6"), None);
        assert_eq!(canonical("class", "01").as_deref(), Some("1"));
        assert_eq!(canonical("class", ""), None);
    }

    #[test]
    fn other_was_14_before_decision_2062() {
        let (before, after) = (date(2026, 7, 6), NEW_SUBJECTS);
        assert_eq!(subject("14", before).as_deref(), Some("16"));
        assert_eq!(subject("14", after).as_deref(), Some("14"));
        assert_eq!(subject("15", before), None);
        assert_eq!(subject("1", before).as_deref(), Some("01"));
        assert_eq!(subject_of_day("16", before), Some("14"));
        assert_eq!(subject_of_day("14", before), None);
        assert_eq!(subject_of_day("16", after), Some("16"));
    }
}
