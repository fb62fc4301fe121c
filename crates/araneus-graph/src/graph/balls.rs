//! About how many vertices lie how far away, for every vertex, in near linear time: `HyperBall`.
//!
//! Boldi and Vigna 2013, "In-core computation of geometric centralities with `HyperBall`". Each
//! vertex keeps a `HyperLogLog` counter (Flajolet, Fusy, Gandouet and Meunier 2007) of
//! those who reach it; one pass takes the union with the counters of the neighbours,
//! so that pass r knows the ball of radius r. What changed in no neighbour is not
//! read again. Several runs with other hashes are averaged: 4 runs of 64 registers
//! take the memory of 64 and have the error of 256. The hash is of a vertex's number
//! and the run's: the same graph gives the same bits on any number of threads.
//!
//! The first ball is known without counting: those with a link to the vertex.

use rayon::prelude::*;

use super::Graph;
use crate::progress::Watch;

const REGISTERS: usize = 64;
const RUNS: u64 = 4;
/// Vertices of one task.
const TASK: usize = 256;

/// The relative standard error of the size of a ball: `1.04 / sqrt(registers)`.
pub const BALL_ERROR: f64 = 0.065;

/// A counter: for each register the highest place of a first one bit seen.
type Counter = [u8; REGISTERS];

/// What is told of a vertex: folded distances and how many more vertices reach it over them.
///
/// As [`super::fold_inward`], but with estimated counts; the results of runs are averaged by `mean`.
pub(crate) fn fold_balls<S: Clone + Send + Sync>(
    graph: &Graph,
    start: &S,
    fold: impl Fn(&mut S, u32, f64) + Sync,
    watch: &Watch,
) -> Option<Vec<Vec<S>>> {
    (0..RUNS).map(|run| one_run(graph, run, start, &fold, watch)).collect()
}

fn one_run<S: Clone + Send + Sync>(
    graph: &Graph,
    run: u64,
    start: &S,
    fold: &(impl Fn(&mut S, u32, f64) + Sync),
    watch: &Watch,
) -> Option<Vec<S>> {
    let mut now: Vec<Counter> = graph.vertices().map(|vertex| single(vertex, run)).collect();
    let mut next = now.clone();
    let mut is_new = vec![true; graph.vertex_count()];
    // Each vertex's state and the size of its ball so far, itself included.
    let mut states = vec![(start.clone(), 1.0); graph.vertex_count()];
    for radius in 1.. {
        if !watch.step(graph.vertex_count() as u64) {
            return None;
        }
        let grown: Vec<bool> = next
            .par_chunks_mut(TASK)
            .zip(states.par_chunks_mut(TASK))
            .enumerate()
            .flat_map_iter(|(task, (counters, states))| {
                let grow = |(place, (counter, state)): (usize, (&mut Counter, &mut (S, f64)))| {
                    let vertex = (task * TASK + place) as u32;
                    let has_grown = unite(graph, vertex, &now, &is_new, counter);
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
        std::mem::swap(&mut now, &mut next);
        is_new = grown;
    }
    Some(states.into_iter().map(|(state, _)| state).collect())
}

/// Puts into `counter` the union of a vertex's counter and those of its sources; says whether it is more.
fn unite(graph: &Graph, vertex: u32, now: &[Counter], is_new: &[bool], counter: &mut Counter) -> bool {
    let own = &now[vertex as usize];
    let mut union = *own;
    for &near in graph.incoming(vertex).iter().filter(|near| is_new[**near as usize]) {
        for (register, other) in union.iter_mut().zip(&now[near as usize]) {
            *register = (*register).max(*other);
        }
    }
    *counter = union;
    union != *own
}

fn first_ball(graph: &Graph, vertex: u32) -> f64 {
    let row = graph.incoming(vertex);
    (row.len() + 1 - usize::from(row.binary_search(&vertex).is_ok())) as f64
}

fn single(vertex: u32, run: u64) -> Counter {
    let hash = mix(mix(run + 1) ^ u64::from(vertex));
    let mut counter = [0; REGISTERS];
    // Six bits choose the register; the first one bit among the others is its place.
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

/// The estimated size of a ball; small ones by their empty registers.
fn size(counter: &Counter) -> f64 {
    const REGISTERS_F: f64 = REGISTERS as f64;
    let inverse: f64 = counter.iter().map(|place| 1.0 / (1_u64 << place) as f64).sum();
    let raw = 0.709 * REGISTERS_F * REGISTERS_F / inverse;
    let empty = f64::from(counter.iter().map(|place| u32::from(*place == 0)).sum::<u32>());
    if raw <= 2.5 * REGISTERS_F && empty > 0.0 { REGISTERS_F * (REGISTERS_F / empty).ln() } else { raw }
}
