//! Clique percolation: overlapping communities of `k`-cliques that share all vertices but one.
//!
//! Palla, Derényi, Farkas and Vicsek 2005, Uncovering the overlapping community structure of complex networks
//! in nature and society. A vertex between two dense groups is in both; a vertex in no clique is in none.
//! Weights and directions are ignored.

use rayon::prelude::*;

use crate::graph::{Graph, WeightedGraph, join, root};
use crate::progress::Progress;

/// The possible sizes of cliques.
const SIZES: std::ops::RangeInclusive<usize> = 3..=5;
/// Fills the end of a list of fewer vertices.
const NONE: u32 = u32::MAX;

/// All vertices of a clique but one, ascending, and the number of the clique.
type Face = ([u32; 4], u32);

/// Lists the communities of `size`-cliques, largest first, equal sizes by their lowest members; members
/// ascend.
///
/// Returns `None` if there are more than `most` cliques, or if the computation was cancelled. The cost grows
/// with the number of cliques, which in a dense graph is far larger than the number of links.
///
/// # Panics
/// If `size` is not 3, 4 or 5.
pub fn clique_communities(
    weighted_graph: &WeightedGraph,
    size: usize,
    most: usize,
    progress: &Progress,
) -> Option<Vec<Vec<u32>>> {
    assert!(SIZES.contains(&size), "cliques have 3, 4 or 5 vertices");
    let cliques = cliques(weighted_graph.simple(), size, most.min(NONE as usize - 1), progress)?;
    let cliques: Vec<&[u32]> = cliques.chunks_exact(size).collect();
    let mut leader: Vec<u32> = (0..cliques.len() as u32).collect();
    let faces = faces(&cliques);
    for pair in faces.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        join(&mut leader, pair[0].1, pair[1].1);
    }
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); cliques.len()];
    for (clique, vertices) in cliques.iter().enumerate() {
        groups[root(&mut leader, clique as u32) as usize].extend(*vertices);
    }
    groups.retain(|group| !group.is_empty());
    for group in &mut groups {
        group.sort_unstable();
        group.dedup();
    }
    groups.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    progress.advance(1).then_some(groups)
}

/// Lists cliques of `size` one after the other, vertices ascending in each.
fn cliques(graph: &Graph, size: usize, most: usize, progress: &Progress) -> Option<Vec<u32>> {
    // Each clique is found once, from its vertex of lowest degree, so that even hubs have short rows of later
    // vertices.
    let rank = |vertex: u32| (graph.outgoing(vertex).len(), vertex);
    let later: Vec<Vec<u32>> = graph
        .vertices()
        .into_par_iter()
        .map(|vertex| {
            graph
                .outgoing(vertex)
                .iter()
                .copied()
                .filter(|neighbour| rank(*neighbour) > rank(vertex))
                .collect()
        })
        .collect();
    let mut listed = Vec::new();
    let mut clique = Vec::new();
    for vertex in graph.vertices() {
        clique.push(vertex);
        extend(&later, (size, most), &later[vertex as usize], &mut clique, &mut listed);
        clique.pop();
        if listed.len() / size > most || !progress.advance(1) {
            return None;
        }
    }
    for clique in listed.chunks_exact_mut(size) {
        clique.sort_unstable();
    }
    Some(listed)
}

/// Adds each completion of a clique by candidates that are linked to all its vertices.
///
/// Stops above `most` cliques.
fn extend(
    later: &[Vec<u32>],
    (size, most): (usize, usize),
    candidates: &[u32],
    clique: &mut Vec<u32>,
    listed: &mut Vec<u32>,
) {
    if clique.len() + 1 == size {
        for &last in candidates {
            listed.extend_from_slice(clique);
            listed.push(last);
        }
        return;
    }
    for &next in candidates {
        if listed.len() / size > most {
            return;
        }
        let row = &later[next as usize];
        let both: Vec<u32> =
            candidates.iter().copied().filter(|neighbour| row.binary_search(neighbour).is_ok()).collect();
        clique.push(next);
        extend(later, (size, most), &both, clique, listed);
        clique.pop();
    }
}

fn faces(cliques: &[&[u32]]) -> Vec<Face> {
    let mut faces: Vec<Face> = cliques
        .par_iter()
        .enumerate()
        .flat_map_iter(|(number, clique)| {
            (0..clique.len()).map(move |left_out| {
                let mut face = [NONE; 4];
                let kept = clique.iter().enumerate().filter(|(position, _)| *position != left_out);
                for (to, (_, &vertex)) in face.iter_mut().zip(kept) {
                    *to = vertex;
                }
                (face, number as u32)
            })
        })
        .collect();
    faces.par_sort_unstable();
    faces
}
