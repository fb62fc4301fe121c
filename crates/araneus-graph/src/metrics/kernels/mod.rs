//! Computations that several metrics share, and the loops below them.
//!
//! Vertices are processed in chunks of a fixed size on any thread, and the results of chunks are added in the
//! order of chunks. So the number of threads changes no bit.

pub(super) mod k_core;
pub(super) mod leading_eigenvector;
pub(super) mod linear_solver;
pub(super) mod random_walk;
pub(super) mod sampled_betweenness;
pub(super) mod shared_results;
pub(super) mod triangles;

use rayon::prelude::*;

use crate::graph::products;

/// The number of vertices in a chunk.
pub(super) const CHUNK: usize = 1024;

/// Writes each chunk of `out`, given its first vertex, and adds up the results of the chunks.
pub(super) fn fill<const N: usize>(
    out: &mut [f64],
    write: impl Fn(usize, &mut [f64]) -> [f64; N] + Sync,
) -> [f64; N] {
    let chunks = out.par_chunks_mut(CHUNK).enumerate();
    total(chunks.map(|(number, chunk)| write(number * CHUNK, chunk)).collect())
}

/// Does the same as [`fill`] for two vectors that change together.
pub(super) fn fill_both<const N: usize>(
    out: &mut [f64],
    beside: &mut [f64],
    write: impl Fn(usize, &mut [f64], &mut [f64]) -> [f64; N] + Sync,
) -> [f64; N] {
    let chunks = out.par_chunks_mut(CHUNK).zip(beside.par_chunks_mut(CHUNK)).enumerate();
    total(chunks.map(|(number, (chunk, beside))| write(number * CHUNK, chunk, beside)).collect())
}

/// Returns the dot products of the first vector with each of the others.
pub(super) fn dots<const N: usize>(left: &[f64], right: [&[f64]; N]) -> [f64; N] {
    let chunk_dots = |number: usize| {
        let first = number * CHUNK;
        let left = &left[first..left.len().min(first + CHUNK)];
        right.map(|right| dot(left, &right[first..first + left.len()]))
    };
    total((0..left.len().div_ceil(CHUNK)).into_par_iter().map(chunk_dots).collect())
}

/// Returns the dot product of two short vectors.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    products(left, right, |left| *left)
}

/// Returns the Euclidean norm.
pub(super) fn norm(values: &[f64]) -> f64 {
    dots(values, [values])[0].sqrt()
}

fn total<const N: usize>(parts: Vec<[f64; N]>) -> [f64; N] {
    let mut sums = [0.0; N];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    sums
}
