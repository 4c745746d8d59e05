//! What a version says about access, as rows: who wrote it, its visit, labels of the visit, grants and denials of the book.

use access::{Authority, DenialFact, Facts, GrantFact, GrantSource, Grantee, Labels, Purpose};
use fhir::{LogicalId, ResourceType};
use search::Hasher;

use crate::parties::{MESSAGE, grantee_number, type_or_all, visit_number, visit_of};

/// Whose version it is and to which visit it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    /// 0 when it is not known yet.
    pub(crate) visit: i64,
    pub(crate) author: i64,
    /// 0 the server, 1 a citizen, 2 a facility.
    pub(crate) author_kind: i16,
}

/// A label that a version gives to its visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LabelRow {
    pub(crate) book: i64,
    pub(crate) visit: i64,
    pub(crate) label: i64,
    pub(crate) author: i64,
    pub(crate) key: i64,
}

/// When, for what and where a grant or denial holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) grantee: i64,
    pub(crate) begins: i64,
    pub(crate) ends: i64,
    pub(crate) purpose: i16,
    pub(crate) resource_type: i16,
    pub(crate) visit: i64,
    pub(crate) labels: i64,
}

/// A row of `book_grant` or `book_denial` without its book and resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FactRow {
    pub(crate) number: i32,
    /// The authority of a grant; of a denial whether it holds in an emergency.
    pub(crate) kind: i16,
    pub(crate) terms: Terms,
}

/// The grants and denials of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FactRows {
    pub(crate) grants: Vec<FactRow>,
    pub(crate) denials: Vec<FactRow>,
}

/// The number of the authority that stays through later versions.
pub(crate) const REGISTRATION: i16 = 12;

impl FactRows {
    /// What a version says. `patient`: whose book it is. What needs the word of somebody else is left out; the shared book entitles nobody.
    pub(crate) fn of(
        hasher: &Hasher,
        (book, patient): (i64, Option<&LogicalId>),
        facts: &Facts,
        stamp: &Stamp,
    ) -> Self {
        if book <= 0 {
            return Self::default();
        }
        let numbered = |index: usize| i32::try_from(index).unwrap_or(i32::MAX);
        let grants = facts.grants.iter().filter(|grant| counts(hasher, patient, grant, stamp)).enumerate();
        let denials = facts.denials.iter().enumerate();
        Self {
            grants: grants
                .map(|(index, grant)| FactRow {
                    number: numbered(index),
                    kind: grant.authority.number(),
                    terms: of_grant(hasher, grant),
                })
                .collect(),
            denials: denials
                .map(|(index, denial)| FactRow {
                    number: numbered(index),
                    kind: i16::from(denial.in_emergency),
                    terms: of_denial(hasher, denial),
                })
                .collect(),
        }
    }

    /// The rows of a later version, which keeps what registered the person.
    #[must_use]
    pub(crate) fn after(mut self, before: &Self) -> Self {
        let kept = before.grants.iter().filter(|row| row.kind == REGISTRATION).cloned();
        let kept: Vec<FactRow> = kept.filter(|row| !self.grants.contains(row)).collect();
        let next = self.grants.iter().map(|row| row.number + 1).max().unwrap_or(0);
        self.grants.extend((next..).zip(kept).map(|(number, row)| FactRow { number, ..row }));
        self
    }
}

/// Whether it is the word of somebody whose word counts.
fn counts(hasher: &Hasher, patient: Option<&LogicalId>, grant: &GrantFact, stamp: &Stamp) -> bool {
    let by_table = !matches!(grant.authority, Authority::Shared | Authority::Own);
    let counts = match grant.source {
        GrantSource::Anyone => true,
        GrantSource::NotGrantee => stamp.author != grantee_number(hasher, &grant.grantee),
        GrantSource::CitizenOrServer => stamp.author_kind != 2,
        GrantSource::GranteeOrServer => {
            stamp.author_kind == 0 || stamp.author == grantee_number(hasher, &grant.grantee)
        }
        GrantSource::Server => stamp.author_kind == 0,
    };
    // To whom a book is entrusted makes appointments, but opens it to nobody by them.
    let entrusted = grant.authority == Authority::Appointment
        && stamp.author_kind == 1
        && patient
            .is_none_or(|patient| stamp.author != grantee_number(hasher, &Grantee::Patient(patient.clone())));
    by_table && counts && !entrusted && stamp.author_kind != MESSAGE
}

fn of_grant(hasher: &Hasher, grant: &GrantFact) -> Terms {
    Terms {
        grantee: grantee_number(hasher, &grant.grantee),
        begins: grant.begins.microseconds(),
        ends: grant.ends.microseconds(),
        purpose: grant.purpose.map_or(0, Purpose::number),
        resource_type: type_or_all(grant.resource_type),
        visit: visit_of(hasher, grant.visit.as_ref()),
        labels: grant.labels.bits(),
    }
}

fn of_denial(hasher: &Hasher, denial: &DenialFact) -> Terms {
    let everybody = |grantee: Option<&Grantee>| grantee.map_or(0, |grantee| grantee_number(hasher, grantee));
    Terms {
        grantee: everybody(denial.grantee.as_ref()),
        begins: denial.begins.microseconds(),
        ends: denial.ends.microseconds(),
        purpose: denial.purpose.map_or(0, Purpose::number),
        resource_type: type_or_all(denial.resource_type),
        visit: visit_of(hasher, denial.visit.as_ref()),
        labels: denial.labels.bits(),
    }
}

/// The stamp of a version that is written by an author.
pub(crate) fn stamp(
    hasher: &Hasher,
    resource_type: ResourceType,
    id: &LogicalId,
    facts: &Facts,
    (author_kind, author): (i16, i64),
) -> Stamp {
    Stamp { visit: visit_number(hasher, resource_type, id, facts), author, author_kind }
}

/// The rows of the labels that a version gives to its visit, one for each.
pub(crate) fn label_rows(
    (book, key): (i64, i64),
    labels: Labels,
    stamp: &Stamp,
) -> impl Iterator<Item = LabelRow> + use<> {
    let Stamp { visit, author, .. } = *stamp;
    // What belongs to no book carries no labels.
    let bits = if book == 0 { 0 } else { labels.bits() };
    (0..63).map(|bit| 1_i64 << bit).filter(move |bit| bits & bit != 0).map(move |label| LabelRow {
        book,
        visit,
        label,
        author,
        key,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a broken premise of a test fails the test")]

    use fhir::Instant;

    use super::*;

    fn grant(source: GrantSource, authority: Authority) -> Facts {
        let grantee = Grantee::Organization(LogicalId::try_from("clinic").unwrap());
        let (begins, ends) = (Instant::from_microseconds(5), Instant::from_microseconds(9));
        let grant = GrantFact {
            grantee,
            authority,
            source,
            begins,
            ends,
            purpose: None,
            resource_type: None,
            labels: Labels::NONE,
            visit: None,
        };
        Facts { grants: vec![grant], ..Facts::default() }
    }

    #[test]
    fn a_word_counts_by_who_says_it() {
        let hasher = Hasher::new([7; 16]);
        let clinic = grantee_number(&hasher, &Grantee::Organization(LogicalId::try_from("clinic").unwrap()));
        let authors = [(0, 0), (1, 3), (2, clinic), (2, 4), (MESSAGE, 0)];
        for (source, expected) in [
            (GrantSource::Anyone, [true, true, true, true, false]),
            (GrantSource::CitizenOrServer, [true, true, false, false, false]),
            (GrantSource::GranteeOrServer, [true, false, true, false, false]),
            (GrantSource::Server, [true, false, false, false, false]),
        ] {
            for ((author_kind, author), expected) in authors.into_iter().zip(expected) {
                let stamp = Stamp { visit: 1, author, author_kind };
                let rows = FactRows::of(&hasher, (10, None), &grant(source, Authority::Consent), &stamp);
                assert_eq!(!rows.grants.is_empty(), expected, "{source:?} {author_kind}");
                let shared = FactRows::of(&hasher, (0, None), &grant(source, Authority::Consent), &stamp);
                assert_eq!(shared, FactRows::default(), "the shared book entitles nobody");
            }
        }
    }

    #[test]
    fn a_referral_to_oneself_opens_nothing() {
        let hasher = Hasher::new([7; 16]);
        let clinic = grantee_number(&hasher, &Grantee::Organization(LogicalId::try_from("clinic").unwrap()));
        let referral = grant(GrantSource::NotGrantee, Authority::Referral);
        for (author_kind, author, expected) in
            [(0, 0, 1), (1, 3, 1), (2, 4, 1), (2, clinic, 0), (MESSAGE, 0, 0)]
        {
            let stamp = Stamp { visit: 1, author, author_kind };
            let rows = FactRows::of(&hasher, (10, None), &referral, &stamp);
            assert_eq!(rows.grants.len(), expected, "{author_kind}");
        }
    }

    #[test]
    fn whoever_a_book_is_entrusted_to_opens_it_to_nobody_by_an_appointment() {
        let hasher = Hasher::new([7; 16]);
        let whose = LogicalId::try_from("whose").unwrap();
        let own = grantee_number(&hasher, &Grantee::Patient(whose.clone()));
        let appointment = grant(GrantSource::CitizenOrServer, Authority::Appointment);
        for (author_kind, author, expected) in [(0, 0, 1), (1, own, 1), (1, own ^ 1, 0), (2, 4, 0)] {
            let stamp = Stamp { visit: 1, author, author_kind };
            let rows = FactRows::of(&hasher, (10, Some(&whose)), &appointment, &stamp);
            assert_eq!(rows.grants.len(), expected, "{author_kind} {author}");
        }
    }

    #[test]
    fn what_belongs_to_no_book_carries_no_labels() {
        let stamp = Stamp { visit: 5, author: 3, author_kind: 2 };
        let labels = |book| label_rows((book, 7), Labels::ALL, &stamp).count();
        assert_eq!(labels(0), 0);
        assert_eq!(labels(10), Labels::ALL.bits().count_ones() as usize);
    }

    #[test]
    fn what_registered_the_person_stays() {
        let hasher = Hasher::new([7; 16]);
        let first = FactRows::of(
            &hasher,
            (10, None),
            &grant(GrantSource::Anyone, Authority::Registration),
            &Stamp::default(),
        );
        let home = FactRows::of(
            &hasher,
            (10, None),
            &grant(GrantSource::Anyone, Authority::HomeStation),
            &Stamp::default(),
        );
        let later = home.clone().after(&first);
        assert_eq!(later.grants.iter().map(|row| row.kind).collect::<Vec<_>>(), [8, REGISTRATION]);
        assert_eq!(later.grants.iter().map(|row| row.number).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(home.clone().after(&home), home, "nothing else stays");
    }
}
