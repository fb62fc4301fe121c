//! K-core peeling: vertices are removed in waves, those with fewest links first.
//!
//! While any vertex has at most k links left, all such vertices are removed at once; then k grows. The k at
//! the removal of a vertex is its core number (Seidman 1983; Batagelj and Zaversnik 2003). The number of its
//! wave is its onion layer (Hebert-Dufresne, Grochow and Allard 2016). Each k reads the remaining vertices,
//! which over all k is at most the sum of core numbers, so the cost is linear in vertices and links.

use crate::graph::Graph;

/// Core number and layer, from 1, of each vertex.
pub(crate) struct KCorePeeling {
    pub(crate) core: Vec<u32>,
    pub(crate) layer: Vec<u32>,
}

/// Peels an undirected simple graph.
pub(crate) fn peel_k_cores(graph: &Graph) -> KCorePeeling {
    let mut degrees: Vec<u32> = graph.vertices().map(|vertex| graph.outgoing(vertex).len() as u32).collect();
    let mut layer = vec![0_u32; degrees.len()];
    let mut core = vec![0_u32; degrees.len()];
    let mut remaining: Vec<u32> = graph.vertices().collect();
    // A place more than vertices: every neighbour is written to the next place, which it keeps if its degree falls to k.
    let (mut wave, mut next) = (Vec::new(), vec![0_u32; degrees.len() + 1]);
    let (mut k, mut number) = (0, 0);
    while !remaining.is_empty() {
        let mut least = u32::MAX;
        remaining.retain(|&vertex| {
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
            let mut count = 0;
            for &vertex in &wave {
                for &neighbour in graph.outgoing(vertex) {
                    // A vertex with k links is in this wave, in the next one, or removed already. The processor guesses
                    // this branch wrongly half of the time, so there is none.
                    let degree = &mut degrees[neighbour as usize];
                    let before = *degree;
                    *degree = before - u32::from(before > k);
                    next[count] = neighbour;
                    count += usize::from(before == k + 1);
                }
            }
            wave.clear();
            wave.extend_from_slice(&next[..count]);
        }
        k += 1;
    }
    KCorePeeling { core, layer }
}
