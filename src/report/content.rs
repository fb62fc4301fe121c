//! Content of the report: deliveries, changes with their causes, rejects, and the review queue.
//!
//! The types hold plain values, already cut to what the audience may see. A list may be shorter than in
//! the tables of the run; then the page states the number of missing rows.

pub use super::flag::{EvidenceRow, FlagLine, FlagRow, GateRow, MissRow, Stance};
pub use super::picture::{EvidenceGraph, GraphEdge, GraphNode, Picture, Timeline, TimelineEvent};
pub use crate::archive::DeliveryCounts;

/// Content of the page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Title, such as `Run of 2026-11-21`.
    pub title: String,
    /// As-of time of the run in words, such as `2026-11-21 02:00 UTC`.
    pub run: String,
    /// Name of the audience.
    pub audience: String,
    /// As-of time of the previous run in words; `None` for the first run.
    pub previous: Option<String>,
    /// Summary of the run in one to five sentences.
    pub headline: Vec<String>,
    /// Sources whose agreements have obligations, each with its obligations.
    pub obligations: Vec<(String, Vec<String>)>,
    /// Number of delivered objects.
    pub delivered: Answer,
    /// Number of changed records; its parts are causes.
    pub changed: Answer,
    /// Number of rejected objects; `None` if the audience may not know it.
    pub rejected: Option<Answer>,
    /// Number of flags in the queue.
    pub to_review: Answer,
    /// The queue in order of rank.
    pub queue: Vec<FlagRow>,
    /// Sentences above the queue, or instead of an empty queue: the reason for an empty queue, or facts that a
    /// reader of the queue needs, such as a bulk edit.
    pub queue_note: String,
    /// Flags outside the queue without a verdict, by score, closed ones last; possibly not all.
    pub waiting: Vec<FlagLine>,
    /// Sentence with the number of such flags; `None` without any.
    pub waiting_sentence: Option<String>,
    /// Leads, the strongest first; possibly not all.
    pub leads: Vec<MissRow>,
    /// Number of leads.
    pub lead_count: u64,
    /// Candidates that nearly became flags, the nearest first; possibly not all.
    pub near_misses: Vec<MissRow>,
    /// Number of candidates that the gate stopped.
    pub near_miss_count: u64,
    /// Flags with a verdict, also those that closed in this run; possibly not all.
    pub other_flags: Vec<FlagLine>,
    /// Number of such flags.
    pub other_flag_count: u64,
    /// Changes in any order; the page orders them by cause, then by count.
    pub changes: Vec<ChangeGroup>,
    /// Deliveries by source; `None` if the audience may not know them.
    pub deliveries: Option<Vec<SourceRow>>,
    /// Rejected objects by rule; `None` if the audience may not know them.
    pub rejects: Option<Vec<RejectGroup>>,
    /// Name and description of the metrics of `entities`, in the order of their values.
    pub metrics: Vec<(String, String)>,
    /// The most central entities, in order.
    pub entities: Vec<CentralRow>,
    /// Communities, largest first.
    pub communities: Vec<CommunityRow>,
    /// Random networks with such a partition, in sentences; `None` if it was not compared.
    pub partition_chance: Option<String>,
    /// The map of the communities.
    pub picture: Option<Picture>,
    /// Terms and explanations beyond those that every page has.
    pub glossary: Vec<(String, String)>,
    /// True if the page shows files, positions and rejected objects; else only numbers by source and rule.
    pub shows_files: bool,
    /// Name and value of versions, configuration and digests.
    pub provenance: Vec<(String, String)>,
}

/// One of the four answers on the first screen.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The number.
    pub count: u64,
    /// Unit of the number in the plural, such as `objects`.
    pub unit: String,
    /// The answer as a sentence, to be read after number and unit.
    pub sentence: String,
    /// Names and counts of its parts, at most about six.
    pub parts: Vec<(String, u64)>,
}

/// A group of equal changes with one cause.
#[derive(Debug, Clone, Default)]
pub struct ChangeGroup {
    /// Name of the cause in [`CAUSES`].
    pub cause: String,
    /// Type of subject: record, entity, link, community or member.
    pub subject: String,
    /// Type of change: added, removed, changed, merged, split, born, grew, shrank, ended or reactivated.
    pub what: String,
    /// Number of changes or objects.
    pub count: u64,
    /// Description, to be read after the count, such as `links are new; most link a group to a technique.`
    pub sentence: String,
    /// Counts by kind, source or field.
    pub breakdown: Vec<(String, u64)>,
    /// Labels of some subjects.
    pub examples: Vec<String>,
}

/// One source with its deliveries.
#[derive(Debug, Clone, Default)]
pub struct SourceRow {
    /// Name.
    pub source: String,
    /// Delivery mode: snapshot or increment.
    pub mode: String,
    /// Its files and pages; possibly fewer than `file_count`.
    pub files: Vec<DeliveryRow>,
    /// Number of files and pages.
    pub file_count: u64,
    /// Sums over all its files and pages.
    pub counts: DeliveryCounts,
}

/// One file or page.
#[derive(Debug, Clone, Default)]
pub struct DeliveryRow {
    /// Path as given.
    pub path: String,
    /// Format that the content shows.
    pub format: Option<String>,
    /// Status: ok, rejected, failed or ignored.
    pub status: String,
    /// BLAKE3 digest of its bytes.
    pub digest: Option<String>,
    /// Numbers of its objects by outcome.
    pub counts: DeliveryCounts,
}

/// Objects rejected by one rule for one reason.
#[derive(Debug, Clone, Default)]
pub struct RejectGroup {
    /// Name of the rule.
    pub rule: String,
    /// Reason in words.
    pub reason: String,
    /// Number of changes or objects.
    pub count: u64,
    /// The objects; possibly fewer than `count`.
    pub rows: Vec<RejectRow>,
}

/// Position of one rejected object.
#[derive(Debug, Clone, Default)]
pub struct RejectRow {
    /// Name of the source.
    pub source: String,
    /// Path of the file.
    pub path: String,
    /// JSON pointer, line or row.
    pub position: Option<String>,
    /// Id that the source gave the object.
    pub object_id: Option<String>,
}

/// One central entity.
#[derive(Debug, Clone, Default)]
pub struct CentralRow {
    /// Lasting id.
    pub id: String,
    /// Name.
    pub label: String,
    /// Kind.
    pub kind: String,
    /// One value for each of the page's `metrics`; `None` where not defined.
    pub values: Vec<Option<f64>>,
    /// Links and sources of the entity, and random networks with such a broker, in sentences.
    pub why: String,
}

/// One community.
#[derive(Debug, Clone, Default)]
pub struct CommunityRow {
    /// Its number on the map, from 1.
    pub number: u64,
    /// Lasting id.
    pub id: String,
    /// Name, made from the labels of its most central members.
    pub label: String,
    /// Entities in it.
    pub size: u64,
    /// Links inside over possible links, 0 to 1.
    pub density: Option<f64>,
    /// Weight of the links that leave it over the weight of all its links, 0 to 1.
    pub conductance: Option<f64>,
    /// Contribution to the modularity.
    pub share: Option<f64>,
    /// Random networks with such a community, in words; `None` if it was not compared.
    pub chance: Option<String>,
    /// Community event since the previous run.
    pub state: Option<String>,
    /// Number and weight of the neighbouring communities, the heaviest edge first.
    pub edges: Vec<(u64, f64)>,
    /// Labels of its most central members.
    pub members: Vec<String>,
}

/// Origin of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Something happened or was discovered in the world.
    World,
    /// A source changed its records or its coverage.
    Source,
    /// The operator changed rules, configuration or model.
    Operator,
}

/// Every cause in the order of the page: name and origin. The language has its meaning.
pub const CAUSES: &[(&str, Origin)] = &[
    ("observed-new", Origin::World),
    ("late-arrival", Origin::World),
    ("new-source", Origin::Source),
    ("source-correction", Origin::Source),
    ("expiry", Origin::Source),
    ("deletion", Origin::Source),
    ("resolver-change", Origin::Operator),
    ("configuration-change", Origin::Operator),
    ("model-change", Origin::Operator),
];
