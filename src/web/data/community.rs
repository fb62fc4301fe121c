//! The screen of a community: its members, its lineage, and who joined and left, with the cause.

use std::collections::BTreeMap;

use super::{
    RunData,
    ids::COMMUNITY,
    lists::{EntityRef, cause_in_words, changes_in_words, entity_ref},
    network::{NO_COMMUNITY, Network},
    shown::{number, time},
};
use crate::temporal::Subject;

/// Most members, and most joined and left members, that a screen shows.
const MEMBERS_MAX: usize = 200;

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberRow {
    /// The entity.
    pub entity: EntityRef,
    /// Share of its link weight that stays in the community, 0 to 1.
    pub belonging: f64,
}

/// A member that joined or left since the previous run.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedMember {
    /// The entity.
    pub entity: EntityRef,
    /// Id of the community that it came from or went to; `None` if it did not exist then.
    pub other: Option<String>,
    /// Cause of the move.
    pub cause: MoveCause,
}

/// Cause of a member's move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveCause {
    /// The entity is new or gone, for this cause in words.
    Entity(String),
    /// Links between the entity and the community changed: their number, and the cause of most of them in words.
    Links(usize, String),
    /// Nothing recorded about the entity and its links to the community changed: weights aged, or the groups around it changed.
    Grouping,
}

/// A community that shares members with this one across the two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedCommunity {
    /// Id of the community.
    pub id: String,
    /// Number of shared members.
    pub members: usize,
    /// Is true if this run has the community, so that there is a screen of it.
    pub is_current: bool,
}

/// The community in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCommunity {
    /// Name of the run.
    pub run: String,
    /// Is true for the run of the screen.
    pub is_current: bool,
    /// Number of members; `None` if the run does not have the community.
    pub size: Option<u32>,
    /// Event since the run before it.
    pub state: Option<String>,
}

/// The screen of a community.
#[derive(Clone, Debug, PartialEq)]
pub struct CommunityScreen {
    /// Lasting id.
    pub id: String,
    /// The member with the strongest links.
    pub strongest: Option<EntityRef>,
    /// Number of members.
    pub size: u32,
    /// Links inside over possible links.
    pub density: Option<f64>,
    /// Weight of links that leave it over the weight of all its links.
    pub conductance: Option<f64>,
    /// Its part of the modularity.
    pub modularity_share: Option<f64>,
    /// Share of random networks with such a community, above 0 to 1; `None` if it was not compared.
    pub significance: Option<f64>,
    /// As-of time of the first run that had it, in words.
    pub born: Option<String>,
    /// Event since the previous run.
    pub state: Option<String>,
    /// Changes since the previous run with their causes, in words.
    pub changes: Vec<[String; 2]>,
    /// Runs, the latest first.
    pub lineage: Vec<PastCommunity>,
    /// Name of the previous run; `None` without one.
    pub previous_run: Option<String>,
    /// Communities of the previous run that its members come from, with this one.
    pub came_from: Vec<RelatedCommunity>,
    /// Communities of this run that its earlier members went to, with this one.
    pub went_to: Vec<RelatedCommunity>,
    /// Members that joined since the previous run; possibly not all.
    pub joined: Vec<MovedMember>,
    /// Number of members that joined.
    pub joined_count: usize,
    /// Members that left since the previous run; possibly not all.
    pub left: Vec<MovedMember>,
    /// Number of members that left.
    pub left_count: usize,
    /// Members, those with most of their weight inside first; possibly not all.
    pub members: Vec<MemberRow>,
}

/// Returns the screen of a community; `None` if the run does not have it.
pub fn community(data: &RunData, id: &str) -> Option<CommunityScreen> {
    let network = &data.network;
    let number_of = COMMUNITY.parse(id)?;
    let community = network.community(number_of)?;
    let all = &network.communities;
    let mut members: Vec<usize> = all.members.of(community).iter().map(|member| *member as usize).collect();
    let moves = data.previous.as_ref().map(|(_, previous)| Moves::of(data, previous, number_of, &members));
    let moves = moves.unwrap_or_default();
    let strongest = members.iter().copied().max_by(|&a, &b| {
        let strength = |entity: usize| network.strength(entity);
        strength(a).total_cmp(&strength(b)).then(b.cmp(&a))
    });
    members.sort_by(|&a, &b| network.belonging[b].total_cmp(&network.belonging[a]).then(a.cmp(&b)));
    let member = |&entity: &usize| MemberRow {
        entity: entity_ref(data, network, entity),
        belonging: network.belonging[entity],
    };
    Some(CommunityScreen {
        id: id.to_owned(),
        strongest: strongest.map(|entity| entity_ref(data, network, entity)),
        size: all.sizes[community],
        density: number(all.density[community]),
        conductance: number(all.conductance[community]),
        modularity_share: number(all.modularity_share[community]),
        significance: number(all.significance[community]),
        born: time(all.born[community]),
        state: network.names.known(all.states[community]),
        changes: changes_in_words(data, Subject::Community, number_of),
        lineage: lineage(data, number_of, community),
        previous_run: data.previous.as_ref().map(|(name, _)| name.clone()),
        came_from: moves.came_from,
        went_to: moves.went_to,
        joined: moves.joined,
        joined_count: moves.joined_count,
        left: moves.left,
        left_count: moves.left_count,
        members: members.iter().take(MEMBERS_MAX).map(member).collect(),
    })
}

fn lineage(data: &RunData, id: u128, community: usize) -> Vec<PastCommunity> {
    let all = &data.network.communities;
    let current = PastCommunity {
        run: data.name.clone(),
        is_current: true,
        size: Some(all.sizes[community]),
        state: data.network.names.known(all.states[community]),
    };
    let earlier = data.history.iter().map(|run| {
        let known = run.sizes.get(&id);
        PastCommunity {
            run: run.name.clone(),
            is_current: false,
            size: known.map(|(size, _)| *size),
            state: known.and_then(|(_, state)| run.states.known(*state)),
        }
    });
    std::iter::once(current).chain(earlier).collect()
}

/// Members of a community that moved between the previous run and this one.
#[derive(Default)]
struct Moves {
    came_from: Vec<RelatedCommunity>,
    went_to: Vec<RelatedCommunity>,
    joined: Vec<MovedMember>,
    joined_count: usize,
    left: Vec<MovedMember>,
    left_count: usize,
}

impl Moves {
    fn of(data: &RunData, previous: &Network, id: u128, members: &[usize]) -> Self {
        let network = &data.network;
        let ids = |network: &Network, rows: &[usize]| -> Vec<u128> {
            rows.iter().map(|row| network.entities.ids[*row]).collect()
        };
        let earlier: Vec<usize> = previous.community(id).map_or_else(Vec::new, |community| {
            previous.communities.members.of(community).iter().map(|member| *member as usize).collect()
        });
        let (now_ids, earlier_ids) = (ids(network, members), ids(previous, &earlier));
        // Rows are in the order of ids, so both lists are sorted.
        let joined: Vec<usize> = members
            .iter()
            .copied()
            .filter(|row| earlier_ids.binary_search(&network.entities.ids[*row]).is_err())
            .collect();
        let left: Vec<usize> = earlier
            .iter()
            .copied()
            .filter(|row| now_ids.binary_search(&previous.entities.ids[*row]).is_err())
            .collect();
        let moved = |from: &Network, to: &Network, row: usize, group: &[u128]| MovedMember {
            entity: entity_ref(data, from, row),
            other: to
                .entity(from.entities.ids[row])
                .and_then(|other| Some(COMMUNITY.text(to.community_id(other)?))),
            cause: cause(data, from, to, row, group),
        };
        Self {
            came_from: related(network, members, previous, &data.network),
            went_to: related(previous, &earlier, network, &data.network),
            joined: joined
                .iter()
                .take(MEMBERS_MAX)
                .map(|&row| moved(network, previous, row, &now_ids))
                .collect(),
            joined_count: joined.len(),
            left: left
                .iter()
                .take(MEMBERS_MAX)
                .map(|&row| moved(previous, network, row, &earlier_ids))
                .collect(),
            left_count: left.len(),
        }
    }
}

/// Returns the communities that entities of one run have in another run, those with most of them first.
fn related(from: &Network, rows: &[usize], to: &Network, current: &Network) -> Vec<RelatedCommunity> {
    let mut counts: BTreeMap<u128, usize> = BTreeMap::new();
    for &row in rows {
        let other = to.entity(from.entities.ids[row]);
        let community = other.filter(|&other| to.community_of[other] != NO_COMMUNITY);
        if let Some(id) = community.and_then(|other| to.community_id(other)) {
            *counts.entry(id).or_default() += 1;
        }
    }
    let row = |(id, members): (u128, usize)| RelatedCommunity {
        id: COMMUNITY.text(id),
        members,
        is_current: current.community(id).is_some(),
    };
    let mut rows: Vec<RelatedCommunity> = counts.into_iter().map(row).collect();
    rows.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.id.cmp(&b.id)));
    rows.truncate(MEMBERS_MAX);
    rows
}

/// Returns the cause of a move of an entity of `from`, where `group` are the ids of the community's members in that run.
fn cause(data: &RunData, from: &Network, to: &Network, row: usize, group: &[u128]) -> MoveCause {
    let id = from.entities.ids[row];
    if to.entity(id).is_none() {
        let causes = data.changes.of(Subject::Entity, id);
        if let Some(change) = causes.first() {
            return MoveCause::Entity(cause_in_words(&change.cause));
        }
    }
    let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
    for &link in from.links_of.of(row) {
        let other = from.entities.ids[from.other_end(link as usize, row)];
        if group.binary_search(&other).is_err() {
            continue;
        }
        for change in data.changes.of(Subject::Link, from.links.common.ids[link as usize]) {
            *causes.entry(&change.cause).or_default() += 1;
        }
    }
    let total: usize = causes.values().sum();
    // The first of several with the highest count, in the order of their names.
    let most = causes.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
    most.map_or(MoveCause::Grouping, |(cause, _)| MoveCause::Links(total, cause_in_words(cause)))
}
