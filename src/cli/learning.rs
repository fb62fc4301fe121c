//! `araneus scenario`, `backtest`, `train`, `evaluate` and `models`: synthetic worlds and models.

use std::{
    fs,
    path::{Path, PathBuf},
};

use araneus_synth::{self as synth, Level};
use clap::{Args, Subcommand};

use super::{
    CommandError, Common, config,
    console::Console,
    evaluation::{missed_rows, page, pattern_rows, variant_rows},
    files, made,
};
use crate::{
    learn::{
        train::{self, TrainError},
        worlds::EvaluatedWorld,
    },
    model::{self, Model},
    progress::Progress,
    run::{
        Config, RunError,
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
    let page = page(&model, &evaluation, &worlds, args.seeds, args.level);
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
            Ok(Model::Trained(model)) => {
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
