//! Methods that say the events of communities: lineages, and a search without memory.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Event, Members, PlantedRun, World};
use araneus::{
    community::{self, DetectionConfig, Method},
    graph::{Graph, WeightedGraph},
    progress::Progress,
    temporal::lineage::{self, CommunityEvent, CurrentCommunity, Lineages, MemberId},
    time::{DAY, Moment},
};

fn id(vertex: u32) -> MemberId {
    let mut id = [0; 10];
    id[6..].copy_from_slice(&vertex.to_be_bytes());
    id
}

/// Returns the communities of a run with at least three vertices.
fn detect(links: &[(u32, u32)], vertices: &[u32], seed: u64, lineages: Option<&Lineages>) -> Vec<Vec<u32>> {
    let position: BTreeMap<u32, u32> = vertices.iter().copied().zip(0..).collect();
    let ends: Vec<(u32, u32)> = links.iter().map(|(from, to)| (position[from], position[to])).collect();
    let weights = vec![1.0; ends.len()];
    let (graph, weights) = Graph::build(vertices.len() as u32, false, &ends, Some(&weights));
    let ids: Vec<MemberId> = vertices.iter().map(|vertex| id(*vertex)).collect();
    let config = DetectionConfig {
        seed,
        start: lineages.and_then(|lineages| lineage::start(lineages, &ids)),
        ..DetectionConfig::new(Method::Leiden)
    };
    let found = community::find(&WeightedGraph::new(graph, weights), &config, &Progress::silent());
    let found = found.expect("it is not cancelled");
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); found.partition().count()];
    for (vertex, community) in vertices.iter().zip(found.partition().labels()) {
        members[*community as usize].push(*vertex);
    }
    members.retain(|members| members.len() >= 3);
    members
}

/// Events that a method says, and the share of untouched vertices that change their community id.
pub(super) struct Said {
    pub(super) events: Vec<Event>,
    pub(super) moved: f64,
}

/// Counts the untouched vertices whose id changes.
#[derive(Default)]
struct Moves {
    before: BTreeMap<u32, String>,
    moved: usize,
    all: usize,
}

impl Moves {
    fn add(&mut self, untouched: &Members, ids: BTreeMap<u32, String>) {
        for vertex in untouched {
            if let (Some(before), Some(now)) = (self.before.get(vertex), ids.get(vertex)) {
                self.all += 1;
                self.moved += usize::from(before != now);
            }
        }
        self.before = ids;
    }

    fn share(&self) -> f64 {
        self.moved as f64 / self.all as f64
    }
}

/// Lineages over successive runs.
#[derive(Default)]
pub(super) struct Tracker {
    lineages: Lineages,
}

impl Tracker {
    /// Continues the lineages with a run. Returns each community with its id and event.
    pub(super) fn next(&mut self, run: usize, (planted, links): &PlantedRun) -> Vec<(String, Event)> {
        let vertices: Vec<u32> = planted.iter().flatten().copied().collect::<Members>().into_iter().collect();
        let found = detect(links, &vertices, 7, Some(&self.lineages));
        let names: Vec<String> = found.iter().map(|members| format!("entity-{:020x}", members[0])).collect();
        let current: Vec<CurrentCommunity<'_>> = found
            .iter()
            .zip(&names)
            .map(|(members, oldest)| CurrentCommunity {
                oldest,
                members: members.iter().map(|vertex| id(*vertex)).collect(),
            })
            .collect();
        let moment = Moment::from_micros(run.cast_signed() as i64 * DAY);
        let (next, tracked, _) = lineage::track(&self.lineages, &current, moment);
        self.lineages = next;
        let said = |(tracked, members): (lineage::TrackedCommunity, Vec<u32>)| {
            (tracked.id, Event::new(run, tracked.event, members.into_iter().collect()))
        };
        tracked.into_iter().zip(found).map(said).collect()
    }
}

/// Returns the id of the community of each vertex.
pub(super) fn ids_of(communities: &[(String, Event)]) -> BTreeMap<u32, String> {
    let of_community = |(id, event): &(String, Event)| -> Vec<(u32, String)> {
        event.members.iter().map(|vertex| (*vertex, id.clone())).collect()
    };
    communities.iter().flat_map(of_community).collect()
}

pub(super) fn by_lineages(world: &World) -> Said {
    let (mut tracker, mut events, mut moves) = (Tracker::default(), Vec::new(), Moves::default());
    for (run, planted) in world.runs.iter().enumerate() {
        let communities = tracker.next(run, planted);
        moves.add(&world.untouched[run], ids_of(&communities));
        events.extend(communities.into_iter().map(|(_, event)| event).filter(|_| run > 0));
    }
    Said { events, moved: moves.share() }
}

pub(super) fn jaccard(one: &Members, other: &Members) -> f64 {
    let both = one.intersection(other).count() as f64;
    both / (one.len() as f64 + other.len() as f64 - both)
}

/// Searches each run without memory, and matches its communities with those of the run before.
pub(super) fn by_jaccard(world: &World) -> Said {
    let (mut before, mut events, mut moves): (Vec<(String, Members)>, Vec<Event>, Moves) = Default::default();
    for (run, (planted, links)) in world.runs.iter().enumerate() {
        let vertices: Vec<u32> = planted.iter().flatten().copied().collect::<Members>().into_iter().collect();
        let found: Vec<Members> = detect(links, &vertices, run as u64, None)
            .into_iter()
            .map(|members| members.into_iter().collect())
            .collect();
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (at, (_, earlier)) in before.iter().enumerate() {
            pairs.extend(found.iter().enumerate().map(|(now, members)| (jaccard(earlier, members), at, now)));
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let (mut of, mut taken): (BTreeMap<usize, usize>, BTreeSet<usize>) = Default::default();
        for (agreement, at, now) in pairs {
            if agreement >= 0.3 && !of.contains_key(&now) && taken.insert(at) {
                of.insert(now, at);
            }
        }
        let most = |members: &Members, of: &Members| 2 * members.intersection(of).count() >= of.len();
        let mut next = Vec::new();
        for (now, members) in found.into_iter().enumerate() {
            let (name, kind) = match of.get(&now) {
                Some(at) => {
                    let joined = (0..before.len())
                        .any(|other| !taken.contains(&other) && most(&members, &before[other].1));
                    let kind = if joined { CommunityEvent::Merged } else { CommunityEvent::Unchanged };
                    (before[*at].0.clone(), kind)
                }
                None if before.iter().any(|(_, earlier)| most(earlier, &members)) => {
                    (format!("{run}/{now}"), CommunityEvent::Split)
                }
                None => (format!("{run}/{now}"), CommunityEvent::Born),
            };
            if run > 0 {
                events.push(Event::new(run, kind, members.clone()));
            }
            next.push((name, members));
        }
        let ids =
            next.iter().flat_map(|(name, members)| members.iter().map(|vertex| (*vertex, name.clone())));
        moves.add(&world.untouched[run], ids.collect());
        before = next;
    }
    Said { events, moved: moves.share() }
}
