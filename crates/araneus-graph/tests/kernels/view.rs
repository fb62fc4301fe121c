//! A view equals a graph of its links.

use std::collections::BTreeSet;

use araneus_graph::graph::{
    Graph, GraphView, LinkOccurrence, LinkOccurrences, WeightedGraph, connected_components,
};
use petgraph::algo::{
    articulation_points::articulation_points, bridges::bridges, dijkstra, kosaraju_scc, tarjan_scc, toposort,
};
use petgraph::visit::{EdgeRef, IntoEdgeReferences, IntoEdges, IntoNeighborsDirected};
use petgraph::{Direction, graph::DiGraph};
use proptest::prelude::*;

use super::support::bits;

fn mark(layers: u32, first: i64, last: i64, weight: f64) -> LinkOccurrence {
    LinkOccurrence { layers, first, last, weight }
}

#[test]
fn a_merged_link_is_in_view_if_any_of_its_links_is() {
    let links = [(0, 1), (0, 1), (1, 2)];
    let marks = [mark(1, 10, 20, 2.0), mark(2, 30, 40, 3.0), mark(1, 15, 15, 4.0)];
    let (graph, _) = Graph::build(3, true, &links, None);
    let marks = LinkOccurrences::new(&graph, &links, &marks);
    let all = GraphView::new(&graph, &marks);
    assert_eq!(all.outgoing(0).collect::<Vec<_>>(), [(1, 5.0)]);
    assert_eq!(all.in_layers(1).incoming(1).collect::<Vec<_>>(), [(0, 2.0)]);
    // Layer 1 has no link in this window, and no layer has one between the two spans.
    assert_eq!(all.in_layers(1).within(25..=40).link_count(), 0);
    assert_eq!(all.within(21..=29).link_count(), 0);
    assert_eq!(all.within(20..=30).outgoing(0).collect::<Vec<_>>(), [(1, 5.0)]);
    assert_eq!(all.within(20..=30).link_count(), 1);
    // Two windows are their intersection.
    assert_eq!(all.within(0..=20).within(15..=90).link_count(), 2);
    assert_eq!(all.within(0..=5).within(15..=90).link_count(), 0);
}

#[test]
fn a_view_of_an_empty_graph_is_empty() {
    let (graph, _) = Graph::build(0, false, &[], None);
    let marks = LinkOccurrences::new(&graph, &[], &[]);
    assert_eq!(GraphView::new(&graph, &marks).edge_references().count(), 0);
    assert_eq!(GraphView::new(&graph, &marks).to_graph().0, graph);
}

#[test]
#[should_panic(expected = "the link is in the graph")]
fn an_occurrence_without_a_link_panics() {
    let (graph, _) = Graph::build(3, false, &[(0, 1)], None);
    LinkOccurrences::new(&graph, &[(1, 2)], &[mark(1, 0, 0, 1.0)]);
}

type Marked = (bool, Vec<(u32, u32)>, Vec<LinkOccurrence>);

fn marked() -> impl Strategy<Value = Marked> {
    let link = (0_u32..9, 0_u32..9, 0_u32..8, 0_i64..10, 0_i64..5, 0.0_f64..1.0);
    (any::<bool>(), proptest::collection::vec(link, 0..40)).prop_map(|(directed, links)| {
        let ends = links.iter().map(|link| (link.0, link.1)).collect();
        let marks = links.iter().map(|link| mark(link.2, link.3, link.3 + link.4, link.5)).collect();
        (directed, ends, marks)
    })
}

fn build(directed: bool, links: &[(u32, u32)], marks: &[LinkOccurrence]) -> WeightedGraph {
    let weights: Vec<f64> = marks.iter().map(|mark| mark.weight).collect();
    let (graph, weights) = Graph::build(9, directed, links, Some(&weights));
    WeightedGraph::new(graph, weights)
}

fn sorted(mut groups: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort();
    groups
}

proptest! {
    #[test]
    fn a_view_equals_the_graph_of_its_links((directed, links, marks) in marked(), layers in 0_u32..8, first in 0_i64..15, length in 0_i64..6) {
        let whole = build(directed, &links, &marks);
        let kept = LinkOccurrences::new(whole.graph(), &links, &marks);
        let view = GraphView::new(whole.graph(), &kept).in_layers(layers).within(first..=first + length);

        let is_in = |mark: &LinkOccurrence| mark.layers & layers != 0 && (first..=first + length).any(|moment| (mark.first..=mark.last).contains(&moment));
        let (links, marks): (Vec<(u32, u32)>, Vec<LinkOccurrence>) = links.iter().zip(&marks).filter(|(_, mark)| is_in(mark)).unzip();
        let built = build(directed, &links, &marks);
        let (graph, weights) = (built.graph(), built.weights());

        prop_assert_eq!(view.link_count(), graph.link_count());
        for vertex in view.vertices() {
            let (neighbours, weight): (Vec<u32>, Vec<f64>) = view.outgoing(vertex).unzip();
            prop_assert_eq!((neighbours.as_slice(), bits(&weight)), (graph.outgoing(vertex), bits(weights.outgoing(graph, vertex))));
            let (neighbours, weight): (Vec<u32>, Vec<f64>) = view.incoming(vertex).unzip();
            prop_assert_eq!((neighbours.as_slice(), bits(&weight)), (graph.incoming(vertex), bits(weights.incoming(graph, vertex))));
            let inward: Vec<u32> = view.neighbors_directed(vertex, Direction::Incoming).collect();
            prop_assert_eq!(inward.as_slice(), graph.incoming(vertex));
            prop_assert!(view.edges(vertex).map(|link| link.id()).eq(graph.edges(vertex).map(|link| link.id())));
        }
        let (copy, copy_weights) = view.to_graph();
        prop_assert_eq!(&copy, graph);
        for vertex in view.vertices() {
            prop_assert_eq!(copy_weights.outgoing(&copy, vertex), weights.outgoing(graph, vertex));
        }
    }

    #[test]
    fn petgraph_finds_the_same_on_a_view_and_on_its_graph((directed, links, marks) in marked(), layers in 0_u32..8) {
        let whole = build(directed, &links, &marks);
        let kept = LinkOccurrences::new(whole.graph(), &links, &marks);
        let view = GraphView::new(whole.graph(), &kept).in_layers(layers);
        let graph = view.to_graph().0;

        prop_assert_eq!(petgraph::algo::connected_components(view), connected_components(&graph).count as usize);
        prop_assert_eq!(sorted(kosaraju_scc(view)), sorted(tarjan_scc(&graph)));
        prop_assert_eq!(toposort(view, None), toposort(&graph, None));
        prop_assert_eq!(articulation_points(view), articulation_points(&graph));
        let ids = |links: &mut dyn Iterator<Item = (u32, u32)>| links.collect::<BTreeSet<_>>();
        let (of_view, of_graph) = (ids(&mut bridges(view).map(|link| link.id())), ids(&mut bridges(&graph).map(|link| link.id())));
        prop_assert_eq!(of_view, of_graph);

        // The same links in petgraph's own graph, undirected links in both directions.
        let mut theirs: DiGraph<(), f64> = DiGraph::new();
        (0..9).for_each(|_| { theirs.add_node(()); });
        for vertex in view.vertices() {
            for (neighbour, weight) in view.outgoing(vertex) {
                theirs.add_edge(vertex.into(), neighbour.into(), weight);
            }
        }
        let ours = dijkstra(view, 0, None, |link| *link.weight());
        let theirs = dijkstra(&theirs, 0.into(), None, |link| *link.weight());
        prop_assert_eq!(ours.len(), theirs.len());
        for (vertex, far) in theirs {
            prop_assert_eq!(ours[&(vertex.index() as u32)].to_bits(), far.to_bits());
        }
    }

    #[test]
    fn the_order_of_links_changes_no_occurrence((directed, links, marks) in marked()) {
        let whole = build(directed, &links, &marks);
        let reversed: (Vec<(u32, u32)>, Vec<LinkOccurrence>) = links.iter().copied().zip(marks.iter().copied()).rev().unzip();
        prop_assert_eq!(LinkOccurrences::new(whole.graph(), &links, &marks), LinkOccurrences::new(whole.graph(), &reversed.0, &reversed.1));
    }
}
