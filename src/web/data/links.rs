//! Links of an entity, and the links that carry the change of its centrality.

use super::{
    RunData,
    ids::{LINK, RECORD},
    lists::{EntityRef, cause_in_words, entity_ref},
    network::Network,
    shown::time,
};
use crate::temporal::Subject;

/// Most links, and most changed links, that a screen shows.
const LINKS_MAX: usize = 100;
const CHANGES_MAX: usize = 30;
/// Smallest difference of weights that is a change; smaller ones are rounding.
const WEIGHT_MIN: f64 = 1e-9;

/// A link of the entity.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkRow {
    /// Lasting id.
    pub id: String,
    /// Kind of the link.
    pub kind: String,
    /// Layer of the link.
    pub layer: String,
    /// Is true if the link begins at the entity.
    pub is_outgoing: bool,
    /// The entity at the other end.
    pub other: EntityRef,
    /// Weight.
    pub weight: f64,
    /// Number of independent sources.
    pub sources: u32,
    /// Number of records.
    pub records: u32,
    /// First and last valid time in words.
    pub seen: [Option<String>; 2],
    /// Marking; `None` if no record is marked.
    pub marking: Option<String>,
    /// Id of a record behind it, the first recorded.
    pub record: Option<String>,
}

/// A link whose weight differs from the previous run.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkChange {
    /// Kind of the link.
    pub kind: String,
    /// Layer of the link.
    pub layer: String,
    /// The entity at the other end.
    pub other: EntityRef,
    /// Weight in the previous run; 0 if it had no such link.
    pub before: f64,
    /// Weight in this run; 0 if it has no such link.
    pub after: f64,
    /// Cause in words; `None` if only time has passed.
    pub cause: Option<String>,
}

/// Returns the links of an entity, the strongest first; possibly not all.
pub(super) fn links(data: &RunData, entity: usize) -> Vec<LinkRow> {
    let (network, all) = (&data.network, &data.network.links);
    let mut links: Vec<usize> = network.links_of.of(entity).iter().map(|link| *link as usize).collect();
    links.sort_by(|&a, &b| all.weights[b].total_cmp(&all.weights[a]).then(a.cmp(&b)));
    let row = |&link: &usize| LinkRow {
        id: LINK.text(all.common.ids[link]),
        kind: network.names.get(all.common.kinds[link]).to_owned(),
        layer: network.names.get(all.layers[link]).to_owned(),
        is_outgoing: all.from[link] as usize == entity,
        other: entity_ref(data, network, network.other_end(link, entity)),
        weight: all.weights[link],
        sources: all.source_counts[link],
        records: all.common.record_counts[link],
        seen: [time(all.common.times[0][link]), time(all.common.times[1][link])],
        marking: network.names.known(all.common.markings[link]),
        record: first_record(data, link),
    };
    links.iter().take(LINKS_MAX).map(row).collect()
}

/// Returns the id of the first recorded record behind a link.
fn first_record(data: &RunData, link: usize) -> Option<String> {
    let evidence = &data.evidence;
    let records = evidence.of_link.of(link).iter().map(|record| *record as usize);
    let first = records.min_by_key(|&record| (evidence.recorded_at[record], evidence.ids[record]))?;
    Some(RECORD.text(evidence.ids[first]))
}

/// Returns the links of an entity whose weight differs from the previous run, and their number.
pub(super) fn link_changes(data: &RunData, entity: usize) -> (Vec<LinkChange>, usize) {
    let Some((_, previous)) = &data.previous else { return (Vec::new(), 0) };
    let network = &data.network;
    let id = network.entities.ids[entity];
    // A link that the metrics do not read carries no change of a centrality.
    let weight = |network: &Network, link: usize| {
        if network.links.is_measured[link] { network.links.weights[link] } else { 0.0 }
    };
    let mut changed: Vec<(f64, LinkChange)> = Vec::new();
    let mut add = |network: &Network, link: usize, entity: usize, before: f64, after: f64| {
        let difference = (after - before).abs();
        if difference <= WEIGHT_MIN {
            return;
        }
        let causes = data.changes.of(Subject::Link, network.links.common.ids[link]);
        changed.push((
            difference,
            LinkChange {
                kind: network.names.get(network.links.common.kinds[link]).to_owned(),
                layer: network.names.get(network.links.layers[link]).to_owned(),
                other: entity_ref(data, network, network.other_end(link, entity)),
                before,
                after,
                cause: causes.first().map(|change| cause_in_words(&change.cause)),
            },
        ));
    };
    for &link in network.links_of.of(entity) {
        let link = link as usize;
        let before = previous.link(network.links.common.ids[link]);
        let before = before.map_or(0.0, |link| weight(previous, link));
        add(network, link, entity, before, weight(network, link));
    }
    if let Some(row) = previous.entity(id) {
        for &link in previous.links_of.of(row) {
            let link = link as usize;
            if network.link(previous.links.common.ids[link]).is_none() {
                add(previous, link, row, weight(previous, link), 0.0);
            }
        }
    }
    changed.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.other.id.cmp(&other.other.id)));
    let count = changed.len();
    (changed.into_iter().take(CHANGES_MAX).map(|(_, change)| change).collect(), count)
}
