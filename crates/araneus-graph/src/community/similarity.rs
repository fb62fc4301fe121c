//! How alike two groupings of the same vertices are.
//!
//! Both read only the overlaps: how many vertices each pair of groups shares.

use super::Partition;

/// How many vertices a group of one partition and a group of another share, for pairs that share any.
pub(super) fn overlaps(one: &Partition, other: &Partition) -> Vec<(u32, u32, u32)> {
    assert_eq!(one.of().len(), other.of().len(), "both partitions name each vertex");
    let mut pairs: Vec<(u32, u32)> = one.of().iter().copied().zip(other.of().iter().copied()).collect();
    pairs.sort_unstable();
    pairs.chunk_by(|a, b| a == b).map(|same| (same[0].0, same[0].1, same.len() as u32)).collect()
}

/// Returns the mutual information over the mean of the two entropies, in 0..=1 (Danon et al. 2005).
///
/// Two partitions that both have one group, or no vertex, agree: 1.
pub fn mutual_information(one: &Partition, other: &Partition) -> f64 {
    let vertices = one.of().len() as f64;
    let entropy = |sizes: &mut dyn Iterator<Item = u32>| -> f64 {
        sizes.map(|size| f64::from(size) / vertices).map(|share| -share * share.ln()).sum()
    };
    let joint = entropy(&mut overlaps(one, other).into_iter().map(|overlap| overlap.2));
    let both = entropy(&mut one.sizes().iter().copied()) + entropy(&mut other.sizes().iter().copied());
    if both > 0.0 { (2.0 * (both - joint) / both).clamp(0.0, 1.0) } else { 1.0 }
}

/// Returns the adjusted Rand index: 1 for equal partitions, 0 for what chance gives (Hubert and Arabie 1985).
///
/// 1 where chance leaves no choice.
pub fn adjusted_rand(one: &Partition, other: &Partition) -> f64 {
    let pairs = |sizes: &mut dyn Iterator<Item = u32>| -> f64 {
        sizes.map(|size| f64::from(size) * (f64::from(size) - 1.0) / 2.0).sum()
    };
    let together = pairs(&mut overlaps(one, other).into_iter().map(|overlap| overlap.2));
    let (first, second) =
        (pairs(&mut one.sizes().iter().copied()), pairs(&mut other.sizes().iter().copied()));
    let all = pairs(&mut std::iter::once(one.of().len() as u32));
    let expected = if all > 0.0 { first * second / all } else { 0.0 };
    let most = f64::midpoint(first, second);
    if most > expected { (together - expected) / (most - expected) } else { 1.0 }
}
