//! Scope of an export: the flags, the surroundings of an entity, a community, or everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{error::ExportError, flags::ExportedFlag, table_columns::TableColumns};

/// Part of the published network that is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The flags, their entities and the links between these entities.
    Flags,
    /// An entity and the entities within a number of links of it.
    Entity {
        /// Id of the entity.
        id: String,
        /// Number of links, at least 0.
        hops: u32,
    },
    /// The entities of a community.
    Community(String),
    /// Every entity and link.
    All,
}

/// Ids of the entities in a scope; `None` for every entity.
pub(super) fn entity_ids(
    scope: &Scope,
    folder: &Path,
    flags: &[ExportedFlag],
) -> Result<Option<BTreeSet<String>>, ExportError> {
    match scope {
        Scope::All => Ok(None),
        Scope::Flags => Ok(Some(flags.iter().flat_map(|flag| flag.entity_ids.iter().cloned()).collect())),
        Scope::Community(id) => community(folder, id).map(Some),
        Scope::Entity { id, hops } => neighbourhood(folder, id, *hops).map(Some),
    }
}

fn community(folder: &Path, id: &str) -> Result<BTreeSet<String>, ExportError> {
    let table = TableColumns::read(folder, "members")?;
    let rows = table.rows().filter(|&row| table.text_at("community_id", row) == Some(id));
    let members: BTreeSet<String> = rows.filter_map(|row| table.maybe_text("entity_id", row)).collect();
    if members.is_empty() {
        return Err(ExportError::Usage(format!(
            "the run has no community with the id `{}` for this audience",
            id.escape_debug()
        )));
    }
    Ok(members)
}

/// Returns the entities within a number of links of an entity, in either direction.
fn neighbourhood(folder: &Path, id: &str, hops: u32) -> Result<BTreeSet<String>, ExportError> {
    let entities = TableColumns::read(folder, "entities")?;
    if !entities.rows().any(|row| entities.text_at("entity_id", row) == Some(id)) {
        return Err(ExportError::Usage(format!(
            "the run has no entity with the id `{}` for this audience; `araneus explain NAME` shows ids",
            id.escape_debug()
        )));
    }
    let links = TableColumns::read(folder, "links")?;
    let mut neighbours: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in links.rows() {
        if let (Some(from), Some(to)) = (links.text_at("from_id", row), links.text_at("to_id", row)) {
            neighbours.entry(from).or_default().push(to);
            neighbours.entry(to).or_default().push(from);
        }
    }
    let mut reached = BTreeSet::from([id]);
    let mut last = vec![id];
    for _ in 0..hops {
        let next = last.iter().filter_map(|entity| neighbours.get(entity)).flatten().copied();
        last = next.filter(|entity| reached.insert(entity)).collect();
        if last.is_empty() {
            break;
        }
    }
    Ok(reached.into_iter().map(str::to_owned).collect())
}
