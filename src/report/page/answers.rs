//! The four answers of the first screen: deliveries, changes, rejects and the review queue.

use std::collections::BTreeMap;

use super::{Facts, contested_sentence, scoring_sentence};
use crate::{
    archive::{self, DeliveryReport},
    language::Language,
    report::{content::Answer, text::thousands},
    temporal::{Cause, ChangeGroup, ChangeKind, Subject},
    time::Moment,
};

pub(super) fn delivered(facts: &Facts<'_>) -> Answer {
    let Some(deliveries) = facts.deliveries else {
        return Answer {
            count: facts.analysis.view.records().len() as u64,
            unit: unit(facts.language, "records", facts.analysis.view.records().len() as u64),
            sentence: facts.language.text("answer.visible"),
            parts: Vec::new(),
        };
    };
    let counts = archive::total(deliveries);
    let mut sources: Vec<&str> = deliveries.iter().map(|delivery| delivery.source.as_str()).collect();
    sources.dedup();
    let values = [
        ("count", sources.len().to_string()),
        ("source", sources.first().copied().unwrap_or_default().to_owned()),
        ("new", thousands(&counts.new)),
    ];
    let sentence = facts.language.fill("answer.delivered", &values);
    let parts = [
        ("new", counts.new),
        ("changed", counts.changed),
        ("unchanged", counts.duplicate),
        ("withdrawn", counts.withdrawn),
    ];
    Answer {
        count: counts.delivered,
        unit: unit(facts.language, "objects", counts.delivered),
        sentence,
        parts: named(facts.language, &parts),
    }
}

pub(super) fn changed(facts: &Facts<'_>) -> Answer {
    let mut causes: BTreeMap<Cause, u64> = BTreeMap::new();
    for group in facts.changes.iter().filter(|group| group.subject == Subject::Record) {
        *causes.entry(group.cause).or_default() += group.subject_ids.len() as u64;
    }
    let count = causes.values().sum();
    let values = [
        ("previous", facts.previous.map(Moment::display_utc).unwrap_or_default()),
        ("entities", thousands(&added(facts.changes, Subject::Entity))),
        ("links", thousands(&added(facts.changes, Subject::Link))),
    ];
    let part = |(cause, count): (&Cause, &u64)| (facts.language.name("cause", cause.name()), *count);
    Answer {
        count,
        unit: unit(facts.language, "records", count),
        sentence: facts.language.fill("answer.changed", &values),
        parts: causes.iter().map(part).collect(),
    }
}

fn added(changes: &[ChangeGroup], subject: Subject) -> u64 {
    let groups = changes.iter().filter(|group| group.subject == subject && group.what == ChangeKind::Added);
    groups.map(|group| group.subject_ids.len() as u64).sum()
}

pub(super) fn rejected(language: &Language, deliveries: &[DeliveryReport], shows_files: bool) -> Answer {
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for reject in deliveries.iter().flat_map(|delivery| &delivery.rejects) {
        *rules.entry(&reject.rule).or_default() += 1;
    }
    let count: u64 = rules.values().sum();
    let sentence = language.text(match (count, shows_files) {
        (0, _) => "answer.no-reject",
        (_, true) => "answer.rejected",
        (_, false) => "answer.rejected-elsewhere",
    });
    let parts = rules.into_iter().map(|(rule, count)| (rule.to_owned(), count)).collect();
    Answer { count, unit: unit(language, "objects", count), sentence, parts }
}

pub(super) fn to_review(facts: &Facts<'_>) -> Answer {
    let pairs = facts.analysis.resolution.contested.len();
    let queued = facts.flags.iter().filter(|flag| flag.rank.is_some()).count() as u64;
    let sentence = if pairs == 0 { scoring_sentence(facts) } else { contested_sentence(facts, pairs) };
    let parts = named(facts.language, &[("pairs", pairs as u64)]);
    Answer { count: queued, unit: unit(facts.language, "flags", queued), sentence, parts }
}

fn unit(language: &Language, name: &str, count: u64) -> String {
    language.fill(&format!("unit.{name}"), &[("count", count.to_string())])
}

fn named(language: &Language, parts: &[(&str, u64)]) -> Vec<(String, u64)> {
    parts.iter().map(|(name, count)| (language.text(&format!("answer.part.{name}")), *count)).collect()
}
