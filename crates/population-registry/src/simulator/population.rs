//! The people, as the registry knows them after any number of events.

use fhir::Instant;
use synthetic_nation::{Citizens, Issue};

use super::life::{BORN_LATE, address, happen, relative};
use super::{Simulator, events};
use crate::{BirthDate, Demographics, Event, EventKind, Name, PersonalNumber, Relationships, Sex, Status};

/// The people of a seed. Nobody is kept: everybody is computed when asked for.
#[derive(Debug, Clone, Copy)]
pub struct Population {
    citizens: Citizens,
}

/// What the sequential model says about a person: the record after so many events of the population, and its version,
/// which is the number of events of the person. `None` for somebody who is not born yet, or not among the people.
pub fn model_after(seed: u64, people: u64, events: u64, person: u64) -> Option<(Demographics, u64)> {
    Population::new(seed, people).model_after(events, person)
}

impl Population {
    /// So many people of a seed, at most 100,000,000.
    pub fn new(seed: u64, people: u64) -> Self {
        Self { citizens: Citizens::new(seed, people) }
    }

    /// How many people, those who are not born yet included.
    pub fn count(&self) -> u64 {
        self.citizens.count()
    }

    /// The people behind them.
    pub(super) fn citizens(&self) -> &Citizens {
        &self.citizens
    }

    /// The person behind the key of an event.
    pub fn person_of_key(&self, key: &str) -> Option<u64> {
        key.strip_prefix("p-")?.parse().ok().filter(|person| *person < self.count())
    }

    /// Record and version of a person after so many events of the population.
    pub fn model_after(&self, events: u64, person: u64) -> Option<(Demographics, u64)> {
        if person >= self.count() {
            return None;
        }
        let version = events::count_of(&self.citizens, events, person);
        let (record, _) = self.after(person, version)?;
        let is_born = version > 0 || record.birth_date.year() != BORN_LATE;
        is_born.then_some((record, version))
    }

    /// Whose number it is after so many events, with record and version.
    pub fn find(&self, events: u64, number: &PersonalNumber) -> Option<(u64, Demographics, u64)> {
        let (person, _) = self.citizens.find(number.as_str())?;
        let (record, version) = self.model_after(events, person)?;
        // A second number is nobody's before it is given.
        record.has_number(number).then_some((person, record, version))
    }

    /// The record after so many events of the person, and the kind of the last one.
    fn after(&self, person: u64, version: u64) -> Option<(Demographics, Option<EventKind>)> {
        let mut record = self.at_first(person)?;
        let mut kind = None;
        for sequence in 1..=version {
            kind = Some(happen(&self.citizens, person, sequence, &mut record));
        }
        Some((record, kind))
    }

    fn at_first(&self, person: u64) -> Option<Demographics> {
        let people = &self.citizens;
        let citizen = people.citizen(person)?;
        let mut chance = people.chance("at first", person);
        let born = citizen.born;
        // Of some of the old only the year is known.
        let birth_date = if born.year() < 1960 && chance.per_thousand(100) {
            BirthDate::Year(born.year())
        } else {
            BirthDate::Day(born)
        };
        let is_dead = born.year() < 1951 && chance.per_thousand(300);
        let home = address(&citizen.home);
        let near = |person: Option<u64>| person.and_then(|person| relative(people, person));
        let kin = citizen.kin;
        let is_adult = born.year() < 2008;
        Some(Demographics {
            number: PersonalNumber::try_from(citizen.number).ok()?,
            former_numbers: Vec::new(),
            old_number: (born.year() < 2002).then(|| format!("99{:07}", person % 10_000_000)),
            name: Name {
                family: citizen.name.family.to_owned(),
                middle: citizen.name.middle.map(str::to_owned),
                given: citizen.name.given.to_owned(),
            },
            sex: match citizen.sex {
                synthetic_nation::Sex::Male => Sex::Male,
                synthetic_nation::Sex::Female => Sex::Female,
            },
            birth_date,
            status: if is_dead { Status::Dead { on: Some(BirthDate::Year(2020)) } } else { Status::Alive },
            ethnic_group: Some(citizen.ethnic_group.to_owned()),
            marital_status: Some(if kin.spouse.is_some() { "2" } else { "1" }.to_owned()),
            nationality: Some("VN".to_owned()),
            birth_place: people.home("birth", person).map(|home| address(&home)),
            origin: Some(crate::Address { line: None, ..home.clone() }),
            permanent: Some(home.clone()),
            current: Some(home),
            relationships: Relationships {
                father: near(kin.father),
                mother: near(kin.mother),
                spouse: near(kin.spouse),
                representative: if is_adult { None } else { near(kin.mother.or(kin.father)) },
                head: near(kin.head),
                head_relation: kin.head.map(|head| if head == person { "01" } else { "10" }.to_owned()),
            },
        })
    }
}

impl Simulator {
    /// An event with its record.
    pub fn event(&self, event: u64) -> Option<Event> {
        let population = self.population();
        let (person, sequence) = events::of_event(population.citizens(), event);
        let (record, kind) = population.after(person, sequence)?;
        let emitted = self.emitted(event);
        let delay = population.citizens().chance("delay", event).below(3 * 24 * 3_600);
        let delay = i64::try_from(delay).unwrap_or(0).saturating_mul(1_000_000);
        Some(Event {
            id: format!("e-{event}"),
            person: format!("p-{person:09}"),
            sequence,
            version: sequence,
            kind: kind?,
            occurred: Instant::from_microseconds(emitted.microseconds().saturating_sub(delay)),
            emitted,
            record,
        })
    }

    /// The number that somebody had first.
    pub fn first_number(&self, person: u64) -> Option<String> {
        self.population().citizens().number(person, Issue::First)
    }
}
