//! Bearers of names: the clusters of a view that have a name, with everything that a comparison reads.

use std::collections::HashMap;

use araneus_names::{Name, NameKeys};
use rayon::prelude::*;

use super::classes::{CLASSES, class_of};
use crate::{
    canonical::pseudonym::is_pseudonym,
    record::{Attribute, AttributeKind, LentClaim},
    resolve::{clusters::Clusters, identifier_nodes::NodeIndex},
    view::View,
};

/// Most names of one entity that are compared. A source may repeat thousands of aliases on one entity.
const NAMES_MAX: usize = 40;

/// Longest text that may repeat an attribute, in bytes.
const TEXT_MAX: usize = 200;

/// A name of an entity, as a record writes it.
pub(super) struct BearerName {
    pub(super) text: String,
    pub(super) name: Name,
    pub(super) keys: NameKeys,
    /// Is true for a name that a record gives as the main one.
    pub(super) is_main: bool,
}

/// A cluster with its names and attributes.
pub(super) struct Bearer {
    pub(super) root: NodeIndex,
    /// Position in [`CLASSES`].
    pub(super) class: usize,
    /// Main names first, then other names; each in alphabetical order.
    pub(super) names: Vec<BearerName>,
    /// Sorted.
    pub(super) attributes: Vec<Attribute>,
}

/// A name or an attribute of a cluster, before it is read.
type NameRow<'a> = (NodeIndex, usize, bool, &'a str);
type AttributeRow<'a> = (NodeIndex, &'a Attribute);

/// Returns the bearers of a view, in the order of their lowest identifiers.
pub(super) fn bearers(clusters: &Clusters, view: &View) -> Vec<Bearer> {
    let (mut names, mut attributes) = rows(clusters, view);
    // A main name comes before the same text as another name.
    names.par_sort_unstable_by(|a, b| (a.0, a.1, !a.2, a.3).cmp(&(b.0, b.1, !b.2, b.3)));
    attributes.par_sort_unstable();
    attributes.dedup();
    let attributes_of: HashMap<NodeIndex, &[AttributeRow<'_>]> =
        attributes.chunk_by(|a, b| a.0 == b.0).map(|group| (group[0].0, group)).collect();
    let mut groups: Vec<&[NameRow<'_>]> = names.chunk_by(|a, b| a.0 == b.0).collect();
    groups.sort_by(|a, b| {
        let id = |group: &[NameRow<'_>]| &clusters.identifiers[group[0].0].id;
        id(a).cmp(id(b))
    });
    let bearer = |group: &&[NameRow<'_>]| {
        let (root, class, ..) = group[0];
        let of_root = attributes_of.get(&root).copied().unwrap_or_default();
        Bearer {
            root,
            class,
            names: read_names(group, class, of_root),
            attributes: of_root.iter().map(|(_, attribute)| (*attribute).clone()).collect(),
        }
    };
    let bearers: Vec<Bearer> = groups.par_iter().map(bearer).collect();
    bearers.into_iter().filter(|bearer| !bearer.names.is_empty()).collect()
}

fn rows<'a>(clusters: &Clusters, view: &'a View) -> (Vec<NameRow<'a>>, Vec<AttributeRow<'a>>) {
    let (mut names, mut attributes) = (Vec::new(), Vec::new());
    let (mut locations, mut located): (HashMap<NodeIndex, &[Attribute]>, Vec<[NodeIndex; 2]>) =
        <_>::default();
    for (position, record) in view.records().iter().enumerate() {
        for (number, traits, nodes) in clusters.identifiers.claims(position) {
            if let &[from, to] = nodes
                && traits.is_located_at()
            {
                located.push([from, to].map(|node| clusters.root(node)));
            }
            let has_attributes = number == 0 && !record.content.attributes().is_empty();
            let is_read = traits.is_named() || traits.is_location() || has_attributes;
            let Some(&node) = nodes.first().filter(|_| traits.is_entity() && is_read) else { continue };
            let claim = record.content.claim(number as usize);
            let Some(LentClaim::Entity { kind, name, aliases, .. }) = claim else { continue };
            let root = clusters.root(node);
            if traits.is_location() && number == 0 {
                locations.insert(root, record.content.attributes());
            }
            let Some(class) = class_of(&kind) else { continue };
            // Pseudonyms of two names say nothing about how similar the names are.
            let is_name = |name: &&str| !is_pseudonym(name);
            names.extend(name.filter(is_name).map(|name| (root, class, true, name)));
            names.extend(aliases.filter(is_name).map(|alias| (root, class, false, alias)));
            if number == 0 {
                let own = record.content.attributes();
                attributes.extend(own.iter().map(|attribute| (root, attribute)));
            }
        }
    }
    for [bearer, location] in located {
        let of_location = locations.get(&location).copied().unwrap_or_default();
        attributes.extend(of_location.iter().map(|attribute| (bearer, attribute)));
    }
    (names, attributes)
}

/// Reads the names of one cluster. A cluster of two classes has the names of the first one.
fn read_names(group: &[NameRow<'_>], class: usize, attributes: &[AttributeRow<'_>]) -> Vec<BearerName> {
    let mut names: Vec<BearerName> = Vec::new();
    let of_class = group.iter().filter(|row| row.1 == class && !repeats_attribute(row.3, attributes));
    for &(.., is_main, text) in of_class {
        if names.len() == NAMES_MAX {
            break;
        }
        if names.iter().any(|known| known.text == text) {
            continue;
        }
        let name = Name::new(text, CLASSES[class].names);
        let keys = NameKeys::of(&name);
        // Two texts that differ in case only are one name.
        let is_new = names.iter().all(|known| known.name != name);
        if is_new && !keys.words.is_empty() {
            names.push(BearerName { text: text.to_owned(), name, keys, is_main });
        }
    }
    names
}

/// Returns whether a text repeats an attribute, as the caption of an entity without a name does: a telephone or a number. It must not count as a
/// name and as an attribute.
fn repeats_attribute(text: &str, attributes: &[AttributeRow<'_>]) -> bool {
    let is_repeated = |(_, attribute): &AttributeRow<'_>| {
        let is_code = matches!(attribute.kind, AttributeKind::Number(_) | AttributeKind::Contact);
        let read = || Attribute::new(attribute.kind, text, TEXT_MAX);
        is_code && read().is_some_and(|read| read.value == attribute.value)
    };
    attributes.iter().any(is_repeated)
}
