//! Hostile messages: refused with a rule, bounded in what they cost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use healthbook_exchange::check_up::{self, Format, Rule};

use super::samples::text;

fn rule(message: &[u8], format: Format) -> (&'static str, Rule) {
    let faults = check_up::read(message, format).unwrap_err();
    (faults[0].part, faults[0].rule)
}

fn with_file(part: &str, content: &str) -> Vec<u8> {
    format!(
        "<KHAMSUCKHOE><THONGTINHOSO><DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>{part}</LOAIHOSO><NOIDUNGFILE>{content}\
         </NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO></THONGTINHOSO></KHAMSUCKHOE>"
    )
    .into_bytes()
}

#[test]
fn what_is_no_message_is_refused() {
    let envelope = |text: &str, format| rule(text.as_bytes(), format);
    assert_eq!(envelope("", Format::Xml), ("KHAMSUCKHOE", Rule::Syntax));
    assert_eq!(envelope("[]", Format::Json), ("KHAMSUCKHOE", Rule::Structure));
    assert_eq!(envelope("7", Format::Json), ("KHAMSUCKHOE", Rule::Syntax));
    assert_eq!(envelope("<HOSO/>", Format::Xml), ("KHAMSUCKHOE", Rule::Structure));
    let entity = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><KHAMSUCKHOE>&x;</KHAMSUCKHOE>";
    assert_eq!(envelope(entity, Format::Xml), ("KHAMSUCKHOE", Rule::Syntax));
    assert_eq!(envelope(&"<a>".repeat(100_000), Format::Xml), ("KHAMSUCKHOE", Rule::TooLarge));
    assert_eq!(envelope(&"[".repeat(100_000), Format::Json), ("KHAMSUCKHOE", Rule::TooLarge));
    assert_eq!(rule(&vec![b' '; (16 << 20) + 1], Format::Xml), ("KHAMSUCKHOE", Rule::TooLarge));
}

#[test]
fn parts_are_judged_one_by_one() {
    let part = |name: &str, content: &str| rule(&with_file(name, content), Format::Xml);
    assert_eq!(part("XML13", "QQ=="), ("KHAMSUCKHOE", Rule::UnknownPart));
    assert_eq!(part("CHUKYDONVI", "QQ=="), ("KHAMSUCKHOE", Rule::UnknownPart));
    assert_eq!(part("XML3", "!!!"), ("XML3", Rule::PartContent));
    assert_eq!(part("XML3", &STANDARD.encode("<KET_LUAN/>")), ("XML3", Rule::PartContent));
    let entity = "<!DOCTYPE a [<!ENTITY x \"y\">]><KET_LUAN>&x;</KET_LUAN>";
    assert_eq!(part("XML12", &STANDARD.encode(entity)), ("XML12", Rule::PartContent));
    // Base64 in base64 is not unpacked twice.
    let bomb = STANDARD.encode(STANDARD.encode("<KET_LUAN/>"));
    assert_eq!(part("XML12", &bomb), ("XML12", Rule::PartContent));
    let large = STANDARD.encode(format!("<KET_LUAN>{}</KET_LUAN>", " ".repeat(3 << 20)));
    assert_eq!(part("XML12", &large), ("XML12", Rule::TooLarge));
    let unknown = "<KET_LUAN><PHAN_LOAI_SK>1</PHAN_LOAI_SK><BENH_AN>x</BENH_AN></KET_LUAN>";
    assert_eq!(part("XML12", unknown), ("XML12", Rule::UnknownField));
    let twice = "<KET_LUAN><PHAN_LOAI_SK>1</PHAN_LOAI_SK><PHAN_LOAI_SK>2</PHAN_LOAI_SK></KET_LUAN>";
    assert_eq!(part("XML12", twice), ("XML12", Rule::RepeatedField));
    let inner = "<KET_LUAN><PHAN_LOAI_SK><b>1</b></PHAN_LOAI_SK></KET_LUAN>";
    assert_eq!(part("XML12", inner), ("XML12", Rule::NotText));
    let rows = format!(
        "<KHAM_CAN_LAM_SANG>{}</KHAM_CAN_LAM_SANG>",
        "<CHI_TIET_CLS><GIA_TRI>1</GIA_TRI></CHI_TIET_CLS>".repeat(501)
    );
    assert_eq!(part("XML11", &rows), ("XML11", Rule::TooLarge));
}

#[test]
fn counts_and_repeated_parts() {
    let sample = String::from_utf8(text("adult.xml")).unwrap();
    let two = sample.replace("<SOLUONGHOSO>1<", "<SOLUONGHOSO>2<");
    assert_eq!(rule(two.as_bytes(), Format::Xml), ("KHAMSUCKHOE", Rule::Count));
    let again = sample.replace("<LOAIHOSO>XML12<", "<LOAIHOSO>XML2<");
    assert_eq!(rule(again.as_bytes(), Format::Xml), ("XML2", Rule::RepeatedPart));
    let begin = sample.find("<HOSO>").unwrap();
    let end = sample.find("</HOSO>").unwrap() + "</HOSO>".len();
    let record = &sample[begin..end];
    let two = two.replace(record, &record.repeat(2));
    assert_eq!(check_up::read(two.as_bytes(), Format::Xml).unwrap().len(), 2);
}

#[test]
fn no_cut_and_no_changed_byte_makes_it_panic() {
    for name in ["child.json", "adult-as-seen.xml"] {
        let text = text(name);
        let format = Format::of(&text);
        for at in (0..text.len()).step_by(97) {
            let _ = check_up::read(&text[..at], format);
            let mut changed = text.clone();
            changed[at] ^= 0x15;
            let _ = check_up::read(&changed, format);
        }
    }
}
