//! Assortativity: whether linked vertices are alike, one number for a whole graph, from -1 to 1.
//!
//! Newman 2003, Mixing patterns in networks, on the undirected simple graph; each link is seen from both
//! ends. The result is NaN if all values are equal or there are no links.

use crate::graph::Graph;

/// Returns the correlation between the degrees of linked vertices.
pub fn assortativity_by_degree(simple: &Graph) -> f64 {
    let degrees: Vec<f64> = simple.vertices().map(|vertex| simple.outgoing(vertex).len() as f64).collect();
    assortativity_by_value(simple, &degrees)
}

/// Returns the correlation between the values of linked vertices; links with a NaN value are left out.
pub fn assortativity_by_value(simple: &Graph, values: &[f64]) -> f64 {
    let linked_values = || {
        let from = |one: u32| {
            simple.outgoing(one).iter().map(move |other| (values[one as usize], values[*other as usize]))
        };
        simple.vertices().flat_map(from).filter(|(one, other)| !one.is_nan() && !other.is_nan())
    };
    let count = linked_values().count() as f64;
    let mean = linked_values().map(|(one, _)| one).sum::<f64>() / count;
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (one, other) in linked_values() {
        covariance += (one - mean) * (other - mean);
        variance += (one - mean) * (one - mean);
    }
    covariance / variance
}

/// Returns how much more often links join vertices of one kind than by chance; 1 if they always do.
///
/// `kinds[v]` is a number below `count`. With e(k) the share of links within kind k and a(k) the share of
/// ends at it: `(sum of e - sum of a^2) / (1 - sum of a^2)`.
pub fn assortativity_by_kind(simple: &Graph, kinds: &[u32], count: u32) -> f64 {
    let mut ends = vec![0_u64; count as usize];
    let mut within = 0_u64;
    for vertex in simple.vertices() {
        let kind = kinds[vertex as usize];
        let row = simple.outgoing(vertex);
        ends[kind as usize] += row.len() as u64;
        within += row.iter().filter(|neighbour| kinds[**neighbour as usize] == kind).count() as u64;
    }
    let all_ends = ends.iter().sum::<u64>() as f64;
    let by_chance: f64 = ends.iter().map(|ends| (*ends as f64 / all_ends) * (*ends as f64 / all_ends)).sum();
    (within as f64 / all_ends - by_chance) / (1.0 - by_chance)
}
