//! Ids of entities.

use crate::entity::Identifier;

/// Longest id that is read, in bytes.
const ID_MAX: usize = 512;

/// Returns whether a text is an id: one word. A blank or a line break shows that it is not an id.
pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID_MAX && !id.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Returns the identifier of an entity by its id.
pub(super) fn own_id(id: &str, source: &str) -> Identifier {
    let is_random = id.strip_prefix("NK-").is_some_and(|random| {
        random.len() >= RANDOM_MIN && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    Identifier::Object(if is_random {
        format!("ftm-entity--{id}")
    } else {
        format!("ftm-entity--{source}:{id}")
    })
}

/// Shortest random part of an id from nomenklatura, which draws 22 characters.
const RANDOM_MIN: usize = 20;
