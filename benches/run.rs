//! Duration of a run: reading deliveries, and the whole run up to published tables.
//!
//! The input is a real release of ATT&CK in `../shared/data`, or the example scenario without that folder.

use std::{hint::black_box, path::Path};

use araneus::{
    ingest,
    progress::Progress,
    run::{self, Config, Request},
    time::Moment,
};
use criterion::{Criterion, criterion_group, criterion_main};

const RELEASE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/attack-releases/enterprise-attack-v14.1.json.zst");

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

criterion_group!(benches, run_bench);
criterion_main!(benches);
