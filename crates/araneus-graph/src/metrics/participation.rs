//! Whether a vertex's links stay in one group or layer, or are spread over many.

use crate::graph::Graph;

/// Returns `1 - sum over groups of (links to the group / links)^2` for each vertex.
///
/// Guimera and Amaral 2005, "Functional cartography of complex metabolic networks", on the undirected
/// simple graph: 0 if all neighbours are in one group, near 1 if they are spread evenly over
/// many, not a number without neighbours. `groups[v]` is a number below `count`.
pub fn participation(simple: &Graph, groups: &[u32], count: u32) -> Vec<f64> {
    let mut links = vec![0_u64; count as usize];
    let mut one = |vertex: u32| {
        let row = simple.outgoing(vertex);
        for &near in row {
            links[groups[near as usize] as usize] += 1;
        }
        let mut squares = 0;
        for &near in row {
            let links = std::mem::take(&mut links[groups[near as usize] as usize]);
            squares += links * links;
        }
        let all = row.len() as f64;
        1.0 - squares as f64 / (all * all)
    };
    simple.vertices().map(&mut one).collect()
}

/// Returns, for each vertex, how evenly its links are spread over layers, from 0 (one layer) to 1 (all alike).
///
/// Battiston, Nicosia and Latora 2014, "Structural measures for multiplex networks", equation 9:
/// `L / (L - 1) * (1 - sum over layers of (degree in the layer / degree)^2)`; `layers[l][v]` is the degree, or
/// strength, of v in layer l. Not a number without links or with fewer than two layers.
///
/// # Panics
/// If the layers have different lengths.
pub fn participation_in_layers(layers: &[Vec<f64>]) -> Vec<f64> {
    let vertices = layers.first().map_or(0, Vec::len);
    assert!(layers.iter().all(|layer| layer.len() == vertices), "each layer has a value for each vertex");
    let count = layers.len() as f64;
    let one = |vertex: usize| {
        let all: f64 = layers.iter().map(|layer| layer[vertex]).sum();
        let squares: f64 = layers.iter().map(|layer| (layer[vertex] / all) * (layer[vertex] / all)).sum();
        // Rounding may leave a little less than nothing.
        (count / (count - 1.0) * (1.0 - squares)).clamp(0.0, 1.0)
    };
    (0..vertices).map(one).collect()
}
