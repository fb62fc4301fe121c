//! What the page says of one flag: the claim, what speaks for and against it, and where that comes from.
//!
//! Plain values only, already cut to what the reader may see.

use super::picture::{EvidenceGraph, Timeline};
use crate::record::Reliability;

/// One flag of the queue.
#[derive(Debug, Clone, Default)]
pub struct FlagRow {
    /// Place in the queue, from 1.
    pub rank: u64,
    /// Lasting id.
    pub id: String,
    /// The pattern's name.
    pub pattern: String,
    /// What this pattern is, in one sentence.
    pub pattern_about: String,
    /// What was found: the claim in one sentence.
    pub title: String,
    /// new, standing, grown, judged or closed.
    pub state: String,
    /// What it was the night before, in words, such as `rank 4, two sources` or `not there`.
    pub last_night: String,
    /// Labels of the entities it is about.
    pub entities: Vec<String>,
    /// Label of the community it is about.
    pub community: Option<String>,
    /// Order of urgency, 0 to 1.
    pub score: f64,
    /// Calibrated chance, 0 to 1, if there is one.
    pub probability: Option<f64>,
    /// The label set behind the probability.
    pub calibrated_on: Option<String>,
    /// The model that scored it; `None`: rules alone.
    pub model: Option<String>,
    /// Why it deserves a look, in sentences.
    pub reasons_for: Vec<String>,
    /// What else could explain it, in sentences.
    pub reasons_against: Vec<String>,
    /// Independent sources behind it.
    pub sources: u64,
    /// The night that first flagged it, in words, UTC.
    pub first_flagged: String,
    /// Join of the markings of its records.
    pub marking: Option<String>,
    /// What ties its entities.
    pub graph: Option<EvidenceGraph>,
    /// When its records were told.
    pub timeline: Option<Timeline>,
    /// Records behind it, the most telling first; may be fewer than there are.
    pub evidence: Vec<EvidenceRow>,
    /// How many records there are behind it.
    pub evidence_count: u64,
}

/// One record behind a flag, or against it.
#[derive(Debug, Clone, Default)]
pub struct EvidenceRow {
    /// Whether it speaks for the claim.
    pub stance: Stance,
    /// Who said it.
    pub source: String,
    /// How reliable its source is, where that was agreed.
    pub reliability: Option<Reliability>,
    /// What it says, in words.
    pub says: String,
    /// Its marking.
    pub marking: Option<String>,
    /// The id its source gave it.
    pub object_id: Option<String>,
    /// Id of the record.
    pub record_id: String,
    /// When we were told, in words, UTC.
    pub told: String,
}

/// Which side a record is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stance {
    /// It supports the claim.
    #[default]
    For,
    /// It weakens the claim.
    Against,
}

/// A flag that is not in the queue, in one line.
#[derive(Debug, Clone, Default)]
pub struct FlagLine {
    /// Lasting id.
    pub id: String,
    /// The claim in one sentence.
    pub title: String,
    /// The pattern's name.
    pub pattern: String,
    /// standing, judged or closed.
    pub state: String,
    /// The run that first flagged it, in words, UTC.
    pub first_flagged: String,
    /// Order of urgency, 0 to 1.
    pub score: f64,
    /// Why it is not in the queue, in a sentence, such as `Judged benign on 2026-11-02; holds until 2027-01-31.`
    pub why: String,
}

/// A candidate that the gate stopped.
#[derive(Debug, Clone, Default)]
pub struct MissRow {
    /// Its id.
    pub id: String,
    /// What was found, in a sentence.
    pub title: String,
    /// The pattern's name.
    pub pattern: String,
    /// Names of the tests that it fails, with commas.
    pub fails: String,
    /// Every test of the gate.
    pub tests: Vec<GateRow>,
    /// Labels of its members; may be fewer than there are.
    pub members: Vec<String>,
    /// How many members there are.
    pub member_count: u64,
    /// Records behind it; may be fewer than there are.
    pub evidence: Vec<EvidenceRow>,
    /// How many records there are behind it.
    pub evidence_count: u64,
}

/// One test of the gate.
#[derive(Debug, Clone, Default)]
pub struct GateRow {
    /// Its name.
    pub test: String,
    /// Whether the candidate passes.
    pub passed: bool,
    /// Value and threshold, in a sentence.
    pub sentence: String,
}
