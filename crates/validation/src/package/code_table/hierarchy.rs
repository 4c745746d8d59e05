//! Circles among parents.

/// One place of each circle, smallest first. `parents` gives the place of everybody's parent.
pub(super) fn circles(parents: &[Option<usize>]) -> Vec<usize> {
    // Who walked over a place first: walks never go where another one has been, so all of them are one pass.
    let mut walked = vec![None; parents.len()];
    let mut circles = Vec::new();
    for start in 0..parents.len() {
        let mut at = Some(start);
        while let Some(place) = at {
            let Some(by) = walked.get_mut(place) else { break };
            if let Some(before) = by {
                if *before == start {
                    circles.push(place);
                }
                break;
            }
            *by = Some(start);
            at = parents.get(place).copied().flatten();
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn every_circle_is_found_once_and_trees_have_none() {
        assert_eq!(circles(&[]), [] as [usize; 0]);
        assert_eq!(circles(&[None, Some(0), Some(1), Some(0)]), [] as [usize; 0]);
        assert_eq!(circles(&[Some(0)]), [0]);
        // 0 leads into the circle 1-2-3, 4 is its own.
        assert_eq!(circles(&[Some(1), Some(2), Some(3), Some(1), Some(4), Some(0)]), [1, 4]);
        assert_eq!(circles(&[Some(9)]), [] as [usize; 0], "a place that is not there");
        let line: Vec<Option<usize>> = (0..350_000_usize).map(|place| place.checked_sub(1)).collect();
        assert_eq!(circles(&line), [] as [usize; 0]);
    }
}
