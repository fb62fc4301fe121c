//! Values of an entity or a link that follow from its records.

use crate::{
    compact::ShortList,
    marking::Marking,
    record::Record,
    symbol::Symbol,
    time::{Moment, Span},
};

/// Returns the sources of records, sorted.
pub(super) fn sources(records: &[&Record]) -> ShortList<Symbol> {
    let mut sources: Vec<&str> = records.iter().map(|record| &*record.source).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.into_iter().map(Symbol::of).collect()
}

/// Returns the smallest span that contains the spans of all records.
pub(super) fn seen(records: &[&Record]) -> Span {
    records.iter().fold(Span::default(), |span, record| span.join(record.content.seen))
}

/// Returns the first and the last recorded time of records.
///
/// # Panics
///
/// Panics without a record.
pub(super) fn recorded(records: &[&Record]) -> (Moment, Moment) {
    let first = records.iter().map(|record| record.recorded_first).min();
    let last = records.iter().map(|record| record.recorded_at).max();
    first.zip(last).expect("an entity or link has a record")
}

/// Returns the mean of the confidence values that records state, 0 to 100; `None` if no record states one.
pub(super) fn confidence(records: &[&Record]) -> Option<f64> {
    let stated: Vec<f64> =
        records.iter().filter_map(|record| record.content.confidence).map(f64::from).collect();
    (!stated.is_empty()).then(|| stated.iter().sum::<f64>() / stated.len() as f64)
}

/// Returns the join of the markings of records.
pub(super) fn marking(records: &[&Record]) -> Marking {
    records.iter().map(|record| record.marking).reduce(Marking::join).unwrap_or(Marking::Unmarked)
}
