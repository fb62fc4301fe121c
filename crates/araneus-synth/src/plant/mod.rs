//! The planted patterns and their benign look-alikes: one table, one file for each pattern.
//!
//! A look-alike is made by another mechanism than the pattern, never by the pattern's
//! own with a figure turned down: size, speed, number of voices, their reliability and
//! the freshness of dates overlap, so that no single one of them tells the two apart.

mod birth;
mod broker;
mod convergence;
mod hosts;
mod reactivation;
mod story;

use super::{
    cast::ThingId,
    random::{Stream, between, shuffle},
    stage::{Plant, Stage},
};

/// One way in which a pattern, or something that looks like it, comes about.
pub(super) struct Way {
    /// Name in `planted.csv`.
    pub(super) name: &'static str,
    /// It is a look-alike.
    pub(super) is_benign: bool,
    /// Kept out of training, to learn whether a model knows more than it was shown.
    pub(super) held_out: bool,
    /// What happens, in one sentence.
    pub(super) about: &'static str,
    /// Tells it from a night on, and returns what it is about.
    tell: fn(&mut Stage, &mut Stream, u32) -> Vec<ThingId>,
}

/// Returns a way, in one line of its pattern's table.
const fn way(
    name: &'static str,
    is_benign: bool,
    held_out: bool,
    about: &'static str,
    tell: fn(&mut Stage, &mut Stream, u32) -> Vec<ThingId>,
) -> Way {
    Way { name, is_benign, held_out, about, tell }
}

/// Every pattern by name, with the ways in which it, or something that looks like it, comes about.
pub(super) const PATTERNS: [(&str, &[Way]); 5] = [
    ("community-birth", birth::WAYS),
    ("convergence", convergence::WAYS),
    ("sudden-broker", broker::WAYS),
    ("dormant-reactivation", reactivation::WAYS),
    ("shared-infrastructure-convergence", hosts::WAYS),
];

/// True instances of each pattern in a world.
pub(super) const INSTANCES: usize = 4;
/// Look-alikes of each pattern in a world.
pub(super) const TWINS: usize = 5;
/// First and last night on which something planted begins.
const BEGINS: (u32, u32) = (8, 26);

/// Plants everything, in an order that says nothing.
pub(super) fn plant(stage: &mut Stage, random: &mut Stream) {
    let mut chosen: Vec<(&str, &Way)> = Vec::new();
    for (pattern, ways) in PATTERNS {
        for (is_benign, count) in [(false, INSTANCES), (true, TWINS)] {
            let mut ways: Vec<&Way> = ways.iter().filter(|way| way.is_benign == is_benign).collect();
            shuffle(random, &mut ways);
            ways.truncate(count);
            chosen.extend(ways.into_iter().map(|way| (pattern, way)));
        }
    }
    shuffle(random, &mut chosen);
    for (pattern, way) in chosen {
        let night = between(random, BEGINS.0 as usize, BEGINS.1 as usize) as u32;
        stage.plant = Some(stage.plants.len());
        stage.plant_begins = night;
        let anchors = (way.tell)(stage, random, night);
        stage.plants.push(Plant {
            pattern,
            mechanism: way.name,
            is_benign: way.is_benign,
            held_out: way.held_out,
            anchors,
        });
        stage.plant = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_has_ways_enough_and_some_held_out() {
        for (pattern, ways) in PATTERNS {
            for (is_benign, count) in [(false, INSTANCES), (true, TWINS)] {
                let ways: Vec<_> = ways.iter().filter(|way| way.is_benign == is_benign).collect();
                assert!(ways.len() >= count, "{pattern} {is_benign}");
                assert!(ways.iter().any(|way| way.held_out) && ways.iter().any(|way| !way.held_out));
            }
        }
    }

    #[test]
    fn no_two_ways_share_a_name() {
        for (pattern, ways) in PATTERNS {
            let names: std::collections::BTreeSet<_> = ways.iter().map(|way| way.name).collect();
            assert_eq!(names.len(), ways.len(), "{pattern}");
            assert!(ways.iter().all(|way| way.about.ends_with('.')), "{pattern}");
        }
    }
}
