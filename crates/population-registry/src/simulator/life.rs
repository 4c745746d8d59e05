//! What happens to one person: each event is drawn from person and place alone, and changes the record.

use jiff::civil::Date;
use synthetic_nation::{Chance, Citizens, Home, Issue};

use crate::{Address, BirthDate, Demographics, EventKind, Name, PersonalNumber, Relative, Status};

/// People between somebody and the one whose number may turn out to be theirs: the same age and sex, a block before.
const BLOCK: u64 = 200;

/// Born so late that the registry learns of it by an event.
pub(super) const BORN_LATE: i16 = 2025;

/// An address.
pub(super) fn address(home: &Home) -> Address {
    Address {
        province: Some(home.province.to_owned()),
        ward: Some(home.ward.to_owned()),
        line: Some(home.line.clone()),
        country: Some("VN".to_owned()),
    }
}

/// A relative as the registry notes one: by the first name and number.
pub(super) fn relative(people: &Citizens, person: u64) -> Option<Relative> {
    let name = people.name(person, 0)?;
    let parts: Vec<&str> = [Some(name.family), name.middle, Some(name.given)].into_iter().flatten().collect();
    let number = PersonalNumber::try_from(people.number(person, Issue::First)?).ok();
    Some(Relative { name: parts.join(" "), number })
}

/// Lets the event of this place happen to a person.
pub(super) fn happen(people: &Citizens, person: u64, sequence: u64, record: &mut Demographics) -> EventKind {
    let mut chance = people.chance("event", person.wrapping_mul(1 << 20).wrapping_add(sequence));
    if sequence == 1 && record.birth_date.year() == BORN_LATE {
        return EventKind::Birth;
    }
    if record.status != Status::Alive {
        // Only a correction brings back.
        if chance.per_thousand(100) {
            record.status = Status::Alive;
        } else {
            record.marital_status = Some(format!("{}", 1 + chance.below(5)));
        }
        return EventKind::Correction;
    }
    match chance.below(1_000) {
        0..20 => {
            let month = i8::try_from(chance.between(1, 11)).unwrap_or(1);
            let on = Date::new(2026, month, 1).ok().map(BirthDate::Day);
            record.status = Status::Dead { on };
            EventKind::Death
        }
        20..40 => {
            merge(people, person, record).unwrap_or_else(|| correct(people, person, &mut chance, record))
        }
        40..70 => {
            reissue(people, person, record).unwrap_or_else(|| correct(people, person, &mut chance, record))
        }
        70..130 => {
            let guardian = chance.below(people.count().max(1));
            let is_ended = record.relationships.representative.is_some() || guardian == person;
            record.relationships.representative = if is_ended { None } else { relative(people, guardian) };
            EventKind::Guardianship
        }
        130..250 => {
            if let Some(name) = people.name(person, sequence) {
                record.name.middle = name.middle.map(str::to_owned);
                record.name.given = name.given.to_owned();
            }
            EventKind::Name
        }
        250..500 => {
            let line = people.home("address", chance.below(1 << 40)).map(|home| home.line);
            for address in [&mut record.permanent, &mut record.current].into_iter().flatten() {
                address.line.clone_from(&line);
            }
            EventKind::Address
        }
        500..750 => {
            let home = people.home("move", chance.below(1 << 40)).map(|home| address(&home));
            // Some only live elsewhere, others are registered there.
            if chance.per_thousand(500) {
                record.permanent.clone_from(&home);
            }
            record.current = home;
            EventKind::Move
        }
        _ => correct(people, person, &mut chance, record),
    }
}

fn correct(people: &Citizens, person: u64, chance: &mut Chance, record: &mut Demographics) -> EventKind {
    match chance.below(4) {
        0 => {
            let day = (chance.between(1, 12), chance.between(1, 28));
            let (month, day) = (i8::try_from(day.0).unwrap_or(1), i8::try_from(day.1).unwrap_or(1));
            if let Ok(date) = Date::new(record.birth_date.year(), month, day) {
                record.birth_date = BirthDate::Day(date);
            }
        }
        1 => record.marital_status = Some(format!("{}", 1 + chance.below(5))),
        2 => record.origin = people.home("origin", chance.below(1 << 40)).map(|home| address(&home)),
        _ => {
            let name = people.name(person, u64::MAX - chance.below(1 << 20));
            if let Some(name) = name {
                record.name = Name { given: name.given.to_owned(), ..record.name.clone() };
            }
        }
    }
    EventKind::Correction
}

/// The number turns out to be a second one of somebody in the block before, who is never replaced.
fn merge(people: &Citizens, person: u64, record: &mut Demographics) -> Option<EventKind> {
    if (person / BLOCK).is_multiple_of(2) {
        return None;
    }
    let number = people.number(person.checked_sub(BLOCK)?, Issue::First)?;
    record.status = Status::ReplacedBy { number: PersonalNumber::try_from(number).ok()? };
    Some(EventKind::Merge)
}

/// Once in a life.
fn reissue(people: &Citizens, person: u64, record: &mut Demographics) -> Option<EventKind> {
    let number = PersonalNumber::try_from(people.number(person, Issue::Second)?).ok()?;
    if record.number == number {
        return None;
    }
    let former = std::mem::replace(&mut record.number, number);
    record.former_numbers.push(former);
    Some(EventKind::Reissue)
}
