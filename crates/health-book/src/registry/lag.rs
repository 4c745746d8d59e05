//! How long it took from an event to the book: counted in buckets, so that nothing is kept of a single one.

/// Upper bounds of the buckets, in seconds; what is longer is in the last one.
pub const LAG_BOUNDS: [f64; 16] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0,
    604_800.0,
];

/// Lags of one kind or province.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    counts: [u64; LAG_BOUNDS.len() + 1],
    sum: f64,
}

impl Distribution {
    pub(super) fn add(&mut self, seconds: f64) {
        let place = LAG_BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(LAG_BOUNDS.len());
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
        self.sum += seconds;
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// How many are at most each bound.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut so_far = 0;
        LAG_BOUNDS.iter().zip(&self.counts).map(move |(bound, count)| {
            so_far += count;
            (*bound, so_far)
        })
    }

    /// The bound below which this share of them lies; nothing without any, and infinity beyond the last bound.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        // A cast from a float stays within the type.
        let wanted = ((count as f64 * share).ceil() as u64).max(1);
        let beyond = Some(f64::INFINITY);
        if count == 0 {
            return None;
        }
        self.cumulative().find(|(_, so_far)| *so_far >= wanted).map(|(bound, _)| bound).or(beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_bounds_of_buckets() {
        let mut lags = Distribution::default();
        assert_eq!(lags.quantile(0.5), None);
        for _ in 0..95 {
            lags.add(0.3);
        }
        for _ in 0..5 {
            lags.add(40.0);
        }
        assert_eq!((lags.count(), lags.quantile(0.5), lags.quantile(0.95)), (100, Some(0.5), Some(0.5)));
        assert_eq!(lags.quantile(0.96), Some(60.0));
        lags.add(1e9);
        assert_eq!(lags.quantile(1.0), Some(f64::INFINITY));
    }
}
