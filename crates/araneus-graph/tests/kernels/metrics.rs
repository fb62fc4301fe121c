//! Each metric, compared with a slow witness, closed forms, and itself on other numbers of threads.

use araneus_graph::graph::WeightedGraph;
use araneus_graph::metrics::{self, METRICS, SharedResults};
use araneus_graph::progress::Progress;
use proptest::prelude::*;

use super::support::{
    any_graph, assert_close, barbell, bits, clique, column, grid, parse, path, planted, rmat, star,
    unweighted, with_threads,
};
use super::witnesses;

fn all(weighted_graph: &WeightedGraph) -> Vec<Vec<f64>> {
    metrics::measure(weighted_graph, METRICS, &Progress::silent()).expect("the computation is not cancelled")
}

fn has_same_bits(one: &[Vec<f64>], other: &[Vec<f64>]) -> bool {
    one.iter().zip(other).all(|(one, other)| bits(one) == bits(other))
}

#[test]
fn every_file_is_in_the_table_and_every_row_has_a_file() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/metrics");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the module is a folder")
        .map(|entry| entry.expect("an entry").path())
        // Folders have the code that several metrics share.
        .filter(|path| path.is_file())
        .map(|path| path.file_name().expect("a file has a name").to_string_lossy().into_owned())
        .filter(|name| name != "mod.rs")
        .map(|name| name.trim_end_matches(".rs").to_owned())
        // The table, its types, and functions that need more than a graph or return less than a column.
        .filter(|name| !["mod", "metric", "assortativity", "participation"].contains(&name.as_str()))
        .collect();
    files.sort();
    let mut rows: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    rows.sort_unstable();
    assert_eq!(files, rows);
}

#[test]
fn every_metric_states_its_conventions() {
    for metric in METRICS {
        let reads = &metric.reads;
        let sentences = [
            metric.about,
            reads.direction,
            reads.weights,
            reads.dead_ends,
            reads.self_links,
            reads.disconnected,
        ];
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.')), "{}", metric.name);
        assert!(!metric.unit.is_empty() && !metric.source.is_empty(), "{}", metric.name);
        assert_eq!(metrics::named(metric.name).expect("it is on the table").name, metric.name);
    }
    assert!(metrics::named("no-such-metric").is_none());
}

#[test]
fn a_self_link_counts_two_one_one() {
    for text in ["a>a a>b*1 c", "a-a a-b*1 c"] {
        let directed = text.contains('>');
        let weighted_graph = parse(text);
        assert_eq!(column(&weighted_graph, "degree"), [3.0, 1.0, 0.0]);
        assert_eq!(column(&weighted_graph, "strength"), [3.0, 1.0, 0.0]);
        assert_eq!(
            column(&weighted_graph, "in_degree"),
            if directed { [1.0, 1.0, 0.0] } else { [2.0, 1.0, 0.0] }
        );
        assert_eq!(
            column(&weighted_graph, "out_degree"),
            if directed { [2.0, 0.0, 0.0] } else { [2.0, 1.0, 0.0] }
        );
    }
}

#[test]
fn strength_adds_the_weights_of_both_directions() {
    let directed = parse("a>b*1.5 b>a*2 b>c*4 c>c*8");
    assert_eq!(column(&directed, "strength"), [3.5, 7.5, 20.0]);
    assert_eq!(column(&directed, "in_strength_weighted"), [2.0, 1.5, 12.0]);
    assert_eq!(column(&directed, "out_strength_weighted"), [1.5, 6.0, 8.0]);
    let undirected = parse("a-b*1.5 b-c*4 c-c*8");
    for name in ["in_strength_weighted", "out_strength_weighted"] {
        assert_eq!(column(&undirected, name), [1.5, 5.5, 12.0]);
    }
}

#[test]
fn weights_change_only_strength_and_weighted_metrics() {
    let (plain, weighted) = (parse("a>b b>c c>a c>d"), parse("a>b*3 b>c*0.25 c>a*7 c>d*2"));
    for metric in
        METRICS.iter().filter(|metric| !metric.name.contains("weighted") && metric.name != "strength")
    {
        assert_eq!(
            bits(&column(&plain, metric.name)),
            bits(&column(&weighted, metric.name)),
            "{}",
            metric.name
        );
    }
    assert_ne!(column(&plain, "strength"), column(&weighted, "strength"));
}

#[test]
fn the_middle_of_a_path_is_between_all_pairs_across() {
    let expected: Vec<f64> = (0..100).map(|v| f64::from(v) * (99.0 - f64::from(v))).collect();
    assert_eq!(column(&path(100), "betweenness"), expected);
}

#[test]
fn betweenness_of_trees_and_of_trees_on_a_ring_agrees_with_the_witness() {
    for text in ["a-b b-c c-d b-e e-f e-g h-i j", "a-b b-c c-d d-a a-e e-f e-g c-h h-i i-j i-k i-i l-m"] {
        let weighted_graph = parse(text);
        assert_close(
            &column(&weighted_graph, "betweenness"),
            &witnesses::betweenness(&weighted_graph),
            1e-12,
        );
    }
}

#[test]
fn a_star_has_one_centre() {
    let weighted_graph = star(9);
    assert_eq!(column(&weighted_graph, "betweenness")[..2], [36.0, 0.0]);
    assert_eq!(column(&weighted_graph, "harmonic")[..2], [9.0, 5.0]);
    assert_close(&column(&weighted_graph, "closeness")[..2], &[1.0, 9.0 / 17.0], 1e-14);
    assert_eq!(column(&weighted_graph, "core_number"), [1.0; 10]);
    assert_eq!(column(&weighted_graph, "clustering"), [0.0; 10]);
    let leaf = 1.0 / 18.0_f64.sqrt();
    assert_close(&column(&weighted_graph, "eigenvector")[..2], &[0.5_f64.sqrt(), leaf], 1e-12);
    // The hub's rank h and a leaf's l: h = 0.015 + 0.85 * 9 l, l = 0.015 + 0.85 h / 9.
    let hub = (0.015 + 0.85 * 9.0 * 0.015) / (1.0 - 0.85 * 0.85);
    assert_close(&column(&weighted_graph, "pagerank")[..2], &[hub, 0.015 + 0.85 * hub / 9.0], 1e-12);
}

#[test]
fn all_vertices_of_a_clique_are_equal() {
    let weighted_graph = clique(8);
    assert_eq!(column(&weighted_graph, "core_number"), [7.0; 8]);
    assert_eq!(column(&weighted_graph, "triangles"), [21.0; 8]);
    assert_eq!(column(&weighted_graph, "clustering"), [1.0; 8]);
    assert_eq!(column(&weighted_graph, "betweenness"), [0.0; 8]);
    assert_close(&column(&weighted_graph, "pagerank"), &[0.125; 8], 1e-13);
    assert_close(&column(&weighted_graph, "eigenvector"), &[0.125_f64.sqrt(); 8], 1e-13);
}

#[test]
fn a_bridge_of_a_barbell_carries_all_pairs_across() {
    let betweenness = column(&barbell(5), "betweenness");
    assert_eq!(betweenness[4..6], [20.0, 20.0]);
    assert_eq!(betweenness[..4], [0.0; 4]);
}

#[test]
fn eigenvectors_of_paths_and_grids_are_sines() {
    let wave = |n: u32, v: u32| (std::f64::consts::PI * f64::from(v + 1) / f64::from(n + 1)).sin();
    let unit = |values: Vec<f64>| {
        let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        values.into_iter().map(|value| value / norm).collect::<Vec<f64>>()
    };
    assert_close(&column(&path(500), "eigenvector"), &unit((0..500).map(|v| wave(500, v)).collect()), 1e-8);
    let expected = (0..600).map(|v| wave(30, v % 30) * wave(20, v / 30)).collect();
    assert_close(&column(&grid(30, 20), "eigenvector"), &unit(expected), 1e-8);
}

#[test]
fn eigenvector_is_nan_for_several_components_and_for_directed_graphs() {
    assert!(column(&parse("a-b c"), "eigenvector").iter().all(|value| value.is_nan()));
    assert!(column(&parse("a>b b>a"), "eigenvector").iter().all(|value| value.is_nan()));
    assert_eq!(column(&parse("a"), "eigenvector"), [1.0]);
}

#[test]
fn rank_flows_backward_from_dead_ends_to_all() {
    let ranks = column(&parse("a>b c"), "pagerank");
    assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(ranks[1] > ranks[0] && (ranks[0] - ranks[2]).abs() < 1e-15);
}

#[test]
fn too_many_searches_give_nan() {
    // 63,247 vertices times 31,623 links is just above 2e9.
    let links: Vec<(u32, u32)> = (0..31_623).map(|link| (2 * link, 2 * link + 1)).collect();
    let weighted_graph = unweighted(63_247, false, &links);
    for name in ["betweenness", "harmonic", "closeness"] {
        assert!(column(&weighted_graph, name).iter().all(|value| value.is_nan()), "{name}");
    }
}

#[test]
fn graphs_without_vertices_or_links_have_columns() {
    for vertices in [0, 1, 3] {
        for directed in [false, true] {
            for (metric, column) in METRICS.iter().zip(all(&unweighted(vertices, directed, &[]))) {
                assert_eq!(column.len(), vertices as usize, "{}", metric.name);
            }
        }
    }
}

#[test]
fn a_cancelled_metric_returns_none() {
    let progress = Progress::silent();
    progress.cancel();
    let weighted_graph = planted(3, 10, 0.6, 0.05, 1);
    for metric in METRICS {
        // The eigenvector of such a small graph is finished before the first check.
        if metric.name != "eigenvector" {
            assert!(
                (metric.measure)(&SharedResults::new(&weighted_graph), &progress).is_none(),
                "{}",
                metric.name
            );
        }
    }
}

#[test]
fn threads_change_no_bit() {
    for weighted_graph in [rmat(9, 4000, true, 5), rmat(9, 4000, false, 6), planted(4, 50, 0.3, 0.02, 7)] {
        let one = with_threads(1, || all(&weighted_graph));
        for threads in [2, 8] {
            let many = with_threads(threads, || all(&weighted_graph));
            assert!(has_same_bits(&one, &many), "{threads} threads");
        }
    }
}

#[test]
fn the_order_of_links_changes_no_bit_of_any_metric() {
    let mut links: Vec<(u32, u32)> = (0..400_u32).map(|i| (i * i % 83, (i * 7 + 3) % 89)).collect();
    let one = all(&unweighted(90, true, &links));
    links.reverse();
    assert!(has_same_bits(&one, &all(&unweighted(90, true, &links))));
}

#[test]
fn witnesses_agree_on_a_skewed_graph() {
    let weighted_graph = rmat(7, 500, true, 3);
    assert_close(&column(&weighted_graph, "harmonic"), &witnesses::harmonic(&weighted_graph), 1e-12);
    assert_close(&column(&weighted_graph, "betweenness"), &witnesses::betweenness(&weighted_graph), 1e-11);
    assert_close(&column(&weighted_graph, "pagerank"), &witnesses::pagerank(&weighted_graph), 1e-10);
    assert_eq!(column(&weighted_graph, "triangles"), witnesses::triangles(&weighted_graph));
    assert_eq!(column(&weighted_graph, "core_number"), witnesses::core_number(&weighted_graph));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn kernels_agree_with_their_witnesses(weighted_graph in any_graph()) {
        assert_close(&column(&weighted_graph, "harmonic"), &witnesses::harmonic(&weighted_graph), 1e-12);
        assert_close(&column(&weighted_graph, "closeness"), &witnesses::closeness(&weighted_graph), 1e-12);
        assert_close(&column(&weighted_graph, "betweenness"), &witnesses::betweenness(&weighted_graph), 1e-11);
        assert_close(&column(&weighted_graph, "pagerank"), &witnesses::pagerank(&weighted_graph), 1e-10);
        prop_assert_eq!(column(&weighted_graph, "triangles"), witnesses::triangles(&weighted_graph));
        prop_assert_eq!(column(&weighted_graph, "core_number"), witnesses::core_number(&weighted_graph));
    }

    #[test]
    fn clustering_is_triangles_per_pair(weighted_graph in any_graph()) {
        let triangles = witnesses::triangles(&weighted_graph);
        let share = |v: u32| match weighted_graph.simple().outgoing(v).len() as f64 {
            degree if degree < 2.0 => 0.0,
            degree => triangles[v as usize] / (degree * (degree - 1.0) / 2.0),
        };
        let expected: Vec<f64> = weighted_graph.simple().vertices().map(share).collect();
        assert_close(&column(&weighted_graph, "clustering"), &expected, 1e-14);
    }

    #[test]
    fn eigenvector_agrees_with_power_iteration(vertices in 2_u32..12, extra in proptest::collection::vec((0_u32..12, 0_u32..12), 0..20)) {
        // A path keeps the graph connected; the other links are random, with self-links.
        let mut links: Vec<(u32, u32)> = (1..vertices).map(|v| (v - 1, v)).collect();
        links.extend(extra.iter().map(|(a, b)| (a % vertices, b % vertices)));
        let weighted_graph = unweighted(vertices, false, &links);
        assert_close(&column(&weighted_graph, "eigenvector"), &witnesses::eigenvector(&weighted_graph), 1e-8);
    }

    // petgraph's own page_rank leaves out jumps along links, so it is no witness for ours.
    #[test]
    fn harmonic_agrees_with_petgraph_distances(weighted_graph in any_graph()) {
        let mut expected = vec![0.0; weighted_graph.graph().vertex_count()];
        for source in weighted_graph.graph().vertices() {
            let far = petgraph::algo::dijkstra(weighted_graph.graph(), source, None, |_| 1_u32);
            for target in weighted_graph.graph().vertices().filter(|target| *target != source) {
                expected[target as usize] += far.get(&target).map_or(0.0, |distance| 1.0 / f64::from(*distance));
            }
        }
        assert_close(&column(&weighted_graph, "harmonic"), &expected, 1e-12);
    }
}
