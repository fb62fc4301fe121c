//! How often a vertex lies between others: on the shortest ways from one to another.
//!
//! Brandes 2001. From each source s a breadth-first search counts the shortest
//! paths to every vertex, sigma; then, farthest vertices first, the dependency
//! `delta(v) = sigma(v) * sum of (1 + delta(w)) / sigma(w)` over links v -> w one level
//! deeper. A vertex's betweenness is the sum of its deltas over all sources but itself.
//! Raw, end points not counted, each unordered pair once if undirected.
//!
//! Trees that hang on an undirected graph are folded first ([`crate::graph`], fold):
//! a vertex of the core stands for m vertices, so 1 becomes m(w) above, and the
//! delta of a source counts m(s) times; pairs with a hanging end are counted by a formula.
//!
//! Sources are dealt into a fixed number of chunks, each with its own sums,
//! which are added in the order of chunks: the bits depend on no thread. Only one
//! wave of chunks is held at a time. Above 2e9 vertices x links nothing is
//! measured. Where a vertex has more than 1e308 shortest paths values are unknown.

use rayon::prelude::*;

use crate::graph::{Graph, Shape, fold};
use crate::progress::Watch;

use super::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "betweenness",
    about: "How many pairs of others have this vertex between them, shared over equally short ways; null where vertices x links exceeds 2e9.",
    unit: "pairs, from 0",
    source: "Brandes 2001, A faster algorithm for betweenness centrality",
    reads: Reads {
        direction: "Shortest ways follow the links' direction.",
        weights: "Weights are ignored.",
        dead_ends: "No way leads through a dead end.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Pairs without a way between them count nothing.",
    },
    measure: |shared, watch| measure(shared.shape, watch),
};

/// How many sums there are; part of the definition of the result's bits.
const CHUNKS: usize = 64;
/// How many sums exist at one time.
const WAVE: usize = 16;

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    if is_within_bound(graph) { exact(graph, watch) } else { Some(unknown(graph)) }
}

fn exact(graph: &Graph, watch: &Watch) -> Option<Vec<f64>> {
    let folded = fold(graph);
    let core = &folded.core;
    let mut totals = vec![0.0; core.vertex_count()];
    for wave in (0..CHUNKS).step_by(WAVE) {
        let sums: Option<Vec<Vec<f64>>> = (wave..wave + WAVE)
            .into_par_iter()
            .map(|chunk| chunk_sum(core, &folded.mass, chunk, watch))
            .collect();
        for sum in sums? {
            totals.iter_mut().zip(sum).for_each(|(total, part)| *total += part);
        }
    }
    let mut betweenness = folded.pairs;
    for (&vertex, total) in folded.whole.iter().zip(totals) {
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

/// Adds the dependencies of every 64th source; neighbours in id often lie in one part, so dealing evens the work.
fn chunk_sum(graph: &Graph, mass: &[f64], chunk: usize, watch: &Watch) -> Option<Vec<f64>> {
    let mut search = Search::new(graph.vertex_count());
    let mut sum = vec![0.0; graph.vertex_count()];
    for source in graph.vertices().skip(chunk).step_by(CHUNKS) {
        if !graph.outgoing(source).is_empty() {
            search.count_paths(graph, source);
            search.add_dependencies(graph, mass, source, &mut sum);
        }
        if !watch.step(1) {
            return None;
        }
    }
    Some(sum)
}

/// Buffers of one thread's searches, clean between sources.
///
/// From level to level there are two ways, and the cheaper is taken: to push
/// along the rows of the level that gives, or to sum the rows of the level that
/// takes. Near the middle of a skewed graph the wrong way costs ten times more.
/// No way asks of each neighbour where it lies, since no processor can foresee that
/// branch: what is pushed to a level that is done is never read, and what is
/// summed is zero but for the level that gives.
struct Search {
    is_seen: Vec<bool>,
    /// The number of shortest paths from the source, of vertices reached.
    paths: Vec<f64>,
    dependency: Vec<f64>,
    pushed: Vec<f64>,
    wave: Vec<f64>,
    /// The vertices reached, nearest first, and one place to spare.
    order: Vec<u32>,
    levels: Vec<Level>,
}

/// Where a level begins in `order`, and how many links leave and enter it.
struct Level {
    start: usize,
    outgoing: usize,
    incoming: usize,
}

impl Search {
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

    fn level(&self, graph: &Graph, start: usize, end: usize) -> Level {
        let vertices = &self.order[start..end];
        let outgoing = vertices.iter().map(|vertex| graph.outgoing(*vertex).len()).sum();
        let incoming = if graph.is_directed() {
            vertices.iter().map(|vertex| graph.incoming(*vertex).len()).sum()
        } else {
            outgoing
        };
        Level { start, outgoing, incoming }
    }

    /// Appends what the level `order[start..end]` leads to first; returns the new end.
    fn push_paths(&mut self, graph: &Graph, start: usize, end: usize) -> usize {
        let mut free = end;
        for place in start..end {
            let vertex = self.order[place];
            let paths = self.paths[vertex as usize];
            for &near in graph.outgoing(vertex) {
                // Always written, kept if it is the first sight.
                self.order[free] = near;
                let near = near as usize;
                free += usize::from(!self.is_seen[near]);
                self.is_seen[near] = true;
                self.pushed[near] += paths;
            }
        }
        for &vertex in &self.order[end..free] {
            self.paths[vertex as usize] = self.pushed[vertex as usize];
        }
        free
    }

    /// As [`Search::push_paths`], from the side of those not seen yet.
    fn sum_paths(&mut self, graph: &Graph, start: usize, end: usize) -> usize {
        for &vertex in &self.order[start..end] {
            self.wave[vertex as usize] = self.paths[vertex as usize];
        }
        let mut free = end;
        for vertex in graph.vertices().filter(|vertex| !self.is_seen[*vertex as usize]) {
            let paths: f64 = graph.incoming(vertex).iter().map(|near| self.wave[*near as usize]).sum();
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
        // A push also reaches vertices that the source does not, and those must be cleaned.
        let may_push = !graph.is_directed() || reached * 4 >= graph.vertex_count();
        // The source's own level, the first, gathers nothing.
        for number in (1..self.levels.len() - 1).rev() {
            let (level, deeper) = (&self.levels[number], &self.levels[number + 1]);
            let (start, end) = (level.start, deeper.start);
            let last = self.levels.get(number + 2).map_or(end, |after| after.start);
            let is_push = may_push && deeper.incoming <= level.outgoing;
            self.give(graph, mass, end..last, is_push);
            for &vertex in &self.order[start..end] {
                let given = if end == last {
                    0.0
                } else if is_push {
                    self.pushed[vertex as usize]
                } else {
                    graph.outgoing(vertex).iter().map(|near| self.wave[*near as usize]).sum()
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

    /// Hands `(m + delta) / sigma`, what a vertex gives to each path that leads to it, to the level before.
    fn give(&mut self, graph: &Graph, mass: &[f64], places: std::ops::Range<usize>, is_push: bool) {
        for &vertex in &self.order[places] {
            let given =
                (mass[vertex as usize] + self.dependency[vertex as usize]) / self.paths[vertex as usize];
            if is_push {
                for &near in graph.incoming(vertex) {
                    self.pushed[near as usize] += given;
                }
            } else {
                self.wave[vertex as usize] = given;
            }
        }
    }
}
