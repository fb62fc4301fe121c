//! Context of patterns: which entities can connect others, which are new, and which groups existed before.
//!
//! Not every link is evidence that two entities belong together. Many unrelated actors share a technique, a place
//! or a weakness. A report may list twenty actors. A tool or an address may have links to many actors. Such
//! entities connect no others.

mod associations;
mod established_groups;
mod hubs;

use std::{collections::BTreeMap, ops::Index};

pub use established_groups::EstablishedGroup;

use associations::{associated_groups, namesakes};
use hubs::hubs;

use super::class::Class;
use crate::{
    compact::{ListsByPosition, SparseLists},
    entity::Entity,
    index::{EntityIndex, GroupIndex, LinkIndex},
    link::{Layer, Link},
    progress::Progress,
    resolve::Resolution,
    temporal::{Arrival, LATE_DAYS, Recent},
    time::{Moment, Span},
    view::View,
};

/// Links of each entity: other end and link.
type NeighbourLists = ListsByPosition<(EntityIndex, LinkIndex)>;

/// Links between entities, the new ones among them, and the groups before the recent window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatternContext {
    /// Class of each entity.
    pub class: Vec<Class>,
    /// True for each entity that is on a warning list, or has links to so many actors that it connects no others.
    pub is_hub: Vec<bool>,
    /// True for each entity that was first recorded in the recent window.
    pub is_new: Vec<bool>,
    /// True for each link that was first recorded in the recent window.
    pub link_is_new: Vec<bool>,
    /// Share of each link's recent records that are news; 0 without recent records, and for an undated link to an activity
    /// that ended long before.
    pub news: Vec<f64>,
    /// Links of each entity that can be evidence of belonging together: other end and link.
    pub neighbours: ListsByPosition<(EntityIndex, LinkIndex)>,
    /// The links among them of directed layers, in order of entity and link. Most entities have none.
    pub directed: Vec<(EntityIndex, LinkIndex)>,
    /// Groups that existed before the recent window, largest first.
    pub groups: Vec<EstablishedGroup>,
    /// Group of each entity; `None` if it is in no group.
    pub group_of: Vec<Option<GroupIndex>>,
    /// For each new actor, activity or capability the other new entities of its kind and name. They are probably
    /// one entity that no list has merged yet. Patterns may count them together; nothing merges them.
    pub namesakes: SparseLists<EntityIndex>,
    /// Groups that each entity is associated with, at most two. For an actor, activity or capability this is its
    /// own group, or, without one, those of its neighbours. For other classes it is the groups that they lead to.
    pub associated_groups: ListsByPosition<GroupIndex>,
    /// For each indicator and report the main entities of the principal entities that it named before the recent window,
    /// ascending; without those that named none. A report may name thousands of values, and each of them asks.
    pub named_mains: BTreeMap<EntityIndex, Vec<EntityIndex>>,
}

impl PatternContext {
    /// Returns whether an entity can connect others: it is neither context nor a hub.
    pub fn can_connect(&self, entity: EntityIndex) -> bool {
        self.class[entity.index()] != Class::Context && !self.is_hub[entity.index()]
    }

    /// Returns whether an entity is characteristic of a group: it can connect others and is not a report.
    pub fn is_characteristic(&self, entity: EntityIndex) -> bool {
        self.can_connect(entity) && self.class[entity.index()] != Class::Report
    }

    /// Returns the main entity of the group of an actor, activity or capability, or itself without a group.
    pub fn main_of(&self, principal: EntityIndex) -> EntityIndex {
        self.group_of[principal.index()].map_or(principal, |group| self[group].anchor)
    }

    /// Returns an entity and its namesakes.
    pub fn named(&self, entity: EntityIndex) -> impl Iterator<Item = EntityIndex> + '_ {
        std::iter::once(entity).chain(self.namesakes[entity.index()].iter().copied())
    }

    /// Returns the links of directed layers of an entity that can be evidence of belonging together, in order.
    pub fn directed_links_of(&self, entity: EntityIndex) -> impl Iterator<Item = LinkIndex> + '_ {
        let start = self.directed.partition_point(|(end, _)| *end < entity);
        self.directed[start..].iter().take_while(move |(end, _)| *end == entity).map(|(_, link)| *link)
    }

    /// Returns the links of an entity to others that can connect: other end and link. `is_new` selects the links
    /// of the recent window or the earlier ones.
    pub fn links_of(
        &self,
        entity: EntityIndex,
        is_new: bool,
    ) -> impl Iterator<Item = (EntityIndex, LinkIndex)> + '_ {
        self.neighbours[entity.index()]
            .iter()
            .copied()
            .filter(move |&(other, link)| self.link_is_new[link.index()] == is_new && self.can_connect(other))
    }
}

impl Index<GroupIndex> for PatternContext {
    type Output = EstablishedGroup;

    fn index(&self, group: GroupIndex) -> &EstablishedGroup {
        &self.groups[group.index()]
    }
}

/// Builds the context of a view; `None` if `progress` was cancelled.
pub(super) fn build(
    view: &View,
    resolution: &Resolution,
    recent: &Recent,
    progress: &Progress,
) -> Option<PatternContext> {
    debug_assert_eq!(view.records().len(), recent.arrivals.len());
    let Some(cut) = recent.cut else {
        return Some(without_recent_links(resolution));
    };
    let mut context = with_recent_links(resolution, recent, cut);
    context.namesakes = namesakes(&context, resolution);
    established_groups::find(&mut context, resolution, progress)?;
    context.associated_groups = associated_groups(&context);
    context.named_mains = named_mains(&context);
    Some(context)
}

/// Returns the main entities that each indicator and report named before the recent window.
fn named_mains(context: &PatternContext) -> BTreeMap<EntityIndex, Vec<EntityIndex>> {
    let class = |entity: EntityIndex| context.class[entity.index()];
    let naming = EntityIndex::first(context.class.len())
        .filter(|entity| matches!(class(*entity), Class::Indicator | Class::Report));
    let with_mains = naming.filter_map(|entity| {
        let named = context.links_of(entity, false).map(|(named, _)| named);
        let mut mains: Vec<EntityIndex> =
            named.filter(|named| class(*named).is_principal()).map(|named| context.main_of(named)).collect();
        mains.sort_unstable();
        mains.dedup();
        (!mains.is_empty()).then_some((entity, mains))
    });
    with_mains.collect()
}

/// Returns the context without groups and namesakes; records after `cut` are recent.
fn with_recent_links(resolution: &Resolution, recent: &Recent, cut: Moment) -> PatternContext {
    let Resolution { entities, links, .. } = resolution;
    let class: Vec<Class> = entities.iter().map(|entity| Class::of(&entity.kind)).collect();
    let link_is_new: Vec<bool> = links.iter().map(|link| link.recorded_first > cut).collect();
    let all = LinkIndex::first(links.len()).zip(links);
    let ends = all.filter(|(_, link)| is_evidence(link)).flat_map(|(index, link)| {
        [(link.from.index(), (link.to, index)), (link.to.index(), (link.from, index))]
    });
    let neighbours = ListsByPosition::of_pairs(entities.len(), ends);
    let all = LinkIndex::first(links.len()).zip(links);
    let ends = all.filter(|(_, link)| link.layer.is_directed() && is_evidence(link));
    let mut directed: Vec<(EntityIndex, LinkIndex)> =
        ends.flat_map(|(index, link)| [(link.from, index), (link.to, index)]).collect();
    directed.sort_unstable();
    let hubs = hubs(&class, &neighbours, &link_is_new).into_iter();
    let news = |link| {
        let is_history = is_of_past_activity(link, &class, entities, cut);
        if is_history { 0.0 } else { news_share(link, &recent.arrivals) }
    };
    PatternContext {
        is_hub: hubs.zip(entities).map(|(is_hub, entity)| is_hub || entity.is_common()).collect(),
        is_new: entities.iter().map(|entity| entity.recorded_first > cut).collect(),
        news: links.iter().map(news).collect(),
        group_of: vec![None; entities.len()],
        groups: Vec::new(),
        namesakes: SparseLists::default(),
        associated_groups: ListsByPosition::default(),
        named_mains: BTreeMap::new(),
        class,
        link_is_new,
        neighbours,
        directed,
    }
}

/// Returns the context of a first run, in which no link is recent and no group is established.
fn without_recent_links(resolution: &Resolution) -> PatternContext {
    let (entities, links) = (resolution.entities.len(), resolution.links.len());
    PatternContext {
        class: resolution.entities.iter().map(|entity| Class::of(&entity.kind)).collect(),
        is_hub: vec![false; entities],
        is_new: vec![false; entities],
        link_is_new: vec![false; links],
        news: vec![0.0; links],
        neighbours: ListsByPosition::empty(entities),
        directed: Vec::new(),
        groups: Vec::new(),
        group_of: vec![None; entities],
        namesakes: SparseLists::default(),
        associated_groups: ListsByPosition::empty(entities),
        named_mains: BTreeMap::new(),
    }
}

/// Returns whether a link can be evidence that its ends belong together.
fn is_evidence(link: &Link) -> bool {
    link.weight > 0.0 && !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target)
}

/// Returns whether a link has no date and belongs to an activity that ended long before the recent window. A source that
/// adds an old campaign to its catalogue writes its links today, although they held in that campaign's time.
fn is_of_past_activity(link: &Link, class: &[Class], entities: &[Entity], cut: Moment) -> bool {
    let long_before = cut.days_earlier(LATE_DAYS);
    let ended = |end: EntityIndex| {
        let seen = entities[end.index()].seen;
        class[end.index()] == Class::Activity
            && seen.end.or(seen.start).is_some_and(|last| last < long_before)
    };
    link.seen == Span::default() && (ended(link.from) || ended(link.to))
}

/// Returns the share of a link's recent records that are news; 0 without recent records. Records of a bulk change say
/// nothing for or against a link that another source reports as news.
fn news_share(link: &Link, arrivals: &[Arrival]) -> f64 {
    let arrivals = || link.records.iter().map(|record| arrivals[record.index()]);
    let count = |arrival: Arrival| arrivals().filter(|other| *other == arrival).count() as f64;
    let news = count(Arrival::News);
    let recent =
        arrivals().filter(|arrival| !matches!(arrival, Arrival::Earlier | Arrival::Bulk)).count() as f64;
    if recent > 0.0 { news / recent } else { 0.0 }
}
