//! Burt's measures, ego networks, articulation points and assortativity, compared with slow witnesses and closed forms.

use araneus_graph::community::{self, Method};
use araneus_graph::graph::{Graph, WeightedGraph, articulation_points, connected_components};
use araneus_graph::metrics::{
    METRICS, assortativity_by_degree, assortativity_by_kind, assortativity_by_value, constraint_of,
    participation, participation_in_layers,
};
use araneus_graph::progress::Progress;
use proptest::prelude::*;

use super::support::{
    any_graph, assert_close, barbell, bits, clique, column, parse, path, planted, rmat, star,
};

/// The edge strength of each two vertices, by the definition.
fn strengths(weighted_graph: &WeightedGraph, is_weighted: bool) -> Vec<Vec<f64>> {
    let (graph, weights) = (weighted_graph.graph(), weighted_graph.weights());
    let mut strengths = vec![vec![0.0; graph.vertex_count()]; graph.vertex_count()];
    for one in graph.vertices() {
        for (&other, &weight) in graph.outgoing(one).iter().zip(weights.outgoing(graph, one)) {
            let weight = if is_weighted { weight } else { 1.0 };
            if one != other {
                strengths[one as usize][other as usize] += weight;
                if graph.is_directed() {
                    strengths[other as usize][one as usize] += weight;
                }
            }
        }
    }
    strengths
}

fn links_of(simple: &Graph) -> Vec<(u32, u32)> {
    let row = |one: u32| {
        simple.outgoing(one).iter().filter(move |other| **other > one).map(move |other| (one, *other))
    };
    simple.vertices().flat_map(row).collect()
}

fn constraint(z: &[Vec<f64>]) -> Vec<f64> {
    let count = z.len();
    let p = |i: usize, j: usize| z[i][j] / z[i].iter().sum::<f64>();
    let one = |i: usize| {
        let to = |j: usize| {
            let through = (0..count).filter(|q| *q != i && *q != j && z[i][*q] > 0.0);
            (p(i, j) + through.map(|q| p(i, q) * p(q, j)).sum::<f64>()).powi(2)
        };
        let neighbours: Vec<usize> = (0..count).filter(|j| z[i][*j] > 0.0).collect();
        if neighbours.is_empty() { f64::NAN } else { neighbours.into_iter().map(to).sum() }
    };
    (0..count).map(one).collect()
}

fn effective_size(z: &[Vec<f64>]) -> Vec<f64> {
    let count = z.len();
    let p = |i: usize, j: usize| z[i][j] / z[i].iter().sum::<f64>();
    let m = |j: usize, q: usize| z[j][q] / z[j].iter().copied().fold(0.0, f64::max);
    let one = |i: usize| {
        let neighbours: Vec<usize> = (0..count).filter(|j| z[i][*j] > 0.0).collect();
        let share =
            |j: usize| 1.0 - neighbours.iter().filter(|q| **q != j).map(|q| p(i, *q) * m(j, *q)).sum::<f64>();
        if neighbours.is_empty() { f64::NAN } else { neighbours.iter().map(|j| share(*j)).sum() }
    };
    (0..count).map(one).collect()
}

/// The number and the weight of the links in each ego network.
fn egos(weighted_graph: &WeightedGraph) -> Vec<(f64, f64)> {
    let z = strengths(weighted_graph, true);
    let one = |i: usize| {
        let ego: Vec<usize> = (0..z.len()).filter(|j| *j == i || z[i][*j] > 0.0).collect();
        let within = || ego.iter().flat_map(|a| ego.iter().filter(move |b| *b < a).map(|b| z[*a][*b]));
        (within().filter(|weight| *weight > 0.0).count() as f64, within().sum())
    };
    (0..z.len()).map(one).collect()
}

fn without(graph: &Graph, is_left_out: impl Fn(u32, u32) -> bool) -> u32 {
    let links = graph.vertices().flat_map(|one| graph.outgoing(one).iter().map(move |other| (one, *other)));
    let links: Vec<(u32, u32)> = links.filter(|(one, other)| !is_left_out(*one, *other)).collect();
    connected_components(&Graph::build(graph.vertex_count() as u32, false, &links, None).0).count
}

#[test]
fn constraint_has_closed_forms() {
    assert_close(&column(&star(4), "constraint"), &[0.25, 1.0, 1.0, 1.0, 1.0], 1e-14);
    let one: f64 = 1.0 / 5.0 + 4.0 / 25.0;
    assert_close(&column(&clique(6), "constraint"), &[5.0 * one * one; 6], 1e-14);
    assert_close(&column(&path(3), "constraint"), &[1.0, 0.5, 1.0], 1e-14);
    assert!(column(&parse("a-b c"), "constraint")[2].is_nan());
    assert!(column(&parse("a-b c c-c"), "effective_size")[2].is_nan());
}

#[test]
fn constraint_agrees_with_igraph() {
    // python-igraph 1.0.0, Graph.constraint.
    let weighted_graph = parse("a>b b>c b>a c>a c>d");
    let known = [0.913_580_246_913_580_1, 0.913_580_246_913_580_1, 0.728_395_061_728_395_2, 1.0];
    assert_close(&column(&weighted_graph, "constraint"), &known, 1e-14);
    let weighted_graph = parse("a-b*1 b-c*2 a-c*3 c-d*4");
    let known = [1.013_888_888_888_888_8, 1.148_919_753_086_419_7, 0.456_875_857_338_820_25, 1.0];
    assert_close(&column(&weighted_graph, "constraint_weighted"), &known, 1e-14);
}

#[test]
fn effective_size_has_closed_forms() {
    assert_close(&column(&star(4), "effective_size"), &[4.0, 1.0, 1.0, 1.0, 1.0], 1e-14);
    assert_close(&column(&clique(6), "effective_size"), &[1.0; 6], 1e-14);
    let weighted_graph = planted(3, 12, 0.6, 0.1, 3);
    let triangles = column(&weighted_graph, "triangles");
    let borgatti = |vertex: u32| {
        let degree = weighted_graph.simple().outgoing(vertex).len() as f64;
        degree - 2.0 * triangles[vertex as usize] / degree
    };
    let expected: Vec<f64> = weighted_graph.simple().vertices().map(borgatti).collect();
    assert_close(&column(&weighted_graph, "effective_size"), &expected, 1e-12);
}

#[test]
fn ego_networks_of_stars_and_cliques_are_known() {
    assert_eq!(column(&star(4), "ego_links"), [4.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(column(&clique(5), "ego_weight_weighted"), [10.0; 5]);
}

#[test]
fn a_barbell_has_one_bridge() {
    let weighted_graph = barbell(4);
    assert_eq!(column(&weighted_graph, "articulation"), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(articulation_points(weighted_graph.simple()).bridges, [(3, 4)]);
    assert_eq!(column(&star(5), "articulation")[..2], [4.0, 0.0]);
    assert_eq!(column(&star(5), "bridges")[..2], [5.0, 1.0]);
    // A deep graph does not overflow the stack.
    let long = column(&path(300_000), "articulation");
    assert_eq!((long[0], long[1], long[150_000]), (0.0, 1.0, 1.0));
}

#[test]
fn assortativity_is_known_in_plain_cases() {
    assert_close(&[assortativity_by_degree(star(5).simple())], &[-1.0], 1e-12);
    assert!(assortativity_by_degree(clique(4).simple()).is_nan());
    let barbell = barbell(4);
    let kinds = [0, 0, 0, 0, 1, 1, 1, 1];
    // 12 of 13 links are within a kind, and each kind has half of the ends.
    assert_close(&[assortativity_by_kind(barbell.simple(), &kinds, 2)], &[(12.0 / 13.0 - 0.5) / 0.5], 1e-12);
    let values = kinds.map(f64::from);
    assert_close(&[assortativity_by_value(barbell.simple(), &values)], &[(12.0 / 13.0 - 0.5) / 0.5], 1e-12);
    let unknown = [f64::NAN, 0.0, 1.0];
    assert_close(&[assortativity_by_value(path(3).simple(), &unknown)], &[-1.0], 1e-12);
}

#[test]
fn participation_is_known_in_plain_cases() {
    let kinds = [0, 0, 0, 0, 1, 1, 1, 1];
    let found = participation(barbell(4).simple(), &kinds, 2);
    assert_close(&found[2..4], &[0.0, 1.0 - 10.0 / 16.0], 1e-14);
    assert!(participation(parse("a").simple(), &[0], 1)[0].is_nan());
    let layers = [vec![3.0, 2.0, 0.0], vec![3.0, 0.0, 0.0]];
    let found = participation_in_layers(&layers);
    assert_close(&found[..2], &[1.0, 0.0], 1e-14);
    assert!(found[2].is_nan());
}

#[test]
fn triangles_beyond_the_table_of_hubs_are_counted() {
    // With 16 bits for each link, not every vertex is a hub here.
    let weighted_graph = rmat(9, 1500, false, 11);
    assert_eq!(column(&weighted_graph, "triangles"), super::witnesses::triangles(&weighted_graph));
    let weighted_graph = planted(60, 5, 0.9, 0.001, 12);
    assert_eq!(column(&weighted_graph, "triangles"), super::witnesses::triangles(&weighted_graph));
}

#[test]
fn a_link_of_weight_0_joins_nothing() {
    let (plain, carved) = (parse("a-b*1 b-c*1 c-d*1"), parse("a-b*1 b-c*1 c-d*1 a-c*0 b-d*0 a-d*0"));
    for (name, expected) in [
        ("constraint_weighted", [1.0, 0.5, 0.5, 1.0]),
        ("effective_size_weighted", [1.0, 2.0, 2.0, 1.0]),
        ("ego_weight_weighted", [1.0, 2.0, 2.0, 1.0]),
    ] {
        assert_eq!(
            (column(&plain, name), column(&carved, name)),
            (expected.to_vec(), expected.to_vec()),
            "{name}"
        );
    }
    let apart = parse("a-b*1 c-d*0");
    let unknown = |name: &str| column(&apart, name).into_iter().map(f64::is_nan).collect::<Vec<bool>>();
    assert_eq!(unknown("constraint_weighted"), [false, false, true, true]);
    assert_eq!(unknown("effective_size_weighted"), [false, false, true, true]);
    assert_eq!(column(&apart, "ego_weight_weighted"), [1.0, 1.0, 0.0, 0.0]);
}

/// Links of up to nine vertices.
fn some_links(weight: impl Strategy<Value = f64>) -> impl Strategy<Value = Vec<((u32, u32), f64)>> {
    proptest::collection::vec(((0_u32..9, 0_u32..9), weight), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn links_of_weight_0_change_no_weighted_column_and_no_community(
        links in some_links(0.1_f64..9.0), weightless in some_links(Just(0.0)), directed in any::<bool>(),
    ) {
        let build = |links: &[((u32, u32), f64)]| {
            let (ends, weights): (Vec<_>, Vec<f64>) = links.iter().copied().unzip();
            let (graph, weights) = Graph::build(9, directed, &ends, Some(&weights));
            WeightedGraph::new(graph, weights)
        };
        let (without, with) = (build(&links), build(&[links, weightless].concat()));
        for metric in METRICS.iter().filter(|metric| metric.name.contains("_weighted") || metric.name == "strength") {
            let [one, other] = [&without, &with].map(|weighted_graph| bits(&column(weighted_graph, metric.name)));
            prop_assert_eq!(one, other, "{}", metric.name);
        }
        for method in [Method::Leiden, Method::LeidenCpm, Method::Louvain, Method::LabelPropagation] {
            let found = |weighted_graph| community::find(weighted_graph, &community::DetectionConfig::new(method), &Progress::silent());
            prop_assert_eq!(found(&without), found(&with), "{}", method.name());
        }
    }

    #[test]
    fn burts_measures_agree_with_the_definition(weighted_graph in any_graph()) {
        for (suffix, is_weighted) in [("", false), ("_weighted", weighted_graph.weights().are_given())] {
            let z = strengths(&weighted_graph, is_weighted);
            assert_close(&column(&weighted_graph, &format!("constraint{suffix}")), &constraint(&z), 1e-11);
            assert_close(&column(&weighted_graph, &format!("effective_size{suffix}")), &effective_size(&z), 1e-11);
        }
    }

    #[test]
    fn ego_networks_agree_with_the_witness(weighted_graph in any_graph()) {
        let weighted_graph = if weighted_graph.weights().are_given() { weighted_graph } else {
            WeightedGraph::new(weighted_graph.simple().clone(), weighted_graph.simple_weights().clone())
        };
        let expected = egos(&weighted_graph);
        let (links, weights) = (column(&weighted_graph, "ego_links"), column(&weighted_graph, "ego_weight_weighted"));
        assert_close(&links, &expected.iter().map(|ego| ego.0).collect::<Vec<_>>(), 1e-12);
        assert_close(&weights, &expected.iter().map(|ego| ego.1).collect::<Vec<_>>(), 1e-12);
    }

    #[test]
    fn constraint_of_an_ego_equals_the_metric(weighted_graph in any_graph()) {
        let simple = weighted_graph.simple();
        let (graph, weights) = Graph::build(simple.vertex_count() as u32, false, &links_of(simple), None);
        let expected = column(&WeightedGraph::new(graph, weights), "constraint");
        let found: Vec<f64> = simple
            .vertices()
            .map(|ego| constraint_of(ego, |vertex| simple.outgoing(vertex).to_vec()).unwrap_or(f64::NAN))
            .collect();
        assert_close(&found, &expected, 1e-12);
    }

    #[test]
    fn articulation_points_and_bridges_separate_components(weighted_graph in any_graph()) {
        let simple = weighted_graph.simple();
        let whole = connected_components(simple).count;
        let found = articulation_points(simple);
        for vertex in simple.vertices() {
            // The vertex itself is then a component of its own.
            let more = without(simple, |one, other| one == vertex || other == vertex) - whole;
            let is_alone = simple.outgoing(vertex).is_empty();
            prop_assert_eq!(found.extra_components[vertex as usize] + u32::from(!is_alone), more);
        }
        for one in simple.vertices() {
            for &other in simple.outgoing(one).iter().filter(|other| **other > one) {
                let is_bridge = without(simple, |a, b| (a, b) == (one, other) || (b, a) == (one, other)) > whole;
                prop_assert_eq!(found.bridges.contains(&(one, other)), is_bridge);
            }
        }
    }

    #[test]
    fn degree_assortativity_is_a_correlation(weighted_graph in any_graph()) {
        let simple = weighted_graph.simple();
        let degree = |v: u32| simple.outgoing(v).len() as f64;
        let ends: Vec<(f64, f64)> = simple
            .vertices()
            .flat_map(|one| simple.outgoing(one).iter().map(move |other| (degree(one), degree(*other))))
            .collect();
        let count = ends.len() as f64;
        let mean = |value: fn(&(f64, f64)) -> f64| ends.iter().map(value).sum::<f64>() / count;
        let (x, xx, xy) = (mean(|e| e.0), mean(|e| e.0 * e.0), mean(|e| e.0 * e.1));
        let found = assortativity_by_degree(simple);
        if (xx - x * x).abs() > 1e-9 {
            assert_close(&[found], &[(xy - x * x) / (xx - x * x)], 1e-8);
        }
    }
}
