//! Lists of links for `araneus measure`: two columns of names, perhaps a weight.
//!
//! The first line shows the separator of columns: tabs, commas or blanks. A cell may be quoted. Lines that
//! begin with `#` or `%` are skipped. `header.rs` decides whether the first line is a header. Parquet and Arrow have names
//! of columns, and so has a run's folder.

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use super::{
    columnar_links,
    header::{self, FirstLine, LinkColumns, LinkRow},
    other_files, run_folder,
};
use crate::{
    ingest::{Reject, RejectRule, cells_of_line, describe, lines, text, unpack},
    tables::columnar::{self, ColumnarTable},
};

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

pub(super) fn wrong(line: usize, rule: RejectRule, reason: impl Into<String>) -> LinkError {
    LinkError { is_of_nodes: false, line, cause: Reject::new(rule, reason) }
}

/// Reads a list of links, and a list of vertices that may have none. `audience` selects the tables of a run's folder.
pub fn read_links(
    links: &LinkInput,
    nodes: Option<&Path>,
    columns: &LinkColumns,
    audience: Option<&str>,
) -> Result<LinkList, LinkError> {
    let content = match links {
        LinkInput::Bytes(bytes) => content_of(bytes.clone(), None)?,
        LinkInput::Path(path) if path.is_dir() => Content::Rows(rows_of_run(path, audience)?),
        LinkInput::Path(path) => content_of(stored(path)?, None)?,
    };
    let (mut list, mark) = match content {
        Content::Rows(rows) => (list_of_rows(&rows, columns)?, rows.mark),
        Content::Table(table) => (columnar_links::list(&table, columns)?, Separator::None),
    };
    let nodes = nodes.map(|path| read_nodes(path, mark)).transpose();
    add_nodes(
        &mut list,
        nodes.map_err(|error| LinkError { is_of_nodes: true, ..error })?.unwrap_or_default(),
    );
    sort_nodes(&mut list);
    Ok(list)
}

/// Reads links, and vertices that may have none, from tables in memory.
pub fn links_of_tables(
    links: &ColumnarTable,
    nodes: Option<&ColumnarTable>,
    columns: &LinkColumns,
) -> Result<LinkList, LinkError> {
    let mut list = columnar_links::list(links, columns)?;
    let nodes = nodes.map(columnar_links::nodes).transpose();
    add_nodes(
        &mut list,
        nodes.map_err(|error| LinkError { is_of_nodes: true, ..error })?.unwrap_or_default(),
    );
    sort_nodes(&mut list);
    Ok(list)
}

/// Returns the links with the vertices in the order of their first links.
fn list_of_rows(rows: &Rows, columns: &LinkColumns) -> Result<LinkList, LinkError> {
    let Rows { lines: rows, has_names, entities, .. } = rows;
    let columns = header::columns(rows, columns, *has_names).map_err(|reason| {
        wrong(rows.first().map_or(0, |(line, _)| *line), RejectRule::MissingReference, reason)
    })?;
    let mut names: HashMap<&str, u32> = HashMap::new();
    let mut list = LinkList {
        weights: columns.weight.map(|_| Vec::new()),
        first_line: columns.first_line.clone(),
        ..LinkList::default()
    };
    for (line, row) in rows.iter().skip(usize::from(columns.has_header)) {
        let cell = |at: usize| row.get(at).map(String::as_str).filter(|cell| !cell.is_empty());
        let (Some(source), Some(target)) = (cell(columns.source), cell(columns.target)) else {
            return Err(wrong(*line, RejectRule::MissingReference, NO_ENDS));
        };
        let mut id = |name| {
            *names.entry(name).or_insert_with(|| {
                list.nodes.push(str::to_owned(name));
                list.nodes.len() as u32 - 1
            })
        };
        let ends = (id(source), id(target));
        list.links.push(ends);
        if let (Some(weights), Some(at)) = (&mut list.weights, columns.weight) {
            let cell = cell(at).ok_or_else(|| wrong(*line, RejectRule::MissingReference, NO_WEIGHT))?;
            let weight = cell.parse::<f64>().ok().filter(is_weight);
            weights.push(weight.ok_or_else(|| wrong(*line, RejectRule::WrongType, NOT_A_WEIGHT))?);
        }
    }
    list.labels = entities.iter().cloned().collect();
    add_nodes(&mut list, entities.iter().map(|(name, _)| name.clone()).collect());
    Ok(list)
}

/// Adds the vertices that the list does not have.
fn add_nodes(list: &mut LinkList, names: Vec<String>) {
    let mut known: HashSet<String> =
        if names.is_empty() { HashSet::new() } else { list.nodes.iter().cloned().collect() };
    for name in names {
        if known.insert(name.clone()) {
            list.nodes.push(name);
        }
    }
}

/// Numbers the vertices by name, so that the order of the file makes no difference.
fn sort_nodes(list: &mut LinkList) {
    let mut by_name: Vec<(Option<u64>, String, u32)> = (0..)
        .zip(std::mem::take(&mut list.nodes))
        .map(|(id, name)| (name.parse::<u64>().ok(), name, id))
        .collect();
    by_name.sort_unstable_by(|a, b| (a.0.is_none(), a.0, &a.1).cmp(&(b.0.is_none(), b.0, &b.1)));
    let mut number = vec![0; by_name.len()];
    for (at, (_, _, id)) in by_name.iter().enumerate() {
        number[*id as usize] = at as u32;
    }
    for (source, target) in &mut list.links {
        (*source, *target) = (number[*source as usize], number[*target as usize]);
    }
    list.nodes = by_name.into_iter().map(|(_, name, _)| name).collect();
}

/// Content of a file.
enum Content {
    Rows(Rows),
    Table(ColumnarTable),
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

/// Weights whose sums and products are finite.
const WEIGHTS: RangeInclusive<f64> = 1e-150..=1e150;
/// Reasons of rejected cells.
pub(super) const NO_ENDS: &str = "fewer columns than a link has ends";
pub(super) const NO_WEIGHT: &str = "no weight in its column";
pub(super) const NOT_A_WEIGHT: &str = "the weight must be 0 or a number from 1e-150 to 1e150";
pub(super) const NO_NAME: &str = "a vertex without a name";

/// Returns whether a number may be a weight.
pub(super) fn is_weight(weight: &f64) -> bool {
    *weight == 0.0 || WEIGHTS.contains(weight)
}

/// The separator of cells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
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

fn content_of(stored: Vec<u8>, without: Option<Separator>) -> Result<Content, LinkError> {
    let whole = |cause| LinkError { is_of_nodes: false, line: 0, cause };
    let bytes = unpack(stored).map_err(whole)?;
    if columnar::is_columnar(&bytes) {
        let reason = "a Parquet or Arrow file that cannot be read";
        let table = columnar::read(bytes).ok_or_else(|| wrong(0, RejectRule::UnknownFormat, reason))?;
        return Ok(Content::Table(table));
    }
    let is_none =
        |what: &str| wrong(0, RejectRule::UnknownFormat, format!("{what}, which is not a list of links"));
    if let Some(what) = other_files::of_bytes(&bytes) {
        return Err(is_none(what));
    }
    let text = text(&bytes).map_err(whole)?;
    if let Some(what) = other_files::of_text(text) {
        return Err(is_none(what));
    }
    let is_data = |line: &str| !line.trim().is_empty() && !line.starts_with(['#', '%']);
    let first = lines(text).find(|line| is_data(line)).unwrap_or_default();
    let mark = separator_of(first, without.unwrap_or(Separator::Blanks));
    let data = (1..).zip(lines(text)).filter(|(_, line)| is_data(line));
    let rows = data.map(|(number, line)| (number, cells(line, mark))).collect();
    Ok(Content::Rows(Rows { lines: rows, mark, has_names: false, entities: Vec::new() }))
}

fn cells(line: &str, mark: Separator) -> Vec<String> {
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

/// Returns the names of vertices. If the links have a separator, names may contain blanks here, too.
fn read_nodes(path: &Path, of_links: Separator) -> Result<Vec<String>, LinkError> {
    let without = if of_links == Separator::Blanks { Separator::Blanks } else { Separator::None };
    let rows = match content_of(stored(path)?, Some(without))? {
        Content::Rows(rows) => rows.lines,
        Content::Table(table) => return columnar_links::nodes(&table),
    };
    let first = rows.first().map(|(_, row)| row.as_slice()).unwrap_or_default();
    let header = first.iter().position(|cell| cell.eq_ignore_ascii_case("id"));
    let name = |(line, row): (usize, Vec<String>)| {
        let cell = row.into_iter().nth(header.unwrap_or(0)).filter(|cell| !cell.is_empty());
        cell.ok_or_else(|| wrong(line, RejectRule::MissingReference, NO_NAME))
    };
    rows.into_iter().skip(usize::from(header.is_some())).map(name).collect()
}

#[cfg(test)]
mod tests;
