//! Rows of label tables for models, by the metadata of their files.

use std::path::{Path, PathBuf};

use super::{train::TrainError, worlds::EvaluatedWorld};
use crate::{
    columns::Column,
    features::{FeatureTable, Scale},
    model::{FeatureSpec, Horizon, OutcomeRows, OutcomeTable, Role, Sign, TrainingSet},
    run::RunError,
    tables::{self, DescribedTable, OutputError},
    time::DAY,
};

/// Number of candidates to review where a file names none.
const BUDGET: usize = 20;
/// Horizon in days where a file names none.
const HORIZON_DAYS: i64 = 30;

/// Reads label tables of one outcome. Files of other outcomes are left out if `outcome` is given.
pub fn read_rows(paths: &[PathBuf], outcome: Option<&str>) -> Result<OutcomeRows, TrainError> {
    let mut joined: Option<OutcomeTable> = None;
    let mut names: Vec<String> = Vec::new();
    for path in paths {
        let table = read_table(path)?;
        names.push(table.outcome.clone());
        if outcome.is_some_and(|outcome| outcome != table.outcome) {
            continue;
        }
        joined = Some(match joined.take() {
            None => table,
            Some(first) => join(first, table, path)?,
        });
    }
    names.dedup();
    let table = joined.ok_or_else(|| {
        let asked = outcome.unwrap_or_default();
        TrainError::Rows(format!(
            "no file is a label table of the outcome `{asked}`; they are of: {}",
            names.join(", ")
        ))
    })?;
    OutcomeRows::new(&table).map_err(TrainError::Rows)
}

/// Appends the rows of a file to those of earlier files.
fn join(mut first: OutcomeTable, table: OutcomeTable, path: &Path) -> Result<OutcomeTable, TrainError> {
    if first.outcome != table.outcome {
        let (one, other) = (&first.outcome, &table.outcome);
        return Err(TrainError::Rows(format!(
            "`{}` is of the outcome `{other}`, and an earlier file of `{one}`: choose one with --outcome",
            path.display()
        )));
    }
    if first.specs != table.specs || first.horizon != table.horizon {
        return Err(TrainError::Rows(format!(
            "`{}` has other columns or another horizon than the files before it: write all of them by one version with the same settings",
            path.display()
        )));
    }
    let (rows, more, width) = (first.features.nrows(), table.features.nrows(), table.specs.len());
    let features =
        FeatureTable::from_shape_fn((rows + more, width), |(row, column)| match row.checked_sub(rows) {
            Some(later) => table.features[[later, column]],
            None => first.features[[row, column]],
        });
    first.features = features;
    first.cuts.extend(table.cuts);
    first.queries.extend(table.queries);
    first.labels.extend(table.labels);
    first.labelled_at.extend(table.labelled_at);
    first.lineages.extend(table.lineages);
    first.ids.extend(table.ids);
    first.raised.extend(table.raised);
    Ok(first)
}

/// Reads one label table.
fn read_table(path: &Path) -> Result<OutcomeTable, TrainError> {
    let table = tables::read_described(path).map_err(|error| match error {
        OutputError::Unreadable { path, source } => TrainError::Rows(format!(
            "cannot read `{}` as a label table: {source}; `araneus backtest` writes label tables",
            path.display()
        )),
        other => RunError::from(other).into(),
    })?;
    let lacks = |column: &str| {
        TrainError::Rows(format!(
            "`{}` is not a label table: it has no column `{column}` of the right type; `araneus backtest` writes label tables",
            path.display()
        ))
    };
    let DescribedTable { columns, metadata, .. } = &table;
    let rows = columns.rows();
    let texts = |name: &str| columns.text(name).map(<[_]>::to_vec);
    let whole = |values: Vec<Option<String>>| values.into_iter().map(Option::unwrap_or_default).collect();
    let cuts = columns.time("run").ok_or_else(|| lacks("run"))?;
    let pattern = columns.text("pattern").and_then(|values| values.first().cloned().flatten());
    let outcome = metadata.get("outcome").cloned().or(pattern);
    let number =
        |key: &str| metadata.get(key).and_then(|text| text.parse::<i64>().ok()).filter(|number| *number >= 0);
    let horizon = match (number("horizon_runs"), number("horizon_days")) {
        (Some(runs), _) => Horizon::Cuts(runs as usize),
        (None, days) => Horizon::Time(days.unwrap_or(HORIZON_DAYS).saturating_mul(DAY)),
    };
    let (specs, values) = feature_columns(&table);
    let flags = |name: &str| columns.flag(name).map(<[_]>::to_vec);
    Ok(OutcomeTable {
        outcome: outcome.unwrap_or_else(|| "flags".to_owned()),
        question: metadata.get("question").cloned().unwrap_or_default(),
        horizon,
        budget: number("budget").map_or(BUDGET, |budget| budget.max(1) as usize),
        features: FeatureTable::from_shape_fn((rows, specs.len()), |(row, column)| {
            values[column][row].unwrap_or(f64::NAN)
        }),
        specs,
        cuts: cuts.iter().map(|cut| cut.unwrap_or(0)).collect(),
        queries: texts("query").unwrap_or_else(|| vec![None; rows]),
        labels: flags("label").ok_or_else(|| lacks("label"))?,
        labelled_at: columns.time("label_recorded_at").map_or_else(|| vec![None; rows], <[_]>::to_vec),
        lineages: whole(texts("lineage").ok_or_else(|| lacks("lineage"))?),
        ids: whole(texts("candidate_id").ok_or_else(|| lacks("candidate_id"))?),
        raised: flags("raised").map_or_else(
            || vec![false; rows],
            |raised| raised.into_iter().map(|raised| raised == Some(true)).collect(),
        ),
    })
}

/// Returns the columns that are numbers, with what their metadata says.
fn feature_columns(table: &DescribedTable) -> (Vec<FeatureSpec>, Vec<&[Option<f64>]>) {
    let columns = table.columns.iter().zip(&table.fields);
    let of_column =
        |((name, column), metadata): ((&str, &'_ Column), &std::collections::BTreeMap<String, String>)| {
            // A column without a role describes the row, such as the probability of a random draw.
            let Column::Number(_) = column else { return None };
            metadata.get("role")?;
            let text = |key: &str| metadata.get(key).map_or("", String::as_str);
            let scale = match text("scale") {
                "log" => Scale::Log,
                "plain" => Scale::Plain,
                _ => Scale::Rank,
            };
            let family = if text("family").is_empty() { "features" } else { text("family") };
            Some(FeatureSpec {
                sign: Sign::parse(text("sign")),
                relation: text("relation") == "true",
                role: Role::parse(text("role")),
                ..FeatureSpec::new(name, scale, family)
            })
        };
    let specs: Vec<FeatureSpec> = columns.filter_map(of_column).collect();
    let values = specs.iter().map(|spec| table.columns.number(&spec.name).unwrap_or_default()).collect();
    (specs, values)
}

/// Returns the candidates of synthetic worlds as additional training rows.
pub fn world_rows(worlds: &[EvaluatedWorld]) -> TrainingSet {
    super::train::training_set(worlds)
}
