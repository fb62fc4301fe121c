//! A metric, a feature, a pattern, a format, an export and a file format of tables are each one new file and one row of a table.
//!
//! The test adds one of each to a copy of the sources, as `CONTRIBUTING.md` describes, and counts the changed files.
//! Then it builds the copy and looks for the additions in the output of the program. The new files are complete
//! examples: `tests/fixtures/extension`.

#[path = "extension/additions.rs"]
mod additions;
#[path = "extension/copy.rs"]
mod copy;

use std::{fmt::Write as _, fs, path::Path};

use additions::{ADDITIONS, Addition};
use copy::{Files, Program};

/// Returns the paths whose files differ: those that both states have, and those that only the later one has.
fn changes<'a>(before: &Files, after: &'a Files) -> (Vec<&'a str>, Vec<&'a str>) {
    let changed = after.iter().filter(|(path, bytes)| before.get(*path) != Some(*bytes));
    changed.map(|(path, _)| path.as_str()).partition(|path| before.contains_key(*path))
}

/// Adds an example to the sources: one new file, and one edited file.
fn add(sources: &Files, addition: &Addition) -> Files {
    let extended = addition.apply(sources);
    let (edited, created) = changes(sources, &extended);
    let kind = addition.kind;
    assert_eq!(edited, [addition.table_file], "{kind}: one edited file");
    assert_eq!(created, [addition.new_file()], "{kind}: one new file");
    extended
}

/// Checks that the guide for contributors names folder, table and file of an addition.
fn check_guide(guide: &str, addition: &Addition) {
    let heading = format!("\n## Adding {}\n", addition.kind);
    let (_, section) = guide.split_once(&heading).unwrap_or_else(|| panic!("CONTRIBUTING.md lacks{heading}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    for text in [addition.table_file, addition.folder, addition.table, addition.example] {
        assert!(section.contains(text), "CONTRIBUTING.md names {text} where it describes {}", addition.kind);
    }
}

#[test]
fn a_metric_a_feature_a_pattern_a_format_an_export_and_a_table_file_are_each_one_file_and_one_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("CONTRIBUTING.md")).expect("a guide");
    for addition in &ADDITIONS {
        check_guide(&guide, addition);
    }
    let sources = copy::read();
    let extended = ADDITIONS.iter().fold(sources.clone(), |sources, addition| add(&sources, addition));
    let (edited, created) = changes(&sources, &extended);
    assert_eq!((edited.len(), created.len()), (ADDITIONS.len(), ADDITIONS.len()));
    let program = copy::build(&extended);
    for (table, name) in [
        ("metrics", "example_metric"),
        ("features", "example_feature"),
        ("patterns", "example pattern"),
        ("formats", "example-format"),
        ("exports", "labels"),
        ("table-files", "csv"),
    ] {
        let rows = program.run(&["list", table], root);
        assert!(rows.lines().any(|row| row.trim_start().starts_with(name)), "list {table}:\n{rows}");
    }
    let help = program.run(&["run", "--help"], root);
    assert!(help.contains("CSV files with a header."), "{help}");
    check_run(&program);
}

/// Checks a run over a delivery in the new format that publishes in the new file format. Its tables have the new metric and
/// the new feature, and the new pattern has a candidate.
fn check_run(program: &Program) {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("names.json", r#"{"example_names": [{"name": "Salt Heron"}, {"name": "Iron Gull"}]}"#);
    write("araneus.toml", &configuration());
    program.run(&["run", "--as-of", "2025-11-20T00:00:00Z", "--format", "csv"], folder.path());
    let read = |table: &str| {
        let path = folder.path().join("out/latest").join(format!("{table}.csv"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    for (table, text) in [
        ("all/metrics", ",example_metric"),
        ("all/features", ",example_feature"),
        ("all/candidates", ",example pattern"),
        ("steward/deliveries", ",example-format"),
    ] {
        assert!(read(table).contains(text), "{table} lacks {text}");
    }
}

/// Returns a configuration with the first deliveries of the example world and a delivery in the new format. The
/// shipped model does not know the new feature, so that a run has none.
fn configuration() -> String {
    let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny/night-1");
    let mut text = "state = \"state\"\nout = \"out\"\n[model]\nid = \"rules\"\n".to_owned();
    for source in ["harbour-cert", "northwind"] {
        let paths = world.join(source).join("*.json");
        write!(text, "[[source]]\nname = \"{source}\"\npaths = [{:?}]\n", paths.display().to_string())
            .expect("text");
    }
    text.push_str("[[source]]\nname = \"examples\"\npaths = [\"names.json\"]\n");
    text
}
