//! Completion: what else a new subject will be seen to use.

use super::ReportingHistory;
use crate::time::Moment;

/// An entity that a user is expected to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// Node of the entity.
    pub item: u32,
    /// Score; larger is more expected.
    pub score: f64,
}

/// Returns what a user will probably be seen to use, which no live link says yet, the most expected first. Only links
/// that stood at the cut count.
pub fn expected(_history: &ReportingHistory, _user: u32, _cut: Moment) -> Vec<Expected> {
    Vec::new()
}
