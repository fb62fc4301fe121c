//! Columns of a table: their names and order, and rows by their columns.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    interpret, pseudonyms,
    row::{Cell, Cells},
    source_mapping::SourceMapping,
};
use crate::{
    ingest::{
        format::{AcceptedObject, Delivery, TableReading},
        reject::{Reject, RejectRule, RejectedObject},
    },
    record::Surroundings,
};

/// Columns of a table: order of their cells, and number of columns.
pub(super) struct MappedColumns {
    pub(super) names: Vec<String>,
    /// Positions of the columns, in order of their names.
    order: Vec<usize>,
    /// True if a header names them; without one a row may have any length.
    is_named: bool,
}

impl MappedColumns {
    fn new(names: Vec<String>, is_named: bool) -> Self {
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_unstable_by_key(|&at| &names[at]);
        Self { names, order, is_named }
    }

    pub(super) fn numbered(source_mapping: &SourceMapping) -> Self {
        Self::new(source_mapping.mapping.table.columns.clone(), false)
    }

    /// Names columns by a header. A column without a name, or with the name of an earlier one, is named by
    /// its number; a prime is added if another column has that name.
    pub(super) fn named(written: &[&str], source_mapping: &SourceMapping) -> Result<Self, Reject> {
        let written: Vec<&str> = written.iter().map(|name| name.trim()).collect();
        let mut names: Vec<String> = Vec::with_capacity(written.len());
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for (number, name) in (1..).zip(&written) {
            let is_new = !name.is_empty() && known.insert(name);
            let mut own = if is_new { (*name).to_owned() } else { format!("column {number}") };
            while !is_new && written.contains(&own.as_str()) {
                own.push('\'');
            }
            names.push(own);
        }
        let lacks = |(_, wanted): &&(String, Vec<String>)| !wanted.iter().any(|name| names.contains(name));
        if let Some((key, wanted)) = source_mapping.mapping.needed().iter().find(lacks) {
            let columns = wanted.join("` or `");
            let reason = format!("the header has no column `{columns}`, which {key} of the mapping reads");
            return Err(Reject::new(RejectRule::MissingColumn, reason));
        }
        let listed = source_mapping.pseudonyms.as_deref().and_then(|rule| rule.absent_column(&names));
        let optional = &source_mapping.mapping.table.optional;
        if let Some(column) = listed.filter(|column| !optional.contains(*column)) {
            let reason = format!("the header has no column `{column}`, which `pseudonymise` names");
            return Err(Reject::new(RejectRule::MissingColumn, reason));
        }
        Ok(Self::new(names, true))
    }

    /// Returns the columns of a file that names its columns itself. A mapping that numbers columns does so
    /// here, too.
    pub(super) fn of_file(
        written: &[&str],
        source_mapping: &SourceMapping,
        delivery: &mut Delivery,
    ) -> Result<Self, Reject> {
        let columns = if source_mapping.mapping.has_header() {
            Self::named(written, source_mapping)?
        } else {
            Self::numbered(source_mapping)
        };
        delivery.table = Some(columns.reading(source_mapping, None));
        Ok(columns)
    }

    /// Returns for each column whether the mapping reads it.
    pub(super) fn are_read(&self, source_mapping: &SourceMapping) -> Vec<bool> {
        let read = source_mapping.mapping.read_columns();
        self.names.iter().map(|name| read.contains(name.as_str())).collect()
    }

    pub(super) fn reading(
        &self,
        source_mapping: &SourceMapping,
        text: Option<(&'static str, char)>,
    ) -> TableReading {
        let read = source_mapping.mapping.read_columns();
        // Numbered columns may have any count.
        let is_absent = |name: &&&str| self.is_named && !self.names.iter().any(|known| known == *name);
        let absent = read.iter().filter(is_absent);
        let unread = self.names.iter().filter(|name| !read.contains(name.as_str()));
        TableReading {
            text,
            absent: absent.map(ToString::to_string).collect(),
            unread: unread.cloned().collect(),
        }
    }

    /// Accepts one row, or rejects it.
    pub(super) fn accept(
        &self,
        source_mapping: &SourceMapping,
        position: String,
        cells: Result<Vec<Cell<'_>>, Reject>,
    ) -> Result<AcceptedObject, RejectedObject> {
        let reject = |object_id: Option<String>, cause| RejectedObject {
            position: position.clone(),
            object_id,
            markings: None,
            cause,
        };
        let cells = cells.map_err(|cause| reject(None, cause))?;
        if self.is_named && cells.iter().skip(self.names.len()).any(Cell::is_held) {
            let reason = format!("more cells than the {} columns of the header", self.names.len());
            return Err(reject(None, Reject::new(RejectRule::RowLength, reason)));
        }
        let mut cells = cells;
        if let Some(rule) = source_mapping.pseudonyms.as_deref() {
            let empty = &source_mapping.mapping.table.empty;
            pseudonyms::replace(rule, &self.names, empty, &mut cells);
        }
        let held = self.held(cells);
        let row = source_mapping.mapping.row(&held);
        let key = interpret::key(&source_mapping.mapping, row).map_err(|cause| reject(None, cause))?;
        let checked = interpret::check(source_mapping, row);
        let content = held.digest();
        // A row without a key is identified by its content.
        let key = key.unwrap_or_else(|| format!("row:{content:?}").into());
        let checked = checked.map_err(|cause| reject(Some(key.to_string()), cause))?;
        Ok(AcceptedObject {
            key: key.into(),
            content,
            version: checked.version,
            own_time: checked.recorded_at,
            markings: checked.marking.into_iter().collect(),
            defines: None,
            revokes: false,
            surroundings: Surroundings::default(),
            position: position.into(),
            object: serde_json::to_string(&held).expect("cells are plain data").into(),
            context: None,
            raw: None,
        })
    }

    /// Returns the filled cells by the names of their columns, in order of those names.
    pub(super) fn held<'a>(&'a self, mut cells: Vec<Cell<'a>>) -> Cells<'a> {
        if self.is_named {
            let own = |&at: &usize| {
                let cell = cells.get_mut(at).filter(|cell| cell.is_held())?;
                Some((Cow::Borrowed(self.names[at].as_str()), std::mem::replace(cell, Cell::EMPTY)))
            };
            return Cells(self.order.iter().filter_map(own).collect());
        }
        let numbered = (1_usize..).zip(cells).filter(|(_, cell)| cell.is_held());
        let mut cells: Vec<(Cow<'_, str>, _)> =
            numbered.map(|(number, cell)| (Cow::Owned(number.to_string()), cell)).collect();
        cells.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Cells(cells)
    }
}
