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
use crate::watch::Watch;

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
    measure,
};

/// How many sums there are; part of the definition of the result's bits.
const CHUNKS: usize = 64;
/// How many sums exist at one time.
const WAVE: usize = 16;

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    if !is_within_bound(graph) {
        return Some(unknown(graph));
    }
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
/// Rows are summed without asking which neighbour lies where: `wave` is zero but
/// for the one level that matters. A branch for each link would cost several times
/// more, since no processor can foresee it.
struct Search {
    is_seen: Vec<bool>,
    /// The number of shortest paths from the source, of vertices reached.
    paths: Vec<f64>,
    dependency: Vec<f64>,
    wave: Vec<f64>,
    /// The vertices reached, nearest first, and one place to spare.
    order: Vec<u32>,
    /// Where each level begins in `order`; the last entry is where the last level ends.
    levels: Vec<usize>,
}

impl Search {
    fn new(vertices: usize) -> Self {
        let zeros = || vec![0.0; vertices];
        Self {
            is_seen: vec![false; vertices],
            paths: zeros(),
            dependency: zeros(),
            wave: zeros(),
            order: vec![0; vertices + 1],
            levels: Vec::new(),
        }
    }

    fn count_paths(&mut self, graph: &Graph, source: u32) {
        self.order[0] = source;
        self.is_seen[source as usize] = true;
        self.paths[source as usize] = 1.0;
        self.levels.clear();
        self.levels.push(0);
        let (mut start, mut end) = (0, 1);
        while start < end {
            self.levels.push(end);
            let next = self.discover(graph, start, end);
            for &vertex in &self.order[start..end] {
                self.wave[vertex as usize] = self.paths[vertex as usize];
            }
            for &vertex in &self.order[end..next] {
                let row = graph.incoming(vertex).iter();
                self.paths[vertex as usize] = row.map(|near| self.wave[*near as usize]).sum();
            }
            for &vertex in &self.order[start..end] {
                self.wave[vertex as usize] = 0.0;
            }
            (start, end) = (end, next);
        }
    }

    /// Appends what the level `order[start..end]` leads to first; returns the new end.
    fn discover(&mut self, graph: &Graph, start: usize, end: usize) -> usize {
        let mut free = end;
        for place in start..end {
            for &near in graph.outgoing(self.order[place]) {
                // Always written, kept if it is the first sight.
                self.order[free] = near;
                free += usize::from(!self.is_seen[near as usize]);
                self.is_seen[near as usize] = true;
            }
        }
        free
    }

    fn add_dependencies(&mut self, graph: &Graph, mass: &[f64], source: u32, sum: &mut [f64]) {
        let reached = self.levels[self.levels.len() - 1];
        // The source's own level, the first, gathers nothing.
        for level in (1..self.levels.len() - 1).rev() {
            let (start, end) = (self.levels[level], self.levels[level + 1]);
            for &vertex in &self.order[start..end] {
                let row = graph.outgoing(vertex).iter();
                let given: f64 = row.map(|near| self.wave[*near as usize]).sum();
                let dependency = self.paths[vertex as usize] * given;
                self.dependency[vertex as usize] = dependency;
                sum[vertex as usize] += mass[source as usize] * dependency;
            }
            // `(m + delta) / sigma` is what a vertex gives to each path that leads to it.
            let deeper = self.levels.get(level + 2).map_or(end, |deeper| *deeper);
            for &vertex in &self.order[end..deeper] {
                self.wave[vertex as usize] = 0.0;
            }
            for &vertex in &self.order[start..end] {
                self.wave[vertex as usize] =
                    (mass[vertex as usize] + self.dependency[vertex as usize]) / self.paths[vertex as usize];
            }
        }
        for &vertex in &self.order[..reached] {
            self.wave[vertex as usize] = 0.0;
            self.is_seen[vertex as usize] = false;
        }
    }
}
