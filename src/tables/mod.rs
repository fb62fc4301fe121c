//! Published tables: schemas, rows, files, and atomic publishing of a run's folder.
//!
//! `TABLES` defines every schema; `TABLE_FILES` lists the file formats; `write_table` and `read_table` write a file and read it back;
//! `publish` makes a finished folder visible in one step.

mod arrow;
pub mod backtest;
mod cards;
pub mod columnar;
pub mod files;
mod fill;
mod flows;
mod latest;
mod owner;
mod properties;
mod publish;
mod read;
mod retention;
pub mod rows;
mod schema;
pub mod scores;
mod tombstone;

pub use arrow::{write_described, write_parts, write_table};
pub use cards::cards;
pub use files::{TABLE_FILES, TableFile};
pub use fill::{FilledTable, arrange, metric_columns, number};
pub use flows::flows;
pub use latest::{is_run_name, latest_folder, named_run_folder};
pub use owner::{check_owner, claim, is_owned};
pub use properties::properties;
pub use publish::{digest, digests, entomb, make_folder, prepare, publish, remove, withdraw, write_text};
pub use read::{DescribedTable, read_described, read_table, scan_table};
pub use retention::{KeptBecause, Obstacle, Retention, RunFolder, kept, run_folders};
pub use schema::{Extra, Field, Folder, TABLES, Table, table};
pub use tombstone::{RunTombstone, is_erased, tombstone};

use std::error::Error;
use std::path::{Path, PathBuf};

/// Error of an output that cannot be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file system rejects a write.
    #[error("cannot write {}; check that the place exists, is yours and has space", path.display())]
    Unwritable {
        /// The file or folder that failed.
        path: PathBuf,
        /// Error of the system or of the file format.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file or folder of an earlier run is missing or damaged.
    #[error("cannot read {}; repeat that run to restore it", path.display())]
    Unreadable {
        /// The file or folder that failed.
        path: PathBuf,
        /// Error of the system or of the file format.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A column has a type that no table of the program has.
    #[error("{} is not a table of Araneus: column {column} has the type {found}", path.display())]
    Foreign {
        /// The file that was read.
        path: PathBuf,
        /// Name of the column.
        column: String,
        /// Type of the column in the file.
        found: String,
    },
    /// A file or folder that the program did not make blocks the path of a run or link.
    #[error("{} is in the way: Araneus did not make it; move it or choose another --out", path.display())]
    InTheWay {
        /// Path of the obstacle.
        path: PathBuf,
    },
    /// A folder for results of another archive.
    #[error("`{}` holds the results of another state, `{}`; choose another --out or --state (or remove {}, where that state was moved to this one)", out.display(), out.join(owner).display(), file.display())]
    OtherState {
        /// Folder for results.
        out: PathBuf,
        /// State folder of the other archive, relative to `out`.
        owner: String,
        /// The file that names the other archive.
        file: PathBuf,
    },
}

fn unwritable<E: Into<Box<dyn Error + Send + Sync>>>(path: &Path) -> impl FnOnce(E) -> OutputError {
    move |source| OutputError::Unwritable { path: path.to_owned(), source: source.into() }
}

fn unreadable<E: Into<Box<dyn Error + Send + Sync>>>(path: &Path) -> impl FnOnce(E) -> OutputError {
    move |source| OutputError::Unreadable { path: path.to_owned(), source: source.into() }
}
