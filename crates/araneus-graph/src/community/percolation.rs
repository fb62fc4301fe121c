//! Overlapping communities of cliques: groups that hang together by `k`-cliques which share all but one vertex.
//!
//! Palla, Derényi, Farkas and Vicsek 2005, "Uncovering the overlapping community structure of
//! complex networks in nature and society". A broker between two dense groups is in both; who
//! is in no clique is in none. Weights and directions are ignored.

use rayon::prelude::*;

use crate::graph::{Graph, Shape};
use crate::progress::Watch;

/// The sizes of cliques that can be asked for.
const SIZES: std::ops::RangeInclusive<usize> = 3..=5;
/// Stands where a shorter list of vertices ends.
const NONE: u32 = u32::MAX;

/// All but one vertex of a clique, ascending, and the clique.
type Face = ([u32; 4], u32);

/// Lists the communities of `size`-cliques, largest first, ties by their lowest members; members ascend.
///
/// `None` means that there are more than `most` cliques, or that the watch said stop. Cost
/// grows with the cliques, which a dense graph has far more of than links.
///
/// # Panics
/// If `size` is not 3, 4 or 5.
pub fn clique_communities(shape: &Shape, size: usize, most: usize, watch: &Watch) -> Option<Vec<Vec<u32>>> {
    assert!(SIZES.contains(&size), "cliques of 3, 4 or 5 are looked for");
    let cliques = cliques(shape.simple(), size, most.min(NONE as usize - 1), watch)?;
    let cliques: Vec<&[u32]> = cliques.chunks_exact(size).collect();
    let mut leader: Vec<u32> = (0..cliques.len() as u32).collect();
    let faces = faces(&cliques);
    for pair in faces.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (a, b) = (find(&mut leader, pair[0].1), find(&mut leader, pair[1].1));
        leader[a.max(b) as usize] = a.min(b);
    }
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); cliques.len()];
    for (clique, vertices) in cliques.iter().enumerate() {
        groups[find(&mut leader, clique as u32) as usize].extend(*vertices);
    }
    groups.retain(|group| !group.is_empty());
    for group in &mut groups {
        group.sort_unstable();
        group.dedup();
    }
    groups.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    watch.step(1).then_some(groups)
}

/// Lists cliques of `size` one after the other, vertices ascending in each.
fn cliques(graph: &Graph, size: usize, most: usize, watch: &Watch) -> Option<Vec<u32>> {
    // Each clique is met once, from its vertex of least degree: rows of later ones are short even at hubs.
    let rank = |vertex: u32| (graph.outgoing(vertex).len(), vertex);
    let later: Vec<Vec<u32>> = graph
        .vertices()
        .into_par_iter()
        .map(|vertex| {
            graph.outgoing(vertex).iter().copied().filter(|near| rank(*near) > rank(vertex)).collect()
        })
        .collect();
    let mut found = Vec::new();
    let mut clique = Vec::new();
    for vertex in graph.vertices() {
        clique.push(vertex);
        extend(&later, (size, most), &later[vertex as usize], &mut clique, &mut found);
        clique.pop();
        if found.len() / size > most || !watch.step(1) {
            return None;
        }
    }
    for clique in found.chunks_exact_mut(size) {
        clique.sort_unstable();
    }
    Some(found)
}

/// Adds each way to complete a clique from candidates that are tied to all of it.
///
/// Stops above `most` cliques.
fn extend(
    later: &[Vec<u32>],
    (size, most): (usize, usize),
    candidates: &[u32],
    clique: &mut Vec<u32>,
    found: &mut Vec<u32>,
) {
    if clique.len() + 1 == size {
        for &last in candidates {
            found.extend_from_slice(clique);
            found.push(last);
        }
        return;
    }
    for &next in candidates {
        if found.len() / size > most {
            return;
        }
        let row = &later[next as usize];
        let both: Vec<u32> =
            candidates.iter().copied().filter(|near| row.binary_search(near).is_ok()).collect();
        clique.push(next);
        extend(later, (size, most), &both, clique, found);
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
                let kept = clique.iter().enumerate().filter(|(place, _)| *place != left_out);
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

/// Returns the lowest clique known to hang together with this one.
fn find(leader: &mut [u32], clique: u32) -> u32 {
    let mut at = clique;
    while leader[at as usize] != at {
        leader[at as usize] = leader[leader[at as usize] as usize];
        at = leader[at as usize];
    }
    at
}
