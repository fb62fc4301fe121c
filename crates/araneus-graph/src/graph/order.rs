//! Incoming rows in another order of vertices: those with many outgoing links first.
//!
//! What is read most often then lies close together and stays in the cache, and rows
//! of like length follow each other. Vertices without outgoing links come last, those
//! that nobody reads. Whoever uses the order puts it back before anyone sees it.
//!
//! A step along all rows is bound by the bytes it reads. Where the first 65,536 places
//! hold most ends of links, as in heavy-tailed graphs, these are written in two bytes.

use std::cmp::Reverse;

use super::sums::{products, sum};
use super::{Graph, Kind, Weights};

/// Rows of incoming links, where vertices go by their place in the order.
#[derive(Debug, Clone)]
pub(crate) struct Ordered {
    /// The vertex at each place.
    order: Vec<u32>,
    readers: usize,
    sources: Sources,
}

/// The places of the vertices whose links lead to the vertex at each place, ascending.
#[derive(Debug, Clone)]
enum Sources {
    Wide(Slices<u32>),
    /// Places that two bytes can name, and the others of those rows that have any.
    Split {
        nears: usize,
        near: Slices<u16>,
        far: Slices<u32>,
        far_rows: Vec<u32>,
    },
}

/// Rows of numbers, one after the other.
#[derive(Debug, Clone)]
struct Slices<T> {
    starts: Vec<usize>,
    all: Vec<T>,
}

/// How many places two bytes can name.
const NEAR: usize = 1 << 16;
/// Rows are split where near places hold at least this share of the ends of links.
const NEAR_SHARE: f64 = 0.75;

impl Graph {
    /// Returns the graph's rows in order, made when they are first asked for.
    pub(crate) fn ordered(&self) -> &Ordered {
        self.ordered.get_or_init(|| Ordered::of(self, NEAR))
    }
}

impl Weights {
    /// Returns the weights of all sources of [`Graph::ordered`], near ones first; `None` if each link weighs 1.
    pub(crate) fn ordered(&self, graph: &Graph) -> Option<&[f64]> {
        let Kind::Given { ordered, .. } = &self.0 else { return None };
        let carried = || {
            let rows = graph.ordered();
            let weighted = |vertex: u32| {
                graph.outgoing(vertex).iter().copied().zip(self.outgoing(graph, vertex).iter().copied())
            };
            let nears = if let Sources::Split { nears, .. } = rows.sources { nears } else { 0 };
            let (near, far) = rows.order.split_at(nears);
            let mut carried = dealt(&rows.order, near, weighted, |_, weight| weight).all;
            carried.extend(dealt(&rows.order, far, weighted, |_, weight| weight).all);
            carried
        };
        Some(ordered.get_or_init(carried))
    }
}

impl Ordered {
    /// Puts a graph's incoming rows in order, of which so many places at most are near.
    fn of(graph: &Graph, near_max: usize) -> Self {
        let mut order = by_outgoing(graph);
        let nears = near_max.min(order.len());
        let ends: usize = order[..nears].iter().map(|vertex| graph.outgoing(*vertex).len()).sum();
        let is_split = ends as f64 >= NEAR_SHARE * graph.outgoing.ends.len() as f64;
        let linked = |vertex: u32| graph.outgoing(vertex).iter().map(|target| (*target, ()));
        let sources = if is_split {
            group(graph, &mut order, nears);
            let near = dealt(&order, &order[..nears], linked, |place, ()| place as u16);
            let far = dealt(&order, &order[nears..], linked, |place, ()| (nears + place) as u32);
            let (far, far_rows) = far.without_empty();
            Sources::Split { nears, near, far, far_rows }
        } else {
            Sources::Wide(dealt(&order, &order, linked, |place, ()| place as u32))
        };
        let readers = order.partition_point(|vertex| !graph.outgoing(*vertex).is_empty());
        Self { order, readers, sources }
    }

    /// Returns how many vertices have outgoing links; they are the first.
    pub(crate) fn with_outgoing(&self) -> usize {
        self.readers
    }

    /// Returns the vertex at each place.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// Adds up the values at the sources of each row from `first` on, each times its weight
    /// if there are weights of [`Weights::ordered`].
    pub(crate) fn pull(&self, values: &[f64], weights: Option<&[f64]>, first: usize, out: &mut [f64]) {
        match &self.sources {
            Sources::Wide(wide) => wide.pull(values, weights, first, out),
            Sources::Split { near, far, far_rows, .. } => {
                let (near_weights, far_weights) =
                    weights.map(|weights| weights.split_at(near.all.len())).unzip();
                near.pull(values, near_weights, first, out);
                let from = far_rows.partition_point(|row| (*row as usize) < first);
                let until = far_rows.partition_point(|row| (*row as usize) < first + out.len());
                for number in from..until {
                    let mut sum = [0.0];
                    far.pull(values, far_weights, number, &mut sum);
                    out[far_rows[number] as usize - first] += sum[0];
                }
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let sources = match &self.sources {
            Sources::Wide(wide) => wide.bytes(),
            Sources::Split { near, far, far_rows, .. } => {
                near.bytes() + far.bytes() + far_rows.capacity() * size_of::<u32>()
            }
        };
        self.order.capacity() * size_of::<u32>() + sources
    }

    /// Puts values by place back to values by vertex.
    pub(crate) fn restored(&self, values: &[f64]) -> Vec<f64> {
        let mut restored = vec![0.0; self.order.len()];
        for (vertex, value) in self.order.iter().zip(values) {
            restored[*vertex as usize] = *value;
        }
        restored
    }
}

impl<T: Copy + Into<u32>> Slices<T> {
    fn pull(&self, values: &[f64], weights: Option<&[f64]>, first: usize, out: &mut [f64]) {
        let value = |place: &T| values[Into::<u32>::into(*place) as usize];
        let ranges = self.starts[first..].windows(2).map(|ends| ends[0]..ends[1]);
        match weights {
            None => out.iter_mut().zip(ranges).for_each(|(out, range)| *out = sum(&self.all[range], value)),
            Some(weights) => out.iter_mut().zip(ranges).for_each(|(out, range)| {
                *out = products(&self.all[range.clone()], &weights[range], value);
            }),
        }
    }

    /// Leaves out rows of nothing; returns which there are.
    fn without_empty(self) -> (Self, Vec<u32>) {
        let lengths = self.starts.windows(2).map(|ends| ends[1] - ends[0]);
        let rows: Vec<u32> =
            (0..).zip(lengths).filter(|(_, length)| *length > 0).map(|(row, _)| row).collect();
        let begins = rows.iter().map(|row| self.starts[*row as usize]);
        let starts = begins.chain([self.all.len()]).collect();
        (Self { starts, all: self.all }, rows)
    }

    fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<usize>() + self.all.capacity() * size_of::<T>()
    }
}

/// Deals the links of some vertices out to the rows they lead to, in the vertices' order.
///
/// `entry` makes what a row holds of a link, from the number of its vertex and what it brings.
fn dealt<L, T: Copy + Default, I: Iterator<Item = (u32, L)>>(
    order: &[u32],
    vertices: &[u32],
    links: impl Fn(u32) -> I,
    entry: impl Fn(usize, L) -> T,
) -> Slices<T> {
    let mut place = vec![0_u32; order.len()];
    for (number, vertex) in order.iter().enumerate() {
        place[*vertex as usize] = number as u32;
    }
    let mut starts = vec![0; order.len() + 1];
    for (target, _) in vertices.iter().flat_map(|vertex| links(*vertex)) {
        starts[place[target as usize] as usize + 1] += 1;
    }
    for row in 0..order.len() {
        starts[row + 1] += starts[row];
    }
    let mut all = vec![T::default(); starts[order.len()]];
    let mut next = starts.clone();
    for (number, vertex) in vertices.iter().enumerate() {
        for (target, link) in links(*vertex) {
            let next = &mut next[place[target as usize] as usize];
            all[*next] = entry(number, link);
            *next += 1;
        }
    }
    Slices { starts, all }
}

/// Brings rows of as many near and as many far sources together; the first `nears` stay the first.
fn group(graph: &Graph, order: &mut [u32], nears: usize) {
    let (first, others) = order.split_at_mut(nears);
    let mut far = vec![0_u32; graph.vertex_count()];
    for source in &*others {
        graph.outgoing(*source).iter().for_each(|target| far[*target as usize] += 1);
    }
    let like = |vertex: &u32| (Reverse(graph.outgoing(*vertex).len()), far[*vertex as usize], *vertex);
    first.sort_unstable_by_key(like);
    others.sort_unstable_by_key(like);
}

/// Counting sort of the vertices by their number of outgoing links, most first, then by id.
pub(crate) fn by_outgoing(graph: &Graph) -> Vec<u32> {
    let degree = |vertex: u32| graph.outgoing(vertex).len();
    let most = graph.vertices().map(degree).max().unwrap_or(0);
    let mut starts = vec![0_usize; most + 2];
    for vertex in graph.vertices() {
        starts[most - degree(vertex) + 1] += 1;
    }
    for place in 0..=most {
        starts[place + 1] += starts[place];
    }
    let mut order = vec![0; graph.vertex_count()];
    for vertex in graph.vertices() {
        let place = &mut starts[most - degree(vertex)];
        order[*place] = vertex;
        *place += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However many places are near, a pull adds up what incoming rows tell, from any row on.
        #[test]
        fn pulls_add_up_incoming_rows(
            pairs in prop::collection::vec((0_u32..40, 0_u32..40), 0..300),
            is_directed: bool,
            nears in 0_usize..45,
            first in 0_usize..40,
        ) {
            let given: Vec<f64> = (0..pairs.len()).map(|number| (number % 7) as f64).collect();
            let (graph, weights) = Graph::build(40, is_directed, &pairs, Some(&given));
            let rows = Ordered::of(&graph, nears);
            let _ = graph.ordered.set(rows.clone());
            let value = |vertex: u32| f64::from(vertex * vertex % 13);
            let values: Vec<f64> = rows.order().iter().map(|vertex| value(*vertex)).collect();
            let mut plain = vec![f64::NAN; 40 - first];
            let mut weighted = plain.clone();
            rows.pull(&values, None, first, &mut plain);
            rows.pull(&values, weights.ordered(&graph), first, &mut weighted);
            for (place, vertex) in rows.order().iter().enumerate().skip(first) {
                let sources = graph.incoming(*vertex).iter().map(|source| value(*source));
                let by_weight = sources.clone().zip(weights.incoming(&graph, *vertex)).map(|(value, by)| value * by);
                // Whole numbers: the order of additions changes nothing.
                prop_assert_eq!(plain[place - first].to_bits(), (sources.sum::<f64>() + 0.0).to_bits());
                prop_assert_eq!(weighted[place - first].to_bits(), (by_weight.sum::<f64>() + 0.0).to_bits());
            }
        }
    }

    #[test]
    fn places_are_near_where_links_are() {
        let star: Vec<(u32, u32)> = (1..40).map(|leaf| (0, leaf)).collect();
        let (graph, _) = Graph::build(40, true, &star, None);
        assert!(matches!(Ordered::of(&graph, 1).sources, Sources::Split { .. }));
        let ring: Vec<(u32, u32)> = (0..40).map(|vertex| (vertex, (vertex + 1) % 40)).collect();
        let (graph, _) = Graph::build(40, true, &ring, None);
        assert!(matches!(Ordered::of(&graph, 1).sources, Sources::Wide(_)));
    }
}
