//! Pictures of a page; this file draws the map of communities: bubbles by size, lines by link weight.
//!
//! The map repeats the table beside it. Every bubble has the number of its row. A special bubble has a
//! dashed outline and a note. Colours come from the CSS properties of the page.

mod bands;
mod canvas;
mod evidence_graph;

mod kinds;
mod places;
mod timeline;

use askama::Template;

pub use evidence_graph::{EvidenceGraph, GraphEdge, GraphNode};
pub(super) use evidence_graph::{NodeKind, evidence_graph};
pub use timeline::{Timeline, TimelineEvent};
pub(super) use timeline::{day, timeline};

use super::layout::layout;
use super::text::{self, short, thousands};
use crate::language::Language;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 520.0;
const MARGIN: f64 = 26.0;
/// Share of the picture that all bubbles cover together.
const COVERED: f64 = 0.16;
const RADIUS_MIN: f64 = 11.0;
const RADIUS_MAX: f64 = 78.0;
/// Largest number of bubbles; the table has every community.
const BUBBLES_MAX: usize = 40;
/// Largest number of edges for each bubble; more would hide the heavy ones.
const EDGES_EACH: usize = 3;
const LABEL_CHARACTERS: usize = 24;
const LABEL_HEIGHT: f64 = 15.0;
/// Width of a character at 12 px, an upper estimate for Latin letters.
const CHARACTER_WIDTH: f64 = 7.6;
/// Largest covered share of a label; the picture omits a label above it, but keeps its number.
const COVER_MAX: f64 = 0.02;

/// One community of the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Bubble {
    /// Number in the table beside the map.
    pub number: usize,
    /// Name; the picture cuts a long one.
    pub label: String,
    /// Number of entities.
    pub size: u64,
    /// Community event of this run, such as `born`; `None` if not special.
    pub note: Option<String>,
}

/// Edge between two communities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapEdge {
    /// Position of one community in the list of bubbles.
    pub from: usize,
    /// Position of the other community.
    pub to: usize,
    /// Sum of the weights of the links between them, above 0.
    pub weight: f64,
}

/// A finished drawing. Only this module makes one, so a page may trust that it has no foreign markup.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture(String);

impl Picture {
    /// Returns the drawing as an SVG element.
    pub fn svg(&self) -> &str {
        &self.0
    }
}

/// Draws the map. `bubbles` are in descending order of size.
///
/// # Panics
/// If an edge names a bubble that does not exist.
pub fn community_map(language: &Language, title: &str, bubbles: &[Bubble], edges: &[MapEdge]) -> Picture {
    assert!(
        edges.iter().all(|edge| edge.from < bubbles.len() && edge.to < bubbles.len()),
        "an edge names a bubble that does not exist"
    );
    let drawn = &bubbles[..bubbles.len().min(BUBBLES_MAX)];
    let mut drawn_edges: Vec<MapEdge> = edges
        .iter()
        .filter(|edge| edge.from != edge.to && edge.weight > 0.0)
        .filter(|edge| edge.from < drawn.len() && edge.to < drawn.len())
        .copied()
        .collect();
    drawn_edges.sort_by(|one, other| {
        let by_weight = other.weight.total_cmp(&one.weight);
        by_weight.then((one.from, one.to).cmp(&(other.from, other.to)))
    });
    let radii = radii(drawn);
    // The layout uses every edge, also those that are too light to be drawn.
    let centres = centres(&radii, &drawn_edges);
    let edge_count = drawn_edges.len();
    drawn_edges.truncate(EDGES_EACH * drawn.len());
    let map = MapPage {
        title,
        language,
        description: describe(language, bubbles.len(), drawn, edge_count, &drawn_edges),
        width: WIDTH,
        height: HEIGHT,
        lines: lines(&centres, &drawn_edges),
        discs: discs(drawn, &radii, &centres),
        labels: labels(drawn, &radii, &centres),
    };
    Picture(map.render().expect("writing to memory does not fail"))
}

#[derive(Template)]
#[template(path = "map.svg")]
struct MapPage<'a> {
    language: &'a Language,
    title: &'a str,
    description: String,
    width: f64,
    height: f64,
    lines: Vec<MapLine>,
    discs: Vec<Disc<'a>>,
    labels: Vec<Label>,
}

struct MapLine {
    from: (String, String),
    to: (String, String),
    width: String,
}

struct Disc<'a> {
    bubble: &'a Bubble,
    size: String,
    x: String,
    y: String,
    radius: String,
}

struct Label {
    text: String,
    x: String,
    y: String,
    anchor: &'static str,
}

/// Returns a number of entities in words.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand every value on by reference")]
fn entities(language: &&Language, count: &str) -> String {
    language.fill("unit.entities", &[("count", count.to_string())])
}

/// Returns a length in pixels with one decimal, which is finer than a screen.
fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

/// Returns the map as text, for readers who do not see it.
fn describe(
    language: &Language,
    count: usize,
    drawn: &[Bubble],
    edge_count: usize,
    edges: &[MapEdge],
) -> String {
    let number = |position: usize| drawn[position].number.to_string();
    let heaviest = edges.first();
    let values = [
        ("count", drawn.len().to_string()),
        ("from", heaviest.map(|edge| number(edge.from)).unwrap_or_default()),
        ("to", heaviest.map(|edge| number(edge.to)).unwrap_or_default()),
        ("lightest", (edge_count - edges.len()).to_string()),
        ("smallest", (count - drawn.len()).to_string()),
    ];
    language.fill("picture.map", &values)
}

/// Returns radii: areas are proportional to sizes and cover a fixed share, within a smallest and largest radius.
fn radii(bubbles: &[Bubble]) -> Vec<f64> {
    let total: f64 = bubbles.iter().map(|bubble| bubble.size as f64).sum();
    let area_each = COVERED * WIDTH * HEIGHT / total.max(1.0);
    let radius = |size: u64| (size as f64 * area_each / std::f64::consts::PI).sqrt();
    bubbles.iter().map(|bubble| radius(bubble.size).clamp(RADIUS_MIN, RADIUS_MAX)).collect()
}

/// Returns centres from the layout, moved apart until bubbles and a line of text fit between them.
fn centres(radii: &[f64], edges: &[MapEdge]) -> Vec<(f64, f64)> {
    let links: Vec<_> = edges.iter().map(|edge| (edge.from, edge.to, edge.weight)).collect();
    let on_page = |radius: f64, (x, y): (f64, f64)| {
        let border = MARGIN + radius;
        // The label below each bubble needs room, too.
        (x.clamp(border, WIDTH - border), y.clamp(border, HEIGHT - border - LABEL_HEIGHT))
    };
    let mut centres: Vec<(f64, f64)> = layout(radii.len(), &links)
        .into_iter()
        .zip(radii)
        .map(|((x, y), radius)| on_page(*radius, (x * WIDTH, y * HEIGHT)))
        .collect();
    for _ in 0..300 {
        for one in 0..centres.len() {
            for other in one + 1..centres.len() {
                let (x, y) = (centres[other].0 - centres[one].0, centres[other].1 - centres[one].1);
                let length = (x * x + y * y).sqrt().max(1e-6);
                let lacking = radii[one] + radii[other] + 1.6 * LABEL_HEIGHT - length;
                if lacking > 0.0 {
                    let (x, y) = (x / length * lacking * 0.25, y / length * lacking * 0.25);
                    centres[one] = on_page(radii[one], (centres[one].0 - x, centres[one].1 - y));
                    centres[other] = on_page(radii[other], (centres[other].0 + x, centres[other].1 + y));
                }
            }
        }
    }
    centres
}

fn lines(centres: &[(f64, f64)], edges: &[MapEdge]) -> Vec<MapLine> {
    let heaviest = edges.first().map_or(1.0, |edge| edge.weight);
    let point = |(x, y): (f64, f64)| (pixels(x), pixels(y));
    edges
        .iter()
        .map(|edge| MapLine {
            from: point(centres[edge.from]),
            to: point(centres[edge.to]),
            width: pixels(0.7 + 8.3 * edge.weight / heaviest),
        })
        .collect()
}

fn discs<'a>(bubbles: &'a [Bubble], radii: &[f64], centres: &[(f64, f64)]) -> Vec<Disc<'a>> {
    let placed = bubbles.iter().zip(radii).zip(centres);
    placed
        .map(|((bubble, radius), (x, y))| Disc {
            bubble,
            size: thousands(&bubble.size),
            x: pixels(*x),
            y: pixels(*y),
            radius: pixels(*radius),
        })
        .collect()
}

/// A rectangle of the picture: left, top, right, bottom.
type Area = (f64, f64, f64, f64);

fn labels(bubbles: &[Bubble], radii: &[f64], centres: &[(f64, f64)]) -> Vec<Label> {
    let mut taken: Vec<Area> = centres
        .iter()
        .zip(radii)
        .map(|((x, y), radius)| (x - radius, y - radius, x + radius, y + radius))
        .collect();
    let mut placed = Vec::new();
    for ((bubble, radius), &(x, y)) in bubbles.iter().zip(radii).zip(centres) {
        let note = bubble.note.as_ref().map(|note| format!(" · {}", short(note, LABEL_CHARACTERS)));
        let note = note.unwrap_or_default();
        let text = format!("{}{note}", short(&bubble.label, LABEL_CHARACTERS));
        let width = text.chars().map(|c| if c.len_utf8() > 2 { 12.5 } else { CHARACTER_WIDTH }).sum();
        let choices = [
            (x, y + radius + 13.0, "middle"),
            (x, y - radius - 5.0, "middle"),
            (x + radius + 5.0, y + 4.0, "start"),
            (x - radius - 5.0, y + 4.0, "end"),
        ];
        let best = choices
            .into_iter()
            .map(|(x, y, anchor)| (area(x, y, anchor, width), x, y, anchor))
            .map(|choice| (covered(choice.0, &taken), choice))
            .reduce(|best, next| if next.0 < best.0 { next } else { best });
        if let Some((cover, (area, x, y, anchor))) = best
            && cover <= COVER_MAX
        {
            taken.push(area);
            placed.push(Label { text, x: pixels(x), y: pixels(y), anchor });
        }
    }
    placed
}

fn area(x: f64, y: f64, anchor: &str, width: f64) -> Area {
    let left = match anchor {
        "middle" => x - width / 2.0,
        "end" => x - width,
        _ => x,
    };
    (left, y - LABEL_HEIGHT + 3.0, left + width, y + 3.0)
}

/// Returns the share of `area` that other rectangles cover or the border of the picture cuts off.
fn covered(area: Area, taken: &[Area]) -> f64 {
    let shared = |one: Area, other: Area| {
        let width = (one.2.min(other.2) - one.0.max(other.0)).max(0.0);
        width * (one.3.min(other.3) - one.1.max(other.1)).max(0.0)
    };
    let whole = (area.2 - area.0) * (area.3 - area.1);
    let outside = whole - shared(area, (0.0, 0.0, WIDTH, HEIGHT));
    let hidden: f64 = taken.iter().map(|other| shared(area, *other)).sum();
    // Text beyond the border cannot be read at all; overlapping text mostly can.
    (hidden + 20.0 * outside) / whole.max(1e-9)
}

#[cfg(test)]
mod tests;
