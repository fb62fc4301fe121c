//! What a graph is made of, and that petgraph's algorithms run on it.

use std::collections::BTreeMap;

use araneus_graph::graph::{Graph, parts};
use petgraph::visit::{Bfs, EdgeRef, IntoEdgeReferences, IntoEdges};
use proptest::prelude::*;

use super::support::{any_shape, bits, graph, grid, shape};

#[test]
fn rows_are_sorted_and_hold_each_link_once() {
    let shape = graph("a>c a>b a>b b>a c>c d");
    let graph = shape.graph();
    assert_eq!(graph.outgoing(0), [1, 2]);
    assert_eq!(graph.outgoing(2), [2]);
    assert_eq!(graph.incoming(2), [0, 2]);
    assert!(graph.incoming(3).is_empty());
    assert_eq!((graph.vertex_count(), graph.link_count(), graph.is_directed()), (4, 4, true));
}

#[test]
fn an_undirected_link_stands_in_both_rows_and_a_self_link_once() {
    let shape = graph("b-a c-c a-c");
    let graph = shape.graph();
    assert_eq!(graph.outgoing(0), [1, 2]);
    assert_eq!(graph.outgoing(2), [0, 2]);
    assert_eq!(graph.incoming(2), graph.outgoing(2));
    assert_eq!(graph.link_count(), 3);
}

#[test]
fn parallel_links_add_their_weights() {
    let shape = graph("a>b*1.5 a>b*2 b>a*4 a>a*8");
    assert_eq!(shape.weights().outgoing(shape.graph(), 0), [8.0, 3.5]);
    assert_eq!(shape.weights().incoming(shape.graph(), 0), [8.0, 4.0]);
    let shape = graph("a-b*1.5 b-a*2");
    assert_eq!(shape.weights().outgoing(shape.graph(), 1), [3.5]);
}

#[test]
fn without_weights_a_merged_link_weighs_one() {
    let shape = graph("a>b a>b b>a");
    assert_eq!(shape.weights().outgoing(shape.graph(), 0), [1.0]);
    assert_eq!(shape.simple_weights().outgoing(shape.simple(), 0), [1.0]);
}

#[test]
fn the_simple_graph_joins_both_directions_and_drops_self_links() {
    let shape = graph("a>b*1.5 b>a*2 a>a*9 b>c*1");
    assert!(!shape.simple().is_directed());
    assert_eq!(shape.simple().outgoing(1), [0, 2]);
    assert_eq!(shape.simple_weights().outgoing(shape.simple(), 1), [3.5, 1.0]);
    assert_eq!(shape.simple().link_count(), 2);
}

#[test]
fn an_empty_graph_is_a_graph() {
    let shape = shape(0, true, &[]);
    assert_eq!(shape.graph().vertex_count(), 0);
    assert_eq!(parts(shape.graph()).count, 0);
}

#[test]
#[should_panic(expected = "links join vertices that exist")]
fn a_link_to_nowhere_is_refused() {
    shape(2, false, &[(0, 2)]);
}

#[test]
fn petgraph_walks_an_undirected_graph_from_any_end() {
    let shape = grid(5, 4);
    let mut walk = Bfs::new(shape.graph(), 13);
    let mut seen = 0;
    while walk.next(shape.graph()).is_some() {
        seen += 1;
    }
    assert_eq!(seen, 20);
    assert_eq!(shape.graph().edge_references().count(), shape.graph().link_count());
    for vertex in shape.graph().vertices() {
        assert!(shape.graph().edges(vertex).all(|link| link.source() == vertex));
    }
    let ends: Vec<u32> = shape.graph().edges(19).map(|link| link.target()).collect();
    assert_eq!(ends, shape.graph().outgoing(19));
}

#[test]
fn petgraph_finds_strong_components_in_our_rows() {
    let shape = graph("a>b b>c c>a c>d d>e e>d f");
    let mut found = petgraph::algo::tarjan_scc(shape.graph());
    for component in &mut found {
        component.sort_unstable();
    }
    found.sort();
    assert_eq!(found, [vec![0, 1, 2], vec![3, 4], vec![5]]);
}

/// 12 bytes for a stored link, 24 with weights, and 64 for a vertex: for the graph and one metric.
/// What remains for the metric is looked at where graphs are large.
#[test]
fn a_graph_holds_few_bytes_for_a_link_and_a_vertex() {
    let links: Vec<(u32, u32)> = (0..60_000_u32).map(|i| (i * i % 997, i * 7 % 1009)).collect();
    let weights = vec![0.5; links.len()];
    for directed in [true, false] {
        for given in [None, Some(weights.as_slice())] {
            let (graph, weights) = Graph::build(1009, directed, &links, given);
            // All rows that can be asked for.
            graph
                .vertices()
                .for_each(|vertex| assert!(weights.incoming(&graph, vertex).iter().all(|w| *w > 0.0)));
            let stored: usize = graph.vertices().map(|vertex| graph.outgoing(vertex).len()).sum();
            let each = if given.is_some() { 24 } else { 8 };
            let (held, allowed) =
                (graph.bytes() + weights.bytes(), each * stored + 24 * graph.vertex_count());
            assert!(held <= allowed, "directed {directed}: {held} bytes, {allowed} allowed");
        }
    }
}

/// Each link once with its weight, as a map.
fn links(shape: &araneus_graph::graph::Shape) -> BTreeMap<(u32, u32), u64> {
    let (graph, weights) = (shape.graph(), shape.weights());
    let row = |a: u32| {
        graph.outgoing(a).iter().zip(weights.outgoing(graph, a)).map(move |(b, w)| ((a, *b), w.to_bits()))
    };
    graph.vertices().flat_map(row).collect()
}

proptest! {
    #[test]
    fn petgraph_counts_the_same_parts(shape in any_shape()) {
        let found = parts(shape.graph());
        prop_assert_eq!(petgraph::algo::connected_components(shape.graph()), found.count as usize);
        prop_assert_eq!(petgraph::algo::connected_components(shape.simple()), found.count as usize);
    }

    #[test]
    fn incoming_rows_mirror_outgoing_rows(shape in any_shape()) {
        let (graph, weights) = (shape.graph(), shape.weights());
        let backward: BTreeMap<(u32, u32), u64> = graph
            .vertices()
            .flat_map(|b| graph.incoming(b).iter().zip(weights.incoming(graph, b)).map(move |(a, w)| ((*a, b), w.to_bits())))
            .collect();
        prop_assert_eq!(links(&shape), backward);
    }

    #[test]
    fn the_order_of_links_changes_no_bit(
        ends in proptest::collection::vec((0_u32..6, 0_u32..6, 0.0_f64..1.0), 1..60).prop_shuffle(),
        directed in any::<bool>(),
    ) {
        let build = |links: &[(u32, u32, f64)]| {
            let pairs: Vec<(u32, u32)> = links.iter().map(|link| (link.0, link.1)).collect();
            let weights: Vec<f64> = links.iter().map(|link| link.2).collect();
            Graph::build(6, directed, &pairs, Some(&weights))
        };
        let mut sorted = ends.clone();
        sorted.sort_by(|a, b| b.partial_cmp(a).expect("no weight is unknown"));
        let (one, one_weights) = build(&ends);
        let (other, other_weights) = build(&sorted);
        prop_assert_eq!(&one, &other);
        for vertex in one.vertices() {
            prop_assert_eq!(bits(one_weights.outgoing(&one, vertex)), bits(other_weights.outgoing(&other, vertex)));
        }
    }
}
