//! Pseudonyms in the cells of a row.

use std::borrow::Cow;

use serde_json::Value;

use super::row::Cell;
use crate::ingest::pseudonym::{KnownValues, Pseudonyms};

/// Replaces the cells of the listed columns, and their values wherever another cell of the row repeats them. `empty` has
/// the texts that mean an empty cell.
pub(super) fn replace(rule: &Pseudonyms, names: &[String], empty: &[String], cells: &mut [Cell<'_>]) {
    let is_listed = |at: usize| rule.has_column(names.get(at).map_or("", String::as_str), at + 1);
    let listed: Vec<bool> = (0..cells.len()).map(is_listed).collect();
    if !listed.contains(&true) {
        return;
    }
    let mut known = KnownValues::default();
    let is_empty = |text: &str| empty.iter().any(|known| known == text.trim());
    for (cell, _) in cells.iter_mut().zip(&listed).filter(|(_, listed)| **listed) {
        each_text(cell, &mut |text| (!is_empty(text)).then(|| rule.replace(text, &mut known)));
    }
    for (cell, _) in cells.iter_mut().zip(&listed).filter(|(_, listed)| !**listed) {
        each_text(cell, &mut |text| known.replaced(text));
    }
}

/// Replaces each text of a cell for which `replace` returns another one.
fn each_text(cell: &mut Cell<'_>, replace: &mut dyn FnMut(&str) -> Option<String>) {
    match cell {
        Cell::Text(text) => {
            if let Some(other) = replace(text) {
                *text = Cow::Owned(other);
            }
        }
        Cell::List(parts) => parts.iter_mut().for_each(|part| each_part(part, replace)),
    }
}

fn each_part(part: &mut Value, replace: &mut dyn FnMut(&str) -> Option<String>) {
    match part {
        Value::String(text) => {
            if let Some(other) = replace(text) {
                *text = other;
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| each_part(part, replace)),
        _ => {}
    }
}
