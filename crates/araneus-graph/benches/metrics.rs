//! Each metric of the table on a skewed graph; compare with one thread: `RAYON_NUM_THREADS=1`.

use std::hint::black_box;

use araneus_graph::graph::{Graph, WeightedGraph};
use araneus_graph::metrics::{METRICS, SharedResults};
use araneus_graph::progress::Progress;
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "support/generators.rs"]
mod generators;

fn metrics(criterion: &mut Criterion) {
    let (graph, weights) = Graph::build(1 << 14, true, &generators::rmat(14, 2, 1), None);
    let weighted_graph = WeightedGraph::new(graph, weights);
    let mut group = criterion.benchmark_group("rmat-16384-vertices-32768-links");
    group.sample_size(10);
    for metric in METRICS {
        group.bench_function(metric.name, |bench| {
            bench.iter(|| {
                (metric.measure)(&SharedResults::new(black_box(&weighted_graph)), &Progress::silent())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, metrics);
criterion_main!(benches);
