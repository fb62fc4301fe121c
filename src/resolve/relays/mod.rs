//! Relays: records that repeat a record of another source, and the source that each record comes from.
//!
//! A record repeats an earlier record of another source by the evidence of [`CopyEvidence`]. One equal value does not
//! suffice, because two sources can find one host independently. Evidence is an object with the same random id, a
//! near-equal text, the same cited report, or a report whose values an earlier report contains almost all.
//!
//! The *origin* of a record is the source of the first record that it repeats, directly or through others. A record that
//! names its producer comes from the source of that producer. Ten sources that relay one report are one origin.
//!
//! Only records of the view count, so no origin depends on a hidden record.

mod attribution;
mod chance;
mod copies;
mod evidence;
mod members;
mod pairs;
mod producers;
mod sourced;
mod units;

use std::collections::BTreeSet;

pub use self::evidence::{CopyEvidence, Repeat};
use self::{attribution::Attribution, producers::Producers, sourced::Sourced};
use super::link_claims::LinkClaim;
use crate::{entity::Entity, index::RecordIndex, record::Record, symbol::Symbol, view::View};

/// Repetitions among the records of a view.
#[derive(Clone, Debug, Default)]
pub struct Relays {
    /// Sources of the view, in order of their names.
    sources: Vec<Symbol>,
    /// Position in `sources` of the origin of each record.
    origin: Vec<u32>,
    /// Records that repeat others, in order of the record.
    repeats: Vec<(RecordIndex, Repeat)>,
}

impl Relays {
    /// Returns the origin of a record: the name of the source that it comes from.
    pub fn origin(&self, record: RecordIndex) -> &str {
        &self.sources[self.origin[record.index()] as usize]
    }

    /// Returns the number of origins of records.
    pub fn origin_count(&self, records: &[RecordIndex]) -> usize {
        if records.len() < 2 { records.len() } else { self.origins(records).len() }
    }

    /// Returns the origins of records, sorted: the independent sources behind them.
    pub fn origins(&self, records: &[RecordIndex]) -> Vec<&str> {
        let numbers: BTreeSet<u32> = records.iter().map(|record| self.origin[record.index()]).collect();
        numbers.into_iter().map(|number| &*self.sources[number as usize]).collect()
    }

    /// Returns what a record repeats; `None` if it repeats nothing.
    pub fn repeat(&self, record: RecordIndex) -> Option<Repeat> {
        let found = self.repeats.binary_search_by_key(&record, |(repeating, _)| *repeating).ok()?;
        Some(self.repeats[found].1)
    }

    /// Returns every record that repeats another one, in the order of the view.
    pub fn repeats(&self) -> &[(RecordIndex, Repeat)] {
        &self.repeats
    }
}

/// Finds the records of a view that repeat others. `links` has the claims of each link.
pub(super) fn find(view: &View, entities: &[Entity], links: &[&[LinkClaim]]) -> Relays {
    let (sources, source) = sources(view.records());
    let sourced = Sourced { records: view.records(), source };
    if sources.len() < 2 {
        return Relays { sources, origin: sourced.source, repeats: Vec::new() };
    }
    let mut attribution = Attribution::new(&sourced);
    copies::same_objects(&sourced, &mut attribution);
    let documents = copies::Documents::of(&sourced, entities);
    let texts = copies::same_texts(&sourced, &documents, &mut attribution);
    let references = copies::same_references(&sourced, &documents);
    let units = units::collect(&sourced, entities, links);
    pairs::same_values(
        &sourced,
        &units,
        &documents,
        (&texts, &references),
        (entities, links),
        &mut attribution,
    );
    let producers = Producers::of(&sourced);
    let (origin, repeats) = attribution.finish(&producers);
    Relays { sources, origin, repeats }
}

/// Returns the sources of records, which are in the order of their sources, and the position of each record's source.
fn sources(records: &[Record]) -> (Vec<Symbol>, Vec<u32>) {
    let mut sources: Vec<Symbol> = Vec::new();
    let mut source = Vec::with_capacity(records.len());
    for record in records {
        if sources.last() != Some(&record.source) {
            sources.push(record.source);
        }
        source.push(sources.len() as u32 - 1);
    }
    (sources, source)
}
