//! Drawn numbers: splitmix64 (Steele, Lea and Flood 2014), so that a measurement can be repeated to the last query.

/// A stream of drawn numbers.
pub struct Dice(pub u64);

impl Dice {
    /// A whole number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * limit as u128) >> 64) as usize
    }

    /// True so many times in a thousand.
    pub fn per_thousand(&mut self, share: usize) -> bool {
        self.below(1000) < share
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
