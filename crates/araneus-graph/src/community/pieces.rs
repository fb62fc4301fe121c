//! The connected pieces of groups.
//!
//! Sutton, Ben-Nun and Barak 2018, Afforest, for many groups at once: trees of nodes grow along
//! a few links of each node within its group. That makes most groups one tree. In the
//! others the largest tree is left out, and the links of all their other nodes are joined.

use crate::graph::{join, root};

/// How many links within its group each node is joined by first.
const FIRST: usize = 2;

/// Returns for each node the lowest node of its piece of its group; groups are `0..count`, and
/// each link is seen from both of its ends.
pub(super) fn pieces<'a>(row: impl Fn(u32) -> &'a [u32], group_of: &[u32], count: usize) -> Vec<u32> {
    let nodes = 0..group_of.len() as u32;
    let within = |node: u32| {
        let group = group_of[node as usize];
        row(node).iter().copied().filter(move |near| group_of[*near as usize] == group)
    };
    let mut above: Vec<u32> = nodes.clone().collect();
    for node in nodes.clone() {
        within(node).take(FIRST).for_each(|near| join(&mut above, node, near));
    }
    let mut sizes = vec![0_u32; group_of.len()];
    for node in nodes.clone() {
        let top = root(&mut above, node);
        above[node as usize] = top;
        sizes[top as usize] += 1;
    }
    // The largest tree of each group, the lowest root if several are.
    let mut largest = vec![u32::MAX; count];
    for node in nodes.clone().filter(|node| sizes[*node as usize] > 0) {
        let largest = &mut largest[group_of[node as usize] as usize];
        if *largest == u32::MAX || sizes[*largest as usize] < sizes[node as usize] {
            *largest = node;
        }
    }
    for node in nodes.clone() {
        // What has joined the largest tree meanwhile may be read again: no harm.
        if above[node as usize] != largest[group_of[node as usize] as usize] {
            within(node).skip(FIRST).for_each(|near| join(&mut above, node, near));
        }
    }
    nodes.map(|node| root(&mut above, node)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::Graph;

    proptest! {
        /// The witness spreads the lowest number along links within groups until nothing changes.
        #[test]
        fn pieces_are_what_spreading_finds(
            pairs in prop::collection::vec((0_u32..60, 0_u32..60), 0..150),
            group_of in prop::collection::vec(0_u32..4, 60),
        ) {
            let (graph, _) = Graph::build(60, false, &pairs, None);
            let mut lowest: Vec<u32> = graph.vertices().collect();
            let mut is_changed = true;
            while is_changed {
                is_changed = false;
                for &(a, b) in &pairs {
                    let (a, b) = (a as usize, b as usize);
                    if group_of[a] == group_of[b] && lowest[a] != lowest[b] {
                        let low = lowest[a].min(lowest[b]);
                        (lowest[a], lowest[b], is_changed) = (low, low, true);
                    }
                }
            }
            prop_assert_eq!(pieces(|node| graph.outgoing(node), &group_of, 4), lowest);
        }
    }
}
