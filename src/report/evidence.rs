//! Evidence of a flag or a near miss: its graph, its timeline, its records, and the reason for its marking.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    content::{EvidenceRow, Stance},
    picture::{EvidenceGraph, GraphEdge, GraphNode, Timeline, TimelineEvent},
};
use crate::{
    analysis::Analysis,
    features::Candidate,
    index::{EntityIndex, LinkIndex, RecordIndex},
    language::Language,
    marking::Marking,
    record::LentClaim,
    review,
    temporal::{self, Arrival},
};

/// Largest number of records shown for a flag.
const RECORDS_MAX: usize = 40;
/// Largest number of entities in a graph.
const DRAWN_MAX: usize = 24;
/// Largest number of records named in the reason for a marking.
const MARKED_MAX: usize = 3;
/// Largest number of links in the content of a record.
const LINKS_MAX: usize = 2;

/// Returns a marking as text; `None` if unmarked.
pub(super) fn marking_text(marking: Marking) -> Option<String> {
    (marking != Marking::Unmarked).then(|| marking.to_string())
}

/// Returns a sentence with the records that give a flag its marking, the first of the view first.
pub fn marking_reason(
    language: &Language,
    analysis: &Analysis,
    candidate: &Candidate,
    marking: Marking,
) -> Option<String> {
    let records = review::marked_by(analysis, candidate, marking);
    let name = |record: &RecordIndex| {
        let (source, key) = (&analysis[*record].source, &analysis[*record].key);
        let values = [
            ("source", source.to_string()),
            ("content", content(language, analysis, candidate, *record)),
            ("object", key.to_string()),
        ];
        language.fill("flag.marking.record", &values)
    };
    let names: Vec<String> = records.iter().take(MARKED_MAX).map(name).collect();
    let key = match marking {
        Marking::Unmarked => "flag.marking.unmarked",
        Marking::Unknown => "flag.marking.unknown",
        _ => "flag.marking.known",
    };
    let values = [
        ("marking", marking.to_string()),
        ("count", records.len().to_string()),
        ("records", names.concat()),
        ("more", records.len().saturating_sub(MARKED_MAX).to_string()),
    ];
    (!records.is_empty()).then(|| language.fill(key, &values))
}

/// Returns the graph of a candidate: first the anchors, then the other entities by the number of recent links.
pub(super) fn graph(analysis: &Analysis, candidate: &Candidate) -> EvidenceGraph {
    let links = || candidate.support.iter().map(|&link| &analysis[link]);
    let mut link_counts: BTreeMap<EntityIndex, usize> =
        candidate.members.iter().map(|&member| (member, 0)).collect();
    for link in links() {
        *link_counts.entry(link.from).or_default() += 1;
        *link_counts.entry(link.to).or_default() += 1;
    }
    let is_anchor = |entity: EntityIndex| candidate.anchors.contains(&entity);
    let mut order: Vec<EntityIndex> = link_counts.keys().copied().collect();
    order.sort_by_key(|&entity| (!is_anchor(entity), Reverse(link_counts[&entity]), entity));
    let left_out = order.len().saturating_sub(DRAWN_MAX) as u64;
    order.truncate(DRAWN_MAX);
    let position: BTreeMap<EntityIndex, usize> =
        order.iter().enumerate().map(|(position, &entity)| (entity, position)).collect();
    let nodes = order
        .iter()
        .map(|&index| {
            let entity = &analysis[index];
            let group = analysis.context.group_of[index.index()];
            let number = group.and_then(|group| candidate.groups.iter().position(|other| *other == group));
            GraphNode {
                label: entity.label.to_string(),
                kind: entity.kind.into(),
                is_anchor: is_anchor(index),
                is_new: analysis.context.is_new[index.index()],
                group: number.map(|number| number as u32 + 1),
            }
        })
        .collect();
    let drawn: BTreeSet<EntityIndex> = order.iter().copied().collect();
    let inside = order.iter().flat_map(|&entity| {
        analysis.context.neighbours[entity.index()]
            .iter()
            .filter(|(other, _)| drawn.contains(other))
            .map(|(_, link)| *link)
    });
    let links: BTreeSet<LinkIndex> = inside.chain(candidate.support.iter().copied()).collect();
    let edges = links
        .into_iter()
        .filter_map(|index| {
            let link = &analysis[index];
            Some(GraphEdge {
                from: *position.get(&link.from)?,
                to: *position.get(&link.to)?,
                kind: link.kind.into(),
                is_new: analysis.context.link_is_new[index.index()],
                sources: link.source_count,
            })
        })
        .collect();
    EvidenceGraph { nodes, edges, left_out }
}

/// Returns the content of a record in words: the recent links that it supports, else its entity, else its kind.
fn content(language: &Language, analysis: &Analysis, candidate: &Candidate, record: RecordIndex) -> String {
    let label = |entity: EntityIndex| &*analysis[entity].label;
    let links: Vec<String> = candidate
        .support
        .iter()
        .map(|&link| &analysis[link])
        .filter(|link| link.records.contains(&record))
        .map(|link| {
            let amount = review::amount_said(analysis, link, record).map(|amount| format!(" ({amount})"));
            format!("{} {} {}{}", label(link.from), link.kind, label(link.to), amount.unwrap_or_default())
        })
        .collect();
    if links.is_empty() {
        let content = &*analysis[record].content;
        let kind = String::from(content.kind);
        return match content.claims().next() {
            Some(LentClaim::Entity { name: Some(name), .. }) => {
                language.fill("record.entity", &[("kind", kind), ("label", name.to_owned())])
            }
            _ => kind,
        };
    }
    let shown = links.len().min(LINKS_MAX);
    let values = [("links", links[..shown].join("; ")), ("more", (links.len() - shown).to_string())];
    language.fill("flag.record-content", &values)
}

/// Returns the timeline of a candidate; `None` in the first run.
pub(super) fn timeline(
    language: &Language,
    analysis: &Analysis,
    candidate: &Candidate,
    records: &[RecordIndex],
) -> Option<Timeline> {
    let from = analysis.recent.cut?;
    let run = analysis.view.as_of().valid_at;
    let events = records
        .iter()
        .take(RECORDS_MAX)
        .map(|&index| {
            let record = &analysis[index];
            TimelineEvent {
                recorded_at: record.recorded_at,
                valid_from: temporal::began(record),
                source: record.source.to_string(),
                content: content(language, analysis, candidate, index),
                is_news: is_news(analysis, index),
            }
        })
        .collect();
    Some(Timeline { from, to: run, run, events })
}

fn is_news(analysis: &Analysis, record: RecordIndex) -> bool {
    analysis.recent.arrivals[record.index()] == Arrival::News
}

/// Returns a row for each record: first news, then records against the claim, each the latest first.
pub(super) fn rows(
    language: &Language,
    analysis: &Analysis,
    candidate: &Candidate,
    records: &[RecordIndex],
) -> Vec<EvidenceRow> {
    let mut order = records.to_vec();
    order.sort_by_key(|&index| {
        let record = &analysis[index];
        (!is_news(analysis, index), Reverse(record.recorded_at), record.id)
    });
    order
        .into_iter()
        .take(RECORDS_MAX)
        .map(|index| {
            let record = &analysis[index];
            EvidenceRow {
                stance: if is_news(analysis, index) { Stance::For } else { Stance::Against },
                source: record.source.to_string(),
                reliability: Some(analysis.view.terms(&record.source).reliability),
                content: content(language, analysis, candidate, index),
                marking: marking_text(record.marking),
                object_id: Some(record.key.to_string()),
                record_id: record.id.to_string(),
                recorded_at: record.recorded_at.display_utc(),
            }
        })
        .collect()
}
