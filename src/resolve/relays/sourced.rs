//! Records with their sources, in the order in which they were recorded.

use crate::{record::Record, time::Moment};

/// Records of a view with their sources, and the order in which they were recorded.
pub(super) struct Sourced<'a> {
    pub(super) records: &'a [Record],
    /// Position of the source of each record. The records of a source are consecutive.
    pub(super) source: Vec<u32>,
}

/// Order of records: the recorded time, the stated time of creation, and the position in the view.
pub(super) type RecordOrder = (Moment, Moment, u32);

impl Sourced<'_> {
    pub(super) fn order(&self, record: u32) -> RecordOrder {
        let known = &self.records[record as usize];
        (known.recorded_first, known.content.created().unwrap_or(Moment::LATEST), record)
    }

    pub(super) fn source(&self, record: u32) -> u32 {
        self.source[record as usize]
    }
}
