//! Pictures of graphs of any topology: no overlap, and nothing outside the frame.

use super::super::places::{PlacedArea, overlap};
use super::*;
use crate::language::Language;

fn graph(count: usize, edges: &[(usize, usize)]) -> EvidenceGraph {
    let node = |at: usize| GraphNode {
        label: format!("host-{at}.some-long-name-of-a-network.example"),
        kind: ["domain-name", "malware", "threat-actor", "bank-account", "unheard-of"][at % 5].to_owned(),
        is_anchor: at == 0,
        is_new: at % 2 == 1,
        group: (count > 5 && at % 3 < 2).then_some(at as u32 % 3),
    };
    let edge = |&(from, to): &(usize, usize)| GraphEdge {
        from,
        to,
        kind: "communicates-with".to_owned(),
        is_new: to % 2 == 1,
        sources: 1,
    };
    EvidenceGraph {
        nodes: (0..count).map(node).collect(),
        edges: edges.iter().map(edge).collect(),
        left_out: 0,
    }
}

/// Returns a star, a path, a cycle with chords, a complete graph and an empty graph.
fn topologies(count: usize) -> Vec<Vec<(usize, usize)>> {
    let star = (1..count).map(|to| (0, to)).collect();
    let path = (1..count).map(|to| (to - 1, to)).collect();
    let chords = (0..count).flat_map(|at| [(at, (at + 1) % count), (at, (at + count / 3) % count)]).collect();
    let all = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other))).collect();
    vec![star, path, chords, all, Vec::new()]
}

fn placed(graph: &EvidenceGraph, frame: Frame) -> (Vec<Body>, Places) {
    let pairs: Vec<_> =
        graph.edges.iter().map(|edge| (edge.from, edge.to)).filter(|(from, to)| from != to).collect();
    let groups: Vec<_> = graph.nodes.iter().map(|node| node.group).collect();
    let mut bodies = bodies(&graph.nodes, &names(&graph.nodes, frame));
    let places = fit(&arrange(&groups, &pairs), &mut bodies, &pairs, frame.width, frame.is_horizontal);
    (bodies, places)
}

#[test]
fn shapes_and_names_never_overlap_and_stay_in_the_frame() {
    for count in [1, 2, 3, 5, 15, 30] {
        for (topology, edges) in topologies(count).iter().enumerate() {
            for frame in FRAMES {
                let (bodies, places) = placed(&graph(count, edges), frame);
                let areas: Vec<PlacedArea> =
                    bodies.iter().zip(&places.middles).map(|(body, middle)| body.area(*middle)).collect();
                assert_eq!(areas.len(), count);
                for (at, area) in areas.iter().enumerate() {
                    let case =
                        format!("{count} entities, topology {topology}, {}: {at} at {area:?}", frame.name);
                    assert!(area.0 >= 0.0 && area.2 <= frame.width, "{case}");
                    assert!(area.1 >= 0.0 && area.3 <= places.height, "{case} of {}", places.height);
                    for other in &areas[at + 1..] {
                        let (wide, high) = overlap(*area, *other, 0.0);
                        assert!(wide <= 0.0 || high <= 0.0, "{case} covers {other:?}");
                    }
                }
                assert!(places.height <= 1_600.0, "{count} {topology} {}: {}", frame.name, places.height);
            }
        }
    }
}

#[test]
fn a_graph_is_drawn_the_same_every_time() {
    let drawn = graph(15, &topologies(15)[2]);
    assert_eq!(
        evidence_graph(Language::english(), "one", &drawn),
        evidence_graph(Language::english(), "one", &drawn)
    );
    assert_ne!(
        evidence_graph(Language::english(), "one", &drawn),
        evidence_graph(Language::english(), "other", &drawn),
        "ids differ on one page"
    );
}

#[test]
fn a_graph_that_is_too_large_is_cut_and_states_it() {
    let many =
        EvidenceGraph { left_out: 5, ..graph(NODES_MAX + 4, &[(0, 1), (0, NODES_MAX + 1), (2, 9_999)]) };
    assert_eq!(many.drawn().len(), NODES_MAX);
    assert_eq!(many.beyond(), (9, 2));
    for picture in evidence_graph(Language::english(), "many", &many) {
        assert_eq!(picture.svg().matches("class=\"node ").count(), NODES_MAX);
        assert_eq!(picture.svg().matches("class=\"tie").count(), 1);
    }
}

#[test]
fn edges_of_the_same_two_are_side_by_side_and_self_loops_are_omitted() {
    let three = graph(2, &[(0, 1), (1, 0), (0, 1), (1, 1)]);
    let picture = &evidence_graph(Language::english(), "three", &three)[0];
    let mut lines: Vec<&str> =
        picture.svg().split("<line").skip(1).filter_map(|rest| rest.split('>').next()).collect();
    lines.retain(|line| line.contains("x1"));
    let count = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!((count, lines.len()), (3, 3), "{lines:?}");
}

#[test]
fn news_anchors_and_kinds_do_not_depend_on_colour() {
    let picture = &evidence_graph(Language::english(), "one", &graph(5, &[(0, 1), (0, 2)]))[0];
    let svg = picture.svg();
    assert_eq!(svg.matches("class=\"tie fresh\"").count(), 1, "a class that sets width and dashes");
    assert_eq!(svg.matches("class=\"ring\"").count(), 1, "the second outline of the anchor");
    let kinds = graph(5, &[]).kinds();
    let mut letters: Vec<&str> = kinds.iter().map(|kind| kind.letters.as_str()).collect();
    let mut shapes: Vec<&str> = kinds.iter().map(|kind| kind.path.as_str()).collect();
    letters.sort_unstable();
    letters.dedup();
    shapes.sort_unstable();
    shapes.dedup();
    assert_eq!((letters.len(), shapes.len()), (5, 5));
    assert!(svg.contains("The claim is about host-0"), "{svg}");
}

#[test]
fn a_name_cannot_become_markup_or_turn_the_text_around() {
    let mut one = graph(1, &[]);
    one.nodes[0].label = "</text><script>\u{202e}x\u{200b}".to_owned();
    for picture in evidence_graph(Language::english(), "one", &one) {
        assert!(!picture.svg().contains("<script"), "{}", picture.svg());
        let names = picture.svg().split("</title>").last().unwrap_or_default();
        assert!(!names.contains('\u{202e}') && !names.contains('\u{200b}'), "{names}");
    }
    assert!(
        evidence_graph(Language::english(), "none", &EvidenceGraph::default())
            .iter()
            .all(|picture| picture.svg().contains("0 entities"))
    );
}
