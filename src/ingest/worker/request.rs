//! Request to a worker.

use serde::{Deserialize, Serialize};

/// A file and its limits, sent before its stored bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// Most memory besides the stored bytes, in bytes.
    pub(super) memory: u64,
    /// Most seconds of processor time.
    pub(super) seconds: u64,
    /// Number of stored bytes.
    pub(super) stored: u64,
    pub(super) task: Task,
}

/// The work.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ingest) enum Task {
    /// Unpacks a file.
    File {
        /// Decimal sign of numbers in a columnar file; `None` if no columnar file is decoded.
        decimal: Option<char>,
    },
    /// Unpacks the members of a zip archive.
    Archive {
        /// Path of the archive as tables show it.
        path: String,
        /// Patterns of members that are not read.
        ignore: Vec<String>,
        /// As for a file.
        decimal: Option<char>,
    },
}
