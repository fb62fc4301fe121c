//! Answers about flags and candidates.

use serde::{Deserialize, Serialize};

use super::{EntityReference, RecordDescription};
use crate::{
    judgement::Judgement,
    language::{self, Language},
    review::GateTest,
    time::Moment,
};

/// Explanation of a flag, with the records of its run.
#[derive(Clone, Debug, Serialize)]
pub struct FlagExplanation {
    /// Type of question.
    pub question: String,
    /// Title of the flag.
    pub answer: String,
    /// Lasting id.
    pub flag: String,
    /// Name of the pattern.
    pub pattern: String,
    /// State, with the verdicts recorded up to now.
    pub state: String,
    /// Probability with which it was drawn at random; `None` for a flag.
    pub sampled: Option<f64>,
    /// Rank in the queue; `None` outside it.
    pub rank: Option<u64>,
    /// Score from 0 to 1.
    pub score: f64,
    /// Name of the run that has its candidate.
    pub run: String,
    /// As-of time of the last run that found it.
    pub last_found: Moment,
    /// Id of the model.
    pub model: String,
    /// As-of time of the run that first flagged it.
    pub first_flagged: Moment,
    /// The verdict in force.
    pub judged: Option<VerdictInForce>,
    /// The last verdict of each person that is in force.
    pub verdicts: Vec<Verdict>,
    /// Definition of the pattern.
    pub pattern_about: String,
    /// Reason to review an instance of the pattern.
    pub rationale: String,
    /// Benign explanations of an instance.
    pub false_positives: String,
    /// Reasons for a review, in sentences.
    pub reasons_for: Vec<String>,
    /// Reasons against, in sentences.
    pub reasons_against: Vec<String>,
    /// Records that give the flag its marking, in a sentence.
    pub marking_reason: Option<String>,
    /// Entities that the flag is about.
    pub entities: Vec<EntityReference>,
    /// Id of the community that the flag is about.
    pub community: Option<String>,
    /// Join of the markings of its records.
    pub marking: String,
    /// Records behind it; possibly not all.
    pub records: Vec<RecordDescription>,
    /// Number of records behind it.
    pub record_count: usize,
    /// Minimal support; empty until [`crate::explain::add_support`] finds it.
    #[serde(flatten)]
    pub support: FlagSupport,
}

/// Minimal support of a flag.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FlagSupport {
    /// A smallest set of records without which the flag falls; possibly not all of its records.
    pub minimal_support: Vec<RecordDescription>,
    /// Number of records in the minimal support.
    pub minimal_support_count: usize,
    /// Method that found the minimal support.
    pub minimal_support_note: String,
    /// Each source, and whether the flag holds on its records alone.
    pub holds_on_one_source: Vec<SourceSupport>,
}

/// The verdict in force on a flag.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictInForce {
    /// Value of the verdict.
    pub value: String,
    /// Recorded time of the judgement.
    pub recorded_at: Option<Moment>,
}

/// Support of a flag by one source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceSupport {
    /// Name of the source.
    pub source: String,
    /// True if the flag holds on the records of this source alone.
    pub holds: bool,
}

/// Explanation of a flag by the tables of a published run.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedFlagExplanation {
    /// Type of question.
    pub question: String,
    /// Title of the flag.
    pub answer: String,
    /// Lasting id.
    pub flag: String,
    /// Name of the run.
    pub run: String,
    /// Name of the pattern.
    pub pattern: String,
    /// State.
    pub state: String,
    /// Rank in the queue; `None` outside it.
    pub rank: Option<u64>,
    /// Score from 0 to 1.
    pub score: f64,
    /// As-of time of the run that first flagged it.
    pub first_flagged: Option<Moment>,
    /// The verdict in force.
    pub judged: Option<String>,
    /// The last verdict of each person that is in force.
    pub verdicts: Vec<Verdict>,
    /// Definition of the pattern; `None` for a pattern of another version.
    pub pattern_about: Option<String>,
    /// Reason to review an instance of the pattern.
    pub rationale: Option<String>,
    /// Benign explanations of an instance.
    pub false_positives: Option<String>,
    /// Records behind it.
    pub records: Vec<PublishedRecord>,
    /// Origin of this answer, in a sentence.
    pub note: String,
}

/// A record of the table `evidence`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedRecord {
    /// Id of the record.
    pub record: Option<String>,
    /// Name of its source.
    pub source: Option<String>,
    /// Id that the source gave the object.
    pub object: Option<String>,
}

/// Explanation of a candidate.
#[derive(Clone, Debug, Serialize)]
pub struct CandidateExplanation {
    /// Type of question.
    pub question: String,
    /// Title and status in a sentence.
    pub answer: String,
    /// Id of the candidate.
    pub candidate: String,
    /// Name of the pattern.
    pub pattern: &'static str,
    /// Definition of the pattern.
    pub pattern_about: String,
    /// Name of the run.
    pub run: String,
    /// Name of the status.
    pub status: &'static str,
    /// Id of its flag, if it has one.
    pub flag: Option<String>,
    /// Lasting id of the instance.
    pub lineage: String,
    /// Names of the failed tests.
    pub fails: Vec<&'static str>,
    /// All tests.
    pub tests: Vec<TestLine>,
    /// Independent sources of its news.
    pub sources_of_news: Vec<String>,
    /// Members; possibly not all.
    pub members: Vec<EntityReference>,
    /// Number of members.
    pub member_count: usize,
    /// Records behind it; possibly not all.
    pub records: Vec<RecordDescription>,
    /// Number of records behind it.
    pub record_count: usize,
}

/// The verdict of one person.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// confirmed, benign, needs-more or duplicate.
    pub value: &'static str,
    /// Name of the person.
    pub by: String,
    /// Recorded time of the judgement.
    pub recorded_at: Moment,
    /// Reason of the judgement.
    pub reason: String,
}

impl Verdict {
    pub(in crate::explain) fn of(judgement: &Judgement) -> Self {
        Self {
            value: judgement.value.name(),
            by: judgement.by.clone(),
            recorded_at: judgement.recorded_at,
            reason: judgement.reason.clone(),
        }
    }
}

/// One test of the emergence gate.
#[derive(Clone, Debug, Serialize)]
pub struct TestLine {
    /// history, chance, news or sources.
    pub test: &'static str,
    /// True if the candidate passes.
    pub passed: bool,
    /// Value of the candidate.
    pub value: Option<f64>,
    /// Threshold of the test.
    pub threshold: Option<f64>,
    /// Sentence with value and threshold.
    pub sentence: String,
}

impl TestLine {
    /// Returns a test in the form of an answer.
    pub(in crate::explain) fn of(language: &Language, test: &GateTest) -> Self {
        Self {
            test: test.name,
            passed: test.passed,
            value: test.value,
            threshold: test.threshold,
            sentence: language::gate_test(language, test),
        }
    }
}
