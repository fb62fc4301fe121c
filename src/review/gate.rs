//! The emergence gate: what a candidate must show before a person is asked to look.
//!
//! (i) It shows the pattern more strongly than it did in its own earlier windows, and than
//! random nights of equal degrees do, at a false-discovery rate over the night's candidates
//! (Benjamini and Hochberg 1995). (ii) At least 70 % of what makes it grow is news: told now
//! and of now. (iii) Two sources that do not merely pass on each other's objects say so, or
//! one of high reliability. (iv) Hubs and listed values count nothing: they tie nobody (see
//! `survey::Scene`).

use rayon::prelude::*;

use super::{
    patterns::{Null, PATTERNS},
    ties::{Age, Ties, ages, layers, relabelled},
};
use crate::{
    community::random,
    features::{self, Candidate, Sources},
    record::Reliability,
    survey::Survey,
    time::DAY,
};

/// Least share of the recent weight that must be news.
const NEWS_MIN: f64 = 0.7;
/// Earlier windows compared with.
const WINDOWS: i64 = 4;
/// Random nights drawn for a pattern: as many as this many links allow, within bounds.
const LINKS_BUDGET: usize = 4_000_000;
const DRAWS_MIN: usize = 99;
const DRAWS_MAX: usize = 999;
/// Streams of random numbers from here on belong to the draws.
const FIRST_STREAM: u64 = 2 << 32;

/// What a candidate showed at the gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Stronger than in its own earlier windows.
    pub exceeds_history: bool,
    /// Stronger than chance, at the false-discovery rate.
    pub exceeds_chance: bool,
    /// Share of the recent weight that is news, from 0 to 1.
    pub news_share: f64,
    /// Sources of the news that do not merely pass on another's objects, sorted.
    pub origins: Vec<String>,
    /// Whether one of them is usually or completely reliable.
    pub is_reliable: bool,
}

impl Gate {
    /// Names what the candidate fails, in order; nothing if it passes.
    pub fn fails(&self) -> Vec<&'static str> {
        let tests = [
            (self.exceeds_history, "history"),
            (self.exceeds_chance, "chance"),
            (self.news_share >= NEWS_MIN, "news"),
            (self.origins.len() >= 2 || (self.is_reliable && !self.origins.is_empty()), "sources"),
        ];
        tests.into_iter().filter(|(holds, _)| !holds).map(|(_, name)| name).collect()
    }

    /// Says whether a person is to be asked.
    pub fn passes(&self) -> bool {
        self.fails().is_empty()
    }
}

/// Compares candidates with earlier windows and random nights, filling in `history` and `null_p`.
pub(super) fn compare(survey: &Survey, candidates: &mut [Candidate], seed: u64) {
    let windows = windows(survey);
    for pattern in PATTERNS {
        let own: Vec<usize> =
            (0..candidates.len()).filter(|&at| candidates[at].pattern == pattern.name).collect();
        if own.is_empty() {
            continue;
        }
        let of_pattern: Vec<Candidate> = own.iter().map(|&at| candidates[at].clone()).collect();
        let measured: Vec<Vec<f64>> = windows
            .iter()
            .map(|is_recent| match pattern.null {
                Null::Rewired(measure) => measure(survey, &of_pattern, &Ties::of(survey, is_recent)),
                Null::Relabelled(measure) => measure(survey, &of_pattern, is_recent),
                Null::Redated(measure) => {
                    let age = |recent: &bool| if *recent { Age::Fresh } else { Age::Old };
                    measure(survey, &of_pattern, &is_recent.iter().map(age).collect::<Vec<_>>())
                }
            })
            .collect();
        let reached = draws(survey, &pattern.null, &of_pattern, seed);
        for (place, &at) in own.iter().enumerate() {
            candidates[at].history = measured.iter().map(|window| window[place]).collect();
            candidates[at].null_p = Some(reached[place]);
        }
    }
}

/// Marks the links told first in each earlier window that begins after the first night.
fn windows(survey: &Survey) -> Vec<Vec<bool>> {
    let (Some(cut), Some(first)) = (survey.recent.cut, survey.recent.first) else { return Vec::new() };
    let days = (survey.view.vantage().at.micros() - cut.micros()).div_euclid(DAY).max(1);
    (0..WINDOWS)
        .map(|back| (cut.days_earlier(days * (back + 1)), cut.days_earlier(days * back)))
        .take_while(|(from, _)| *from >= first)
        .map(|(from, to)| {
            survey
                .resolution
                .links
                .iter()
                .map(|link| link.told_first > from && link.told_first <= to)
                .collect()
        })
        .collect()
}

/// Returns, for each candidate, the share of random nights that reach its statistic, itself counted.
fn draws(survey: &Survey, null: &Null, candidates: &[Candidate], seed: u64) -> Vec<f64> {
    let is_recent = &survey.scene.link_is_new;
    let (ties, ages, layers) = (Ties::of(survey, is_recent), ages(survey), layers(survey));
    let cost = match null {
        Null::Rewired(_) => ties.all.len() * 4,
        Null::Relabelled(_) | Null::Redated(_) => is_recent.len(),
    };
    let count = (LINKS_BUDGET / cost.max(1)).clamp(DRAWS_MIN, DRAWS_MAX);
    let reached: Vec<Vec<bool>> = (0..count as u64)
        .into_par_iter()
        .map(|draw| {
            let mut random = random::open(seed, FIRST_STREAM + draw);
            let values = match null {
                Null::Rewired(measure) => measure(survey, candidates, &ties.rewired(&mut random)),
                Null::Relabelled(measure) => {
                    measure(survey, candidates, &relabelled(&layers, is_recent, false, &mut random))
                }
                Null::Redated(measure) => {
                    measure(survey, candidates, &relabelled(&layers, &ages, Age::Old, &mut random))
                }
            };
            // A hair below counts: sums of equal weights differ by rounding.
            values.iter().zip(candidates).map(|(value, own)| *value >= own.statistic * (1.0 - 1e-9)).collect()
        })
        .collect();
    (0..candidates.len())
        .map(|at| (1.0 + reached.iter().filter(|draw| draw[at]).count() as f64) / (1.0 + count as f64))
        .collect()
}

/// Tells of each candidate what it shows at the gate; `limit` is the largest p that passes.
pub(super) fn judge(survey: &Survey, candidates: &[Candidate], limit: f64) -> Vec<Gate> {
    let sources = Sources::of(survey);
    candidates
        .iter()
        .map(|candidate| {
            let origins = features::origins(survey, candidate, &sources);
            let reliable = |name: &String| survey.view.terms(name).reliability;
            Gate {
                exceeds_history: candidate.history.iter().all(|earlier| candidate.statistic > *earlier),
                exceeds_chance: candidate.null_p.is_some_and(|p| p <= limit),
                news_share: features::news_share(survey, candidate),
                is_reliable: origins
                    .iter()
                    .any(|name| matches!(reliable(name), Reliability::A | Reliability::B)),
                origins,
            }
        })
        .collect()
}

/// Returns the largest p that counts as a discovery among candidates.
pub(super) fn limit(candidates: &[Candidate], fdr: f64) -> f64 {
    discovery_limit(candidates.iter().filter_map(|candidate| candidate.null_p).collect(), fdr)
}

/// Returns the largest p that counts as a discovery (Benjamini and Hochberg 1995).
fn discovery_limit(mut all: Vec<f64>, fdr: f64) -> f64 {
    all.sort_by(f64::total_cmp);
    let count = all.len() as f64;
    let passing = (1..).zip(&all).filter(|(rank, p)| **p <= fdr * f64::from(*rank) / count);
    passing.last().map_or(-1.0, |(_, p)| *p)
}

#[cfg(test)]
mod tests {
    use super::discovery_limit;

    #[test]
    fn discoveries_are_those_of_benjamini_and_hochberg() {
        // Their example (1995, section 3.2): 15 tests, four discoveries at 0.05.
        let all = vec![
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        assert!((discovery_limit(all, 0.05) - 0.0095).abs() < 1e-12);
        assert!(discovery_limit(vec![0.2, 0.9], 0.05) < 0.0);
        assert!(discovery_limit(Vec::new(), 0.05) < 0.0);
    }
}
