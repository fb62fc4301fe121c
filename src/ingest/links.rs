//! A list of links as `araneus measure` reads it: two columns of names, perhaps a weight.
//!
//! Columns are parted by commas, tabs or blanks; lines that begin with `#` or `%` are
//! skipped. The first line is a header if it holds `source,target` or `from,to` or the
//! name of the weight column; else every line is data.

use std::{collections::HashMap, path::Path};

use super::{Refusal, Rule, unpack};

/// Links between named vertices, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkList {
    /// Names of the vertices; numeric ones in order of number, then the others in order of text.
    pub nodes: Vec<String>,
    /// Ends of each link, as positions in `nodes`.
    pub links: Vec<(u32, u32)>,
    /// Weight of each link, if a column was asked for.
    pub weights: Option<Vec<f64>>,
}

/// A line that could not be read, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", place(*.line), refusal.reason)]
pub struct LinkError {
    /// Line in the file, from 1; 0 for the whole.
    pub line: usize,
    /// Why.
    pub refusal: Refusal,
}

fn place(line: usize) -> String {
    if line == 0 { String::new() } else { format!("line {line}: ") }
}

fn wrong(line: usize, rule: Rule, reason: impl Into<String>) -> LinkError {
    LinkError { line, refusal: Refusal::new(rule, reason) }
}

/// Reads a list of links, and of vertices without any.
pub fn read_links(links: &Path, nodes: Option<&Path>, weight: Option<&str>) -> Result<LinkList, LinkError> {
    let rows = read_rows(links)?;
    let columns = columns(&rows, weight)?;
    let mut names: HashMap<String, u32> = HashMap::new();
    let mut list = LinkList { weights: weight.map(|_| Vec::new()), ..LinkList::default() };
    let mut id = |name: &str| {
        let next = names.len() as u32;
        *names.entry(name.to_owned()).or_insert(next)
    };
    for (line, row) in rows.iter().skip(usize::from(columns.has_header)) {
        let cell = |at: usize| row.get(at).map(String::as_str).filter(|cell| !cell.is_empty());
        let (Some(source), Some(target)) = (cell(columns.source), cell(columns.target)) else {
            return Err(wrong(*line, Rule::MissingReference, "fewer columns than the two ends of a link"));
        };
        let ends = (id(source), id(target));
        list.links.push(ends);
        if let (Some(weights), Some(at)) = (&mut list.weights, columns.weight) {
            let weight = cell(at)
                .and_then(|cell| cell.parse::<f64>().ok())
                .filter(|weight| weight.is_finite() && *weight >= 0.0);
            weights.push(
                weight
                    .ok_or_else(|| wrong(*line, Rule::WrongType, "the weight is no number of at least 0"))?,
            );
        }
    }
    for (_, row) in nodes.map(read_nodes).transpose()?.into_iter().flatten() {
        id(&row);
    }
    sort_nodes(names, &mut list);
    Ok(list)
}

/// Numbers the vertices by name, so that the order of the file does not show.
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

type Row = (usize, Vec<String>);

fn read_rows(path: &Path) -> Result<Vec<Row>, LinkError> {
    let stored = std::fs::read(path)
        .map_err(|error| wrong(0, Rule::Unreadable, format!("could not be read: {}", error.kind())))?;
    let whole = |refusal| LinkError { line: 0, refusal };
    let bytes = unpack::unpack(stored).map_err(whole)?;
    let text = unpack::text(&bytes).map_err(whole)?;
    Ok((1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with(['#', '%']))
        .map(|(number, line)| (number, cells(line)))
        .collect())
}

fn cells(line: &str) -> Vec<String> {
    let unquoted = |cell: &str| cell.trim().trim_matches('"').to_owned();
    let mark = [',', '\t'].into_iter().find(|mark| line.contains(*mark));
    match mark {
        Some(mark) => line.split(mark).map(unquoted).collect(),
        None => line.split_whitespace().map(unquoted).collect(),
    }
}

fn read_nodes(path: &Path) -> Result<Vec<(usize, String)>, LinkError> {
    let rows = read_rows(path)?;
    let header = rows.first().and_then(|(_, row)| row.iter().position(|cell| cell == "id"));
    let data = rows.into_iter().skip(usize::from(header.is_some()));
    Ok(data.filter_map(|(line, row)| Some((line, row.into_iter().nth(header.unwrap_or(0))?))).collect())
}

struct LinkColumns {
    has_header: bool,
    source: usize,
    target: usize,
    weight: Option<usize>,
}

fn columns(rows: &[Row], weight: Option<&str>) -> Result<LinkColumns, LinkError> {
    let first = rows.first().map(|(_, row)| row.as_slice()).unwrap_or_default();
    let at = |name: &str| first.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let ends = match (at("source"), at("target"), at("from"), at("to")) {
        (Some(source), Some(target), ..) | (_, _, Some(source), Some(target)) => Some((source, target)),
        _ => None,
    };
    let by_name = weight.and_then(at);
    let has_header = ends.is_some() || by_name.is_some();
    let weight = match weight {
        None => None,
        Some(_) if by_name.is_some() => by_name,
        Some(name) => {
            let number = name.parse::<usize>().ok().filter(|number| *number >= 1);
            Some(
                number.ok_or_else(|| {
                    wrong(1, Rule::MissingReference, "the header has no column of the weight's name")
                })? - 1,
            )
        }
    };
    let (source, target) = ends.unwrap_or((0, 1));
    Ok(LinkColumns { has_header, source, target, weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, weight: Option<&str>) -> Result<LinkList, LinkError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("links");
        std::fs::write(&path, text).expect("written");
        read_links(&path, None, weight)
    }

    #[test]
    fn a_header_is_known_by_its_words_and_else_every_line_is_data() {
        let named = read("weight,target,source\n2.5,b,a\n", Some("weight")).expect("reads");
        assert_eq!(
            (named.nodes, named.links, named.weights),
            (vec!["a".into(), "b".into()], vec![(0, 1)], Some(vec![2.5]))
        );
        let bare = read("# note\n10 9\n% note\n9\t10\n", None).expect("reads");
        assert_eq!((bare.nodes, bare.links), (vec!["9".into(), "10".into()], vec![(1, 0), (0, 1)]));
        let numbered = read("1 2 0.5\n", Some("3")).expect("reads");
        assert_eq!(numbered.weights, Some(vec![0.5]));
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(read("a b\nc\n", None).map_err(|error| error.line), Err(2));
        assert_eq!(read("source,target,weight\na,b,x\n", Some("weight")).map_err(|error| error.line), Err(2));
        assert!(read("a b 1\n", Some("weight")).is_err());
    }
}
