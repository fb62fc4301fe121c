//! Taking vertices away, those with fewest links first, in waves.
//!
//! While any vertex has at most k links left, all of those are taken at once; then k
//! grows. The k at which a vertex goes is its core number (Seidman 1983; Batagelj and
//! Zaversnik 2003), the number of its wave its onion layer (Hebert-Dufresne, Grochow and
//! Allard 2016). Each k looks at the vertices that are left, which over all k is no more
//! than the sum of core numbers: linear in vertices and links.

use crate::graph::Graph;

/// Core number and layer, from 1, of each vertex.
pub(in crate::metrics) struct Peeled {
    pub(in crate::metrics) core: Vec<u32>,
    pub(in crate::metrics) layer: Vec<u32>,
}

/// Peels an undirected simple graph.
pub(in crate::metrics) fn peel(graph: &Graph) -> Peeled {
    let mut degrees: Vec<u32> = graph.vertices().map(|vertex| graph.outgoing(vertex).len() as u32).collect();
    let mut layer = vec![0_u32; degrees.len()];
    let mut core = vec![0_u32; degrees.len()];
    let mut left: Vec<u32> = graph.vertices().collect();
    let (mut wave, mut next) = (Vec::new(), Vec::new());
    let (mut k, mut number) = (0, 0);
    while !left.is_empty() {
        let mut least = u32::MAX;
        left.retain(|&vertex| {
            let degree = degrees[vertex as usize];
            if layer[vertex as usize] != 0 {
                return false;
            }
            if degree <= k {
                wave.push(vertex);
                return false;
            }
            least = least.min(degree);
            true
        });
        if wave.is_empty() {
            k = least;
            continue;
        }
        while !wave.is_empty() {
            number += 1;
            for &vertex in &wave {
                layer[vertex as usize] = number;
                core[vertex as usize] = k;
            }
            for &vertex in &wave {
                for &near in graph.outgoing(vertex) {
                    // Who is at k already is in this wave, in the next, or gone.
                    let degree = &mut degrees[near as usize];
                    if *degree > k {
                        *degree -= 1;
                        if *degree == k {
                            next.push(near);
                        }
                    }
                }
            }
            wave.clear();
            std::mem::swap(&mut wave, &mut next);
        }
        k += 1;
    }
    Peeled { core, layer }
}
