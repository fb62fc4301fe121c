//! Keeps the versions of the stages honest: a stage whose sources changed needs a new version, or a signature.
//!
//! `tests/versions/signed.txt` has the version of each stage and a digest of its sources. A changed digest fails the test
//! until a developer decides: increase the version in `src/run/history/versions.rs` or `src/ingest/known.rs` if equal inputs
//! can give another result, and keep it otherwise. Then `ARANEUS_SIGN_VERSIONS=1 cargo test --test versions` signs the sources.

#![expect(
    clippy::disallowed_methods,
    reason = "a developer asks the test to sign by an environment variable"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Stages with the files and folders that decide their results. A source belongs to the first stage that needs it, because
/// later stages have the versions of earlier ones in their keys.
const STAGES: &[(&str, &[&str])] = &[
    (
        "CHECK",
        &[
            "src/ingest/accept.rs",
            "src/ingest/json.rs",
            "src/ingest/stix/check.rs",
            "src/ingest/stix/markings.rs",
            "src/ingest/stix/mod.rs",
            "src/ingest/stix/object.rs",
            "src/ingest/stix/own_extension.rs",
            "src/ingest/tree.rs",
            "src/marking.rs",
            "src/time.rs",
        ],
    ),
    ("READERS", &["src/canonical", "src/ingest", "src/marking.rs", "src/time.rs"]),
    (
        "READS",
        &[
            "src/agreement.rs",
            "src/archive/content_columns.rs",
            "src/archive/contents.rs",
            "src/archive/segment",
            "src/archive/segment.rs",
            "src/canonical",
            "src/compact/stored.rs",
            "src/identifier.rs",
            "src/ingest",
            "src/judgement",
            "src/judgement.rs",
            "src/marking.rs",
            "src/record",
            "src/record.rs",
            "src/time.rs",
            "src/view",
            "src/view.rs",
        ],
    ),
    ("RESOLVES", &["crates/araneus-names/src", "src/compare", "src/entity.rs", "src/link.rs", "src/resolve"]),
    (
        "GROUPS",
        &[
            "crates/araneus-graph/src/community",
            "crates/araneus-graph/src/graph",
            "crates/araneus-graph/src/random.rs",
            "src/analysis/communities.rs",
            "src/analysis/entity_graph.rs",
            "src/analysis/mod.rs",
            "src/temporal/lineage",
            "src/temporal/lineage.rs",
        ],
    ),
    (
        "FINDS",
        &[
            "crates/araneus-graph/src/flow",
            "src/analysis/class.rs",
            "src/analysis/pattern_context",
            "src/analysis/pattern_context.rs",
            "src/analysis/payment_flows.rs",
            "src/features",
            "src/memo.rs",
            "src/reporting",
            "src/review/chance.rs",
            "src/review/found.rs",
            "src/review/gate.rs",
            "src/review/money.rs",
            "src/review/accounts.rs",
            "src/review/linked_pairs.rs",
            "src/review/null_models.rs",
            "src/review/patterns",
            "src/review/people.rs",
            "src/review/title.rs",
            "src/temporal/bulk.rs",
            "src/temporal/recent.rs",
        ],
    ),
    (
        "FOLLOWS",
        &["src/review/exploration.rs", "src/review/flag.rs", "src/review/flags.rs", "src/review/verdicts.rs"],
    ),
    ("SIDES", &["src/temporal/side", "src/temporal/side.rs"]),
];

/// Files of the versions, and the signed table.
const VERSIONS: &[&str] = &["src/run/history/versions.rs", "src/ingest/known.rs"];
const SIGNED: &str = "tests/versions/signed.txt";
const SIGN: &str = "ARANEUS_SIGN_VERSIONS";

#[derive(Clone, Debug, PartialEq)]
struct Stage {
    name: String,
    version: u32,
    digest: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the source files below a path, sorted. Files of tests are left out.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let is_test = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == "tests");
    paths.retain(|path| !is_test(path) && (path.is_dir() || path.extension().is_some_and(|end| end == "rs")));
    paths.iter().flat_map(|path| sources(path)).collect()
}

/// Returns the lines of a source that decide results: without comments, empty lines, indents, and the tests at its end.
fn code(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let lines: Vec<&str> = lines.collect();
    let is_test = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1] == "mod tests {";
    let end = lines.windows(2).position(is_test).unwrap_or(lines.len());
    lines[..end].join("\n")
}

fn digest(paths: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut files = 0;
    for path in paths.iter().flat_map(|path| sources(&root().join(path))) {
        let name = path.strip_prefix(root()).expect("a path below the root");
        hasher.update(name.to_string_lossy().replace('\\', "/").as_bytes());
        hasher.update(&[0]);
        hasher.update(code(&text(&path)).as_bytes());
        hasher.update(&[0]);
        files += 1;
    }
    assert!(files > 0, "{paths:?} have no sources");
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Returns the version of a stage in the sources of the program.
fn version(versions: &str, name: &str) -> u32 {
    let start = format!("const {name}: u32 = ");
    let value = versions.split(&start).nth(1).and_then(|after| after.split(';').next());
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{VERSIONS:?} have no {name}"))
}

fn current() -> Vec<Stage> {
    let versions: String = VERSIONS.iter().map(|path| text(&root().join(path))).collect();
    let stage = |(name, paths): &(&str, &[&str])| Stage {
        name: (*name).to_owned(),
        version: version(&versions, name),
        digest: digest(paths),
    };
    STAGES.iter().map(stage).collect()
}

fn parsed(table: &str) -> Vec<Stage> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [name, version, digest] = cells[..] else { panic!("{SIGNED}: a row has three cells: {line}") };
        let version = version.parse().unwrap_or_else(|_| panic!("{SIGNED}: {version} is not a version"));
        Stage { name: name.to_owned(), version, digest: digest.to_owned() }
    };
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(row).collect()
}

fn table(stages: &[Stage]) -> String {
    let rows = stages.iter().map(|stage| format!("{} {} {}\n", stage.name, stage.version, stage.digest));
    format!("# Stage, version, digest of the sources. {SIGN}=1 cargo test --test versions\n{}", {
        rows.collect::<String>()
    })
}

/// Returns a sentence for each stage that is not as signed.
fn faults(current: &[Stage], signed: &[Stage]) -> Vec<String> {
    let fault = |stage: &Stage| {
        let before = signed.iter().find(|before| before.name == stage.name);
        match before {
            None => Some(format!("{} is not signed", stage.name)),
            Some(before) if before == stage => None,
            Some(before) if before.version == stage.version => Some(format!(
                "the sources of {} changed: increase its version in {VERSIONS:?} if equal inputs can give another result",
                stage.name
            )),
            Some(_) => Some(format!("the version of {} changed", stage.name)),
        }
    };
    current.iter().filter_map(fault).collect()
}

#[test]
fn the_sources_of_every_stage_are_signed_with_its_version() {
    let current = current();
    if env::var_os(SIGN).is_some() {
        fs::write(root().join(SIGNED), table(&current)).expect("the table is written");
    }
    let faults = faults(&current, &parsed(&text(&root().join(SIGNED))));
    assert!(faults.is_empty(), "{}; then run {SIGN}=1 cargo test --test versions", faults.join("; "));
}

#[test]
fn a_changed_line_is_noticed_and_a_changed_comment_is_not() {
    let source = "//! Page.\n\nfn one() -> u32 {\n    // A reason.\n    1\n}\n";
    assert_eq!(code(source), "fn one() -> u32 {\n1\n}");
    let with_tests = format!("{source}\n#[cfg(test)]\nmod tests {{\n    #[test]\n    fn fails() {{}}\n}}\n");
    assert_eq!(code(&with_tests), code(source));
    assert_ne!(code(&source.replace("    1\n", "    2\n")), code(source));
}

#[test]
fn a_fault_names_the_stage_and_the_decision() {
    let stage =
        |version, digest: &str| Stage { name: "READS".to_owned(), version, digest: digest.to_owned() };
    assert!(faults(&[stage(1, "a")], &[stage(1, "a")]).is_empty());
    let changed = faults(&[stage(1, "b")], &[stage(1, "a")]);
    assert!(changed[0].contains("READS") && changed[0].contains("increase its version"), "{changed:?}");
    assert_eq!(faults(&[stage(2, "b")], &[stage(1, "a")]), ["the version of READS changed"]);
    assert_eq!(faults(&[stage(1, "a")], &[]), ["READS is not signed"]);
    assert_eq!(parsed(&table(&[stage(3, "c")])), [stage(3, "c")]);
}

#[test]
fn every_room_of_a_replay_belongs_to_a_stage() {
    // Rooms that decide nothing in a kept stage: what a person sees, models, and the program around the stages.
    let others = [
        "archive",
        "cli",
        "columns",
        "columns.rs",
        "compact",
        "compact.rs",
        "compare",
        "explain",
        "export",
        "fetch",
        "index.rs",
        "join_steps.rs",
        "language",
        "learn",
        "lib.rs",
        "main.rs",
        "measure",
        "model",
        "report",
        "run",
        "symbol.rs",
        "tables",
        "web",
        "analysis",
        "review",
        "temporal",
    ];
    let named: Vec<&str> = STAGES.iter().flat_map(|(_, paths)| *paths).copied().collect();
    for entry in fs::read_dir(root().join("src")).expect("the sources") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let path = format!("src/{name}");
        assert!(
            others.contains(&name.as_str()) || named.contains(&path.as_str()),
            "{path} belongs to no stage: add it to STAGES, or to the rooms that decide nothing"
        );
    }
    // Rooms of which only some files decide a stage have every other file here.
    let parts = [
        ("src/analysis", &["joined_metrics.rs", "metric_column.rs", "tested_structures.rs"][..]),
        (
            "src/review",
            &[
                "focus.rs",
                "forecast.rs",
                "known_keys.rs",
                "marked.rs",
                "mod.rs",
                "queue.rs",
                "reason.rs",
                "reasons.rs",
                "status.rs",
            ],
        ),
        (
            "src/temporal",
            &["change.rs", "compare", "compare.rs", "disturbance.rs", "group.rs", "mod.rs", "tests.rs"],
        ),
    ];
    for (folder, without) in parts {
        for entry in fs::read_dir(root().join(folder)).expect("the sources") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            assert!(
                without.contains(&name.as_str()) || named.contains(&path.as_str()),
                "{path} has no stage"
            );
        }
    }
}
