//! The random sample of a run: unflagged candidates that a person reviews beside the flags.
//!
//! If people only saw flags, a model would learn only from what the gate and the model already liked. The sample makes the
//! labels fair: each eligible candidate of a run has the same known probability to be drawn.

use crate::time::Moment;

/// Name of the random stream. A draw is a digest of the stream, the seed, the as-of time and the lineage, so a changed
/// rule that removes one candidate does not draw all others again.
const STREAM: &str = "exploration";

/// Settings of the random sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exploration {
    /// Largest number of sampled candidates in a run.
    pub places: u32,
    /// Seed of the random draws.
    pub seed: u64,
}

/// Draws candidates without replacement. Returns the positions of the drawn ones, ascending, and the probability with
/// which each was drawn. `eligible` has the position and the lineage of each candidate.
pub(super) fn draw(eligible: &[(usize, &str)], exploration: Exploration, as_of: Moment) -> (Vec<usize>, f64) {
    let count = eligible.len().min(exploration.places as usize);
    let mut keyed: Vec<([u8; 32], usize)> = eligible
        .iter()
        .map(|&(position, lineage)| (key(exploration.seed, as_of, lineage), position))
        .collect();
    keyed.sort_unstable();
    let mut drawn: Vec<usize> = keyed.into_iter().take(count).map(|(_, position)| position).collect();
    drawn.sort_unstable();
    (drawn, count as f64 / eligible.len().max(1) as f64)
}

/// Returns the place of a lineage in the random order of a run.
fn key(seed: u64, as_of: Moment, lineage: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(STREAM.as_bytes());
    hasher.update(&seed.to_le_bytes());
    hasher.update(&as_of.micros().to_le_bytes());
    hasher.update(lineage.as_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_has_the_same_probability() {
        let names: Vec<String> = (0..10).map(|number| format!("flag-{number}")).collect();
        let eligible: Vec<(usize, &str)> = (0..).zip(names.iter().map(String::as_str)).collect();
        let exploration = Exploration { places: 2, seed: 1 };
        let mut counts = [0_u32; 10];
        for run in 0..5_000 {
            let (drawn, probability) = draw(&eligible, exploration, Moment::from_micros(run));
            assert_eq!((drawn.len(), probability), (2, 0.2));
            for position in drawn {
                counts[position] += 1;
            }
        }
        // 1,000 are expected, with a standard deviation of 28.
        assert!(counts.iter().all(|count| (890..=1110).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_draw_depends_on_the_seed_and_the_time_and_not_on_the_order() {
        let eligible = [(0, "flag-a"), (1, "flag-b"), (2, "flag-c")];
        let reversed = [(2, "flag-c"), (1, "flag-b"), (0, "flag-a")];
        let all = Exploration { places: 9, seed: 1 };
        assert_eq!(draw(&eligible, all, Moment::from_micros(1)), (vec![0, 1, 2], 1.0));
        assert!(draw(&eligible, Exploration { places: 0, seed: 1 }, Moment::from_micros(1)).0.is_empty());
        let one = Exploration { places: 1, seed: 1 };
        let of_runs = |exploration| -> Vec<usize> {
            (0..20).flat_map(|run| draw(&eligible, exploration, Moment::from_micros(run)).0).collect()
        };
        assert_ne!(of_runs(one), of_runs(Exploration { seed: 2, ..one }));
        for run in 0..20 {
            let as_of = Moment::from_micros(run);
            assert_eq!(draw(&eligible, one, as_of), draw(&reversed, one, as_of));
            // A candidate that is gone leaves the order of the others as it was.
            let (drawn, _) = draw(&eligible, one, as_of);
            if drawn != [2] {
                assert_eq!(draw(&eligible[..2], one, as_of).0, drawn);
            }
        }
        assert_eq!(draw(&[], one, Moment::from_micros(1)), (vec![], 0.0));
    }
}
