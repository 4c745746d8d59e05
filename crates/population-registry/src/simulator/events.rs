//! Which event is whose: in every round everybody has one, in another order each time.

use synthetic_nation::Citizens;

/// The first of January 2026 in Vietnam, in microseconds: when events without a rate begin.
pub(super) const EPOCH: i64 = 1_767_200_400_000_000;

/// An order of people: times a factor without common divisor, plus a shift.
struct Order {
    count: u64,
    factor: u64,
    shift: u64,
}

impl Order {
    fn of_round(people: &Citizens, round: u64) -> Order {
        let count = people.count().max(1);
        let mut chance = people.chance("round", round);
        let shift = chance.below(count);
        // Six of ten numbers have no common divisor with another one.
        let factor = (0..64).map(|_| 1 + chance.below(count)).find(|factor| divisor(*factor, count) == 1);
        Order { count, factor: factor.unwrap_or(1), shift }
    }

    fn person(&self, place: u64) -> u64 {
        times(place, self.factor, self.count, self.shift)
    }

    fn place(&self, person: u64) -> u64 {
        let back = (person + self.count - self.shift) % self.count;
        times(back, inverse(self.factor, self.count), self.count, 0)
    }
}

fn times(one: u64, other: u64, count: u64, shift: u64) -> u64 {
    let product = u128::from(one) * u128::from(other) + u128::from(shift);
    u64::try_from(product % u128::from(count)).unwrap_or(0)
}

fn divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { divisor(other, one % other) }
}

/// What times `number` is 1, counted in a circle of `count` (Euclid).
fn inverse(number: u64, count: u64) -> u64 {
    let count = i128::from(count);
    let (mut old, mut rest) = (i128::from(number), count);
    let (mut found, mut next) = (1_i128, 0_i128);
    while rest != 0 {
        let times = old / rest;
        (old, rest) = (rest, old - times * rest);
        (found, next) = (next, found - times * next);
    }
    u64::try_from(found.rem_euclid(count)).unwrap_or(0)
}

/// Whom an event concerns, and the how manieth of that person it is, from 1.
pub(super) fn of_event(people: &Citizens, event: u64) -> (u64, u64) {
    let count = people.count().max(1);
    let round = event / count;
    (Order::of_round(people, round).person(event % count), round + 1)
}

/// How many of the first so many events concern a person.
pub(super) fn count_of(people: &Citizens, events: u64, person: u64) -> u64 {
    let count = people.count().max(1);
    let (rounds, rest) = (events / count, events % count);
    let has_one_more = rest > 0 && Order::of_round(people, rounds).place(person) < rest;
    rounds + u64::from(has_one_more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_every_round_everybody_has_one() {
        for count in [1, 2, 7, 100, 997] {
            let people = Citizens::new(5, count);
            for round in 0..3 {
                let mut met: Vec<u64> =
                    (0..count).map(|place| of_event(&people, round * count + place).0).collect();
                met.sort_unstable();
                assert_eq!(met, (0..count).collect::<Vec<u64>>());
            }
        }
    }

    #[test]
    fn the_number_of_events_of_a_person_is_counted_without_looking_at_them() {
        let people = Citizens::new(6, 50);
        let mut counted = [0; 50];
        for event in 0..170 {
            for (person, count) in counted.iter().enumerate() {
                assert_eq!(count_of(&people, event, person as u64), *count, "{event} {person}");
            }
            let (person, sequence) = of_event(&people, event);
            counted[person as usize] += 1;
            assert_eq!(sequence, counted[person as usize]);
        }
    }
}
