//! The grants that entries name, as the writer of the log knows them.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Binary, SmallInt};

use super::authority::Granted;
use crate::query;
use crate::statement::Statement;

/// A grant as [`entitlements`](query::entitlements) gives it: book and grantee, authority, begin and end; purpose, type and
/// visit; type and id of the resource that says so.
pub(crate) type GrantRow = ((i64, i64, i16, i64, i64), (i16, i16, i64), (i16, Vec<u8>));
/// Its SQL types.
pub(crate) type GrantTypes =
    ((BigInt, BigInt, SmallInt, BigInt, BigInt), (SmallInt, SmallInt, BigInt), (SmallInt, Binary));

/// A book and who is to be entitled to it.
pub(super) type Pair = (i64, i64);

/// Grants and pairs that are known at most. Who asks for one book asks for more of it soon, and others come then.
const MOST_KNOWN: usize = 16_384;

/// What is known of the grants of some pairs. It is right for as long as nothing is written.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// Those of a pair that had not ended at a moment, in the order of the statement, and that moment.
    of_pairs: BTreeMap<Pair, (i64, Vec<GrantRow>)>,
    rows: usize,
}

/// What must be read before entries can be framed.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    pairs: Vec<Pair>,
    from: i64,
}

impl Missing {
    /// The statements that read it. Their rows are of [`GrantTypes`].
    pub(crate) fn statements(&self) -> impl Iterator<Item = Statement> {
        self.pairs.chunks(query::MOST_ENTITLED).map(|pairs| query::entitlements(pairs, self.from))
    }
}

impl Grants {
    /// What is not known of some rights.
    pub(super) fn missing<'r>(&self, rights: impl Iterator<Item = &'r Granted>) -> Missing {
        let (mut pairs, mut from) = (Vec::new(), i64::MAX);
        for right in rights {
            // What had ended before it was read may have held when this was shown; and where not all were read, others
            // come in the place of those that have ended since.
            let is_known = |(since, rows): &(i64, Vec<GrantRow>)| {
                *since <= right.at() && rows.len() < usize::from(query::MOST_GRANTS)
            };
            if !self.of_pairs.get(&right.pair()).is_some_and(is_known) {
                pairs.push(right.pair());
                from = from.min(right.at());
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        Missing { pairs, from }
    }

    /// Takes in what was missing and what was read of it.
    pub(crate) fn learn(&mut self, missing: Missing, rows: Vec<GrantRow>) {
        for pair in missing.pairs {
            if let Some((_, before)) = self.of_pairs.insert(pair, (missing.from, Vec::new())) {
                self.rows -= before.len();
            }
        }
        self.rows += rows.len();
        for row in rows {
            if let Some((_, of_pair)) = self.of_pairs.get_mut(&(row.0.0, row.0.1)) {
                of_pair.push(row);
            }
        }
    }

    /// Those of a pair.
    pub(super) fn of(&self, pair: Pair) -> &[GrantRow] {
        self.of_pairs.get(&pair).map_or(&[], |(_, rows)| rows)
    }

    /// Forgets everything: something was written.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Forgets everything when it has become much.
    pub(crate) fn stay_small(&mut self) {
        if self.of_pairs.len() + self.rows > MOST_KNOWN {
            self.forget();
        }
    }
}
