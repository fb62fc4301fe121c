//! After an erasure, the state and the results of a random history are those of a history that never had the object.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use araneus::{
    archive::Selector,
    progress::Progress,
    run::{self, Config, Request, RunError, erase::ErasureRequest},
    tables,
    time::Moment,
};
use serde_json::Value;

use super::{
    MAPPING, configuration,
    generate::{Delivery, Format, History, Object, Shape, Step, history},
    run_alone, written,
};

/// An object that is erased: the position of its source, and its id.
#[derive(Clone, Debug)]
struct Erased {
    source: usize,
    id: String,
    /// True if the object contains others.
    is_event: bool,
}

/// Files with the counts of deliveries.
const COUNTED: [&str; 3] = ["manifest.json", "steward/deliveries.arrow", "steward/report.html"];

fn id_of(shape: &Shape) -> &str {
    let (Shape::Plain(value) | Shape::Event(value, _)) = shape;
    value.get("uuid").or_else(|| value.get("id")).and_then(Value::as_str).expect("an id")
}

/// Returns every object of a history.
fn all_objects(history: &History) -> Vec<Erased> {
    let mut all = BTreeMap::new();
    for delivery in history.steps.iter().flat_map(|step| &step.deliveries) {
        for object in &delivery.objects {
            let mut add = |shape: &Shape, is_event| {
                let id = id_of(shape).to_owned();
                all.insert((delivery.source, id.clone()), Erased { source: delivery.source, id, is_event });
            };
            add(&object.shape, matches!(object.shape, Shape::Event(..)));
            if let Shape::Event(_, attributes) = &object.shape {
                for attribute in attributes {
                    add(&attribute.shape, false);
                }
            }
        }
    }
    all.into_values().collect()
}

/// Returns the objects of a delivery without the erased one, and the erased one with the events around it.
fn parted(delivery: &Delivery, erased: &Erased) -> (Vec<Object>, Vec<Object>) {
    if delivery.source != erased.source {
        return (delivery.objects.clone(), Vec::new());
    }
    let (mut rest, mut alone) = (Vec::new(), Vec::new());
    for object in &delivery.objects {
        if id_of(&object.shape) == erased.id {
            alone.push(object.clone());
            continue;
        }
        match &object.shape {
            Shape::Plain(_) => rest.push(object.clone()),
            Shape::Event(event, attributes) => {
                let (named, others): (Vec<Object>, Vec<Object>) =
                    attributes.iter().cloned().partition(|attribute| id_of(&attribute.shape) == erased.id);
                let with = |attributes| Object {
                    shape: Shape::Event(event.clone(), attributes),
                    is_hidden: object.is_hidden,
                };
                rest.push(with(others));
                if !named.is_empty() {
                    alone.push(with(named));
                }
            }
        }
    }
    (rest, alone)
}

/// Inputs of one step: those without the erased object, and the files of that object.
type Inputs = (Vec<String>, Vec<String>);

/// Writes the files of a step. The erased object has files of its own, because a file of several objects has another digest
/// without one of them. A truncated file is rejected as a whole, and does not have the object.
fn write_parted(history: &History, step: &Step, folder: &Path, erased: &Erased) -> Inputs {
    let (mut inputs, mut files) = (Vec::new(), Vec::new());
    for (number, delivery) in step.deliveries.iter().enumerate() {
        let source = &history.sources[delivery.source];
        let ending = if source.format == Format::Table { "csv" } else { "json" };
        let (rest, alone) = parted(delivery, erased);
        let write = |objects: Vec<Object>, path: PathBuf| {
            let delivery = Delivery { objects, ..delivery.clone() };
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, written(&delivery, source.format, true)).expect("a file");
            format!("{}={}", source.name, path.display())
        };
        inputs.push(write(rest, folder.join(format!("{number}.{ending}"))));
        if !delivery.is_truncated && !alone.is_empty() {
            files.push(write(alone, folder.join(format!("{number}/alone.{ending}"))));
        }
    }
    (inputs, files)
}

fn moment(day: u32) -> Moment {
    Moment::parse(&format!("2026-03-{day:02}T00:00:00Z")).expect("a time")
}

/// A deployment in a folder of its own.
fn deployment(history: &History, path: &Path) -> Config {
    fs::create_dir_all(path).expect("a folder");
    fs::write(path.join("mapping.toml"), MAPPING).expect("a file");
    fs::write(path.join("araneus.toml"), configuration(&history.sources, 0)).expect("a file");
    let mut config = run::read_config(&path.join("araneus.toml")).expect("a configuration");
    (config.state, config.out) = (path.join("state"), path.join("out"));
    config
}

fn request(config: &Config, as_of: Moment, inputs: Vec<String>) -> Request {
    Request { replay: inputs.is_empty(), ..Request::new(config.clone(), as_of, inputs) }
}

type Files = BTreeMap<String, String>;

/// Returns the digests of the files of each run with its name; a run that was erased is left out.
fn results(config: &Config) -> BTreeMap<String, Files> {
    let entries = fs::read_dir(&config.out).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let runs = names.filter(|name| tables::is_run_name(name) && !tables::is_erased(&config.out.join(name)));
    runs.map(|name| {
        let mut files = tables::digests(&config.out.join(&name)).expect("readable");
        files.remove("run.json");
        (name, files)
    })
    .collect()
}

/// Returns the digests of the segments of records and deliveries, and of the run state.
fn state(config: &Config) -> Files {
    let mut files = tables::digests(&config.state).expect("readable");
    files.retain(|name, _| name.ends_with(".parquet") || name.starts_with("run-state/"));
    files
}

/// Returns the differences after an erasure; `None` if the history never records the object.
fn difference(history: &History, erased: &Erased) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [with, never] = ["with", "never"].map(|name| deployment(history, &folder.path().join(name)));
    let mut last = Vec::new();
    for (at, step) in history.steps.iter().enumerate() {
        let (inputs, files) = write_parted(history, step, &folder.path().join(format!("in/{at}")), erased);
        let whole = [inputs.clone(), files].concat();
        let outcomes = [(&with, whole), (&never, inputs.clone())]
            .map(|(config, inputs)| run_alone(&request(config, moment(step.day), inputs)).is_ok());
        assert_eq!(outcomes[0], outcomes[1], "one of the runs fails alone");
        if !inputs.is_empty() {
            last = inputs;
        }
    }
    let source = Some(history.sources[erased.source].name.to_owned());
    let erasure = ErasureRequest {
        selectors: vec![Selector::Id { id: erased.id.clone(), source }],
        reason: "a request".to_owned(),
        by: "ana".to_owned(),
        erased_at: moment(31),
    };
    match run::erase(&with, &erasure, &Progress::silent()) {
        Ok(_) => {}
        Err(RunError::NothingToErase) => return None,
        Err(error) => panic!("{error}"),
    }
    let newest = results(&never).into_keys().max().expect("a run");
    let day = history.steps.iter().map(|step| step.day).max().expect("a step");
    run_alone(&request(&never, moment(day), Vec::new())).expect("a replay");
    let mut differing = Vec::new();
    // In an archive of events, the places of an attribute in two runs may be stored once or twice.
    let days: BTreeSet<u32> = history.steps.iter().map(|step| step.day).collect();
    if !erased.is_event && days.len() == history.steps.len() {
        differing.extend(unequal("state", &state(&with), &state(&never)));
    }
    let mut compare = |what: &str| {
        let (with, never) = (results(&with), results(&never));
        assert!(with.contains_key(&newest), "{newest} is computed again");
        for (run, files) in &with {
            let mut expected = never[run].clone();
            let mut files = files.clone();
            for files in [&mut files, &mut expected] {
                // The counts of deliveries are those of the time. Attributes of an event may have more places.
                files.retain(|name, _| {
                    let has_counts = COUNTED.contains(&name.as_str());
                    !(has_counts || erased.is_event && name.starts_with("steward/"))
                });
            }
            differing.extend(unequal(&format!("{what}, {run}"), &files, &expected));
        }
    };
    compare("after the erasure");
    for config in [&with, &never] {
        run_alone(&request(config, moment(31), last.clone())).expect("a run");
    }
    compare("after the next run");
    Some(differing)
}

fn unequal(what: &str, one: &Files, other: &Files) -> Vec<String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differing = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
    differing.map(|name| format!("{what}: {name}")).collect()
}

#[test]
fn an_erasure_in_random_histories_leaves_what_never_having_had_the_object_leaves() {
    let (mut compared, mut events) = (0, 0);
    for seed in super::seeds() {
        let history = history(seed);
        let objects = all_objects(&history);
        let Some(erased) = objects.get(seed as usize % objects.len().max(1)) else { continue };
        let Some(differing) = difference(&history, erased) else { continue };
        assert!(
            differing.is_empty(),
            "seed {seed}, {erased:?}: {differing:#?}\n{}",
            super::description(&history)
        );
        compared += 1;
        events += usize::from(erased.is_event);
    }
    println!("{compared} erasures, {events} of events");
    assert!(compared > 20 && events > 0, "{compared} erasures, {events} of events are too few");
}
