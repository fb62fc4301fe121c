//! Clusters of records from scored pairs.

use std::collections::HashMap;

use super::{blocking::RecordPair, columns::Records};

/// Most records of one cluster.
const CLUSTER_MAX: usize = 200;

/// A pair with its sum of bits.
pub(super) struct ScoredPair {
    pub(super) records: RecordPair,
    pub(super) bits: f64,
}

/// Joins groups of records, the pair with the most bits first. Two groups become one if the mean of the bits of all pairs between them is
/// above 0, and no two records of one duplicate-free source would be together. Returns the first record of the cluster of each record.
pub(super) fn clusters(
    records: &Records,
    mut pairs: Vec<ScoredPair>,
    bits: impl Fn(u32, u32) -> f64,
) -> Vec<u32> {
    pairs.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.records.cmp(&b.records)));
    let mut cluster_of: Vec<u32> = (0..records.len() as u32).collect();
    let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
    for pair in pairs {
        let [one, other] = [pair.records.0, pair.records.1].map(|record| cluster_of[record as usize]);
        if one == other {
            continue;
        }
        let of = |cluster: u32| members.get(&cluster).cloned().unwrap_or_else(|| vec![cluster]);
        let (left, right) = (of(one), of(other));
        let between = || left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
        let count = left.len() * right.len();
        let is_allowed =
            left.len() + right.len() <= CLUSTER_MAX && between().all(|(a, b)| records.may_be_one(a, b));
        if !is_allowed {
            continue;
        }
        let sum: f64 = between().map(|(a, b)| bits(a.min(b), a.max(b))).sum();
        if sum / count as f64 <= 0.0 {
            continue;
        }
        let (first, mut all) = (one.min(other), left);
        all.extend(right);
        for member in &all {
            cluster_of[*member as usize] = first;
        }
        members.remove(&one.max(other));
        members.insert(first, all);
    }
    cluster_of
}
