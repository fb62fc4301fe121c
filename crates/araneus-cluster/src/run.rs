//! `araneus-cluster run`: a whole run, with its graph steps repeated on the cluster and compared.
//!
//! The run itself is that of the program `araneus`. Its published tables of links are the input of the steps, so the
//! cluster reads what an audience may read, and nothing else.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use arrow::datatypes::{DataType, Field, Schema};

use crate::{
    StepOptions,
    error::ClusterError,
    input::Input,
    steps::{self, Engine, Settings},
    table::{DEGREES, NODES, Parts, numbers, read, read_columns, texts},
};

/// Exit codes of `araneus run` with which it publishes.
const PUBLISHES: [i32; 4] = [0, 3, 4, 10];

/// Runs `araneus run` with `arguments`, then the steps of each audience on the cluster and on this machine. Both results
/// are compared with each other, and the degrees with the table `metrics` of the run.
///
/// # Errors
/// [`ClusterError::Run`] with the exit code of a run that is not complete or has remarks, [`ClusterError::Differs`] for
/// another result, and the errors of [`steps::run`].
pub(crate) async fn run(
    options: &StepOptions,
    program: Option<PathBuf>,
    arguments: &[String],
) -> Result<(), ClusterError> {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("araneus")));
    let program = program.or(beside.filter(|path| path.is_file())).unwrap_or_else(|| "araneus".into());
    let mut command = tokio::process::Command::new(&program);
    command.arg("run").args(arguments).args(["--format", "parquet", "--json"]).stdout(Stdio::piped());
    let answer = command.spawn().and_then(|child| Ok(child.wait_with_output()));
    let answer = match answer {
        Ok(answer) => answer.await,
        Err(error) => Err(error),
    };
    let answer = answer.map_err(crate::error::disk("run", &program))?;
    let code = answer.status.code().unwrap_or(1);
    if !PUBLISHES.contains(&code) {
        return Err(ClusterError::Run(u8::try_from(code).unwrap_or(1)));
    }
    let unknown = || ClusterError::Process("the answer of `araneus run --json` has no folder".to_owned());
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).map_err(|_| unknown())?;
    let folder = PathBuf::from(answer["run"].as_str().ok_or_else(unknown)?);
    for audience in answer["audiences"].as_array().ok_or_else(unknown)? {
        let audience = audience.as_str().ok_or_else(unknown)?;
        compare(options, &folder, audience).await?;
    }
    if code == 0 { Ok(()) } else { Err(ClusterError::Run(u8::try_from(code).unwrap_or(1))) }
}

async fn compare(options: &StepOptions, folder: &Path, audience: &str) -> Result<(), ClusterError> {
    let input = Input::of(&folder.join(audience).join("links.parquet"))?;
    let out = PathBuf::from("cluster-out").join(folder.file_name().unwrap_or_default()).join(audience);
    // The graph of a run is directed.
    let options = StepOptions { directed: true, keep_work: true, ..options.clone() };
    let (engine, settings) = options.prepare(&out).await?;
    let results = steps::run(&input, &engine, &settings).await?;
    crate::show(&results);
    let check = Settings {
        work: settings.work.join("local"),
        out: settings.work.join("local-out"),
        keeps_work: true,
        ..settings
    };
    let local = steps::run(&input, &Engine::Local, &check).await?;
    for (one, other) in results.iter().zip(&local) {
        if one.digest != other.digest {
            return Err(ClusterError::Differs(format!("the table {} of audience {audience}", one.name)));
        }
    }
    compare_degrees(&folder.join(audience).join("metrics.parquet"), &check.out)?;
    let work = check.out.parent().unwrap_or(&check.out);
    std::fs::remove_dir_all(work).map_err(crate::error::disk("remove", work))
}

/// Compares the degrees of the steps with the metrics of the run. An entity without links has degree 0.
fn compare_degrees(metrics: &Path, out: &Path) -> Result<(), ClusterError> {
    let table = |name: &str| Parts { folder: out.join(format!("{name}.parquet")), rows: 0 };
    let (nodes, degrees) = (read(&table("nodes"), &NODES)?, read(&table("degrees"), &DEGREES)?);
    let degree = numbers(&degrees, "out_degree").iter().zip(numbers(&degrees, "in_degree"));
    let degree_of: HashMap<i64, i64> =
        numbers(&degrees, "node").iter().copied().zip(degree.map(|(out, into)| out + into)).collect();
    let id_of = texts(&nodes, "id").iter().flatten().zip(numbers(&nodes, "node"));
    let degree_of: HashMap<&str, i64> =
        id_of.map(|(id, node)| (id, degree_of.get(node).copied().unwrap_or_default())).collect();
    let fields = [("entity_id", DataType::Utf8), ("degree", DataType::Int64)];
    let schema = Arc::new(Schema::new(fields.map(|(name, kind)| Field::new(name, kind, true)).to_vec()));
    let metrics = read_columns(metrics, &schema, &["entity_id", "degree"])?;
    let differs = texts(&metrics, "entity_id")
        .iter()
        .flatten()
        .zip(numbers(&metrics, "degree"))
        .filter(|(id, degree)| degree_of.get(id).copied().unwrap_or_default() != **degree)
        .count();
    if differs > 0 {
        return Err(ClusterError::Differs(format!("the degree of {differs} entities")));
    }
    Ok(())
}
