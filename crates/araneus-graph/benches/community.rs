//! Each method on planted groups and on a skewed graph; compare with one thread: `RAYON_NUM_THREADS=1`.

use std::hint::black_box;

use araneus_graph::community::{DetectionConfig, METHODS, find};
use araneus_graph::graph::{Graph, WeightedGraph};
use araneus_graph::progress::Progress;
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "support/generators.rs"]
mod generators;

fn community(criterion: &mut Criterion) {
    let inputs = [
        ("planted-10000-vertices-50000-links", 10_000, generators::planted(10_000, 5, 30, 1)),
        ("rmat-16384-vertices-131072-links", 1 << 14, generators::rmat(14, 8, 1)),
    ];
    for (size, vertices, links) in inputs {
        let (graph, weights) = Graph::build(vertices, true, &links, None);
        let weighted_graph = WeightedGraph::new(graph, weights);
        let mut group = criterion.benchmark_group(size);
        group.sample_size(10);
        for &(name, method) in METHODS {
            let config = DetectionConfig {
                resolution: if name == "leiden-cpm" { 0.05 } else { 1.0 },
                ..DetectionConfig::new(method)
            };
            group.bench_function(name, |bench| {
                bench.iter(|| find(black_box(&weighted_graph), &config, &Progress::silent()));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, community);
criterion_main!(benches);
