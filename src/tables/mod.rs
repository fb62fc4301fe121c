//! Output tables: schemas, rows, Arrow files and atomic publishing of a run's folder.
//!
//! `TABLES` defines every schema; `write_table` and `read_table` write a file and read it back;
//! `publish` makes a finished folder visible in one step.

mod arrow;
pub mod backtest;
mod docs;
mod flows;
mod owner;
mod properties;
mod publish;
mod read;
pub mod rows;
mod schema;

pub use arrow::{Format, write_parts, write_table};
pub use docs::{ftm_markdown, mapping_markdown, metrics_markdown, rules_markdown, tables_markdown};
pub use flows::flows;
pub use owner::{check_owner, claim, is_owned};
pub use properties::properties;
pub use publish::{digests, is_night_name, make_folder, prepare, publish, remove, withdraw, write_text};
pub use read::read_table;
pub use schema::{Extra, Field, Folder, TABLES, Table, table};

use std::error::Error;
use std::path::{Path, PathBuf};

/// Why an output could not be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The place does not take what is written to it.
    #[error("cannot write {}; check that the place exists, is yours and has space", path.display())]
    Unwritable {
        /// The file or folder that failed.
        path: PathBuf,
        /// What the system or the file format said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file or folder of an earlier night is missing or damaged.
    #[error("cannot read {}; run that night again to restore it", path.display())]
    Unreadable {
        /// The file or folder that failed.
        path: PathBuf,
        /// What the system or the file format said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A column holds values that no table of ours has.
    #[error("{} is not a table of araneus: column {column} holds {found}", path.display())]
    Foreign {
        /// The file that was read.
        path: PathBuf,
        /// The column in question.
        column: String,
        /// The type found there.
        found: String,
    },
    /// Something that is not a night's folder or link stands where one belongs.
    #[error("{} is in the way: it is not what araneus put there; move it or choose another --out", path.display())]
    InTheWay {
        /// The obstacle.
        path: PathBuf,
    },
    /// A folder for results of another archive.
    #[error("`{}` holds the results of another state, `{}`; choose another --out or --state (or remove {}, where that state was moved to this one)", out.display(), out.join(owner).display(), file.display())]
    OtherState {
        /// The folder for results.
        out: PathBuf,
        /// The other state, relative to it.
        owner: String,
        /// The file that says so.
        file: PathBuf,
    },
}

fn unwritable<E: Into<Box<dyn Error + Send + Sync>>>(path: &Path) -> impl FnOnce(E) -> OutputError {
    move |source| OutputError::Unwritable { path: path.to_owned(), source: source.into() }
}

fn unreadable<E: Into<Box<dyn Error + Send + Sync>>>(path: &Path) -> impl FnOnce(E) -> OutputError {
    move |source| OutputError::Unreadable { path: path.to_owned(), source: source.into() }
}
