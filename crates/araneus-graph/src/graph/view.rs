//! Views: the links of a graph in some layers and in a window of time, without a copy of the graph.
//!
//! The parallel links that became one link of a graph may be in different layers and of different times.
//! [`LinkOccurrences`] keep both for each of them, beside the rows. A [`GraphView`] is a graph, its
//! occurrences, and a choice of layers and time. It behaves like a graph built from just the chosen links,
//! costs nothing to make, and works with petgraph's algorithms.

use std::ops::{Range, RangeInclusive};

use super::build::checked_count;
use super::csr::{Graph, Weights};
use super::rows::Rows;

/// One reported link, before parallel links were merged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkOccurrence {
    /// Bit l is set if the link is in layer l.
    pub layers: u32,
    /// The start of the link, in a unit that the caller chooses.
    pub first: i64,
    /// The end of the link, included.
    pub last: i64,
    /// The weight that this occurrence adds to the merged link.
    pub weight: f64,
}

/// The occurrences of all links of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkOccurrences {
    /// The start of the occurrences of each stored link. An undirected link has them once, in the row of its
    /// lower end.
    starts: Vec<u32>,
    occurrences: Vec<LinkOccurrence>,
}

/// The links of a graph in certain layers and a window of time, and all its vertices.
#[derive(Debug, Clone, Copy)]
pub struct GraphView<'a> {
    graph: &'a Graph,
    occurrences: &'a LinkOccurrences,
    layers: u32,
    first: i64,
    last: i64,
}

impl LinkOccurrences {
    /// Keeps one occurrence for each link that `graph` was built from, in any order.
    ///
    /// # Panics
    /// If the numbers of occurrences and links differ, or if a link is not in the graph. If a weight is negative
    /// or not finite, or if there are more links than [`checked_count`] accepts.
    pub fn new(graph: &Graph, links: &[(u32, u32)], occurrences: &[LinkOccurrence]) -> Self {
        assert_eq!(links.len(), occurrences.len(), "each link has one occurrence");
        assert!(checked_count(links.len()).is_ok(), "links are numbered in 32 bits");
        let is_weight =
            |occurrence: &LinkOccurrence| occurrence.weight.is_finite() && occurrence.weight >= 0.0;
        assert!(occurrences.iter().all(is_weight), "weights are finite and not negative");
        let positions = || links.iter().map(|&(source, target)| graph.position(source, target));
        let mut starts = vec![0_u32; graph.outgoing.ends.len() + 1];
        positions().for_each(|position| starts[position + 1] += 1);
        for position in 1..starts.len() {
            starts[position] += starts[position - 1];
        }
        let mut free = starts.clone();
        let mut sorted = occurrences.to_vec();
        for (position, occurrence) in positions().zip(occurrences) {
            sorted[free[position] as usize] =
                LinkOccurrence { weight: occurrence.weight + 0.0, ..*occurrence };
            free[position] += 1;
        }
        // Weights in the order in which `Graph::build` adds them, so that sums have the same bits.
        for range in starts.windows(2) {
            sorted[range[0] as usize..range[1] as usize].sort_unstable_by_key(|occurrence| {
                (occurrence.weight.to_bits(), occurrence.layers, occurrence.first, occurrence.last)
            });
        }
        Self { starts, occurrences: sorted }
    }

    fn of_link(&self, position: usize) -> &[LinkOccurrence] {
        &self.occurrences[self.starts[position] as usize..self.starts[position + 1] as usize]
    }
}

impl Graph {
    /// Returns the position of a link in the outgoing rows; an undirected link is in the row of its lower
    /// end.
    fn position(&self, source: u32, target: u32) -> usize {
        let (source, target) =
            if self.is_directed { (source, target) } else { (source.min(target), source.max(target)) };
        let position = self.outgoing(source).binary_search(&target).expect("the link is in the graph");
        self.outgoing.starts[source as usize] + position
    }
}

impl<'a> GraphView<'a> {
    /// Returns the view of all links; `occurrences` belong to `graph`.
    ///
    /// # Panics
    /// If `occurrences` belong to a graph with another number of links.
    ///
    /// ```
    /// use araneus_graph::graph::{Graph, GraphView, LinkOccurrence, LinkOccurrences};
    ///
    /// let links = [(0, 1), (0, 1), (1, 2)];
    /// let years = [2019, 2023, 2023].map(|year| LinkOccurrence { layers: 1, first: year, last: year, weight: 1.0 });
    /// let (graph, _) = Graph::build(3, true, &links, None);
    /// let occurrences = LinkOccurrences::new(&graph, &links, &years);
    /// let in_2019 = GraphView::new(&graph, &occurrences).within(2019..=2019);
    /// assert_eq!(in_2019.link_count(), 1);
    /// ```
    pub fn new(graph: &'a Graph, occurrences: &'a LinkOccurrences) -> Self {
        assert_eq!(
            occurrences.starts.len(),
            graph.outgoing.ends.len() + 1,
            "occurrences are those of the graph"
        );
        Self { graph, occurrences, layers: u32::MAX, first: i64::MIN, last: i64::MAX }
    }

    /// Restricts the view to links in one of `layers`, one bit for each layer.
    #[must_use]
    pub fn in_layers(self, layers: u32) -> Self {
        Self { layers: self.layers & layers, ..self }
    }

    /// Restricts the view to links that overlap the window, bounds included.
    #[must_use]
    pub fn within(self, window: RangeInclusive<i64>) -> Self {
        Self { first: self.first.max(*window.start()), last: self.last.min(*window.end()), ..self }
    }

    /// Returns all vertices, those without links in the view included.
    pub fn vertices(self) -> Range<u32> {
        self.graph.vertices()
    }

    /// Returns the number of vertices.
    pub fn vertex_count(self) -> usize {
        self.graph.vertex_count()
    }

    /// Returns whether a link from a to b differs from one from b to a.
    pub fn is_directed(self) -> bool {
        self.graph.is_directed()
    }

    /// Counts the links in the view, in one pass over all links.
    pub fn link_count(self) -> usize {
        let counts = |source, target| self.is_directed() || source <= target;
        let count_of = |source| self.outgoing(source).filter(|(target, _)| counts(source, *target)).count();
        self.vertices().map(count_of).sum()
    }

    /// Iterates over the links from a vertex: targets, ascending, and weights.
    pub fn outgoing(self, vertex: u32) -> ViewRow<'a> {
        let start = self.graph.outgoing.starts[vertex as usize];
        ViewRow { view: self, vertex, ends: self.graph.outgoing(vertex).iter(), position: Some(start) }
    }

    /// Iterates over the links to a vertex: sources, ascending, and weights.
    pub fn incoming(self, vertex: u32) -> ViewRow<'a> {
        if !self.is_directed() {
            return self.outgoing(vertex);
        }
        ViewRow { view: self, vertex, ends: self.graph.incoming(vertex).iter(), position: None }
    }

    /// Returns the row of vertex 0, empty in a graph without vertices.
    pub(super) fn first_row(self) -> ViewRow<'a> {
        let ends = if self.vertex_count() == 0 { &[] } else { self.graph.outgoing(0) };
        ViewRow { view: self, vertex: 0, ends: ends.iter(), position: Some(0) }
    }

    /// Returns the view as a graph of its own, in one pass and without sorting.
    ///
    /// Metrics and community detection read rows many times, so they take this copy.
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

    /// Returns the weight of the link at a position; `None` if none of its occurrences is in the view.
    fn weight(self, position: usize) -> Option<f64> {
        let is_visible = |occurrence: &&LinkOccurrence| {
            occurrence.layers & self.layers != 0
                && occurrence.first <= self.last
                && self.first <= occurrence.last
        };
        let mut visible = self.occurrences.of_link(position).iter().filter(is_visible);
        let first = visible.next()?.weight;
        Some(visible.fold(first, |sum, occurrence| sum + occurrence.weight))
    }
}

/// Iterator over the links of one vertex in a view.
#[derive(Debug, Clone)]
pub struct ViewRow<'a> {
    view: GraphView<'a>,
    vertex: u32,
    ends: std::slice::Iter<'a, u32>,
    /// The position of the next link in the outgoing rows; `None` if incoming rows are read.
    position: Option<usize>,
}

impl Iterator for ViewRow<'_> {
    type Item = (u32, f64);

    fn next(&mut self) -> Option<(u32, f64)> {
        for &neighbour in self.ends.by_ref() {
            let visible = self.position;
            self.position = visible.map(|position| position + 1);
            let has_occurrences = self.view.is_directed() || self.vertex <= neighbour;
            let position = match visible {
                Some(position) if has_occurrences => position,
                _ => self.view.graph.position(neighbour, self.vertex),
            };
            if let Some(weight) = self.view.weight(position) {
                return Some((neighbour, weight));
            }
        }
        None
    }
}
