//! The processes of a cluster: the scheduler and the executors of Ballista, on an address that is always given.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::{
    cluster::BallistaCluster, config::SchedulerConfig, scheduler_process::start_server,
};

use crate::{console, error::ClusterError};

/// Seconds between two signs of life of an executor.
const HEARTBEAT: u64 = 5;
/// Seconds without a sign of life after which an executor is lost.
const LOST_AFTER: u64 = 20;
/// Seconds after which an executor that finds no scheduler ends.
const CONNECT: u16 = 30;

/// Settings of an executor.
pub(crate) struct ExecutorSettings {
    /// Address of its two ports.
    pub(crate) host: String,
    /// Port from which other executors fetch shuffles.
    pub(crate) port: u16,
    /// Port for the scheduler.
    pub(crate) grpc_port: u16,
    /// Address and port of the scheduler.
    pub(crate) scheduler: (String, u16),
    /// Tasks at once.
    pub(crate) cores: usize,
    /// Folder of the shuffles.
    pub(crate) work: PathBuf,
    /// Memory of all tasks in bytes; `None` for a share of the memory of the machine.
    pub(crate) memory: Option<u64>,
    /// Seconds for which the shuffles of a job stay.
    pub(crate) keep: u64,
}

fn failed(error: &ballista_core::error::BallistaError) -> ClusterError {
    ClusterError::Process(error.to_string())
}

/// Runs a scheduler until it is stopped. Its state is in memory: a new scheduler knows no earlier job.
pub(crate) async fn scheduler(host: String, port: u16, keep: u64) -> Result<(), ClusterError> {
    let address: SocketAddr = format!("{host}:{port}")
        .parse()
        .map_err(|_| ClusterError::Usage("--bind-host must be an IP address".to_owned()))?;
    let config = SchedulerConfig {
        external_host: host.clone(),
        bind_host: host,
        bind_port: port,
        executor_timeout_seconds: LOST_AFTER,
        expire_dead_executor_interval_seconds: HEARTBEAT,
        no_executors_grace_period_seconds: LOST_AFTER,
        finished_job_data_clean_up_interval_seconds: keep,
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| failed(&error))?;
    start_server(cluster, address, Arc::new(config)).await.map_err(|error| failed(&error))
}

/// Runs an executor until it is stopped.
pub(crate) async fn executor(settings: ExecutorSettings) -> Result<(), ClusterError> {
    let config = ExecutorProcessConfig {
        external_host: Some(settings.host.clone()),
        bind_host: settings.host,
        port: settings.port,
        grpc_port: settings.grpc_port,
        scheduler_host: settings.scheduler.0,
        scheduler_port: settings.scheduler.1,
        scheduler_connect_timeout_seconds: CONNECT,
        vcores: settings.cores,
        work_dir: Some(settings.work.display().to_string()),
        memory_pool_size: settings.memory,
        job_data_ttl_seconds: settings.keep,
        job_data_clean_up_interval_seconds: settings.keep,
        executor_heartbeat_interval_seconds: HEARTBEAT,
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(|error| failed(&error))
}

/// Writes warnings and errors of the engine to standard error.
struct Log;

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            console::note(&format!("{} {}: {}", record.level(), record.target(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// Shows warnings and errors of the engine, or everything down to information.
pub(crate) fn show_log(is_verbose: bool) {
    static LOG: Log = Log;
    // A second call keeps the first logger.
    if log::set_logger(&LOG).is_ok() {
        log::set_max_level(if is_verbose { log::LevelFilter::Info } else { log::LevelFilter::Warn });
    }
}
