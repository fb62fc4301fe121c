//! Rows as JSON, with the names of the published tables.

use serde_json::{Map, Value, json};

use super::{ExportedEntity, ExportedFlag, ExportedLink, Selection};
use crate::marking::Marking;

/// Returns a marking as tables publish it; `None` if unmarked.
pub(super) fn marking_text(marking: Marking) -> Option<String> {
    (marking != Marking::Unmarked).then(|| marking.to_string())
}

/// Returns an entity as JSON.
pub(super) fn entity(row: &ExportedEntity) -> Map<String, Value> {
    object(json!({
        "entity_id": row.id, "kind": row.kind, "label": row.label, "aliases": row.aliases,
        "identifiers": row.identifiers, "sources": row.sources, "record_count": row.record_count,
        "first_seen": row.first_seen, "last_seen": row.last_seen, "recorded_first": row.recorded_first,
        "recorded_last": row.recorded_last, "confidence": row.confidence, "marking": marking_text(row.marking),
        "warning_lists": row.warning_lists, "flags": row.flags,
    }))
}

/// Returns a link as JSON.
pub(super) fn link(row: &ExportedLink) -> Map<String, Value> {
    object(json!({
        "link_id": row.id, "from_id": row.from, "to_id": row.to, "kind": row.kind, "layer": row.layer,
        "weight": row.weight, "source_count": row.source_count, "record_count": row.record_count,
        "first_seen": row.first_seen, "last_seen": row.last_seen, "recorded_first": row.recorded_first,
        "recorded_last": row.recorded_last, "confidence": row.confidence, "marking": marking_text(row.marking),
        "amount": row.amount, "currency": row.currency,
    }))
}

/// Returns a flag as JSON, with names and reasons of reviewers only if the selection has them.
pub(super) fn flag(row: &ExportedFlag, selection: &Selection) -> Map<String, Value> {
    let verdict = |verdict: &crate::explain::Verdict| {
        if selection.with_names {
            json!({ "value": verdict.value, "recorded_at": verdict.recorded_at, "by": verdict.by, "reason": verdict.reason })
        } else {
            json!({ "value": verdict.value, "recorded_at": verdict.recorded_at })
        }
    };
    // In the order of the names, equal verdicts of two runs would show who gave which.
    let mut verdicts: Vec<_> = row.verdicts.iter().collect();
    verdicts.sort_by_key(|verdict| (verdict.recorded_at, verdict.value));
    object(json!({
        "flag_id": row.id, "pattern": row.pattern, "title": row.title, "entity_ids": row.entity_ids,
        "score": row.title.as_ref().map(|_| row.score), "probability": row.probability, "model_id": row.model_id,
        "reasons_for": row.reasons_for, "reasons_against": row.reasons_against, "sources": row.sources,
        "source_count": row.source_count, "first_flagged": row.first_flagged, "state": row.state,
        "marking": marking_text(row.marking), "judged": row.judged.name(),
        "verdicts": verdicts.into_iter().map(verdict).collect::<Vec<_>>(),
        "exported_at": selection.exported_at,
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
