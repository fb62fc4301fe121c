//! Named columns of equal length: a table in memory, before it is written and after it is read.

mod packed;

use std::borrow::Cow;

pub use packed::{PackedLists, PackedTexts};

/// Type of a column's values. It decides the types in the file formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text; may be null.
    Text,
    /// A list of texts; may be empty, is never null.
    Texts,
    /// A whole number from 0; may be null.
    Count,
    /// A real number; may be null.
    Number,
    /// A time in microseconds since 1970, UTC; may be null.
    Time,
    /// True or false; may be null.
    Flag,
    /// A whole number of either sign; never null.
    Whole,
}

impl ColumnType {
    /// Returns the name of this type in files and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Texts => "texts",
            Self::Count => "count",
            Self::Number => "number",
            Self::Time => "time",
            Self::Flag => "flag",
            Self::Whole => "whole",
        }
    }
}

/// The values of one column, in row order.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Texts; `None` is null.
    Text(Vec<Option<String>>),
    /// Texts in one buffer: the form in which a run fills its tables.
    Packed(PackedTexts),
    /// Lists of texts.
    Texts(Vec<Vec<String>>),
    /// Lists of texts in one buffer.
    PackedLists(PackedLists),
    /// Whole numbers from 0; `None` is null.
    Count(Vec<Option<u64>>),
    /// Real numbers; `None` is null.
    Number(Vec<Option<f64>>),
    /// Real numbers; NaN is null.
    Real(Vec<f64>),
    /// Microseconds since 1970, UTC; `None` is null.
    Time(Vec<Option<i64>>),
    /// Truth values; `None` is null.
    Flag(Vec<Option<bool>>),
    /// Whole numbers of either sign.
    Whole(Vec<i64>),
}

impl Column {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Packed(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::PackedLists(values) => values.len(),
            Self::Count(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Time(values) => values.len(),
            Self::Flag(values) => values.len(),
            Self::Whole(values) => values.len(),
        }
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the type of the values.
    pub fn column_type(&self) -> ColumnType {
        match self {
            Self::Text(_) | Self::Packed(_) => ColumnType::Text,
            Self::Texts(_) | Self::PackedLists(_) => ColumnType::Texts,
            Self::Count(_) => ColumnType::Count,
            Self::Number(_) | Self::Real(_) => ColumnType::Number,
            Self::Time(_) => ColumnType::Time,
            Self::Flag(_) => ColumnType::Flag,
            Self::Whole(_) => ColumnType::Whole,
        }
    }

    /// Returns the first row whose value is null; `None` if there is none.
    pub fn first_null(&self) -> Option<usize> {
        match self {
            Self::Text(values) => values.iter().position(Option::is_none),
            Self::Packed(values) => values.first_null(),
            Self::Count(values) => values.iter().position(Option::is_none),
            Self::Number(values) => values.iter().position(Option::is_none),
            Self::Real(values) => values.iter().position(|value| value.is_nan()),
            Self::Time(values) => values.iter().position(Option::is_none),
            Self::Flag(values) => values.iter().position(Option::is_none),
            Self::Texts(_) | Self::PackedLists(_) | Self::Whole(_) => None,
        }
    }
}

impl<'a> From<Columns> for Cow<'a, Columns> {
    fn from(columns: Columns) -> Cow<'a, Columns> {
        Cow::Owned(columns)
    }
}

impl<'a> From<&'a Columns> for Cow<'a, Columns> {
    fn from(columns: &'a Columns) -> Cow<'a, Columns> {
        Cow::Borrowed(columns)
    }
}

impl IntoIterator for Columns {
    type Item = (String, Column);
    type IntoIter = std::vec::IntoIter<(String, Column)>;

    /// Returns names and columns in order.
    fn into_iter(self) -> Self::IntoIter {
        self.named.into_iter()
    }
}

/// Named columns of equal length, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    named: Vec<(String, Column)>,
    rows: usize,
}

impl Columns {
    /// Creates a table from its columns.
    ///
    /// # Panics
    /// If two columns have the same name or different lengths.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, Column)>) -> Self {
        let mut all = Self::default();
        for (name, column) in columns {
            let name = name.into();
            assert!(all.get(&name).is_none(), "two columns are named {name}");
            if all.named.is_empty() {
                all.rows = column.len();
            }
            assert!(
                column.len() == all.rows,
                "column {name} has {} rows, {} has {}",
                column.len(),
                all.named.first().map_or("the first", |(first, _)| first),
                all.rows,
            );
            all.named.push((name, column));
        }
        all
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns names and columns in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Column)> {
        self.named.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// Returns the column with this name; `None` if there is none.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.named.iter().find(|(known, _)| known == name).map(|(_, column)| column)
    }

    /// Returns the values of a text column; `None` if there is no such column, or if its texts are packed.
    pub fn text(&self, name: &str) -> Option<&[Option<String>]> {
        match self.get(name) {
            Some(Column::Text(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the values of a column of text lists; `None` if there is no such column, or if its texts are packed.
    pub fn texts(&self, name: &str) -> Option<&[Vec<String>]> {
        match self.get(name) {
            Some(Column::Texts(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the values of a count column; `None` if there is no such column.
    pub fn count(&self, name: &str) -> Option<&[Option<u64>]> {
        match self.get(name) {
            Some(Column::Count(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the values of a number column; `None` if there is no such column.
    pub fn number(&self, name: &str) -> Option<&[Option<f64>]> {
        match self.get(name) {
            Some(Column::Number(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the values of a time column, in microseconds since 1970, UTC; `None` if there is no such column.
    pub fn time(&self, name: &str) -> Option<&[Option<i64>]> {
        match self.get(name) {
            Some(Column::Time(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the values of a truth column; `None` if there is no such column.
    pub fn flag(&self, name: &str) -> Option<&[Option<bool>]> {
        match self.get(name) {
            Some(Column::Flag(values)) => Some(values),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_order_and_are_found_by_name() {
        let columns = Columns::new([
            ("b", Column::Whole(vec![1, -2])),
            ("a", Column::Text(vec![Some("x".into()), None])),
        ]);
        assert_eq!(columns.rows(), 2);
        assert_eq!(columns.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(columns.text("a").map(<[_]>::len), Some(2));
        assert_eq!(columns.text("b"), None, "another type is not text");
        assert_eq!(columns.get("a").and_then(Column::first_null), Some(1));
    }

    #[test]
    #[should_panic(expected = "column b has 2 rows, a has 1")]
    fn columns_of_two_lengths_cannot_be_made() {
        let _ = Columns::new([("a", Column::Whole(vec![1])), ("b", Column::Whole(vec![1, 2]))]);
    }

    #[test]
    #[should_panic(expected = "two columns are named a")]
    fn two_columns_of_one_name_cannot_be_made() {
        let _ = Columns::new([("a", Column::Whole(vec![1])), ("a", Column::Whole(vec![1]))]);
    }
}
