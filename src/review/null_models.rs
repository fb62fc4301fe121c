//! Null models: recent links as patterns count them, and random runs for comparison.
//!
//! Each kind of random run has as many recent links in each layer. No kind but *reported* links a pair twice:
//!
//! - *Rewired*: the target ends of the recent links are exchanged within a layer and pair of classes. It tests whether the
//!   pairs of linked entities could be chance.
//! - *Drawn*: each recent link draws both of its ends from those of all links of its layer and pair of classes. An entity
//!   with many links is drawn often, and a new one seldom. It tests whether one entity could get so many of the recent
//!   links by chance.
//! - *Redated*: the ages of the activity are drawn at random among the links of each layer and pair of classes. It tests
//!   whether new activity after a pause could be chance.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use rand_chacha::ChaCha8Rng;

use super::{
    accounts::{Accounts, End},
    linked_pairs::LinkedPairs,
};
use crate::{
    analysis::{Analysis, Class},
    features::{self, Candidate},
    index::{EntityIndex, GroupIndex, LinkIndex, RecordIndex},
    link::{Layer, Link},
    memo::Memo,
    random::below,
    time::Span,
};

/// One recent link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RecentLink {
    pub(super) from: EntityIndex,
    pub(super) to: EntityIndex,
    pub(super) weight: f64,
    pub(super) link: LinkIndex,
    /// Is true if one account introduces both ends, so that no random run of accounts changes the link.
    pub(super) is_introduced: bool,
    /// Layer and classes of the ends. A random run exchanges ends within a stratum.
    stratum: (Layer, Class, Class),
}

/// Ends that recent links may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// Entities that can connect others.
    Connecting,
    /// These, and vulnerabilities, which may be brokers.
    OrVulnerabilities,
}

impl Ends {
    fn contains(self, analysis: &Analysis, entity: EntityIndex) -> bool {
        let context = &analysis.context;
        let is_vulnerability = || analysis[entity].kind == VULNERABILITY && !context.is_hub[entity.index()];
        context.can_connect(entity) || self == Self::OrVulnerabilities && is_vulnerability()
    }
}

/// Identity of an instance over random runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum InstanceKey {
    /// A pair of established groups.
    Groups(GroupIndex, GroupIndex),
    /// A main entity.
    Entity(EntityIndex),
}

/// One instance of a pattern in a random run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Instance {
    pub(super) key: InstanceKey,
    /// Strength, in the unit of the pattern.
    pub(super) strength: f64,
    /// Mean strength of its entities in random runs, by a closed form; `None` if it is the mean over the runs that were drawn.
    pub(super) mean: Option<f64>,
}

/// Functions that search random runs for a pattern. `Links` are the links of a random run.
pub(super) struct Search<Links: ?Sized> {
    /// Returns the identity of a candidate.
    pub(super) key: fn(&Candidate) -> InstanceKey,
    /// Returns the strength of each candidate, also of one that the rule does not find in this run.
    pub(super) measure: fn(&Analysis, &[Candidate], &Links) -> Vec<f64>,
    /// Returns the entities that may be instances in a random run; empty for a pattern whose instances have no main entity.
    pub(super) at_risk: fn(&Analysis) -> Vec<EntityIndex>,
    /// Searches a run among the entities at risk, and measures each candidate there.
    pub(super) run: fn(&Analysis, &[Candidate], &[EntityIndex], &Links) -> Searched,
}

/// Result of the search of one run.
pub(super) struct Searched {
    /// Strength of each candidate, as `measure` returns it.
    pub(super) strengths: Vec<f64>,
    /// Every instance in the run, by the rule that makes candidates.
    pub(super) instances: Vec<Instance>,
}

/// Kind of entities that connect no others and may be brokers.
pub(super) const VULNERABILITY: &str = "vulnerability";

/// Recent links, indexed by both ends.
pub(super) struct RecentLinks {
    pub(super) all: Vec<RecentLink>,
    /// Marks of the links of the run from which these are. The links without a mark are the earlier ones.
    is_recent: Arc<[bool]>,
    /// Start of each entity's row of `ends`, and the end of the last row.
    starts: Vec<u32>,
    /// Each link from both ends: other end, position in `all`.
    ends: Vec<(EntityIndex, u32)>,
    /// Ends that random runs draw; `None` for links that no random run draws.
    urns: Option<Arc<Urns>>,
    /// Accounts that random runs draw; `None` for links without accounts.
    accounts: Option<Arc<Accounts>>,
    /// Ends of the earlier links of each entity that was asked for. The links of all random runs share it.
    earlier_ends: Arc<Memo<EntityIndex, EarlierEnds>>,
}

/// Ends of the earlier links of an entity.
#[derive(Debug, Default)]
pub(super) struct EarlierEnds {
    /// Groups of the ends that have one.
    pub(super) groups: Vec<GroupIndex>,
    /// Ends without a group, through which paths may lead.
    pub(super) intermediates: Vec<EntityIndex>,
}

impl EarlierEnds {
    /// Returns the ends in order, each once.
    pub(super) fn in_order(mut self) -> Self {
        self.groups.sort_unstable();
        self.groups.dedup();
        self.intermediates.sort_unstable();
        self.intermediates.dedup();
        self
    }
}

/// Weight of a link that derives from a common report, as a share of a stated one.
const CO_REPORT_SHARE: f64 = 0.5;

impl RecentLinks {
    /// Returns the marked links between entities that can connect others.
    pub(super) fn of(analysis: &Analysis, is_recent: &[bool]) -> Self {
        Self::between(analysis, is_recent, Ends::Connecting)
    }

    /// Returns the marked links between some entities.
    pub(super) fn between(analysis: &Analysis, is_recent: &[bool], ends: Ends) -> Self {
        let links = LinkIndex::enumerate(&analysis.resolution.links);
        let marked = links.filter(|(index, _)| is_recent[index.index()]);
        let all = marked.filter_map(|(index, link)| {
            let share = if link.layer == Layer::CoReport { CO_REPORT_SHARE } else { 1.0 };
            Some(RecentLink {
                from: link.from,
                to: link.to,
                weight: link.weight * share,
                link: index,
                is_introduced: false,
                stratum: stratum(analysis, link, ends)?,
            })
        });
        Self::new(all.collect(), is_recent.into(), analysis.context.class.len())
    }

    /// Returns the marked links between entities that can connect others, one for each account of a link.
    pub(super) fn reported(analysis: &Analysis, is_recent: &[bool]) -> Self {
        let links = Self::of(analysis, is_recent);
        let recent: Vec<(LinkIndex, f64)> = links.all.iter().map(|link| (link.link, link.weight)).collect();
        let all_links = LinkIndex::enumerate(&analysis.resolution.links);
        let earlier = all_links.filter(|(index, link)| {
            links.is_earlier(*index) && stratum(analysis, link, Ends::Connecting).is_some()
        });
        let accounts = Accounts::of(analysis, &recent, earlier.flat_map(|(_, link)| [link.from, link.to]));
        let of_link: BTreeMap<LinkIndex, &RecentLink> =
            links.all.iter().map(|link| (link.link, link)).collect();
        let claims = accounts.claims.iter().map(|claim| RecentLink {
            weight: claim.weight,
            is_introduced: matches!((claim.from, claim.to), (End::Introduced(_), End::Introduced(_))),
            ..*of_link[&claim.link]
        });
        let all: Vec<RecentLink> = claims.collect();
        let accounts = Some(Arc::new(accounts));
        Self { accounts, ..Self::new(all, Arc::clone(&links.is_recent), analysis.context.class.len()) }
    }

    fn new(all: Vec<RecentLink>, is_recent: Arc<[bool]>, entities: usize) -> Self {
        let mut starts = vec![0_u32; entities + 1];
        let links = || (0..).zip(&all).filter(|(_, link)| link.from != link.to);
        for (_, link) in links() {
            starts[link.from.index()] += 1;
            starts[link.to.index()] += 1;
        }
        // Each row is filled from its end, so its start is right when the row is full.
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut ends = vec![(EntityIndex::default(), 0); sum as usize];
        for (position, link) in links() {
            for (end, other) in [(link.from, link.to), (link.to, link.from)] {
                let start = &mut starts[end.index()];
                *start -= 1;
                ends[*start as usize] = (other, position);
            }
        }
        Self { all, is_recent, starts, ends, urns: None, accounts: None, earlier_ends: Arc::default() }
    }

    /// Returns the ends of the earlier links of an entity. `find` finds them when they are asked for first; it may depend on the
    /// earlier links only.
    pub(super) fn earlier_ends(
        &self,
        entity: EntityIndex,
        find: impl FnOnce() -> EarlierEnds,
    ) -> Arc<EarlierEnds> {
        self.earlier_ends.get(entity, find)
    }

    /// Returns the links of an entity, each with its other end.
    pub(super) fn links_of(&self, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, &RecentLink)> {
        let row = self.starts[entity.index()] as usize..self.starts[entity.index() + 1] as usize;
        self.ends[row].iter().map(|(other, position)| (*other, &self.all[*position as usize]))
    }

    /// Returns whether a link is an earlier one: neither it nor a link in its place is recent.
    pub(super) fn is_earlier(&self, link: LinkIndex) -> bool {
        !self.is_recent[link.index()]
    }

    /// Returns the number of links of an entity.
    pub(super) fn degree(&self, entity: EntityIndex) -> usize {
        (self.starts[entity.index() + 1] - self.starts[entity.index()]) as usize
    }

    /// Returns a random run: in each stratum the target ends in random order.
    pub(super) fn rewired(&self, strata: &Strata, random: &mut ChaCha8Rng) -> Self {
        let mut all = self.all.clone();
        for stratum in &strata.all {
            let links: Vec<(EntityIndex, EntityIndex)> = stratum
                .positions
                .iter()
                .map(|at| &self.all[*at as usize])
                .map(|link| (link.from, link.to))
                .collect();
            let targets = exchanged(&links, &stratum.linked_before, random);
            for (at, target) in stratum.positions.iter().zip(targets) {
                all[*at as usize].to = target;
            }
        }
        self.with_links(all)
    }

    /// Returns these links with the ends that random runs draw.
    pub(super) fn with_urns(self, analysis: &Analysis, ends: Ends) -> Self {
        let urns = Urns::of(analysis, &self, ends);
        Self { urns: Some(Arc::new(urns)), ..self }
    }

    /// Returns the mean weight that random runs give the links among some entities, ascending, without introduced links; `None`
    /// without accounts.
    pub(super) fn mean_weight_among(&self, members: &[EntityIndex]) -> Option<f64> {
        self.accounts.as_ref().map(|accounts| accounts.mean_weight_among(members))
    }

    /// Returns other links of the same run.
    fn with_links(&self, all: Vec<RecentLink>) -> Self {
        let (urns, accounts) = (self.urns.clone(), self.accounts.clone());
        let earlier_ends = Arc::clone(&self.earlier_ends);
        let drawn = Self::new(all, Arc::clone(&self.is_recent), self.starts.len() - 1);
        Self { urns, accounts, earlier_ends, ..drawn }
    }

    /// Returns a random run: each account has drawn citations, or each link has two drawn ends. Without ends to draw, it returns the
    /// same links.
    pub(super) fn drawn(&self, random: &mut ChaCha8Rng) -> Self {
        let mut all = self.all.clone();
        if let Some(accounts) = &self.accounts {
            for (link, (from, to)) in all.iter_mut().zip(accounts.drawn(random)) {
                (link.from, link.to) = (from, to);
            }
        }
        for urn in self.urns.iter().flat_map(|urns| &urns.all) {
            for (at, (from, to)) in urn.positions.iter().zip(urn.draw(&self.all, random)) {
                let link = &mut all[*at as usize];
                (link.from, link.to) = (from, to);
            }
        }
        self.with_links(all)
    }
}

/// Returns the stratum of a link; `None` if it cannot connect its ends.
fn stratum(analysis: &Analysis, link: &Link, ends: Ends) -> Option<(Layer, Class, Class)> {
    let context = &analysis.context;
    let is_of_layer = !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target);
    let is_counted = is_of_layer && !link.is_event();
    let class = |end: EntityIndex| context.class[end.index()];
    (is_counted && ends.contains(analysis, link.from) && ends.contains(analysis, link.to))
        .then(|| (link.layer, class(link.from), class(link.to)))
}

/// Number of times that a link draws another target, if it cannot have the one that it drew.
const TRIES: usize = 16;

/// Strata of the recent links, for random runs.
pub(super) struct Strata {
    all: Vec<Stratum>,
}

/// Links of one layer and one pair of classes.
#[derive(Default)]
struct Stratum {
    /// Positions of its recent links.
    positions: Vec<u32>,
    /// Ends of the earlier links whose start has a recent link. A recent link is new, so no random run may repeat an earlier one.
    linked_before: LinkedPairs,
}

impl Strata {
    /// Groups recent links by stratum.
    pub(super) fn of(analysis: &Analysis, recent_links: &RecentLinks) -> Self {
        let mut by_key: BTreeMap<(Layer, Class, Class), (Vec<u32>, Vec<_>)> = BTreeMap::new();
        let mut has_recent = vec![false; analysis.context.class.len()];
        for (position, link) in (0..).zip(&recent_links.all) {
            by_key.entry(link.stratum).or_default().0.push(position);
            has_recent[link.from.index()] = true;
        }
        let links = LinkIndex::enumerate(&analysis.resolution.links);
        for (_, link) in links.filter(|(index, _)| recent_links.is_earlier(*index)) {
            let of_key = stratum(analysis, link, Ends::Connecting).and_then(|key| by_key.get_mut(&key));
            if let Some((_, linked_before)) = of_key.filter(|_| has_recent[link.from.index()]) {
                linked_before.push((link.from, link.to));
            }
        }
        let stratum =
            |(positions, linked_before)| Stratum { positions, linked_before: LinkedPairs::of(linked_before) };
        Self { all: by_key.into_values().map(stratum).collect() }
    }
}

/// Ends of all links of each pair of classes, for random runs that draw both ends of a recent link. A layer alone may have
/// few links, and all of them may be those of the instance.
struct Urns {
    all: Vec<Urn>,
}

/// Ends that links of one pair of classes may draw. An entity is there once for each earlier link, and once
/// more if it has a recent one. So a new entity can be drawn, and its own recent links do not make it frequent.
#[derive(Default)]
struct Urn {
    /// Positions of its recent links.
    positions: Vec<u32>,
    /// Ascending, as are the targets.
    starts: Vec<EntityIndex>,
    targets: Vec<EntityIndex>,
    /// Ends of the earlier links. A recent link is new, so no random run may repeat an earlier one.
    linked_before: LinkedPairs,
}

impl Urns {
    /// Groups the recent links by the classes of their ends, with the ends of all links of these classes.
    fn of(analysis: &Analysis, recent_links: &RecentLinks, ends: Ends) -> Self {
        let classes = |(_, from, to): (Layer, Class, Class)| (from, to);
        let mut by_key: BTreeMap<(Class, Class), (Urn, Vec<_>)> = BTreeMap::new();
        for (position, link) in (0..).zip(&recent_links.all) {
            let (urn, _) = by_key.entry(classes(link.stratum)).or_default();
            urn.positions.push(position);
            urn.starts.push(link.from);
            urn.targets.push(link.to);
        }
        for (urn, _) in by_key.values_mut() {
            for of_recent in [&mut urn.starts, &mut urn.targets] {
                of_recent.sort_unstable();
                of_recent.dedup();
            }
        }
        let links = LinkIndex::enumerate(&analysis.resolution.links);
        for (_, link) in links.filter(|(index, _)| recent_links.is_earlier(*index)) {
            let urn = stratum(analysis, link, ends).and_then(|key| by_key.get_mut(&classes(key)));
            if let Some((urn, linked_before)) = urn {
                urn.starts.push(link.from);
                urn.targets.push(link.to);
                linked_before.push((link.from, link.to));
            }
        }
        let sorted = |(mut urn, linked_before): (Urn, Vec<_>)| {
            urn.starts.sort_unstable();
            urn.targets.sort_unstable();
            Urn { linked_before: LinkedPairs::of(linked_before), ..urn }
        };
        Self { all: by_key.into_values().map(sorted).collect() }
    }
}

impl Urn {
    /// Draws the ends of each recent link. A link that finds no free pair keeps its own ends.
    fn draw(&self, links: &[RecentLink], random: &mut ChaCha8Rng) -> Vec<(EntityIndex, EntityIndex)> {
        let mut taken: HashSet<(EntityIndex, EntityIndex)> = HashSet::with_capacity(self.positions.len());
        let mut one = |ends: &[EntityIndex]| ends[below(random, ends.len() as u32) as usize];
        self.positions
            .iter()
            .map(|at| {
                let own = &links[*at as usize];
                (0..TRIES)
                    .map(|_| (one(&self.starts), one(&self.targets)))
                    .find(|pair| {
                        pair.0 != pair.1 && !self.linked_before.contains(*pair) && taken.insert(*pair)
                    })
                    .unwrap_or((own.from, own.to))
            })
            .collect()
    }
}

/// Returns a random target for each link: the targets of all links, drawn without replacement.
///
/// No link becomes a link of an entity to itself, an earlier link, or a second link of the same ends, so a dense
/// stratum keeps its degrees. A link that can have no other target keeps its own.
fn exchanged(
    links: &[(EntityIndex, EntityIndex)],
    linked_before: &LinkedPairs,
    random: &mut ChaCha8Rng,
) -> Vec<EntityIndex> {
    let mut targets: Vec<EntityIndex> = links.iter().map(|(_, target)| *target).collect();
    let mut drawn: HashSet<(EntityIndex, EntityIndex)> = HashSet::with_capacity(links.len());
    for (position, (from, own)) in links.iter().enumerate() {
        let mut is_free = |target: EntityIndex| {
            target != *from && !linked_before.contains((*from, target)) && drawn.insert((*from, target))
        };
        let choice = (0..TRIES)
            .map(|_| position + below(random, (targets.len() - position) as u32) as usize)
            .find(|choice| is_free(targets[*choice]));
        match choice {
            Some(choice) => targets.swap(position, choice),
            None => targets[position] = *own,
        }
    }
    targets
}

/// Age of the activity of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// News of the recent window.
    Fresh,
    /// During the pause of an entity that is dormant: within [`features::PAUSE_MIN`] days.
    DuringPause,
    /// Before that, or without a known time.
    Old,
}

/// Returns the age of each link. A link with news is fresh; the last activity decides the age of other links.
pub(super) fn ages(analysis: &Analysis) -> Vec<Age> {
    let pause_start = analysis.view.as_of().valid_at.days_earlier(features::PAUSE_MIN);
    let age = |(link, news): (&Link, &f64)| {
        let has_dates = |record: &&RecordIndex| analysis[**record].content.seen() != Span::default();
        let last_activity = || {
            let dated = link.records.iter().filter(has_dates);
            dated.filter_map(|&record| features::prior_activity(analysis, record)).max()
        };
        match *news > 0.0 {
            true => Age::Fresh,
            false if last_activity().is_some_and(|last| last > pause_start) => Age::DuringPause,
            false => Age::Old,
        }
    };
    analysis.resolution.links.iter().zip(&analysis.context.news).map(age).collect()
}

/// Returns the links of each stratum: a layer and a pair of classes.
pub(super) fn strata(analysis: &Analysis) -> Vec<Vec<LinkIndex>> {
    let class = |end: EntityIndex| analysis.context.class[end.index()];
    let mut by_key: BTreeMap<(Layer, Class, Class), Vec<LinkIndex>> = BTreeMap::new();
    for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
        by_key.entry((link.layer, class(link.from), class(link.to))).or_default().push(index);
    }
    by_key.into_values().collect()
}

/// Returns a random run: the ages of each stratum are drawn at random among its links.
pub(super) fn redated(strata: &[Vec<LinkIndex>], ages: &[Age], random: &mut ChaCha8Rng) -> Vec<Age> {
    let mut drawn_ages = vec![Age::Old; ages.len()];
    for stratum in strata {
        let rare = stratum.iter().map(|link| ages[link.index()]).filter(|age| *age != Age::Old);
        let mut links = stratum.clone();
        for (position, age) in rare.enumerate() {
            let drawn = position + below(random, (links.len() - position) as u32) as usize;
            links.swap(position, drawn);
            drawn_ages[links[position].index()] = age;
        }
    }
    drawn_ages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn entity(number: u32) -> EntityIndex {
        EntityIndex::first(number as usize + 1).last().expect("at least one")
    }

    fn pairs(of: &[(u32, u32)]) -> Vec<(EntityIndex, EntityIndex)> {
        of.iter().map(|(from, to)| (entity(*from), entity(*to))).collect()
    }

    #[test]
    fn a_dense_stratum_keeps_its_degrees() {
        // Six entities, each linked to all others but one: most exchanges would repeat a link or link an entity to itself.
        let links: Vec<(u32, u32)> = (0..6)
            .flat_map(|from| (0..6).map(move |to| (from, to)))
            .filter(|(from, to)| from != to && (from + 1) % 6 != *to)
            .collect();
        let links = pairs(&links);
        for draw in 0..50 {
            let targets = exchanged(&links, &LinkedPairs::default(), &mut random::open(7, draw));
            let mut drawn: Vec<_> = links.iter().map(|(from, _)| *from).zip(targets).collect();
            assert!(drawn.iter().all(|(from, to)| from != to), "{drawn:?}");
            drawn.sort_unstable();
            drawn.dedup();
            // A link that keeps its own target may repeat another one.
            assert!(
                drawn.len() + 2 >= links.len(),
                "draw {draw}: {} of {} links differ",
                drawn.len(),
                links.len()
            );
        }
    }

    #[test]
    fn no_random_run_repeats_an_earlier_link() {
        let links = pairs(&[(0, 10), (0, 11), (1, 12), (1, 13)]);
        let before = pairs(&[(0, 12), (0, 14)]);
        let linked_before = LinkedPairs::of(before.clone());
        for draw in 0..50 {
            let targets = exchanged(&links, &linked_before, &mut random::open(3, draw));
            let drawn: Vec<_> = links.iter().map(|(from, _)| *from).zip(targets).collect();
            assert!(drawn.iter().all(|pair| !before.contains(pair)), "{drawn:?}");
        }
    }

    #[test]
    fn drawn_ends_follow_earlier_links_and_repeat_none() {
        // Entity 0 has nine earlier links, entity 1 one, and entity 2 only recent ones.
        let link = |number: u32, from: u32, to: u32| RecentLink {
            from: entity(from),
            to: entity(to),
            weight: 1.0,
            is_introduced: false,
            link: LinkIndex::first(number as usize + 1).last().expect("at least one"),
            stratum: (Layer::Capability, Class::Actor, Class::Capability),
        };
        let links = [link(0, 2, 20), link(1, 2, 21), link(2, 2, 22)];
        let mut before: Vec<(u32, u32)> = (10..19).map(|to| (0, to)).collect();
        before.push((1, 19));
        let before = pairs(&before);
        let urn = Urn {
            positions: vec![0, 1, 2],
            starts: before.iter().map(|pair| pair.0).chain([entity(2)]).collect(),
            targets: before.iter().map(|pair| pair.1).chain((20..23).map(entity)).collect(),
            linked_before: LinkedPairs::of(before.clone()),
        };
        let mut starts = [0; 3];
        for draw in 0..1000 {
            let drawn = urn.draw(&links, &mut random::open(5, draw));
            assert!(drawn.iter().all(|pair| !before.contains(pair)), "{drawn:?}");
            for (from, _) in drawn {
                starts[from.index()] += 1;
            }
        }
        // Of the 13 targets, entity 0 is linked to nine, and each other entity to at most one.
        let shares = starts.map(|count| f64::from(count) / 3000.0);
        let free = [9.0 * 4.0, 12.0, 13.0].map(|pairs| pairs / 61.0);
        let is_near = |(share, free): (&f64, &f64)| (share - free).abs() < 0.04;
        assert!(shares.iter().zip(&free).all(is_near), "{shares:?}, not about {free:?}");
    }

    #[test]
    fn links_without_another_target_keep_their_own() {
        let links = pairs(&[(0, 1), (1, 0)]);
        let targets = exchanged(&links, &LinkedPairs::default(), &mut random::open(1, 0));
        assert_eq!(targets, [entity(1), entity(0)]);
    }
}
