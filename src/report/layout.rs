//! Force-directed layout of a small graph: equal graphs get equal positions.
//!
//! Method: Fruchterman and Reingold 1991. All vertices repel (k²/d). Linked vertices attract (d²/k, here
//! times the square root of the relative weight). The longest step shrinks to zero over a fixed number of
//! steps. A weak pull to the middle keeps separate components on the page. The start is a golden-angle
//! spiral in the given order, so the first vertices start in the middle. The layout uses only + − × ÷ and
//! square roots, because their results are equal on every machine; sine is not. Each step costs the square
//! of the number of vertices; the method suits at most about 60 vertices.

const STEPS: usize = 400;
/// Cosine and sine of the golden angle, 137.5°.
const TURN: (f64, f64) = (-0.737_368_878_078_32, 0.675_490_294_261_523_6);
const PULL_TO_MIDDLE: f64 = 2.5;

/// Returns a position in 0..=1 by 0..=1 for each of `count` vertices.
///
/// `links` are pairs of vertices with a positive weight; their direction has no effect.
pub(super) fn layout(count: usize, links: &[(usize, usize, f64)]) -> Vec<(f64, f64)> {
    let mut places = spiral(count);
    let heaviest = links.iter().map(|link| link.2).fold(f64::MIN_POSITIVE, f64::max);
    let distance = 1.0 / (count.max(1) as f64).sqrt();
    for step in 0..STEPS {
        let longest = 0.1 * (1.0 - step as f64 / STEPS as f64);
        let forces = forces(&places, links, heaviest, distance);
        for (place, (x, y)) in places.iter_mut().zip(forces) {
            let length = (x * x + y * y).sqrt().max(1e-12);
            let moved = length.min(longest) / length;
            place.0 += x * moved;
            place.1 += y * moved;
        }
    }
    fill_square(&mut places);
    places
}

/// Returns points on a spiral around the middle, a golden angle between neighbours.
fn spiral(count: usize) -> Vec<(f64, f64)> {
    let mut direction = (1.0, 0.0);
    (0..count)
        .map(|number| {
            let radius = 0.5 * ((number as f64 + 0.5) / count as f64).sqrt();
            let place = (0.5 + radius * direction.0, 0.5 + radius * direction.1);
            let (x, y) = direction;
            direction = (x * TURN.0 - y * TURN.1, x * TURN.1 + y * TURN.0);
            place
        })
        .collect()
}

fn forces(
    places: &[(f64, f64)],
    links: &[(usize, usize, f64)],
    heaviest: f64,
    distance: f64,
) -> Vec<(f64, f64)> {
    let mut forces: Vec<(f64, f64)> =
        places.iter().map(|&(x, y)| ((0.5 - x) * PULL_TO_MIDDLE, (0.5 - y) * PULL_TO_MIDDLE)).collect();
    for (one, &(x, y)) in places.iter().enumerate() {
        for (other, &(other_x, other_y)) in places.iter().enumerate() {
            if one != other {
                let (away_x, away_y) = (x - other_x, y - other_y);
                let square = (away_x * away_x + away_y * away_y).max(1e-9);
                forces[one].0 += away_x * distance * distance / square;
                forces[one].1 += away_y * distance * distance / square;
            }
        }
    }
    for &(from, to, weight) in links.iter().filter(|link| link.0 != link.1) {
        let (x, y) = (places[to].0 - places[from].0, places[to].1 - places[from].1);
        let pull = (x * x + y * y).sqrt() / distance * (weight / heaviest).max(0.0).sqrt();
        forces[from] = (forces[from].0 + x * pull, forces[from].1 + y * pull);
        forces[to] = (forces[to].0 - x * pull, forces[to].1 - y * pull);
    }
    forces
}

/// Stretches the positions to the unit square in each direction; a single position moves to the middle.
fn fill_square(places: &mut [(f64, f64)]) {
    let bounds = |coordinate: fn(&(f64, f64)) -> f64, places: &[(f64, f64)]| {
        let low = places.iter().map(coordinate).fold(f64::INFINITY, f64::min);
        (low, places.iter().map(coordinate).fold(f64::NEG_INFINITY, f64::max) - low)
    };
    let (left, width) = bounds(|place| place.0, places);
    let (top, height) = bounds(|place| place.1, places);
    let share = |value: f64, low: f64, span: f64| {
        if span > 1e-9 { ((value - low) / span).clamp(0.0, 1.0) } else { 0.5 }
    };
    for place in places {
        *place = (share(place.0, left, width), share(place.1, top, height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(one: (f64, f64), other: (f64, f64)) -> f64 {
        ((one.0 - other.0).powi(2) + (one.1 - other.1).powi(2)).sqrt()
    }

    #[test]
    fn every_place_is_on_the_page_and_the_same_every_time() {
        let links = [(0, 1, 3.0), (1, 2, 1.0), (3, 4, 2.0), (5, 5, 1.0)];
        for count in [6, 20, 60] {
            let places = layout(count, &links);
            assert_eq!(places.len(), count);
            assert!(places.iter().all(|(x, y)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y)));
            assert_eq!(places, layout(count, &links));
        }
        assert_eq!(layout(1, &[]), [(0.5, 0.5)]);
        assert!(layout(0, &[]).is_empty());
    }

    #[test]
    fn linked_vertices_are_closer_than_others() {
        let links = [(0, 1, 1.0), (1, 2, 1.0), (0, 2, 1.0), (3, 4, 1.0), (4, 5, 1.0), (3, 5, 1.0)];
        let places = layout(6, &links);
        let inside = distance(places[0], places[1]).max(distance(places[3], places[4]));
        for one in 0..3 {
            for other in 3..6 {
                assert!(inside < distance(places[one], places[other]), "{places:?}");
            }
        }
    }
}
