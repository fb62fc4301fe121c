//! Incoming rows in order of out-degree: vertices with many outgoing links come first.
//!
//! Vertices that are read most often are then close together in the cache, and rows of similar length follow
//! each other. Vertices without outgoing links, which no row reads, come last. Callers put results back into
//! the order of vertices.
//!
//! A step along all rows is limited by the bytes that it reads. If the first 65,536 positions have most ends
//! of links, as in heavy-tailed graphs, these positions are stored in two bytes.
//!
//! The rows of an undirected graph are symmetrical, so each row gathers the positions of its own neighbours, and all
//! threads share the rows. In a directed graph the links are distributed to the rows of their targets.

mod gather;
mod packed;

use gather::{gathered, gathered_weights};
use packed::{PackedRows, Sources, group_similar_rows};

use super::rows::Rows;

/// Rows of incoming links in which vertices are named by their positions in the order.
#[derive(Debug, Clone)]
pub(crate) struct OrderedRows {
    /// The vertex at each position.
    order: Vec<u32>,
    with_outgoing: usize,
    is_directed: bool,
    sources: Sources,
}

/// The number of positions that fit in two bytes.
pub(super) const NARROW_MAX: usize = 1 << 16;
/// Rows are split if narrow positions have at least this share of the ends of links.
const NARROW_SHARE: f64 = 0.75;

impl OrderedRows {
    /// Orders the incoming rows of a graph; at most `narrow_max` positions are narrow.
    pub(super) fn new(outgoing: &Rows, is_directed: bool, narrow_max: usize) -> Self {
        let mut order = by_out_degree(outgoing);
        let narrow_count = narrow_max.min(order.len());
        let ends: usize = order[..narrow_count].iter().map(|vertex| outgoing.row(*vertex).len()).sum();
        let is_split = ends as f64 >= NARROW_SHARE * outgoing.ends.len() as f64;
        if !is_directed {
            let narrow_count = if is_split { narrow_count } else { 0 };
            let sources = gathered(outgoing, &mut order, narrow_count);
            let with_outgoing = with_outgoing(outgoing, &order);
            return Self { order, with_outgoing, is_directed, sources };
        }
        let linked = |vertex: u32| outgoing.row(vertex).iter().map(|target| (*target, ()));
        let sources = if is_split {
            group_similar_rows(
                &distributed_wide(outgoing, &order[narrow_count..]),
                outgoing,
                &mut order,
                narrow_count,
            );
            let narrow = distribute(&order, &order[..narrow_count], linked, |position, ()| position as u16);
            let wide = distribute(&order, &order[narrow_count..], linked, |position, ()| {
                (narrow_count + position) as u32
            });
            let (wide, wide_rows) = wide.without_empty();
            Sources::Split { narrow_count, narrow, wide, wide_rows }
        } else {
            Sources::Whole(distribute(&order, &order, linked, |position, ()| position as u32))
        };
        let with_outgoing = with_outgoing(outgoing, &order);
        Self { order, with_outgoing, is_directed, sources }
    }

    /// Returns the number of vertices with outgoing links, which come first.
    pub(crate) fn with_outgoing(&self) -> usize {
        self.with_outgoing
    }

    /// Returns the vertex at each position.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// Adds the values at the sources of each row from `first` on, each times its weight if there are
    /// weights.
    pub(crate) fn pull(&self, values: &[f64], weights: Option<&[f64]>, first: usize, out: &mut [f64]) {
        match &self.sources {
            Sources::Whole(wide) => wide.pull(values, weights, first, out),
            Sources::Split { narrow, wide, wide_rows, .. } => {
                let (narrow_weights, wide_weights) =
                    weights.map(|weights| weights.split_at(narrow.values.len())).unzip();
                narrow.pull(values, narrow_weights, first, out);
                let from = wide_rows.partition_point(|row| (*row as usize) < first);
                let until = wide_rows.partition_point(|row| (*row as usize) < first + out.len());
                for number in from..until {
                    let mut sum = [0.0];
                    wide.pull(values, wide_weights, number, &mut sum);
                    out[wide_rows[number] as usize - first] += sum[0];
                }
            }
        }
    }

    /// Returns the weights of all sources in the order of the rows, those of narrow positions first.
    pub(super) fn collect_weights(&self, outgoing: &Rows, weights: &[f64]) -> Vec<f64> {
        let weighted = |vertex: u32| {
            outgoing.row(vertex).iter().copied().zip(weights[outgoing.range(vertex)].iter().copied())
        };
        let narrow_count =
            if let Sources::Split { narrow_count, .. } = self.sources { narrow_count } else { 0 };
        if !self.is_directed {
            return gathered_weights(outgoing, weights, &self.order, narrow_count);
        }
        let (narrow, wide) = self.order.split_at(narrow_count);
        let mut collected = distribute(&self.order, narrow, weighted, |_, weight| weight).values;
        collected.extend(distribute(&self.order, wide, weighted, |_, weight| weight).values);
        collected
    }

    pub(super) fn bytes(&self) -> usize {
        let sources = match &self.sources {
            Sources::Whole(wide) => wide.bytes(),
            Sources::Split { narrow, wide, wide_rows, .. } => {
                narrow.bytes() + wide.bytes() + wide_rows.capacity() * size_of::<u32>()
            }
        };
        self.order.capacity() * size_of::<u32>() + sources
    }

    /// Returns values by vertex from values by position.
    pub(crate) fn restored(&self, values: &[f64]) -> Vec<f64> {
        let mut restored = vec![0.0; self.order.len()];
        for (vertex, value) in self.order.iter().zip(values) {
            restored[*vertex as usize] = *value;
        }
        restored
    }
}

/// Distributes the links of some vertices to the rows of their targets, in the order of the vertices.
///
/// `entry` makes the stored value of a link from the number of its vertex and the link's data.
fn distribute<L, T: Copy + Default, I: Iterator<Item = (u32, L)>>(
    order: &[u32],
    vertices: &[u32],
    links: impl Fn(u32) -> I,
    entry: impl Fn(usize, L) -> T,
) -> PackedRows<T> {
    let mut position = vec![0_u32; order.len()];
    for (number, vertex) in order.iter().enumerate() {
        position[*vertex as usize] = number as u32;
    }
    let mut starts = vec![0; order.len() + 1];
    for (target, _) in vertices.iter().flat_map(|vertex| links(*vertex)) {
        starts[position[target as usize] as usize + 1] += 1;
    }
    for row in 0..order.len() {
        starts[row + 1] += starts[row];
    }
    let mut values = vec![T::default(); starts[order.len()]];
    let mut next = starts.clone();
    for (number, vertex) in vertices.iter().enumerate() {
        for (target, link) in links(*vertex) {
            let next = &mut next[position[target as usize] as usize];
            values[*next] = entry(number, link);
            *next += 1;
        }
    }
    PackedRows { starts, values }
}

/// Returns the number of vertices with outgoing links, which come first.
fn with_outgoing(outgoing: &Rows, order: &[u32]) -> usize {
    order.partition_point(|vertex| !outgoing.row(*vertex).is_empty())
}

/// Returns the number of wide sources of each vertex.
fn distributed_wide(outgoing: &Rows, others: &[u32]) -> Vec<u32> {
    let mut wide = vec![0_u32; outgoing.count()];
    for source in others {
        outgoing.row(*source).iter().for_each(|target| wide[*target as usize] += 1);
    }
    wide
}

/// Counting sort of the vertices by their number of outgoing links, most first, then by id.
pub(super) fn by_out_degree(outgoing: &Rows) -> Vec<u32> {
    let degree = |vertex: u32| outgoing.row(vertex).len();
    let highest_degree = (0..outgoing.count() as u32).map(degree).max().unwrap_or(0);
    let mut starts = vec![0_usize; highest_degree + 2];
    for vertex in 0..outgoing.count() as u32 {
        starts[highest_degree - degree(vertex) + 1] += 1;
    }
    for position in 0..=highest_degree {
        starts[position + 1] += starts[position];
    }
    let mut order = vec![0; outgoing.count()];
    for vertex in 0..outgoing.count() as u32 {
        let position = &mut starts[highest_degree - degree(vertex)];
        order[*position] = vertex;
        *position += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::csr::{Graph, WeightKind};

    proptest! {
        /// For any number of narrow positions, a pull adds the values of the incoming rows, from any row on.
        #[test]
        fn pulls_add_up_incoming_rows(
            pairs in prop::collection::vec((0_u32..40, 0_u32..40), 0..300),
            is_directed: bool,
            narrow_count in 0_usize..45,
            first in 0_usize..40,
        ) {
            let given: Vec<f64> = (0..pairs.len()).map(|number| (number % 7) as f64).collect();
            let (graph, weights) = Graph::build(40, is_directed, &pairs, Some(&given));
            let rows = OrderedRows::new(&graph.outgoing, is_directed, narrow_count);
            let value = |vertex: u32| f64::from(vertex * vertex % 13);
            let values: Vec<f64> = rows.order().iter().map(|vertex| value(*vertex)).collect();
            let mut plain = vec![f64::NAN; 40 - first];
            let mut weighted = plain.clone();
            rows.pull(&values, None, first, &mut plain);
            let WeightKind::Given { outgoing, .. } = &weights.0 else { panic!("weights were given") };
            let in_order = Some(rows.collect_weights(&graph.outgoing, outgoing));
            rows.pull(&values, in_order.as_deref(), first, &mut weighted);
            for (position, vertex) in rows.order().iter().enumerate().skip(first) {
                let sources = graph.incoming(*vertex).iter().map(|source| value(*source));
                let by_weight = sources.clone().zip(weights.incoming(&graph, *vertex)).map(|(value, by)| value * by);
                // The values are whole numbers, so the order of additions changes nothing.
                prop_assert_eq!(plain[position - first].to_bits(), (sources.sum::<f64>() + 0.0).to_bits());
                prop_assert_eq!(weighted[position - first].to_bits(), (by_weight.sum::<f64>() + 0.0).to_bits());
            }
        }
    }

    #[test]
    fn places_are_near_where_links_are() {
        let star: Vec<(u32, u32)> = (1..40).map(|leaf| (0, leaf)).collect();
        let (graph, _) = Graph::build(40, true, &star, None);
        assert!(matches!(OrderedRows::new(&graph.outgoing, true, 1).sources, Sources::Split { .. }));
        let ring: Vec<(u32, u32)> = (0..40).map(|vertex| (vertex, (vertex + 1) % 40)).collect();
        let (graph, _) = Graph::build(40, true, &ring, None);
        assert!(matches!(OrderedRows::new(&graph.outgoing, true, 1).sources, Sources::Whole(_)));
    }
}
