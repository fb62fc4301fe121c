//! From a list of links to a graph whose bits do not depend on the list's order.
//!
//! Links are sorted by source, target and the bits of the weight; parallel ones
//! are merged and their weights added in that order. Floating-point addition is
//! not associative, so the fixed order is what makes equal input give equal bits.

use rayon::slice::ParallelSliceMut;

use super::{Graph, Rows, Weights};

impl Graph {
    /// Builds a graph of `vertices` vertices from `links` (source, target).
    ///
    /// Parallel links become one whose weight is their sum; without `weights`
    /// each merged link weighs 1. In an undirected graph a link from b to a is
    /// parallel to one from a to b.
    ///
    /// # Panics
    /// If a link names a vertex that does not exist, if there are not as many
    /// weights as links, or if a weight is negative or not finite: callers check
    /// what comes from outside.
    pub fn build(
        vertices: u32,
        directed: bool,
        links: &[(u32, u32)],
        weights: Option<&[f64]>,
    ) -> (Graph, Weights) {
        let merged = merge(vertices, directed, links, weights);
        let backward = |&(source, target, weight): &Merged| (target, source, weight);
        let (outgoing, incoming) = if directed {
            (rows(vertices, || merged.iter().copied()), Some(rows(vertices, || merged.iter().map(backward))))
        } else {
            // Sorted by the smaller end first, the mirrored links of a row come
            // before its own, so that each row is ascending without a second sort.
            let both = || {
                merged.iter().flat_map(move |link| {
                    let mirrored = (link.0 != link.1).then(|| backward(link));
                    std::iter::once(*link).chain(mirrored)
                })
            };
            (rows(vertices, both), None)
        };
        let (incoming, incoming_weights) = incoming.unzip();
        let graph = Graph { outgoing: outgoing.0, incoming, links: merged.len() };
        let weights = Weights { given: weights.is_some(), outgoing: outgoing.1, incoming: incoming_weights };
        (graph, weights)
    }
}

/// Source, target, weight.
type Merged = (u32, u32, f64);

fn merge(vertices: u32, directed: bool, links: &[(u32, u32)], weights: Option<&[f64]>) -> Vec<Merged> {
    if let Some(weights) = weights {
        assert_eq!(links.len(), weights.len(), "each link has one weight");
        assert!(
            weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0),
            "weights are finite and not negative"
        );
    }
    let mut sorted: Vec<(u32, u32, u64)> = links
        .iter()
        .enumerate()
        .map(|(position, &(source, target))| {
            assert!(source < vertices && target < vertices, "links join vertices that exist");
            // Adding 0.0 turns a negative zero into the positive one.
            let bits = weights.map_or(0, |weights| (weights[position] + 0.0).to_bits());
            if directed || source <= target { (source, target, bits) } else { (target, source, bits) }
        })
        .collect();
    sorted.par_sort_unstable();
    sorted
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .map(|parallel| {
            let weight = match weights {
                Some(_) => parallel.iter().map(|link| f64::from_bits(link.2)).sum(),
                None => 1.0,
            };
            (parallel[0].0, parallel[0].1, weight)
        })
        .collect()
}

/// Places links into the rows of their sources, keeping their order within a row.
fn rows<I: Iterator<Item = Merged>>(vertices: u32, links: impl Fn() -> I) -> (Rows, Vec<f64>) {
    let mut starts = vec![0_usize; vertices as usize + 1];
    for (source, _, _) in links() {
        starts[source as usize + 1] += 1;
    }
    for vertex in 0..vertices as usize {
        starts[vertex + 1] += starts[vertex];
    }
    let mut free = starts.clone();
    let mut ends = vec![0; starts[vertices as usize]];
    let mut weights = vec![0.0; starts[vertices as usize]];
    for (source, target, weight) in links() {
        let place = &mut free[source as usize];
        ends[*place] = target;
        weights[*place] = weight;
        *place += 1;
    }
    (Rows { starts, ends }, weights)
}
