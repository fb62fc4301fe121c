//! Incoming rows in another order of vertices: those with many outgoing links first.
//!
//! What is read most often then lies close together and stays in the cache, and rows
//! of like length follow each other. Vertices without outgoing links come last, those
//! that nobody reads. Whoever uses the order puts it back before anyone sees it.

use std::ops::Range;

use super::{Graph, Kind, Weights};

/// Rows of incoming links, where vertices go by their place in the order.
#[derive(Debug, Clone)]
pub(crate) struct Ordered {
    /// The vertex at each place.
    order: Vec<u32>,
    starts: Vec<usize>,
    sources: Vec<u32>,
    readers: usize,
}

impl Graph {
    /// Returns the graph's rows in order, made when they are first asked for.
    pub(crate) fn ordered(&self) -> &Ordered {
        self.ordered.get_or_init(|| Ordered::of(self))
    }
}

impl Weights {
    /// Returns the weights of all rows of [`Graph::ordered`], one after the other; `None` if each link weighs 1.
    pub(crate) fn ordered(&self, graph: &Graph) -> Option<&[f64]> {
        let Kind::Given { ordered, .. } = &self.0 else { return None };
        let carried = || {
            let mut carried = Vec::with_capacity(graph.outgoing.ends.len());
            for vertex in &graph.ordered().order {
                carried.extend_from_slice(self.incoming(graph, *vertex));
            }
            carried
        };
        Some(ordered.get_or_init(carried))
    }
}

impl Ordered {
    fn of(graph: &Graph) -> Self {
        let order = by_outgoing(graph);
        let mut place = vec![0_u32; order.len()];
        for (number, vertex) in order.iter().enumerate() {
            place[*vertex as usize] = number as u32;
        }
        let mut starts = Vec::with_capacity(order.len() + 1);
        let mut sources = Vec::with_capacity(graph.outgoing.ends.len());
        starts.push(0);
        for &vertex in &order {
            sources.extend(graph.incoming(vertex).iter().map(|source| place[*source as usize]));
            starts.push(sources.len());
        }
        let readers = order.partition_point(|vertex| !graph.outgoing(*vertex).is_empty());
        Self { order, starts, sources, readers }
    }

    /// Returns how many vertices have outgoing links; they are the first.
    pub(crate) fn with_outgoing(&self) -> usize {
        self.readers
    }

    /// Returns the vertex at each place.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// Returns the places of the vertices whose links lead to the vertex at a place.
    pub(crate) fn row(&self, place: usize) -> &[u32] {
        &self.sources[self.range(place)]
    }

    /// Returns where a row stands among all rows.
    pub(crate) fn range(&self, place: usize) -> Range<usize> {
        self.starts[place]..self.starts[place + 1]
    }

    pub(super) fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<usize>()
            + (self.order.capacity() + self.sources.capacity()) * size_of::<u32>()
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
