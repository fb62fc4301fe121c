//! The screen of a run: counts, changes by cause, and for the data steward deliveries, rejects and durations.

use std::{collections::BTreeMap, path::Path};

use super::{RunData, lists::cause_in_words, scan::scan};
use crate::{explain::QuestionError, temporal::Subject};

/// Most rejected objects that a screen shows.
const REJECTS_MAX: usize = 200;
/// Most deliveries that a screen shows.
const DELIVERIES_MAX: usize = 500;

/// Number of changes with one subject, kind and cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCount {
    /// record, entity, link or community.
    pub subject: String,
    /// added, removed and so on.
    pub what: String,
    /// Name of the cause.
    pub cause: String,
    /// Cause in words.
    pub cause_in_words: String,
    /// Number of subjects.
    pub count: u64,
    /// Differences of records in words, one for each source.
    pub details: Vec<String>,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Source.
    pub source: String,
    /// Path as given.
    pub path: String,
    /// Format.
    pub format: Option<String>,
    /// ok, rejected, failed or ignored.
    pub status: String,
    /// Delivered, accepted, duplicate and rejected objects.
    pub objects: [u64; 4],
    /// New, changed and withdrawn keys.
    pub keys: [u64; 3],
}

/// Number of rejected objects by source and rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectCount {
    /// Source.
    pub source: String,
    /// Name of the rule.
    pub rule: String,
    /// Number of objects.
    pub count: u64,
    /// Number of these that an earlier run rejected, too.
    pub known: u64,
}

/// A rejected object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectRow {
    /// Source.
    pub source: String,
    /// Path as given.
    pub path: String,
    /// JSON pointer, line or row.
    pub position: Option<String>,
    /// Id that the source gave the object.
    pub object: Option<String>,
    /// Name of the rule.
    pub rule: String,
    /// Reason in words.
    pub reason: String,
}

/// A step of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRow {
    /// Name.
    pub name: String,
    /// Duration in seconds.
    pub seconds: f64,
}

/// The part of the screen for the data steward and for an audience that may read everything. It depends on records that
/// another audience may not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StewardRun {
    /// Deliveries; possibly not all.
    pub deliveries: Vec<DeliveryRow>,
    /// Number of deliveries.
    pub delivery_count: usize,
    /// Rejected objects by source and rule.
    pub reject_counts: Vec<RejectCount>,
    /// Rejected objects; possibly not all.
    pub rejects: Vec<RejectRow>,
    /// Steps of the run.
    pub steps: Vec<StepRow>,
    /// Peak memory in bytes.
    pub peak_bytes: Option<u64>,
    /// Number of threads.
    pub threads: Option<u64>,
}

/// The screen of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunScreen {
    /// Name of the run.
    pub name: String,
    /// As-of time in words.
    pub as_of: String,
    /// Name of the previous run; `None` without one.
    pub previous: Option<String>,
    /// Names and numbers: entities, links, communities, records and sources, now and in the previous run.
    pub counts: Vec<(&'static str, u64, Option<u64>)>,
    /// Number of entities by kind, most first.
    pub kinds: Vec<(String, u64)>,
    /// Number of links by layer, most first.
    pub layers: Vec<(String, u64)>,
    /// Flags by state.
    pub flags: BTreeMap<String, u64>,
    /// Candidates by status.
    pub candidates: BTreeMap<String, u64>,
    /// Changes since the previous run, by cause.
    pub changes: Vec<ChangeCount>,
    /// Deliveries, rejects and durations; `None` for other readers than the data steward.
    pub steward: Option<StewardRun>,
}

/// Returns the screen of the run. `steward` adds deliveries, rejects and durations; so does an audience that may read everything.
///
/// # Errors
/// If a table cannot be read.
pub fn run(data: &RunData, steward: bool) -> Result<RunScreen, QuestionError> {
    let (network, folder) = (&data.network, data.folder());
    let before = data.previous.as_ref().map(|(_, network)| network);
    let entities = |network: &super::network::Network| network.entities.ids.len() as u64;
    let links = |network: &super::network::Network| network.links.common.ids.len() as u64;
    let communities = |network: &super::network::Network| network.communities.ids.len() as u64;
    let sources: std::collections::BTreeSet<u32> = data.evidence.sources.iter().copied().collect();
    let counted = |values: &[u32]| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for value in values {
            *counts.entry(network.names.get(*value)).or_default() += 1;
        }
        let mut rows: Vec<(String, u64)> =
            counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        rows
    };
    Ok(RunScreen {
        name: data.name.clone(),
        as_of: data.as_of.display_utc(),
        previous: data.previous.as_ref().map(|(name, _)| name.clone()),
        counts: vec![
            ("entities", entities(network), before.map(entities)),
            ("links", links(network), before.map(links)),
            ("communities", communities(network), before.map(communities)),
            ("records", data.evidence.ids.len() as u64, None),
            ("sources", sources.len() as u64, None),
        ],
        kinds: counted(&network.entities.kinds),
        layers: counted(&network.links.layers),
        flags: counts_of(&folder, "flags", "state")?,
        candidates: counts_of(&folder, "candidates", "status")?,
        changes: changes(data),
        steward: (steward || data.sees_everything()).then(|| of_steward(&data.run_folder)).transpose()?,
    })
}

fn counts_of(
    folder: &Path,
    table: &'static str,
    column: &str,
) -> Result<BTreeMap<String, u64>, QuestionError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    scan(folder, table, &[column], |part| {
        for value in part.text(column)? {
            *counts.entry(value.clone()?).or_default() += 1;
        }
        Some(())
    })?;
    Ok(counts)
}

fn changes(data: &RunData) -> Vec<ChangeCount> {
    let mut counts: BTreeMap<[&str; 3], (u64, Vec<String>)> = BTreeMap::new();
    for change in &data.changes.rows {
        let (count, details) = counts.entry([&change.cause, &change.subject, &change.what]).or_default();
        *count += change.count;
        // The details of other subjects repeat the cause.
        details.extend(change.detail.clone().filter(|_| change.subject == Subject::Record.name()));
    }
    let row = |([cause, subject, what], (count, details)): ([&str; 3], (u64, Vec<String>))| ChangeCount {
        subject: subject.to_owned(),
        what: what.to_owned(),
        cause: cause.to_owned(),
        cause_in_words: cause_in_words(cause),
        count,
        details,
    };
    counts.into_iter().map(row).collect()
}

fn of_steward(run_folder: &Path) -> Result<StewardRun, QuestionError> {
    let folder = run_folder.join("steward");
    let mut run = StewardRun::default();
    let columns = [
        "source",
        "path",
        "format",
        "status",
        "delivered",
        "taken",
        "duplicate",
        "rejected",
        "new",
        "changed",
        "withdrawn",
    ];
    scan(&folder, "deliveries", &columns, |part| {
        run.delivery_count += part.rows();
        for row in 0..part.rows().min(DELIVERIES_MAX - run.deliveries.len()) {
            let (text, count) =
                (|name: &str| part.text(name)?[row].clone(), |name: &str| part.count(name)?[row]);
            run.deliveries.push(DeliveryRow {
                source: text("source")?,
                path: text("path")?,
                format: text("format"),
                status: text("status")?,
                objects: [count("delivered")?, count("taken")?, count("duplicate")?, count("rejected")?],
                keys: [count("new")?, count("changed")?, count("withdrawn")?],
            });
        }
        Some(())
    })?;
    let mut counts: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    let columns = ["source", "path", "position", "object_id", "rule", "reason", "known"];
    scan(&folder, "rejects", &columns, |part| {
        for row in 0..part.rows() {
            let text = |name: &str| part.text(name)?[row].clone();
            let (count, known) = counts.entry((text("source")?, text("rule")?)).or_default();
            *count += 1;
            *known += u64::from(part.flag("known")?[row]?);
            if run.rejects.len() < REJECTS_MAX {
                run.rejects.push(RejectRow {
                    source: text("source")?,
                    path: text("path")?,
                    position: text("position"),
                    object: text("object_id"),
                    rule: text("rule")?,
                    reason: text("reason")?,
                });
            }
        }
        Some(())
    })?;
    let row = |((source, rule), (count, known))| RejectCount { source, rule, count, known };
    run.reject_counts = counts.into_iter().map(row).collect();
    let bytes = std::fs::read(run_folder.join("run.json")).unwrap_or_default();
    let facts: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    run.peak_bytes = facts["peak_bytes"].as_u64();
    run.threads = facts["threads"].as_u64();
    let step = |step: &serde_json::Value| {
        Some(StepRow { name: step["name"].as_str()?.to_owned(), seconds: step["seconds"].as_f64()? })
    };
    run.steps = facts["steps"].as_array().into_iter().flatten().filter_map(step).collect();
    Ok(run)
}
