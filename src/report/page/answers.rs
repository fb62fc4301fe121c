//! The four answers of the first screen: deliveries, changes, rejects and the review queue.

use std::collections::BTreeMap;

use super::{Facts, contested_sentence, scoring_sentence};
use crate::{
    archive::{self, DeliveryReport},
    report::{content::Answer, text::thousands},
    temporal::{Cause, ChangeGroup, ChangeKind, Subject},
};

pub(super) fn delivered(facts: &Facts<'_>) -> Answer {
    let Some(deliveries) = facts.deliveries else {
        return Answer {
            count: facts.analysis.view.records().len() as u64,
            unit: "records".to_owned(),
            sentence: "are visible to this audience in this run.".to_owned(),
            parts: Vec::new(),
        };
    };
    let counts = archive::total(deliveries);
    let mut sources: Vec<&str> = deliveries.iter().map(|delivery| delivery.source.as_str()).collect();
    sources.dedup();
    let new = thousands(&counts.new);
    let sentence = match sources.as_slice() {
        [] => "No source was read: this run analysed the archive as it was.".to_owned(),
        [source] => format!("delivered by {source}; {new} were new."),
        sources => format!("delivered by {} sources; {new} were new.", sources.len()),
    };
    let parts = [
        ("new", counts.new),
        ("changed", counts.changed),
        ("unchanged", counts.duplicate),
        ("withdrawn", counts.withdrawn),
    ];
    Answer { count: counts.delivered, unit: "objects".to_owned(), sentence, parts: named(&parts) }
}

pub(super) fn changed(facts: &Facts<'_>) -> Answer {
    let mut causes: BTreeMap<Cause, u64> = BTreeMap::new();
    for group in facts.changes.iter().filter(|group| group.subject == Subject::Record) {
        *causes.entry(group.cause).or_default() += group.subject_ids.len() as u64;
    }
    let added = format!(
        "{} entities and {} links are new.",
        thousands(&added(facts.changes, Subject::Entity)),
        thousands(&added(facts.changes, Subject::Link))
    );
    Answer {
        count: causes.values().sum(),
        unit: "records".to_owned(),
        sentence: match facts.previous {
            Some(previous) => format!("differ from the run of {}. {added}", previous.display_utc()),
            None => format!("are all new, because this is the first run. {added}"),
        },
        parts: causes.iter().map(|(cause, count)| (cause.name().to_owned(), *count)).collect(),
    }
}

fn added(changes: &[ChangeGroup], subject: Subject) -> u64 {
    let groups = changes.iter().filter(|group| group.subject == subject && group.what == ChangeKind::Added);
    groups.map(|group| group.subject_ids.len() as u64).sum()
}

pub(super) fn rejected(deliveries: &[DeliveryReport], shows_files: bool) -> Answer {
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for reject in deliveries.iter().flat_map(|delivery| &delivery.rejects) {
        *rules.entry(&reject.rule).or_default() += 1;
    }
    let count: u64 = rules.values().sum();
    let sentence = if count == 0 {
        "Every delivered object was accepted."
    } else if shows_files {
        "could not be accepted; each is listed with its file, position and rule."
    } else {
        "could not be accepted; the data steward\u{2019}s report lists each with its file, position and rule."
    };
    let parts = rules.into_iter().map(|(rule, count)| (rule.to_owned(), count)).collect();
    Answer { count, unit: "objects".to_owned(), sentence: sentence.to_owned(), parts }
}

pub(super) fn to_review(facts: &Facts<'_>) -> Answer {
    let pairs = facts.analysis.resolution.contested.len();
    let queued = facts.flags.iter().filter(|flag| flag.rank.is_some()).count() as u64;
    let sentence =
        if pairs == 0 { scoring_sentence(facts).to_owned() } else { contested_sentence(facts, pairs) };
    let unit = if queued == 1 { "flag" } else { "flags" };
    let parts = named(&[("pairs of entities", pairs as u64)]);
    Answer { count: queued, unit: unit.to_owned(), sentence, parts }
}

fn named(parts: &[(&str, u64)]) -> Vec<(String, u64)> {
    parts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}
