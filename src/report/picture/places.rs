//! Where the entities of an evidence graph and their names stand, so that nothing covers anything.
//!
//! Every entity is a box: its shape with its name below. Forces place the middles (`layout`) from
//! several starts; each arrangement is turned so that its long axis lies along the frame, boxes are
//! pushed apart, and the arrangement with the fewest crossings wins, ties to the first start.
//! Only + − × ÷ and square roots are used, so that every machine draws the same picture.

use super::super::layout::layout;

/// Arrangements tried.
const STARTS: usize = 6;
/// Passes that push boxes apart.
const PASSES: usize = 600;
/// Times the frame may grow by a quarter when boxes do not fit.
const GROWTHS: usize = 8;
/// Blank around each box and along the edge of the frame, in pixels.
const GAP: f64 = 7.0;
/// Width that one of few entities may take, so that two do not stand at the two edges.
const WIDTH_EACH: f64 = 190.0;
/// Share of the frame that boxes may fill; the rest is for ties.
const FILLED: f64 = 0.54;
const HEIGHT_MIN: f64 = 120.0;
/// Pull between members of one group, relative to a tie.
const GROUP_PULL: f64 = 0.06;
/// Height of a line of text at 12 px.
pub(super) const LINE: f64 = 14.0;

/// A box on the page: left, top, right, bottom.
pub(super) type Area = (f64, f64, f64, f64);

/// What takes room: a shape and the name below it, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    /// From the middle of the shape to its edge.
    pub(super) radius: f64,
    /// Width of the name.
    pub(super) name_width: f64,
    /// Height of the name.
    pub(super) name_height: f64,
    /// Number of the group it stood in.
    pub(super) group: Option<u32>,
    /// Whether the name stands above the shape; else below.
    pub(super) is_named_above: bool,
}

impl Body {
    fn half_width(&self) -> f64 {
        self.radius.max(self.name_width / 2.0)
    }

    /// Returns what the body covers when its shape's middle is at `place`.
    pub(super) fn area(&self, (x, y): (f64, f64)) -> Area {
        let half = self.half_width();
        let (above, below) =
            if self.is_named_above { (self.name_height, 0.0) } else { (0.0, self.name_height) };
        (x - half, y - self.radius - above, x + half, y + self.radius + below)
    }
}

/// Middles of the shapes and the height of the frame that holds them all.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Places {
    pub(super) middles: Vec<(f64, f64)>,
    pub(super) height: f64,
}

/// Arrangements on the unit square, to be fitted to frames of several widths.
pub(super) struct Arrangements(Vec<Vec<(f64, f64)>>);

/// Returns arrangements of `groups.len()` entities tied by `ties`.
pub(super) fn arrange(groups: &[Option<u32>], ties: &[(usize, usize)]) -> Arrangements {
    let count = groups.len();
    let mut links: Vec<(usize, usize, f64)> = ties.iter().map(|&(from, to)| (from, to, 1.0)).collect();
    for one in 0..count {
        let together =
            (one + 1..count).filter(|&other| groups[one].is_some() && groups[one] == groups[other]);
        links.extend(together.map(|other| (one, other, GROUP_PULL)));
    }
    let starts = STARTS.min(count.saturating_sub(1)).max(1);
    let turned = |start: usize| {
        // Whoever comes first starts in the middle: another start is another one in the middle.
        let shift = start * count / starts;
        let moved = |at: usize| (at + shift) % count;
        let links: Vec<_> = links.iter().map(|&(from, to, pull)| (moved(from), moved(to), pull)).collect();
        let places = layout(count, &links);
        (0..count).map(|at| places[moved(at)]).collect::<Vec<_>>()
    };
    Arrangements((0..starts).map(|start| along_the_axis(&turned(start))).collect())
}

/// Returns the places in a frame of the given width, tall enough for all; names move above their
/// shapes where fewer ties run through them there.
pub(super) fn fit(
    arranged: &Arrangements,
    bodies: &mut [Body],
    ties: &[(usize, usize)],
    width: f64,
    lying: bool,
) -> Places {
    let filled: f64 = bodies
        .iter()
        .map(|body| (2.0 * body.half_width() + GAP) * (2.0 * body.radius + body.name_height + GAP))
        .sum();
    let mut height = (filled / FILLED / width).max(HEIGHT_MIN);
    let mut best = None;
    for _ in 0..GROWTHS {
        for places in &arranged.0 {
            let mut middles = spread(places, (width, height), lying);
            let apart = push_apart(&mut middles, bodies, (width, height));
            let cost = f64::from(u8::from(!apart)) * 1e6 + tangle(&middles, bodies, ties);
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
    for at in 0..bodies.len() {
        raise_name(at, &middles, bodies, ties);
    }
    cropped(middles, bodies)
}

/// Puts a name above its shape if that place is free and crossed by fewer ties.
fn raise_name(at: usize, middles: &[(f64, f64)], bodies: &mut [Body], ties: &[(usize, usize)]) {
    let crossed = |body: &Body| -> u32 {
        let (left, top, right, bottom) = body.area(middles[at]);
        let name = if body.is_named_above {
            (left, top, right, top + body.name_height)
        } else {
            (left, bottom - body.name_height, right, bottom)
        };
        ties.iter().map(|&(from, to)| points_within(middles[from], middles[to], name)).sum()
    };
    let raised = Body { is_named_above: true, ..bodies[at] };
    let area = raised.area(middles[at]);
    let is_free = bodies.iter().enumerate().filter(|(other, _)| *other != at).all(|(other, body)| {
        let (wide, high) = overlap(area, body.area(middles[other]), GAP / 2.0);
        wide <= 0.0 || high <= 0.0
    });
    if is_free && crossed(&raised) < crossed(&bodies[at]) {
        bodies[at] = raised;
    }
}

/// Turns places about their middle so that they extend most along x, and measures from there.
fn along_the_axis(places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let count = places.len().max(1) as f64;
    let middle = |of: fn(&(f64, f64)) -> f64| places.iter().map(of).sum::<f64>() / count;
    let (x, y) = (middle(|place| place.0), middle(|place| place.1));
    let from_middle: Vec<_> = places.iter().map(|place| (place.0 - x, place.1 - y)).collect();
    let spread = |of: fn(&(f64, f64)) -> f64| from_middle.iter().map(of).sum::<f64>();
    let (xx, xy, yy) = (
        spread(|place| place.0 * place.0),
        spread(|place| place.0 * place.1),
        spread(|place| place.1 * place.1),
    );
    // The larger eigenvector of the covariance; of its two forms the one that does not cancel.
    let half = (xx - yy) / 2.0;
    let long = (half * half + xy * xy).sqrt();
    let axis = if half >= 0.0 { (half + long, xy) } else { (xy, long - half) };
    let length = (axis.0 * axis.0 + axis.1 * axis.1).sqrt();
    let (along, across) = if length < 1e-9 { (1.0, 0.0) } else { (axis.0 / length, axis.1 / length) };
    from_middle.iter().map(|(x, y)| (x * along + y * across, y * along - x * across)).collect()
}

/// Fills the frame with places measured from their middle, the long axis along the longer side.
fn spread(places: &[(f64, f64)], (width, height): (f64, f64), lying: bool) -> Vec<(f64, f64)> {
    let reach = |of: fn(&(f64, f64)) -> f64| {
        places.iter().map(|place| { of(place) }.abs()).fold(0.0, f64::max).max(1e-9)
    };
    let (long, short) = (reach(|place| place.0), reach(|place| place.1));
    // What is nearly a line stays one: the short side is not blown up beyond this.
    let flat = (1.8 * short / long).min(1.0);
    let used = width.min(WIDTH_EACH * places.len() as f64);
    let stretched = |value: f64, reach: f64, side: f64| value / reach * side / 2.0;
    places
        .iter()
        .map(|&(x, y)| {
            let (x, y) = if lying {
                (stretched(x, long, used), stretched(y, short, height * flat))
            } else {
                (stretched(y, short, used * flat), stretched(x, long, height))
            };
            (width / 2.0 + x, height / 2.0 + y)
        })
        .collect()
}

/// Moves boxes until none overlap; says whether that succeeded.
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
                // Along the shorter way; every third time up and down, since a frame is narrow sooner
                // than it is low.
                let step = if wide < high && pass % 3 != 2 {
                    (signed(wide, middles[one].0 <= middles[other].0), 0.0)
                } else {
                    (0.0, signed(high, middles[one].1 <= middles[other].1))
                };
                let half = |place: (f64, f64), way: f64| {
                    (place.0 + way * step.0 * 0.52, place.1 + way * step.1 * 0.52)
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

/// Width and height that two areas share when each keeps a gap; not positive where they are apart.
pub(super) fn overlap(one: Area, other: Area, gap: f64) -> (f64, f64) {
    (one.2.min(other.2) - one.0.max(other.0) + gap, one.3.min(other.3) - one.1.max(other.1) + gap)
}

/// How hard the ties are to follow: crossings, ties over others' shapes and names, length.
fn tangle(middles: &[(f64, f64)], bodies: &[Body], ties: &[(usize, usize)]) -> f64 {
    let mut cost = 0.0;
    for (position, &(from, to)) in ties.iter().enumerate() {
        let (start, end) = (middles[from], middles[to]);
        for &(other_from, other_to) in &ties[position + 1..] {
            let apart = ![from, to].contains(&other_from) && ![from, to].contains(&other_to);
            if apart && cross(start, end, middles[other_from], middles[other_to]) {
                cost += 1.0;
            }
        }
        for (at, body) in bodies.iter().enumerate().filter(|(at, _)| ![from, to].contains(at)) {
            cost += f64::from(points_within(start, end, body.area(middles[at]))) * 0.125;
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

/// How many of 32 points along a line lie within an area.
fn points_within(start: (f64, f64), end: (f64, f64), area: Area) -> u32 {
    let within = |step: &u32| {
        let share = (f64::from(*step) + 0.5) / 32.0;
        let (x, y) = (start.0 + (end.0 - start.0) * share, start.1 + (end.1 - start.1) * share);
        x > area.0 && x < area.2 && y > area.1 && y < area.3
    };
    (0..32).filter(within).count() as u32
}

/// Moves everything up to the upper edge and cuts the frame where the lowest box ends.
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

/// Returns the width of a text at 12 px in common screen fonts, on the safe side.
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

/// Returns a name in at most two lines of that many pixels, cut with an ellipsis where too long.
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
        end.map_or(text.len(), |(at, _)| at)
    };
    let hard = fits(name, width);
    // A line ends after a separator if one stands in its second half, so that names keep their parts.
    let soft = name[..hard].rfind([' ', '-', '.', '/', '_', '@', ':']).map(|at| at + 1);
    let first = soft.filter(|at| *at * 2 >= hard).unwrap_or(hard);
    let rest = name[first..].trim_start();
    let second = if text_width(rest) <= width {
        rest.to_owned()
    } else {
        format!("{}…", &rest[..fits(rest, width - 11.6)])
    };
    vec![name[..first].trim_end().to_owned(), second]
}
