//! Planted communities that are born, merge, split, end and return over 21 runs, and the events that the lineages say.
//!
//! A link has both ends in one community, or, with the probability of the mixing, ends anywhere. In each run a link stays with the
//! probability of its persistence, and is drawn again otherwise. An event counts as found if the method names an event of its kind
//! within two runs for a community with a Jaccard index of 0.5. Of a split it is either half. A search without memory, matched by the
//! Jaccard index, is compared here if `ARANEUS_WORLDS` names a folder, and igraph and cdlib in `benches/communities`. They read the worlds
//! that this test writes to that folder.

#[path = "planted_communities/methods.rs"]
mod methods;
#[path = "planted_communities/world.rs"]
mod world;

use std::{env, fmt::Write as _, fs, path::Path};

use araneus::{random::SplitMix64, temporal::lineage::CommunityEvent};
use serde_json::{Value, json};

use methods::{Said, Tracker, by_jaccard, by_lineages, ids_of, jaccard};
use world::{Event, Members, REST, World, world};

const DRAWS: u64 = 3;
const KINDS: [(CommunityEvent, &str); 4] = [
    (CommunityEvent::Born, "birth"),
    (CommunityEvent::Merged, "merge"),
    (CommunityEvent::Split, "split"),
    (CommunityEvent::Reactivated, "return"),
];

/// Planted, said and found events of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    planted: usize,
    said: usize,
    found: usize,
}

impl Counts {
    fn f1(self) -> f64 {
        2.0 * self.found as f64 / (self.planted + self.said) as f64
    }
}

fn count(world: &World, said: &Said, kind: CommunityEvent, counts: &mut Counts) {
    let planted: Vec<&Event> = world.events.iter().filter(|event| event.kind == kind).collect();
    let mut said: Vec<&Event> = said.events.iter().filter(|event| event.kind == kind).collect();
    counts.planted += planted.len();
    counts.said += said.len();
    for event in planted {
        let is_found = |said: &&Event| {
            let agrees = |members: &Members| jaccard(&said.members, members) >= 0.5;
            (event.run..=event.run + 2).contains(&said.run)
                && (agrees(&event.members) || agrees(&event.stayed))
        };
        if let Some(at) = said.iter().position(is_found) {
            said.remove(at);
            counts.found += 1;
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment names a folder for the worlds")]
fn planted_events_of_communities_are_found() {
    // Least F1 of each kind at the lower and at the higher mixing.
    const LEAST: [[f64; 2]; 4] = [[0.80, 0.80], [0.70, 0.70], [0.70, 0.55], [0.85, 0.85]];
    let mut methods = vec![("lineages", by_lineages as fn(&World) -> Said)];
    if env::var_os("ARANEUS_WORLDS").is_some() {
        methods.push(("cold search and Jaccard", by_jaccard));
    } else {
        println!(
            "SKIPPED: the comparison with a cold search: ARANEUS_WORLDS is not set (benches/communities/run)"
        );
    }
    for (mixing, persistence) in [(0.20, 0.9), (0.20, 0.6), (0.35, 0.9), (0.35, 0.6)] {
        let worlds: Vec<World> = (0..DRAWS).map(|seed| world(mixing, persistence, seed)).collect();
        if let Some(folder) = env::var_os("ARANEUS_WORLDS") {
            for (seed, world) in worlds.iter().enumerate() {
                write(Path::new(&folder), (mixing, persistence, seed), world);
            }
        }
        for (name, method) in &methods {
            let said: Vec<Said> = worlds.iter().map(method).collect();
            let moved = said.iter().map(|said| said.moved).fold(0.0, f64::max);
            let mut line = String::new();
            for ((kind, text), least) in KINDS.into_iter().zip(LEAST) {
                let mut counts = Counts::default();
                for (world, said) in worlds.iter().zip(&said) {
                    count(world, said, kind, &mut counts);
                }
                let least = if mixing < 0.3 { least[0] } else { least[1] };
                assert!(
                    *name != "lineages" || counts.f1() >= least,
                    "{mixing}, {persistence}: {text} {counts:?}"
                );
                let Counts { found, planted, said } = counts;
                let _ = write!(line, ", {text} {:.2} ({found} of {planted}, {said} said)", counts.f1());
            }
            assert!(
                *name != "lineages" || moved <= 0.03,
                "{mixing}, {persistence}: {moved} of the untouched move"
            );
            println!(
                "mixing {mixing}, persistence {persistence}, {name}: moved {:.1} %{line}",
                moved * 100.0
            );
        }
    }
}

/// Writes a world with its planted events, and with what the lineages say, for methods in other languages.
fn write(folder: &Path, (mixing, persistence, seed): (f64, f64, usize), world: &World) {
    let events = |events: &[Event]| -> Vec<Value> {
        let of_event = |event: &Event| {
            let (_, kind) = KINDS.into_iter().find(|(kind, _)| *kind == event.kind)?;
            let Event { run, members, stayed, .. } = event;
            Some(json!({ "run": run, "kind": kind, "members": members, "stayed": stayed }))
        };
        events.iter().filter_map(of_event).collect()
    };
    let runs: Vec<Value> = world
        .runs
        .iter()
        .map(|(communities, links)| json!({ "communities": communities, "links": links }))
        .collect();
    let said = by_lineages(world);
    let content = json!({
        "mixing": mixing, "persistence": persistence, "seed": seed, "runs": runs, "untouched": world.untouched,
        "events": events(&world.events), "lineages": { "events": events(&said.events), "moved": said.moved },
    });
    let path = folder.join(format!("{mixing}-{persistence}-{seed}.json"));
    fs::write(path, content.to_string()).expect("the folder can be written");
}

#[test]
fn ids_stay_where_nothing_changed() {
    // Share of vertices whose links are drawn again, and least share of the other communities' vertices that keep their ids.
    const CHANGED: f64 = 0.015;
    const KEPT: f64 = 0.99;
    for mixing in [0.20, 0.35] {
        let (mut kept, mut all) = (0, 0);
        for seed in 0..10 {
            let world = world(mixing, 1.0, seed);
            let mut tracker = Tracker::default();
            for run in 0..REST - 1 {
                tracker.next(run, &world.runs[run]);
            }
            let before = ids_of(&tracker.next(REST - 1, &world.runs[REST - 1]));
            let (communities, links) = &world.runs[REST - 1];
            let vertices: Vec<u32> = communities.iter().flatten().copied().collect();
            let mut random = SplitMix64::new(seed, 4);
            let mut any = || vertices[random.below(vertices.len() as u32) as usize];
            let changed: Members = (0..(vertices.len() as f64 * CHANGED) as usize).map(|_| any()).collect();
            let drawn = |&(from, to): &(u32, u32)| match (changed.contains(&from), changed.contains(&to)) {
                (false, false) => (from, to),
                (true, _) => (from, any()),
                (false, true) => (any(), to),
            };
            let links: Vec<(u32, u32)> = links.iter().map(drawn).filter(|(from, to)| from != to).collect();
            let after = ids_of(&tracker.next(REST, &(communities.clone(), links)));
            let untouched = communities.iter().filter(|members| members.is_disjoint(&changed)).flatten();
            for vertex in untouched {
                all += 1;
                kept += usize::from(before.get(vertex) == after.get(vertex));
            }
        }
        let share = f64::from(kept as u32) / f64::from(all);
        println!(
            "mixing {mixing}: {:.2} % of {all} vertices in untouched communities keep their id",
            share * 100.0
        );
        assert!(share >= KEPT, "mixing {mixing}: {kept} of {all}");
    }
}
