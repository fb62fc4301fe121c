//! Connected components, directions ignored: of a whole graph, or within given groups of its vertices.
//!
//! Sutton, Ben-Nun and Barak 2018, Afforest. Trees of vertices grow along the first few links of each row,
//! which makes most components one tree. The largest tree of each group is then skipped, and the other
//! links of all remaining vertices are joined. Skipping needs rows that show each link from both ends.
//! Nearly linear, without recursion.

use super::csr::Graph;

/// The connected components of a graph, numbered by their lowest vertex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedComponents {
    /// The component of each vertex, in `0..count`.
    pub component_of: Vec<u32>,
    /// The number of components; 0 only for a graph without vertices.
    pub count: u32,
}

/// The number of links of each row that are joined first.
const FIRST_LINKS: usize = 2;

/// Finds the connected components of a graph; directions are ignored.
///
/// ```
/// use araneus_graph::graph::{Graph, connected_components};
///
/// let (graph, _) = Graph::build(5, true, &[(0, 1), (3, 2)], None);
/// let components = connected_components(&graph);
/// assert_eq!(components.count, 3);
/// assert_eq!(components.component_of, [0, 0, 1, 1, 2]);
/// ```
pub fn connected_components(graph: &Graph) -> ConnectedComponents {
    let row = |vertex: u32| graph.outgoing(vertex).iter().copied();
    let parent_of = spanning_forest(graph.vertex_count(), row, |_| 0, !graph.is_directed());
    number_trees(parent_of)
}

/// Returns for each node the lowest node of its component within its group.
///
/// Groups are numbers from 0. Each link must be in the rows of both of its ends.
pub(crate) fn components_within<'a>(row: impl Fn(u32) -> &'a [u32], group_of: &[u32]) -> Vec<u32> {
    let group = |node: u32| group_of[node as usize];
    let within = |node: u32| row(node).iter().copied().filter(move |end| group(*end) == group(node));
    let mut parent_of = spanning_forest(group_of.len(), within, group, true);
    flatten(&mut parent_of);
    parent_of
}

/// Grows a tree for each component; a parent is never higher than its children, and a root is its own parent.
///
/// The rows of a node only name nodes of its group. `is_symmetric` says that each link is in the rows of both ends.
fn spanning_forest<I: Iterator<Item = u32>>(
    nodes: usize,
    row: impl Fn(u32) -> I,
    group: impl Fn(u32) -> u32,
    is_symmetric: bool,
) -> Vec<u32> {
    let nodes = 0..nodes as u32;
    let mut parent_of: Vec<u32> = nodes.clone().collect();
    for node in nodes.clone() {
        row(node).take(FIRST_LINKS).for_each(|end| join(&mut parent_of, node, end));
    }
    let largest = if is_symmetric { largest_trees(&mut parent_of, &group) } else { Vec::new() };
    for node in nodes {
        // A node that has joined the largest tree meanwhile may be read again, which changes nothing.
        let is_skipped = is_symmetric && largest.get(group(node) as usize) == Some(&parent_of[node as usize]);
        if !is_skipped {
            row(node).skip(FIRST_LINKS).for_each(|end| join(&mut parent_of, node, end));
        }
    }
    parent_of
}

/// Joins two trees: the higher root becomes a child of the lower one.
pub(crate) fn join(parent_of: &mut [u32], one: u32, other: u32) {
    let (one, other) = (root(parent_of, one), root(parent_of, other));
    if one < other {
        parent_of[other as usize] = one;
    } else {
        parent_of[one as usize] = other;
    }
}

/// Finds the root of a tree, and halves the path to it.
pub(crate) fn root(parent_of: &mut [u32], mut vertex: u32) -> u32 {
    loop {
        let parent = parent_of[vertex as usize];
        if parent == vertex {
            return vertex;
        }
        let next = parent_of[parent as usize];
        parent_of[vertex as usize] = next;
        vertex = next;
    }
}

/// Makes every node a child of its root.
fn flatten(parent_of: &mut [u32]) {
    for node in 0..parent_of.len() {
        // A parent is lower than its children, so its own parent is the root already.
        parent_of[node] = parent_of[parent_of[node] as usize];
    }
}

/// Flattens all trees; returns the root of the largest tree of each group, the lowest of equal ones.
fn largest_trees(parent_of: &mut [u32], group: impl Fn(u32) -> u32) -> Vec<u32> {
    flatten(parent_of);
    let mut sizes = vec![0_u32; parent_of.len()];
    for root in parent_of.iter() {
        sizes[*root as usize] += 1;
    }
    let mut largest: Vec<u32> = Vec::new();
    for node in (0..parent_of.len() as u32).filter(|node| sizes[*node as usize] > 0) {
        let group = group(node) as usize;
        if group >= largest.len() {
            largest.resize(group + 1, u32::MAX);
        }
        let largest = &mut largest[group];
        if *largest == u32::MAX || sizes[*largest as usize] < sizes[node as usize] {
            *largest = node;
        }
    }
    largest
}

/// Numbers the trees by their lowest vertices, which are their roots.
fn number_trees(mut parent_of: Vec<u32>) -> ConnectedComponents {
    let mut count = 0;
    for vertex in 0..parent_of.len() {
        let parent = parent_of[vertex] as usize;
        if parent == vertex {
            parent_of[vertex] = count;
            count += 1;
        } else {
            // The parent is lower, so its number is known already.
            parent_of[vertex] = parent_of[parent];
        }
    }
    ConnectedComponents { component_of: parent_of, count }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Spreads the lowest number along links within groups until nothing changes.
    fn by_spreading(pairs: &[(u32, u32)], group_of: &[u32]) -> Vec<u32> {
        let mut lowest: Vec<u32> = (0..group_of.len() as u32).collect();
        let mut is_changed = true;
        while is_changed {
            is_changed = false;
            for &(a, b) in pairs {
                let (a, b) = (a as usize, b as usize);
                if group_of[a] == group_of[b] && lowest[a] != lowest[b] {
                    let low = lowest[a].min(lowest[b]);
                    (lowest[a], lowest[b], is_changed) = (low, low, true);
                }
            }
        }
        lowest
    }

    proptest! {
        #[test]
        fn components_within_groups_equal_those_found_by_spreading(
            pairs in prop::collection::vec((0_u32..60, 0_u32..60), 0..150),
            group_of in prop::collection::vec(0_u32..4, 60),
        ) {
            let (graph, _) = Graph::build(60, false, &pairs, None);
            let found = components_within(|node| graph.outgoing(node), &group_of);
            prop_assert_eq!(found, by_spreading(&pairs, &group_of));
        }

        #[test]
        fn components_of_a_graph_equal_those_found_by_spreading(
            pairs in prop::collection::vec((0_u32..60, 0_u32..60), 0..80),
            is_directed: bool,
        ) {
            let (graph, _) = Graph::build(60, is_directed, &pairs, None);
            let components = connected_components(&graph);
            let lowest = by_spreading(&pairs, &[0; 60]);
            for (vertex, low) in lowest.iter().enumerate() {
                prop_assert_eq!(components.component_of[vertex], components.component_of[*low as usize]);
            }
            let roots = lowest.iter().enumerate().filter(|(vertex, low)| *vertex as u32 == **low);
            prop_assert_eq!(components.count as usize, roots.count());
        }
    }
}
