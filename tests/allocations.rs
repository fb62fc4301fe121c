//! Allocations of a run for each record. Objects of their own for each record are what a large run costs, so their number has
//! a limit. It may fall, and the limit with it.

use std::{alloc::System, fmt::Write as _, fs, path::Path, sync::Mutex};

use araneus::{
    progress::Progress,
    run::{self, Config, Request},
    time::Moment,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const RECORDS: usize = 20_000;
const NEW: usize = 200;
/// Most allocations for each record of the archive: of a first run, and of a run with 1 % new.
const LIMITS: [f64; 2] = [144.0, 51.0];

/// Writes rows of a list of indicators: a host and its family in each.
fn write_list(path: &Path, rows: std::ops::Range<usize>) {
    let mut text = "indicator,family,first_seen,confidence\n".to_owned();
    for row in rows {
        let (family, day, confidence) = (row * row % 97, row % 28 + 1, row % 101);
        writeln!(
            text,
            "h{row:06}.d{}.example,family-{family},2026-01-{day:02}T00:00:00Z,{confidence}",
            row % 977
        )
        .expect("text");
    }
    fs::write(path, text).expect("a file");
}

/// Returns the allocations of a run that reads a file, and prints those of each step.
#[expect(clippy::print_stdout, reason = "`cargo test --test allocations -- --nocapture` prints the steps")]
fn allocations(config: &Config, as_of: &str, input: &Path) -> f64 {
    let as_of = Moment::parse(as_of).expect("a time");
    let request = Request::new(config.clone(), as_of, vec![format!("list={}", input.display())]);
    let region = Region::new(ALLOCATOR);
    let made = || {
        let change = region.change();
        (change.allocations + change.reallocations) as f64
    };
    let steps = Mutex::new(vec![("start".to_owned(), 0.0)]);
    let progress = Progress::new(|step| steps.lock().expect("no panic").push((step.to_owned(), made())));
    let outcome = run::run(&request, &mut || Ok(Vec::new()), &progress).expect("the run ends");
    let all = made();
    let steps = steps.lock().expect("no panic");
    let ends = steps.iter().skip(1).map(|(_, before)| *before).chain([all]);
    for ((step, before), end) in steps.iter().zip(ends) {
        println!("  {:6.1} a record from the step \"{step}\" on", (end - before) / RECORDS as f64);
    }
    assert!(outcome.network.entities > RECORDS, "{:?}", outcome.network);
    all
}

#[test]
fn a_run_makes_no_more_allocations_for_a_record_than_before() {
    // The number of threads decides into how many parts work is divided.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("the first pool");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let text = "[model]\nid = \"rules\"\n[[source]]\nname = \"list\"\nmapping = \"indicator-list\"\n";
    fs::write(path("araneus.toml"), text).expect("a file");
    let config = run::read_config(&path("araneus.toml")).expect("a configuration");
    write_list(&path("first.csv"), 0..RECORDS);
    write_list(&path("more.csv"), RECORDS..RECORDS + NEW);
    let first = allocations(&config, "2026-02-01T00:00:00Z", &path("first.csv")) / RECORDS as f64;
    let more = allocations(&config, "2026-02-02T00:00:00Z", &path("more.csv")) / (RECORDS + NEW) as f64;
    println!("allocations a record: {first:.1} in a first run, {more:.1} with 1 % new");
    assert!(first > 1.0 && more > 1.0, "nothing was counted");
    assert!(
        first <= LIMITS[0] && more <= LIMITS[1],
        "{first:.1} and {more:.1}, and the limits are {LIMITS:?}"
    );
}
