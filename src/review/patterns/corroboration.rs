//! # Definition
//! Claims about an actor, activity or capability that one independent source made before the recent window, and that
//! other independent sources make now. A claim is a link of attribution, capability or infrastructure. A source that
//! repeats another one is not independent of it (see `resolve::Relays`).
//!
//! # Rationale
//! A claim of one source may be wrong. If a second source finds the same by itself, the claim is worth acting on.
//!
//! # Chance
//! Some claims are always made by a second source sooner or later. The rate is measured: claims of one source that a
//! second source made later, in earlier windows and for other subjects in this one. The larger of the two rates counts.
//! The expected number is the number of subjects, times the Poisson tail of the subject's own number. If one source
//! confirms much about many subjects in one run, it is a catalogue or a mirror. So the expected number is at least the
//! number of other subjects about which the delivery confirms half as much.
//!
//! # False positives
//! A source that copies without a trace; two sources with one customer; a new source that restates what is known.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label, limit_to_leads, poisson_tail};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, LinkIndex, RecordIndex},
    link::{Layer, Link},
    time::Moment,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "corroboration",
    about: "Claims about an actor, campaign, malware or tool that one source made before, and that other independent sources make now.",
    rationale: "A claim that a second source finds by itself is worth acting on.",
    false_positives: "A source that copies without a trace, two sources with one customer, or a new source that restates what is known.",
    unit: "claims with a new independent source, counted once for each source",
    find,
    null: Null::Closed,
    title: "{claims} {claims:claim|claims} about {name} had one source before and \
            {claims:has|have} {sources} more independent {sources:source|sources} now: links to {names}.",
    title_of,
};

/// A claim that one source made before the recent window.
struct SingleClaim<'a> {
    link: LinkIndex,
    subject: EntityIndex,
    /// Other sources that make it now, each with the time of its first record.
    new_sources: Vec<Confirmation<'a>>,
}

/// A source that confirms, and the recorded time of its delivery.
type Confirmation<'a> = (&'a str, Moment);

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let Some(cut) = analysis.recent.cut else { return Vec::new() };
    let (mut singles, mut confirmed_before) = (Vec::new(), 0);
    for (link, subject) in claims(analysis) {
        match origin_before(analysis, &analysis[link], cut) {
            OriginBefore::None => {}
            OriginBefore::One(before) => {
                let new_sources = confirmations(analysis, &analysis[link], cut, before);
                singles.push(SingleClaim { link, subject, new_sources });
            }
            OriginBefore::Several => {
                confirmed_before += usize::from(was_confirmed_later(analysis, &analysis[link], cut));
            }
        }
    }
    let mut by_subject: BTreeMap<EntityIndex, Vec<&SingleClaim<'_>>> = BTreeMap::new();
    for claim in &singles {
        by_subject.entry(claim.subject).or_default().push(claim);
    }
    let sum = |claims: &[&SingleClaim<'_>]| claims.iter().map(|claim| claim.new_sources.len()).sum::<usize>();
    let confirmed: usize = singles.iter().map(|claim| claim.new_sources.len()).sum();
    let deliveries = counts_by_delivery(&by_subject);
    let rate_before = rate(confirmed_before, singles.len() as f64 * windows(analysis, cut));
    let mut candidates = Vec::new();
    for (subject, claims) in &by_subject {
        let count = sum(claims);
        if count == 0 {
            continue;
        }
        let rate_of_others = rate(confirmed - count, (singles.len() - claims.len()) as f64);
        let mean = claims.len() as f64 * rate_before.max(rate_of_others);
        let links = claims.iter().filter(|claim| !claim.new_sources.is_empty()).map(|claim| claim.link);
        let mut candidate = candidate(analysis, *subject, links.collect());
        candidate.statistic = count as f64;
        let by_chance = by_subject.len() as f64 * poisson_tail(count, mean);
        candidate.expected = Some(by_chance.max(like_it(&deliveries, *subject) as f64));
        candidates.push(candidate);
    }
    limit_to_leads(analysis, &mut candidates);
    candidates
}

/// Number of confirmed claims about each subject, by delivery.
type CountsByDelivery<'a> = BTreeMap<Confirmation<'a>, BTreeMap<EntityIndex, usize>>;

fn counts_by_delivery<'a>(by_subject: &BTreeMap<EntityIndex, Vec<&SingleClaim<'a>>>) -> CountsByDelivery<'a> {
    let mut counts = CountsByDelivery::new();
    for (subject, claims) in by_subject {
        for confirmation in claims.iter().flat_map(|claim| &claim.new_sources) {
            *counts.entry(*confirmation).or_default().entry(*subject).or_default() += 1;
        }
    }
    counts
}

/// Fewest claims by which a delivery confirms as much about another subject.
const ALIKE_MIN: usize = 2;

/// Returns the number of other subjects about which the subject's largest delivery confirms at least half as much.
fn like_it(deliveries: &CountsByDelivery<'_>, subject: EntityIndex) -> usize {
    let of_subject = |counts: &BTreeMap<EntityIndex, usize>| counts.get(&subject).copied().unwrap_or(0);
    let Some(largest) = deliveries.values().max_by_key(|counts| of_subject(counts)) else { return 0 };
    let count = of_subject(largest);
    let is_alike = |number: usize| number >= ALIKE_MIN && 2 * number >= count;
    largest.iter().filter(|(other, number)| **other != subject && is_alike(**number)).count()
}

fn candidate(analysis: &Analysis, subject: EntityIndex, links: Vec<LinkIndex>) -> Candidate {
    let members: Vec<EntityIndex> =
        links.iter().flat_map(|link| [analysis[*link].from, analysis[*link].to]).collect();
    let groups = analysis.context.group_of[subject.index()].into_iter().collect();
    Candidate::new(analysis, PATTERN.name, vec![subject], members, groups, links)
}

/// Returns the rate of confirmations, with half an event in one trial as a prior.
fn rate(events: usize, trials: f64) -> f64 {
    (events as f64 + 0.5) / (trials + 1.0)
}

/// Returns the number of windows between the first run and the recent window, at least 1.
fn windows(analysis: &Analysis, cut: Moment) -> f64 {
    let length = |from: Moment, to: Moment| (to.micros() - from.micros()) as f64;
    let recent = length(cut, analysis.view.as_of().valid_at);
    analysis.recent.first.map_or(1.0, |first| (length(first, cut) / recent.max(1.0)).max(1.0))
}

/// Returns every claim about an actor, activity or capability, with its subject.
fn claims(analysis: &Analysis) -> Vec<(LinkIndex, EntityIndex)> {
    let context = &analysis.context;
    let links = LinkIndex::enumerate(&analysis.resolution.links);
    let subject = |link: &Link| {
        let is_counted = matches!(link.layer, Layer::Attribution | Layer::Capability | Layer::Infrastructure);
        let ends = [link.from, link.to].into_iter();
        let is_common = ends.clone().any(|end| context.is_hub[end.index()] || analysis[end].is_common());
        // A report links whatever it names, and an indicator is an object of one source.
        let is_report =
            |end: &EntityIndex| matches!(context.class[end.index()], Class::Report | Class::Indicator);
        if !is_counted || link.weight <= 0.0 || is_common || ends.clone().any(|end| is_report(&end)) {
            return None;
        }
        let class = |end: &EntityIndex| context.class[end.index()];
        ends.filter(|end| class(end).is_principal()).min_by_key(|end| (class(end), *end))
    };
    links.filter_map(|(index, link)| Some((index, subject(link)?))).collect()
}

/// Independent sources of a claim before the recent window.
enum OriginBefore<'a> {
    None,
    One(&'a str),
    Several,
}

fn origin_before<'a>(analysis: &'a Analysis, link: &Link, cut: Moment) -> OriginBefore<'a> {
    let is_before = |record: &&RecordIndex| analysis[**record].recorded_first <= cut;
    let mut origins =
        link.records.iter().filter(is_before).map(|record| analysis.resolution.relays.origin(*record));
    match origins.next() {
        None => OriginBefore::None,
        Some(first) if origins.all(|other| other == first) => OriginBefore::One(first),
        Some(_) => OriginBefore::Several,
    }
}

/// Returns the independent sources that make a claim in the recent window, without the one that made it `before`. Each
/// has the time of its first record there.
fn confirmations<'a>(
    analysis: &'a Analysis,
    link: &Link,
    cut: Moment,
    before: &str,
) -> Vec<Confirmation<'a>> {
    let relays = &analysis.resolution.relays;
    let mut first: BTreeMap<&str, Moment> = BTreeMap::new();
    for &record in &link.records {
        let (origin, time) = (relays.origin(record), analysis[record].recorded_first);
        if time > cut && origin != before {
            let earliest = first.entry(origin).or_insert(time);
            *earliest = (*earliest).min(time);
        }
    }
    first.into_iter().collect()
}

/// Returns whether a second independent source made the claim in a later run than the first one.
fn was_confirmed_later(analysis: &Analysis, link: &Link, cut: Moment) -> bool {
    let relays = &analysis.resolution.relays;
    let mut first: BTreeMap<&str, Moment> = BTreeMap::new();
    let time = |record: RecordIndex| analysis[record].recorded_first;
    for &record in link.records.iter().filter(|record| time(**record) <= cut) {
        let earliest = first.entry(relays.origin(record)).or_insert_with(|| time(record));
        *earliest = (*earliest).min(time(record));
    }
    let distinct: BTreeSet<Moment> = first.into_values().collect();
    distinct.len() > 1
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let subject = candidate.anchors[0];
    let sources: BTreeSet<&str> = analysis.recent.cut.map_or_else(BTreeSet::new, |cut| {
        let new = |link: &LinkIndex| match origin_before(analysis, &analysis[*link], cut) {
            OriginBefore::One(before) => confirmations(analysis, &analysis[*link], cut, before),
            OriginBefore::None | OriginBefore::Several => Vec::new(),
        };
        let new = |link: &LinkIndex| new(link).into_iter().map(|(source, _)| source);
        candidate.support.iter().flat_map(new).collect()
    });
    let others: BTreeSet<EntityIndex> = candidate
        .support
        .iter()
        .flat_map(|link| [analysis[*link].from, analysis[*link].to])
        .filter(|end| *end != subject)
        .collect();
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, subject))
        .count("claims", candidate.support.len())
        .count("sources", sources.len())
        .labels("names", others.into_iter().map(|other| label(analysis, other)))
}
