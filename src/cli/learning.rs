//! `araneus scenario`, `backtest`, `train`, `evaluate` and `models`: synthetic worlds and models.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use araneus_synth::{self as synth, Level};
use clap::{Args, Subcommand};

use super::{CommandError, Common, config, console::Console, files, made, require_archive};
use crate::{
    learn::{
        backtest,
        train::{self, TrainError},
        worlds::{CaseOutcome, EvaluatedWorld},
    },
    model::{self, Evaluation, Logistic, Model},
    progress::Progress,
    run::{
        Config, RunError,
        models::{self, ModelError},
    },
    tables::{self, backtest::BacktestRow},
};

#[derive(Args)]
pub(super) struct ScenarioArgs {
    /// Seed of the world: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Difficulty of the world: d1 to d4
    #[arg(long, default_value = "d2", value_parser = level)]
    pub(super) level: Level,
}

#[derive(Args)]
pub(super) struct WorldsArgs {
    /// Seeds of the worlds: FIRST..LAST, LAST included
    #[arg(long, value_parser = seeds, default_value = "1..20")]
    seeds: (u64, u64),
    /// Difficulty of the worlds: d1 to d4
    #[arg(long, default_value = "d2", value_parser = level)]
    level: Level,
}

#[derive(Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
    worlds: WorldsArgs,
    /// Seeds of other worlds to evaluate the model on, for its card
    #[arg(long, value_parser = seeds, value_name = "FIRST..LAST")]
    judged_on: Option<(u64, u64)>,
}

#[derive(Subcommand)]
pub(super) enum Models {
    /// List the models; a mark shows the configured one
    List,
}

fn level(text: &str) -> Result<Level, String> {
    Level::parse(text).ok_or_else(|| "one of d1, d2, d3, d4".to_owned())
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let wrong = || "two numbers, such as 1..20".to_owned();
    let (first, last) = text.split_once("..").ok_or_else(wrong)?;
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        _ => Err(wrong()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Writes a synthetic world below `--out`.
pub(super) fn scenario(common: &Common, args: &ScenarioArgs, talk: &Console) -> Result<u8, CommandError> {
    let folder = config(common)?.out;
    let world = synth::generate(args.seed, args.level);
    let names: std::collections::BTreeSet<&str> =
        world.files.iter().filter_map(|(path, _)| path.split('/').next()).collect();
    let made = made::begin(&folder, "scenario", &Vec::from_iter(names))?;
    made.clear()?;
    world.write_to(&folder).map_err(|source| CommandError::Write { path: folder.clone(), source })?;
    made.finish()?;
    let planted = world.planted.iter().filter(|case| !case.is_benign).count();
    if common.json {
        out!(
            "{}",
            serde_json::json!({
                "out": folder, "configuration": folder.join("araneus.toml"), "seed": args.seed, "level": args.level.name(),
                "nights": world.days.len(), "files": world.files.len(), "planted": planted, "look_alikes": world.planted.len() - planted,
            })
        );
    }
    talk.say(&format!(
        "{} days, {}, {planted} planted patterns and {} look-alikes; run them in order with --config {}.",
        world.days.len(),
        files(world.files.len()),
        world.planted.len() - planted,
        folder.join("araneus.toml").display(),
    ));
    Ok(0)
}

/// Name of the folder for the temporary archives of worlds.
const WORLDS: &str = "worlds";

fn run_worlds(
    made_folder: &Path,
    range: (u64, u64),
    level: Level,
    talk: &Console,
) -> Result<Vec<EvaluatedWorld>, CommandError> {
    let folder = made_folder.join(WORLDS);
    let progress = Progress::new(|text: &str| talk.step(text));
    let worlds = train::worlds(range.0..range.1 + 1, level, &folder, &progress)?;
    talk.end();
    // The folder is empty: each world's archive is removed after its evaluation.
    let _ = fs::remove_dir(&folder);
    Ok(worlds)
}

/// Trains a model on synthetic worlds, and writes it with its card.
pub(super) fn train(common: &Common, args: &TrainArgs, talk: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    let folder = &common.out.clone().unwrap_or_else(|| PathBuf::from("model"));
    let made = made::begin(folder, "train", &["model.json", "CARD.md", WORLDS])?;
    let (first, last) = args.worlds.seeds;
    let worlds = run_worlds(folder, args.worlds.seeds, args.worlds.level, talk)?;
    let trained_on =
        format!("synthetic worlds of level {}, seeds {first} to {last}", args.worlds.level.name());
    let model = train::train(&worlds, trained_on)?;
    let evaluation = match args.judged_on {
        None => None,
        Some(seeds) => {
            let unseen = run_worlds(folder, seeds, args.worlds.level, talk)?;
            Some(train::evaluate(&model, &unseen, config.rules.review.budget as usize)?)
        }
    };
    write(&folder.join("model.json"), &model::to_json(&model))?;
    write(&folder.join("CARD.md"), &model::card(&model, evaluation.as_ref()))?;
    made.finish()?;
    out!("{}", folder.join("model.json").display());
    out!("{}", folder.join("CARD.md").display());
    Ok(0)
}

/// Evaluates the configured model on synthetic worlds that it was not trained on.
pub(super) fn evaluate(common: &Common, args: &WorldsArgs, talk: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    let model = match models::load(&config)? {
        Model::Logistic(model) => *model,
        Model::Rules => {
            return Err(CommandError::Usage(
                "the model `rules` is not trained and cannot be evaluated; name a trained model in the configuration"
                    .to_owned(),
            ));
        }
    };
    let makes = ["evaluation.json", "evaluation.md", WORLDS];
    let made = made::begin_beside_runs(&config.out, &config.state, "evaluate", &makes)?;
    let worlds = run_worlds(&config.out, args.seeds, args.level, talk)?;
    let evaluation = train::evaluate(&model, &worlds, config.rules.review.budget as usize)?;
    let page = page(&model, &evaluation, &worlds, args);
    let json = serde_json::to_string_pretty(&serde_json::json!({
        "model": model.id(), "seeds": [args.seeds.0, args.seeds.1], "level": args.level.name(),
        "evaluation": evaluation, "planted": pattern_rows(&worlds), "mechanisms": variant_rows(&worlds),
        "missed": missed_rows(&worlds),
    }))
    .expect("an evaluation is plain data");
    write(&config.out.join("evaluation.json"), &format!("{json}\n"))?;
    write(&config.out.join("evaluation.md"), &page)?;
    made.finish()?;
    out!("{}", if common.json { json } else { page });
    Ok(0)
}

/// Returns numbers of planted cases, candidates and flags for each pattern and its look-alikes.
fn pattern_rows(worlds: &[EvaluatedWorld]) -> Vec<serde_json::Value> {
    let all: Vec<&CaseOutcome> = worlds.iter().flat_map(|world| &world.outcomes).collect();
    let mut patterns: Vec<(&str, bool)> =
        all.iter().map(|outcome| (&*outcome.pattern, outcome.is_benign)).collect();
    patterns.sort_unstable();
    patterns.dedup();
    patterns
        .into_iter()
        .map(|(pattern, is_benign)| {
            let cases =
                || all.iter().filter(|outcome| outcome.pattern == pattern && outcome.is_benign == is_benign);
            let mut days: Vec<i64> = cases().filter_map(|outcome| outcome.days_to_flag).collect();
            days.sort_unstable();
            serde_json::json!({
                "pattern": pattern, "is_look_alike": is_benign, "planted": cases().count(),
                "candidates": cases().filter(|outcome| outcome.is_candidate).count(),
                "flagged": cases().filter(|outcome| outcome.days_to_flag.is_some()).count(),
                "median_nights_to_flag": days.get(days.len() / 2),
            })
        })
        .collect()
}

/// Returns the same numbers for each variant.
fn variant_rows(worlds: &[EvaluatedWorld]) -> Vec<serde_json::Value> {
    let mut variants: BTreeMap<(&str, &str), Vec<&CaseOutcome>> = BTreeMap::new();
    for outcome in worlds.iter().flat_map(|world| &world.outcomes) {
        variants.entry((&outcome.pattern, &outcome.variant)).or_default().push(outcome);
    }
    variants
        .into_iter()
        .map(|((pattern, variant), cases)| {
            serde_json::json!({
                "pattern": pattern, "mechanism": variant, "is_look_alike": cases[0].is_benign,
                "held_out": cases[0].held_out, "planted": cases.len(),
                "candidates": cases.iter().filter(|outcome| outcome.is_candidate).count(),
                "flagged": cases.iter().filter(|outcome| outcome.days_to_flag.is_some()).count(),
            })
        })
        .collect()
}

/// Returns the planted patterns that never became a candidate of their pattern.
fn missed_rows(worlds: &[EvaluatedWorld]) -> Vec<serde_json::Value> {
    let all = worlds.iter().flat_map(|world| &world.outcomes);
    all.filter(|outcome| !outcome.is_benign && !outcome.is_candidate)
        .map(|outcome| {
            serde_json::json!({
                "seed": outcome.seed, "plant_id": outcome.case_id, "pattern": outcome.pattern, "mechanism": outcome.variant,
            })
        })
        .collect()
}

/// Returns the evaluation as a Markdown page.
fn page(model: &Logistic, evaluation: &Evaluation, worlds: &[EvaluatedWorld], args: &WorldsArgs) -> String {
    let mut page = format!(
        "# Evaluation\n\nModel `{}`, trained on {}. Evaluated on {} worlds of level {} that it was not trained on:\n\n```\naraneus evaluate --seeds {}..{} --level {}\n```\n\n\
Each row is one flag on the night that raised it. The flag is true if it shows a planted pattern of any kind. Base rate {:.3}: {} of {} flags. \
Intervals contain 95 % of the bootstrap samples over worlds.\n\n| | model | rules only | gain |\n| --- | --- | --- | --- |\n",
        model.id(),
        model.trained_on(),
        worlds.len(),
        args.level.name(),
        args.seeds.0,
        args.seeds.1,
        args.level.name(),
        evaluation.base_rate,
        evaluation.positives,
        evaluation.rows,
    );
    let number =
        |value: Option<f64>| value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.3}"));
    let shown = |estimate: &model::Estimate| {
        format!("{} ({} to {})", number(estimate.value), number(estimate.low), number(estimate.high))
    };
    for measured in &evaluation.measures {
        let of = |all: &[model::Measured]| {
            all.iter()
                .find(|other| other.name == measured.name)
                .map_or_else(String::new, |other| shown(&other.estimate))
        };
        let rules = evaluation.baselines.first();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            measured.name,
            shown(&measured.estimate),
            rules.map_or_else(String::new, |rules| of(&rules.measures)),
            rules.map_or_else(String::new, |rules| of(&rules.gains))
        );
    }
    page.push_str("\n## Planted patterns found\n\n| pattern | | planted | candidates | flagged | median days from emergence to flag |\n| --- | --- | ---: | ---: | ---: | ---: |\n");
    for row in pattern_rows(worlds) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            row["pattern"].as_str().unwrap_or_default(),
            if row["is_look_alike"] == true { "look-alike" } else { "" },
            row["planted"],
            row["candidates"],
            row["flagged"],
            row["median_nights_to_flag"]
        );
    }
    for outcome in missed_rows(worlds) {
        let text = |name: &str| outcome[name].as_str().unwrap_or_default().to_owned();
        let _ = write!(
            page,
            "\nNever a candidate: {} of world {}, {} by {}.\n",
            text("plant_id"),
            outcome["seed"],
            text("pattern"),
            text("mechanism")
        );
    }
    page.push_str("\n## Each feature alone\n\nAverage precision in its better direction. If one feature alone is as good as the model, the worlds are too easy.\n\n| feature | average precision | more is |\n| --- | ---: | --- |\n");
    for single in evaluation.singles.iter().take(10) {
        let side = if single.more_is_better { "better" } else { "worse" };
        let _ = writeln!(page, "| {} | {:.3} | {side} |", single.name, single.average_precision);
    }
    page.push_str("\n## Calibration\n\n| probability | rows | mean probability | share true |\n| --- | ---: | ---: | --- |\n");
    for bin in &evaluation.calibration {
        let _ = writeln!(
            page,
            "| {:.3} to {:.3} | {} | {:.3} | {} |",
            bin.probability_min,
            bin.probability_max,
            bin.rows,
            bin.probability_mean,
            shown(&bin.share)
        );
    }
    page
}

/// Writes the candidates of earlier runs with their labels, as a table below `--out`.
pub(super) fn backtest(common: &Common, horizon_days: u32, talk: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    let progress = Progress::new(|text: &str| talk.step(text));
    let rows = backtest::backtest(&config, common.audience.as_deref(), horizon_days, &progress)?;
    talk.end();
    let lines: Vec<BacktestRow<'_>> = rows
        .iter()
        .map(|row| BacktestRow {
            as_of: row.as_of,
            candidate_id: &row.candidate_id,
            pattern: row.pattern,
            lineage: &row.lineage,
            is_raised: row.is_raised,
            label: row.label.as_ref().map(|label| (label.is_true, label.recorded_at, label.source)),
            features: &row.features,
        })
        .collect();
    let filled = tables::backtest::backtest(&lines);
    let made = made::begin_beside_runs(&config.out, &config.state, "backtest", &["backtest.arrow"])?;
    tables::write_parts(&config.out, filled.table, &filled.extra, filled.parts, &tables::EXPORTS[0])?;
    made.finish()?;
    let labelled = rows.iter().filter(|row| row.label.is_some()).count();
    talk.say(&format!("{} candidates of earlier runs; {labelled} of them have a label.", rows.len()));
    out!("{}", config.out.join("backtest.arrow").display());
    Ok(0)
}

/// Lists the models.
pub(super) fn models(common: &Common, command: &Models) -> Result<u8, CommandError> {
    let Models::List = command;
    let config = config(common)?;
    let mut rows = Vec::new();
    for name in models::names(&config.state) {
        let own = Config { model: name.clone(), ..config.clone() };
        let mut row = serde_json::json!({ "name": name, "scores": name == config.model });
        let description = match models::load(&own) {
            Ok(Model::Rules) => "by rules only".to_owned(),
            Ok(Model::Logistic(model)) => {
                // The model does not use features that were unknown in training or are newer than it.
                let features = model.typical_ranges().filter(|(all, _)| all.is_some()).count();
                row["id"] = model.id().into();
                row["features"] = features.into();
                row["trained_on"] = model.trained_on().into();
                format!("{}, {features} features, trained on {}", model.id(), model.trained_on())
            }
            Err(error) => {
                row["error"] = error.to_string().into();
                error.to_string()
            }
        };
        rows.push(row);
        if common.json {
            continue;
        }
        let mark = if name == config.model { "*" } else { " " };
        out!("{mark} {name:<12} {description}");
    }
    if common.json {
        out!("{}", serde_json::Value::Array(rows));
    }
    Ok(0)
}

impl From<TrainError> for CommandError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Run(error) => Self::Run(error),
            TrainError::Rows(what) => Self::Usage(what),
        }
    }
}

impl From<ModelError> for CommandError {
    fn from(error: ModelError) -> Self {
        Self::Run(RunError::Model(error))
    }
}
