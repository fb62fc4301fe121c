//! Accepts an object, or rejects it: its text is parsed, checked and digested.

use std::sync::Arc;

use serde_json::json;

use super::{
    format::{AcceptedObject, DeliveredObject, Format, TreeCheck},
    json as strict_json,
    known::KnownObject,
    reject::RejectedObject,
    tree,
};
use crate::record::Digest;

impl AcceptedObject {
    /// Returns an object that is known by its bytes.
    pub(super) fn of_known(known: KnownObject, raw: Digest, position: String, text: &str) -> Self {
        Self {
            key: known.key,
            content: known.content,
            version: known.version,
            own_time: known.own_time,
            markings: known.markings,
            defines: known.defines,
            revokes: known.revokes,
            surroundings: known.surroundings,
            position: position.into(),
            object: text.into(),
            context: None,
            raw: Some(raw),
        }
    }
}

impl Format {
    /// Returns the prepared check of objects with a context.
    pub(super) fn tree_check(&self, context: Option<&str>) -> Option<TreeCheck> {
        self.tree_check.map(|prepare| prepare(context))
    }

    /// Accepts an object by the facts it was found with, else by a prepared check, or else by the format's own.
    pub(super) fn accept_by(
        &self,
        check: Option<&TreeCheck>,
        position: String,
        object: DeliveredObject<'_>,
    ) -> Result<AcceptedObject, RejectedObject> {
        if let Some((checked, content)) = object.accepted {
            return Ok(checked.accepted(content, position.into(), object.text.into(), object.context));
        }
        let accepted =
            check.and_then(|check| accept_tree(check, &position, &object.text, object.context.as_ref()));
        accepted.map_or_else(|| self.accept(position, object), Ok)
    }

    /// Accepts an object of this format, or rejects it.
    pub(super) fn accept(
        &self,
        position: String,
        object: DeliveredObject<'_>,
    ) -> Result<AcceptedObject, RejectedObject> {
        let DeliveredObject { text, context, .. } = object;
        let value = match strict_json::value(&text) {
            Ok(value) => value,
            Err(cause) => {
                let id = strict_json::id_of_unread(&text, self.key_property);
                let key = |id| (self.key)(&json!({ self.key_property: id }), context.as_deref());
                return Err(RejectedObject { position, object_id: id.and_then(key), markings: None, cause });
            }
        };
        match (self.check)(&value, context.as_deref()) {
            Ok(checked) => {
                Ok(checked.accepted(strict_json::digest(&value), position.into(), text.into(), context))
            }
            Err(cause) => {
                // An id that is not well formed does not identify an object, so it is not a key.
                let object_id = (self.key)(&value, context.as_deref());
                let markings = (self.markings)(&value, context.as_deref());
                Err(RejectedObject { position, object_id, markings, cause })
            }
        }
    }
}

/// Accepts an object; `None` if its text is not JSON, or the check does not accept it.
pub(super) fn accept_tree(
    check: &TreeCheck,
    position: &str,
    text: &str,
    context: Option<&Arc<str>>,
) -> Option<AcceptedObject> {
    let tree = tree::tree(text)?;
    let checked = check(&tree).ok()?;
    Some(checked.accepted(tree::digest(&tree), position.into(), text.into(), context.cloned()))
}
