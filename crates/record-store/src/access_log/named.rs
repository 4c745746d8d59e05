//! In whose book there is what a request names: looked up for everything that is named, whether it is there or not.

use std::collections::{BTreeMap, HashMap};

use diesel::sql_types::{BigInt, Binary, SmallInt};
use fhir::{LogicalId, ResourceType};
use search::Named;

use crate::store::{Store, few, select};
use crate::stored::{type_of, unpack_id};
use crate::{StoreError, query};

/// Of what is named: the type and the book of each that there is.
pub(super) type Places = HashMap<Named, Vec<(ResourceType, i64)>>;

/// Rows that one statement looks for at the most.
const TOGETHER: usize = 1_024;
/// Rows that take less than handing the statement to another thread.
const FEW: usize = 128;

impl Store {
    /// Looks up what is not known yet. Of what was `refused` in the database in any case: how long an answer takes must not tell
    /// whether somebody is known.
    pub(super) async fn find_places(
        &self,
        named: &[&Named],
        refused: bool,
        places: &mut Places,
    ) -> Result<(), StoreError> {
        let mut missing: BTreeMap<&[ResourceType], Vec<&LogicalId>> = BTreeMap::new();
        for named in named {
            if places.contains_key(*named) {
                continue;
            }
            let may_be_known = named.types == [ResourceType::PATIENT] && !refused;
            match self.known_books.get(&named.id).filter(|_| may_be_known) {
                Some(book) => {
                    places.insert((*named).clone(), vec![(ResourceType::PATIENT, book)]);
                }
                None => missing.entry(&named.types).or_default().push(&named.id),
            }
        }
        let registry = self.registry();
        for (types, ids) in missing {
            let any: Vec<ResourceType> = match types {
                [] => ResourceType::all().filter(|kind| registry.lies_in_books(*kind)).collect(),
                types => types.to_vec(),
            };
            for ids in ids.chunks((TOGETHER / any.len().max(1)).max(1)) {
                let statement = query::books_of_ids(&registry, &any, ids);
                let rows: Vec<(i16, Vec<u8>, i64)> = match ids.len() * any.len() <= FEW {
                    true => few!(self, statement, (SmallInt, Binary, BigInt))?,
                    false => select!(self, statement, (SmallInt, Binary, BigInt))?,
                };
                for id in ids {
                    places.insert(Named { types: types.to_vec(), id: (*id).clone() }, Vec::new());
                }
                for (kind, id, book) in rows {
                    let (kind, id) = (type_of(kind)?, unpack_id(&id)?);
                    if kind == ResourceType::PATIENT {
                        self.known_books.add(&id, book);
                    }
                    if let Some(found) = places.get_mut(&Named { types: types.to_vec(), id }) {
                        found.push((kind, book));
                    }
                }
            }
        }
        Ok(())
    }
}
