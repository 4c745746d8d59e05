//! The book of one person while it is written: who it belongs to, who cares for them, where the entries go.

use jiff::civil::Date;

use crate::bundle::BundleText;
use crate::facility::Network;
use crate::household::Household;
use crate::people::Person;

/// What every writer of clinical entries needs.
pub(crate) struct Book<'a> {
    pub(crate) person: &'a Person,
    pub(crate) household: &'a Household,
    pub(crate) network: Network,
    pub(crate) bundle: &'a mut BundleText,
}

impl Book<'_> {
    /// Whether a day lies in the life of the person and not in the future.
    pub(crate) fn has_lived(&self, date: Date) -> bool {
        self.person.born <= date && date <= self.person.until
    }

    /// The year of the last day of the record.
    pub(crate) fn last_year(&self) -> i64 {
        i64::from(self.person.until.year())
    }
}
