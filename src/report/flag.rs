//! Content of one flag on the page: the claim, the reasons for and against it, and their records.
//!
//! The types hold plain values, already cut to what the audience may see.

use super::picture::{EvidenceGraph, Timeline};
use crate::record::Reliability;

/// One flag of the queue.
#[derive(Debug, Clone, Default)]
pub struct FlagRow {
    /// Rank in the queue, from 1.
    pub rank: u64,
    /// Lasting id.
    pub id: String,
    /// Name of the pattern.
    pub pattern: String,
    /// Description of the pattern.
    pub pattern_about: String,
    /// The claim in one sentence.
    pub title: String,
    /// State: new, standing, grown, judged, contested or closed.
    pub state: String,
    /// True for a candidate that was drawn at random and is not a flag.
    pub is_sampled: bool,
    /// State in the previous run, in words.
    pub previous_state: String,
    /// Labels of the entities that the flag is about.
    pub entities: Vec<String>,
    /// Label of the community that the flag is about.
    pub community: Option<String>,
    /// Score that orders the queue, 0 to 1.
    pub score: f64,
    /// Calibrated probability, 0 to 1; `None` if not calibrated.
    pub probability: Option<f64>,
    /// Name of the label set behind the probability.
    pub calibrated_on: Option<String>,
    /// Id of the model that scored it; `None` for rules alone.
    pub model: Option<String>,
    /// Reasons for a review, in sentences.
    pub reasons_for: Vec<String>,
    /// Other explanations, in sentences.
    pub reasons_against: Vec<String>,
    /// Number of independent sources behind it.
    pub sources: u64,
    /// As-of time of the run that first flagged it, in words, UTC.
    pub first_flagged: String,
    /// Join of the markings of its records.
    pub marking: Option<String>,
    /// Sentence with the records that give it its marking.
    pub marking_reason: Option<String>,
    /// Graph of its entities and their links.
    pub graph: Option<EvidenceGraph>,
    /// Recorded times of its records.
    pub timeline: Option<Timeline>,
    /// Records behind it, the most important first; possibly not all.
    pub evidence: Vec<EvidenceRow>,
    /// Number of records behind it.
    pub evidence_count: u64,
}

/// One record behind a flag, or against it.
#[derive(Debug, Clone, Default)]
pub struct EvidenceRow {
    /// Side of the record: for or against the claim.
    pub stance: Stance,
    /// Name of its source.
    pub source: String,
    /// Reliability of its source; `None` if not configured.
    pub reliability: Option<Reliability>,
    /// Content of the record in words.
    pub content: String,
    /// Its marking.
    pub marking: Option<String>,
    /// Id that the source gave the object.
    pub object_id: Option<String>,
    /// Id of the record.
    pub record_id: String,
    /// Recorded time in words, UTC.
    pub recorded_at: String,
}

/// Side of a record.
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
    /// Name of the pattern.
    pub pattern: String,
    /// State: standing, judged, contested or closed.
    pub state: String,
    /// As-of time of the run that first flagged it, in words, UTC.
    pub first_flagged: String,
    /// Score that orders the queue, 0 to 1.
    pub score: f64,
    /// Reason for its absence from the queue, such as `Judged benign on 2026-11-02; holds until 2027-01-31.`
    pub why: String,
}

/// A candidate that the gate stopped, or a lead.
#[derive(Debug, Clone, Default)]
pub struct MissRow {
    /// Id.
    pub id: String,
    /// Description of the instance in one sentence.
    pub title: String,
    /// Name of the pattern.
    pub pattern: String,
    /// Names of the failed tests, separated by commas; for a lead the sentence with its reason.
    pub fails: String,
    /// Every test of the gate.
    pub tests: Vec<GateRow>,
    /// Labels of its members; possibly not all.
    pub members: Vec<String>,
    /// Number of members.
    pub member_count: u64,
    /// Records behind it; possibly not all.
    pub evidence: Vec<EvidenceRow>,
    /// Number of records behind it.
    pub evidence_count: u64,
}

/// One test of the gate.
#[derive(Debug, Clone, Default)]
pub struct GateRow {
    /// Name.
    pub test: String,
    /// True if the candidate passes.
    pub passed: bool,
    /// Value and threshold, in a sentence.
    pub sentence: String,
}
