//! Araneus reading a table, for `benches/tables/run`: `tables_driver FILE MAPPING STATE THREADS`.
//!
//! Prints rows, seconds to read them into records in memory, and seconds to read them and keep them
//! in a fresh archive, which is the part of a run before its analysis.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use araneus::ingest::{self, SourceMapping, table};
use araneus::run::{Config, Request, read_config};
use araneus::time::Moment;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "the harness reads and shows what is printed")]
fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, mapping, state, threads] = arguments.as_slice() else {
        eprintln!("usage: tables_driver FILE MAPPING STATE THREADS");
        return ExitCode::from(2);
    };
    match measure(file, mapping, Path::new(state), threads) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench times things")]
fn measure(file: &str, mapping: &str, state: &Path, threads: &str) -> Fallible<String> {
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let source = "source";
    let bound = SourceMapping::new(table::read_mapping(mapping, Path::new(""))?, source);
    let input = ingest::expand(&format!("{source}={file}"), &mut || Ok(Vec::new()))?;

    let begun = Instant::now();
    let read = ingest::read_mapped(&input, &[(source.to_owned(), bound.into())].into(), &|_| {});
    let reading = begun.elapsed().as_secs_f64();
    let rows: usize = read.iter().map(|delivery| delivery.accepted.len()).sum();
    drop(read);

    let request = Request::new(
        configured(state, source, mapping)?,
        Moment::from_micros(1_772_323_200_000_000),
        vec![format!("{source}={file}")],
    );
    let begun = Instant::now();
    let counts = araneus::run::keep(&request)?;
    let keeping = begun.elapsed().as_secs_f64();
    Ok(format!(
        "{{\"rows\":{rows},\"kept\":{},\"rejected\":{},\"read\":{reading},\"keep\":{keeping}}}",
        counts.taken, counts.rejected
    ))
}

fn configured(state: &Path, source: &str, mapping: &str) -> Fallible<Config> {
    std::fs::create_dir_all(state)?;
    let path = state.join("bench.toml");
    let text = format!(
        "state = \"state\"\n[model]\nid = \"rules\"\n[[source]]\nname = {source:?}\nmapping = {mapping:?}\n"
    );
    std::fs::write(&path, text)?;
    Ok(read_config(&path)?)
}
