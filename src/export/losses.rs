//! Losses: the values that a format cannot express.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::agreements::{self, SourceObligations};

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

/// Losses of an export, each with the number of rows that have the value, and the obligations of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    rows: BTreeMap<Loss, usize>,
    /// Obligations of the agreements of the sources behind the rows.
    pub obligations: Vec<SourceObligations>,
}

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
            *self.rows.entry(Loss { subject, value: value.into(), reason }).or_default() += count;
        }
    }

    /// Returns each loss with the number of rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Loss, usize)> {
        self.rows.iter().map(|(loss, count)| (loss, *count))
    }

    /// Returns whether nothing is lost.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the losses and the obligations as JSON.
    pub fn to_json(&self, format: &str) -> Value {
        let row = |(loss, count): (&Loss, usize)| json!({ "subject": loss.subject, "value": loss.value, "rows": count, "reason": loss.reason });
        json!({
            "format": format, "losses": self.iter().map(row).collect::<Vec<_>>(),
            "obligations": agreements::as_json(&self.obligations),
        })
    }
}
