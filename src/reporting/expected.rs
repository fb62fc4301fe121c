//! Completion: what else a new subject will be seen to use.
//!
//! Three scores agree or differ: items that are used together with those seen, items of the most similar users, and a
//! linear autoencoder in closed form. Each becomes a rank among the items that are not seen, and the ranks add up.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ReportingHistory, symmetric,
    usage::{Usage, usage},
};
use crate::time::Moment;

/// Most similar users that count.
const NEAREST: usize = 60;
/// Regularisation of the autoencoder.
const RIDGE: f64 = 60.0;
/// Most items: the most used ones, because the inverse takes the cube of their number.
const MOST_ITEMS: usize = 1_500;

/// An entity that a user is expected to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Node of the entity.
    pub item: u32,
    /// Sum of the three ranks; larger is more expected.
    pub score: f64,
    /// Sum of the cosines to the items that are seen.
    pub together: f64,
    /// Weighted number of the most similar users that use it.
    pub similar_users: f64,
    /// Score of the autoencoder.
    pub autoencoder: f64,
    /// Users of all kinds.
    pub users: usize,
    /// Users of the subject's own kind.
    pub users_of_kind: usize,
}

/// Use at one cut, prepared for completion.
#[derive(Clone, Debug, Default)]
pub struct UseMatrix {
    /// Items, ascending.
    items: Vec<u32>,
    /// Items of each user, as positions in `items`, ascending.
    users: BTreeMap<u32, Vec<usize>>,
    /// Number of users that use both of two items, row by row.
    shared: Vec<f64>,
    /// Weights of the autoencoder, row by row: from the item that is seen to the item that is expected.
    weights: Vec<f64>,
    /// Kind of each user.
    kinds: BTreeMap<u32, String>,
}

impl UseMatrix {
    /// Prepares the use at a cut.
    pub fn new(history: &ReportingHistory, usage: &Usage) -> Self {
        let mut by_use: Vec<(&u32, &BTreeSet<u32>)> = usage.users.iter().collect();
        by_use.sort_by_key(|(item, users)| (std::cmp::Reverse(users.len()), **item));
        let mut items: Vec<u32> = by_use.iter().take(MOST_ITEMS).map(|(item, _)| **item).collect();
        items.sort_unstable();
        let positions = |used: &BTreeSet<u32>| -> Vec<usize> {
            used.iter().filter_map(|item| items.binary_search(item).ok()).collect()
        };
        let users: BTreeMap<u32, Vec<usize>> =
            usage.used.iter().map(|(user, used)| (*user, positions(used))).collect();
        let size = items.len();
        let mut shared = vec![0.0; size * size];
        for used in users.values() {
            for one in used {
                for other in used {
                    shared[one * size + other] += 1.0;
                }
            }
        }
        let kinds = users.keys().map(|user| (*user, history.node(*user).kind.into())).collect();
        Self { weights: autoencoder(&shared, size), items, users, shared, kinds }
    }

    /// Returns whether the matrix has the item.
    pub fn has(&self, item: u32) -> bool {
        self.items.binary_search(&item).is_ok()
    }

    /// Returns the items that are not seen, the most expected first. `seen` has the items that a subject of this kind
    /// is known to use.
    pub fn expected(&self, seen: &BTreeSet<u32>, kind: &str) -> Vec<Expected> {
        let size = self.items.len();
        let seen: Vec<usize> = seen.iter().filter_map(|item| self.items.binary_search(item).ok()).collect();
        let users = |item: usize| self.shared[item * size + item];
        let cosine = |one: usize, other: usize| {
            let root = (users(one) * users(other)).sqrt();
            if root > 0.0 { self.shared[one * size + other] / root } else { 0.0 }
        };
        let nearest = self.nearest(&seen);
        let mut of_kind = vec![0; size];
        let same_kind = self.users.iter().filter(|(user, _)| self.kinds[user] == kind);
        same_kind.flat_map(|(_, used)| used).for_each(|item| of_kind[*item] += 1);
        let mut similar = vec![0.0; size];
        for (similarity, user) in nearest {
            self.users[&user].iter().for_each(|item| similar[*item] += similarity);
        }
        let expected = |item: usize| Expected {
            item: self.items[item],
            score: 0.0,
            together: seen.iter().map(|one| cosine(*one, item)).sum(),
            similar_users: similar[item],
            autoencoder: seen.iter().map(|one| self.weights[one * size + item]).sum(),
            users: users(item) as usize,
            users_of_kind: of_kind[item],
        };
        let unseen = (0..size).filter(|item| seen.binary_search(item).is_err());
        let mut all: Vec<Expected> = unseen.map(expected).collect();
        for part in [
            |one: &Expected| one.together,
            |one: &Expected| one.similar_users,
            |one: &Expected| one.autoencoder,
        ] {
            let ranks = percentiles(&all.iter().map(part).collect::<Vec<f64>>());
            for (one, rank) in all.iter_mut().zip(ranks) {
                one.score -= (1.0005 - rank).ln();
            }
        }
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.item.cmp(&b.item)));
        all
    }

    /// Returns the users that are most similar to one who uses the seen items, each with the cosine.
    fn nearest(&self, seen: &[usize]) -> Vec<(f64, u32)> {
        let similarity = |used: &Vec<usize>| {
            let shared = used.iter().filter(|item| seen.binary_search(item).is_ok()).count();
            shared as f64 / ((used.len() * seen.len()) as f64).sqrt()
        };
        let mut all: Vec<(f64, u32)> = self
            .users
            .iter()
            .map(|(user, used)| (similarity(used), *user))
            .filter(|(similarity, _)| *similarity > 0.0)
            .collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.truncate(NEAREST);
        all
    }
}

/// Returns what a user will probably be seen to use, the most expected first. Entities that the user is known to use at
/// the cut are left out.
pub fn expected(history: &ReportingHistory, user: u32, cut: Moment) -> Vec<Expected> {
    let usage = usage(history, cut);
    let seen = usage.used.get(&user).cloned().unwrap_or_default();
    if seen.is_empty() {
        Vec::new()
    } else {
        UseMatrix::new(history, &usage).expected(&seen, &history.node(user).kind)
    }
}

/// Returns the weights of a linear autoencoder with a diagonal of 0: with `P` the inverse of the shared use plus a ridge,
/// the weights are `-P / diag(P)`, divided column by column.
fn autoencoder(shared: &[f64], size: usize) -> Vec<f64> {
    let mut ridged = shared.to_vec();
    (0..size).for_each(|item| ridged[item * size + item] += RIDGE);
    // Shared use is a sum of squares, so it is positive definite with the ridge.
    let Some(mut inverse) = symmetric::inverse(ridged, size) else { return vec![0.0; size * size] };
    let diagonal: Vec<f64> = (0..size).map(|item| inverse[item * size + item]).collect();
    for row in 0..size {
        for column in 0..size {
            let cell = &mut inverse[row * size + column];
            *cell = if row == column { 0.0 } else { -*cell / diagonal[column] };
        }
    }
    inverse
}

/// Returns the rank of each value as a share of all, from above 0 to 1; equal values have the mean of their ranks.
fn percentiles(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equal in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let mean = before as f64 + f64::midpoint(equal.len() as f64, 1.0);
        for position in equal {
            ranks[*position] = mean / values.len() as f64;
        }
        before += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        link::Layer,
        reporting::invented::{Draws, Invented, day},
    };

    /// Solves a system of linear equations by elimination.
    fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
        let size = rows.len();
        for pivot in 0..size {
            for row in 0..size {
                if row != pivot {
                    let factor = rows[row][pivot] / rows[pivot][pivot];
                    let subtracted = rows[pivot].clone();
                    for (cell, other) in rows[row].iter_mut().zip(subtracted) {
                        *cell -= factor * other;
                    }
                }
            }
        }
        (0..size).map(|row| rows[row][size] / rows[row][row]).collect()
    }

    #[test]
    fn the_autoencoder_predicts_each_item_from_the_others_with_the_least_error() {
        let size = 7;
        let mut draws = Draws(4);
        let matrix: Vec<Vec<f64>> =
            (0..30).map(|_| (0..size).map(|_| draws.below(2) as f64).collect()).collect();
        let shared =
            |one: usize, other: usize| -> f64 { matrix.iter().map(|row| row[one] * row[other]).sum() };
        let cells: Vec<f64> = (0..size * size).map(|cell| shared(cell / size, cell % size)).collect();
        let weights = autoencoder(&cells, size);
        for target in 0..size {
            // Ridge regression of the target on all other items.
            let others: Vec<usize> = (0..size).filter(|item| *item != target).collect();
            let row = |one: &usize| -> Vec<f64> {
                let cell = |other: &usize| shared(*one, *other) + if one == other { RIDGE } else { 0.0 };
                others.iter().map(cell).chain([shared(*one, target)]).collect()
            };
            let slow = solve(others.iter().map(row).collect());
            for (item, expected) in others.iter().zip(slow) {
                assert!((weights[item * size + target] - expected).abs() < 1e-9, "{item} to {target}");
            }
            assert_eq!(weights[target * size + target].to_bits(), 0.0_f64.to_bits());
        }
    }

    #[test]
    fn a_percentile_is_the_mean_rank_of_equal_values() {
        assert_eq!(percentiles(&[3.0, 1.0, 3.0, 2.0]), [0.875, 0.25, 0.875, 0.5]);
        assert!(percentiles(&[]).is_empty());
    }

    #[test]
    fn what_similar_users_use_is_expected_first() {
        let mut invented = Invented::default();
        let items: Vec<u32> =
            (0..6).map(|item| invented.node("attack-pattern", &item.to_string(), day(0))).collect();
        for user in 0..12 {
            let node = invented.node("malware", &format!("user {user}"), day(0));
            // Half of the users use the items 0 to 2, the others 3 to 5.
            let own = if user % 2 == 0 { &items[..3] } else { &items[3..] };
            for item in own {
                invented.mention(node, *item, Layer::Capability, user, day(1));
            }
        }
        let new = invented.node("malware", "new", day(2));
        invented.mention(new, items[0], Layer::Capability, 99, day(2));
        let history = invented.finish(vec![day(1), day(2)]);
        let mut found: Vec<u32> = expected(&history, new, day(2)).iter().map(|one| one.item).collect();
        found[..2].sort_unstable();
        assert_eq!(found[..2], items[1..3]);
        assert_eq!(found.len(), 5, "what it is known to use is not expected");
        assert!(expected(&history, new, day(1)).is_empty(), "the link was recorded later");
    }
}
