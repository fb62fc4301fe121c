//! `araneus-cluster run`: a whole run, with its steps of a join form repeated on the cluster and compared.
//!
//! The run itself is that of the program `araneus`. The published links and identifiers of each audience are the input of the
//! graph steps and of the pairs, so there the cluster reads what an audience may read. The state of each key is found in
//! the segments of the archive.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use arrow::datatypes::{DataType, Field, Schema};

use crate::{
    StepOptions,
    error::{ClusterError, disk},
    input::Input,
    liveness::{self, Segment},
    pairs,
    steps::{self, Engine, Settings, StepResult},
    table::{DEGREES, NODES, Parts, count_rows, numbers, read, read_columns, texts},
};

/// Exit codes of `araneus run` with which it publishes.
const PUBLISHES: [i32; 4] = [0, 3, 4, 10];
/// Most records of an identifier that makes pairs.
pub(crate) const PAIRS_MOST: u32 = 20;

/// Runs `araneus run` with `arguments`, then the steps of the archive and of each audience on the cluster and on this machine.
/// Both results are compared with each other. The degrees are compared with the table `metrics` of the run, and the
/// number of identifiers with its table `identifiers`.
///
/// # Errors
/// [`ClusterError::Run`] with the exit code of a run that is not complete or has remarks, [`ClusterError::Differs`] for
/// another result, and the errors of [`steps::run`].
pub(crate) async fn run(
    options: &StepOptions,
    program: Option<PathBuf>,
    arguments: &[String],
) -> Result<(), ClusterError> {
    let program = program.or_else(beside).unwrap_or_else(|| "araneus".into());
    let mut command = tokio::process::Command::new(&program);
    command.arg("run").args(arguments).args(["--format", "parquet", "--json"]).stdout(Stdio::piped());
    let answer = command.spawn().map(tokio::process::Child::wait_with_output);
    let answer = match answer {
        Ok(answer) => answer.await,
        Err(error) => Err(error),
    };
    let answer = answer.map_err(disk("run", &program))?;
    let code = answer.status.code().unwrap_or(1);
    if !PUBLISHES.contains(&code) {
        return Err(ClusterError::Run(u8::try_from(code).unwrap_or(1)));
    }
    let unknown = || ClusterError::Process("the answer of `araneus run --json` has no folder".to_owned());
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).map_err(|_| unknown())?;
    let folder = PathBuf::from(answer["run"].as_str().ok_or_else(unknown)?);
    let out = PathBuf::from("cluster-out").join(folder.file_name().unwrap_or_default());
    let segments = liveness::segments(Path::new(answer["state"].as_str().ok_or_else(unknown)?))?;
    if !segments.is_empty() {
        let segments = Steps::Liveness(segments);
        Twice::run(options, &segments, "the archive".to_owned(), out.join("archive")).await?.end()?;
    }
    for audience in answer["audiences"].as_array().ok_or_else(unknown)? {
        let audience = audience.as_str().ok_or_else(unknown)?;
        compare(options, &folder, audience, &out).await?;
    }
    if code == 0 { Ok(()) } else { Err(ClusterError::Run(u8::try_from(code).unwrap_or(1))) }
}

/// Returns the program `araneus` beside this program, if it is there.
#[expect(clippy::disallowed_methods, reason = "a program knows its own place only from the environment")]
fn beside() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    Some(own.parent()?.join("araneus")).filter(|path| path.is_file())
}

/// Steps with one input.
enum Steps {
    Graph(Input),
    Pairs(Parts),
    Liveness(Vec<Segment>),
}

impl Steps {
    async fn run(&self, engine: &Engine, settings: &Settings) -> Result<Vec<StepResult>, ClusterError> {
        match self {
            Self::Graph(input) => steps::run(input, engine, settings).await,
            Self::Pairs(members) => pairs::run(members, PAIRS_MOST, engine, settings).await,
            Self::Liveness(segments) => liveness::run(segments, engine, settings).await,
        }
    }
}

/// Steps that are run twice: on the cluster, with results in the folder `out`, and on this machine.
struct Twice {
    of: String,
    out: PathBuf,
    /// Folder of the results of this machine, until it is removed.
    local: PathBuf,
}

impl Twice {
    /// Runs the steps on the cluster and on this machine, and compares the digests.
    async fn run(
        options: &StepOptions,
        steps: &Steps,
        of: String,
        out: PathBuf,
    ) -> Result<Self, ClusterError> {
        // The graph of a run is directed.
        let options = StepOptions { directed: true, keep_work: true, ..options.clone() };
        let (engine, settings) = options.prepare(&out).await?;
        let results = steps.run(&engine, &settings).await?;
        crate::show(&results);
        let local = settings.work.join("local-out");
        let check =
            Settings { work: settings.work.join("local"), out: local.clone(), keeps_work: true, ..settings };
        for (one, other) in results.iter().zip(&steps.run(&Engine::Local, &check).await?) {
            if one.digest != other.digest {
                return Err(ClusterError::Differs(format!("the table {} of {of}", one.name)));
            }
        }
        Ok(Self { of, out, local })
    }

    /// Removes the intermediate tables and the results of this machine.
    fn end(self) -> Result<(), ClusterError> {
        let work = self.local.parent().unwrap_or(&self.local);
        std::fs::remove_dir_all(work).map_err(disk("remove", work))
    }
}

/// Compares the graph steps and the pairs of an audience.
async fn compare(
    options: &StepOptions,
    folder: &Path,
    audience: &str,
    out: &Path,
) -> Result<(), ClusterError> {
    let (published, of) = (folder.join(audience), format!("audience {audience}"));
    let graph = Steps::Graph(Input::of(&published.join("links.parquet"))?);
    let graph = Twice::run(options, &graph, of.clone(), out.join(audience)).await?;
    compare_degrees(&published.join("metrics.parquet"), &graph.local)?;
    graph.end()?;
    let members = Steps::Pairs(pairs::members(&published.join("identifiers.parquet"))?);
    let pairs = Twice::run(options, &members, of, out.join(audience).join("identifiers")).await?;
    compare_keys(&published.join("identifiers.parquet"), &pairs)?;
    pairs.end()
}

/// Compares the number of distinct identifiers with the table of the run.
fn compare_keys(identifiers: &Path, pairs: &Twice) -> Result<(), ClusterError> {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let schema = Arc::new(Schema::new(vec![text("identifier"), text("record_id")]));
    let read = read_columns(identifiers, &schema, &["identifier", "record_id"])?;
    let rows = texts(&read, "identifier").iter().zip(texts(&read, "record_id"));
    let distinct: HashSet<&str> = rows.filter_map(|(identifier, record)| record.and(identifier)).collect();
    let found = count_rows(&pairs.out.join("keys.parquet"))?;
    if found == distinct.len() as u64 {
        return Ok(());
    }
    Err(ClusterError::Differs(format!("the number of identifiers of {}", pairs.of)))
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
