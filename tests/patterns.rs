//! Each pattern has a file of cases in `tests/patterns/`: scenarios that must be flagged, and look-alikes that must
//! not. These tests run the program on each case.

#[path = "patterns/background.rs"]
mod background;
#[path = "patterns/case.rs"]
mod case;
#[path = "patterns/claims.rs"]
mod claims;
#[path = "patterns/registry.rs"]
mod registry;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use araneus::{
    columns::Columns,
    progress::Progress,
    review::PATTERNS,
    run::{self, Request, read_config},
    tables::read_table,
    time::Moment,
};
use case::{Deliveries, Line};
use claims::Claims;
use rayon::prelude::*;
use tempfile::TempDir;

/// Fewest cases of each kind in a file.
const FLAGGED_MIN: usize = 3;
const LOOK_ALIKES_MIN: usize = 4;

/// One case of a file.
struct Case {
    title: String,
    must_be_flagged: bool,
    lines: Vec<Line>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/patterns")
}

fn code(pattern: &str) -> String {
    pattern.replace(' ', "-")
}

/// Reads the cases of a file: headings of the third level, each with a fenced block.
fn cases(text: &str) -> Result<Vec<Case>, String> {
    let (mut cases, mut must_be_flagged, mut title) = (Vec::new(), None, String::new());
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (line, &mut block) {
            ("```", Some(case_text)) => {
                let lines = case::read(case_text).map_err(|error| format!("{title}: {error}"))?;
                let must_be_flagged =
                    must_be_flagged.ok_or_else(|| format!("{title}: is under no heading"))?;
                cases.push(Case { title: title.clone(), must_be_flagged, lines });
                block = None;
            }
            (_, Some(case_text)) => {
                case_text.push_str(line);
                case_text.push('\n');
            }
            ("```text", None) => block = Some(String::new()),
            ("## It must be flagged", None) => must_be_flagged = Some(true),
            ("## It must not be flagged", None) => must_be_flagged = Some(false),
            _ => {
                if let Some(text) = line.strip_prefix("### ") {
                    text.clone_into(&mut title);
                }
            }
        }
    }
    Ok(cases)
}

#[test]
fn each_pattern_has_a_file_of_cases_and_each_file_a_pattern() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("a folder of cases")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .collect();
    let patterns: BTreeSet<String> = PATTERNS.iter().map(|pattern| code(pattern.name)).collect();
    assert_eq!(files, patterns, "files on the left, patterns on the right");
    for name in files {
        let text = fs::read_to_string(folder().join(format!("{name}.md"))).expect("text");
        let cases = cases(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (flagged, look_alikes): (Vec<&Case>, Vec<&Case>) =
            cases.iter().partition(|case| case.must_be_flagged);
        assert!(flagged.len() >= FLAGGED_MIN, "{name}: {} cases that must be flagged", flagged.len());
        assert!(look_alikes.len() >= LOOK_ALIKES_MIN, "{name}: {} look-alikes", look_alikes.len());
        let titles: BTreeSet<&str> = cases.iter().map(|case| case.title.as_str()).collect();
        assert_eq!(titles.len(), cases.len(), "{name}: each case has its own title");
        for case in &cases {
            let expected: Vec<&str> = case
                .lines
                .iter()
                .filter_map(|line| {
                    if let Line::Expect(expectation) = line { Some(expectation.as_str()) } else { None }
                })
                .collect();
            assert!(
                matches!(case.lines.last(), Some(Line::Expect(_))),
                "{name}: {}: ends untested",
                case.title
            );
            let flags = expected.iter().any(|expectation| expectation.starts_with("flagged "));
            let is_look_alike = !case.must_be_flagged;
            // A case that must not be flagged may contain a flag of another object.
            assert!(flags || is_look_alike, "{name}: {}: expects no flag", case.title);
        }
    }
}

/// Deployment of one case, with its deliveries.
struct CaseDeployment {
    folder: PathBuf,
    deliveries: Deliveries,
}

impl CaseDeployment {
    fn new(folder: &Path, deliveries: Deliveries) -> Self {
        fs::write(folder.join("araneus.toml"), background::CONFIGURATION).expect("written");
        Self { folder: folder.to_owned(), deliveries }
    }

    /// Runs the pending deliveries, and returns the folder of the published run.
    fn run(&mut self, as_of: &str) -> PathBuf {
        let inputs =
            self.deliveries.deliver(&self.folder.join("deliveries").join(&as_of[..10]), &BTreeSet::new());
        let mut config = read_config(&self.folder.join("araneus.toml")).expect("a configuration");
        config.state = self.folder.join("state");
        config.out = self.folder.join("out");
        let moment = Moment::parse(as_of).expect("a moment");
        let request = Request::new(config, moment, inputs);
        let outcome = run::run(&request, &mut || Ok(Vec::new()), &Progress::silent()).expect("runs");
        assert_eq!(outcome.rejects, 0, "each object of a case is accepted");
        outcome.folder
    }
}

/// Runs the background once; each case continues from a copy of it.
fn background() -> &'static (TempDir, Deliveries) {
    static BACKGROUND: OnceLock<(TempDir, Deliveries)> = OnceLock::new();
    BACKGROUND.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut deployment = CaseDeployment::new(folder.path(), Deliveries::default());
        for (at, date) in background::RUN_DATES.iter().enumerate() {
            let as_of = format!("{date}T02:00:00Z");
            let lines = if at == 0 { background::established() } else { background::traffic(at) };
            deployment.deliveries.add_all(&lines, &as_of);
            deployment.run(&as_of);
        }
        (folder, deployment.deliveries)
    })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Runs a case. Returns the expectations that do not hold, and the checked claims of its flags.
fn run_case(case: &Case, pattern: &str) -> (Vec<String>, Claims) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut deployment = CaseDeployment::new(folder.path(), Deliveries::default());
    let has_background = !case.lines.contains(&Line::WithoutBackground);
    if has_background {
        let (background, before) = background();
        copy(&background.path().join("state"), &folder.path().join("state"));
        deployment.deliveries = before.clone();
    }
    let (mut failures, mut claims) = (Vec::new(), Claims::default());
    let (mut as_of, mut shown): (Option<String>, Option<PathBuf>) = (None, None);
    let mut count = background::RUN_DATES.len();
    for line in &case.lines {
        match line {
            Line::WithoutBackground => {}
            Line::Run(day) => {
                if let (Some(last), None) = (&as_of, &shown) {
                    deployment.run(last);
                }
                let date = Moment::parse("2026-03-01T02:00:00Z").expect("a moment").days_earlier(-day);
                let text = date.to_string();
                if has_background {
                    deployment.deliveries.add_all(&background::traffic(count), &text);
                    count += 1;
                }
                (as_of, shown) = (Some(text), None);
            }
            Line::Expect(expectation) => {
                let as_of = as_of.as_deref().expect("a run before its expectation");
                let folder = shown.get_or_insert_with(|| deployment.run(as_of)).clone();
                claims.check(&folder.join("all"));
                let outcome = Found::read(&folder, pattern);
                if let Err(what) = outcome.holds(expectation) {
                    failures
                        .push(format!("{}\n    expected: {expectation}\n    {what}\n{outcome}", case.title));
                }
            }
            delivered => {
                deployment.deliveries.add(delivered, as_of.as_deref().expect("a run before its deliveries"));
            }
        }
    }
    (failures, claims)
}

/// Flags and candidates of a pattern in a run: names of their entities, with the state or the failed tests.
struct Found {
    flags: Vec<(String, BTreeSet<String>)>,
    leads: Vec<BTreeSet<String>>,
    candidates: Vec<(Vec<String>, BTreeSet<String>, String)>,
}

impl Found {
    fn read(run: &Path, pattern: &str) -> Self {
        let table = |name: &str| read_table(&run.join(format!("all/{name}.arrow"))).expect("a table");
        let entities = table("entities");
        let names: BTreeMap<String, BTreeSet<String>> = (0..entities.rows())
            .map(|row| {
                let mut names: BTreeSet<String> =
                    entities.texts("aliases").expect("aliases")[row].iter().cloned().collect();
                names.insert(text(&entities, "label", row));
                (text(&entities, "entity_id", row), names)
            })
            .collect();
        let named = |columns: &Columns, column: &str, row: usize| -> BTreeSet<String> {
            let ids = &columns.texts(column).expect("a list")[row];
            ids.iter().flat_map(|id| names.get(id).into_iter().flatten()).cloned().collect()
        };
        let (flags, candidates, gate) = (table("flags"), table("candidates"), table("gate"));
        let rows_of_pattern = |columns: &Columns| -> Vec<usize> {
            (0..columns.rows()).filter(|&row| text(columns, "pattern", row) == pattern).collect()
        };
        let sampled = flags.flag("sampled").expect("truth values");
        Self {
            flags: rows_of_pattern(&flags)
                .into_iter()
                .filter(|&row| sampled[row] == Some(false))
                .map(|row| (text(&flags, "state", row), named(&flags, "entity_ids", row)))
                .collect(),
            leads: rows_of_pattern(&candidates)
                .into_iter()
                .filter(|&row| text(&candidates, "status", row) == "lead")
                .map(|row| named(&candidates, "members", row))
                .collect(),
            candidates: rows_of_pattern(&candidates)
                .into_iter()
                .map(|row| {
                    let fails = failed_tests(&gate, &text(&candidates, "candidate_id", row));
                    let number = |name: &str| candidates.number(name).expect("a number")[row];
                    let shown = format!(
                        "{:.2}, p {:.3}, E {:.2e}",
                        number("statistic").unwrap_or(f64::NAN),
                        number("null_p").unwrap_or(f64::NAN),
                        number("expected").unwrap_or(f64::NAN)
                    );
                    (fails, named(&candidates, "members", row), shown)
                })
                .collect(),
        }
    }

    /// Returns an error if the expectation does not hold.
    fn holds(&self, expectation: &str) -> Result<(), String> {
        let names = |text: &str| -> Vec<String> { text.split(" and ").map(str::to_owned).collect() };
        let about = |all: &BTreeSet<String>, names: &[String]| names.iter().all(|name| all.contains(name));
        let raised = |names: &[String]| {
            self.flags
                .iter()
                .any(|(state, all)| matches!(state.as_str(), "new" | "grown") && about(all, names))
        };
        let (expected_state, argument) = expectation.split_once(' ').unwrap_or((expectation, ""));
        let is_true = match expected_state {
            "nothing" => {
                let names: Vec<String> = argument.strip_prefix("of ").map(names).unwrap_or_default();
                !self.candidates.iter().any(|(_, all, _)| about(all, &names)) && !raised(&names)
            }
            // The candidate fails exactly these tests of the gate; if it passed them, it would be flagged.
            "candidate" => {
                let (names_text, fails) = argument.split_once(", fails ").ok_or("no tests are named")?;
                let (wanted, fails) = (names(names_text), names(fails));
                let is_one = |(failed, all, _): &(Vec<String>, BTreeSet<String>, String)| {
                    about(all, &wanted) && *failed == fails
                };
                self.candidates.iter().any(is_one) && !raised(&wanted)
            }
            "unflagged" => !raised(&names(argument)),
            "lead" => {
                let wanted = names(argument);
                self.leads.iter().any(|all| about(all, &wanted)) && !raised(&wanted)
            }
            "flagged" | "grown" | "standing" | "closed" => {
                let wanted = if expected_state == "flagged" { "new" } else { expected_state };
                let wanted_names = names(argument);
                self.flags.iter().any(|(state, all)| state == wanted && about(all, &wanted_names))
            }
            _ => return Err("unknown expectation".to_owned()),
        };
        if is_true { Ok(()) } else { Err("found instead:".to_owned()) }
    }
}

/// Returns the tests of the gate that a candidate fails.
fn failed_tests(gate: &Columns, candidate: &str) -> Vec<String> {
    let passed = gate.flag("passed").expect("truth values");
    let is_failed =
        |row: &usize| text(gate, "candidate_id", *row) == candidate && passed[*row] == Some(false);
    (0..gate.rows()).filter(is_failed).map(|row| text(gate, "test", row)).collect()
}

fn text(columns: &Columns, name: &str, row: usize) -> String {
    columns.text(name).expect("a text")[row].clone().unwrap_or_default()
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (state, names) in &self.flags {
            writeln!(f, "    flag {state}: {names:?}")?;
        }
        for (fails, names, shown) in &self.candidates {
            writeln!(f, "    candidate ({shown}) fails {fails:?}: {names:?}")?;
        }
        Ok(())
    }
}

#[test]
fn each_case_ends_as_its_file_expects() {
    background();
    let mut all: Vec<(&str, Case)> = Vec::new();
    for pattern in PATTERNS {
        let text = fs::read_to_string(folder().join(format!("{}.md", code(pattern.name)))).expect("a file");
        all.extend(cases(&text).expect("well written").into_iter().map(|case| (pattern.name, case)));
    }
    assert!(all.len() >= PATTERNS.len() * (FLAGGED_MIN + LOOK_ALIKES_MIN));
    let results: Vec<(&str, (Vec<String>, Claims))> =
        all.par_iter().map(|(pattern, case)| (*pattern, run_case(case, pattern))).collect();
    let mut failures: Vec<String> = Vec::new();
    for (pattern, (unexpected, claims)) in &results {
        failures.extend(unexpected.iter().chain(&claims.untrue).map(|what| format!("{pattern}: {what}")));
    }
    let mut expectation = String::new();
    for what in &failures {
        let _ = writeln!(expectation, "{what}");
    }
    assert!(
        failures.is_empty(),
        "{} expectations of {} cases do not hold:\n{expectation}",
        failures.len(),
        all.len()
    );
    for pattern in PATTERNS {
        let titles: usize =
            results.iter().filter_map(|(_, (_, claims))| claims.titles.get(pattern.name)).sum();
        assert!(titles >= FLAGGED_MIN, "only {titles} titles of {} were recomputed", pattern.name);
    }
}
