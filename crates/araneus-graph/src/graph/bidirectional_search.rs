//! All shortest paths between two vertices, searched from both ends.
//!
//! The side whose last level has fewer links takes the next step, until the two sides meet (balanced
//! bidirectional search: Borassi and Natale 2016, KADABRA, section 4). At a meeting vertex the numbers of
//! paths from both ends are multiplied. From there the search walks back to each end and reports each vertex
//! between with its share of all shortest paths.

use super::csr::Graph;

/// Buffers of one thread; they are clean between two searches.
pub(crate) struct BidirectionalSearch {
    sides: [SearchSide; 2],
    /// The share of each path that leads on from a vertex of `level`; 0 for all other vertices.
    path_share: Vec<f64>,
    level: Vec<(u32, f64)>,
    next: Vec<(u32, f64)>,
    meeting: Vec<u32>,
}

/// The vertices that are reached from one end.
struct SearchSide {
    is_backward: bool,
    /// The distance of each vertex from the end; [`UNREACHED`] where it is not known.
    depth: Vec<u32>,
    /// The number of shortest paths from the end to each vertex.
    paths: Vec<f64>,
    /// The reached vertices, nearest first, with one spare position.
    order: Vec<u32>,
    /// The start of each level in `order`, and the end of the last level.
    levels: Vec<usize>,
    /// The number of links that leave the last level.
    links: usize,
}

const UNREACHED: u32 = u32::MAX;

impl BidirectionalSearch {
    pub(crate) fn new(vertices: usize) -> Self {
        let sides = [false, true].map(|is_backward| SearchSide::new(vertices, is_backward));
        Self {
            sides,
            path_share: vec![0.0; vertices],
            level: Vec::new(),
            next: Vec::new(),
            meeting: Vec::new(),
        }
    }

    /// Reports each vertex between two others, with the share of the shortest paths that it is on.
    ///
    /// Returns the number of links that were followed until the two sides met.
    pub(crate) fn search(
        &mut self,
        graph: &Graph,
        source: u32,
        target: u32,
        mut visit: impl FnMut(u32, f64),
    ) -> u64 {
        let mut followed = 0;
        self.sides[0].begin(graph, source);
        self.sides[1].begin(graph, target);
        loop {
            let [forward, backward] = &mut self.sides;
            if forward.is_done() || backward.is_done() {
                break;
            }
            let (side, other) =
                if forward.links <= backward.links { (forward, backward) } else { (backward, forward) };
            followed += side.links as u64;
            side.advance(graph);
            self.meeting.clear();
            self.meeting
                .extend(side.last().iter().filter(|vertex| other.depth[**vertex as usize] != UNREACHED));
            if !self.meeting.is_empty() {
                self.visit_all(graph, &mut visit);
                break;
            }
        }
        self.sides.iter_mut().for_each(SearchSide::clear);
        followed
    }

    /// Reports the vertices where the sides meet, then those on the paths back to both ends.
    fn visit_all(&mut self, graph: &Graph, visit: &mut impl FnMut(u32, f64)) {
        let [forward, backward] = &self.sides;
        let meeting = |vertex: u32| forward.paths[vertex as usize] * backward.paths[vertex as usize];
        let total: f64 = self.meeting.iter().map(|vertex| meeting(*vertex)).sum();
        let depths = [0, 1].map(|side| self.sides[side].depth[self.meeting[0] as usize]);
        if depths.iter().all(|depth| *depth > 0) {
            self.meeting.iter().for_each(|vertex| visit(*vertex, meeting(*vertex) / total));
        }
        for (side, depth) in depths.into_iter().enumerate() {
            self.level.clear();
            for &vertex in &self.meeting {
                let path_share = self.sides[1 - side].paths[vertex as usize] / total;
                self.path_share[vertex as usize] = path_share;
                self.level.push((vertex, path_share));
            }
            for before in (1..depth).rev() {
                self.step_back(graph, side, before);
                for &(vertex, path_share) in &self.level {
                    visit(vertex, self.sides[side].paths[vertex as usize] * path_share);
                }
            }
            for &(vertex, _) in &self.level {
                self.path_share[vertex as usize] = 0.0;
            }
        }
    }

    /// Moves `level` and `path_share` to the vertices at distance `before` that lead to the current level.
    fn step_back(&mut self, graph: &Graph, side: usize, before: u32) {
        let side = &self.sides[side];
        let candidates = &side.order[side.levels[before as usize]..side.levels[before as usize + 1]];
        let pull: usize = candidates.iter().map(|vertex| side.forward_row(graph, *vertex).len()).sum();
        let push: usize = self.level.iter().map(|(vertex, _)| side.backward_row(graph, *vertex).len()).sum();
        self.next.clear();
        if pull <= push {
            for &vertex in candidates {
                let sum: f64 = side
                    .forward_row(graph, vertex)
                    .iter()
                    .map(|neighbour| self.path_share[*neighbour as usize])
                    .sum();
                if sum > 0.0 {
                    self.next.push((vertex, sum));
                }
            }
        } else {
            // Vertices at distance `before` are in no level walked so far, so their shares are 0.
            for &(vertex, path_share) in &self.level {
                for &neighbour in side.backward_row(graph, vertex) {
                    if side.depth[neighbour as usize] == before {
                        if self.path_share[neighbour as usize] == 0.0 {
                            self.next.push((neighbour, 0.0));
                        }
                        self.path_share[neighbour as usize] += path_share;
                    }
                }
            }
            for (vertex, path_share) in &mut self.next {
                *path_share = self.path_share[*vertex as usize];
            }
        }
        for &(vertex, _) in &self.level {
            self.path_share[vertex as usize] = 0.0;
        }
        for &(vertex, path_share) in &self.next {
            self.path_share[vertex as usize] = path_share;
        }
        std::mem::swap(&mut self.level, &mut self.next);
    }
}

impl SearchSide {
    fn new(vertices: usize, is_backward: bool) -> Self {
        Self {
            is_backward,
            depth: vec![UNREACHED; vertices],
            paths: vec![0.0; vertices],
            order: vec![0; vertices + 1],
            levels: Vec::new(),
            links: 0,
        }
    }

    fn forward_row<'a>(&self, graph: &'a Graph, vertex: u32) -> &'a [u32] {
        if self.is_backward { graph.incoming(vertex) } else { graph.outgoing(vertex) }
    }

    fn backward_row<'a>(&self, graph: &'a Graph, vertex: u32) -> &'a [u32] {
        if self.is_backward { graph.outgoing(vertex) } else { graph.incoming(vertex) }
    }

    fn begin(&mut self, graph: &Graph, end: u32) {
        self.order[0] = end;
        self.depth[end as usize] = 0;
        self.paths[end as usize] = 1.0;
        self.levels.clear();
        self.levels.extend([0, 1]);
        self.links = self.forward_row(graph, end).len();
    }

    fn last(&self) -> &[u32] {
        &self.order[self.levels[self.levels.len() - 2]..self.levels[self.levels.len() - 1]]
    }

    fn is_done(&self) -> bool {
        self.last().is_empty()
    }

    fn advance(&mut self, graph: &Graph) {
        let (start, end) = (self.levels[self.levels.len() - 2], self.levels[self.levels.len() - 1]);
        let next = self.levels.len() as u32 - 1;
        let mut free = end;
        for position in start..end {
            let vertex = self.order[position];
            let paths = self.paths[vertex as usize];
            for &neighbour in self.forward_row(graph, vertex) {
                // The write has no branch; the position is kept only if the vertex is new.
                self.order[free] = neighbour;
                let depth = &mut self.depth[neighbour as usize];
                free += usize::from(*depth == UNREACHED);
                *depth = (*depth).min(next);
                self.paths[neighbour as usize] += if *depth == next { paths } else { 0.0 };
            }
        }
        self.levels.push(free);
        self.links = self.order[end..free].iter().map(|vertex| self.forward_row(graph, *vertex).len()).sum();
    }

    fn clear(&mut self) {
        for &vertex in &self.order[..self.levels[self.levels.len() - 1]] {
            self.depth[vertex as usize] = UNREACHED;
            self.paths[vertex as usize] = 0.0;
        }
    }
}
