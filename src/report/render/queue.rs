//! The queue as the page shows it: an index, and for each flag its pictures, evidence and commands.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand every value on by reference")]

use super::super::{
    content::{EvidenceGraph, FlagLine, FlagRow, MissRow, Page, Stance, Timeline},
    picture::{GraphEdge, GraphNode, NodeKind, Picture, TimelineEvent, day, evidence_graph, timeline},
    text::{short, thousands},
};
use crate::{language::Language, record::Reliability};

/// Largest number of records of a flag that the page shows.
const EVIDENCE_MAX: usize = 25;
/// Largest number of records whose table is open at first.
const EVIDENCE_OPEN: usize = 4;
/// Largest number of flags with a card; a longer queue lists its other flags in one line each.
const CARDS_MAX: usize = 30;
/// Number of flags whose cards are open at first.
const CARDS_OPEN: u64 = 3;
/// Largest number of events in the list beside a timeline.
const EVENTS_MAX: usize = 60;
/// Verdicts, in the order of the page.
const VERDICTS: &[&str] = &["confirmed", "benign", "needs-more", "duplicate"];
/// States of flags outside the queue, in the order of the page.
const STATES: &[&str] = &["judged", "closed"];

/// One flag with all values of the template.
pub(super) struct FlagView<'a> {
    pub(super) flag: &'a FlagRow,
    /// Anchor made of its id; `None` if the id has characters that an anchor must not have.
    pub(super) anchor: Option<String>,
    pub(super) graph: Option<EvidenceGraphView<'a>>,
    pub(super) timeline: Option<TimelineView<'a>>,
    pub(super) evidence: &'a [super::super::content::EvidenceRow],
    pub(super) evidence_open: bool,
    /// True if the card opens only when a reader asks for it.
    pub(super) is_folded: bool,
    /// Command that shows the flag's records.
    pub(super) explain: String,
    /// Commands that record a verdict, each with the key of its meaning.
    pub(super) judge: Vec<(String, String)>,
}

/// An evidence graph as pictures, legend and list.
pub(super) struct EvidenceGraphView<'a> {
    pub(super) pictures: Vec<Picture>,
    pub(super) kinds: Vec<NodeKind>,
    pub(super) nodes: &'a [GraphNode],
    pub(super) edges: Vec<EdgeView<'a>>,
    pub(super) entities_beyond: u64,
    pub(super) edges_beyond: u64,
}

impl EvidenceGraphView<'_> {
    /// Returns whether the picture has a new link; the legend explains only marks of the picture.
    pub(super) fn has_new_edge(&self) -> bool {
        self.edges.iter().any(|row| row.edge.is_new)
    }

    pub(super) fn has_known_edge(&self) -> bool {
        self.edges.iter().any(|row| !row.edge.is_new)
    }

    pub(super) fn has_anchor(&self) -> bool {
        self.nodes.iter().any(|node| node.is_anchor)
    }

    pub(super) fn has_new_entity(&self) -> bool {
        self.nodes.iter().any(|node| node.is_new)
    }

    pub(super) fn has_group(&self) -> bool {
        self.nodes.iter().any(|node| node.group.is_some())
    }
}

/// A link of the list.
pub(super) struct EdgeView<'a> {
    pub(super) from: &'a str,
    pub(super) edge: &'a GraphEdge,
    pub(super) to: &'a str,
}

/// A timeline as picture and list.
pub(super) struct TimelineView<'a> {
    pub(super) picture: Picture,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) run: String,
    pub(super) events: Vec<&'a TimelineEvent>,
    pub(super) count: u64,
    pub(super) lanes_beyond: usize,
    pub(super) has_begins: bool,
}

/// A near miss or a lead with the command that shows its records.
pub(super) struct MissView<'a> {
    pub(super) miss: &'a MissRow,
    /// Id of its table on the page.
    pub(super) key: String,
    /// Reason why it is not a flag, in words.
    pub(super) why: String,
    pub(super) explain: String,
}

/// Returns the leads with their commands, in the order of the page.
pub(super) fn leads(page: &Page) -> Vec<MissView<'_>> {
    views("lead", &page.leads, |lead| short(&lead.fails, 200))
}

/// Returns the near misses with their commands, in the order of the page.
pub(super) fn near_misses<'a>(language: &Language, page: &'a Page) -> Vec<MissView<'a>> {
    let tests = |miss: &MissRow| language.fill("miss.fails", &[("tests", short(&miss.fails, 200))]);
    views("miss", &page.near_misses, tests)
}

fn views<'a>(key: &str, rows: &'a [MissRow], why: impl Fn(&MissRow) -> String) -> Vec<MissView<'a>> {
    let view = |(position, miss): (usize, &'a MissRow)| MissView {
        miss,
        key: format!("{key}-{position}"),
        why: why(miss),
        explain: format!("araneus explain {}", shell_word(&short(&miss.id, 120))),
    };
    (1..).zip(rows).map(view).collect()
}

/// Flags outside the queue that have the same state.
pub(super) struct FlagGroup<'a> {
    pub(super) heading: String,
    pub(super) flags: Vec<&'a FlagLine>,
}

/// Returns the flags with a card, in the order of the page.
pub(super) fn queue<'a>(language: &Language, page: &'a Page) -> Vec<FlagView<'a>> {
    let anchors = anchors(page.queue.iter().map(|flag| flag.id.as_str()));
    let cards = page.queue.iter().take(CARDS_MAX).zip(anchors);
    cards.map(|(flag, anchor)| flag_view(language, flag, anchor)).collect()
}

/// Returns the flags of the queue that have no card.
pub(super) fn without_card(page: &Page) -> &[FlagRow] {
    page.queue.get(CARDS_MAX..).unwrap_or_default()
}

fn flag_view<'a>(language: &Language, flag: &'a FlagRow, anchor: Option<String>) -> FlagView<'a> {
    let id = shell_word(&short(&flag.id, 120));
    let judge = |verdict: &&str| {
        (format!("araneus judgements add {id} {verdict} --reason \"…\""), format!("decision.{verdict}"))
    };
    FlagView {
        flag,
        anchor,
        graph: flag
            .graph
            .as_ref()
            .filter(|graph| !graph.nodes.is_empty())
            .map(|graph| graph_view(language, flag.rank, graph)),
        timeline: flag
            .timeline
            .as_ref()
            .filter(|line| !line.events.is_empty())
            .map(|line| timeline_view(language, flag.rank, line)),
        evidence: &flag.evidence[..flag.evidence.len().min(EVIDENCE_MAX)],
        evidence_open: flag.evidence.len() <= EVIDENCE_OPEN,
        is_folded: flag.rank > CARDS_OPEN,
        explain: format!("araneus explain {id}"),
        judge: VERDICTS.iter().map(judge).collect(),
    }
}

fn graph_view<'a>(language: &Language, rank: u64, graph: &'a EvidenceGraph) -> EvidenceGraphView<'a> {
    let (nodes, drawn) = (graph.drawn(), graph.drawn_edges());
    let (entities_beyond, edges_beyond) = graph.beyond();
    EvidenceGraphView {
        pictures: evidence_graph(language, &format!("graph-{rank}"), graph),
        kinds: graph.kinds(),
        nodes,
        entities_beyond,
        edges_beyond,
        edges: drawn
            .into_iter()
            .map(|edge| EdgeView { from: &nodes[edge.from].label, edge, to: &nodes[edge.to].label })
            .collect(),
    }
}

fn timeline_view<'a>(language: &Language, rank: u64, line: &'a Timeline) -> TimelineView<'a> {
    let mut events = line.in_order();
    let count = events.len() as u64;
    let has_begins =
        events.iter().any(|event| event.valid_from.is_some_and(|begin| begin < event.recorded_at));
    // The latest events are the most informative.
    events.drain(..events.len().saturating_sub(EVENTS_MAX));
    TimelineView {
        picture: timeline(language, &format!("timeline-{rank}"), line),
        from: day(line.from),
        to: day(line.to),
        run: day(line.run),
        events,
        count,
        lanes_beyond: line.lanes_beyond(),
        has_begins,
    }
}

/// Returns an anchor for each id that has only plain characters and is the first of its name.
fn anchors<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<Option<String>> {
    let mut given: Vec<String> = Vec::new();
    ids.map(|id| {
        let plain = !id.is_empty() && id.len() <= 120 && id.chars().all(is_plain);
        let anchor = format!("id-{id}");
        let usable = plain && !given.contains(&anchor);
        usable.then(|| {
            given.push(anchor.clone());
            anchor
        })
    })
    .collect()
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | ':')
}

/// Returns a text as one word of a shell, with any character in it, because people copy the commands.
fn shell_word(text: &str) -> String {
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''").replace(['\n', '\r'], " "))
}

/// Returns flags outside the queue by state; unknown states come last.
pub(super) fn others<'a>(language: &Language, page: &'a Page) -> Vec<FlagGroup<'a>> {
    let flags_in = |wanted: &dyn Fn(&str) -> bool| -> Vec<&FlagLine> {
        page.other_flags.iter().filter(|flag| wanted(&flag.state)).collect()
    };
    let mut groups: Vec<FlagGroup<'_>> = STATES
        .iter()
        .map(|name| FlagGroup {
            heading: language.text(&format!("others.{name}")),
            flags: flags_in(&|state| state == *name),
        })
        .collect();
    let unlisted = flags_in(&|state| !STATES.contains(&state));
    groups.push(FlagGroup { heading: language.text("others.others"), flags: unlisted });
    groups.retain(|group| !group.flags.is_empty());
    groups
}

/// Returns the queue in one line: `6 flags: 3 new, 1 grown, 2 standing.`
pub(super) fn tally(language: &Language, page: &Page) -> String {
    let parts: Vec<String> = ["new", "grown", "standing"]
        .into_iter()
        .map(|state| {
            let flags = page.queue.iter().filter(|flag| flag.state == state && !flag.is_sampled);
            (flags.count() as u64, state)
        })
        .filter(|(number, _)| *number > 0)
        .map(|(number, state)| format!("{} {}", thousands(&number), language.name("state", state)))
        .collect();
    let parts = parts.join(&language.text("list.separator"));
    let sampled = page.queue.iter().filter(|flag| flag.is_sampled).count();
    let values = [
        ("count", thousands(&((page.queue.len() - sampled) as u64))),
        ("parts", parts),
        ("sampled", sampled.to_string()),
    ];
    language.fill("queue.tally", &values)
}

impl Stance {
    /// Returns the side as a sign, which does not depend on the language.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::For => "+",
            Self::Against => "−",
        }
    }

    /// Returns the key of the side.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::For => "side.for",
            Self::Against => "side.against",
        }
    }

    /// Returns the key of the reason for the side of a record.
    pub(super) fn news(self) -> &'static str {
        match self {
            Self::For => "side.news",
            Self::Against => "side.not-news",
        }
    }
}

/// Returns the Admiralty letter with its meaning.
pub(super) fn reliability(language: &&Language, value: &Reliability) -> String {
    let letter = format!("{value:?}");
    language.fill(&format!("reliability.{letter}"), &[("letter", letter.clone())])
}
