//! Where a graph falls apart: vertices and links that alone hold parts together.
//!
//! One depth-first search, directions and self-links ignored; `low` is the earliest vertex that
//! the branch below a vertex has a link to (Hopcroft and Tarjan 1973). A branch
//! that reaches no earlier than its root hangs on it. Linear, without recursion.

use super::Graph;

/// What holds the parts of a graph together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cuts {
    /// For each vertex: how many parts more there were without it.
    pub parts: Vec<u32>,
    /// Links whose ends were in two parts without them, smaller end first, ascending.
    pub bridges: Vec<(u32, u32)>,
}

/// Finds cut vertices and bridges of an undirected simple graph.
pub fn cuts(graph: &Graph) -> Cuts {
    let mut search = Search {
        entered: vec![UNSEEN; graph.vertex_count()],
        low: vec![0; graph.vertex_count()],
        found: Cuts { parts: vec![0; graph.vertex_count()], bridges: Vec::new() },
    };
    let mut clock = 0;
    for root in graph.vertices() {
        if search.entered[root as usize] == UNSEEN {
            search.walk(graph, root, &mut clock);
        }
    }
    search.found.bridges.sort_unstable();
    search.found
}

const UNSEEN: u32 = u32::MAX;

struct Search {
    entered: Vec<u32>,
    low: Vec<u32>,
    found: Cuts,
}

impl Search {
    fn walk(&mut self, graph: &Graph, root: u32, clock: &mut u32) {
        let mut enter = |search: &mut Self, vertex: u32| {
            search.entered[vertex as usize] = *clock;
            search.low[vertex as usize] = *clock;
            *clock += 1;
        };
        enter(self, root);
        // A vertex, the one it was reached from, and its neighbours not yet looked at.
        let mut way = vec![(root, root, graph.outgoing(root).iter())];
        while let Some((vertex, from, row)) = way.last_mut() {
            let (vertex, from) = (*vertex, *from);
            match row.next() {
                Some(&near) if self.entered[near as usize] == UNSEEN => {
                    enter(self, near);
                    way.push((near, vertex, graph.outgoing(near).iter()));
                }
                Some(&near) if near != from => {
                    self.low[vertex as usize] = self.low[vertex as usize].min(self.entered[near as usize]);
                }
                Some(_) => {}
                None => {
                    way.pop();
                    if vertex != root {
                        self.leave(vertex, from);
                    }
                }
            }
        }
        // Each branch of the root counted one, and one of them is no part more.
        let parts = &mut self.found.parts[root as usize];
        *parts = parts.saturating_sub(1);
    }

    fn leave(&mut self, vertex: u32, from: u32) {
        let low = self.low[vertex as usize];
        self.low[from as usize] = self.low[from as usize].min(low);
        if low >= self.entered[from as usize] {
            self.found.parts[from as usize] += 1;
        }
        if low > self.entered[from as usize] {
            self.found.bridges.push((vertex.min(from), vertex.max(from)));
        }
    }
}
