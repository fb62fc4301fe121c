//! Time and memory of graph algorithms by the size of the graph: `cargo run --release --example scale -- LINKS [THREADS]`.
//!
//! Draws a skewed random graph from a seed (Chakrabarti, Zhan and Faloutsos 2004, R-MAT). A vertex has about eight to
//! sixteen links, and the numbers of the vertices are shuffled. The program runs the algorithms of a run on this
//! graph, and prints a row of a Markdown table for each. A row contains the seconds, the nanoseconds for each link,
//! and the peak memory of the process.

use std::process::ExitCode;
use std::time::Instant;

use araneus::community::{self, DetectionConfig, Method};
use araneus::graph::{Graph, WeightedGraph, connected_components};
use araneus::metrics::{self, SharedResults};
use araneus::progress::Progress;
use rayon::prelude::*;

#[expect(clippy::print_stderr, reason = "a program prints its usage")]
fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (links, threads) = match arguments.as_slice() {
        [links] => (*links, 1),
        [links, threads] => (*links, *threads),
        _ => {
            eprintln!("usage: scale LINKS [THREADS]");
            return ExitCode::from(2);
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    pool.install(|| run(links));
    ExitCode::SUCCESS
}

fn run(links: usize) {
    row(&["step", "seconds", "ns a link", "peak MiB", "result"].map(String::from));
    row(&["---", "---:", "---:", "---:", "---"].map(String::from));
    let scale = (links.max(16) / 16).next_power_of_two().ilog2();
    let drawn = timed(
        "draw",
        links,
        || draw(scale, links),
        |drawn| format!("2^{scale} vertices, {} links", drawn.len()),
    );
    let weighted_graph = timed(
        "build",
        links,
        || {
            let (graph, weights) = Graph::build(1 << scale, false, &drawn, None);
            WeightedGraph::new(graph, weights)
        },
        |weighted_graph| {
            let bytes = weighted_graph.graph().bytes() + weighted_graph.weights().bytes();
            format!("{} links, {} MiB", weighted_graph.graph().link_count(), bytes >> 20)
        },
    );
    drop(drawn);
    let (graph, progress) = (weighted_graph.graph(), Progress::silent());
    let not_cancelled = "it is not cancelled";
    timed(
        "components",
        links,
        || connected_components(graph),
        |components| format!("{} components", components.count),
    );
    let ranks = || metrics::pagerank_after(graph, 20, 0.85, &progress).expect(not_cancelled);
    timed("pagerank, 20 passes", links, ranks, |ranks| format!("sum {:.12}", ranks.iter().sum::<f64>()));
    timed("simple graph", links, || weighted_graph.simple().link_count(), |links| format!("{links} links"));
    let cores = metrics::named("core_number").expect("core_number is a metric");
    let cores = || (cores.measure)(&SharedResults::new(&weighted_graph), &progress).expect(not_cancelled);
    timed("k-core", links, cores, |cores| format!("deepest {}", cores.iter().copied().fold(0.0, f64::max)));
    let leiden = || {
        community::find(&weighted_graph, &DetectionConfig::new(Method::Leiden), &progress)
            .expect(not_cancelled)
    };
    timed("leiden", links, leiden, |detected| {
        format!("modularity {:.4}, {} communities", detected.quality, detected.partition().count())
    });
}

/// Draws links by a choice of one quadrant at each of `scale` halvings; each link has a random stream of its own.
fn draw(scale: u32, links: usize) -> Vec<(u32, u32)> {
    let link = |number: usize| {
        let (mut source, mut target, mut bits) = (0_u32, 0_u32, 0_u64);
        for level in 0..scale {
            if level % 4 == 0 {
                bits = mix((number as u64) << 8 | u64::from(level));
            }
            // 57, 19, 19 and 5 of 100, in shares of 2^16.
            let (down, right) = match bits & 0xffff {
                0..37_356 => (0, 0),
                37_356..49_808 => (0, 1),
                49_808..62_260 => (1, 0),
                _ => (1, 1),
            };
            bits >>= 16;
            (source, target) = (source << 1 | down, target << 1 | right);
        }
        (shuffled(source, scale), shuffled(target, scale))
    };
    (0..links).into_par_iter().map(link).collect()
}

/// Permutes the numbers below 2^scale, so that hubs are not next to each other.
fn shuffled(number: u32, scale: u32) -> u32 {
    let mask = ((1_u64 << scale) - 1) as u32;
    let half = scale / 2 + 1;
    let once = |number: u32| (number ^ (number >> half)).wrapping_mul(0x9e37_79b1) & mask;
    once(once(number)) ^ (once(once(number)) >> half)
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn timed<T>(step: &str, links: usize, work: impl FnOnce() -> T, describe: impl FnOnce(&T) -> String) -> T {
    // Writing "5" resets the peak on Linux. Without it, the peak is that of all steps until now.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    let began = Instant::now();
    let done = work();
    let seconds = began.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak: u64 = peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    let each = seconds * 1e9 / links as f64;
    row(&[
        step.into(),
        format!("{seconds:.3}"),
        format!("{each:.1}"),
        (peak >> 10).to_string(),
        describe(&done),
    ]);
    done
}

#[expect(clippy::print_stdout, reason = "the program prints a table")]
fn row(cells: &[String; 5]) {
    println!("| {} |", cells.join(" | "));
}
