//! Participation: how evenly the links of a vertex spread over groups or layers.

use crate::graph::Graph;

/// Returns `1 - sum over groups of (links to the group / links)^2` for each vertex.
///
/// Guimera and Amaral 2005, Functional cartography of complex metabolic networks, on the undirected simple
/// graph. The value is 0 if all neighbours are in one group, and near 1 if they spread evenly over many. It
/// is NaN without neighbours. `groups[v]` is a number below `count`.
pub fn participation(simple: &Graph, groups: &[u32], count: u32) -> Vec<f64> {
    let mut links = vec![0_u64; count as usize];
    let mut value_of = |vertex: u32| {
        let row = simple.outgoing(vertex);
        for &neighbour in row {
            links[groups[neighbour as usize] as usize] += 1;
        }
        let mut squares = 0;
        for &neighbour in row {
            let links = std::mem::take(&mut links[groups[neighbour as usize] as usize]);
            squares += links * links;
        }
        let total = row.len() as f64;
        1.0 - squares as f64 / (total * total)
    };
    simple.vertices().map(&mut value_of).collect()
}

/// Returns, for each vertex, how evenly its links spread over layers, from 0 (one layer) to 1 (all layers
/// alike).
///
/// Battiston, Nicosia and Latora 2014, Structural measures for multiplex networks, equation 9: `L / (L - 1) *
/// (1 - sum over layers of (degree in the layer / degree)^2)`. `layers[l][v]` is the degree, or strength, of
/// v in layer l. The value is NaN without links, or with fewer than two layers.
///
/// # Panics
/// If the layers have different lengths.
pub fn participation_in_layers(layers: &[Vec<f64>]) -> Vec<f64> {
    let vertices = layers.first().map_or(0, Vec::len);
    assert!(layers.iter().all(|layer| layer.len() == vertices), "each layer has a value for each vertex");
    let count = layers.len() as f64;
    let value_of = |vertex: usize| {
        let total: f64 = layers.iter().map(|layer| layer[vertex]).sum();
        let squares: f64 = layers.iter().map(|layer| (layer[vertex] / total) * (layer[vertex] / total)).sum();
        // Rounding may give a value slightly below 0.
        (count / (count - 1.0) * (1.0 - squares)).clamp(0.0, 1.0)
    };
    (0..vertices).map(value_of).collect()
}
