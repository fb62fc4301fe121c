//! Chance of a candidate: its strength in earlier windows, and instances of its pattern in random runs.
//!
//! Each random run is searched for the pattern as the run was, over all entities. The expected number of a candidate is
//! the mean number of instances in a random run that are at least as unusual. A share of random runs for each candidate
//! is not enough. With a thousand entities, a few are rarer than one in two hundred in every run of chance, and a
//! candidate is one of those.
//!
//! Random runs are drawn in stages, each about as long as all before it. Drawing stops after a stage if no candidate can
//! pass any more, as in the sequential tests of Besag and Clifford (1991, Sequential Monte Carlo p-values). The stop
//! changes no flag: what is counted already is too much, also if no further random run had an instance.

use std::{borrow::Borrow, collections::BTreeMap};

use rayon::prelude::*;

use super::{
    gate,
    null_models::{Age, Instance, InstanceKey, RecentLinks, Search, Searched, Strata, ages, redated, strata},
    patterns::{Null, PATTERNS, Pattern},
};
use crate::{analysis::Analysis, features::Candidate, random, time::DAY};

/// Number of earlier windows for comparison.
const WINDOWS: i64 = 4;
/// Number of links that the random runs of one pattern may read. It decides the number of runs, within limits.
const LINKS_BUDGET: usize = 4_000_000;
const DRAWS_MIN: usize = 199;
const DRAWS_MAX: usize = 999;
/// Number of random runs of the first stage.
const FIRST_STAGE: usize = 49;
/// Largest false-discovery rate at which the flags are those of all random runs. A run may be judged again at another rate.
const FDR_MAX: f64 = 0.1;
/// First stream of random numbers for random runs.
const FIRST_STREAM: u64 = 2 << 32;

/// Compares candidates with earlier windows and random runs. Sets `history`, and for patterns with random runs `null_p`
/// and `expected`.
pub(super) fn compare(analysis: &Analysis, candidates: &mut [Candidate], seed: u64) {
    let windows = windows(analysis);
    let has_random_runs = |candidate: &&Candidate| {
        let of_candidate = |pattern: &&Pattern| pattern.name == candidate.pattern;
        PATTERNS.iter().find(of_candidate).is_some_and(|pattern| !matches!(pattern.null, Null::Closed))
    };
    let loosest = gate::loosest_limit(candidates.iter().filter(has_random_runs).count(), FDR_MAX);
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
        let chances = by_random_runs(analysis, &pattern.null, &of_pattern, loosest, seed);
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

/// Compares each candidate with itself in random runs, and with every instance of its pattern there. No candidate with more than
/// `loosest` expected instances passes.
fn by_random_runs(
    analysis: &Analysis,
    null: &Null,
    candidates: &[Candidate],
    loosest: f64,
    seed: u64,
) -> Vec<Chance> {
    let open = |number: u64| random::open(seed, FIRST_STREAM + number);
    let is_recent = &analysis.context.link_is_new;
    match null {
        Null::Rewired(search) => {
            let links = RecentLinks::of(analysis, is_recent);
            let strata = Strata::of(analysis, &links);
            let cost = links.all.len() * 4;
            chances(analysis, search, candidates, &links, (cost, loosest), |number| {
                links.rewired(&strata, &mut open(number))
            })
        }
        Null::Drawn(ends, search) => {
            let links = RecentLinks::between(analysis, is_recent, *ends).with_urns(analysis, *ends);
            let cost = links.all.len() * 4;
            chances(analysis, search, candidates, &links, (cost, loosest), |number| {
                links.drawn(&mut open(number))
            })
        }
        Null::Reported(search) => {
            let links = RecentLinks::reported(analysis, is_recent);
            let cost = links.all.len() * 4;
            chances(analysis, search, candidates, &links, (cost, loosest), |number| {
                links.drawn(&mut open(number))
            })
        }
        Null::Redated(search) => {
            let (ages, strata) = (ages(analysis), strata(analysis));
            let draw = |number| redated(&strata, &ages, &mut open(number));
            chances(analysis, search, candidates, &ages[..], (is_recent.len(), loosest), draw)
        }
        Null::Closed => Vec::new(),
    }
}

/// Returns the chance of each candidate by random runs from `draw`, which takes the number of a run. `links` are those of the run itself, and
/// `cost` is the number of links that one random run reads. No candidate with more than `loosest` expected instances passes.
fn chances<Links: ?Sized, Drawn: Borrow<Links>>(
    analysis: &Analysis,
    search: &Search<Links>,
    candidates: &[Candidate],
    links: &Links,
    (cost, loosest): (usize, f64),
    draw: impl Fn(u64) -> Drawn + Sync,
) -> Vec<Chance> {
    let count = (LINKS_BUDGET / cost.max(1)).clamp(DRAWS_MIN, DRAWS_MAX);
    let at_risk = (search.at_risk)(analysis);
    let of_key: BTreeMap<InstanceKey, Instance> = (search.run)(analysis, &[], &at_risk, links)
        .instances
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
    let (mut strengths, mut runs): (Vec<Vec<f64>>, Vec<Vec<Instance>>) = Default::default();
    for end in stages(count) {
        let stage: Vec<Searched> = (runs.len()..end)
            .into_par_iter()
            .map(|number| (search.run)(analysis, candidates, &at_risk, draw(number as u64).borrow()))
            .collect();
        for searched in stage {
            strengths.push(searched.strengths);
            runs.push(searched.instances);
        }
        if end < count && are_all_expected(&observed, &runs, count, loosest) {
            break;
        }
    }
    let expected = expected_instances(&observed, &runs);
    let share = |number: usize| {
        let reached =
            strengths.iter().filter(|run| is_as_strong(run[number], candidates[number].statistic)).count();
        (1.0 + reached as f64) / (1.0 + runs.len() as f64)
    };
    expected
        .into_iter()
        .enumerate()
        .map(|(number, expected)| Chance { share: share(number), expected })
        .collect()
}

/// Returns the number of random runs at the end of each stage; the last one is `count`.
fn stages(count: usize) -> Vec<usize> {
    let ends = std::iter::successors(Some(FIRST_STAGE), |end| Some(2 * end + 1));
    ends.take_while(|end| *end < count).chain([count]).collect()
}

/// Returns whether every instance of a run has more than `loosest` expected instances after `count` random runs, whatever the
/// runs that are not drawn yet have. It is unknown without a closed form of the means, because further runs change such means.
fn are_all_expected(observed: &[Instance], runs: &[Vec<Instance>], count: usize, loosest: f64) -> bool {
    let is_closed = |instance: &Instance| instance.mean.is_some();
    observed.iter().all(is_closed) && runs.iter().flatten().all(is_closed) && {
        let share_drawn = (1.0 + runs.len() as f64) / (1.0 + count as f64);
        expected_instances(observed, runs).iter().all(|expected| expected * share_drawn > loosest)
    }
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
    use rand_chacha::ChaCha8Rng;

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

    #[test]
    fn stages_double_and_end_with_all_runs() {
        assert_eq!(stages(199), [49, 99, 199]);
        assert_eq!(stages(500), [49, 99, 199, 399, 500]);
        assert_eq!(stages(999), [49, 99, 199, 399, 799, 999]);
    }

    #[test]
    fn a_stop_is_certain_that_no_candidate_passes_with_all_runs() {
        let closed = |instance: Instance| Instance { mean: Some(1.5), ..instance };
        let (count, loosest) = (399, 0.4);
        let mut stopped = 0;
        for world in 0..60 {
            let stream = |number| random::open(13, 1000 * world + number);
            let draw = |run| random_run(&mut stream(run)).into_iter().map(closed).collect::<Vec<_>>();
            let runs: Vec<Vec<Instance>> = (1..=count as u64).map(draw).collect();
            let mut observed = draw(0);
            observed.truncate(2);
            let all = expected_instances(&observed, &runs);
            for end in stages(count).into_iter().filter(|end| *end < count) {
                if are_all_expected(&observed, &runs[..end], count, loosest) {
                    assert!(
                        all.iter().all(|expected| *expected > loosest),
                        "world {world}, {end} runs: {all:?}"
                    );
                    stopped += 1;
                }
            }
            let drawn: Vec<Instance> =
                observed.iter().map(|instance| Instance { mean: None, ..*instance }).collect();
            assert!(drawn.is_empty() || !are_all_expected(&drawn, &runs[..99], count, loosest));
        }
        assert!((1..200).contains(&stopped), "{stopped} of 180 stages ended the draws");
    }
}
