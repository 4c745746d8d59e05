//! The nation: facilities first, then household after household, each made when it is asked for.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bundle::BundleText;
use crate::chance::Key;
use crate::facility::{Facility, Network};
use crate::facility_bundle::{national_bundle, province_bundle};
use crate::household::{Household, NEIGHBOURS, place_of};
use crate::life::write_household;
use crate::plan::Plan;
use crate::{NationBundle, Settings};

/// The people for whom there are enough distinct test numbers.
pub const MOST_PEOPLE: u32 = 30_000_000;

/// A synthetic nation. It holds no people: everything is computed from the settings when it is asked for.
pub struct Nation {
    pub(crate) key: Key,
    pub(crate) today: Date,
    pub(crate) people: usize,
    pub(crate) households: u64,
}

impl Nation {
    /// The nation of these settings, with at most [`MOST_PEOPLE`] people.
    ///
    /// Counts the households once, which takes about a microsecond for each.
    pub fn new(settings: Settings) -> Nation {
        let key = Key::root(settings.seed);
        let people = settings.people.min(MOST_PEOPLE) as usize;
        let mut households = 0;
        let mut counted = 0;
        while counted < people {
            counted += Plan::count(key, households, settings.today);
            households += 1;
        }
        Nation { key, today: settings.today, people, households }
    }

    /// The number of people.
    pub fn people(&self) -> usize {
        self.people
    }

    /// The number of bundles that [`Nation::bundles`] will give.
    pub fn bundle_count(&self) -> usize {
        1 + self.facilities_by_province().len() + self.households as usize
    }

    /// All bundles, one at a time: the payor, the facilities of each province, then each household.
    ///
    /// Every bundle refers only to itself and to the facilities, so bundles of households can be loaded in any order.
    pub fn bundles(&self) -> impl Iterator<Item = NationBundle> + '_ {
        let facilities = self
            .facilities_by_province()
            .into_iter()
            .map(|(province, facilities)| province_bundle(province, &facilities));
        let households = self.household_list().enumerate().map(|(number, household)| {
            let mut bundle = BundleText::new();
            write_household(&household, &mut bundle);
            bundle.finish(format!("household-{number:08}"))
        });
        std::iter::once(national_bundle()).chain(facilities).chain(households)
    }

    /// The households; the last one may be cut to meet the number of people.
    pub(crate) fn household_list(&self) -> impl Iterator<Item = Household> + '_ {
        let mut left = self.people;
        (0..self.households).filter_map(move |index| {
            let household = Household::draw(self.key, index, self.today, left)?;
            left -= household.members.len();
            Some(household)
        })
    }

    /// The facilities that serve the communes of the nation, by province and code.
    pub(crate) fn facilities_by_province(&self) -> BTreeMap<&'static str, Vec<Facility>> {
        let mut found: BTreeMap<&'static str, BTreeMap<String, Facility>> = BTreeMap::new();
        for neighbourhood in 0..self.households.div_ceil(NEIGHBOURS) {
            let Some(place) = place_of(self.key, neighbourhood * NEIGHBOURS) else {
                continue;
            };
            let province = found.entry(place.province.code).or_default();
            for facility in Network::of(place).facilities() {
                province.entry(facility.code()).or_insert(facility);
            }
        }
        found
            .into_iter()
            .map(|(province, facilities)| (province, facilities.into_values().collect()))
            .collect()
    }
}
