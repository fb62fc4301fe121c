//! Random histories in two deployments, with and without hidden records: partners receive the same bytes. A record is hidden
//! by its marking, or by an agreement of its source that closes the source to partners.
//!
//! `ARANEUS_HISTORIES=FIRST..END` selects the seeds; see `scripts/histories`.

#[path = "histories/erased.rs"]
mod erased;
#[path = "histories/fold.rs"]
mod fold;
#[path = "histories/generate.rs"]
mod generate;
#[path = "histories/plain_resolution.rs"]
mod plain_resolution;
#[path = "histories/sides.rs"]
mod sides;
#[path = "histories/similar_views.rs"]
mod similar_views;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use araneus::{
    archive::ArchiveError,
    progress::Progress,
    run::{self, Request},
    time::Moment,
};
use serde_json::{Value, json};

use generate::{Delivery, Format, History, Object, Shape, Sharing, Source, Step, history};

/// Seeds without `ARANEUS_HISTORIES`.
const SEEDS: std::ops::Range<u64> = 0..30;

/// Mapping of the tables of a source.
const MAPPING: &str = r#"
key = "{id}"
marking = "{tlp}"
recorded_at = "{day}"
seen_at = "{day}"
[time]
forms = ["rfc3339"]
[[entity]]
as = "host"
kind = "domain"
value = "{name}"
[[entity]]
as = "family"
kind = "malware"
key = "{family}"
[[link]]
from = "host"
to = "family"
kind = "related-to"
layer = "infrastructure"
"#;

/// Agreements of all histories. The first names are those that admit partners; `missing` is not among them.
const AGREEMENTS: &str = r#"
[[agreement]]
name = "anybody"
obligations = ["Say who reported it."]
[[agreement]]
name = "partners-analyse"
purposes = ["warn", "analyse"]
recipients = ["partners", "friends"]
obligations = ["Delete it on request.", "Say who reported it."]
[[agreement]]
name = "friends-only"
recipients = ["friends"]
obligations = ["Keep it among friends."]
[[agreement]]
name = "court-only"
purposes = ["prosecute"]
obligations = ["Use it in court."]
[[agreement]]
name = "nobody"
recipients = []
[[source]]
name = "always"
agreement = "anybody"
"#;

/// Returns the configuration of a run. Each run follows another agreement of the kind of its source.
fn configuration(sources: &[Source], step: usize) -> String {
    const OPEN: [Option<&str>; 3] = [None, Some("anybody"), Some("partners-analyse")];
    const CLOSED: [Option<&str>; 4] =
        [Some("friends-only"), Some("court-only"), Some("nobody"), Some("missing")];
    let mut text = "[model]\nid = \"rules\"\n".to_owned();
    for (position, source) in sources.iter().enumerate() {
        let mode = if source.is_snapshot { "snapshot" } else { "increment" };
        let time = if source.is_dated { "object" } else { "delivery" };
        let _ = write!(
            text,
            "[[source]]\nname = \"{}\"\nmode = \"{mode}\"\nrecorded_at = \"{time}\"\n",
            source.name
        );
        if let Some(marking) = source.marking {
            let _ = writeln!(text, "marking = \"{marking}\"");
        }
        if source.format == Format::Table {
            text.push_str("mapping = \"mapping.toml\"\n");
        }
        let agreements = match source.sharing {
            Sharing::Open => &OPEN[..],
            Sharing::Closed => &CLOSED[..],
        };
        if let Some(agreement) = agreements[(step + 2 * position) % agreements.len()] {
            let _ = writeln!(text, "agreement = \"{agreement}\"");
        }
    }
    text + AGREEMENTS
        + "[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\npurposes = [\"analyse\"]\n"
}

/// Returns the text of a file, with or without hidden objects.
fn written(delivery: &Delivery, format: Format, with_hidden: bool) -> String {
    let shown = |object: &&Object| with_hidden || !object.is_hidden;
    let value = |object: &Object| match &object.shape {
        Shape::Plain(value) => value.clone(),
        Shape::Event(event, attributes) => {
            let mut event = event.clone();
            let plain = |object: &Object| match &object.shape {
                Shape::Plain(value) | Shape::Event(value, _) => value.clone(),
            };
            event["Attribute"] = attributes.iter().filter(shown).map(plain).collect();
            json!({ "Event": event })
        }
    };
    // A visible event may contain hidden attributes. A hidden event contains no visible ones.
    let values: Vec<Value> = delivery.objects.iter().filter(shown).map(value).collect();
    let mut text = match format {
        Format::Stix => {
            json!({ "type": "bundle", "id": format!("bundle--{}", generate::uuid(1)), "objects": values })
                .to_string()
        }
        Format::Misp => {
            // One event that exists in both deployments.
            let anchor = json!({ "Event": {
                "uuid": generate::uuid(99), "info": "Always", "date": "2026-01-01", "Tag": [{ "name": "tlp:green" }],
            } });
            let events = [vec![anchor], values].concat();
            json!({ "response": events }).to_string()
        }
        Format::Table => {
            let columns = ["id", "name", "family", "day", "tlp"];
            let line =
                |row: &Value| columns.map(|name| row[name].as_str().unwrap_or_default()).join(",") + "\n";
            columns.join(",") + "\n" + &values.iter().map(line).collect::<String>()
        }
    };
    if delivery.is_truncated {
        match format {
            // An unterminated quote.
            Format::Table => text.push_str("r1,\"host"),
            Format::Stix | Format::Misp => drop(text.pop()),
        }
    }
    text
}

/// Writes the files of a step into a folder. Returns them as inputs of a run.
fn write_inputs(history: &History, step: &Step, folder: &Path, with_hidden: bool) -> Vec<String> {
    fs::create_dir_all(folder).expect("a folder");
    let input = |(number, delivery): (usize, &Delivery)| {
        let source = &history.sources[delivery.source];
        let ending = if source.format == Format::Table { "csv" } else { "json" };
        let file = folder.join(format!("{number}.{ending}"));
        fs::write(&file, written(delivery, source.format, with_hidden)).expect("a file");
        format!("{}={}", source.name, file.display())
    };
    step.deliveries.iter().enumerate().map(input).collect()
}

type Files = BTreeMap<String, Vec<u8>>;

/// Runs a history in a deployment of its own. Returns the files of partners after each run.
fn published(history: &History, with_hidden: bool) -> Vec<Result<Files, String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    fs::write(path.join("mapping.toml"), MAPPING).expect("a file");
    let mut results = Vec::new();
    for (at, step) in history.steps.iter().enumerate() {
        fs::write(path.join("araneus.toml"), configuration(&history.sources, at)).expect("a file");
        let mut config = run::read_config(&path.join("araneus.toml")).expect("a configuration");
        (config.state, config.out) = (path.join("state"), path.join("out"));
        let moment = format!("2026-03-{:02}T00:00:00Z", step.day);
        let inputs = write_inputs(history, step, &path.join(format!("in/{at}")), with_hidden);
        let request = Request {
            audience: Some("partners".to_owned()),
            replay: step.deliveries.is_empty(),
            ..Request::new(config.clone(), Moment::parse(&moment).expect("a time"), inputs)
        };
        results.push(match run_alone(&request) {
            Ok(outcome) => Ok(files(&outcome.folder.join("partners"))),
            Err(error) => Err(error.to_string()),
        });
    }
    results
}

/// Makes one run in this process. A child process of another test shares the file lock between its fork and its
/// exec, so this function waits for the lock.
fn run_alone(request: &Request) -> Result<run::Outcome, run::RunError> {
    run_alone_with(request, &Progress::silent())
}

/// Makes one run as [`run_alone`] does, and reports its steps.
fn run_alone_with(request: &Request, progress: &Progress<'_>) -> Result<run::Outcome, run::RunError> {
    loop {
        match run::run(request, &mut || Ok(Vec::new()), progress) {
            Err(run::RunError::Archive(ArchiveError::Locked(path))) => {
                let lock = fs::File::options().write(true).open(path).expect("the lock's file");
                lock.lock().expect("the lock after its release");
            }
            outcome => return outcome,
        }
    }
}

fn files(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).expect("the audience's folder");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

/// Returns the differences between the two deployments; empty if there are none.
fn difference(history: &History) -> Option<String> {
    let (with, without) = (published(history, true), published(history, false));
    for (at, (with, without)) in with.iter().zip(&without).enumerate() {
        let (with, without) = match (with, without) {
            (Ok(with), Ok(without)) => (with, without),
            (Err(_), Err(_)) => continue,
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => {
                return Some(format!("step {at} alone fails: {error}"));
            }
        };
        let differing: Vec<&String> =
            with.keys().filter(|name| with.get(*name) != without.get(*name)).collect();
        if !differing.is_empty() || with.len() != without.len() {
            return Some(format!("step {at}: {differing:?}"));
        }
    }
    None
}

/// Removes steps, deliveries and objects as long as a difference remains.
fn shrunk(mut history: History) -> History {
    let is_wrong = |history: &History| difference(history).is_some();
    loop {
        let before = size(&history);
        for at in (0..history.steps.len()).rev() {
            let mut fewer = history.clone();
            fewer.steps.remove(at);
            if is_wrong(&fewer) {
                history = fewer;
            }
        }
        for at in 0..history.steps.len() {
            for which in (0..history.steps[at].deliveries.len()).rev() {
                let mut fewer = history.clone();
                fewer.steps[at].deliveries.remove(which);
                if !fewer.steps[at].deliveries.is_empty() && is_wrong(&fewer) {
                    history = fewer;
                    continue;
                }
                for object in (0..history.steps[at].deliveries[which].objects.len()).rev() {
                    let mut fewer = history.clone();
                    fewer.steps[at].deliveries[which].objects.remove(object);
                    if is_wrong(&fewer) {
                        history = fewer;
                    }
                }
            }
        }
        if size(&history) == before {
            return history;
        }
    }
}

fn size(history: &History) -> (usize, usize, usize) {
    let deliveries = || history.steps.iter().flat_map(|step| &step.deliveries);
    (history.steps.len(), deliveries().count(), deliveries().map(|delivery| delivery.objects.len()).sum())
}

/// Describes a history for a reader; `-` marks hidden objects.
fn description(history: &History) -> String {
    let mut text = configuration(&history.sources, 0);
    for step in &history.steps {
        let _ = writeln!(text, "run as of March {}", step.day);
        for delivery in &step.deliveries {
            let source = &history.sources[delivery.source];
            let suffix = if delivery.is_truncated { ", truncated" } else { "" };
            let _ = writeln!(text, "  {}{suffix}", source.name);
            for object in &delivery.objects {
                let (value, inner) = match &object.shape {
                    Shape::Plain(value) => (value, [].as_slice()),
                    Shape::Event(value, inner) => (value, inner.as_slice()),
                };
                let _ = writeln!(text, "  {} {value}", if object.is_hidden { '-' } else { ' ' });
                for Object { is_hidden, shape } in inner {
                    let (Shape::Plain(value) | Shape::Event(value, _)) = shape;
                    let _ = writeln!(text, "    {} {value}", if *is_hidden { '-' } else { ' ' });
                }
            }
        }
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "the environment selects the seeds of a long run")]
fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("ARANEUS_HISTORIES") else { return SEEDS };
    let (first, end) = text.split_once("..").expect("FIRST..END");
    first.parse().expect("a number")..end.parse().expect("a number")
}

#[test]
fn hidden_records_of_random_histories_do_not_change_the_results_for_partners() {
    let (mut hidden, mut published_runs) = (0, 0);
    for seed in seeds() {
        let history = history(seed);
        let objects =
            history.steps.iter().flat_map(|step| &step.deliveries).flat_map(|delivery| &delivery.objects);
        hidden += objects.filter(|object| object.is_hidden).count();
        published_runs += history.steps.len();
        if let Some(what) = difference(&history) {
            let shrunk = shrunk(history);
            let what = difference(&shrunk).unwrap_or(what);
            panic!("seed {seed}: {what}\n{}", description(&shrunk));
        }
    }
    assert!(
        hidden > published_runs,
        "{hidden} hidden objects in {published_runs} runs are too few for a comparison"
    );
}
