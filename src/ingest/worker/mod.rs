//! Worker: a process of the same program that unpacks and decodes one file within limits of memory and time.
//!
//! Decoders of compressed and columnar files are large libraries, and a damaged or hostile file can make one of them
//! crash or use up the machine. In a process of its own that costs one file: the file is rejected, and the run goes on.
//! The worker gets the stored bytes by its standard input and opens nothing itself. It returns a text, or the cells of a
//! table. Rules, mappings, pseudonyms and records stay in the process that started it.
//!
//! A library has no program to start. Files are then read in its own process, without limits of memory and time.

mod content;
mod frames;
mod process;
mod request;
mod serve;
mod text;

use std::path::PathBuf;

pub use serve::serve;

pub(super) use content::{Content, read_archive, read_file};
pub(super) use frames::MemberHead;
pub(super) use process::Stored;
pub(super) use request::Task;
pub(super) use text::WorkerText;

use super::{format::SourceMapping, table, zipped};

/// Exit code of a worker that has no memory left.
const OUT_OF_MEMORY: i32 = 3;

/// Argument by which the program is started as a worker.
pub const WORKER_ARGUMENT: &str = "read-standard-input-as-worker";

/// The way in which compressed and columnar files are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Program that is started as a worker for each of these files; `None` to read in this process.
    pub program: Option<PathBuf>,
    /// Most memory of a worker besides the stored bytes of its file, in bytes. It is also the most bytes that this
    /// process holds of one file that it cannot read as a stream.
    pub memory: u64,
    /// Most seconds of processor time of a worker, and most seconds that this process waits for its next output. Each
    /// MiB of the stored file adds one second.
    pub seconds: u64,
}

impl Reader {
    /// Reads in this process, without limits.
    pub const IN_PROCESS: Self = Self { program: None, memory: MEMORY, seconds: SECONDS };
}

/// Memory of a worker by default: as much as a file may unpack to.
const MEMORY: u64 = 4 << 30;
/// Seconds of a worker by default.
const SECONDS: u64 = 300;

impl Default for Reader {
    fn default() -> Self {
        Self::IN_PROCESS
    }
}

/// Returns whether a file is one that a worker reads, by its first bytes. `is_table`: a columnar file is decoded.
pub(super) fn is_for_worker(first_bytes: &[u8], is_table: bool) -> bool {
    matches!(first_bytes, [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..])
        || zipped::is_archive(first_bytes)
        || (is_table && table::columnar_format(first_bytes).is_some())
}

/// Returns the decimal sign of numbers in tables of a source.
pub(super) fn decimal(mapping: &SourceMapping) -> char {
    table::MappedRows::decimal(mapping)
}
