//! The queue of a published run as a program or a terminal shows it: its flags with the verdicts of now, what
//! waits, and why the rest of the candidates are no flags. Everything is read from the run's tables, so that
//! earlier runs answer, too; verdicts are read from the archive, so that none waits for the next run.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::questions::QuestionError;
use crate::{
    archive::{Access, Archive},
    columns::Columns,
    ingest,
    judgement::{Judgement, Kind},
    record::Reliability,
    review::{self, GateTest, NEAREST_MAX, Outcome, TESTS},
    run::{Config, RunError, published::published},
    tables::{self, OutputError},
    time::Moment,
};

/// Most runs in whose tables is looked for flags that closed: about as long as a closed flag is remembered.
const REMEMBERED_RUNS: usize = 400;

/// The queue of one audience.
#[derive(Debug, Serialize)]
pub struct QueueSummary {
    /// Whose queue it is.
    pub audience: String,
    /// Its flags in order of rank.
    pub queue: Vec<FlagLine>,
    /// Flags outside the queue without a verdict, by score, then those that closed without one.
    pub waiting: Vec<FlagLine>,
    /// How many of them wait, in a sentence; `None` without any.
    pub waiting_sentence: Option<String>,
    /// Number of candidates; `None` where the run is of an older version.
    pub candidates: Option<usize>,
    /// Candidates by outcome.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// Where the candidates ended, in a sentence.
    pub explanation: Option<String>,
    /// Candidates that came nearest to a flag, the nearest first.
    pub nearest: Vec<NearMiss>,
}

/// A flag in one line.
#[derive(Clone, Debug, Serialize)]
pub struct FlagLine {
    /// Place in the queue; `None` outside it.
    pub rank: Option<u64>,
    /// Lasting id.
    pub flag_id: String,
    /// Name of its pattern.
    pub pattern: String,
    /// As in the table `flags`, but `judged` as soon as a verdict is recorded.
    pub state: String,
    /// What was found.
    pub title: String,
    /// Order of urgency, 0 to 1.
    pub score: f64,
    /// When it was first flagged.
    pub first_flagged: Option<Moment>,
    /// The verdict in force.
    pub verdict: Option<String>,
    /// The last verdict of each person that is in force.
    pub verdicts: Vec<Verdict>,
}

/// What one person decided.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// confirmed, benign, needs-more or duplicate.
    pub value: &'static str,
    /// Who decided.
    pub by: String,
    /// When.
    pub recorded_at: Moment,
    /// Why.
    pub reason: String,
}

impl Verdict {
    /// Returns a judgement as it is shown.
    pub(super) fn of(judgement: &Judgement) -> Self {
        Self {
            value: judgement.value.name(),
            by: judgement.by.clone(),
            recorded_at: judgement.recorded_at,
            reason: judgement.reason.clone(),
        }
    }
}

/// A candidate that the gate stopped.
#[derive(Clone, Debug, Serialize)]
pub struct NearMiss {
    /// Its id.
    pub candidate_id: String,
    /// Name of its pattern.
    pub pattern: String,
    /// What was found.
    pub title: String,
    /// The most telling test that stopped it, as in the column `outcome`.
    pub outcome: &'static str,
    /// Names of the tests that it fails.
    pub fails: Vec<&'static str>,
    /// Every test.
    pub tests: Vec<TestLine>,
    /// Ids of its members.
    pub members: Vec<String>,
}

/// One test of the gate.
#[derive(Clone, Debug, Serialize)]
pub struct TestLine {
    /// history, chance, news or sources.
    pub test: &'static str,
    /// Whether the candidate passes.
    pub passed: bool,
    /// What it shows.
    pub value: Option<f64>,
    /// What that is compared with.
    pub threshold: Option<f64>,
    /// Value and threshold, in a sentence.
    pub sentence: String,
}

impl TestLine {
    /// Returns a test as it is shown.
    pub(super) fn of(test: &GateTest) -> Self {
        Self {
            test: test.name,
            passed: test.passed,
            value: test.value,
            threshold: test.threshold,
            sentence: test.sentence(),
        }
    }
}

/// Returns the queue of each audience of a published run.
pub fn queue_summaries(
    config: &Config,
    folder: &Path,
    audiences: &[String],
) -> Result<Vec<QueueSummary>, QuestionError> {
    let judgements = Archive::open(&config.state, Access::Read)?.judgements()?;
    let with_clearance: BTreeSet<String> = config
        .rules
        .readers()
        .into_iter()
        .filter(|reader| reader.clearance.is_some())
        .map(|reader| reader.name)
        .collect();
    let queue = |audience: &String| {
        let mut summary = summary(folder, audience, &judgements)?;
        let is_empty = summary.candidates == Some(0) && with_clearance.contains(audience);
        if is_empty && read_run_table(&folder.join(audience), "entities")?.rows() == 0 {
            summary.explanation = Some(review::no_record_sentence(audience));
        }
        Ok(summary)
    };
    audiences.iter().map(queue).collect()
}

fn summary(folder: &Path, audience: &str, judgements: &[Judgement]) -> Result<QueueSummary, QuestionError> {
    let flags = flags(&folder.join(audience), judgements)?;
    let mut queue: Vec<FlagLine> = flags.iter().filter(|flag| flag.rank.is_some()).cloned().collect();
    queue.sort_by_key(|flag| flag.rank);
    let is_open = |flag: &&FlagLine| {
        flag.rank.is_none() && flag.verdict.is_none() && ["new", "grown", "standing"].contains(&&*flag.state)
    };
    let mut waiting: Vec<FlagLine> = flags.iter().filter(is_open).cloned().collect();
    // What nothing recent speaks for has score 0: of those the latest first.
    waiting.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| (b.first_flagged, &a.flag_id).cmp(&(a.first_flagged, &b.flag_id)))
    });
    let beyond = waiting.iter().filter(|flag| flag.state != "standing").count();
    let (closed_now, closed) = closed(folder, audience, judgements);
    let waiting_sentence = review::waiting_sentence(waiting.len() - beyond, beyond, closed_now, closed.len());
    waiting.extend(closed);
    let mut summary = QueueSummary {
        audience: audience.to_owned(),
        queue,
        waiting,
        waiting_sentence,
        candidates: None,
        outcomes: BTreeMap::new(),
        explanation: None,
        nearest: Vec::new(),
    };
    if let Some(candidates) = candidates(&folder.join(audience))? {
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        for candidate in &candidates {
            *counts.entry(candidate.outcome).or_default() += 1;
        }
        summary.candidates = Some(candidates.len());
        let is_first = candidates.is_empty() && is_first_run(folder);
        summary.explanation =
            Some(if is_first { review::FIRST_RUN.to_owned() } else { review::outcomes_sentence(&counts) });
        summary.outcomes = counts.into_iter().map(|(outcome, count)| (outcome.name(), count)).collect();
        summary.nearest = nearest(&candidates);
    }
    Ok(summary)
}

/// Returns the flags that closed up to a run and that nobody ever judged, the last closed first, and how many
/// of them closed in that run. What has closed stands in the tables of the run in which it did; the last run
/// that names a flag decides. A run that is not there, or of an older version, says nothing.
fn closed(folder: &Path, audience: &str, judgements: &[Judgement]) -> (usize, Vec<FlagLine>) {
    let own = manifest(folder).and_then(|manifest| Some(manifest.get("night")?.as_str()?.to_owned()));
    let (Some(own), Some(out)) = (own, folder.parent()) else { return (0, Vec::new()) };
    let (mut named, mut closed, mut closed_now) = (BTreeSet::new(), Vec::new(), 0);
    let is_judged = |id: &str| {
        judgements.iter().any(|judgement| judgement.kind == Kind::Flag && judgement.subject_id == id)
    };
    let runs = published(out).into_iter().rev().skip_while(|run| *run > own);
    for run in runs.take(REMEMBERED_RUNS) {
        let Ok(flags) = flags(&out.join(&run).join(audience), judgements) else { continue };
        for flag in flags {
            let is_last = named.insert(flag.flag_id.clone());
            if is_last && flag.state == "closed" && flag.verdict.is_none() && !is_judged(&flag.flag_id) {
                closed_now += usize::from(run == own);
                closed.push(flag);
            }
        }
    }
    (closed_now, closed)
}

/// Reads the manifest of a run, if there is one.
fn manifest(folder: &Path) -> Option<serde_json::Value> {
    let bytes = std::fs::read(folder.join("manifest.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Says whether the manifest of a run names no earlier run.
fn is_first_run(folder: &Path) -> bool {
    manifest(folder)
        .and_then(|manifest| manifest.get("compared_with").map(serde_json::Value::is_null))
        .unwrap_or(false)
}

struct CandidateRow {
    id: String,
    pattern: String,
    title: String,
    outcome: Outcome,
    members: Vec<String>,
    tests: [GateTest; 4],
}

/// Reads the candidates of a run; `None` where an older version wrote its tables.
fn candidates(folder: &Path) -> Result<Option<Vec<CandidateRow>>, QuestionError> {
    if !is_there(folder, "gate") {
        return Ok(None);
    }
    let (table, gate) = (read_run_table(folder, "candidates")?, read_run_table(folder, "gate")?);
    let lacks = || QuestionError::Lacks("candidates or gate");
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let (ids, patterns, titles, outcomes) =
        (text("candidate_id")?, text("pattern")?, text("title")?, text("outcome")?);
    let members = table.texts("members").ok_or_else(lacks)?;
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
        let tests = tests.remove(id.as_str()).and_then(|tests| tests.try_into().ok()).ok_or_else(lacks)?;
        Ok(CandidateRow {
            id,
            pattern: known(&patterns[row])?,
            title: known(&titles[row])?,
            outcome: outcomes[row].as_deref().and_then(Outcome::parse).ok_or_else(lacks)?,
            members: members[row].clone(),
            tests,
        })
    });
    rows.collect::<Result<_, _>>().map(Some)
}

fn nearest(candidates: &[CandidateRow]) -> Vec<NearMiss> {
    let stopped = (0..).zip(candidates).filter(|(_, row)| row.outcome.is_stopped());
    let order = review::nearest(stopped.map(|(at, row)| (at, row.id.as_str(), row.tests)));
    let miss = |at: usize| {
        let row: &CandidateRow = &candidates[at];
        NearMiss {
            candidate_id: row.id.clone(),
            pattern: row.pattern.clone(),
            title: row.title.clone(),
            outcome: row.outcome.name(),
            fails: row.tests.iter().filter(|test| !test.passed).map(|test| test.name).collect(),
            tests: row.tests.iter().map(TestLine::of).collect(),
            members: row.members.clone(),
        }
    };
    order.into_iter().take(NEAREST_MAX).map(miss).collect()
}

/// Reads the flags of a run, each with the verdicts of now.
pub fn flags(folder: &Path, judgements: &[Judgement]) -> Result<Vec<FlagLine>, QuestionError> {
    let table = read_run_table(folder, "flags")?;
    let lacks = || QuestionError::Lacks("flags");
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let (ids, patterns, states, titles) =
        (text("flag_id")?, text("pattern")?, text("state")?, text("title")?);
    let ranks = table.count("rank").ok_or_else(lacks)?;
    let scores = table.number("score").ok_or_else(lacks)?;
    let first = table.time("first_flagged").ok_or_else(lacks)?;
    // A run of an older version has no verdicts.
    let (verdicts, answered) = (table.text("verdict"), table.time("verdict_at"));
    let known = |cell: &Option<String>| cell.clone().ok_or_else(lacks);
    let rows = (0..table.rows()).map(|row| {
        let mut line = FlagLine {
            rank: ranks[row],
            flag_id: known(&ids[row])?,
            pattern: known(&patterns[row])?,
            state: known(&states[row])?,
            title: known(&titles[row])?,
            score: scores[row].ok_or_else(lacks)?,
            first_flagged: first[row].map(Moment::from_micros),
            verdict: verdicts.and_then(|column| column[row].clone()),
            verdicts: Vec::new(),
        };
        let answered = answered.and_then(|column| column[row]).map(Moment::from_micros);
        (line.verdict, line.verdicts) =
            verdicts_now(judgements, &line.flag_id, line.verdict.as_deref(), answered);
        if line.verdict.is_some() && line.state != "closed" {
            "judged".clone_into(&mut line.state);
        }
        Ok(line)
    });
    rows.collect()
}

/// Returns the verdict in force on a flag, and the last one of each person. `verdict` is that of a run, and
/// `answered` the recorded time of the last judgement that the run took into account: an earlier one counts no
/// more, since the flag outgrew it.
pub(super) fn verdicts_now(
    judgements: &[Judgement],
    flag_id: &str,
    verdict: Option<&str>,
    answered: Option<Moment>,
) -> (Option<String>, Vec<Verdict>) {
    let counts = |judgement: &&Judgement| {
        let is_later = answered.is_none_or(|answered| judgement.recorded_at > answered);
        let is_in_force = verdict.is_some() && Some(judgement.recorded_at) == answered;
        judgement.kind == Kind::Flag && judgement.subject_id == flag_id && (is_later || is_in_force)
    };
    // In order of time: the last of each person, and the last of all, stay.
    let (mut of_person, mut last) = (BTreeMap::new(), verdict.map(str::to_owned));
    for judgement in judgements.iter().filter(counts) {
        of_person.insert(judgement.by.as_str(), judgement);
        last = Some(judgement.value.name().to_owned());
    }
    (last, of_person.into_values().map(Verdict::of).collect())
}

/// Says, before anything is read, whether these sources can raise a flag: those of the configuration, those of
/// the latest run, and `inputs`.
pub fn source_warning(config: &Config, inputs: impl IntoIterator<Item = String>) -> Option<String> {
    let configured = config.sources.iter().map(|source| source.name.clone());
    let mut names: BTreeSet<String> = configured.chain(inputs).collect();
    // Nothing published is no error here: then there are no other sources.
    if let Ok(read) = read_run_table(&config.out.join("latest/steward"), "sources") {
        names.extend(read.text("source").into_iter().flatten().flatten().cloned());
    }
    let reliability = |name: &String| {
        config.rules.terms.get(name).map_or(Reliability::default(), |terms| terms.reliability)
    };
    review::source_warning(&names.into_iter().map(|name| (name.clone(), reliability(&name))).collect())
}

/// Says which sources an INPUT names that the configuration, which has sources, does not: a run takes them, and
/// by none of its terms.
pub fn unconfigured_sources(config: &Config, file: &str, inputs: &[String]) -> Vec<String> {
    if config.sources.is_empty() {
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    for text in inputs {
        // What cannot be expanded ends the run, which says why.
        let Ok(found) = ingest::expand(text, &mut || Ok(Vec::new())) else { continue };
        if found.is_empty() {
            names.insert(ingest::source_of(text));
        }
        names.extend(found.into_iter().map(|input| input.source));
    }
    let known: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
    names.retain(|name| !known.contains(&name.as_str()));
    let sentence = |name: String| {
        let near = known.iter().map(|known| (strsim::damerau_levenshtein(&name, known), *known)).min();
        let near = near.filter(|(distance, known)| *distance <= known.chars().count().max(6) / 3);
        let instead = match near {
            Some((_, known)) => format!("did you mean {known}?"),
            None => "its objects are read as of a source without a configuration".to_owned(),
        };
        format!("{name} is not a source of {file}; {instead}")
    };
    names.into_iter().map(sentence).collect()
}

/// Says whether a run's tables hold a candidate.
pub(super) fn has_candidate(folder: &Path, id: &str) -> bool {
    let table = read_run_table(folder, "candidates").ok();
    let ids = table.as_ref().and_then(|table| table.text("candidate_id"));
    ids.is_some_and(|ids| ids.iter().flatten().any(|own| own == id))
}

/// Returns the records behind a flag as a run's tables name them.
pub(super) fn evidence(folder: &Path, flag_id: &str) -> Result<Vec<serde_json::Value>, QuestionError> {
    let table = read_run_table(folder, "evidence")?;
    let lacks = || QuestionError::Lacks("evidence");
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let (subjects, records, sources, objects) =
        (text("subject_id")?, text("record_id")?, text("source")?, text("object_id")?);
    let own = (0..table.rows()).filter(|&row| subjects[row].as_deref() == Some(flag_id));
    let shown = |row: usize| serde_json::json!({ "record": records[row], "source": sources[row], "object": objects[row] });
    Ok(own.map(shown).collect())
}

fn is_there(folder: &Path, name: &str) -> bool {
    table_path(folder, name).exists()
}

fn table_path(folder: &Path, name: &str) -> PathBuf {
    let found = ["arrow", "parquet"].map(|suffix| folder.join(format!("{name}.{suffix}")));
    found.iter().find(|path| path.exists()).unwrap_or(&found[0]).clone()
}

fn read_run_table(folder: &Path, name: &str) -> Result<Columns, QuestionError> {
    let read: Result<Columns, OutputError> = tables::read_table(&table_path(folder, name));
    Ok(read.map_err(RunError::from)?)
}

/// Returns the folder of a run below `out`: `latest` without a name, else the run that a date, a time or the
/// beginning of a folder's name means.
pub fn run_folder(out: &Path, run: Option<&str>) -> Result<PathBuf, QuestionError> {
    match run {
        None | Some("latest") if out.join("latest").is_dir() => Ok(out.join("latest")),
        None | Some("latest") => {
            let (out, last) = (out.display().to_string(), last_of(&published(out)));
            Err(match last[..] {
                [] => QuestionError::NoRunFolder(out),
                _ => QuestionError::NoLatest { out, last },
            })
        }
        Some(text) => {
            let names = published(out);
            let at = pick(&names, text)?;
            Ok(out.join(&names[at]))
        }
    }
}

fn last_of(names: &[String]) -> Vec<String> {
    names.iter().rev().take(5).cloned().collect()
}

/// Finds the run that a text means among folder names: a name, RFC 3339, a date, or the beginning of either.
pub(super) fn pick(names: &[String], text: &str) -> Result<usize, QuestionError> {
    let plain: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let exact = Moment::parse(text).map_or(plain.clone(), Moment::folder);
    if let Some(at) = names.iter().position(|name| *name == exact) {
        return Ok(at);
    }
    // Less than a year names no run.
    let is_prefix = plain.len() >= 4;
    let found: Vec<usize> =
        (0..names.len()).filter(|&at| is_prefix && names[at].starts_with(plain.as_str())).collect();
    match found[..] {
        [only] => Ok(only),
        [] => Err(QuestionError::NotARun { run: text.to_owned(), last: last_of(names) }),
        _ => Err(QuestionError::SeveralRuns {
            run: text.to_owned(),
            names: found.into_iter().map(|at| names[at].clone()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_folder_a_date_a_time_or_a_unique_beginning() {
        let names = ["20261120T020000Z", "20261121T020000Z", "20261121T140000Z"].map(str::to_owned);
        for (text, at) in [
            ("20261120T020000Z", 0),
            ("2026-11-20", 0),
            ("20261120", 0),
            ("2026-11-21T14:00:00Z", 2),
            ("2026-11-21T03:00:00+01:00", 1),
            ("2026-11-21T02", 1),
            ("2026-11-20T02:00:00.5Z", 0),
        ] {
            assert_eq!(pick(&names, text).ok(), Some(at), "{text}");
        }
        assert!(
            matches!(pick(&names, "2026-11-21"), Err(QuestionError::SeveralRuns { names, .. }) if names.len() == 2)
        );
        for text in ["2026-11-22", "", "2", "../20261120T020000Z", "latest"] {
            assert!(matches!(pick(&names, text), Err(QuestionError::NotARun { .. })), "{text}");
        }
    }

    fn judgement(told: i64, by: &str, value: crate::judgement::Value) -> Judgement {
        Judgement {
            recorded_at: Moment::from_micros(told),
            by: by.to_owned(),
            subject_id: "flag-1".to_owned(),
            other_id: None,
            kind: Kind::Flag,
            value,
            reason: String::new(),
        }
    }

    #[test]
    fn a_verdict_shows_at_once_and_one_that_a_flag_outgrew_does_not() {
        use crate::judgement::Value::{Benign, Confirmed};
        let judged = |verdict: Option<&str>, judgements: &[Judgement], answered: Option<i64>| {
            let (verdict, all) =
                verdicts_now(judgements, "flag-1", verdict, answered.map(Moment::from_micros));
            (verdict, all.len())
        };
        let benign = [judgement(5, "ana", Benign)];
        let both = [judgement(5, "ana", Benign), judgement(7, "ben", Confirmed)];
        let words = |verdict: &str, count| (Some(verdict.to_owned()), count);
        assert_eq!(judged(None, &benign, None), words("benign", 1));
        assert_eq!(judged(None, &benign, Some(5)), (None, 0), "it grew since");
        assert_eq!(judged(None, &both, Some(5)), words("confirmed", 1));
        assert_eq!(judged(Some("benign"), &both, Some(5)), words("confirmed", 2));
        assert_eq!(judged(Some("benign"), &[], Some(5)), words("benign", 0));
        assert_eq!(verdicts_now(&benign, "flag-2", None, None).0, None);
    }
}
