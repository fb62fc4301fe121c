//! The drawing of a picture as SVG.
//!
//! It uses sums, products and quotients of whole numbers, so that a picture has the same bytes on every machine. Line style, border and a word
//! say what a colour says.

use std::{collections::BTreeSet, fmt::Write};

use super::{
    case_lines::Node,
    pictures::{Line, Picture},
};

const BOX_HEIGHT: i64 = 36;
const ROW: i64 = 52;
const GAP: i64 = 116;
const MARGIN: i64 = 16;
const LEGEND: i64 = 78;
/// Distance of two lines between the same entities.
const APART: i64 = 13;

/// Centre and width of the box of an entity.
#[derive(Clone, Copy, Default)]
struct Place {
    x: i64,
    y: i64,
    width: i64,
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).expect("a small number")
}

fn width_of(node: &Node) -> i64 {
    let longest = node.name.chars().count().max(node.kind.chars().count() * 5 / 6);
    (whole(longest) * 8 + 20).max(68)
}

/// Returns the picture as SVG.
pub(super) fn draw(pattern: &str, title: &str, picture: &Picture, columns: &[Vec<usize>]) -> String {
    let rows = whole(columns.iter().map(Vec::len).max().unwrap_or(1));
    let height = rows * ROW + 2 * MARGIN;
    let mut places = vec![Place::default(); picture.nodes.len()];
    let mut left = MARGIN;
    for column in columns {
        let widest = column.iter().map(|node| width_of(&picture.nodes[*node])).max().unwrap_or(0);
        let top = (height - whole(column.len()) * ROW) / 2;
        for (at, &node) in column.iter().enumerate() {
            let y = top + whole(at) * ROW + ROW / 2;
            places[node] = Place { x: left + widest / 2, y, width: width_of(&picture.nodes[node]) };
        }
        left += widest + GAP;
    }
    let width = (left - GAP + MARGIN + 40).max(520);
    let verbs: BTreeSet<&str> = picture.lines.iter().map(|line| &*line.verb).collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {}\" width=\"{width}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<title>{}: {}</title>\n\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#333\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        height + LEGEND,
        escaped(pattern),
        escaped(title),
    );
    for (at, line) in picture.lines.iter().enumerate() {
        let ends = |line: &Line| (line.from.min(line.to), line.from.max(line.to));
        let before = picture.lines[..at].iter().filter(|other| ends(other) == ends(line)).count();
        draw_line(&mut svg, line, whole(before) * APART, &places, verbs.len() > 1);
    }
    for (at, node) in picture.nodes.iter().enumerate() {
        draw_box(&mut svg, node, places[at], picture.is_new[at], picture.is_flagged[at]);
    }
    legend(&mut svg, height, &verbs);
    svg.push_str("</svg>\n");
    svg
}

/// Returns the point at which a line to another point leaves a box, in tenths.
fn border(from: Place, to: (i64, i64)) -> (i64, i64) {
    let (dx, dy) = (to.0 - from.x, to.1 - from.y);
    let (half_width, half_height) = (from.width / 2 + 1, BOX_HEIGHT / 2 + 1);
    // The nearer side: the smaller of two shares of the way, each a quotient of whole numbers.
    let is_side = dx.abs() * half_height >= dy.abs() * half_width;
    let (share, all) = if is_side { (half_width, dx.abs()) } else { (half_height, dy.abs()) };
    let all = all.max(1);
    (10 * from.x + 10 * dx * share / all, 10 * from.y + 10 * dy * share / all)
}

/// Draws a line, lower by `shift` than the line between the centres.
fn draw_line(svg: &mut String, line: &Line, shift: i64, places: &[Place], has_verb: bool) {
    let moved = |place: Place| Place { y: place.y + shift, ..place };
    let (from, to) = (moved(places[line.from]), moved(places[line.to]));
    let style = if line.is_new {
        "stroke=\"#333\" stroke-width=\"2\""
    } else {
        "stroke=\"#777\" stroke-width=\"1.2\" stroke-dasharray=\"5 4\""
    };
    // Two entities of one column are joined by a curve on the right of it.
    let bend = if from.x == to.x {
        Some((from.x + from.width.max(to.width) / 2 + 60, i64::midpoint(from.y, to.y)))
    } else {
        None
    };
    let target = bend.unwrap_or((to.x, to.y));
    let (x1, y1) = border(from, target);
    let (x2, y2) = border(to, bend.unwrap_or((from.x, from.y)));
    let path = match bend {
        Some((x, y)) => format!("M{} {}Q{x} {y} {} {}", tenths(x1), tenths(y1), tenths(x2), tenths(y2)),
        None => format!("M{} {}L{} {}", tenths(x1), tenths(y1), tenths(x2), tenths(y2)),
    };
    let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" {style} marker-end=\"url(#a)\"/>");
    let mut words = if has_verb { line.verb.clone() } else { String::new() };
    if line.count > 1 {
        let _ = write!(words, "{}{} times", if has_verb { ", " } else { "" }, line.count);
    }
    if !words.is_empty() {
        // Nearer to the first end, so that the words of opposite lines do not meet.
        let (x, y) = bend.unwrap_or(((3 * x1 + 2 * x2) / 50, (3 * y1 + 2 * y2) / 50));
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#333\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">{}</text>",
            y + 4,
            escaped(&words)
        );
    }
}

fn tenths(number: i64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn draw_box(svg: &mut String, node: &Node, place: Place, is_new: bool, is_flagged: bool) {
    let (x, y) = (place.x - place.width / 2, place.y - BOX_HEIGHT / 2);
    let fill = if is_new { "#ffe9b8" } else { "#fff" };
    let border = match (is_flagged, is_new) {
        (true, _) => "stroke=\"#111\" stroke-width=\"3\"",
        (false, true) => "stroke=\"#333\" stroke-width=\"1.2\"",
        (false, false) => "stroke=\"#333\" stroke-width=\"1.2\" stroke-dasharray=\"3 3\"",
    };
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{BOX_HEIGHT}\" rx=\"5\" fill=\"{fill}\" {border}/>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"10\" fill=\"#444\">{}{}</text>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"{}\">{}</text>",
        place.width,
        place.x,
        place.y - 5,
        if is_new { "new " } else { "" },
        escaped(&node.kind),
        place.x,
        place.y + 11,
        if is_flagged { "bold" } else { "normal" },
        escaped(&node.name)
    );
}

fn legend(svg: &mut String, top: i64, verbs: &BTreeSet<&str>) {
    let verb = match verbs.iter().next() {
        Some(verb) if verbs.len() == 1 => format!(": {verb}"),
        _ => String::new(),
    };
    let _ = writeln!(
        svg,
        "<path d=\"M{MARGIN} {}h40\" stroke=\"#333\" stroke-width=\"2\" marker-end=\"url(#a)\"/>\n\
         <text x=\"66\" y=\"{}\" font-size=\"11\">new link{}</text>\n\
         <path d=\"M{MARGIN} {}h40\" stroke=\"#777\" stroke-width=\"1.2\" stroke-dasharray=\"5 4\" marker-end=\"url(#a)\"/>\n\
         <text x=\"66\" y=\"{}\" font-size=\"11\">earlier link</text>\n\
         <text x=\"{MARGIN}\" y=\"{}\" font-size=\"11\">thick border and bold: the flag names it; dashed border: known before</text>",
        top + 14,
        top + 18,
        escaped(&verb),
        top + 38,
        top + 42,
        top + 64,
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
