//! Strongly connected components: everyone reaches everyone along the links and comes back.
//!
//! Most graphs have one giant component: what a vertex of many links reaches and is reached
//! from (Fleischer, Hendrickson and Pinar 2000, forward-backward). It is taken first, by two
//! searches that turn around where that is shorter (Beamer, Asanović and Patterson 2012).
//! The others follow in one depth-first walk along outgoing links (Tarjan 1972, in the form of
//! Nuutila and Soisalon-Soininen 1994), which keeps its own stack, since a long path would
//! overflow the program's. Linear.

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

const UNSEEN: u32 = u32::MAX;
/// Number of the first component that is complete; the next ones are counted down from it.
const FIRST: u32 = UNSEEN - 1;

fn components(graph: &Graph) -> Vec<u32> {
    // The lowest number, in the order of the walk, that a vertex is known to reach. One
    // whose component is known has, instead, the component's number counted from the top.
    let mut lowest = giant(graph);
    let (mut seen, mut next_component) = (0, FIRST);
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
    lowest.into_iter().map(|component| FIRST - component).collect()
}

/// Gives the component of a vertex with many links its number; all others are unseen.
fn giant(graph: &Graph) -> Vec<u32> {
    let ways = |vertex: &u32| graph.outgoing(*vertex).len().min(graph.incoming(*vertex).len());
    let Some(hub) = graph.vertices().max_by_key(ways) else { return Vec::new() };
    let reached = reach(graph, hub, Graph::outgoing, Graph::incoming);
    let reaching = reach(graph, hub, Graph::incoming, Graph::outgoing);
    let both = reached.into_iter().zip(reaching);
    both.map(|(reached, reaching)| if reached && reaching { FIRST } else { UNSEEN }).collect()
}

/// A search turns around where the links ahead are more than this part of what is left.
const TURN: usize = 4;

/// Says of each vertex whether it can be reached from one, by rows that lead away from a
/// vertex and those that lead to it.
fn reach<'a>(
    graph: &'a Graph,
    from: u32,
    away: impl Fn(&'a Graph, u32) -> &'a [u32],
    toward: impl Fn(&'a Graph, u32) -> &'a [u32],
) -> Vec<bool> {
    let mut is_reached = vec![false; graph.vertex_count()];
    is_reached[from as usize] = true;
    let (mut front, mut next) = (vec![from], Vec::new());
    // What looking back from all that is not reached yet can cost.
    let mut left = graph.vertex_count() + graph.link_count();
    while !front.is_empty() {
        let ahead: usize = front.iter().map(|vertex| away(graph, *vertex).len()).sum();
        if ahead > left / TURN {
            // Whatever the front leads to sees it, or something reached, behind it.
            for vertex in graph.vertices() {
                if !is_reached[vertex as usize]
                    && toward(graph, vertex).iter().any(|near| is_reached[*near as usize])
                {
                    is_reached[vertex as usize] = true;
                    next.push(vertex);
                }
            }
        } else {
            for &near in front.iter().flat_map(|vertex| away(graph, *vertex)) {
                if !is_reached[near as usize] {
                    is_reached[near as usize] = true;
                    next.push(near);
                }
            }
        }
        left -= next.iter().map(|vertex| 1 + toward(graph, *vertex).len()).sum::<usize>();
        std::mem::swap(&mut front, &mut next);
        next.clear();
    }
    is_reached
}
