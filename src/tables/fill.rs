//! Columns of a table by name: a function that fills a table names each of its columns, and the schema
//! gives the order.

use std::fmt::Display;
use std::iter;
use std::ops::Range;

pub(super) use super::arrow::check;
use super::files::BATCH_ROWS;
use super::schema::{Extra, Folder, Table, table};
use crate::{
    columns::{Column, Columns, PackedLists, PackedTexts},
    features::{FEATURES, Feature},
    marking::Marking,
    metrics::Metric,
    time::Moment,
};

/// A table whose rows become columns batch by batch during writing, because the largest tables need more
/// memory than the data behind them.
pub struct FilledTable<'a> {
    /// Schema.
    pub table: &'static Table,
    /// Columns after those of the schema.
    pub extra: Vec<Extra>,
    /// Batches of rows in order.
    pub parts: Box<dyn Iterator<Item = Columns> + Send + 'a>,
}

/// A column with its name.
pub(super) type NamedColumn = (&'static str, Column);

/// Fills a table from a slice of rows.
///
/// # Panics
/// If the names or types of the columns are not those of the schema.
pub(super) fn from_slice<'a, T: 'a, const N: usize>(
    folder: Folder,
    name: &str,
    rows: impl AsRef<[T]> + Send + 'a,
    fill: impl Fn(&[T]) -> [NamedColumn; N] + Send + 'a,
) -> FilledTable<'a> {
    let table = table(folder, name);
    check_names(table, fill(&[]));
    let parts =
        ranges(rows.as_ref().len()).map(move |range| arrange(table, &[], fill(&rows.as_ref()[range])));
    FilledTable { table, extra: Vec::new(), parts: Box::new(parts) }
}

/// Fills a table from an iterator of rows.
///
/// # Panics
/// If the names or types of the columns are not those of the schema.
pub(super) fn from_iter<'a, T: 'a, const N: usize>(
    folder: Folder,
    name: &str,
    mut rows: impl Iterator<Item = T> + Send + 'a,
    fill: impl Fn(&[T]) -> [NamedColumn; N] + Send + 'a,
) -> FilledTable<'a> {
    let table = table(folder, name);
    check_names(table, fill(&[]));
    let parts = iter::from_fn(move || {
        let part: Vec<T> = rows.by_ref().take(BATCH_ROWS).collect();
        (!part.is_empty()).then(|| arrange(table, &[], fill(&part)))
    });
    FilledTable { table, extra: Vec::new(), parts: Box::new(parts) }
}

/// Divides a number of rows into the ranges that are written together.
pub(super) fn ranges(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(BATCH_ROWS).map(move |start| start..rows.min(start + BATCH_ROWS))
}

/// Returns named columns in the order of the schema, followed by the extra columns.
///
/// # Panics
/// If a column is missing, surplus or named twice.
pub fn arrange(table: &Table, extra: &[Extra], named: impl IntoIterator<Item = NamedColumn>) -> Columns {
    let mut given: Vec<NamedColumn> = named.into_iter().collect();
    let wanted = table.fields.iter().map(|field| field.name).chain(extra.iter().map(|extra| &*extra.name));
    let ordered: Vec<(String, Column)> = wanted
        .map(|name| {
            let position = given.iter().position(|(given, _)| *given == name);
            let position = position.unwrap_or_else(|| panic!("table {} lacks its column {name}", table.name));
            (name.to_owned(), given.remove(position).1)
        })
        .collect();
    let surplus: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
    assert!(surplus.is_empty(), "table {} has no place for columns {surplus:?}", table.name);
    Columns::new(ordered)
}

/// Checks the names and types of columns, so that a mistake shows even if the table has no row.
fn check_names(table: &Table, named: impl IntoIterator<Item = NamedColumn>) {
    check(table, &[], &arrange(table, &[], named));
}

/// Returns the extra columns of a table with one column for each metric.
pub fn metric_columns<'m>(metrics: impl IntoIterator<Item = &'m Metric>) -> Vec<Extra> {
    let extra = |metric: &Metric| Extra {
        name: metric.name.to_owned(),
        about: metric.about.to_owned(),
        ..Extra::default()
    };
    metrics.into_iter().map(extra).collect()
}

/// Returns the extra columns of a table with one column for each feature.
pub(super) fn feature_columns() -> Vec<Extra> {
    let extra = |feature: &Feature| Extra {
        name: feature.name.to_owned(),
        about: feature.about.to_owned(),
        ..Extra::default()
    };
    FEATURES.iter().map(extra).collect()
}

pub(super) fn text<'r, T, V: Display>(rows: &'r [T], value: impl Fn(&'r T) -> V) -> Column {
    let mut texts = PackedTexts::with_capacity(rows.len());
    for row in rows {
        texts.push(value(row));
    }
    Column::Packed(texts)
}

/// Returns a column of texts that exist, as [`text`] does with less work.
pub(super) fn lent_text<'r, T>(rows: &'r [T], value: impl Fn(&'r T) -> &'r str) -> Column {
    let mut texts = PackedTexts::with_capacity(rows.len());
    for row in rows {
        texts.push_str(value(row));
    }
    Column::Packed(texts)
}

pub(super) fn maybe_text<'r, T, V: Display>(rows: &'r [T], value: impl Fn(&'r T) -> Option<V>) -> Column {
    let mut texts = PackedTexts::with_capacity(rows.len());
    for row in rows {
        match value(row) {
            Some(text) => texts.push(text),
            None => texts.push_null(),
        }
    }
    Column::Packed(texts)
}

pub(super) fn texts<'r, T, I: IntoIterator<Item: Display>>(
    rows: &'r [T],
    value: impl Fn(&'r T) -> I,
) -> Column {
    let mut lists = PackedLists::with_capacity(rows.len());
    for row in rows {
        lists.push(value(row));
    }
    Column::PackedLists(lists)
}

pub(super) fn count<T>(rows: &[T], value: impl Fn(&T) -> u64) -> Column {
    Column::Count(rows.iter().map(|row| Some(value(row))).collect())
}

pub(super) fn maybe_count<T>(rows: &[T], value: impl Fn(&T) -> Option<u64>) -> Column {
    Column::Count(rows.iter().map(value).collect())
}

/// Returns a column of real numbers; NaN becomes null.
pub fn number<T>(rows: &[T], value: impl Fn(&T) -> Option<f64>) -> Column {
    Column::Number(rows.iter().map(|row| value(row).filter(|number| !number.is_nan())).collect())
}

/// Returns a column of the real numbers at some positions; NaN becomes null.
pub(super) fn number_at(rows: Range<usize>, value: impl Fn(usize) -> f64) -> Column {
    Column::Real(rows.map(value).collect())
}

pub(super) fn time<T>(rows: &[T], value: impl Fn(&T) -> Option<Moment>) -> Column {
    Column::Time(rows.iter().map(|row| value(row).map(Moment::micros)).collect())
}

pub(super) fn flag<T>(rows: &[T], value: impl Fn(&T) -> Option<bool>) -> Column {
    Column::Flag(rows.iter().map(value).collect())
}

/// Returns a marking; `None` if unmarked.
pub(super) fn marking_text(marking: Marking) -> Option<Marking> {
    (marking != Marking::Unmarked).then_some(marking)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(named: impl IntoIterator<Item = &'static str>) -> Columns {
        let table = table(Folder::Audience, "members");
        let column = |name: &'static str| {
            (
                name,
                if name == "weight" {
                    number(&[1.0], |x| Some(*x))
                } else {
                    text(&[name], |x| (*x).to_owned())
                },
            )
        };
        arrange(table, &[], named.into_iter().map(column))
    }

    #[test]
    fn columns_come_in_the_order_of_the_schema_by_their_names() {
        let columns = members(["weight", "entity_id", "community_id"]);
        let names: Vec<&str> = columns.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["community_id", "entity_id", "weight"]);
        let value = |name| match columns.get(name) {
            Some(Column::Packed(texts)) => texts.get(0),
            _ => None,
        };
        assert_eq!((value("community_id"), value("entity_id")), (Some("community_id"), Some("entity_id")));
    }

    #[test]
    #[should_panic(expected = "table members lacks its column weight")]
    fn a_missing_or_misspelled_column_is_an_error() {
        members(["community_id", "entity_id", "weigth"]);
    }

    #[test]
    #[should_panic(expected = "table members has no place for columns [\"entity_id\"]")]
    fn a_surplus_or_second_column_is_an_error() {
        members(["community_id", "entity_id", "weight", "entity_id"]);
    }

    #[test]
    #[should_panic(expected = "members.weight is number, not text")]
    fn a_column_of_another_type_is_an_error_even_without_rows() {
        let rows: Vec<String> = Vec::new();
        from_slice(Folder::Audience, "members", rows, |rows| {
            ["community_id", "entity_id", "weight"].map(|name| (name, text(rows, Clone::clone)))
        });
    }
}
