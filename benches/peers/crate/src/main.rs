//! The crates `graph` and `graph_builder` (neo4j-labs) as a contender: `araneus-peers GRAPH THREADS`.
//!
//! Their kernels start one thread for each processor of the process; the harness binds the process to the requested
//! number of processors.

use std::path::Path;

use graph::prelude::*;

#[path = "../../worker.rs"]
mod worker;

use worker::{Cost, GraphFile, timed};

/// The same links in the two types of graph that the kernels need.
struct Made {
    both_ways: DirectedCsrGraph<u32>,
    one_way: DirectedCsrGraph<u32>,
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [graph, threads] = arguments.as_slice() else {
        eprintln!("usage: araneus-peers GRAPH THREADS");
        std::process::exit(2);
    };
    let threads = threads.parse().unwrap_or(1);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(std::io::Error::other)?;
    let file = worker::read(Path::new(graph))?;
    let mut made = None;
    worker::serve("graph 0.3.2, graph_builder 0.4.2", |kernel| match kernel {
        "build" => {
            let (links, cost) = build(&file);
            Some((vec![links as f64], cost))
        }
        "prepare" => {
            let (graphs, cost) = timed(|| prepare(&file));
            made = Some(graphs);
            Some((vec![file.pairs.len() as f64], cost))
        }
        _ => run(&file, made.as_ref().expect("the harness asks for `prepare` first"), kernel),
    })
}

/// Rows are sorted and parallel links are merged, as in Araneus.
fn build(file: &GraphFile) -> (u32, Cost) {
    if let Some(weights) = &file.weights {
        let links =
            || file.pairs.iter().zip(weights).map(|(&(source, target), &weight)| (source, target, weight));
        let builder = GraphBuilder::new().csr_layout(CsrLayout::Deduplicated);
        let (graph, cost) =
            timed(|| -> UndirectedCsrGraph<u32, (), f64> { builder.edges_with_values(links()).build() });
        return (graph.edge_count(), cost);
    }
    let (graph, cost) = timed(|| undirected(file));
    (graph.edge_count(), cost)
}

fn undirected(file: &GraphFile) -> UndirectedCsrGraph<u32> {
    GraphBuilder::new().csr_layout(CsrLayout::Deduplicated).edges(file.pairs.iter().copied()).build()
}

fn prepare(file: &GraphFile) -> Made {
    let forward = file.pairs.iter().copied();
    let backward = file.pairs.iter().map(|&(source, target)| (target, source));
    let directed = |edges: Vec<(u32, u32)>| -> DirectedCsrGraph<u32> {
        GraphBuilder::new().csr_layout(CsrLayout::Sorted).edges(edges).build()
    };
    Made {
        both_ways: directed(forward.clone().chain(backward).collect()),
        one_way: directed(forward.collect()),
    }
}

fn run(file: &GraphFile, made: &Made, kernel: &str) -> Option<(Vec<f64>, Cost)> {
    let whole = |mut values: Vec<f64>, rest: f64| {
        // Vertices beyond the last link are unknown to the crate.
        values.resize(file.vertices as usize, rest);
        values
    };
    match kernel {
        _ if file.directed => None,
        "pagerank_20" => {
            let ((ranks, _, _), cost) =
                timed(|| page_rank(&made.both_ways, PageRankConfig::new(20, 0.0, 0.85)));
            Some((whole(ranks.into_iter().map(f64::from).collect(), f64::NAN), cost))
        }
        "components" => {
            let (parts, cost) = timed(|| wcc_afforest(&made.one_way, WccConfig::default()));
            let of: Vec<u32> = parts.to_vec();
            let mut values: Vec<f64> = of.into_iter().map(f64::from).collect();
            values.extend((values.len() as u32..file.vertices).map(f64::from));
            Some((values, cost))
        }
        "triangles" => {
            // The count is only fast on a graph ordered by degree, so ordering it is part of the work.
            let mut graph = undirected(file);
            let (count, cost) = timed(|| {
                relabel_graph(&mut graph);
                global_triangle_count(&graph)
            });
            Some((vec![count as f64], cost))
        }
        _ => None,
    }
}
