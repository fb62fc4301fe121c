//! `araneus models`: list, store, compare, promote and roll back models.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{
    CommandError, Common, clock, config,
    console::Console,
    rows::{RowsArgs, check_name, find_model, stored_scores},
    user::actor,
};
use crate::{
    archive::audit::{self, Action, Subject},
    model::{self, PromotionRule},
    run::{
        Config, RunError,
        models::{
            self,
            store::{self, LogEntry},
        },
    },
};

/// Exit code of a promotion that the rules refuse.
const REFUSED: u8 = 5;

#[derive(Subcommand)]
pub(super) enum Models {
    /// List the models; a mark shows those that score
    #[command(after_help = "Example: araneus models list")]
    List,
    /// Store a model file
    #[command(after_help = "Example: araneus models add model/model.json --as surge-1")]
    Add {
        /// File `model.json` of `araneus train`
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Name of the model [default: its id]
        #[arg(long = "as", value_name = "NAME")]
        name: Option<String>,
    },
    /// Put a model into service without a test; `promote` is the way with one
    #[command(after_help = "Example: araneus models use flags default --by ana --reason \"as delivered\"")]
    Use {
        /// Outcome that the model answers
        outcome: String,
        /// Name of a stored or shipped model
        name: String,
        /// Person who decides
        #[arg(long, value_name = "WHO")]
        by: Option<String>,
        /// Reason, for the log
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Compare two models on the same rows
    #[command(
        after_help = "Example: araneus models compare surge-2 surge-1 --rows labels/backtest-surge.arrow"
    )]
    Compare {
        /// Stored model, or its file
        a: String,
        /// Stored model, or its file
        b: String,
        #[command(flatten)]
        table: RowsArgs,
    },
    /// Put a model into service if it is better than the one in service
    #[command(
        after_help = "Three rules decide, on the rows of --rows. The paired gain in average precision over the model in service has the lower \
end of its interval above 0. The Brier skill on the last three cuts is above 0. Runs raise no more candidates at a cut than the budget. \
If no model is in service, the closed form or the best column takes its place. Rows from a model's training are scored by models of \
its kind that saw only earlier rows. If a rule fails, the old model stays, the log has a line about it, and the exit code is 5.\n\n\
The tests of this repository run the chance checks of the flow patterns; the promotion does not run them.\n\n\
Example: araneus models promote surge-2 --by ana --reason \"more labels\" --rows labels/backtest-surge.arrow"
    )]
    Promote {
        /// Stored model
        name: String,
        /// Person who decides
        #[arg(long, value_name = "WHO")]
        by: String,
        /// Reason, for the log
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        table: RowsArgs,
    },
    /// Put the previous model of an outcome back into service
    #[command(after_help = "Example: araneus models rollback surge --by ana --reason \"worse on new rows\"")]
    Rollback {
        /// Outcome
        outcome: String,
        /// Person who decides
        #[arg(long, value_name = "WHO")]
        by: String,
        /// Reason, for the log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Runs one of the commands about models.
pub(super) fn models(common: &Common, command: &Models, console: &Console) -> Result<u8, CommandError> {
    let config = &config(common)?;
    match command {
        Models::List => list(common, config),
        Models::Add { file, name } => add(config, file, name.as_deref()),
        Models::Use { outcome, name, by, reason } => {
            let model = store::named(&config.state, name)?;
            if model.outcome() != outcome {
                return Err(CommandError::Usage(format!(
                    "the model {name} answers the outcome `{}`, not `{outcome}`",
                    model.outcome()
                )));
            }
            let entry = LogEntry {
                recorded_at: clock::now(),
                by: by.clone(),
                action: "use".to_owned(),
                outcome: outcome.clone(),
                model: Some(name.clone()),
                previous: None,
                reason: reason.clone(),
                figures: serde_json::Value::Null,
            };
            put(config, entry, console)
        }
        Models::Compare { a, b, table } => compare(common, config, [a, b], table, console),
        Models::Promote { name, by, reason, table } => {
            promote(common, config, name, [by, reason], table, console)
        }
        Models::Rollback { outcome, by, reason } => rollback(config, outcome, [by, reason], console),
    }
}

/// Lists the models: what each answers, its kind, and whether it is in service.
fn list(common: &Common, config: &Config) -> Result<u8, CommandError> {
    let in_service = store::in_service_names(&config.state)?;
    let scoring = models::name_of_flags(config)?;
    let mut rows = Vec::new();
    for name in models::names(&config.state) {
        let (mut row, description) = described(config, &name);
        let outcomes: Vec<&String> =
            in_service.iter().filter(|(_, model)| **model == name).map(|(outcome, _)| outcome).collect();
        row["scores"] = (name == scoring).into();
        row["in_service"] = json!(outcomes);
        rows.push(row);
        if !common.json {
            let mark = if name == scoring || !outcomes.is_empty() { "*" } else { " " };
            out!("{mark} {name:<12} {description}");
        }
    }
    if common.json {
        out!("{}", serde_json::Value::Array(rows));
    }
    Ok(0)
}

/// Returns the row of a model for JSON, and its line.
fn described(config: &Config, name: &str) -> (serde_json::Value, String) {
    let mut row = json!({ "name": name });
    if name == "rules" {
        return (row, "by rules only".to_owned());
    }
    match store::named(&config.state, name) {
        Ok(model) => {
            // The model does not use features that were unknown in training or are newer than it.
            let features = model.typical_ranges().filter(|(all, _)| all.is_some()).count();
            row["id"] = model.id().into();
            row["kind"] = model.kind().name().into();
            row["outcome"] = model.outcome().into();
            row["features"] = features.into();
            row["trained_on"] = model.trained_on().into();
            row["calibrated_on"] = model.calibrated_on().into();
            let (id, outcome, trained_on) = (model.id(), model.outcome(), model.trained_on());
            (row, format!("{id} for {outcome}, {features} features, trained on {trained_on}"))
        }
        Err(error) => {
            row["error"] = error.to_string().into();
            (row, error.to_string())
        }
    }
}

fn add(config: &Config, file: &std::path::Path, name: Option<&str>) -> Result<u8, CommandError> {
    let model = store::read_file(file)?;
    let name = name.unwrap_or_else(|| model.id());
    check_name(Some(name))?;
    out!("{}", store::add(&config.state, name, &model)?.display());
    Ok(0)
}

/// Returns the entry of the audit log for a change of the models in service.
fn audit_entry(entry: &LogEntry) -> audit::Entry {
    let mut subjects = vec![Subject::Outcome(entry.outcome.clone())];
    subjects.extend(entry.model.clone().map(Subject::Model));
    let action = match entry.action.as_str() {
        "promote" => Action::Promoted,
        "rollback" => Action::RolledBack,
        _ => Action::Used,
    };
    audit::Entry { action, by: entry.by.clone().unwrap_or_else(actor), audience: None, subjects }
}

/// Puts a model into service and says which one left.
fn put(config: &Config, entry: LogEntry, console: &Console) -> Result<u8, CommandError> {
    let (outcome, model) = (entry.outcome.clone(), entry.model.clone());
    audit::append(&config.state, &[audit_entry(&entry)]).map_err(RunError::from)?;
    let previous = store::set_in_service(&config.state, entry)?;
    let named = |name: Option<String>| name.unwrap_or_else(|| "none".to_owned());
    console.say(&format!("Outcome {outcome}: {} is in service, before: {}.", named(model), named(previous)));
    Ok(0)
}

fn compare(
    common: &Common,
    config: &Config,
    names: [&String; 2],
    table: &RowsArgs,
    console: &Console,
) -> Result<u8, CommandError> {
    let rows = table.read()?;
    let settings = table.settings(None)?;
    console.step("forward validation");
    let compared = model::compare(&rows, &settings).map_err(CommandError::Usage)?;
    let left = stored_scores(config, names[0], &rows, &compared)?;
    let right = stored_scores(config, names[1], &rows, &compared)?;
    let paired = model::pair(&rows, &left, &right, &settings).map_err(CommandError::Usage)?;
    console.end();
    out!("{}", if common.json { format!("{:#}", json!(paired)) } else { model::paired_page(&paired) });
    Ok(0)
}

fn promote(
    common: &Common,
    config: &Config,
    name: &str,
    [by, reason]: [&String; 2],
    table: &RowsArgs,
    console: &Console,
) -> Result<u8, CommandError> {
    let candidate = find_model(config, name)?;
    check_name(Some(name))?;
    let rows = table.read()?;
    let settings = table.settings(None)?;
    console.step("forward validation");
    let compared = model::compare(&rows, &settings).map_err(CommandError::Usage)?;
    let left = stored_scores(config, name, &rows, &compared)?;
    let outcome = candidate.outcome();
    let in_service = store::in_service_names(&config.state)?.remove(outcome);
    let right = match &in_service {
        Some(previous) if previous == name => {
            return Err(CommandError::Usage(format!("{name} is already in service for {outcome}")));
        }
        Some(previous) => stored_scores(config, previous, &rows, &compared)?,
        None => model::reference(&compared, candidate.kind())
            .ok_or_else(|| CommandError::Usage("no column of the rows is known".to_owned()))?
            .clone(),
    };
    let paired = model::pair(&rows, &left, &right, &settings).map_err(CommandError::Usage)?;
    console.end();
    let rules = model::promotion_rules(&paired, candidate.kind(), &compared.comparison, rows.table.budget);
    let is_better = rules.iter().all(|rule| rule.passed);
    let figures =
        json!({ "rules": rules, "difference": paired.difference, "rows": paired.rows, "cuts": paired.cuts });
    let entry = LogEntry {
        recorded_at: clock::now(),
        by: Some(by.clone()),
        action: if is_better { "promote" } else { "refuse" }.to_owned(),
        outcome: outcome.to_owned(),
        model: Some(name.to_owned()),
        previous: in_service.clone(),
        reason: reason.clone(),
        figures,
    };
    if common.json {
        out!(
            "{:#}",
            json!({ "promoted": is_better, "outcome": outcome, "model": name, "previous": in_service, "rules": rules })
        );
    } else {
        say_rules(&rules);
    }
    if is_better {
        return put(config, entry, console);
    }
    store::append(&config.state, &entry)?;
    let kept = in_service.unwrap_or_else(|| "no model".to_owned());
    console.say(&format!("Not promoted: {kept} stays in service for {outcome}."));
    Ok(REFUSED)
}

fn say_rules(rules: &[PromotionRule]) {
    for rule in rules {
        out!("{} {} {}", if rule.passed { "passed" } else { "failed" }, rule.rule, rule.figure);
    }
}

fn rollback(
    config: &Config,
    outcome: &str,
    [by, reason]: [&String; 2],
    console: &Console,
) -> Result<u8, CommandError> {
    let restored = store::before(&store::log(&config.state)?, outcome).map_err(|_| {
        CommandError::Usage(format!("no change of the outcome `{outcome}` can be rolled back"))
    })?;
    let entry = LogEntry {
        recorded_at: clock::now(),
        by: Some(by.clone()),
        action: "rollback".to_owned(),
        outcome: outcome.to_owned(),
        model: restored,
        previous: None,
        reason: reason.clone(),
        figures: serde_json::Value::Null,
    };
    put(config, entry, console)
}
