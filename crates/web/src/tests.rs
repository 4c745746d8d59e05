//! Every page: labelled, in its language, without script, and with hostile text escaped.

use super::*;

const HOSTILE: &str = "\"><script>alert(1)</script><b x='";

fn pages(language: Language) -> Vec<String> {
    let sessions = [SessionLine {
        id: HOSTILE.to_owned(),
        device: HOSTILE.to_owned(),
        place: HOSTILE.to_owned(),
        since: HOSTILE.to_owned(),
        used: String::new(),
        own: false,
        new_device: true,
        assisted: true,
    }];
    let (name, form) = (HOSTILE, HOSTILE);
    let notice = Some(Notice::WrongPassword);
    let query = [(HOSTILE.to_owned(), HOSTILE.to_owned())];
    let line = AccessLine {
        who: HOSTILE.to_owned(),
        facility: HOSTILE.to_owned(),
        organization: Some(HOSTILE.to_owned()),
        day: jiff::civil::date(2026, 11, 28),
        when: HOSTILE.to_owned(),
        what: HOSTILE.to_owned(),
        why: HOSTILE.to_owned(),
        outcome: LineOutcome::Refused,
        emergency: true,
        positions: None,
    };
    let facility = FacilityChoice { id: HOSTILE.to_owned(), name: HOSTILE.to_owned() };
    let filter = AccessFilter { facility: Some(HOSTILE.to_owned()), own: true, ..AccessFilter::default() };
    let blocked = [Blocked { block: HOSTILE.to_owned(), facility: facility.clone() }];
    let log = AccessLogPage {
        language,
        filter: &filter,
        lines: &[line],
        facilities: &[facility],
        blocked: &blocked,
        next: Some(HOSTILE),
        form: Some(form),
        zone: &jiff::tz::TimeZone::UTC,
    };
    let typed = WrongPeriod { from: HOSTILE.to_owned(), to: HOSTILE.to_owned() };
    vec![
        SignInPage { language, notice, name, form, continue_with: Some(HOSTILE), provider: true }.render(),
        SignInPage { language, notice: None, name, form, continue_with: None, provider: false }.render(),
        CodePage { language, notice, form, app: true }.render(),
        ActivationPage { language, notice, name, form }.render(),
        EnrolmentPage { language, notice, secret: HOSTILE, uri: HOSTILE, form }.render(),
        SessionsPage { language, sessions: &sessions, form, citizen: true }.render(),
        PasskeyPage { language, add: true, continue_with: Some(HOSTILE) }.render(),
        MessagePage { language, notice: Notice::Wait(3) }.render(),
        simulator(language, [(HOSTILE, HOSTILE)].into_iter(), &query),
        log.render(),
        WrongPeriodPage { language, typed: &typed, facility: Some(HOSTILE), own: true }.render(),
        page(HOSTILE, language, &html! { (HOSTILE) }),
    ]
}

/// The values of an attribute in the tags of a name.
fn values<'a>(page: &'a str, tag: &str, attribute: &str) -> Vec<Option<&'a str>> {
    let start = format!("<{tag} ");
    let find = |rest: &'a str| {
        let inside = rest.split('>').next().unwrap();
        inside.split(&format!(" {attribute}=\"")).nth(1).map(|value| value.split('"').next().unwrap())
    };
    page.match_indices(&start).map(|(place, _)| find(&page[place + start.len() - 1..])).collect()
}

#[test]
fn hostile_text_stays_text() {
    for language in [Language::Vietnamese, Language::English] {
        for page in pages(language) {
            assert!(!page.contains("<script>") && !page.contains("<b x"), "{page}");
        }
    }
}

#[test]
fn no_page_carries_script_or_style_of_its_own() {
    for page in pages(Language::Vietnamese) {
        for needle in ["<script>", " onclick=", " onload=", "javascript:", "<style", " style="] {
            assert!(!page.contains(needle), "{needle}: {page}");
        }
    }
}

#[test]
fn every_field_has_a_label_and_every_reference_a_target() {
    for page in pages(Language::English) {
        let labels = values(&page, "label", "for");
        let ids: Vec<_> =
            ["input", "select", "p"].iter().flat_map(|tag| values(&page, tag, "id")).flatten().collect();
        for (kind, id) in values(&page, "input", "type").into_iter().zip(values(&page, "input", "id")) {
            if kind != Some("hidden") {
                assert!(labels.contains(&id) && id.is_some(), "{id:?} has no label: {page}");
            }
        }
        for described in values(&page, "input", "aria-describedby").into_iter().flatten() {
            assert!(ids.contains(&described) || page.contains(&format!("id=\"{described}\"")), "{described}");
        }
    }
}

#[test]
fn fields_say_what_they_are_for() {
    let page = &pages(Language::Vietnamese)[0];
    assert_eq!(
        values(page, "input", "autocomplete").into_iter().flatten().collect::<Vec<_>>(),
        ["username", "current-password"]
    );
    let page = &pages(Language::Vietnamese)[2];
    assert!(values(page, "input", "autocomplete").contains(&Some("one-time-code")));
    assert!(values(page, "input", "inputmode").contains(&Some("numeric")));
}

#[test]
fn a_page_is_in_its_language_and_offers_the_other() {
    for (language, code, other, title) in
        [(Language::Vietnamese, "vi", "en", "Đăng nhập"), (Language::English, "en", "vi", "Sign in")]
    {
        let page = &pages(language)[0];
        assert!(page.starts_with(&format!("<!DOCTYPE html><html lang=\"{code}\">")), "{page}");
        assert!(page.contains(&format!("lang={other}\"")) && page.contains(&format!("<h1>{title}</h1>")));
    }
}

/// WCAG 2.2, 1.4.3: 4.5:1 for text.
#[test]
fn colours_have_contrast() {
    let luminance = |colour: u32| {
        let part = |shift: u32| {
            let value = f64::from(colour >> shift & 255) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    };
    for (text, ground) in [
        (0x1a_2b33, 0xff_ffff),
        (0x00_566d, 0xff_ffff),
        (0x3f_525b, 0xff_ffff),
        (0x9b_1c1c, 0xff_ffff),
        (0x1a_2b33, 0xfd_f0f0),
        (0x1a_2b33, 0xee_f6f8),
        (0x1a_2b33, 0xf1_f5f6),
        (0x9b_1c1c, 0xfd_f0f0),
        (0x3f_525b, 0xfd_f0f0),
        (0x00_566d, 0xfd_f0f0),
    ] {
        let (one, other) = (luminance(text), luminance(ground));
        let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
        assert!(contrast >= 4.5, "{text:06x} on {ground:06x}: {contrast}");
        for colour in [text, ground] {
            let shown = format!("#{colour:06x}");
            assert!(STYLE.contains(&shown) || (colour == 0xff_ffff && STYLE.contains("#fff")), "{shown}");
        }
    }
}
