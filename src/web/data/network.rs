//! Entities, links, metrics and communities of one run in compact columns. A row of `entities` is the position of an entity
//! everywhere.

use std::path::Path;

use super::{
    ids::{COMMUNITY, ENTITY, IdKind, LINK},
    packed::{Grouped, Lists, Names, Texts},
    scan::{NO_TIME, scan},
};
use crate::{columns::Columns, explain::QuestionError, link::Layer, metrics::METRICS};

/// Community of an entity without one.
pub(super) const NO_COMMUNITY: u32 = u32::MAX;

/// First and last valid time, and first and last recorded time.
const TIMES: [&str; 4] = ["first_seen", "last_seen", "recorded_first", "recorded_last"];

/// Columns that entities and links share.
#[derive(Debug, Default)]
pub(super) struct Common {
    pub(super) ids: Vec<u128>,
    pub(super) kinds: Vec<u32>,
    pub(super) record_counts: Vec<u32>,
    pub(super) times: [Vec<i64>; 4],
    pub(super) confidence: Vec<Option<u8>>,
    pub(super) markings: Vec<u32>,
}

/// Links of a run.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) common: Common,
    pub(super) from: Vec<u32>,
    pub(super) to: Vec<u32>,
    pub(super) layers: Vec<u32>,
    pub(super) weights: Vec<f64>,
    pub(super) source_counts: Vec<u32>,
    /// Is true for a link that the metrics read.
    pub(super) is_measured: Vec<bool>,
    /// Links in the order of their ends.
    pub(super) by_ends: Vec<u32>,
}

/// Communities of a run, in the order of their table.
#[derive(Debug, Default)]
pub(super) struct Communities {
    pub(super) ids: Vec<u128>,
    pub(super) sizes: Vec<u32>,
    pub(super) density: Vec<f64>,
    pub(super) conductance: Vec<f64>,
    pub(super) significance: Vec<f64>,
    pub(super) modularity_share: Vec<f64>,
    pub(super) born: Vec<i64>,
    pub(super) states: Vec<u32>,
    by_id: Vec<u32>,
    pub(super) members: Grouped,
}

/// One run of one audience.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) names: Names,
    pub(super) entities: Common,
    pub(super) labels: Texts,
    pub(super) aliases: Lists,
    pub(super) sources: Lists,
    pub(super) warning_lists: Lists,
    pub(super) links: Links,
    /// Links of each entity.
    pub(super) links_of: Grouped,
    /// One column for each row of `METRICS`; NaN is null. A column that the run lacks is empty.
    pub(super) metrics: Vec<Vec<f64>>,
    pub(super) community_of: Vec<u32>,
    /// Share of an entity's link weight that stays in its community.
    pub(super) belonging: Vec<f64>,
    pub(super) communities: Communities,
}

impl Network {
    /// Reads the tables in the folder of an audience.
    pub(super) fn read(folder: &Path) -> Result<Self, QuestionError> {
        let mut network = Self::default();
        network.read_entities(folder)?;
        network.read_links(folder)?;
        network.read_metrics(folder)?;
        network.read_communities(folder)?;
        Ok(network)
    }

    pub(super) fn entity(&self, id: u128) -> Option<usize> {
        self.entities.ids.binary_search(&id).ok()
    }

    pub(super) fn link(&self, id: u128) -> Option<usize> {
        self.links.common.ids.binary_search(&id).ok()
    }

    pub(super) fn community(&self, id: u128) -> Option<usize> {
        let ids = &self.communities.ids;
        let found = self.communities.by_id.binary_search_by_key(&id, |&position| ids[position as usize]);
        found.ok().map(|position| self.communities.by_id[position] as usize)
    }

    /// Returns the end of a link that is not `entity`.
    pub(super) fn other_end(&self, link: usize, entity: usize) -> usize {
        let (from, to) = (self.links.from[link] as usize, self.links.to[link] as usize);
        if from == entity { to } else { from }
    }

    /// Returns the weight of the measured links of an entity.
    pub(super) fn strength(&self, entity: usize) -> f64 {
        let links = self.links_of.of(entity).iter().map(|link| *link as usize);
        links.filter(|link| self.links.is_measured[*link]).map(|link| self.links.weights[link]).sum()
    }

    /// Returns the community id of an entity.
    pub(super) fn community_id(&self, entity: usize) -> Option<u128> {
        let community = self.community_of[entity];
        (community != NO_COMMUNITY).then(|| self.communities.ids[community as usize])
    }

    fn read_entities(&mut self, folder: &Path) -> Result<(), QuestionError> {
        let columns = ["entity_id", "kind", "label", "aliases", "sources", "warning_lists"];
        scan(folder, "entities", &with_common(&columns), |part| {
            read_common(&mut self.entities, &mut self.names, part, "entity_id", ENTITY)?;
            for row in 0..part.rows() {
                self.labels.push(part.text("label")?[row].as_deref()?);
                self.aliases.push(&part.texts("aliases")?[row]);
                self.sources.push(&part.texts("sources")?[row]);
                // A run of an older version has no warning lists.
                self.warning_lists.push(part.texts("warning_lists").map_or(&[], |lists| &lists[row]));
            }
            Some(())
        })?;
        self.labels.shrink();
        in_order(&self.entities.ids, "entities")
    }

    fn read_links(&mut self, folder: &Path) -> Result<(), QuestionError> {
        let columns = ["link_id", "from_id", "to_id", "kind", "layer", "weight", "source_count"];
        let (links, names, entities) = (&mut self.links, &mut self.names, &self.entities.ids);
        scan(folder, "links", &with_common(&columns), |part| {
            read_common(&mut links.common, names, part, "link_id", LINK)?;
            let entity = |text: &Option<String>| {
                Some(entities.binary_search(&ENTITY.parse(text.as_deref()?)?).ok()? as u32)
            };
            for row in 0..part.rows() {
                links.from.push(entity(&part.text("from_id")?[row])?);
                links.to.push(entity(&part.text("to_id")?[row])?);
                let (layer, weight) = (part.text("layer")?[row].as_deref()?, part.number("weight")?[row]?);
                links.layers.push(names.intern(layer));
                links.weights.push(weight);
                links.source_counts.push(part.count("source_count")?[row]? as u32);
                links.is_measured.push(weight > 0.0 && Layer::named(layer).is_some_and(Layer::is_measured));
            }
            Some(())
        })?;
        in_order(&self.links.common.ids, "links")?;
        let mut by_ends: Vec<u32> = (0..self.links.from.len() as u32).collect();
        by_ends.sort_unstable_by_key(|&link| {
            (self.links.from[link as usize], self.links.to[link as usize], link)
        });
        self.links.by_ends = by_ends;
        let ends = |(link, (from, to)): (u32, (&u32, &u32))| [(*from, link), (*to, link)];
        let pairs = (0..).zip(self.links.from.iter().zip(&self.links.to)).flat_map(ends).collect();
        self.links_of = Grouped::of_pairs(self.entities.ids.len(), pairs);
        Ok(())
    }

    fn read_metrics(&mut self, folder: &Path) -> Result<(), QuestionError> {
        let columns: Vec<&str> =
            std::iter::once("entity_id").chain(METRICS.iter().map(|metric| metric.name)).collect();
        let entities = &self.entities.ids;
        let metrics = &mut self.metrics;
        *metrics = vec![Vec::new(); METRICS.len()];
        scan(folder, "metrics", &columns, |part| {
            let rows: Vec<usize> = part
                .text("entity_id")?
                .iter()
                .map(|text| row(entities, text.as_ref(), ENTITY))
                .collect::<Option<_>>()?;
            for (metric, values) in METRICS.iter().zip(metrics.iter_mut()) {
                let Some(column) = part.number(metric.name) else { continue };
                values.resize(entities.len(), f64::NAN);
                for (row, value) in rows.iter().zip(column) {
                    values[*row] = value.unwrap_or(f64::NAN);
                }
            }
            Some(())
        })
    }

    fn read_communities(&mut self, folder: &Path) -> Result<(), QuestionError> {
        let (communities, names) = (&mut self.communities, &mut self.names);
        let columns = [
            "community_id",
            "size",
            "density",
            "conductance",
            "modularity_share",
            "significance",
            "born",
            "state",
        ];
        scan(folder, "communities", &columns, |part| {
            let number = |name: &str, row: usize| Some(part.number(name)?[row].unwrap_or(f64::NAN));
            for row in 0..part.rows() {
                communities.ids.push(COMMUNITY.parse(part.text("community_id")?[row].as_deref()?)?);
                communities.sizes.push(part.count("size")?[row]? as u32);
                communities.density.push(number("density", row)?);
                communities.conductance.push(number("conductance", row)?);
                communities.modularity_share.push(number("modularity_share", row)?);
                communities.significance.push(number("significance", row)?);
                communities.born.push(part.time("born")?[row].unwrap_or(NO_TIME));
                communities
                    .states
                    .push(names.intern(part.text("state")?[row].as_deref().unwrap_or_default()));
            }
            Some(())
        })?;
        let mut by_id: Vec<u32> = (0..communities.ids.len() as u32).collect();
        by_id.sort_unstable_by_key(|&position| communities.ids[position as usize]);
        communities.by_id = by_id;
        self.read_members(folder)
    }

    fn read_members(&mut self, folder: &Path) -> Result<(), QuestionError> {
        self.community_of = vec![NO_COMMUNITY; self.entities.ids.len()];
        self.belonging = vec![0.0; self.entities.ids.len()];
        let mut pairs = Vec::with_capacity(self.entities.ids.len());
        scan(folder, "members", &["community_id", "entity_id", "weight"], |part| {
            for position in 0..part.rows() {
                let entity = row(&self.entities.ids, part.text("entity_id")?[position].as_ref(), ENTITY)?;
                let community =
                    self.community(COMMUNITY.parse(part.text("community_id")?[position].as_deref()?)?)?;
                self.community_of[entity] = community as u32;
                self.belonging[entity] = part.number("weight")?[position]?;
                pairs.push((community as u32, entity as u32));
            }
            Some(())
        })?;
        self.communities.members = Grouped::of_pairs(self.communities.ids.len(), pairs);
        Ok(())
    }
}

/// Returns the position of the id in a cell.
pub(super) fn row(ids: &[u128], cell: Option<&String>, kind: IdKind) -> Option<usize> {
    ids.binary_search(&kind.parse(cell?)?).ok()
}

fn with_common<'a>(columns: &[&'a str]) -> Vec<&'a str> {
    columns.iter().copied().chain(TIMES).chain(["record_count", "confidence", "marking"]).collect()
}

fn read_common(common: &mut Common, names: &mut Names, part: &Columns, id: &str, kind: IdKind) -> Option<()> {
    for row in 0..part.rows() {
        common.ids.push(kind.parse(part.text(id)?[row].as_deref()?)?);
        common.kinds.push(names.intern(part.text("kind")?[row].as_deref()?));
        common.record_counts.push(part.count("record_count")?[row]? as u32);
        for (values, name) in common.times.iter_mut().zip(TIMES) {
            values.push(part.time(name)?[row].unwrap_or(NO_TIME));
        }
        common.confidence.push(part.count("confidence")?[row].map(|value| value.min(100) as u8));
        common.markings.push(names.intern(part.text("marking")?[row].as_deref().unwrap_or_default()));
    }
    Some(())
}

/// Checks that ids are ascending, as every run writes them, so that they can be searched.
fn in_order(ids: &[u128], table: &'static str) -> Result<(), QuestionError> {
    if ids.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(QuestionError::Lacks(table)) }
}
