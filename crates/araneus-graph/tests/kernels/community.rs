//! Communities hang together, are worth their quality, and come out the same every time.

use araneus_graph::community::{
    Config, Found, METHODS, Method, Partition, adjusted_rand, clique_communities, companies, constant_potts,
    coverage, find, memberships, modularity, mutual_information, significance, stability, sweep,
};
use araneus_graph::graph::Shape;
use araneus_graph::progress::Watch;
use proptest::prelude::*;

use super::support::{any_shape, barbell, clique_links, graph, path, planted, rmat, shape, with_threads};
use super::witnesses;

fn found(shape: &Shape, config: &Config) -> Found {
    find(shape, config, &Watch::new()).expect("nobody asked to stop")
}

fn by(shape: &Shape, method: Method) -> Found {
    found(shape, &Config::new(method))
}

fn is_connected_inside(shape: &Shape, partition: &Partition) -> bool {
    let inside = |(a, b): &(u32, u32)| partition.of()[*a as usize] == partition.of()[*b as usize];
    let graph = shape.simple();
    let links = graph.vertices().flat_map(|a| graph.outgoing(a).iter().map(move |b| (a, *b)));
    let kept: Vec<(u32, u32)> = links.filter(inside).collect();
    let kept = super::support::shape(graph.vertex_count() as u32, false, &kept);
    petgraph::algo::connected_components(kept.graph()) == partition.count()
}

fn is_nested(fine: &Partition, coarse: &Partition) -> bool {
    let mut coarse_of = vec![None; fine.count()];
    fine.of()
        .iter()
        .zip(coarse.of())
        .all(|(fine, coarse)| *coarse_of[*fine as usize].get_or_insert(*coarse) == *coarse)
}

/// `count` cliques of `size`, each tied to the next by one link.
fn ring_of_cliques(count: u32, size: u32) -> Shape {
    let mut links: Vec<(u32, u32)> = (0..count).flat_map(|c| clique_links(c * size, size)).collect();
    links.extend((0..count).map(|c| (c * size, (c + 1) % count * size + 1)));
    shape(count * size, false, &links)
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
fn community_zero_is_the_largest_and_ties_go_to_the_lowest_vertex() {
    let partition = Partition::new(&[7, 7, 3, 9, 9, 9, 3, 1]);
    assert_eq!(partition.of(), [1, 1, 2, 0, 0, 0, 2, 3]);
    assert_eq!(partition.sizes(), [3, 2, 2, 1]);
}

#[test]
fn a_barbell_has_two_ends() {
    let shape = barbell(6);
    for method in [Method::Leiden, Method::Louvain, Method::LabelPropagation] {
        assert_eq!(
            by(&shape, method).partition().of(),
            [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
            "{}",
            method.name()
        );
    }
}

#[test]
fn constant_potts_keeps_cliques_that_modularity_joins() {
    // 30 cliques of 5: the resolution limit (Fortunato and Barthelemy 2007).
    let shape = ring_of_cliques(30, 5);
    let config = Config { resolution: 0.5, ..Config::new(Method::LeidenCpm) };
    let cpm = found(&shape, &config);
    assert_eq!((cpm.partition().count(), cpm.objective), (30, "cpm"));
    assert!((cpm.quality - 30.0 * (10.0 - 0.5 * 10.0)).abs() < 1e-9);
    let leiden = by(&shape, Method::Leiden);
    assert_eq!((leiden.partition().count(), leiden.objective), (15, "modularity"));
}

#[test]
fn planted_groups_are_found() {
    let shape = planted(8, 40, 0.4, 0.01, 11);
    let expected: Vec<u32> = (0..320).map(|v| v / 40).collect();
    for method in [Method::Leiden, Method::Louvain] {
        assert_eq!(by(&shape, method).partition(), &Partition::new(&expected), "{}", method.name());
    }
}

#[test]
fn heavier_links_hold_together() {
    let shape = graph("a-b*10 b-c*1 c-d*10 d-a*1");
    assert_eq!(by(&shape, Method::Leiden).partition().of(), [0, 0, 1, 1]);
    let shape = graph("a-b*1 b-c*10 c-d*1 d-a*10");
    assert_eq!(by(&shape, Method::Leiden).partition().of(), [0, 1, 1, 0]);
}

#[test]
fn higher_resolution_finds_more_communities() {
    let shape = planted(6, 30, 0.5, 0.05, 4);
    let count =
        |resolution| found(&shape, &Config { resolution, ..Config::new(Method::Leiden) }).partition().count();
    assert!(count(0.2) < count(1.0) && count(1.0) < count(8.0));
}

#[test]
fn a_vertex_without_links_is_a_community() {
    let shape = graph("a-b c d-d");
    for &(name, method) in METHODS {
        let found = by(&shape, method);
        let of = found.partition().of();
        assert_eq!(of.iter().filter(|community| [of[2], of[3]].contains(community)).count(), 2, "{name}");
    }
    let none = super::support::shape(3, false, &[]);
    for &(name, method) in METHODS {
        let found = by(&none, method);
        assert_eq!((found.partition().count(), found.quality), (3, 0.0), "{name}");
    }
    assert_eq!(by(&super::support::shape(0, true, &[]), Method::Leiden).partition().count(), 0);
}

#[test]
fn directions_matter_to_strong_components_alone() {
    let shape = graph("a>b b>c c>a c>d");
    assert_eq!(by(&shape, Method::StrongComponents).partition().of(), [0, 0, 0, 1]);
    assert_eq!(by(&shape, Method::Components).partition().of(), [0; 4]);
}

#[test]
fn a_long_path_overflows_no_stack() {
    let long = path(200_000);
    assert_eq!(by(&long, Method::StrongComponents).partition().count(), 1);
    let directed: Vec<(u32, u32)> = (1..200_000).map(|v| (v - 1, v)).collect();
    let count = by(&shape(200_000, true, &directed), Method::StrongComponents).partition().count();
    assert_eq!(count, 200_000);
}

#[test]
fn a_warm_start_at_the_optimum_stays() {
    let shape = planted(8, 40, 0.4, 0.01, 11);
    let cold = by(&shape, Method::Leiden);
    let start = Some(cold.partition().of().to_vec());
    let warm = found(&shape, &Config { start, seed: 99, ..Config::new(Method::Leiden) });
    assert_eq!(warm.partition(), cold.partition());
}

#[test]
fn a_start_that_falls_apart_is_mended() {
    let shape = graph("a-b c-d");
    let start = Some(vec![0, 1, 0, 1]);
    let warm = found(&shape, &Config { start, ..Config::new(Method::Leiden) });
    assert_eq!(warm.partition().of(), [0, 0, 1, 1]);
}

#[test]
fn threads_change_no_community() {
    for shape in [rmat(9, 3000, true, 2), planted(10, 30, 0.3, 0.03, 9)] {
        for &(name, method) in METHODS {
            let one = with_threads(1, || by(&shape, method));
            for threads in [2, 8] {
                let many = with_threads(threads, || by(&shape, method));
                assert_eq!(one, many, "{name}, {threads} threads");
                assert_eq!(one.quality.to_bits(), many.quality.to_bits());
            }
        }
    }
}

#[test]
fn a_stopped_watch_stops_a_search() {
    let watch = Watch::new();
    watch.stop();
    let shape = planted(3, 10, 0.6, 0.05, 1);
    for method in [Method::Leiden, Method::LeidenCpm, Method::Louvain, Method::LabelPropagation] {
        assert!(find(&shape, &Config::new(method), &watch).is_none(), "{}", method.name());
    }
}

#[test]
fn chance_does_not_explain_planted_groups_but_explains_random_links() {
    let judge = |shape: &Shape| {
        let config = Config::new(Method::Leiden);
        significance(shape, &config, 39, &Watch::new()).expect("nobody asked to stop")
    };
    let clear = judge(&planted(5, 20, 0.5, 0.02, 8));
    assert!(clear.is_significant && clear.null_mean < 0.5 && clear.p < 0.03, "{clear:?}");
    let noise = judge(&planted(1, 100, 0.08, 0.08, 8));
    assert!(!noise.is_significant, "{noise:?}");
    assert_eq!(with_threads(1, || judge(&barbell(6))), with_threads(3, || judge(&barbell(6))));
}

#[test]
fn a_company_is_described() {
    let shape = barbell(4);
    let partition = Partition::new(&[0, 0, 0, 0, 1, 1, 1, 1]);
    let company = &companies(&shape, &partition, 1.0)[0];
    assert_eq!((company.size, company.internal_links), (4, 6));
    assert_eq!((company.internal_weight, company.cut_weight, company.density), (6.0, 1.0, 1.0));
    assert!((company.conductance - 1.0 / 13.0).abs() < 1e-15);
    assert!((company.modularity_share - (6.0 / 13.0 - 0.25)).abs() < 1e-15);
    assert!((constant_potts(&shape, &partition, 0.5) - 6.0).abs() < 1e-12);
}

/// A weight of any size that is read, or one that aged for up to 20 years.
fn any_weight() -> impl Strategy<Value = f64> {
    let of_any_size = (-150_i32..=150).prop_map(|power| 10_f64.powi(power));
    prop_oneof![of_any_size, (0_u32..7_300).prop_map(|days| 0.5_f64.powf(f64::from(days) / 45.0))]
}

#[test]
fn what_a_community_is_cut_from_is_weighed_however_light_it_is() {
    // Old news beside a heavy pair: its whole weight is less than the last bit of the sum.
    let shape = graph("a-b*1 b-c*1e-40 c-d*0");
    for company in companies(&shape, &Partition::new(&[0, 0, 1, 1]), 1.0) {
        assert_eq!((company.size, company.conductance), (2, 1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_share_is_never_beyond_its_bounds(
        links in proptest::collection::vec(((0_u32..8, 0_u32..8), any_weight()), 1..24),
        labels in proptest::collection::vec(0_u32..4, 8),
    ) {
        let (ends, weights): (Vec<_>, Vec<f64>) = links.into_iter().unzip();
        let (graph, weights) = araneus_graph::graph::Graph::build(8, false, &ends, Some(&weights));
        let shape = Shape::new(graph, weights);
        let partition = Partition::new(&labels);
        let all = companies(&shape, &partition, 1.0);
        let strength = |company: &araneus_graph::community::Company| 2.0 * company.internal_weight + company.cut_weight;
        for (at, company) in all.iter().enumerate() {
            let others: f64 = all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| strength(other)).sum();
            let expected = if company.cut_weight > 0.0 { company.cut_weight / strength(company).min(others) } else { 0.0 };
            prop_assert!((0.0..=1.0).contains(&company.conductance), "{company:?}");
            prop_assert!((company.conductance - expected).abs() <= 1e-12, "{company:?}: {expected}");
            prop_assert!((0.0..=1.0).contains(&company.density) && company.modularity_share <= 1.0);
        }
        prop_assert!((0.0..=1.0).contains(&coverage(&shape, &partition)));
        for membership in memberships(&shape, &partition, 0.0) {
            prop_assert!((0.0..=1.0).contains(&membership.share), "{membership:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn communities_hang_together_and_levels_are_nested(shape in any_shape(), seed in 0_u64..50) {
        for method in [Method::Leiden, Method::LeidenCpm] {
            let found = found(&shape, &Config { seed, resolution: 0.7, ..Config::new(method) });
            for level in &found.levels {
                prop_assert!(is_connected_inside(&shape, level), "{:?}", found);
            }
            prop_assert!(found.levels.windows(2).all(|pair| is_nested(&pair[1], &pair[0])));
        }
    }

    #[test]
    fn modularity_agrees_with_its_witness(shape in any_shape(), labels in proptest::collection::vec(0_u32..4, 14), resolution in 0.1_f64..3.0) {
        let partition = Partition::new(&labels[..shape.graph().vertex_count()]);
        let expected = witnesses::modularity(&shape, partition.of(), resolution);
        prop_assert!((modularity(&shape, &partition, resolution) - expected).abs() < 1e-12);
    }

    #[test]
    fn nothing_random_beats_leiden_on_small_graphs(shape in any_shape(), labels in proptest::collection::vec(0_u32..4, 14)) {
        let guess = Partition::new(&labels[..shape.graph().vertex_count()]);
        let leiden = by(&shape, Method::Leiden).quality;
        prop_assert!(leiden >= modularity(&shape, &guess, 1.0) - 1e-12);
        prop_assert!(leiden >= by(&shape, Method::Louvain).quality - 1e-12);
        prop_assert!(leiden >= by(&shape, Method::Components).quality - 1e-12);
    }

    #[test]
    fn strong_components_agree_with_tarjan(shape in any_shape()) {
        let found = by(&shape, Method::StrongComponents);
        let theirs = petgraph::algo::tarjan_scc(shape.graph());
        prop_assert_eq!(found.partition().count(), theirs.len());
        for component in theirs {
            let first = found.partition().of()[component[0] as usize];
            prop_assert!(component.iter().all(|v| found.partition().of()[*v as usize] == first));
        }
    }
}

#[test]
fn communities_of_larger_random_graphs_hang_together() {
    for seed in 0..10 {
        let shape = rmat(9, 1500, false, seed);
        let leiden = by(&shape, Method::Leiden);
        assert!(is_connected_inside(&shape, leiden.partition()), "seed {seed}");
        assert!(leiden.levels.windows(2).all(|pair| is_nested(&pair[1], &pair[0])), "seed {seed}");
        assert!(leiden.quality >= by(&shape, Method::Louvain).quality, "seed {seed}");
    }
}

/// Large enough to be shared between threads, and to end on little gain.
fn large() -> Shape {
    rmat(14, 400_000, false, 5)
}

#[test]
fn threads_change_no_community_of_a_large_graph() {
    let shape = large();
    assert!(shape.simple().link_count() > 200_000);
    for method in [Method::Leiden, Method::Louvain] {
        let one = with_threads(1, || by(&shape, method));
        for threads in [2, 8] {
            assert_eq!(one, with_threads(threads, || by(&shape, method)), "{threads} threads");
        }
        assert!(method == Method::Louvain || is_connected_inside(&shape, one.partition()));
    }
}

/// A large graph's vertices are worked on in an order of their own, those without links not at all.
#[test]
fn communities_of_a_large_graph_are_told_of_its_own_vertices() {
    let shape = large();
    let cold = by(&shape, Method::Leiden);
    assert!(cold.levels.windows(2).all(|pair| is_nested(&pair[1], &pair[0])));
    let (of, sizes) = (cold.partition().of(), cold.partition().sizes());
    let simple = shape.simple();
    let bare: Vec<u32> = simple.vertices().filter(|vertex| simple.outgoing(*vertex).is_empty()).collect();
    assert!(!bare.is_empty() && bare.iter().all(|vertex| sizes[of[*vertex as usize] as usize] == 1));
    let start = Some(of.to_vec());
    let warm = found(&shape, &Config { start, seed: 99, ..Config::new(Method::Leiden) });
    let likeness = mutual_information(warm.partition(), cold.partition());
    assert!(likeness > 0.9, "{likeness}");
}

#[test]
fn the_order_of_links_changes_no_community() {
    let shape = planted(10, 30, 0.3, 0.03, 9);
    let graph = shape.simple();
    let mut links: Vec<(u32, u32)> =
        graph.vertices().flat_map(|a| graph.outgoing(a).iter().map(move |b| (a, *b))).collect();
    links.reverse();
    let again = super::support::shape(graph.vertex_count() as u32, false, &links);
    assert_eq!(by(&shape, Method::Leiden), by(&again, Method::Leiden));
}

#[test]
fn likeness_has_its_closed_forms() {
    let halves = Partition::new(&[0, 0, 1, 1]);
    let crossed = Partition::new(&[0, 1, 0, 1]);
    let whole = Partition::new(&[0; 4]);
    assert_eq!((mutual_information(&halves, &halves), adjusted_rand(&halves, &halves)), (1.0, 1.0));
    assert!(mutual_information(&halves, &crossed).abs() < 1e-12);
    // No pair is together in both; chance expects 2 * 2 / 6, the mean of the two is 2.
    assert!((adjusted_rand(&halves, &crossed) - (0.0 - 2.0 / 3.0) / (2.0 - 2.0 / 3.0)).abs() < 1e-12);
    assert_eq!((mutual_information(&whole, &whole), mutual_information(&whole, &halves)), (1.0, 0.0));
    // Entropies ln 2 and 1.5 ln 2, of which ln 2 is shared.
    let finer = Partition::new(&[0, 0, 1, 2]);
    assert!((mutual_information(&halves, &finer) - 2.0 / 2.5).abs() < 1e-12);
    let none = Partition::new(&[]);
    assert!((mutual_information(&none, &none) - 1.0).abs() < 1e-12);
}

#[test]
fn clear_communities_are_stable_and_chance_ones_are_not() {
    let judge = |shape: &Shape| {
        let config = Config::new(Method::LabelPropagation);
        let found = found(shape, &config);
        stability(shape, &config, found.partition(), 8, &Watch::new()).expect("nobody asked to stop")
    };
    let clear = judge(&planted(6, 30, 0.6, 0.01, 3));
    assert!(clear.of.iter().chain(&clear.companies).all(|share| *share > 0.99), "{clear:?}");
    assert!(clear.mutual_information > 0.99 && clear.adjusted_rand > 0.99);
    let unclear = judge(&path(60));
    assert!(unclear.of.iter().sum::<f64>() / 60.0 < 0.8 && unclear.adjusted_rand < 0.8);
}

#[test]
fn a_sweep_shows_where_a_graph_has_a_scale() {
    let config = Config::new(Method::LeidenCpm);
    let steps = sweep(&ring_of_cliques(12, 5), &config, &[0.001, 0.3, 0.5, 0.7], &Watch::new());
    let steps = steps.expect("nobody asked to stop");
    let counts: Vec<usize> = steps.iter().map(|step| step.found.partition().count()).collect();
    assert!(counts[0] < 12 && counts[1..] == [12; 3], "{counts:?}");
    assert!(steps[1].likeness < 1.0 && steps[2].likeness > 1.0 - 1e-12);
}

#[test]
fn brokers_belong_to_both_sides() {
    // c stands between the triangles a b c and c d e.
    let shape = graph("a-b b-c c-a c-d d-e e-c");
    let partition = Partition::new(&[0, 0, 0, 1, 1]);
    let listed = memberships(&shape, &partition, 0.4);
    let of = |vertex: u32| -> Vec<(u32, f64)> {
        listed.iter().filter(|one| one.vertex == vertex).map(|one| (one.community, one.share)).collect()
    };
    assert_eq!(of(2), [(0, 0.5), (1, 0.5)]);
    assert_eq!(of(3), [(0, 0.5), (1, 0.5)]);
    assert_eq!(of(0), [(0, 1.0)]);
    assert_eq!(memberships(&shape, &partition, 0.6).len(), 5);
    let lone = super::support::shape(1, false, &[]);
    let alone = memberships(&lone, &Partition::new(&[0]), 0.5);
    assert_eq!((alone.len(), alone[0].share), (1, 1.0));
}

#[test]
fn coverage_is_the_weight_that_stays() {
    let shape = graph("a-b*3 b-c*1 c-d*4");
    assert!((coverage(&shape, &Partition::new(&[0, 0, 1, 1])) - 7.0 / 8.0).abs() < 1e-15);
    let bare = super::support::shape(2, false, &[]);
    assert!((coverage(&bare, &Partition::new(&[0, 1])) - 1.0).abs() < 1e-15);
}

fn by_cliques(shape: &Shape, size: usize) -> Vec<Vec<u32>> {
    clique_communities(shape, size, 100_000, &Watch::new()).expect("there are few cliques")
}

#[test]
fn cliques_that_share_all_but_one_vertex_belong_together() {
    // c is in both triangles, which share no link; of a b c and b c d they share one.
    assert_eq!(by_cliques(&graph("a-b b-c c-a c-d d-e e-c"), 3), [vec![0, 1, 2], vec![2, 3, 4]]);
    assert_eq!(by_cliques(&graph("a-b b-c c-a b-d c-d d-e"), 3), [vec![0, 1, 2, 3]]);
    assert_eq!(by_cliques(&barbell(6), 5), [(0..6).collect::<Vec<_>>(), (6..12).collect()]);
    assert!(by_cliques(&path(9), 3).is_empty());
    let dense = planted(1, 30, 0.9, 0.9, 2);
    assert!(clique_communities(&dense, 4, 100, &Watch::new()).is_none());
}

proptest! {
    #[test]
    fn clique_communities_agree_with_their_definition(shape in any_shape(), size in 3_usize..6) {
        prop_assert_eq!(by_cliques(&shape, size), witnesses::clique_communities(&shape, size));
    }
}
