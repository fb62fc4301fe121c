//! Sampled betweenness and estimated distances, compared with the exact values.

use araneus_graph::graph::WeightedGraph;
use araneus_graph::metrics::{SampledBetweenness, SamplingParameters, sampled_betweenness};
use araneus_graph::progress::Progress;
use proptest::prelude::*;

use super::support::{
    any_graph, assert_close, barbell, bits, clique, column, grid, parse, path, planted, rmat, star,
    unweighted, with_threads,
};
use super::witnesses;

fn sampled(weighted_graph: &WeightedGraph, epsilon: f64, seed: u64) -> SampledBetweenness {
    sampled_betweenness(
        weighted_graph.graph(),
        &SamplingParameters { epsilon, delta: 0.1, seed },
        &Progress::silent(),
    )
    .expect("the computation is not cancelled")
}

/// Returns whether all vertices are within their bounds.
fn is_within_bounds(sampled: &SampledBetweenness, exact: &[f64]) -> bool {
    let pairs = sampled.values.iter().zip(exact).zip(&sampled.errors);
    pairs.into_iter().all(|((found, exact), error)| (found - exact).abs() <= error + 1e-9 * exact.abs())
}

#[test]
fn sampled_betweenness_is_within_its_bounds() {
    let graphs =
        [rmat(9, 4000, true, 5), rmat(10, 9000, false, 6), planted(4, 50, 0.3, 0.02, 7), grid(20, 15)];
    for weighted_graph in graphs {
        let exact = column(&weighted_graph, "betweenness");
        let count = weighted_graph.graph().vertex_count() as f64;
        let most =
            0.02 * count * (count - 1.0) * if weighted_graph.graph().is_directed() { 1.0 } else { 0.5 };
        let results: Vec<SampledBetweenness> =
            (0..10).map(|seed| sampled(&weighted_graph, 0.02, seed)).collect();
        let failed = results.iter().filter(|sampled| !is_within_bounds(sampled, &exact)).count();
        assert!(failed <= 1, "{failed} of 10 failed at a chance of 0.1");
        for sampled in results {
            assert!(sampled.errors.iter().all(|error| *error <= most * (1.0 + 1e-12)));
        }
    }
}

#[test]
fn sampled_betweenness_of_trees_and_cliques_is_exact() {
    for weighted_graph in [path(40), star(9), parse("a-b b-c c-d b-e e-f e-g h-i j")] {
        let found = sampled(&weighted_graph, 0.01, 1);
        assert_eq!(bits(&found.values), bits(&column(&weighted_graph, "betweenness")));
        assert!(found.errors.iter().all(|error| *error == 0.0));
    }
    assert_eq!(column(&clique(8), "betweenness_sampled"), [0.0; 8]);
    // All pairs across have the two middle vertices between them, in any sample.
    let barbell = column(&barbell(5), "betweenness_sampled");
    assert_eq!(barbell[..4], [0.0; 4]);
}

#[test]
fn more_samples_reduce_the_error() {
    let weighted_graph = planted(3, 40, 0.3, 0.03, 9);
    let exact = column(&weighted_graph, "betweenness");
    let worst = |epsilon: f64| {
        let found = sampled(&weighted_graph, epsilon, 3).values;
        found.iter().zip(&exact).map(|(found, exact)| (found - exact).abs()).fold(0.0, f64::max)
    };
    assert!(worst(0.002) < worst(0.1));
    assert!(sampled(&weighted_graph, 0.002, 3).samples > sampled(&weighted_graph, 0.1, 3).samples);
}

#[test]
fn estimated_distances_have_the_published_error() {
    for weighted_graph in [rmat(10, 9000, false, 6), rmat(10, 9000, true, 5), grid(30, 20)] {
        for (exact, estimate) in [("harmonic", "harmonic_estimate"), ("closeness", "closeness_estimate")] {
            let (exact, found) = (column(&weighted_graph, exact), column(&weighted_graph, estimate));
            let known = exact.iter().zip(&found).filter(|(exact, _)| **exact > 0.0);
            let errors: Vec<f64> =
                known.map(|(exact, found)| (found / exact - 1.0) * (found / exact - 1.0)).collect();
            let error = (errors.iter().sum::<f64>() / errors.len() as f64).sqrt();
            assert!(error < 2.0 * araneus_graph::graph::HYPERBALL_ERROR, "{estimate}: {error}");
        }
    }
}

#[test]
fn hyperball_is_exact_on_stars_and_cliques() {
    assert_eq!(column(&clique(9), "harmonic_estimate"), [8.0; 9]);
    assert_eq!(column(&clique(9), "closeness_estimate"), [1.0; 9]);
    assert_eq!(column(&star(9), "harmonic_estimate")[..1], [9.0]);
    assert_eq!(column(&unweighted(3, true, &[(0, 0)]), "harmonic_estimate"), [0.0; 3]);
}

#[test]
fn betweenness_of_long_and_wide_graphs_agrees_with_the_witness() {
    // These graphs change between pushing and summing at different levels.
    for weighted_graph in
        [grid(7, 5), rmat(6, 300, false, 4), rmat(6, 120, true, 8), planted(3, 15, 0.7, 0.05, 2)]
    {
        assert_close(
            &column(&weighted_graph, "betweenness"),
            &witnesses::betweenness(&weighted_graph),
            1e-11,
        );
    }
}

#[test]
fn threads_change_no_sample() {
    let weighted_graph = rmat(9, 4000, false, 6);
    let one = with_threads(1, || sampled(&weighted_graph, 0.01, 4));
    for threads in [2, 8] {
        assert_eq!(one, with_threads(threads, || sampled(&weighted_graph, 0.01, 4)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn sampled_betweenness_of_small_graphs_is_close(weighted_graph in any_graph()) {
        let count = weighted_graph.graph().vertex_count() as f64;
        let found = sampled(&weighted_graph, 0.03, 5).values;
        // One of many cases may exceed its bound; none may be far off.
        for (found, exact) in found.iter().zip(witnesses::betweenness(&weighted_graph)) {
            prop_assert!((found - exact).abs() <= 0.06 * count * (count - 1.0), "{found}, exact {exact}");
        }
    }
}
