//! Rule `same-uuid`: a MISP galaxy value and a STIX object have the same uuid.

use std::collections::{BTreeMap, HashSet};

use super::{
    clusters::{Clusters, Merge},
    identifier_nodes::NodeIndex,
    rules::{ResolveConfig, SAME_UUID},
};
use crate::view::View;

/// Joins each galaxy value with the STIX object of its uuid, if exactly one object has the uuid.
pub(super) fn join(clusters: &mut Clusters, _: &View, config: &ResolveConfig) {
    if !config.applies(SAME_UUID) {
        return;
    }
    let mut galaxies: Vec<(String, NodeIndex)> = clusters
        .identifiers
        .enumerate()
        .filter(|(_, identifier)| identifier.id.is_galaxy())
        .map(|(node, identifier)| (identifier.id.value().to_owned(), node))
        .collect();
    galaxies.sort();
    let galaxy_uuids: HashSet<&str> = galaxies.iter().map(|(uuid, _)| uuid.as_str()).collect();
    let mut objects: BTreeMap<String, Vec<NodeIndex>> = BTreeMap::new();
    for (node, identifier) in clusters.identifiers.enumerate() {
        let uuid = identifier.id.value();
        if identifier.id.is_object() && galaxy_uuids.contains(uuid) {
            objects.entry(uuid.to_owned()).or_default().push(node);
        }
    }
    for (uuid, galaxy) in galaxies {
        if let Some([object]) = objects.get(&uuid).map(Vec::as_slice) {
            let record = Some(clusters.identifiers[galaxy].record);
            let reason = "a galaxy value and a STIX object have one uuid".to_owned();
            clusters.join(Merge { from: galaxy, to: *object, rule: SAME_UUID, record, reason });
        }
    }
}
