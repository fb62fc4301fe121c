//! Rule `name-and-attribute`: entities with similar names, compared pair by pair in the manner of Fellegi and Sunter.
//!
//! 1. `bearers` reads the names and attributes of each cluster whose class is on the list.
//! 2. `blocking` finds the pairs to compare, within limits, and counts what the limits lose.
//! 3. `comparing` adds up the weights of all levels, in bits; `weights` has them as a table.
//! 4. `review_order` sorts the pairs that wait, and decides nothing.
//! 5. This file decides. Constraints always win. A pair may join two clusters only if its probability reaches
//!    `match_probability`, its class allows that, a strong attribute agrees, and no pair between the two groups is improbable.
//!    All other probable pairs wait for a person.

mod bearers;
mod blocking;
mod classes;
mod comparing;
mod levels;
mod look_alikes;
mod review_order;
mod weights;

use std::collections::{HashMap, HashSet};

pub use blocking::BlockingCounts;
pub use comparing::LevelWeight;
pub use levels::{COMPARISONS, ComparisonLevel, read_attribute_model};

use rayon::prelude::*;

use super::{
    clusters::{Clusters, Merge},
    identifier_nodes::NodeIndex,
    judged::{Judged, PairVerdict},
    rules::{NAME_AND_ATTRIBUTE, ResolveConfig},
};
use crate::{
    join_steps::JoinSteps,
    record::{Attribute, AttributeKind},
    view::View,
};
use bearers::Bearer;
use blocking::{Candidate, Candidates, WordCounts};
use classes::CLASSES;
use comparing::{Compared, Frequencies, bits_of, probability};
use levels::AttributeWeights;
use review_order::review_probability;
use weights::ValueCounts;

/// Probability from which a pair waits for a person.
const REVIEW_PROBABILITY: f64 = 0.5;

/// Probability that each pair between two groups reaches before the groups become one. It is lower than that of a pair that waits,
/// because each group has another pair with a strong attribute in common.
const GROUP_PROBABILITY: f64 = 0.2;

/// State of two compared or judged entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PairState {
    /// They are one entity.
    Same,
    /// A constraint or a person keeps them apart.
    Different,
    /// Evidence or people contradict each other; they stay apart.
    Contested,
    /// They stay apart until a person decides.
    Unsure,
}

impl PairState {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Contested => "contested",
            Self::Unsure => "unsure",
        }
    }
}

/// A pair of clusters with the result of their comparison.
pub(super) struct PairOfClusters {
    pub(super) nodes: [NodeIndex; 2],
    /// Names that agree best; empty if names were not compared.
    pub(super) names: [String; 2],
    pub(super) levels: Vec<LevelWeight>,
    pub(super) bits: Option<f64>,
    /// Probability by the model that sorts the review band, from 0 to 1.
    pub(super) review_probability: Option<f64>,
    pub(super) constraint: Option<String>,
    pub(super) state: PairState,
}

/// Scope of a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every class, with a row for each pair that a person may see.
    WithRows,
    /// Only what joins entities, without rows.
    MergesOnly,
}

/// Compared pairs of a view.
#[derive(Default)]
pub(super) struct ComparedNames {
    pub(super) pairs: Vec<PairOfClusters>,
    pub(super) counts: BlockingCounts,
}

/// Joins clusters by names and attributes, and returns the compared pairs.
pub(super) fn join(
    clusters: &mut Clusters,
    view: &View,
    judged: &Judged,
    (config, scope): (&ResolveConfig, Scope),
    steps: &dyn JoinSteps,
) -> ComparedNames {
    if !config.has(NAME_AND_ATTRIBUTE) {
        return ComparedNames::default();
    }
    let mut bearers = bearers::bearers(clusters, view);
    let can_merge = |bearer: &Bearer| CLASSES[bearer.class].may_merge;
    if scope == Scope::MergesOnly {
        bearers.retain(can_merge);
        if bearers.iter().all(|bearer| bearer.attributes.is_empty()) {
            return ComparedNames::default();
        }
    }
    let words = WordCounts::of_bearers(&bearers);
    let Candidates { pairs, crowded, counts } =
        blocking::candidates(&bearers, &words, (clusters, view), steps);
    let attributes = AttributeWeights::new(config.attributes.as_ref());
    let known = Frequencies::new(words, ValueCounts::of_bearers(&bearers), attributes);
    let compared: Vec<Compared> = pairs
        .par_iter()
        .filter_map(|candidate| {
            // A stated pair has a row, however improbable it is.
            let least = if candidate.is_stated { f64::NEG_INFINITY } else { bits_of(REVIEW_PROBABILITY) };
            comparing::compare_from(&bearers, candidate, &known, least)
        })
        .filter(|compared| compared.is_stated || probability(compared.bits) >= REVIEW_PROBABILITY)
        .collect();
    let mut held = held(judged, clusters);
    let mut alike = look_alikes::of_names(&bearers, clusters);
    held.extend(alike.iter().map(|pair| in_order(pair.nodes)));
    merge(clusters, (&bearers, &compared, &held), &known, config);
    if scope == Scope::MergesOnly {
        return ComparedNames { pairs: Vec::new(), counts };
    }
    let mut rows: Vec<PairOfClusters> =
        compared.into_iter().map(|compared| row(clusters, &bearers, compared)).collect();
    alike.extend(look_alikes::of_domains(clusters));
    let reasons: HashMap<[NodeIndex; 2], &Option<String>> =
        alike.iter().map(|pair| (in_order(pair.nodes), &pair.constraint)).collect();
    for row in rows.iter_mut().filter(|row| row.state == PairState::Unsure && row.constraint.is_none()) {
        row.constraint = reasons.get(&in_order(row.nodes)).copied().cloned().flatten();
    }
    let listed: HashSet<[NodeIndex; 2]> = rows.iter().map(|pair| in_order(pair.nodes)).collect();
    rows.extend(alike.into_iter().filter(|pair| !listed.contains(&in_order(pair.nodes))));
    rows.extend(crowded.into_iter().map(|(pair, size)| crowded_row(&bearers, pair, size)));
    ComparedNames { pairs: rows, counts }
}

/// Returns the pairs of clusters that no rule may join, because people are unsure or disagree.
fn held(judged: &Judged, clusters: &Clusters) -> HashSet<[NodeIndex; 2]> {
    let is_held = |verdict: PairVerdict| matches!(verdict, PairVerdict::Unsure | PairVerdict::Contested);
    let of_pairs = judged.pairs.iter().filter(|pair| is_held(pair.verdict));
    of_pairs.map(|pair| in_order(pair.nodes.map(|node| clusters.root(node)))).collect()
}

fn in_order([a, b]: [NodeIndex; 2]) -> [NodeIndex; 2] {
    [a.min(b), a.max(b)]
}

/// Joins the pairs that may be joined without a person, the most probable first.
fn merge(
    clusters: &mut Clusters,
    (bearers, compared, held): (&[Bearer], &[Compared], &HashSet<[NodeIndex; 2]>),
    known: &Frequencies<'_>,
    config: &ResolveConfig,
) {
    let roots = |pair: (u32, u32)| in_order([pair.0, pair.1].map(|at| bearers[at as usize].root));
    let may_be_one = |compared: &&Compared| {
        compared.caution.is_none()
            && !compared.has_difference
            && CLASSES[bearers[compared.pair.0 as usize].class].may_merge
            && !held.contains(&roots(compared.pair))
    };
    let agrees = |compared: &&Compared| {
        compared.has_strong_attribute && probability(compared.bits) >= config.match_probability
    };
    // A chain of pairs does not suffice: a pair between two groups must not be improbable, and must have no difference.
    let of_pair: HashMap<(u32, u32), &Compared> =
        compared.iter().map(|compared| (compared.pair, compared)).collect();
    let is_probable = |pair: (u32, u32)| {
        let is_probable =
            |compared: &Compared| probability(compared.bits) >= GROUP_PROBABILITY && may_be_one(&compared);
        // Blocking may have missed the pair.
        let candidate = Candidate { pair, is_stated: false };
        let compared = || comparing::compare_from(bearers, &candidate, known, bits_of(GROUP_PROBABILITY));
        of_pair.get(&pair).map_or_else(
            || compared().is_some_and(|compared| is_probable(&compared)),
            |compared| is_probable(compared),
        )
    };
    let mut strong: Vec<&Compared> = compared.iter().filter(may_be_one).filter(agrees).collect();
    strong.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.pair.cmp(&b.pair)));
    let mut groups: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut group_of: HashMap<u32, u32> = HashMap::new();
    for compared in strong {
        let [a, b] = [compared.pair.0, compared.pair.1].map(|at| *group_of.get(&at).unwrap_or(&at));
        if a == b {
            continue;
        }
        let members = |group: u32| groups.get(&group).cloned().unwrap_or_else(|| vec![group]);
        let (left, right) = (members(a), members(b));
        let [from, to] = [compared.pair.0, compared.pair.1].map(|at| bearers[at as usize].root);
        let mut pairs = left
            .iter()
            .flat_map(|one| right.iter().map(move |other| (*one.min(other), *one.max(other))))
            .filter(|pair| *pair != compared.pair);
        if clusters.constraint(from, to).is_some() || !pairs.all(is_probable) {
            continue;
        }
        let reason = reason(compared, bearers);
        clusters.join(Merge { from, to, rule: NAME_AND_ATTRIBUTE, record: None, reason });
        let all: Vec<u32> = left.into_iter().chain(right).collect();
        for member in &all {
            group_of.insert(*member, a);
        }
        groups.remove(&b);
        groups.insert(a, all);
    }
}

fn reason(compared: &Compared, bearers: &[Bearer]) -> String {
    let [one, other] = &compared.names;
    let attributes: Vec<&str> = compared
        .levels
        .iter()
        .map(|level| level.level)
        .filter(|level| is_agreeing_attribute(level, &bearers[compared.pair.0 as usize].attributes))
        .collect();
    format!(
        "the names \u{201c}{one}\u{201d} and \u{201c}{other}\u{201d} agree, and so do: {}; probability {:.3}",
        attributes.join(", "),
        probability(compared.bits)
    )
}

fn is_agreeing_attribute(level: &str, attributes: &[Attribute]) -> bool {
    !attributes.is_empty() && AttributeKind::named(level).is_some()
}

fn row(clusters: &Clusters, bearers: &[Bearer], compared: Compared) -> PairOfClusters {
    let Compared { pair, names, levels, bits, caution, .. } = compared;
    let nodes = [pair.0, pair.1].map(|at| bearers[at as usize].root);
    let constraint = clusters.constraint(nodes[0], nodes[1]);
    let is_same = clusters.root(nodes[0]) == clusters.root(nodes[1]);
    let state = match (is_same, &constraint) {
        (true, _) => PairState::Same,
        (false, Some(_)) => PairState::Different,
        (false, None) => PairState::Unsure,
    };
    let constraint = constraint.or_else(|| caution.map(str::to_owned)).filter(|_| !is_same);
    let review_probability = review_probability(bearers[pair.0 as usize].class, &levels);
    PairOfClusters { nodes, names, levels, bits: Some(bits), review_probability, constraint, state }
}

/// Returns the row of a name that too many entities share, as after a source repeated one alias on all its entities.
fn crowded_row(bearers: &[Bearer], pair: (u32, u32), size: usize) -> PairOfClusters {
    let [one, other] = [pair.0, pair.1].map(|at| &bearers[at as usize]);
    let shared = one.names.iter().find_map(|name| {
        let same = other.names.iter().find(|known| known.keys.words == name.keys.words)?;
        Some([name.text.clone(), same.text.clone()])
    });
    PairOfClusters {
        nodes: [one.root, other.root],
        names: shared.unwrap_or_default(),
        levels: Vec::new(),
        bits: None,
        review_probability: None,
        constraint: Some(format!("{size} entities have this name, so that it is no evidence")),
        state: PairState::Contested,
    }
}
