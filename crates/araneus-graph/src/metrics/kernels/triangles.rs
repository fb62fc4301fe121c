//! Counting triangles.
//!
//! Each link is oriented towards its end with more links, so that a triangle is found once, from its lowest
//! corner. No row of oriented links is longer than the root of twice the links (Schank and Wagner 2005,
//! "forward"). The vertices with most links, the hubs, are in most triangles. A table of bits says which hubs
//! are linked, so a pair of hubs is one access. Other ends are found by marking the row and reading
//! theirs. The table takes at most two bytes for each link. Corners are counted in whole numbers, so the
//! order of threads changes nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::graph::Graph;
use crate::progress::Progress;

/// The number of tasks.
const TASKS: usize = 256;

/// Counts the triangles at each vertex of an undirected simple graph.
pub(in crate::metrics) fn count_triangles(graph: &Graph, progress: &Progress) -> Option<Vec<f64>> {
    let oriented = OrientedLinks::new(graph);
    let sums: Vec<AtomicU64> = graph.vertices().map(|_| AtomicU64::new(0)).collect();
    let add = |rank: usize, closed: u64| sums[rank].fetch_add(closed, Ordering::Relaxed);
    let size = graph.vertex_count().div_ceil(TASKS).max(1);
    let done = oriented.rows.par_chunks(size).enumerate().try_for_each_init(
        || TriangleCounter::new(graph.vertex_count()),
        |counter, (task, rows)| {
            // Threads that add to one number wait for each other, so each task adds up hubs by itself first.
            let mut hubs = vec![0; oriented.hubs];
            for (position, row) in rows.iter().enumerate() {
                counter.count(&oriented, row);
                let mut twice = 0;
                for (&end, &closed) in row.iter().zip(&counter.closed) {
                    twice += u64::from(closed);
                    match hubs.get_mut(end as usize) {
                        Some(sum) => *sum += u64::from(closed),
                        None => _ = add(end as usize, closed.into()),
                    }
                }
                add(task * size + position, twice / 2);
            }
            for (rank, &closed) in hubs.iter().enumerate().filter(|(_, closed)| **closed > 0) {
                add(rank, closed);
            }
            progress.advance(rows.len() as u64).then_some(())
        },
    );
    let sum = |rank: &u32| sums[*rank as usize].load(Ordering::Relaxed) as f64;
    done.map(|()| oriented.rank.iter().map(sum).collect())
}

/// The links of each vertex to vertices of lower rank; rank 0 has most links.
struct OrientedLinks {
    /// The rank of each vertex.
    rank: Vec<u32>,
    /// The targets of each rank, as ranks, hubs first.
    rows: Vec<Vec<u32>>,
    /// Ranks below this number are hubs.
    hubs: usize,
    /// The links between hubs: `words` words for each hub.
    bits: Vec<u64>,
    words: usize,
}

impl OrientedLinks {
    fn new(graph: &Graph) -> Self {
        let order = graph.by_out_degree();
        let mut rank = vec![0; order.len()];
        for (position, &vertex) in order.iter().enumerate() {
            rank[vertex as usize] = position as u32;
        }
        // hubs * hubs bits are 16 bits for each link.
        let hubs = (graph.link_count() * 16).isqrt().next_multiple_of(64).min(graph.vertex_count());
        let ranks = |vertex: u32| graph.outgoing(vertex).iter().map(|neighbour| rank[*neighbour as usize]);
        let rows = order.par_iter().enumerate().map(|(position, &vertex)| {
            let mut row: Vec<u32> = ranks(vertex).filter(|neighbour| *neighbour < position as u32).collect();
            if position > hubs {
                row.sort_unstable_by_key(|neighbour| *neighbour >= hubs as u32);
            }
            row
        });
        let rows = rows.collect();
        let words = hubs.div_ceil(64).max(1);
        let mut bits = vec![0; hubs * words];
        bits.par_chunks_mut(words).zip(&order).for_each(|(row, &vertex)| {
            for neighbour in ranks(vertex).filter(|neighbour| *neighbour < hubs as u32) {
                row[neighbour as usize / 64] |= 1 << (neighbour % 64);
            }
        });
        Self { rank, rows, hubs, bits, words }
    }
}

/// Buffers of one thread.
struct TriangleCounter {
    /// One more than the position of a rank in the current row; 0 for ranks outside it.
    position: Vec<u32>,
    /// For each end in the row the number of other ends with which it forms a triangle.
    closed: Vec<u32>,
}

impl TriangleCounter {
    fn new(vertices: usize) -> Self {
        Self { position: vec![0; vertices], closed: Vec::new() }
    }

    fn count(&mut self, oriented: &OrientedLinks, row: &[u32]) {
        self.closed.clear();
        self.closed.resize(row.len(), 0);
        let (hubs, others) = row.split_at(row.partition_point(|end| (*end as usize) < oriented.hubs));
        for (j, &hub) in hubs.iter().enumerate() {
            let bits = &oriented.bits[hub as usize * oriented.words..][..oriented.words];
            let mut closed = 0;
            for (sum, &other) in self.closed.iter_mut().zip(&hubs[..j]) {
                let is_linked = (bits[other as usize / 64] >> (other % 64)) as u32 & 1;
                *sum += is_linked;
                closed += is_linked;
            }
            self.closed[j] += closed;
        }
        if others.is_empty() {
            return;
        }
        for (position, &end) in row.iter().enumerate() {
            self.position[end as usize] = position as u32 + 1;
        }
        for (j, &end) in others.iter().enumerate() {
            let mut closed = 0;
            for &third in &oriented.rows[end as usize] {
                let position = self.position[third as usize];
                if position > 0 {
                    self.closed[position as usize - 1] += 1;
                    closed += 1;
                }
            }
            self.closed[hubs.len() + j] += closed;
        }
        for &end in row {
            self.position[end as usize] = 0;
        }
    }
}
