//! How unexpected the recent links of a candidate are.

use std::collections::BTreeSet;

use super::{Family, Feature, Scale, Shown, Unit, share};
use crate::{index::EntityIndex, link::Layer};

pub(super) const LAYERS: Feature = Feature {
    name: "layers",
    about: "Number of layers among its recent links.",
    family: Family::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Number,
    says: "its recent links are of {} layers",
    of: |shown| shown.support().map(|link| link.layer).collect::<BTreeSet<_>>().len() as f64,
};

pub(super) const STATED_SHARE: Feature = Feature {
    name: "stated_share",
    about: "Share of its recent links that a source states, rather than that a report names both ends, from 0 to 1.",
    family: Family::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its recent links are stated, not merely named together in a report",
    of: |shown| 1.0 - of_layer(shown, Layer::CoReport),
};

pub(super) const ATTRIBUTION_SHARE: Feature = Feature {
    name: "attribution_share",
    about: "Share of its recent links that say who is behind what, from 0 to 1.",
    family: Family::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its recent links say who is behind what",
    of: |shown| of_layer(shown, Layer::Attribution),
};

pub(super) const INFRASTRUCTURE_SHARE: Feature = Feature {
    name: "infrastructure_share",
    about: "Share of its recent links that are about hosts, addresses, files and what detects them, from 0 to 1.",
    family: Family::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its recent links are about hosts, addresses and files",
    of: |shown| of_layer(shown, Layer::Infrastructure),
};

pub(super) const ACQUAINTANCE: Feature = Feature {
    name: "acquaintance",
    about: "Mean Adamic-Adar index, before the recent nights, of the pairs that its recent links join (Adamic and Adar 2003): low where nothing foretold them.",
    family: Family::LinkAnomaly,
    scale: Scale::Log,
    unit: Unit::Real,
    says: "what its recent links join had {} in common before",
    of: |shown| {
        let pairs = || shown.support().map(|link| (link.from, link.to));
        share(pairs().map(|(a, b)| adamic_adar(shown, a, b)).sum(), pairs().count() as f64)
    },
};

pub(super) const RARITY: Feature = Feature {
    name: "rarity",
    about: "Mean of 1 / ln(2 + ties) over the less tied ends of its recent links: high where what joins is rare.",
    family: Family::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Real,
    says: "what its links join is rare to {} of the most possible",
    of: |shown| {
        let ties = |at: EntityIndex| shown.analysis.context.near[at.index()].len() as f64;
        let rarities = || {
            shown
                .support()
                .map(|link| std::f64::consts::LN_2 / (2.0 + ties(link.from).max(ties(link.to))).ln())
        };
        share(rarities().sum(), rarities().count() as f64)
    },
};

pub(super) fn of_layer(shown: &Shown<'_>, layer: Layer) -> f64 {
    let own = shown.support().filter(|link| link.layer == layer).count();
    share(own as f64, shown.candidate.support.len() as f64)
}

/// Adds up 1 / ln(ties) over what two entities were both tied to before.
fn adamic_adar(shown: &Shown<'_>, a: EntityIndex, b: EntityIndex) -> f64 {
    let context = &shown.analysis.context;
    let before = |at: EntityIndex| -> BTreeSet<EntityIndex> {
        let near = context.near[at.index()].iter().filter(|(_, link)| !context.link_is_new[link.index()]);
        near.map(|(other, _)| *other).collect()
    };
    before(a)
        .intersection(&before(b))
        .map(|at| 1.0 / (context.near[at.index()].len() as f64).max(2.0).ln())
        .sum()
}
