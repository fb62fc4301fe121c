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

/// Folds distances as [`super::fold_inward`] does, with estimated numbers of vertices, once for each run.
///
/// Returns `None` if the computation was cancelled.
pub(crate) fn fold_hyperball<S: Clone + Send + Sync>(
    graph: &Graph,
    start: &S,
    fold: impl Fn(&mut S, u32, f64) + Sync,
    progress: &Progress,
) -> Option<Vec<Vec<S>>> {
    (0..RUNS).map(|run| one_run(graph, run, start, &fold, progress)).collect()
}

fn one_run<S: Clone + Send + Sync>(
    graph: &Graph,
    run: u64,
    start: &S,
    fold: &(impl Fn(&mut S, u32, f64) + Sync),
    progress: &Progress,
) -> Option<Vec<S>> {
    let mut current: Vec<Counter> = graph.vertices().map(|vertex| singleton_counter(vertex, run)).collect();
    let mut next = current.clone();
    let mut is_new = vec![true; graph.vertex_count()];
    // The state of each vertex and the current size of its ball, the vertex included.
    let mut states = vec![(start.clone(), 1.0); graph.vertex_count()];
    for radius in 1.. {
        if !progress.advance(graph.vertex_count() as u64) {
            return None;
        }
        let grown: Vec<bool> = next
            .par_chunks_mut(TASK)
            .zip(states.par_chunks_mut(TASK))
            .enumerate()
            .flat_map_iter(|(task, (counters, states))| {
                let grow = |(offset, (counter, state)): (usize, (&mut Counter, &mut (S, f64)))| {
                    let vertex = (task * TASK + offset) as u32;
                    let has_grown = merge_counters(graph, vertex, &current, &is_new, counter);
                    if has_grown {
                        let size =
                            if radius == 1 { first_ball(graph, vertex) } else { size(counter).max(state.1) };
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

/// Merges the counters of a vertex and its sources into `counter`; returns whether it grew.
fn merge_counters(
    graph: &Graph,
    vertex: u32,
    current: &[Counter],
    is_new: &[bool],
    counter: &mut Counter,
) -> bool {
    let previous = &current[vertex as usize];
    let mut union = *previous;
    for &neighbour in graph.incoming(vertex).iter().filter(|neighbour| is_new[**neighbour as usize]) {
        for (register, other) in union.iter_mut().zip(&current[neighbour as usize]) {
            *register = (*register).max(*other);
        }
    }
    *counter = union;
    union != *previous
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
