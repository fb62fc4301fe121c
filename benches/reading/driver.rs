//! Reading of deliveries, for `benches/reading/run`: `reading_driver read|typed FILE THREADS`.
//!
//! `read` reads a file as a run does: every object is checked and digested. `typed` is the peer `serde_json`:
//! it parses a STIX bundle into structs with the common properties, and checks nothing.

use std::borrow::Cow;
use std::process::ExitCode;

use araneus::ingest::{self, Batch};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "the harness reads and shows what is printed")]
fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a program reads its arguments")]
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, file, threads] = arguments.as_slice() else {
        eprintln!("usage: reading_driver read|typed FILE THREADS");
        return ExitCode::from(2);
    };
    let result = if task == "typed" { typed(file) } else { read(file, threads) };
    match result {
        Ok((objects, rejected)) => {
            println!("{{\"objects\":{objects},\"rejected\":{rejected}}}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(file: &str, threads: &str) -> Fallible<(u64, u64)> {
    rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build_global()?;
    let inputs = ingest::expand(&format!("source={file}"), &mut || Ok(Vec::new()))?;
    let (mut accepted, mut rejected) = (0, 0);
    for input in &inputs {
        let mut objects = 0;
        let deliveries = ingest::read_in_batches(input, &ingest::Mappings::new(), |batch| match batch {
            Batch::Objects(batch) => objects += batch.len() as u64,
            Batch::Restart => objects = 0,
        });
        accepted += objects;
        rejected += deliveries.iter().map(ingest::Delivery::rejected).sum::<u64>();
    }
    Ok((accepted, rejected))
}

/// A bundle with the common properties of its objects.
#[derive(serde::Deserialize)]
struct Bundle<'a> {
    #[serde(borrow)]
    objects: Vec<Object<'a>>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "the parser fills the properties")]
struct Object<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    modified: Option<&'a str>,
    name: Option<String>,
    pattern: Option<String>,
    source_ref: Option<&'a str>,
    target_ref: Option<&'a str>,
}

fn typed(file: &str) -> Fallible<(u64, u64)> {
    let text = std::fs::read_to_string(file)?;
    let bundle: Bundle<'_> = serde_json::from_str(&text)?;
    Ok((bundle.objects.len() as u64, 0))
}
