//! Lineages: communities over the runs, each with a lasting id, and the event of each since the previous run.
//!
//! A lineage keeps a membership weight for each entity. The weight grows in each run in which the entity is a
//! member, and decays in the others. Current communities are matched with these histories one to one, the best
//! agreement first. Of equal agreements the older lineage comes first. Agreement is the weighted Jaccard index of
//! history and members.
//!
//! The method follows Greene, Doyle and Cunningham 2010, "Tracking the evolution of communities in dynamic social
//! networks". A decayed history replaces the members in the previous run.
//!
//! A lineage that had become part of another and leaves it again has split. It is reactivated only if most of its members were in
//! no single community of the previous run.

mod membership;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    resolve::{community_digits, lasting_id},
    time::Moment,
};
pub use membership::MemberId;
use membership::Memberships;

/// Fewest members of a tracked community.
pub const TRACKED_MIN: usize = 3;
/// Least agreement of a community with the lineage that it continues.
const SAME: f64 = 0.25;
/// Share of one community that must come from, or go to, another for a merge or a split.
const PART: f64 = 0.5;
/// Least change of size, as a share, that is growth or shrinking.
const CHANGED_SHARE: f64 = 0.1;
/// Least change of size, in members, that is growth or shrinking.
const CHANGED_MIN: usize = 2;
/// Days after which a lineage without members is dropped.
const KEPT_DAYS: i64 = 400;

/// One community over the runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    /// Lasting id.
    #[serde(deserialize_with = "read_id")]
    pub id: String,
    /// As-of time of the first run that had it.
    pub born: Moment,
    /// As-of time of the last run that had it.
    pub last: Moment,
    /// Number of members in that run.
    pub size: usize,
    /// Membership weight of each entity, from 0 to 1.
    history: Memberships,
    /// Is true for each entity of the history that was a member in the last run.
    was_member: Vec<bool>,
}

/// Reads the id of a lineage.
fn read_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    let is_id = community_digits(&id).is_some();
    if is_id { Ok(id) } else { Err(D::Error::custom("the id of a lineage is not the id of a community")) }
}

/// Every community known so far, in order of age and id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lineages {
    /// As-of time of the last run that they include.
    pub run: Option<Moment>,
    known: Vec<Lineage>,
}

/// Event of a community since the previous run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommunityEvent {
    /// No earlier community is like it.
    Born,
    /// It has about the same members.
    Unchanged,
    /// It has clearly more members.
    Grew,
    /// It has clearly fewer members.
    Shrank,
    /// Another community became part of it.
    Merged,
    /// It was part of another.
    Split,
    /// It had ended, and exists again.
    Reactivated,
}

impl CommunityEvent {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Born => "born",
            Self::Unchanged => "standing",
            Self::Grew => "grew",
            Self::Shrank => "shrank",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Reactivated => "reactivated",
        }
    }
}

/// Lineage and event of a current community.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedCommunity {
    /// Lasting id.
    pub id: String,
    /// As-of time of the first run that had it.
    pub born: Moment,
    /// Event since the previous run.
    pub event: CommunityEvent,
    /// Ids of the lineages that became part of it, or that it was part of.
    pub related_ids: Vec<String>,
}

/// A community of the previous run without a successor.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Its id.
    pub id: String,
    /// Number of members it had.
    pub size: usize,
    /// Lineage that most of it went to; `None` if no lineage did.
    pub into: Option<String>,
}

/// Returns the starting partition for the community search: entities that belonged most to one lineage share a
/// label, and the others are alone. `None` if no entity is in a lineage. `entities` are in order.
pub fn start(lineages: &Lineages, entities: &[MemberId]) -> Option<Vec<u32>> {
    let weights = weights_by_member(lineages);
    let mut weights = weights.chunk_by(|a, b| a.member == b.member).peekable();
    // First entity of each lineage.
    let mut label_of: Vec<Option<u32>> = vec![None; lineages.known.len()];
    let mut is_known = false;
    let label = |(position, entity): (u32, &MemberId)| {
        while weights.next_if(|of_member| of_member[0].member < *entity).is_some() {}
        let of_entity = weights.peek().filter(|of_member| of_member[0].member == *entity);
        let Some(of_entity) = of_entity else { return position };
        is_known = true;
        // Of equal weights the first lineage counts.
        let best = of_entity.iter().rev().max_by(|a, b| a.weight.total_cmp(&b.weight));
        let lineage = best.map_or(0, |best| best.lineage);
        *label_of[lineage as usize].get_or_insert(position)
    };
    let labels = (0..).zip(entities).map(label).collect();
    is_known.then_some(labels)
}

/// Membership weight of an entity in a lineage.
struct MemberWeight {
    member: MemberId,
    /// Position of the lineage.
    lineage: u32,
    weight: f64,
    /// Is true if it was a member in the last run of the lineage.
    was_member: bool,
}

/// Returns all membership weights, in order of entity and lineage.
fn weights_by_member(lineages: &Lineages) -> Vec<MemberWeight> {
    let count = lineages.known.iter().map(|lineage| lineage.history.len()).sum();
    let mut weights = Vec::with_capacity(count);
    for (lineage, known) in (0..).zip(&lineages.known) {
        let members = known.history.iter().zip(&known.was_member);
        weights.extend(members.map(|(&(member, weight), &was_member)| MemberWeight {
            member,
            lineage,
            weight,
            was_member,
        }));
    }
    weights.par_sort_unstable_by_key(|weight| (weight.member, weight.lineage));
    weights
}

/// A community of the current run.
pub struct CurrentCommunity<'a> {
    /// Id of the member that was recorded first; the id of a new lineage derives from it.
    pub oldest: &'a str,
    /// Ids of its members.
    pub members: Vec<MemberId>,
}

/// Continues lineages with the communities of the current run that have [`TRACKED_MIN`] members or more.
pub fn track(
    lineages: &Lineages,
    communities: &[CurrentCommunity<'_>],
    current: Moment,
) -> (Lineages, Vec<TrackedCommunity>, Vec<Ended>) {
    let tracking = Tracking::new(lineages, communities);
    let tracked: Vec<TrackedCommunity> =
        (0..communities.len()).map(|index| tracking.tracked(index, current)).collect();
    let ended = tracking.ended(&tracked);
    (continued(lineages, communities, &tracked, current), tracked, ended)
}

/// Members that a community and a lineage share.
#[derive(Clone, Copy, Debug, Default)]
struct Shared {
    /// Sum of their membership weights.
    weight: f64,
    /// Number of those that were members in the last run of the lineage.
    members: usize,
}

/// Earlier lineages matched with the communities of the current run. Both have positions in their lists.
struct Tracking<'a> {
    lineages: &'a Lineages,
    communities: &'a [CurrentCommunity<'a>],
    /// Weight of the shared members, by community and lineage.
    shared: BTreeMap<(usize, usize), Shared>,
    /// Sum of the membership weights of each lineage.
    totals: Vec<f64>,
    /// Lineage that each community continues.
    lineage_of: Vec<Option<usize>>,
    /// Community that continues each lineage.
    community_of: Vec<Option<usize>>,
}

impl<'a> Tracking<'a> {
    fn new(lineages: &'a Lineages, communities: &'a [CurrentCommunity<'a>]) -> Self {
        let mut tracking = Self {
            lineages,
            communities,
            shared: shared_weights(lineages, communities),
            totals: lineages.known.iter().map(|lineage| lineage.history.total()).collect(),
            lineage_of: vec![None; communities.len()],
            community_of: vec![None; lineages.known.len()],
        };
        for (lineage, community) in tracking.pairs_by_agreement() {
            if tracking.lineage_of[community].is_none() && tracking.community_of[lineage].is_none() {
                tracking.lineage_of[community] = Some(lineage);
                tracking.community_of[lineage] = Some(community);
            }
        }
        tracking
    }

    /// Returns the pairs of lineage and community that agree well enough, in the order in which they are matched.
    fn pairs_by_agreement(&self) -> Vec<(usize, usize)> {
        let agreements = self.shared.iter().map(|(&(community, lineage), shared)| {
            let both = shared.weight;
            let union = self.communities[community].members.len() as f64 + self.totals[lineage] - both;
            (both / union, lineage, community)
        });
        let mut pairs: Vec<(f64, usize, usize)> =
            agreements.filter(|(agreement, ..)| *agreement >= SAME).collect();
        let oldest = |community: usize| self.communities[community].oldest;
        // Lineages are in order of age.
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, oldest(a.2)).cmp(&(b.1, oldest(b.2)))));
        pairs.into_iter().map(|(_, lineage, community)| (lineage, community)).collect()
    }

    /// Returns whether the previous run had the lineage.
    fn was_alive(&self, lineage: &Lineage) -> bool {
        Some(lineage.last) == self.lineages.run
    }

    fn shared_weight(&self, community: usize, lineage: usize) -> f64 {
        self.shared.get(&(community, lineage)).map_or(0.0, |shared| shared.weight)
    }

    /// Returns the lineage of the previous run that had most of a community's members.
    fn origin(&self, community: usize) -> Option<&'a Lineage> {
        let least = PART * self.communities[community].members.len() as f64;
        let known = self.lineages.known.iter().enumerate();
        let mut of_previous = known.filter(|(_, lineage)| self.was_alive(lineage));
        let had_most = |(origin, lineage): (usize, &'a Lineage)| {
            let shared = self.shared.get(&(community, origin))?;
            (shared.weight.max(shared.members as f64) >= least).then_some(lineage)
        };
        of_previous.find_map(had_most)
    }

    /// Returns whether most of a lineage's weight is in a community.
    fn is_most_in(&self, lineage: usize, community: usize) -> bool {
        self.shared_weight(community, lineage) >= PART * self.totals[lineage]
    }

    /// Returns the lineages that the previous run had and no community continues, with their positions.
    fn unmatched(&self) -> impl Iterator<Item = (usize, &'a Lineage)> {
        let known = self.lineages.known.iter().enumerate();
        known.filter(|(index, lineage)| self.was_alive(lineage) && self.community_of[*index].is_none())
    }

    fn tracked(&self, index: usize, current: Moment) -> TrackedCommunity {
        let community = &self.communities[index];
        if let Some(lineage) = self.lineage_of[index].map(|lineage| &self.lineages.known[lineage]) {
            let merged = self.unmatched().filter(|(merged, _)| self.is_most_in(*merged, index));
            let related_ids: Vec<String> = merged.map(|(_, lineage)| lineage.id.clone()).collect();
            if !self.was_alive(lineage) {
                // A community that had become part of another, and leaves it again, has not been away.
                let origin = self.origin(index).map(|origin| origin.id.clone());
                let event =
                    if origin.is_some() { CommunityEvent::Split } else { CommunityEvent::Reactivated };
                let related_ids = origin.into_iter().chain(related_ids).collect();
                return TrackedCommunity { id: lineage.id.clone(), born: lineage.born, event, related_ids };
            }
            let event = if related_ids.is_empty() {
                event_of_size(lineage.size, community.members.len())
            } else {
                CommunityEvent::Merged
            };
            return TrackedCommunity { id: lineage.id.clone(), born: lineage.born, event, related_ids };
        }
        let origin = self.origin(index);
        TrackedCommunity {
            id: lasting_id("community", &[community.oldest, &current.to_string()]),
            born: current,
            event: if origin.is_some() { CommunityEvent::Split } else { CommunityEvent::Born },
            related_ids: origin.map(|lineage| lineage.id.clone()).into_iter().collect(),
        }
    }

    /// Returns the lineages that ended, with the community that most of each went to.
    fn ended(&self, tracked: &[TrackedCommunity]) -> Vec<Ended> {
        let ended = self.unmatched().map(|(index, lineage)| {
            let into = (0..tracked.len()).find(|community| self.is_most_in(index, *community));
            let into = into.map(|community| tracked[community].id.clone());
            Ended { id: lineage.id.clone(), size: lineage.size, into }
        });
        ended.collect()
    }
}

/// Returns the event of a community that continues a lineage without merging.
fn event_of_size(before: usize, after: usize) -> CommunityEvent {
    let is_clear =
        |difference: usize| difference >= CHANGED_MIN && difference as f64 >= CHANGED_SHARE * before as f64;
    if is_clear(after.saturating_sub(before)) {
        CommunityEvent::Grew
    } else if is_clear(before.saturating_sub(after)) {
        CommunityEvent::Shrank
    } else {
        CommunityEvent::Unchanged
    }
}

/// Returns the weight of the shared members of each community and lineage that share a member.
fn shared_weights(
    lineages: &Lineages,
    communities: &[CurrentCommunity<'_>],
) -> BTreeMap<(usize, usize), Shared> {
    let of_community = |(index, community): (usize, &CurrentCommunity<'_>)| {
        community.members.iter().map(move |member| (*member, index)).collect::<Vec<_>>()
    };
    let mut members: Vec<(MemberId, usize)> = communities.iter().enumerate().flat_map(of_community).collect();
    members.par_sort_unstable();
    let weights = weights_by_member(lineages);
    let mut weights = weights.chunk_by(|a, b| a.member == b.member).peekable();
    let mut shared: BTreeMap<(usize, usize), Shared> = BTreeMap::new();
    // Sums of floating-point numbers depend on the order, which is that of the members.
    for (member, index) in members {
        while weights.next_if(|of_member| of_member[0].member < member).is_some() {}
        let of_member = weights.peek().filter(|of_member| of_member[0].member == member);
        for weight in of_member.into_iter().copied().flatten() {
            let of_pair = shared.entry((index, weight.lineage as usize)).or_default();
            of_pair.weight += weight.weight;
            of_pair.members += usize::from(weight.was_member);
        }
    }
    shared
}

/// Returns the lineages after the current run.
fn continued(
    lineages: &Lineages,
    communities: &[CurrentCommunity<'_>],
    tracked: &[TrackedCommunity],
    current: Moment,
) -> Lineages {
    let by_id: BTreeMap<&str, &Lineage> =
        lineages.known.iter().map(|lineage| (&*lineage.id, lineage)).collect();
    let alive: BTreeSet<&str> = tracked.iter().map(|community| &*community.id).collect();
    let kept_from = current.days_earlier(KEPT_DAYS);
    let is_kept = |lineage: &&Lineage| !alive.contains(&*lineage.id) && lineage.last >= kept_from;
    let mut known: Vec<Lineage> = lineages.known.iter().filter(is_kept).cloned().collect();
    for (community, tracked) in communities.iter().zip(tracked) {
        let before = by_id.get(&*tracked.id).map(|lineage| &lineage.history);
        let history = Memberships::after(before, &community.members);
        let mut members = community.members.clone();
        members.sort_unstable();
        let mut members = members.into_iter().peekable();
        let is_member = |member: &MemberId| {
            while members.next_if(|known| known < member).is_some() {}
            members.peek() == Some(member)
        };
        let was_member = history.iter().map(|(member, _)| member).map(is_member).collect();
        known.push(Lineage {
            id: tracked.id.clone(),
            born: tracked.born,
            last: current,
            size: community.members.len(),
            history,
            was_member,
        });
    }
    known.sort_by(|a, b| (a.born, &a.id).cmp(&(b.born, &b.id)));
    Lineages { run: Some(current), known }
}

#[cfg(test)]
mod tests;
