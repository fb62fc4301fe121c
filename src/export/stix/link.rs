//! Relationships of links.

use super::{Context, Object, add_extension, add_version, start, timestamp};
use crate::export::{ExportedLink, Scope, Selection, ids, own_values};

/// Returns whether an export refers to the relationship of another producer in place of an own one.
pub(super) fn is_delivered(selection: &Selection, link: &ExportedLink) -> bool {
    selection.scope == Scope::Flags && selection.delivered_ids.contains_key(&link.id)
}

/// Returns the id by which other objects refer to a link.
pub(super) fn reference(selection: &Selection, link: &ExportedLink) -> String {
    let delivered = selection.delivered_ids.get(&link.id).filter(|_| selection.scope == Scope::Flags);
    delivered.and_then(|ids| ids.first()).cloned().unwrap_or_else(|| own_id(link))
}

fn own_id(link: &ExportedLink) -> String {
    format!("relationship--{}", ids::uuid("link", &link.id))
}

/// Returns the own relationship of a link; `None` if another producer has one.
pub(super) fn object(context: &Context<'_>, link: &ExportedLink) -> Option<Object> {
    let selection = context.selection;
    if is_delivered(selection, link) {
        return None;
    }
    let (from, to) = (context.ids.get(link.from.as_str())?, context.ids.get(link.to.as_str())?);
    let mut object = start("relationship", &own_id(link), link.marking);
    add_version(context, &mut object, link.recorded_first);
    object.insert("relationship_type".to_owned(), relationship_type(&link.kind).into());
    object.insert("source_ref".to_owned(), from.clone().into());
    object.insert("target_ref".to_owned(), to.clone().into());
    if let Some(confidence) = link.confidence.filter(|confidence| *confidence <= 100) {
        object.insert("confidence".to_owned(), confidence.into());
    }
    if let Some(start) = link.first_seen {
        object.insert("start_time".to_owned(), timestamp(start).into());
    }
    // STIX requires an end after the start.
    if let Some(end) = link.last_seen.filter(|end| link.first_seen.is_none_or(|start| start < *end)) {
        object.insert("stop_time".to_owned(), timestamp(end).into());
    }
    add_extension(&mut object, own_values::link(selection, link));
    Some(object)
}

/// Returns a relationship type in the alphabet of STIX.
fn relationship_type(kind: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = kind.chars().map(plain).collect();
    let name = name.trim_matches('-');
    if name.len() < 3 { "related-to".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::relationship_type;

    #[test]
    fn a_relationship_type_has_letters_digits_and_hyphens() {
        assert_eq!(relationship_type("attributed-to"), "attributed-to");
        assert_eq!(relationship_type("Paid To"), "paid-to");
        assert_eq!(relationship_type("→"), "related-to");
    }
}
