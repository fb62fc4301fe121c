//! The rows of a graph, and petgraph's algorithms on them.

use std::collections::BTreeMap;

use araneus_graph::graph::{Graph, connected_components};
use petgraph::visit::{Bfs, EdgeRef, IntoEdgeReferences, IntoEdges};
use proptest::prelude::*;

use super::support::{any_graph, bits, grid, parse, unweighted};

#[test]
fn rows_are_sorted_and_hold_each_link_once() {
    let weighted_graph = parse("a>c a>b a>b b>a c>c d");
    let graph = weighted_graph.graph();
    assert_eq!(graph.outgoing(0), [1, 2]);
    assert_eq!(graph.outgoing(2), [2]);
    assert_eq!(graph.incoming(2), [0, 2]);
    assert!(graph.incoming(3).is_empty());
    assert_eq!((graph.vertex_count(), graph.link_count(), graph.is_directed()), (4, 4, true));
}

#[test]
fn an_undirected_link_is_in_both_rows_and_a_self_link_in_one() {
    let weighted_graph = parse("b-a c-c a-c");
    let graph = weighted_graph.graph();
    assert_eq!(graph.outgoing(0), [1, 2]);
    assert_eq!(graph.outgoing(2), [0, 2]);
    assert_eq!(graph.incoming(2), graph.outgoing(2));
    assert_eq!(graph.link_count(), 3);
}

#[test]
fn parallel_links_add_their_weights() {
    let weighted_graph = parse("a>b*1.5 a>b*2 b>a*4 a>a*8");
    assert_eq!(weighted_graph.weights().outgoing(weighted_graph.graph(), 0), [8.0, 3.5]);
    assert_eq!(weighted_graph.weights().incoming(weighted_graph.graph(), 0), [8.0, 4.0]);
    let weighted_graph = parse("a-b*1.5 b-a*2");
    assert_eq!(weighted_graph.weights().outgoing(weighted_graph.graph(), 1), [3.5]);
}

#[test]
fn without_weights_a_merged_link_weighs_one() {
    let weighted_graph = parse("a>b a>b b>a");
    assert_eq!(weighted_graph.weights().outgoing(weighted_graph.graph(), 0), [1.0]);
    assert_eq!(weighted_graph.simple_weights().outgoing(weighted_graph.simple(), 0), [1.0]);
}

#[test]
fn the_simple_graph_joins_both_directions_and_drops_self_links() {
    let weighted_graph = parse("a>b*1.5 b>a*2 a>a*9 b>c*1");
    assert!(!weighted_graph.simple().is_directed());
    assert_eq!(weighted_graph.simple().outgoing(1), [0, 2]);
    assert_eq!(weighted_graph.simple_weights().outgoing(weighted_graph.simple(), 1), [3.5, 1.0]);
    assert_eq!(weighted_graph.simple().link_count(), 2);
}

#[test]
fn an_empty_graph_is_a_graph() {
    let weighted_graph = unweighted(0, true, &[]);
    assert_eq!(weighted_graph.graph().vertex_count(), 0);
    assert_eq!(connected_components(weighted_graph.graph()).count, 0);
}

#[test]
#[should_panic(expected = "links join vertices that exist")]
fn a_link_to_a_missing_vertex_panics() {
    unweighted(2, false, &[(0, 2)]);
}

#[test]
fn petgraph_walks_an_undirected_graph_from_any_end() {
    let weighted_graph = grid(5, 4);
    let mut walk = Bfs::new(weighted_graph.graph(), 13);
    let mut seen = 0;
    while walk.next(weighted_graph.graph()).is_some() {
        seen += 1;
    }
    assert_eq!(seen, 20);
    assert_eq!(weighted_graph.graph().edge_references().count(), weighted_graph.graph().link_count());
    for vertex in weighted_graph.graph().vertices() {
        assert!(weighted_graph.graph().edges(vertex).all(|link| link.source() == vertex));
    }
    let ends: Vec<u32> = weighted_graph.graph().edges(19).map(|link| link.target()).collect();
    assert_eq!(ends, weighted_graph.graph().outgoing(19));
}

#[test]
fn petgraph_finds_strong_components_in_our_rows() {
    let weighted_graph = parse("a>b b>c c>a c>d d>e e>d f");
    let mut found = petgraph::algo::tarjan_scc(weighted_graph.graph());
    for component in &mut found {
        component.sort_unstable();
    }
    found.sort();
    assert_eq!(found, [vec![0, 1, 2], vec![3, 4], vec![5]]);
}

/// 12 bytes for a stored link, 24 with weights, and 64 for a vertex: for the graph and one metric.
/// Other tests check the remaining memory of metrics on large graphs.
#[test]
fn a_graph_needs_few_bytes_for_a_link_and_a_vertex() {
    let links: Vec<(u32, u32)> = (0..60_000_u32).map(|i| (i * i % 997, i * 7 % 1009)).collect();
    let weights = vec![0.5; links.len()];
    for directed in [true, false] {
        for given in [None, Some(weights.as_slice())] {
            let (graph, weights) = Graph::build(1009, directed, &links, given);
            // All rows that a graph can have.
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
fn links(weighted_graph: &araneus_graph::graph::WeightedGraph) -> BTreeMap<(u32, u32), u64> {
    let (graph, weights) = (weighted_graph.graph(), weighted_graph.weights());
    let row = |a: u32| {
        graph.outgoing(a).iter().zip(weights.outgoing(graph, a)).map(move |(b, w)| ((a, *b), w.to_bits()))
    };
    graph.vertices().flat_map(row).collect()
}

proptest! {
    #[test]
    fn petgraph_counts_the_same_components(weighted_graph in any_graph()) {
        let found = connected_components(weighted_graph.graph());
        prop_assert_eq!(petgraph::algo::connected_components(weighted_graph.graph()), found.count as usize);
        prop_assert_eq!(petgraph::algo::connected_components(weighted_graph.simple()), found.count as usize);
    }

    #[test]
    fn incoming_rows_mirror_outgoing_rows(weighted_graph in any_graph()) {
        let (graph, weights) = (weighted_graph.graph(), weighted_graph.weights());
        let backward: BTreeMap<(u32, u32), u64> = graph
            .vertices()
            .flat_map(|b| graph.incoming(b).iter().zip(weights.incoming(graph, b)).map(move |(a, w)| ((*a, b), w.to_bits())))
            .collect();
        prop_assert_eq!(links(&weighted_graph), backward);
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
