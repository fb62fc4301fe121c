//! All shortest paths between two vertices, searched from both ends.
//!
//! The side whose outermost level has fewer links takes the next step, until the sides
//! meet ("balanced bidirectional search": Borassi and Natale, KADABRA, 2016, section 4). Where
//! they meet, paths from both sides multiply; from there, back to each
//! end, each vertex on the way is told with its share of all shortest paths.

use super::Graph;

/// Buffers of one thread, clean between pairs.
pub(crate) struct Pair {
    sides: [Side; 2],
    /// What the vertices of `level` give to each path that leads to them; 0 elsewhere.
    given: Vec<f64>,
    level: Vec<(u32, f64)>,
    next: Vec<(u32, f64)>,
    met: Vec<u32>,
}

/// What is reached from one end.
struct Side {
    is_backward: bool,
    /// The distance from the end, [`FAR`] if not reached.
    depth: Vec<u32>,
    /// The number of shortest paths from the end.
    paths: Vec<f64>,
    /// The vertices reached, nearest first, and one place to spare.
    order: Vec<u32>,
    /// Where each level begins in `order`, and where the last one ends.
    levels: Vec<usize>,
    /// The links of the last level.
    links: usize,
}

const FAR: u32 = u32::MAX;

impl Pair {
    pub(crate) fn new(vertices: usize) -> Self {
        let sides = [false, true].map(|is_backward| Side::new(vertices, is_backward));
        Self { sides, given: vec![0.0; vertices], level: Vec::new(), next: Vec::new(), met: Vec::new() }
    }

    /// Tells each vertex between two others, with the share of the shortest paths it is on.
    ///
    /// Returns how many links were followed until the sides met.
    pub(crate) fn search(
        &mut self,
        graph: &Graph,
        source: u32,
        target: u32,
        mut tell: impl FnMut(u32, f64),
    ) -> u64 {
        let mut followed = 0;
        self.sides[0].begin(graph, source);
        self.sides[1].begin(graph, target);
        loop {
            let [forward, backward] = &mut self.sides;
            if forward.is_done() || backward.is_done() {
                break;
            }
            let (near, far) =
                if forward.links <= backward.links { (forward, backward) } else { (backward, forward) };
            followed += near.links as u64;
            near.advance(graph);
            self.met.clear();
            self.met.extend(near.last().iter().filter(|vertex| far.depth[**vertex as usize] != FAR));
            if !self.met.is_empty() {
                self.tell_all(graph, &mut tell);
                break;
            }
        }
        self.sides.iter_mut().for_each(Side::clear);
        followed
    }

    /// Tells those where the sides meet, then those on the ways back to both ends.
    fn tell_all(&mut self, graph: &Graph, tell: &mut impl FnMut(u32, f64)) {
        let [forward, backward] = &self.sides;
        let meeting = |vertex: u32| forward.paths[vertex as usize] * backward.paths[vertex as usize];
        let all: f64 = self.met.iter().map(|vertex| meeting(*vertex)).sum();
        let depths = [0, 1].map(|side| self.sides[side].depth[self.met[0] as usize]);
        if depths.iter().all(|depth| *depth > 0) {
            self.met.iter().for_each(|vertex| tell(*vertex, meeting(*vertex) / all));
        }
        for (side, depth) in depths.into_iter().enumerate() {
            self.level.clear();
            for &vertex in &self.met {
                let given = self.sides[1 - side].paths[vertex as usize] / all;
                self.given[vertex as usize] = given;
                self.level.push((vertex, given));
            }
            for before in (1..depth).rev() {
                self.step_back(graph, side, before);
                for &(vertex, given) in &self.level {
                    tell(vertex, self.sides[side].paths[vertex as usize] * given);
                }
            }
            for &(vertex, _) in &self.level {
                self.given[vertex as usize] = 0.0;
            }
        }
    }

    /// Moves `level` and `given` to the vertices at distance `before` that lead there.
    fn step_back(&mut self, graph: &Graph, side: usize, before: u32) {
        let side = &self.sides[side];
        let candidates = &side.order[side.levels[before as usize]..side.levels[before as usize + 1]];
        let pull: usize = candidates.iter().map(|vertex| side.onward(graph, *vertex).len()).sum();
        let push: usize = self.level.iter().map(|(vertex, _)| side.back(graph, *vertex).len()).sum();
        self.next.clear();
        if pull <= push {
            for &vertex in candidates {
                let sum: f64 = side.onward(graph, vertex).iter().map(|near| self.given[*near as usize]).sum();
                if sum > 0.0 {
                    self.next.push((vertex, sum));
                }
            }
        } else {
            // Those at `before` are in no level walked so far: what is given to them starts from 0.
            for &(vertex, given) in &self.level {
                for &near in side.back(graph, vertex) {
                    if side.depth[near as usize] == before {
                        if self.given[near as usize] == 0.0 {
                            self.next.push((near, 0.0));
                        }
                        self.given[near as usize] += given;
                    }
                }
            }
            for (vertex, given) in &mut self.next {
                *given = self.given[*vertex as usize];
            }
        }
        for &(vertex, _) in &self.level {
            self.given[vertex as usize] = 0.0;
        }
        for &(vertex, given) in &self.next {
            self.given[vertex as usize] = given;
        }
        std::mem::swap(&mut self.level, &mut self.next);
    }
}

impl Side {
    fn new(vertices: usize, is_backward: bool) -> Self {
        Self {
            is_backward,
            depth: vec![FAR; vertices],
            paths: vec![0.0; vertices],
            order: vec![0; vertices + 1],
            levels: Vec::new(),
            links: 0,
        }
    }

    fn onward<'a>(&self, graph: &'a Graph, vertex: u32) -> &'a [u32] {
        if self.is_backward { graph.incoming(vertex) } else { graph.outgoing(vertex) }
    }

    fn back<'a>(&self, graph: &'a Graph, vertex: u32) -> &'a [u32] {
        if self.is_backward { graph.outgoing(vertex) } else { graph.incoming(vertex) }
    }

    fn begin(&mut self, graph: &Graph, end: u32) {
        self.order[0] = end;
        self.depth[end as usize] = 0;
        self.paths[end as usize] = 1.0;
        self.levels.clear();
        self.levels.extend([0, 1]);
        self.links = self.onward(graph, end).len();
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
        for place in start..end {
            let vertex = self.order[place];
            let paths = self.paths[vertex as usize];
            for &near in self.onward(graph, vertex) {
                // Always written, kept if it is the first sight.
                self.order[free] = near;
                let depth = &mut self.depth[near as usize];
                free += usize::from(*depth == FAR);
                *depth = (*depth).min(next);
                self.paths[near as usize] += if *depth == next { paths } else { 0.0 };
            }
        }
        self.levels.push(free);
        self.links = self.order[end..free].iter().map(|vertex| self.onward(graph, *vertex).len()).sum();
    }

    fn clear(&mut self) {
        for &vertex in &self.order[..self.levels[self.levels.len() - 1]] {
            self.depth[vertex as usize] = FAR;
            self.paths[vertex as usize] = 0.0;
        }
    }
}
