//! The pages of a station: both languages, nothing as markup that came from outside, no script.

use super::*;
use crate::Language;

fn head(language: Language) -> StationHead<'static> {
    StationHead { language, facility: "Trạm Y tế Xã <b>", form: "token" }
}

fn line(state: &'static str) -> DueLine {
    DueLine {
        id: "p1".to_owned(),
        name: "Lê <script>".to_owned(),
        birth: Some("01/02/1980".to_owned()),
        state,
        due: "31/12/2026".to_owned(),
        last: Some("05/03/2025".to_owned()),
        class: Some("2".to_owned()),
        may_record: true,
    }
}

fn list(language: Language, lines: &[DueLine], state: Option<&str>, next: Option<&str>) -> String {
    let notice = Some(StationNotice::Reminded);
    let head = head(language);
    DueListPage { head, notice, year: 2026, rule: "rule|1", people: "home", state, lines, next }.render()
}

#[test]
fn the_list_says_the_state_in_both_languages_and_reminds_who_is_not_done() {
    let lines = [line("overdue"), line("due"), line("done")];
    let english = list(Language::English, &lines, None, Some("sealed"));
    for words in
        ["Overdue", "Due", "Done", "By 31/12/2026", "The next one by 31/12/2026", "rule|1", "Class II"]
    {
        assert!(english.contains(words), "{words}: {english}");
    }
    assert_eq!(english.matches("action=\"/station/remind?lang=en\"").count(), 2, "not who is done");
    assert!(english.contains("/station?lang=en&amp;page=sealed"));
    let vietnamese = list(Language::Vietnamese, &lines, Some("overdue"), None);
    for words in ["Quá hạn", "Đến hạn", "Đã khám", "Hạn khám: 31/12/2026", "Loại II", "Đã gửi lời nhắc"]
    {
        assert!(vietnamese.contains(words), "{words}: {vietnamese}");
    }
    for page in [english, vietnamese] {
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains(" style="), "{page}");
    }
    assert!(list(Language::English, &[], None, None).contains("Nobody is on this list."));
    assert!(list(Language::English, &[], None, Some("x")).contains("Please go on"));
}

#[test]
fn the_form_marks_each_wrong_field_and_keeps_what_was_typed() {
    let field = |faults: &[&str], input| FormField {
        name: "XML10.CHIEU_CAO".to_owned(),
        label: "Height".to_owned(),
        hint: Some("cm".to_owned()),
        value: "\"tall\"".to_owned(),
        required: true,
        input,
        most: 6,
        faults: faults.iter().map(|fault| (*fault).to_owned()).collect(),
    };
    let choice = FormInput::Choice(vec![("1".to_owned(), "one".to_owned())]);
    let mut result = field(&[], FormInput::Text);
    "XML11[2].GIA_TRI".clone_into(&mut result.name);
    let section = |title: &str, is_open, rows| FormSection { title: title.to_owned(), is_open, rows };
    let sections = [
        section("Physique", false, vec![vec![field(&["not a number"], FormInput::Number)]]),
        section("History", false, vec![vec![field(&[], choice)]]),
        section("Laboratory", true, vec![vec![], vec![result]]),
    ];
    let page = CheckUpFormPage {
        head: head(Language::English),
        patient: "p1",
        name: "Lê <i>",
        age: "For children.",
        group: "child",
        lacking: &[],
        carried: &[CarriedText {
            name: "XML9.TIEM_CHUNG_SOI".to_owned(),
            label: "Measles".to_owned(),
            text: "1".to_owned(),
        }],
        sections: &sections,
        faults: &["XML1.SO_CCCD".to_owned()],
        repeats: Some(("02/03/2026", None)),
    }
    .render();
    for words in [
        "Nothing was recorded",
        "not a number",
        "aria-invalid=\"true\"",
        "maxlength=\"6\"",
        "value=\"&quot;tall&quot;\"",
        "XML1.SO_CCCD",
        "02/03/2026",
        "name=\"again\"",
        "For children.",
        "will not be recorded",
        "<li>Measles: 1</li>",
        "name=\"age\" value=\"child\"",
        "type=\"hidden\" name=\"XML9.TIEM_CHUNG_SOI\" value=\"1\"",
        "<option value=\"&quot;tall&quot;\" selected>",
        "aria-required=\"true\"",
        "<details open><summary>Physique",
        "<details><summary>History",
        "<details open><summary>Laboratory",
        "<legend>Result 2</legend>",
        "name=\"XML11[2].GIA_TRI\"",
        "id=\"XML11-2-GIA_TRI\"",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<i>") && !page.contains("<script"));
    assert_eq!(page.matches("aria-invalid").count(), 1);
}
