//! Slow and obvious implementations, straight from the definitions.

use araneus_graph::graph::{Graph, WeightedGraph};

/// Distances by links between all pairs (Floyd and Warshall); `None` where there is no path.
pub(crate) fn all_distances(graph: &Graph) -> Vec<Vec<Option<u32>>> {
    let count = graph.vertex_count();
    let mut distances = vec![vec![None; count]; count];
    for from in graph.vertices() {
        for &to in graph.outgoing(from) {
            distances[from as usize][to as usize] = Some(1);
        }
        distances[from as usize][from as usize] = Some(0);
    }
    for middle in 0..count {
        for from in 0..count {
            for to in 0..count {
                if let (Some(first), Some(second)) = (distances[from][middle], distances[middle][to])
                    && distances[from][to].is_none_or(|direct| first + second < direct)
                {
                    distances[from][to] = Some(first + second);
                }
            }
        }
    }
    distances
}

fn inward(graph: &Graph, vertex: usize) -> Vec<u32> {
    let distances = all_distances(graph);
    (0..distances.len()).filter(|from| *from != vertex).filter_map(|from| distances[from][vertex]).collect()
}

pub(crate) fn harmonic(weighted_graph: &WeightedGraph) -> Vec<f64> {
    let graph = weighted_graph.graph();
    let one = |vertex| inward(graph, vertex).iter().map(|distance| 1.0 / f64::from(*distance)).sum();
    (0..graph.vertex_count()).map(one).collect()
}

pub(crate) fn closeness(weighted_graph: &WeightedGraph) -> Vec<f64> {
    let graph = weighted_graph.graph();
    let one = |vertex| {
        let distances = inward(graph, vertex);
        let sum: u32 = distances.iter().sum();
        let reached = distances.len() as f64;
        if sum == 0 { 0.0 } else { reached / f64::from(sum) * reached / (graph.vertex_count() - 1) as f64 }
    };
    (0..graph.vertex_count()).map(one).collect()
}

/// The number of shortest paths between all pairs, by growing distance.
fn path_counts(graph: &Graph, distances: &[Vec<Option<u32>>]) -> Vec<Vec<f64>> {
    let count = graph.vertex_count();
    let mut paths = vec![vec![0.0; count]; count];
    for from in 0..count {
        paths[from][from] = 1.0;
        for distance in 1..count as u32 {
            for to in (0..count).filter(|to| distances[from][*to] == Some(distance)) {
                let before = graph.incoming(to as u32).iter().map(|before| *before as usize);
                let before = before.filter(|before| distances[from][*before] == Some(distance - 1));
                paths[from][to] = before.map(|before| paths[from][before]).sum();
            }
        }
    }
    paths
}

pub(crate) fn betweenness(weighted_graph: &WeightedGraph) -> Vec<f64> {
    let graph = weighted_graph.graph();
    let distances = all_distances(graph);
    let paths = path_counts(graph, &distances);
    let count = graph.vertex_count();
    let share = |from: usize, to: usize, middle: usize| match (
        distances[from][to],
        distances[from][middle],
        distances[middle][to],
    ) {
        (Some(whole), Some(first), Some(second)) if first + second == whole => {
            paths[from][middle] * paths[middle][to] / paths[from][to]
        }
        _ => 0.0,
    };
    let one = |middle: usize| {
        let mut sum = 0.0;
        for from in (0..count).filter(|from| *from != middle) {
            for to in (0..count).filter(|to| *to != middle && *to != from) {
                sum += share(from, to, middle);
            }
        }
        if graph.is_directed() { sum } else { sum / 2.0 }
    };
    (0..count).map(one).collect()
}

/// Solves `r = (1 - d) / n + d * P r` by elimination instead of passes.
pub(crate) fn pagerank(weighted_graph: &WeightedGraph) -> Vec<f64> {
    let graph = weighted_graph.graph();
    let count = graph.vertex_count();
    let mut rows = vec![vec![0.0; count + 1]; count];
    for (to, row) in rows.iter_mut().enumerate() {
        for from in graph.vertices() {
            let out = graph.outgoing(from);
            let flow = if out.is_empty() {
                1.0 / count as f64
            } else if out.contains(&(to as u32)) {
                1.0 / out.len() as f64
            } else {
                0.0
            };
            row[from as usize] = -0.85 * flow;
        }
        row[to] += 1.0;
        row[count] = 0.15 / count as f64;
    }
    for pivot in 0..count {
        let from = rows[pivot].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != pivot) {
            let factor = row[pivot] / from[pivot];
            row.iter_mut().zip(&from).for_each(|(value, part)| *value -= factor * part);
        }
    }
    (0..count).map(|place| rows[place][count] / rows[place][place]).collect()
}

pub(crate) fn triangles(weighted_graph: &WeightedGraph) -> Vec<f64> {
    let graph = weighted_graph.graph();
    let tied = |a: u32, b: u32| a != b && (graph.has_link(a, b) || graph.has_link(b, a));
    let one = |a: u32| {
        let pairs = graph.vertices().flat_map(|b| (0..b).map(move |c| (b, c)));
        pairs.filter(|(b, c)| tied(a, *b) && tied(a, *c) && tied(*b, *c)).count() as f64
    };
    graph.vertices().map(one).collect()
}

/// Removes vertices for k = 1, 2, ... until none has fewer than k links.
pub(crate) fn core_number(weighted_graph: &WeightedGraph) -> Vec<f64> {
    let graph = weighted_graph.simple();
    let mut core = vec![0.0; graph.vertex_count()];
    for least in 1..=graph.vertex_count() {
        let mut stays = vec![true; graph.vertex_count()];
        loop {
            let within =
                |v: u32| graph.outgoing(v).iter().filter(|neighbour| stays[**neighbour as usize]).count();
            let Some(leaves) = graph.vertices().find(|v| stays[*v as usize] && within(*v) < least) else {
                break;
            };
            stays[leaves as usize] = false;
        }
        core.iter_mut().zip(&stays).filter(|(_, stays)| **stays).for_each(|(core, _)| *core = least as f64);
    }
    core
}

/// Power iteration with a shift, long enough for small graphs.
pub(crate) fn eigenvector(weighted_graph: &WeightedGraph) -> Vec<f64> {
    let graph = weighted_graph.graph();
    let mut vector = vec![1.0; graph.vertex_count()];
    for _ in 0..20_000 {
        let pull =
            |v: u32| graph.outgoing(v).iter().map(|neighbour| vector[*neighbour as usize]).sum::<f64>();
        let next: Vec<f64> = graph.vertices().map(|v| vector[v as usize] + pull(v)).collect();
        let norm = next.iter().map(|value| value * value).sum::<f64>().sqrt();
        vector = next.into_iter().map(|value| value / norm).collect();
    }
    vector
}

/// The modularity from all pairs of vertices (Newman 2006, equation 1), resolution on the second term.
pub(crate) fn modularity(weighted_graph: &WeightedGraph, of: &[u32], resolution: f64) -> f64 {
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let strength: Vec<f64> = graph.vertices().map(|v| weights.outgoing(graph, v).iter().sum()).collect();
    let twice: f64 = strength.iter().sum();
    if twice == 0.0 {
        return 0.0;
    }
    let mut sum = 0.0;
    for a in graph.vertices() {
        for b in graph.vertices().filter(|b| of[*b as usize] == of[a as usize]) {
            let place = graph.outgoing(a).binary_search(&b);
            let weight = place.map_or(0.0, |place| weights.outgoing(graph, a)[place]);
            sum += weight - resolution * strength[a as usize] * strength[b as usize] / twice;
        }
    }
    sum / twice
}

/// Clique communities by their definition: all sets of vertices, then all pairs of cliques.
pub(crate) fn clique_communities(weighted_graph: &WeightedGraph, size: usize) -> Vec<Vec<u32>> {
    let graph = weighted_graph.simple();
    let is_clique = |set: u32| {
        let inside = |vertex: u32| set >> vertex & 1 == 1;
        graph.vertices().filter(|a| inside(*a)).all(|a| {
            graph.vertices().filter(|b| inside(*b) && *b != a).all(|b| graph.outgoing(a).contains(&b))
        })
    };
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for set in (0..1_u32 << graph.vertex_count()).filter(|set| set.count_ones() as usize == size) {
        if is_clique(set) {
            let touches =
                |group: &Vec<u32>| group.iter().any(|other| (other & set).count_ones() as usize == size - 1);
            let (mut touching, other): (Vec<_>, Vec<_>) = groups.into_iter().partition(touches);
            touching.push(vec![set]);
            groups = other;
            groups.push(touching.concat());
        }
    }
    let members = |group: Vec<u32>| -> Vec<u32> {
        let all = group.into_iter().fold(0, |all, set| all | set);
        graph.vertices().filter(|vertex| all >> vertex & 1 == 1).collect()
    };
    let mut groups: Vec<Vec<u32>> = groups.into_iter().map(members).collect();
    groups.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    groups
}
