//! How time and memory grow with a graph: `cargo run --release --example scale -- LINKS [THREADS]`.
//!
//! Draws a skewed random graph (Chakrabarti, Zhan and Faloutsos 2004, R-MAT; about eight to sixteen
//! links a vertex, numbers shuffled) from a seed, runs the kernels of a night's work on it, and
//! prints a row of a Markdown table for each: seconds, nanoseconds a link, and the most memory
//! that the process has held until then and during the step.

use std::process::ExitCode;
use std::time::Instant;

use araneus::community::{self, DetectionConfig, Method};
use araneus::graph::{Graph, WeightedGraph, connected_components};
use araneus::metrics::{self, SharedResults};
use araneus::progress::Progress;
use rayon::prelude::*;

#[expect(clippy::print_stderr, reason = "a program says how to use it")]
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
    row(&["step", "seconds", "ns a link", "peak MiB", "found"].map(String::from));
    row(&["---", "---:", "---:", "---:", "---"].map(String::from));
    let scale = (links.max(16) / 16).next_power_of_two().ilog2();
    let drawn = timed(
        "draw",
        links,
        || draw(scale, links),
        |drawn| format!("2^{scale} vertices, {} links", drawn.len()),
    );
    let shape = timed(
        "build",
        links,
        || {
            let (graph, weights) = Graph::build(1 << scale, false, &drawn, None);
            WeightedGraph::new(graph, weights)
        },
        |shape| {
            let bytes = shape.graph().bytes() + shape.weights().bytes();
            format!("{} links, {} MiB", shape.graph().link_count(), bytes >> 20)
        },
    );
    drop(drawn);
    let (graph, watch) = (shape.graph(), Progress::silent());
    let go_on = "nobody asked to stop";
    timed("components", links, || connected_components(graph), |parts| format!("{} parts", parts.count));
    let ranks = || metrics::pagerank_after(graph, 20, 0.85, &watch).expect(go_on);
    timed("pagerank, 20 passes", links, ranks, |ranks| format!("sum {:.12}", ranks.iter().sum::<f64>()));
    timed("simple graph", links, || shape.simple().link_count(), |links| format!("{links} links"));
    let cores = metrics::named("core_number").expect("it is on the table");
    let cores = || (cores.measure)(&SharedResults::new(&shape), &watch).expect(go_on);
    timed("k-core", links, cores, |cores| format!("deepest {}", cores.iter().copied().fold(0.0, f64::max)));
    let leiden = || community::find(&shape, &DetectionConfig::new(Method::Leiden), &watch).expect(go_on);
    timed("leiden", links, leiden, |found| {
        format!("modularity {:.4}, {} communities", found.quality, found.partition().count())
    });
}

/// Draws links by four chances at each of `scale` halvings; each link has a random stream of its own.
fn draw(scale: u32, links: usize) -> Vec<(u32, u32)> {
    let one = |number: usize| {
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
    (0..links).into_par_iter().map(one).collect()
}

/// Gives every number below 2^scale another one, so that hubs do not stand side by side.
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

fn timed<T>(step: &str, links: usize, work: impl FnOnce() -> T, found: impl FnOnce(&T) -> String) -> T {
    // "5" makes Linux forget the peak so far; where that fails the peak is that of all steps until now.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    #[expect(clippy::disallowed_methods, reason = "a bench times things")]
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
        found(&done),
    ]);
    done
}

#[expect(clippy::print_stdout, reason = "the table goes to stdout")]
fn row(cells: &[String; 5]) {
    println!("| {} |", cells.join(" | "));
}
