//! Sentences on sources that changed a large share of their objects at once, or far more than usual, which is not news.
//! Candidates whose news rests on such a change are named together in one sentence.

use super::Facts;
use crate::{
    archive,
    language::Language,
    report::text::thousands,
    review::CandidateStatus,
    temporal::{Cause, ChangeGroup, ChangeKind, ChangeTrait, Subject},
};

/// Smallest share of a source's objects whose change in one run is a bulk edit.
const SHARE_MIN: f64 = 0.25;
/// Smallest number of changed objects that is a bulk edit.
const CHANGED_MIN: u64 = 50;

/// Numbers of objects of one source.
#[derive(Default)]
struct EditCounts {
    changed: u64,
    /// Changed objects whose version field stayed the same.
    unannounced: u64,
    total: u64,
}

/// Largest number of candidates that a sentence names.
const NAMED_MAX: usize = 6;

/// Returns a sentence for each source with a bulk edit, and one on the candidates that rest on bulk changes.
pub(super) fn sentences(facts: &Facts<'_>) -> Vec<String> {
    let mut sentences = edit_sentences(facts);
    sentences.extend(burst_sentence(facts));
    sentences
}

/// Returns the sentence on the bulk changes of the recent window and the candidates that rest on them; `None` without
/// any.
fn burst_sentence(facts: &Facts<'_>) -> Option<String> {
    let language = facts.language;
    let of_run =
        facts.analysis.recent.bulk.iter().filter(|bulk| bulk.run == facts.analysis.view.as_of().valid_at);
    let sources: Vec<String> = of_run
        .map(|bulk| {
            let values = [("source", bulk.source.clone()), ("objects", thousands(&(bulk.objects as u64)))];
            language.fill("page.bulk-source", &values)
        })
        .collect();
    let resting = facts
        .candidates
        .iter()
        .zip(facts.statuses)
        .filter(|(_, status)| **status == CandidateStatus::BulkChange);
    let mut names: Vec<&str> =
        resting.map(|(candidate, _)| &*facts.analysis[candidate.anchors[0]].label).collect();
    let count = names.len();
    names.dedup();
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let separator = language.text("list.separator");
    let values = [
        ("sources", sources.join(&separator)),
        ("count", count.to_string()),
        ("names", names.join(&separator)),
        ("more", more.to_string()),
    ];
    (!sources.is_empty()).then(|| language.fill("page.bulk-changes", &values))
}

/// Returns a sentence for each source with a bulk edit.
fn edit_sentences(facts: &Facts<'_>) -> Vec<String> {
    let mut sources: Vec<&str> = facts
        .changes
        .iter()
        .filter(|group| is_record_change(group) && group.cause == Cause::SourceCorrection)
        .map(|group| group.source.as_str())
        .collect();
    sources.dedup();
    sources
        .into_iter()
        .filter_map(|source| sentence(facts.language, source, &counts(facts, source)))
        .collect()
}

fn is_record_change(group: &ChangeGroup) -> bool {
    group.subject == Subject::Record && group.what == ChangeKind::Changed
}

/// Counts the objects of a source: from its deliveries if the audience may know them, else from its records
/// in the view.
fn counts(facts: &Facts<'_>, source: &str) -> EditCounts {
    if let Some(deliveries) = facts.deliveries {
        let counts = archive::total(deliveries.iter().filter(|delivery| delivery.source == source));
        return EditCounts {
            changed: counts.changed,
            unannounced: counts.changed_unannounced,
            total: counts.delivered,
        };
    }
    let mut counts = EditCounts::default();
    for group in facts.changes.iter().filter(|group| is_record_change(group) && group.source == source) {
        counts.changed += group.subject_ids.len() as u64;
        let unannounced = group.traits.iter().filter(|(name, _)| *name == ChangeTrait::Unannounced);
        counts.unannounced += unannounced.map(|(_, count)| *count as u64).sum::<u64>();
    }
    let records = facts.analysis.view.records().iter();
    counts.total = records.filter(|record| *record.source == *source).count() as u64;
    counts
}

fn sentence(language: &Language, source: &str, counts: &EditCounts) -> Option<String> {
    let share = counts.changed as f64 / counts.total.max(1) as f64;
    let values = [
        ("source", source.to_owned()),
        ("changed", thousands(&counts.changed)),
        ("total", thousands(&counts.total)),
        ("share", format!("{:.0} %", share * 100.0)),
        ("unannounced", thousands(&counts.unannounced)),
    ];
    (counts.changed >= CHANGED_MIN && share >= SHARE_MIN).then(|| language.fill("page.bulk-edit", &values))
}
