//! Distinct identifiers, and the pairs of records that name one identifier.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

use crate::{
    error::ClusterError,
    round::{Round, Supervisor},
    steps::{Engine, Run, Settings, StepResult},
    table::{KEYS, MEMBERS, PAIRS, Parts, TableSchema, count_rows, read_columns, texts},
};

/// Returns the table of identifiers and records.
///
/// # Errors
/// [`ClusterError::Input`] without the columns `identifier` and `record_id`.
pub(crate) fn members(path: &Path) -> Result<Parts, ClusterError> {
    let fail = |rule: &str| ClusterError::Input { path: path.to_owned(), rule: rule.to_owned() };
    let folder = path.canonicalize().map_err(|_| fail("the input must exist"))?;
    let rows = count_rows(&folder)?;
    crate::table::parquet_files(&folder)?
        .first()
        .ok_or_else(|| fail("the input must have a Parquet file"))?;
    Ok(Parts { folder, rows })
}

/// Finds distinct identifiers and pairs. Rows without a record are left out, as identifiers of a judgement are.
///
/// # Errors
/// As [`crate::steps::run`].
pub(crate) async fn run(
    members: &Parts,
    most: u32,
    engine: &Engine,
    settings: &Settings,
) -> Result<Vec<StepResult>, ClusterError> {
    let mut run = Run::begin(engine, settings)?;
    let parts = run
        .step(
            &MEMBERS,
            |supervisor| distinct(supervisor, members),
            || Ok(batch(&MEMBERS, rows(members)?.iter().map(|(id, record)| (&**id, Some(&**record), 0)))),
        )
        .await?;
    let keys = run
        .step(
            &KEYS,
            |supervisor| keys(supervisor, &parts),
            || {
                Ok(batch(
                    &KEYS,
                    records_of(&rows_of(&parts)?)
                        .iter()
                        .map(|(id, records)| (*id, None, records.len() as i64)),
                ))
            },
        )
        .await?;
    run.publish(&KEYS, 2, &keys).await?;
    let found = run
        .step(
            &PAIRS,
            |supervisor| pairs(supervisor, (&parts, &keys), most),
            || {
                let shared = shared(&records_of(&rows_of(&parts)?), most as usize);
                let rows: Vec<_> =
                    shared.into_iter().map(|((one, other), shared)| (one, other, shared)).collect();
                Ok(batch(&PAIRS, rows.iter().map(|(one, other, shared)| (&**one, Some(&**other), *shared))))
            },
        )
        .await?;
    run.publish(&PAIRS, 3, &found).await?;
    run.finish()
}

async fn distinct(supervisor: &Supervisor, members: &Parts) -> Result<Parts, ClusterError> {
    let query = include_str!("queries/members.sql");
    let inputs = [("input", None, members)];
    supervisor
        .run(&Round { name: MEMBERS.name.to_owned(), inputs: &inputs, query: query.to_owned(), rows: None })
        .await
}

async fn keys(supervisor: &Supervisor, members: &Parts) -> Result<Parts, ClusterError> {
    let query = "SELECT identifier, count(*) AS records FROM members GROUP BY identifier".to_owned();
    let inputs = [("members", Some(&MEMBERS), members)];
    supervisor.run(&Round { name: KEYS.name.to_owned(), inputs: &inputs, query, rows: None }).await
}

/// Joins the records of each identifier with each other. Identifiers of one record or of more than `most` make no pairs,
/// so that no partition grows with the square of a hub.
async fn pairs(
    supervisor: &Supervisor,
    (members, keys): (&Parts, &Parts),
    most: u32,
) -> Result<Parts, ClusterError> {
    let query = format!(include_str!("queries/blocks.sql"), most = most);
    let inputs = [("members", Some(&MEMBERS), members), ("keys", Some(&KEYS), keys)];
    let round = Round { name: "pairs-members".to_owned(), inputs: &inputs, query, rows: None };
    let blocks = supervisor.run(&round).await?;
    let query = include_str!("queries/pairs.sql");
    let inputs = [("members", Some(&MEMBERS), &blocks)];
    supervisor
        .run(&Round { name: PAIRS.name.to_owned(), inputs: &inputs, query: query.to_owned(), rows: None })
        .await
}

/// Reads the distinct identifiers and records of the input, in order.
fn rows(members: &Parts) -> Result<BTreeSet<(String, String)>, ClusterError> {
    rows_in(members, &["identifier", "record_id"])
}

fn rows_of(members: &Parts) -> Result<BTreeSet<(String, String)>, ClusterError> {
    rows_in(members, &["identifier", "record"])
}

fn rows_in(members: &Parts, columns: &[&str]) -> Result<BTreeSet<(String, String)>, ClusterError> {
    let read = read_columns(&members.folder, &MEMBERS.arrow(), columns)?;
    let pairs = texts(&read, "identifier").iter().zip(texts(&read, "record").iter());
    Ok(pairs.filter_map(|(id, record)| Some((id?.to_owned(), record?.to_owned()))).collect())
}

fn records_of(rows: &BTreeSet<(String, String)>) -> BTreeMap<&str, Vec<&str>> {
    let mut records: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (identifier, record) in rows {
        records.entry(identifier).or_default().push(record);
    }
    records
}

fn shared(records: &BTreeMap<&str, Vec<&str>>, most: usize) -> BTreeMap<(String, String), i64> {
    let mut shared = BTreeMap::new();
    for records in records.values().filter(|records| (2..=most).contains(&records.len())) {
        for (position, one) in records.iter().enumerate() {
            for other in &records[position + 1..] {
                *shared.entry(((*one).to_owned(), (*other).to_owned())).or_default() += 1;
            }
        }
    }
    shared
}

/// Returns a batch of a table whose columns are one or two texts, and at most one number.
fn batch<'a>(
    schema: &TableSchema,
    rows: impl Iterator<Item = (&'a str, Option<&'a str>, i64)>,
) -> RecordBatch {
    let rows: Vec<_> = rows.collect();
    let first: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0)));
    let second: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>());
    let number: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2)));
    let texts = schema.columns.iter().filter(|(_, is_text)| *is_text).count();
    let mut columns = [first, second][..texts].to_vec();
    columns.extend((texts < schema.columns.len()).then_some(number));
    RecordBatch::try_new(schema.arrow(), columns).expect("columns of equal length")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        steps::tests::{in_process, settings},
        table::write_parts,
    };

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn pairs_of_rounds_and_one_machine_are_equal(
            rows in prop::collection::vec((0_u8..12, 0_u8..9), 1..60),
            partitions in 1_usize..5,
        ) {
            let place = tempfile::tempdir().expect("a folder");
            let texts = |value: fn(&(u8, u8)) -> u8| -> ArrayRef {
                Arc::new(StringArray::from_iter_values(rows.iter().map(|row| format!("x-{}", value(row)))))
            };
            let columns = [("identifier", texts(|row| row.0)), ("record_id", texts(|row| row.1))];
            let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)));
            write_parts(&place.path().join("input"), &batch.expect("columns")).expect("written");
            let members = super::members(&place.path().join("input")).expect("an input");
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            let run = |name: &str, engine: &Engine| -> Vec<String> {
                let settings = settings(place.path(), name, false);
                let results = runtime.block_on(super::run(&members, 4, engine, &settings)).expect("it runs");
                results.into_iter().map(|result| result.digest).collect()
            };
            let here = run("local", &Engine::Local);
            let engine = in_process(&place.path().join("work-rounds"), partitions);
            prop_assert_eq!(here, run("rounds", &engine));
            // Counted pair by pair.
            let distinct: BTreeSet<(u8, u8)> = rows.iter().copied().collect();
            let records = |id: u8| distinct.iter().filter(move |row| row.0 == id).map(|row| row.1);
            let mut pairs = BTreeSet::new();
            for id in (0..12).filter(|id| (2..=4).contains(&records(*id).count())) {
                pairs.extend(records(id).flat_map(|one| records(id).filter(move |other| one < *other).map(move |other| (one, other))));
            }
            let found = crate::table::count_rows(&place.path().join("out-local/pairs.parquet")).expect("published");
            prop_assert_eq!(found, pairs.len() as u64);
        }
    }
}
