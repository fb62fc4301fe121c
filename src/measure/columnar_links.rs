//! Links and vertices of a columnar table, whose format has names of columns.

use super::{
    header::{self, LinkColumns},
    link_list::{LinkError, LinkList, NO_ENDS, NO_NAME, NO_WEIGHT, NOT_A_WEIGHT, is_weight, wrong},
};
use crate::{
    ingest::RejectRule,
    tables::columnar::{ColumnarTable, UnreadableCell},
};

/// Reason of a cell that has no text.
const NO_TEXT: &str = "a name of a type that has no text";

/// Returns the links, with the vertices in no particular order.
pub(super) fn list(table: &ColumnarTable, columns: &LinkColumns) -> Result<LinkList, LinkError> {
    let columns = header::columns(&[(0, table.names())], columns, true)
        .map_err(|reason| wrong(0, RejectRule::MissingReference, reason))?;
    let pairs = table.pairs(columns.source, columns.target);
    let pairs = pairs.map_err(|cell| unreadable(cell, NO_ENDS, NO_TEXT))?;
    let weights = columns.weight.map(|column| weights(table, column)).transpose()?;
    Ok(LinkList {
        nodes: pairs.names,
        links: pairs.pairs,
        weights,
        first_line: columns.first_line,
        are_whole: table.are_whole(&[columns.source, columns.target]),
        ..LinkList::default()
    })
}

fn weights(table: &ColumnarTable, column: usize) -> Result<Vec<f64>, LinkError> {
    let weights = table.numbers(column).map_err(|cell| unreadable(cell, NO_WEIGHT, NOT_A_WEIGHT))?;
    match weights.iter().position(|weight| !is_weight(*weight)) {
        None => Ok(weights),
        Some(at) => Err(wrong(at + 1, RejectRule::WrongType, NOT_A_WEIGHT)),
    }
}

/// Returns the names of vertices in the column `id`, else in the first.
pub(super) fn nodes(table: &ColumnarTable) -> Result<Vec<String>, LinkError> {
    let column = table.names().iter().position(|name| name.eq_ignore_ascii_case("id"));
    table.texts(column.unwrap_or(0)).map_err(|cell| unreadable(cell, NO_NAME, NO_TEXT))
}

fn unreadable(cell: UnreadableCell, missing: &str, unreadable: &str) -> LinkError {
    if cell.is_missing {
        wrong(cell.row, RejectRule::MissingReference, missing)
    } else {
        wrong(cell.row, RejectRule::WrongType, unreadable)
    }
}
