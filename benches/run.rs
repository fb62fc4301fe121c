//! Duration of a run: canonical identifiers, reading deliveries, and the whole run up to published tables.
//!
//! The input is a real release of ATT&CK in `../shared/data`, or the example scenario without that folder.

use std::{hint::black_box, path::Path};

use araneus::{
    canonical, ingest,
    progress::Progress,
    run::{self, Config, Request},
    time::Moment,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const RELEASE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/attack-releases/enterprise-attack-v14.1.json.zst");

/// Kind, property and value of identifiers that many deliveries contain, plain and defanged.
const VALUES: [(&str, &str, &str); 8] = [
    ("domain-name", "value", "files.cdn-17.example.org"),
    ("domain-name", "value", "files[.]cdn-17[.]example[.]org"),
    ("url", "value", "https://files.example.org/a/b.php?c=d"),
    ("url", "value", "hxxps://files[.]example[.]org/a/b.php?c=d"),
    ("ipv4-addr", "value", "198.51.100.17"),
    ("ipv4-addr", "value", "198[.]51[.]100[.]17"),
    ("email-addr", "value", "billing@files.example.org"),
    ("file", "hashes.'SHA-256'", "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"),
];

fn canonical_bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("canonical");
    group.throughput(Throughput::Elements(VALUES.len() as u64));
    let identifier =
        |(kind, property, value): (&str, &str, &str)| canonical::observable(kind, property, value);
    assert!(VALUES.into_iter().all(|value| identifier(value).is_some()), "each value is valid");
    group.bench_function("plain-and-defanged-values", |bencher| {
        bencher.iter(|| VALUES.into_iter().filter_map(|value| identifier(black_box(value))).count());
    });
    group.finish();
}

#[expect(clippy::print_stderr, reason = "a bench on other data prints a line")]
fn inputs(folder: &Path) -> (&'static str, Vec<String>) {
    if Path::new(RELEASE).exists() {
        return ("attack-v14.1-19231-objects", vec![format!("attack={RELEASE}")]);
    }
    eprintln!("SKIPPED: no ../shared/data; the example scenario is read instead");
    araneus_synth::write_example(folder).expect("the example is written");
    ("tiny-77-objects", vec![format!("tiny={}", folder.join("night-1").display())])
}

fn run_bench(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let (name, inputs) = inputs(folder.path());
    let mut group = criterion.benchmark_group("run");
    group.sample_size(10);
    group.bench_function(format!("ingest/{name}"), |bencher| {
        let files: Vec<_> = inputs
            .iter()
            .flat_map(|text| ingest::expand(text, &mut || Ok(Vec::new())).expect("exists"))
            .collect();
        bencher.iter(|| black_box(ingest::read(&files, &|_| {})));
    });
    group.bench_function(format!("whole/{name}"), |bencher| {
        bencher.iter_batched(
            || tempfile::tempdir().expect("a folder"),
            |fresh| {
                let request = Request::new(
                    Config::new(fresh.path()),
                    Moment::parse("2023-11-14T00:00:00Z").expect("a time"),
                    inputs.clone(),
                );
                run::run(&request, &mut || Ok(Vec::new()), &Progress::silent()).expect("the run succeeds");
                fresh
            },
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, canonical_bench, run_bench);
criterion_main!(benches);
