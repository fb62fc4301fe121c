//! Araneus as a contender: runs named kernels on a graph file on request. See `README.md` beside this file.
//!
//! `peers_driver GRAPH THREADS`. A kernel is a row of METRICS, a method of communities, or one of the
//! kernels below; a row without a metric is answered with "missing".

use std::path::Path;
use std::process::ExitCode;

use araneus::community::{self, DetectionConfig, Method};
use araneus::graph::{Graph, WeightedGraph, connected_components};
use araneus::metrics::{self, PageRankParameters, SharedResults};
use araneus::progress::Progress;

mod worker;

/// Allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// L1 step at which peers stop PageRank.
const STEP: f64 = 1e-10;

use worker::{Cost, GraphFile, timed};

#[expect(clippy::print_stderr, reason = "the harness shows what went wrong")]
fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [graph, threads] = arguments.as_slice() else {
        eprintln!("usage: peers_driver GRAPH THREADS");
        return ExitCode::from(2);
    };
    match drive(Path::new(graph), threads.parse().unwrap_or(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{graph}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn drive(path: &Path, threads: usize) -> std::io::Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(std::io::Error::other)?;
    let file = worker::read(path)?;
    pool.install(|| {
        let mut weighted_graph = None;
        worker::serve(env!("CARGO_PKG_VERSION"), |kernel| {
            if kernel == "build" {
                let ((graph, _weights), cost) = timed(|| build(&file));
                return Some((vec![graph.link_count() as f64], cost));
            }
            if kernel == "prepare" {
                let (made, cost) = timed(|| {
                    let (graph, weights) = build(&file);
                    WeightedGraph::new(graph, weights)
                });
                let links = made.graph().link_count();
                weighted_graph = Some(made);
                return Some((vec![links as f64], cost));
            }
            run(weighted_graph.as_ref().expect("the harness asks for `prepare` first"), kernel)
        })
    })
}

fn build(file: &GraphFile) -> (Graph, araneus::graph::Weights) {
    Graph::build(file.vertices, file.directed, &file.pairs, file.weights.as_deref())
}

fn run(weighted_graph: &WeightedGraph, kernel: &str) -> Option<(Vec<f64>, Cost)> {
    let progress = Progress::silent();
    let labels = |labels: &[u32]| labels.iter().map(|label| f64::from(*label)).collect();
    match kernel {
        "components" => {
            let (found, cost) = timed(|| connected_components(weighted_graph.graph()));
            Some((labels(&found.component_of), cost))
        }
        "pagerank_20" => {
            let (ranks, cost) =
                timed(|| metrics::pagerank_after(weighted_graph.graph(), 20, 0.85, &progress));
            Some((ranks?, cost))
        }
        // Peers stop at a step of 1e-10; the metric itself continues to 1e-13.
        "pagerank" | "pagerank_weighted" => {
            let weights = (kernel == "pagerank_weighted").then(|| weighted_graph.weights());
            let parameters = PageRankParameters { tolerance: STEP, ..PageRankParameters::default() };
            let (ranks, cost) =
                timed(|| metrics::pagerank(weighted_graph.graph(), weights, &parameters, &progress));
            Some((ranks?, cost))
        }
        _ => match (Method::named(kernel), metrics::named(kernel)) {
            (Some(method), _) => {
                let (found, cost) =
                    timed(|| community::find(weighted_graph, &DetectionConfig::new(method), &progress));
                Some((labels(found?.partition().labels()), cost))
            }
            (None, Some(metric)) => {
                let (values, cost) =
                    timed(|| (metric.measure)(&SharedResults::new(weighted_graph), &progress));
                Some((values?, cost))
            }
            (None, None) => None,
        },
    }
}
