//! Earlier judged flags that are similar to a flag, each with the reason for its place in the list.
//!
//! Two flags of one pattern are similar if they share an entity, or if their features are near each other. The distance is
//! the mean difference of the features in units of their standard deviation over all cards. A flag of an earlier run that
//! this run does not have is compared by its entities only.

use std::collections::BTreeSet;

use super::{
    flags::{Item, title_shown, verdict_words},
    respond,
    state::Shared,
};
use crate::{
    judgement::{self, Judgement},
    report::defang,
};

/// Largest number of similar flags on a card.
const SIMILAR_MAX: usize = 5;
/// Largest mean difference of features, in standard deviations, of similar flags.
const DISTANCE_MAX: f64 = 0.5;

/// A judged flag that is similar.
pub(super) struct Similar {
    pub(super) title: String,
    /// Path of its card; empty for a flag that only earlier runs have.
    pub(super) link: String,
    /// Verdict of each person in words.
    pub(super) verdicts: String,
    /// Reason for the similarity.
    pub(super) why: String,
}

/// A similar flag with the numbers that order it.
struct Found<'a> {
    /// Share of common entities, from 0 to 1.
    overlap: f64,
    /// Mean difference of the features.
    distance: f64,
    id: &'a str,
    similar: Similar,
}

/// Returns judged flags of the same pattern: those that share most entities first, then those with the nearest features.
/// `judgements` has those on flags of all runs of the audience.
pub(super) fn judged(app: &Shared, item: &Item, items: &[Item], judgements: &[Judgement]) -> Vec<Similar> {
    let own: BTreeSet<String> = app.flags.entity_ids(&item.id).into_iter().collect();
    let mut found = of_run(app, item, items, &own);
    found.extend(of_earlier_runs(app, item, judgements, &own));
    found.sort_by(|a, b| {
        b.overlap.total_cmp(&a.overlap).then(a.distance.total_cmp(&b.distance)).then(a.id.cmp(b.id))
    });
    found.into_iter().take(SIMILAR_MAX).map(|found| found.similar).collect()
}

/// Returns the similar flags that this run has.
fn of_run<'a>(app: &Shared, item: &Item, items: &'a [Item], own: &BTreeSet<String>) -> Vec<Found<'a>> {
    let judged = items
        .iter()
        .filter(|other| other.id != item.id && other.pattern == item.pattern && other.is_judged());
    let compare = |other: &'a Item| {
        let (shared, overlap) = common(own, app.flags.entity_ids(&other.id));
        let distance = app.flags.distance(&item.id, &other.id);
        let is_near = distance.is_some_and(|distance| distance <= DISTANCE_MAX);
        let why = match distance {
            Some(distance) if shared == 0 && is_near => {
                format!("its features differ by {distance:.2} standard deviations on average")
            }
            _ => shared_words(shared)?,
        };
        let similar = Similar {
            title: other.title.clone(),
            link: respond::flag_path(&other.id, ""),
            verdicts: other.verdict_words(),
            why,
        };
        Some(Found { overlap, distance: distance.unwrap_or(f64::INFINITY), id: &other.id, similar })
    };
    judged.filter_map(compare).collect()
}

/// Returns the similar flags that only earlier runs have.
fn of_earlier_runs<'a>(
    app: &Shared,
    item: &Item,
    judgements: &'a [Judgement],
    own: &BTreeSet<String>,
) -> Vec<Found<'a>> {
    let subjects: BTreeSet<&str> = judgements.iter().map(|judgement| &*judgement.subject_id).collect();
    let compare = |id: &'a str| {
        let flag = app.data.known_flag(id).filter(|flag| flag.pattern == item.pattern)?;
        let (shared, overlap) = common(own, flag.entity_ids.iter().cloned());
        let why = format!("{}; run {}", shared_words(shared)?, flag.run);
        let in_force = judgement::in_force(judgements, id, None, None);
        let verdicts =
            verdict_words(in_force.iter().map(|judgement| (judgement.value.name(), defang(&judgement.by))));
        let similar = Similar { title: title_shown(&flag.title), link: String::new(), verdicts, why };
        (!in_force.is_empty()).then_some(Found { overlap, distance: f64::INFINITY, id, similar })
    };
    subjects.into_iter().filter(|id| !app.flags.has(id)).filter_map(compare).collect()
}

/// Returns the number of common entities, and their share of all entities of both flags.
fn common(own: &BTreeSet<String>, others: impl IntoIterator<Item = String>) -> (usize, f64) {
    let others: BTreeSet<String> = others.into_iter().collect();
    let shared = own.intersection(&others).count();
    (shared, shared as f64 / own.union(&others).count().max(1) as f64)
}

/// Returns the number of common entities in words; `None` for 0.
fn shared_words(shared: usize) -> Option<String> {
    match shared {
        0 => None,
        1 => Some("it shares 1 entity".to_owned()),
        shared => Some(format!("it shares {shared} entities")),
    }
}
