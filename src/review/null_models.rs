//! Null models: recent links as patterns count them, and random runs for comparison.
//!
//! Each kind of random run keeps the degrees in each layer:
//!
//! - *Rewired*: the target ends of the recent links are exchanged within a layer and pair of classes. It tests whether the
//!   pairs of linked entities could be chance.
//! - *Relabelled*: every link stays, and the recent links of each layer are drawn at random. It tests whether the
//!   coincidence in time could be chance.
//! - *Redated*: the ages of the activity are drawn at random among the links of each layer. It tests whether a pause
//!   with news after it could be chance.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;

use crate::{
    analysis::{Analysis, Class, PatternContext},
    features,
    index::{EntityIndex, GroupIndex, LinkIndex, RecordIndex},
    link::{LAYERS, Layer, Link},
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
    /// Layer and classes of the ends. A random run exchanges ends within a stratum.
    stratum: (Layer, Class, Class),
}

/// Recent links, indexed by both ends.
pub(super) struct RecentLinks {
    pub(super) all: Vec<RecentLink>,
    /// Positions in `all`, stratum by stratum.
    by_stratum: Vec<u32>,
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
        let context = &analysis.context;
        let mut all = Vec::new();
        let links = LinkIndex::enumerate(&analysis.resolution.links);
        for (index, link) in links.filter(|(index, _)| is_recent[index.index()]) {
            let is_counted = !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target);
            if is_counted && context.can_connect(link.from) && context.can_connect(link.to) {
                let share = if link.layer == Layer::CoReport { CO_REPORT_SHARE } else { 1.0 };
                let class = |end: EntityIndex| context.class[end.index()];
                let stratum = (link.layer, class(link.from), class(link.to));
                all.push(RecentLink {
                    from: link.from,
                    to: link.to,
                    weight: link.weight * share,
                    link: index,
                    stratum,
                });
            }
        }
        let mut by_stratum: Vec<u32> = (0..all.len() as u32).collect();
        by_stratum.sort_by_key(|&position| (all[position as usize].stratum, position));
        Self::new(all, by_stratum, context.class.len())
    }

    fn new(all: Vec<RecentLink>, by_stratum: Vec<u32>, entities: usize) -> Self {
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
        Self { all, by_stratum, starts, ends }
    }

    /// Returns the links of an entity, each with its other end.
    pub(super) fn links_of(&self, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, &RecentLink)> {
        let row = self.starts[entity.index()] as usize..self.starts[entity.index() + 1] as usize;
        self.ends[row].iter().map(|(other, position)| (*other, &self.all[*position as usize]))
    }

    /// Returns a random run: the target ends of each stratum in random order.
    pub(super) fn rewired(&self, random: &mut ChaCha8Rng) -> Self {
        let mut all = self.all.clone();
        let stratum = |position: &u32| self.all[*position as usize].stratum;
        for positions in self.by_stratum.chunk_by(|a, b| stratum(a) == stratum(b)) {
            for last in (1..positions.len()).rev() {
                let drawn = below(random, last as u32 + 1) as usize;
                let (one, other) = (positions[last] as usize, positions[drawn] as usize);
                let target = all[one].to;
                all[one].to = all[other].to;
                all[other].to = target;
            }
        }
        Self::new(all, self.by_stratum.clone(), self.starts.len() - 1)
    }
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
        let has_dates = |record: &&RecordIndex| analysis[**record].content.seen != Span::default();
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
        if !context.can_connect(other) || !is_marked(link) {
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
