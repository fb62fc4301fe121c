//! Radix sort of links into rows.
//!
//! Links are first distributed to buckets of neighbouring rows, chunk by chunk. Then each bucket is sorted
//! and merged by itself, so that every write goes to memory in the cache. An undirected link is sorted once,
//! in the row of its lower end. The merged links are then distributed to the rows of their higher ends, which
//! needs no sorting because they come in order.
//!
//! Several threads work on chunks, and then on buckets, each with its own memory. The rows are the same for
//! any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::keys::{BucketLayout, Keys, Payload, SortBuffer, SortKey};
use super::rows::Rows;

/// Rows, the payloads of their links, and the number of merged links.
pub(super) struct MergedRows<W> {
    pub(super) rows: Rows,
    pub(super) payloads: Vec<W>,
    /// A mirrored link counts 1.
    pub(super) links: usize,
}

/// Sorts links (row, end, payload) into rows by both ends, and merges parallel links.
///
/// `links` returns the links at a range of positions, of which there are `count` at most. If `is_mirrored`,
/// each link begins at its lower end and is put into the row of its higher end, too.
pub(super) fn merge<W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    vertices: u32,
    count: usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    is_mirrored: bool,
    threads: usize,
) -> MergedRows<W> {
    let layout = BucketLayout::of(vertices);
    if layout.is_narrow() {
        merge_keys::<u32, W, I>(layout, count, links, is_mirrored, threads)
    } else {
        merge_keys::<u64, W, I>(layout, count, links, is_mirrored, threads)
    }
}

/// Returns the rows by the other end of each link.
pub(super) fn transpose(rows: &Rows) -> Rows {
    transposed(rows, &vec![(); rows.ends.len()]).rows
}

/// Returns the weights of rows in the order of [`transpose`].
pub(super) fn transpose_weights(rows: &Rows, weights: &[f64]) -> Vec<f64> {
    transposed(rows, weights).payloads
}

/// On one thread: see `Graph::incoming_rows`.
fn transposed<W: Payload>(rows: &Rows, payloads: &[W]) -> MergedRows<W> {
    fn by<K: SortKey, W: Payload>(layout: BucketLayout, rows: &Rows, payloads: &[W]) -> MergedRows<W> {
        let positions = 0..rows.ends.len();
        let mut memory = zeroed::<K, W>(positions.len());
        let distributed = distribute_all(
            layout,
            &[positions],
            Range::len,
            |positions| backward(rows, payloads, positions),
            &mut memory,
            1,
        );
        fill_all(layout, &distributed, &[], 1)
    }
    let layout = BucketLayout::of(rows.starts.len() as u32 - 1);
    if layout.is_narrow() {
        by::<u32, W>(layout, rows, payloads)
    } else {
        by::<u64, W>(layout, rows, payloads)
    }
}

/// Returns the links at some positions of rows, each with its ends exchanged.
pub(super) fn backward<'a, W: Payload>(
    rows: &'a Rows,
    payloads: &'a [W],
    positions: Range<usize>,
) -> impl Iterator<Item = (u32, u32, W)> + 'a {
    let first = rows.starts.partition_point(|start| *start <= positions.start).saturating_sub(1);
    let bounds = rows.starts[first..].windows(2).take_while(move |row| row[0] < positions.end);
    bounds.enumerate().flat_map(move |(number, row)| {
        let here = row[0].max(positions.start)..row[1].min(positions.end);
        let links = rows.ends[here.clone()].iter().zip(&payloads[here]);
        links.map(move |(&end, &payload)| (end, (first + number) as u32, payload))
    })
}

/// The number of links that one task distributes.
const CHUNK: usize = 1 << 20;

fn merge_keys<K: SortKey, W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    layout: BucketLayout,
    count: usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    is_mirrored: bool,
    threads: usize,
) -> MergedRows<W> {
    let mut memory = zeroed::<K, W>(count);
    let size = if threads == 1 { count.max(1) } else { CHUNK };
    let chunks: Vec<Range<usize>> =
        (0..count).step_by(size).map(|first| first..count.min(first + size)).collect();
    let distributed = distribute_all(layout, &chunks, Range::len, links, &mut memory, threads);
    let merged =
        run_tasks(threads, (0..layout.buckets()).collect(), |buffer: &mut SortBuffer<K, W>, bucket| {
            buffer.current.keys.clear();
            buffer.current.payloads.clear();
            for distributed in &distributed {
                buffer.current.keys.extend_from_slice(&distributed.keys[distributed.range(bucket)]);
                buffer.current.payloads.extend_from_slice(&distributed.payloads[distributed.range(bucket)]);
            }
            buffer.sort(layout);
            buffer.merged()
        });
    drop(distributed);
    if !is_mirrored {
        drop(memory);
        return fill_all(layout, &[], &merged, threads);
    }
    let mirrored = |buckets: Range<usize>| {
        buckets.flat_map(|bucket| {
            let (first, merged) = (layout.first_row(bucket), &merged[bucket]);
            let links = merged.keys.iter().zip(&merged.payloads).map(move |(key, payload)| {
                let (row, end) = key.split(layout);
                (end, first + row, *payload)
            });
            links.filter(|(end, row, _)| end != row)
        })
    };
    let size = |buckets: &Range<usize>| merged[buckets.clone()].iter().map(|merged| merged.keys.len()).sum();
    let groups = groups(&merged, threads);
    let distributed = distribute_all(layout, &groups, size, mirrored, &mut memory, threads);
    fill_all(layout, &distributed, &merged, threads)
}

/// Returns ranges of buckets that have about as many links as one task distributes.
fn groups<K, W>(merged: &[Keys<K, W>], threads: usize) -> Vec<Range<usize>> {
    let size = if threads == 1 { usize::MAX } else { CHUNK };
    let (mut groups, mut first, mut held) = (Vec::new(), 0, 0);
    for (bucket, merged) in merged.iter().enumerate() {
        held += merged.keys.len();
        if held >= size {
            groups.push(first..bucket + 1);
            (first, held) = (bucket + 1, 0);
        }
    }
    groups.push(first..merged.len());
    groups
}

/// Runs tasks with memory that the tasks of one thread share.
///
/// With one thread the tasks run outside the pool, whose tasks might wait for this one.
fn run_tasks<T: Send, M: Default, R: Send>(
    threads: usize,
    tasks: Vec<T>,
    run: impl Fn(&mut M, T) -> R + Sync + Send,
) -> Vec<R> {
    if threads == 1 {
        let mut memory = M::default();
        tasks.into_iter().map(|task| run(&mut memory, task)).collect()
    } else {
        tasks.into_par_iter().map_init(M::default, run).collect()
    }
}

fn zeroed<K: SortKey, W: Payload>(count: usize) -> Keys<K, W> {
    Keys { keys: vec![K::default(); count], payloads: vec![W::default(); count] }
}

/// The links of one chunk, by bucket.
struct Distributed<'a, K, W> {
    starts: Vec<usize>,
    keys: &'a [K],
    payloads: &'a [W],
}

impl<K, W> Distributed<'_, K, W> {
    fn range(&self, bucket: usize) -> Range<usize> {
        self.starts[bucket]..self.starts[bucket + 1]
    }
}

/// Distributes chunks of links to buckets; `memory` has room for the links of all chunks.
fn distribute_all<'a, K: SortKey, W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    layout: BucketLayout,
    chunks: &[Range<usize>],
    size: impl Fn(&Range<usize>) -> usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    memory: &'a mut Keys<K, W>,
    threads: usize,
) -> Vec<Distributed<'a, K, W>> {
    let (mut keys_left, mut payloads_left) = (memory.keys.as_mut_slice(), memory.payloads.as_mut_slice());
    let mut tasks = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        let (keys, payloads);
        (keys, keys_left) = keys_left.split_at_mut(size(chunk));
        (payloads, payloads_left) = payloads_left.split_at_mut(keys.len());
        tasks.push((chunk.clone(), keys, payloads));
    }
    run_tasks(threads, tasks, |(): &mut (), (chunk, keys, payloads)| {
        distribute(layout, || links(chunk.clone()), keys, payloads)
    })
}

fn distribute<'a, K: SortKey, W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    layout: BucketLayout,
    links: impl Fn() -> I,
    keys: &'a mut [K],
    payloads: &'a mut [W],
) -> Distributed<'a, K, W> {
    let mut starts = vec![0; layout.buckets() + 1];
    links().for_each(|(row, _, _)| starts[layout.bucket(row) + 1] += 1);
    for bucket in 1..starts.len() {
        starts[bucket] += starts[bucket - 1];
    }
    let mut free = starts.clone();
    links().for_each(|(row, end, payload)| {
        let free = &mut free[layout.bucket(row)];
        keys[*free] = K::new(row, end, layout);
        payloads[*free] = payload;
        *free += 1;
    });
    Distributed { starts, keys, payloads }
}

/// Fills all rows: first the distributed links in the order of chunks, then those of the row's bucket in
/// `lower`.
fn fill_all<K: SortKey, W: Payload>(
    layout: BucketLayout,
    distributed: &[Distributed<'_, K, W>],
    lower: &[Keys<K, W>],
    threads: usize,
) -> MergedRows<W> {
    let lower_count: usize = lower.iter().map(|lower| lower.keys.len()).sum();
    let distributed_count: usize =
        distributed.iter().map(|distributed| distributed.starts[layout.buckets()]).sum();
    let total = distributed_count + lower_count;
    let (mut ends, mut payloads, mut starts) =
        (vec![0; total], vec![W::default(); total], vec![0; layout.vertices as usize + 1]);
    let (mut ends_left, mut payloads_left) = (ends.as_mut_slice(), payloads.as_mut_slice());
    let mut tasks = Vec::with_capacity(layout.buckets());
    let mut first = 0;
    for (bucket, starts) in starts[1..].chunks_mut(layout.rows()).enumerate() {
        let links: usize = distributed.iter().map(|distributed| distributed.range(bucket).len()).sum();
        let size = links + lower.get(bucket).map_or(0, |lower| lower.keys.len());
        let (ends, payloads);
        (ends, ends_left) = ends_left.split_at_mut(size);
        (payloads, payloads_left) = payloads_left.split_at_mut(size);
        tasks.push((bucket, Bucket { first, starts, ends, payloads }));
        first += size;
    }
    run_tasks(threads, tasks, |(): &mut (), (number, bucket)| {
        let sources = distributed.iter().map(|distributed| {
            let range = distributed.range(number);
            (&distributed.keys[range.clone()], &distributed.payloads[range])
        });
        let lower = lower.get(number).map(|lower| (lower.keys.as_slice(), lower.payloads.as_slice()));
        bucket.fill(layout, &sources.chain(lower).collect::<Vec<_>>());
    });
    MergedRows {
        rows: Rows { starts, ends },
        payloads,
        links: if lower.is_empty() { total } else { lower_count },
    }
}

/// Neighbouring rows to fill, from position `first` of all rows.
struct Bucket<'a, W> {
    first: usize,
    /// The start of the next row, for each row.
    starts: &'a mut [usize],
    ends: &'a mut [u32],
    payloads: &'a mut [W],
}

impl<W: Payload> Bucket<'_, W> {
    fn fill<K: SortKey>(self, layout: BucketLayout, sources: &[(&[K], &[W])]) {
        let Bucket { first, starts, ends, payloads } = self;
        let mut free = vec![0_usize; starts.len()];
        for key in sources.iter().flat_map(|source| source.0) {
            free[key.split(layout).0 as usize] += 1;
        }
        let mut position = 0;
        for (free, start) in free.iter_mut().zip(starts) {
            position += std::mem::replace(free, position);
            *start = first + position;
        }
        for (keys, payload) in sources {
            for (key, &payload) in keys.iter().zip(*payload) {
                let (row, end) = key.split(layout);
                let free = &mut free[row as usize];
                ends[*free] = end;
                payloads[*free] = payload;
                *free += 1;
            }
        }
    }
}
