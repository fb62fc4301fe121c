//! Ranks, scores and layers that take many steps along all rows.

use araneus_graph::community::{DetectionConfig, Method, find};
use araneus_graph::graph::{Graph, WeightedGraph, checked_count};
use araneus_graph::metrics::{self, KatzParameters, PageRankParameters};
use araneus_graph::progress::Progress;
use proptest::prelude::*;

use super::support::{
    any_graph, assert_close, bits, clique, column, grid, parse, path, rmat, star, unweighted, with_threads,
};

/// Plain passes, many more than are needed.
fn walked(weighted_graph: &WeightedGraph, jumps: &[f64], is_weighted: bool) -> Vec<f64> {
    let (graph, weights) = (weighted_graph.graph(), weighted_graph.weights());
    let mut ranks = jumps.to_vec();
    for _ in 0..400 {
        let mut next = vec![0.0; ranks.len()];
        let mut stranded = 0.0;
        for vertex in graph.vertices() {
            let row = weights.outgoing(graph, vertex);
            let row: Vec<f64> = row.iter().map(|weight| if is_weighted { *weight } else { 1.0 }).collect();
            let total: f64 = row.iter().sum();
            if total == 0.0 {
                stranded += ranks[vertex as usize];
            }
            for (neighbour, weight) in graph.outgoing(vertex).iter().zip(row).filter(|_| total > 0.0) {
                next[*neighbour as usize] += ranks[vertex as usize] * weight / total;
            }
        }
        for (next, jump) in next.iter_mut().zip(jumps) {
            *next = 0.15 * jump + 0.85 * (*next + stranded * jump);
        }
        ranks = next;
    }
    ranks
}

fn even(weighted_graph: &WeightedGraph) -> Vec<f64> {
    vec![1.0 / weighted_graph.graph().vertex_count() as f64; weighted_graph.graph().vertex_count()]
}

/// Power iteration: steps, each scaled to norm 1.
fn powered(mut values: Vec<f64>, step: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    for _ in 0..3_000 {
        values = step(&values);
        let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        if norm > 0.0 {
            for value in &mut values {
                *value /= norm;
            }
        }
    }
    values
}

fn pulled(graph: &Graph, values: &[f64]) -> Vec<f64> {
    graph.vertices().map(|v| graph.incoming(v).iter().map(|u| values[*u as usize]).sum()).collect()
}

fn pushed(graph: &Graph, values: &[f64]) -> Vec<f64> {
    graph.vertices().map(|v| graph.outgoing(v).iter().map(|u| values[*u as usize]).sum()).collect()
}

#[test]
fn one_more_pass_changes_ranks_by_the_tolerance_at_most() {
    for weighted_graph in
        [rmat(10, 5_000, true, 1), rmat(10, 5_000, false, 2), grid(40, 30), path(500), star(50)]
    {
        let graph = weighted_graph.graph();
        for ranks in [column(&weighted_graph, "pagerank"), column(&weighted_graph, "pagerank_weighted")] {
            let stranded: f64 =
                graph.vertices().filter(|v| graph.outgoing(*v).is_empty()).map(|v| ranks[v as usize]).sum();
            let count = ranks.len() as f64;
            let moved: f64 = graph
                .vertices()
                .map(|v| {
                    let share = |u: &u32| ranks[*u as usize] / graph.outgoing(*u).len() as f64;
                    let pulled: f64 = graph.incoming(v).iter().map(share).sum();
                    ((0.15 + 0.85 * stranded) / count + 0.85 * pulled - ranks[v as usize]).abs()
                })
                .sum();
            assert!(moved <= 1e-13, "moved by {moved:e}");
            assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-13);
        }
    }
}

#[test]
fn a_seed_on_a_path_ranks_its_own_end_higher() {
    let weighted_graph = path(5);
    let ranks = metrics::personalised_pagerank(
        weighted_graph.graph(),
        &[(0, 2.0)],
        &PageRankParameters::default(),
        &Progress::silent(),
    )
    .expect("the computation is not cancelled");
    assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-13);
    assert!(ranks[0] > ranks[3] && ranks[2] > ranks[3] && ranks[3] > ranks[4]);
    let none = metrics::personalised_pagerank(
        weighted_graph.graph(),
        &[(0, 0.0)],
        &PageRankParameters::default(),
        &Progress::silent(),
    )
    .expect("the computation is not cancelled");
    assert!(none.iter().all(|rank| rank.is_nan()));
}

#[test]
fn seeds_may_come_in_any_order_and_more_than_once() {
    let weighted_graph = rmat(8, 900, true, 4);
    let ranks = |seeds: &[(u32, f64)]| {
        bits(
            &metrics::personalised_pagerank(
                weighted_graph.graph(),
                seeds,
                &PageRankParameters::default(),
                &Progress::silent(),
            )
            .expect("the computation is not cancelled"),
        )
    };
    assert_eq!(
        ranks(&[(3, 0.1), (9, 0.7), (3, 0.2), (3, 0.3)]),
        ranks(&[(3, 0.3), (3, 0.1), (3, 0.2), (9, 0.7)])
    );
}

#[test]
fn a_looser_tolerance_takes_fewer_passes() {
    let weighted_graph = rmat(10, 6_000, false, 3);
    let work = |tolerance: f64| {
        let progress = Progress::silent();
        let parameters = PageRankParameters { tolerance, ..PageRankParameters::default() };
        metrics::pagerank(weighted_graph.graph(), None, &parameters, &progress)
            .expect("the computation is not cancelled");
        progress.work_done()
    };
    assert!(work(1e-6) < work(1e-10) && work(1e-10) < work(1e-13));
}

#[test]
fn pagerank_of_any_damping_satisfies_its_equation() {
    for (directed, seed) in [(false, 3), (true, 4)] {
        let weighted_graph = rmat(8, 1_500, directed, seed);
        let graph = weighted_graph.graph();
        for damping in [0.0, 0.5, 0.99] {
            let parameters = PageRankParameters { damping, ..PageRankParameters::default() };
            let ranks = metrics::pagerank(graph, None, &parameters, &Progress::silent())
                .expect("the computation is not cancelled");
            let is_dead_end = |vertex: &u32| graph.outgoing(*vertex).is_empty();
            let stranded: f64 =
                graph.vertices().filter(is_dead_end).map(|vertex| ranks[vertex as usize]).sum();
            let count = graph.vertex_count() as f64;
            for vertex in graph.vertices() {
                let share = |source: &u32| ranks[*source as usize] / graph.outgoing(*source).len() as f64;
                let incoming: f64 = graph.incoming(vertex).iter().map(share).sum();
                let expected = (1.0 - damping) / count + damping * (incoming + stranded / count);
                assert!((ranks[vertex as usize] - expected).abs() < 1e-12, "damping {damping}");
            }
        }
    }
}

#[test]
fn katz_of_any_alpha_satisfies_its_equation_and_diverges_to_nan() {
    let clique = clique(5);
    let parameters = |alpha| KatzParameters { alpha: Some(alpha), ..KatzParameters::default() };
    let katz = |graph: &WeightedGraph, alpha| {
        metrics::katz(graph.graph(), &parameters(alpha), &Progress::silent())
            .expect("the computation is not cancelled")
    };
    // The largest eigenvalue of this clique is 4.
    assert_close(&katz(&clique, 0.2), &[1.0 / 5.0_f64.sqrt(); 5], 1e-12);
    assert!(katz(&clique, 0.3).iter().all(|value| value.is_nan()));
    // A path of two links has walks of length 0, 1 and 2 only.
    let chain = unweighted(3, true, &[(0, 1), (1, 2)]);
    let norm = (1.0_f64 + 9.0 + 49.0).sqrt();
    assert_close(&katz(&chain, 2.0), &[1.0 / norm, 3.0 / norm, 7.0 / norm], 1e-12);
}

#[test]
fn katz_of_a_clique_and_of_a_star() {
    assert_close(&column(&clique(9), "katz"), &[1.0 / 3.0; 9], 1e-12);
    // With a = 1/(1 + 9): hub h = 1 + 9 a l, leaf l = 1 + a h.
    let a = 0.1;
    let hub: f64 = (1.0 + 9.0 * a) / (1.0 - 9.0 * a * a);
    let leaf = 1.0 + a * hub;
    let norm = (hub * hub + 9.0 * leaf * leaf).sqrt();
    assert_close(&column(&star(9), "katz")[..2], &[hub / norm, leaf / norm], 1e-12);
}

#[test]
fn hubs_have_links_to_authorities() {
    let weighted_graph = parse("a>c a>d b>c b>d e>d f>g");
    let (hubs, authorities) = (column(&weighted_graph, "hub"), column(&weighted_graph, "authority"));
    assert_eq!((hubs[2], authorities[0], hubs[6]), (0.0, 0.0, 0.0));
    assert!(hubs[0] > hubs[4] && authorities[3] > authorities[2]);
    assert!(hubs[5] < 1e-9 && authorities[6] < 1e-9);
}

#[test]
fn layers_of_an_onion() {
    // The vertex without links is removed first, then the tail of the triangle from its end.
    let weighted_graph = parse("a-b b-c c-a c-d d-e f");
    assert_eq!(column(&weighted_graph, "onion_layer"), [4.0, 4.0, 4.0, 3.0, 2.0, 1.0]);
    assert_eq!(column(&path(7), "onion_layer"), [1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0]);
    assert_eq!(column(&clique(6), "onion_layer"), [1.0; 6]);
}

#[test]
fn threads_change_no_bit_of_large_graphs() {
    for directed in [false, true] {
        let all = || {
            let weighted_graph = rmat(13, 60_000, directed, 8);
            ["pagerank", "pagerank_weighted", "katz", "hub", "authority", "core_number", "onion_layer"]
                .map(|name| bits(&column(&weighted_graph, name)))
        };
        let one = with_threads(1, all);
        for threads in [2, 8] {
            assert!(one == with_threads(threads, all), "{threads} threads");
        }
    }
}

#[test]
fn threads_and_order_change_no_bit_of_a_large_build() {
    let links: Vec<(u32, u32)> = (0..1_500_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 17, i.wrapping_mul(40_503) % 9_001))
        .collect();
    let weights: Vec<f64> = (0..links.len()).map(|i| 0.1 + (i % 977) as f64 / 7.0).collect();
    let mut backward: Vec<((u32, u32), f64)> = links.iter().copied().zip(weights.iter().copied()).collect();
    backward.reverse();
    let (backward, backward_weights): (Vec<(u32, u32)>, Vec<f64>) = backward.into_iter().unzip();
    let columns: (Vec<u32>, Vec<u32>) = links.iter().copied().unzip();
    for directed in [false, true] {
        let seen = |(graph, weights): (Graph, araneus_graph::graph::Weights)| {
            let rows: Vec<(Vec<u32>, Vec<u64>)> = graph
                .vertices()
                .map(|v| (graph.incoming(v).to_vec(), bits(weights.incoming(&graph, v))))
                .collect();
            (graph, rows)
        };
        let one = with_threads(1, || seen(Graph::build(1 << 15, directed, &links, Some(&weights))));
        for threads in [2, 8] {
            let other = with_threads(threads, || {
                seen(Graph::build(1 << 15, directed, &backward, Some(&backward_weights)))
            });
            assert!(one == other, "{threads} threads");
        }
        let ends = (columns.0.as_slice(), columns.1.as_slice());
        assert!(one == seen(Graph::build_columns(1 << 15, directed, ends, Some(&weights))));
    }
}

#[test]
fn numbers_beyond_32_bits_are_errors() {
    assert_eq!(checked_count(7), Ok(7));
    let refused = checked_count(1 << 32).expect_err("it is one too many");
    assert_eq!(refused.to_string(), "4294967296 is more than a graph can number; the limit is 4294967295");
}

#[test]
fn a_solver_that_breaks_down_leaves_ranks_to_passes() {
    let ends = [1, 11, 7, 5, 1, 10, 7, 5, 8, 10];
    let links: Vec<(u32, u32)> = [0, 1, 2, 5, 7, 7, 8, 9, 11, 11].into_iter().zip(ends).collect();
    let (graph, weights) = Graph::build(12, true, &links, Some(&[0.1; 10]));
    let weighted_graph = WeightedGraph::new(graph, weights);
    assert_close(
        &column(&weighted_graph, "pagerank"),
        &walked(&weighted_graph, &even(&weighted_graph), false),
        1e-11,
    );
    assert_close(
        &column(&weighted_graph, "pagerank_weighted"),
        &walked(&weighted_graph, &even(&weighted_graph), true),
        1e-11,
    );
    let found = metrics::personalised_pagerank(
        weighted_graph.graph(),
        &[(7, 1.0), (0, 3.0)],
        &PageRankParameters::default(),
        &Progress::silent(),
    );
    let mut jumps = vec![0.0; 12];
    (jumps[0], jumps[7]) = (0.75, 0.25);
    assert_close(&found.expect("not stopped"), &walked(&weighted_graph, &jumps, false), 1e-11);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn walks_agree_with_plain_passes(weighted_graph in any_graph(), seed in 0_u32..14) {
        assert_close(&column(&weighted_graph, "pagerank"), &walked(&weighted_graph, &even(&weighted_graph), false), 1e-11);
        assert_close(&column(&weighted_graph, "pagerank_weighted"), &walked(&weighted_graph, &even(&weighted_graph), true), 1e-11);
        let seed = seed % weighted_graph.graph().vertex_count() as u32;
        let mut jumps = vec![0.0; weighted_graph.graph().vertex_count()];
        jumps[seed as usize] += 0.25;
        jumps[0] += 0.75;
        let found = metrics::personalised_pagerank(weighted_graph.graph(), &[(seed, 1.0), (0, 3.0)], &PageRankParameters::default(), &Progress::silent());
        assert_close(&found.expect("the computation is not cancelled"), &walked(&weighted_graph, &jumps, false), 1e-10);
    }

    #[test]
    fn katz_agrees_with_plain_steps(weighted_graph in any_graph()) {
        let graph = weighted_graph.graph();
        let most = graph.vertices().map(|v| graph.incoming(v).len()).max().unwrap_or(0);
        let a = 1.0 / (1.0 + most as f64);
        let mut values = vec![1.0; graph.vertex_count()];
        for _ in 0..1_000 {
            values = pulled(graph, &values).iter().map(|pulled| 1.0 + a * pulled).collect();
        }
        let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        let expected: Vec<f64> = values.iter().map(|value| value / norm).collect();
        assert_close(&column(&weighted_graph, "katz"), &expected, 1e-10);
    }

    /// The solver for directed graphs can break down on small graphs, and is restarted then.
    #[test]
    fn every_small_directed_graph_has_katz_values(links in proptest::collection::vec((0_u32..5, 0_u32..5), 0..14)) {
        let values = column(&super::support::unweighted(5, true, &links), "katz");
        prop_assert!(values.iter().all(|value| value.is_finite() && *value > 0.0));
    }

    #[test]
    fn hits_agree_with_plain_steps(weighted_graph in any_graph()) {
        let graph = weighted_graph.graph();
        let start = pulled(graph, &vec![1.0; graph.vertex_count()]);
        let authorities = powered(start, |values| pulled(graph, &pushed(graph, values)));
        let hubs = powered(pushed(graph, &authorities), |values| pushed(graph, &pulled(graph, values)));
        assert_close(&column(&weighted_graph, "authority"), &authorities, 1e-4);
        assert_close(&column(&weighted_graph, "hub"), &hubs, 1e-4);
    }

    #[test]
    fn layers_agree_with_removing_vertices_wave_by_wave(weighted_graph in any_graph()) {
        let graph = weighted_graph.simple();
        let count = graph.vertex_count();
        let (mut layers, mut wave, mut k) = (vec![0.0; count], 0.0, 0);
        while layers.contains(&0.0) {
            let left = |v: u32| {
                graph.outgoing(v).iter().filter(|u| layers[**u as usize] == 0.0).count()
            };
            let degrees: Vec<(u32, usize)> =
                graph.vertices().filter(|v| layers[*v as usize] == 0.0).map(|v| (v, left(v))).collect();
            k = k.max(degrees.iter().map(|pair| pair.1).min().unwrap_or(0));
            wave += 1.0;
            for (vertex, _) in degrees.iter().filter(|pair| pair.1 <= k) {
                layers[*vertex as usize] = wave;
            }
        }
        prop_assert_eq!(column(&weighted_graph, "onion_layer"), layers);
    }

    #[test]
    fn strong_components_agree_with_petgraph(weighted_graph in any_graph()) {
        let found = find(&weighted_graph, &DetectionConfig::new(Method::StrongComponents), &Progress::silent());
        let found = found.expect("the computation is not cancelled");
        let mut expected = vec![0; weighted_graph.graph().vertex_count()];
        for (number, component) in petgraph::algo::kosaraju_scc(weighted_graph.graph()).into_iter().enumerate() {
            for vertex in component {
                expected[vertex as usize] = number as u32;
            }
        }
        prop_assert_eq!(found.partition(), &araneus_graph::community::Partition::new(&expected));
    }
}
