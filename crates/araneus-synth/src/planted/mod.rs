//! Planted patterns and their benign look-alikes: one table, one file for each pattern.
//!
//! A look-alike has variants of its own. It is never the pattern with a smaller number: size, speed, number of agencies,
//! their reliability and the age of dates overlap, so that no single number separates the two.

mod attribution;
mod community_birth;
mod convergence;
mod corroboration;
mod coverage;
mod dormant_reactivation;
mod payments;
mod shared_infrastructure;
mod sudden_broker;
mod surge;
mod technique_convergence;
mod variant;

pub(crate) use variant::Variant;

use payments::variants as flows;

use crate::{
    hidden_world::{Case, HiddenWorld},
    random::{RandomStream, between, shuffle},
};

/// A pattern in worlds.
pub(crate) struct PlantedPattern {
    pub(crate) name: &'static str,
    /// Number of cases in a world, without look-alikes.
    pub(crate) instances: usize,
    /// Variants of the pattern and of its look-alikes.
    pub(crate) variants: &'static [Variant],
}

const fn planted(name: &'static str, instances: usize, variants: &'static [Variant]) -> PlantedPattern {
    PlantedPattern { name, instances, variants }
}

/// Number of cases of a pattern of the network, and of a flow of money or of a question about one subject.
const MANY: usize = 4;
const FEW: usize = 2;

/// All patterns.
pub(crate) const PATTERNS: [PlantedPattern; 15] = [
    planted("community-birth", MANY, community_birth::VARIANTS),
    planted("convergence", MANY, convergence::VARIANTS),
    planted("sudden-broker", MANY, sudden_broker::VARIANTS),
    planted("dormant-reactivation", MANY, dormant_reactivation::VARIANTS),
    planted("shared-infrastructure-convergence", MANY, shared_infrastructure::VARIANTS),
    planted("subject-surge", FEW, surge::VARIANTS),
    planted("attribution", FEW, attribution::VARIANTS),
    planted("corroboration", FEW, corroboration::VARIANTS),
    planted("technique-convergence", FEW, technique_convergence::VARIANTS),
    planted("payment-chain", FEW, flows::CHAINS),
    planted("payment-cycle", FEW, flows::CYCLES),
    planted("scatter-gather", FEW, flows::SCATTER_GATHERS),
    planted("payment-fan-in", FEW, flows::FAN_INS),
    planted("pass-through", FEW, flows::PASS_THROUGHS),
    planted("structuring", FEW, flows::STRUCTURINGS),
];

impl PlantedPattern {
    /// Returns the number of look-alikes in a world, in proportion to the number of cases.
    pub(crate) fn look_alikes(&self, of_four: usize) -> usize {
        (of_four * self.instances).div_ceil(MANY)
    }
}

/// Earliest and latest first day of a planted case.
const FIRST_DAYS: (usize, usize) = (8, 26);

/// Plants all cases, in random order.
pub(crate) fn add(world: &mut HiddenWorld, random: &mut RandomStream) {
    let mut chosen: Vec<(&str, &Variant)> = Vec::new();
    for pattern in &PATTERNS {
        let look_alikes = pattern.look_alikes(world.difficulty.look_alikes);
        for (is_benign, count) in [(false, pattern.instances), (true, look_alikes)] {
            let mut variants: Vec<&Variant> =
                pattern.variants.iter().filter(|variant| variant.is_benign == is_benign).collect();
            shuffle(random, &mut variants);
            // Each variant occurs once before one occurs again.
            chosen.extend(variants.into_iter().cycle().take(count).map(|variant| (pattern.name, variant)));
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
        for pattern in &PATTERNS {
            for (is_benign, count) in [(false, pattern.instances), (true, pattern.instances + 2)] {
                let variants: Vec<_> =
                    pattern.variants.iter().filter(|variant| variant.is_benign == is_benign).collect();
                assert!(variants.len() >= count, "{} {is_benign}", pattern.name);
                assert!(variants.iter().any(|variant| variant.held_out));
                assert!(variants.iter().any(|variant| !variant.held_out));
            }
        }
    }

    #[test]
    fn variants_of_a_pattern_have_different_names() {
        for PlantedPattern { name: pattern, variants, .. } in &PATTERNS {
            let names: std::collections::BTreeSet<_> = variants.iter().map(|variant| variant.name).collect();
            assert_eq!(names.len(), variants.len(), "{pattern}");
            assert!(variants.iter().all(|variant| variant.about.ends_with('.')), "{pattern}");
        }
    }
}
