//! Recent ties as patterns count them, and random nights to compare with.
//!
//! Three kinds of random night, all of equal degrees in each layer: *rewired*, where the far
//! ends of the recent links change places within a layer and class of ends, asks whether
//! who was tied to whom could be chance; *relabelled*, where every link stays and which of a
//! layer's links are the recent ones is drawn anew, asks whether their coming together in
//! time could be; *redated*, where how old each link's activity is is dealt out anew, asks
//! whether a pause with news after it could be.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;

use crate::{
    analysis::{Analysis, Class, PatternContext},
    features,
    index::{EntityIndex, GroupIndex, LinkIndex, RecordIndex},
    link::{Layer, Link},
    random::below,
    time::Span,
};

/// One recent tie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tie {
    pub(super) from: EntityIndex,
    pub(super) to: EntityIndex,
    pub(super) weight: f64,
    pub(super) link: LinkIndex,
    /// Ends are exchanged within one of these.
    stratum: (Layer, Class, Class),
}

/// Recent ties, found by either end.
pub(super) struct Ties {
    pub(super) all: Vec<Tie>,
    /// Positions in `all`, stratum by stratum.
    by_stratum: Vec<u32>,
    /// Where each entity's row of `ends` begins, and where the last one ends.
    starts: Vec<u32>,
    /// Each tie from both ends: other end, position in `all`.
    ends: Vec<(EntityIndex, u32)>,
}

/// A tie to a report's member is worth half of a stated one.
const NAMED_TOGETHER: f64 = 0.5;

impl Ties {
    /// Returns the ties of marked links between entities that can tie others.
    pub(super) fn of(analysis: &Analysis, is_recent: &[bool]) -> Self {
        let context = &analysis.context;
        let mut all = Vec::new();
        let links = LinkIndex::enumerate(&analysis.resolution.links);
        for (at, link) in links.filter(|(at, _)| is_recent[at.index()]) {
            let is_tie = !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target);
            if is_tie && context.can_connect(link.from) && context.can_connect(link.to) {
                let share = if link.layer == Layer::CoReport { NAMED_TOGETHER } else { 1.0 };
                let class = |end: EntityIndex| context.class[end.index()];
                let stratum = (link.layer, class(link.from), class(link.to));
                all.push(Tie {
                    from: link.from,
                    to: link.to,
                    weight: link.weight * share,
                    link: at,
                    stratum,
                });
            }
        }
        let mut by_stratum: Vec<u32> = (0..all.len() as u32).collect();
        by_stratum.sort_by_key(|&at| (all[at as usize].stratum, at));
        Self::new(all, by_stratum, context.class.len())
    }

    fn new(all: Vec<Tie>, by_stratum: Vec<u32>, entities: usize) -> Self {
        let mut starts = vec![0_u32; entities + 1];
        let ties = || (0..).zip(&all).filter(|(_, tie)| tie.from != tie.to);
        for (_, tie) in ties() {
            starts[tie.from.index()] += 1;
            starts[tie.to.index()] += 1;
        }
        // Each row is filled from its end: its start is what is left.
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut ends = vec![(EntityIndex::default(), 0); sum as usize];
        for (at, tie) in ties() {
            for (end, other) in [(tie.from, tie.to), (tie.to, tie.from)] {
                let start = &mut starts[end.index()];
                *start -= 1;
                ends[*start as usize] = (other, at);
            }
        }
        Self { all, by_stratum, starts, ends }
    }

    /// Returns the ties of an entity: the other end, and the tie.
    pub(super) fn near(&self, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, &Tie)> {
        let row = self.starts[entity.index()] as usize..self.starts[entity.index() + 1] as usize;
        self.ends[row].iter().map(|(other, tie)| (*other, &self.all[*tie as usize]))
    }

    /// Returns a random night: the far ends of each stratum in another order.
    pub(super) fn rewired(&self, random: &mut ChaCha8Rng) -> Self {
        let mut all = self.all.clone();
        let is_one = |a: &u32, b: &u32| self.all[*a as usize].stratum == self.all[*b as usize].stratum;
        for stratum in self.by_stratum.chunk_by(is_one) {
            for place in (1..stratum.len()).rev() {
                let other = below(random, place as u32 + 1) as usize;
                let (here, there) = (stratum[place] as usize, stratum[other] as usize);
                let to = all[here].to;
                all[here].to = all[there].to;
                all[there].to = to;
            }
        }
        Self::new(all, self.by_stratum.clone(), self.starts.len() - 1)
    }
}

/// How old what a link tells of is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// News of the recent nights.
    Fresh,
    /// Of the days in which what is dormant was quiet.
    Lately,
    /// Older, or of no known time.
    Old,
}

/// Returns the age of each link: news of the recent nights, else by its last activity.
pub(super) fn ages(analysis: &Analysis) -> Vec<Age> {
    let lately = analysis.view.as_of().valid_at.days_earlier(features::PAUSE_MIN);
    let age = |(link, news): (&Link, &f64)| {
        let was_seen = |at: &&RecordIndex| analysis[**at].content.seen != Span::default();
        let active = || {
            let seen = link.records.iter().filter(was_seen);
            seen.filter_map(|&at| features::prior_activity(analysis, at)).max()
        };
        match *news > 0.0 {
            true => Age::Fresh,
            false if active().is_some_and(|last| last > lately) => Age::Lately,
            false => Age::Old,
        }
    };
    analysis.resolution.links.iter().zip(&analysis.context.news).map(age).collect()
}

/// Positions of the links of each layer.
pub(super) fn layers(analysis: &Analysis) -> Vec<Vec<LinkIndex>> {
    let mut of_layer: Vec<Vec<LinkIndex>> = vec![Vec::new(); Layer::ALL.len()];
    for (at, link) in LinkIndex::enumerate(&analysis.resolution.links) {
        of_layer[link.layer as usize].push(at);
    }
    of_layer
}

/// Returns a random night: the labels of each layer, all but the common one, dealt out anew among its links.
pub(super) fn relabelled<Label: Copy + PartialEq>(
    layers: &[Vec<LinkIndex>],
    labels: &[Label],
    common: Label,
    random: &mut ChaCha8Rng,
) -> Vec<Label> {
    let mut dealt = vec![common; labels.len()];
    for layer in layers {
        let rare = layer.iter().map(|at| labels[at.index()]).filter(|label| *label != common);
        let mut links = layer.clone();
        for (place, label) in rare.enumerate() {
            let other = place + below(random, (links.len() - place) as u32) as usize;
            links.swap(place, other);
            dealt[links[place].index()] = label;
        }
    }
    dealt
}

/// An operation, indicator or report tied to more groups than this stands for none of them.
const NAMED_MAX: usize = 2;

/// Returns an entity's marked ties to established groups, in order of group and link: direct
/// ones, and, at half their weight, those through an operation, indicator or report that
/// stands in no group itself. What has its name and is as new counts with it. Links that only complete such a tie have weight 0.
pub(super) fn by_group(
    analysis: &Analysis,
    entity: EntityIndex,
    is_marked: impl Fn(LinkIndex) -> bool,
) -> Vec<(GroupIndex, f64, LinkIndex)> {
    let context: &PatternContext = &analysis.context;
    let weight = |link: LinkIndex| analysis[link].weight;
    let near =
        |at: EntityIndex| context.named(at).flat_map(|one| context.neighbours[one.index()].iter().copied());
    let mut found = Vec::new();
    for (other, link) in near(entity) {
        if !context.can_connect(other) || !is_marked(link) {
            continue;
        }
        if let Some(group) = context.group_of[other.index()] {
            found.push((group, weight(link), link));
        } else if matches!(context.class[other.index()], Class::Activity | Class::Indicator | Class::Report) {
            let beyond: Vec<(GroupIndex, LinkIndex)> = near(other)
                .filter(|(third, _)| {
                    context.named(entity).all(|own| own != *third) && context.can_connect(*third)
                })
                .filter(|(third, _)| context.class[third.index()].is_principal())
                .filter_map(|(third, onward)| Some((context.group_of[third.index()]?, onward)))
                .collect();
            let groups: BTreeSet<GroupIndex> = beyond.iter().map(|(group, _)| *group).collect();
            if groups.len() <= NAMED_MAX {
                for (group, onward) in beyond {
                    found.push((group, 0.5 * weight(link).min(weight(onward)), link));
                    found.push((group, 0.0, onward));
                }
            }
        }
    }
    found.sort_by(|a, b| (a.0, a.2).cmp(&(b.0, b.2)).then_with(|| a.1.total_cmp(&b.1)));
    found
}
