//! petgraph's own algorithms on our rows: on a graph, and on a view of some of its links, without a copy.
//!
//! `cargo run -p araneus-graph --example petgraph_on_graph`

use std::collections::BTreeMap;

use araneus_graph::graph::{Graph, Mark, Marks, View};
use petgraph::algo::{
    articulation_points::articulation_points, bridges::bridges, connected_components, dijkstra, kosaraju_scc,
    toposort,
};
use petgraph::visit::EdgeRef;

const INFRASTRUCTURE: u32 = 1 << 0;
const FINANCE: u32 = 1 << 1;

/// Who is tied to whom, in which layer, from which year to which, and how strongly.
const TIES: [(u32, u32, u32, i64, i64, f64); 9] = [
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

#[expect(clippy::print_stdout, reason = "an example shows what it finds")]
fn main() {
    let links: Vec<(u32, u32)> = TIES.iter().map(|tie| (tie.0, tie.1)).collect();
    let marks = TIES.map(|(_, _, layers, first, last, weight)| Mark { layers, first, last, weight });

    // A directed graph, as links were reported. Algorithms take a reference to it.
    let (graph, _weights) = Graph::build(7, true, &links, None);
    println!("parts: {}", connected_components(&graph));
    println!("groups that reach each other: {:?}", kosaraju_scc(&graph));
    println!("has a cycle: {}", toposort(&graph, None).is_err());

    // The graph has one link from 2 to 3; its marks still know that it was reported twice.
    let marks_of_links = Marks::new(&graph, &links, &marks);
    let all = View::new(&graph, &marks_of_links);

    // A view costs nothing to make and is passed by value. Money flows one way:
    let money = all.in_layers(FINANCE);
    println!("order of payments: {:?}", toposort(money, None));
    // The weight of a link in view is the sum over what is in view of it.
    let costs: BTreeMap<u32, f64> = dijkstra(money, 2, None, |link| *link.weight()).into_iter().collect();
    println!("cheapest ways from 2: {costs:?}");

    // Each year by itself, over all layers.
    for year in [2018, 2021, 2024] {
        let then = all.within(year..=year);
        println!("{year}: {} links, {} parts", then.link_count(), connected_components(then));
    }

    // What holds an undirected graph together, at all times and today.
    let (graph, _weights) = Graph::build(7, false, &links, None);
    let marks_of_links = Marks::new(&graph, &links, &marks);
    let today = View::new(&graph, &marks_of_links).within(2024..=2024);
    let ends = |mut links: Vec<(u32, u32)>| {
        links.sort_unstable();
        links
    };
    println!("bridges: {:?}", ends(bridges(&graph).map(|link| link.id()).collect()));
    println!("bridges today: {:?}", ends(bridges(today).map(|link| link.id()).collect()));
    let mut cuts: Vec<u32> = articulation_points(today).into_iter().collect();
    cuts.sort_unstable();
    println!("articulation points today: {cuts:?}");
}
