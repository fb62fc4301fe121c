//! Exports: what one audience may see, in the formats of other programs.
//!
//! An export reads the published folder of one audience, and the judgements. It computes nothing and acts on nothing.
//! Each format is one file or folder here, and one row of [`EXPORTS`].

mod agreements;
mod csv_tables;
mod cytoscape;
mod error;
mod feedback;
mod flags;
mod gexf;
mod graph_values;
mod graphml;
mod ids;
mod json_lines;
mod json_rows;
mod losses;
mod misp;
mod network;
mod own_values;
mod scope;
mod selection;
mod staging;
mod stix;
mod table_columns;
mod table_files;
mod xml;

use std::path::Path;

pub use agreements::SourceObligations;
pub use error::ExportError;
pub use flags::{ExportedFlag, Judged};
pub use losses::{Loss, Losses};
pub use network::{ExportedEntity, ExportedLink};
pub use scope::Scope;
pub use selection::{ExportRequest, FeedbackSource, Selection, select};
pub use staging::Staging;

/// An export format. To add one: a file beside this one, and its row in [`EXPORTS`].
#[derive(Debug)]
pub struct Export {
    /// Name on the command line.
    pub name: &'static str,
    /// Description in one sentence.
    pub about: &'static str,
    /// Form of the result.
    pub target: Target,
    /// Writes the files of the export.
    pub(crate) write: fn(&Selection, &mut Staging) -> Result<(), ExportError>,
}

/// Form of an export's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One file.
    File,
    /// A folder of files.
    Folder,
}

/// Name of the file of an export that writes one file, in the folder of its staging.
pub const ONE_FILE: &str = "export";

/// Every export.
pub const EXPORTS: &[Export] = &[
    stix::EXPORT,
    misp::EXPORT,
    graphml::EXPORT,
    gexf::EXPORT,
    csv_tables::EXPORT,
    table_files::PARQUET,
    table_files::ARROW,
    cytoscape::EXPORT,
    json_lines::EXPORT,
    feedback::EXPORT,
];

/// Returns the export of a name, if there is one.
pub fn named(name: &str) -> Option<&'static Export> {
    EXPORTS.iter().find(|export| export.name == name)
}

/// Adds the losses of formats for graphs, which have no place for a flag.
fn add_flag_losses(selection: &Selection, staging: &mut Staging) {
    let reason = "A graph has entities and links; each node names its flags.";
    staging.losses.add("flag", "every value but flag_id", selection.flags.len(), reason);
}

/// Writes the files of an export into an empty folder, and returns their names and the losses.
pub fn write(
    export: &Export,
    selection: &Selection,
    folder: &Path,
) -> Result<(Vec<String>, Losses), ExportError> {
    let mut staging = Staging::new(folder);
    (export.write)(selection, &mut staging)?;
    let (names, mut losses) = staging.finish();
    losses.obligations.clone_from(&selection.obligations);
    Ok((names, losses))
}

#[cfg(test)]
mod tests;
