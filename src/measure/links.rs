//! Lists of links for `araneus measure`: two columns of names, perhaps a weight.
//!
//! The first line shows the separator of columns: tabs, commas or blanks. A cell may be quoted. Lines that
//! begin with `#` or `%` are skipped. `header.rs` decides whether the first line is a header. Parquet and Arrow have names
//! of columns, and so has a run's folder. `whole_numbers.rs` reads the common case of vertices that are numbers, with the
//! same result in a tenth of the time.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{
    header::{self, LinkColumns, LinkRow},
    link_text::{LinkList, Separator, cells, is_data, separator, weight_of},
    other_files, run_folder, whole_numbers,
};
use crate::{
    ingest::{Reject, RejectRule, describe, lines, text, unpack},
    tables::text_rows,
};

/// A list of links to read.
#[derive(Clone, Debug)]
pub enum LinkInput {
    /// A file, or the folder of a run.
    Path(PathBuf),
    /// The bytes of a file, from standard input.
    Bytes(Vec<u8>),
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

fn wrong(line: usize, rule: RejectRule, reason: impl Into<String>) -> LinkError {
    LinkError { is_of_nodes: false, line, cause: Reject::new(rule, reason) }
}

/// Reads a list of links, and a list of vertices that may have none. `audience` selects the tables of a run's folder.
pub fn read_links(
    links: &LinkInput,
    nodes: Option<&Path>,
    columns: &LinkColumns,
    audience: Option<&str>,
) -> Result<LinkList, LinkError> {
    let bytes = match links {
        LinkInput::Path(path) if path.is_dir() => {
            return read_rows(rows_of_run(path, audience)?, nodes, columns);
        }
        LinkInput::Bytes(bytes) => unpacked(bytes.clone())?,
        LinkInput::Path(path) => unpacked(stored(path)?)?,
    };
    if nodes.is_none() && !text_rows::is_columnar(&bytes) {
        let text = list_text(&bytes)?;
        if let Some(list) = whole_numbers::read(text, separator(text, None), columns) {
            return Ok(list);
        }
    }
    read_rows(rows_of(bytes, None)?, nodes, columns)
}

/// Reads links from rows of cells.
fn read_rows(rows: Rows, nodes: Option<&Path>, columns: &LinkColumns) -> Result<LinkList, LinkError> {
    let Rows { lines: rows, mark, has_names, entities } = rows;
    let columns = header::columns(&rows, columns, has_names).map_err(|reason| {
        wrong(rows.first().map_or(0, |(line, _)| *line), RejectRule::MissingReference, reason)
    })?;
    let mut names: HashMap<String, u32> = HashMap::new();
    let mut list = LinkList {
        weights: columns.weight.map(|_| Vec::new()),
        first_line: columns.first_line.clone(),
        ..LinkList::default()
    };
    let mut id = |name: &str| {
        let next = names.len() as u32;
        *names.entry(name.to_owned()).or_insert(next)
    };
    for (line, row) in rows.iter().skip(usize::from(columns.has_header)) {
        let cell = |at: usize| row.get(at).map(String::as_str).filter(|cell| !cell.is_empty());
        let (Some(source), Some(target)) = (cell(columns.source), cell(columns.target)) else {
            return Err(wrong(*line, RejectRule::MissingReference, "fewer columns than a link has ends"));
        };
        let ends = (id(source), id(target));
        list.links.push(ends);
        if let (Some(weights), Some(at)) = (&mut list.weights, columns.weight) {
            let Some(cell) = cell(at) else {
                return Err(wrong(*line, RejectRule::MissingReference, "no weight in its column"));
            };
            let weight = weight_of(cell);
            let reason = "the weight must be 0 or a number from 1e-150 to 1e150";
            weights.push(weight.ok_or_else(|| wrong(*line, RejectRule::WrongType, reason))?);
        }
    }
    for (name, label) in entities {
        id(&name);
        list.labels.insert(name, label);
    }
    let nodes = nodes.map(|path| read_nodes(path, mark)).transpose();
    for name in nodes.map_err(|error| LinkError { is_of_nodes: true, ..error })?.into_iter().flatten() {
        id(&name);
    }
    sort_nodes(names, &mut list);
    Ok(list)
}

/// Numbers the vertices by name, so that the order of the file makes no difference.
fn sort_nodes(names: HashMap<String, u32>, list: &mut LinkList) {
    let mut by_name: Vec<(Option<u64>, String, u32)> =
        names.into_iter().map(|(name, id)| (name.parse::<u64>().ok(), name, id)).collect();
    by_name.sort_by(|a, b| (a.0.is_none(), a.0, &a.1).cmp(&(b.0.is_none(), b.0, &b.1)));
    let mut number = vec![0; by_name.len()];
    for (at, (_, _, id)) in by_name.iter().enumerate() {
        number[*id as usize] = at as u32;
    }
    for (source, target) in &mut list.links {
        (*source, *target) = (number[*source as usize], number[*target as usize]);
    }
    list.nodes = by_name.into_iter().map(|(_, name, _)| name).collect();
}

/// Rows of a list.
struct Rows {
    lines: Vec<LinkRow>,
    mark: Separator,
    /// True if the first row has the names of the columns, as the format says.
    has_names: bool,
    /// Names and labels of vertices that may have no link.
    entities: Vec<(String, String)>,
}

fn stored(path: &Path) -> Result<Vec<u8>, LinkError> {
    std::fs::read(path).map_err(|error| wrong(0, RejectRule::Unreadable, describe(&error)))
}

/// Reads the rows of a run's folder.
fn rows_of_run(path: &Path, audience: Option<&str>) -> Result<Rows, LinkError> {
    let reason =
        "the folder has no tables of a run, or those of several audiences (choose one by --audience)";
    let folder =
        run_folder::tables_of(path, audience).ok_or_else(|| wrong(0, RejectRule::UnknownFormat, reason))?;
    let read = run_folder::read(&folder);
    let read = read.map_err(|error| wrong(0, RejectRule::Unreadable, error.to_string()))?;
    let rows = named_rows(read.names, read.rows);
    Ok(Rows { lines: rows, mark: Separator::None, has_names: true, entities: read.entities })
}

/// Returns the names of the columns and then the rows, numbered from 1.
fn named_rows(names: Vec<String>, rows: Vec<Vec<String>>) -> Vec<LinkRow> {
    std::iter::once(names).chain(rows).enumerate().collect()
}

/// Returns an error of the whole file.
fn of_whole(cause: Reject) -> LinkError {
    LinkError { is_of_nodes: false, line: 0, cause }
}

fn unpacked(stored: Vec<u8>) -> Result<Vec<u8>, LinkError> {
    unpack(stored).map_err(of_whole)
}

/// Returns the text of a list; an error if the bytes are a file of another kind.
fn list_text(bytes: &[u8]) -> Result<&str, LinkError> {
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

fn rows_of(bytes: Vec<u8>, without: Option<Separator>) -> Result<Rows, LinkError> {
    if text_rows::is_columnar(&bytes) {
        let reason = "a Parquet or Arrow file that cannot be read";
        let read = text_rows::read(bytes).ok_or_else(|| wrong(0, RejectRule::UnknownFormat, reason))?;
        let rows = named_rows(read.names, read.rows);
        return Ok(Rows { lines: rows, mark: Separator::None, has_names: true, entities: Vec::new() });
    }
    let text = list_text(&bytes)?;
    let mark = separator(text, without);
    let data = (1..).zip(lines(text)).filter(|(_, line)| is_data(line));
    let rows = data.map(|(number, line)| (number, cells(line, mark))).collect();
    Ok(Rows { lines: rows, mark, has_names: false, entities: Vec::new() })
}

/// Returns the names of vertices. If the links have a separator, names may contain blanks here, too.
fn read_nodes(path: &Path, of_links: Separator) -> Result<Vec<String>, LinkError> {
    let without = if of_links == Separator::Blanks { Separator::Blanks } else { Separator::None };
    let Rows { lines: rows, .. } = rows_of(unpacked(stored(path)?)?, Some(without))?;
    let first = rows.first().map(|(_, row)| row.as_slice()).unwrap_or_default();
    let header = first.iter().position(|cell| cell.eq_ignore_ascii_case("id"));
    let name = |(line, row): (usize, Vec<String>)| {
        let cell = row.into_iter().nth(header.unwrap_or(0)).filter(|cell| !cell.is_empty());
        cell.ok_or_else(|| wrong(line, RejectRule::MissingReference, "a vertex without a name"))
    };
    rows.into_iter().skip(usize::from(header.is_some())).map(name).collect()
}

#[cfg(test)]
mod number_tests;
#[cfg(test)]
mod tests;
