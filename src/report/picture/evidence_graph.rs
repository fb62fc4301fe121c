//! The picture of one flag: the entities it is about, and what ties them, new ties apart from old.
//!
//! The picture repeats what the list beside it says. Kind is told by shape and letters, news by width
//! and dashes, what the claim is about by a second outline: nothing by colour alone.

use askama::Template;

use super::{
    Picture,
    bands::{Band, band_names, bands},
    free::{Free, Word},
    kinds::{Family, letters},
    pixels,
    places::{Arrangements, Body, LINE, Places, arrange, fit, name_lines, text_width},
};
use crate::report::text::{self, short, visible};

/// Entities drawn at most; a picture of more shows a hairball.
pub(crate) const NODES_MAX: usize = 30;
const RADIUS: f64 = 12.0;
const ANCHOR_RADIUS: f64 = 17.0;
/// New ties up to which kinds are written beside them, and all ties up to which also known ones.
const FRESH_NAMED: usize = 18;
const KNOWN_NAMED: usize = 6;
/// Ties told in the description; the list has all.
const TIES_DESCRIBED: usize = 6;
const TIE_KIND_MAX: usize = 26;
/// Pixels between ties of the same two entities.
const BESIDE: f64 = 7.0;

/// Entities and ties of one flag, the most important first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvidenceGraph {
    /// Entities; at most 30 are drawn and listed.
    pub nodes: Vec<GraphNode>,
    /// Ties between them, by position in `nodes`.
    pub ties: Vec<GraphTie>,
    /// How many further entities belong to the flag and are not among `nodes`.
    pub left_out: u64,
}

/// One entity of the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphNode {
    /// Name.
    pub label: String,
    /// Kind, such as `domain-name`.
    pub kind: String,
    /// Whether the claim is about it.
    pub is_anchor: bool,
    /// Whether it came with what is news.
    pub is_new: bool,
    /// Number of the group it stood in the night before, from 1, where the claim needs that.
    pub group: Option<u32>,
}

/// One tie of the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphTie {
    /// Position of one entity.
    pub from: usize,
    /// Position of the other.
    pub to: usize,
    /// Kind, such as `communicates-with`.
    pub kind: String,
    /// Whether it is news.
    pub is_new: bool,
    /// Independent sources that tell of it.
    pub sources: u32,
}

/// A frame that the graph is drawn for: pixels at which it is meant to be seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// A word that tells the frames of one flag apart.
    pub(crate) name: &'static str,
    pub(crate) width: f64,
    /// Pixels of one line of a name, for few and for many entities.
    name_width: (f64, f64),
    /// Whether the long axis lies; else it stands.
    lying: bool,
}

/// Frames that a page shows: one on a screen or on paper, one on a phone.
pub(crate) const FRAMES: [Frame; 2] = [
    Frame { name: "wide", width: 640.0, name_width: (150.0, 112.0), lying: true },
    Frame { name: "narrow", width: 310.0, name_width: (116.0, 84.0), lying: false },
];

/// A kind that occurs in a graph, as its legend shows it.
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) letters: String,
    pub(crate) path: String,
    pub(crate) class: &'static str,
}

impl EvidenceGraph {
    /// Returns the entities that are drawn and listed.
    pub(crate) fn drawn(&self) -> &[GraphNode] {
        &self.nodes[..self.nodes.len().min(NODES_MAX)]
    }

    /// Returns the ties between drawn entities.
    pub(crate) fn drawn_ties(&self) -> Vec<&GraphTie> {
        let count = self.drawn().len();
        self.ties.iter().filter(|tie| tie.from < count && tie.to < count).collect()
    }

    /// Returns how many entities are not drawn, and how many ties.
    pub(crate) fn beyond(&self) -> (u64, u64) {
        let entities = self.left_out + (self.nodes.len() - self.drawn().len()) as u64;
        (entities, (self.ties.len() - self.drawn_ties().len()) as u64)
    }

    /// Returns the kinds that occur, by name.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let named = letters(self.drawn().iter().map(|node| node.kind.as_str()));
        let kind = |(name, letters): (&str, String)| {
            let family = Family::of(name);
            Kind { name: name.to_owned(), letters, path: family.path(9.0), class: family.class() }
        };
        named.into_iter().map(kind).collect()
    }
}

/// Draws the graph for each of [`FRAMES`]. `id` tells the pictures of one page apart.
pub(crate) fn evidence_graph(id: &str, graph: &EvidenceGraph) -> Vec<Picture> {
    let nodes = graph.drawn();
    let ties = graph.drawn_ties();
    // Several ties between the same two pull no harder than one.
    let mut pairs: Vec<(usize, usize)> =
        ties.iter().map(|tie| (tie.from.min(tie.to), tie.from.max(tie.to))).filter(|(a, b)| a != b).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let groups: Vec<Option<u32>> = nodes.iter().map(|node| node.group).collect();
    let arranged = arrange(&groups, &pairs);
    FRAMES.iter().map(|frame| draw(id, graph, *frame, &arranged, &pairs)).collect()
}

fn draw(
    id: &str,
    graph: &EvidenceGraph,
    frame: Frame,
    arranged: &Arrangements,
    pairs: &[(usize, usize)],
) -> Picture {
    let nodes = graph.drawn();
    let names = names(nodes, frame);
    let mut bodies = bodies(nodes, &names);
    let places = fit(arranged, &mut bodies, pairs, frame.width, frame.lying);
    let ties: Vec<&GraphTie> = graph.drawn_ties().into_iter().filter(|tie| tie.from != tie.to).collect();
    let lines = lines(&ties, &bodies, &places);
    let bands = bands(&bodies, &places);
    let taken = bodies.iter().zip(&places.middles).map(|(body, middle)| body.area(*middle)).collect();
    let mut free = Free { taken, frame: (frame.width, places.height) };
    let kinds = kind_words(&ties, &lines, &mut free);
    let page = GraphPage {
        id: format!("{id}-{}", frame.name),
        class: frame.name,
        description: describe(graph),
        width: frame.width,
        height: pixels(places.height),
        band_names: band_names(&bands, &mut free),
        bands,
        kinds,
        lines,
        marks: marks(nodes, names, &bodies, &places),
    };
    Picture(page.render().expect("writing to memory does not fail"))
}

#[derive(Template)]
#[template(path = "evidence_graph.svg")]
struct GraphPage<'a> {
    id: String,
    class: &'static str,
    description: String,
    width: f64,
    height: String,
    bands: Vec<Band>,
    band_names: Vec<Word>,
    lines: Vec<Line>,
    kinds: Vec<Word>,
    marks: Vec<Mark<'a>>,
}

struct Line {
    start: (f64, f64),
    end: (f64, f64),
    /// Corners of the arrow's head.
    head: String,
    is_new: bool,
}

struct Mark<'a> {
    node: &'a GraphNode,
    x: f64,
    y: f64,
    path: String,
    /// The second outline of what the claim is about.
    ring: Option<String>,
    class: &'static str,
    letters: String,
    name: Vec<(String, f64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand every value on by reference")]
fn px(value: &f64) -> String {
    pixels(*value)
}

/// Names in lines; what hides in them is spelled out first, since that makes them longer.
fn names(nodes: &[GraphNode], frame: Frame) -> Vec<Vec<String>> {
    let width = |node: &GraphNode| {
        if nodes.len() <= 12 || node.is_anchor { frame.name_width.0 } else { frame.name_width.1 }
    };
    nodes.iter().map(|node| name_lines(&visible(&short(&node.label, 120)), width(node))).collect()
}

fn bodies(nodes: &[GraphNode], names: &[Vec<String>]) -> Vec<Body> {
    let body = |(node, name): (&GraphNode, &Vec<String>)| {
        let bold = if node.is_anchor { 1.1 } else { 1.0 };
        Body {
            radius: if node.is_anchor { ANCHOR_RADIUS + 4.0 } else { RADIUS + 2.0 },
            name_width: name.iter().map(|line| text_width(line) * bold).fold(0.0, f64::max),
            name_height: name.len() as f64 * LINE + 3.0,
            group: node.group,
            is_named_above: false,
        }
    };
    nodes.iter().zip(names).map(body).collect()
}

fn lines(ties: &[&GraphTie], bodies: &[Body], places: &Places) -> Vec<Line> {
    let pair = |tie: &GraphTie| (tie.from.min(tie.to), tie.from.max(tie.to));
    let line = |(position, tie): (usize, &&GraphTie)| {
        let same = ties.iter().filter(|other| pair(other) == pair(tie)).count();
        let before = ties[..position].iter().filter(|other| pair(other) == pair(tie)).count();
        // Measured across the line from the lower to the higher entity, whatever its direction.
        let way = if tie.from < tie.to { 1.0 } else { -1.0 };
        let beside = way * (before as f64 - (same as f64 - 1.0) / 2.0) * BESIDE;
        between(
            places.middles[tie.from],
            places.middles[tie.to],
            (bodies[tie.from].radius, bodies[tie.to].radius),
            beside,
            tie.is_new,
        )
    };
    ties.iter().enumerate().map(line).collect()
}

/// A line from edge to edge of two shapes, moved sideways, with the head of an arrow at its end.
fn between(from: (f64, f64), to: (f64, f64), radii: (f64, f64), beside: f64, is_new: bool) -> Line {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    let length = (x * x + y * y).sqrt().max(1e-6);
    let (x, y) = (x / length, y / length);
    let at = |along: f64, across: f64| (from.0 + x * along - y * across, from.1 + y * along + x * across);
    let size = if is_new { 9.0 } else { 7.0 };
    let tip = length - radii.1;
    let corners =
        [at(tip, beside), at(tip - size, beside + size * 0.45), at(tip - size, beside - size * 0.45)];
    let corners = corners.map(|(x, y)| format!("{},{}", pixels(x), pixels(y)));
    Line { start: at(radii.0, beside), end: at(tip - size * 0.8, beside), head: corners.join(" "), is_new }
}

/// Kinds written beside ties: those of new ones, and of known ones where there are few.
fn kind_words(ties: &[&GraphTie], lines: &[Line], free: &mut Free) -> Vec<Word> {
    let are_few = |fresh: bool, most: usize| ties.iter().filter(|tie| tie.is_new || !fresh).count() <= most;
    let (fresh_named, known_named) = (are_few(true, FRESH_NAMED), are_few(false, KNOWN_NAMED));
    let fresh = ties.iter().zip(lines).filter(|(tie, _)| tie.is_new && fresh_named);
    let named = fresh.chain(ties.iter().zip(lines).filter(|(tie, _)| !tie.is_new && known_named));
    named
        .filter(|(tie, _)| !tie.kind.is_empty())
        .filter_map(|(tie, line)| {
            let along = |share: f64| {
                let (x, y) = (line.end.0 - line.start.0, line.end.1 - line.start.1);
                (line.start.0 + x * share, line.start.1 + y * share)
            };
            let kind = visible(&short(&tie.kind, TIE_KIND_MAX));
            free.write(kind, 11.0, [0.5, 0.4, 0.6, 0.3, 0.7].into_iter().map(along))
        })
        .collect()
}

fn marks<'a>(
    nodes: &'a [GraphNode],
    names: Vec<Vec<String>>,
    bodies: &[Body],
    places: &Places,
) -> Vec<Mark<'a>> {
    let all_letters = letters(nodes.iter().map(|node| node.kind.as_str()));
    let mark = |(at, (node, name)): (usize, (&'a GraphNode, Vec<String>))| {
        let (x, y) = places.middles[at];
        let family = Family::of(&node.kind);
        let body = &bodies[at];
        let first = if body.is_named_above { y - body.radius - body.name_height } else { y + body.radius }
            + LINE
            - 1.0;
        Mark {
            node,
            x,
            y,
            path: family.path(if node.is_anchor { ANCHOR_RADIUS - 2.0 } else { RADIUS }),
            ring: node.is_anchor.then(|| family.path(ANCHOR_RADIUS + 2.0)),
            class: family.class(),
            letters: all_letters.get(node.kind.as_str()).cloned().unwrap_or_default(),
            name: (0..)
                .zip(name)
                .map(|(line, text): (u32, String)| (text, first + f64::from(line) * LINE))
                .collect(),
        }
    };
    nodes.iter().zip(names).enumerate().map(mark).collect()
}

/// The picture in words, for who does not see it.
fn describe(graph: &EvidenceGraph) -> String {
    let (nodes, ties) = (graph.drawn(), graph.drawn_ties());
    let name = |at: usize| short(&nodes[at].label, 60);
    let fresh: Vec<&&GraphTie> = ties.iter().filter(|tie| tie.is_new).collect();
    let anchors: Vec<String> = (0..nodes.len()).filter(|&at| nodes[at].is_anchor).map(name).collect();
    let mut said = format!("{} entities, {} ties, {} of them new.", nodes.len(), ties.len(), fresh.len());
    if !anchors.is_empty() {
        said.extend([" The claim is about ", &anchors.join(", "), "."]);
    }
    for tie in fresh.iter().take(TIES_DESCRIBED) {
        said.extend([" New: ", &name(tie.from), " ", &short(&tie.kind, 60), " ", &name(tie.to), "."]);
    }
    if fresh.len() > TIES_DESCRIBED {
        said.push_str(" The list has all.");
    }
    said
}

#[cfg(test)]
mod tests;
