//! Payment cycles among the members of a candidate.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    iter,
};

use crate::{index::EntityIndex, link::Link};

/// Payees of each payer: each pair once, in order.
pub type PayeesByPayer = BTreeMap<EntityIndex, BTreeSet<EntityIndex>>;

/// Returns the pairs of payers and payees among members.
pub fn payees_by_payer(payments: &[&Link], is_member: impl Fn(EntityIndex) -> bool) -> PayeesByPayer {
    let mut payees = PayeesByPayer::new();
    for link in payments.iter().filter(|link| is_member(link.from) && is_member(link.to)) {
        payees.entry(link.from).or_default().insert(link.to);
    }
    payees
}

/// Returns each pair of payer and payee once.
pub(super) fn pairs(payees: &PayeesByPayer) -> impl Iterator<Item = (EntityIndex, EntityIndex)> {
    payees.iter().flat_map(|(&payer, payees)| payees.iter().map(move |&payee| (payer, payee)))
}

/// Returns a shortest cycle of three or more through each pair of payer and payee that is on one. A cycle begins with
/// the payer and the payee of its pair. Two entities that pay each other are not a cycle.
pub fn payment_cycles(payees: &PayeesByPayer) -> Vec<Vec<EntityIndex>> {
    let pruned = pruned(payees);
    pairs(&pruned).filter_map(|(payer, payee)| shortest_cycle(&pruned, payer, payee)).collect()
}

/// Removes entities that only pay or are only paid, until none is left: they are on no cycle.
fn pruned(payees: &PayeesByPayer) -> PayeesByPayer {
    let mut pruned = payees.clone();
    loop {
        let with_income: BTreeSet<EntityIndex> = pruned.values().flatten().copied().collect();
        let payers: BTreeSet<EntityIndex> = pruned.keys().copied().collect();
        let pairs_before = pairs(&pruned).count();
        pruned.retain(|payer, payees| {
            payees.retain(|payee| payers.contains(payee));
            with_income.contains(payer) && !payees.is_empty()
        });
        if pairs_before == pairs(&pruned).count() {
            return pruned;
        }
    }
}

/// Returns a shortest cycle of three or more that begins with a pair, by breadth-first search for the payer.
fn shortest_cycle(
    payees: &PayeesByPayer,
    payer: EntityIndex,
    payee: EntityIndex,
) -> Option<Vec<EntityIndex>> {
    let mut predecessor: BTreeMap<EntityIndex, EntityIndex> = BTreeMap::from([(payee, payer)]);
    let mut waiting = VecDeque::from([payee]);
    while let Some(entity) = waiting.pop_front() {
        for &next in payees.get(&entity).into_iter().flatten() {
            if next == payer && entity != payee {
                let backward = iter::successors(Some(entity), |entity| predecessor.get(entity).copied());
                let mut cycle: Vec<EntityIndex> = backward.collect();
                cycle.reverse();
                return Some(cycle);
            }
            if next != payer && !predecessor.contains_key(&next) {
                predecessor.insert(next, entity);
                waiting.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds every simple cycle of three or more that continues a path.
    fn add_cycles(payees: &PayeesByPayer, path: &mut Vec<EntityIndex>, cycles: &mut Vec<Vec<EntityIndex>>) {
        let (first, last) = (path[0], path[path.len() - 1]);
        for &next in payees.get(&last).into_iter().flatten() {
            if next == first && path.len() > 2 {
                cycles.push(path.clone());
            } else if !path.contains(&next) {
                path.push(next);
                add_cycles(payees, path, cycles);
                path.pop();
            }
        }
    }

    #[test]
    fn payment_cycles_equal_those_of_an_exhaustive_search() {
        let (mut state, mut on_cycles, mut on_none) = (7_u32, 0, 0);
        for _ in 0..300 {
            let mut payees = PayeesByPayer::new();
            for from in EntityIndex::first(7) {
                for to in EntityIndex::first(7).filter(|to| *to != from) {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if state >> 24 < 45 {
                        payees.entry(from).or_default().insert(to);
                    }
                }
            }
            let mut every = Vec::new();
            for &start in payees.keys() {
                add_cycles(&payees, &mut vec![start], &mut every);
            }
            let shortest = |from, to| {
                every.iter().filter(|cycle| cycle[0] == from && cycle[1] == to).map(Vec::len).min()
            };
            let expected: BTreeMap<(EntityIndex, EntityIndex), usize> =
                pairs(&payees).filter_map(|(from, to)| Some(((from, to), shortest(from, to)?))).collect();
            let cycles = payment_cycles(&payees);
            assert!(cycles.iter().all(|cycle| every.contains(cycle)));
            let lengths: BTreeMap<(EntityIndex, EntityIndex), usize> =
                cycles.iter().map(|cycle| ((cycle[0], cycle[1]), cycle.len())).collect();
            assert_eq!(lengths, expected);
            on_cycles += expected.len();
            on_none += pairs(&payees).count() - expected.len();
        }
        assert!(on_cycles > 100 && on_none > 100, "{on_cycles} pairs on cycles, {on_none} on none");
    }
}
