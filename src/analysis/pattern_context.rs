//! The night as patterns look at it: who can tie whom, what of it is recent, and who stood
//! together before.
//!
//! Not every link is evidence that two things belong together. A technique, a place or a
//! weakness is shared by everybody; a report may list twenty actors; a tool or an address
//! tied to many actors says nothing of any two. Such entities tie nobody here.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    community::{self, Method},
    entity::OBSERVABLES,
    graph::{Graph, WeightedGraph},
    index::{EntityIndex, LinkIndex},
    link::{Layer, Link},
    progress::Progress,
    resolve::Resolution,
    temporal::{Arrival, Recent},
    view::View,
};

/// What part an entity plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Who acts: a threat actor, a person, a company.
    Actor,
    /// What is done: a campaign, an incident.
    Activity,
    /// What it is done with: malware, a tool, infrastructure.
    Capability,
    /// A pattern that detects.
    Indicator,
    /// A fact of the network.
    Observable,
    /// What names others together: a report, a note, an event.
    Report,
    /// What everybody shares: techniques, weaknesses, places, victims.
    Context,
}

impl Class {
    /// Returns the class of a kind.
    pub fn of(kind: &str) -> Self {
        match kind {
            "threat-actor" | "intrusion-set" | "person" | "organization" | "company" | "legal-entity"
            | "public-body" => Self::Actor,
            "campaign" | "incident" | "event" | "trip" | "project" | "contract" => Self::Activity,
            "indicator" => Self::Indicator,
            "report" | "note" | "opinion" | "grouping" | "observed-data" | "sighting" | "document"
            | "article" => Self::Report,
            "attack-pattern"
            | "vulnerability"
            | "weakness"
            | "location"
            | "identity"
            | "course-of-action"
            | "marking-definition"
            | "relationship"
            | "language-content"
            | "extension-definition"
            // A post that many held, a territory, a list on which one stands.
            | "position" | "territory" | "sanction" | "risk" => Self::Context,
            _ if kind.starts_with("x-mitre-") => Self::Context,
            _ if OBSERVABLES.contains(&kind) || OTHER_FACTS.contains(&kind) => Self::Observable,
            _ => Self::Capability,
        }
    }

    /// Says whether a group of entities can be about it: who acts, what is done, with what.
    pub fn is_principal(self) -> bool {
        matches!(self, Self::Actor | Self::Activity | Self::Capability)
    }
}

/// Facts of the network that formats beside STIX have kinds for.
const OTHER_FACTS: [&str; 7] = [
    "hostname",
    "user-agent",
    "cryptocurrency-wallet",
    "phone-number",
    "address",
    "passport",
    "identification",
];

/// From this many actors on, what they share tells nothing of any two of them.
const HUB_MIN: usize = 5;
/// From this many actors on, a report that names them is a round-up.
const ROUND_UP_MIN: usize = 3;
/// Finer than communities of the whole, so that each group is of one actor or few.
const RESOLUTION: f64 = 2.0;
/// Groups of fewer members are not called established.
const GROUP_MIN: usize = 4;

/// Entities that stood together before the recent nights.
#[derive(Clone, Debug, PartialEq)]
pub struct EstablishedGroup {
    /// Members, ascending.
    pub members: Vec<EntityIndex>,
    /// Whom it is about: its most tied actor, else operation, else means.
    pub anchor: EntityIndex,
}

/// Ties between entities, what is recent of them, and what stood before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatternContext {
    /// What part each entity plays.
    pub class: Vec<Class>,
    /// Whether each entity is shared by so many, or on a warning list, that it ties nobody.
    pub is_hub: Vec<bool>,
    /// Whether we were first told of each entity in the recent nights.
    pub is_new: Vec<bool>,
    /// Whether we were first told of each link in the recent nights.
    pub link_is_new: Vec<bool>,
    /// Share of each link's recent records that are news; 0 where none is recent.
    pub news: Vec<f64>,
    /// Links that can be evidence of belonging together, for each entity: other end and link.
    pub neighbours: Vec<Vec<(EntityIndex, LinkIndex)>>,
    /// Groups that stood before the recent nights, largest first.
    pub groups: Vec<EstablishedGroup>,
    /// The group of each entity that stood in one.
    pub group_of: Vec<Option<u32>>,
    /// For each new actor, operation or means the others of its kind and name that are as new:
    /// likely one, which no list has said yet. Patterns may count them together; nothing joins them.
    pub namesakes: Vec<Vec<EntityIndex>>,
    /// The groups that each entity speaks for, at most two: its own for an actor, operation
    /// or means, or, where it has none, those of its ties; those that an indicator, a report
    /// or a fact of the network leads to.
    pub associated_groups: Vec<Vec<u32>>,
}

impl PatternContext {
    /// Says whether an entity can tie others: it is no context, no hub and no round-up.
    pub fn can_connect(&self, entity: EntityIndex) -> bool {
        self.class[entity.index()] != Class::Context && !self.is_hub[entity.index()]
    }

    /// Says whether an entity tells what a group is about: it can tie others and is no report.
    pub fn is_telling(&self, entity: EntityIndex) -> bool {
        self.can_connect(entity) && self.class[entity.index()] != Class::Report
    }

    /// Returns an entity and those that are as new and of its name.
    pub fn named(&self, entity: EntityIndex) -> impl Iterator<Item = EntityIndex> + '_ {
        std::iter::once(entity).chain(self.namesakes[entity.index()].iter().copied())
    }

    /// Returns the links of an entity by which it can belong with others, old or recent.
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

/// Lays out a context; `None` means that the progress said stop.
pub(super) fn build(
    view: &View,
    resolution: &Resolution,
    recent: &Recent,
    progress: &Progress,
) -> Option<PatternContext> {
    let Some(cut) = recent.cut else {
        return Some(first_night(resolution));
    };
    let entities = &resolution.entities;
    let class: Vec<Class> = entities.iter().map(|entity| Class::of(&entity.kind)).collect();
    let link_is_new: Vec<bool> = resolution.links.iter().map(|link| link.recorded_first > cut).collect();
    let mut neighbours: Vec<Vec<(EntityIndex, LinkIndex)>> = vec![Vec::new(); entities.len()];
    for (at, link) in LinkIndex::enumerate(&resolution.links).filter(|(_, link)| connects(link)) {
        neighbours[link.from.index()].push((link.to, at));
        neighbours[link.to.index()].push((link.from, at));
    }
    let mut is_hub = hubs(&class, &neighbours, &link_is_new);
    for (is_hub, entity) in is_hub.iter_mut().zip(entities) {
        *is_hub |= entity.is_common();
    }
    let mut context = PatternContext {
        is_new: entities.iter().map(|entity| entity.recorded_first > cut).collect(),
        news: resolution.links.iter().map(|link| news(link, &recent.arrivals)).collect(),
        group_of: vec![None; entities.len()],
        groups: Vec::new(),
        namesakes: Vec::new(),
        associated_groups: Vec::new(),
        class,
        is_hub,
        link_is_new,
        neighbours,
    };
    context.namesakes = namesakes(&context, resolution);
    debug_assert_eq!(view.records().len(), recent.arrivals.len());
    find_groups(&mut context, resolution, progress)?;
    context.associated_groups =
        EntityIndex::first(entities.len()).map(|at| associated_groups(&context, at)).collect();
    Some(context)
}

/// On a first night nothing is recent and nothing stood before.
fn first_night(resolution: &Resolution) -> PatternContext {
    let (entities, links) = (resolution.entities.len(), resolution.links.len());
    PatternContext {
        class: resolution.entities.iter().map(|entity| Class::of(&entity.kind)).collect(),
        is_hub: vec![false; entities],
        is_new: vec![false; entities],
        link_is_new: vec![false; links],
        news: vec![0.0; links],
        neighbours: vec![Vec::new(); entities],
        groups: Vec::new(),
        group_of: vec![None; entities],
        namesakes: vec![Vec::new(); entities],
        associated_groups: vec![Vec::new(); entities],
    }
}

fn connects(link: &Link) -> bool {
    link.weight > 0.0 && !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target)
}

fn news(link: &Link, arrivals: &[Arrival]) -> f64 {
    let recent =
        link.records.iter().map(|&at| arrivals[at.index()]).filter(|arrival| *arrival != Arrival::Earlier);
    let (mut all, mut news) = (0.0, 0.0);
    for arrival in recent {
        all += 1.0;
        news += f64::from(u8::from(arrival == Arrival::News));
    }
    if all > 0.0 { news / all } else { 0.0 }
}

/// Finds what is shared by so many that it tells nothing of any two of them. For things
/// the ties of before decide, so that what is tied to many all of a sudden stands out;
/// for reports all.
fn hubs(class: &[Class], neighbours: &[Vec<(EntityIndex, LinkIndex)>], link_is_new: &[bool]) -> Vec<bool> {
    let old = |at: usize| {
        neighbours[at].iter().filter(|(_, link)| !link_is_new[link.index()]).map(|(other, _)| *other)
    };
    let actors = |ends: &mut dyn Iterator<Item = EntityIndex>| {
        let actors: BTreeSet<EntityIndex> = ends.filter(|end| class[end.index()] == Class::Actor).collect();
        actors.len()
    };
    let is_round_up: Vec<bool> = (0..class.len())
        .map(|at| {
            class[at] == Class::Report
                && actors(&mut neighbours[at].iter().map(|(other, _)| *other)) >= ROUND_UP_MIN
        })
        .collect();
    (0..class.len())
        .map(|at| match class[at] {
            Class::Report => is_round_up[at],
            Class::Actor | Class::Activity | Class::Capability => {
                actors(&mut old(at).filter(|end| end.index() != at)) >= HUB_MIN
            }
            Class::Observable | Class::Indicator => {
                let mut owners = BTreeSet::new();
                for end in old(at) {
                    match class[end.index()] {
                        Class::Actor | Class::Activity | Class::Capability => {
                            owners.insert(end);
                        }
                        Class::Indicator | Class::Report if !is_round_up[end.index()] => {
                            owners
                                .extend(old(end.index()).filter(|owner| class[owner.index()].is_principal()));
                        }
                        _ => {}
                    }
                }
                owners.len() >= HUB_MIN
            }
            Class::Context => false,
        })
        .collect()
}

/// Finds the groups that stood before the recent nights: communities of the older ties.
fn find_groups(context: &mut PatternContext, resolution: &Resolution, progress: &Progress) -> Option<()> {
    let mut ends = Vec::new();
    let mut weights = Vec::new();
    for (at, link) in resolution.links.iter().enumerate().filter(|(_, link)| connects(link)) {
        if !context.link_is_new[at] && context.can_connect(link.from) && context.can_connect(link.to) {
            ends.push((link.from.node(), link.to.node()));
            weights.push(link.weight);
        }
    }
    let (graph, weights) = Graph::build(resolution.entities.len() as u32, false, &ends, Some(&weights));
    let weighted_graph = WeightedGraph::new(graph, weights);
    // From nothing, not from last night's communities: those are coarser, and would stay so.
    let config = community::DetectionConfig {
        resolution: RESOLUTION,
        start: Some((0..resolution.entities.len() as u32).collect()),
        ..community::DetectionConfig::new(Method::Leiden)
    };
    let found = community::find(&weighted_graph, &config, progress)?;
    let partition = found.partition();
    let mut members: Vec<Vec<EntityIndex>> = vec![Vec::new(); partition.count()];
    for (entity, &group) in EntityIndex::enumerate(partition.labels()) {
        members[group as usize].push(entity);
    }
    let strength = |at: EntityIndex| -> f64 {
        weighted_graph.simple_weights().outgoing(weighted_graph.simple(), at.node()).iter().sum()
    };
    let groups = members.into_iter().filter(|members| members.len() >= GROUP_MIN).filter_map(|members| {
        let principals = members.iter().copied().filter(|at| context.class[at.index()].is_principal());
        let anchor = principals.min_by(|&a, &b| {
            let class = |at: EntityIndex| context.class[at.index()];
            class(a).cmp(&class(b)).then_with(|| strength(b).total_cmp(&strength(a))).then_with(|| a.cmp(&b))
        })?;
        Some(EstablishedGroup { members, anchor })
    });
    context.groups = of_one_actor(context, groups.collect());
    for (number, group) in (0..).zip(&context.groups) {
        for &member in &group.members {
            context.group_of[member.index()] = Some(number);
        }
    }
    Some(())
}

/// Joins groups about an operation or means to the group of its actor, where it has but one:
/// what an actor does and with what is the actor's.
fn of_one_actor(context: &PatternContext, groups: Vec<EstablishedGroup>) -> Vec<EstablishedGroup> {
    let mut group_of: BTreeMap<EntityIndex, usize> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        group_of.extend(group.members.iter().map(|member| (*member, number)));
    }
    let is_actor = |at: EntityIndex| context.class[at.index()] == Class::Actor;
    let heir = |number: usize| -> usize {
        let anchor = groups[number].anchor;
        if is_actor(anchor) {
            return number;
        }
        let actors = context.links_of(anchor, false).map(|(other, _)| other).filter(|other| is_actor(*other));
        let heirs: BTreeSet<usize> = actors.filter_map(|actor| group_of.get(&actor).copied()).collect();
        match heirs.first() {
            // Only what is about an actor takes in others, so that no chains arise.
            Some(&heir) if heirs.len() == 1 && is_actor(groups[heir].anchor) => heir,
            _ => number,
        }
    };
    let heirs: Vec<usize> = (0..groups.len()).map(heir).collect();
    let mut joined: Vec<EstablishedGroup> =
        groups.iter().map(|group| EstablishedGroup { members: Vec::new(), anchor: group.anchor }).collect();
    for (group, heir) in groups.into_iter().zip(heirs) {
        joined[heir].members.extend(group.members);
    }
    joined.retain(|group| !group.members.is_empty());
    for group in &mut joined {
        group.members.sort_unstable();
    }
    joined.sort_by(|a, b| b.members.len().cmp(&a.members.len()).then_with(|| a.anchor.cmp(&b.anchor)));
    joined
}

/// A name that more new entities have than this names none of them.
const NAMESAKES_MAX: usize = 3;

fn namesakes(context: &PatternContext, resolution: &Resolution) -> Vec<Vec<EntityIndex>> {
    let mut of_name: BTreeMap<(&str, String), Vec<EntityIndex>> = BTreeMap::new();
    for (at, entity) in EntityIndex::enumerate(&resolution.entities) {
        if context.is_new[at.index()] && context.class[at.index()].is_principal() {
            of_name.entry((&entity.kind, entity.label.to_lowercase())).or_default().push(at);
        }
    }
    let mut namesakes = vec![Vec::new(); resolution.entities.len()];
    for all in of_name.into_values().filter(|all| (2..=NAMESAKES_MAX).contains(&all.len())) {
        for &at in &all {
            namesakes[at.index()] = all.iter().copied().filter(|other| *other != at).collect();
        }
    }
    namesakes
}

/// What leads to more groups than this speaks for none of them.
const SPOKEN_FOR_MAX: usize = 2;

fn associated_groups(context: &PatternContext, entity: EntityIndex) -> Vec<u32> {
    let class = |at: EntityIndex| context.class[at.index()];
    let neighbours = |at: EntityIndex| {
        context.neighbours[at.index()]
            .iter()
            .map(|(other, _)| *other)
            .filter(|other| context.can_connect(*other))
    };
    let group = |at: EntityIndex| context.group_of[at.index()];
    // What stood in no group speaks for the actors that it is tied to.
    let belongs = |at: EntityIndex| -> BTreeSet<u32> {
        let actors = || neighbours(at).filter(|other| class(*other) == Class::Actor).filter_map(group);
        group(at).map_or_else(|| actors().collect(), |own| [own].into())
    };
    let principals = |at: EntityIndex| -> BTreeSet<u32> {
        neighbours(at).filter(|other| class(*other).is_principal()).flat_map(belongs).collect()
    };
    let said = |at: EntityIndex| {
        let mut groups = principals(at);
        if groups.is_empty() {
            let reports = neighbours(at).filter(|other| class(*other) == Class::Report);
            groups =
                reports.map(principals).filter(|named| named.len() <= SPOKEN_FOR_MAX).flatten().collect();
        }
        groups
    };
    let groups: BTreeSet<u32> = match class(entity) {
        _ if !context.can_connect(entity) => BTreeSet::new(),
        own if own.is_principal() => belongs(entity),
        Class::Observable => {
            let carriers =
                |class_of: Class| neighbours(entity).filter(move |other| class(*other) == class_of);
            let mut groups = principals(entity);
            groups.extend(carriers(Class::Indicator).flat_map(principals));
            if groups.is_empty() {
                // Only where nobody says it outright does standing in one report count.
                let indirectly = carriers(Class::Indicator).chain(carriers(Class::Report));
                groups = indirectly.flat_map(said).collect();
            }
            groups
        }
        _ => said(entity),
    };
    if groups.len() <= SPOKEN_FOR_MAX { groups.into_iter().collect() } else { Vec::new() }
}
