//! Articulation points and bridges: the vertices and links whose removal separates connected components.
//!
//! One depth-first search, without recursion, in linear time (Hopcroft and Tarjan 1973). Directions and
//! self-links are ignored. The low link of a vertex is the earliest vertex that its branch of the search tree
//! has a link to. A branch whose low link is not earlier than its parent is separated by the removal of the
//! parent.

use super::csr::Graph;

/// Articulation points and bridges of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticulationPoints {
    /// For each vertex the number of components that its removal would add.
    pub extra_components: Vec<u32>,
    /// Links whose removal would separate their ends; smaller end first, ascending.
    pub bridges: Vec<(u32, u32)>,
}

/// Finds the articulation points and bridges of an undirected simple graph.
///
/// ```
/// use araneus_graph::graph::{Graph, articulation_points};
///
/// let (path, _) = Graph::build(3, false, &[(0, 1), (1, 2)], None);
/// let found = articulation_points(&path);
/// assert_eq!(found.extra_components, [0, 1, 0]);
/// assert_eq!(found.bridges, [(0, 1), (1, 2)]);
/// ```
pub fn articulation_points(graph: &Graph) -> ArticulationPoints {
    let mut search = LowLinkSearch {
        entered: vec![UNSEEN; graph.vertex_count()],
        low: vec![0; graph.vertex_count()],
        result: ArticulationPoints { extra_components: vec![0; graph.vertex_count()], bridges: Vec::new() },
    };
    let mut clock = 0;
    for root in graph.vertices() {
        if search.entered[root as usize] == UNSEEN {
            search.search_from(graph, root, &mut clock);
        }
    }
    search.result.bridges.sort_unstable();
    search.result
}

const UNSEEN: u32 = u32::MAX;

struct LowLinkSearch {
    entered: Vec<u32>,
    low: Vec<u32>,
    result: ArticulationPoints,
}

impl LowLinkSearch {
    fn search_from(&mut self, graph: &Graph, root: u32, clock: &mut u32) {
        let mut enter = |search: &mut Self, vertex: u32| {
            search.entered[vertex as usize] = *clock;
            search.low[vertex as usize] = *clock;
            *clock += 1;
        };
        enter(self, root);
        // Each entry has a vertex, its parent in the search tree, and its neighbours that are not visited
        // yet.
        let mut stack = vec![(root, root, graph.outgoing(root).iter())];
        while let Some((vertex, parent, row)) = stack.last_mut() {
            let (vertex, parent) = (*vertex, *parent);
            match row.next() {
                Some(&neighbour) if self.entered[neighbour as usize] == UNSEEN => {
                    enter(self, neighbour);
                    stack.push((neighbour, vertex, graph.outgoing(neighbour).iter()));
                }
                Some(&neighbour) if neighbour != parent => {
                    self.low[vertex as usize] =
                        self.low[vertex as usize].min(self.entered[neighbour as usize]);
                }
                Some(_) => {}
                None => {
                    stack.pop();
                    if vertex != root {
                        self.leave(vertex, parent);
                    }
                }
            }
        }
        // Each branch of the root counted 1. Without the root they are as many components, one of which is
        // not extra.
        let extra_components = &mut self.result.extra_components[root as usize];
        *extra_components = extra_components.saturating_sub(1);
    }

    fn leave(&mut self, vertex: u32, parent: u32) {
        let low = self.low[vertex as usize];
        self.low[parent as usize] = self.low[parent as usize].min(low);
        if low >= self.entered[parent as usize] {
            self.result.extra_components[parent as usize] += 1;
        }
        if low > self.entered[parent as usize] {
            self.result.bridges.push((vertex.min(parent), vertex.max(parent)));
        }
    }
}
