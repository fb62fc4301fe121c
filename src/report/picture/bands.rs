//! Groups of entities as broad bands along the shortest tree between their members, so that a band rarely
//! crosses another entity.

use super::{
    canvas::{Canvas, PlacedText},
    places::{Body, Places},
};
use crate::language::Language;

/// Band of one group.
pub(super) struct Band {
    number: u32,
    pub(super) strands: Vec<((f64, f64), (f64, f64))>,
}

impl Band {
    /// Returns the CSS class: bands with consecutive numbers differ in colour, and each shows its number.
    pub(super) fn class(&self) -> &'static str {
        if self.number.is_multiple_of(2) { "even" } else { "odd" }
    }
}

/// Returns the band of each group, the lowest number first.
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

/// Returns the minimum spanning tree by Prim's algorithm, the first point on ties; a single point gives a strand
/// of length 0.
fn shortest_tree(points: &[(f64, f64)]) -> Vec<((f64, f64), (f64, f64))> {
    let square = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1);
    let mut inside: Vec<(f64, f64)> = points.iter().take(1).copied().collect();
    let mut outside: Vec<(f64, f64)> = points.iter().skip(1).copied().collect();
    let mut strands: Vec<_> = inside.iter().map(|&only| (only, only)).collect();
    while !outside.is_empty() {
        let pairs = (0..outside.len()).flat_map(|next| inside.iter().map(move |&from| (next, from)));
        let nearest = pairs.min_by(|a, b| square(outside[a.0], a.1).total_cmp(&square(outside[b.0], b.1)));
        let (next, from) = nearest.expect("both sides have a point");
        let next = outside.remove(next);
        strands.push((from, next));
        inside.push(next);
    }
    strands
}

/// Size of plain letters that are as wide as bold letters of 11 pixels.
const BOLD: f64 = 13.0;

/// Returns the number of each group, beside one of its members.
pub(super) fn band_names(language: &Language, bands: &[Band], canvas: &mut Canvas) -> Vec<PlacedText> {
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
        canvas.write(
            language.fill("picture.band", &[("number", band.number.to_string())]),
            BOLD,
            spots.into_iter(),
        )
    };
    bands.iter().filter_map(name).collect()
}
