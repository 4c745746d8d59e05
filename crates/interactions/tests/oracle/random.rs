//! Random choices that a seed repeats (SplitMix64): no crate's next version may change them.

/// A source of choices.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit - 1`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % (limit.max(1) as u64)) as usize
    }

    /// True so many times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T: ?Sized>(&mut self, pool: &[&'a T]) -> &'a T {
        pool[self.below(pool.len())]
    }

    /// From one pool or the other.
    pub fn pick_of<'a>(&mut self, one: &[&'a str], other: &[&'a str]) -> &'a str {
        if self.chance(50) { self.pick(one) } else { self.pick(other) }
    }

    pub fn choose<'a, T>(&mut self, pool: &'a [T]) -> Option<&'a T> {
        if pool.is_empty() { None } else { Some(&pool[self.below(pool.len())]) }
    }
}
