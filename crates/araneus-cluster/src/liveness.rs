//! The state of each key of an archive after its last run.
//!
//! A key is an object of one source. The steps read the segments that the newest manifest names, and only the columns
//! source, key and state. Every row counts, whatever its marking: the result is that of the operator, not of an audience.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use serde_json::Value;

use crate::{
    error::{ClusterError, disk},
    round::{Round, Supervisor},
    steps::{Engine, Run, Settings, StepResult},
    table::{LIVENESS, Parts, STATES, TableSchema, count_rows, read_columns, texts},
};

/// Layout of the archive that this version reads.
const LAYOUT: u64 = 3;

/// Segment of records of one commit.
#[derive(Debug)]
pub(crate) struct Segment {
    parts: Parts,
    /// Place of the commit in the order of as-of times, then of commits.
    run: i64,
    /// Sources whose rows do not count, because a later commit for the same as-of time replaced them.
    replaced: BTreeSet<String>,
}

/// Reads the list of segments of an archive.
///
/// # Errors
/// [`ClusterError::Input`] if an erasure or an undo is not complete, or if the layout has another version.
pub(crate) fn segments(state: &Path) -> Result<Vec<Segment>, ClusterError> {
    let state = state.canonicalize().map_err(disk("open", state))?;
    let fail = |rule: String| ClusterError::Input { path: state.clone(), rule };
    for pending in ["erase.json", "undo.json"] {
        if state.join(pending).exists() {
            return Err(fail(format!("the archive has `{pending}`: run the command again that did not end")));
        }
    }
    let read = |path: PathBuf| fs::read_to_string(&path).map_err(disk("read", &path));
    let current = read(state.join("current"))?;
    let manifest = read(state.join("manifests").join(format!("{}.json", current.trim())))?;
    let manifest: Value =
        serde_json::from_str(&manifest).map_err(|_| fail("the manifest must be JSON".to_owned()))?;
    let layout = manifest["layout"].as_u64().unwrap_or_default();
    if layout != LAYOUT {
        return Err(fail(format!("the archive has layout {layout}, but this version reads layout {LAYOUT}")));
    }
    let commits = manifest["commits"].as_array().map(Vec::as_slice).unwrap_or_default();
    let time = |commit: &Value| commit["as_of"].as_str().unwrap_or_default().trim_end_matches('Z').to_owned();
    let mut order: Vec<usize> = (0..commits.len()).collect();
    order.sort_by_key(|position| (time(&commits[*position]), *position));
    let mut segments = Vec::new();
    for (run, position) in (0..).zip(order) {
        let Some(digest) = commits[position]["records"].as_str() else { continue };
        let later = commits[position + 1..].iter().filter(|later| time(later) == time(&commits[position]));
        let replaced = later.flat_map(|later| later["replaced"].as_array().into_iter().flatten());
        let replaced = replaced.filter_map(|source| source.as_str().map(str::to_owned)).collect();
        let folder = state.join("segments").join(format!("{digest}.parquet"));
        let rows = count_rows(&folder)?;
        segments.push(Segment { parts: Parts { folder, rows }, run, replaced });
    }
    Ok(segments)
}

/// Finds the state of each key.
///
/// # Errors
/// As [`crate::steps::run`].
pub(crate) async fn run(
    segments: &[Segment],
    engine: &Engine,
    settings: &Settings,
) -> Result<Vec<StepResult>, ClusterError> {
    let mut run = Run::begin(engine, settings)?;
    let states = run
        .step(
            &STATES,
            |supervisor| states(supervisor, segments),
            || Ok(batch(&STATES, states_here(segments)?)),
        )
        .await?;
    let liveness = run
        .step(
            &LIVENESS,
            |supervisor| last(supervisor, &states),
            || Ok(batch(&LIVENESS, last_of(states_here(segments)?))),
        )
        .await?;
    run.publish(&LIVENESS, LIVENESS.columns.len(), &liveness).await?;
    run.finish()
}

async fn states(supervisor: &Supervisor, segments: &[Segment]) -> Result<Parts, ClusterError> {
    let quoted = |source: &String| format!("'{}'", source.replace('\'', "''"));
    let names: Vec<String> = segments.iter().map(|segment| format!("segment_{}", segment.run)).collect();
    let mut selects: Vec<String> = Vec::new();
    for (segment, name) in segments.iter().zip(&names) {
        let replaced: Vec<String> = segment.replaced.iter().map(quoted).collect();
        let condition = match &replaced[..] {
            [] => String::new(),
            replaced => format!(" WHERE source NOT IN ({})", replaced.join(", ")),
        };
        let run = segment.run;
        selects
            .push(format!("SELECT source, key, state, CAST({run} AS BIGINT) AS run FROM {name}{condition}"));
    }
    if selects.is_empty() {
        let cause = "the archive has no records".to_owned();
        return Err(ClusterError::Round { round: STATES.name.to_owned(), attempts: 0, cause });
    }
    let query = format!(include_str!("queries/states.sql"), rows = selects.join(" UNION ALL "));
    let inputs: Vec<_> =
        names.iter().zip(segments).map(|(name, segment)| (name.as_str(), None, &segment.parts)).collect();
    supervisor.run(&Round { name: STATES.name.to_owned(), inputs: &inputs, query, rows: None }).await
}

async fn last(supervisor: &Supervisor, states: &Parts) -> Result<Parts, ClusterError> {
    let query = include_str!("queries/liveness.sql").to_owned();
    let inputs = [("states", Some(&STATES), states)];
    supervisor.run(&Round { name: LIVENESS.name.to_owned(), inputs: &inputs, query, rows: None }).await
}

/// Source, key and run.
type Place = (String, String, i64);

/// Counts of rows, objects and withdrawals of each key in each run.
fn states_here(segments: &[Segment]) -> Result<BTreeMap<Place, [i64; 3]>, ClusterError> {
    let columns = ["source", "key", "state"];
    let schema = Arc::new(Schema::new(columns.map(|name| Field::new(name, DataType::Utf8, true)).to_vec()));
    let mut counts: BTreeMap<Place, [i64; 3]> = BTreeMap::new();
    for segment in segments {
        let rows = read_columns(&segment.parts.folder, &schema, &columns)?;
        let [sources, keys, states] = columns.map(|name| texts(&rows, name));
        for ((source, key), state) in
            sources.iter().flatten().zip(keys.iter().flatten()).zip(states.iter().flatten())
        {
            if segment.replaced.contains(source) {
                continue;
            }
            let counts = counts.entry((source.to_owned(), key.to_owned(), segment.run)).or_default();
            let is_counted = [true, state == "object", state == "withdrawn"];
            counts.iter_mut().zip(is_counted).for_each(|(count, is_counted)| *count += i64::from(is_counted));
        }
    }
    Ok(counts)
}

/// Keeps the last run of each key. The rows are in order, so that a later run replaces an earlier one.
fn last_of(states: BTreeMap<Place, [i64; 3]>) -> BTreeMap<Place, [i64; 3]> {
    let mut last: BTreeMap<(String, String), (i64, [i64; 3])> = BTreeMap::new();
    for ((source, key, run), counts) in states {
        last.insert((source, key), (run, counts));
    }
    last.into_iter().map(|((source, key), (run, counts))| ((source, key, run), counts)).collect()
}

fn batch(schema: &TableSchema, rows: BTreeMap<Place, [i64; 3]>) -> RecordBatch {
    let text = |value: fn(&Place) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.keys().map(value)))
    };
    let count = |place: usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.values().map(|counts| counts[place])))
    };
    let runs: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.keys().map(|place| place.2)));
    let columns = vec![text(|place| &place.0), text(|place| &place.1), runs, count(0), count(1), count(2)];
    RecordBatch::try_new(schema.arrow(), columns).expect("columns of equal length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        steps::tests::{in_process, settings},
        table::{Parts, numbers, read, write_parts},
    };

    /// Source, key and state.
    type Row<'a> = (&'a str, &'a str, &'a str);

    /// Writes an archive of commits: as-of time, replaced sources, and rows.
    fn archive(state: &Path, commits: &[(&str, &[&str], &[Row<'_>])]) {
        fs::create_dir_all(state.join("manifests")).expect("created");
        fs::create_dir_all(state.join("segments")).expect("created");
        let mut entries = Vec::new();
        for (number, (as_of, replaced, rows)) in commits.iter().enumerate() {
            let text = |value: fn(&Row<'_>) -> String| -> ArrayRef {
                Arc::new(StringArray::from_iter_values(rows.iter().map(value)))
            };
            let columns = [
                ("source", text(|row| row.0.to_owned())),
                ("key", text(|row| row.1.to_owned())),
                ("state", text(|row| row.2.to_owned())),
            ];
            let batch = RecordBatch::try_from_iter(columns).expect("columns");
            write_parts(&state.join("new"), &batch).expect("written");
            fs::rename(state.join("new/part.parquet"), state.join(format!("segments/s{number}.parquet")))
                .expect("moved");
            entries.push(
                serde_json::json!({"as_of": as_of, "records": format!("s{number}"), "replaced": replaced}),
            );
        }
        let manifest = serde_json::json!({"layout": 3, "commits": entries});
        fs::write(state.join("manifests/m.json"), manifest.to_string()).expect("written");
        fs::write(state.join("current"), "m\n").expect("written");
    }

    #[test]
    fn the_last_run_of_a_key_decides_for_rounds_and_one_machine() {
        let place = tempfile::tempdir().expect("a folder");
        let state = place.path().join("state");
        archive(
            &state,
            &[
                (
                    "2026-01-02T00:00:00Z",
                    &[],
                    &[("a", "x", "object"), ("a", "y", "object"), ("o'b", "x", "object")],
                ),
                // A late run: its as-of time is before that of the first commit.
                (
                    "2026-01-01T00:00:00.5Z",
                    &[],
                    &[("a", "x", "withdrawn"), ("a", "z", "object"), ("a", "z", "object")],
                ),
                ("2026-01-03T00:00:00Z", &[], &[("a", "y", "withdrawn"), ("o'b", "x", "withdrawn")]),
                // The same as-of time again: rows of the source do not count any more.
                ("2026-01-03T00:00:00Z", &["o'b"], &[("a", "w", "rejected")]),
            ],
        );
        let segments = segments(&state).expect("an archive");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut digests = Vec::new();
        for (name, engine) in
            [("local", Engine::Local), ("rounds", in_process(&place.path().join("work-rounds"), 3))]
        {
            let settings = settings(place.path(), name, false);
            let results = runtime.block_on(super::run(&segments, &engine, &settings)).expect("it runs");
            digests.push(results.last().expect("a step").digest.clone());
        }
        assert_eq!(digests[0], digests[1]);
        let parts = Parts { folder: place.path().join("out-local/liveness.parquet"), rows: 0 };
        let rows = read(&parts, &LIVENESS).expect("published");
        let keys: Vec<String> = texts(&rows, "source")
            .iter()
            .flatten()
            .zip(texts(&rows, "key").iter().flatten())
            .map(|(source, key)| format!("{source} {key}"))
            .collect();
        assert_eq!(keys, ["a w", "a x", "a y", "a z", "o'b x"]);
        assert_eq!(numbers(&rows, "run"), [3, 1, 2, 0, 1]);
        assert_eq!(numbers(&rows, "total"), [1, 1, 1, 2, 1]);
        assert_eq!(numbers(&rows, "objects"), [0, 1, 0, 2, 1]);
        assert_eq!(numbers(&rows, "withdrawals"), [0, 0, 1, 0, 0]);
    }

    #[test]
    fn an_incomplete_erasure_and_another_layout_are_rejected() {
        let place = tempfile::tempdir().expect("a folder");
        archive(place.path(), &[("2026-01-02T00:00:00Z", &[], &[("a", "x", "object")])]);
        assert_eq!(segments(place.path()).expect("an archive").len(), 1);
        fs::write(place.path().join("erase.json"), "{}").expect("written");
        let error = segments(place.path()).expect_err("rejected").to_string();
        assert!(error.contains("erase.json"), "{error}");
        fs::remove_file(place.path().join("erase.json")).expect("removed");
        fs::write(place.path().join("manifests/m.json"), r#"{"layout":4,"commits":[]}"#).expect("written");
        let error = segments(place.path()).expect_err("rejected").to_string();
        assert!(error.contains("layout 4, but this version reads layout 3"), "{error}");
    }
}
