//! The whole book of one person, in the order in which a reader would tell it.

use crate::acute_care::write_acute_care;
use crate::allergy::write_allergy;
use crate::book::Book;
use crate::bundle::BundleText;
use crate::check_up::write_check_ups;
use crate::chronic_care::write_chronic_care;
use crate::condition::write_long_illness;
use crate::facility::Network;
use crate::household::Household;
use crate::insurance::write_coverage;
use crate::maternity::{write_birth, write_maternity};
use crate::next_visit::write_next_visit;
use crate::patient::{write_guardians, write_patient};
use crate::vaccination::write_vaccinations;

/// Writes the books of all members of a household.
pub(crate) fn write_household(household: &Household, bundle: &mut BundleText) {
    let network = Network::of(household.place);
    for person in &household.members {
        let mut book = Book { person, household, network, bundle };
        write_patient(&mut book);
        write_guardians(&mut book);
        write_coverage(&mut book);
        write_allergy(&mut book);
        for long in &person.illnesses {
            write_long_illness(&mut book, long);
        }
        write_birth(&mut book);
        write_vaccinations(&mut book);
        write_maternity(&mut book);
        write_check_ups(&mut book);
        write_chronic_care(&mut book);
        write_acute_care(&mut book);
        write_next_visit(&mut book);
    }
}
