//! Earlier nights as they were known then: candidates with their features, and labels from
//! what came later. What models learn from.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    archive::{Access, Archive},
    features::{self, FEATURES},
    index::EntityIndex,
    judgement::{Judgement, Kind, Value},
    progress::Progress,
    review::State,
    run::{
        Config, RunError, looks,
        memory::{self, Followed, Memory, Story},
    },
    time::Moment,
    view::Audience,
};

/// One candidate on one night.
#[derive(Clone, Debug)]
pub struct Row {
    /// The night.
    pub night: Moment,
    /// Id of the candidate.
    pub candidate_id: String,
    /// Name of its pattern.
    pub pattern: &'static str,
    /// What it is over the nights.
    pub lineage: String,
    /// Labels and values of those it is about, and of its members: for labels from a known truth.
    pub anchors: BTreeSet<String>,
    /// The same of its members that are neither reports nor shared by everybody.
    pub members: Vec<BTreeSet<String>>,
    /// Whether it was flagged as new that night.
    pub is_raised: bool,
    /// Whether it was a candidate for the first time.
    pub is_first: bool,
    /// How strongly the pattern showed.
    pub statistic: f64,
    /// Share of random nights that showed it as strongly.
    pub null_p: f64,
    /// Whether it came true; `None` where nobody can tell yet.
    pub label: Option<Label>,
    /// It came about in a way that training leaves out, so that evaluation shows how a model does on what it never met.
    pub is_held_out: bool,
    /// One value for each of [`FEATURES`].
    pub features: Vec<f64>,
}

/// Whether a candidate came true, and how that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Whether it did.
    pub is_true: bool,
    /// When that was known.
    pub told: Moment,
    /// `growth`, `judgement` or `truth`.
    pub source: &'static str,
}

/// Follows every night of an archive, and labels candidates by what became of them: a judgement
/// told within `horizon_days`, else growth confirmed by another independent source within them.
pub fn backtest(
    config: &Config,
    audience: Option<&str>,
    horizon_days: u32,
    watch: &Progress,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Row>, RunError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let audience = match audience {
        None | Some("all") => Audience::all(),
        Some(name) => looks::readers(&config.rules, Some(name))?.remove(0),
    };
    let judgements = archive.judgements()?;
    let (mut rows, grown) = replay(&archive, config, &audience, &judgements, watch, tell)?;
    label(&mut rows, &grown, &judgements, horizon_days, archive.runs().last().map(|night| night.moment));
    Ok(rows)
}

/// Statistic and independent sources of a candidate on a night.
struct Standing {
    night: Moment,
    statistic: f64,
    origins: BTreeSet<String>,
}

/// How each lineage stood, night by night.
type Course = BTreeMap<String, Vec<Standing>>;

fn replay(
    archive: &Archive,
    config: &Config,
    audience: &Audience,
    judgements: &[Judgement],
    watch: &Progress,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<(Vec<Row>, Course), RunError> {
    let holdings = archive.read()?;
    let story = Story { holdings: &holdings, rules: &config.rules, audience, judgements };
    let (mut memory, mut rows, mut course) = (Memory::default(), Vec::new(), Course::new());
    for night in archive.runs() {
        tell(&format!("follow {}", night.moment.display_utc()));
        let followed = memory::follow(story, &memory, night.moment, watch)?;
        for (candidate, gate) in followed.candidates.iter().zip(&followed.gates) {
            course.entry(candidate.lineage.clone()).or_default().push(Standing {
                night: night.moment,
                statistic: candidate.statistic,
                origins: gate.origins.iter().cloned().collect(),
            });
        }
        rows.extend(rows_of(&followed, night.moment, &course));
        memory = followed.memory;
    }
    Ok((rows, course))
}

fn rows_of(followed: &Followed, night: Moment, course: &Course) -> Vec<Row> {
    let analysis = &followed.analysis;
    let shown = features::features(analysis, &followed.candidates);
    let raised: BTreeSet<usize> = followed
        .flags
        .iter()
        .filter(|flag| flag.state == State::New)
        .filter_map(|flag| flag.candidate)
        .collect();
    let names = |at: EntityIndex| -> BTreeSet<String> {
        let entity = &analysis[at];
        // A truth gives the digest, a label also says of what kind it is.
        let is_digest = matches!(&*entity.kind, "file" | "x509-certificate");
        let digest = entity.label.split_once(':').filter(|_| is_digest).map(|(_, digest)| digest.to_owned());
        std::iter::once(&entity.label).chain(&entity.aliases).cloned().chain(digest).collect()
    };
    followed
        .candidates
        .iter()
        .enumerate()
        .map(|(at, candidate)| Row {
            night,
            candidate_id: candidate.id.clone(),
            pattern: candidate.pattern,
            lineage: candidate.lineage.clone(),
            anchors: candidate.anchors.iter().flat_map(|&anchor| names(anchor)).collect(),
            members: candidate
                .members
                .iter()
                .filter(|member| analysis.context.is_telling(**member))
                .map(|&member| names(member))
                .collect(),
            is_raised: raised.contains(&at),
            is_first: course[&candidate.lineage].len() == 1,
            statistic: candidate.statistic,
            null_p: candidate.null_p.unwrap_or(f64::NAN),
            label: None,
            is_held_out: false,
            features: shown.row(at).to_vec(),
        })
        .collect()
}

fn label(
    rows: &mut [Row],
    course: &Course,
    judgements: &[Judgement],
    horizon_days: u32,
    last: Option<Moment>,
) {
    let Some(last) = last else { return };
    for row in rows {
        let end = row.night.days_earlier(-i64::from(horizon_days));
        let judged = judgements.iter().find(|judgement| {
            judgement.kind == Kind::Flag
                && judgement.subject_id == row.lineage
                && judgement.recorded_at >= row.night
                && matches!(judgement.value, Value::Confirmed | Value::Benign)
        });
        if let Some(judgement) = judged {
            let is_true = judgement.value == Value::Confirmed;
            row.label = Some(Label { is_true, told: judgement.recorded_at, source: "judgement" });
            continue;
        }
        let own = &course[&row.lineage];
        let then =
            own.iter().find(|standing| standing.night == row.night).expect("each row is one of its course");
        let grown = own.iter().find(|later| {
            later.night > row.night
                && later.night <= end
                && later.statistic >= then.statistic
                && !later.origins.is_subset(&then.origins)
        });
        row.label = match grown {
            Some(later) => Some(Label { is_true: true, told: later.night, source: "growth" }),
            // Not yet is not never.
            None if end <= last => Some(Label { is_true: false, told: end, source: "growth" }),
            None => None,
        };
    }
}

/// Returns the features of rows as one table, one row each, one column for each of [`FEATURES`].
pub fn matrix(rows: &[&Row]) -> features::Table {
    features::Table::from_shape_fn((rows.len(), FEATURES.len()), |(row, column)| rows[row].features[column])
}
