//! Worlds with planted communities, and the events that are planted.

use std::collections::{BTreeMap, BTreeSet};

use araneus::{random::SplitMix64, temporal::lineage::CommunityEvent};
pub(super) const RUNS: usize = 21;
const COMMUNITIES: usize = 30;
const SIZE: u32 = 32;
const LINKS_OF_VERTEX: usize = 8;
/// Events of each kind.
const EVENTS: usize = 10;
/// Runs without another event of a community.
pub(super) const REST: usize = 4;

pub(super) type Members = BTreeSet<u32>;
/// Communities and links of one run.
pub(super) type PlantedRun = (Vec<Members>, Vec<(u32, u32)>);

/// An event, planted or said.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) run: usize,
    pub(super) kind: CommunityEvent,
    pub(super) members: Members,
    /// The half that stayed, of a planted split: a method may give either half the old id.
    pub(super) stayed: Members,
}

impl Event {
    pub(super) fn new(run: usize, kind: CommunityEvent, members: Members) -> Self {
        Self { run, kind, members, stayed: Members::new() }
    }
}

/// Communities and links of each run, and the planted events.
pub(super) struct World {
    pub(super) runs: Vec<PlantedRun>,
    pub(super) events: Vec<Event>,
    /// Vertices that no event concerns, within two runs of each run.
    pub(super) untouched: Vec<Members>,
}

struct Generator {
    random: SplitMix64,
    communities: BTreeMap<usize, Members>,
    /// Last event of each community.
    rested_from: BTreeMap<usize, usize>,
    asleep: Vec<(usize, Members)>,
    next: usize,
    next_vertex: u32,
    links: Vec<(u32, u32)>,
}

impl Generator {
    fn new_community(&mut self, members: Members, run: usize) -> usize {
        let at = self.next;
        self.next += 1;
        self.communities.insert(at, members);
        self.rested_from.insert(at, run);
        at
    }

    fn new_members(&mut self) -> Members {
        let first = self.next_vertex;
        self.next_vertex += SIZE;
        (first..self.next_vertex).collect()
    }

    /// Returns a community without a recent event.
    fn rested(&mut self, run: usize) -> Option<usize> {
        let is_rested = |at: &usize| run == 0 || run >= self.rested_from[at] + REST;
        let rested: Vec<usize> = self.communities.keys().copied().filter(is_rested).collect();
        let at = *rested.get(self.random.below(rested.len().max(1) as u32) as usize)?;
        self.rested_from.insert(at, run);
        Some(at)
    }

    fn event(&mut self, run: usize, kind: CommunityEvent) -> Option<Event> {
        let mut stayed = Members::new();
        let members = match kind {
            CommunityEvent::Born => {
                let members = self.new_members();
                self.new_community(members.clone(), run);
                members
            }
            CommunityEvent::Merged => {
                let (one, other) = (self.rested(run)?, self.rested(run)?);
                let joined = self.communities.remove(&other)?;
                let members = self.communities.get_mut(&one)?;
                members.extend(joined);
                let members = members.clone();
                self.links.retain(|(from, to)| !members.contains(from) || !members.contains(to));
                members
            }
            CommunityEvent::Split => {
                let at = self.rested(run)?;
                let all: Vec<u32> = self.communities[&at].iter().copied().collect();
                let (stay, leave) = all.split_at(all.len() / 2);
                let (stay, leave): (Members, Members) =
                    (stay.iter().copied().collect(), leave.iter().copied().collect());
                self.links.retain(|(from, to)| stay.contains(from) != leave.contains(to));
                stayed.clone_from(&stay);
                self.communities.insert(at, stay);
                self.new_community(leave.clone(), run);
                leave
            }
            CommunityEvent::Reactivated => {
                let at = self.asleep.iter().position(|(since, _)| run >= since + REST)?;
                let members = self.asleep.remove(at).1;
                self.new_community(members.clone(), run);
                members
            }
            // An end.
            _ => {
                let at = self.rested(run)?;
                let members = self.communities.remove(&at)?;
                self.asleep.push((run, members.clone()));
                members
            }
        };
        Some(Event { stayed, ..Event::new(run, kind, members) })
    }

    /// Keeps each link with the probability of its persistence, and fills up the links.
    fn draw_links(&mut self, mixing: f64, persistence: f64) {
        let community_of: BTreeMap<u32, usize> = self
            .communities
            .iter()
            .flat_map(|(at, members)| members.iter().map(|member| (*member, *at)))
            .collect();
        let vertices: Vec<u32> = community_of.keys().copied().collect();
        let random = &mut self.random;
        self.links.retain(|(from, to)| {
            community_of.contains_key(from)
                && community_of.contains_key(to)
                && random.unit_interval() < persistence
        });
        let rows: BTreeMap<usize, Vec<u32>> =
            self.communities.iter().map(|(at, members)| (*at, members.iter().copied().collect())).collect();
        while self.links.len() < vertices.len() * LINKS_OF_VERTEX {
            let from = vertices[random.below(vertices.len() as u32) as usize];
            let row = if random.unit_interval() < mixing { &vertices } else { &rows[&community_of[&from]] };
            let to = row[random.below(row.len() as u32) as usize];
            if from != to {
                self.links.push((from, to));
            }
        }
    }
}

pub(super) fn world(mixing: f64, persistence: f64, seed: u64) -> World {
    let mut generator = Generator {
        random: SplitMix64::new(seed, 3),
        communities: BTreeMap::new(),
        rested_from: BTreeMap::new(),
        asleep: Vec::new(),
        next: 0,
        next_vertex: 0,
        links: Vec::new(),
    };
    for _ in 0..COMMUNITIES {
        let members = generator.new_members();
        generator.new_community(members, 0);
    }
    let kinds = [
        CommunityEvent::Born,
        CommunityEvent::Merged,
        CommunityEvent::Split,
        CommunityEvent::Shrank,
        CommunityEvent::Reactivated,
    ];
    let mut counts: BTreeMap<CommunityEvent, usize> = BTreeMap::new();
    let (mut runs, mut events): (Vec<_>, Vec<Event>) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        // Every fourth of the runs has some events of each kind.
        for kind in kinds.into_iter().filter(|_| run >= REST && run + 2 < RUNS) {
            let wanted = (EVENTS * (run + 1 - REST)).div_ceil(RUNS - 2 - REST);
            while counts.get(&kind).copied().unwrap_or(0) < wanted.min(EVENTS) {
                let Some(event) = generator.event(run, kind) else { break };
                *counts.entry(kind).or_default() += 1;
                events.push(event);
            }
        }
        generator.draw_links(mixing, persistence);
        runs.push((generator.communities.values().cloned().collect(), generator.links.clone()));
    }
    let untouched = (0..RUNS)
        .map(|run| {
            let near = events.iter().filter(|event| event.run.abs_diff(run) <= 2);
            let touched: Members = near.flat_map(|event| event.members.iter().copied()).collect();
            let (communities, _): &(Vec<Members>, _) = &runs[run];
            communities.iter().filter(|members| members.is_disjoint(&touched)).flatten().copied().collect()
        })
        .collect();
    World { runs, events, untouched }
}
