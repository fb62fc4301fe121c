//! Who is who: which identifiers mean one entity, with the reason for every merge.
//!
//! Equal canonical identifiers are one entity by definition. Beyond that a merge is a
//! judgement by a rule of [`RULES`], and never plain transitive closure: two entries of
//! one curated list, two numbers of one catalogue, or two objects of a duplicate-free
//! source are never joined; a merge that would is refused and listed as contested.

mod entities;
mod identity;
mod links;
mod names;
mod warning;
mod weight;

pub(crate) use entities::lasting_id;

use std::{borrow::Cow, collections::HashMap, ops::Index};

use serde::{Deserialize, Serialize};

pub use warning::WarningLists;
pub use weight::WeightConfig;

use crate::{
    canonical::CanonicalId,
    entity::Entity,
    index::{EntityIndex, LinkIndex, RecordIndex},
    link::Link,
    time::Moment,
    view::View,
};

/// A rule by which two identifiers are held to mean one entity. To add one: a line in
/// [`RULES`] with the next version, so that earlier nights can still be surveyed
/// without it and what it changes is told apart from news.
pub struct Rule {
    /// Name in the `identity` table.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub about: &'static str,
    /// How probable it is that two so joined are one, from 0 to 1.
    pub probability: f64,
    /// Version of the resolver that brought it.
    pub since: u32,
}

/// Every rule, strongest first.
pub const RULES: &[Rule] = &[
    Rule {
        name: "own-identifier",
        about: "One record names both for one thing.",
        probability: 1.0,
        since: 1,
    },
    Rule {
        name: "same-uuid",
        about: "A galaxy value and one STIX object have one uuid.",
        probability: 0.999,
        since: 1,
    },
    Rule {
        name: "listed-name",
        about: "Both have one name, and one is the entry of that name in a curated list.",
        probability: 0.99,
        since: 1,
    },
    Rule {
        name: "listed-synonym",
        about: "A curated list names the one as a synonym of the other.",
        probability: 0.97,
        since: 1,
    },
];

/// The newest version in [`RULES`].
pub const VERSION: u32 = 1;

/// Position of a rule in [`RULES`].
pub(crate) type RuleIndex = usize;
pub(crate) const OWN_IDENTIFIER: RuleIndex = 0;
pub(crate) const SAME_UUID: RuleIndex = 1;
pub(crate) const LISTED_NAME: RuleIndex = 2;
pub(crate) const LISTED_SYNONYM: RuleIndex = 3;

/// What may be chosen about resolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolveConfig {
    /// A rule less probable than this is not applied.
    pub match_probability: f64,
    /// Rules of later versions are not applied.
    pub version: u32,
}

impl Default for ResolveConfig {
    fn default() -> Self {
        Self { match_probability: 0.95, version: VERSION }
    }
}

impl ResolveConfig {
    fn applies(&self, rule: RuleIndex) -> bool {
        RULES[rule].since <= self.version && RULES[rule].probability >= self.match_probability.min(1.0)
    }
}

/// Entities and links of a view, and why they are what they are.
#[derive(Debug, Default)]
pub struct Resolution {
    /// Entities, sorted by id.
    pub entities: Vec<Entity>,
    /// Links, sorted by id.
    pub links: Vec<Link>,
    /// Why each identifier belongs to its entity, sorted by entity and identifier.
    pub identity: Vec<Identity>,
    /// Merges that were refused, sorted.
    pub contested: Vec<Contested>,
    /// The entity that each canonical identifier means.
    pub of_identifier: HashMap<CanonicalId, EntityIndex>,
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

/// Why an identifier belongs to its entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Which entity.
    pub entity: EntityIndex,
    /// Which canonical identifier.
    pub identifier: CanonicalId,
    /// Name of the rule.
    pub rule: &'static str,
    /// In words.
    pub reason: Cow<'static, str>,
    /// The record that says so.
    pub record: RecordIndex,
    /// When the identifier was first told.
    pub told: Moment,
}

/// Two entities that a rule would join and a constraint keeps apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Contested {
    /// The one with the lower position.
    pub entity: EntityIndex,
    /// The other.
    pub other: EntityIndex,
    /// Name of the rule.
    pub rule: &'static str,
    /// Why not, in words.
    pub reason: String,
    /// Probability of the rule.
    pub weight: f64,
}

/// Finds the entities and links of a view.
pub fn resolve(view: &View, config: &ResolveConfig, weights: &WeightConfig) -> Resolution {
    let (mut resolution, mentions, of_node) = who_is_who(view, config, weights);
    resolution.identity = entities::identity(&mentions, &of_node);
    resolution
}

/// The same, without why each identifier belongs to its entity: what a night is compared with need not say that.
pub fn resolve_without_reasons(view: &View, config: &ResolveConfig, weights: &WeightConfig) -> Resolution {
    who_is_who(view, config, weights).0
}

fn who_is_who(
    view: &View,
    config: &ResolveConfig,
    weights: &WeightConfig,
) -> (Resolution, identity::Mentions, Vec<Option<EntityIndex>>) {
    let mut mentions = identity::Mentions::of(view);
    identity::join_own(&mut mentions, view);
    if config.applies(SAME_UUID) {
        identity::join_same_uuid(&mut mentions);
    }
    names::join_listed(&mut mentions, view, config);
    mentions.flatten();
    let gone = entities::Gone::of(&mentions, view);
    let (mut resolution, of_node) = entities::build(&mentions, view, &gone);
    warning::mark(&mut resolution.entities, &weights.warning_lists);
    resolution.links = links::weave(&resolution, &mentions, &of_node, &gone, weights);
    (resolution, mentions, of_node)
}
