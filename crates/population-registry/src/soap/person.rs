//! `CongDan`: a person as the population database writes one.

use xml::{Element, write_text_element};

use crate::demographics::MOST_FORMER;
use crate::names::folded;
use crate::{
    Address, BirthDate, Demographics, Name, PersonalNumber, RegistryError, Relationships, Relative, Sex,
    Status,
};

/// Most bytes of a text.
const LONGEST: usize = 500;

const WRONG_NUMBER: RegistryError = RegistryError::Malformed("a number has not twelve digits");

/// Reads a person and the version of the record.
pub(super) fn read(person: &Element) -> Result<(Demographics, Option<u64>), RegistryError> {
    let wrong = RegistryError::Malformed;
    if is_too_long(person) {
        return Err(wrong("a text is too long"));
    }
    let text = |name: &str| person.child_text(name).map(str::to_owned);
    let number = number(person, "SoDinhDanh")?.ok_or(WRONG_NUMBER)?;
    let name = person.child("HoVaTen").and_then(name).ok_or(wrong("no name"))?;
    let birth_date = person.child("NgayThangNamSinh").and_then(|date| {
        let day = date.child_text("NgayThangNam").and_then(BirthDate::from_digits);
        day.or_else(|| date.child_text("Nam").and_then(BirthDate::from_digits))
    });
    let former: Vec<&Element> = person.children.iter().filter(|child| child.name == "SoDinhDanhCu").collect();
    if former.len() > MOST_FORMER {
        return Err(wrong("too many former numbers"));
    }
    let former: Result<_, _> = former.iter().map(|it| PersonalNumber::try_from(it.text.as_str())).collect();
    let version = person.child_text("PhienBan").map(|text| text.parse().map_err(|_| wrong("no version")));
    let record = Demographics {
        number,
        former_numbers: former.map_err(|_| WRONG_NUMBER)?,
        old_number: text("SoCMND"),
        name,
        sex: match person.child_text("GioiTinh") {
            Some("1") => Sex::Male,
            Some("2") => Sex::Female,
            _ => Sex::Unknown,
        },
        birth_date: birth_date.ok_or(wrong("no birth date"))?,
        status: status(person)?,
        ethnic_group: text("DanToc"),
        marital_status: text("TinhTrangHonNhan"),
        nationality: text("QuocTich"),
        birth_place: address(person, "NoiDangKyKhaiSinh"),
        origin: address(person, "QueQuan"),
        permanent: address(person, "ThuongTru"),
        current: address(person, "NoiOHienTai"),
        relationships: Relationships {
            father: relative(person, "Cha")?,
            mother: relative(person, "Me")?,
            spouse: relative(person, "VoChong")?,
            representative: relative(person, "NguoiDaiDien")?,
            head: relative(person, "ChuHo")?,
            head_relation: person
                .child("ChuHo")
                .and_then(|head| head.child_text("QuanHe"))
                .map(str::to_owned),
        },
    };
    Ok((record, version.transpose()?))
}

fn is_too_long(element: &Element) -> bool {
    // The reader has limited the depth.
    element.text.len() > LONGEST || element.children.iter().any(is_too_long)
}

fn number(of: &Element, name: &str) -> Result<Option<PersonalNumber>, RegistryError> {
    of.child_text(name).map(|text| PersonalNumber::try_from(text).map_err(|_| WRONG_NUMBER)).transpose()
}

/// In its parts, or as one text: then the first word is the family name and the last one the given name.
fn name(element: &Element) -> Option<Name> {
    let part = |name: &str| element.child_text(name).map(str::to_owned);
    if let (Some(family), Some(given)) = (part("Ho"), part("Ten")) {
        return Some(Name { family, middle: part("ChuDem"), given });
    }
    let words: Vec<&str> = element.text.split_whitespace().collect();
    match words.as_slice() {
        [] => {
            let only = part("Ten").or_else(|| part("Ho"))?;
            Some(Name { family: String::new(), middle: None, given: only })
        }
        [only] => Some(Name { family: String::new(), middle: None, given: (*only).to_owned() }),
        [family, middle @ .., given] => {
            let middle = Some(middle.join(" ")).filter(|middle| !middle.is_empty());
            Some(Name { family: (*family).to_owned(), middle, given: (*given).to_owned() })
        }
    }
}

fn address(of: &Element, name: &str) -> Option<Address> {
    let element = of.child(name)?;
    let text = |name: &str| element.child_text(name).map(str::to_owned);
    let address = Address {
        province: text("MaTinhThanh"),
        ward: text("MaPhuongXa"),
        line: text("ChiTiet"),
        country: text("QuocGia"),
    };
    (address != Address::default()).then_some(address)
}

fn relative(of: &Element, element: &str) -> Result<Option<Relative>, RegistryError> {
    let Some(found) = of.child(element) else { return Ok(None) };
    let Some(name) = found.child("HoVaTen").and_then(name) else { return Ok(None) };
    Ok(Some(Relative { name: name.text(), number: number(found, "SoDinhDanh")? }))
}

fn status(person: &Element) -> Result<Status, RegistryError> {
    match person.child_text("TrangThai") {
        None | Some("1") => Ok(Status::Alive),
        Some("2") => {
            let on = person
                .child_text("NgayMat")
                .map(|text| BirthDate::from_digits(text).ok_or(RegistryError::Malformed("no date of death")));
            Ok(Status::Dead { on: on.transpose()? })
        }
        Some("3") => Ok(Status::Cancelled),
        Some("4") => number(person, "SoDinhDanhThayThe")?
            .map(|number| Status::ReplacedBy { number })
            .ok_or(RegistryError::Malformed("replaced by no number")),
        Some(_) => Err(RegistryError::Malformed("an unknown status")),
    }
}

/// Writes a person, names in upper case as the database does.
pub(super) fn written(record: &Demographics, version: u64) -> String {
    let mut out = String::from("<dan:CongDan>");
    let mut put = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            write_text_element(name, text, &mut out);
        }
    };
    put("dan:SoDinhDanh", Some(record.number.as_str()));
    put("dan:SoCMND", record.old_number.as_deref());
    put("dan:PhienBan", Some(&version.to_string()));
    for former in &record.former_numbers {
        put("dan:SoDinhDanhCu", Some(former.as_str()));
    }
    put(
        "dan:GioiTinh",
        Some(match record.sex {
            Sex::Male => "1",
            Sex::Female => "2",
            Sex::Unknown => "3",
        }),
    );
    put("dan:DanToc", record.ethnic_group.as_deref());
    put("dan:TinhTrangHonNhan", record.marital_status.as_deref());
    put("dan:QuocTich", record.nationality.as_deref());
    match &record.status {
        Status::Alive => put("dan:TrangThai", Some("1")),
        Status::Dead { on } => {
            put("dan:TrangThai", Some("2"));
            put("dan:NgayMat", on.map(BirthDate::digits).as_deref());
        }
        Status::Cancelled => put("dan:TrangThai", Some("3")),
        Status::ReplacedBy { number } => {
            put("dan:TrangThai", Some("4"));
            put("dan:SoDinhDanhThayThe", Some(number.as_str()));
        }
    }
    let name = &record.name;
    let parts = [
        ("dan:Ho", Some(&name.family)),
        ("dan:ChuDem", name.middle.as_ref()),
        ("dan:Ten", Some(&name.given)),
    ];
    let parts = parts.map(|(element, part)| (element, part.map(|part| folded(part))));
    group("dan:HoVaTen", parts, &mut out);
    let day = matches!(record.birth_date, BirthDate::Day(_)).then(|| record.birth_date.digits());
    let year = Some(format!("{:04}", record.birth_date.year()));
    group("dan:NgayThangNamSinh", [("dan:Nam", year), ("dan:NgayThangNam", day)], &mut out);
    let places = [
        ("dan:NoiDangKyKhaiSinh", &record.birth_place),
        ("dan:QueQuan", &record.origin),
        ("dan:ThuongTru", &record.permanent),
        ("dan:NoiOHienTai", &record.current),
    ];
    for (element, address) in places {
        let Some(Address { province, ward, line, country }) = address.clone() else { continue };
        let parts = [
            ("dan:MaTinhThanh", province),
            ("dan:MaPhuongXa", ward),
            ("dan:ChiTiet", line),
            ("dan:QuocGia", country),
        ];
        group(element, parts, &mut out);
    }
    let near = &record.relationships;
    let relatives = [
        ("dan:Cha", &near.father, None),
        ("dan:Me", &near.mother, None),
        ("dan:VoChong", &near.spouse, None),
        ("dan:NguoiDaiDien", &near.representative, None),
        ("dan:ChuHo", &near.head, near.head_relation.clone()),
    ];
    for (element, relative, relation) in relatives {
        let Some(Relative { name, number }) = relative.clone() else { continue };
        let parts = [
            ("dan:HoVaTen", Some(folded(&name))),
            ("dan:QuanHe", relation),
            ("dan:SoDinhDanh", number.map(String::from)),
        ];
        group(element, parts, &mut out);
    }
    out.push_str("</dan:CongDan>");
    out
}

fn group<const N: usize>(element: &str, parts: [(&str, Option<String>); N], out: &mut String) {
    out.push('<');
    out.push_str(element);
    out.push('>');
    for (name, text) in parts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            write_text_element(name, &text, out);
        }
    }
    out.push_str("</");
    out.push_str(element);
    out.push('>');
}
