//! Content of the report in words, from the facts of one run.

mod answers;
mod bulk_edits;
mod deliveries;
mod network;

use std::collections::{BTreeMap, BTreeSet};

pub use super::facts::{Facts, sources_seen};
use super::{
    content::{CentralRow, ChangeGroup as ShownChange, Page},
    queue,
    text::thousands,
};
use crate::{
    analysis::{Analysis, Community},
    language::{self, Language},
    metrics,
    model::Model,
    review::{self, CandidateStatus},
    temporal::{Cause, ChangeGroup, Disturbance},
    time::Moment,
};

/// Largest number of communities on a page.
const COMMUNITIES_MAX: usize = 40;
/// Largest number of kinds in the breakdown of a change.
const KINDS_MAX: usize = 12;
/// Metrics that the page shows for each central entity.
const METRICS_SHOWN: [&str; 4] = ["pagerank", "betweenness", "degree", "core_number"];

/// Returns the content of the page.
pub fn page(facts: &Facts<'_>) -> Page {
    let analysis = facts.analysis;
    let communities: Vec<&Community> = analysis
        .communities
        .iter()
        .filter(|community| community.members.len() > 1)
        .take(COMMUNITIES_MAX)
        .collect();
    let edges = network::edges_between(analysis, &communities);
    let (other_flags, other_flag_count) = queue::judged(facts);
    let (waiting, waiting_sentence) = queue::waiting(facts);
    let (leads, lead_count) = queue::leads(facts);
    let (near_misses, near_miss_count) = queue::near_misses(facts);
    let metric = |name: &&str| {
        metrics::named(name)
            .map(|row| (row.name.to_owned(), facts.language.text(&format!("metric.{}", row.name))))
    };
    let shown: Vec<(String, String)> = METRICS_SHOWN.iter().filter_map(metric).collect();
    let (metrics, entities) = with_values(&shown, network::central_entities(facts.language, analysis));
    let date = facts.moment.display_utc().split(' ').next().unwrap_or_default().to_owned();
    Page {
        title: facts.language.fill("page.title", &[("date", date)]),
        run: facts.moment.display_utc(),
        audience: facts.audience.to_owned(),
        previous: facts.previous.map(Moment::display_utc),
        headline: headline(facts),
        obligations: obligations(analysis),
        delivered: answers::delivered(facts),
        changed: answers::changed(facts),
        rejected: facts
            .deliveries
            .map(|deliveries| answers::rejected(facts.language, deliveries, facts.shows_files)),
        to_review: answers::to_review(facts),
        queue: queue::rows(facts),
        other_flags,
        other_flag_count,
        queue_note: queue_note(facts),
        waiting,
        waiting_sentence,
        leads,
        lead_count,
        near_misses,
        near_miss_count,
        changes: facts.changes.iter().map(|group| change(facts.language, group)).collect(),
        deliveries: facts.deliveries.map(|all| deliveries::by_source(all, facts.shows_files)),
        rejects: facts.deliveries.map(|all| deliveries::rejects(all, facts.shows_files)),
        metrics,
        entities,
        communities: network::community_rows(facts.language, analysis, &communities, &edges),
        partition_chance: network::partition_chance(facts.language, analysis),
        picture: network::map(facts.language, analysis, &communities, &edges),
        glossary: Vec::new(),
        provenance: facts.provenance.clone(),
        shows_files: facts.shows_files,
    }
}

/// Returns the obligations of each source with a record in the view, also with records that are no longer valid.
fn obligations(analysis: &Analysis) -> Vec<(String, Vec<String>)> {
    let view = &analysis.view;
    let records = view.records().iter().chain(view.retired());
    let sources: BTreeSet<&str> = records.map(|record| &*record.source).collect();
    let of_source = |source: &str| {
        let agreement = view.terms(source).agreement.as_ref()?;
        (!agreement.obligations.is_empty()).then(|| (source.to_owned(), agreement.obligations.clone()))
    };
    sources.into_iter().filter_map(of_source).collect()
}

/// Leaves out the metrics that no entity has, such as betweenness in a graph that is too large for it.
fn with_values(
    metrics: &[(String, String)],
    mut entities: Vec<CentralRow>,
) -> (Vec<(String, String)>, Vec<CentralRow>) {
    let has_value = |column: usize| entities.iter().any(|row| row.values[column].is_some());
    let kept: Vec<usize> = (0..metrics.len()).filter(|&column| has_value(column)).collect();
    for row in &mut entities {
        row.values = kept.iter().map(|&column| row.values[column]).collect();
    }
    (kept.into_iter().map(|column| metrics[column].clone()).collect(), entities)
}

/// Returns the sentence on how the queue was scored, or why it is empty.
fn scoring_sentence(facts: &Facts<'_>) -> String {
    let queued = facts.flags.iter().filter(|flag| flag.rank.is_some()).count();
    facts.language.text(match (queued, facts.model) {
        (0, _) if facts.previous.is_none() => "queue.first-run",
        (0, _) => "queue.no-new-flag",
        (_, Model::Rules) => "queue.scored-by-rule",
        (_, Model::Trained(_)) => "queue.scored-by-model",
    })
}

/// Returns the sentences above the queue: bulk edits, scoring, statuses of the candidates, and whether these
/// sources can raise a flag at all.
fn queue_note(facts: &Facts<'_>) -> String {
    // An audience with a clearance does not see deliveries.
    if facts.deliveries.is_none() && facts.analysis.view.records().is_empty() {
        return language::no_visible_record(facts.language, facts.audience);
    }
    let mut sentences = bulk_edits::sentences(facts);
    sentences.push(scoring_sentence(facts));
    if facts.previous.is_some() || !facts.statuses.is_empty() {
        let mut counts: BTreeMap<CandidateStatus, usize> = BTreeMap::new();
        for status in facts.statuses {
            *counts.entry(*status).or_default() += 1;
        }
        sentences.push(queue::explanation(facts, &counts));
    }
    let warning = review::source_warning(&sources_seen(facts.analysis));
    sentences.extend(warning.map(|warning| language::source_warning(facts.language, &warning)));
    if let pairs @ 1.. = facts.analysis.resolution.contested.len() {
        sentences.push(contested_sentence(facts, pairs));
    }
    sentences.join(" ")
}

fn contested_sentence(facts: &Facts<'_>, pairs: usize) -> String {
    // Only an audience that sees everything can read the folder `steward`.
    let steward = usize::from(facts.deliveries.is_some());
    let values = [("count", grouped(pairs)), ("table", steward.to_string())];
    facts.language.fill("queue.contested", &values)
}

fn headline(facts: &Facts<'_>) -> Vec<String> {
    let mut sentences = vec![size_sentence(facts)];
    let dated_ahead: u64 = facts.deliveries.into_iter().flatten().map(|delivery| delivery.dated_ahead).sum();
    if dated_ahead > 0 {
        sentences.push(facts.language.fill("page.dated-ahead", &[("count", thousands(&dated_ahead))]));
    }
    sentences.extend(bulk_edits::sentences(facts));
    sentences.extend(facts.disturbances.iter().map(|one| disturbance_sentence(facts, one)));
    if let Some(before) = facts.model_before.as_ref().filter(|before| *before != facts.model.id()) {
        let values = [("before", before.clone()), ("now", facts.model.id().to_owned())];
        sentences.push(facts.language.fill("page.other-model", &values));
    }
    let is_internal =
        |group: &&ChangeGroup| matches!(group.cause, Cause::ConfigurationChange | Cause::ResolverChange);
    let internal: usize = facts.changes.iter().filter(is_internal).map(|group| group.subject_ids.len()).sum();
    if internal > 0 {
        sentences.push(facts.language.fill("page.internal-changes", &[("count", grouped(internal))]));
    }
    sentences
}

fn disturbance_sentence(facts: &Facts<'_>, one: &Disturbance) -> String {
    let number = |number: Option<f64>| number.map(|number| format!("{number:.1}")).unwrap_or_default();
    let values = [
        ("count", one.count.to_string()),
        ("what", facts.language.text(&format!("page.disturbance.{}", one.what.name()))),
        ("cause", facts.language.name("cause", one.cause.name())),
        ("source", one.source.clone().unwrap_or_default()),
        ("expected", number(one.expected)),
    ];
    facts.language.fill("page.disturbance", &values)
}

fn size_sentence(facts: &Facts<'_>) -> String {
    let analysis = facts.analysis;
    let sizes =
        || analysis.communities.iter().map(|community| community.members.len()).filter(|size| *size > 1);
    let values = [
        ("records", grouped(analysis.view.records().len())),
        ("entities", grouped(analysis.resolution.entities.len())),
        ("links", grouped(analysis.resolution.links.len())),
        ("members", grouped(sizes().sum())),
        ("communities", grouped(sizes().count())),
    ];
    facts.language.fill("page.sizes", &values)
}

fn grouped(count: usize) -> String {
    thousands(&(count as u64))
}

fn change(language: &Language, group: &ChangeGroup) -> ShownChange {
    let mut breakdown: Vec<(String, u64)> = group
        .traits
        .iter()
        .map(|(name, count)| (language.text(&format!("change.trait.{}", name.name())), *count as u64))
        .collect();
    breakdown.extend(group.kinds.iter().take(KINDS_MAX).map(|(kind, count)| (kind.clone(), *count as u64)));
    ShownChange {
        cause: group.cause.name().to_owned(),
        subject: group.subject.name().to_owned(),
        what: group.what.name().to_owned(),
        count: group.subject_ids.len() as u64,
        sentence: language::change_summary(language, group),
        breakdown,
        examples: group.examples.clone(),
    }
}
