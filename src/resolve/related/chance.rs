//! Null model of shared attributes: each subject has as many attributes as it has, and each attribute as many subjects.
//!
//! Subject `i` has attribute `k` with the probability `size(i) * subjects(k) / total`, as in the random graph of Chung and Lu
//! (2002) with these degrees. Chernoff's inequality bounds the probability that the weights of the shared attributes of a
//! pair reach a sum. The true probability is never larger than the bound.

use std::collections::BTreeMap;

use super::profiles::{ATTRIBUTE_CLASSES, Profiles, Sizes};

/// Steps of the search for the best exponent. The function is convex, so each step keeps two thirds.
const STEPS: usize = 40;
/// Largest exponent for each bit.
const EXPONENT_MAX: f64 = 4.0;

/// Attributes of one class with one number of subjects.
struct Group {
    class: usize,
    /// Number of subjects divided by the links of the class.
    share: f64,
    bits: f64,
    count: f64,
}

/// Null model of a view.
pub(super) struct Null(Vec<Group>);

impl Null {
    pub(super) fn of(profiles: &Profiles) -> Self {
        let mut counts: BTreeMap<(usize, u32), u32> = BTreeMap::new();
        for attribute in profiles.attributes() {
            *counts.entry((profiles.class(attribute), profiles.subjects_of(attribute))).or_default() += 1;
        }
        let mut totals = [0.0; ATTRIBUTE_CLASSES.len()];
        for ((class, subjects), count) in &counts {
            totals[*class] += f64::from(*subjects) * f64::from(*count);
        }
        let group = |((class, subjects), count): ((usize, u32), u32)| Group {
            class,
            share: f64::from(subjects) / totals[class],
            bits: profiles.weight(subjects),
            count: f64::from(count),
        };
        Self(counts.into_iter().map(group).collect())
    }

    /// Returns the natural logarithm of a bound of the probability that two subjects of these sizes share attributes of the
    /// sum `bits` by chance; 0 at most.
    pub(super) fn log_chance(&self, [one, other]: [Sizes; 2], bits: f64) -> f64 {
        let groups: Vec<(f64, f64, f64)> = self
            .0
            .iter()
            .filter(|group| one[group.class] > 0 && other[group.class] > 0)
            .map(|group| {
                let has = |sizes: Sizes| (f64::from(sizes[group.class]) * group.share).min(1.0);
                (has(one) * has(other), group.bits, group.count)
            })
            .collect();
        let bound = |exponent: f64| {
            let expected: f64 = groups
                .iter()
                .map(|(chance, weight, count)| count * (chance * ((exponent * weight).exp() - 1.0)).ln_1p())
                .sum();
            expected - exponent * bits
        };
        let (mut low, mut high) = (0.0, EXPONENT_MAX);
        for _ in 0..STEPS {
            let third = (high - low) / 3.0;
            if bound(low + third) <= bound(high - third) {
                high -= third;
            } else {
                low += third;
            }
        }
        bound(f64::midpoint(low, high)).min(0.0)
    }
}
