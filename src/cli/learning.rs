//! `araneus scenario`, `backtest`, `train`, `evaluate` and `models`: synthetic worlds and models.

use std::path::PathBuf;

use araneus_synth::{self as synth, Level};
use clap::Args;

use super::{
    CommandError, Common, config,
    console::Console,
    evaluation::{missed_rows, page, pattern_rows, variant_rows},
    files, made,
    rows::{self, RowsArgs},
    world_runs::{WORLDS, run_worlds, write},
};
use crate::{
    learn::{
        held_out::held_out,
        train::{self, TrainError},
    },
    model::{self, Model},
    run::{
        RunError,
        models::{self, ModelError},
    },
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
    #[arg(long, value_parser = seeds, default_value = "1..20", conflicts_with = "rows")]
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
    #[arg(long, value_parser = seeds, value_name = "FIRST..LAST", conflicts_with = "rows")]
    judged_on: Option<(u64, u64)>,
    #[command(flatten)]
    table: RowsArgs,
    /// Seeds of synthetic worlds whose candidates join the training rows of the outcome flags
    #[arg(long, value_parser = seeds, value_name = "FIRST..LAST", requires = "rows")]
    with_worlds: Option<(u64, u64)>,
    /// Name under which the model is stored, for `araneus models`
    #[arg(long = "as", value_name = "NAME", requires = "rows")]
    as_name: Option<String>,
}

#[derive(Args)]
pub(super) struct EvaluateArgs {
    #[command(flatten)]
    worlds: WorldsArgs,
    #[command(flatten)]
    table: RowsArgs,
    /// Stored model, or its file, to compare with another one [default: the kind that forward validation chooses]
    #[arg(long, value_name = "MODEL", requires = "against")]
    model: Option<String>,
    /// Stored model, or its file, from which the gain is measured on the same rows
    #[arg(long, value_name = "MODEL", requires = "rows")]
    against: Option<String>,
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

/// Trains a model on synthetic worlds, and writes it with its card.
pub(super) fn train(common: &Common, args: &TrainArgs, talk: &Console) -> Result<u8, CommandError> {
    if !args.table.rows.is_empty() {
        let level = args.worlds.level;
        return rows::train(common, &args.table, args.with_worlds, args.as_name.as_deref(), level, talk);
    }
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
pub(super) fn evaluate(common: &Common, args: &EvaluateArgs, talk: &Console) -> Result<u8, CommandError> {
    if !args.table.rows.is_empty() {
        let models = (args.model.as_deref(), args.against.as_deref());
        return rows::evaluate(common, &args.table, models, talk);
    }
    let args = &args.worlds;
    let config = config(common)?;
    let model = match models::flags(&config)? {
        Model::Trained(model) => *model,
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
    let held_out = held_out(&model, &worlds);
    let page = page(&model, &evaluation, &held_out, &worlds, (args.seeds, args.level));
    let json = serde_json::to_string_pretty(&serde_json::json!({
        "model": model.id(), "seeds": [args.seeds.0, args.seeds.1], "level": args.level.name(),
        "evaluation": evaluation, "held_out": held_out, "planted": pattern_rows(&worlds), "mechanisms": variant_rows(&worlds),
        "missed": missed_rows(&worlds),
    }))
    .expect("an evaluation is plain data");
    write(&config.out.join("evaluation.json"), &format!("{json}\n"))?;
    write(&config.out.join("evaluation.md"), &page)?;
    made.finish()?;
    out!("{}", if common.json { json } else { page });
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
