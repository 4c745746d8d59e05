//! Small pools of values, so that queries meet resources often, and values at the edges of the rules.

/// Ids are the same for every type: `a` alone is a patient and a group.
pub const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// An id that no resource has.
pub const MISSING_ID: &str = "zz";

/// Composed and decomposed, with and without marks, both places of the tone, wide letters.
pub const GIVEN: [&str; 10] =
    ["Hòa", "Hoà", "HOA", "Ho\u{300}a", "Đức", "duc", "Thị Lan", "ＬＡＮ", "Ánh Nguyệt", "Ngọc"];
pub const FAMILY: [&str; 8] =
    ["Nguyễn", "Nguye\u{302}\u{303}n", "NGUYEN", "Đặng", "Trần Lê", "tran", "Le", "Lê\u{a0}Thị"];
pub const PLACES: [&str; 9] = [
    "Hà Nội",
    "Ha Noi",
    "Huế",
    "Đà Nẵng",
    "Da Nang",
    "Phường Bến Nghé",
    "12 Lý Tự Trọng",
    "Viet Nam",
    "70000",
];

/// Texts with separators in them, and one that is longer than what counts.
pub const TEXTS: [&str; 10] = [
    "đau đầu",
    "Đau  Đầu dữ dội",
    "dau bung",
    "giá $5, rẻ | tốt",
    "C:\\tệp",
    "sốt cao",
    "Sốt",
    "Sốt xuất huyết, Dengue",
    "e\u{301}té",
    "trạm y tế",
];

pub const WORDS: [&str; 8] = ["bệnh", "nhân", "khám", "Định", "kỳ", "thuốc", "sáng", "tối"];

pub const SYSTEMS: [&str; 5] =
    ["http://loinc.org", "http://snomed.info/sct", "urn:oid:1.2.3", "http://own/a,b", "http://own/a|b"];

/// Codes that differ in case only, and with separators in them.
pub const CODES: [&str; 12] =
    ["active", "Active", "final", "male", "8480-6", "8462-4", "true", "home", "a,b", "a|b", "a$b", "a\\b"];
pub const DISPLAYS: [&str; 5] = ["Huyết áp", "Huyet ap tam thu", "Đường huyết", "Cân nặng", "Mạch, nghỉ"];

pub const IDENTIFIERS: [&str; 7] = ["001", "001099", "079,1", "B|2", "C$3", "D\\4", "abc"];

pub const URIS: [&str; 9] = [
    "http://own/fhir/ValueSet/x",
    "http://own/fhir/ValueSet/x/y",
    "http://own/fhir/ValueSet/xy",
    "http://own/fhir/ValueSet",
    "http://own/fhir",
    "http://OWN/fhir",
    "urn:oid:1.2.3",
    "urn:oid:1.2.3.4",
    "http://own/a,b",
];
pub const VERSIONS: [&str; 3] = ["1", "1.0", "2"];

pub const DATES: [&str; 8] =
    ["2024", "2023", "2024-02", "2024-03", "2024-02-29", "2024-02-28", "2023-12-31", "2024-01-01"];
pub const INSTANTS: [&str; 9] = [
    "2024-02-29T00:00:00+07:00",
    "2024-02-28T17:00:00Z",
    "2024-02-29T23:59:59+07:00",
    "2024-02-29T10:30:00+07:00",
    "2024-02-29T10:30:11+07:00",
    "2024-02-29T10:30:11.120+07:00",
    "2024-02-29T03:30:11.125Z",
    "2023-12-31T23:30:00-05:00",
    "2024-01-01T00:00:00.000+07:00",
];

/// Ordered, for periods that do not end before they start.
pub const PERIOD_STARTS: [&str; 5] =
    ["2023", "2023-12-31", "2024-01-01T00:00:00+07:00", "2024-02", "2024-02-28T17:00:00Z"];
pub const PERIOD_ENDS: [&str; 5] =
    ["2024-02-29", "2024-02-29T10:30:11+07:00", "2024-03", "2024", "2024-12-31T23:59:59+07:00"];

/// Around the edges of implicit precision: 99.5 is the first of `100`, 100.5 no longer.
pub const NUMBERS: [&str; 18] = [
    "100", "99.5", "100.5", "99.4999", "100.00", "99.995", "0", "0.5", "-0.5", "5", "5.0", "5.05", "5.4",
    "0.005", "1e2", "50", "1.0e-3", "5400",
];

/// System, code, unit; the code may be missing.
pub const UNITS: [(&str, &str, &str); 15] = [
    (super::matching::quantities::UCUM, "g", "g"),
    (super::matching::quantities::UCUM, "mg", "milligram"),
    (super::matching::quantities::UCUM, "kg", "kg"),
    (super::matching::quantities::UCUM, "mmol/L", "mmol/L"),
    (super::matching::quantities::UCUM, "mol/L", "mol/L"),
    (super::matching::quantities::UCUM, "mm[Hg]", "mmHg"),
    (super::matching::quantities::UCUM, "Cel", "°C"),
    (super::matching::quantities::UCUM, "h", "giờ"),
    (super::matching::quantities::UCUM, "min", "phút"),
    (super::matching::quantities::UCUM, "s", "giây"),
    (super::matching::quantities::UCUM, "%", "%"),
    (super::matching::quantities::UCUM, "1", ""),
    ("http://own/units", "viên", "viên"),
    ("", "", "mmHg"),
    ("", "", ""),
];

/// Hà Nội, near it, Đà Nẵng, Hồ Chí Minh City.
pub const POSITIONS: [(&str, &str); 4] =
    [("21.0285", "105.8542"), ("21.0400", "105.8500"), ("16.0544", "108.2022"), ("10.7769", "106.7009")];

/// Distances that no two of the positions have.
pub const DISTANCES: [&str; 6] = ["", "|5", "|5|km", "|100|km", "|700|km", "|900000|m"];
