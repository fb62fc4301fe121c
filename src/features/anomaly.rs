//! Link anomaly features: unexpected recent links of a candidate.

use std::collections::BTreeSet;

use super::{Feature, FeatureFamily, FeatureInput, Meaning, Scale, Unit, share};
use crate::{index::EntityIndex, link::Layer};

pub(super) const LAYERS: Feature = Feature {
    name: "layers",
    about: "Number of layers of its recent links.",
    family: FeatureFamily::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Number,
    message: "its recent links belong to {} [layer|layers]",
    message_zero: None,
    meaning: Meaning::High,
    fact: None,
    compute: |input| input.support().map(|link| link.layer).collect::<BTreeSet<_>>().len() as f64,
};

pub(super) const STATED_SHARE: Feature = Feature {
    name: "stated_share",
    about: "Share of its recent links that a source states, not derived from a common report, from 0 to 1.",
    family: FeatureFamily::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are stated by a source, not derived from a common report",
    message_zero: Some("no source states one of its recent links; all come from common reports"),
    meaning: Meaning::High,
    fact: None,
    compute: |input| 1.0 - of_layer(input, Layer::CoReport),
};

pub(super) const ATTRIBUTION_SHARE: Feature = Feature {
    name: "attribution_share",
    about: "Share of its recent links that are attributions, from 0 to 1.",
    family: FeatureFamily::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are attributions",
    message_zero: Some("none of its recent links is an attribution"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| of_layer(input, Layer::Attribution),
};

pub(super) const INFRASTRUCTURE_SHARE: Feature = Feature {
    name: "infrastructure_share",
    about: "Share of its recent links that are about hosts, addresses, files and their indicators, from 0 to 1.",
    family: FeatureFamily::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links are about hosts, addresses and files",
    message_zero: Some("none of its recent links is about hosts, addresses or files"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| of_layer(input, Layer::Infrastructure),
};

pub(super) const ACQUAINTANCE: Feature = Feature {
    name: "acquaintance",
    about: "Mean Adamic-Adar index, before the recent window, of the pairs that its recent links connect (Adamic and Adar 2003): low where the pairs had few common neighbours.",
    family: FeatureFamily::LinkAnomaly,
    scale: Scale::Log,
    unit: Unit::Real,
    message: "the mean Adamic-Adar index of its newly linked pairs was {} before",
    message_zero: Some("its newly linked pairs had no common neighbour before"),
    meaning: Meaning::Low,
    fact: None,
    compute: |input| {
        let pairs = || input.support().map(|link| (link.from, link.to));
        share(pairs().map(|(a, b)| adamic_adar(input, a, b)).sum(), pairs().count() as f64)
    },
};

pub(super) const RARITY: Feature = Feature {
    name: "rarity",
    about: "Mean of ln 2 / ln(2 + links) over the more linked ends of its recent links: high where the ends have few links.",
    family: FeatureFamily::LinkAnomaly,
    scale: Scale::Plain,
    unit: Unit::Real,
    message: "the ends of its recent links have a mean rarity of {} (most: 100 %)",
    message_zero: None,
    meaning: Meaning::High,
    fact: None,
    compute: |input| {
        let links = |end: EntityIndex| input.all_links_of(end).len() as f64;
        let rarities = || {
            input
                .support()
                .map(|link| std::f64::consts::LN_2 / (2.0 + links(link.from).max(links(link.to))).ln())
        };
        share(rarities().sum(), rarities().count() as f64)
    },
};

pub(super) fn of_layer(input: &FeatureInput<'_>, layer: Layer) -> f64 {
    let of_layer = input.support().filter(|link| link.layer == layer).count();
    share(of_layer as f64, input.candidate.support.len() as f64)
}

/// Returns the sum of 1 / ln(links) over the neighbours that two entities had in common before the recent window.
fn adamic_adar(input: &FeatureInput<'_>, a: EntityIndex, b: EntityIndex) -> f64 {
    let [a, b] = [a, b].map(|end| input.facts.earlier_neighbours(end));
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let common = few.iter().filter(|entity| many.binary_search(entity).is_ok());
    common.map(|&entity| 1.0 / (input.all_links_of(entity).len() as f64).max(2.0).ln()).sum()
}
