//! Planted patterns and their benign look-alikes: one table, one file for each pattern.
//!
//! A look-alike has variants of its own. It is never the pattern with a smaller number: size, speed, number of agencies,
//! their reliability and the age of dates overlap, so that no single number separates the two.

mod community_birth;
mod convergence;
mod coverage;
mod dormant_reactivation;
mod shared_infrastructure;
mod sudden_broker;
mod variant;

pub(crate) use variant::Variant;

use crate::{
    hidden_world::{Case, HiddenWorld},
    random::{RandomStream, between, shuffle},
};

/// All patterns by name, each with the variants of the pattern and of its look-alikes.
pub(crate) const PATTERNS: [(&str, &[Variant]); 5] = [
    ("community-birth", community_birth::VARIANTS),
    ("convergence", convergence::VARIANTS),
    ("sudden-broker", sudden_broker::VARIANTS),
    ("dormant-reactivation", dormant_reactivation::VARIANTS),
    ("shared-infrastructure-convergence", shared_infrastructure::VARIANTS),
];

/// Number of cases of each pattern in a world.
pub(crate) const INSTANCES: usize = 4;
/// Earliest and latest first day of a planted case.
const FIRST_DAYS: (usize, usize) = (8, 26);

/// Plants all cases, in random order.
pub(crate) fn add(world: &mut HiddenWorld, random: &mut RandomStream) {
    let mut chosen: Vec<(&str, &Variant)> = Vec::new();
    for (pattern, variants) in PATTERNS {
        for (is_benign, count) in [(false, INSTANCES), (true, world.difficulty.look_alikes)] {
            let mut variants: Vec<&Variant> =
                variants.iter().filter(|variant| variant.is_benign == is_benign).collect();
            shuffle(random, &mut variants);
            // Each variant occurs once before one occurs again.
            chosen.extend(variants.into_iter().cycle().take(count).map(|variant| (pattern, variant)));
        }
    }
    shuffle(random, &mut chosen);
    for (pattern, variant) in chosen {
        let day = between(random, FIRST_DAYS.0, FIRST_DAYS.1) as u32;
        world.current_case = Some(world.cases.len());
        world.case_first_day = day;
        let anchors = (variant.add)(world, random, day);
        world.cases.push(Case {
            pattern,
            variant: variant.name,
            is_benign: variant.is_benign,
            held_out: variant.held_out,
            anchors,
        });
        world.current_case = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_has_enough_variants_and_some_are_held_out() {
        for (pattern, variants) in PATTERNS {
            for (is_benign, count) in [(false, INSTANCES), (true, 6)] {
                let variants: Vec<_> =
                    variants.iter().filter(|variant| variant.is_benign == is_benign).collect();
                assert!(variants.len() >= count, "{pattern} {is_benign}");
                assert!(variants.iter().any(|variant| variant.held_out));
                assert!(variants.iter().any(|variant| !variant.held_out));
            }
        }
    }

    #[test]
    fn variants_of_a_pattern_have_different_names() {
        for (pattern, variants) in PATTERNS {
            let names: std::collections::BTreeSet<_> = variants.iter().map(|variant| variant.name).collect();
            assert_eq!(names.len(), variants.len(), "{pattern}");
            assert!(variants.iter().all(|variant| variant.about.ends_with('.')), "{pattern}");
        }
    }
}
