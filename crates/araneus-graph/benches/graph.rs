//! Building a graph, its simple graph and its connected components; compare with one thread: `RAYON_NUM_THREADS=1`.

use std::hint::black_box;

use araneus_graph::graph::{Graph, connected_components};
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "support/generators.rs"]
mod generators;

fn graph(criterion: &mut Criterion) {
    let links = generators::rmat(14, 16, 1);
    let weights: Vec<f64> = links.iter().map(|link| f64::from(link.0 % 7) + 1.0).collect();
    let size = "rmat-16384-vertices-262144-links";
    criterion.bench_function(&format!("build/{size}"), |bench| {
        bench.iter(|| Graph::build(1 << 14, true, black_box(&links), Some(&weights)));
    });
    let (graph, weights) = Graph::build(1 << 14, true, &links, Some(&weights));
    criterion.bench_function(&format!("simple/{size}"), |bench| {
        bench.iter(|| black_box(&graph).simple(&weights));
    });
    criterion.bench_function(&format!("connected-components/{size}"), |bench| {
        bench.iter(|| connected_components(black_box(&graph)));
    });
}

criterion_group!(benches, graph);
criterion_main!(benches);
