//! Betweenness from samples, and distances from estimated balls, against the exact ones.

use araneus_graph::graph::Shape;
use araneus_graph::metrics::{Sampled, betweenness_within};
use araneus_graph::progress::Watch;
use proptest::prelude::*;

use super::support::{
    any_shape, assert_close, barbell, bits, clique, column, graph, grid, path, planted, rmat, shape, star,
    with_threads,
};
use super::witnesses;

fn sampled(shape: &Shape, epsilon: f64, seed: u64) -> Sampled {
    betweenness_within(shape.graph(), epsilon, 0.1, seed, &Watch::new()).expect("nobody asked to stop")
}

/// Says whether all vertices are within their bounds.
fn holds(sampled: &Sampled, exact: &[f64]) -> bool {
    let pairs = sampled.values.iter().zip(exact).zip(&sampled.errors);
    pairs.into_iter().all(|((found, exact), error)| (found - exact).abs() <= error + 1e-9 * exact.abs())
}

#[test]
fn sampled_betweenness_is_within_its_bounds() {
    let shapes =
        [rmat(9, 4000, true, 5), rmat(10, 9000, false, 6), planted(4, 50, 0.3, 0.02, 7), grid(20, 15)];
    for shape in shapes {
        let exact = column(&shape, "betweenness");
        let count = shape.graph().vertex_count() as f64;
        let most = 0.02 * count * (count - 1.0) * if shape.graph().is_directed() { 1.0 } else { 0.5 };
        let results: Vec<Sampled> = (0..10).map(|seed| sampled(&shape, 0.02, seed)).collect();
        let failed = results.iter().filter(|sampled| !holds(sampled, &exact)).count();
        assert!(failed <= 1, "{failed} of 10 failed at a chance of 0.1");
        for sampled in results {
            assert!(sampled.errors.iter().all(|error| *error <= most * (1.0 + 1e-12)));
        }
    }
}

#[test]
fn sampled_betweenness_is_exact_where_nothing_is_left_to_chance() {
    for shape in [path(40), star(9), graph("a-b b-c c-d b-e e-f e-g h-i j")] {
        let found = sampled(&shape, 0.01, 1);
        assert_eq!(bits(&found.values), bits(&column(&shape, "betweenness")));
        assert!(found.errors.iter().all(|error| *error == 0.0));
    }
    assert_eq!(column(&clique(8), "betweenness_sampled"), [0.0; 8]);
    // All pairs across have the two middle vertices between, whatever is drawn.
    let barbell = column(&barbell(5), "betweenness_sampled");
    assert_eq!(barbell[..4], [0.0; 4]);
}

#[test]
fn more_samples_come_nearer() {
    let shape = planted(3, 40, 0.3, 0.03, 9);
    let exact = column(&shape, "betweenness");
    let worst = |epsilon: f64| {
        let found = sampled(&shape, epsilon, 3).values;
        found.iter().zip(&exact).map(|(found, exact)| (found - exact).abs()).fold(0.0, f64::max)
    };
    assert!(worst(0.002) < worst(0.1));
    assert!(sampled(&shape, 0.002, 3).samples > sampled(&shape, 0.1, 3).samples);
}

#[test]
fn estimated_distances_are_near() {
    for shape in [rmat(10, 9000, false, 6), rmat(10, 9000, true, 5), grid(30, 20)] {
        for (exact, estimate) in [("harmonic", "harmonic_estimate"), ("closeness", "closeness_estimate")] {
            let (exact, found) = (column(&shape, exact), column(&shape, estimate));
            let known = exact.iter().zip(&found).filter(|(exact, _)| **exact > 0.0);
            let errors: Vec<f64> =
                known.map(|(exact, found)| (found / exact - 1.0) * (found / exact - 1.0)).collect();
            let error = (errors.iter().sum::<f64>() / errors.len() as f64).sqrt();
            assert!(error < 2.0 * araneus_graph::graph::BALL_ERROR, "{estimate}: {error}");
        }
    }
}

#[test]
fn balls_of_stars_and_cliques_are_known() {
    assert_eq!(column(&clique(9), "harmonic_estimate"), [8.0; 9]);
    assert_eq!(column(&clique(9), "closeness_estimate"), [1.0; 9]);
    assert_eq!(column(&star(9), "harmonic_estimate")[..1], [9.0]);
    assert_eq!(column(&shape(3, true, &[(0, 0)]), "harmonic_estimate"), [0.0; 3]);
}

#[test]
fn betweenness_of_long_and_wide_graphs_agrees_with_the_witness() {
    // Pushing and summing change over at different levels in these.
    for shape in [grid(7, 5), rmat(6, 300, false, 4), rmat(6, 120, true, 8), planted(3, 15, 0.7, 0.05, 2)] {
        assert_close(&column(&shape, "betweenness"), &witnesses::betweenness(&shape), 1e-11);
    }
}

#[test]
fn threads_change_no_sample() {
    let shape = rmat(9, 4000, false, 6);
    let one = with_threads(1, || sampled(&shape, 0.01, 4));
    for threads in [2, 8] {
        assert_eq!(one, with_threads(threads, || sampled(&shape, 0.01, 4)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn sampled_betweenness_of_small_graphs_is_near(shape in any_shape()) {
        let count = shape.graph().vertex_count() as f64;
        let found = sampled(&shape, 0.03, 5).values;
        // Some case of many may miss its bound; none may be far off.
        for (found, exact) in found.iter().zip(witnesses::betweenness(&shape)) {
            prop_assert!((found - exact).abs() <= 0.06 * count * (count - 1.0), "{found}, exact {exact}");
        }
    }
}
