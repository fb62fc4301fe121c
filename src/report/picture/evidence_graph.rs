//! Picture of one flag: its entities, and the links between them, new ones distinct from known ones.
//!
//! The picture repeats the list beside it. Outline and letters show the kind of an entity, width shows
//! new links and entities, and a second outline shows the entities of the claim. No meaning depends on
//! colour alone.

use askama::Template;

use super::{
    Picture,
    bands::{Band, band_names, bands},
    canvas::{Canvas, PlacedText},
    kinds::{Family, letters},
    pixels,
    places::{Arrangements, Body, LINE, Places, arrange, fit, name_lines, text_width},
};
use crate::{
    language::Language,
    report::text::{self, short, visible},
};

/// Largest number of entities in the picture.
pub(crate) const NODES_MAX: usize = 30;
const RADIUS: f64 = 12.0;
const ANCHOR_RADIUS: f64 = 17.0;
/// Largest number of new edges that are labelled with their kind, and of all edges for labels on known ones.
const FRESH_NAMED: usize = 18;
const KNOWN_NAMED: usize = 6;
/// Largest number of new edges in the description; the list has all.
const EDGES_DESCRIBED: usize = 6;
const EDGE_KIND_MAX: usize = 26;
/// Distance between edges of the same two entities, in pixels.
const BESIDE: f64 = 7.0;

/// Entities and links of one flag, the most important first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EvidenceGraph {
    /// Entities; the page draws and lists at most 30.
    pub nodes: Vec<GraphNode>,
    /// Links between them, by position in `nodes`.
    pub edges: Vec<GraphEdge>,
    /// Number of further entities of the flag that are not among `nodes`.
    pub left_out: u64,
}

/// One entity of the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphNode {
    /// Name.
    pub label: String,
    /// Kind, such as `domain-name`.
    pub kind: String,
    /// True if the claim is about the entity.
    pub is_anchor: bool,
    /// True if the entity is news.
    pub is_new: bool,
    /// Number of its group in the previous run, from 1; `None` if the claim does not need it.
    pub group: Option<u32>,
}

/// One link of the picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphEdge {
    /// Position of one entity.
    pub from: usize,
    /// Position of the other.
    pub to: usize,
    /// Kind, such as `communicates-with`.
    pub kind: String,
    /// True if the link is news.
    pub is_new: bool,
    /// Number of independent sources of the link.
    pub sources: u32,
}

/// Frame of a picture, for one size of screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// Name of the frame, which its CSS class and ids contain.
    pub(crate) name: &'static str,
    pub(crate) width: f64,
    /// Width of one line of a name in pixels, for few and for many entities.
    name_width: (f64, f64),
    /// True if the long axis is horizontal.
    is_horizontal: bool,
}

/// Frames of a page: one for a screen or paper, one for a phone.
pub(crate) const FRAMES: [Frame; 2] = [
    Frame { name: "wide", width: 640.0, name_width: (150.0, 112.0), is_horizontal: true },
    Frame { name: "narrow", width: 310.0, name_width: (116.0, 84.0), is_horizontal: false },
];

/// A kind of entity in a graph, as the legend shows it.
pub(crate) struct NodeKind {
    pub(crate) name: String,
    pub(crate) letters: String,
    pub(crate) path: String,
    pub(crate) class: &'static str,
}

impl EvidenceGraph {
    /// Returns the entities that the page draws and lists.
    pub(crate) fn drawn(&self) -> &[GraphNode] {
        &self.nodes[..self.nodes.len().min(NODES_MAX)]
    }

    /// Returns the edges between drawn entities.
    pub(crate) fn drawn_edges(&self) -> Vec<&GraphEdge> {
        let count = self.drawn().len();
        self.edges.iter().filter(|edge| edge.from < count && edge.to < count).collect()
    }

    /// Returns the numbers of entities and of edges that are not drawn.
    pub(crate) fn beyond(&self) -> (u64, u64) {
        let entities = self.left_out + (self.nodes.len() - self.drawn().len()) as u64;
        (entities, (self.edges.len() - self.drawn_edges().len()) as u64)
    }

    /// Returns the kinds of the drawn entities, by name.
    pub(crate) fn kinds(&self) -> Vec<NodeKind> {
        let letters_of_kind = letters(self.drawn().iter().map(|node| node.kind.as_str()));
        let kind = |(name, letters): (&str, String)| {
            let family = Family::of(name);
            NodeKind { name: name.to_owned(), letters, path: family.path(9.0), class: family.class() }
        };
        letters_of_kind.into_iter().map(kind).collect()
    }
}

/// Draws the graph for each of [`FRAMES`]. `id` is unique within the page.
pub(crate) fn evidence_graph(language: &Language, id: &str, graph: &EvidenceGraph) -> Vec<Picture> {
    let nodes = graph.drawn();
    let edges = graph.drawn_edges();
    // Several edges between the same two entities attract like one.
    let mut pairs: Vec<(usize, usize)> = edges
        .iter()
        .map(|edge| (edge.from.min(edge.to), edge.from.max(edge.to)))
        .filter(|(a, b)| a != b)
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let groups: Vec<Option<u32>> = nodes.iter().map(|node| node.group).collect();
    let arranged = arrange(&groups, &pairs);
    let drawing = Drawing { language, id, graph };
    FRAMES.iter().map(|frame| draw(&drawing, *frame, &arranged, &pairs)).collect()
}

/// A graph with the language and the id of its pictures.
struct Drawing<'a> {
    language: &'a Language,
    id: &'a str,
    graph: &'a EvidenceGraph,
}

fn draw(drawing: &Drawing<'_>, frame: Frame, arranged: &Arrangements, pairs: &[(usize, usize)]) -> Picture {
    let Drawing { language, id, graph } = *drawing;
    let nodes = graph.drawn();
    let names = names(nodes, frame);
    let mut bodies = bodies(nodes, &names);
    let places = fit(arranged, &mut bodies, pairs, frame.width, frame.is_horizontal);
    let edges: Vec<&GraphEdge> =
        graph.drawn_edges().into_iter().filter(|edge| edge.from != edge.to).collect();
    let lines = lines(&edges, &bodies, &places);
    let bands = bands(&bodies, &places);
    let taken = bodies.iter().zip(&places.middles).map(|(body, middle)| body.area(*middle)).collect();
    let mut canvas = Canvas { taken, frame: (frame.width, places.height) };
    let kinds = kind_words(&edges, &lines, &mut canvas);
    let page = GraphPage {
        id: format!("{id}-{}", frame.name),
        class: frame.name,
        language,
        description: describe(language, graph),
        width: frame.width,
        height: pixels(places.height),
        band_names: band_names(language, &bands, &mut canvas),
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
    language: &'a Language,
    id: String,
    class: &'static str,
    description: String,
    width: f64,
    height: String,
    bands: Vec<Band>,
    band_names: Vec<PlacedText>,
    lines: Vec<GraphLine>,
    kinds: Vec<PlacedText>,
    marks: Vec<NodeMark<'a>>,
}

struct GraphLine {
    start: (f64, f64),
    end: (f64, f64),
    /// Corners of the arrowhead.
    head: String,
    is_new: bool,
}

struct NodeMark<'a> {
    node: &'a GraphNode,
    x: f64,
    y: f64,
    path: String,
    /// Second outline, which marks the entities of the claim.
    ring: Option<String>,
    class: &'static str,
    letters: String,
    name: Vec<(String, f64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand every value on by reference")]
fn px(value: &f64) -> String {
    pixels(*value)
}

/// Returns names in lines. Hidden characters become code points first, because that makes names longer.
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

fn lines(edges: &[&GraphEdge], bodies: &[Body], places: &Places) -> Vec<GraphLine> {
    let pair = |edge: &GraphEdge| (edge.from.min(edge.to), edge.from.max(edge.to));
    let line = |(position, edge): (usize, &&GraphEdge)| {
        let same = edges.iter().filter(|other| pair(other) == pair(edge)).count();
        let before = edges[..position].iter().filter(|other| pair(other) == pair(edge)).count();
        // The offset is measured from the lower to the higher entity, independent of the direction.
        let sign = if edge.from < edge.to { 1.0 } else { -1.0 };
        let offset = sign * (before as f64 - (same as f64 - 1.0) / 2.0) * BESIDE;
        between(
            places.middles[edge.from],
            places.middles[edge.to],
            (bodies[edge.from].radius, bodies[edge.to].radius),
            offset,
            edge.is_new,
        )
    };
    edges.iter().enumerate().map(line).collect()
}

/// Returns a line between the outlines of two entities, moved sideways by `offset`, with an arrowhead at its end.
fn between(from: (f64, f64), to: (f64, f64), radii: (f64, f64), offset: f64, is_new: bool) -> GraphLine {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    let length = (x * x + y * y).sqrt().max(1e-6);
    let (x, y) = (x / length, y / length);
    let point = |along: f64, across: f64| (from.0 + x * along - y * across, from.1 + y * along + x * across);
    let size = if is_new { 9.0 } else { 7.0 };
    let tip = length - radii.1;
    let corners = [
        point(tip, offset),
        point(tip - size, offset + size * 0.45),
        point(tip - size, offset - size * 0.45),
    ];
    let corners = corners.map(|(x, y)| format!("{},{}", pixels(x), pixels(y)));
    GraphLine {
        start: point(radii.0, offset),
        end: point(tip - size * 0.8, offset),
        head: corners.join(" "),
        is_new,
    }
}

/// Returns labels with the kind of edges: of new ones, and of known ones in a graph with few edges.
fn kind_words(edges: &[&GraphEdge], lines: &[GraphLine], canvas: &mut Canvas) -> Vec<PlacedText> {
    let are_few =
        |fresh: bool, most: usize| edges.iter().filter(|edge| edge.is_new || !fresh).count() <= most;
    let (fresh_named, known_named) = (are_few(true, FRESH_NAMED), are_few(false, KNOWN_NAMED));
    let fresh = edges.iter().zip(lines).filter(|(edge, _)| edge.is_new && fresh_named);
    let labelled = fresh.chain(edges.iter().zip(lines).filter(|(edge, _)| !edge.is_new && known_named));
    labelled
        .filter(|(edge, _)| !edge.kind.is_empty())
        .filter_map(|(edge, line)| {
            let along = |share: f64| {
                let (x, y) = (line.end.0 - line.start.0, line.end.1 - line.start.1);
                (line.start.0 + x * share, line.start.1 + y * share)
            };
            let kind = visible(&short(&edge.kind, EDGE_KIND_MAX));
            canvas.write(kind, 11.0, [0.5, 0.4, 0.6, 0.3, 0.7].into_iter().map(along))
        })
        .collect()
}

fn marks<'a>(
    nodes: &'a [GraphNode],
    names: Vec<Vec<String>>,
    bodies: &[Body],
    places: &Places,
) -> Vec<NodeMark<'a>> {
    let all_letters = letters(nodes.iter().map(|node| node.kind.as_str()));
    let mark = |(position, (node, name)): (usize, (&'a GraphNode, Vec<String>))| {
        let (x, y) = places.middles[position];
        let family = Family::of(&node.kind);
        let body = &bodies[position];
        let first = if body.is_named_above { y - body.radius - body.name_height } else { y + body.radius }
            + LINE
            - 1.0;
        NodeMark {
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

/// Returns the picture as text, for readers who do not see it.
fn describe(language: &Language, graph: &EvidenceGraph) -> String {
    let (nodes, edges) = (graph.drawn(), graph.drawn_edges());
    let name = |node: usize| short(&nodes[node].label, 60);
    let fresh: Vec<&&GraphEdge> = edges.iter().filter(|edge| edge.is_new).collect();
    let anchors: Vec<String> = (0..nodes.len()).filter(|&node| nodes[node].is_anchor).map(name).collect();
    let new = fresh.iter().take(EDGES_DESCRIBED).map(|edge| {
        let values = [("from", name(edge.from)), ("kind", short(&edge.kind, 60)), ("to", name(edge.to))];
        language.fill("picture.graph.new", &values)
    });
    let values = [
        ("entities", nodes.len().to_string()),
        ("links", edges.len().to_string()),
        ("fresh", fresh.len().to_string()),
        ("anchors", anchors.join(&language.text("list.separator"))),
        ("new", new.collect()),
        ("more", fresh.len().saturating_sub(EDGES_DESCRIBED).to_string()),
    ];
    language.fill("picture.graph", &values)
}

#[cfg(test)]
mod tests;
