//! The pictures of a page; here, a map of communities: bubbles by size, lines by the weight between them.
//!
//! The map repeats what the table beside it says: every bubble carries the number of its row, what
//! is special is dashed *and* written, and colours come from the page's own properties.

mod bands;
mod evidence_graph;
mod free;
mod kinds;
mod places;
mod timeline;

use askama::Template;

pub use evidence_graph::{EvidenceGraph, GraphNode, GraphTie};
pub(super) use evidence_graph::{Kind, evidence_graph};
pub use timeline::{Timeline, TimelineEvent};
pub(super) use timeline::{day, timeline};

use super::layout::layout;
use super::text::{self, short, thousands};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 520.0;
const MARGIN: f64 = 26.0;
/// Share of the page that all bubbles cover together.
const COVERED: f64 = 0.16;
const RADIUS_MIN: f64 = 11.0;
const RADIUS_MAX: f64 = 78.0;
/// Bubbles drawn at most; the table has all.
const BUBBLES_MAX: usize = 40;
/// Ties drawn at most, for each bubble; more would hide the heavy ones.
const TIES_EACH: usize = 3;
const LABEL_CHARACTERS: usize = 24;
const LABEL_HEIGHT: f64 = 15.0;
/// Width of a character at 12 px, on the safe side for Latin letters.
const CHARACTER_WIDTH: f64 = 7.6;
/// A label that would cover more than this share of itself is left out; its number stays.
const COVER_MAX: f64 = 0.02;

/// One community.
#[derive(Debug, Clone, PartialEq)]
pub struct Bubble {
    /// Its number in the table beside the map.
    pub number: usize,
    /// Its name; cut where too long.
    pub label: String,
    /// Entities in it.
    pub size: u64,
    /// What is special about it tonight, in a word, such as `born`.
    pub note: Option<String>,
}

/// The links between two communities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// Position of one in the list of bubbles.
    pub from: usize,
    /// Position of the other.
    pub to: usize,
    /// Sum of the weights of the links between them, above 0.
    pub weight: f64,
}

/// A finished drawing. Only this room makes one, so a page may trust that it holds no foreign markup.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture(String);

impl Picture {
    /// Returns the drawing as an SVG element.
    pub fn svg(&self) -> &str {
        &self.0
    }
}

/// Draws the map. `bubbles` stand in the order of their importance, the largest first.
///
/// # Panics
/// If a tie names a bubble that is not there.
pub fn community_map(title: &str, bubbles: &[Bubble], ties: &[Tie]) -> Picture {
    assert!(
        ties.iter().all(|tie| tie.from < bubbles.len() && tie.to < bubbles.len()),
        "a tie names a bubble that is not there"
    );
    let drawn = &bubbles[..bubbles.len().min(BUBBLES_MAX)];
    let mut kept: Vec<Tie> = ties
        .iter()
        .filter(|tie| tie.from != tie.to && tie.weight > 0.0)
        .filter(|tie| tie.from < drawn.len() && tie.to < drawn.len())
        .copied()
        .collect();
    kept.sort_by(|one, other| {
        let by_weight = other.weight.total_cmp(&one.weight);
        by_weight.then((one.from, one.to).cmp(&(other.from, other.to)))
    });
    let radii = radii(drawn);
    // All ties say where bubbles stand, also those too light to be drawn.
    let centres = centres(&radii, &kept);
    let tie_count = kept.len();
    kept.truncate(TIES_EACH * drawn.len());
    let map = MapPage {
        title,
        description: describe(bubbles.len(), drawn, tie_count, &kept),
        width: WIDTH,
        height: HEIGHT,
        lines: lines(&centres, &kept),
        discs: discs(drawn, &radii, &centres),
        labels: labels(drawn, &radii, &centres),
    };
    Picture(map.render().expect("writing to memory does not fail"))
}

#[derive(Template)]
#[template(path = "map.svg")]
struct MapPage<'a> {
    title: &'a str,
    description: String,
    width: f64,
    height: f64,
    lines: Vec<Line>,
    discs: Vec<Disc<'a>>,
    labels: Vec<Label>,
}

struct Line {
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

/// A tenth of a pixel is finer than any screen.
fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

fn describe(count: usize, drawn: &[Bubble], tie_count: usize, ties: &[Tie]) -> String {
    let left_out = match count - drawn.len() {
        0 => String::new(),
        rest => format!(" The {rest} smallest are not drawn."),
    };
    let lightest = match tie_count - ties.len() {
        0 => String::new(),
        rest => format!(" The {rest} lightest ties are not drawn."),
    };
    let heaviest = ties.first().map_or(String::new(), |tie| {
        format!(" The heaviest tie is between {} and {}.", drawn[tie.from].number, drawn[tie.to].number)
    });
    format!(
        "{} communities; the area of a bubble grows with the number of entities, the width of a line \
         with the weight between two communities. Numbers are those of the table.{heaviest}{lightest}{left_out}",
        drawn.len()
    )
}

/// Radii so that areas follow sizes and together cover a fixed share; the smallest stay readable.
fn radii(bubbles: &[Bubble]) -> Vec<f64> {
    let total: f64 = bubbles.iter().map(|bubble| bubble.size as f64).sum();
    let area_each = COVERED * WIDTH * HEIGHT / total.max(1.0);
    let radius = |size: u64| (size as f64 * area_each / std::f64::consts::PI).sqrt();
    bubbles.iter().map(|bubble| radius(bubble.size).clamp(RADIUS_MIN, RADIUS_MAX)).collect()
}

/// Places from the layout, then pushed apart until bubbles and a line of text fit between them.
fn centres(radii: &[f64], ties: &[Tie]) -> Vec<(f64, f64)> {
    let links: Vec<_> = ties.iter().map(|tie| (tie.from, tie.to, tie.weight)).collect();
    let on_page = |radius: f64, (x, y): (f64, f64)| {
        let edge = MARGIN + radius;
        // Below each bubble stays room for its label.
        (x.clamp(edge, WIDTH - edge), y.clamp(edge, HEIGHT - edge - LABEL_HEIGHT))
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

fn lines(centres: &[(f64, f64)], ties: &[Tie]) -> Vec<Line> {
    let heaviest = ties.first().map_or(1.0, |tie| tie.weight);
    let point = |(x, y): (f64, f64)| (pixels(x), pixels(y));
    ties.iter()
        .map(|tie| Line {
            from: point(centres[tie.from]),
            to: point(centres[tie.to]),
            width: pixels(0.7 + 8.3 * tie.weight / heaviest),
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

/// A box on the page: left, top, right, bottom.
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

/// The share of `area` that others or the edge of the page take from it.
fn covered(area: Area, taken: &[Area]) -> f64 {
    let shared = |one: Area, other: Area| {
        let width = (one.2.min(other.2) - one.0.max(other.0)).max(0.0);
        width * (one.3.min(other.3) - one.1.max(other.1)).max(0.0)
    };
    let whole = (area.2 - area.0) * (area.3 - area.1);
    let outside = whole - shared(area, (0.0, 0.0, WIDTH, HEIGHT));
    let hidden: f64 = taken.iter().map(|other| shared(area, *other)).sum();
    // What the edge cuts off cannot be read at all; what overlaps mostly can.
    (hidden + 20.0 * outside) / whole.max(1e-9)
}

#[cfg(test)]
mod tests;
