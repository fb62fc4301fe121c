//! # Definition
//! Three or more parties that newly pay or call the same three or more others: at least 80 % of all pairs, and each of the
//! others within three days. New means within one of the windows of `windows.rs`, and one of the others has a link of the recent
//! window. Pairs that paid or called each other before the window do not count. Neither do parties with more than 40 new partners.
//!
//! # Rationale
//! Accounts that one hand steers act alike and at the same time: mules, purchased accounts, a campaign of donations.
//!
//! # Chance
//! In a random network in which each party keeps its number of new partners, the expected number of groups of k parties
//! with the same l others is `(Σ (d)ₗ)ᵏ / k! · (Σ (e)ₖ)ˡ / l! / mᵏˡ`. Here d and e are the numbers of new partners on each
//! side, (d)ₗ is a falling factorial, and m is the number of new pairs. The number is multiplied by the number of windows. See Beutel et al. 2013, "`CopyCatch`", for the pattern.
//!
//! # False positives
//! The members of a club who pay the same suppliers; employees of one company on the first day of a project; families on
//! one holiday.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::FlagTitle,
    Null, Pattern, label,
    windows::{Window, least_expected},
};
use crate::{
    analysis::Analysis,
    features::Candidate,
    index::{EntityIndex, LinkIndex},
    time::DAY,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "lockstep",
    about: "Three or more parties that newly pay or call the same three or more others, at the same time.",
    rationale: "Accounts that one hand steers act alike and at the same time.",
    false_positives: "Members of a club who pay the same suppliers, employees at the start of a project, or families on one holiday.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{parties} parties, among them {name}, newly pay or call the same {others} others, each of these within {days} days.",
    title_of,
};

/// Fewest parties on each side.
const SIDE_MIN: usize = 3;
/// Most new partners of a party that counts.
const PARTNERS_MAX: usize = 40;
/// Smallest share of the pairs that exist.
const DENSITY_MIN: f64 = 0.8;
/// Longest time between the first and the last event with one of the others, in days.
const STEP_DAYS: i64 = 3;

/// New partners of each party, with the link.
type Partners = BTreeMap<EntityIndex, BTreeMap<EntityIndex, LinkIndex>>;

/// New pairs of parties, from both sides.
struct Pairs {
    out: Partners,
    into: Partners,
    count: usize,
}

fn pairs(analysis: &Analysis, window: &Window) -> Pairs {
    let (mut out, mut into) = (Partners::new(), Partners::new());
    let links = LinkIndex::enumerate(&analysis.resolution.links);
    let is_new = |index: LinkIndex| window.is_new(analysis, index);
    for (index, link) in
        links.filter(|(index, link)| link.is_event() && link.from != link.to && is_new(*index))
    {
        out.entry(link.from).or_default().entry(link.to).or_insert(index);
        into.entry(link.to).or_default().entry(link.from).or_insert(index);
    }
    let count = out.values().map(BTreeMap::len).sum();
    Pairs { out, into, count }
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    // Entities that a party newly paid or called in the recent window.
    let links = analysis.resolution.links.iter().zip(&analysis.context.link_is_new);
    let recent = links.filter(|(link, is_new)| **is_new && link.is_event());
    let recent: BTreeSet<EntityIndex> = recent.map(|(link, _)| link.to).collect();
    if recent.is_empty() {
        return Vec::new();
    }
    least_expected(analysis, |window| of_window(analysis, window, &recent))
}

fn of_window(analysis: &Analysis, window: &Window, recent: &BTreeSet<EntityIndex>) -> Vec<Candidate> {
    let pairs = pairs(analysis, window);
    let counts =
        |partners: &BTreeMap<EntityIndex, LinkIndex>| (SIDE_MIN..=PARTNERS_MAX).contains(&partners.len());
    let mut shared: BTreeMap<[EntityIndex; 2], Vec<EntityIndex>> = BTreeMap::new();
    for (party, partners) in pairs.out.iter().filter(|(_, partners)| counts(partners)) {
        let others: Vec<EntityIndex> =
            partners.keys().copied().filter(|other| counts(&pairs.into[other])).collect();
        for (at, one) in others.iter().enumerate() {
            // A group needs a recent link, and long windows have millions of pairs.
            let is_seed = |other: &&EntityIndex| recent.contains(one) || recent.contains(*other);
            for other in others[at + 1..].iter().filter(is_seed) {
                shared.entry([*one, *other]).or_default().push(*party);
            }
        }
    }
    shared.retain(|_, parties| parties.len() >= SIDE_MIN);
    let mut seeds: Vec<(&[EntityIndex; 2], &Vec<EntityIndex>)> = shared.iter().collect();
    seeds.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
    let mut taken: BTreeSet<[EntityIndex; 2]> = BTreeSet::new();
    let mut candidates = Vec::new();
    for (seed, parties) in seeds {
        if taken.contains(seed) {
            continue;
        }
        let Some(group) = Group::around(analysis, &pairs, parties) else { continue };
        for (at, one) in group.others.iter().enumerate() {
            taken.extend(group.others[at + 1..].iter().map(|other| [*one, *other]));
        }
        candidates.push(group.candidate(analysis, &pairs, window));
    }
    candidates
}

/// Parties, the others that they pay or call, and the links between them.
struct Group {
    parties: Vec<EntityIndex>,
    others: Vec<EntityIndex>,
    links: Vec<LinkIndex>,
}

impl Group {
    /// Returns the group of the others that most of these parties have, and of the parties that have most of them.
    fn around(analysis: &Analysis, pairs: &Pairs, parties: &[EntityIndex]) -> Option<Self> {
        let is_most = |count: usize, of: usize| count as f64 >= DENSITY_MIN * of as f64;
        let mut hits: BTreeMap<EntityIndex, usize> = BTreeMap::new();
        for other in parties.iter().flat_map(|party| pairs.out[party].keys()) {
            *hits.entry(*other).or_default() += 1;
        }
        hits.retain(|other, count| is_most(*count, parties.len()) && pairs.into[other].len() <= PARTNERS_MAX);
        let others: Vec<EntityIndex> = hits.into_keys().collect();
        let has_most = |party: &EntityIndex| {
            let partners = &pairs.out[party];
            is_most(others.iter().filter(|other| partners.contains_key(other)).count(), others.len())
        };
        let parties: Vec<EntityIndex> = parties.iter().copied().filter(has_most).collect();
        let of_other = |other: &EntityIndex| -> Vec<LinkIndex> {
            parties.iter().filter_map(|party| pairs.out[party].get(other)).copied().collect()
        };
        // Events with one of the others that are spread over more days do not count.
        let others: Vec<EntityIndex> =
            others.iter().copied().filter(|other| is_step(analysis, &of_other(other))).collect();
        let links: Vec<LinkIndex> = others.iter().flat_map(of_other).collect();
        let is_group = parties.len() >= SIDE_MIN
            && others.len() >= SIDE_MIN
            && is_most(links.len(), parties.len() * others.len())
            && parties.iter().all(|party| !others.contains(party));
        is_group.then_some(Self { parties, others, links })
    }

    fn candidate(self, analysis: &Analysis, pairs: &Pairs, window: &Window) -> Candidate {
        let log10 = log10_expected(pairs, self.parties.len(), self.others.len(), self.links.len())
            + window.corrected(1.0).log10();
        let mut anchors = self.parties.clone();
        anchors.sort_by_key(|party| analysis[*party].id);
        anchors.truncate(SIDE_MIN);
        let counts = vec![self.parties.len(), self.others.len()];
        let members = self.parties.into_iter().chain(self.others);
        let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, members, Vec::new(), self.links);
        candidate.statistic = -log10;
        candidate.expected = Some(f64::powf(10.0, log10));
        candidate.counts = counts;
        candidate
    }
}

/// Returns whether the first events of these links are within [`STEP_DAYS`].
fn is_step(analysis: &Analysis, links: &[LinkIndex]) -> bool {
    let times = links.iter().map(|link| {
        let link = &analysis[*link];
        link.seen.start.unwrap_or(link.recorded_first).micros()
    });
    let (first, last) =
        times.fold((i64::MAX, i64::MIN), |(first, last), time| (first.min(time), last.max(time)));
    last - first <= STEP_DAYS * DAY
}

/// Returns the decimal logarithm of the number of groups of this size in a random network of equal numbers of partners.
fn log10_expected(pairs: &Pairs, parties: usize, others: usize, links: usize) -> f64 {
    let falling = |degree: usize, count: usize| -> f64 {
        (0..count).map(|at| degree.saturating_sub(at) as f64).product()
    };
    // A group with missing pairs is compared with complete ones of as many pairs.
    let (of_party, of_other) = (links.div_ceil(parties), links.div_ceil(others));
    let sum = |partners: &Partners, count: usize| -> f64 {
        let degrees = partners.values().map(BTreeMap::len).filter(|degree| *degree <= PARTNERS_MAX);
        degrees.map(|degree| falling(degree, count)).sum()
    };
    let log_factorial = |count: usize| -> f64 { (1..=count).map(|at| (at as f64).log10()).sum() };
    let all = parties * others;
    let choices = log_factorial(all) - log_factorial(links) - log_factorial(all - links);
    parties as f64 * sum(&pairs.out, of_party).log10() - log_factorial(parties)
        + others as f64 * sum(&pairs.into, of_other).log10()
        - log_factorial(others)
        - links as f64 * (pairs.count as f64).log10()
        + choices
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let title = FlagTitle::new(PATTERN.name).label("name", label(analysis, candidate.anchors[0]));
    let counts = ["parties", "others"].into_iter().zip(&candidate.counts);
    counts.fold(title, |title, (name, count)| title.count(name, *count)).count("days", STEP_DAYS as usize)
}
