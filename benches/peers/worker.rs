//! Shared part of contenders in Rust: graph files, requests and answers.
//!
//! The harness writes a line `KERNEL<tab>PATH` and reads a line of JSON. Only the
//! call itself is timed. Values go to PATH as f64, one for each vertex; PATH `-` means without values.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::time::Instant;

/// A graph as `graph_file.py` writes it, without the planted groups.
pub(crate) struct GraphFile {
    pub(crate) vertices: u32,
    pub(crate) directed: bool,
    pub(crate) pairs: Vec<(u32, u32)>,
    pub(crate) weights: Option<Vec<f64>>,
}

/// Time and memory of one call.
pub(crate) struct Cost {
    seconds: f64,
    /// The most memory during the call above that before it; 0 if the system does not provide it.
    rise: u64,
    peak: u64,
}

/// Reads a graph file.
pub(crate) fn read(path: &Path) -> io::Result<GraphFile> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut header = [0; 24];
    file.read_exact(&mut header)?;
    if &header[..8] != b"ARLINKS1" {
        return Err(io::Error::other(format!("{}: no graph file", path.display())));
    }
    let word = |place: usize| u32::from_le_bytes(header[place..place + 4].try_into().expect("four bytes"));
    let (vertices, flags) = (word(8), word(12));
    let links = u64::from_le_bytes(header[16..].try_into().expect("eight bytes"));
    let mut block = [0; 8];
    let mut pairs = Vec::with_capacity(links as usize);
    for _ in 0..links {
        file.read_exact(&mut block)?;
        let both = u64::from_le_bytes(block);
        pairs.push((both as u32, (both >> 32) as u32));
    }
    let mut weights = None;
    if flags & 2 != 0 {
        let mut read = Vec::with_capacity(links as usize);
        for _ in 0..links {
            file.read_exact(&mut block)?;
            read.push(f64::from_le_bytes(block));
        }
        weights = Some(read);
    }
    Ok(GraphFile { vertices, directed: flags & 1 != 0, pairs, weights })
}

/// Makes the call, and returns its time and memory.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    // "5" makes Linux forget the peak so far; on other systems the write fails and the memory is 0.
    let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = memory("VmRSS:");
    #[expect(clippy::disallowed_methods, reason = "a bench times things")]
    let began = Instant::now();
    let done = work();
    let seconds = began.elapsed().as_secs_f64();
    let peak = if is_reset { memory("VmHWM:") } else { 0 };
    (done, Cost { seconds, rise: peak.saturating_sub(before), peak })
}

fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse().ok()).map_or(0, |k: u64| k * 1024)
}

/// Answers requests until the input ends; `run` returns `None` for an unknown kernel.
#[expect(clippy::print_stdout, reason = "answers are lines on stdout")]
pub(crate) fn serve(version: &str, mut run: impl FnMut(&str) -> Option<(Vec<f64>, Cost)>) -> io::Result<()> {
    println!("{{\"version\": \"{version}\"}}");
    io::stdout().flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (kernel, path) = line.split_once('\t').unwrap_or((&line, "-"));
        match run(kernel) {
            None => println!("{{\"missing\": true}}"),
            Some((values, cost)) => {
                if path != "-" {
                    std::fs::write(
                        path,
                        values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>(),
                    )?;
                }
                let Cost { seconds, rise, peak } = cost;
                println!("{{\"seconds\": {seconds:.9}, \"rise_bytes\": {rise}, \"peak_bytes\": {peak}}}");
            }
        }
        io::stdout().flush()?;
    }
    Ok(())
}
