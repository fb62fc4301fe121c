//! Earlier judged flags that are similar to a flag, each with the reason for its place in the list.
//!
//! Two flags of one pattern are similar if they share an entity, or if their features are near each other. The distance is
//! the mean difference of the features in units of their standard deviation over all cards.

use std::collections::BTreeSet;

use super::{
    flags::{FlagTables, Item},
    respond,
};

/// Largest number of similar flags on a card.
const SIMILAR_MAX: usize = 5;
/// Largest mean difference of features, in standard deviations, of similar flags.
const DISTANCE_MAX: f64 = 0.5;

/// A judged flag that is similar.
pub(super) struct Similar {
    pub(super) title: String,
    pub(super) link: String,
    /// Verdict of each person in words.
    pub(super) verdicts: String,
    /// Reason for the similarity.
    pub(super) why: String,
}

/// Returns judged flags of the same pattern: those that share most entities first, then those with the nearest features.
pub(super) fn judged(flags: &FlagTables, item: &Item, items: &[Item]) -> Vec<Similar> {
    let entities = |id: &str| -> BTreeSet<String> { flags.entity_ids(id).into_iter().collect() };
    let own = entities(&item.id);
    let mut found: Vec<(f64, f64, &Item, String)> = items
        .iter()
        .filter(|other| other.id != item.id && other.pattern == item.pattern && other.is_judged())
        .filter_map(|other| {
            let others = entities(&other.id);
            let shared = own.intersection(&others).count();
            let overlap = shared as f64 / own.union(&others).count().max(1) as f64;
            let distance = flags.distance(&item.id, &other.id);
            let is_near = distance.is_some_and(|distance| distance <= DISTANCE_MAX);
            let why = match (shared, distance) {
                (0, Some(distance)) if is_near => {
                    format!("its features differ by {distance:.2} standard deviations on average")
                }
                (0, _) => return None,
                (1, _) => "it shares 1 entity".to_owned(),
                (shared, _) => format!("it shares {shared} entities"),
            };
            Some((overlap, distance.unwrap_or(f64::INFINITY), other, why))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)).then(a.2.id.cmp(&b.2.id)));
    found
        .into_iter()
        .take(SIMILAR_MAX)
        .map(|(_, _, other, why)| Similar {
            title: other.title.clone(),
            link: respond::flag_path(&other.id, ""),
            verdicts: other.verdict_words(),
            why,
        })
        .collect()
}
