//! A worker reads compressed and columnar files: it gives what reading in the own process gives, and a file that
//! makes it fail costs one file.

#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "the tests start the program and shells")]

#[path = "worker/files.rs"]
mod files;

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use araneus::ingest::{
    self, Delivery, Ignore, Input, Location, Mappings, Reader, SourceMapping, Status, WORKER_ARGUMENT,
    table::read_mapping,
};
use files::{bomb_parquet, gzip, parquet_rows, zip, zstandard};

const PROGRAM: &str = env!("CARGO_BIN_EXE_araneus");
const GIB: u64 = 1 << 30;

fn worker(program: impl Into<PathBuf>, memory: u64, seconds: u64) -> Reader {
    Reader { program: Some(program.into()), memory, seconds }
}

fn mappings() -> Mappings {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny/csv");
    let bound = |source: &str, mapping: &str| {
        let mapping = read_mapping(mapping, &tiny).expect("a mapping");
        (source.to_owned(), Arc::new(SourceMapping::new(mapping, source)))
    };
    [bound("northwind", "northwind.toml"), bound("list", "indicator-list")].into()
}

fn bytes(source: &str, path: &str, bytes: Vec<u8>) -> Input {
    Input {
        source: source.to_owned(),
        path: path.to_owned(),
        location: Location::Bytes(bytes),
        pseudonyms: None,
    }
}

fn file(source: &str, path: &Path) -> Input {
    let location = Location::File { path: path.to_owned(), ignore: Ignore::default() };
    Input { source: source.to_owned(), path: path.display().to_string(), location, pseudonyms: None }
}

fn read(inputs: &[Input], reader: &Reader) -> Vec<Delivery> {
    ingest::read_within(inputs, (&mappings(), reader), &|_, _| None, &|_| None, &|_| {})
}

fn rule(delivery: &Delivery) -> &'static str {
    delivery.rejects.first().map_or("none", |rejected| rejected.cause.rule.name())
}

/// Lets one test run at a time, so that each sees only its own processes.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks that no process is left.
fn assert_no_children() {
    for thread in fs::read_dir("/proc/self/task").expect("threads").flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        assert_eq!(children.trim(), "");
    }
}

/// Every file below a folder.
fn below(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { below(&path, paths) } else { paths.push(path) }
    }
}

/// The files of `datasets/tiny`: plain columnar files, and all files in each compression. Damaged ones follow each.
fn corpus() -> Vec<Input> {
    let mut paths = Vec::new();
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny");
    for folder in ["parquet/night-1", "arrow/night-1", "csv/night-1", "night-1", "misp/night-1"] {
        below(&tiny.join(folder), &mut paths);
    }
    paths.sort();
    let mut inputs = Vec::new();
    for path in &paths {
        let stored = fs::read(path).expect("readable");
        let name = path.file_name().expect("a name").to_string_lossy();
        let folder = path.parent().expect("a folder").display();
        let twice = gzip(&stored);
        let members: [(&str, &[u8]); 3] =
            [(&name, &stored), ("twice.csv.gz", &twice), ("notes.txt", b"none")];
        let mut files = vec![
            (format!("{folder}/{name}.gz"), gzip(&stored)),
            (format!("{folder}/{name}.zst"), zstandard(&stored)),
            (format!("{folder}/{name}.gz.gz"), gzip(&gzip(&stored))),
            (format!("{folder}/{name}.zip"), zip(&members[..1])),
            (format!("{folder}/many-{name}.zip"), zip(&members)),
            (format!("{folder}/zipped-{name}.gz"), gzip(&zip(&members))),
        ];
        if stored.starts_with(b"PAR1") || stored.starts_with(b"ARROW1") {
            files.push((format!("{folder}/{name}"), stored));
        }
        for (path, stored) in files {
            let middle = stored.len() / 2;
            let mut flipped = stored.clone();
            flipped[middle] ^= 0x20;
            for (kind, stored) in [
                ("", stored.clone()),
                ("cut/", stored[..middle].to_vec()),
                ("flipped/", flipped),
                ("head/", stored[..9].to_vec()),
            ] {
                inputs.push(bytes("northwind", &format!("{kind}{path}"), stored.clone()));
                inputs.push(bytes("unmapped", &format!("{kind}{path}"), stored));
            }
        }
    }
    inputs
}

/// Compares both ways of reading, and returns how many files were read.
fn compare(inputs: &[Input]) -> usize {
    let expected = read(inputs, &Reader::IN_PROCESS);
    let worked = read(inputs, &worker(PROGRAM, 4 * GIB, 300));
    assert_eq!(expected.len(), worked.len());
    for (expected, worked) in expected.iter().zip(&worked) {
        assert_eq!(
            format!("{worked:?}"),
            format!("{expected:?}"),
            "{} of {}",
            expected.path,
            expected.source
        );
    }
    assert_no_children();
    expected.len()
}

#[test]
fn a_worker_gives_what_the_own_process_gives_also_of_damaged_files() {
    let _alone = alone();
    let inputs = corpus();
    assert!(compare(&inputs) > inputs.len(), "archives have several members");
    // Each of these files needs a worker.
    let intact: Vec<Input> =
        inputs.iter().filter(|input| !input.path.starts_with("head/")).cloned().collect();
    let without = read(&intact, &worker("/nonexistent/program", GIB, 10));
    let needed = without.iter().filter(|delivery| rule(delivery) == "reader-failed").count();
    assert!(needed > intact.len() * 3 / 4, "{needed} of {}", intact.len());
}

#[test]
fn files_beyond_the_buffer_are_equal_too() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let object = |number: u32| {
        format!(
            r#"{{"type":"domain-name","spec_version":"2.1","id":"domain-name--5b000000-0000-4000-8000-{number:012}","value":"a{number}.example"}}"#
        )
    };
    let objects: Vec<String> = (0..20_000).map(object).collect();
    let bundle = format!(
        r#"{{"type":"bundle","id":"bundle--5b000000-0000-4000-8000-000000000001","objects":[{}]}}"#,
        objects.join(",\n")
    );
    let rows: Vec<String> =
        (0..90_000).map(|row| format!("a{row}.example,2024-01-01,\"note {row}\"\n")).collect();
    let rows = rows.concat();
    let table = format!("value,date,note\n{rows}");
    // Barely compressed, so that the stored file is beyond the buffer and is read as a stream.
    let stored = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        encoder.write_all(text.as_bytes()).expect("writes to memory");
        encoder.finish().expect("writes to memory")
    };
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() - 9);
        bytes
    };
    let mut inputs = Vec::new();
    for (name, content) in [
        ("bundle.json.gz", stored(&bundle)),
        ("bundle.json.zst", zstandard(bundle.as_bytes())),
        ("cut.json.gz", cut(stored(&bundle))),
        ("broken.json.gz", stored(&bundle[..bundle.len() - 2])),
        ("lines.jsonl.gz", stored(&objects.join("\n"))),
        ("table.csv.gz", stored(&table)),
        ("table.csv.zip", zip(&[("table.csv", table.as_bytes())])),
        ("rows.parquet", parquet_rows(60_000)),
    ] {
        fs::write(folder.path().join(name), content).expect("written");
        inputs.push(file("list", &folder.path().join(name)));
    }
    assert_eq!(compare(&inputs), 8);
    let accepted: usize =
        read(&inputs, &worker(PROGRAM, GIB, 60)).iter().map(|read| read.accepted.len()).sum();
    assert_eq!(accepted, 3 * 20_000 + 2 * 90_000 + 60_000);
}

#[test]
fn files_that_need_no_worker_start_none() {
    let _alone = alone();
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny");
    let plain = [
        file("northwind", &tiny.join("csv/night-1/northwind/2026-03-01.csv")),
        file("northwind", &tiny.join("night-1/northwind/2026-03-01.json")),
        // Without a mapping no columnar file is decoded.
        file("unmapped", &tiny.join("parquet/night-1/northwind/2026-03-01.parquet")),
    ];
    let read = read(&plain, &worker("/nonexistent/program", GIB, 10));
    let rules: Vec<&str> = read.iter().map(rule).collect();
    assert_eq!(rules, ["none", "none", "unknown-format"]);
}

#[test]
fn a_file_that_exhausts_the_memory_costs_one_file() {
    let _alone = alone();
    let small = 32 << 20;
    let text = vec![b'a'; 100 << 20];
    let filler: Vec<u8> = (0_u32..64 << 10)
        .flat_map(|number| blake3::hash(&number.to_le_bytes()).as_bytes()[..4].to_vec())
        .collect();
    let good = gzip(b"value,date\na.example,2024-01-01\n");
    let inputs = [
        bytes("list", "1-good.csv.gz", good.clone()),
        // The text is more than this process may hold, and the members are more than the worker may hold.
        bytes("list", "2-text.csv.gz", [gzip(&filler), gzip(&text)].concat()),
        bytes(
            "list",
            "3-members.zip",
            zip(&[("a.csv", &text), ("b.csv", &filler), ("c.csv", b"value\na.example\n")]),
        ),
        bytes("list", "4-columns.parquet", bomb_parquet(&filler, 96 << 20)),
        bytes("list", "5-document.json.gz", [gzip(&filler), gzip(&text)].concat()),
        bytes("list", "6-good.csv.gz", good),
    ];
    let read_with = |memory| {
        let read = read(&inputs, &worker(PROGRAM, memory, 60));
        read.iter()
            .map(|delivery| (delivery.path.clone(), delivery.accepted.len(), rule(delivery)))
            .collect::<Vec<_>>()
    };
    let expected = [
        ("1-good.csv.gz", 1, "none"),
        ("2-text.csv.gz", 0, "reader-memory"),
        ("3-members.zip", 0, "reader-memory"),
        ("4-columns.parquet", 0, "reader-memory"),
        ("5-document.json.gz", 0, "reader-memory"),
        ("6-good.csv.gz", 1, "none"),
    ];
    let shown = read_with(small);
    for (path, accepted, rule) in expected {
        // The first member decides for an archive.
        let found = shown.iter().find(|(known, ..)| known.starts_with(path)).expect("a delivery");
        assert_eq!((found.1, found.2), (accepted, rule), "{shown:?}");
    }
    // With enough memory the same files are read, or rejected for what they contain.
    let shown = read_with(GIB);
    assert!(shown.iter().all(|(.., rule)| !rule.starts_with("reader")), "{shown:?}");
    assert_no_children();
}

/// Writes a program that a shell runs instead of a worker; `$0` is the real program, with its argument.
fn script(folder: &Path, name: &str, commands: &str) -> PathBuf {
    let path = folder.join(name);
    let program = format!("'{PROGRAM}' {WORKER_ARGUMENT}");
    fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{}\n", commands.replace("WORKER", &program)))
        .expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("allowed");
    path
}

#[test]
fn a_worker_that_ends_in_the_middle_is_never_taken_for_a_whole_one() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny");
    let table = fs::read(tiny.join("parquet/night-1/northwind/2026-03-01.parquet")).expect("readable");
    let bundle = fs::read(tiny.join("night-1/northwind/2026-03-01.json")).expect("readable");
    let inputs = [
        bytes("northwind", "a.parquet", table.clone()),
        bytes("northwind", "b.json.gz", gzip(&bundle)),
        bytes("northwind", "c.zip", zip(&[("one.parquet", &table), ("two.json", &bundle)])),
    ];
    let whole = read(&inputs, &worker(PROGRAM, GIB, 60));
    assert!(whole.iter().all(|delivery| delivery.status == Status::Ok && !delivery.accepted.is_empty()));
    for end in ["kill -KILL $$", "kill -ABRT $$", "kill -SEGV $$", "exit 0", "exit 7"] {
        // Nothing, a part of a head, a head, a part of a payload, and everything but the last frame.
        for cut in ["head -c 0", "head -c 5", "head -c 9", "head -c 300", "head -c -9"] {
            let program = script(folder.path(), "broken", &format!("WORKER | {cut}\n{end}"));
            let read = read(&inputs, &worker(&program, GIB, 60));
            assert_eq!(read.len(), 3, "an archive is one file");
            for delivery in read {
                assert_eq!(rule(&delivery), "reader-failed", "{cut} {end} {}", delivery.path);
                assert_eq!((delivery.status, delivery.accepted.len()), (Status::Rejected, 0));
                assert_eq!(delivery.digest.len(), 64);
                assert!(delivery.reading.is_none(), "the next run tries again");
            }
        }
    }
    assert_no_children();
}

#[test]
fn a_worker_without_output_and_one_that_uses_up_its_time_cost_one_file() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let inputs =
        [bytes("list", "a.csv.gz", gzip(b"value\na.example\n")), bytes("list", "b.json.gz", gzip(b"[]"))];
    let silent = script(folder.path(), "silent", "exec sleep 3600");
    let busy = script(folder.path(), "busy", "ulimit -S -t 1\nwhile :; do :; done");
    for (program, seconds) in [(silent, 1), (busy, 60)] {
        for delivery in read(&inputs, &worker(&program, GIB, seconds)) {
            assert_eq!(rule(&delivery), "reader-time", "{} {}", program.display(), delivery.path);
        }
    }
    assert_no_children();
}

#[test]
fn a_worker_limits_itself_before_it_reads_a_file_and_can_open_nothing() {
    let _alone = alone();
    let mut child = Command::new(PROGRAM)
        .arg(WORKER_ARGUMENT)
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let request = br#"{"memory":1073741824,"seconds":77,"stored":1000,"task":{"File":{"decimal":null}}}"#;
    let input = child.stdin.as_mut().expect("a pipe");
    input.write_all(&(request.len() as u32).to_le_bytes()).expect("taken");
    input.write_all(request).expect("taken");
    let limits = || fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("a process");
    // The process sets its limits as soon as it has the request. It then waits for the file, and ends only with it.
    let mut shown = limits();
    while !shown.contains(" 77 ") {
        std::thread::yield_now();
        shown = limits();
    }
    let row = |name: &str| {
        let row = shown.lines().find(|line| line.starts_with(name)).expect("a row");
        row[name.len()..].split_whitespace().next().expect("a limit").to_owned()
    };
    assert_eq!(row("Max data size"), (GIB + 1000 + (32 << 20)).to_string());
    assert_eq!(
        (row("Max core file size"), row("Max file size"), row("Max open files")),
        ("0".into(), "0".into(), "0".into())
    );
    drop(child.stdin.take());
    assert!(child.wait().expect("ends").success());
}

#[test]
fn a_run_goes_on_and_the_next_run_tries_the_file_again() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("feed")).expect("made");
    let rows: Vec<String> =
        (0..1_000).map(|row| format!("a{row}.example,{}\n", "x".repeat(40_000))).collect();
    let rows = rows.concat();
    fs::write(folder.path().join("feed/large.csv.gz"), gzip(format!("value,note\n{rows}").as_bytes()))
        .expect("written");
    fs::write(folder.path().join("feed/small.csv.gz"), gzip(b"value,note\nb.example,x\n")).expect("written");
    let run = |memory: u64, as_of: &str| {
        let config = format!(
            "[reader]\nmemory_mib = {memory}\n[[source]]\nname = \"list\"\npaths = [\"feed\"]\nmapping = \"indicator-list\"\n"
        );
        fs::write(folder.path().join("araneus.toml"), config).expect("written");
        let output = Command::new(PROGRAM)
            .args(["run", "--record-only", "--json", "--as-of", as_of, "-C"])
            .arg(folder.path())
            .output()
            .expect("runs");
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), answer["counts"]["taken"].clone(), answer["counts"]["rejected"].clone())
    };
    assert_eq!(run(16, "2026-01-01T00:00:00Z"), (Some(3), 1.into(), 1.into()));
    let (code, taken, rejected) = run(1_024, "2026-01-02T00:00:00Z");
    assert_eq!((code, taken, rejected), (Some(0), 1_000.into(), 0.into()));
}

#[test]
fn real_files_are_equal_with_and_without_workers() {
    let _alone = alone();
    let mut inputs = Vec::new();
    for data in ["../shared/data", "../shared/faults"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(data);
        if !folder.exists() {
            println!("SKIPPED: there is no {data} beside the project");
            continue;
        }
        let mut paths = Vec::new();
        below(&folder, &mut paths);
        let packed = |path: &PathBuf| {
            let endings = ["gz", "zst", "zip", "parquet", "arrow", "feather"];
            path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
        };
        inputs.extend(paths.iter().filter(|path| packed(path)).map(|path| file("list", path)));
    }
    let mut count = 0;
    // A few files at a time: the texts of all objects are in memory.
    for inputs in inputs.chunks(16) {
        count += compare(inputs);
    }
    println!("{count} deliveries of {} files are equal", inputs.len());
    assert!(inputs.is_empty() || count >= inputs.len());
}
