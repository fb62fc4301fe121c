//! Rows of a decoded columnar file, read by a mapping.

use rayon::prelude::*;

use super::{CellColumns, TablePart};
use crate::ingest::{
    format::{AcceptedObject, Delivery},
    reject::{Reject, RejectRule, RejectedObject},
    table::{cells::CellValue, columns::MappedColumns, row::Cell, source_mapping::SourceMapping},
};

/// Reader of the parts of one file.
pub(in crate::ingest) struct MappedRows<'a> {
    source_mapping: &'a SourceMapping,
    /// `None` before the part with the names of columns.
    columns: Option<ReadColumns>,
    /// Number of the next row, from 1.
    next: u64,
}

/// Columns of a file.
struct ReadColumns {
    mapped: MappedColumns,
    /// For each column whether the mapping reads it.
    are_read: Vec<bool>,
}

impl<'a> MappedRows<'a> {
    /// Creates a reader that has no part yet.
    pub(in crate::ingest) fn new(source_mapping: &'a SourceMapping) -> Self {
        Self { source_mapping, columns: None, next: 1 }
    }

    /// Returns the decimal sign of the mapping.
    pub(in crate::ingest) fn decimal(source_mapping: &SourceMapping) -> char {
        source_mapping.mapping.decimal()
    }

    /// Takes the next part: accepts or rejects each row. Rows before the names of columns are left out.
    pub(in crate::ingest) fn take(
        &mut self,
        part: TablePart<'_>,
        delivery: &mut Delivery,
    ) -> Result<(), RejectedObject> {
        match part {
            TablePart::Columns(names) => {
                let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
                let mapped = MappedColumns::of_file(&names, self.source_mapping, delivery)?;
                let are_read = mapped.are_read(self.source_mapping);
                self.columns = Some(ReadColumns { mapped, are_read });
            }
            TablePart::Rows(cells) => {
                if let Some(columns) = &self.columns {
                    let first = self.next;
                    self.next += cells.rows as u64;
                    delivery.add(columns.read(cells, first, self.source_mapping));
                }
            }
        }
        Ok(())
    }
}

impl ReadColumns {
    /// Accepts or rejects each row.
    fn read(
        &self,
        cells: CellColumns<'_>,
        first: u64,
        source_mapping: &SourceMapping,
    ) -> Vec<Result<AcceptedObject, RejectedObject>> {
        let mut columns: Vec<_> = cells.columns.into_iter().map(Vec::into_iter).collect();
        let row = |number: u64| {
            (number, columns.iter_mut().map(|cells| cells.next().unwrap_or(CellValue::NoText)).collect())
        };
        let rows: Vec<(u64, Vec<CellValue<'_>>)> = (first..first + cells.rows as u64).map(row).collect();
        let take =
            |(number, cells)| self.mapped.accept(source_mapping, format!("row {number}"), self.text(cells));
        rows.into_par_iter().map(take).collect()
    }

    /// Rejects a row whose bytes are not text, if the mapping reads them; other columns are left out.
    fn text<'c>(&self, cells: Vec<CellValue<'c>>) -> Result<Vec<Cell<'c>>, Reject> {
        let text = |(at, cell): (usize, CellValue<'c>)| match cell {
            CellValue::Cell(cell) => Ok(cell),
            CellValue::Null => Ok(Cell::EMPTY),
            CellValue::NoText if !self.are_read.get(at).is_some_and(|is_read| *is_read) => Ok(Cell::EMPTY),
            CellValue::NoText => Err(Reject::new(
                RejectRule::Encoding,
                format!("bytes in column {} that are not text", at + 1),
            )),
        };
        cells.into_iter().enumerate().map(text).collect()
    }
}
