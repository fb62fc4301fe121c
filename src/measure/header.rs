//! Header of a list of links: whether the first line is one, and the columns that it names.

use std::collections::HashSet;

/// Columns of a list of links: a name, or a number from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkColumns {
    /// Column of the vertices at which links start.
    pub source: Option<String>,
    /// Column of the vertices at which links end.
    pub target: Option<String>,
    /// Column of the weights.
    pub weight: Option<String>,
}

/// Line of a row, and its cells.
pub(super) type LinkRow = (usize, Vec<String>);

/// Interpretation of the first line of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FirstLine {
    /// A header, with its cells.
    Header(Vec<String>),
    /// A link, as every line.
    #[default]
    Data,
    /// Names of columns that the format has.
    Names(Vec<String>),
}

/// Positions of the columns that are read.
pub(super) struct ReadColumns {
    pub(super) has_header: bool,
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) weight: Option<usize>,
    pub(super) first_line: FirstLine,
}

/// Finds the columns. The first line is a header if it has `source` and `target`, `from` and `to`, or the name of an asked
/// column. It is also a header if its cells occur as no other vertex, and one text is above a column of numbers.
/// `has_names` says that the format has names of columns. An error is the reason.
pub(super) fn columns(
    rows: &[LinkRow],
    asked: &LinkColumns,
    has_names: bool,
) -> Result<ReadColumns, &'static str> {
    let first = rows.first().map(|(_, row)| row.as_slice()).unwrap_or_default();
    let at = |name: &str| place(first, name);
    let ends = named_ends(first);
    let has_header = has_names || is_header(first, asked) || is_above_numbers(rows);
    let position = |asked: &str, reason: &'static str| {
        let by_name = Some(asked).filter(|name| has_header || !is_position(name)).and_then(at);
        by_name.map_or_else(|| number_from_one(asked).ok_or(reason), Ok)
    };
    let end = |asked: &Option<String>, found: Option<usize>, default: usize| match asked {
        Some(asked) => {
            position(asked, "no column has the name, or the number from 1, of the source or the target")
        }
        None => Ok(found.unwrap_or(default)),
    };
    let source = end(&asked.source, ends.map(|ends| ends.0), 0)?;
    let target = end(&asked.target, ends.map(|ends| ends.1), 1)?;
    let weight = asked
        .weight
        .as_deref()
        .map(|name| position(name, "no column has the name, or the number from 1, of the weight"));
    let first_line = match (has_names, has_header) {
        (true, _) => FirstLine::Names(first.to_vec()),
        (false, true) => FirstLine::Header(first.to_vec()),
        (false, false) => FirstLine::Data,
    };
    Ok(ReadColumns { has_header, source, target, weight: weight.transpose()?, first_line })
}

/// Returns whether a line is a header by its words alone.
pub(super) fn is_header(first: &[String], asked: &LinkColumns) -> bool {
    let asked_names = [&asked.source, &asked.target, &asked.weight].into_iter().flatten();
    let is_asked = asked_names.filter(|name| !is_position(name)).any(|name| place(first, name).is_some());
    named_ends(first).is_some() || is_asked
}

/// Returns whether the name of a column is its position. A number is not a name in a line of data.
fn is_position(name: &str) -> bool {
    name.parse::<usize>().is_ok()
}

fn place(first: &[String], name: &str) -> Option<usize> {
    first.iter().position(|cell| cell.eq_ignore_ascii_case(name))
}

/// Returns the columns of source and target that have these names.
fn named_ends(first: &[String]) -> Option<(usize, usize)> {
    let known = [("source", "target"), ("from", "to"), ("from_id", "to_id")];
    known.iter().find_map(|(source, target)| Some((place(first, source)?, place(first, target)?)))
}

/// Returns whether a cell is a number. A line with such a cell is not a header above a column of numbers.
pub(super) fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}

fn number_from_one(text: &str) -> Option<usize> {
    text.parse::<usize>().ok()?.checked_sub(1)
}

/// Returns whether the cells of the first row occur as no other vertex, and one of them is a text above a column of numbers.
fn is_above_numbers(rows: &[LinkRow]) -> bool {
    let Some(((_, first), rest)) = rows.split_first() else { return false };
    if rest.is_empty() || first.len() < 2 || first.iter().any(|cell| is_number(cell)) {
        return false;
    }
    let vertices: HashSet<&String> = rest.iter().flat_map(|(_, row)| row.iter().take(2)).collect();
    if first.iter().any(|cell| vertices.contains(cell)) {
        return false;
    }
    let is_numeric =
        |column: usize| rest.iter().all(|(_, row)| row.get(column).is_some_and(|cell| is_number(cell)));
    (0..first.len()).any(is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<LinkRow> {
        (1..)
            .zip(text.lines())
            .map(|(line, row)| (line, row.split(',').map(str::to_owned).collect()))
            .collect()
    }

    fn first_line(text: &str, asked: &LinkColumns) -> Result<(FirstLine, usize, usize), &'static str> {
        columns(&rows(text), asked, false).map(|found| (found.first_line, found.source, found.target))
    }

    #[test]
    fn a_header_is_found_by_words_by_an_asked_name_or_above_numbers() {
        let nothing = LinkColumns::default();
        let header = |text: &str| FirstLine::Header(text.split(',').map(str::to_owned).collect());
        assert_eq!(first_line("to,from\na,b", &nothing), Ok((header("to,from"), 1, 0)));
        assert_eq!(first_line("u,v\n1,2\n2,3", &nothing), Ok((header("u,v"), 0, 1)));
        assert_eq!(first_line("u,v,w\na,b,0.5", &nothing), Ok((header("u,v,w"), 0, 1)));
        for data in ["a,b\nb,c", "a,b,1\nb,c,2", "a,b\n1,a", "1,2\n3,4", "a,b"] {
            assert_eq!(first_line(data, &nothing), Ok((FirstLine::Data, 0, 1)), "{data}");
        }
        let asked = |source: &str, target: &str| LinkColumns {
            source: Some(source.to_owned()),
            target: Some(target.to_owned()),
            weight: None,
        };
        assert_eq!(
            first_line("x,payer,payee\n1,a,b", &asked("payer", "payee")),
            Ok((header("x,payer,payee"), 1, 2))
        );
        assert_eq!(first_line("x,a,b\nx,b,c", &asked("2", "3")), Ok((FirstLine::Data, 1, 2)));
        assert!(first_line("a,b\nb,c", &asked("payer", "2")).is_err());
        assert!(first_line("a,b\nb,c", &asked("0", "2")).is_err());
    }
}
