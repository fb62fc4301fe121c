//! `araneus-cluster run`: a whole run of `araneus`, with its steps of a join form on the cluster.

use std::{fs, path::Path, sync::Arc};

use araneus::{
    cli::{RunOptions, run_by},
    join_steps::{JoinSteps, ThisMachine},
};
use tokio::runtime::Runtime;

use crate::{
    ClusterOptions, absolute,
    engine::ClusterSteps,
    error::{ClusterError, disk},
    process,
};

/// Folder of the intermediate tables of a run, in the present folder.
const WORK: &str = "cluster.work";

/// Runs with the steps on the cluster; returns the exit code of `araneus run`.
///
/// # Errors
/// The error of the cluster that ended the run: another version, a full disk, Ctrl-C, or with `--strict` rounds that failed.
pub(crate) fn run(
    runtime: &Runtime,
    cluster: &ClusterOptions,
    options: &RunOptions,
) -> Result<u8, ClusterError> {
    process::show_log(false);
    let work = absolute(cluster.work.as_deref().unwrap_or(Path::new(WORK)))?;
    // Runs of other archives may use the same folder.
    let work = work.join(format!("run-{}", std::process::id()));
    let supervisor = runtime.block_on(cluster.supervisor(&work, options.is_quiet()))?;
    let Some(supervisor) = supervisor else {
        return Ok(run_by(Arc::new(ThisMachine) as Arc<dyn JoinSteps>, options));
    };
    if work.exists() {
        fs::remove_dir_all(&work).map_err(disk("remove", &work))?;
    }
    fs::create_dir_all(&work).map_err(disk("create", &work))?;
    let steps = Arc::new(ClusterSteps::new(supervisor, runtime.handle().clone(), cluster.strict));
    let code = run_by(Arc::clone(&steps) as Arc<dyn JoinSteps>, options);
    fs::remove_dir_all(&work).map_err(disk("remove", &work))?;
    match steps.take_error() {
        Some(error) => Err(error),
        None => Ok(code),
    }
}
