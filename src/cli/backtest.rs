//! `araneus backtest`: label tables of outcomes.

use clap::{Args, builder::PossibleValuesParser};

use super::{
    CommandError, Common, config,
    console::{Console, counted},
    made, require_archive,
};
use crate::{
    learn::{
        backtest::{self, Row},
        outcomes::{self, ForecastOutcome, OUTCOMES, OutcomeInput, OutcomeRow, Rows},
    },
    progress::Progress,
    run::Config,
    tables::{self, backtest::BacktestRow},
};

#[derive(Args)]
pub(super) struct BacktestArgs {
    /// Outcome to label, several times for several [default: flags, and every other outcome with rows]
    #[arg(long = "outcome", value_name = "NAME", value_parser = names())]
    outcomes: Vec<String>,
    /// Days within which another independent source must confirm a candidate of a pattern
    #[arg(long, default_value_t = 30)]
    horizon_days: u32,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(OUTCOMES.iter().map(|outcome| outcome.name))
}

impl BacktestArgs {
    fn is_asked(&self, outcome: &ForecastOutcome) -> bool {
        self.outcomes.is_empty() || self.names(outcome)
    }

    fn names(&self, outcome: &ForecastOutcome) -> bool {
        self.outcomes.iter().any(|name| name == outcome.name)
    }
}

/// Writes the label table of each outcome below `--out`.
pub(super) fn backtest(common: &Common, args: &BacktestArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    let files: Vec<String> = OUTCOMES.iter().map(|outcome| format!("{}.arrow", outcome.table)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let made = made::begin_beside_runs(&config.out, &config.state, "backtest", &files)?;
    let asked = || OUTCOMES.iter().filter(|outcome| args.is_asked(outcome));
    if asked().any(|outcome| matches!(outcome.rows, Rows::History(_))) {
        from_history(common, args, &config, console)?;
    }
    if asked().any(|outcome| matches!(outcome.rows, Rows::Replay(_))) {
        from_replay(common, args, &config, console)?;
    }
    made.finish()?;
    Ok(0)
}

/// Writes the outcomes whose rows come from the reporting history.
fn from_history(
    common: &Common,
    args: &BacktestArgs,
    config: &Config,
    console: &Console,
) -> Result<(), CommandError> {
    let progress = Progress::new(|text: &str| console.step(text));
    let history = backtest::reporting_history(config, common.audience.as_deref(), &progress)?;
    let input = OutcomeInput::new(&history, &progress);
    for outcome in OUTCOMES.iter().filter(|outcome| args.is_asked(outcome)) {
        let Rows::History(rows) = outcome.rows else { continue };
        progress.step(&format!("outcome {}", outcome.name));
        let rows = rows(&input);
        console.end();
        if !rows.is_empty() || args.names(outcome) {
            let line = |row| history_line(outcome, row);
            let lines: Vec<BacktestRow<'_>> = rows.iter().map(line).collect();
            write(config, outcome, outcome.horizon, &lines, console)?;
        }
    }
    Ok(())
}

/// Writes the outcomes whose rows are the candidates of patterns.
fn from_replay(
    common: &Common,
    args: &BacktestArgs,
    config: &Config,
    console: &Console,
) -> Result<(), CommandError> {
    let progress = Progress::new(|text: &str| console.step(text));
    let rows = backtest::backtest(config, common.audience.as_deref(), args.horizon_days, &progress)?;
    console.end();
    let values: Vec<Vec<f64>> = rows.iter().map(outcomes::pattern_values).collect();
    for outcome in OUTCOMES.iter().filter(|outcome| args.is_asked(outcome)) {
        let Rows::Replay(source) = outcome.rows else { continue };
        let values = values.iter().map(Vec::as_slice);
        let line = |(row, values)| replay_line(row, values, source);
        let lines: Vec<BacktestRow<'_>> = rows.iter().zip(values).map(line).collect();
        let has_label = lines.iter().any(|line| line.label.is_some());
        if source.is_none() || has_label || args.names(outcome) {
            write(config, outcome, outcomes::Horizon::Days(args.horizon_days), &lines, console)?;
        }
    }
    Ok(())
}

fn history_line<'a>(outcome: &ForecastOutcome, row: &'a OutcomeRow) -> BacktestRow<'a> {
    BacktestRow {
        as_of: row.cut,
        candidate_id: &row.candidate_id,
        pattern: outcome.name,
        lineage: &row.lineage,
        is_raised: row.is_raised,
        subject: &row.subject,
        query: row.query.as_deref(),
        sampling_probability: None,
        label: row.label.map(|(is_true, recorded_at)| (is_true, recorded_at, "history")),
        features: &row.values,
    }
}

/// Returns the line of a candidate. With a `source`, labels of other sources do not count.
fn replay_line<'a>(row: &'a Row, values: &'a [f64], source: Option<&str>) -> BacktestRow<'a> {
    let label = row.label.as_ref().filter(|label| source.is_none_or(|source| label.source == source));
    BacktestRow {
        as_of: row.as_of,
        candidate_id: &row.candidate_id,
        pattern: row.pattern,
        lineage: &row.lineage,
        is_raised: row.is_raised,
        subject: &row.subject,
        query: None,
        sampling_probability: row.sampling_probability,
        label: label.map(|label| (label.is_true, label.recorded_at, label.source)),
        features: values,
    }
}

/// Writes the table of an outcome, and says how many rows have a label.
fn write(
    config: &Config,
    outcome: &ForecastOutcome,
    horizon: outcomes::Horizon,
    lines: &[BacktestRow<'_>],
    console: &Console,
) -> Result<(), CommandError> {
    let columns = outcomes::columns(outcome);
    let names: Vec<&'static str> = columns.iter().map(|column| column.name).collect();
    let filled = tables::backtest::backtest(lines, &names, outcomes::extras(&columns));
    let table = tables::backtest::backtest_table(outcome.table);
    let metadata = outcomes::metadata(outcome, horizon);
    let path = tables::write_described(
        &config.out,
        &table,
        &filled.extra,
        &metadata,
        filled.parts,
        &tables::TABLE_FILES[0],
    )?;
    let labelled = lines.iter().filter(|line| line.label.is_some()).count();
    let came_true = lines.iter().filter(|line| line.label.is_some_and(|(is_true, ..)| is_true)).count();
    console.say(&format!(
        "Outcome {}: {}, {labelled} with a label, {came_true} of them true.",
        outcome.name,
        counted(lines.len() as u64, "row", "rows"),
    ));
    out!("{}", path.display());
    Ok(())
}
