//! Rows of an undirected graph in an order of its vertices: each row gathers the positions of its own neighbours.

use rayon::prelude::*;

use super::packed::{PackedRows, Sources, group_similar_rows};
use crate::graph::rows::Rows;

/// Rows that one task of the pool gathers.
const CHUNK_ROWS: usize = 4_096;

/// Gathers the positions of the neighbours of each vertex. With narrow positions the vertices are put in a better order
/// first, which keeps the first `narrow_count` first.
pub(super) fn gathered(outgoing: &Rows, order: &mut [u32], narrow_count: usize) -> Sources {
    if narrow_count == 0 {
        let position = positions(order);
        let starts = starts_of(order.iter().map(|vertex| outgoing.row(*vertex).len()));
        let mut values = vec![0; outgoing.ends.len()];
        fill_chunks(order, &starts, &mut values, |vertex, out| {
            for (out, neighbour) in out.iter_mut().zip(outgoing.row(vertex)) {
                *out = position[*neighbour as usize];
            }
        });
        return Sources::Whole(PackedRows { starts, values });
    }
    let position = positions(order);
    let is_narrow: Vec<bool> = position.iter().map(|position| (*position as usize) < narrow_count).collect();
    let wide_of = |vertex: u32| {
        let narrow = outgoing.row(vertex).iter().map(|neighbour| u32::from(is_narrow[*neighbour as usize]));
        outgoing.row(vertex).len() as u32 - narrow.sum::<u32>()
    };
    let wide: Vec<u32> =
        (0..outgoing.count() as u32).into_par_iter().with_min_len(CHUNK_ROWS).map(wide_of).collect();
    group_similar_rows(&wide, outgoing, order, narrow_count);
    let position = positions(order);
    let wide_starts = starts_of(order.iter().map(|vertex| wide[*vertex as usize] as usize));
    let narrow_starts =
        starts_of(order.iter().map(|vertex| outgoing.row(*vertex).len() - wide[*vertex as usize] as usize));
    let mut narrow_values = vec![0_u16; narrow_starts[order.len()]];
    let mut wide_values = vec![0_u32; wide_starts[order.len()]];
    let among = |vertex: u32, is_wanted: bool| {
        let neighbours = outgoing.row(vertex).iter().map(|neighbour| position[*neighbour as usize]);
        neighbours.filter(move |position| ((*position as usize) < narrow_count) == is_wanted)
    };
    fill_chunks(order, &narrow_starts, &mut narrow_values, |vertex, out| {
        out.iter_mut().zip(among(vertex, true)).for_each(|(out, position)| *out = position as u16);
    });
    fill_chunks(order, &wide_starts, &mut wide_values, |vertex, out| {
        if !out.is_empty() {
            out.iter_mut().zip(among(vertex, false)).for_each(|(out, position)| *out = position);
        }
    });
    let narrow = PackedRows { starts: narrow_starts, values: narrow_values };
    let (wide, wide_rows) = PackedRows { starts: wide_starts, values: wide_values }.without_empty();
    Sources::Split { narrow_count, narrow, wide, wide_rows }
}

/// Returns the weights of the rows of [`gathered`], those of narrow positions first.
pub(super) fn gathered_weights(
    outgoing: &Rows,
    weights: &[f64],
    order: &[u32],
    narrow_count: usize,
) -> Vec<f64> {
    let position = positions(order);
    let mut collected = Vec::with_capacity(weights.len());
    // Without narrow positions every position is wide.
    for is_narrow in [true, false] {
        for vertex in order {
            let range = outgoing.range(*vertex);
            let links = outgoing.ends[range.clone()].iter().zip(&weights[range]);
            let is_wanted =
                |neighbour: u32| ((position[neighbour as usize] as usize) < narrow_count) == is_narrow;
            collected.extend(links.filter(|(end, _)| is_wanted(**end)).map(|(_, weight)| *weight));
        }
    }
    collected
}

/// Returns the position of each vertex.
fn positions(order: &[u32]) -> Vec<u32> {
    let mut position = vec![0_u32; order.len()];
    for (number, vertex) in order.iter().enumerate() {
        position[*vertex as usize] = number as u32;
    }
    position
}

/// Returns the beginnings of rows of these lengths, and the end of the last row.
fn starts_of(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut end = 0;
    let ends = lengths.map(|length| {
        end += length;
        end
    });
    std::iter::once(0).chain(ends).collect()
}

/// Fills the row of each vertex; chunks of rows are shared among the threads.
fn fill_chunks<T: Send>(
    order: &[u32],
    starts: &[usize],
    mut values: &mut [T],
    fill: impl Fn(u32, &mut [T]) + Sync,
) {
    let mut chunks = Vec::with_capacity(order.len().div_ceil(CHUNK_ROWS));
    for (number, vertices) in order.chunks(CHUNK_ROWS).enumerate() {
        let first = number * CHUNK_ROWS;
        let (part, remaining) = values.split_at_mut(starts[first + vertices.len()] - starts[first]);
        chunks.push((vertices, &starts[first..=first + vertices.len()], part));
        values = remaining;
    }
    chunks.into_par_iter().for_each(|(vertices, starts, mut part)| {
        for (vertex, ends) in vertices.iter().zip(starts.windows(2)) {
            let (row, remaining) = part.split_at_mut(ends[1] - ends[0]);
            fill(*vertex, row);
            part = remaining;
        }
    });
}
