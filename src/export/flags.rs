//! Flags that leave: those with the verdict *confirmed* in force, and on request the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{error::ExportError, network, table_columns::TableColumns};
use crate::{
    explain::{self, PublishedFlag, Verdict},
    judgement::{Judgement, Kind, Value},
    marking::Marking,
    run::published::published_runs,
    time::Moment,
};

/// Number of earlier runs whose tables are searched for flags that closed.
const REMEMBERED_RUNS: usize = 400;

/// Judgement of an exported flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judged {
    /// The verdict *confirmed* is in force.
    Confirmed,
    /// It has no confirmation; it leaves on request only.
    Unjudged,
    /// It closed, a person judged it benign, or the verdict *confirmed* is no longer in force.
    Revoked,
}

impl Judged {
    /// Returns the label of exported objects.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unjudged => "unjudged",
            Self::Revoked => "revoked",
        }
    }
}

/// A flag that is exported.
#[derive(Clone, Debug)]
pub struct ExportedFlag {
    /// Lasting id.
    pub id: String,
    /// Name of its pattern.
    pub pattern: String,
    /// Title; `None` for a flag that only an earlier run has.
    pub title: Option<String>,
    /// Ids of its entities.
    pub entity_ids: Vec<String>,
    /// Score from 0 to 1.
    pub score: f64,
    /// Calibrated probability, if there is one.
    pub probability: Option<f64>,
    /// Id of the model that scored it.
    pub model_id: Option<String>,
    /// Reasons for a review.
    pub reasons_for: Vec<String>,
    /// Other explanations.
    pub reasons_against: Vec<String>,
    /// Number of independent sources.
    pub source_count: u64,
    /// As-of time of the run that first flagged it.
    pub first_flagged: Moment,
    /// State.
    pub state: String,
    /// Marking.
    pub marking: Marking,
    /// Verdict in force, if there is one.
    pub verdict: Option<String>,
    /// Judgement.
    pub judged: Judged,
    /// The last verdict of each person that is in force.
    pub verdicts: Vec<Verdict>,
    /// Sources of its records, sorted.
    pub sources: Vec<String>,
}

/// Reads the flags of a run that leave, by id.
pub(super) fn flags(
    run: &Path,
    audience: &str,
    judgements: &[Judgement],
    with_unjudged: bool,
) -> Result<Vec<ExportedFlag>, ExportError> {
    let folder = run.join(audience);
    let confirmed = ever_confirmed(judgements);
    let mut flags: BTreeMap<String, ExportedFlag> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let table = TableColumns::read(&folder, "flags")?;
    for (row, published) in table.rows().zip(explain::flags(&folder, judgements)?) {
        known.insert(published.flag_id.clone());
        let Some(judged) = judged(&published, &confirmed, with_unjudged) else { continue };
        flags.insert(published.flag_id.clone(), read(&table, row, published, judged)?);
    }
    let mut wanted: BTreeSet<String> = confirmed.difference(&known).cloned().collect();
    let earlier = if wanted.is_empty() && !with_unjudged { Vec::new() } else { runs_before(run) };
    for folder in earlier.iter().map(|run| run.join(audience)) {
        let Ok(table) = TableColumns::read(&folder, "flags") else { continue };
        for row in table.rows() {
            let Some(id) = table.text_at("flag_id", row) else { continue };
            let is_first = !known.contains(id);
            let is_closed = with_unjudged && is_first && table.text_at("state", row) == Some("closed");
            known.insert(id.to_owned());
            if wanted.remove(id) || is_closed {
                flags.extend(withdrawn(&table, row).map(|flag| (flag.id.clone(), flag)));
            }
        }
        if wanted.is_empty() && !with_unjudged {
            break;
        }
    }
    add_sources(&folder, &mut flags)?;
    Ok(flags.into_values().collect())
}

/// Returns the ids of the flags that anybody ever confirmed.
fn ever_confirmed(judgements: &[Judgement]) -> BTreeSet<String> {
    let confirmed = judgements
        .iter()
        .filter(|judgement| judgement.kind == Kind::Flag && judgement.value == Value::Confirmed);
    confirmed.map(|judgement| judgement.subject_id.clone()).collect()
}

/// Returns how a flag leaves; `None` if it stays.
fn judged(flag: &PublishedFlag, confirmed: &BTreeSet<String>, with_unjudged: bool) -> Option<Judged> {
    let is_confirmed = flag.verdict.as_deref() == Some(Value::Confirmed.name());
    let is_over = flag.state == "closed" || flag.verdict.as_deref() == Some(Value::Benign.name());
    if is_confirmed && !is_over {
        return Some(Judged::Confirmed);
    }
    if flag.sampled && !confirmed.contains(&flag.flag_id) {
        // A candidate that was drawn at random is not a flag.
        return None;
    }
    if confirmed.contains(&flag.flag_id) && (is_over || !with_unjudged) {
        return Some(Judged::Revoked);
    }
    match (with_unjudged, is_over) {
        (false, _) => None,
        (true, true) => Some(Judged::Revoked),
        (true, false) => Some(Judged::Unjudged),
    }
}

fn read(
    table: &TableColumns,
    row: usize,
    published: PublishedFlag,
    judged: Judged,
) -> Result<ExportedFlag, ExportError> {
    Ok(ExportedFlag {
        id: published.flag_id,
        pattern: published.pattern,
        title: Some(published.title),
        entity_ids: table.texts("entity_ids", row)?,
        score: published.score,
        probability: table.number("probability", row),
        model_id: table.maybe_text("model_id", row),
        reasons_for: table.texts("reasons_for", row)?,
        reasons_against: table.texts("reasons_against", row)?,
        source_count: table.count("source_count", row).unwrap_or_default(),
        first_flagged: published.first_flagged.unwrap_or(Moment::from_micros(0)),
        state: published.state,
        marking: network::marking(table.text_at("marking", row)),
        verdict: published.verdict,
        judged,
        verdicts: published.verdicts,
        sources: Vec::new(),
    })
}

/// Returns a flag that only an earlier run has. Its title and reasons stay, because their records may be gone.
fn withdrawn(table: &TableColumns, row: usize) -> Option<ExportedFlag> {
    Some(ExportedFlag {
        id: table.maybe_text("flag_id", row)?,
        pattern: table.maybe_text("pattern", row)?,
        title: None,
        entity_ids: Vec::new(),
        score: 0.0,
        probability: None,
        model_id: None,
        reasons_for: Vec::new(),
        reasons_against: Vec::new(),
        source_count: 0,
        first_flagged: table.time("first_flagged", row)?,
        state: "closed".to_owned(),
        marking: network::marking(table.text_at("marking", row)),
        verdict: None,
        judged: Judged::Revoked,
        verdicts: Vec::new(),
        sources: Vec::new(),
    })
}

/// Returns the folders of the runs before a run, the latest first.
fn runs_before(run: &Path) -> Vec<std::path::PathBuf> {
    let run = run.canonicalize().unwrap_or_else(|_| run.to_owned());
    let (Some(name), Some(out)) = (run.file_name().and_then(|name| name.to_str()), run.parent()) else {
        return Vec::new();
    };
    let earlier = published_runs(out).into_iter().rev().filter(|other| other.as_str() < name);
    earlier.take(REMEMBERED_RUNS).map(|other| out.join(other)).collect()
}

/// Adds the sources of the records behind each flag.
fn add_sources(folder: &Path, flags: &mut BTreeMap<String, ExportedFlag>) -> Result<(), ExportError> {
    let table = TableColumns::read(folder, "evidence")?;
    let mut sources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in table.rows() {
        let (Some(subject), Some(source)) = (table.text_at("subject_id", row), table.text_at("source", row))
        else {
            continue;
        };
        if flags.contains_key(subject) {
            sources.entry(subject).or_default().insert(source);
        }
    }
    for (id, sources) in sources {
        if let Some(flag) = flags.get_mut(id) {
            flag.sources = sources.into_iter().map(str::to_owned).collect();
        }
    }
    Ok(())
}
