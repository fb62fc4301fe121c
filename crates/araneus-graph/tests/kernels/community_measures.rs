//! Comparison of partitions, stability, overlapping communities, and communities of cliques.

use araneus_graph::community::{
    DetectionConfig, Method, Partition, adjusted_rand, clique_communities, coverage, memberships,
    mutual_information, stability, sweep,
};
use araneus_graph::graph::WeightedGraph;
use araneus_graph::progress::Progress;
use proptest::prelude::*;

use super::community::{detect, ring_of_cliques};
use super::support::{any_graph, barbell, parse, path, planted};
use super::witnesses;

#[test]
fn similarity_has_its_closed_forms() {
    let halves = Partition::new(&[0, 0, 1, 1]);
    let crossed = Partition::new(&[0, 1, 0, 1]);
    let whole = Partition::new(&[0; 4]);
    assert_eq!((mutual_information(&halves, &halves), adjusted_rand(&halves, &halves)), (1.0, 1.0));
    assert!(mutual_information(&halves, &crossed).abs() < 1e-12);
    // No pair is together in both; chance expects 2 * 2 / 6, and the mean of both is 2.
    assert!((adjusted_rand(&halves, &crossed) - (0.0 - 2.0 / 3.0) / (2.0 - 2.0 / 3.0)).abs() < 1e-12);
    assert_eq!((mutual_information(&whole, &whole), mutual_information(&whole, &halves)), (1.0, 0.0));
    // Entropies ln 2 and 1.5 ln 2, of which ln 2 is shared.
    let finer = Partition::new(&[0, 0, 1, 2]);
    assert!((mutual_information(&halves, &finer) - 2.0 / 2.5).abs() < 1e-12);
    let none = Partition::new(&[]);
    assert!((mutual_information(&none, &none) - 1.0).abs() < 1e-12);
}

#[test]
fn clear_communities_are_stable_and_random_ones_are_not() {
    let judge = |weighted_graph: &WeightedGraph| {
        let config = DetectionConfig::new(Method::LabelPropagation);
        let found = detect(weighted_graph, &config);
        stability(weighted_graph, &config, found.partition(), 8, &Progress::silent())
            .expect("the computation is not cancelled")
    };
    let clear = judge(&planted(6, 30, 0.6, 0.01, 3));
    assert!(clear.vertices.iter().chain(&clear.communities).all(|share| *share > 0.99), "{clear:?}");
    assert!(clear.mutual_information > 0.99 && clear.adjusted_rand > 0.99);
    let unclear = judge(&path(60));
    assert!(unclear.vertices.iter().sum::<f64>() / 60.0 < 0.8 && unclear.adjusted_rand < 0.8);
}

#[test]
fn a_sweep_shows_the_scale_of_a_graph() {
    let config = DetectionConfig::new(Method::LeidenCpm);
    let steps = sweep(&ring_of_cliques(12, 5), &config, &[0.001, 0.3, 0.5, 0.7], &Progress::silent());
    let steps = steps.expect("the computation is not cancelled");
    let counts: Vec<usize> = steps.iter().map(|step| step.communities.partition().count()).collect();
    assert!(counts[0] < 12 && counts[1..] == [12; 3], "{counts:?}");
    assert!(steps[1].similarity < 1.0 && steps[2].similarity > 1.0 - 1e-12);
}

#[test]
fn a_vertex_between_communities_belongs_to_both() {
    // c is in the triangles a b c and c d e.
    let weighted_graph = parse("a-b b-c c-a c-d d-e e-c");
    let partition = Partition::new(&[0, 0, 0, 1, 1]);
    let listed = memberships(&weighted_graph, &partition, 0.4);
    let of = |vertex: u32| -> Vec<(u32, f64)> {
        listed.iter().filter(|one| one.vertex == vertex).map(|one| (one.community, one.share)).collect()
    };
    assert_eq!(of(2), [(0, 0.5), (1, 0.5)]);
    assert_eq!(of(3), [(0, 0.5), (1, 0.5)]);
    assert_eq!(of(0), [(0, 1.0)]);
    assert_eq!(memberships(&weighted_graph, &partition, 0.6).len(), 5);
    let lone = super::support::unweighted(1, false, &[]);
    let alone = memberships(&lone, &Partition::new(&[0]), 0.5);
    assert_eq!((alone.len(), alone[0].share), (1, 1.0));
}

#[test]
fn coverage_is_the_weight_within_communities() {
    let weighted_graph = parse("a-b*3 b-c*1 c-d*4");
    assert!((coverage(&weighted_graph, &Partition::new(&[0, 0, 1, 1])) - 7.0 / 8.0).abs() < 1e-15);
    let bare = super::support::unweighted(2, false, &[]);
    assert!((coverage(&bare, &Partition::new(&[0, 1])) - 1.0).abs() < 1e-15);
}

fn by_cliques(weighted_graph: &WeightedGraph, size: usize) -> Vec<Vec<u32>> {
    clique_communities(weighted_graph, size, 100_000, &Progress::silent()).expect("there are few cliques")
}

#[test]
fn cliques_that_share_all_vertices_but_one_are_one_community() {
    // Two triangles that share only c share no link; a b c and b c d share one link.
    assert_eq!(by_cliques(&parse("a-b b-c c-a c-d d-e e-c"), 3), [vec![0, 1, 2], vec![2, 3, 4]]);
    assert_eq!(by_cliques(&parse("a-b b-c c-a b-d c-d d-e"), 3), [vec![0, 1, 2, 3]]);
    assert_eq!(by_cliques(&barbell(6), 5), [(0..6).collect::<Vec<_>>(), (6..12).collect()]);
    assert!(by_cliques(&path(9), 3).is_empty());
    let dense = planted(1, 30, 0.9, 0.9, 2);
    assert!(clique_communities(&dense, 4, 100, &Progress::silent()).is_none());
}

proptest! {
    #[test]
    fn clique_communities_agree_with_their_definition(weighted_graph in any_graph(), size in 3_usize..6) {
        prop_assert_eq!(by_cliques(&weighted_graph, size), witnesses::clique_communities(&weighted_graph, size));
    }
}
