//! The resource at the beginning of the path of a query: in whose entries it stands. Whoever reads the own log is not told by it
//! whom else somebody has asked about.

use audit_log::Entry;
use fhir::{LogicalId, ResourceType};
use search::Named;

use super::journal::Shown;
use super::named::Places;
use crate::StoreError;
use crate::store::Store;

/// Digits of a citizen number.
const DIGITS: usize = 12;

/// A path that begins with a resource: `Patient/[id]/Observation`.
struct Path<'q> {
    kind: ResourceType,
    id: LogicalId,
    /// What follows the id.
    rest: &'q str,
}

impl<'q> Path<'q> {
    fn of(query: &'q str) -> Option<Self> {
        let (kind, rest) = query.split_once('/')?;
        let (id, _) = rest.split_once('/')?;
        let id = LogicalId::try_from(id).ok()?;
        Some(Self { kind: kind.parse().ok()?, rest: rest.get(id.as_str().len()..)?, id })
    }

    fn without_id(&self) -> String {
        format!("{}/*{}", self.kind, self.rest)
    }
}

/// A query without the id of the resource at its beginning: `Patient/*/Observation`. `None` where it begins with none.
pub fn without_id(query: &str) -> Option<String> {
    Path::of(query).map(|path| path.without_id())
}

/// Whether an id has the form of a citizen number. What is nowhere is no id then, but may be the number of somebody.
pub(super) fn may_be_a_number(id: &LogicalId) -> bool {
    id.as_str().len() == DIGITS && id.as_str().bytes().all(|byte| byte.is_ascii_digit())
}

impl Store {
    /// Takes the id out of the path of an entry where it is that of a resource of another book than the one in which the entry
    /// stands.
    pub(super) async fn keep_path_of_own(
        &self,
        entry: &mut Entry<'_>,
        book: i64,
        shown: Option<&Shown>,
        places: &mut Places,
    ) -> Result<(), StoreError> {
        let Some(path) = Path::of(&entry.query) else { return Ok(()) };
        let is_shown =
            |shown: &Shown| shown.named.iter().any(|(kind, id, _)| (*kind, id) == (path.kind, &path.id));
        if book == 0 && may_be_a_number(&path.id) && !self.registry().lies_in_books(path.kind) {
            entry.query = path.without_id().into();
            return Ok(());
        }
        if !self.registry().lies_in_books(path.kind)
            || shown.is_some_and(is_shown)
            || *entry.resource == format!("{}/{}", path.kind, path.id)
        {
            return Ok(());
        }
        let without_id = path.without_id();
        let named = Named::from((path.kind, path.id));
        self.find_places(&[&named], false, places).await?;
        if book == 0 || !places.get(&named).into_iter().flatten().any(|(_, its)| *its == book) {
            entry.query = without_id.into();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_out_of_a_path_that_begins_with_a_resource() {
        for (query, expected) in [
            ("Patient/p/Observation?_id", Some("Patient/*/Observation?_id")),
            ("Patient/p/*/_history", Some("Patient/*/*/_history")),
            ("Encounter/e/$validate", Some("Encounter/*/$validate")),
            ("Patient?_id", None),
            ("AuditEvent/log-7", None),
            ("transparency/proof/7", None),
            ("access/relations", None),
        ] {
            assert_eq!(without_id(query).as_deref(), expected, "{query}");
        }
    }

    #[test]
    fn twelve_digits_are_no_id() {
        let of = |text: &str| may_be_a_number(&LogicalId::try_from(text).unwrap());
        assert!(of("099153539727"));
        assert!(!of("09915353972") && !of("0991535397270") && !of("09915353972a"));
    }
}
