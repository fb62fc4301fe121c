//! Candidates of relations: campaigns, reports and actors that share rare attributes, where no value need be shared.
//!
//! Attributes are techniques, software, vulnerabilities and targets to which a subject has a link, and one rare word of its
//! names. An attribute has the weight `log2(subjects / subjects that have it)`, so that a common tool has almost none. The
//! sum of a pair is compared with a null model that keeps the number of attributes of each subject, and the number of
//! subjects of each attribute (`chance`). Pairs below a false-discovery rate wait for a person as a candidate: one entity,
//! or related. They never join anything.

mod chance;
mod profiles;

use std::collections::HashSet;

use rayon::prelude::*;

use super::{ComparedPair, LevelWeight, PairState, Resolution};
use crate::index::EntityIndex;
use chance::Null;
use profiles::{Profiles, Shared};

pub use profiles::{ATTRIBUTE_CLASSES, AttributeClass};

/// Largest expected share of pairs that share their attributes by chance, among all raised pairs (Benjamini and Hochberg
/// 1995).
const FALSE_DISCOVERIES: f64 = 0.05;
/// Fewest shared attributes of a pair.
const SHARED_MIN: usize = 3;
/// Most subjects of an attribute whose pairs are looked up. More common attributes count, and find no pair.
const BLOCK_MAX: usize = 50;
/// Most pairs that are compared with the null model, those with the largest weight.
const TESTED_MAX: usize = 20_000;
/// Most candidates of a run.
const RAISED_MAX: usize = 100;
/// Attributes that a sentence names.
const NAMED_MAX: usize = 3;

/// An attribute that two subjects share.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedAttribute {
    /// Level of [`ATTRIBUTE_CLASSES`], such as `shared-technique`.
    pub level: &'static str,
    /// Name to show.
    pub name: String,
    /// Number of subjects that have it.
    pub subjects: u32,
    /// Weight in bits.
    pub bits: f64,
}

/// Returns the attributes that two entities share, the rarest first; empty if one of them is not a subject.
pub fn shared_attributes(resolution: &Resolution, pair: [EntityIndex; 2]) -> Vec<SharedAttribute> {
    let profiles = Profiles::of(resolution);
    let [Some(one), Some(other)] = pair.map(|entity| profiles.position(entity)) else { return Vec::new() };
    let shared = profiles.shared(one, other);
    let mut rows: Vec<SharedAttribute> = shared
        .attributes
        .iter()
        .map(|attribute| SharedAttribute {
            level: ATTRIBUTE_CLASSES[profiles.class(*attribute)].level,
            name: profiles.name(resolution, *attribute),
            subjects: profiles.subjects_of(*attribute),
            bits: profiles.bits(*attribute),
        })
        .collect();
    rows.sort_by(|a, b| b.bits.total_cmp(&a.bits).then_with(|| (a.level, &a.name).cmp(&(b.level, &b.name))));
    rows
}

/// A pair of subjects by their positions, with its evidence.
struct Tested {
    pair: (u32, u32),
    shared: Shared,
    /// Natural logarithm of the largest probability of the sum by chance.
    log_chance: f64,
}

/// Returns the pairs that share more rare attributes than chance explains, without pairs in `known`.
pub(super) fn pairs(resolution: &Resolution, known: &[ComparedPair]) -> Vec<ComparedPair> {
    let profiles = Profiles::of(resolution);
    let subjects = profiles.len();
    if subjects < 2 {
        return Vec::new();
    }
    let null = Null::of(&profiles);
    let mut candidates: Vec<((u32, u32), Shared)> = profiles
        .pairs(BLOCK_MAX)
        .into_par_iter()
        .map(|(one, other)| ((one, other), profiles.shared(one as usize, other as usize)))
        .filter(|(_, shared)| shared.attributes.len() >= SHARED_MIN)
        .collect();
    candidates.sort_by(|a, b| b.1.bits.total_cmp(&a.1.bits).then(a.0.cmp(&b.0)));
    candidates.truncate(TESTED_MAX);
    let mut tested: Vec<Tested> = candidates
        .into_par_iter()
        .map(|(pair, shared)| {
            let sizes = [pair.0, pair.1].map(|at| profiles.sizes(at as usize));
            let log_chance = null.log_chance(sizes, shared.bits);
            Tested { pair, shared, log_chance }
        })
        .collect();
    tested.sort_by(|a, b| a.log_chance.total_cmp(&b.log_chance).then(a.pair.cmp(&b.pair)));
    let all_pairs = subjects as f64 * (subjects as f64 - 1.0) / 2.0;
    // The step-up procedure: the last pair below its bound, and all before it.
    let is_below = |(rank, row): (usize, &Tested)| {
        row.log_chance <= (FALSE_DISCOVERIES * (rank as f64 + 1.0) / all_pairs).ln()
    };
    let last = tested.iter().enumerate().rev().find(|row| is_below(*row));
    let raised = last.map_or(0, |(rank, _)| rank + 1);
    let known: HashSet<(EntityIndex, EntityIndex)> =
        known.iter().map(|pair| (pair.entity, pair.other)).collect();
    let row = |tested: &Tested| {
        let [one, other] = [tested.pair.0, tested.pair.1].map(|at| profiles.entity(at as usize));
        let (entity, other) = (one.min(other), one.max(other));
        let is_new = !known.contains(&(entity, other)) && !profiles.are_related(tested.pair);
        is_new.then(|| candidate(resolution, &profiles, tested, [entity, other]))
    };
    tested[..raised].iter().filter_map(row).take(RAISED_MAX).collect()
}

fn candidate(
    resolution: &Resolution,
    profiles: &Profiles,
    tested: &Tested,
    [entity, other]: [EntityIndex; 2],
) -> ComparedPair {
    let mut levels: Vec<LevelWeight> = Vec::new();
    for (class, row) in ATTRIBUTE_CLASSES.iter().enumerate() {
        let of_class =
            tested.shared.attributes.iter().filter(|attribute| profiles.class(**attribute) == class);
        let bits: f64 = of_class.map(|attribute| profiles.bits(*attribute)).sum();
        if bits > 0.0 {
            levels.push(LevelWeight { level: row.level, bits });
        }
    }
    let mut rarest: Vec<(f64, String)> = tested
        .shared
        .attributes
        .iter()
        .map(|attribute| (profiles.bits(*attribute), profiles.name(resolution, *attribute)))
        .collect();
    rarest.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let names: Vec<String> =
        rarest.iter().take(NAMED_MAX).map(|(_, name)| format!("\u{201c}{name}\u{201d}")).collect();
    let digits = (-tested.log_chance / std::f64::consts::LN_10).floor();
    let constraint = format!(
        "candidate identity or relation: both share {} attributes, the rarest are {}; the probability by chance is below 1 in 10^{digits}",
        rarest.len(),
        names.join(", "),
    );
    let identifier = |index: EntityIndex| resolution[index].identifiers[0].id.clone();
    ComparedPair {
        entity,
        other,
        identifiers: [identifier(entity), identifier(other)],
        names: <[String; 2]>::default(),
        levels,
        bits: None,
        review_probability: None,
        constraint: Some(constraint),
        state: PairState::Unsure,
    }
}
