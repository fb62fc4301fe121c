//! Betweenness: the number of pairs of other vertices whose shortest paths lead through a vertex.
//!
//! Brandes 2001. From each source s a breadth-first search counts the shortest paths to every vertex, sigma.
//! Then, farthest vertices first, the dependency is `delta(v) = sigma(v) * sum of (1 + delta(w)) / sigma(w)`
//! over links v -> w one level deeper. The betweenness of a vertex is the sum of its deltas over all other
//! sources. Values are not normalised, end points are not counted, and an undirected pair counts once.
//!
//! Trees that hang on an undirected graph are folded first (2-core folding in [`crate::graph`]). A core
//! vertex then represents m vertices, so 1 becomes m(w) in the formula, and the delta of a source counts m(s)
//! times. Pairs with an end in a tree are counted by a formula.
//!
//! Sources are divided into a fixed number of chunks, each with its own sums. The sums are added in the order
//! of chunks, so the number of threads changes no bit. Only one wave of chunks is in memory at a time. Above
//! 2e9 vertices x links, or a lower bound of the caller, all values are NaN. They may be NaN, too, if a vertex has more than 1e308 shortest
//! paths.

use rayon::prelude::*;

use crate::graph::{Graph, WeightedGraph, fold_to_two_core};
use crate::progress::Progress;

use super::metric::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "betweenness",
    about: "Number of pairs of other vertices with this vertex on a shortest path, shared among equally short paths; null where vertices x links exceeds 2e9, and in a run 2e8.",
    unit: "pairs, from 0",
    source: "Brandes 2001, A faster algorithm for betweenness centrality",
    reads: Reads {
        direction: "Shortest paths follow the direction of links.",
        weights: "Weights are ignored.",
        dead_ends: "No path leads through a dead end.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Pairs without a path between them count 0.",
    },
    measure: |shared, progress| measure(shared.weighted_graph, shared.betweenness_work_max, progress),
};

/// The number of sums; part of the definition of the result's bits.
const CHUNKS: usize = 64;
/// The number of sums in memory at one time.
const WAVE: usize = 16;

fn measure(weighted_graph: &WeightedGraph, work_max: u64, progress: &Progress) -> Option<Vec<f64>> {
    let graph = weighted_graph.graph();
    if is_within_bound(graph, work_max) { exact(graph, progress) } else { Some(unknown(graph)) }
}

/// Returns the part of the betweenness that the pairs with a given source contribute, each counted in one direction; `None` if
/// the computation was cancelled. Sources that are drawn at random give estimates (Brandes and Pich 2007, Centrality
/// estimation in large networks).
///
/// The graph is undirected and has no parallel links and no self-links. Vertices of one link are folded into their neighbours first,
/// so that lists of values cost little.
pub(crate) fn betweenness_from(graph: &Graph, sources: &[u32], progress: &Progress) -> Option<Vec<f64>> {
    let folded = FoldedLeaves::of(graph);
    let mut mass: Vec<f64> = folded.leaves.iter().map(|leaves| 1.0 + leaves).collect();
    let mut search = BrandesSearch::new(folded.core.vertex_count());
    let mut sum = vec![0.0; folded.core.vertex_count()];
    for &source in sources {
        if let Some((start, is_leaf)) = folded.start(graph, source) {
            // One source of those that the vertex represents was drawn.
            let all = std::mem::replace(&mut mass[start as usize], 1.0);
            search.count_paths(&folded.core, start);
            search.add_dependencies(&folded.core, &mass, start, &mut sum);
            mass[start as usize] = all;
            let reached = search.reached();
            for &vertex in &reached[1..] {
                sum[vertex as usize] += folded.leaves[vertex as usize];
            }
            if is_leaf {
                // Its neighbour is on the paths to all other vertices.
                let vertices: f64 = reached.iter().map(|vertex| mass[*vertex as usize]).sum();
                sum[start as usize] += vertices - 2.0;
            }
        }
        if !progress.advance(1) {
            return None;
        }
    }
    let mut values = vec![0.0; graph.vertex_count()];
    for (&vertex, value) in folded.original.iter().zip(sum) {
        values[vertex as usize] = value;
    }
    Some(values)
}

/// An undirected graph without its leaves: vertices of one link to a vertex with others.
struct FoldedLeaves {
    core: Graph,
    /// The vertex in the graph of each core vertex, ascending.
    original: Vec<u32>,
    /// The number of leaves of each core vertex.
    leaves: Vec<f64>,
}

impl FoldedLeaves {
    fn of(graph: &Graph) -> Self {
        let original: Vec<u32> =
            graph.vertices().filter(|vertex| neighbour_of_leaf(graph, *vertex).is_none()).collect();
        let mut core_of = vec![u32::MAX; graph.vertex_count()];
        for (number, vertex) in (0..).zip(&original) {
            core_of[*vertex as usize] = number;
        }
        let (mut links, mut leaves) = (Vec::new(), Vec::with_capacity(original.len()));
        for (number, &vertex) in (0..).zip(&original) {
            let others = graph.outgoing(vertex).iter().map(|other| core_of[*other as usize]);
            let later = others.clone().filter(|other| number < *other && *other != u32::MAX);
            links.extend(later.map(|other| (number, other)));
            leaves.push(others.filter(|other| *other == u32::MAX).count() as f64);
        }
        let (core, _) = Graph::build(original.len() as u32, false, &links, None);
        Self { core, original, leaves }
    }

    /// Returns the core vertex from which the paths of a source lead on, and whether the source is its leaf; `None` for a source
    /// without links.
    fn start(&self, graph: &Graph, source: u32) -> Option<(u32, bool)> {
        let neighbour = neighbour_of_leaf(graph, source);
        let at = neighbour.unwrap_or(source);
        let start = self.original.binary_search(&at).ok().filter(|_| !graph.outgoing(source).is_empty())?;
        Some((start as u32, neighbour.is_some()))
    }
}

/// Returns the neighbour of a leaf; `None` for any other vertex.
fn neighbour_of_leaf(graph: &Graph, vertex: u32) -> Option<u32> {
    match graph.outgoing(vertex) {
        [only] => Some(*only).filter(|only| graph.outgoing(*only).len() > 1),
        _ => None,
    }
}

fn exact(graph: &Graph, progress: &Progress) -> Option<Vec<f64>> {
    let folded = fold_to_two_core(graph);
    let core = &folded.core;
    let mut totals = vec![0.0; core.vertex_count()];
    for wave in (0..CHUNKS).step_by(WAVE) {
        let sums: Option<Vec<Vec<f64>>> = (wave..wave + WAVE)
            .into_par_iter()
            .map(|chunk| chunk_sum(core, &folded.mass, chunk, progress))
            .collect();
        for sum in sums? {
            totals.iter_mut().zip(sum).for_each(|(total, part)| *total += part);
        }
    }
    let mut betweenness = folded.pairs;
    for (&vertex, total) in folded.original.iter().zip(totals) {
        betweenness[vertex as usize] += total;
    }
    if !graph.is_directed() {
        // Each pair was seen from both of its ends.
        for value in &mut betweenness {
            *value /= 2.0;
        }
    }
    Some(betweenness)
}

/// Adds the dependencies of every 64th source. Vertices with close ids are often in one component, so this
/// balances the work.
fn chunk_sum(graph: &Graph, mass: &[f64], chunk: usize, progress: &Progress) -> Option<Vec<f64>> {
    let mut search = BrandesSearch::new(graph.vertex_count());
    let mut sum = vec![0.0; graph.vertex_count()];
    for source in graph.vertices().skip(chunk).step_by(CHUNKS) {
        if !graph.outgoing(source).is_empty() {
            search.count_paths(graph, source);
            search.add_dependencies(graph, mass, source, &mut sum);
        }
        if !progress.advance(1) {
            return None;
        }
    }
    Some(sum)
}

/// Buffers of one thread's searches, clean between sources.
///
/// There are two ways to pass values from one level to the next: push along the rows of the giving level, or sum
/// the rows of the receiving level. The cheaper one is taken. In the middle of a skewed graph the other way
/// costs ten times as much. Neither asks for the level of each neighbour, because the processor
/// cannot predict that branch. Values pushed to a finished level are never read, and summed values are zero
/// outside the giving level.
struct BrandesSearch {
    is_seen: Vec<bool>,
    /// The number of shortest paths from the source to each reached vertex.
    paths: Vec<f64>,
    dependency: Vec<f64>,
    pushed: Vec<f64>,
    wave: Vec<f64>,
    /// The reached vertices, nearest first, with one spare position.
    order: Vec<u32>,
    levels: Vec<BfsLevel>,
}

/// The start of a level in `order`, and the numbers of links that leave and enter it.
struct BfsLevel {
    start: usize,
    outgoing: usize,
    incoming: usize,
}

impl BrandesSearch {
    fn new(vertices: usize) -> Self {
        let zeros = || vec![0.0; vertices];
        Self {
            is_seen: vec![false; vertices],
            paths: zeros(),
            dependency: zeros(),
            pushed: zeros(),
            wave: zeros(),
            order: vec![0; vertices + 1],
            levels: Vec::new(),
        }
    }

    /// Returns the vertices that the last source reached, itself first.
    fn reached(&self) -> &[u32] {
        &self.order[..self.levels[self.levels.len() - 1].start]
    }

    /// Fills `order`, `levels` (the last is empty) and `paths`.
    fn count_paths(&mut self, graph: &Graph, source: u32) {
        self.order[0] = source;
        self.is_seen[source as usize] = true;
        self.paths[source as usize] = 1.0;
        self.levels.clear();
        let mut unseen = graph.link_count() * if graph.is_directed() { 1 } else { 2 };
        let (mut start, mut end) = (0, 1);
        loop {
            let level = self.level(graph, start, end);
            unseen = unseen.saturating_sub(level.incoming);
            let is_push_cheaper = level.outgoing <= unseen + graph.vertex_count();
            self.levels.push(level);
            if start == end {
                break;
            }
            let next = if is_push_cheaper {
                self.push_paths(graph, start, end)
            } else {
                self.sum_paths(graph, start, end)
            };
            (start, end) = (end, next);
        }
        for &vertex in &self.order[..end] {
            self.pushed[vertex as usize] = 0.0;
        }
    }

    fn level(&self, graph: &Graph, start: usize, end: usize) -> BfsLevel {
        let vertices = &self.order[start..end];
        let outgoing = vertices.iter().map(|vertex| graph.outgoing(*vertex).len()).sum();
        let incoming = if graph.is_directed() {
            vertices.iter().map(|vertex| graph.incoming(*vertex).len()).sum()
        } else {
            outgoing
        };
        BfsLevel { start, outgoing, incoming }
    }

    /// Appends the new targets of level `order[start..end]`; returns the new end.
    fn push_paths(&mut self, graph: &Graph, start: usize, end: usize) -> usize {
        let mut free = end;
        for position in start..end {
            let vertex = self.order[position];
            let paths = self.paths[vertex as usize];
            for &neighbour in graph.outgoing(vertex) {
                // The write has no branch; the position is kept only if the vertex is new.
                self.order[free] = neighbour;
                let neighbour = neighbour as usize;
                free += usize::from(!self.is_seen[neighbour]);
                self.is_seen[neighbour] = true;
                self.pushed[neighbour] += paths;
            }
        }
        for &vertex in &self.order[end..free] {
            self.paths[vertex as usize] = self.pushed[vertex as usize];
        }
        free
    }

    /// Does the same as [`BrandesSearch::push_paths`], from the rows of unseen vertices.
    fn sum_paths(&mut self, graph: &Graph, start: usize, end: usize) -> usize {
        for &vertex in &self.order[start..end] {
            self.wave[vertex as usize] = self.paths[vertex as usize];
        }
        let mut free = end;
        for vertex in graph.vertices().filter(|vertex| !self.is_seen[*vertex as usize]) {
            let paths: f64 =
                graph.incoming(vertex).iter().map(|neighbour| self.wave[*neighbour as usize]).sum();
            self.paths[vertex as usize] = paths;
            self.order[free] = vertex;
            free += usize::from(paths > 0.0);
        }
        for &vertex in &self.order[end..free] {
            self.is_seen[vertex as usize] = true;
        }
        for &vertex in &self.order[start..end] {
            self.wave[vertex as usize] = 0.0;
        }
        free
    }

    fn add_dependencies(&mut self, graph: &Graph, mass: &[f64], source: u32, sum: &mut [f64]) {
        let reached = self.levels[self.levels.len() - 1].start;
        // A push also reaches vertices that the source does not reach, which must be cleaned afterwards.
        let may_push = !graph.is_directed() || reached * 4 >= graph.vertex_count();
        // The first level, the source itself, collects nothing.
        for number in (1..self.levels.len() - 1).rev() {
            let (level, deeper) = (&self.levels[number], &self.levels[number + 1]);
            let (start, end) = (level.start, deeper.start);
            let last = self.levels.get(number + 2).map_or(end, |after| after.start);
            let is_push = may_push && deeper.incoming <= level.outgoing;
            self.hand_down(graph, mass, end..last, is_push);
            for &vertex in &self.order[start..end] {
                let given = if end == last {
                    0.0
                } else if is_push {
                    self.pushed[vertex as usize]
                } else {
                    graph.outgoing(vertex).iter().map(|neighbour| self.wave[*neighbour as usize]).sum()
                };
                let dependency = self.paths[vertex as usize] * given;
                self.dependency[vertex as usize] = dependency;
                sum[vertex as usize] += mass[source as usize] * dependency;
            }
            if !is_push {
                for &vertex in &self.order[end..last] {
                    self.wave[vertex as usize] = 0.0;
                }
            }
        }
        for &vertex in &self.order[..reached] {
            self.is_seen[vertex as usize] = false;
            self.pushed[vertex as usize] = 0.0;
        }
        if may_push && graph.is_directed() {
            self.pushed.fill(0.0);
        }
    }

    /// Hands `(m + delta) / sigma`, the share of each path that leads to a vertex, to the previous level.
    fn hand_down(&mut self, graph: &Graph, mass: &[f64], positions: std::ops::Range<usize>, is_push: bool) {
        for &vertex in &self.order[positions] {
            let given =
                (mass[vertex as usize] + self.dependency[vertex as usize]) / self.paths[vertex as usize];
            if is_push {
                for &neighbour in graph.incoming(vertex) {
                    self.pushed[neighbour as usize] += given;
                }
            } else {
                self.wave[vertex as usize] = given;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// With every vertex as a source, each pair is counted from both ends.
    #[test]
    fn all_sources_together_give_the_exact_values() {
        for seed in 0..60 {
            let mut random = SplitMix64::new(seed, 3);
            let vertices = 2 + random.below(40);
            // Few links make stars, trees, pairs and single vertices.
            let drawn =
                (0..random.below(2 * vertices)).map(|_| (random.below(vertices), random.below(vertices)));
            let mut links: Vec<(u32, u32)> =
                drawn.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect();
            links.sort_unstable();
            links.dedup();
            let (graph, _) = Graph::build(vertices, false, &links, None);
            let sources: Vec<u32> = graph.vertices().collect();
            let found = betweenness_from(&graph, &sources, &Progress::silent()).expect("it is not cancelled");
            let exact = exact(&graph, &Progress::silent()).expect("it is not cancelled");
            for (found, exact) in found.iter().zip(exact) {
                assert!(
                    (found / 2.0 - exact).abs() < 1e-9 * exact.max(1.0),
                    "seed {seed}: {found} and {exact}"
                );
            }
        }
    }

    /// One source at a time, against paths that are counted pair by pair.
    #[test]
    fn each_source_counts_the_paths_to_all_other_vertices() {
        // Two leaves at 0, a square 0-1-2-3, and a leaf at 2.
        let links = [(0, 4), (0, 5), (0, 1), (1, 2), (2, 3), (0, 3), (2, 6)];
        let (graph, _) = Graph::build(7, false, &links, None);
        let of = |source: u32| {
            betweenness_from(&graph, &[source], &Progress::silent()).expect("it is not cancelled")
        };
        // From 4: 0 is on the paths to 1, 2, 3, 5 and 6; 1 and 3 on half of those to 2 and 6; 2 on that to 6.
        assert_eq!(of(4), [5.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        // From 1: 0 on the paths to 4 and 5 and on half of that to 3; 2 on that to 6 and on the other half.
        assert_eq!(of(1), [2.5, 0.0, 1.5, 0.0, 0.0, 0.0, 0.0]);
        // From 0: 1 and 3 on half of the paths to 2 and 6; 2 on that to 6.
        assert_eq!(of(0), [0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    }
}
