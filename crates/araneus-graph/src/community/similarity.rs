//! Similarity of two partitions of the same vertices.
//!
//! Both measures read only the overlaps: the number of vertices that each pair of groups shares.

use super::partition::Partition;

/// Lists pairs of a group of one partition and a group of the other with the number of vertices that they
/// share.
pub(super) fn overlaps(one: &Partition, other: &Partition) -> Vec<(u32, u32, u32)> {
    assert_eq!(one.labels().len(), other.labels().len(), "both partitions name each vertex");
    let mut pairs: Vec<(u32, u32)> =
        one.labels().iter().copied().zip(other.labels().iter().copied()).collect();
    pairs.sort_unstable();
    pairs.chunk_by(|a, b| a == b).map(|same| (same[0].0, same[0].1, same.len() as u32)).collect()
}

/// Returns the mutual information over the mean of the two entropies, in 0..=1 (Danon et al. 2005).
///
/// Two partitions that both have one group, or no vertex, have 1.
///
/// ```
/// use araneus_graph::community::{Partition, adjusted_rand, mutual_information};
///
/// let one = Partition::new(&[0, 0, 1, 1]);
/// let renamed = Partition::new(&[5, 5, 2, 2]);
/// assert_eq!(mutual_information(&one, &renamed), 1.0);
/// assert_eq!(adjusted_rand(&one, &renamed), 1.0);
/// assert!(adjusted_rand(&one, &Partition::new(&[0, 1, 0, 1])) <= 0.0);
/// ```
pub fn mutual_information(one: &Partition, other: &Partition) -> f64 {
    let vertices = one.labels().len() as f64;
    let entropy = |sizes: &mut dyn Iterator<Item = u32>| -> f64 {
        sizes.map(|size| f64::from(size) / vertices).map(|share| -share * share.ln()).sum()
    };
    let joint = entropy(&mut overlaps(one, other).into_iter().map(|overlap| overlap.2));
    let both = entropy(&mut one.sizes().iter().copied()) + entropy(&mut other.sizes().iter().copied());
    if both > 0.0 { (2.0 * (both - joint) / both).clamp(0.0, 1.0) } else { 1.0 }
}

/// Returns the adjusted Rand index: 1 for equal partitions, 0 for a chance agreement (Hubert and Arabie
/// 1985).
///
/// The value is 1 if chance leaves no choice.
pub fn adjusted_rand(one: &Partition, other: &Partition) -> f64 {
    let pairs = |sizes: &mut dyn Iterator<Item = u32>| -> f64 {
        sizes.map(|size| f64::from(size) * (f64::from(size) - 1.0) / 2.0).sum()
    };
    let together = pairs(&mut overlaps(one, other).into_iter().map(|overlap| overlap.2));
    let (first, second) =
        (pairs(&mut one.sizes().iter().copied()), pairs(&mut other.sizes().iter().copied()));
    let all_pairs = pairs(&mut std::iter::once(one.labels().len() as u32));
    let expected = if all_pairs > 0.0 { first * second / all_pairs } else { 0.0 };
    let maximum = f64::midpoint(first, second);
    if maximum > expected { (together - expected) / (maximum - expected) } else { 1.0 }
}
