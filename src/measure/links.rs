//! Lists of links for `araneus measure`: two columns of names, perhaps a weight.
//!
//! The first line shows the separator of columns: tabs, commas or blanks. A cell may be quoted. Lines that
//! begin with `#` or `%` are skipped. `header.rs` decides whether the first line is a header. Parquet and Arrow have names
//! of columns, and so has a run's folder. `whole_numbers.rs` reads the common case of vertices that are numbers, with the
//! same result in a tenth of the time.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use super::{
    columnar_links,
    header::{self, LinkColumns, LinkRow},
    link_list::{NO_ENDS, NO_NAME, NO_WEIGHT, NOT_A_WEIGHT, of_whole, weight_of, wrong},
    link_text::{Separator, cells, is_data, list_text, separator},
    run_folder, whole_numbers,
};
use crate::{
    ingest::{RejectRule, describe, lines, unpack},
    tables::{
        columnar::{self, ColumnarTable},
        named_run_folder,
    },
};

pub use super::link_list::{LinkError, LinkList};

/// A list of links to read.
#[derive(Clone, Debug)]
pub enum LinkInput {
    /// A file, or the folder of a run.
    Path(PathBuf),
    /// The bytes of a file, from standard input.
    Bytes(Vec<u8>),
}

/// Reads a list of links, and a list of vertices that may have none. `audience` selects the tables of a run's folder.
pub fn read_links(
    links: &LinkInput,
    nodes: Option<&Path>,
    columns: &LinkColumns,
    audience: Option<&str>,
) -> Result<LinkList, LinkError> {
    let content = match links {
        LinkInput::Path(path) if named_run_folder(path).is_dir() => {
            Content::Rows(rows_of_run(path, audience)?)
        }
        LinkInput::Bytes(bytes) => {
            content_of(unpacked(bytes.clone())?, nodes.is_none().then_some(columns), None)?
        }
        LinkInput::Path(path) => {
            content_of(unpacked(stored(path)?)?, nodes.is_none().then_some(columns), None)?
        }
    };
    let (mut list, mark) = match content {
        Content::Numbers(list) => return Ok(list),
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
            let weight = weight_of(cell);
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
    /// Links between whole numbers, whose vertices are in order.
    Numbers(LinkList),
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

fn unpacked(stored: Vec<u8>) -> Result<Vec<u8>, LinkError> {
    unpack(stored).map_err(of_whole)
}

/// Reads a file. If columns are given, a text whose vertices are numbers is read at once.
fn content_of(
    bytes: Vec<u8>,
    columns: Option<&LinkColumns>,
    without: Option<Separator>,
) -> Result<Content, LinkError> {
    if columnar::is_columnar(&bytes) {
        let reason = "a Parquet or Arrow file that cannot be read";
        let table = columnar::read(bytes).ok_or_else(|| wrong(0, RejectRule::UnknownFormat, reason))?;
        return Ok(Content::Table(table));
    }
    let text = list_text(&bytes)?;
    let mark = separator(text, without);
    match columns.and_then(|columns| whole_numbers::read(text, mark, columns)) {
        Some(list) => Ok(Content::Numbers(list)),
        None => Ok(Content::Rows(rows_of(text, mark))),
    }
}

fn rows_of(text: &str, mark: Separator) -> Rows {
    let data = (1..).zip(lines(text)).filter(|(_, line)| is_data(line));
    let lines = data.map(|(number, line)| (number, cells(line, mark))).collect();
    Rows { lines, mark, has_names: false, entities: Vec::new() }
}

/// Returns the names of vertices. If the links have a separator, names may contain blanks here, too.
fn read_nodes(path: &Path, of_links: Separator) -> Result<Vec<String>, LinkError> {
    let without = if of_links == Separator::Blanks { Separator::Blanks } else { Separator::None };
    let rows = match content_of(unpacked(stored(path)?)?, None, Some(without))? {
        Content::Rows(rows) => rows.lines,
        Content::Table(table) => return columnar_links::nodes(&table),
        Content::Numbers(list) => return Ok(list.nodes),
    };
    let first = rows.first().map(|(_, row)| row.as_slice()).unwrap_or_default();
    let header = first.iter().position(|cell| cell.eq_ignore_ascii_case("id"));
    let name = |(line, row): (usize, Vec<String>)| {
        let cell = row.into_iter().nth(header.unwrap_or(0)).filter(|cell| !cell.is_empty());
        cell.ok_or_else(|| wrong(line, RejectRule::MissingReference, NO_NAME))
    };
    rows.into_iter().skip(usize::from(header.is_some())).map(name).collect()
}

/// Reads a text by rows of cells: the reference of the faster reader.
#[cfg(test)]
pub(super) fn read_text_by_rows(text: &str, columns: &LinkColumns) -> Result<LinkList, LinkError> {
    let text = list_text(text.as_bytes())?;
    let mut list = list_of_rows(&rows_of(text, separator(text, None)), columns)?;
    sort_nodes(&mut list);
    Ok(list)
}

#[cfg(test)]
mod tests;
