//! From an access to what a statement tests.

use std::sync::Arc;

use access::{Access, Author, Authority, Purpose, Reach};
use search::Registry;

use super::{Gate, Kind, Limits, Right, filter};
use crate::parties::{author_number, grantee_number};
use crate::shield::Sight;

/// The numbers of the books that an access names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// The own book and those that it replaces; none where there is no such book.
    pub(crate) own: Vec<i64>,
    /// The only book and those that it replaces; none where there is no such book.
    pub(crate) within: Vec<i64>,
}

impl Gate {
    /// What `reach` of an access lets through: [`Access::visible`] or [`Access::writable`].
    pub(crate) fn new(registry: &Arc<Registry>, access: &Access, reach: &Reach, places: Places) -> Self {
        if is_everything(access, reach) {
            return Self::EVERYTHING;
        }
        let rights = match reach {
            Reach::Everything => None,
            Reach::Lines(lines) => {
                let mut rights: Vec<Right> = Vec::new();
                for line in lines.iter() {
                    let kind = match line.authority {
                        Authority::Shared => Kind::Shared,
                        Authority::Own => Kind::Own,
                        other => Kind::Granted(vec![other.number()]),
                    };
                    if line.types.is_empty()
                        || kind == Kind::Own && places.own.is_empty()
                        || matches!(kind, Kind::Granted(_)) && access.grantee().is_none()
                    {
                        continue;
                    }
                    let right = Right {
                        kind,
                        types: line.types,
                        labels: line.labels,
                        own_labels: line.own_labels.without(line.labels),
                    };
                    join(&mut rights, right);
                }
                Some(rights)
            }
        };
        let hasher = registry.hasher();
        let author = match access.author() {
            author @ Author::Facility(_) => Some(author_number(hasher, author)),
            Author::Server | Author::Citizen(_) | Author::Message => None,
        };
        Self(Some(Arc::new(Limits {
            registry: Arc::clone(registry),
            rights,
            own: places.own,
            grantee: access.grantee().map(|grantee| grantee_number(hasher, grantee)),
            author,
            purpose: access.purpose().map_or(0, Purpose::number),
            emergency: access.purpose() == Some(Purpose::BreakTheGlass),
            now: access.at().microseconds(),
            within: access.within().map(|_| places.within),
            filters: access.filters().iter().map(|limit| filter::read(registry, limit)).collect(),
            sight: Sight::of(access),
            granted: None,
        })))
    }
}

/// Whether nothing is hidden.
pub(crate) fn is_everything(access: &Access, reach: &Reach) -> bool {
    *reach == Reach::Everything
        && access.within().is_none()
        && access.filters().is_empty()
        && access.sees_shielded()
}

/// Adds a line to those that differ in the authority alone, or in the types alone.
fn join(rights: &mut Vec<Right>, right: Right) {
    for known in rights.iter_mut() {
        if known.labels != right.labels || known.own_labels != right.own_labels {
            continue;
        }
        if known.kind == right.kind {
            known.types = known.types.or(&right.types);
            return;
        }
        if let (Kind::Granted(known_by), Kind::Granted(by)) = (&mut known.kind, &right.kind)
            && known.types == right.types
        {
            known_by.extend(by);
            known_by.sort_unstable();
            known_by.dedup();
            return;
        }
    }
    rights.push(right);
}
