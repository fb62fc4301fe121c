//! The screen of a record: the object as a source delivered it.

use super::{
    RunData,
    ids::RECORD,
    lists::{EntityRef, RecordRow, entity_ref, record_rows},
};
use crate::{
    explain::QuestionError,
    view::{AccessPolicy, AsOf},
};

/// Deepest indentation; deeper members are not indented further.
const DEPTH_MAX: usize = 20;
/// Most entities and links that a screen shows.
const SUBJECTS_MAX: usize = 50;

/// Place of a record in a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    /// Digest of the delivery.
    pub delivery: String,
    /// Path of the file as given.
    pub path: String,
    /// JSON pointer or line number.
    pub position: String,
}

/// A link that a record is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLink {
    /// The entity at which the link begins.
    pub from: EntityRef,
    /// Kind of the link.
    pub kind: String,
    /// The entity at which the link ends.
    pub to: EntityRef,
}

/// The screen of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordScreen {
    /// Id, source, recorded time and marking.
    pub record: RecordRow,
    /// Entities that the record is behind; possibly not all.
    pub entities: Vec<EntityRef>,
    /// Number of these entities.
    pub entity_count: usize,
    /// Links that the record is behind; possibly not all.
    pub links: Vec<RecordLink>,
    /// Number of these links.
    pub link_count: usize,
    /// Name of the format; `None` if the archive no longer has the record.
    pub format: Option<String>,
    /// Objects as delivered, as JSON with one member in a line.
    pub objects: Vec<String>,
    /// Places in the deliveries; `None` unless the data steward asks.
    pub places: Option<Vec<RecordPlace>>,
}

/// Returns the screen of a record; `None` unless the audience's own evidence names it. `steward` adds the places in the
/// deliveries, where the audience may read everything.
///
/// # Errors
/// If the archive cannot be read.
pub fn record(data: &RunData, id: &str, steward: bool) -> Result<Option<RecordScreen>, QuestionError> {
    let evidence = &data.evidence;
    let Some(record) = RECORD.parse(id).and_then(|id| evidence.record(id)) else { return Ok(None) };
    let mut rows = record_rows(data, &[record as u32]);
    let row = rows.swap_remove(0);
    let delivered = match &data.access_of_run {
        Some(of_run) => {
            // Both the rules of the run and the current ones must admit the audience to the record.
            let policies = [
                AccessPolicy { terms: &of_run.terms, audience: &of_run.audience },
                data.config.rules.access_policy(&data.audience),
            ];
            let object = evidence.objects.get(record);
            data.lookup.as_delivered((&row.source, object, id), policies, AsOf::of(data.as_of))?
        }
        None => None,
    };
    let entities: Vec<usize> = (0..data.network.entities.ids.len())
        .filter(|&entity| evidence.of_entity.of(entity).binary_search(&(record as u32)).is_ok())
        .collect();
    let (network, all) = (&data.network, &data.network.links);
    let has_record = |link: &usize| evidence.of_link.of(*link).binary_search(&(record as u32)).is_ok();
    let links: Vec<usize> = (0..all.common.ids.len()).filter(has_record).collect();
    let link = |&link: &usize| RecordLink {
        from: entity_ref(data, network, all.from[link] as usize),
        kind: network.names.get(all.common.kinds[link]).to_owned(),
        to: entity_ref(data, network, all.to[link] as usize),
    };
    let shown = entities.iter().take(SUBJECTS_MAX);
    let (format, objects, origins) = match delivered {
        Some(delivered) => (Some(delivered.format), delivered.objects, delivered.origins),
        None => (None, Vec::new(), Vec::new()),
    };
    let place = |origin: crate::archive::RecordOrigin| RecordPlace {
        delivery: origin.delivery.to_string(),
        path: origin.path.to_string(),
        position: origin.position.to_string(),
    };
    Ok(Some(RecordScreen {
        record: row,
        entities: shown.map(|&entity| entity_ref(data, &data.network, entity)).collect(),
        entity_count: entities.len(),
        links: links.iter().take(SUBJECTS_MAX).map(link).collect(),
        link_count: links.len(),
        format,
        objects: objects.iter().map(|object| indented(object)).collect(),
        places: steward.then(|| origins.into_iter().map(place).collect()),
    }))
}

/// Returns JSON with one member in a line. Every character outside of blanks stays as delivered.
fn indented(object: &str) -> String {
    let (mut shown, mut depth) = (String::with_capacity(object.len() * 2), 0_usize);
    let (mut in_text, mut is_escaped) = (false, false);
    let mut characters = object.trim().chars().peekable();
    let line = |shown: &mut String, depth: usize| {
        shown.push('\n');
        shown.extend(std::iter::repeat_n("  ", depth.min(DEPTH_MAX)));
    };
    while let Some(character) = characters.next() {
        if in_text {
            shown.push(character);
            in_text = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\t' | '\r' | '\n' => {}
            '{' | '[' => {
                shown.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    shown.push(end);
                } else {
                    depth += 1;
                    line(&mut shown, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut shown, depth);
                shown.push(character);
            }
            ',' => {
                shown.push(character);
                line(&mut shown, depth);
            }
            ':' => shown.push_str(": "),
            _ => {
                in_text = character == '"';
                shown.push(character);
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_json_keeps_every_value_and_the_order_of_its_members() {
        let object = r#"{"z":1.000000000000000000001, "a":[ ],"b":{"t\":\"x, {y}":[1,"[2]\\"]},"e":{}}"#;
        let expected = "{\n  \"z\": 1.000000000000000000001,\n  \"a\": [],\n  \"b\": {\n    \"t\\\":\\\"x, {y}\": [\n      1,\n      \"[2]\\\\\"\n    ]\n  },\n  \"e\": {}\n}";
        assert_eq!(indented(object), expected);
    }

    #[test]
    fn hostile_depth_makes_no_long_lines() {
        let deep = "[".repeat(10_000);
        assert!(indented(&deep).lines().all(|line| line.len() <= 2 * DEPTH_MAX + 1));
    }
}
