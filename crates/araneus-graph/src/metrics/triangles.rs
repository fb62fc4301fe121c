//! How many pairs of a vertex's neighbours are tied to each other.
//!
//! Each link is pointed at the end with more links, so that a triangle is found
//! once, at its lowest corner, and no row of pointed links is longer than the root of
//! twice the links (Schank and Wagner 2005, "forward"). The vertices with most links,
//! the hubs, are in most triangles: which hubs are tied is kept as a table of bits, and
//! a pair of hubs in a row is one look into it. Other ends are met by marking
//! the row and walking theirs. The table takes no more than two bytes a link.
//! Corners are counted in whole numbers, so the order of threads cannot show.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::graph::{Graph, by_outgoing};
use crate::progress::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "triangles",
    about: "How many triangles this vertex is a corner of.",
    unit: "triangles, from 0",
    source: "Schank and Wagner 2005, Finding, counting and listing all triangles in large graphs",
    reads: Reads::SIMPLE,
    measure: |shared, watch| shared.triangles(watch).cloned(),
};

/// Into how many tasks the vertices are cut.
const TASKS: usize = 256;

/// Counts the triangles at each vertex of an undirected simple graph.
pub(super) fn count(graph: &Graph, watch: &Watch) -> Option<Vec<f64>> {
    let pointed = Pointed::new(graph);
    let sums: Vec<AtomicU64> = graph.vertices().map(|_| AtomicU64::new(0)).collect();
    let add = |rank: usize, closed: u64| sums[rank].fetch_add(closed, Ordering::Relaxed);
    let size = graph.vertex_count().div_ceil(TASKS).max(1);
    let done = pointed.rows.par_chunks(size).enumerate().try_for_each_init(
        || Corners::new(graph.vertex_count()),
        |corners, (task, rows)| {
            // Threads that add to one number wait for each other: hubs are summed apart.
            let mut hubs = vec![0; pointed.hubs];
            for (place, row) in rows.iter().enumerate() {
                corners.count(&pointed, row);
                let mut twice = 0;
                for (&end, &closed) in row.iter().zip(&corners.closed) {
                    twice += u64::from(closed);
                    match hubs.get_mut(end as usize) {
                        Some(sum) => *sum += u64::from(closed),
                        None => _ = add(end as usize, closed.into()),
                    }
                }
                add(task * size + place, twice / 2);
            }
            for (rank, &closed) in hubs.iter().enumerate().filter(|(_, closed)| **closed > 0) {
                add(rank, closed);
            }
            watch.step(rows.len() as u64).then_some(())
        },
    );
    let sum = |rank: &u32| sums[*rank as usize].load(Ordering::Relaxed) as f64;
    done.map(|()| pointed.rank.iter().map(sum).collect())
}

/// The links of each vertex to those of lower rank; rank 0 has most links.
struct Pointed {
    /// The rank of each vertex.
    rank: Vec<u32>,
    /// By rank, in ranks, hubs first.
    rows: Vec<Vec<u32>>,
    /// Ranks below this are hubs.
    hubs: usize,
    /// Which hubs are tied: `words` words a hub.
    bits: Vec<u64>,
    words: usize,
}

impl Pointed {
    fn new(graph: &Graph) -> Self {
        let order = by_outgoing(graph);
        let mut rank = vec![0; order.len()];
        for (place, &vertex) in order.iter().enumerate() {
            rank[vertex as usize] = place as u32;
        }
        // hubs * hubs bits are 16 bits a link.
        let hubs = (graph.link_count() * 16).isqrt().next_multiple_of(64).min(graph.vertex_count());
        let ranks = |vertex: u32| graph.outgoing(vertex).iter().map(|near| rank[*near as usize]);
        let rows = order.par_iter().enumerate().map(|(place, &vertex)| {
            let mut row: Vec<u32> = ranks(vertex).filter(|near| *near < place as u32).collect();
            if place > hubs {
                row.sort_unstable_by_key(|near| *near >= hubs as u32);
            }
            row
        });
        let rows = rows.collect();
        let words = hubs.div_ceil(64).max(1);
        let mut bits = vec![0; hubs * words];
        bits.par_chunks_mut(words).zip(&order).for_each(|(row, &vertex)| {
            for near in ranks(vertex).filter(|near| *near < hubs as u32) {
                row[near as usize / 64] |= 1 << (near % 64);
            }
        });
        Self { rank, rows, hubs, bits, words }
    }
}

/// Buffers of one thread.
struct Corners {
    /// One more than the place of a rank in the row that is counted, else 0.
    place: Vec<u32>,
    /// For each end in the row: with how many other ends it makes triangles.
    closed: Vec<u32>,
}

impl Corners {
    fn new(vertices: usize) -> Self {
        Self { place: vec![0; vertices], closed: Vec::new() }
    }

    fn count(&mut self, pointed: &Pointed, row: &[u32]) {
        self.closed.clear();
        self.closed.resize(row.len(), 0);
        let (hubs, others) = row.split_at(row.partition_point(|end| (*end as usize) < pointed.hubs));
        for (j, &hub) in hubs.iter().enumerate() {
            let bits = &pointed.bits[hub as usize * pointed.words..][..pointed.words];
            let mut closed = 0;
            for (sum, &other) in self.closed.iter_mut().zip(&hubs[..j]) {
                let is_tied = (bits[other as usize / 64] >> (other % 64)) as u32 & 1;
                *sum += is_tied;
                closed += is_tied;
            }
            self.closed[j] += closed;
        }
        if others.is_empty() {
            return;
        }
        for (place, &end) in row.iter().enumerate() {
            self.place[end as usize] = place as u32 + 1;
        }
        for (j, &end) in others.iter().enumerate() {
            let mut closed = 0;
            for &third in &pointed.rows[end as usize] {
                let place = self.place[third as usize];
                if place > 0 {
                    self.closed[place as usize - 1] += 1;
                    closed += 1;
                }
            }
            self.closed[hubs.len() + j] += closed;
        }
        for &end in row {
            self.place[end as usize] = 0;
        }
    }
}
