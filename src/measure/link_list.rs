//! Links between named vertices, and the errors of their lists.

use std::{collections::HashMap, ops::RangeInclusive};

use super::header::FirstLine;
use crate::ingest::{Reject, RejectRule};

/// Links between named vertices, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkList {
    /// Names of the vertices; numeric ones in order of number, then the others in order of text.
    pub nodes: Vec<String>,
    /// Ends of each link, as positions in `nodes`.
    pub links: Vec<(u32, u32)>,
    /// Weight of each link, if a column was asked for.
    pub weights: Option<Vec<f64>>,
    /// Interpretation of the first line.
    pub first_line: FirstLine,
    /// Labels of vertices by name, where the source has them.
    pub labels: HashMap<String, String>,
    /// True if the names come from columns of whole numbers.
    pub are_whole: bool,
}

/// A line that cannot be read, and the broken rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", place(*.line), cause.reason)]
pub struct LinkError {
    /// True for a line of the list of vertices, false for the list of links.
    pub is_of_nodes: bool,
    /// Line in the file, from 1; 0 for the whole file.
    pub line: usize,
    /// The broken rule and the reason.
    pub cause: Reject,
}

fn place(line: usize) -> String {
    if line == 0 { String::new() } else { format!("line {line}: ") }
}

pub(super) fn wrong(line: usize, rule: RejectRule, reason: impl Into<String>) -> LinkError {
    LinkError { is_of_nodes: false, line, cause: Reject::new(rule, reason) }
}

/// Returns an error of the whole file.
pub(super) fn of_whole(cause: Reject) -> LinkError {
    LinkError { is_of_nodes: false, line: 0, cause }
}

/// Weights whose sums and products are finite.
const WEIGHTS: RangeInclusive<f64> = 1e-150..=1e150;
/// Reasons of rejected cells.
pub(super) const NO_ENDS: &str = "fewer columns than a link has ends";
pub(super) const NO_WEIGHT: &str = "no weight in its column";
pub(super) const NOT_A_WEIGHT: &str = "the weight must be 0 or a number from 1e-150 to 1e150";
pub(super) const NO_NAME: &str = "a vertex without a name";

/// Returns whether a number may be a weight.
pub(super) fn is_weight(weight: f64) -> bool {
    weight == 0.0 || WEIGHTS.contains(&weight)
}

/// Returns the weight in a cell; `None` if no link may have it.
pub(super) fn weight_of(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|weight| is_weight(*weight))
}
