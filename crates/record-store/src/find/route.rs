//! Which way to the matches: the clause with the fewest candidates, or an index in the wanted order.
//!
//! Neither database knows how selective a hashed value is, so the clauses are asked: each is counted up to a small
//! limit. If one gives few candidates they are all taken, else matches are so frequent that following an order finds a
//! page of them soon.

use diesel::sql_types::{BigInt, Integer};
use search::{Clause, Registry, SearchPlan};

use crate::StoreError;
use crate::query::{self, Class, Conditions, Gate, Route, can_walk, class, first};
use crate::store::{Store, select};

/// Candidates that are always all taken.
const FEW: u32 = 200;
/// Candidates that are all taken when matches are rare among what an order gives.
pub(super) const SOME: u32 = 5_000;
/// Candidates that are tested to learn how frequent matches are.
const SAMPLE: u32 = 200;
/// Matches among them that make a page likely within a thousand candidates.
const SAMPLE_HITS: i64 = 4;
/// Candidates that are counted to choose how to count.
pub(super) const MANY: u32 = 20_000;

impl Store {
    /// Chooses a route. `limit` is the number of candidates up to which a clause is worth starting from.
    pub(super) async fn route(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        book: Option<i64>,
        limit: u32,
    ) -> Result<Route, StoreError> {
        let registry = &*self.registry();
        if book.is_some() || gate.books().is_some() {
            return Ok(Route { driver: in_book(registry, &plan.clauses), walk: false });
        }
        let classes: Vec<Class> = plan.clauses.iter().map(|clause| class(registry, clause)).collect();
        let best = first(registry, &plan.clauses);
        let best_class = best.and_then(|index| classes.get(index)).copied();
        let candidates: Vec<usize> = (0..classes.len())
            .filter(|index| classes.get(*index).is_some_and(|class| *class != Class::None))
            .collect();
        match (best_class, candidates.as_slice()) {
            (None, _) => return Ok(Route { driver: None, walk: can_walk(plan) }),
            (Some(Class::Unique), _) => return Ok(Route { driver: best, walk: false }),
            (Some(Class::Ordered), [_]) if plan.sort.is_empty() => {
                return Ok(Route { driver: best, walk: false });
            }
            _ => {}
        }
        let statement = query::probe(&mut Conditions::new(registry, gate), plan, &candidates, limit);
        let counts: Vec<(i32, i64)> = select!(self, statement, (Integer, BigInt))?;
        let fewest = counts.iter().min_by_key(|(_, count)| *count);
        let (few, smallest) = match fewest {
            Some((index, count)) => (*count, usize::try_from(*index).ok()),
            None => (i64::MAX, None),
        };
        let from_smallest = Route { driver: smallest, walk: false };
        // Where there are no more than a page holds, an order would be followed to its end in search of the rest.
        let fills_no_page = few < i64::from(limit) && few <= i64::from(plan.count);
        if few < i64::from(FEW) || fills_no_page || limit == MANY {
            return Ok(from_smallest);
        }
        // Many candidates wherever one begins. Following an order ends soon if matches are frequent in it.
        let follow = if plan.sort.is_empty() {
            // Values that are not in the order of the pages are not worth sorting then.
            Route { driver: best.filter(|_| best_class == Some(Class::Ordered)), walk: false }
        } else if can_walk(plan) {
            Route { driver: None, walk: true }
        } else {
            return Ok(from_smallest);
        };
        if few >= i64::from(limit) {
            return Ok(follow);
        }
        let seen = query::sample(&mut Conditions::new(registry, gate), plan, follow, SAMPLE);
        let hits: Vec<(i64,)> = select!(self, seen, (BigInt,))?;
        let frequent = hits.first().is_some_and(|(hits,)| *hits >= SAMPLE_HITS);
        Ok(if frequent { follow } else { from_smallest })
    }
}

/// Inside of one book only what has the book in its key is worth starting from; the reference to the book's patient
/// says nothing more.
fn in_book(registry: &Registry, clauses: &[Clause]) -> Option<usize> {
    let rank = |clause: &Clause| match clause {
        Clause::Id(_) | Clause::Members(..) | Clause::Places(_) => Some(0),
        Clause::Token { .. } if class(registry, clause) != Class::None => Some(1),
        Clause::Reference { slots, .. } if !slots.is_empty() && !registry.decides_book(slots) => Some(2),
        Clause::Check { superset, .. } => match &**superset {
            Clause::Token { .. } if class(registry, superset) != Class::None => Some(1),
            _ => None,
        },
        _ => None,
    };
    let ranked = clauses.iter().enumerate().filter_map(|(index, clause)| Some((rank(clause)?, index)));
    ranked.min().map(|(_, index)| index)
}
