//! Graphs as text, classic graphs, random graphs, and threads by number.

use araneus_graph::graph::{Graph, WeightedGraph};
use araneus_graph::metrics;
use araneus_graph::progress::Progress;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Reads `"a>b b-c d c>c*2.5"`: directed if any link has `>`; letters are vertices in order, `*` begins a weight.
pub(crate) fn parse(text: &str) -> WeightedGraph {
    let mut vertices = 0;
    let mut links = Vec::new();
    let mut weights = Vec::new();
    let mut id = |name: &str| {
        let id = u32::from(name.bytes().next().expect("a vertex has a letter") - b'a');
        vertices = vertices.max(id + 1);
        id
    };
    for word in text.split_whitespace() {
        let (ends, weight) = word.split_once('*').unwrap_or((word, "1"));
        match ends.split_once(['>', '-']) {
            Some((source, target)) => {
                links.push((id(source), id(target)));
                weights.push(weight.parse().expect("a weight is a number"));
            }
            None => {
                id(ends);
            }
        }
    }
    let given = text.contains('*').then_some(weights.as_slice());
    let (graph, weights) = Graph::build(vertices, text.contains('>'), &links, given);
    WeightedGraph::new(graph, weights)
}

/// An unweighted graph from links.
pub(crate) fn unweighted(vertices: u32, directed: bool, links: &[(u32, u32)]) -> WeightedGraph {
    let (graph, weights) = Graph::build(vertices, directed, links, None);
    WeightedGraph::new(graph, weights)
}

pub(crate) fn path(vertices: u32) -> WeightedGraph {
    unweighted(vertices, false, &(1..vertices).map(|v| (v - 1, v)).collect::<Vec<_>>())
}

/// Vertex 0 is the hub.
pub(crate) fn star(leaves: u32) -> WeightedGraph {
    unweighted(leaves + 1, false, &(1..=leaves).map(|v| (0, v)).collect::<Vec<_>>())
}

pub(crate) fn clique(vertices: u32) -> WeightedGraph {
    unweighted(vertices, false, &clique_links(0, vertices))
}

pub(crate) fn clique_links(first: u32, vertices: u32) -> Vec<(u32, u32)> {
    (first..first + vertices).flat_map(|a| (first..a).map(move |b| (b, a))).collect()
}

/// Two cliques joined by one link between vertices `size - 1` and `size`.
pub(crate) fn barbell(size: u32) -> WeightedGraph {
    let mut links = clique_links(0, size);
    links.extend(clique_links(size, size));
    links.push((size - 1, size));
    unweighted(2 * size, false, &links)
}

pub(crate) fn grid(width: u32, height: u32) -> WeightedGraph {
    let at = |x: u32, y: u32| y * width + x;
    let right = (0..height).flat_map(|y| (1..width).map(move |x| (at(x - 1, y), at(x, y))));
    let down = (1..height).flat_map(|y| (0..width).map(move |x| (at(x, y - 1), at(x, y))));
    unweighted(width * height, false, &right.chain(down).collect::<Vec<_>>())
}

/// Groups of `size` vertices; pairs within a group are linked with probability `within`, others with `between`.
pub(crate) fn planted(groups: u32, size: u32, within: f64, between: f64, seed: u64) -> WeightedGraph {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut links = Vec::new();
    for a in 0..groups * size {
        for b in 0..a {
            let chance = if a / size == b / size { within } else { between };
            if f64::from(random.next_u32()) < chance * 4_294_967_296.0 {
                links.push((b, a));
            }
        }
    }
    unweighted(groups * size, false, &links)
}

/// A skewed random graph of 2^scale vertices (Chakrabarti, Zhan, Faloutsos 2004; a b c = 0.57 0.19 0.19).
pub(crate) fn rmat(scale: u32, links: usize, directed: bool, seed: u64) -> WeightedGraph {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut link = || {
        (0..scale).fold((0, 0), |(a, b), _| match random.next_u32() % 100 {
            0..57 => (2 * a, 2 * b),
            57..76 => (2 * a, 2 * b + 1),
            76..95 => (2 * a + 1, 2 * b),
            _ => (2 * a + 1, 2 * b + 1),
        })
    };
    let links: Vec<(u32, u32)> = (0..links).map(|_| link()).collect();
    unweighted(1 << scale, directed, &links)
}

/// Small graphs of every kind: directed or not, with self-links, parallel links, isolated vertices, weights or none.
pub(crate) fn any_graph() -> impl Strategy<Value = WeightedGraph> {
    (1_u32..14, any::<bool>(), any::<bool>()).prop_flat_map(|(vertices, directed, weighted)| {
        let link = (0..vertices, 0..vertices, 1_u32..100);
        proptest::collection::vec(link, 0..40).prop_map(move |links| {
            let ends: Vec<(u32, u32)> = links.iter().map(|link| (link.0, link.1)).collect();
            let weights: Vec<f64> = links.iter().map(|link| f64::from(link.2) / 10.0).collect();
            let (graph, weights) = Graph::build(vertices, directed, &ends, weighted.then_some(&weights));
            WeightedGraph::new(graph, weights)
        })
    })
}

pub(crate) fn column(weighted_graph: &WeightedGraph, name: &str) -> Vec<f64> {
    let metric = metrics::named(name).expect("the metric is in the table");
    metrics::measure(weighted_graph, [metric], &Progress::silent())
        .expect("the computation is not cancelled")
        .remove(0)
}

pub(crate) fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads can be started")
        .install(work)
}

pub(crate) fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[track_caller]
pub(crate) fn assert_close(found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "one value a vertex");
    for (vertex, (found, expected)) in found.iter().zip(expected).enumerate() {
        let allowed = relative * expected.abs().max(1e-3);
        let is_close = (found - expected).abs() <= allowed || (found.is_nan() && expected.is_nan());
        assert!(is_close, "vertex {vertex}: found {found}, expected {expected}");
    }
}
