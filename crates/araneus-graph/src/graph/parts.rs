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

/// How many links of each row are joined first: in most graphs they tie the giant part together.
const FIRST: usize = 2;

/// Finds the connected parts, directions ignored, in nearly linear time and without recursion.
///
/// Sutton, Ben-Nun and Barak 2018, Afforest: trees of vertices grow together along a few
/// links of each row; then the largest tree is left out, and the remaining links of all
/// others are joined. That is enough where links are seen from both of their ends; in a
/// directed graph all links are joined.
pub fn parts(graph: &Graph) -> Parts {
    let mut above: Vec<u32> = graph.vertices().collect();
    for vertex in graph.vertices() {
        for &near in graph.outgoing(vertex).iter().take(FIRST) {
            join(&mut above, vertex, near);
        }
    }
    let giant = if graph.is_directed() { None } else { largest(&mut above) };
    for vertex in graph.vertices() {
        if giant.is_some_and(|giant| above[vertex as usize] == giant) {
            continue;
        }
        for &near in graph.outgoing(vertex).iter().skip(FIRST) {
            join(&mut above, vertex, near);
        }
    }
    number(above)
}

/// Joins two trees, the higher root below the lower one.
pub(crate) fn join(above: &mut [u32], one: u32, other: u32) {
    let (one, other) = (root(above, one), root(above, other));
    if one < other {
        above[other as usize] = one;
    } else {
        above[one as usize] = other;
    }
}

/// Finds the root of a tree, and halves the way to it.
pub(crate) fn root(above: &mut [u32], mut vertex: u32) -> u32 {
    loop {
        let parent = above[vertex as usize];
        if parent == vertex {
            return vertex;
        }
        let next = above[parent as usize];
        above[vertex as usize] = next;
        vertex = next;
    }
}

/// Puts every vertex right below its root, and returns the root of the largest tree.
fn largest(above: &mut [u32]) -> Option<u32> {
    let mut sizes = vec![0_u32; above.len()];
    for vertex in 0..above.len() {
        // Roots are lower than what is below them, so the parent is right already.
        let root = above[above[vertex] as usize];
        above[vertex] = root;
        sizes[root as usize] += 1;
    }
    (0..above.len() as u32).max_by_key(|root| sizes[*root as usize])
}

/// Numbers the trees by their lowest vertices, which are their roots.
fn number(mut above: Vec<u32>) -> Parts {
    let mut count = 0;
    for vertex in 0..above.len() {
        let parent = above[vertex] as usize;
        if parent == vertex {
            above[vertex] = count;
            count += 1;
        } else {
            // The parent is lower and has its number already.
            above[vertex] = above[parent];
        }
    }
    Parts { of: above, count }
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
