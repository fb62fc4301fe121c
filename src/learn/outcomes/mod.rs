//! Outcomes: questions whose answers later records give. One row of [`OUTCOMES`] for each question, one file for each row.
//!
//! An outcome looks at each cut, which is a run or a day, with what the archive knew then, and asks about its candidates.
//! Then it waits for the horizon, and counts what was recorded after the cut. A label comes from the archive's own later records, and
//! never from a model. A candidate whose horizon has not passed has no label.

mod activity;
mod attribution;
mod completion;
mod growth;
mod surge;

use std::cell::OnceCell;

use super::backtest::Row;
use crate::{
    features::{FEATURES, Feature, FeatureFamily, Meaning, Scale},
    progress::Progress,
    reporting::{
        ReportingHistory,
        first_reports::{FirstReports, first_reports},
    },
    review::{RULES_ONLY, rules_only},
    tables::Extra,
    time::{DAY, Moment},
};

/// Time until the label of an outcome is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// Days after the cut.
    Days(u32),
    /// Cuts after the cut.
    Runs(u32),
}

/// Source of the rows of an outcome.
#[derive(Clone, Copy)]
pub enum Rows {
    /// A function over the reporting history of the archive.
    History(fn(&OutcomeInput<'_>) -> Vec<OutcomeRow>),
    /// The candidates of the patterns, from a replay of every run. The text is the only kind of label that counts; `None`
    /// if each does.
    Replay(Option<&'static str>),
}

/// A question whose answer later records give.
pub struct ForecastOutcome {
    /// Name, as in `--outcome`.
    pub name: &'static str,
    /// Name of its label table, which is also the file name without suffix.
    pub table: &'static str,
    /// The question, in one sentence.
    pub question: &'static str,
    /// The candidates: what is asked about at each cut.
    pub candidates: &'static str,
    /// Event that makes the label true.
    pub label: &'static str,
    /// Time until the label is known.
    pub horizon: Horizon,
    /// Number of candidates to show at a cut.
    pub budget: u32,
    /// Columns of the label table.
    pub columns: &'static [OutcomeColumn],
    /// Source of the rows.
    pub rows: Rows,
}

/// Use of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A feature that models read.
    Feature,
    /// A feature that is also an untrained score of its own.
    Baseline,
    /// A feature that is also a probability by a closed form.
    Forecast,
    /// An untrained score that models do not read, because it is made of the features.
    Score,
}

impl Role {
    /// Returns the text in the metadata of label tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Baseline => "feature,baseline",
            Self::Forecast => "feature,forecast",
            Self::Score => "baseline",
        }
    }
}

/// A column of a label table.
#[derive(Clone, Copy, Debug)]
pub struct OutcomeColumn {
    /// Name.
    pub name: &'static str,
    /// Meaning of a value, in a sentence.
    pub about: &'static str,
    /// Transformation for a model.
    pub scale: Scale,
    /// Family of the feature.
    pub family: &'static str,
    /// True if it reads links between subjects.
    pub is_relation: bool,
    /// Direction that the field allows: `+`, `-`, or empty if it is not decided.
    pub sign: &'static str,
    /// Use.
    pub role: Role,
}

/// One candidate of an outcome at one cut.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeRow {
    /// Time of the cut.
    pub cut: Moment,
    /// Id of the candidate.
    pub candidate_id: String,
    /// Lasting id of the unit of resampling.
    pub lineage: String,
    /// Name of the entity that the row is about.
    pub subject: String,
    /// Question of which the row is one possible answer; `None` if all rows of a cut are ranked against each other.
    pub query: Option<String>,
    /// True if a run would have raised it.
    pub is_raised: bool,
    /// Label with its recorded time; `None` if it is not known yet.
    pub label: Option<(bool, Moment)>,
    /// One value for each column; NaN if unknown.
    pub values: Vec<f64>,
}

/// Inputs of the rows of all outcomes.
pub struct OutcomeInput<'a> {
    /// Reporting history of the archive.
    pub history: &'a ReportingHistory<'a>,
    /// Progress of the backtest.
    pub progress: &'a Progress<'a>,
    first_reports: OnceCell<FirstReports>,
}

/// Least median distance of runs that count as releases, in days.
const RELEASE_DAYS: i64 = 21;
/// Least distance of two of the runs that are chosen among more frequent ones, in days.
const CHOSEN_DAYS: i64 = 28;

impl<'a> OutcomeInput<'a> {
    /// Returns the inputs of a history.
    pub fn new(history: &'a ReportingHistory<'a>, progress: &'a Progress<'a>) -> Self {
        Self { history, progress, first_reports: OnceCell::new() }
    }

    /// Returns the first reports of the history.
    pub fn first_reports(&self) -> &FirstReports {
        self.first_reports.get_or_init(|| first_reports(self.history))
    }

    /// Returns the runs that count as releases: all of them, if half of the distances are at least 21 days. Of more
    /// frequent runs these are some with at least 28 days between two of them.
    pub fn releases(&self) -> Vec<Moment> {
        let runs = &self.history.runs;
        let mut distances: Vec<i64> =
            runs.windows(2).map(|pair| pair[1].micros() - pair[0].micros()).collect();
        distances.sort_unstable();
        let median = distances.get(distances.len() / 2).copied().unwrap_or(0);
        let least = if median >= RELEASE_DAYS * DAY { 0 } else { CHOSEN_DAYS * DAY };
        let mut releases: Vec<Moment> = Vec::new();
        for run in runs {
            if releases.last().is_none_or(|last| run.micros() - last.micros() >= least) {
                releases.push(*run);
            }
        }
        releases
    }
}

/// Every outcome. To add one: a file beside this one, and its row here.
pub const OUTCOMES: &[ForecastOutcome] = &[
    FLAGS,
    CONFIRMED,
    VERDICT,
    growth::GROWTH,
    growth::GROWTH_2,
    activity::ACTOR_ACTIVITY,
    surge::SURGE,
    attribution::ATTRIBUTION,
    completion::COMPLETION,
];

/// Returns the outcome of a name; `None` for an unknown name.
pub fn named(name: &str) -> Option<&'static ForecastOutcome> {
    OUTCOMES.iter().find(|outcome| outcome.name == name)
}

/// Outcomes of the patterns' candidates have the columns of `FEATURES`.
const FLAGS: ForecastOutcome = ForecastOutcome {
    name: "flags",
    table: "backtest",
    question: "Will review or an independent source confirm the candidate of a pattern?",
    candidates: "Every candidate of every pattern in a run.",
    label: "An analyst's verdict confirms it; without a verdict, another independent source adds to it within the horizon.",
    horizon: Horizon::Days(30),
    budget: 20,
    columns: &[],
    rows: Rows::Replay(None),
};

const CONFIRMED: ForecastOutcome = ForecastOutcome {
    name: "confirmed",
    table: "backtest-confirmed",
    question: "Will an independent source confirm the candidate of a pattern?",
    label: "A source that was not behind the candidate adds to it within the horizon.",
    rows: Rows::Replay(Some("growth")),
    ..FLAGS
};

const VERDICT: ForecastOutcome = ForecastOutcome {
    name: "verdict",
    table: "backtest-verdict",
    question: "Will an analyst confirm the candidate of a pattern?",
    label: "The first verdict about the flag is `confirmed`; the verdict `benign` makes it false.",
    rows: Rows::Replay(Some("judgement")),
    ..FLAGS
};

/// A column that reads no links between subjects; the other kinds of columns derive from it.
const fn column(name: &'static str, about: &'static str, scale: Scale, sign: &'static str) -> OutcomeColumn {
    OutcomeColumn { name, about, scale, family: "history", is_relation: false, sign, role: Role::Feature }
}

impl OutcomeColumn {
    const fn with_role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    const fn of_relations(self) -> Self {
        Self { is_relation: true, family: "relations", ..self }
    }
}

/// Returns the columns of the label table of an outcome.
pub fn columns(outcome: &ForecastOutcome) -> Vec<OutcomeColumn> {
    match outcome.rows {
        Rows::History(_) => outcome.columns.to_vec(),
        Rows::Replay(_) => pattern_columns(),
    }
}

/// Returns the columns of candidates of patterns: a column for each of [`FEATURES`], and the order by rules alone.
fn pattern_columns() -> Vec<OutcomeColumn> {
    let of_feature = |feature: &Feature| OutcomeColumn {
        name: feature.name,
        about: feature.about,
        scale: feature.scale,
        family: feature.family.name(),
        is_relation: matches!(
            feature.family,
            FeatureFamily::Shape
                | FeatureFamily::NodeRole
                | FeatureFamily::LinkAnomaly
                | FeatureFamily::Motif
                | FeatureFamily::Flow
        ),
        sign: match feature.meaning {
            Meaning::High => "+",
            Meaning::Low => "-",
            Meaning::Undecided => "",
        },
        role: Role::Feature,
    };
    let about = "Order by rules alone: rarer by chance first, then the larger statistic.";
    let rules = column(RULES_ONLY, about, Scale::Plain, "+").with_role(Role::Score);
    FEATURES.iter().map(of_feature).chain([rules]).collect()
}

/// Returns the values of a candidate of a pattern, in the order of its columns.
pub fn pattern_values(row: &Row) -> Vec<f64> {
    let rules = rules_only(Some(row.null_p), row.statistic);
    row.features.iter().copied().chain([rules]).collect()
}

/// Returns the description of columns for the metadata of a label table.
pub fn extras(columns: &[OutcomeColumn]) -> Vec<Extra> {
    let extra = |column: &OutcomeColumn| Extra {
        name: column.name.to_owned(),
        about: column.about.to_owned(),
        metadata: vec![
            ("about", column.about.to_owned()),
            ("scale", scale_name(column.scale).to_owned()),
            ("family", column.family.to_owned()),
            ("relation", column.is_relation.to_string()),
            ("sign", column.sign.to_owned()),
            ("role", column.role.name().to_owned()),
        ],
    };
    columns.iter().map(extra).collect()
}

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Rank => "rank",
        Scale::Log => "log",
        Scale::Plain => "plain",
    }
}

/// Returns the metadata of the schema of a label table.
pub fn metadata(outcome: &ForecastOutcome, horizon: Horizon) -> Vec<(&'static str, String)> {
    let horizon = match horizon {
        Horizon::Days(days) => ("horizon_days", days.to_string()),
        Horizon::Runs(runs) => ("horizon_runs", runs.to_string()),
    };
    vec![
        ("outcome", outcome.name.to_owned()),
        ("question", outcome.question.to_owned()),
        ("candidates", outcome.candidates.to_owned()),
        ("label", outcome.label.to_owned()),
        horizon,
        ("budget", outcome.budget.to_string()),
    ]
}

#[cfg(test)]
mod tests;
