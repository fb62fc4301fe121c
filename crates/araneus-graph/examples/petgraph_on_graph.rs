//! petgraph's own algorithms on this crate's rows: on a graph, and on a view of some of its links, without a copy.
//!
//! `cargo run -p araneus-graph --example petgraph_on_graph`

use std::collections::BTreeMap;

use araneus_graph::graph::{Graph, GraphView, LinkOccurrence, LinkOccurrences};
use petgraph::algo::{
    articulation_points::articulation_points, bridges::bridges, connected_components, dijkstra, kosaraju_scc,
    toposort,
};
use petgraph::visit::EdgeRef;

const INFRASTRUCTURE: u32 = 1 << 0;
const FINANCE: u32 = 1 << 1;

/// Reported links: source, target, layer, first year, last year, weight.
const REPORTS: [(u32, u32, u32, i64, i64, f64); 9] = [
    (0, 1, INFRASTRUCTURE, 2019, 2021, 1.0),
    (1, 2, INFRASTRUCTURE, 2020, 2024, 2.0),
    (2, 0, INFRASTRUCTURE, 2023, 2024, 1.0),
    (2, 3, FINANCE, 2020, 2022, 4.0),
    (2, 3, INFRASTRUCTURE, 2024, 2024, 1.0),
    (3, 4, FINANCE, 2021, 2024, 1.0),
    (4, 5, FINANCE, 2022, 2024, 1.0),
    (5, 3, INFRASTRUCTURE, 2018, 2018, 3.0),
    (6, 5, FINANCE, 2022, 2024, 2.0),
];

#[expect(clippy::print_stdout, reason = "an example shows its results")]
fn main() {
    let links: Vec<(u32, u32)> = REPORTS.iter().map(|report| (report.0, report.1)).collect();
    let occurrences =
        REPORTS.map(|(_, _, layers, first, last, weight)| LinkOccurrence { layers, first, last, weight });

    // A directed graph, as links were reported. Algorithms take a reference to it.
    let (graph, _weights) = Graph::build(7, true, &links, None);
    println!("connected components: {}", connected_components(&graph));
    println!("strongly connected components: {:?}", kosaraju_scc(&graph));
    println!("has a cycle: {}", toposort(&graph, None).is_err());

    // The graph has one link from 2 to 3; its occurrences keep both reports.
    let of_directed = LinkOccurrences::new(&graph, &links, &occurrences);
    let all = GraphView::new(&graph, &of_directed);

    // A view costs nothing to make and is passed by value. Money flows in one direction:
    let money = all.in_layers(FINANCE);
    println!("order of payments: {:?}", toposort(money, None));
    // The weight of a link in a view is the sum over its occurrences in the view.
    let costs: BTreeMap<u32, f64> = dijkstra(money, 2, None, |link| *link.weight()).into_iter().collect();
    println!("cheapest paths from 2: {costs:?}");

    // Each year by itself, over all layers.
    for year in [2018, 2021, 2024] {
        let in_year = all.within(year..=year);
        let components = connected_components(in_year);
        println!("{year}: {} links, {components} connected components", in_year.link_count());
    }

    // Bridges and articulation points of the undirected graph, at all times and in 2024.
    let (graph, _weights) = Graph::build(7, false, &links, None);
    let of_undirected = LinkOccurrences::new(&graph, &links, &occurrences);
    let today = GraphView::new(&graph, &of_undirected).within(2024..=2024);
    let sorted = |mut ends: Vec<(u32, u32)>| {
        ends.sort_unstable();
        ends
    };
    println!("bridges: {:?}", sorted(bridges(&graph).map(|link| link.id()).collect()));
    println!("bridges in 2024: {:?}", sorted(bridges(today).map(|link| link.id()).collect()));
    let mut points: Vec<u32> = articulation_points(today).into_iter().collect();
    points.sort_unstable();
    println!("articulation points in 2024: {points:?}");
}
