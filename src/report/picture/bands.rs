//! Groups of entities as broad bands: along the shortest tree between members, so that a band
//! seldom runs over anyone else.

use super::{
    free::{Free, Word},
    places::{Body, Places},
};

/// A group as a broad band along the shortest tree between its members.
pub(super) struct Band {
    number: u32,
    pub(super) strands: Vec<((f64, f64), (f64, f64))>,
}

impl Band {
    /// Bands of neighbouring numbers differ in colour; their written numbers tell them apart.
    pub(super) fn class(&self) -> &'static str {
        if self.number.is_multiple_of(2) { "even" } else { "odd" }
    }
}

/// The band of each group, the lowest number first.
pub(super) fn bands(bodies: &[Body], places: &Places) -> Vec<Band> {
    let mut numbers: Vec<u32> = bodies.iter().filter_map(|body| body.group).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let members = |number: u32| -> Vec<(f64, f64)> {
        let all = bodies.iter().zip(&places.middles);
        all.filter(|(body, _)| body.group == Some(number)).map(|(_, middle)| *middle).collect()
    };
    numbers.into_iter().map(|number| Band { number, strands: shortest_tree(&members(number)) }).collect()
}

/// Prim's tree: the nearest point joins next, ties to the first; one point is a strand of no length.
fn shortest_tree(points: &[(f64, f64)]) -> Vec<((f64, f64), (f64, f64))> {
    let square = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1);
    let mut inside: Vec<(f64, f64)> = points.iter().take(1).copied().collect();
    let mut outside: Vec<(f64, f64)> = points.iter().skip(1).copied().collect();
    let mut strands: Vec<_> = inside.iter().map(|&only| (only, only)).collect();
    while !outside.is_empty() {
        let pairs = (0..outside.len()).flat_map(|at| inside.iter().map(move |&near| (at, near)));
        let nearest = pairs.min_by(|a, b| square(outside[a.0], a.1).total_cmp(&square(outside[b.0], b.1)));
        let (at, near) = nearest.expect("both sides hold a point");
        let next = outside.remove(at);
        strands.push((near, next));
        inside.push(next);
    }
    strands
}

/// Bold letters of 11 pixels are as wide as plain ones of this size.
const BOLD: f64 = 13.0;

/// The number of each group, beside one of its members.
pub(super) fn band_names(bands: &[Band], free: &mut Free) -> Vec<Word> {
    let name = |band: &Band| {
        let spots: Vec<(f64, f64)> = band
            .strands
            .iter()
            .flat_map(|(from, to)| {
                let beside =
                    [(0.0, -32.0), (-46.0, 0.0), (46.0, 0.0), (0.0, 32.0), (-46.0, -18.0), (46.0, -18.0)];
                let middle = (from.0.midpoint(to.0), from.1.midpoint(to.1));
                [middle].into_iter().chain(beside.map(|(x, y)| (to.0 + x, to.1 + y)))
            })
            .collect();
        free.write(format!("group {}", band.number), BOLD, spots.into_iter())
    };
    bands.iter().filter_map(name).collect()
}
