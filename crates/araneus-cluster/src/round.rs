//! Rounds: one query from Parquet to Parquet, with a deadline, a check, and attempts.
//!
//! A round has no state outside its folder. Each attempt writes into a fresh folder with a session of its own. The
//! folder gets the name of the round only after a check of its row counts. A lost executor can leave the file of a
//! failed task beside the file of the repeated task; the check then finds too many rows, and the attempt is repeated.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::{
    execution_plans::DistributedQueryExec,
    serde::protobuf::{CancelJobParams, scheduler_grpc_client::SchedulerGrpcClient},
};
use datafusion::{
    arrow::{array::AsArray, datatypes::UInt64Type},
    execution::{SessionStateBuilder, options::ParquetReadOptions},
    physical_plan::{ExecutionPlan, collect},
    prelude::{SessionConfig, SessionContext},
};
use datafusion_proto::protobuf::LogicalPlanNode;

use crate::{
    cancel::Cancel,
    console,
    error::{ClusterError, disk},
    table::{Parts, TableSchema, count_rows, is_full_disk},
};

/// Place where queries run.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// The scheduler of a Ballista cluster, as `http://HOST:PORT`.
    Scheduler(String),
    /// DataFusion in this process, for tests of the queries.
    #[cfg(test)]
    InProcess,
}

/// Attempts of a round before the step takes the local path.
const ATTEMPTS: u32 = 4;
/// Time that a request to cancel a job may take.
const CANCEL_TIME: Duration = Duration::from_secs(5);

/// Settings of all rounds of a run.
#[derive(Debug, Clone)]
pub(crate) struct Supervisor {
    /// Place where queries run.
    pub(crate) place: Place,
    /// Longest time of one attempt.
    pub(crate) deadline: Duration,
    /// Wait before the second attempt; doubled for each further one.
    pub(crate) pause: Duration,
    /// Number of partitions of shuffles and results.
    pub(crate) partitions: usize,
    /// Command for the shell that restarts the cluster before a further attempt.
    pub(crate) restart: Option<String>,
    /// Folder of the tables of rounds. All executors reach it by the same path.
    pub(crate) work: PathBuf,
    /// Is true if no progress is shown.
    pub(crate) is_quiet: bool,
    /// The wish of the user to stop.
    pub(crate) cancel: Cancel,
}

/// One query.
pub(crate) struct Round<'a> {
    /// Name, which is also the folder of the result.
    pub(crate) name: String,
    /// Names, schemas and parts of the tables that the query reads. Without a schema, that of the files is read.
    pub(crate) inputs: &'a [(&'a str, Option<&'a TableSchema>, &'a Parts)],
    /// The query in SQL.
    pub(crate) query: String,
    /// Number of rows of the result, if it is known before.
    pub(crate) rows: Option<u64>,
}

/// Error of one attempt.
enum Failure {
    /// The message decides nothing; another attempt may succeed.
    Other(String),
    /// The user cancelled.
    Cancelled,
}

/// Returns the time of the clock, which decides deadlines and progress, and no result.
#[expect(clippy::disallowed_methods, reason = "a deadline needs a clock")]
pub(crate) fn clock() -> Instant {
    Instant::now()
}

impl Supervisor {
    /// Runs a round; returns its result.
    ///
    /// # Errors
    /// [`ClusterError::Round`] after the last attempt, [`ClusterError::FullDisk`] if a disk is full,
    /// [`ClusterError::Version`] if a restarted scheduler has another version, [`ClusterError::Cancelled`].
    pub(crate) async fn run(&self, round: &Round<'_>) -> Result<Parts, ClusterError> {
        self.cancel.set_in_round(true);
        let ended = self.attempts(round).await;
        self.cancel.set_in_round(false);
        ended
    }

    async fn attempts(&self, round: &Round<'_>) -> Result<Parts, ClusterError> {
        let mut cause = String::new();
        let mut pause = self.pause;
        for attempt in 1..=ATTEMPTS {
            let folder = self.work.join(format!("{}.attempt-{attempt}", round.name));
            remove(&folder)?;
            if self.cancel.is_wished() {
                return Err(ClusterError::Cancelled);
            }
            fs::create_dir_all(&folder).map_err(disk("create", &folder))?;
            let began = clock();
            match self.attempt(round, &folder).await {
                Ok(rows) => {
                    let result = self.work.join(&round.name);
                    remove(&result)?;
                    fs::rename(&folder, &result).map_err(disk("rename", &folder))?;
                    self.show(&format!(
                        "{}: {rows} rows in {:.1} s",
                        round.name,
                        began.elapsed().as_secs_f64()
                    ));
                    return Ok(Parts { folder: result, rows });
                }
                Err(Failure::Cancelled) => {
                    remove(&folder)?;
                    return Err(ClusterError::Cancelled);
                }
                Err(Failure::Other(message)) if is_full_disk(&message) => {
                    remove(&folder)?;
                    return Err(ClusterError::FullDisk { round: round.name.clone(), cause: short(&message) });
                }
                Err(Failure::Other(message)) => cause = short(&message),
            }
            remove(&folder)?;
            self.show(&format!("{}: attempt {attempt} of {ATTEMPTS} failed: {cause}", round.name));
            if attempt < ATTEMPTS {
                self.restart().await;
                tokio::time::sleep(pause).await;
                pause *= 2;
                // A scheduler that refuses connections is an error of the next attempt. Another version ends the run.
                if let Err(error @ ClusterError::Version { .. }) = self.check_version().await {
                    return Err(error);
                }
            }
        }
        Err(ClusterError::Round { round: round.name.clone(), attempts: ATTEMPTS, cause })
    }

    /// Checks that the scheduler has the versions of this program.
    pub(crate) async fn check_version(&self) -> Result<(), ClusterError> {
        match &self.place {
            Place::Scheduler(url) => crate::version::check(url).await,
            #[cfg(test)]
            Place::InProcess => Ok(()),
        }
    }

    /// Shows a line of progress.
    pub(crate) fn show(&self, line: &str) {
        if !self.is_quiet {
            console::note(line);
        }
    }

    /// Runs the command that restarts the cluster, if there is one. A failure shows in the next attempt.
    async fn restart(&self) {
        let Some(command) = &self.restart else { return };
        self.show("restarting the cluster");
        let child = tokio::process::Command::new("sh").arg("-c").arg(command).kill_on_drop(true).status();
        match tokio::time::timeout(self.deadline, child).await {
            Ok(Ok(status)) if status.success() => {}
            Ok(Ok(status)) => self.show(&format!("the restart command ended with {status}")),
            Ok(Err(error)) => self.show(&format!("the restart command did not start: {error}")),
            Err(_) => self.show("the restart command did not end in time"),
        }
    }

    fn session(&self) -> SessionConfig {
        // Joins with a collected side would emit an unmatched row once for each task, and depend on estimated sizes.
        SessionConfig::new_with_ballista()
            .with_target_partitions(self.partitions)
            .with_information_schema(false)
            .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
            .set_usize("datafusion.optimizer.hash_join_single_partition_threshold", 0)
            .set_usize("datafusion.optimizer.hash_join_single_partition_threshold_rows", 0)
            .set_str("datafusion.execution.parquet.compression", "zstd(1)")
            .set_bool("ballista.client.pull", true)
    }

    async fn context(&self) -> Result<SessionContext, String> {
        match &self.place {
            Place::Scheduler(url) => {
                let state =
                    SessionStateBuilder::new().with_default_features().with_config(self.session()).build();
                SessionContext::remote_with_state(url, state).await.map_err(|error| error.to_string())
            }
            #[cfg(test)]
            Place::InProcess => {
                let _ = SessionStateBuilder::new();
                Ok(SessionContext::new_with_config(
                    SessionConfig::new().with_target_partitions(self.partitions),
                ))
            }
        }
    }

    /// Runs one attempt; returns the number of rows.
    async fn attempt(&self, round: &Round<'_>, folder: &Path) -> Result<u64, Failure> {
        let ends = clock() + self.deadline;
        let planned = tokio::time::timeout(self.deadline, self.plan(round, folder)).await;
        let (context, plan) =
            planned.map_err(|_| self.late()).and_then(|plan| plan.map_err(Failure::Other))?;
        let answer = tokio::select! {
            answer = tokio::time::timeout_at(ends.into(), collect(Arc::clone(&plan), context.task_ctx())) => answer,
            () = self.cancel.wished() => {
                self.cancel(plan.as_ref()).await;
                return Err(Failure::Cancelled);
            }
        };
        let batches = match answer {
            Ok(Ok(batches)) => batches,
            Ok(Err(error)) => {
                self.cancel(plan.as_ref()).await;
                return Err(Failure::Other(error.to_string()));
            }
            Err(_) => {
                self.cancel(plan.as_ref()).await;
                return Err(self.late());
            }
        };
        let counts = batches.iter().filter(|batch| batch.num_columns() > 0);
        let reported: u64 =
            counts.flat_map(|batch| batch.column(0).as_primitive::<UInt64Type>().values().iter()).sum();
        let rows = count_rows(folder).map_err(|error| Failure::Other(error.to_string()))?;
        if rows != reported {
            return Err(Failure::Other(format!(
                "the files have {rows} rows, but the tasks wrote {reported}"
            )));
        }
        if let Some(expected) = round.rows.filter(|expected| *expected != rows) {
            return Err(Failure::Other(format!("the result has {rows} rows, and {expected} were expected")));
        }
        Ok(rows)
    }

    fn late(&self) -> Failure {
        Failure::Other(format!("no result after {} s", self.deadline.as_secs()))
    }

    async fn plan(
        &self,
        round: &Round<'_>,
        folder: &Path,
    ) -> Result<(SessionContext, Arc<dyn ExecutionPlan>), String> {
        let context = self.context().await?;
        for (name, schema, parts) in round.inputs {
            let schema = schema.map(TableSchema::arrow);
            let options = ParquetReadOptions { schema: schema.as_deref(), ..ParquetReadOptions::default() };
            let end = if parts.folder.is_dir() { "/" } else { "" };
            let place = format!("{}{end}", parts.folder.display());
            context.register_parquet(*name, place, options).await.map_err(|error| error.to_string())?;
        }
        let place = folder.display().to_string().replace('\'', "''");
        let query = format!("COPY ({}) TO '{place}/' STORED AS PARQUET", round.query);
        let frame = context.sql(&query).await.map_err(|error| error.to_string())?;
        let plan = frame.create_physical_plan().await.map_err(|error| error.to_string())?;
        Ok((context, plan))
    }

    /// Asks the scheduler to cancel the job of a plan, if it was accepted. A failure is of no consequence: whatever the
    /// job still writes goes to the folder of its attempt.
    async fn cancel(&self, plan: &dyn ExecutionPlan) {
        #[cfg_attr(
            not(test),
            expect(irrefutable_let_patterns, reason = "the other place exists in tests only")
        )]
        let Place::Scheduler(url) = &self.place else { return };
        let query = plan.downcast_ref::<DistributedQueryExec<LogicalPlanNode>>();
        let Some(job) = query.and_then(DistributedQueryExec::job_id) else { return };
        let cancelled = async {
            let mut scheduler = SchedulerGrpcClient::connect(url.clone()).await.ok()?;
            scheduler.cancel_job(CancelJobParams { job_id: job.into() }).await.ok()
        };
        if tokio::time::timeout(CANCEL_TIME, cancelled).await.ok().flatten().is_none() {
            self.show("the scheduler did not confirm that the job was cancelled");
        }
    }
}

/// Returns the beginning of the first line of a message. The engine repeats an error for each layer that hands it on.
fn short(message: &str) -> String {
    const LENGTH: usize = 240;
    let line = message.lines().next().unwrap_or_default();
    if line.chars().count() <= LENGTH {
        line.to_owned()
    } else {
        line.chars().take(LENGTH).collect::<String>() + "…"
    }
}

fn remove(folder: &Path) -> Result<(), ClusterError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk("remove", folder)(error)),
        _ => Ok(()),
    }
}
