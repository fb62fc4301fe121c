//! Values of an entity or a link that follow from its records.

use crate::{
    compact::ShortList,
    index::RecordIndex,
    marking::Marking,
    record::Record,
    symbol::Symbol,
    time::{Moment, Span},
    view::View,
};

/// Records behind an entity or a link, in the order of the view.
#[derive(Clone, Copy)]
pub(super) struct Behind<'a> {
    pub(super) view: &'a View,
    pub(super) records: &'a [RecordIndex],
}

impl<'a> Behind<'a> {
    fn iter(self) -> impl Iterator<Item = &'a Record> + Clone {
        self.records.iter().map(move |record| &self.view[*record])
    }
}

/// Returns each of some ascending records once.
pub(super) fn distinct(records: impl Iterator<Item = RecordIndex>) -> ShortList<RecordIndex> {
    let mut last = None;
    records.filter(|record| last.replace(*record) != Some(*record)).collect()
}

/// Returns the sources of records, sorted. The view has its records in the order of their sources.
pub(super) fn sources<'a>(records: Behind<'a>) -> ShortList<Symbol> {
    let mut last: Option<&'a str> = None;
    let next = |record: &'a Record| {
        let source = &*record.source;
        (last.replace(source) != Some(source)).then(|| Symbol::of(source))
    };
    records.iter().filter_map(next).collect()
}

/// Returns the smallest span that contains the spans of all records.
pub(super) fn seen(records: Behind<'_>) -> Span {
    records.iter().fold(Span::default(), |span, record| span.join(record.content.seen()))
}

/// Returns the first and the last recorded time of records.
///
/// # Panics
///
/// Panics without a record.
pub(super) fn recorded(records: Behind<'_>) -> (Moment, Moment) {
    let first = records.iter().map(|record| record.recorded_first).min();
    let last = records.iter().map(|record| record.recorded_at).max();
    first.zip(last).expect("an entity or link has a record")
}

/// Returns the mean of the confidence values that records state, 0 to 100; `None` if no record states one.
pub(super) fn confidence(records: Behind<'_>) -> Option<f64> {
    let stated = records.iter().filter_map(|record| record.content.confidence).map(f64::from);
    let count = stated.clone().count();
    (count > 0).then(|| stated.sum::<f64>() / count as f64)
}

/// Returns the join of the markings of records.
pub(super) fn marking(records: Behind<'_>) -> Marking {
    records.iter().map(|record| record.marking).reduce(Marking::join).unwrap_or(Marking::Unmarked)
}
