//! Chance of a candidate: its strength in earlier windows, and instances of its pattern in random runs.
//!
//! Each random run is searched for the pattern as the run was, over all entities. The expected number of a candidate is
//! the mean number of instances in a random run that are at least as unusual. A share of random runs for each candidate
//! is not enough. With a thousand entities, a few are rarer than one in two hundred in every run of chance, and a
//! candidate is one of those.

use std::{borrow::Borrow, collections::BTreeMap};

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{
    null_models::{Age, Instance, InstanceKey, RecentLinks, Search, Strata, ages, redated, strata},
    patterns::{Null, PATTERNS},
};
use crate::{analysis::Analysis, features::Candidate, random, time::DAY};

/// Number of earlier windows for comparison.
const WINDOWS: i64 = 4;
/// Number of links that the random runs of one pattern may read. It decides the number of runs, within limits.
const LINKS_BUDGET: usize = 4_000_000;
const DRAWS_MIN: usize = 199;
const DRAWS_MAX: usize = 999;
/// First stream of random numbers for random runs.
const FIRST_STREAM: u64 = 2 << 32;

/// Compares candidates with earlier windows and random runs. Sets `history`, and for patterns with random runs `null_p`
/// and `expected`.
pub(super) fn compare(analysis: &Analysis, candidates: &mut [Candidate], seed: u64) {
    let windows = windows(analysis);
    for pattern in PATTERNS {
        let positions: Vec<usize> =
            (0..candidates.len()).filter(|&position| candidates[position].pattern == pattern.name).collect();
        if positions.is_empty() || matches!(pattern.null, Null::Closed) {
            continue;
        }
        let of_pattern: Vec<Candidate> =
            positions.iter().map(|&position| candidates[position].clone()).collect();
        let strengths: Vec<Vec<f64>> = windows
            .iter()
            .map(|is_recent| strengths(analysis, &pattern.null, &of_pattern, is_recent))
            .collect();
        let chances = by_random_runs(analysis, &pattern.null, &of_pattern, seed);
        for ((number, &position), chance) in positions.iter().enumerate().zip(chances) {
            candidates[position].history = strengths.iter().map(|window| window[number]).collect();
            candidates[position].null_p = Some(chance.share);
            candidates[position].expected = Some(chance.expected);
        }
    }
}

/// Returns the strength of each candidate in a window, whose links are marked.
fn strengths(analysis: &Analysis, null: &Null, candidates: &[Candidate], is_recent: &[bool]) -> Vec<f64> {
    match null {
        Null::Rewired(search) | Null::Reported(search) => {
            (search.measure)(analysis, candidates, &RecentLinks::of(analysis, is_recent))
        }
        Null::Drawn(ends, search) => {
            let links = RecentLinks::between(analysis, is_recent, *ends);
            (search.measure)(analysis, candidates, &links)
        }
        Null::Redated(search) => {
            let age = |is_recent: &bool| if *is_recent { Age::Fresh } else { Age::Old };
            (search.measure)(analysis, candidates, &is_recent.iter().map(age).collect::<Vec<_>>())
        }
        Null::Closed => Vec::new(),
    }
}

/// Marks the links first recorded in each earlier window. The windows begin after the first run.
fn windows(analysis: &Analysis) -> Vec<Vec<bool>> {
    let (Some(cut), Some(first)) = (analysis.recent.cut, analysis.recent.first) else { return Vec::new() };
    let days = (analysis.view.as_of().valid_at.micros() - cut.micros()).div_euclid(DAY).max(1);
    (0..WINDOWS)
        .map(|number| (cut.days_earlier(days * (number + 1)), cut.days_earlier(days * number)))
        .take_while(|(from, _)| *from >= first)
        .map(|(from, to)| {
            analysis
                .resolution
                .links
                .iter()
                .map(|link| link.recorded_first > from && link.recorded_first <= to)
                .collect()
        })
        .collect()
}

/// Chance of a candidate by random runs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Chance {
    /// Share of random runs in which this candidate reaches its statistic. The run itself counts as one of them.
    share: f64,
    /// Number of instances in a random run that are as unusual, over all entities.
    expected: f64,
}

/// Compares each candidate with itself in random runs, and with every instance of its pattern there.
fn by_random_runs(analysis: &Analysis, null: &Null, candidates: &[Candidate], seed: u64) -> Vec<Chance> {
    let is_recent = &analysis.context.link_is_new;
    match null {
        Null::Rewired(search) => {
            let links = RecentLinks::of(analysis, is_recent);
            let strata = Strata::of(analysis, &links);
            let cost = links.all.len() * 4;
            chances(analysis, search, candidates, &links, cost, seed, |random| links.rewired(&strata, random))
        }
        Null::Drawn(ends, search) => {
            let links = RecentLinks::between(analysis, is_recent, *ends).with_urns(analysis, *ends);
            let cost = links.all.len() * 4;
            chances(analysis, search, candidates, &links, cost, seed, |random| links.drawn(random))
        }
        Null::Reported(search) => {
            let links = RecentLinks::reported(analysis, is_recent);
            let cost = links.all.len() * 4;
            chances(analysis, search, candidates, &links, cost, seed, |random| links.drawn(random))
        }
        Null::Redated(search) => {
            let (ages, strata) = (ages(analysis), strata(analysis));
            let draw = |random: &mut _| redated(&strata, &ages, random);
            chances(analysis, search, candidates, &ages[..], is_recent.len(), seed, draw)
        }
        Null::Closed => Vec::new(),
    }
}

/// Returns the chance of each candidate by random runs from `draw`. `links` are those of the run itself, and `cost` is the number of links that one of them reads.
fn chances<Links: ?Sized, Drawn: Borrow<Links>>(
    analysis: &Analysis,
    search: &Search<Links>,
    candidates: &[Candidate],
    links: &Links,
    cost: usize,
    seed: u64,
    draw: impl Fn(&mut ChaCha8Rng) -> Drawn + Sync,
) -> Vec<Chance> {
    let count = (LINKS_BUDGET / cost.max(1)).clamp(DRAWS_MIN, DRAWS_MAX);
    let at_risk = (search.at_risk)(analysis);
    let (strengths, runs): (Vec<Vec<f64>>, Vec<Vec<Instance>>) = (0..count as u64)
        .into_par_iter()
        .map(|number| {
            let drawn = draw(&mut random::open(seed, FIRST_STREAM + number));
            let links = drawn.borrow();
            ((search.measure)(analysis, candidates, links), (search.instances)(analysis, &at_risk, links))
        })
        .unzip();
    let of_key: BTreeMap<InstanceKey, Instance> = (search.instances)(analysis, &at_risk, links)
        .into_iter()
        .map(|instance| (instance.key, instance))
        .collect();
    let observed: Vec<Instance> = candidates
        .iter()
        .map(|candidate| {
            let key = (search.key)(candidate);
            let unfound = Instance { key, strength: candidate.statistic, mean: None };
            of_key.get(&key).copied().unwrap_or(unfound)
        })
        .collect();
    let expected = expected_instances(&observed, &runs);
    let share = |number: usize| {
        let reached =
            strengths.iter().filter(|run| is_as_strong(run[number], candidates[number].statistic)).count();
        (1.0 + reached as f64) / (1.0 + count as f64)
    };
    expected
        .into_iter()
        .enumerate()
        .map(|(number, expected)| Chance { share: share(number), expected })
        .collect()
}

/// Returns whether a strength reaches another. The tolerance covers rounding: the sums of equal weights may differ.
fn is_as_strong(strength: f64, other: f64) -> bool {
    strength >= other * (1.0 - 1e-9)
}

/// Returns, for each instance of a run, the mean number of instances in a random run that are at least as unusual. The
/// run itself counts as one of them, so that the smallest value is 1 / (runs + 1).
///
/// An instance is unusual by the log-likelihood ratio of its strength over the mean strength of its entities. The mean has a
/// closed form, or is that of its key in all runs. So a
/// pair of groups that chance often connects must be stronger than a pair that it never connects. The ratio, and its
/// comparison with the values of random runs over all places, are those of a spatial scan statistic (Kulldorff 1997).
fn expected_instances(observed: &[Instance], runs: &[Vec<Instance>]) -> Vec<f64> {
    let count = 1.0 + runs.len() as f64;
    let mut sums: BTreeMap<InstanceKey, f64> = BTreeMap::new();
    for instance in observed.iter().chain(runs.iter().flatten()) {
        *sums.entry(instance.key).or_default() += instance.strength;
    }
    let unusual = |instance: &Instance| {
        likelihood_ratio(instance.strength, instance.mean.unwrap_or(sums[&instance.key] / count))
    };
    let mut in_runs: Vec<f64> = runs.iter().flatten().map(unusual).collect();
    in_runs.sort_by(f64::total_cmp);
    let as_unusual = |instance: &Instance| {
        let own = unusual(instance);
        in_runs.len() - in_runs.partition_point(|other| !is_as_strong(*other, own))
    };
    observed.iter().map(|instance| (1.0 + as_unusual(instance) as f64) / count).collect()
}

/// Returns the logarithm of the likelihood ratio of a Poisson count over its mean, at least 0; 0 for a count below the
/// mean. Other strengths are read as counts.
fn likelihood_ratio(strength: f64, mean: f64) -> f64 {
    if strength > mean && mean > 0.0 { strength * (strength / mean).ln() - (strength - mean) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{index::EntityIndex, random::below};

    /// Returns a random run: entities of very different means, each an instance if its strength is at least 3.
    fn random_run(random: &mut ChaCha8Rng) -> Vec<Instance> {
        let strength = |number: usize, random: &mut ChaCha8Rng| {
            (0..20).filter(|_| below(random, 200) < 1 + number as u32 % 20).count() as f64
        };
        let all = EntityIndex::first(60).enumerate().map(|(number, at)| (at, strength(number, random)));
        let found = all.filter(|(_, strength)| *strength >= 3.0);
        found.map(|(at, strength)| Instance { key: InstanceKey::Entity(at), strength, mean: None }).collect()
    }

    #[test]
    fn a_run_of_chance_has_as_many_instances_below_a_limit_as_the_limit_says() {
        let stream = |number| random::open(11, number);
        let worlds = 100;
        let (mut expected, mut at_entity) = (Vec::new(), 0);
        for world in 0..worlds {
            let runs: Vec<Vec<Instance>> =
                (0..99).map(|run| random_run(&mut stream(1000 * world + run + 1))).collect();
            let observed = random_run(&mut stream(1000 * world));
            // The rule that it replaces: the share of runs in which the same entity is as strong, without the others.
            let is_rare = |instance: &&Instance| {
                let same =
                    |other: &&Instance| other.key == instance.key && other.strength >= instance.strength;
                runs.iter().flatten().filter(same).count() < 5
            };
            at_entity += observed.iter().filter(is_rare).count();
            expected.extend(expected_instances(&observed, &runs));
        }
        for limit in [0.05, 0.2, 1.0] {
            let found = expected.iter().filter(|number| **number <= limit).count() as f64;
            let mean = limit * worlds as f64;
            let deviation = 4.0 * mean.sqrt();
            assert!(
                (found - mean).abs() <= deviation,
                "{found} instances at or below {limit}, not {mean} +- {deviation}"
            );
        }
        assert!(at_entity > worlds as usize, "counting one entity at a time lets {at_entity} through");
    }

    #[test]
    fn an_unusual_instance_at_a_quiet_entity_counts_more_than_a_strong_one_at_a_busy_entity() {
        let [quiet, busy] = [0, 1].map(|number| EntityIndex::first(number + 1).last().expect("one"));
        let instance = |at, strength| Instance { key: InstanceKey::Entity(at), strength, mean: None };
        let runs: Vec<Vec<Instance>> = (0..99).map(|_| vec![instance(busy, 6.0)]).collect();
        let expected = expected_instances(&[instance(quiet, 4.0), instance(busy, 6.0)], &runs);
        assert!((expected[0] - 0.01).abs() < 1e-12, "{expected:?}");
        assert!((expected[1] - 1.0).abs() < 1e-12, "{expected:?}");
        assert_eq!(expected_instances(&[], &runs), [0.0; 0]);
    }
}
