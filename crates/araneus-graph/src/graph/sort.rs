//! Radix sort of links into rows.
//!
//! Links are first dealt to buckets of neighbouring rows, chunk by chunk of the input; then
//! each bucket is sorted and merged by itself, so that every write lands in memory that is
//! still in the cache. An undirected link is sorted once, in the row of its lower end; the
//! merged links are dealt again, to the rows of their higher ends, which needs no more
//! sorting since they come in order. Chunks, and then buckets, are worked on by several
//! threads, each with memory of its own; the rows are the same however many there are.

use std::ops::Range;

use rayon::prelude::*;

use super::Rows;
use super::keys::{Cut, Desk, Key, Keys};

/// What a link carries beside its ends: a weight, or nothing.
pub(super) trait Payload: Copy + Default + Send + Sync {
    /// Adds what parallel links carry, in an order that does not depend on theirs.
    fn sum(parallel: &mut [Self]) -> Self;
}

impl Payload for () {
    fn sum(_: &mut [Self]) -> Self {}
}

impl Payload for f64 {
    fn sum(parallel: &mut [Self]) -> Self {
        // Weights are not negative, so their bits ascend as they do.
        parallel.sort_unstable_by_key(|weight| weight.to_bits());
        parallel.iter().sum()
    }
}

/// Rows, what their links carry, and how many links were merged into them.
pub(super) struct Table<W> {
    pub(super) rows: Rows,
    pub(super) carried: Vec<W>,
    /// A mirrored link counts one.
    pub(super) links: usize,
}

/// Sorts links (row, end, carried) into rows by both ends and makes one of parallel ones.
///
/// `links` gives the links at a range of places; there are no more than `count`. If mirrored, each
/// must begin at its lower end, and is then given a place in the row of its higher end too.
pub(super) fn merge<W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    vertices: u32,
    count: usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    is_mirrored: bool,
    threads: usize,
) -> Table<W> {
    let cut = Cut::of(vertices);
    if cut.is_narrow() {
        merge_keys::<u32, W, I>(cut, count, links, is_mirrored, threads)
    } else {
        merge_keys::<u64, W, I>(cut, count, links, is_mirrored, threads)
    }
}

/// Returns the rows by the other end of each link.
pub(super) fn transpose(rows: &Rows) -> Rows {
    transposed(rows, &vec![(); rows.ends.len()]).rows
}

/// Returns the weights of rows in the order of [`transpose`].
pub(super) fn transpose_weights(rows: &Rows, weights: &[f64]) -> Vec<f64> {
    transposed(rows, weights).carried
}

/// On one thread, see `Graph::incoming_rows`.
fn transposed<W: Payload>(rows: &Rows, carried: &[W]) -> Table<W> {
    fn by<K: Key, W: Payload>(cut: Cut, rows: &Rows, carried: &[W]) -> Table<W> {
        let places = 0..rows.ends.len();
        let mut memory = cleared::<K, W>(places.len());
        let dealt =
            deal_all(cut, &[places], Range::len, |places| backward(rows, carried, places), &mut memory, 1);
        fill_all(cut, &dealt, &[], 1)
    }
    let cut = Cut::of(rows.starts.len() as u32 - 1);
    if cut.is_narrow() { by::<u32, W>(cut, rows, carried) } else { by::<u64, W>(cut, rows, carried) }
}

/// The links at some places of rows, each with its ends exchanged.
pub(super) fn backward<'a, W: Payload>(
    rows: &'a Rows,
    carried: &'a [W],
    places: Range<usize>,
) -> impl Iterator<Item = (u32, u32, W)> + 'a {
    let first = rows.starts.partition_point(|start| *start <= places.start).saturating_sub(1);
    let bounds = rows.starts[first..].windows(2).take_while(move |row| row[0] < places.end);
    bounds.enumerate().flat_map(move |(number, row)| {
        let here = row[0].max(places.start)..row[1].min(places.end);
        let links = rows.ends[here.clone()].iter().zip(&carried[here]);
        links.map(move |(&end, &carries)| (end, (first + number) as u32, carries))
    })
}

/// How many links a thread deals at a time.
const CHUNK: usize = 1 << 20;

fn merge_keys<K: Key, W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    cut: Cut,
    count: usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    is_mirrored: bool,
    threads: usize,
) -> Table<W> {
    let mut memory = cleared::<K, W>(count);
    let size = if threads == 1 { count.max(1) } else { CHUNK };
    let chunks: Vec<Range<usize>> =
        (0..count).step_by(size).map(|first| first..count.min(first + size)).collect();
    let dealt = deal_all(cut, &chunks, Range::len, links, &mut memory, threads);
    let merged = each(threads, (0..cut.buckets()).collect(), |desk: &mut Desk<K, W>, bucket| {
        desk.now.keys.clear();
        desk.now.carried.clear();
        for dealt in &dealt {
            desk.now.keys.extend_from_slice(&dealt.keys[dealt.range(bucket)]);
            desk.now.carried.extend_from_slice(&dealt.carried[dealt.range(bucket)]);
        }
        desk.sort(cut);
        desk.merged()
    });
    drop(dealt);
    if !is_mirrored {
        drop(memory);
        return fill_all(cut, &[], &merged, threads);
    }
    let mirrored = |buckets: Range<usize>| {
        buckets.flat_map(|bucket| {
            let (first, merged) = (cut.first_row(bucket), &merged[bucket]);
            let links = merged.keys.iter().zip(&merged.carried).map(move |(key, carries)| {
                let (row, end) = key.split(cut);
                (end, first + row, *carries)
            });
            links.filter(|(end, row, _)| end != row)
        })
    };
    let size = |buckets: &Range<usize>| merged[buckets.clone()].iter().map(|merged| merged.keys.len()).sum();
    let groups = groups(&merged, threads);
    let dealt = deal_all(cut, &groups, size, mirrored, &mut memory, threads);
    fill_all(cut, &dealt, &merged, threads)
}

/// Neighbouring buckets that hold about as many links as a thread deals at a time.
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

/// Runs tasks, with memory that tasks of one thread share; with one thread not in the pool,
/// whose tasks might wait for this one.
fn each<T: Send, M: Default, R: Send>(
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

fn cleared<K: Key, W: Payload>(count: usize) -> Keys<K, W> {
    Keys { keys: vec![K::default(); count], carried: vec![W::default(); count] }
}

/// Links of one chunk, by bucket.
struct Dealt<'a, K, W> {
    starts: Vec<usize>,
    keys: &'a [K],
    carried: &'a [W],
}

impl<K, W> Dealt<'_, K, W> {
    fn range(&self, bucket: usize) -> Range<usize> {
        self.starts[bucket]..self.starts[bucket + 1]
    }
}

/// Deals chunks of links to buckets; `memory` holds at least as many links as all chunks' sizes say.
fn deal_all<'a, K: Key, W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    cut: Cut,
    chunks: &[Range<usize>],
    size: impl Fn(&Range<usize>) -> usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    memory: &'a mut Keys<K, W>,
    threads: usize,
) -> Vec<Dealt<'a, K, W>> {
    let (mut keys_left, mut carried_left) = (memory.keys.as_mut_slice(), memory.carried.as_mut_slice());
    let mut tasks = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        let (keys, carried);
        (keys, keys_left) = keys_left.split_at_mut(size(chunk));
        (carried, carried_left) = carried_left.split_at_mut(keys.len());
        tasks.push((chunk.clone(), keys, carried));
    }
    each(threads, tasks, |(): &mut (), (chunk, keys, carried)| {
        deal(cut, || links(chunk.clone()), keys, carried)
    })
}

fn deal<'a, K: Key, W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    cut: Cut,
    links: impl Fn() -> I,
    keys: &'a mut [K],
    carried: &'a mut [W],
) -> Dealt<'a, K, W> {
    let mut starts = vec![0; cut.buckets() + 1];
    links().for_each(|(row, _, _)| starts[cut.bucket(row) + 1] += 1);
    for bucket in 1..starts.len() {
        starts[bucket] += starts[bucket - 1];
    }
    let mut free = starts.clone();
    links().for_each(|(row, end, carries)| {
        let free = &mut free[cut.bucket(row)];
        keys[*free] = K::new(row, end, cut);
        carried[*free] = carries;
        *free += 1;
    });
    Dealt { starts, keys, carried }
}

/// Fills all rows: each gets its dealt links in the order of chunks, and after them those of its bucket in `own`.
fn fill_all<K: Key, W: Payload>(
    cut: Cut,
    dealt: &[Dealt<'_, K, W>],
    own: &[Keys<K, W>],
    threads: usize,
) -> Table<W> {
    let own_count: usize = own.iter().map(|own| own.keys.len()).sum();
    let dealt_count: usize = dealt.iter().map(|dealt| dealt.starts[cut.buckets()]).sum();
    let total = dealt_count + own_count;
    let (mut ends, mut carried, mut starts) =
        (vec![0; total], vec![W::default(); total], vec![0; cut.vertices as usize + 1]);
    let (mut ends_left, mut carried_left) = (ends.as_mut_slice(), carried.as_mut_slice());
    let mut tasks = Vec::with_capacity(cut.buckets());
    let mut first = 0;
    for (bucket, starts) in starts[1..].chunks_mut(cut.rows()).enumerate() {
        let links: usize = dealt.iter().map(|dealt| dealt.range(bucket).len()).sum();
        let size = links + own.get(bucket).map_or(0, |own| own.keys.len());
        let (ends, carried);
        (ends, ends_left) = ends_left.split_at_mut(size);
        (carried, carried_left) = carried_left.split_at_mut(size);
        tasks.push((bucket, Bucket { first, starts, ends, carried }));
        first += size;
    }
    each(threads, tasks, |(): &mut (), (number, bucket)| {
        let parts = dealt.iter().map(|dealt| {
            let range = dealt.range(number);
            (&dealt.keys[range.clone()], &dealt.carried[range])
        });
        let own = own.get(number).map(|own| (own.keys.as_slice(), own.carried.as_slice()));
        bucket.fill(cut, &parts.chain(own).collect::<Vec<_>>());
    });
    Table { rows: Rows { starts, ends }, carried, links: if own.is_empty() { total } else { own_count } }
}

/// Neighbouring rows to be filled, at `first` in the whole.
struct Bucket<'a, W> {
    first: usize,
    /// Where the next row starts, one for each row.
    starts: &'a mut [usize],
    ends: &'a mut [u32],
    carried: &'a mut [W],
}

impl<W: Payload> Bucket<'_, W> {
    fn fill<K: Key>(self, cut: Cut, parts: &[(&[K], &[W])]) {
        let Bucket { first, starts, ends, carried } = self;
        let mut free = vec![0_usize; starts.len()];
        for key in parts.iter().flat_map(|part| part.0) {
            free[key.split(cut).0 as usize] += 1;
        }
        let mut place = 0;
        for (free, start) in free.iter_mut().zip(starts) {
            place += std::mem::replace(free, place);
            *start = first + place;
        }
        for (keys, carries) in parts {
            for (key, &carries) in keys.iter().zip(*carries) {
                let (row, end) = key.split(cut);
                let free = &mut free[row as usize];
                ends[*free] = end;
                carried[*free] = carries;
                *free += 1;
            }
        }
    }
}
