//! Leiden: communities that hang together and cannot be improved by moving or merging their parts.
//!
//! Traag, Waltman and van Eck 2019, "From Louvain to Leiden: guaranteeing
//! well-connected communities". A pass repeats: move nodes fast ([`super::moving`]);
//! *refine*: within each community, start again from single nodes and merge only
//! what is well connected to the rest, choosing at random in proportion to
//! `exp(gain / theta)`; make each refined community one node, starting from the
//! communities before refinement. Passes repeat until they gain nothing.
//!
//! Their letters: gamma is our penalty, `||v||` the mass, H the objective, theta [`RANDOMNESS`].
//!
//! Chance decides between near-equal maxima, so small graphs get several seeded runs, and
//! the best is kept (ties to the first). Communities are split into connected
//! pieces at the end of each pass: the guarantee does not rest on convergence.

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::moving::{ROUNDING, move_nodes};
use super::net::{Net, Objective, Tally, members};
use super::partition::{compact, levels};
use super::{Config, Partition, random, runs};
use crate::graph::Shape;
use crate::watch::Watch;

/// The temperature of refinement, in mean link weights.
const RANDOMNESS: f64 = 0.01;
const PASSES_MAX: usize = 20;
/// How many passes in a row may gain nothing before a run ends.
const IDLE_MAX: usize = 2;

/// Finds nested communities, the result first.
pub(super) fn find(shape: &Shape, config: &Config, watch: &Watch) -> Option<Vec<Partition>> {
    let (net, objective) = Net::new(shape, config.method, config.resolution);
    let start = match &config.start {
        Some(start) => {
            assert_eq!(start.len(), net.len(), "a start names one community for each vertex");
            assert!(
                start.iter().all(|group| (*group as usize) < net.len()),
                "a start's labels are below the vertex count"
            );
            start.clone()
        }
        None => (0..net.len() as u32).collect(),
    };
    let done: Option<Vec<Run>> = (0..runs(shape, config))
        .into_par_iter()
        .map(|stream| run(&net, objective, &start, &mut random::open(config.seed, stream), watch))
        .collect();
    let best = done?.into_iter().reduce(|best, next| if next.quality > best.quality { next } else { best });
    let best = best.expect("there is at least one run");
    Some(levels(std::iter::once(best.group_of).chain(best.finer)))
}

struct Run {
    group_of: Vec<u32>,
    /// Refined communities, coarsest first, nested in `group_of`.
    finer: Vec<Vec<u32>>,
    quality: f64,
}

fn run(
    net: &Net,
    objective: Objective,
    start: &[u32],
    random: &mut ChaCha8Rng,
    watch: &Watch,
) -> Option<Run> {
    let quality = net.quality(start, objective);
    let mut best = Run { group_of: start.to_vec(), finer: Vec::new(), quality };
    let mut idle = 0;
    for round in 0..PASSES_MAX {
        let next = pass(net, objective, &best.group_of, random, watch)?;
        // The first pass is always taken: it has the refined levels, and connects what a start did not.
        let gains = next.quality > best.quality + ROUNDING * objective.unit;
        if gains || round == 0 {
            best = next;
            idle = 0;
        } else {
            idle += 1;
        }
        if idle == IDLE_MAX {
            break;
        }
    }
    Some(best)
}

fn pass(
    net: &Net,
    objective: Objective,
    start: &[u32],
    random: &mut ChaCha8Rng,
    watch: &Watch,
) -> Option<Run> {
    let mut finer = Vec::new();
    let mut node_of: Vec<u32> = (0..net.len() as u32).collect();
    let mut group_of = start.to_vec();
    let mut coarse = None;
    loop {
        let here = coarse.as_ref().unwrap_or(net);
        move_nodes(here, objective, &mut group_of, random, watch)?;
        let (groups, count) = compact(&group_of);
        group_of = groups;
        if count == here.len() {
            break;
        }
        let (refined, parts) = compact(&refine(here, objective, &group_of, count, random));
        if parts == here.len() {
            break;
        }
        let mut next_groups = vec![0; parts];
        for (node, &part) in refined.iter().enumerate() {
            next_groups[part as usize] = group_of[node];
        }
        for node in &mut node_of {
            *node = refined[*node as usize];
        }
        finer.insert(0, node_of.clone());
        coarse = Some(here.coarse(&refined, parts));
        group_of = next_groups;
    }
    let labels: Vec<u32> = node_of.iter().map(|node| group_of[*node as usize]).collect();
    let group_of = net.connected_groups(&labels);
    let quality = net.quality(&group_of, objective);
    Some(Run { group_of, finer, quality })
}

/// Splits each community into well-connected parts, labelled by one of their nodes.
fn refine(
    net: &Net,
    objective: Objective,
    group_of: &[u32],
    count: usize,
    random: &mut ChaCha8Rng,
) -> Vec<u32> {
    let (starts, nodes) = members(group_of, count);
    let mut refinement = Refinement::new(net, objective, group_of);
    for group in 0..count {
        let nodes = &nodes[starts[group]..starts[group + 1]];
        if nodes.len() == 1 {
            continue;
        }
        let mass: f64 = nodes.iter().map(|node| net.mass[*node as usize]).sum();
        for place in random::order(random, nodes.len()) {
            refinement.merge(nodes[place as usize], mass, random);
        }
    }
    refinement.part_of
}

struct Refinement<'a> {
    net: &'a Net,
    objective: Objective,
    group_of: &'a [u32],
    part_of: Vec<u32>,
    mass: Vec<f64>,
    is_single: Vec<bool>,
    /// The weight between a part and the rest of its community.
    outside: Vec<f64>,
    near: Tally,
    choices: Vec<(u32, f64)>,
}

impl<'a> Refinement<'a> {
    fn new(net: &'a Net, objective: Objective, group_of: &'a [u32]) -> Self {
        let outside = |node: u32| {
            let same = net.row(node).filter(|(near, _)| group_of[*near as usize] == group_of[node as usize]);
            same.map(|(_, weight)| weight).sum()
        };
        Self {
            net,
            objective,
            group_of,
            part_of: (0..net.len() as u32).collect(),
            mass: net.mass.clone(),
            is_single: vec![true; net.len()],
            outside: (0..net.len() as u32).map(outside).collect(),
            near: Tally::new(net.len()),
            choices: Vec::new(),
        }
    }

    /// Says whether a part is tied to the rest of its community as tightly as the objective asks.
    fn is_well_connected(&self, part: u32, group_mass: f64) -> bool {
        let mass = self.mass[part as usize];
        let asked = self.objective.penalty * mass * (group_mass - mass);
        self.outside[part as usize] >= asked - ROUNDING * self.objective.unit
    }

    /// Merges a node that is still alone into a well-connected part, or leaves it.
    fn merge(&mut self, node: u32, group_mass: f64, random: &mut ChaCha8Rng) {
        if !self.is_single[node as usize] || !self.is_well_connected(node, group_mass) {
            return;
        }
        for (near, weight) in self.net.row(node) {
            if self.group_of[near as usize] == self.group_of[node as usize] {
                self.near.add(self.part_of[near as usize], weight);
            }
        }
        self.choices.clear();
        // Staying alone gains nothing, and is a choice.
        self.choices.push((node, 0.0));
        for &part in &self.near.touched {
            let weight = self.near.of(part);
            let cost = self.objective.penalty * self.net.mass[node as usize] * self.mass[part as usize];
            if weight > 0.0 && weight >= cost && self.is_well_connected(part, group_mass) {
                self.choices.push((part, weight - cost));
            }
        }
        let chosen = choose(&mut self.choices, RANDOMNESS * self.objective.unit, random);
        if chosen != node {
            self.part_of[node as usize] = chosen;
            self.is_single[chosen as usize] = false;
            self.mass[chosen as usize] += self.net.mass[node as usize];
            self.outside[chosen as usize] += self.outside[node as usize] - 2.0 * self.near.of(chosen);
        }
        self.near.clear();
    }
}

/// Chooses in proportion to `exp(gain / theta)`.
fn choose(choices: &mut [(u32, f64)], theta: f64, random: &mut ChaCha8Rng) -> u32 {
    let most = choices.iter().map(|choice| choice.1).fold(0.0, f64::max);
    let mut sum = 0.0;
    for choice in choices.iter_mut() {
        sum += ((choice.1 - most) / theta).exp();
        choice.1 = sum;
    }
    let drawn = random::share(random) * sum;
    choices.iter().find(|choice| choice.1 > drawn).unwrap_or(&choices[choices.len() - 1]).0
}
