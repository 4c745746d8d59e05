//! A report as others read it: its parts, its text, its signature.

use aws_lc_rs::digest::{SHA256, digest};
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _};
use fhir::Instant;
use jiff::tz::{TimeZone, offset};
use web::{AccessLine, Language, LineOutcome};

use crate::*;

const NOW: i64 = 1_795_849_509_000_000;

fn seal() -> Seal {
    let (key, certificate) = Seal::generate("test-log", Instant::from_microseconds(NOW)).unwrap();
    Seal::from_pem(key.as_bytes(), certificate.as_bytes()).unwrap()
}

fn line(number: u64) -> AccessLine {
    AccessLine {
        who: "Trần Thị Lan (bác sĩ)".to_owned(),
        facility: "Bệnh viện Đa khoa".to_owned(),
        organization: Some("o-1".to_owned()),
        day: jiff::civil::date(2026, 11, 28),
        when: "14:05:09 ngày 28/11/2026".to_owned(),
        what: "đọc kết quả xét nghiệm, chỉ số đo".to_owned(),
        why: "để khám bệnh, chữa bệnh".to_owned(),
        outcome: LineOutcome::Refused,
        emergency: true,
        positions: Some((number, number)),
    }
}

fn with_report<T>(
    language: Language,
    lines: &[AccessLine],
    use_it: impl FnOnce(&AccessReport<'_>) -> T,
) -> T {
    use_it(&AccessReport {
        language,
        name: "Nguyễn Thị Mai",
        from: None,
        to: Some(jiff::civil::date(2026, 11, 28)),
        facility: None,
        own: false,
        made: Instant::from_microseconds(NOW),
        zone: &TimeZone::fixed(offset(7)),
        lines,
        complete: true,
        log: Some(LogState { key: "healthbook/x+00".to_owned(), checkpoint: "a\nb\n".to_owned(), size: 9 }),
    })
}

fn made(seal: &Seal, lines: &[AccessLine]) -> Vec<u8> {
    with_report(Language::Vietnamese, lines, |report| access_report(report, seal)).unwrap()
}

/// The text, a line for each part.
fn text(language: Language, lines: &[AccessLine]) -> String {
    let blocks = with_report(language, lines, |report| crate::access_report::text(report, &seal()));
    blocks.into_iter().map(|block| block.text).collect::<Vec<_>>().join("\n")
}

/// The parts that are signed, and the signature.
fn parts(file: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let text = String::from_utf8_lossy(file);
    let range = text.rsplit("/ByteRange").next().unwrap().split(['[', ']']).nth(1).unwrap().to_owned();
    let numbers: Vec<usize> = range.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [zero, begin, end, rest] = numbers[..] else { panic!("{range}") };
    assert_eq!((zero, end + rest), (0, file.len()), "all of the file is covered");
    let hex = &file[begin..end];
    assert_eq!((hex[0], hex[hex.len() - 1]), (b'<', b'>'));
    let digits = std::str::from_utf8(&hex[1..hex.len() - 1]).unwrap();
    let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
    ([&file[..begin], &file[end..]].concat(), bytes.collect())
}

#[test]
fn the_signature_is_over_every_other_byte() {
    let seal = seal();
    let file = made(&seal, &[line(3)]);
    let (signed, signature) = parts(&file);
    // The bytes behind the DER are padding.
    let length = 4 + usize::from(u16::from_be_bytes([signature[2], signature[3]]));
    let info = ContentInfo::from_der(&signature[..length]).unwrap();
    assert!(signature[length..].iter().all(|byte| *byte == 0));
    let data = SignedData::from_der(&info.content.to_der().unwrap()).unwrap();
    let signer = data.signer_infos.0.iter().next().unwrap();
    let attributes = signer.signed_attrs.as_ref().unwrap();
    let hash = digest(&SHA256, &signed);
    assert!(attributes.iter().any(|it| it.values.iter().any(|value| value.value() == hash.as_ref())));
    let public = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
        match data.certificates.unwrap().0.iter().next().unwrap() {
            cms::cert::CertificateChoices::Certificate(certificate) => {
                certificate.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes().to_vec()
            }
            cms::cert::CertificateChoices::Other(_) => panic!("a certificate of X.509"),
        },
    );
    public.verify(&attributes.to_der().unwrap(), signer.signature.as_bytes()).unwrap();
}

#[test]
fn a_long_report_has_pages_and_tags() {
    let lines: Vec<_> = (0..400).map(line).collect();
    let file = made(&seal(), &lines);
    let text = String::from_utf8_lossy(&file);
    assert!(text.starts_with("%PDF-1.7"));
    for part in ["/StructTreeRoot", "/MarkInfo", "/Lang", "/ParentTree", "/ToUnicode", "/SigFlags 3"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(text.matches("/Type /Page\n").count() > 10);
}

#[test]
fn each_access_is_a_heading_of_its_own() {
    let headings = |count: u64| {
        let lines: Vec<_> = (0..count).map(line).collect();
        let file = made(&seal(), &lines);
        let text = String::from_utf8_lossy(&file);
        ["/S /H1\n", "/S /H2\n", "/S /H3\n"].map(|role| text.matches(role).count())
    };
    assert_eq!(headings(0), [1, 2, 0]);
    assert_eq!(headings(3), [1, 2, 3]);
}

#[test]
fn a_report_without_lines_confirms_none() {
    let vietnamese = text(Language::Vietnamese, &[]);
    assert!(
        !vietnamese.contains("tất cả các dòng trên") && !vietnamese.contains("Các dòng trên"),
        "{vietnamese}"
    );
    assert!(vietnamese.contains("báo cáo này không có dòng nào"), "{vietnamese}");
    let english = text(Language::English, &[]);
    assert!(!english.contains("lines above") && english.contains("this report has no lines"), "{english}");
    assert!(text(Language::Vietnamese, &[line(3)]).contains("xác nhận tất cả các dòng trên"));
    assert!(text(Language::English, &[line(30)]).contains("newer ones are not covered yet"));
}

#[test]
fn the_command_can_be_typed_as_it_stands() {
    for (language, before) in [
        (Language::Vietnamese, "lưu vào tệp log.vkey rồi chạy lệnh"),
        (Language::English, "save it in the file log.vkey, and run"),
    ] {
        let text = text(language, &[line(3)]);
        let command = format!("{before}\nhealthbook verify-audit --key log.vkey access-log.json\n");
        assert!(text.contains(&command), "{text}");
        assert!(!text.contains(['<', '>']), "{text}");
    }
    assert!(text(Language::English, &[line(3)]).contains("; 1 line\n"));
}

#[test]
fn a_key_and_the_certificate_of_another_are_refused() {
    let now = Instant::from_microseconds(NOW);
    let (key, _) = Seal::generate("a", now).unwrap();
    let (other_key, other) = Seal::generate("b", now).unwrap();
    let read =
        |key: &str, certificate: &str| Seal::from_pem(key.as_bytes(), certificate.as_bytes()).map(drop);
    assert_eq!(read(&key, &other), Err(SealError::Mismatch));
    assert_eq!(read(&other_key, &other), Ok(()));
    assert_eq!(read(&other, &other), Err(SealError::Key));
    assert_eq!(read(&key, &key), Err(SealError::Certificate));
    assert_eq!(read("", ""), Err(SealError::Key));
}
