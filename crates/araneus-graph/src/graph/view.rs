//! Some of a graph's links, by layer and by time, without a copy of the graph.
//!
//! The links that were merged into one link of a graph may lie in different layers and
//! have been seen at different times. [`Marks`] keep this for each of them, beside the
//! rows; a [`View`] is a graph, its marks and a question: which layers, what time? It is
//! as if the graph had been built from just the links that answer the question, and
//! costs nothing to make. petgraph's algorithms walk a view as they walk a graph.

use std::ops::{Range, RangeInclusive};

use super::build::checked_count;
use super::{Graph, Rows, Weights};

/// Where and when a link was seen, before parallel ones were merged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Bit l is set if the link lies in layer l.
    pub layers: u32,
    /// The first moment of the link, in the unit of the caller's choice.
    pub first: i64,
    /// The last moment of the link.
    pub last: i64,
    /// What it adds to the weight of the merged link.
    pub weight: f64,
}

/// The marks of all links of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    /// Where the marks of each stored link start. Those of an undirected link are kept
    /// once, where it stands in the row of its lower end.
    starts: Vec<u32>,
    marks: Vec<Mark>,
}

/// The links of a graph that lie in certain layers at a certain time, and all its vertices.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    graph: &'a Graph,
    marks: &'a Marks,
    layers: u32,
    first: i64,
    last: i64,
}

impl Marks {
    /// Keeps a mark for each of the links that `graph` was built from, in any order.
    ///
    /// # Panics
    /// If there are not as many marks as links, if a link is not in the graph, if a weight
    /// is negative or not finite, or if there are more links than [`checked_count`] passes.
    pub fn new(graph: &Graph, links: &[(u32, u32)], marks: &[Mark]) -> Self {
        assert_eq!(links.len(), marks.len(), "each link has one mark");
        assert!(checked_count(links.len()).is_ok(), "links are numbered in 32 bits");
        let is_weight = |mark: &Mark| mark.weight.is_finite() && mark.weight >= 0.0;
        assert!(marks.iter().all(is_weight), "weights are finite and not negative");
        let places = || links.iter().map(|&(source, target)| graph.place(source, target));
        let mut starts = vec![0_u32; graph.outgoing.ends.len() + 1];
        places().for_each(|place| starts[place + 1] += 1);
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let mut free = starts.clone();
        let mut sorted = marks.to_vec();
        for (place, mark) in places().zip(marks) {
            sorted[free[place] as usize] = Mark { weight: mark.weight + 0.0, ..*mark };
            free[place] += 1;
        }
        // Weights in the order in which `Graph::build` adds them, so that sums have the same bits.
        for range in starts.windows(2) {
            sorted[range[0] as usize..range[1] as usize]
                .sort_unstable_by_key(|mark| (mark.weight.to_bits(), mark.layers, mark.first, mark.last));
        }
        Self { starts, marks: sorted }
    }

    fn at(&self, place: usize) -> &[Mark] {
        &self.marks[self.starts[place] as usize..self.starts[place + 1] as usize]
    }
}

impl Graph {
    /// Returns where a link stands in the outgoing rows; an undirected one in that of its lower end.
    fn place(&self, source: u32, target: u32) -> usize {
        let (source, target) =
            if self.is_directed { (source, target) } else { (source.min(target), source.max(target)) };
        let place = self.outgoing(source).binary_search(&target).expect("the link is in the graph");
        self.outgoing.starts[source as usize] + place
    }
}

impl<'a> View<'a> {
    /// Returns the view of all links; `marks` must have been made for `graph`.
    ///
    /// # Panics
    /// If the marks are those of a graph with more or fewer links.
    pub fn new(graph: &'a Graph, marks: &'a Marks) -> Self {
        assert_eq!(marks.starts.len(), graph.outgoing.ends.len() + 1, "marks are those of the graph");
        Self { graph, marks, layers: u32::MAX, first: i64::MIN, last: i64::MAX }
    }

    /// Returns the view of those links that are in one of `layers` too, one bit a layer.
    #[must_use]
    pub fn in_layers(self, layers: u32) -> Self {
        Self { layers: self.layers & layers, ..self }
    }

    /// Returns the view of those links that were there in some moment of the window too, bounds included.
    #[must_use]
    pub fn within(self, window: RangeInclusive<i64>) -> Self {
        Self { first: self.first.max(*window.start()), last: self.last.min(*window.end()), ..self }
    }

    /// Returns the vertices, those without links in view too.
    pub fn vertices(self) -> Range<u32> {
        self.graph.vertices()
    }

    /// Returns the number of vertices.
    pub fn vertex_count(self) -> usize {
        self.graph.vertex_count()
    }

    /// Says whether a link from a to b is another than one from b to a.
    pub fn is_directed(self) -> bool {
        self.graph.is_directed()
    }

    /// Counts the links in view, in one pass over all of them.
    pub fn link_count(self) -> usize {
        let counts = |source, target| self.is_directed() || source <= target;
        let of = |source| self.outgoing(source).filter(|(target, _)| counts(source, *target)).count();
        self.vertices().map(of).sum()
    }

    /// Walks over the links from a vertex: where they lead to, ascending, and their weights.
    pub fn outgoing(self, vertex: u32) -> Row<'a> {
        let start = self.graph.outgoing.starts[vertex as usize];
        Row { view: self, vertex, ends: self.graph.outgoing(vertex).iter(), place: Some(start) }
    }

    /// Walks over the links to a vertex: where they come from, ascending, and their weights.
    pub fn incoming(self, vertex: u32) -> Row<'a> {
        if !self.is_directed() {
            return self.outgoing(vertex);
        }
        Row { view: self, vertex, ends: self.graph.incoming(vertex).iter(), place: None }
    }

    /// The row of vertex 0, or none in a graph without vertices.
    pub(super) fn first_row(self) -> Row<'a> {
        let ends = if self.vertex_count() == 0 { &[] } else { self.graph.outgoing(0) };
        Row { view: self, vertex: 0, ends: ends.iter(), place: Some(0) }
    }

    /// Returns the view as a graph of its own, in one pass and without sorting.
    ///
    /// Metrics and communities read rows many times; they are told of a view in this way.
    pub fn to_graph(self) -> (Graph, Weights) {
        let mut rows = Rows { starts: vec![0], ends: Vec::new() };
        let mut weights = Vec::new();
        for vertex in self.vertices() {
            for (end, weight) in self.outgoing(vertex) {
                rows.ends.push(end);
                weights.push(weight);
            }
            rows.starts.push(rows.ends.len());
        }
        (Graph::from_rows(rows, self.is_directed(), self.link_count()), Weights::given(weights))
    }

    /// Returns the weight of the link at a place, if any of what was merged into it is in view.
    fn weight(self, place: usize) -> Option<f64> {
        let is_here = |mark: &&Mark| {
            mark.layers & self.layers != 0 && mark.first <= self.last && self.first <= mark.last
        };
        let mut here = self.marks.at(place).iter().filter(is_here);
        let first = here.next()?.weight;
        Some(here.fold(first, |sum, mark| sum + mark.weight))
    }
}

/// Walks over the links in view of one vertex.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    view: View<'a>,
    vertex: u32,
    ends: std::slice::Iter<'a, u32>,
    /// Where the next link stands in the outgoing rows, if it is those that are walked.
    place: Option<usize>,
}

impl Iterator for Row<'_> {
    type Item = (u32, f64);

    fn next(&mut self) -> Option<(u32, f64)> {
        for &near in self.ends.by_ref() {
            let here = self.place;
            self.place = here.map(|place| place + 1);
            let has_marks = self.view.is_directed() || self.vertex <= near;
            let place = match here {
                Some(place) if has_marks => place,
                _ => self.view.graph.place(near, self.vertex),
            };
            if let Some(weight) = self.view.weight(place) {
                return Some((near, weight));
            }
        }
        None
    }
}
