//! Links of a published run, as a list of links.

use std::path::{Path, PathBuf};

use crate::{
    columns::Columns,
    link::Layer,
    tables::{self, OutputError, files},
};

/// Links and entities of a run.
pub(super) struct RunLinks {
    /// Names of the columns of a row.
    pub(super) names: Vec<String>,
    /// Rows with source, target and weight.
    pub(super) rows: Vec<Vec<String>>,
    /// Id and label of each entity.
    pub(super) entities: Vec<(String, String)>,
}

/// Returns the folder with the tables of one audience; `None` if the path is not the folder of a run. The path may be the
/// folder for results, of which the latest run is taken, the folder of a run, or that of an audience.
pub(super) fn tables_of(path: &Path, audience: Option<&str>) -> Option<PathBuf> {
    let has_links = |folder: &Path| files::path_of(folder, "links").is_some();
    let run = Some(tables::latest_folder(path)).filter(|folder| folder.is_dir());
    let run = run.unwrap_or_else(|| tables::named_run_folder(path));
    if let Some(name) = audience {
        return Some(run.join(name)).filter(|folder| has_links(folder));
    }
    let all = [run.join("all"), run.clone()].into_iter().find(|folder| has_links(folder));
    // Without an unrestricted audience, a single one is meant.
    all.or_else(|| {
        let folders = std::fs::read_dir(&run).ok()?.flatten().map(|entry| entry.path());
        let mut folders: Vec<PathBuf> = folders.filter(|folder| has_links(folder)).collect();
        folders.pop().filter(|_| folders.is_empty())
    })
}

/// Reads the links of the measured layers, and the entities.
pub(super) fn read(folder: &Path) -> Result<RunLinks, OutputError> {
    let links = table(folder, "links")?;
    let entities = table(folder, "entities")?;
    let text = |columns: &Columns, name: &str, row: usize| {
        columns.text(name).and_then(|cells| cells[row].clone()).unwrap_or_default()
    };
    let weights = links.number("weight");
    let weight = |row: usize| weights.and_then(|cells| cells[row]).unwrap_or_default();
    // A link of weight 0, as to an entity of a warning list, is in no graph of a run.
    let is_measured = |row: &usize| {
        let is_of_layer = Layer::named(&text(&links, "layer", *row)).is_none_or(Layer::is_measured);
        is_of_layer && weight(*row) > 0.0
    };
    let row =
        |row: usize| vec![text(&links, "from_id", row), text(&links, "to_id", row), weight(row).to_string()];
    Ok(RunLinks {
        names: ["source", "target", "weight"].map(str::to_owned).to_vec(),
        rows: (0..links.rows()).filter(is_measured).map(row).collect(),
        entities: (0..entities.rows())
            .map(|row| (text(&entities, "entity_id", row), text(&entities, "label", row)))
            .collect(),
    })
}

fn table(folder: &Path, name: &str) -> Result<Columns, OutputError> {
    let path = files::path_of(folder, name).unwrap_or_else(|| folder.join(format!("{name}.arrow")));
    tables::read_table(&path)
}
