//! Strongly connected components: everyone reaches everyone along the links and comes back.
//!
//! Tarjan 1972, in the form of Nuutila and Soisalon-Soininen 1994: one depth-first walk
//! along outgoing links, which keeps its own stack, since a long path would overflow the
//! program's. Linear.

use super::Partition;
use crate::graph::{Graph, Shape, parts};

/// Finds the strongly connected components; in an undirected graph the connected ones.
pub(super) fn find(shape: &Shape) -> Partition {
    if shape.graph().is_directed() {
        Partition::new(&components(shape.graph()))
    } else {
        Partition::new(&parts(shape.graph()).of)
    }
}

fn components(graph: &Graph) -> Vec<u32> {
    const UNSEEN: u32 = u32::MAX;
    // The lowest number, in the order of the walk, that a vertex is known to reach. One
    // whose component is known has, instead, the component's number counted from the top.
    let mut lowest = vec![UNSEEN; graph.vertex_count()];
    let (mut seen, mut next_component) = (0, UNSEEN);
    let mut open = Vec::new();
    // A vertex on the way here, which link comes next, and its own number.
    let mut way: Vec<(u32, usize, u32)> = Vec::new();
    for root in graph.vertices() {
        if lowest[root as usize] != UNSEEN {
            continue;
        }
        lowest[root as usize] = seen;
        way.push((root, 0, seen));
        seen += 1;
        while let Some((vertex, link, number)) = way.last_mut() {
            let vertex = *vertex;
            if let Some(&near) = graph.outgoing(vertex).get(*link) {
                *link += 1;
                if lowest[near as usize] == UNSEEN {
                    lowest[near as usize] = seen;
                    way.push((near, 0, seen));
                    seen += 1;
                } else {
                    lowest[vertex as usize] = lowest[vertex as usize].min(lowest[near as usize]);
                }
                continue;
            }
            let number = *number;
            way.pop();
            open.push(vertex);
            if lowest[vertex as usize] == number {
                // Numbers from the top are above all others and so never taken for lowest.
                next_component -= 1;
                while open.last().is_some_and(|last| lowest[*last as usize] >= number) {
                    let member = open.pop().expect("one was seen");
                    lowest[member as usize] = next_component;
                }
            }
            if let Some((before, _, _)) = way.last() {
                lowest[*before as usize] = lowest[*before as usize].min(lowest[vertex as usize]);
            }
        }
    }
    lowest.into_iter().map(|component| UNSEEN - 1 - component).collect()
}
