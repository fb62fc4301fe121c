//! Who paid whom among members, and which of it runs in circles.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    iter,
};

use crate::{index::EntityIndex, link::Link};

/// Whom each payer paid: each pair once, in order.
pub type Paid = BTreeMap<EntityIndex, BTreeSet<EntityIndex>>;

/// Returns the pairs of payers and payees among members.
pub fn paid(payments: &[&Link], is_member: impl Fn(EntityIndex) -> bool) -> Paid {
    let mut paid = Paid::new();
    for link in payments.iter().filter(|link| is_member(link.from) && is_member(link.to)) {
        paid.entry(link.from).or_default().insert(link.to);
    }
    paid
}

/// Returns, for each pair that a circle of three or more runs through, the shortest way back from who was paid to who
/// paid: the circle begins at the payer. Two who pay each other are no circle.
pub fn circles(paid: &Paid) -> Vec<Vec<EntityIndex>> {
    let paid = &within_reach(paid);
    let pairs = paid.iter().flat_map(|(&from, all)| all.iter().map(move |&to| (from, to)));
    pairs.filter_map(|(from, to)| way_back(paid, from, to)).collect()
}

/// Leaves out, again and again, whoever only pays or is only paid: no circle runs through them.
fn within_reach(paid: &Paid) -> Paid {
    let mut left = paid.clone();
    loop {
        let payees: BTreeSet<EntityIndex> = left.values().flatten().copied().collect();
        let payers: BTreeSet<EntityIndex> = left.keys().copied().collect();
        let before: usize = left.values().map(BTreeSet::len).sum();
        left.retain(|payer, of| {
            of.retain(|payee| payers.contains(payee));
            payees.contains(payer) && !of.is_empty()
        });
        if before == left.values().map(BTreeSet::len).sum::<usize>() {
            return left;
        }
    }
}

/// Returns a shortest circle that begins with one pair and does not turn round at once.
fn way_back(paid: &Paid, from: EntityIndex, to: EntityIndex) -> Option<Vec<EntityIndex>> {
    let mut came_from: BTreeMap<EntityIndex, EntityIndex> = BTreeMap::from([(to, from)]);
    let mut waiting = VecDeque::from([to]);
    while let Some(at) = waiting.pop_front() {
        for &next in paid.get(&at).into_iter().flatten() {
            if next == from && at != to {
                let mut circle: Vec<EntityIndex> =
                    iter::successors(Some(at), |at| came_from.get(at).copied()).collect();
                circle.reverse();
                return Some(circle);
            }
            if next != from && !came_from.contains_key(&next) {
                came_from.insert(next, at);
                waiting.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to go on from a path without meeting anybody twice.
    fn paths(paid: &Paid, path: &mut Vec<EntityIndex>, found: &mut Vec<Vec<EntityIndex>>) {
        let (first, last) = (path[0], path[path.len() - 1]);
        for &next in paid.get(&last).into_iter().flatten() {
            if next == first && path.len() > 2 {
                found.push(path.clone());
            } else if !path.contains(&next) {
                path.push(next);
                paths(paid, path, found);
                path.pop();
            }
        }
    }

    #[test]
    fn circles_are_those_that_trying_every_path_finds() {
        let (mut state, mut with, mut without) = (7_u32, 0, 0);
        for _ in 0..300 {
            let mut paid = Paid::new();
            for from in EntityIndex::first(7) {
                for to in EntityIndex::first(7).filter(|to| *to != from) {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if state >> 24 < 45 {
                        paid.entry(from).or_default().insert(to);
                    }
                }
            }
            let mut every = Vec::new();
            for &start in paid.keys() {
                paths(&paid, &mut vec![start], &mut every);
            }
            let shortest = |from, to| {
                every.iter().filter(|circle| circle[0] == from && circle[1] == to).map(Vec::len).min()
            };
            let pairs = paid.iter().flat_map(|(&from, all)| all.iter().map(move |&to| (from, to)));
            let expected: BTreeMap<(EntityIndex, EntityIndex), usize> =
                pairs.filter_map(|(from, to)| Some(((from, to), shortest(from, to)?))).collect();
            let circles = circles(&paid);
            assert!(circles.iter().all(|circle| every.contains(circle)));
            let found: BTreeMap<(EntityIndex, EntityIndex), usize> =
                circles.iter().map(|circle| ((circle[0], circle[1]), circle.len())).collect();
            assert_eq!(found, expected);
            with += expected.len();
            without += paid.values().map(BTreeSet::len).sum::<usize>() - expected.len();
        }
        assert!(with > 100 && without > 100, "{with} pairs on circles, {without} on none");
    }
}
