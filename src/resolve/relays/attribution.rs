//! The record that each record repeats, and the source that it comes from.

use super::{
    evidence::{CopyEvidence, Repeat},
    producers::Producers,
    sourced::Sourced,
};
use crate::index::RecordIndex;

/// The earliest record that each record repeats, as far as it is found.
pub(super) struct Attribution<'a> {
    sourced: &'a Sourced<'a>,
    repeated: Vec<Option<(u32, CopyEvidence)>>,
}

impl<'a> Attribution<'a> {
    pub(super) fn new(sourced: &'a Sourced<'a>) -> Self {
        Self { sourced, repeated: vec![None; sourced.records.len()] }
    }

    /// Notes that one of two records of different sources repeats the other; the later one repeats the earlier one.
    pub(super) fn add(&mut self, one: u32, other: u32, evidence: CopyEvidence) {
        if self.sourced.source(one) == self.sourced.source(other) {
            return;
        }
        let (later, earlier) =
            if self.sourced.order(one) > self.sourced.order(other) { (one, other) } else { (other, one) };
        let rank = |(record, evidence): (u32, CopyEvidence)| (self.sourced.order(record), evidence);
        let known = self.repeated[later as usize];
        if known.is_none_or(|known| rank((earlier, evidence)) < rank(known)) {
            self.repeated[later as usize] = Some((earlier, evidence));
        }
    }

    /// Returns the source that each record comes from, and the records that repeat others.
    pub(super) fn finish(self, producers: &Producers) -> (Vec<u32>, Vec<(RecordIndex, Repeat)>) {
        let mut origin = Vec::with_capacity(self.repeated.len());
        let mut repeats = Vec::new();
        for record in 0..self.repeated.len() as u32 {
            // Each step leads to an earlier record, so the walk ends.
            let mut first = record;
            while let Some((earlier, _)) = self.repeated[first as usize] {
                first = earlier;
            }
            let source = producers.source_of(first).unwrap_or_else(|| self.sourced.source(first));
            origin.push(source);
            let known = self.repeated[record as usize];
            let repeat = match known {
                Some((earlier, evidence)) => {
                    Some(Repeat { record: Some(RecordIndex::new(earlier as usize)), evidence })
                }
                None if source != self.sourced.source(record) => {
                    Some(Repeat { record: None, evidence: CopyEvidence::Producer })
                }
                None => None,
            };
            repeats.extend(repeat.map(|repeat| (RecordIndex::new(record as usize), repeat)));
        }
        (origin, repeats)
    }
}
