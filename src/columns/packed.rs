//! Texts of many rows in one buffer, so that no row takes memory of its own.

use std::{
    fmt::{Display, Write},
    ops::Range,
};

/// Number of rows whose texts show the length of the others.
const SAMPLED_ROWS: usize = 1_024;

/// Texts one after the other; a text may be null.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackedTexts {
    text: String,
    /// End of each text in the buffer.
    ends: Vec<usize>,
    /// Rows without a text, ascending.
    nulls: Vec<usize>,
}

impl PackedTexts {
    /// Makes an empty column for a number of rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self { ends: Vec::with_capacity(rows), ..Self::default() }
    }

    /// Adds a row with a text.
    pub fn push(&mut self, value: impl Display) {
        write!(self.text, "{value}").expect("a buffer in memory takes any text");
        self.ends.push(self.text.len());
        self.make_room();
    }

    /// Adds a row with a text, as [`PackedTexts::push`] does with less work.
    pub fn push_str(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len());
        self.make_room();
    }

    /// The first rows show how long the others are, so that the buffer rarely moves.
    fn make_room(&mut self) {
        if self.ends.len() == SAMPLED_ROWS {
            let left = self.ends.capacity() - SAMPLED_ROWS;
            self.text.reserve(self.text.len().div_ceil(SAMPLED_ROWS) * left);
        }
    }

    /// Adds a row with each text.
    fn extend(&mut self, values: impl IntoIterator<Item: Display>) {
        for value in values {
            self.push(value);
        }
    }

    /// Adds a row without a text.
    pub fn push_null(&mut self) {
        self.nulls.push(self.ends.len());
        self.ends.push(self.text.len());
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the first row without a text; `None` if every row has one.
    pub fn first_null(&self) -> Option<usize> {
        self.nulls.first().copied()
    }

    /// Returns the text of a row; `None` if it is null.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let text = &self.text[self.start(row)..self.ends[row]];
        self.nulls.binary_search(&row).is_err().then_some(text)
    }

    /// Returns the texts of some rows, one after the other, and the length of each; a null text has length 0.
    ///
    /// # Panics
    /// If there are no such rows.
    pub fn texts(&self, rows: Range<usize>) -> (&str, impl ExactSizeIterator<Item = usize>) {
        let (first, end) = (self.start(rows.start), self.start(rows.end));
        (&self.text[first..end], rows.map(|row| self.ends[row] - self.start(row)))
    }

    /// Returns all texts one after the other, and the end of each.
    pub fn into_parts(self) -> (String, Vec<usize>) {
        (self.text, self.ends)
    }

    /// Returns for each of some rows if it has a text; `None` if all of them have one.
    pub fn validity(&self, rows: Range<usize>) -> Option<Vec<bool>> {
        let from = self.nulls.partition_point(|row| *row < rows.start);
        let until = self.nulls.partition_point(|row| *row < rows.end);
        if from == until {
            return None;
        }
        let mut is_valid = vec![true; rows.len()];
        for row in &self.nulls[from..until] {
            is_valid[row - rows.start] = false;
        }
        Some(is_valid)
    }

    /// Returns the position at which the text of a row begins; for the row after the last one the end of all texts.
    fn start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

/// Lists of texts one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackedLists {
    items: PackedTexts,
    /// Number of items up to the end of each list.
    ends: Vec<usize>,
}

impl PackedLists {
    /// Makes an empty column for a number of rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self { items: PackedTexts::default(), ends: Vec::with_capacity(rows) }
    }

    /// Adds a row with a list.
    pub fn push<I: IntoIterator<Item: Display>>(&mut self, list: I) {
        let mut list = list.into_iter();
        let (count, _) = list.size_hint();
        if count > SAMPLED_ROWS {
            // The first item shows how long the others are, so that a buffer of millions of ids rarely moves.
            self.items.ends.reserve(count);
            let before = self.items.text.len();
            self.items.extend(list.next());
            self.items.text.reserve((self.items.text.len() - before) * (count - 1));
        }
        self.items.extend(list);
        self.ends.push(self.items.len());
    }

    /// Returns the items of all lists, and the number of items up to the end of each list.
    pub fn into_parts(self) -> (PackedTexts, Vec<usize>) {
        (self.items, self.ends)
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns all items, and the positions of those of some rows.
    ///
    /// # Panics
    /// If there are no such rows.
    pub fn items(&self, rows: Range<usize>) -> (&PackedTexts, Range<usize>) {
        (&self.items, self.start(rows.start)..self.start(rows.end))
    }

    /// Returns the length of the list of each of some rows.
    ///
    /// # Panics
    /// If there are no such rows.
    pub fn lengths(&self, rows: Range<usize>) -> impl ExactSizeIterator<Item = usize> {
        rows.map(|row| self.ends[row] - self.start(row))
    }

    /// Returns the list of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn get(&self, row: usize) -> Vec<String> {
        let (items, range) = self.items(row..row + 1);
        range.filter_map(|item| items.get(item)).map(str::to_owned).collect()
    }

    fn start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_nulls_come_back_by_row() {
        let mut texts = PackedTexts::with_capacity(4);
        texts.push_str("ab");
        texts.push_null();
        texts.push("");
        texts.push(17);
        assert_eq!(
            (0..4).map(|row| texts.get(row)).collect::<Vec<_>>(),
            [Some("ab"), None, Some(""), Some("17")]
        );
        assert_eq!((texts.len(), texts.first_null()), (4, Some(1)));
        let (text, lengths) = texts.texts(1..4);
        assert_eq!((text, lengths.collect::<Vec<_>>()), ("17", vec![0, 0, 2]));
        assert_eq!(texts.validity(1..3), Some(vec![false, true]));
        assert_eq!(texts.validity(2..4), None);
        assert_eq!(texts.texts(4..4).0, "");
    }

    #[test]
    fn lists_come_back_by_row() {
        let mut lists = PackedLists::with_capacity(3);
        lists.push(["a", "bc"]);
        lists.push(Vec::<String>::new());
        lists.push([&"d".to_owned()]);
        assert_eq!(
            (0..3).map(|row| lists.get(row)).collect::<Vec<_>>(),
            [vec!["a", "bc"], vec![], vec!["d"]]
        );
        assert_eq!(lists.lengths(1..3).collect::<Vec<_>>(), [0, 1]);
        let (items, range) = lists.items(1..3);
        assert_eq!((items.texts(range.clone()).0, range), ("d", 2..3));
        lists.push(0..5_000);
        let (items, ends) = lists.into_parts();
        assert_eq!((items.len(), &*ends), (5_003, &[2, 2, 3, 5_003][..]));
        assert_eq!((items.get(2), items.get(3), items.get(5_002)), (Some("d"), Some("0"), Some("4999")));
    }
}
