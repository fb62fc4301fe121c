//! Incoming rows in another order of vertices: those with many outgoing links first.
//!
//! What is read most often then lies close together and stays in the cache, and rows
//! of like length follow each other. Vertices without outgoing links come last, those
//! that nobody reads. Whoever uses the order puts it back before anyone sees it.

use super::{Graph, Weights};

/// Rows of incoming links, where vertices go by their place in the order.
pub(crate) struct Ordered {
    /// The vertex at each place.
    order: Vec<u32>,
    starts: Vec<usize>,
    sources: Vec<u32>,
    weights: Vec<f64>,
    readers: usize,
}

impl Ordered {
    /// Orders a graph; with `weights` the rows have them too.
    pub(crate) fn new(graph: &Graph, weights: Option<&Weights>) -> Self {
        let order = by_outgoing(graph);
        let mut place = vec![0_u32; order.len()];
        for (number, vertex) in order.iter().enumerate() {
            place[*vertex as usize] = number as u32;
        }
        let mut starts = Vec::with_capacity(order.len() + 1);
        let mut sources = Vec::with_capacity(graph.outgoing.ends.len());
        let mut carried = Vec::with_capacity(if weights.is_some() { sources.capacity() } else { 0 });
        starts.push(0);
        for &vertex in &order {
            sources.extend(graph.incoming(vertex).iter().map(|source| place[*source as usize]));
            if let Some(weights) = weights {
                carried.extend_from_slice(weights.incoming(graph, vertex));
            }
            starts.push(sources.len());
        }
        let readers = order.partition_point(|vertex| !graph.outgoing(*vertex).is_empty());
        Self { order, starts, sources, weights: carried, readers }
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
        &self.sources[self.starts[place]..self.starts[place + 1]]
    }

    /// Returns the weights of a row, if there are any.
    pub(crate) fn weights(&self, place: usize) -> &[f64] {
        &self.weights[self.starts[place]..self.starts[place + 1]]
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
