//! Recent ties as patterns count them, and random nights to compare with.
//!
//! Two kinds of random night, both of equal degrees in each layer: *rewired*, where the far
//! ends of the recent links change places within a layer and class of ends, asks whether
//! who was tied to whom could be chance; *relabelled*, where every link stays and which of a
//! layer's links are the recent ones is drawn anew, asks whether their coming together in
//! time could be.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;

use crate::{
    community::random::below,
    entity::EntityIndex,
    link::Layer,
    survey::{Class, LinkIndex, Scene, Survey},
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
    /// Each tie from both ends: end, other end, position in `all`; sorted.
    ends: Vec<(EntityIndex, EntityIndex, u32)>,
}

/// A tie to a report's member is worth half of a stated one.
const NAMED_TOGETHER: f64 = 0.5;

impl Ties {
    /// Returns the ties of marked links between entities that can tie others.
    pub(super) fn of(survey: &Survey, is_recent: &[bool]) -> Self {
        let scene = &survey.scene;
        let mut all = Vec::new();
        for (at, link) in (0..).zip(&survey.resolution.links).filter(|(at, _)| is_recent[*at as usize]) {
            let is_tie = !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target);
            if is_tie && scene.can_tie(link.from) && scene.can_tie(link.to) {
                let share = if link.layer == Layer::CoReport { NAMED_TOGETHER } else { 1.0 };
                let class = |end: EntityIndex| scene.class[end as usize];
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
        Self::new(all)
    }

    fn new(all: Vec<Tie>) -> Self {
        let mut ends: Vec<(EntityIndex, EntityIndex, u32)> = (0..)
            .zip(&all)
            .filter(|(_, tie)| tie.from != tie.to)
            .flat_map(|(at, tie)| [(tie.from, tie.to, at), (tie.to, tie.from, at)])
            .collect();
        ends.sort_unstable();
        Self { all, ends }
    }

    /// Returns the ties of an entity: the other end, and the tie.
    pub(super) fn near(&self, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, &Tie)> {
        let from = self.ends.partition_point(|(end, ..)| *end < entity);
        self.ends[from..]
            .iter()
            .take_while(move |(end, ..)| *end == entity)
            .map(|(_, other, tie)| (*other, &self.all[*tie as usize]))
    }

    /// Returns a random night: the far ends of each stratum in another order.
    pub(super) fn rewired(&self, random: &mut ChaCha8Rng) -> Self {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by_key(|&at| (self.all[at].stratum, at));
        let mut all = self.all.clone();
        for stratum in order.chunk_by(|&a, &b| self.all[a].stratum == self.all[b].stratum) {
            for place in (1..stratum.len()).rev() {
                let other = below(random, place as u32 + 1) as usize;
                let to = all[stratum[place]].to;
                all[stratum[place]].to = all[stratum[other]].to;
                all[stratum[other]].to = to;
            }
        }
        Self::new(all)
    }
}

/// Returns a random night: as many links of each layer marked as recent, others than those that are.
pub(super) fn relabelled(survey: &Survey, is_recent: &[bool], random: &mut ChaCha8Rng) -> Vec<bool> {
    let mut of_layer: Vec<Vec<usize>> = vec![Vec::new(); Layer::ALL.len()];
    for (at, link) in survey.resolution.links.iter().enumerate() {
        of_layer[link.layer as usize].push(at);
    }
    let mut drawn = vec![false; is_recent.len()];
    for links in &mut of_layer {
        let recent = links.iter().filter(|at| is_recent[**at]).count();
        for place in 0..recent {
            let other = place + below(random, (links.len() - place) as u32) as usize;
            links.swap(place, other);
            drawn[links[place]] = true;
        }
    }
    drawn
}

/// An operation, indicator or report tied to more groups than this stands for none of them.
const NAMED_MAX: usize = 2;

/// Returns an entity's marked ties to established groups, in order of group and link: direct
/// ones, and, at half their weight, those through an operation, indicator or report that
/// stands in no group itself. Links that only complete such a tie have weight 0.
pub(super) fn by_group(
    survey: &Survey,
    entity: EntityIndex,
    is_marked: impl Fn(LinkIndex) -> bool,
) -> Vec<(u32, f64, LinkIndex)> {
    let scene: &Scene = &survey.scene;
    let weight = |link: LinkIndex| survey.resolution.links[link as usize].weight;
    let mut found = Vec::new();
    for &(other, link) in &scene.near[entity as usize] {
        if !scene.can_tie(other) || !is_marked(link) {
            continue;
        }
        if let Some(group) = scene.group_of[other as usize] {
            found.push((group, weight(link), link));
        } else if matches!(
            scene.class[other as usize],
            Class::Operation | Class::Indicator | Class::Container
        ) {
            let beyond: Vec<(u32, LinkIndex)> = scene.near[other as usize]
                .iter()
                .filter(|(third, _)| *third != entity && scene.can_tie(*third))
                .filter(|(third, _)| scene.class[*third as usize].is_principal())
                .filter_map(|(third, onward)| Some((scene.group_of[*third as usize]?, *onward)))
                .collect();
            let groups: BTreeSet<u32> = beyond.iter().map(|(group, _)| *group).collect();
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
