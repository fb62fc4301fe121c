//! `araneus train --rows` and `evaluate --rows`: models from label tables.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CommandError, Common, config, console::Console, made, world_runs};
use crate::{
    learn::rows::{read_rows, world_rows},
    model::{
        self, CompareConfig, Compared, ForwardConfig, ModelScores, OutcomeRows, Paired, TrainedModel,
        TrainingSet,
    },
    run::{Config, models::store},
    tables::{self, scores::ScoreRow},
    time::Moment,
};

/// Arguments about label tables.
#[derive(Args)]
pub(super) struct RowsArgs {
    /// Label table of `araneus backtest`, several for several files of one outcome
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) rows: Vec<PathBuf>,
    /// Outcome to read, if the files are of several
    #[arg(long, value_name = "NAME", requires = "rows")]
    pub(super) outcome: Option<String>,
    /// Score cuts from this time on: RFC 3339, or a date; earlier cuts only train
    #[arg(long, value_name = "TIME", requires = "rows")]
    pub(super) from: Option<String>,
}

impl RowsArgs {
    /// Reads the label tables.
    pub(super) fn read(&self) -> Result<OutcomeRows, CommandError> {
        Ok(read_rows(&self.rows, self.outcome.as_deref())?)
    }

    /// Returns the settings of forward validation.
    pub(super) fn settings<'a>(
        &self,
        worlds: Option<&'a TrainingSet>,
    ) -> Result<CompareConfig<'a>, CommandError> {
        let parse = |text: &String| {
            let whole = format!("{text}T00:00:00Z");
            let moment = Moment::parse(text).or_else(|| Moment::parse(&whole));
            moment.map(Moment::micros).ok_or_else(|| {
                CommandError::Usage(format!("--from {text} is no time; write 2026-03-01, or RFC 3339"))
            })
        };
        let from = self.from.as_ref().map(parse).transpose()?;
        Ok(CompareConfig { forward: ForwardConfig { from, worlds }, ..CompareConfig::default() })
    }

    fn source(&self) -> String {
        let names: Vec<String> = self
            .rows
            .iter()
            .map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        names.join(", ")
    }
}

/// Files of `train --rows`, below its folder.
pub(super) const TRAINED: [&str; 4] = ["model.json", "CARD.md", "evaluation.json", "scores.arrow"];

/// Trains a model on label tables, and writes it with its card and the scores of its forward validation.
pub(super) fn train(
    common: &Common,
    args: &RowsArgs,
    with_worlds: Option<(u64, u64)>,
    as_name: Option<&str>,
    level: araneus_synth::Level,
    console: &Console,
) -> Result<u8, CommandError> {
    let config = config(common)?;
    check_name(as_name)?;
    let rows = args.read()?;
    let folder = &common.out.clone().unwrap_or_else(|| PathBuf::from("model"));
    let made = made::begin(folder, "train", &[&TRAINED[..], &[world_runs::WORLDS]].concat())?;
    if with_worlds.is_some() && rows.table.outcome != store::FLAGS {
        return Err(CommandError::Usage(format!(
            "--with-worlds adds candidates of patterns, and the rows are of the outcome `{}`",
            rows.table.outcome
        )));
    }
    let worlds = match with_worlds {
        Some(seeds) => Some(world_rows(&world_runs::run_worlds(folder, seeds, level, console)?)),
        None => None,
    };
    let settings = args.settings(worlds.as_ref())?;
    console.step("forward validation");
    let compared = model::compare(&rows, &settings).map_err(CommandError::Usage)?;
    let worlds_text = with_worlds.map_or_else(String::new, |(first, last)| {
        format!(" and synthetic worlds of level {}, seeds {first} to {last}", level.name())
    });
    let trained_on = format!("{} rows of {}{worlds_text}", compared.comparison.labelled.rows, args.source());
    console.step("fit on all rows");
    let trained = model::fit_model(&rows, &compared, None, &trained_on, &settings.forward)
        .map_err(CommandError::Usage)?;
    console.end();
    let page = model::comparison_page(&compared.comparison);
    world_runs::write(&folder.join("model.json"), &model::to_json(&trained))?;
    world_runs::write(&folder.join("CARD.md"), &format!("{}{page}", model::card(&trained, None)))?;
    let json = serde_json::json!({ "model": trained.id(), "comparison": compared.comparison });
    world_runs::write(&folder.join("evaluation.json"), &format!("{json:#}\n"))?;
    write_scores(folder, &rows, &compared.scores)?;
    made.finish()?;
    if let Some(name) = as_name {
        let stored = store::add(&config.state, name, &trained)?;
        out!("{}", stored.display());
    }
    say_result(&compared, console);
    for name in TRAINED {
        out!("{}", folder.join(name).display());
    }
    Ok(0)
}

/// Fails if a name cannot be that of a model.
pub(super) fn check_name(name: Option<&str>) -> Result<(), CommandError> {
    match name.filter(|name| !store::is_name(name)) {
        Some(name) => Err(CommandError::Usage(format!(
            "`{name}` cannot name a model: use letters, digits, `-`, `_` and `.`; `rules` and `in-service` are taken"
        ))),
        None => Ok(()),
    }
}

fn say_result(compared: &Compared, console: &Console) {
    let comparison = &compared.comparison;
    console
        .say(&format!("Outcome {}: {} chosen by forward validation.", comparison.outcome, comparison.chosen));
    for sentence in comparison.untrained.iter().chain(&comparison.relations).chain(&comparison.warnings()) {
        console.say(sentence);
    }
}

/// Writes the scores of models on the rows of a label table.
fn write_scores(folder: &Path, rows: &OutcomeRows, scores: &[ModelScores]) -> Result<(), CommandError> {
    let table = &rows.table;
    let of_model = |scores: &'_ ModelScores| -> Vec<(usize, f64, Option<f64>)> {
        let scored = scores.margins.iter().enumerate();
        scored.filter_map(|(row, margin)| Some((row, (*margin)?, scores.probabilities[row]))).collect()
    };
    let mut lines: Vec<ScoreRow<'_>> = Vec::new();
    for model in scores {
        for (row, score, probability) in of_model(model) {
            lines.push(ScoreRow {
                as_of: Moment::from_micros(table.cuts[row]),
                candidate_id: &table.ids[row],
                query: table.queries[row].as_deref(),
                label: table.labels[row],
                model: &model.name,
                score,
                probability,
            });
        }
    }
    let filled = tables::scores::scores(&lines);
    tables::write_parts(folder, filled.table, &filled.extra, filled.parts, &tables::TABLE_FILES[0])?;
    Ok(())
}

/// Files of `evaluate --rows`, below `--out`.
const EVALUATED: [&str; 3] = ["evaluation.json", "evaluation.md", "scores.arrow"];

/// Evaluates models on label tables: all kinds by forward validation, and one or two stored models.
pub(super) fn evaluate(
    common: &Common,
    args: &RowsArgs,
    (name, against): (Option<&str>, Option<&str>),
    console: &Console,
) -> Result<u8, CommandError> {
    let config = config(common)?;
    let rows = args.read()?;
    let folder = &config.out;
    let made = made::begin_beside_runs(folder, &config.state, "evaluate", &EVALUATED)?;
    let settings = args.settings(None)?;
    console.step("forward validation");
    let compared = model::compare(&rows, &settings).map_err(CommandError::Usage)?;
    let mut page = format!("# Evaluation\n\n{}", model::comparison_page(&compared.comparison));
    let mut scores = compared.scores.clone();
    let left = match name {
        Some(name) => stored_scores(&config, name, &rows, &compared)?,
        None => chosen_scores(&compared),
    };
    let right = match against {
        Some(name) => Some(stored_scores(&config, name, &rows, &compared)?),
        None => None,
    };
    let paired: Option<Paired> = match &right {
        Some(right) => Some(model::pair(&rows, &left, right, &settings).map_err(CommandError::Usage)?),
        None => None,
    };
    console.end();
    page.extend(paired.iter().map(|paired| format!("\n{}", model::paired_page(paired))));
    scores.extend(name.is_some().then(|| left.clone()).into_iter().chain(right));
    let json = serde_json::json!({
        "model": left.name, "comparison": compared.comparison, "paired": paired,
    });
    world_runs::write(&folder.join("evaluation.json"), &format!("{json:#}\n"))?;
    world_runs::write(&folder.join("evaluation.md"), &page)?;
    write_scores(folder, &rows, &scores)?;
    made.finish()?;
    out!("{}", if common.json { format!("{json:#}") } else { page });
    Ok(0)
}

/// Returns the forward scores of the chosen kind.
fn chosen_scores(compared: &Compared) -> ModelScores {
    let chosen = &compared.comparison.chosen;
    let found = compared.scores.iter().find(|scores| scores.name == *chosen);
    found.expect("the chosen kind was scored").clone()
}

/// Reads a model by its name or the path of its file.
pub(super) fn find_model(config: &Config, name: &str) -> Result<TrainedModel, CommandError> {
    let path = Path::new(name);
    let is_file = path.extension().is_some_and(|suffix| suffix == "json") && path.exists();
    Ok(if is_file { store::read_file(path)? } else { store::named(&config.state, name)? })
}

/// Returns the scores of a stored model. Rows of its own training are scored by forward models of its kind.
pub(super) fn stored_scores(
    config: &Config,
    name: &str,
    rows: &OutcomeRows,
    compared: &Compared,
) -> Result<ModelScores, CommandError> {
    let model = find_model(config, name)?;
    if model.outcome() != rows.table.outcome {
        return Err(CommandError::Usage(format!(
            "the model {name} answers the outcome `{}`, and the rows are of `{}`",
            model.outcome(),
            rows.table.outcome
        )));
    }
    model::scores_of(&model, name, rows, compared).map_err(CommandError::Usage)
}
