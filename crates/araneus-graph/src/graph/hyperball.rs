//! `HyperBall`: the number of vertices at each distance, estimated for every vertex in almost linear time.
//!
//! Boldi and Vigna 2013, In-core computation of geometric centralities with `HyperBall`. Each vertex has a
//! `HyperLogLog` counter (Flajolet, Fusy, Gandouet and Meunier 2007) of the vertices that reach it. One pass
//! merges the counters of its sources into it, so that after pass r it counts the ball of radius r. Counters
//! that did not change are not read again.
//!
//! Several runs with different hashes are averaged: 4 runs of 64 registers need the memory of 64 and have the
//! error of 256. The hash depends on the vertex and the run only, so the same graph gives the same bits on
//! any number of threads. The ball of radius 1 is counted exactly.

use rayon::prelude::*;

use super::csr::Graph;
use crate::progress::Progress;

const REGISTERS: usize = 64;
const RUNS: u64 = 4;
/// Vertices of one task.
const TASK: usize = 256;

/// The relative standard error of the size of a ball: `1.04 / sqrt(registers)`.
pub const HYPERBALL_ERROR: f64 = 0.065;

/// For each register the highest position of a first one bit.
type Counter = [u8; REGISTERS];

/// States after the runs, of the vertices that a link leads to. No vertex reaches any other one, which keeps its first
/// state.
pub(crate) struct HyperBallRuns<S> {
    /// The vertices, ascending.
    pub(crate) vertices: Vec<u32>,
    /// For each run the state of each of the vertices.
    pub(crate) runs: Vec<Vec<S>>,
}

/// Folds distances as [`super::fold_inward`] does, with estimated numbers of vertices, once for each run.
///
/// Returns `None` if the computation was cancelled.
pub(crate) fn fold_hyperball<S: Clone + Send + Sync>(
    graph: &Graph,
    start: &S,
    fold: impl Fn(&mut S, u32, f64) + Sync,
    progress: &Progress,
) -> Option<HyperBallRuns<S>> {
    let reached = ReachedVertices::of(graph);
    let runs = (0..RUNS).map(|run| one_run(graph, &reached, run, start, &fold, progress));
    let runs = runs.collect::<Option<_>>()?;
    Some(HyperBallRuns { vertices: reached.vertices, runs })
}

/// Vertices that a link leads to. Only their counters grow, so no other counter is in memory.
struct ReachedVertices {
    /// The vertices, ascending.
    vertices: Vec<u32>,
    /// Position of each vertex of the graph among them; [`UNREACHED`] if no link leads to it.
    position_of: Vec<u32>,
}

const UNREACHED: u32 = u32::MAX;

impl ReachedVertices {
    fn of(graph: &Graph) -> Self {
        let vertices: Vec<u32> =
            graph.vertices().filter(|vertex| !graph.incoming(*vertex).is_empty()).collect();
        let mut position_of = vec![UNREACHED; graph.vertex_count()];
        for (position, vertex) in (0..).zip(&vertices) {
            position_of[*vertex as usize] = position;
        }
        Self { vertices, position_of }
    }
}

/// The counters of reached vertices before a pass.
struct Balls<'a> {
    graph: &'a Graph,
    reached: &'a ReachedVertices,
    run: u64,
    radius: u32,
    counters: &'a [Counter],
    /// Is true for each reached vertex whose counter grew in the pass before.
    is_new: &'a [bool],
}

fn one_run<S: Clone + Send + Sync>(
    graph: &Graph,
    reached: &ReachedVertices,
    run: u64,
    start: &S,
    fold: &(impl Fn(&mut S, u32, f64) + Sync),
    progress: &Progress,
) -> Option<Vec<S>> {
    let vertices = &reached.vertices;
    let mut current: Vec<Counter> = vertices.iter().map(|vertex| singleton_counter(*vertex, run)).collect();
    let mut next = current.clone();
    let mut is_new = vec![true; vertices.len()];
    // The state of each vertex and the current size of its ball, the vertex included.
    let mut states = vec![(start.clone(), 1.0); vertices.len()];
    for radius in 1.. {
        if !progress.advance(graph.vertex_count() as u64) {
            return None;
        }
        let balls = Balls { graph, reached, run, radius, counters: &current, is_new: &is_new };
        let grown: Vec<bool> = next
            .par_chunks_mut(TASK)
            .zip(states.par_chunks_mut(TASK))
            .enumerate()
            .flat_map_iter(|(task, (counters, states))| {
                let grow = |(offset, (counter, state)): (usize, (&mut Counter, &mut (S, f64)))| {
                    let position = task * TASK + offset;
                    let has_grown = balls.merge(position, counter);
                    if has_grown {
                        let size = if radius == 1 {
                            first_ball(graph, vertices[position])
                        } else {
                            size(counter).max(state.1)
                        };
                        fold(&mut state.0, radius, size - state.1);
                        state.1 = size;
                    }
                    has_grown
                };
                counters.iter_mut().zip(states).enumerate().map(grow).collect::<Vec<bool>>()
            })
            .collect();
        if !grown.contains(&true) {
            break;
        }
        std::mem::swap(&mut current, &mut next);
        is_new = grown;
    }
    Some(states.into_iter().map(|(state, _)| state).collect())
}

impl Balls<'_> {
    /// Merges the counters of a reached vertex and of its sources into `counter`; returns whether it grew.
    fn merge(&self, position: usize, counter: &mut Counter) -> bool {
        let previous = &self.counters[position];
        let mut union = *previous;
        for &source in self.graph.incoming(self.reached.vertices[position]) {
            let position = self.reached.position_of[source as usize];
            if position == UNREACHED {
                // Its counter is the first one for ever.
                if self.radius == 1 {
                    join(&mut union, &singleton_counter(source, self.run));
                }
            } else if self.is_new[position as usize] {
                join(&mut union, &self.counters[position as usize]);
            }
        }
        *counter = union;
        union != *previous
    }
}

fn join(union: &mut Counter, other: &Counter) {
    for (register, other) in union.iter_mut().zip(other) {
        *register = (*register).max(*other);
    }
}

fn first_ball(graph: &Graph, vertex: u32) -> f64 {
    let row = graph.incoming(vertex);
    (row.len() + 1 - usize::from(row.binary_search(&vertex).is_ok())) as f64
}

fn singleton_counter(vertex: u32, run: u64) -> Counter {
    let hash = mix(mix(run + 1) ^ u64::from(vertex));
    let mut counter = [0; REGISTERS];
    // Six bits choose the register; the others give the position of the first one bit.
    counter[(hash % REGISTERS as u64) as usize] = (hash >> 6 | 1 << 58).trailing_zeros() as u8 + 1;
    counter
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Estimates the size of a ball; a small ball by the number of its empty registers.
fn size(counter: &Counter) -> f64 {
    const REGISTERS_F: f64 = REGISTERS as f64;
    let inverse: f64 = counter.iter().map(|offset| 1.0 / (1_u64 << offset) as f64).sum();
    let raw = 0.709 * REGISTERS_F * REGISTERS_F / inverse;
    let empty = f64::from(counter.iter().map(|offset| u32::from(*offset == 0)).sum::<u32>());
    if raw <= 2.5 * REGISTERS_F && empty > 0.0 { REGISTERS_F * (REGISTERS_F / empty).ln() } else { raw }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// One run with a counter in memory for each vertex.
    fn slow_run(graph: &Graph, run: u64) -> Vec<Vec<(u32, f64)>> {
        let mut current: Vec<Counter> =
            graph.vertices().map(|vertex| singleton_counter(vertex, run)).collect();
        let mut states = vec![(Vec::new(), 1.0); graph.vertex_count()];
        for radius in 1.. {
            let mut next = current.clone();
            for vertex in graph.vertices() {
                for source in graph.incoming(vertex) {
                    join(&mut next[vertex as usize], &current[*source as usize]);
                }
                let (counter, state) = (&next[vertex as usize], &mut states[vertex as usize]);
                if *counter != current[vertex as usize] {
                    let size =
                        if radius == 1 { first_ball(graph, vertex) } else { size(counter).max(state.1) };
                    state.0.push((radius, size - state.1));
                    state.1 = size;
                }
            }
            if next == current {
                break;
            }
            current = next;
        }
        states.into_iter().map(|(state, _)| state).collect()
    }

    #[test]
    fn counters_of_reached_vertices_give_what_all_counters_give() {
        let random = &mut SplitMix64::new(3, 0);
        for round in 0..40 {
            let vertices = 1 + random.below(60);
            let mut end = || random.below(vertices);
            let links: Vec<(u32, u32)> = (0..round).map(|_| (end(), end() / 3)).collect();
            let (graph, _) = Graph::build(vertices, round % 2 == 0, &links, None);
            let fold = |state: &mut Vec<(u32, f64)>, radius: u32, grown: f64| state.push((radius, grown));
            let found = fold_hyperball(&graph, &Vec::new(), fold, &Progress::silent()).expect("it ends");
            for (run, states) in found.runs.iter().enumerate() {
                let mut of_all = vec![Vec::new(); vertices as usize];
                for (vertex, state) in found.vertices.iter().zip(states) {
                    of_all[*vertex as usize].clone_from(state);
                }
                assert_eq!(of_all, slow_run(&graph, run as u64), "{round} {run}");
            }
        }
    }
}
