//! Ids of a published run by their first digits.

use std::path::Path;

use super::{
    error::QuestionError,
    run_tables::{read_table, table_path},
};

/// Tables with ids: prefix of the ids, table, column of the ids, and column of a label.
const TABLES: [(&str, &str, &str, Option<&str>); 5] = [
    ("flag-", "flags", "flag_id", Some("title")),
    ("candidate-", "candidates", "candidate_id", Some("title")),
    ("entity-", "entities", "entity_id", Some("label")),
    ("link-", "links", "link_id", Some("kind")),
    ("community-", "communities", "community_id", None),
];
/// Number of digits of an id.
const DIGITS: usize = 20;
/// Fewest digits that name an object.
const DIGITS_MIN: usize = 6;

/// An id of a published run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownId {
    /// The whole id.
    pub id: String,
    /// Title, label or kind of the object; empty for a community.
    pub label: String,
}

/// Returns the ids in an audience's folder that begin with a text: at least six digits, also behind the prefix of a type
/// of id. Digits alone name flags and candidates; if there are none, every other object. The list is empty for any other
/// text and for a whole id.
pub fn ids_beginning(folder: &Path, text: &str) -> Result<Vec<KnownId>, QuestionError> {
    let typed = TABLES.iter().position(|(prefix, ..)| text.starts_with(prefix));
    let prefix = typed.map_or("", |table| TABLES[table].0);
    let digits = text[prefix.len()..].to_ascii_lowercase();
    let is_beginning = (DIGITS_MIN..DIGITS).contains(&digits.len());
    if !is_beginning || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let groups: Vec<&[usize]> = match &typed {
        Some(table) => vec![std::slice::from_ref(table)],
        None => vec![&[0, 1][..], &[2, 3, 4]],
    };
    for group in groups {
        let mut ids = Vec::new();
        for &table in group {
            ids.extend(of_table(folder, table, &digits)?);
        }
        if !ids.is_empty() {
            ids.sort();
            return Ok(ids);
        }
    }
    Ok(Vec::new())
}

fn of_table(folder: &Path, table: usize, digits: &str) -> Result<Vec<KnownId>, QuestionError> {
    let (prefix, name, column, label) = TABLES[table];
    if !table_path(folder, name).exists() {
        return Ok(Vec::new());
    }
    let rows = read_table(folder, name)?;
    let ids = rows.text(column).ok_or(QuestionError::Lacks(name))?;
    let labels = label.and_then(|label| rows.text(label));
    let matches = ids.iter().enumerate().filter_map(|(row, id)| {
        let id = id.as_ref().filter(|id| id.strip_prefix(prefix).is_some_and(|id| id.starts_with(digits)))?;
        let label = labels.and_then(|labels| labels[row].clone()).unwrap_or_default();
        Some(KnownId { id: id.clone(), label })
    });
    Ok(matches.collect())
}
