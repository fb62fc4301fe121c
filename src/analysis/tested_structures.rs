//! Structures of a run that were compared with random networks: the partition, communities, k-cores and brokers.

use super::{Analysis, PatternContext};
use crate::{
    index::EntityIndex,
    null_model::{RandomDraws, STRUCTURE_LINKS_MAX, StratifiedLinks},
    resolve::Resolution,
};

/// Kind of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructureKind {
    /// All communities together.
    Partition,
    /// One community of three entities and more.
    Community,
    /// One k-core.
    Core,
    /// One entity between others.
    Broker,
}

impl StructureKind {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Partition => "partition",
            Self::Community => "community",
            Self::Core => "core",
            Self::Broker => "broker",
        }
    }
}

/// A structure of a run with the random networks that have such a structure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestedStructure<'a> {
    /// Kind.
    pub kind: StructureKind,
    /// Lasting id of the community or of the broker.
    pub id: Option<&'a str>,
    /// Entities of the structure, at least 1; for a broker its neighbours.
    pub size: u64,
    /// Modularity, surprise, k or betweenness, by the kind.
    pub strength: f64,
    /// Random networks.
    pub draws: RandomDraws,
}

impl Analysis {
    /// Returns the structures that were compared: the partition, then communities, cores and brokers; empty if the analysis has no
    /// metrics, no link or too many links.
    pub fn tested_structures(&self) -> Vec<TestedStructure<'_>> {
        let Some(found) = &self.significance else { return Vec::new() };
        let partition = TestedStructure {
            kind: StructureKind::Partition,
            id: None,
            size: self.resolution.entities.len() as u64,
            strength: found.modularity,
            draws: found.partition,
        };
        let communities =
            self.communities.iter().zip(&found.communities).filter_map(|(community, compared)| {
                let (strength, draws) = (*compared)?;
                let size = community.members.len() as u64;
                Some(TestedStructure {
                    kind: StructureKind::Community,
                    id: Some(&community.id),
                    size,
                    strength,
                    draws,
                })
            });
        let cores = found.cores.iter().map(|core| TestedStructure {
            kind: StructureKind::Core,
            id: None,
            size: core.size.into(),
            strength: core.k.into(),
            draws: core.draws,
        });
        let brokers = found.brokers.iter().map(|broker| TestedStructure {
            kind: StructureKind::Broker,
            id: Some(&self[EntityIndex::new(broker.vertex as usize)].id),
            size: broker.degree.into(),
            strength: broker.betweenness,
            draws: broker.draws,
        });
        std::iter::once(partition).chain(communities).chain(cores).chain(brokers).collect()
    }

    /// Returns the random networks that were compared with a community, by its position; `None` if it was not compared.
    pub fn draws_of_community(&self, position: usize) -> Option<RandomDraws> {
        self.significance.as_ref()?.communities.get(position).copied().flatten().map(|(_, draws)| draws)
    }

    /// Returns the random networks that were compared with a broker; `None` if the entity is not one of the main brokers.
    pub fn draws_of_broker(&self, entity: EntityIndex) -> Option<RandomDraws> {
        let brokers = &self.significance.as_ref()?.brokers;
        brokers.iter().find(|broker| broker.vertex == entity.node()).map(|broker| broker.draws)
    }
}

/// Returns the links of the measured graph by layer and by the classes of both ends, which a random network keeps. Returns `None` for
/// a graph without links or with more than [`STRUCTURE_LINKS_MAX`] of them, which is not compared.
pub(super) fn compared_links(resolution: &Resolution, context: &PatternContext) -> Option<StratifiedLinks> {
    let class = |entity: EntityIndex| context.class[entity.index()] as u8;
    let measured = || resolution.links.iter().filter(|link| link.layer.is_measured() && link.weight > 0.0);
    // Strata of ten million links would be sorted for nothing.
    if !(1..=STRUCTURE_LINKS_MAX).contains(&measured().count()) {
        return None;
    }
    let links = measured().map(|link| {
        let stratum = (link.layer as u8, class(link.from), class(link.to));
        (stratum, (link.from.node(), link.to.node()), link.weight)
    });
    let links = StratifiedLinks::new(resolution.entities.len() as u32, links);
    (links.link_count() > 0).then_some(links)
}
