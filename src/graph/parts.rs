//! Which vertices hang together when directions are ignored.

use super::Graph;

/// The connected parts of a graph, numbered by their lowest vertex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The part of each vertex, in `0..count`.
    pub of: Vec<u32>,
    /// How many parts there are; 0 only for a graph without vertices.
    pub count: u32,
}

/// Finds the connected parts, directions ignored, in linear time and without recursion.
pub fn parts(graph: &Graph) -> Parts {
    const UNSEEN: u32 = u32::MAX;
    let mut of = vec![UNSEEN; graph.vertex_count()];
    let mut count = 0;
    let mut waiting = Vec::new();
    for root in graph.vertices() {
        if of[root as usize] != UNSEEN {
            continue;
        }
        of[root as usize] = count;
        waiting.push(root);
        while let Some(vertex) = waiting.pop() {
            let incoming = if graph.is_directed() { graph.incoming(vertex) } else { &[] };
            for &near in graph.outgoing(vertex).iter().chain(incoming) {
                if of[near as usize] == UNSEEN {
                    of[near as usize] = count;
                    waiting.push(near);
                }
            }
        }
        count += 1;
    }
    Parts { of, count }
}

/// Lists the vertices breadth first, directions ignored, each part from its lowest vertex.
///
/// Vertices that stand close in this order stand close in the graph.
pub(crate) fn breadth_first(graph: &Graph) -> Vec<u32> {
    let mut is_listed = vec![false; graph.vertex_count()];
    let mut order = Vec::with_capacity(graph.vertex_count());
    for root in graph.vertices() {
        let mut head = order.len();
        if !is_listed[root as usize] {
            is_listed[root as usize] = true;
            order.push(root);
        }
        while let Some(&vertex) = order.get(head) {
            head += 1;
            let incoming = if graph.is_directed() { graph.incoming(vertex) } else { &[] };
            for &near in graph.outgoing(vertex).iter().chain(incoming) {
                if !is_listed[near as usize] {
                    is_listed[near as usize] = true;
                    order.push(near);
                }
            }
        }
    }
    order
}
