//! Named columns of equal length: what a table holds before it is bytes, and after it is read back.

/// What the values of a column are; the file formats follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text; may be unknown.
    Text,
    /// A list of texts; empty, never unknown.
    Texts,
    /// A whole number from 0; may be unknown.
    Count,
    /// A real number; may be unknown.
    Number,
    /// A moment in microseconds since 1970, UTC; may be unknown.
    Time,
    /// True or false; may be unknown.
    Flag,
    /// A whole number of either sign; never unknown.
    Whole,
}

impl ColumnType {
    /// Returns the word that files and pages use for this type.
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
    /// Texts, unknown where `None`.
    Text(Vec<Option<String>>),
    /// Lists of texts.
    Texts(Vec<Vec<String>>),
    /// Whole numbers from 0, unknown where `None`.
    Count(Vec<Option<u64>>),
    /// Real numbers, unknown where `None`.
    Number(Vec<Option<f64>>),
    /// Microseconds since 1970, UTC, unknown where `None`.
    Time(Vec<Option<i64>>),
    /// Truth values, unknown where `None`.
    Flag(Vec<Option<bool>>),
    /// Whole numbers of either sign.
    Whole(Vec<i64>),
}

impl Column {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Count(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Time(values) => values.len(),
            Self::Flag(values) => values.len(),
            Self::Whole(values) => values.len(),
        }
    }

    /// Tells whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what the values are.
    pub fn column_type(&self) -> ColumnType {
        match self {
            Self::Text(_) => ColumnType::Text,
            Self::Texts(_) => ColumnType::Texts,
            Self::Count(_) => ColumnType::Count,
            Self::Number(_) => ColumnType::Number,
            Self::Time(_) => ColumnType::Time,
            Self::Flag(_) => ColumnType::Flag,
            Self::Whole(_) => ColumnType::Whole,
        }
    }

    /// Returns the first row whose value is unknown.
    pub fn first_unknown(&self) -> Option<usize> {
        match self {
            Self::Text(values) => values.iter().position(Option::is_none),
            Self::Count(values) => values.iter().position(Option::is_none),
            Self::Number(values) => values.iter().position(Option::is_none),
            Self::Time(values) => values.iter().position(Option::is_none),
            Self::Flag(values) => values.iter().position(Option::is_none),
            Self::Texts(_) | Self::Whole(_) => None,
        }
    }
}

/// Columns in order, each with its name, all of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    named: Vec<(String, Column)>,
    rows: usize,
}

impl Columns {
    /// Returns the columns as given.
    ///
    /// # Panics
    /// If two share a name or two differ in length: the caller built a table
    /// that cannot exist.
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

    /// Returns the column of this name.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.named.iter().find(|(own, _)| own == name).map(|(_, column)| column)
    }

    /// Returns the texts of this column, if it is one of text.
    pub fn text(&self, name: &str) -> Option<&[Option<String>]> {
        match self.get(name) {
            Some(Column::Text(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the lists of this column, if it is one of lists.
    pub fn texts(&self, name: &str) -> Option<&[Vec<String>]> {
        match self.get(name) {
            Some(Column::Texts(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the counts of this column, if it is one of counts.
    pub fn count(&self, name: &str) -> Option<&[Option<u64>]> {
        match self.get(name) {
            Some(Column::Count(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the numbers of this column, if it is one of numbers.
    pub fn number(&self, name: &str) -> Option<&[Option<f64>]> {
        match self.get(name) {
            Some(Column::Number(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the moments of this column (microseconds UTC), if it is one of times.
    pub fn time(&self, name: &str) -> Option<&[Option<i64>]> {
        match self.get(name) {
            Some(Column::Time(values)) => Some(values),
            _ => None,
        }
    }

    /// Returns the truth values of this column, if it is one of them.
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
        assert_eq!(columns.get("a").and_then(Column::first_unknown), Some(1));
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
