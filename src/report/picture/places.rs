//! Positions of the entities of an evidence graph and of their names, without overlap.
//!
//! Every entity is a box: an outline with a name below. Forces give the middles (`layout`) from several
//! starts. Each arrangement is turned so that its long axis follows the frame, then boxes are pushed apart.
//! The arrangement with the fewest crossings wins, the first on ties. The code uses only + − × ÷ and
//! square roots, so that every machine draws the same picture.

use super::super::layout::layout;

/// Number of arrangements to try.
const STARTS: usize = 6;
/// Largest number of passes that push boxes apart.
const PASSES: usize = 600;
/// Largest number of times the frame grows by a quarter if boxes do not fit.
const GROWTHS: usize = 8;
/// Margin around each box and along the border of the frame, in pixels.
const GAP: f64 = 7.0;
/// Largest width for each of few entities, so that two entities are not at opposite borders.
const WIDTH_EACH: f64 = 190.0;
/// Largest share of the frame for boxes; the remainder is for edges.
const FILLED: f64 = 0.54;
const HEIGHT_MIN: f64 = 120.0;
/// Pull between members of one group, relative to an edge.
const GROUP_PULL: f64 = 0.06;
/// Height of a line of text at 12 px.
pub(super) const LINE: f64 = 14.0;

/// A rectangle of the picture: left, top, right, bottom.
pub(super) type PlacedArea = (f64, f64, f64, f64);

/// Box of an entity: an outline with a name below, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    /// Radius of the outline.
    pub(super) radius: f64,
    /// Width of the name.
    pub(super) name_width: f64,
    /// Height of the name.
    pub(super) name_height: f64,
    /// Number of the entity's group.
    pub(super) group: Option<u32>,
    /// True if the name is above the outline; else below.
    pub(super) is_named_above: bool,
}

impl Body {
    fn half_width(&self) -> f64 {
        self.radius.max(self.name_width / 2.0)
    }

    /// Returns the area of the box for a position of the outline's middle.
    pub(super) fn area(&self, (x, y): (f64, f64)) -> PlacedArea {
        let half = self.half_width();
        let (above, below) =
            if self.is_named_above { (self.name_height, 0.0) } else { (0.0, self.name_height) };
        (x - half, y - self.radius - above, x + half, y + self.radius + below)
    }
}

/// Middles of the outlines, and the height of their frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Places {
    pub(super) middles: Vec<(f64, f64)>,
    pub(super) height: f64,
}

/// Arrangements around the origin, before they are fitted to a frame.
pub(super) struct Arrangements(Vec<Vec<(f64, f64)>>);

/// Returns arrangements of `groups.len()` entities with these edges.
pub(super) fn arrange(groups: &[Option<u32>], edges: &[(usize, usize)]) -> Arrangements {
    let count = groups.len();
    let mut links: Vec<(usize, usize, f64)> = edges.iter().map(|&(from, to)| (from, to, 1.0)).collect();
    for one in 0..count {
        let together =
            (one + 1..count).filter(|&other| groups[one].is_some() && groups[one] == groups[other]);
        links.extend(together.map(|other| (one, other, GROUP_PULL)));
    }
    let starts = STARTS.min(count.saturating_sub(1)).max(1);
    let shifted_layout = |start: usize| {
        // The first vertex starts in the middle, so each start puts another vertex there.
        let shift = start * count / starts;
        let moved = |vertex: usize| (vertex + shift) % count;
        let links: Vec<_> = links.iter().map(|&(from, to, pull)| (moved(from), moved(to), pull)).collect();
        let places = layout(count, &links);
        (0..count).map(|vertex| places[moved(vertex)]).collect::<Vec<_>>()
    };
    Arrangements((0..starts).map(|start| align_long_axis(&shifted_layout(start))).collect())
}

/// Returns the positions in a frame of this width, tall enough for all boxes. A name moves above its outline if
/// fewer edges cross it there.
pub(super) fn fit(
    arranged: &Arrangements,
    bodies: &mut [Body],
    edges: &[(usize, usize)],
    width: f64,
    is_horizontal: bool,
) -> Places {
    let filled: f64 = bodies
        .iter()
        .map(|body| (2.0 * body.half_width() + GAP) * (2.0 * body.radius + body.name_height + GAP))
        .sum();
    let mut height = (filled / FILLED / width).max(HEIGHT_MIN);
    let mut best = None;
    for _ in 0..GROWTHS {
        for places in &arranged.0 {
            let mut middles = spread(places, (width, height), is_horizontal);
            let apart = push_apart(&mut middles, bodies, (width, height));
            let cost = f64::from(u8::from(!apart)) * 1e6 + crossing_cost(&middles, bodies, edges);
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, middles));
            }
        }
        if best.as_ref().is_none_or(|(cost, _)| *cost < 1e6) {
            break;
        }
        height *= 1.25;
    }
    let middles = best.map(|(_, middles)| middles).unwrap_or_default();
    for body in 0..bodies.len() {
        move_name_up(body, &middles, bodies, edges);
    }
    cropped(middles, bodies)
}

/// Moves a name above its outline if that area is free and fewer edges cross it.
fn move_name_up(position: usize, middles: &[(f64, f64)], bodies: &mut [Body], edges: &[(usize, usize)]) {
    let crossed = |body: &Body| -> u32 {
        let (left, top, right, bottom) = body.area(middles[position]);
        let name = if body.is_named_above {
            (left, top, right, top + body.name_height)
        } else {
            (left, bottom - body.name_height, right, bottom)
        };
        edges.iter().map(|&(from, to)| points_within(middles[from], middles[to], name)).sum()
    };
    let raised = Body { is_named_above: true, ..bodies[position] };
    let area = raised.area(middles[position]);
    let is_free = bodies.iter().enumerate().filter(|(other, _)| *other != position).all(|(other, body)| {
        let (wide, high) = overlap(area, body.area(middles[other]), GAP / 2.0);
        wide <= 0.0 || high <= 0.0
    });
    if is_free && crossed(&raised) < crossed(&bodies[position]) {
        bodies[position] = raised;
    }
}

/// Turns positions about their mean so that they extend most along x; returns them relative to the mean.
fn align_long_axis(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let count = places.len().max(1) as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| places.iter().map(value).sum::<f64>() / count;
    let (x, y) = (mean(|place| place.0), mean(|place| place.1));
    let centred: Vec<_> = places.iter().map(|place| (place.0 - x, place.1 - y)).collect();
    let sum = |value: fn(&(f64, f64)) -> f64| centred.iter().map(value).sum::<f64>();
    let (xx, xy, yy) =
        (sum(|place| place.0 * place.0), sum(|place| place.0 * place.1), sum(|place| place.1 * place.1));
    // The eigenvector of the larger eigenvalue of the covariance, in the form without cancellation.
    let half = (xx - yy) / 2.0;
    let long = (half * half + xy * xy).sqrt();
    let axis = if half >= 0.0 { (half + long, xy) } else { (xy, long - half) };
    let length = (axis.0 * axis.0 + axis.1 * axis.1).sqrt();
    let (along, across) = if length < 1e-9 { (1.0, 0.0) } else { (axis.0 / length, axis.1 / length) };
    centred.iter().map(|(x, y)| (x * along + y * across, y * along - x * across)).collect()
}

/// Scales centred positions to the frame, the long axis along the longer side.
fn spread(places: &[(f64, f64)], (width, height): (f64, f64), is_horizontal: bool) -> Vec<(f64, f64)> {
    let reach = |coordinate: fn(&(f64, f64)) -> f64| {
        places.iter().map(|place| { coordinate(place) }.abs()).fold(0.0, f64::max).max(1e-9)
    };
    let (long, short) = (reach(|place| place.0), reach(|place| place.1));
    // An arrangement that is nearly a line stays a line: this limits the scale of the short side.
    let flat = (1.8 * short / long).min(1.0);
    let used = width.min(WIDTH_EACH * places.len() as f64);
    let stretched = |value: f64, reach: f64, side: f64| value / reach * side / 2.0;
    places
        .iter()
        .map(|&(x, y)| {
            let (x, y) = if is_horizontal {
                (stretched(x, long, used), stretched(y, short, height * flat))
            } else {
                (stretched(y, short, used * flat), stretched(x, long, height))
            };
            (width / 2.0 + x, height / 2.0 + y)
        })
        .collect()
}

/// Moves boxes apart; returns whether no overlap is left.
fn push_apart(middles: &mut [(f64, f64)], bodies: &[Body], frame: (f64, f64)) -> bool {
    for pass in 0..PASSES {
        for (middle, body) in middles.iter_mut().zip(bodies) {
            *middle = inside(*middle, body, frame);
        }
        let mut moved = false;
        for one in 0..middles.len() {
            for other in one + 1..middles.len() {
                let (wide, high) =
                    overlap(bodies[one].area(middles[one]), bodies[other].area(middles[other]), GAP);
                if wide <= 0.0 || high <= 0.0 {
                    continue;
                }
                moved = true;
                // Boxes move along the shorter distance. Every third pass they move up and down, because a
                // frame runs out of width before height.
                let step = if wide < high && pass % 3 != 2 {
                    (signed(wide, middles[one].0 <= middles[other].0), 0.0)
                } else {
                    (0.0, signed(high, middles[one].1 <= middles[other].1))
                };
                let half = |place: (f64, f64), sign: f64| {
                    (place.0 + sign * step.0 * 0.52, place.1 + sign * step.1 * 0.52)
                };
                middles[one] = inside(half(middles[one], -1.0), &bodies[one], frame);
                middles[other] = inside(half(middles[other], 1.0), &bodies[other], frame);
            }
        }
        if !moved {
            return true;
        }
    }
    false
}

fn signed(size: f64, positive: bool) -> f64 {
    if positive { size } else { -size }
}

fn inside((x, y): (f64, f64), body: &Body, (width, height): (f64, f64)) -> (f64, f64) {
    let (side, above) = (body.half_width() + GAP, body.radius + GAP);
    let below = above + body.name_height;
    (x.min(width - side).max(side), y.min(height - below).max(above))
}

/// Returns width and height of the overlap of two areas with a gap between them; not positive if they are apart.
pub(super) fn overlap(one: PlacedArea, other: PlacedArea, gap: f64) -> (f64, f64) {
    (one.2.min(other.2) - one.0.max(other.0) + gap, one.3.min(other.3) - one.1.max(other.1) + gap)
}

/// Returns a cost for readability: crossings, edges over boxes of other entities, and length.
fn crossing_cost(middles: &[(f64, f64)], bodies: &[Body], edges: &[(usize, usize)]) -> f64 {
    let mut cost = 0.0;
    for (position, &(from, to)) in edges.iter().enumerate() {
        let (start, end) = (middles[from], middles[to]);
        for &(other_from, other_to) in &edges[position + 1..] {
            let apart = ![from, to].contains(&other_from) && ![from, to].contains(&other_to);
            if apart && cross(start, end, middles[other_from], middles[other_to]) {
                cost += 1.0;
            }
        }
        for (other, body) in bodies.iter().enumerate().filter(|(other, _)| ![from, to].contains(other)) {
            cost += f64::from(points_within(start, end, body.area(middles[other]))) * 0.125;
        }
        let (x, y) = (end.0 - start.0, end.1 - start.1);
        cost += (x * x + y * y).sqrt() * 1e-4;
    }
    cost
}

fn cross(a: (f64, f64), b: (f64, f64), c: (f64, f64), d: (f64, f64)) -> bool {
    let side = |p: (f64, f64), q: (f64, f64), r: (f64, f64)| {
        (q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0) > 0.0
    };
    side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b)
}

/// Returns the number of 32 points along a line that are within an area.
fn points_within(start: (f64, f64), end: (f64, f64), area: PlacedArea) -> u32 {
    let within = |step: &u32| {
        let share = (f64::from(*step) + 0.5) / 32.0;
        let (x, y) = (start.0 + (end.0 - start.0) * share, start.1 + (end.1 - start.1) * share);
        x > area.0 && x < area.2 && y > area.1 && y < area.3
    };
    (0..32).filter(within).count() as u32
}

/// Moves all boxes to the upper border and crops the frame below the lowest box.
fn cropped(middles: Vec<(f64, f64)>, bodies: &[Body]) -> Places {
    let areas = middles.iter().zip(bodies).map(|(middle, body)| body.area(*middle));
    let (top, bottom) = areas.fold((f64::INFINITY, f64::NEG_INFINITY), |(top, bottom), area| {
        (top.min(area.1), bottom.max(area.3))
    });
    if middles.is_empty() {
        return Places { middles, height: HEIGHT_MIN };
    }
    let middles = middles.into_iter().map(|(x, y)| (x, y - top + GAP)).collect();
    Places { middles, height: bottom - top + 2.0 * GAP }
}

/// Returns an upper estimate of the width of a text at 12 px in common screen fonts.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars()
        .map(|character| match character {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 4.8,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 11.6,
            'A'..='Z' => 8.8,
            _ if character.len_utf8() > 2 => 12.6,
            _ => 7.2,
        })
        .sum()
}

/// Returns a name in at most two lines of this width in pixels, cut with an ellipsis if too long.
pub(super) fn name_lines(name: &str, width: f64) -> Vec<String> {
    let name = name.trim();
    if text_width(name) <= width {
        return vec![name.to_owned()];
    }
    let fits = |text: &str, room: f64| {
        let mut left = room;
        let end = text.char_indices().find(|(_, character)| {
            left -= text_width(character.encode_utf8(&mut [0; 4]));
            left < 0.0
        });
        end.map_or(text.len(), |(position, _)| position)
    };
    let longest = fits(name, width);
    // A line ends after a separator in its second half, if there is one, so that parts of a name stay whole.
    let separator = name[..longest].rfind([' ', '-', '.', '/', '_', '@', ':']).map(|position| position + 1);
    let first = separator.filter(|end| *end * 2 >= longest).unwrap_or(longest);
    let remainder = name[first..].trim_start();
    let second = if text_width(remainder) <= width {
        remainder.to_owned()
    } else {
        format!("{}…", &remainder[..fits(remainder, width - 11.6)])
    };
    vec![name[..first].trim_end().to_owned(), second]
}
