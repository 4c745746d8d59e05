//! The pages of a book: escaped, in both languages, without judgement that frightens.

use jiff::civil::date;

use super::*;
use crate::Language;

const HOSTILE: &str = "\"><script>alert(1)</script><b x='";

fn head(language: Language) -> BookHead<'static> {
    BookHead { language, of: Some("child-1"), name: HOSTILE, form: HOSTILE }
}

fn pages(language: Language, text: &str) -> Vec<String> {
    let head = BookHead { name: text, form: text, ..head(language) };
    let day = date(2026, 9, 1);
    let line = GlanceLine { name: text.to_owned(), day: Some(day) };
    let check_up_line = CheckUpLine {
        id: "c1".to_owned(),
        day: Some(day),
        facility: text.to_owned(),
        class: Some("2".to_owned()),
    };
    let glance = Glance {
        allergies: vec![line.clone()],
        check_ups: vec![check_up_line.clone(), check_up_line],
        facilities: vec![text.to_owned()],
        ..Glance::default()
    };
    let values = vec![(day, "61.5".to_owned()), (date(2025, 9, 1), "60".to_owned())];
    let check_up = CheckUp {
        title: text.to_owned(),
        day: Some(day),
        facility: text.to_owned(),
        class: Some("4".to_owned()),
        measured: vec![Measured { name: text.to_owned(), unit: text.to_owned(), values }],
        findings: vec![(text.to_owned(), vec![Finding { name: text.to_owned(), value: text.to_owned() }])],
        conclusions: vec![(text.to_owned(), text.to_owned())],
    };
    let event = LifeEvent {
        day: Some(day),
        about: String::new(),
        stage: "x",
        kind: "x",
        name: text.to_owned(),
        facility: text.to_owned(),
        check_up: Some("c".to_owned()),
    };
    let without_day = LifeEvent { day: None, about: text.to_owned(), stage: "", ..event.clone() };
    let sharing = SharingLine {
        name: text.to_owned(),
        why: "x",
        ends: Some(text.to_owned()),
        closed: false,
        facility: Some("f1".to_owned()),
        relation: Some(text.to_owned()),
    };
    let block = BlockChoice { id: "b1".to_owned(), name: text.to_owned() };
    let people = [Person { id: "p1".to_owned(), name: text.to_owned() }];
    let told = NoticeLine { topic: text.to_owned(), when: text.to_owned(), text: text.to_owned() };
    vec![
        GlancePage { head, glance: &glance }.render(),
        GlancePage { head, glance: &Glance::default() }.render(),
        CheckUpPage { head, id: "c1", check_up: &check_up }.render(),
        TimelinePage { head, events: &[event, without_day], next: Some("n") }.render(),
        TimelinePage { head, events: &[], next: None }.render(),
        WhoMayPage {
            head,
            facilities: std::slice::from_ref(&sharing),
            people: std::slice::from_ref(&sharing),
            blocks: &[block],
            may_change: true,
        }
        .render(),
        BlockPage { head, change: SharingChange::Block, id: "f1", name: text, effects: &[text.to_owned()] }
            .render(),
        BlockPage { head, change: SharingChange::Lift, id: "b1", name: text, effects: &[] }.render(),
        BlockPage { head, change: SharingChange::End, id: text, name: text, effects: &[] }.render(),
        NoticesPage { head, notices: &[told] }.render(),
        NoticesPage { head, notices: &[] }.render(),
        BooksPage { head, people: &people }.render(),
    ]
}

#[test]
fn hostile_text_stays_text_and_no_page_has_script_or_style() {
    for language in [Language::Vietnamese, Language::English] {
        for page in pages(language, HOSTILE) {
            for needle in ["<script", "<b x", "<style", " style=", " onclick=", "javascript:"] {
                assert!(!page.contains(needle), "{needle}: {page}");
            }
            assert!(page.len() < 60_000);
        }
    }
}

#[test]
fn both_languages_are_complete() {
    let vietnamese = "ăâđêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụýỳỷỹỵấầẩẫậắằẳẵặếềểễệốồổỗộớờởỡợứừửữự";
    for (page, other) in pages(Language::English, "x").iter().zip(pages(Language::Vietnamese, "x")) {
        // The link to the other language is the only Vietnamese of an English page.
        let rest = page.replace("Tiếng Việt", "");
        let body = rest.split("<body>").nth(1).unwrap().to_lowercase();
        assert!(!body.contains(|it| vietnamese.contains(it)), "{body}");
        assert_ne!(*page, other);
    }
}

#[test]
fn values_are_compared_in_words_and_no_value_stands_in_a_link() {
    let page = &pages(Language::Vietnamese, "kg")[2];
    assert!(
        page.contains("61,5 kg") && page.contains("cao hơn 1,5 kg so với lần trước (01/09/2025)"),
        "{page}"
    );
    assert!(page.contains("Loại IV – yếu") && page.contains("role=\"img\""));
    let page = &pages(Language::English, "kg")[2];
    assert!(page.contains("1.5 kg higher than before (01/09/2025)"), "{page}");
    for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(!link.contains("61") && !link.contains("2026"), "{link}");
    }
}
