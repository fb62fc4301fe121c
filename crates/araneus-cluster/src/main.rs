//! The steps of Araneus with a join form, on a Ballista cluster.
//!
//! `araneus-cluster steps` reads a table of links and publishes links, degrees, components and ranks. The same command
//! without a cluster publishes the same bytes. `araneus-cluster run` is `araneus run` with such steps on the cluster. `scheduler` and `executor` are the processes of a cluster. See `docs/cluster.md`.

mod cancel;
mod console;
mod engine;
mod error;
mod input;
mod liveness;
mod local;
mod pairs;
mod process;
mod round;
mod rounds;
mod run;
mod steps;
mod table;
mod version;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use araneus::cli::RunOptions;
use clap::{Args, Parser, Subcommand};
use tokio::runtime::Handle;

use cancel::Cancel;
use error::ClusterError;
use input::Input;
use round::{Place, Supervisor};
use steps::{Engine, Settings, StepResult};

/// Allocator for the millions of short texts in records, as in `araneus`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Steps of Araneus with a join form, on a Ballista cluster.
#[derive(Parser)]
#[command(name = "araneus-cluster", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Aggregates links, counts degrees, finds components and ranks nodes.
    Steps {
        /// Parquet file or folder with columns source,target or from,to or from_id,to_id, and weight if it exists.
        input: PathBuf,
        /// Folder of the results.
        out: PathBuf,
        #[command(flatten)]
        options: StepOptions,
    },
    /// Finds distinct identifiers, and pairs of records that name one identifier.
    Pairs {
        /// Parquet file or folder with the text columns identifier and record_id, as the table `identifiers` of a run.
        input: PathBuf,
        /// Folder of the results.
        out: PathBuf,
        /// Most records of an identifier that makes pairs. An identifier of many records shows little.
        #[arg(long, default_value_t = 20)]
        most: u32,
        #[command(flatten)]
        options: StepOptions,
    },
    /// Finds the state of each key of an archive after its last run.
    Liveness {
        /// Folder of the archive.
        state: PathBuf,
        /// Folder of the results.
        out: PathBuf,
        #[command(flatten)]
        options: StepOptions,
    },
    /// Runs as `araneus run` does, with the same results, and with the steps of a join form on the cluster.
    Run {
        #[command(flatten)]
        cluster: ClusterOptions,
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Runs a scheduler until it is stopped.
    Scheduler {
        /// IP address to listen on. The service has no authentication: use a private network.
        #[arg(long)]
        bind_host: String,
        /// Port.
        #[arg(long, default_value_t = 50_050)]
        port: u16,
        /// Seconds for which the shuffles of a job stay.
        #[arg(long, default_value_t = 300)]
        keep: u64,
        /// Shows everything the engine reports.
        #[arg(long)]
        verbose: bool,
    },
    /// Runs an executor until it is stopped.
    Executor {
        /// IP address to listen on. The service has no authentication: use a private network.
        #[arg(long)]
        bind_host: String,
        /// Port from which other executors fetch shuffles.
        #[arg(long, default_value_t = 50_051)]
        port: u16,
        /// Port for the scheduler.
        #[arg(long, default_value_t = 50_052)]
        grpc_port: u16,
        /// Address and port of the scheduler.
        #[arg(long, value_name = "HOST:PORT")]
        scheduler: String,
        /// Tasks at once.
        #[arg(long, default_value_t = 2)]
        cores: usize,
        /// Folder of the shuffles.
        #[arg(long)]
        work: PathBuf,
        /// Memory of all tasks in bytes; by default 70 % of the memory of the machine.
        #[arg(long)]
        memory: Option<u64>,
        /// Seconds for which the shuffles of a job stay.
        #[arg(long, default_value_t = 300)]
        keep: u64,
        /// Shows everything the engine reports.
        #[arg(long)]
        verbose: bool,
    },
}

/// Options of the cluster.
#[derive(Debug, Clone, Args)]
struct ClusterOptions {
    /// URL of the scheduler, as http://HOST:PORT, or `local` for this machine.
    #[arg(long, value_name = "URL|local")]
    cluster: String,
    /// Seconds of one attempt of a round.
    #[arg(long, default_value_t = 600)]
    deadline: u64,
    /// Partitions of shuffles and results.
    #[arg(long, default_value_t = 8)]
    partitions: usize,
    /// Command that restarts the cluster before a round is repeated.
    #[arg(long, value_name = "COMMAND")]
    restart: Option<String>,
    /// Folder of intermediate tables, which all executors reach by the same path; by default `OUT.work`, and `cluster.work` for `run`.
    #[arg(long)]
    work: Option<PathBuf>,
    /// Ends with an error if the rounds of a step fail, instead of running the step on this machine.
    #[arg(long)]
    strict: bool,
}

/// Options of the steps.
#[derive(Debug, Clone, Args)]
struct StepOptions {
    #[command(flatten)]
    cluster: ClusterOptions,
    /// Passes of PageRank.
    #[arg(long, default_value_t = 20)]
    passes: u32,
    /// Lets rank flow from source to target only.
    #[arg(long)]
    directed: bool,
    /// Keeps the intermediate tables.
    #[arg(long)]
    keep_work: bool,
    /// Shows no progress.
    #[arg(long)]
    quiet: bool,
}

impl ClusterOptions {
    /// Returns the supervisor of rounds with tables in the folder `work`; `None` for this machine.
    async fn supervisor(&self, work: &Path, is_quiet: bool) -> Result<Option<Supervisor>, ClusterError> {
        if self.cluster == "local" {
            return Ok(None);
        }
        let url = self.cluster.trim_end_matches('/');
        let url = url.strip_prefix("df://").or(url.strip_prefix("http://")).unwrap_or(url);
        let supervisor = Supervisor {
            place: Place::Scheduler(format!("http://{url}")),
            deadline: Duration::from_secs(self.deadline),
            pause: Duration::from_secs(2),
            partitions: self.partitions.max(1),
            restart: self.restart.clone(),
            work: work.to_owned(),
            is_quiet,
            cancel: Cancel::on_ctrl_c(&Handle::current(), work.to_owned()),
        };
        match supervisor.check_version().await {
            // A scheduler that does not answer can come back; each round tries again.
            Err(error @ ClusterError::Usage(_)) if !self.strict => {
                console::note(&format!("warning: {error}"));
            }
            checked => checked?,
        }
        Ok(Some(supervisor))
    }
}

fn absolute(path: &Path) -> Result<PathBuf, ClusterError> {
    std::path::absolute(path).map_err(error::disk("find", path))
}

impl StepOptions {
    /// Returns the engine and the settings for a folder of results.
    async fn prepare(&self, out: &Path) -> Result<(Engine, Settings), ClusterError> {
        let out = absolute(out)?;
        let mut beside = out.clone().into_os_string();
        beside.push(".work");
        let work = absolute(self.cluster.work.as_deref().unwrap_or(beside.as_ref()))?;
        let supervisor = self.cluster.supervisor(&work, self.quiet).await?;
        let settings = Settings {
            work,
            out,
            passes: self.passes,
            is_directed: self.directed,
            keeps_work: self.keep_work,
            is_strict: self.cluster.strict,
        };
        Ok((supervisor.map_or(Engine::Local, Engine::Rounds), settings))
    }
}

fn show(results: &[StepResult]) {
    for result in results {
        let place = if result.is_on_cluster { "cluster" } else { "this machine" };
        let digest = if result.digest.is_empty() { "not published" } else { &result.digest };
        let (name, rows, seconds) = (result.name, result.rows, result.seconds);
        console::answer(&format!("{name:<11} {rows:>12} rows {seconds:>8.1} s  {place:<12}  {digest}"));
    }
}

async fn execute(command: Command) -> Result<(), ClusterError> {
    match command {
        Command::Run { .. } => unreachable!("`main` runs it outside of the runtime"),
        Command::Steps { input, out, options } => {
            process::show_log(false);
            let input = Input::of(&input)?;
            let (engine, settings) = options.prepare(&out).await?;
            show(&steps::run(&input, &engine, &settings).await?);
            Ok(())
        }
        Command::Pairs { input, out, most, options } => {
            process::show_log(false);
            let members = pairs::members(&input)?;
            let (engine, settings) = options.prepare(&out).await?;
            show(&pairs::run(&members, most, &engine, &settings).await?);
            Ok(())
        }
        Command::Liveness { state, out, options } => {
            process::show_log(false);
            let segments = liveness::segments(&state)?;
            let (engine, settings) = options.prepare(&out).await?;
            show(&liveness::run(&segments, &engine, &settings).await?);
            Ok(())
        }
        Command::Scheduler { bind_host, port, keep, verbose } => {
            process::show_log(verbose);
            process::scheduler(bind_host, port, keep).await
        }
        Command::Executor { bind_host, port, grpc_port, scheduler, cores, work, memory, keep, verbose } => {
            process::show_log(verbose);
            let place = scheduler
                .rsplit_once(':')
                .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
            let scheduler =
                place.ok_or_else(|| ClusterError::Usage("--scheduler must be HOST:PORT".to_owned()))?;
            let settings = process::ExecutorSettings {
                host: bind_host,
                port,
                grpc_port,
                scheduler,
                cores,
                work,
                memory,
                keep,
            };
            process::executor(settings).await
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Plans of deep queries need more stack than the default of a thread.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(32 << 20).build();
    let ended = match (runtime, cli.command) {
        (Ok(runtime), Command::Run { cluster, run }) => run::run(&runtime, &cluster, &run),
        (Ok(runtime), command) => runtime.block_on(execute(command)).map(|()| 0),
        (Err(error), _) => Err(ClusterError::Process(error.to_string())),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            console::note(&format!("error: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}
