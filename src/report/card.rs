//! Card of a flag, a lead or a near miss for the review page: content as data, and pictures as SVG.

pub use super::expected::CardExpected;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    content::{EvidenceGraph, EvidenceRow, FlagRow, MissRow, Stance},
    defang::defang,
    evidence,
    expected::ExpectedItems,
    facts::Facts,
    picture, queue,
};
use crate::{
    features::{self, Candidate},
    index::RecordIndex,
    language,
    time::Moment,
};

/// Subject of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardKind {
    /// A flag of the run.
    Flag,
    /// A lead.
    Lead,
    /// A candidate that the gate stopped, and that came near to a flag.
    NearMiss,
}

/// Every kind with its name in tables.
pub const CARD_KINDS: &[(CardKind, &str)] =
    &[(CardKind::Flag, "flag"), (CardKind::Lead, "lead"), (CardKind::NearMiss, "near-miss")];

impl CardKind {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        CARD_KINDS.iter().find(|row| row.0 == self).expect("every kind is on the table").1
    }
}

/// One card.
#[derive(Clone, Debug)]
pub struct Card {
    /// Id of the flag; for a lead and a near miss the lineage of the candidate, which would be the id of its flag.
    pub flag_id: String,
    /// Subject of the card.
    pub kind: CardKind,
    /// Id of the candidate.
    pub candidate_id: String,
    /// Content.
    pub content: CardContent,
    /// Graph of its entities as SVG elements, one for each width of screen; empty without entities.
    pub graph: String,
    /// Timeline of its records as an SVG element; empty without records or in the first run.
    pub timeline: String,
}

/// Content of a card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardContent {
    /// The claim in one sentence.
    pub title: String,
    /// Name of the pattern.
    pub pattern: String,
    /// Description of the pattern.
    pub pattern_about: String,
    /// State in the previous run, in words; empty for a lead and a near miss.
    pub previous_state: String,
    /// Reason why it is a lead, or the tests that it failed; empty for a flag.
    pub why: String,
    /// Every test of the gate.
    pub tests: Vec<CardTest>,
    /// Entities, the main ones first.
    pub entities: Vec<CardEntity>,
    /// Number of entities that `entities` leaves out.
    pub entities_beyond: u64,
    /// Id and name of the community with most of the entities.
    pub community: Option<(String, String)>,
    /// Reasons for a review, in sentences.
    pub reasons_for: Vec<String>,
    /// Other explanations, in sentences.
    pub reasons_against: Vec<String>,
    /// Sentence with the records that give the flag its marking.
    pub marking_reason: Option<String>,
    /// Links of the graph in words.
    pub links: Vec<CardLink>,
    /// Letters in the graph and the kind of entity that they mean.
    pub kinds: Vec<(String, String)>,
    /// Number of entities and of links that the graph leaves out.
    pub graph_beyond: (u64, u64),
    /// Records, the most important first; possibly not all.
    pub records: Vec<CardRecord>,
    /// Number of records.
    pub record_count: u64,
    /// Entities that similar subjects use and this subject is not seen to use, the most expected first.
    pub expected: Vec<CardExpected>,
    /// Name of the subject of `expected`.
    pub expected_of: String,
}

/// One test of the gate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardTest {
    /// Name.
    pub test: String,
    /// True if the candidate passes.
    pub passed: bool,
    /// Value and threshold, in a sentence.
    pub sentence: String,
}

/// One entity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardEntity {
    /// Lasting id.
    pub id: String,
    /// Name.
    pub label: String,
    /// Kind, such as `malware`.
    pub kind: String,
    /// True if the claim is about the entity.
    pub is_anchor: bool,
    /// True if the entity is news.
    pub is_new: bool,
}

/// One link of the graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardLink {
    /// Name of the entity at which it begins.
    pub from: String,
    /// Kind of the link.
    pub kind: String,
    /// Name of the entity at which it ends.
    pub to: String,
    /// True if the link is news.
    pub is_new: bool,
    /// Number of independent sources.
    pub sources: u32,
}

/// One record behind the card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CardRecord {
    /// Id of the record.
    pub record_id: String,
    /// True if it supports the claim, and false if it weakens it.
    pub is_for: bool,
    /// Name of its source.
    pub source: String,
    /// Reliability of its source, A to F.
    pub reliability: String,
    /// Content in words.
    pub content: String,
    /// Marking; `None` if unmarked.
    pub marking: Option<String>,
    /// Id that the source gave the object.
    pub object_id: String,
    /// Recorded time, in words, UTC.
    pub recorded_at: String,
    /// Begin of the valid time, in words, UTC.
    pub first_seen: Option<String>,
    /// End of the valid time, in words, UTC.
    pub last_seen: Option<String>,
}

/// Returns the cards of a run for one audience: flags with a candidate in the order of the queue, then leads, then the
/// nearest misses.
pub fn cards(facts: &Facts<'_>) -> Vec<Card> {
    let flags: Vec<(usize, &Candidate)> = (0..facts.flags.len())
        .filter_map(|position| Some((position, facts.flags[position].candidate.as_ref()?)))
        .collect();
    let (leads, misses) = (queue::lead_positions(facts), queue::nearest(facts));
    let candidates = |positions: &[usize], kind: CardKind, most: usize| -> Vec<(CardKind, usize)> {
        positions.iter().take(most).map(|position| (kind, *position)).collect()
    };
    let others: Vec<(CardKind, usize)> = candidates(&leads, CardKind::Lead, LEADS_MAX)
        .into_iter()
        .chain(candidates(&misses, CardKind::NearMiss, MISSES_MAX))
        .collect();
    let shown = flags.iter().map(|(_, candidate)| *candidate);
    let expected =
        ExpectedItems::of(facts.analysis, shown.chain(others.iter().map(|(_, at)| &facts.candidates[*at])));
    let of_flags =
        flags.par_iter().map(|(position, candidate)| flag_card(facts, *position, candidate, &expected));
    let of_others = others.par_iter().map(|(kind, position)| other_card(facts, *kind, *position, &expected));
    of_flags.chain(of_others).collect()
}

/// Largest number of leads with a card.
const LEADS_MAX: usize = 60;
/// Largest number of near misses with a card.
const MISSES_MAX: usize = 10;
/// Largest number of entities that a card names.
const ENTITIES_MAX: usize = 60;

fn flag_card(facts: &Facts<'_>, position: usize, candidate: &Candidate, expected: &ExpectedItems) -> Card {
    let queued = &facts.flags[position];
    let row: FlagRow = queue::row(facts, queued, queued.rank.unwrap_or_default(), candidate);
    let content = CardContent {
        title: row.title,
        pattern_about: row.pattern_about,
        previous_state: row.previous_state,
        reasons_for: row.reasons_for,
        reasons_against: row.reasons_against,
        marking_reason: row.marking_reason,
        tests: queued.gate.as_ref().map(|gate| tests(facts, gate)).unwrap_or_default(),
        ..common(facts, candidate, expected)
    };
    let content = CardContent { community: community(facts, queued.flag.community_id.as_deref()), ..content };
    card(facts, (CardKind::Flag, &queued.flag.id), candidate, content)
}

fn other_card(facts: &Facts<'_>, kind: CardKind, position: usize, expected: &ExpectedItems) -> Card {
    let (candidate, gate) = (&facts.candidates[position], &facts.gates[position]);
    let row: MissRow = queue::near_miss(facts.language, facts.analysis, candidate, gate);
    let why = match gate.lead() {
        Some(lead) if kind == CardKind::Lead => facts.language.name("lead", lead.name()),
        _ => facts.language.fill("miss.fails", &[("tests", row.fails)]),
    };
    let content = CardContent {
        title: row.title,
        pattern_about: language::pattern_about(facts.language, candidate.pattern),
        why,
        tests: tests(facts, gate),
        ..common(facts, candidate, expected)
    };
    card(facts, (kind, &candidate.lineage), candidate, content)
}

fn tests(facts: &Facts<'_>, gate: &crate::review::Gate) -> Vec<CardTest> {
    let test = |test: crate::review::GateTest| CardTest {
        test: facts.language.name("test", test.name),
        passed: test.passed,
        sentence: language::gate_test(facts.language, &test),
    };
    gate.tests().into_iter().map(test).collect()
}

fn community(facts: &Facts<'_>, id: Option<&str>) -> Option<(String, String)> {
    let community = facts.analysis.communities.iter().find(|community| Some(&*community.id) == id)?;
    Some((community.id.clone(), super::facts::name_of(facts.language, facts.analysis, community)))
}

/// Returns the parts of the content that flags and other candidates share.
fn common(facts: &Facts<'_>, candidate: &Candidate, expected: &ExpectedItems) -> CardContent {
    let (language, analysis) = (facts.language, facts.analysis);
    let records = features::records(analysis, candidate);
    let others = candidate.members.iter().filter(|member| !candidate.anchors.contains(member));
    let entities: Vec<CardEntity> = candidate
        .anchors
        .iter()
        .chain(others)
        .map(|&index| CardEntity {
            id: analysis[index].id.into(),
            label: analysis[index].label.to_string(),
            kind: analysis[index].kind.into(),
            is_anchor: candidate.anchors.contains(&index),
            is_new: analysis.context.is_new[index.index()],
        })
        .collect();
    let (expected_of, expected) = expected.of_candidate(analysis, candidate);
    CardContent {
        pattern: candidate.pattern.to_owned(),
        entities_beyond: entities.len().saturating_sub(ENTITIES_MAX) as u64,
        entities: entities.into_iter().take(ENTITIES_MAX).collect(),
        records: card_records(facts, &evidence::rows(language, analysis, candidate, &records), &records),
        record_count: records.len() as u64,
        expected,
        expected_of,
        ..CardContent::default()
    }
}

/// Returns the rows of the evidence with the valid times of their records.
fn card_records(facts: &Facts<'_>, rows: &[EvidenceRow], records: &[RecordIndex]) -> Vec<CardRecord> {
    let analysis = facts.analysis;
    let by_id: std::collections::BTreeMap<String, RecordIndex> =
        records.iter().map(|&index| (analysis[index].id.to_string(), index)).collect();
    rows.iter()
        .map(|row| {
            let seen =
                by_id.get(&row.record_id).map(|&index| analysis[index].content.seen()).unwrap_or_default();
            CardRecord {
                record_id: row.record_id.clone(),
                is_for: row.stance == Stance::For,
                source: row.source.clone(),
                reliability: row.reliability.map(|value| format!("{value:?}")).unwrap_or_default(),
                content: row.content.clone(),
                marking: row.marking.clone(),
                object_id: row.object_id.clone().unwrap_or_default(),
                recorded_at: row.recorded_at.clone(),
                first_seen: seen.start.map(Moment::display_utc),
                last_seen: seen.end.map(Moment::display_utc),
            }
        })
        .collect()
}

/// Draws the pictures of a candidate, with defanged names.
fn card(
    facts: &Facts<'_>,
    (kind, flag_id): (CardKind, &str),
    candidate: &Candidate,
    content: CardContent,
) -> Card {
    let records = features::records(facts.analysis, candidate);
    let mut graph: EvidenceGraph = evidence::graph(facts.analysis, candidate);
    let links = graph.drawn_edges().into_iter().map(|edge| CardLink {
        from: graph.nodes[edge.from].label.clone(),
        kind: edge.kind.clone(),
        to: graph.nodes[edge.to].label.clone(),
        is_new: edge.is_new,
        sources: edge.sources,
    });
    let kinds = graph.kinds().into_iter().map(|kind| (kind.letters, kind.name)).collect();
    let content = CardContent { links: links.collect(), kinds, graph_beyond: graph.beyond(), ..content };
    for node in &mut graph.nodes {
        node.label = defang(&node.label);
    }
    let timeline = evidence::timeline(facts.language, facts.analysis, candidate, &records)
        .filter(|timeline| !timeline.events.is_empty())
        .map(|mut timeline| {
            for event in &mut timeline.events {
                event.content = defang(&event.content);
                event.source = defang(&event.source);
            }
            plain(picture::timeline(facts.language, "card-timeline", &timeline).svg())
        });
    let pictures = picture::evidence_graph(facts.language, "card-graph", &graph);
    Card {
        flag_id: flag_id.to_owned(),
        kind,
        candidate_id: candidate.id.clone(),
        graph: if graph.nodes.is_empty() {
            String::new()
        } else {
            pictures.iter().map(|picture| plain(picture.svg())).collect()
        },
        timeline: timeline.unwrap_or_default(),
        content,
    }
}

/// Returns a picture without style attributes, which the content security policy of the review page forbids. A quote in a
/// text is escaped, so that only the template has such an attribute.
fn plain(svg: &str) -> String {
    let mut text = svg.to_owned();
    while let Some(start) = text.find(" style=\"") {
        let value = start + " style=\"".len();
        let Some(length) = text[value..].find('"') else { break };
        text.replace_range(start..=value + length, "");
    }
    text
}
