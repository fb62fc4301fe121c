//! Text forms of values in segments.

use crate::{
    marking::Marking,
    record::{Definition, Digest, Mode, RecordState},
};

const OBJECT: &str = "object";
const REJECTED: &str = "rejected";
const WITHDRAWN: &str = "withdrawn";
/// A statement marking.
const STATEMENT: &str = "statement";

pub(super) fn state_text(state: RecordState) -> &'static str {
    match state {
        RecordState::Object(_) => OBJECT,
        RecordState::Rejected => REJECTED,
        RecordState::Withdrawn => WITHDRAWN,
    }
}

/// Reads a state and the digest of its object; `None` if they do not match.
pub(super) fn read_state(text: &str, content: Option<&str>) -> Option<RecordState> {
    match (text, content) {
        (OBJECT, Some(content)) => read_digest(content).map(RecordState::Object),
        (REJECTED, None) => Some(RecordState::Rejected),
        (WITHDRAWN, None) => Some(RecordState::Withdrawn),
        _ => None,
    }
}

pub(super) fn definition_text(definition: Definition) -> String {
    match definition {
        Definition::Statement => STATEMENT.to_owned(),
        Definition::Level(marking) => marking.to_string(),
    }
}

pub(super) fn read_definition(text: &str) -> Definition {
    match text {
        STATEMENT => Definition::Statement,
        text => Definition::Level(Marking::parse(text).unwrap_or(Marking::Unknown)),
    }
}

pub(super) fn read_mode(text: &str) -> Option<Mode> {
    [Mode::Snapshot, Mode::Partial, Mode::Increment].into_iter().find(|mode| mode.to_string() == text)
}

fn read_digest(text: &str) -> Option<Digest> {
    let mut digest = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (position, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * position..2 * position + 2], 16).ok()?;
    }
    Some(Digest(digest))
}
