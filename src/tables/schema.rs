//! Schema of every published table, column by column.
//!
//! The files, their metadata, `docs/tables.md` and the checks at writing all derive from [`TABLES`]. A
//! later version may add columns. A new name, type or unit of an existing column breaks readers.

mod measure;
mod network;
mod review;
mod steward;

use crate::columns::ColumnType;

/// Folder of a table, which decides its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// `steward/`, which only the data steward may read.
    Steward,
    /// One folder for each audience, or `all/`.
    Audience,
    /// The folder that `araneus measure --out` names.
    Measure,
    /// The folder that `araneus backtest --out` names.
    Backtest,
}

/// Schema of one table.
#[derive(Debug)]
pub struct Table {
    /// Name, which is also the file name without suffix.
    pub name: &'static str,
    /// Meaning of one row, in a sentence.
    pub about: &'static str,
    /// Folder that contains the table.
    pub folder: Folder,
    /// Columns in order.
    pub fields: &'static [Field],
    /// Description of the real-number columns that follow `fields`; `None` if no column follows.
    pub grows: Option<&'static str>,
}

/// Schema of one column.
#[derive(Debug)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// Type of the values.
    pub column_type: ColumnType,
    /// True if a value may be null.
    pub nullable: bool,
    /// Meaning of a value, with unit and range, in a sentence.
    pub about: &'static str,
}

/// A real-number column from another table of the code: a metric or a feature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extra {
    /// Name.
    pub name: String,
    /// Meaning of a value, in a sentence.
    pub about: String,
    /// Further metadata of the field: keys and values.
    pub metadata: Vec<(&'static str, String)>,
}

/// Returns the table of this name in this folder.
///
/// # Panics
/// If the table does not exist, because the code misspells its name.
pub fn table(folder: Folder, name: &str) -> &'static Table {
    TABLES
        .iter()
        .find(|table| table.folder == folder && table.name == name)
        .unwrap_or_else(|| panic!("no table {name} in {folder:?}"))
}

const fn always(name: &'static str, column_type: ColumnType, about: &'static str) -> Field {
    Field { name, column_type, nullable: false, about }
}

const fn maybe(name: &'static str, column_type: ColumnType, about: &'static str) -> Field {
    Field { name, column_type, nullable: true, about }
}

/// Common part of the tables of an audience.
const AUDIENCE: Table = Table { name: "", about: "", folder: Folder::Audience, fields: &[], grows: None };

/// Every table. A new table needs an entry here and a function that fills it.
pub const TABLES: &[Table] = &[
    steward::DELIVERIES,
    steward::REJECTS,
    steward::SOURCES,
    steward::IDENTITY,
    steward::CONTESTED,
    steward::COMPARISONS,
    steward::RECORD_EVIDENCE,
    steward::REMARKS,
    steward::DISTURBANCES,
    network::ENTITIES,
    network::IDENTIFIERS,
    network::PAIRS,
    network::LINKS,
    network::FLOWS,
    network::PROPERTIES,
    network::EVIDENCE,
    network::RELAYS,
    network::METRICS,
    network::COMMUNITIES,
    network::SIGNIFICANCE,
    network::MEMBERS,
    network::CHANGES,
    review::CANDIDATES,
    review::GATE,
    review::FEATURES,
    review::FLAGS,
    review::CARDS,
    measure::METRICS,
    measure::MEMBERS,
    measure::MEMBERSHIPS,
    measure::BACKTEST,
    measure::SCORES,
];

#[cfg(test)]
mod tests;
