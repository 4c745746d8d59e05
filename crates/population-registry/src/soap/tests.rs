//! The messages of the population database, as public clients send and read them, with invented people.

use super::*;
use crate::{BirthDate, Field, PersonalNumber, Question, RegistryError, Sex, Status, Verification};

const PERSON: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">
 <S:Header/>
 <S:Body>
  <ns2:CongdanCollection xmlns:ns2="http://dancuquocgia.bca">
   <ns2:CongDan>
    <ns2:SoDinhDanh>099158000017</ns2:SoDinhDanh>
    <ns2:SoCMND>990000017</ns2:SoCMND>
    <ns2:HoVaTen><ns2:Ho>ĐẶNG</ns2:Ho><ns2:ChuDem>THỊ THỬ</ns2:ChuDem><ns2:Ten>HOÀ</ns2:Ten></ns2:HoVaTen>
    <ns2:GioiTinh>2</ns2:GioiTinh>
    <ns2:DanToc>05</ns2:DanToc>
    <ns2:TinhTrangHonNhan>2</ns2:TinhTrangHonNhan>
    <ns2:NhomMau>00</ns2:NhomMau>
    <ns2:NgayThangNamSinh><ns2:Nam>1958</ns2:Nam></ns2:NgayThangNamSinh>
    <ns2:QueQuan><ns2:MaTinhThanh>14</ns2:MaTinhThanh><ns2:MaQuanHuyen/><ns2:QuocGia>VN</ns2:QuocGia></ns2:QueQuan>
    <ns2:ThuongTru><ns2:MaTinhThanh>14</ns2:MaTinhThanh><ns2:MaPhuongXa>03646</ns2:MaPhuongXa><ns2:ChiTiet>Bản 2 &amp; 3</ns2:ChiTiet><ns2:QuocGia>VN</ns2:QuocGia></ns2:ThuongTru>
    <ns2:QuocTich>VN</ns2:QuocTich>
    <ns2:Cha><ns2:HoVaTen>ĐẶNG VĂN THỬ</ns2:HoVaTen></ns2:Cha>
    <ns2:VoChong><ns2:HoVaTen>LÒ VĂN THỬ</ns2:HoVaTen><ns2:SoDinhDanh>099055000018</ns2:SoDinhDanh></ns2:VoChong>
    <ns2:ChuHo><ns2:HoVaTen>LÒ VĂN THỬ</ns2:HoVaTen><ns2:QuanHe>02</ns2:QuanHe><ns2:SoDinhDanh>099055000018</ns2:SoDinhDanh></ns2:ChuHo>
   </ns2:CongDan>
  </ns2:CongdanCollection>
 </S:Body>
</S:Envelope>"#;

fn number(text: &str) -> PersonalNumber {
    PersonalNumber::try_from(text).unwrap()
}

fn changed(from: &str, to: &str) -> Result<(crate::Demographics, Option<u64>), RegistryError> {
    assert!(PERSON.contains(from), "{from}");
    read_person(PERSON.replace(from, to).as_bytes())
}

#[test]
fn a_person_is_read_field_by_field() {
    let (person, version) = read_person(PERSON.as_bytes()).unwrap();
    assert_eq!(version, None, "the database tells no version");
    assert_eq!(person.number.as_str(), "099158000017");
    assert_eq!(person.old_number.as_deref(), Some("990000017"));
    assert_eq!(person.name.text(), "ĐẶNG THỊ THỬ HOÀ");
    assert_eq!((person.sex, person.birth_date), (Sex::Female, BirthDate::Year(1958)));
    assert!(person.status == Status::Alive && person.birth_place.is_none() && person.current.is_none());
    assert_eq!(person.ethnic_group.as_deref(), Some("05"));
    let home = person.permanent.unwrap();
    assert_eq!((home.province.as_deref(), home.ward.as_deref()), (Some("14"), Some("03646")));
    assert_eq!(home.line.as_deref(), Some("Bản 2 & 3"));
    assert_eq!(person.origin.unwrap().ward, None);
    let near = person.relationships;
    assert_eq!(near.father.unwrap().number, None);
    assert_eq!(near.spouse.unwrap().number.unwrap().as_str(), "099055000018");
    assert_eq!((near.mother.is_none(), near.head_relation.as_deref()), (true, Some("02")));
}

#[test]
fn what_was_asked_is_compared_with_what_came() {
    let (person, _) = read_person(PERSON.as_bytes()).unwrap();
    let question = |date: &str, name: Option<&str>| Question {
        number: person.number.clone(),
        birth_date: BirthDate::try_from(date).unwrap(),
        name: name.map(str::to_owned),
    };
    // Only the year is known: every day of it agrees.
    assert_eq!(person.differences(&question("1958-03-09", Some("Đặng Thị Thử Hoà"))), []);
    assert_eq!(person.differences(&question("1959-03-09", None)), [Field::BirthDate]);
    let both = person.differences(&question("1959", Some("Dang Thi Thu Hoa")));
    assert_eq!(both, [Field::Name, Field::BirthDate]);
}

#[test]
fn what_is_no_answer_is_malformed_and_tells_no_value() {
    for (from, to) in [
        ("099158000017", "99158000017"),
        ("<ns2:Nam>1958</ns2:Nam>", "<ns2:Nam>58</ns2:Nam>"),
        ("<ns2:Ho>ĐẶNG</ns2:Ho><ns2:ChuDem>THỊ THỬ</ns2:ChuDem><ns2:Ten>HOÀ</ns2:Ten>", ""),
        (
            "<ns2:SoDinhDanh>099055000018</ns2:SoDinhDanh></ns2:VoChong>",
            "<ns2:SoDinhDanh>x</ns2:SoDinhDanh></ns2:VoChong>",
        ),
        ("CongdanCollection", "Danhsach"),
        ("S:Body", "S:Corpus"),
        ("S:Envelope", "S:Letter"),
        ("</ns2:CongDan>", "<ns2:TrangThai>9</ns2:TrangThai></ns2:CongDan>"),
        ("</ns2:CongDan>", "<ns2:TrangThai>4</ns2:TrangThai></ns2:CongDan>"),
        ("</ns2:CongDan>", "<ns2:PhienBan>-1</ns2:PhienBan></ns2:CongDan>"),
        ("</ns2:CongDan>", "</ns2:CongDan><ns2:CongDan/>"),
        ("Bản 2", &"x".repeat(501)),
    ] {
        let error = changed(from, to).unwrap_err();
        assert!(matches!(error, RegistryError::Malformed(_)), "{from}: {error}");
        assert!(!error.to_string().contains("099"), "{error}");
    }
}

#[test]
fn hostile_xml_is_malformed() {
    let doctype =
        PERSON.replace("?>\n", "?>\n<!DOCTYPE S:Envelope [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n");
    let bomb = format!("<a>{}</a>", "<b>".repeat(100_000));
    let wide = format!("<a>{}</a>", "<b/>".repeat(3_000));
    let long = " ".repeat(2 << 20);
    let entity = PERSON.replace("Bản", "&xxe;");
    let control = PERSON.replace("Bản", "&#1;");
    for text in [&doctype, &bomb, &wide, &long, &entity, &control, &PERSON[..900].to_owned(), &String::new()]
    {
        assert!(matches!(read_person(text.as_bytes()), Err(RegistryError::Malformed(_))));
    }
    assert!(matches!(read_person(b"<a>\xff</a>"), Err(RegistryError::Malformed(_))));
}

#[test]
fn status_and_former_numbers_are_read_where_they_are_told() {
    let with = |more: &str| changed("</ns2:CongDan>", &format!("{more}</ns2:CongDan>")).unwrap();
    let dead = with(
        "<ns2:TrangThai>2</ns2:TrangThai><ns2:NgayMat>20260307</ns2:NgayMat><ns2:PhienBan>12</ns2:PhienBan>",
    );
    assert!(dead.0.status == Status::Dead { on: BirthDate::from_digits("20260307") });
    assert_eq!(dead.1, Some(12));
    let replaced =
        with("<ns2:TrangThai>4</ns2:TrangThai><ns2:SoDinhDanhThayThe>099158000018</ns2:SoDinhDanhThayThe>");
    assert!(replaced.0.status == Status::ReplacedBy { number: number("099158000018") });
    assert!(with("<ns2:TrangThai>3</ns2:TrangThai>").0.status == Status::Cancelled);
    let former = with("<ns2:SoDinhDanhCu>099158000001</ns2:SoDinhDanhCu>").0;
    assert!(former.has_number(&number("099158000001")) && former.has_number(&number("099158000017")));
}

#[test]
fn a_name_may_be_one_text() {
    let parts = "<ns2:Ho>ĐẶNG</ns2:Ho><ns2:ChuDem>THỊ THỬ</ns2:ChuDem><ns2:Ten>HOÀ</ns2:Ten>";
    let name = changed(parts, " ĐẶNG THỊ THỬ  HOÀ ").unwrap().0.name;
    assert_eq!(
        (name.family.as_str(), name.middle.as_deref(), name.given.as_str()),
        ("ĐẶNG", Some("THỊ THỬ"), "HOÀ")
    );
    let name = changed(parts, "HOÀ").unwrap().0.name;
    assert_eq!((name.text().as_str(), name.given.as_str()), ("HOÀ", "HOÀ"));
}

#[test]
fn nobody_a_fault_and_the_two_results() {
    assert_eq!(read_person(write_nobody().as_bytes()).err(), Some(RegistryError::NotFound));
    assert_eq!(read_person(write_fault().as_bytes()).err(), Some(RegistryError::Refused));
    assert!(is_refusal(write_fault().as_bytes()));
    assert!(!is_refusal(write_fault().replace("Client", "Server").as_bytes()));
    assert!(!is_refusal(b"Internal Server Error"));
    let confirmed = PERSON.split("<ns2:CongdanCollection").next().unwrap().to_owned()
        + "<q:KetQuaXacThuc xmlns:q=\"http://dancuquocgia.bca\"><q:TonTai>true</q:TonTai></q:KetQuaXacThuc></S:Body></S:Envelope>";
    assert_eq!(read_verification(confirmed.as_bytes()), Ok(Verification::Confirmed));
    let denied = confirmed.replace(">true<", ">false<");
    assert_eq!(read_verification(denied.as_bytes()), Ok(Verification::NotConfirmed));
    let neither = confirmed.replace(">true<", ">perhaps<");
    assert!(matches!(read_verification(neither.as_bytes()), Err(RegistryError::Malformed(_))));
}

#[test]
fn a_question_is_written_as_the_database_wants_it() {
    let asker = Asker { unit: "BOOK", integration: "037", officer: "CB-1" };
    let about = AskedFor {
        number: number("099158000017"),
        name: Some("Đặng Thị Thử Hoà".to_owned()),
        birth_date: BirthDate::from_digits("19580309"),
    };
    let text = write_question(Operation::LookUp, "r-<1>", &asker, &about);
    assert!(text.contains("<dan:TraCuuThongTinCongDan xmlns:dan=\"http://dancuquocgia.bca\"><dan:MaYeuCau>r-&lt;1&gt;</dan:MaYeuCau>"));
    assert!(text.contains("<dan:HoVaTen>ĐẶNG THỊ THỬ HOÀ</dan:HoVaTen>"), "upper case");
    let date = "<dan:NgayThangNamSinh><dan:NgayThangNam>19580309</dan:NgayThangNam></dan:NgayThangNamSinh>";
    assert!(text.contains(date), "{text}");
    for part in
        ["<dan:MaDVC>BOOK<", "<dan:MaTichHop>037<", "<dan:MaCanBo>CB-1<", "<dan:SoDinhDanh>099158000017<"]
    {
        assert!(text.contains(part), "{part}");
    }
    let (operation, read) = read_question(text.as_bytes()).unwrap();
    assert_eq!(
        (operation, read.number, read.birth_date),
        (Operation::LookUp, about.number, about.birth_date)
    );
}

#[test]
fn a_record_survives_being_written() {
    let (person, _) = read_person(PERSON.as_bytes()).unwrap();
    let (again, version) = read_person(write_person(&person, 9).as_bytes()).unwrap();
    assert!(again == person);
    assert_eq!(version, Some(9));
}
