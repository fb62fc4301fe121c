//! The event of a flag.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Event, add_obligations, attributes, flag_links, seconds, start, tag, tags, tlp};
use crate::{
    export::{ExportedEntity, ExportedFlag, Judged, Selection, ids},
    language::Language,
};

/// Returns the event of a flag.
pub(super) fn event(selection: &Selection, flag: &ExportedFlag) -> Event {
    let language = Language::english();
    let uuid = ids::uuid("event", &flag.id);
    let is_deleted = flag.judged == Judged::Revoked;
    let title = flag.title.clone().filter(|_| !is_deleted);
    let title = title.unwrap_or_else(|| language.text("export.withdrawn"));
    let mut event = start(selection, &uuid, &title, flag.first_flagged, event_tags(selection, flag));
    let timestamp = seconds(selection.exported_at.max(flag.first_flagged));
    let mut values = Vec::new();
    for entity in selection.entities.iter().filter(|entity| flag.entity_ids.contains(&entity.id)) {
        values.extend(entity_attributes(flag, entity, &timestamp, is_deleted));
    }
    event.insert("Attribute".to_owned(), Value::Array(values));
    let links = flag_links::objects(selection, flag, &timestamp, is_deleted);
    event.insert("Object".to_owned(), Value::Array(links));
    if !is_deleted {
        let report = json!({
            "uuid": ids::uuid("event-report", &flag.id), "name": language.text("export.reasons"),
            "content": reasons(flag), "distribution": "5", "timestamp": timestamp, "deleted": false,
        });
        event.insert("EventReport".to_owned(), json!([report]));
    }
    add_obligations(selection, &mut event, &uuid);
    Event { uuid, value: event }
}

fn event_tags(selection: &Selection, flag: &ExportedFlag) -> Vec<String> {
    let mut tags = tags(flag.marking, flag.judged.name());
    tags.push(format!("admiralty-scale:source-reliability=\"{}\"", reliability(selection, flag)));
    // 2 is probably true: a person confirmed it. 6 cannot be judged.
    let credibility = if flag.judged == Judged::Confirmed { '2' } else { '6' };
    tags.push(format!("admiralty-scale:information-credibility=\"{credibility}\""));
    tags.push(format!("araneus:pattern=\"{}\"", flag.pattern));
    tags
}

/// Returns the lowest configured reliability of the sources of a flag; `f` (cannot be judged) if one has none.
fn reliability(selection: &Selection, flag: &ExportedFlag) -> &'static str {
    let of_source = |source: &String| selection.reliability.get(source).copied().unwrap_or("f");
    flag.sources.iter().map(of_source).max().unwrap_or("f")
}

fn entity_attributes(
    flag: &ExportedFlag,
    entity: &ExportedEntity,
    timestamp: &str,
    is_deleted: bool,
) -> Vec<Value> {
    let is_ordered = entity.first_seen.zip(entity.last_seen).is_none_or(|(first, last)| first <= last);
    let value = |(at, plain): (usize, attributes::Plain)| {
        let mut attribute = json!({
            "uuid": flag_links::attribute_uuid(flag, &entity.id, at),
            "type": plain.kind, "category": plain.category, "value": plain.value, "to_ids": false,
            "distribution": "5", "timestamp": timestamp, "comment": format!("{}: {}", entity.kind, entity.label),
            "deleted": is_deleted, "disable_correlation": false,
        });
        if let Some(tlp) = tlp(entity.marking) {
            attribute["Tag"] = json!([tag(&tlp)]);
        }
        for (name, time) in [("first_seen", entity.first_seen), ("last_seen", entity.last_seen)] {
            if let Some(time) = time.filter(|_| is_ordered) {
                attribute[name] = time.to_string().into();
            }
        }
        attribute
    };
    attributes::of(entity).into_iter().enumerate().map(value).collect()
}

/// Returns the reasons as Markdown.
fn reasons(flag: &ExportedFlag) -> String {
    let language = Language::english();
    let mut text = format!("{}\n", language.text(&format!("export.{}", flag.judged.name())));
    for (key, reasons) in
        [("export.reasons-for", &flag.reasons_for), ("export.reasons-against", &flag.reasons_against)]
    {
        if reasons.is_empty() {
            continue;
        }
        let _ = write!(text, "\n## {}\n\n", language.text(key).trim_end_matches(':'));
        for reason in reasons {
            let _ = writeln!(text, "- {}", escaped(reason));
        }
    }
    text
}

/// Returns a text without marks of Markdown or HTML, because names come from sources.
fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '<' | '>' | '!' | '#' | '|' | '@' => {
                plain.push('\\');
                plain.push(character);
            }
            character => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_name_is_markup() {
        assert_eq!(super::escaped("a[b](c)\n<img>"), "a\\[b\\]\\(c\\) \\<img\\>");
    }
}
