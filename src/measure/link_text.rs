//! Lists of links as text: what is a list, its separator, and the cells of its lines.

use super::{
    link_list::{LinkError, of_whole, wrong},
    other_files,
};
use crate::ingest::{RejectRule, cells_of_line, lines, text};

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

/// Returns the text of a list; an error if the bytes are a file of another kind.
pub(super) fn list_text(bytes: &[u8]) -> Result<&str, LinkError> {
    let is_none =
        |what: &str| wrong(0, RejectRule::UnknownFormat, format!("{what}, which is not a list of links"));
    if let Some(what) = other_files::of_bytes(bytes) {
        return Err(is_none(what));
    }
    let text = text(bytes).map_err(of_whole)?;
    match other_files::of_text(text) {
        Some(what) => Err(is_none(what)),
        None => Ok(text),
    }
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
