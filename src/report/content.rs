//! The page an analyst opens in the morning: what came, what changed and why, what was refused, and
//! what needs a person.
//!
//! Plain values only; whoever surveyed fills them, already cut to what the audience may see. Lists may
//! be longer in the night's tables than here; then the page says how many more there are.

pub use super::flag::{EvidenceRow, FlagLine, FlagRow, GateRow, MissRow, Stance};
pub use super::picture::{EvidenceGraph, GraphNode, GraphTie, Picture, Timeline, TimelineEvent};
pub use crate::archive::Counts;

/// Everything the page says.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Name of this deployment, or of what was surveyed.
    pub title: String,
    /// The night in words, UTC, such as `2026-11-21 02:00 UTC`.
    pub night: String,
    /// For whom the page is.
    pub audience: String,
    /// The night compared with, in words; `None` for a first night.
    pub previous: Option<String>,
    /// What happened, in two to five plain sentences.
    pub headline: Vec<String>,
    /// What came.
    pub came: Answer,
    /// What changed; its parts are causes.
    pub changed: Answer,
    /// What was refused; `None` where the audience may not know.
    pub refused: Option<Answer>,
    /// What needs a person.
    pub person: Answer,
    /// The queue in order of rank.
    pub queue: Vec<FlagRow>,
    /// A sentence above the queue, or instead of it where it is empty: why it is empty, or what one
    /// must know before believing it, such as a bulk edit. How to read a score is always said.
    pub queue_note: String,
    /// Flags outside the queue that nobody has judged, by score, closed ones last; may be fewer than there are.
    pub waiting: Vec<FlagLine>,
    /// How many of them there are, in a sentence; `None` without any.
    pub waiting_sentence: Option<String>,
    /// Candidates that nearly became flags, the nearest first; may be fewer than there are.
    pub near: Vec<MissRow>,
    /// How many candidates the gate stopped.
    pub near_count: u64,
    /// Flags that a person judged, also those that closed in this run; may be fewer than there are.
    pub other_flags: Vec<FlagLine>,
    /// How many such flags there are.
    pub other_flag_count: u64,
    /// Changes in any order; the page orders them by cause, then by count.
    pub changes: Vec<ChangeGroup>,
    /// What came, by source; `None` where the audience may not know.
    pub deliveries: Option<Vec<SourceRow>>,
    /// What was refused, by rule; `None` where the audience may not know.
    pub rejects: Option<Vec<RejectGroup>>,
    /// Names of the measures whose values stand in each row of `entities`, with a sentence on each.
    pub measures: Vec<(String, String)>,
    /// The most central entities, in order.
    pub entities: Vec<CentralRow>,
    /// Communities, largest first.
    pub communities: Vec<CommunityRow>,
    /// The map of the communities.
    pub picture: Option<Picture>,
    /// Words beyond those the page always explains: word and explanation.
    pub glossary: Vec<(String, String)>,
    /// Whether files, positions and refused objects are shown; else only how many, by source and rule.
    pub shows_files: bool,
    /// Versions, configuration, digests: name and value.
    pub provenance: Vec<(String, String)>,
}

/// One of the four answers on the first screen.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The number that answers.
    pub count: u64,
    /// What it counts, in the plural, such as `objects`.
    pub unit: String,
    /// The answer in a sentence.
    pub sentence: String,
    /// What it is made of: words and counts, at most about six.
    pub parts: Vec<(String, u64)>,
}

/// Equal changes of one cause.
#[derive(Debug, Clone, Default)]
pub struct ChangeGroup {
    /// Its cause, by the name in [`CAUSES`].
    pub cause: String,
    /// record, entity, link, community or member.
    pub subject: String,
    /// added, removed, changed, merged, split, born, grew, shrank, ended or reactivated.
    pub what: String,
    /// How many.
    pub count: u64,
    /// What happened, to be read after the count: `links are new; most say that a group uses a technique.`
    pub sentence: String,
    /// What they are made of: by kind, by source, by field; counts.
    pub breakdown: Vec<(String, u64)>,
    /// A few of them, by label.
    pub examples: Vec<String>,
}

/// One source and what came from it.
#[derive(Debug, Clone, Default)]
pub struct SourceRow {
    /// Name.
    pub source: String,
    /// snapshot or increment.
    pub mode: String,
    /// Its files and pages; may be fewer than `file_count`.
    pub files: Vec<DeliveryRow>,
    /// How many files and pages there are.
    pub file_count: u64,
    /// Sums over all its files and pages.
    pub counts: Counts,
}

/// One file or page.
#[derive(Debug, Clone, Default)]
pub struct DeliveryRow {
    /// Path as given.
    pub path: String,
    /// Format found by content.
    pub format: Option<String>,
    /// ok, rejected, failed or ignored.
    pub status: String,
    /// Digest of its bytes.
    pub digest: Option<String>,
    /// What became of its objects.
    pub counts: Counts,
}

/// Objects refused under one rule for one reason.
#[derive(Debug, Clone, Default)]
pub struct RejectGroup {
    /// The rule, as a word.
    pub rule: String,
    /// What is wrong, in words.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Where; may be fewer than `count`.
    pub rows: Vec<RejectRow>,
}

/// Where one refused object stands.
#[derive(Debug, Clone, Default)]
pub struct RejectRow {
    /// Who delivered it.
    pub source: String,
    /// In which file.
    pub path: String,
    /// JSON pointer, line or row.
    pub position: Option<String>,
    /// The object's own id.
    pub object_id: Option<String>,
}

/// One central entity.
#[derive(Debug, Clone, Default)]
pub struct CentralRow {
    /// Lasting id.
    pub id: String,
    /// Name.
    pub label: String,
    /// What it is.
    pub kind: String,
    /// One value for each of the page's `measures`, `None` where unknown.
    pub values: Vec<Option<f64>>,
    /// Why it stands here, in words.
    pub why: String,
}

/// One community.
#[derive(Debug, Clone, Default)]
pub struct CommunityRow {
    /// Its number on the map, from 1.
    pub number: u64,
    /// Lasting id.
    pub id: String,
    /// Name, made from its most central members.
    pub label: String,
    /// Entities in it.
    pub size: u64,
    /// Links inside over possible links.
    pub density: Option<f64>,
    /// Weight of the links that leave it over that of all its links.
    pub conductance: Option<f64>,
    /// What it adds to the modularity.
    pub share: Option<f64>,
    /// Chance of so dense a set in a random graph.
    pub significance: Option<f64>,
    /// What became of it since the night before, in a word.
    pub state: Option<String>,
    /// The communities it is most tied to, the heaviest first: number and weight, as on the map.
    pub ties: Vec<(u64, f64)>,
    /// Its most central members, by label.
    pub members: Vec<String>,
}

/// Whose doing a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Something happened, or was found out, in the world.
    World,
    /// A source changed its mind or its coverage.
    Source,
    /// We changed our rules.
    Ourselves,
}

/// Every cause in the order of the page: name, whose doing, and what it means.
pub const CAUSES: &[(&str, Origin, &str)] = &[
    ("observed-new", Origin::World, "Told for the first time, and of now: news."),
    ("late-arrival", Origin::World, "Older than the night before, but told to us only after it."),
    ("new-source", Origin::Source, "Came with a source that was not read before: coverage, not news."),
    ("source-correction", Origin::Source, "A source changed what it had said."),
    ("expiry", Origin::Source, "What a source said has passed the end of its validity."),
    ("deletion", Origin::Source, "A source withdrew what it had said, or it was erased."),
    ("resolver-change", Origin::Ourselves, "Our rules on who is who gave another answer on equal records."),
    ("configuration-change", Origin::Ourselves, "Our configuration changed; the records did not."),
    ("model-change", Origin::Ourselves, "Our model changed; the records did not."),
];
