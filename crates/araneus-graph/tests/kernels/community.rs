//! Communities are connected, have the stated quality, and are the same in every run.

use araneus_graph::community::{
    DetectedCommunities, DetectionConfig, METHODS, Method, Partition, community_qualities, constant_potts,
    coverage, find, find_once, memberships, modularity, mutual_information, significance,
};
use araneus_graph::graph::WeightedGraph;
use araneus_graph::progress::Progress;
use proptest::prelude::*;

use super::support::{
    any_graph, barbell, clique_links, parse, path, planted, rmat, unweighted, with_threads,
};
use super::witnesses;

pub(crate) fn detect(weighted_graph: &WeightedGraph, config: &DetectionConfig) -> DetectedCommunities {
    find(weighted_graph, config, &Progress::silent()).expect("the computation is not cancelled")
}

fn detect_by(weighted_graph: &WeightedGraph, method: Method) -> DetectedCommunities {
    detect(weighted_graph, &DetectionConfig::new(method))
}

fn has_connected_communities(weighted_graph: &WeightedGraph, partition: &Partition) -> bool {
    let inside = |(a, b): &(u32, u32)| partition.labels()[*a as usize] == partition.labels()[*b as usize];
    let graph = weighted_graph.simple();
    let links = graph.vertices().flat_map(|a| graph.outgoing(a).iter().map(move |b| (a, *b)));
    let kept: Vec<(u32, u32)> = links.filter(inside).collect();
    let kept = super::support::unweighted(graph.vertex_count() as u32, false, &kept);
    petgraph::algo::connected_components(kept.graph()) == partition.count()
}

fn is_nested(fine: &Partition, coarse: &Partition) -> bool {
    let mut coarse_of = vec![None; fine.count()];
    fine.labels()
        .iter()
        .zip(coarse.labels())
        .all(|(fine, coarse)| *coarse_of[*fine as usize].get_or_insert(*coarse) == *coarse)
}

/// `count` cliques of `size`, each joined to the next by one link.
pub(crate) fn ring_of_cliques(count: u32, size: u32) -> WeightedGraph {
    let mut links: Vec<(u32, u32)> = (0..count).flat_map(|c| clique_links(c * size, size)).collect();
    links.extend((0..count).map(|c| (c * size, (c + 1) % count * size + 1)));
    unweighted(count * size, false, &links)
}

#[test]
fn every_method_has_a_name_that_finds_it() {
    for &(name, method) in METHODS {
        assert_eq!(Method::named(name), Some(method));
        assert_eq!(method.name(), name);
    }
    assert_eq!(METHODS.len(), 6);
    assert_eq!(Method::named("spectral"), None);
}

#[test]
fn community_zero_is_the_largest_with_the_lowest_vertex() {
    let partition = Partition::new(&[7, 7, 3, 9, 9, 9, 3, 1]);
    assert_eq!(partition.labels(), [1, 1, 2, 0, 0, 0, 2, 3]);
    assert_eq!(partition.sizes(), [3, 2, 2, 1]);
}

#[test]
fn a_barbell_has_two_communities() {
    let weighted_graph = barbell(6);
    for method in [Method::Leiden, Method::Louvain, Method::LabelPropagation] {
        assert_eq!(
            detect_by(&weighted_graph, method).partition().labels(),
            [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
            "{}",
            method.name()
        );
    }
}

#[test]
fn constant_potts_keeps_cliques_that_modularity_joins() {
    // 30 cliques of 5: the resolution limit (Fortunato and Barthelemy 2007).
    let weighted_graph = ring_of_cliques(30, 5);
    let config = DetectionConfig { resolution: 0.5, ..DetectionConfig::new(Method::LeidenCpm) };
    let cpm = detect(&weighted_graph, &config);
    assert_eq!((cpm.partition().count(), cpm.objective), (30, "cpm"));
    assert!((cpm.quality - 30.0 * (10.0 - 0.5 * 10.0)).abs() < 1e-9);
    let leiden = detect_by(&weighted_graph, Method::Leiden);
    assert_eq!((leiden.partition().count(), leiden.objective), (15, "modularity"));
}

#[test]
fn planted_groups_are_found() {
    let weighted_graph = planted(8, 40, 0.4, 0.01, 11);
    let expected: Vec<u32> = (0..320).map(|v| v / 40).collect();
    for method in [Method::Leiden, Method::Louvain] {
        assert_eq!(
            detect_by(&weighted_graph, method).partition(),
            &Partition::new(&expected),
            "{}",
            method.name()
        );
    }
}

#[test]
fn heavier_links_join_communities() {
    let weighted_graph = parse("a-b*10 b-c*1 c-d*10 d-a*1");
    assert_eq!(detect_by(&weighted_graph, Method::Leiden).partition().labels(), [0, 0, 1, 1]);
    let weighted_graph = parse("a-b*1 b-c*10 c-d*1 d-a*10");
    assert_eq!(detect_by(&weighted_graph, Method::Leiden).partition().labels(), [0, 1, 1, 0]);
}

#[test]
fn higher_resolution_finds_more_communities() {
    let weighted_graph = planted(6, 30, 0.5, 0.05, 4);
    let count = |resolution| {
        detect(&weighted_graph, &DetectionConfig { resolution, ..DetectionConfig::new(Method::Leiden) })
            .partition()
            .count()
    };
    assert!(count(0.2) < count(1.0) && count(1.0) < count(8.0));
}

#[test]
fn a_vertex_without_links_is_a_community() {
    let weighted_graph = parse("a-b c d-d");
    for &(name, method) in METHODS {
        let found = detect_by(&weighted_graph, method);
        let of = found.partition().labels();
        assert_eq!(of.iter().filter(|community| [of[2], of[3]].contains(community)).count(), 2, "{name}");
    }
    let none = super::support::unweighted(3, false, &[]);
    for &(name, method) in METHODS {
        let found = detect_by(&none, method);
        assert_eq!((found.partition().count(), found.quality), (3, 0.0), "{name}");
    }
    assert_eq!(detect_by(&super::support::unweighted(0, true, &[]), Method::Leiden).partition().count(), 0);
}

#[test]
fn directions_matter_to_strong_components_alone() {
    let weighted_graph = parse("a>b b>c c>a c>d");
    assert_eq!(detect_by(&weighted_graph, Method::StrongComponents).partition().labels(), [0, 0, 0, 1]);
    assert_eq!(detect_by(&weighted_graph, Method::Components).partition().labels(), [0; 4]);
}

#[test]
fn a_long_path_overflows_no_stack() {
    let long = path(200_000);
    assert_eq!(detect_by(&long, Method::StrongComponents).partition().count(), 1);
    let directed: Vec<(u32, u32)> = (1..200_000).map(|v| (v - 1, v)).collect();
    let count =
        detect_by(&unweighted(200_000, true, &directed), Method::StrongComponents).partition().count();
    assert_eq!(count, 200_000);
}

#[test]
fn a_warm_start_at_the_optimum_stays() {
    let weighted_graph = planted(8, 40, 0.4, 0.01, 11);
    let cold = detect_by(&weighted_graph, Method::Leiden);
    let start = Some(cold.partition().labels().to_vec());
    let warm =
        detect(&weighted_graph, &DetectionConfig { start, seed: 99, ..DetectionConfig::new(Method::Leiden) });
    assert_eq!(warm.partition(), cold.partition());
}

#[test]
fn a_disconnected_start_is_split() {
    let weighted_graph = parse("a-b c-d");
    let start = Some(vec![0, 1, 0, 1]);
    let warm = detect(&weighted_graph, &DetectionConfig { start, ..DetectionConfig::new(Method::Leiden) });
    assert_eq!(warm.partition().labels(), [0, 0, 1, 1]);
}

#[test]
fn threads_change_no_community() {
    for weighted_graph in [rmat(9, 3000, true, 2), planted(10, 30, 0.3, 0.03, 9)] {
        for &(name, method) in METHODS {
            let one = with_threads(1, || detect_by(&weighted_graph, method));
            for threads in [2, 8] {
                let many = with_threads(threads, || detect_by(&weighted_graph, method));
                assert_eq!(one, many, "{name}, {threads} threads");
                assert_eq!(one.quality.to_bits(), many.quality.to_bits());
            }
        }
    }
}

#[test]
fn a_cancelled_search_returns_none() {
    let progress = Progress::silent();
    progress.cancel();
    let weighted_graph = planted(3, 10, 0.6, 0.05, 1);
    for method in [Method::Leiden, Method::LeidenCpm, Method::Louvain, Method::LabelPropagation] {
        assert!(
            find(&weighted_graph, &DetectionConfig::new(method), &progress).is_none(),
            "{}",
            method.name()
        );
    }
}

#[test]
fn chance_does_not_explain_planted_groups_but_explains_random_links() {
    let judge = |weighted_graph: &WeightedGraph| {
        let config = DetectionConfig::new(Method::Leiden);
        significance(weighted_graph, &config, 39, &Progress::silent())
            .expect("the computation is not cancelled")
    };
    let clear = judge(&planted(5, 20, 0.5, 0.02, 8));
    assert!(clear.is_significant && clear.null_mean < 0.5 && clear.p < 0.03, "{clear:?}");
    let noise = judge(&planted(1, 100, 0.08, 0.08, 8));
    assert!(!noise.is_significant, "{noise:?}");
    assert_eq!(with_threads(1, || judge(&barbell(6))), with_threads(3, || judge(&barbell(6))));
}

#[test]
fn qualities_of_a_community_are_known() {
    let weighted_graph = barbell(4);
    let partition = Partition::new(&[0, 0, 0, 0, 1, 1, 1, 1]);
    let company = &community_qualities(&weighted_graph, &partition, 1.0)[0];
    assert_eq!((company.size, company.internal_links), (4, 6));
    assert_eq!((company.internal_weight, company.cut_weight, company.density), (6.0, 1.0, 1.0));
    assert!((company.conductance - 1.0 / 13.0).abs() < 1e-15);
    assert!((company.modularity_share - (6.0 / 13.0 - 0.25)).abs() < 1e-15);
    assert!((constant_potts(&weighted_graph, &partition, 0.5) - 6.0).abs() < 1e-12);
}

/// A weight of any accepted size, or one that decayed for up to 20 years.
fn any_weight() -> impl Strategy<Value = f64> {
    let of_any_size = (-150_i32..=150).prop_map(|power| 10_f64.powi(power));
    prop_oneof![of_any_size, (0_u32..7_300).prop_map(|days| 0.5_f64.powf(f64::from(days) / 45.0))]
}

#[test]
fn conductance_counts_the_lightest_weights() {
    // The weight of the old links is less than the last bit of the total weight.
    let weighted_graph = parse("a-b*1 b-c*1e-40 c-d*0");
    for company in community_qualities(&weighted_graph, &Partition::new(&[0, 0, 1, 1]), 1.0) {
        assert_eq!((company.size, company.conductance), (2, 1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn shares_are_within_their_bounds(
        links in proptest::collection::vec(((0_u32..8, 0_u32..8), any_weight()), 1..24),
        labels in proptest::collection::vec(0_u32..4, 8),
    ) {
        let (ends, weights): (Vec<_>, Vec<f64>) = links.into_iter().unzip();
        let (graph, weights) = araneus_graph::graph::Graph::build(8, false, &ends, Some(&weights));
        let weighted_graph = WeightedGraph::new(graph, weights);
        let partition = Partition::new(&labels);
        let all = community_qualities(&weighted_graph, &partition, 1.0);
        let strength = |company: &araneus_graph::community::CommunityQuality| 2.0 * company.internal_weight + company.cut_weight;
        for (at, company) in all.iter().enumerate() {
            let others: f64 = all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| strength(other)).sum();
            let expected = if company.cut_weight > 0.0 { company.cut_weight / strength(company).min(others) } else { 0.0 };
            prop_assert!((0.0..=1.0).contains(&company.conductance), "{company:?}");
            prop_assert!((company.conductance - expected).abs() <= 1e-12, "{company:?}: {expected}");
            prop_assert!((0.0..=1.0).contains(&company.density) && company.modularity_share <= 1.0);
        }
        prop_assert!((0.0..=1.0).contains(&coverage(&weighted_graph, &partition)));
        for membership in memberships(&weighted_graph, &partition, 0.0) {
            prop_assert!((0.0..=1.0).contains(&membership.share), "{membership:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn communities_are_connected_and_levels_are_nested(weighted_graph in any_graph(), seed in 0_u64..50) {
        for method in [Method::Leiden, Method::LeidenCpm] {
            let found = detect(&weighted_graph, &DetectionConfig { seed, resolution: 0.7, ..DetectionConfig::new(method) });
            for level in &found.levels {
                prop_assert!(has_connected_communities(&weighted_graph, level), "{:?}", found);
            }
            prop_assert!(found.levels.windows(2).all(|pair| is_nested(&pair[1], &pair[0])));
        }
    }

    #[test]
    fn modularity_agrees_with_its_witness(weighted_graph in any_graph(), labels in proptest::collection::vec(0_u32..4, 14), resolution in 0.1_f64..3.0) {
        let partition = Partition::new(&labels[..weighted_graph.graph().vertex_count()]);
        let expected = witnesses::modularity(&weighted_graph, partition.labels(), resolution);
        prop_assert!((modularity(&weighted_graph, &partition, resolution) - expected).abs() < 1e-12);
    }

    #[test]
    fn no_random_partition_beats_leiden_on_small_graphs(weighted_graph in any_graph(), labels in proptest::collection::vec(0_u32..4, 14)) {
        let guess = Partition::new(&labels[..weighted_graph.graph().vertex_count()]);
        let leiden = detect_by(&weighted_graph, Method::Leiden).quality;
        prop_assert!(leiden >= modularity(&weighted_graph, &guess, 1.0) - 1e-12);
        prop_assert!(leiden >= detect_by(&weighted_graph, Method::Louvain).quality - 1e-12);
        prop_assert!(leiden >= detect_by(&weighted_graph, Method::Components).quality - 1e-12);
    }

    #[test]
    fn one_run_has_each_leaf_with_its_neighbour(weighted_graph in any_graph(), seed in 0_u64..50) {
        let (partition, _) = find_once(&weighted_graph, seed, &Progress::silent()).expect("it is not cancelled");
        for (leaf, neighbour) in leaves(&weighted_graph) {
            prop_assert_eq!(partition.labels()[leaf as usize], partition.labels()[neighbour as usize]);
        }
        prop_assert!(has_connected_communities(&weighted_graph, &partition));
    }

    #[test]
    fn strong_components_agree_with_tarjan(weighted_graph in any_graph()) {
        let found = detect_by(&weighted_graph, Method::StrongComponents);
        let theirs = petgraph::algo::tarjan_scc(weighted_graph.graph());
        prop_assert_eq!(found.partition().count(), theirs.len());
        for component in theirs {
            let first = found.partition().labels()[component[0] as usize];
            prop_assert!(component.iter().all(|v| found.partition().labels()[*v as usize] == first));
        }
    }
}

#[test]
fn communities_of_larger_random_graphs_are_connected() {
    for seed in 0..10 {
        let weighted_graph = rmat(9, 1500, false, seed);
        let leiden = detect_by(&weighted_graph, Method::Leiden);
        assert!(has_connected_communities(&weighted_graph, leiden.partition()), "seed {seed}");
        assert!(leiden.levels.windows(2).all(|pair| is_nested(&pair[1], &pair[0])), "seed {seed}");
        assert!(leiden.quality >= detect_by(&weighted_graph, Method::Louvain).quality, "seed {seed}");
    }
}

/// Returns the vertices of one link, each with its neighbour.
fn leaves(weighted_graph: &WeightedGraph) -> Vec<(u32, u32)> {
    let graph = weighted_graph.simple();
    let only = |vertex: u32| <[u32; 1]>::try_from(graph.outgoing(vertex)).ok();
    graph.vertices().filter_map(|vertex| Some((vertex, only(vertex)?[0]))).collect()
}

#[test]
fn one_run_joins_leaves_and_is_as_good_as_a_search_from_single_vertices() {
    let mut gains = Vec::new();
    for seed in 0..30 {
        let weighted_graph = rmat(9, 700, false, seed);
        let (partition, quality) =
            find_once(&weighted_graph, seed, &Progress::silent()).expect("it is not cancelled");
        assert!(leaves(&weighted_graph).len() > 50, "seed {seed}");
        assert!(has_connected_communities(&weighted_graph, &partition), "seed {seed}");
        assert!((quality - modularity(&weighted_graph, &partition, 1.0)).abs() < 1e-12, "seed {seed}");
        let start = Some(weighted_graph.graph().vertices().collect());
        let single = DetectionConfig { seed, start, ..DetectionConfig::new(Method::Leiden) };
        gains.push(quality - detect(&weighted_graph, &single).quality);
    }
    // One search differs from another by up to 0.01, up or down. The mean of these graphs is 0.001 lower.
    let mean = gains.iter().sum::<f64>() / gains.len() as f64;
    assert!(mean > -0.003 && gains.iter().all(|gain| gain.abs() < 0.02), "{mean}: {gains:?}");
}

/// A graph large enough for several threads and for the tolerance of large graphs.
fn large() -> WeightedGraph {
    rmat(14, 400_000, false, 5)
}

#[test]
fn threads_change_no_community_of_a_large_graph() {
    let weighted_graph = large();
    assert!(weighted_graph.simple().link_count() > 200_000);
    for method in [Method::Leiden, Method::Louvain] {
        let one = with_threads(1, || detect_by(&weighted_graph, method));
        for threads in [2, 8] {
            assert_eq!(
                one,
                with_threads(threads, || detect_by(&weighted_graph, method)),
                "{threads} threads"
            );
        }
        assert!(method == Method::Louvain || has_connected_communities(&weighted_graph, one.partition()));
    }
}

/// The vertices of a large graph are reordered, and those without links are left out.
#[test]
fn communities_of_a_large_graph_are_in_vertex_order() {
    let weighted_graph = large();
    let cold = detect_by(&weighted_graph, Method::Leiden);
    assert!(cold.levels.windows(2).all(|pair| is_nested(&pair[1], &pair[0])));
    let (of, sizes) = (cold.partition().labels(), cold.partition().sizes());
    let simple = weighted_graph.simple();
    let bare: Vec<u32> = simple.vertices().filter(|vertex| simple.outgoing(*vertex).is_empty()).collect();
    assert!(!bare.is_empty() && bare.iter().all(|vertex| sizes[of[*vertex as usize] as usize] == 1));
    let start = Some(of.to_vec());
    let warm =
        detect(&weighted_graph, &DetectionConfig { start, seed: 99, ..DetectionConfig::new(Method::Leiden) });
    let likeness = mutual_information(warm.partition(), cold.partition());
    assert!(likeness > 0.9, "{likeness}");
}

#[test]
fn the_order_of_links_changes_no_community() {
    let weighted_graph = planted(10, 30, 0.3, 0.03, 9);
    let graph = weighted_graph.simple();
    let mut links: Vec<(u32, u32)> =
        graph.vertices().flat_map(|a| graph.outgoing(a).iter().map(move |b| (a, *b))).collect();
    links.reverse();
    let again = super::support::unweighted(graph.vertex_count() as u32, false, &links);
    assert_eq!(detect_by(&weighted_graph, Method::Leiden), detect_by(&again, Method::Leiden));
}
