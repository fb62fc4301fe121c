//! Records as columns of distinct values.

use std::{collections::HashMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    keys::NameKeys,
    name::{Name, NameKind},
    text,
};

/// Longest value that is compared, in characters; the rest is left out.
const CHARACTERS_MAX: usize = 200;

/// Kind of a column, which decides how two of its values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Part of a name, such as a given name or a surname.
    Name,
    /// Whole name of a person, in any script and order.
    Person,
    /// Whole name of an organisation.
    Organisation,
    /// A date with year, month and day.
    Date,
    /// A number or a code that few share, such as that of a register, a telephone or a house.
    Identifier,
    /// Several words, such as a street.
    Text,
    /// One of a list of values, such as a town, a state or a postal code.
    Category,
}

/// Every kind with its word.
pub(crate) const COLUMN_KINDS: [(ColumnKind, &str); 7] = [
    (ColumnKind::Name, "name"),
    (ColumnKind::Person, "person"),
    (ColumnKind::Organisation, "organisation"),
    (ColumnKind::Date, "date"),
    (ColumnKind::Identifier, "identifier"),
    (ColumnKind::Text, "text"),
    (ColumnKind::Category, "category"),
];

impl ColumnKind {
    /// Returns the kind that a word names.
    pub fn named(word: &str) -> Option<Self> {
        COLUMN_KINDS.iter().find(|(_, name)| *name == word).map(|(kind, _)| *kind)
    }

    /// Returns the word of the kind.
    pub fn name(self) -> &'static str {
        COLUMN_KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Returns how a whole name is read; `None` for other kinds.
    pub(super) fn whole_name(self) -> Option<NameKind> {
        match self {
            Self::Person => Some(NameKind::Person),
            Self::Organisation => Some(NameKind::Organisation),
            _ => None,
        }
    }

    /// Returns a value in the form in which it is compared: ASCII letters and digits in lower case. It is empty if there are none.
    pub(super) fn form(self, value: &str) -> String {
        if let Some(kind) = self.whole_name() {
            return NameKeys::of(&Name::new(value, kind)).words.join(" ");
        }
        let words = text::words(value);
        let joined = match self {
            Self::Date => date(value),
            Self::Name | Self::Identifier | Self::Category => words.concat(),
            Self::Text | Self::Person | Self::Organisation => words.join(" "),
        };
        joined.chars().take(CHARACTERS_MAX).collect()
    }
}

/// Returns the digits of a date. A time after the day is left out.
fn date(value: &str) -> String {
    let day = value.trim().split(['T', ' ']).next().unwrap_or_default();
    day.chars().filter(char::is_ascii_digit).take(8).collect()
}

/// Position of a value in its column; 0 is a missing value.
pub(super) type ValueId = u32;

/// One column of all records.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
    /// Value of each record.
    pub(super) values: Vec<ValueId>,
    /// Form of each value; the first one is empty.
    pub(super) forms: Vec<String>,
    /// Each whole name as the first record writes it; empty for other kinds.
    pub(super) names: Vec<Name>,
    known: HashMap<String, ValueId>,
}

impl Column {
    fn new(name: &str, kind: ColumnKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            values: Vec::new(),
            forms: vec![String::new()],
            names: kind.whole_name().map(|kind| Name::new("", kind)).into_iter().collect(),
            known: HashMap::from([(String::new(), 0)]),
        }
    }

    fn push(&mut self, value: &str) {
        let form = self.kind.form(value);
        let next = self.forms.len() as ValueId;
        let id = *self.known.entry(form).or_insert_with_key(|form| {
            self.forms.push(form.clone());
            self.names.extend(self.kind.whole_name().map(|kind| Name::new(value, kind)));
            next
        });
        self.values.push(id);
    }
}

/// Records of one or more sources.
#[derive(Debug)]
pub struct Records {
    pub(super) columns: Vec<Column>,
    /// Source of each record.
    pub(super) sources: Vec<u32>,
    /// Two records of one source are never one.
    pub(super) are_duplicate_free: bool,
}

/// Most columns that a model compares.
const COLUMNS_MAX: usize = 20;

/// Reason why columns cannot be compared.
#[derive(Debug, PartialEq, Eq)]
pub enum RecordsError {
    /// There is no column, or there are more than the limit.
    Columns,
    /// Two columns have one name.
    Twice(String),
}

impl fmt::Display for RecordsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Columns => write!(formatter, "records have from 2 to {COLUMNS_MAX} columns"),
            Self::Twice(name) => write!(formatter, "the column `{name}` is named twice"),
        }
    }
}

impl std::error::Error for RecordsError {}

impl Records {
    /// Creates an empty set of records with these columns. If sources are duplicate-free, two records of one source are never one.
    pub fn new(columns: &[(&str, ColumnKind)], are_duplicate_free: bool) -> Result<Self, RecordsError> {
        if !(2..=COLUMNS_MAX).contains(&columns.len()) {
            return Err(RecordsError::Columns);
        }
        let is_twice = |at: usize| columns[..at].iter().any(|(name, _)| *name == columns[at].0);
        if let Some(at) = (0..columns.len()).find(|at| is_twice(*at)) {
            return Err(RecordsError::Twice(columns[at].0.to_owned()));
        }
        let columns = columns.iter().map(|(name, kind)| Column::new(name, *kind)).collect();
        Ok(Self { columns, sources: Vec::new(), are_duplicate_free })
    }

    /// Adds a record of a source. A value that is absent from `values` is missing.
    pub fn push(&mut self, source: u32, values: &[&str]) {
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.push(values.get(at).copied().unwrap_or_default());
        }
        self.sources.push(source);
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Returns whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Returns whether two records may be one.
    pub(super) fn may_be_one(&self, one: u32, other: u32) -> bool {
        !self.are_duplicate_free || self.sources[one as usize] != self.sources[other as usize]
    }

    /// Returns the number of pairs that may be one.
    pub(super) fn possible_pairs(&self) -> f64 {
        let pairs = |count: usize| count as f64 * count.saturating_sub(1) as f64 / 2.0;
        let mut sizes: HashMap<u32, usize> = HashMap::new();
        for source in &self.sources {
            *sizes.entry(*source).or_default() += 1;
        }
        let mut sizes: Vec<usize> = sizes.into_values().collect();
        sizes.sort_unstable();
        let within: f64 = sizes.into_iter().map(pairs).sum();
        pairs(self.len()) - if self.are_duplicate_free { within } else { 0.0 }
    }
}
