//! Content and status of a flag, from the tables of a published run or from a replayed run.

use serde::{Deserialize, Serialize};

use super::{
    answers::{
        EntityReference, Explanation, FlagExplanation, FlagSupport, RecordDescription, Verdict,
        VerdictInForce,
    },
    opened::OpenedRun,
    records::{describe_records, entity_reference},
    run_tables::VerdictsNow,
};
use crate::{index::RecordIndex, time::Moment};

/// Most records that are shown.
pub(super) const RECORDS_MAX: usize = 50;

/// Status of a flag in the run of a question, which may be later than the run that has its candidate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FlagStatus {
    /// State in that run.
    pub(super) state: String,
    pub(super) rank: Option<u64>,
    pub(super) score: f64,
    /// Verdict in force in that run, and its recorded time.
    pub(super) verdict: Option<(String, Option<Moment>)>,
    /// Judgements up to this time do not count.
    pub(super) verdicts_after: Option<Moment>,
}

/// Content of a flag in the run that has its candidate.
#[derive(Serialize, Deserialize)]
pub(super) struct FlagContent {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) pattern: String,
    /// Probability with which it was drawn at random; `None` for a flag.
    pub(super) sampled: Option<f64>,
    pub(super) model: String,
    pub(super) first_flagged: Moment,
    pub(super) reasons_for: Vec<String>,
    pub(super) reasons_against: Vec<String>,
    pub(super) marking: String,
    pub(super) marking_reason: Option<String>,
    pub(super) entity_ids: Vec<String>,
    pub(super) community: Option<String>,
    /// Records behind the flag, ascending. The position of a record is not lasting, so it is not stored.
    #[serde(skip)]
    pub(super) records: Vec<RecordIndex>,
}

/// Entities and records of a flag, as an answer shows them.
pub(super) struct ShownParts {
    pub(super) entities: Vec<EntityReference>,
    /// At most [`RECORDS_MAX`] records.
    pub(super) records: Vec<RecordDescription>,
    pub(super) record_count: usize,
}

impl ShownParts {
    /// Returns the parts of a flag from the resolved view of its run.
    fn of(opened: &OpenedRun, content: &FlagContent) -> Self {
        let entities = &opened.resolution().entities;
        let reference = |id: &String| {
            let index = entities.binary_search_by(|entity| entity.id.as_str().cmp(id)).ok()?;
            Some(entity_reference(&entities[index]))
        };
        Self {
            entities: content.entity_ids.iter().filter_map(reference).collect(),
            records: describe_records(opened, &content.records, RECORDS_MAX),
            record_count: content.records.len(),
        }
    }
}

/// Returns the explanation of a flag, without its minimal support. `opened` is the run that has its candidate.
pub(super) fn explanation(opened: &OpenedRun, content: FlagContent, status: &FlagStatus) -> Explanation {
    let parts = ShownParts::of(opened, &content);
    explanation_of_parts(opened, content, status, parts)
}

/// Returns the explanation of a flag with these parts, as [`explanation`] does.
pub(super) fn explanation_of_parts(
    opened: &OpenedRun,
    content: FlagContent,
    status: &FlagStatus,
    parts: ShownParts,
) -> Explanation {
    let language = opened.language;
    let ShownParts { entities, records, record_count } = parts;
    let (state, judged, verdicts) = state_now(opened, &content.id, status);
    let part = |part: &str| language.text(&format!("pattern.{}.{part}", content.pattern));
    Explanation::Flag(Box::new(FlagExplanation {
        question: language.text("question.flag"),
        answer: content.title,
        flag: content.id,
        state,
        sampled: content.sampled,
        rank: status.rank,
        score: status.score,
        run: opened.name(),
        last_found: opened.run.moment,
        model: content.model,
        first_flagged: content.first_flagged,
        judged,
        verdicts,
        pattern_about: part("about"),
        rationale: part("rationale"),
        false_positives: part("false_positives"),
        pattern: content.pattern,
        reasons_for: content.reasons_for,
        reasons_against: content.reasons_against,
        marking_reason: content.marking_reason,
        entities,
        community: content.community,
        marking: content.marking,
        records,
        record_count,
        support: FlagSupport::default(),
    }))
}

/// Returns the state of a flag with the judgements recorded up to now, the verdict in force, and the last verdict of each
/// person.
fn state_now(
    opened: &OpenedRun,
    flag_id: &str,
    status: &FlagStatus,
) -> (String, Option<VerdictInForce>, Vec<Verdict>) {
    let of_run = status.verdict.as_ref().map(|(value, _)| value.as_str());
    let now = VerdictsNow::of(&opened.judgements, flag_id, of_run, status.verdicts_after);
    let state = match status.state.as_str() {
        "closed" => "closed",
        _ if now.is_contested => "contested",
        _ if now.verdict.is_some() => "judged",
        "judged" | "contested" => "standing",
        state => state,
    };
    let last = now.verdicts.iter().map(|verdict| verdict.recorded_at).max();
    let recorded_at = last.or(status.verdict.as_ref().and_then(|(_, recorded_at)| *recorded_at));
    (state.to_owned(), now.verdict.map(|value| VerdictInForce { value, recorded_at }), now.verdicts)
}
