//! Entity resolution: identifiers that mean one entity, with the reason for every merge.
//!
//! Equal canonical identifiers are one entity by definition. A rule of [`RULES`] decides every other merge, and merges
//! are never plain transitive closure. Two entries of one curated list, two numbers of one catalogue, and two objects
//! of a duplicate-free source are never joined. A merge that would join them is rejected and listed as contested.

mod by_identifier;
mod clusters;
mod compared;
mod entities;
mod facts;
mod identifier_nodes;
mod identity;
mod judged;
mod lasting_id;
mod link_claims;
mod links;
mod listed_names;
mod names;
mod own_identifiers;
mod related;
mod relays;
mod retired_objects;
mod reuse;
mod rules;
mod same_records;
mod same_uuid;
mod summary;
mod warning_lists;
mod weight;

pub(crate) use identifier_nodes::canonical_id;
pub(crate) use lasting_id::{
    community_digits, entity_digits, entity_id_of, identifier_digits, lasting_digits, lasting_id,
};
pub(crate) use warning_lists::listed;

use std::{ops::Index, sync::OnceLock};

pub use compared::ComparedPair;
pub use identity::{ContestedMerge, Identity};
pub use names::{BlockingCounts, COMPARISONS, ComparisonLevel, LevelWeight, PairState, read_attribute_model};
pub use related::{ATTRIBUTE_CLASSES, AttributeClass, SharedAttribute, shared_attributes};
pub use relays::{CopyEvidence, Relays, Repeat};
pub use reuse::{Earlier, Reusable};
pub use rules::{IdentityRule, RULES, ResolveConfig, VERSION};
pub use warning_lists::WarningLists;
pub use weight::WeightConfig;

use crate::{
    entity::Entity,
    index::{EntityIndex, LinkIndex},
    join_steps::{JoinSteps, ThisMachine},
    link::Link,
    view::View,
};
use by_identifier::EntitiesByIdentifier;
use clusters::Clusters;
use entities::ResolvedEntities;
use identifier_nodes::IdentifierNodes;
use identity::JoinedIdentifier;
use judged::Judged;
use links::ResolvedLinks;
use names::{ComparedNames, Scope};
use retired_objects::RetiredObjects;
use reuse::Reuse;
use same_records::SameRecords;

/// Entities and links of a view, with the reason of each identifier.
#[derive(Debug, Default)]
pub struct Resolution {
    /// Entities, sorted by id.
    pub entities: Vec<Entity>,
    /// Links, sorted by id.
    pub links: Vec<Link>,
    /// Merges behind identifiers; empty without reasons.
    joined: Vec<JoinedIdentifier>,
    /// Rejected merges, sorted.
    pub contested: Vec<ContestedMerge>,
    /// Compared and judged pairs, sorted; empty without reasons.
    pub compared: Vec<ComparedPair>,
    /// Counts of the search for pairs.
    pub blocking: BlockingCounts,
    /// Records that repeat records of other sources.
    pub relays: Relays,
    /// Index of the identifiers, from the first search on.
    by_identifier: OnceLock<EntitiesByIdentifier>,
}

impl Resolution {
    /// Returns the entity of a canonical identifier; `None` for an unknown identifier.
    pub fn by_identifier(&self, identifier: &str) -> Option<EntityIndex> {
        let index = self.by_identifier.get_or_init(|| EntitiesByIdentifier::of(&self.entities));
        index.find(&self.entities, identifier)
    }

    /// Returns the reason of each identifier, sorted by entity and identifier. `view` is the view that was resolved.
    pub fn identity<'a>(&'a self, view: &'a View) -> impl Iterator<Item = Identity<'a>> {
        EntityIndex::first(self.entities.len()).flat_map(move |entity| self.identity_of(entity, view))
    }

    /// Returns the reasons of the identifiers of one entity.
    pub fn identity_of<'a>(
        &'a self,
        entity: EntityIndex,
        view: &'a View,
    ) -> impl Iterator<Item = Identity<'a>> {
        identity::of_entity(entity, &self[entity].identifiers, &self.joined, view)
    }
}

impl Index<EntityIndex> for Resolution {
    type Output = Entity;

    fn index(&self, entity: EntityIndex) -> &Entity {
        &self.entities[entity.index()]
    }
}

impl Index<LinkIndex> for Resolution {
    type Output = Link;

    fn index(&self, link: LinkIndex) -> &Link {
        &self.links[link.index()]
    }
}

/// Steps that join identifiers after the judgements of people, in order. Each step applies the rules that the
/// configuration allows. Both rules about curated lists are one step, because they share the index of the lists.
const STEPS: [fn(&mut Clusters, &View, &ResolveConfig); 2] = [same_uuid::join, listed_names::join];

/// Finds the entities and links of a view, and the reason of each identifier.
pub fn resolve(view: &View, config: &ResolveConfig, weights: &WeightConfig) -> Resolution {
    resolve_by(&ThisMachine, view, config, weights)
}

/// Finds the same result as [`resolve`], with the steps of a join form on an engine.
pub fn resolve_by(
    steps: &dyn JoinSteps,
    view: &View,
    config: &ResolveConfig,
    weights: &WeightConfig,
) -> Resolution {
    let Resolved { clusters, judged, compared } =
        clusters(IdentifierNodes::by(steps, view), view, (config, Scope::WithRows), steps);
    let retired = RetiredObjects::of(&clusters.identifiers, view);
    let (mut resolution, Reusable { clusters, entity_of_node, .. }) =
        entities_and_links(clusters, &retired, (weights, None), steps);
    resolution.joined = identity::joined(&clusters, &entity_of_node, &resolution.entities);
    resolution.blocking = compared.counts;
    resolution.compared = compared::pairs(&clusters, compared, &judged, &entity_of_node);
    let candidates = related::pairs(&resolution, &resolution.compared);
    resolution.compared.extend(candidates);
    resolution.compared.sort_by_key(|pair| (pair.entity, pair.other));
    resolution
}

/// Finds the entities and links of a view. The reason of each identifier is left out, because a comparison of two
/// runs does not need it.
pub fn resolve_without_reasons(view: &View, config: &ResolveConfig, weights: &WeightConfig) -> Resolution {
    resolve_reusable(view, config, weights).0
}

/// Finds the entities and links of a view as [`resolve_without_reasons`] does, and returns the parts that the resolution of a
/// similar view uses again.
pub fn resolve_reusable(
    view: &View,
    config: &ResolveConfig,
    weights: &WeightConfig,
) -> (Resolution, Reusable) {
    let clusters =
        clusters(IdentifierNodes::of(view), view, (config, Scope::MergesOnly), &ThisMachine).clusters;
    let retired = RetiredObjects::of(&clusters.identifiers, view);
    entities_and_links(clusters, &retired, (weights, None), &ThisMachine)
}

/// Finds the entities and links of a view as [`resolve_reusable`] does, from those of a similar view. The earlier view was
/// resolved with an equal `config` and with the same warning lists. Other weights may differ.
pub fn resolve_similar(
    view: &View,
    earlier: Earlier<'_>,
    config: &ResolveConfig,
    weights: &WeightConfig,
) -> (Resolution, Reusable) {
    let same = SameRecords::of(earlier.view, view);
    let base = &earlier.reusable.clusters.identifiers;
    let (identifiers, before) = IdentifierNodes::similar(view, (base, &same));
    let clusters = clusters(identifiers, view, (config, Scope::MergesOnly), &ThisMachine).clusters;
    let retired = RetiredObjects::of(&clusters.identifiers, view);
    let reuse = Reuse::of(earlier, &same, (&clusters, &retired), &before);
    entities_and_links(clusters, &retired, (weights, Some(&reuse)), &ThisMachine)
}

/// Clusters of a view, with the judgements and comparisons behind them.
struct Resolved {
    clusters: Clusters,
    judged: Judged,
    compared: ComparedNames,
}

fn clusters(
    identifiers: IdentifierNodes,
    view: &View,
    (config, scope): (&ResolveConfig, Scope),
    steps: &dyn JoinSteps,
) -> Resolved {
    let mut clusters = Clusters::of(identifiers);
    let judged = Judged::of(&clusters.identifiers, view);
    judged.constrain(&mut clusters);
    own_identifiers::join(&mut clusters, view);
    judged.join(&mut clusters);
    for step in STEPS {
        step(&mut clusters, view, config);
    }
    clusters.flatten();
    let compared = names::join(&mut clusters, view, &judged, (config, scope), steps);
    clusters.flatten();
    clusters.forget_facts();
    Resolved { clusters, judged, compared }
}

/// Returns the resolution without reasons, and its parts that another resolution uses again.
fn entities_and_links(
    clusters: Clusters,
    retired: &RetiredObjects<'_>,
    (weights, reuse): (&WeightConfig, Option<&Reuse<'_>>),
    steps: &dyn JoinSteps,
) -> (Resolution, Reusable) {
    let ResolvedEntities { entities, of_node } =
        entities::build(&clusters, retired, &weights.warning_lists, reuse);
    let contested = identity::contested(&clusters, &of_node);
    let mut resolution = Resolution { entities, contested, ..Resolution::default() };
    let ResolvedLinks { links, relays, of_claims } =
        links::build(&resolution, (&clusters, &of_node), retired, (weights, reuse), steps);
    (resolution.links, resolution.relays) = (links, relays);
    (resolution, Reusable { clusters, entity_of_node: of_node, links: of_claims })
}
