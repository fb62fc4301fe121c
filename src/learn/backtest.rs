//! Back-test: candidates of earlier runs with their features of that time, and labels from later records.
//!
//! Models are trained on its rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    archive::{Access, Archive},
    features::{self, FEATURES},
    index::EntityIndex,
    judgement::{self, Judgement},
    progress::Progress,
    reporting::ReportingHistory,
    run::{
        Config, RunError, audience,
        history::{self, ReplayInputs, ReplayedRun, RunState},
    },
    time::Moment,
};

/// One candidate of an earlier run.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of label tables")]
pub struct Row {
    /// As-of time of the run.
    pub as_of: Moment,
    /// Id of the candidate.
    pub candidate_id: String,
    /// Name of its pattern.
    pub pattern: &'static str,
    /// Lineage of the candidate, which later runs keep.
    pub lineage: String,
    /// Name of its main entity.
    pub subject: String,
    /// Names of the entities it is about, with their aliases.
    pub anchors: BTreeSet<String>,
    /// Names of each specific member, with its aliases.
    pub members: Vec<BTreeSet<String>>,
    /// True if the run raised a new flag for it.
    pub is_raised: bool,
    /// True if the candidate was a lead in the run.
    pub is_lead: bool,
    /// True if no earlier run had a candidate of this lineage.
    pub is_first: bool,
    /// Statistic of its pattern.
    pub statistic: f64,
    /// Share of random runs that reach the statistic; NaN where it is unknown.
    pub null_p: f64,
    /// Number of instances as strong that chance gives in the whole input; NaN for a pattern without a closed form.
    pub expected: f64,
    /// Probability with which its run drew it at random for review; `None` for a flag, and for a candidate that was
    /// never drawn.
    pub sampling_probability: Option<f64>,
    /// Label; `None` where nothing decides it yet.
    pub label: Option<Label>,
    /// True if the row is kept for evaluation and not used for training.
    pub is_held_out: bool,
    /// One value for each of [`FEATURES`].
    pub features: Vec<f64>,
}

/// Label of a candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// True if the pattern was real.
    pub is_true: bool,
    /// Recorded time of the evidence for the label.
    pub recorded_at: Moment,
    /// Kind of evidence: `judgement`, `growth` or `truth`.
    pub source: &'static str,
}

/// Replays every run of an archive and labels its candidates.
pub fn backtest(
    config: &Config,
    audience: Option<&str>,
    horizon_days: u32,
    progress: &Progress,
) -> Result<Vec<Row>, RunError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let audience = audience::asked(&config.rules, audience)?;
    let (contents, judgements) = (archive.read()?, archive.judgements()?);
    let inputs = ReplayInputs {
        contents: &contents,
        rules: &config.rules,
        audience: &audience,
        judgements: &judgements,
    };
    let (mut rows, history) = replay(&archive, inputs, progress)?;
    if let Some(last) = archive.runs().last() {
        label(&mut rows, &history, &judgements, horizon_days, last.moment);
    }
    Ok(rows)
}

/// Returns the reporting history of an archive, as far as an audience may know it.
pub fn reporting_history(
    config: &Config,
    audience: Option<&str>,
    progress: &Progress,
) -> Result<ReportingHistory<'static>, RunError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let audience = audience::asked(&config.rules, audience)?;
    progress.step("read the archive");
    let contents = archive.read()?;
    progress.step("read the versions of all records");
    let versions = contents.versions(config.rules.access_policy(&audience))?;
    progress.step("fold the reporting history");
    let runs = archive.runs().into_iter().map(|run| run.moment).collect();
    Ok(ReportingHistory::of_versions(&versions, runs))
}

/// A candidate in one run.
struct Observation {
    as_of: Moment,
    statistic: f64,
    /// Independent sources of its news.
    origins: BTreeSet<String>,
}

/// Observations by lineage, in the order of the runs.
type History = BTreeMap<String, Vec<Observation>>;

fn replay(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    progress: &Progress,
) -> Result<(Vec<Row>, History), RunError> {
    let (mut state, mut rows, mut observations) = (RunState::default(), Vec::new(), History::new());
    let mut sampled: BTreeMap<String, f64> = BTreeMap::new();
    for run in archive.runs() {
        progress.step(&format!("replay {}", run.moment.display_utc()));
        let replayed = history::replay_run(inputs, &state, run.moment, progress)?;
        for (candidate, gate) in replayed.candidates.iter().zip(&replayed.gates) {
            observations.entry(candidate.lineage.clone()).or_default().push(Observation {
                as_of: run.moment,
                statistic: candidate.statistic,
                origins: gate.origins.iter().cloned().collect(),
            });
        }
        rows.extend(rows_of(&replayed, run.moment, &observations));
        let samples = replayed.flags.iter().filter_map(|flag| Some((flag.id.clone(), flag.sampled?)));
        sampled.extend(samples);
        state = replayed.state;
    }
    set_sampling_probability(&mut rows, &sampled);
    Ok((rows, observations))
}

/// Sets the sampling probability of the rows of sampled lineages, up to the run that raised a flag.
fn set_sampling_probability(rows: &mut [Row], sampled: &BTreeMap<String, f64>) {
    let mut raised: BTreeSet<String> = BTreeSet::new();
    for row in rows {
        if row.is_raised {
            raised.insert(row.lineage.clone());
        }
        if !raised.contains(&row.lineage) {
            row.sampling_probability = sampled.get(&row.lineage).copied();
        }
    }
}

/// Returns a row for each candidate of a run, without labels.
fn rows_of(run: &ReplayedRun, as_of: Moment, history: &History) -> Vec<Row> {
    let analysis = &run.analysis;
    let features = features::features(analysis, &run.candidates);
    let new_flags = run.flags.iter().filter(|flag| flag.is_raised());
    let raised: BTreeSet<usize> = new_flags.filter_map(|flag| flag.candidate).collect();
    let names = |at: EntityIndex| -> BTreeSet<String> {
        let entity = &analysis[at];
        // The truth of a world names a digest alone; a label has the kind of the digest before it.
        let is_digest = matches!(&*entity.kind, "file" | "x509-certificate");
        let digest = entity.label.split_once(':').filter(|_| is_digest).map(|(_, digest)| digest.to_owned());
        entity.names().map(str::to_owned).chain(digest).collect()
    };
    let row = |(index, candidate): (usize, &features::Candidate)| Row {
        as_of,
        candidate_id: candidate.id.clone(),
        pattern: candidate.pattern,
        lineage: candidate.lineage.clone(),
        subject: candidate
            .anchors
            .first()
            .map(|&anchor| analysis[anchor].label.to_string())
            .unwrap_or_default(),
        anchors: candidate.anchors.iter().flat_map(|&anchor| names(anchor)).collect(),
        members: candidate
            .members
            .iter()
            .filter(|member| analysis.context.is_characteristic(**member))
            .map(|&member| names(member))
            .collect(),
        is_raised: raised.contains(&index),
        is_lead: run.gates[index].lead().is_some(),
        is_first: history[&candidate.lineage].len() == 1,
        statistic: candidate.statistic,
        null_p: candidate.null_p.unwrap_or(f64::NAN),
        expected: candidate.expected.unwrap_or(f64::NAN),
        sampling_probability: None,
        label: None,
        is_held_out: false,
        features: features.row(index).to_vec(),
    };
    run.candidates.iter().enumerate().map(row).collect()
}

/// Labels rows: by a judgement that was recorded later, else by growth from another source within the horizon.
fn label(rows: &mut [Row], history: &History, judgements: &[Judgement], horizon_days: u32, last: Moment) {
    for row in rows {
        let end = row.as_of.days_earlier(-i64::from(horizon_days));
        row.label = judged(row, judgements).or_else(|| grown(row, &history[&row.lineage], end, last));
    }
}

/// Returns the label by the verdicts of people about a row's lineage; `None` while they are contested.
fn judged(row: &Row, judgements: &[Judgement]) -> Option<Label> {
    let (is_true, recorded_at) = judgement::label(judgements, &row.lineage, row.as_of)?;
    Some(Label { is_true, recorded_at, source: "judgement" })
}

/// Returns the label of a row by its later growth until `end`; `None` while the archive ends before that.
fn grown(row: &Row, observations: &[Observation], end: Moment, last: Moment) -> Option<Label> {
    let first = observations.iter().find(|observation| observation.as_of == row.as_of);
    let first = first.expect("the history has every row");
    let growth = observations.iter().find(|later| {
        later.as_of > row.as_of
            && later.as_of <= end
            && later.statistic >= first.statistic
            && !later.origins.is_subset(&first.origins)
    });
    match growth {
        Some(later) => Some(Label { is_true: true, recorded_at: later.as_of, source: "growth" }),
        None => (end <= last).then_some(Label { is_true: false, recorded_at: end, source: "growth" }),
    }
}

/// Returns the features of rows as one table: a row for each of them, and a column for each of [`FEATURES`].
pub fn matrix(rows: &[&Row]) -> features::FeatureTable {
    features::FeatureTable::from_shape_fn((rows.len(), FEATURES.len()), |(row, column)| {
        rows[row].features[column]
    })
}
