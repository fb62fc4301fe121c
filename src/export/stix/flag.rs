//! Objects of a flag: a grouping, a note of its reasons, and an opinion for each verdict.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Context, Object, add_extension, add_version, link, start};
use crate::{
    export::{ExportedFlag, Judged, ids},
    judgement,
    language::Language,
};

/// Returns the objects of a flag.
pub(super) fn objects(context: &Context<'_>, flag: &ExportedFlag) -> Vec<Object> {
    let grouping = grouping(context, flag);
    let id = grouping["id"].clone();
    let mut objects = vec![grouping];
    if flag.judged != Judged::Revoked {
        objects.extend(note(context, flag, &id));
        objects.extend(opinions(context, flag, &id));
    }
    objects
}

fn grouping(context: &Context<'_>, flag: &ExportedFlag) -> Object {
    let language = Language::english();
    let id = format!("grouping--{}", ids::uuid("grouping", &flag.id));
    let mut grouping = start("grouping", &id, flag.marking);
    add_version(context, &mut grouping, flag.first_flagged);
    let title = flag.title.clone().unwrap_or_else(|| language.text("export.withdrawn"));
    grouping.insert("name".to_owned(), title.into());
    grouping.insert("context".to_owned(), "suspicious-activity".into());
    grouping.insert("labels".to_owned(), json!([flag.judged.name(), flag.pattern.replace(' ', "-")]));
    grouping
        .insert("description".to_owned(), language.text(&format!("export.{}", flag.judged.name())).into());
    if flag.judged == Judged::Revoked {
        grouping.insert("revoked".to_owned(), true.into());
    }
    if let Some(probability) = flag.probability {
        grouping.insert("confidence".to_owned(), ((probability * 100.0).round() as u64).min(100).into());
    }
    grouping.insert("object_refs".to_owned(), json!(references(context, flag)));
    add_extension(
        &mut grouping,
        json!({
            "object": "flag",
            "flag_id": flag.id,
            "pattern": flag.pattern,
            "judged": flag.judged.name(),
            "state": flag.state,
            "score": flag.title.as_ref().map(|_| flag.score),
            "probability": flag.probability,
            "model_id": flag.model_id,
            "source_count": flag.source_count,
        }),
    );
    grouping
}

/// Returns the ids of the objects of a flag: its entities, and the links between them. A flag without any refers to
/// our identity, because STIX requires a reference.
fn references(context: &Context<'_>, flag: &ExportedFlag) -> Vec<String> {
    let selection = context.selection;
    let is_own = |entity: &String| flag.entity_ids.contains(entity);
    let mut references: Vec<String> =
        flag.entity_ids.iter().filter_map(|id| context.ids.get(id.as_str()).cloned()).collect();
    let links = selection.links.iter().filter(|link| is_own(&link.from) && is_own(&link.to));
    references.extend(links.map(|found| link::reference(selection, found)));
    references.sort();
    references.dedup();
    if references.is_empty() {
        references.push(context.identity.clone());
    }
    references
}

fn note(context: &Context<'_>, flag: &ExportedFlag, grouping: &Value) -> Option<Object> {
    let language = Language::english();
    let mut content = String::new();
    for (key, reasons) in
        [("export.reasons-for", &flag.reasons_for), ("export.reasons-against", &flag.reasons_against)]
    {
        if !reasons.is_empty() {
            let _ = writeln!(content, "{}", language.text(key));
            for reason in reasons {
                let _ = writeln!(content, "- {reason}");
            }
        }
    }
    if content.is_empty() {
        return None;
    }
    let mut note = start("note", &format!("note--{}", ids::uuid("note", &flag.id)), flag.marking);
    add_version(context, &mut note, flag.first_flagged);
    note.insert("abstract".to_owned(), language.text("export.reasons").into());
    note.insert("content".to_owned(), content.trim_end().into());
    note.insert("object_refs".to_owned(), json!([grouping]));
    add_extension(&mut note, json!({ "object": "flag", "flag_id": flag.id }));
    Some(note)
}

fn opinions(context: &Context<'_>, flag: &ExportedFlag, grouping: &Value) -> Vec<Object> {
    let opinion = |(at, verdict): (usize, &crate::explain::Verdict)| {
        // The name of the reviewer is not part of an id, so that it cannot be guessed from one.
        let id = format!("opinion--{}", ids::uuid("opinion", &format!("{}:{at}:{}", flag.id, verdict.value)));
        let mut opinion = start("opinion", &id, flag.marking);
        add_version(context, &mut opinion, verdict.recorded_at);
        opinion.insert("opinion".to_owned(), value(verdict.value).into());
        opinion.insert("object_refs".to_owned(), json!([grouping]));
        if context.selection.with_names {
            opinion.insert("authors".to_owned(), json!([verdict.by]));
            if !verdict.reason.is_empty() {
                opinion.insert("explanation".to_owned(), verdict.reason.clone().into());
            }
        }
        add_extension(
            &mut opinion,
            json!({ "object": "flag", "flag_id": flag.id, "verdict": verdict.value }),
        );
        opinion
    };
    let mut verdicts: Vec<_> = flag.verdicts.iter().collect();
    verdicts.sort_by_key(|verdict| (verdict.recorded_at, verdict.value));
    verdicts.into_iter().enumerate().map(opinion).collect()
}

/// Returns the opinion that a verdict is.
fn value(verdict: &str) -> &'static str {
    match judgement::Value::parse(judgement::Kind::Flag, verdict) {
        Some(judgement::Value::Confirmed) => "agree",
        Some(judgement::Value::Benign) => "disagree",
        _ => "neutral",
    }
}
