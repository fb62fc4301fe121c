//! Strongly connected components: each vertex reaches every other along the links.
//!
//! Most graphs have one giant component: the vertices that a hub reaches and that reach it (Fleischer,
//! Hendrickson and Pinar 2000, forward-backward). It is found first, by two searches that change direction
//! where that is cheaper (Beamer, Asanović and Patterson 2012). The others follow in one depth-first search
//! along outgoing links (Tarjan 1972, in the form of Nuutila and Soisalon-Soininen 1994). It keeps its own
//! stack, because a long path would overflow the program's stack. Linear.

use super::partition::Partition;
use crate::graph::{Graph, WeightedGraph, connected_components};

/// Finds the strongly connected components; in an undirected graph the connected components.
pub(super) fn find(weighted_graph: &WeightedGraph) -> Partition {
    if weighted_graph.graph().is_directed() {
        Partition::new(&components(weighted_graph.graph()))
    } else {
        Partition::new(&connected_components(weighted_graph.graph()).component_of)
    }
}

const UNSEEN: u32 = u32::MAX;
/// The number of the first complete component; the next ones are counted down from it.
const FIRST: u32 = UNSEEN - 1;

fn components(graph: &Graph) -> Vec<u32> {
    // The lowest number, in search order, that a vertex is known to reach. A vertex of a complete component
    // has the component's number instead.
    let mut lowest = giant(graph);
    let (mut seen, mut next_component) = (0, FIRST);
    let mut open = Vec::new();
    // The path to the current vertex: a vertex, the position of its next link, and its number.
    let mut path: Vec<(u32, usize, u32)> = Vec::new();
    for root in graph.vertices() {
        if lowest[root as usize] != UNSEEN {
            continue;
        }
        lowest[root as usize] = seen;
        path.push((root, 0, seen));
        seen += 1;
        while let Some((vertex, link, number)) = path.last_mut() {
            let vertex = *vertex;
            if let Some(&neighbour) = graph.outgoing(vertex).get(*link) {
                *link += 1;
                if lowest[neighbour as usize] == UNSEEN {
                    lowest[neighbour as usize] = seen;
                    path.push((neighbour, 0, seen));
                    seen += 1;
                } else {
                    lowest[vertex as usize] = lowest[vertex as usize].min(lowest[neighbour as usize]);
                }
                continue;
            }
            let number = *number;
            path.pop();
            open.push(vertex);
            if lowest[vertex as usize] == number {
                // Component numbers are above all others, so they are never the lowest.
                next_component -= 1;
                while open.last().is_some_and(|last| lowest[*last as usize] >= number) {
                    let member = open.pop().expect("one was seen");
                    lowest[member as usize] = next_component;
                }
            }
            if let Some((before, _, _)) = path.last() {
                lowest[*before as usize] = lowest[*before as usize].min(lowest[vertex as usize]);
            }
        }
    }
    lowest.into_iter().map(|component| FIRST - component).collect()
}

/// Gives the component of a vertex with many links its number; all other vertices are unseen.
fn giant(graph: &Graph) -> Vec<u32> {
    let smaller_degree = |vertex: &u32| graph.outgoing(*vertex).len().min(graph.incoming(*vertex).len());
    let Some(hub) = graph.vertices().max_by_key(smaller_degree) else { return Vec::new() };
    let reached = reach(graph, hub, Graph::outgoing, Graph::incoming);
    let reaching = reach(graph, hub, Graph::incoming, Graph::outgoing);
    let both = reached.into_iter().zip(reaching);
    both.map(|(reached, reaching)| if reached && reaching { FIRST } else { UNSEEN }).collect()
}

/// A search changes direction if the links ahead exceed this fraction of the remaining cost of looking back.
const TURN_SHARE: usize = 4;

/// Returns for each vertex whether it can be reached from `from`, given rows that lead outward and rows that
/// lead inward.
fn reach<'a>(
    graph: &'a Graph,
    from: u32,
    outward: impl Fn(&'a Graph, u32) -> &'a [u32],
    inward: impl Fn(&'a Graph, u32) -> &'a [u32],
) -> Vec<bool> {
    let mut is_reached = vec![false; graph.vertex_count()];
    is_reached[from as usize] = true;
    let (mut front, mut next) = (vec![from], Vec::new());
    // The cost of looking back from all vertices that are not reached yet.
    let mut unreached_cost = graph.vertex_count() + graph.link_count();
    while !front.is_empty() {
        let ahead: usize = front.iter().map(|vertex| outward(graph, *vertex).len()).sum();
        if ahead > unreached_cost / TURN_SHARE {
            // A vertex that the front leads to has the front, or another reached vertex, behind it.
            for vertex in graph.vertices() {
                if !is_reached[vertex as usize]
                    && inward(graph, vertex).iter().any(|neighbour| is_reached[*neighbour as usize])
                {
                    is_reached[vertex as usize] = true;
                    next.push(vertex);
                }
            }
        } else {
            for &neighbour in front.iter().flat_map(|vertex| outward(graph, *vertex)) {
                if !is_reached[neighbour as usize] {
                    is_reached[neighbour as usize] = true;
                    next.push(neighbour);
                }
            }
        }
        unreached_cost -= next.iter().map(|vertex| 1 + inward(graph, *vertex).len()).sum::<usize>();
        std::mem::swap(&mut front, &mut next);
        next.clear();
    }
    is_reached
}
