//! Rows of positions, packed one after the other.

use std::cmp::Reverse;

use rayon::prelude::*;

use crate::graph::{
    rows::Rows,
    sums::{products, sum},
};

/// The positions of the sources of the vertex at each position: ascending in a directed graph, and in the order of
/// their vertices in an undirected one.
#[derive(Debug, Clone)]
pub(super) enum Sources {
    Whole(PackedRows<u32>),
    /// Positions of two bytes, and the other positions of the rows that have any.
    Split {
        narrow_count: usize,
        narrow: PackedRows<u16>,
        wide: PackedRows<u32>,
        wide_rows: Vec<u32>,
    },
}

/// Rows of numbers, one after the other.
#[derive(Debug, Clone)]
pub(super) struct PackedRows<T> {
    pub(super) starts: Vec<usize>,
    pub(super) values: Vec<T>,
}

impl<T: Copy + Into<u32>> PackedRows<T> {
    pub(super) fn pull(&self, values: &[f64], weights: Option<&[f64]>, first: usize, out: &mut [f64]) {
        let value = |position: &T| values[Into::<u32>::into(*position) as usize];
        let ranges = self.starts[first..].windows(2).map(|ends| ends[0]..ends[1]);
        match weights {
            None => {
                out.iter_mut().zip(ranges).for_each(|(out, range)| *out = sum(&self.values[range], value));
            }
            Some(weights) => out.iter_mut().zip(ranges).for_each(|(out, range)| {
                *out = products(&self.values[range.clone()], &weights[range], value);
            }),
        }
    }

    /// Leaves out empty rows; returns the numbers of the others, too.
    pub(super) fn without_empty(self) -> (Self, Vec<u32>) {
        let lengths = self.starts.windows(2).map(|ends| ends[1] - ends[0]);
        let rows: Vec<u32> =
            (0..).zip(lengths).filter(|(_, length)| *length > 0).map(|(row, _)| row).collect();
        let begins = rows.iter().map(|row| self.starts[*row as usize]);
        let starts = begins.chain([self.values.len()]).collect();
        (Self { starts, values: self.values }, rows)
    }

    pub(super) fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<usize>() + self.values.capacity() * size_of::<T>()
    }
}

/// Puts rows with similar numbers of narrow and wide sources together; the first `narrow_count` vertices stay
/// first.
pub(super) fn group_similar_rows(wide: &[u32], outgoing: &Rows, order: &mut [u32], narrow_count: usize) {
    let (first, others) = order.split_at_mut(narrow_count);
    let row_shape = |vertex: &u32| (Reverse(outgoing.row(*vertex).len()), wide[*vertex as usize], *vertex);
    // The vertex makes each key unique, so threads cannot show in the order.
    rayon::join(|| first.par_sort_unstable_by_key(row_shape), || others.par_sort_unstable_by_key(row_shape));
}
