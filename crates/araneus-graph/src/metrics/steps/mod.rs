//! Steps along all rows at once, and sums over all vertices, in a fixed order.
//!
//! Vertices are worked on in chunks of a fixed size, each on any thread; what chunks
//! add up is added in the order of chunks. So threads change no bit.

pub(super) mod leading;
pub(super) mod peel;
pub(super) mod shared;
pub(super) mod solve;
pub(super) mod walk;

use rayon::prelude::*;

use crate::graph::products;

/// How many vertices are worked on at a time.
pub(super) const CHUNK: usize = 1024;

/// Writes each chunk of `out`, told its first vertex, and adds up what the chunks answer.
pub(super) fn fill<const N: usize>(
    out: &mut [f64],
    write: impl Fn(usize, &mut [f64]) -> [f64; N] + Sync,
) -> [f64; N] {
    let chunks = out.par_chunks_mut(CHUNK).enumerate();
    total(chunks.map(|(number, chunk)| write(number * CHUNK, chunk)).collect())
}

/// As [`fill`], for two vectors that change together.
pub(super) fn fill_both<const N: usize>(
    out: &mut [f64],
    beside: &mut [f64],
    write: impl Fn(usize, &mut [f64], &mut [f64]) -> [f64; N] + Sync,
) -> [f64; N] {
    let chunks = out.par_chunks_mut(CHUNK).zip(beside.par_chunks_mut(CHUNK)).enumerate();
    total(chunks.map(|(number, (chunk, beside))| write(number * CHUNK, chunk, beside)).collect())
}

/// Returns the products of the first vector with each of the others.
pub(super) fn dots<const N: usize>(left: &[f64], right: [&[f64]; N]) -> [f64; N] {
    let one = |number: usize| {
        let first = number * CHUNK;
        let left = &left[first..left.len().min(first + CHUNK)];
        right.map(|right| dot(left, &right[first..first + left.len()]))
    };
    total((0..left.len().div_ceil(CHUNK)).into_par_iter().map(one).collect())
}

/// The product of two short vectors.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    products(left, right, |left| *left)
}

/// The Euclidean norm.
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
