//! What `docs/matching.md` promises of grades, each promise by a pair of people.

use jiff::civil::date;
use proptest::prelude::*;

use crate::*;

fn number(kind: NumberKind, digits: &str) -> Number {
    Number::new(kind, digits).unwrap()
}

/// A record that the register has verified.
fn record(name: &str) -> Person {
    Person {
        names: vec![Name::whole(name)],
        birth_date: Some(BirthDate::Day(date(2015, 3, 7))),
        sex: Some(Sex::Female),
        numbers: vec![
            number(NumberKind::Citizen, "099315123456").verified(),
            number(NumberKind::SocialInsurance, "9123456789").verified(),
            number(NumberKind::Phone, "0000123456"),
        ],
        province: Some("01".into()),
        ward: Some("00004".into()),
        mother: Some(Name::whole("Trần Thị Mai")),
        father: Some(Name::whole("Nguyễn Văn Ba")),
        death: None,
        is_verified: true,
    }
}

/// What a clerk writes of it: everything but numbers.
fn typed(name: &str) -> Query {
    let person = Person { numbers: vec![], is_verified: false, ..record(name) };
    Query { person, seen_alive: Some(date(2026, 11, 25)) }
}

fn with(mut query: Query, kind: NumberKind, digits: &str) -> Query {
    query.person.numbers.push(number(kind, digits));
    query
}

fn rank(query: &Query, records: &[Person]) -> Vec<Match> {
    Matcher::new(1_000_000).rank(query, records)
}

fn grade(query: &Query, record: &Person) -> Grade {
    rank(query, std::slice::from_ref(record))[0].grade
}

const NAME: &str = "Nguyễn Ngọc Ân";
const CITIZEN: &str = "099315123456";

#[test]
fn certain_needs_a_number_that_the_record_has_verified() {
    let query = typed(NAME);
    assert_eq!(grade(&query, &record(NAME)), Grade::Probable);
    assert_eq!(rank(&query, &[record(NAME)])[0].rules, [Rule::NoVerifiedNumber]);
    assert_eq!(grade(&with(query.clone(), NumberKind::Phone, "0000123456"), &record(NAME)), Grade::Probable);

    for (kind, digits) in [(NumberKind::Citizen, CITIZEN), (NumberKind::SocialInsurance, "9123456789")] {
        let query = with(query.clone(), kind, digits);
        assert_eq!(grade(&query, &record(NAME)), Grade::Certain, "{kind:?}");
        let mut unverified = record(NAME);
        unverified.numbers = vec![number(kind, digits)];
        assert_eq!(grade(&query, &unverified), Grade::Probable, "{kind:?}");
    }
}

#[test]
fn certain_needs_names_and_date_as_well() {
    let query = |name| with(typed(name), NumberKind::Citizen, CITIZEN);
    assert_eq!(grade(&query("NGUYỄN NGỌC ÂN"), &record(NAME)), Grade::Certain);
    let found = rank(&query("NGUYEN NGOC AN"), &[record(NAME)]);
    assert_eq!((found[0].grade, &found[0].rules[..]), (Grade::Probable, &[Rule::MarksLost][..]));
    assert_eq!(grade(&query("Nguyễn Ân"), &record(NAME)), Grade::Certain, "a middle name may be missing");
    for other in ["Nguyễn Ngọc An", "Nguyễn Ngọc Anh", "Nguyễn Bảo Ân", "Ngô Ngọc Ân"] {
        assert_ne!(grade(&query(other), &record(NAME)), Grade::Certain, "{other}");
    }
    let mut by_card = with(typed(NAME), NumberKind::SocialInsurance, "9123456789");
    let mut by_citizen_number = query(NAME);
    for (birth_date, allowed) in
        [(date(2015, 7, 3), true), (date(2015, 3, 17), true), (date(2009, 11, 24), false)]
    {
        by_card.person.birth_date = Some(BirthDate::Day(birth_date));
        by_citizen_number.person.birth_date = Some(BirthDate::Day(birth_date));
        assert_ne!(grade(&by_card, &record(NAME)), Grade::Certain, "cards are borrowed: {birth_date}");
        assert_eq!(grade(&by_citizen_number, &record(NAME)) == Grade::Certain, allowed, "{birth_date}");
    }
}

#[test]
fn twins_are_told_apart_or_left_to_a_person() {
    let twin = Person {
        numbers: vec![number(NumberKind::Citizen, "099315654321").verified()],
        ..record("Nguyễn Ngọc An")
    };
    let both = [record(NAME), twin];
    // Without a number: never certain, and both are shown.
    let found = rank(&typed("NGUYEN NGOC AN"), &both);
    assert!(found.iter().all(|one| one.grade == Grade::Probable && one.score < 0.51));
    // With the number of one and no marks: cards of twins are mixed up.
    let mut query = with(typed("NGUYEN NGOC AN"), NumberKind::Citizen, CITIZEN);
    for (is_verified, rule) in [(false, Rule::MarksLost), (true, Rule::OtherFitsAsWell)] {
        query.person.is_verified = is_verified;
        let found = rank(&query, &both);
        assert_eq!((found[0].candidate, found[0].grade), (0, Grade::Probable));
        assert_eq!(found[0].rules, [rule]);
    }
    // With marks the name tells: the right number makes it certain, that of the other does not.
    let found = rank(&with(typed(NAME), NumberKind::Citizen, CITIZEN), &both);
    assert_eq!((found[0].candidate, found[0].grade), (0, Grade::Certain));
    let found = rank(&with(typed("Nguyễn Ngọc An"), NumberKind::Citizen, CITIZEN), &both);
    assert!(found.iter().all(|one| one.grade < Grade::Certain));
    // A twin who is not here yet, with another name.
    let found = rank(&typed("Nguyễn Ngọc Minh"), &both);
    assert!(found.iter().all(|one| one.grade <= Grade::Possible));
}

#[test]
fn strangers_of_one_name_and_birthday_are_told_apart_by_a_number_only() {
    let stranger = Person {
        numbers: vec![number(NumberKind::Citizen, "099315654321").verified()],
        ward: Some("31255".into()),
        province: Some("92".into()),
        mother: Some(Name::whole("Lê Thị Sáu")),
        father: None,
        ..record(NAME)
    };
    let both = [stranger, record(NAME)];
    let mut query = typed(NAME);
    (query.person.ward, query.person.province) = (None, None);
    (query.person.mother, query.person.father) = (None, None);
    let found = rank(&query, &both);
    assert!(found.iter().all(|one| one.grade < Grade::Certain));
    let found = rank(&with(query, NumberKind::Citizen, CITIZEN), &both);
    assert_eq!((found[0].candidate, found[0].grade), (1, Grade::Certain));
    assert!(found[1].grade < Grade::Certain);
}

#[test]
fn a_number_of_two_records_decides_nothing() {
    let mother = Person {
        birth_date: Some(BirthDate::Day(date(1986, 1, 20))),
        numbers: vec![number(NumberKind::SocialInsurance, "9123456789").verified()],
        mother: None,
        father: None,
        ..record("Trần Thị Mai")
    };
    let query = with(typed(NAME), NumberKind::SocialInsurance, "9123456789");
    let found = rank(&query, &[mother, record(NAME)]);
    assert_eq!((found[0].candidate, found[0].grade), (1, Grade::Probable));
    assert_eq!(found[0].rules, [Rule::NumberShared]);
    assert!(found[1].grade < Grade::Probable, "a mother's card does not make the child the mother");
}

#[test]
fn what_contradicts_is_not_outweighed() {
    // Two verified numbers.
    let mut query = typed(NAME);
    query.person.numbers = vec![number(NumberKind::Citizen, "099315123457").verified()];
    let found = rank(&query, &[record(NAME)]);
    assert_eq!((found[0].grade, found[0].score), (Grade::CertainlyNot, 0.0));
    assert_eq!(found[0].rules, [Rule::NumbersConflict]);
    // A typed one may be wrong.
    query.person.numbers = vec![number(NumberKind::Citizen, "099315123457")];
    assert_eq!(grade(&query, &record(NAME)), Grade::Probable);

    // The sex of a verified record.
    let mut query = typed(NAME);
    query.person.sex = Some(Sex::Male);
    assert_eq!(grade(&query, &record(NAME)), Grade::Possible);
    query.person.is_verified = true;
    assert_eq!(grade(&query, &record(NAME)), Grade::CertainlyNot);
    assert_eq!(grade(&with(query, NumberKind::Citizen, CITIZEN), &record(NAME)), Grade::Probable);

    // The dead do not come.
    let query = with(typed(NAME), NumberKind::Citizen, CITIZEN);
    for (day, is_verified, expected) in [
        (date(2026, 11, 24), true, Grade::CertainlyNot),
        (date(2026, 11, 24), false, Grade::Probable),
        (date(2026, 11, 25), true, Grade::Certain),
    ] {
        let dead = Person { death: Some(Death { date: day, is_verified }), ..record(NAME) };
        assert_eq!(grade(&query, &dead), expected, "{day} {is_verified}");
    }
    let late_result = Query { seen_alive: None, ..query };
    let dead = Person { death: Some(Death { date: date(2026, 11, 1), is_verified: true }), ..record(NAME) };
    assert_eq!(grade(&late_result, &dead), Grade::Certain);
}

#[test]
fn slips_are_graded_and_not_missed() {
    let name = "Nguyễn Văn Hùng";
    for slip in [
        "NGUYEN VAN HUNG",
        "Nguyeexn Vawn Hufng",
        "Nguye6n4 Va8n Hu2ng",
        "Hùng Nguyễn Văn",
        "Hung Van Nguyen",
        "Nguyễn Hùng",
        "Nguyễn Văn Hưng",
        "Nguyễn Văn Hugn",
        "Nguyên Văn Hùng",
        "Ng. Văn Hùng",
    ] {
        assert_eq!(grade(&typed(slip), &record(name)), Grade::Probable, "{slip}");
    }
    for birth_date in [
        BirthDate::Day(date(2015, 7, 3)),
        BirthDate::Day(date(2014, 3, 7)),
        BirthDate::Day(date(2015, 3, 17)),
        BirthDate::Day(date(2015, 1, 1)),
        BirthDate::Year(2015),
    ] {
        let mut query = typed(name);
        query.person.birth_date = Some(birth_date);
        assert_eq!(grade(&query, &record(name)), Grade::Probable, "{birth_date:?}");
    }
    for digits in ["099315123457", "099315124356", "09931512346", "0993151234566"] {
        let query = with(typed(name), NumberKind::Citizen, digits);
        let found = rank(&query, &[record(name)]);
        assert_eq!(found[0].grade, Grade::Probable, "{digits}");
        let line = found[0].evidence.iter().find(|line| line.field == Field::CitizenNumber).unwrap();
        assert_eq!(line.outcome, Outcome::OneSlip, "{digits}");
    }
}

#[test]
fn the_evidence_explains_the_odds() {
    let query = with(typed(NAME), NumberKind::Citizen, CITIZEN);
    let found = &rank(&query, &[record(NAME)])[0];
    let fields: Vec<&str> = found.evidence.iter().map(|line| line.field.code()).collect();
    assert_eq!(
        fields,
        ["family", "given", "middle", "birth-date", "sex", "citizen-number", "place", "mother", "father"]
    );
    let sum: i32 = found.evidence.iter().map(|line| line.weight).sum();
    assert_eq!(found.odds, sum - 1993, "a million records are 19.93 bits");
    assert!((0.9..=1.0).contains(&found.score));
}

#[test]
fn a_frequent_name_is_little_evidence_and_a_larger_nation_needs_more() {
    let query = |name: &str| {
        let mut query = typed(name);
        (query.person.ward, query.person.province) = (None, None);
        (query.person.mother, query.person.father) = (None, None);
        query.person.birth_date = Some(BirthDate::Year(2015));
        query
    };
    assert!(grade(&query("Nguyễn Thị Anh"), &record("Nguyễn Thị Anh")) < Grade::Probable);
    assert_eq!(grade(&query("Khiếu Diễm Thơ"), &record("Khiếu Diễm Thơ")), Grade::Probable);
    let nation = Matcher::new(100_000_000).rank(&query("Khiếu Diễm Thơ"), &[record("Khiếu Diễm Thơ")]);
    assert!(nation[0].odds < rank(&query("Khiếu Diễm Thơ"), &[record("Khiếu Diễm Thơ")])[0].odds);
}

#[test]
fn nothing_known_is_nobody() {
    let found = rank(&Query::default(), &[Person::default(), record(NAME)]);
    assert!(found.iter().all(|one| one.grade == Grade::CertainlyNot && one.evidence.is_empty()));
    assert!(rank(&typed(NAME), &[]).is_empty());
}

proptest! {
    #[test]
    fn no_description_does_harm_and_certain_is_never_without_number(
        one in any::<String>(), other in any::<String>(), digits in "[0-9 .+a-z]{0,20}", year in any::<i16>(),
    ) {
        let mut query = typed(&one);
        query.person.birth_date = Some(BirthDate::Year(year));
        query.person.numbers.extend(Number::insurance_card(&digits));
        query.person.numbers.extend(Number::new(NumberKind::Phone, &digits));
        let agrees = query.person.numbers.iter().any(|number| record("").numbers.iter().any(|other| {
            other.kind() == number.kind() && other.digits() == number.digits()
        }));
        let found = rank(&query, &[record(&other), record(&one)]);
        prop_assert!(found.iter().map(|one| one.score).sum::<f64>() <= 1.0002);
        prop_assert!(agrees || found.iter().all(|one| one.grade < Grade::Certain));
    }
}
