//! Asks both worlds the same random queries and compares.

use std::collections::BTreeMap;

use super::asking::{Pool, asking};
use super::compare::{Difference, compare};
use super::dice::Dice;
use super::population::Step;
use super::query::Query;
use super::world::World;
use super::writing::writing;

/// So many of a hundred queries would change something.
const WRITES: usize = 15;

/// A found difference.
pub struct Found {
    pub number: usize,
    pub query: Query,
    pub difference: Difference,
}

impl std::fmt::Display for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "query {}:\n{}\n\n{}", self.number, self.query, self.difference.shown())
    }
}

/// Two worlds.
pub struct Pair {
    pub dice: Dice,
    pool: Pool,
    pub with: World,
    pub without: World,
    /// How often which status was told.
    pub told: BTreeMap<u16, usize>,
    /// Entries of Bundles that were compared.
    pub entries: usize,
}

impl Pair {
    /// Both are copies of the same, filled by these steps. Nobody has to sign in yet.
    pub fn new(dice: Dice, empty: &World, with: &[Step], without: &[Step]) -> Self {
        let (mut one, mut other) = (empty.copy(), empty.copy());
        one.fill(with);
        other.fill(without);
        let pool = Pool::new(&one.cast, with);
        Self { dice, pool, with: one, without: other, told: BTreeMap::new(), entries: 0 }
    }

    /// A random query.
    pub fn draw(&mut self, writes: usize) -> Query {
        if self.dice.chance(writes) {
            writing(&mut self.dice, &self.pool)
        } else {
            asking(&mut self.dice, &self.pool)
        }
    }

    /// Asks so many queries; gives the first difference.
    pub fn ask(&mut self, count: usize) -> Option<Found> {
        (0..count).find_map(|number| {
            let query = self.draw(WRITES);
            self.compare(number, query)
        })
    }

    /// Asks a query.
    pub fn compare(&mut self, number: usize, query: Query) -> Option<Found> {
        let compared = compare(&mut self.with, &mut self.without, &query);
        *self.told.entry(compared.status).or_default() += 1;
        self.entries += compared.entries;
        let difference = compared.difference?;
        Some(self.smallest(Found { number, query, difference }))
    }

    /// Leaves out parameters as long as the answers differ.
    fn smallest(&mut self, mut found: Found) -> Found {
        if found.query.method != "GET" {
            return found;
        }
        'smaller: loop {
            for query in found.query.smaller() {
                if let Some(difference) = compare(&mut self.with, &mut self.without, &query).difference {
                    found = Found { query, difference, ..found };
                    continue 'smaller;
                }
            }
            return found;
        }
    }
}
