//! Structures of graphs against those of random networks: plain recounts, random graphs and planted structures.

use araneus_graph::community::{DetectionConfig, Method, Partition, find, find_once};
use araneus_graph::graph::WeightedGraph;
use araneus_graph::null_model::{
    RandomDraws, StratifiedLinks, Stratum, StructureSignificance, community_surprises, structure_significance,
};
use araneus_graph::progress::Progress;
use araneus_graph::random::SplitMix64;

use super::support::{assert_close, column, with_threads};

type Given = Vec<(Stratum, (u32, u32), f64)>;

/// Returns groups of vertices of two kinds: links among the first kind in layer 0, and from the first to the second kind in
/// layer 1. A share of all links leads to a random group.
fn groups(count: u32, size: u32, links_each: u32, mixing: f64, seed: u64) -> Given {
    let mut random = SplitMix64::new(seed, 5);
    let (persons, hosts) = (count * size, count * size);
    let mut given = Vec::new();
    for person in 0..persons {
        for link in 0..links_each {
            let group = if random.unit_interval() < mixing { random.below(count) } else { person / size };
            let other = group * size + random.below(size);
            if link % 2 == 0 {
                given.push(((0, 0, 0), (person, other), 1.0));
            } else {
                given.push(((1, 0, 1), (person, persons + other % hosts), 0.5));
            }
        }
    }
    given
}

fn vertices(given: &Given) -> u32 {
    given.iter().map(|(_, (a, b), _)| a.max(b) + 1).max().unwrap_or_default()
}

/// Finds communities as a run does: the best of several runs.
fn detect(network: &WeightedGraph, seed: u64) -> Partition {
    let config = DetectionConfig { seed, ..DetectionConfig::new(Method::Leiden) };
    find(network, &config, &Progress::silent()).expect("not cancelled").partition().clone()
}

fn test(links: &StratifiedLinks, partition: &Partition, seed: u64) -> StructureSignificance {
    structure_significance(links, partition, seed, &Progress::silent()).expect("not cancelled")
}

/// Returns the surprise of each community, from counts over all pairs of vertices.
fn plain_surprises(network: &WeightedGraph, partition: &Partition) -> Vec<f64> {
    let graph = network.simple();
    let is_linked = |a: u32, b: u32| graph.outgoing(a).contains(&b);
    let pairs: Vec<(u32, u32)> = graph
        .vertices()
        .flat_map(|a| (0..a).map(move |b| (a, b)))
        .filter(|(a, b)| is_linked(*a, *b))
        .collect();
    let links = pairs.len() as f64;
    let label = |vertex: u32| partition.labels()[vertex as usize] as usize;
    let surprise = |community: usize| {
        let is_member = |vertex: u32| usize::from(label(vertex) == community);
        let ends: usize = pairs.iter().map(|(a, b)| is_member(*a) + is_member(*b)).sum();
        let inside = pairs.iter().filter(|(a, b)| is_member(*a) + is_member(*b) == 2).count();
        let expected = (ends as f64 / (2.0 * links)).powi(2);
        let observed = inside as f64 / links;
        if observed <= expected || expected >= 1.0 {
            return 0.0;
        }
        let part = |share: f64, other: f64| if share > 0.0 { share * (share / other).ln() } else { 0.0 };
        links * (part(observed, expected) + part(1.0 - observed, 1.0 - expected))
    };
    (0..partition.count()).map(surprise).collect()
}

/// Returns the number of vertices left after vertices with fewer than k links are removed again and again.
fn plain_core(network: &WeightedGraph, k: usize) -> u32 {
    let graph = network.simple();
    let mut is_left = vec![true; graph.vertex_count()];
    loop {
        let links =
            |vertex: u32| graph.outgoing(vertex).iter().filter(|other| is_left[**other as usize]).count();
        let weak: Vec<u32> =
            graph.vertices().filter(|vertex| is_left[*vertex as usize] && links(*vertex) < k).collect();
        if weak.is_empty() {
            return is_left.iter().filter(|left| **left).count() as u32;
        }
        for vertex in &weak {
            is_left[*vertex as usize] = false;
        }
    }
}

/// Returns the excess of a structure of a size and a strength over those of random networks: its distance from a line of least
/// squares through the logarithms. The unit is the standard deviation of the nearest range of sizes with 20 structures.
fn plain_excess(structures: &[(u32, f64)], (size, strength): (u32, f64)) -> f64 {
    let points: Vec<(u32, f64, f64)> = structures
        .iter()
        .filter(|(_, strength)| *strength > 0.0)
        .map(|(size, strength)| (*size, f64::from(*size).ln(), strength.ln()))
        .collect();
    let mean =
        |value: &dyn Fn(&(u32, f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(&|point| point.1), mean(&|point| point.2));
    let slope = mean(&|point| (point.1 - x) * (point.2 - y)) / mean(&|point| (point.1 - x).powi(2));
    let line = |log_size: f64| y + slope * (log_size - x);
    let own_range = i64::from(size.ilog2());
    let deviation = (0..32_u32)
        .filter_map(|range| {
            let of_range: Vec<f64> = points
                .iter()
                .filter(|point| point.0.ilog2() == range)
                .map(|point| (point.2 - line(point.1)).powi(2))
                .collect();
            let deviation = (of_range.iter().sum::<f64>() / of_range.len() as f64).sqrt().max(0.05);
            (of_range.len() >= 20).then_some(((i64::from(range) - own_range).abs(), deviation))
        })
        .min_by_key(|(distance, _)| *distance)
        .map_or_else(
            || mean(&|point| (point.2 - line(point.1)).powi(2)).sqrt().max(0.05),
            |(_, found)| found,
        );
    (strength.ln() - line(f64::from(size).ln())) / deviation
}

/// Returns whether a network has a structure with at least the same excess, given those of all networks.
fn plain_has(of_networks: &[Vec<(u32, f64)>], draw: u32, own: (u32, f64)) -> bool {
    let first: Vec<(u32, f64)> = of_networks[..19].iter().flatten().copied().collect();
    let excess = plain_excess(&first, own);
    let mut others = of_networks[draw as usize].iter().filter(|(_, strength)| *strength > 0.0);
    others.any(|other| plain_excess(&first, *other) >= excess - 1e-7)
}

/// Counts networks until the fifth that has such a structure.
fn sequential(mut has: impl FnMut(u32) -> bool) -> RandomDraws {
    let mut counted = RandomDraws::default();
    while counted.draws < 39 && counted.as_good < 5 {
        counted.as_good += u32::from(has(counted.draws));
        counted.draws += 1;
    }
    counted
}

/// A network of few vertices: all are sources of the search for brokers, so betweenness is exact.
#[test]
fn counts_equal_those_of_a_plain_recount() {
    let seed = 11;
    let given = groups(3, 8, 5, 0.3, 2);
    let links = StratifiedLinks::new(vertices(&given), given.iter().copied());
    let network = links.network();
    let partition = detect(&network, 1);
    let found = test(&links, &partition, seed);

    let drawn: Vec<WeightedGraph> =
        (0..39).map(|draw| links.random_network(&mut SplitMix64::new(seed, (2 << 32) + draw))).collect();
    let one_run = |network: &WeightedGraph, seed: u64| {
        find_once(network, seed, &Progress::silent()).expect("not cancelled")
    };
    let detected: Vec<_> = (1..).zip(&drawn).map(|(draw, network)| one_run(network, seed + draw)).collect();
    let modularity = one_run(&network, seed).1;
    assert_eq!(found.modularity.to_bits(), modularity.to_bits());
    assert_eq!(found.partition, sequential(|draw| detected[draw as usize].1 >= modularity));

    let surprises = plain_surprises(&network, &partition);
    assert_close(&community_surprises(&network, &partition), &surprises, 1e-9);
    let of_draws: Vec<Vec<(u32, f64)>> = drawn
        .iter()
        .zip(&detected)
        .map(|(network, (found, _))| {
            let sizes = found.sizes().iter().copied();
            sizes.zip(plain_surprises(network, found)).filter(|(size, _)| *size >= 3).collect()
        })
        .collect();
    let mut compared = 0;
    for (community, found) in found.communities.iter().enumerate() {
        let size = partition.sizes()[community];
        let Some((_, draws)) = found else {
            assert!(size < 3);
            continue;
        };
        compared += 1;
        let expected = sequential(|draw| plain_has(&of_draws, draw, (size, surprises[community])));
        assert_eq!(*draws, expected, "community {community}");
    }
    assert!(compared > 1, "{compared} communities compared");

    assert!(found.cores.len() > 1);
    for core in &found.cores {
        assert_eq!(core.size, plain_core(&network, core.k as usize));
        let expected = sequential(|draw| plain_core(&drawn[draw as usize], core.k as usize) >= core.size);
        assert_eq!(core.draws, expected, "core {}", core.k);
    }

    let exact = column(&network, "betweenness");
    let of_draws: Vec<Vec<(u32, f64)>> = drawn
        .iter()
        .map(|network| {
            let degrees =
                network.simple().vertices().map(|vertex| network.simple().outgoing(vertex).len() as u32);
            degrees.zip(column(network, "betweenness")).collect()
        })
        .collect();
    assert!(found.brokers.len() > 10);
    for broker in &found.brokers {
        let value = exact[broker.vertex as usize];
        assert!((broker.betweenness - value).abs() < 1e-6 * value, "{broker:?}: {value}");
        let expected = sequential(|draw| plain_has(&of_draws, draw, (broker.degree, value)));
        assert_eq!(broker.draws, expected, "broker {}", broker.vertex);
    }
}

/// Returns the numbers of significant and of compared partitions, communities, cores and brokers.
fn shares(found: &[StructureSignificance]) -> [(usize, usize); 4] {
    let count = |draws: &mut dyn Iterator<Item = RandomDraws>| {
        draws.fold((0, 0), |(significant, all), draws| {
            (significant + usize::from(draws.is_significant()), all + 1)
        })
    };
    [
        count(&mut found.iter().map(|found| found.partition)),
        count(
            &mut found.iter().flat_map(|found| found.communities.iter().flatten().map(|(_, draws)| *draws)),
        ),
        count(&mut found.iter().flat_map(|found| found.cores.iter().map(|core| core.draws))),
        count(&mut found.iter().flat_map(|found| found.brokers.iter().map(|broker| broker.draws))),
    ]
}

/// The null check: what is random is called so.
#[test]
fn at_most_one_structure_in_twenty_of_a_random_network_is_significant() {
    let mut found = Vec::new();
    for (seed, (count, size, links_each)) in
        (0..).zip([(8, 12, 6), (5, 30, 4), (20, 6, 3), (6, 20, 12)].repeat(8))
    {
        let given = groups(count, size, links_each, 0.1, seed);
        let links = StratifiedLinks::new(vertices(&given), given.iter().copied());
        // One network more, drawn like the others, is the observed graph.
        let observed = links.random_links(&mut SplitMix64::new(seed, 77));
        let links = StratifiedLinks::new(vertices(&given), observed);
        found.push(test(&links, &detect(&links.network(), seed), seed));
    }
    let names = ["partitions", "communities", "cores", "brokers"];
    for ((significant, all), name) in shares(&found).into_iter().zip(names) {
        println!("{significant} of {all} {name} are significant");
        assert!(all >= 32, "{all} {name}");
        assert!(significant as f64 <= 0.05 * all as f64 + 1.0, "{significant} of {all} {name}");
    }
}

#[test]
fn planted_communities_and_their_bridge_are_significant() {
    let mut found = Vec::new();
    for seed in 0..6 {
        let given = groups(8, 24, 8, 0.1, seed);
        let links = StratifiedLinks::new(vertices(&given), given.iter().copied());
        found.push(test(&links, &detect(&links.network(), seed), seed));
    }
    let [partitions, communities, ..] = shares(&found);
    println!("{} of {} planted communities are significant", communities.0, communities.1);
    assert_eq!(partitions.0, partitions.1);
    assert!(communities.1 >= 40 && communities.0 as f64 >= 0.95 * communities.1 as f64, "{communities:?}");

    // Two dense halves whose only link leads through one vertex of few links.
    let mut given = groups(1, 40, 8, 0.0, 3);
    let half = vertices(&given);
    given.extend(
        groups(1, 40, 8, 0.0, 4)
            .into_iter()
            .map(|(stratum, (a, b), weight)| (stratum, (a + half, b + half), weight)),
    );
    let bridge = 2 * half;
    given.extend([((0, 0, 0), (0, bridge), 1.0), ((0, 0, 0), (half, bridge), 1.0)]);
    let links = StratifiedLinks::new(bridge + 1, given);
    let found = test(&links, &detect(&links.network(), 3), 3);
    let broker = found.brokers.iter().find(|broker| broker.vertex == bridge).expect("the bridge is a broker");
    assert!(broker.draws.is_significant(), "{broker:?}");
}

#[test]
fn a_star_and_the_links_of_one_report_are_no_community() {
    // A report with forty hosts has the same links in every network.
    let given = (1..=40).map(|host| ((0, 0, 1), (0, host), 1.0));
    let links = StratifiedLinks::new(41, given);
    let found = test(&links, &detect(&links.network(), 1), 1);
    for (significant, all) in shares(&[found]) {
        assert_eq!(significant, 0, "of {all}");
    }
}

#[test]
fn results_are_equal_for_any_number_of_threads_and_any_order_of_links() {
    let given = groups(5, 12, 6, 0.2, 1);
    let mut turned = given.clone();
    turned.reverse();
    let results = [(1, given.clone()), (2, given), (4, turned)].map(|(threads, given)| {
        with_threads(threads, || {
            let links = StratifiedLinks::new(vertices(&given), given);
            test(&links, &detect(&links.network(), 3), 9)
        })
    });
    assert!(results[0].communities.iter().flatten().count() > 2);
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[test]
fn an_empty_network_has_no_structure_and_a_cancelled_computation_no_result() {
    let links = StratifiedLinks::new(3, []);
    let found = test(&links, &Partition::new(&[0, 1, 2]), 1);
    assert!(found.cores.is_empty() && found.brokers.is_empty() && !found.partition.is_significant());
    let given = groups(3, 10, 5, 0.2, 1);
    let links = StratifiedLinks::new(vertices(&given), given);
    let partition = detect(&links.network(), 1);
    let cancelled = Progress::silent();
    cancelled.cancel();
    assert_eq!(structure_significance(&links, &partition, 1, &cancelled), None);
}
