//! Lists of links, and the lines, cells and weights of their text.

use std::{collections::HashMap, ops::RangeInclusive};

use super::header::FirstLine;
use crate::ingest::{cells_of_line, lines};

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
}

/// Weights whose sums and products are finite.
const WEIGHTS: RangeInclusive<f64> = 1e-150..=1e150;

/// Returns the weight in a cell; `None` if no link may have it.
pub(super) fn weight_of(cell: &str) -> Option<f64> {
    cell.parse().ok().filter(|weight| *weight == 0.0 || WEIGHTS.contains(weight))
}

/// The separator of cells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Sign(char),
    Blanks,
    /// None: a line is one cell.
    None,
}

/// Detects the separator by the first line; without tab and comma it is `without`.
fn separator_of(line: &str, without: Separator) -> Separator {
    let unquoted: String = line.split('"').step_by(2).collect();
    let sign = ['\t', ','].into_iter().find(|sign| unquoted.contains(*sign));
    sign.map_or(without, Separator::Sign)
}

/// Returns whether a line has cells.
pub(super) fn is_data(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with(['#', '%'])
}

/// Returns the separator of a text; without tab and comma it is `without`, or blanks.
pub(super) fn separator(text: &str, without: Option<Separator>) -> Separator {
    let first = lines(text).find(|line| is_data(line)).unwrap_or_default();
    separator_of(first, without.unwrap_or(Separator::Blanks))
}

pub(super) fn cells(line: &str, mark: Separator) -> Vec<String> {
    let plain = |cell: &str| cell.trim().to_owned();
    match mark {
        Separator::None if !line.contains('"') => vec![plain(line)],
        Separator::Sign(sign) if !line.contains('"') => line.split(sign).map(plain).collect(),
        Separator::Blanks if !line.contains('"') => line.split_ascii_whitespace().map(plain).collect(),
        Separator::None => quoted(line, '\n'),
        Separator::Sign(sign) => quoted(line, sign),
        Separator::Blanks => quoted(line, ' ').into_iter().filter(|cell| !cell.is_empty()).collect(),
    }
}

/// Splits a line that contains quotes.
fn quoted(line: &str, sign: char) -> Vec<String> {
    let plain = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_owned();
    cells_of_line(line.as_bytes(), sign as u8).iter().map(plain).collect()
}
