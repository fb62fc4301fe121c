//! A warm start keeps communities without new links, and finds new ones.

use araneus_graph::community::{DetectedCommunities, DetectionConfig, Method, Partition, find};
use araneus_graph::graph::{Graph, WeightedGraph};
use araneus_graph::progress::Progress;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::support::{clique_links, planted, with_threads};

const LAYERS: usize = 3;

/// Links as in intelligence records: stars, trees and dense groups, few links between them, heavy-tailed weights.
struct Records {
    vertices: u32,
    links: Vec<(u32, u32)>,
    weights: Vec<f64>,
    layers: Vec<usize>,
}

impl Records {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut records = Self { vertices: 0, links: Vec::new(), weights: Vec::new(), layers: Vec::new() };
        let most = 300 + random.next_u32() as usize % 2700;
        let mut firsts = Vec::new();
        while records.links.len() < most {
            let size = 3 + random.next_u32() % 58;
            let first = records.vertices;
            records.vertices += size;
            firsts.push(first);
            records.link_group(first, size, &mut random);
        }
        for _ in 0..most / 12 {
            let (a, b) = (random.next_u32() % records.vertices, random.next_u32() % records.vertices);
            records.link(a, b, &mut random);
        }
        records
    }

    /// A star, a tree, a chain of hubs or a dense group.
    fn link_group(&mut self, first: u32, size: u32, random: &mut ChaCha8Rng) {
        let kind = random.next_u32() % 4;
        for member in 1..size {
            let end = match kind {
                0 => 0,
                1 => random.next_u32() % member,
                2 => member / 6,
                _ => random.next_u32() % member.min(4),
            };
            self.link(first + member, first + end, random);
        }
        if kind == 3 {
            for _ in 0..2 * size {
                self.link(first + random.next_u32() % size, first + random.next_u32() % size, random);
            }
        }
    }

    fn link(&mut self, a: u32, b: u32, random: &mut ChaCha8Rng) {
        if a != b {
            let share = (f64::from(random.next_u32()) + 1.0) / 4_294_967_296.0;
            self.links.push((a, b));
            self.weights.push(share.powf(-1.0 / 1.5).min(1000.0));
            self.layers.push(random.next_u32() as usize % LAYERS);
        }
    }

    /// The graph after the weights of each layer have decayed.
    fn aged(&self, factors: [f64; LAYERS]) -> WeightedGraph {
        let weights: Vec<f64> =
            self.weights.iter().zip(&self.layers).map(|(weight, layer)| weight * factors[*layer]).collect();
        let (graph, weights) = Graph::build(self.vertices, false, &self.links, Some(&weights));
        WeightedGraph::new(graph, weights)
    }
}

fn leiden(weighted_graph: &WeightedGraph, seed: u64, start: Option<&Partition>) -> DetectedCommunities {
    let start = start.map(|partition| partition.labels().to_vec());
    let config = DetectionConfig { seed, start, ..DetectionConfig::new(Method::Leiden) };
    find(weighted_graph, &config, &Progress::silent()).expect("the computation is not cancelled")
}

#[test]
fn a_run_without_new_links_keeps_every_community() {
    let mut apart = Vec::new();
    for seed in 0..200 {
        let records = Records::new(seed);
        let found = leiden(&records.aged([1.0; LAYERS]), 7, None);
        let nights = 1 + seed as i32 % 3;
        let half = |days: f64| 0.5_f64.powf(f64::from(nights) / days);
        let factors = if seed % 4 == 0 { [0.9, 0.95, 1.0] } else { [half(45.0), half(180.0), 1.0] };
        let kept = leiden(&records.aged(factors), 7, Some(found.partition()));
        if kept.partition() != found.partition() {
            apart.push((seed, found.partition().count(), kept.partition().count()));
        }
    }
    assert!(apart.is_empty(), "{} of 200: {apart:?}", apart.len());
}

#[test]
fn ten_runs_without_new_links_keep_every_community() {
    for seed in 0..20 {
        let records = Records::new(seed);
        let first = leiden(&records.aged([1.0; LAYERS]), 7, None);
        let mut last = first.clone();
        for night in 1..=10 {
            let half = |days: f64| 0.5_f64.powf(f64::from(night) / days);
            last = leiden(&records.aged([half(45.0), half(180.0), 1.0]), 7, Some(last.partition()));
        }
        assert_eq!(first.partition(), last.partition(), "seed {seed}");
    }
}

#[test]
fn a_new_dense_group_is_found() {
    for seed in 0..20 {
        let mut records = Records::new(seed);
        let old = leiden(&records.aged([1.0; LAYERS]), 7, None);
        let first = records.vertices;
        records.vertices += 8;
        for (a, b) in clique_links(first, 8).into_iter().chain([(3, first)]) {
            records.links.push((a, b));
            // The link to the older vertices is too light to move its end.
            records.weights.push(if a < first { 0.2 } else { 2.0 });
            records.layers.push(0);
        }
        // New vertices begin alone.
        let mut start = old.partition().labels().to_vec();
        start.extend(old.partition().count() as u32..old.partition().count() as u32 + 8);
        let new = leiden(&records.aged([1.0; LAYERS]), 7, Some(&Partition::new(&start)));
        let of = &new.partition().labels()[first as usize..];
        assert!(of.iter().all(|community| *community == of[0]), "seed {seed}: {of:?}");
        assert_eq!(new.partition().sizes()[of[0] as usize], 8, "seed {seed}");
        let rest = Partition::new(&new.partition().labels()[..first as usize]);
        assert_eq!(&rest, old.partition(), "seed {seed}");
    }
}

#[test]
fn groups_merge_with_many_new_links_and_split_without_them() {
    let apart = planted(8, 20, 0.5, 0.01, 3);
    let groups = Partition::new(&(0..160).map(|vertex| vertex / 20).collect::<Vec<u32>>());
    let mut links: Vec<(u32, u32)> = Vec::new();
    let graph = apart.simple();
    for a in graph.vertices() {
        links.extend(graph.outgoing(a).iter().filter(|b| a < **b).map(|b| (a, *b)));
    }
    let is_tied = |a: u32, b: u32| (37 * a + 101 * b + 13 * a * b) % 5 < 2;
    links.extend((0..20).flat_map(|a| (20..40).filter(move |b| is_tied(a, *b)).map(move |b| (a, b))));
    let together = super::support::unweighted(160, false, &links);
    let joined = leiden(&together, 7, Some(&groups));
    assert_eq!(joined.partition().count(), 7);
    assert_eq!(joined.partition().sizes()[0], 40);
    let parted = leiden(&apart, 7, Some(joined.partition()));
    assert_eq!(parted.partition(), &groups);
}

#[test]
fn threads_change_no_warm_community() {
    let records = Records::new(5);
    let first = leiden(&records.aged([1.0; LAYERS]), 7, None);
    let later = records.aged([0.5, 0.8, 1.0]);
    let one = with_threads(1, || leiden(&later, 7, Some(first.partition())));
    for threads in [2, 8] {
        assert_eq!(one, with_threads(threads, || leiden(&later, 7, Some(first.partition()))));
    }
}
