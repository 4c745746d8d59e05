//! The health insurance card in its three living forms, and the Coverage resource.

use jiff::civil::Date;

use crate::book::Book;
use crate::calendar::{age, day_of};
use crate::chance::Key;
use crate::facility::payor_id;
use crate::numbers::social_insurance_number;
use crate::people::{Occupation, Person};
use crate::places::Place;
use crate::systems;

/// A health insurance card.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) number: String,
    kind: &'static str,
    valid_from: Date,
    valid_until: Date,
}

/// What the card of a person depends on.
pub(crate) struct Holder<'a> {
    pub(crate) nation: Key,
    pub(crate) person: Key,
    pub(crate) household: Key,
    pub(crate) serial: u64,
    pub(crate) citizen_number: &'a str,
    pub(crate) born: Date,
    pub(crate) occupation: Occupation,
    pub(crate) ethnic_group: &'a str,
    pub(crate) place: Place,
}

impl Card {
    /// The card of a person on a day; about one person in fifteen has none.
    pub(crate) fn draw(holder: &Holder, today: Date) -> Option<Card> {
        let mut chance = holder.person.draw("insurance");
        let years = age(holder.born, today);
        if years >= 6 && chance.per_thousand(70) {
            return None;
        }
        let (kind, benefit) = holder.group(years);
        let social = social_insurance_number(holder.nation, holder.serial);
        // Since August 2025 the citizen number is the card number; cards from before stay valid.
        let number = match chance.below(100) {
            0..62 => holder.citizen_number.to_owned(),
            62..86 => social,
            _ => format!("{kind}{benefit}{}{social}", holder.place.province.code),
        };
        let this_year = i64::from(today.year());
        let start = day_of(this_year, 0).max(holder.born);
        let valid_until = match kind {
            // Until the last day of September of the year in which the child turns six.
            "TE" => day_of(i64::from(holder.born.year()) + 6, 272),
            _ => day_of(this_year, 365),
        };
        Some(Card { number, kind, valid_from: if kind == "TE" { holder.born } else { start }, valid_until })
    }
}

impl Holder<'_> {
    /// Group of insured people, and the digit of the share that the fund pays.
    fn group(&self, years: i64) -> (&'static str, u8) {
        let poverty = self.household.draw("poverty").below(1000);
        let is_remote = self.ethnic_group != "01" && !self.place.ward.is_urban;
        match self.occupation {
            _ if years < 6 => ("TE", 1),
            Occupation::Soldier => ("QN", 5),
            _ if poverty < 35 => ("HN", 2),
            _ if is_remote => ("DT", 2),
            _ if years >= 80 => ("BT", 2),
            _ if poverty < 75 => ("CN", 3),
            Occupation::Student if years < 18 => ("HS", 4),
            Occupation::Student => ("SV", 4),
            Occupation::Worker | Occupation::Professional => ("DN", 4),
            Occupation::Administration | Occupation::Health => ("HC", 4),
            Occupation::Retired if poverty < 450 => ("HT", 3),
            _ => ("GD", 4),
        }
    }
}

/// Writes the Coverage of the person, if there is one.
pub(crate) fn write_coverage(book: &mut Book) {
    let Person { key, id, card, .. } = book.person;
    let Some(card) = card else { return };
    let station = book.network.station;
    book.bundle.resource("Coverage", key.child("coverage", 0).id(), |json| {
        json.claim(systems::COVERAGE_PROFILE);
        json.list("extension", |json| {
            json.item(|json| {
                json.plain("url", systems::CARD_TYPE_EXTENSION);
                json.concept("valueCodeableConcept", systems::CARD_TYPE, card.kind, "", "");
            });
            json.item(|json| {
                json.plain("url", systems::PRIMARY_FACILITY_EXTENSION);
                json.object("valueReference", |json| {
                    json.reference_members("Organization", station.id());
                    json.object("identifier", |json| {
                        json.identifier(systems::FACILITY_CODE, station.code());
                    });
                });
            });
        });
        json.list_of_one("identifier", |json| json.identifier(systems::INSURANCE_CARD, &card.number));
        json.plain("status", "active");
        json.concept("type", systems::ACT_CODE, "PUBLICPOL", "public healthcare", "Bảo hiểm y tế");
        json.reference("subscriber", "Patient", *id);
        json.plain("subscriberId", &card.number);
        json.reference("beneficiary", "Patient", *id);
        json.concept("relationship", systems::SUBSCRIBER, "self", "Self", "");
        json.period("period", card.valid_from, Some(card.valid_until));
        json.list_of_one("payor", |json| json.reference_members("Organization", payor_id()));
    });
}
