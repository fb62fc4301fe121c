//! # Definition
//! A new report, or a new actor, campaign or malware, without a link to a known subject, that shares values or rare
//! techniques with one known subject. The score has the weights of [`crate::reporting::attribution`]; posts and reporters
//! count, too. The subject holds at least 80 % of the sum of the two best scores. It is a suggestion, and merges nothing.
//!
//! # Rationale
//! The first question about a new report is who is behind it. Shared hosts and rare methods answer it before a source
//! does.
//!
//! # Chance
//! The values and techniques of other new reports and subjects lead to this subject, too: their share is the rate at
//! which one is shared by chance. The expected number is the number of pairs of a new one and a known subject, times
//! the Poisson tail of the shared values and techniques.
//!
//! # False positives
//! Common hosting; a copied list; a false flag; two actors with one supplier.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        FlagTitle,
        known_keys::{Key, Keys},
        people::is_person,
    },
    Null, Pattern, label, limit_to_leads, poisson_tail,
};
use crate::{
    analysis::{Analysis, Class},
    features::{Candidate, Question},
    index::{EntityIndex, LinkIndex},
    reporting::{
        ReportingHistory,
        attribution::{COLUMNS, Evidence, KeyKind, Query, WEIGHTS},
        first_reports::{FirstReports, Origin, first_reports},
    },
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "attribution",
    about: "A new report, actor, campaign or malware without a link to a known subject that shares values or rare techniques with one.",
    rationale: "Shared hosts and rare methods show who is behind a new report before a source does.",
    false_positives: "Common hosting, a copied list, a false flag, or two actors with one supplier.",
    unit: "weighted evidence shared with the known subject",
    find,
    null: Null::Closed,
    title: "{name} may belong to {subject}, which holds at least {share} % of the two best scores: it shares \
            [values>0?{values} {values:value|values}]\
            [techniques>0?, {techniques} rare {techniques:technique|techniques}].",
    title_of,
};

/// Smallest share of the best subject in the sum of the two best scores.
const SHARE_MIN: f64 = 0.8;
/// Weight of a shared technique, divided by its rarity and the number of techniques.
const TECHNIQUE_WEIGHT: f64 = 1.0;
/// Largest number of groups that have a key that counts.
const OWNERS_MAX: usize = 30;
/// Largest number of groups that use a rare technique.
const USERS_MAX: usize = 3;
/// Fewest shared techniques, where no value is shared.
const TECHNIQUES_MIN: usize = 2;
/// Pseudo-observations: so many values, and so many accidents of all subjects together. No sharing is impossible by chance.
const PRIOR_SLOTS: f64 = 10.0;
const PRIOR_ACCIDENTS: f64 = 0.5;
/// Largest number of candidates of a run: those that chance explains least.
const CANDIDATES_MAX: usize = 40;

/// A value or technique of a new entity, with the known subjects that it leads to.
struct Slot {
    at: EntityIndex,
    link: LinkIndex,
    keys: Vec<Key>,
    subjects: BTreeSet<EntityIndex>,
}

/// A new entity without a known subject.
struct NewEntity {
    entity: EntityIndex,
    query: Query,
    slots: Vec<Slot>,
}

/// Knowledge about the subjects before the recent window.
struct Known<'a> {
    keys: Keys,
    evidence: Evidence<'a>,
    /// Groups that use each technique.
    users: BTreeMap<EntityIndex, BTreeSet<EntityIndex>>,
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let Some(cut) = analysis.recent.cut else { return Vec::new() };
    let mut entities = unattributed(analysis);
    // Most new entities have no values: reading the history is only worth its time for the others.
    entities.retain(|at| !values(analysis, *at).is_empty() || uses_techniques(analysis, *at));
    if entities.is_empty() {
        return Vec::new();
    }
    let history = ReportingHistory::of_analysis(analysis);
    let reports = first_reports(&history);
    let mut evidence = Evidence::new(&history, &reports);
    evidence.learn_until(cut);
    let mut keys = Keys::new(|_| true);
    keys.learn(analysis);
    let mut known = Known { keys, evidence, users: technique_users(analysis) };
    let new: Vec<NewEntity> = entities
        .into_iter()
        .map(|entity| NewEntity {
            entity,
            query: query(analysis, &reports, entity),
            slots: slots(analysis, &mut known, entity),
        })
        .filter(|new| !new.slots.is_empty())
        .collect();
    let rates = Rates::of(analysis, &new);
    let mut candidates: Vec<Candidate> = new
        .iter()
        .filter(|new| new.slots.iter().any(|slot| !slot.subjects.is_empty()))
        .filter_map(|new| candidate(analysis, &mut known, &rates, new))
        // No sentence may say that a person belongs to a group, because that is not a fact.
        .filter(|candidate| !candidate.anchors.iter().any(|anchor| is_person(analysis, *anchor)))
        .collect();
    candidates.sort_by(|a, b| {
        let expected = |candidate: &Candidate| candidate.expected.unwrap_or(f64::INFINITY);
        expected(a).total_cmp(&expected(b)).then_with(|| a.id.cmp(&b.id))
    });
    candidates.truncate(CANDIDATES_MAX);
    limit_to_leads(analysis, &mut candidates);
    candidates
}

/// Returns the new entities without a link to a known actor, activity or capability. An entity that a new report or
/// indicator names together with a known one counts as linked.
fn unattributed(analysis: &Analysis) -> Vec<EntityIndex> {
    let context = &analysis.context;
    let class = |at: EntityIndex| context.class[at.index()];
    let is_known = |at: EntityIndex| class(at).is_principal() && !context.is_new[at.index()];
    let leads_to_known =
        |at: EntityIndex| context.neighbours[at.index()].iter().any(|(other, _)| is_known(*other));
    EntityIndex::first(context.class.len())
        .filter(|&at| {
            let may_be_asked = class(at).is_principal() || class(at) == Class::Report;
            // A report that names a new actor, campaign or malware is asked about through what it names.
            let names_one =
                context.neighbours[at.index()].iter().any(|(other, _)| class(*other).is_principal());
            let is_named = class(at) == Class::Report && names_one;
            may_be_asked
                && context.is_new[at.index()]
                && context.can_connect(at)
                && !leads_to_known(at)
                && !is_named
        })
        .filter(|&at| {
            let between = context.neighbours[at.index()].iter().map(|(other, _)| *other);
            let mut between = between.filter(|other| {
                context.is_new[other.index()]
                    && class(*other) != Class::Observable
                    && context.can_connect(*other)
            });
            !between.any(leads_to_known)
        })
        .collect()
}

/// Returns the values and the reports of a new entity.
fn query(analysis: &Analysis, reports: &FirstReports, entity: EntityIndex) -> Query {
    let class = |at: EntityIndex| analysis.context.class[at.index()];
    let values = values(analysis, entity).into_iter().map(|(at, _)| at.node()).collect();
    let neighbours = analysis.context.neighbours[entity.index()].iter().map(|(other, _)| *other);
    let named_by = neighbours.filter(|other| class(*other) == Class::Report).chain([entity]);
    let origins = named_by.map(|at| Origin::Report(at.node()));
    let origins = origins.filter(|origin| !reports.reporters_of(*origin).is_empty()).collect();
    Query { values, origins }
}

/// Returns the observables of an entity: its own, and those of its new indicators. Each with the link at the entity.
fn values(analysis: &Analysis, entity: EntityIndex) -> Vec<(EntityIndex, LinkIndex)> {
    let context = &analysis.context;
    let mut values = Vec::new();
    for (other, link) in context.links_of(entity, true) {
        match context.class[other.index()] {
            Class::Observable => values.push((other, link)),
            Class::Indicator => {
                let detected = context.links_of(other, true).map(|(at, _)| at);
                let observables = detected.filter(|at| context.class[at.index()] == Class::Observable);
                values.extend(observables.map(|at| (at, link)));
            }
            _ => {}
        }
    }
    values.sort_unstable();
    values.dedup_by_key(|(at, _)| *at);
    values
}

/// Returns the known groups that use each technique.
fn technique_users(analysis: &Analysis) -> BTreeMap<EntityIndex, BTreeSet<EntityIndex>> {
    let context = &analysis.context;
    let mut users: BTreeMap<EntityIndex, BTreeSet<EntityIndex>> = BTreeMap::new();
    for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
        if !context.link_is_new[index.index()] && is_use(analysis, link.from, link.to) {
            users.entry(link.to).or_default().insert(context.main_of(link.from));
        }
    }
    users
}

fn uses_techniques(analysis: &Analysis, entity: EntityIndex) -> bool {
    analysis.context.neighbours[entity.index()].iter().any(|(at, _)| is_use(analysis, entity, *at))
}

fn is_use(analysis: &Analysis, from: EntityIndex, to: EntityIndex) -> bool {
    analysis.context.class[from.index()].is_principal() && analysis[to].kind == "attack-pattern"
}

fn slots(analysis: &Analysis, known: &mut Known<'_>, entity: EntityIndex) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for (at, link) in values(analysis, entity) {
        let mut keys = known.keys.of(analysis, at);
        keys.retain(|key| known.keys.known[*key as usize].owners.len() <= OWNERS_MAX);
        let subjects = keys.iter().flat_map(|key| &known.keys.known[*key as usize].owners).copied().collect();
        slots.push(Slot { at, link, keys, subjects });
    }
    for &(at, link) in &analysis.context.neighbours[entity.index()] {
        if is_use(analysis, entity, at) {
            let users = known.users.get(&at).filter(|users| users.len() <= USERS_MAX);
            slots.push(Slot { at, link, keys: Vec::new(), subjects: users.cloned().unwrap_or_default() });
        }
    }
    slots
}

/// Rates at which the values and techniques of new entities lead to known subjects.
struct Rates {
    entities: f64,
    subjects: f64,
    slots: f64,
    shared: BTreeMap<EntityIndex, usize>,
}

impl Rates {
    fn of(analysis: &Analysis, new: &[NewEntity]) -> Self {
        let context = &analysis.context;
        let known = EntityIndex::first(context.class.len())
            .filter(|at| context.class[at.index()].is_principal() && !context.is_new[at.index()])
            .map(|at| context.main_of(at));
        let mut shared: BTreeMap<EntityIndex, usize> = BTreeMap::new();
        for subject in new.iter().flat_map(|new| &new.slots).flat_map(|slot| &slot.subjects) {
            *shared.entry(*subject).or_default() += 1;
        }
        Self {
            entities: new.len() as f64,
            subjects: known.collect::<BTreeSet<_>>().len() as f64,
            slots: new.iter().map(|new| new.slots.len()).sum::<usize>() as f64,
            shared,
        }
    }

    /// Returns the number of pairs that chance gives at least so many shared values and techniques.
    fn expected(&self, subject: EntityIndex, shared: usize, slots: usize) -> f64 {
        let of_others = self.shared.get(&subject).copied().unwrap_or(0).saturating_sub(shared) as f64;
        let prior = PRIOR_ACCIDENTS / self.subjects.max(1.0);
        let rate = (of_others + prior) / (self.slots - slots as f64 + PRIOR_SLOTS);
        self.entities * self.subjects * poisson_tail(shared, rate * slots as f64)
    }
}

fn candidate(
    analysis: &Analysis,
    known: &mut Known<'_>,
    rates: &Rates,
    new: &NewEntity,
) -> Option<Candidate> {
    let scores = scores(analysis, known, new);
    let &(subject, best) = scores.first()?;
    let second = scores.get(1).map_or(0.0, |(_, score)| *score);
    let shared: Vec<&Slot> = new.slots.iter().filter(|slot| slot.subjects.contains(&subject)).collect();
    let techniques = shared.iter().filter(|slot| is_use(analysis, new.entity, slot.at)).count();
    let is_thin = techniques == shared.len() && techniques < TECHNIQUES_MIN;
    if is_thin || best < SHARE_MIN * (best + second) {
        return None;
    }
    let members = shared.iter().map(|slot| slot.at);
    let groups = analysis.context.group_of[subject.index()].into_iter().collect();
    let support = shared.iter().map(|slot| slot.link);
    let anchors = vec![new.entity, subject];
    let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, members, groups, support);
    candidate.statistic = best;
    candidate.expected = Some(rates.expected(subject, shared.len(), new.slots.len()));
    let suggestions = known.evidence.suggestions(&new.query, analysis.view.as_of().valid_at);
    let in_group = |node: u32| analysis.context.main_of(ReportingHistory::entity(node)) == subject;
    candidate.question =
        suggestions.iter().find(|suggestion| in_group(suggestion.subject)).map(|suggestion| Question {
            outcome: "attribution",
            names: &COLUMNS,
            columns: suggestion.columns(&new.query),
        });
    Some(candidate)
}

/// Returns the scores of the groups of known subjects, the best first.
fn scores(analysis: &Analysis, known: &mut Known<'_>, new: &NewEntity) -> Vec<(EntityIndex, f64)> {
    let mut scores: BTreeMap<EntityIndex, f64> = BTreeMap::new();
    let mut by_source: BTreeMap<EntityIndex, f64> = BTreeMap::new();
    for suggestion in known.evidence.suggestions(&new.query, analysis.view.as_of().valid_at) {
        let subject = analysis.context.main_of(ReportingHistory::entity(suggestion.subject));
        let parts = suggestion.parts;
        let score =
            WEIGHTS.post * parts.post + WEIGHTS.reporter * parts.reporter + WEIGHTS.recent * parts.recent;
        let best = by_source.entry(subject).or_insert(0.0);
        *best = best.max(score);
    }
    let keys: BTreeSet<Key> = new.slots.iter().flat_map(|slot| slot.keys.iter().copied()).collect();
    let is_technique = |slot: &&Slot| is_use(analysis, new.entity, slot.at);
    let techniques = new.slots.iter().filter(is_technique).count();
    let root = |count: usize| (count.max(1) as f64).sqrt();
    let (of_values, of_techniques) = (root(new.slots.len() - techniques), root(techniques));
    for key in keys {
        let key = &known.keys.known[key as usize];
        let weight = match key.kind {
            KeyKind::Host => WEIGHTS.host,
            KeyKind::Domain => WEIGHTS.domain,
            KeyKind::Network => WEIGHTS.network,
        };
        for owner in &key.owners {
            *scores.entry(*owner).or_default() += weight / (1.5 + key.owners.len() as f64).ln() / of_values;
        }
    }
    for slot in new.slots.iter().filter(is_technique) {
        let rarity = (1.5 + slot.subjects.len() as f64).ln();
        for subject in &slot.subjects {
            *scores.entry(*subject).or_default() += TECHNIQUE_WEIGHT / rarity / of_techniques;
        }
    }
    for (subject, score) in by_source {
        *scores.entry(subject).or_default() += score;
    }
    let mut scores: Vec<(EntityIndex, f64)> = scores.into_iter().collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scores
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let [name, subject] = [candidate.anchors[0], candidate.anchors[1]];
    let is_shared = |at: &&EntityIndex| !candidate.anchors.contains(at);
    let shared = || candidate.members.iter().filter(is_shared);
    let techniques = shared().filter(|at| analysis[**at].kind == "attack-pattern").count();
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, name))
        .label("subject", label(analysis, subject))
        .count("share", (SHARE_MIN * 100.0) as usize)
        .count("values", shared().count() - techniques)
        .count("techniques", techniques)
}
