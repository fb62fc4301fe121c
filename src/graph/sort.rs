//! Radix sort of links into rows.
//!
//! Links are first dealt to buckets of neighbouring rows, chunk by chunk of the input,
//! and then from each bucket to its rows, so that every write lands in memory that is
//! still in the cache. Chunks, and then buckets, are worked on by several threads, each
//! with memory of its own. Both steps keep the order of links, so the rows are the same
//! however many chunks and threads there are.

use std::ops::Range;

use rayon::prelude::*;

use super::Rows;

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

/// Rows, and what their links carry.
pub(super) struct Table<W> {
    pub(super) rows: Rows,
    pub(super) carried: Vec<W>,
}

/// Sorts links (row, end, carried) into rows by both ends and makes one of parallel ones.
///
/// `links` gives the links at a range of places; there are `count`. If mirrored, each must
/// begin at its lower end, and is then given a place in the row of its higher end too.
pub(super) fn merge<W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    vertices: u32,
    count: usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    is_mirrored: bool,
    threads: usize,
) -> Table<W> {
    let mut scratch = Scratch::default();
    let exchanged = |places| links(places).map(|(row, end, carries)| (end, row, carries));
    let by_end = sort(vertices, count, exchanged, None, &mut scratch, threads);
    let mut by_row = transposed(&by_end.rows, &by_end.carried, &mut scratch, threads);
    drop(by_end);
    by_row.merge_parallel();
    if is_mirrored { by_row.mirrored(&mut scratch, threads) } else { by_row }
}

/// Returns the rows by the other end of each link.
pub(super) fn transpose(rows: &Rows) -> Rows {
    transposed(rows, &vec![(); rows.ends.len()], &mut Scratch::default(), 1).rows
}

/// Returns the weights of rows in the order of [`transpose`].
pub(super) fn transpose_weights(rows: &Rows, weights: &[f64]) -> Vec<f64> {
    transposed(rows, weights, &mut Scratch::default(), 1).carried
}

fn transposed<W: Payload>(rows: &Rows, carried: &[W], scratch: &mut Scratch<W>, threads: usize) -> Table<W> {
    let links = |places| backward(rows, carried, places);
    sort(rows.starts.len() as u32 - 1, rows.ends.len(), links, None, scratch, threads)
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
/// A bucket has 2 to this power rows, or more where that makes more buckets than caches can keep open.
const BUCKET_BITS: u32 = 12;
const BUCKETS_BITS_MAX: u32 = 11;

/// Sorts links into rows; links of one row keep their order, and are followed by the row in `tail`.
fn sort<W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    vertices: u32,
    count: usize,
    links: impl Fn(Range<usize>) -> I + Sync,
    tail: Option<&Table<W>>,
    scratch: &mut Scratch<W>,
    threads: usize,
) -> Table<W> {
    let shift = (u32::BITS - vertices.leading_zeros()).saturating_sub(BUCKETS_BITS_MAX).max(BUCKET_BITS);
    let buckets = (vertices as usize).div_ceil(1 << shift);
    let size = if threads == 1 { count.max(1) } else { CHUNK };
    scratch.reserve(count);
    let parts = scratch.links.chunks_mut(size).zip(scratch.carried.chunks_mut(size));
    let chunks = parts.take(count.div_ceil(size)).enumerate().collect();
    let dealt = each(threads, chunks, |(number, (dealt, carried))| {
        let places = number * size..count.min(number * size + size);
        deal(buckets, shift, || links(places.clone()), dealt, carried)
    });
    let tail_starts = |row: usize| tail.map_or(0, |tail| tail.rows.starts[row]);
    let dealt_count: usize = dealt.iter().map(|dealt| dealt.starts[buckets]).sum();
    let total = dealt_count + tail_starts(vertices as usize);
    let (mut ends, mut carried, mut starts) =
        (vec![0; total], vec![W::default(); total], vec![0; vertices as usize + 1]);

    let (mut ends_left, mut carried_left) = (ends.as_mut_slice(), carried.as_mut_slice());
    let mut tasks = Vec::with_capacity(buckets);
    let mut first = 0;
    for (bucket, starts) in starts[1..].chunks_mut(1 << shift).enumerate() {
        let row = bucket << shift;
        let links: usize = dealt.iter().map(|dealt| dealt.range(bucket).len()).sum();
        let size = links + tail_starts(row + starts.len()) - tail_starts(row);
        let (ends, carried);
        (ends, ends_left) = ends_left.split_at_mut(size);
        (carried, carried_left) = carried_left.split_at_mut(size);
        tasks.push((bucket, Bucket { row: row as u32, first, starts, ends, carried }));
        first += size;
    }
    each(threads, tasks, |(number, bucket)| bucket.fill(number, &dealt, tail));
    Table { rows: Rows { starts, ends }, carried }
}

/// Runs tasks; with one thread not in the pool, whose tasks might wait for this one.
fn each<T: Send, R: Send>(threads: usize, tasks: Vec<T>, run: impl Fn(T) -> R + Sync) -> Vec<R> {
    if threads == 1 {
        tasks.into_iter().map(run).collect()
    } else {
        tasks.into_par_iter().map(&run).collect()
    }
}

/// Memory for dealt links, used again so that the system need not clear it again.
#[derive(Default)]
struct Scratch<W> {
    links: Vec<(u32, u32)>,
    carried: Vec<W>,
}

impl<W: Payload> Scratch<W> {
    fn reserve(&mut self, count: usize) {
        if self.links.len() < count {
            self.links = vec![(0, 0); count];
            self.carried = vec![W::default(); count];
        }
    }
}

/// Links of one chunk, by bucket.
struct Dealt<'a, W> {
    starts: Vec<usize>,
    links: &'a [(u32, u32)],
    carried: &'a [W],
}

impl<W> Dealt<'_, W> {
    fn range(&self, bucket: usize) -> Range<usize> {
        self.starts[bucket]..self.starts[bucket + 1]
    }
}

fn deal<'a, W: Payload, I: Iterator<Item = (u32, u32, W)>>(
    buckets: usize,
    shift: u32,
    links: impl Fn() -> I,
    dealt: &'a mut [(u32, u32)],
    carried: &'a mut [W],
) -> Dealt<'a, W> {
    let mut starts = vec![0; buckets + 1];
    links().for_each(|(row, _, _)| starts[(row >> shift) as usize + 1] += 1);
    for bucket in 0..buckets {
        starts[bucket + 1] += starts[bucket];
    }
    let mut free = starts.clone();
    links().for_each(|(row, end, carries)| {
        let free = &mut free[(row >> shift) as usize];
        dealt[*free] = (row, end);
        carried[*free] = carries;
        *free += 1;
    });
    Dealt { starts, links: dealt, carried }
}

/// Neighbouring rows to be filled: from `row`, at `first` in the whole.
struct Bucket<'a, W> {
    row: u32,
    first: usize,
    /// Where the next row starts, one for each row.
    starts: &'a mut [usize],
    ends: &'a mut [u32],
    carried: &'a mut [W],
}

impl<W: Payload> Bucket<'_, W> {
    fn fill(self, bucket: usize, dealt: &[Dealt<'_, W>], tail: Option<&Table<W>>) {
        let Bucket { row: first_row, first, starts, ends, carried } = self;
        let parts = || dealt.iter().map(|dealt| (dealt, dealt.range(bucket)));
        let mut free = vec![0_usize; starts.len()];
        for (dealt, range) in parts() {
            dealt.links[range].iter().for_each(|(row, _)| free[(row - first_row) as usize] += 1);
        }
        let mut place = 0;
        for (row, (free, start)) in free.iter_mut().zip(starts.iter_mut()).enumerate() {
            let size = *free;
            *free = place;
            place += size;
            if let Some(tail) = tail {
                let tail_range = tail.rows.range(first_row + row as u32);
                let own = place..place + tail_range.len();
                ends[own.clone()].copy_from_slice(&tail.rows.ends[tail_range.clone()]);
                carried[own.clone()].copy_from_slice(&tail.carried[tail_range]);
                place = own.end;
            }
            *start = first + place;
        }
        for (dealt, range) in parts() {
            for (&(row, end), &carries) in dealt.links[range.clone()].iter().zip(&dealt.carried[range]) {
                let free = &mut free[(row - first_row) as usize];
                ends[*free] = end;
                carried[*free] = carries;
                *free += 1;
            }
        }
    }
}

impl<W: Payload> Table<W> {
    /// Makes one link of those that stand beside each other with equal ends.
    fn merge_parallel(&mut self) {
        let (ends, carried) = (&mut self.rows.ends, &mut self.carried);
        let (mut kept, mut place) = (0, 0);
        for next in 1..self.rows.starts.len() {
            let last = self.rows.starts[next];
            while place < last {
                let end = ends[place];
                let first = place;
                place += 1;
                while place < last && ends[place] == end {
                    place += 1;
                }
                ends[kept] = end;
                let parallel = &mut carried[first..place];
                carried[kept] = if parallel.len() == 1 { parallel[0] } else { W::sum(parallel) };
                kept += 1;
            }
            self.rows.starts[next] = kept;
        }
        ends.truncate(kept);
        ends.shrink_to_fit();
        carried.truncate(kept);
        carried.shrink_to_fit();
    }

    /// Gives each link, held in the row of its lower end, a place in the row of its higher end too.
    ///
    /// In a row the mirrored links, from lower vertices, come before its own, so that rows ascend.
    fn mirrored(&self, scratch: &mut Scratch<W>, threads: usize) -> Self {
        let links = |places| backward(&self.rows, &self.carried, places).filter(|link| link.0 != link.1);
        sort(self.rows.starts.len() as u32 - 1, self.rows.ends.len(), links, Some(self), scratch, threads)
    }
}
