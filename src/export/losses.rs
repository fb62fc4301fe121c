//! Losses: the values that a format cannot express.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A kind of values that a format cannot express.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Kind of the rows: entity, link, flag or judgement.
    pub subject: &'static str,
    /// Name of the value, as in the published tables.
    pub value: String,
    /// Reason in one sentence.
    pub reason: &'static str,
}

/// Losses of an export, each with the number of rows that have the value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses(BTreeMap<Loss, usize>);

impl Losses {
    /// Adds rows that lose a value; none if the count is 0.
    pub(crate) fn add(
        &mut self,
        subject: &'static str,
        value: impl Into<String>,
        count: usize,
        reason: &'static str,
    ) {
        if count > 0 {
            *self.0.entry(Loss { subject, value: value.into(), reason }).or_default() += count;
        }
    }

    /// Returns each loss with the number of rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Loss, usize)> {
        self.0.iter().map(|(loss, count)| (loss, *count))
    }

    /// Returns whether nothing is lost.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the losses as JSON.
    pub fn to_json(&self, format: &str) -> Value {
        let row = |(loss, count): (&Loss, usize)| json!({ "subject": loss.subject, "value": loss.value, "rows": count, "reason": loss.reason });
        json!({ "format": format, "losses": self.iter().map(row).collect::<Vec<_>>() })
    }
}
