//! Tables of a published run, with the current verdicts.
//!
//! Tables answer for earlier runs, too. Verdicts come from the archive, so that a new verdict shows at once.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    answers::{PublishedRecord, Verdict},
    error::QuestionError,
};
use crate::{
    columns::Columns,
    judgement::{self, Judgement, Kind},
    review::{CandidateStatus, GateTest, TESTS},
    run::RunError,
    tables::{self, OutputError, TABLE_FILES, files},
    time::Moment,
};

/// A flag of a published run.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedFlag {
    /// Rank in the queue; `None` outside it.
    pub rank: Option<u64>,
    /// Lasting id.
    pub flag_id: String,
    /// Name of its pattern.
    pub pattern: String,
    /// As in the table `flags`, but `judged` or `contested` as soon as verdicts are recorded.
    pub state: String,
    /// True for a candidate that was drawn at random and is not a flag.
    pub sampled: bool,
    /// Reason why a sampled candidate is shown; `None` for a flag.
    pub sampled_because: Option<String>,
    /// Title of the flag.
    pub title: String,
    /// Urgency from 0 to 1.
    pub score: f64,
    /// Number of criteria of the audience's focus that it meets; `None` without a focus.
    pub focus: Option<u64>,
    /// As-of time of the run that first flagged it.
    pub first_flagged: Option<Moment>,
    /// The verdict in force.
    pub verdict: Option<String>,
    /// The last verdict of each person that is in force.
    pub verdicts: Vec<Verdict>,
}

/// A candidate of a published run.
pub(super) struct CandidateRow {
    pub(super) id: String,
    pub(super) pattern: String,
    pub(super) title: String,
    pub(super) status: CandidateStatus,
    pub(super) expected: Option<f64>,
    pub(super) lead: Option<String>,
    pub(super) lineage: String,
    pub(super) members: Vec<String>,
    pub(super) tests: Vec<GateTest>,
}

/// Reads the candidates of a run; `None` where an older version wrote its tables.
pub(super) fn candidates(folder: &Path) -> Result<Option<Vec<CandidateRow>>, QuestionError> {
    if !table_path(folder, "gate").exists() {
        return Ok(None);
    }
    let (table, gate) = (read_table(folder, "candidates")?, read_table(folder, "gate")?);
    let lacks = || QuestionError::Lacks("candidates or gate");
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let (ids, patterns, titles, statuses) =
        (text("candidate_id")?, text("pattern")?, text("title")?, text("status")?);
    let (members, lineages) = (table.texts("members").ok_or_else(lacks)?, text("lineage")?);
    let (expected, leads) = table.number("expected").zip(table.text("lead")).ok_or_else(lacks)?;
    let mut tests: BTreeMap<&str, Vec<GateTest>> = BTreeMap::new();
    let names = gate.text("candidate_id").zip(gate.text("test")).ok_or_else(lacks)?;
    let numbers = gate.number("value").zip(gate.number("threshold")).ok_or_else(lacks)?;
    for (row, passed) in gate.flag("passed").ok_or_else(lacks)?.iter().enumerate() {
        let (Some(id), Some(test), Some(passed)) = (&names.0[row], &names.1[row], *passed) else {
            return Err(lacks());
        };
        let name = TESTS.into_iter().find(|name| name == test).ok_or_else(lacks)?;
        let (value, threshold) = (numbers.0[row], numbers.1[row]);
        tests.entry(id).or_default().push(GateTest { name, passed, value, threshold });
    }
    let known = |cell: &Option<String>| cell.clone().ok_or_else(lacks);
    let rows = (0..table.rows()).map(|row| {
        let id = known(&ids[row])?;
        let tests = tests.remove(id.as_str()).ok_or_else(lacks)?;
        Ok(CandidateRow {
            id,
            pattern: known(&patterns[row])?,
            title: known(&titles[row])?,
            status: statuses[row].as_deref().and_then(CandidateStatus::parse).ok_or_else(lacks)?,
            expected: expected[row],
            lead: leads[row].clone(),
            lineage: known(&lineages[row])?,
            members: members[row].clone(),
            tests,
        })
    });
    rows.collect::<Result<_, _>>().map(Some)
}

/// Reads the flags of a run, each with its current verdicts.
pub fn flags(folder: &Path, judgements: &[Judgement]) -> Result<Vec<PublishedFlag>, QuestionError> {
    flags_of(&read_table(folder, "flags")?, judgements)
}

/// Returns the flags of a table, each with its current verdicts.
pub fn flags_of(table: &Columns, judgements: &[Judgement]) -> Result<Vec<PublishedFlag>, QuestionError> {
    let lacks = || QuestionError::Lacks("flags");
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let (ids, patterns, states, titles) =
        (text("flag_id")?, text("pattern")?, text("state")?, text("title")?);
    let ranks = table.count("rank").ok_or_else(lacks)?;
    let scores = table.number("score").ok_or_else(lacks)?;
    let first = table.time("first_flagged").ok_or_else(lacks)?;
    // A run of an older version has no verdicts and no samples.
    let (verdicts, answered) = (table.text("verdict"), table.time("verdict_at"));
    let (after, sampled) = (table.time("verdicts_after"), table.flag("sampled"));
    let (reasons, focus) = (table.texts("reasons_for"), table.count("focus"));
    let known = |cell: &Option<String>| cell.clone().ok_or_else(lacks);
    let rows = (0..table.rows()).map(|row| {
        let mut line = PublishedFlag {
            rank: ranks[row],
            flag_id: known(&ids[row])?,
            pattern: known(&patterns[row])?,
            state: known(&states[row])?,
            title: known(&titles[row])?,
            sampled: sampled.is_some_and(|column| column[row] == Some(true)),
            sampled_because: None,
            score: scores[row].ok_or_else(lacks)?,
            focus: focus.and_then(|column| column[row]),
            first_flagged: first[row].map(Moment::from_micros),
            verdict: verdicts.and_then(|column| column[row].clone()),
            verdicts: Vec::new(),
        };
        if line.sampled {
            line.sampled_because = reasons.and_then(|column| column[row].first().cloned());
        }
        let time =
            |column: Option<&[Option<i64>]>| column.and_then(|column| column[row]).map(Moment::from_micros);
        let after = match after {
            Some(_) => time(after),
            // In a run of an older version, the flag grew after the last judgement if it has no verdict.
            None => time(answered).filter(|_| line.verdict.is_none()),
        };
        let now = VerdictsNow::of(judgements, &line.flag_id, line.verdict.as_deref(), after);
        if line.state != "closed" {
            if now.is_contested {
                "contested".clone_into(&mut line.state);
            } else if now.verdict.is_some() {
                "judged".clone_into(&mut line.state);
            } else if matches!(&*line.state, "judged" | "contested") {
                "standing".clone_into(&mut line.state);
            }
        }
        (line.verdict, line.verdicts) = (now.verdict, now.verdicts);
        Ok(line)
    });
    rows.collect()
}

/// Verdicts on a flag, with the judgements recorded up to now.
#[derive(Default)]
pub(super) struct VerdictsNow {
    /// The verdict in force; `None` without any, and for a contested flag.
    pub(super) verdict: Option<String>,
    /// The last verdict of each person.
    pub(super) verdicts: Vec<Verdict>,
    pub(super) is_contested: bool,
}

impl VerdictsNow {
    /// Returns the verdicts on a flag. `of_run` is the verdict of a run, whose judgements the archive may not have any more.
    /// Judgements up to `after` do not count.
    pub(super) fn of(
        judgements: &[Judgement],
        flag_id: &str,
        of_run: Option<&str>,
        after: Option<Moment>,
    ) -> Self {
        let in_force = judgement::in_force(judgements, flag_id, after, None);
        let is_contested = judgement::is_contested(in_force.iter().map(|judgement| judgement.value));
        let last = in_force.iter().max_by_key(|judgement| (judgement.recorded_at, judgement.value));
        let is_known = judgements
            .iter()
            .any(|judgement| judgement.kind == Kind::Flag && judgement.subject_id == flag_id);
        let verdict = match last {
            _ if is_contested => None,
            Some(last) => Some(last.value.name().to_owned()),
            None => of_run.filter(|_| !is_known).map(str::to_owned),
        };
        Self { verdict, verdicts: in_force.into_iter().map(Verdict::of).collect(), is_contested }
    }
}

/// Returns whether the tables of a run have a candidate.
pub(super) fn has_candidate(folder: &Path, id: &str) -> bool {
    let table = read_table(folder, "candidates").ok();
    let ids = table.as_ref().and_then(|table| table.text("candidate_id"));
    ids.is_some_and(|ids| ids.iter().flatten().any(|candidate| candidate == id))
}

/// Returns the records behind a flag from the tables of a run.
pub(super) fn evidence(folder: &Path, flag_id: &str) -> Result<Vec<PublishedRecord>, QuestionError> {
    let table = read_table(folder, "evidence")?;
    let lacks = || QuestionError::Lacks("evidence");
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let (subjects, records, sources, objects) =
        (text("subject_id")?, text("record_id")?, text("source")?, text("object_id")?);
    let rows = (0..table.rows()).filter(|&row| subjects[row].as_deref() == Some(flag_id));
    let describe = |row: usize| PublishedRecord {
        record: records[row].clone(),
        source: sources[row].clone(),
        object: objects[row].clone(),
    };
    Ok(rows.map(describe).collect())
}

pub(super) fn table_path(folder: &Path, name: &str) -> PathBuf {
    let absent = || folder.join(format!("{name}.{}", TABLE_FILES[0].suffix));
    files::path_of(folder, name).unwrap_or_else(absent)
}

/// Returns whether a folder has a table. A run of an older version lacks the newer ones.
pub fn has_table(folder: &Path, name: &str) -> bool {
    table_path(folder, name).exists()
}

/// Reads a table of a run, whatever its file format.
pub fn read_table(folder: &Path, name: &str) -> Result<Columns, QuestionError> {
    let read: Result<Columns, OutputError> = tables::read_table(&table_path(folder, name));
    Ok(read.map_err(RunError::from)?)
}

/// Reads columns of a table part by part. `read` returns `None` if a part lacks a column.
pub(super) fn scan(
    folder: &Path,
    table: &'static str,
    columns: &[&str],
    mut read: impl FnMut(&Columns) -> Option<()>,
) -> Result<(), QuestionError> {
    let mut is_whole = true;
    let scanned =
        tables::scan_table(&table_path(folder, table), columns, |part| is_whole &= read(part).is_some());
    scanned.map_err(RunError::from)?;
    if is_whole { Ok(()) } else { Err(QuestionError::Lacks(table)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_shows_at_once_and_one_that_a_flag_outgrew_does_not() {
        use crate::judgement::{
            Value::{Benign, Confirmed},
            tests::judgement,
        };
        let judged = |verdict: Option<&str>, judgements: &[Judgement], after: Option<i64>| {
            let now = VerdictsNow::of(judgements, "flag-1", verdict, after.map(Moment::from_micros));
            let verdict = if now.is_contested { Some("contested".to_owned()) } else { now.verdict };
            (verdict, now.verdicts.len())
        };
        let benign = [judgement(5, "ana", Benign)];
        let both = [judgement(5, "ana", Benign), judgement(7, "ben", Confirmed)];
        let agreed = [judgement(5, "ana", Benign), judgement(7, "ben", Benign)];
        let words = |verdict: &str, count| (Some(verdict.to_owned()), count);
        assert_eq!(judged(None, &benign, None), words("benign", 1));
        assert_eq!(judged(None, &benign, Some(5)), (None, 0), "it grew since");
        assert_eq!(judged(None, &both, Some(5)), words("confirmed", 1));
        assert_eq!(judged(Some("benign"), &both, None), words("contested", 2));
        assert_eq!(judged(Some("benign"), &agreed, None), words("benign", 2));
        assert_eq!(judged(Some("benign"), &[], None), words("benign", 0));
        assert_eq!(VerdictsNow::of(&benign, "flag-2", None, None).verdict, None);
    }
}
