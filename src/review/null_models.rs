//! Null models: recent links as patterns count them, and random runs for comparison.
//!
//! Each kind of random run keeps the degrees in each layer, and links no pair twice:
//!
//! - *Rewired*: the target ends of the recent links are exchanged within a layer and pair of classes. It tests whether the
//!   pairs of linked entities could be chance.
//! - *Rewired with earlier links*: they are exchanged with as many ends of the latest earlier links, too. It tests whether
//!   new entities have links to each other rather than to the known ones. Without the earlier ends, the links of a week
//!   with one report could only give this report again.
//! - *Relabelled*: every link stays, and the recent links of each layer are drawn at random. It tests whether the
//!   coincidence in time could be chance.
//! - *Redated*: the ages of the activity are drawn at random among the links of each layer. It tests whether a pause
//!   with news after it could be chance.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rand_chacha::ChaCha8Rng;

use crate::{
    analysis::{Analysis, Class, PatternContext},
    features,
    index::{EntityIndex, GroupIndex, LinkIndex, RecordIndex},
    link::{LAYERS, Layer, Link},
    random::below,
    time::{Moment, Span},
};

/// One recent link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RecentLink {
    pub(super) from: EntityIndex,
    pub(super) to: EntityIndex,
    pub(super) weight: f64,
    pub(super) link: LinkIndex,
    /// Layer and classes of the ends. A random run exchanges ends within a stratum.
    stratum: (Layer, Class, Class),
}

/// Recent links, indexed by both ends.
pub(super) struct RecentLinks {
    pub(super) all: Vec<RecentLink>,
    /// Start of each entity's row of `ends`, and the end of the last row.
    starts: Vec<u32>,
    /// Each link from both ends: other end, position in `all`.
    ends: Vec<(EntityIndex, u32)>,
}

/// Weight of a link that derives from a common report, as a share of a stated one.
const CO_REPORT_SHARE: f64 = 0.5;

impl RecentLinks {
    /// Returns the marked links between entities that can connect others.
    pub(super) fn of(analysis: &Analysis, is_recent: &[bool]) -> Self {
        let links = LinkIndex::enumerate(&analysis.resolution.links);
        let marked = links.filter(|(index, _)| is_recent[index.index()]);
        let all = marked.filter_map(|(index, link)| {
            let share = if link.layer == Layer::CoReport { CO_REPORT_SHARE } else { 1.0 };
            Some(RecentLink {
                from: link.from,
                to: link.to,
                weight: link.weight * share,
                link: index,
                stratum: stratum(analysis, link)?,
            })
        });
        Self::new(all.collect(), analysis.context.class.len())
    }

    fn new(all: Vec<RecentLink>, entities: usize) -> Self {
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
        Self { all, starts, ends }
    }

    /// Returns the links of an entity, each with its other end.
    pub(super) fn links_of(&self, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, &RecentLink)> {
        let row = self.starts[entity.index()] as usize..self.starts[entity.index() + 1] as usize;
        self.ends[row].iter().map(|(other, position)| (*other, &self.all[*position as usize]))
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
            let targets = exchanged(&links, &stratum.borrowed, &stratum.linked_before, random);
            for (at, target) in stratum.positions.iter().zip(targets) {
                all[*at as usize].to = target;
            }
        }
        Self::new(all, self.starts.len() - 1)
    }
}

/// Returns the stratum of a link; `None` if it cannot connect its ends.
fn stratum(analysis: &Analysis, link: &Link) -> Option<(Layer, Class, Class)> {
    let context = &analysis.context;
    let is_of_layer = !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target);
    let is_counted = is_of_layer && !link.is_event();
    let class = |end: EntityIndex| context.class[end.index()];
    (is_counted && context.can_connect(link.from) && context.can_connect(link.to))
        .then(|| (link.layer, class(link.from), class(link.to)))
}

/// Fewest target ends that a stratum with earlier links exchanges.
const EXCHANGED_MIN: usize = 100;
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
    /// Target ends of the latest earlier links.
    borrowed: Vec<EntityIndex>,
    /// Ends of the earlier links whose start has a recent link, ascending. A recent link is new, so no random run may
    /// repeat an earlier one.
    linked_before: Vec<(EntityIndex, EntityIndex)>,
}

impl Strata {
    /// Groups recent links by stratum. `borrows` adds target ends of the latest earlier links to each stratum.
    pub(super) fn of(analysis: &Analysis, recent_links: &RecentLinks, borrows: bool) -> Self {
        let mut by_key: BTreeMap<(Layer, Class, Class), Stratum> = BTreeMap::new();
        let (mut has_recent, mut is_recent) =
            (vec![false; analysis.context.class.len()], vec![false; analysis.resolution.links.len()]);
        for (position, link) in (0..).zip(&recent_links.all) {
            by_key.entry(link.stratum).or_default().positions.push(position);
            has_recent[link.from.index()] = true;
            is_recent[link.link.index()] = true;
        }
        let mut earlier: BTreeMap<(Layer, Class, Class), Vec<(Moment, EntityIndex)>> = BTreeMap::new();
        let links = LinkIndex::enumerate(&analysis.resolution.links);
        for (_, link) in links.filter(|(index, _)| !is_recent[index.index()]) {
            let Some(key) = stratum(analysis, link) else { continue };
            let Some(of_key) = by_key.get_mut(&key) else { continue };
            if has_recent[link.from.index()] {
                of_key.linked_before.push((link.from, link.to));
            }
            earlier.entry(key).or_default().push((link.recorded_first, link.to));
        }
        for (key, of_key) in &mut by_key {
            of_key.linked_before.sort_unstable();
            let recent = of_key.positions.len();
            let count = if borrows { recent.max(EXCHANGED_MIN.saturating_sub(recent)) } else { 0 };
            of_key.borrowed = latest(earlier.remove(key).unwrap_or_default(), count);
        }
        Self { all: by_key.into_values().collect() }
    }
}

/// Returns the target ends of about `count` of the latest links. Of links with one recorded time, such as those of a
/// base, it takes one in every few.
fn latest(mut earlier: Vec<(Moment, EntityIndex)>, count: usize) -> Vec<EntityIndex> {
    earlier.sort_unstable_by(|a, b| b.cmp(a));
    let mut targets = Vec::new();
    for of_time in earlier.chunk_by(|a, b| a.0 == b.0) {
        let missing = count.saturating_sub(targets.len());
        if missing == 0 {
            break;
        }
        targets.extend(of_time.iter().step_by(of_time.len().div_ceil(missing)).map(|(_, target)| *target));
    }
    targets
}

/// Returns a random target for each link: the targets of all links and the borrowed ones, drawn without replacement.
///
/// No link becomes a link of an entity to itself, an earlier link, or a second link of the same ends, so a dense
/// stratum keeps its degrees. A link that can have no other target keeps its own.
fn exchanged(
    links: &[(EntityIndex, EntityIndex)],
    borrowed: &[EntityIndex],
    linked_before: &[(EntityIndex, EntityIndex)],
    random: &mut ChaCha8Rng,
) -> Vec<EntityIndex> {
    let mut targets: Vec<EntityIndex> =
        links.iter().map(|(_, target)| *target).chain(borrowed.iter().copied()).collect();
    let mut drawn: HashSet<(EntityIndex, EntityIndex)> = HashSet::with_capacity(links.len());
    for (position, (from, own)) in links.iter().enumerate() {
        let mut is_free = |target: EntityIndex| {
            target != *from
                && linked_before.binary_search(&(*from, target)).is_err()
                && drawn.insert((*from, target))
        };
        let choice = (0..TRIES)
            .map(|_| position + below(random, (targets.len() - position) as u32) as usize)
            .find(|choice| is_free(targets[*choice]));
        match choice {
            Some(choice) => targets.swap(position, choice),
            None => targets[position] = *own,
        }
    }
    targets.truncate(links.len());
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

/// Returns the positions of the links of each layer.
pub(super) fn layers(analysis: &Analysis) -> Vec<Vec<LinkIndex>> {
    let mut of_layer: Vec<Vec<LinkIndex>> = vec![Vec::new(); LAYERS.len()];
    for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
        of_layer[link.layer as usize].push(index);
    }
    of_layer
}

/// Returns a random run: the labels of each layer, except the common one, are drawn at random among its links.
pub(super) fn relabelled<Label: Copy + PartialEq>(
    layers: &[Vec<LinkIndex>],
    labels: &[Label],
    common: Label,
    random: &mut ChaCha8Rng,
) -> Vec<Label> {
    let mut drawn_labels = vec![common; labels.len()];
    for layer in layers {
        let rare = layer.iter().map(|link| labels[link.index()]).filter(|label| *label != common);
        let mut links = layer.clone();
        for (position, label) in rare.enumerate() {
            let drawn = position + below(random, (links.len() - position) as u32) as usize;
            links.swap(position, drawn);
            drawn_labels[links[position].index()] = label;
        }
    }
    drawn_labels
}

/// Largest number of groups that an activity, indicator or report may connect an entity with. One with more groups
/// represents none of them.
const GROUPS_MAX: usize = 2;

/// Returns an entity's marked links to established groups, in order of group and link. Direct links have their weight.
/// A path through an activity, indicator or report without a group has half of the smaller weight; its second link has
/// weight 0. New entities of the same name count as one entity.
pub(super) fn links_by_group(
    analysis: &Analysis,
    entity: EntityIndex,
    is_marked: impl Fn(LinkIndex) -> bool,
) -> Vec<(GroupIndex, f64, LinkIndex)> {
    let context: &PatternContext = &analysis.context;
    let weight = |link: LinkIndex| analysis[link].weight;
    let mut group_links = Vec::new();
    for (other, link) in links_of_namesakes(context, entity) {
        if !context.can_connect(other) || !is_marked(link) || analysis[link].is_event() {
            continue;
        }
        if let Some(group) = context.group_of[other.index()] {
            group_links.push((group, weight(link), link));
        } else if matches!(context.class[other.index()], Class::Activity | Class::Indicator | Class::Report) {
            for (group, onward) in onward_links(context, entity, other) {
                group_links.push((group, 0.5 * weight(link).min(weight(onward)), link));
                group_links.push((group, 0.0, onward));
            }
        }
    }
    group_links.sort_by(|a, b| (a.0, a.2).cmp(&(b.0, b.2)).then_with(|| a.1.total_cmp(&b.1)));
    group_links
}

/// Returns the links of an entity and of the new entities of its name, each with its other end.
fn links_of_namesakes(
    context: &PatternContext,
    entity: EntityIndex,
) -> impl Iterator<Item = (EntityIndex, LinkIndex)> {
    context.named(entity).flat_map(|namesake| context.neighbours[namesake.index()].iter().copied())
}

/// Returns the links from an intermediate entity to established groups, each with its group; empty if there are more
/// groups than [`GROUPS_MAX`].
fn onward_links(
    context: &PatternContext,
    entity: EntityIndex,
    intermediate: EntityIndex,
) -> Vec<(GroupIndex, LinkIndex)> {
    let is_other = |third: EntityIndex| context.named(entity).all(|namesake| namesake != third);
    let links: Vec<(GroupIndex, LinkIndex)> = links_of_namesakes(context, intermediate)
        .filter(|(third, _)| is_other(*third) && context.can_connect(*third))
        .filter(|(third, _)| context.class[third.index()].is_principal())
        .filter_map(|(third, onward)| Some((context.group_of[third.index()]?, onward)))
        .collect();
    let groups: BTreeSet<GroupIndex> = links.iter().map(|(group, _)| *group).collect();
    if groups.len() > GROUPS_MAX { Vec::new() } else { links }
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
            let targets = exchanged(&links, &[], &[], &mut random::open(7, draw));
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
        let before = pairs(&[(0, 12), (0, 13), (0, 14)]);
        let borrowed = [entity(14), entity(15), entity(16)];
        for draw in 0..50 {
            let targets = exchanged(&links, &borrowed, &before, &mut random::open(3, draw));
            let drawn: Vec<_> = links.iter().map(|(from, _)| *from).zip(targets).collect();
            assert!(drawn.iter().all(|pair| !before.contains(pair)), "{drawn:?}");
        }
    }

    #[test]
    fn links_without_another_target_keep_their_own() {
        let links = pairs(&[(0, 1), (1, 0)]);
        let targets = exchanged(&links, &[], &[], &mut random::open(1, 0));
        assert_eq!(targets, [entity(1), entity(0)]);
    }

    #[test]
    fn the_latest_targets_are_borrowed_first_and_a_base_in_steps() {
        let base: Vec<(Moment, EntityIndex)> =
            (0..90).map(|at| (Moment::from_micros(1), entity(at))).collect();
        let mut earlier = base.clone();
        earlier.extend((100..104).map(|at| (Moment::from_micros(2), entity(at))));
        let targets = latest(earlier, 10);
        assert_eq!(targets.iter().filter(|target| target.index() >= 100).count(), 4);
        assert_eq!(targets.len(), 10, "six of ninety, evenly spread");
        let first = targets.iter().filter(|target| target.index() < 45).count();
        assert_eq!(first, 3, "{targets:?}");
    }
}
