//! What goes in and out of an entity or of a group, by layer and currency.
//!
//! Currencies are never added to each other: each has a flow of its own, and so have amounts of which nobody said what
//! they are amounts of.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use super::Candidate;
use crate::{
    analysis::Analysis,
    index::{EntityIndex, LinkIndex},
    link::{Layer, Link},
    marking::Marking,
};

/// Layers whose links go from one to the other: who said, paid, owns.
pub const DIRECTED: [Layer; 3] = [Layer::Communication, Layer::Finance, Layer::Ownership];

/// Links of one layer and currency that go one way, seen from a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// How many.
    pub links: usize,
    /// Entities beyond the group at their other ends; empty for those inside.
    pub others: BTreeSet<EntityIndex>,
    /// What their amounts add up to; `None` where none has one.
    pub amount: Option<f64>,
}

impl Way {
    fn take(&mut self, amount: Option<f64>) {
        self.links += 1;
        if let Some(amount) = amount {
            self.amount = Some(self.amount.unwrap_or_default() + amount);
        }
    }

    fn sum(&self) -> f64 {
        self.amount.unwrap_or_default()
    }
}

/// Links of one layer and currency that touch a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow<'a> {
    /// Family of the links.
    pub layer: Layer,
    /// What their amounts are amounts of; `None` where nobody said, and for links without amounts.
    pub currency: Option<&'a str>,
    /// From beyond it into it.
    pub inward: Way,
    /// From it to beyond it.
    pub outward: Way,
    /// Among its own.
    pub inside: Way,
    /// Join of the markings of its links.
    pub marking: Marking,
}

impl Flow<'_> {
    /// Returns how many links it has.
    pub fn links(&self) -> usize {
        self.inward.links + self.outward.links + self.inside.links
    }

    /// Returns the smaller over the larger of what came in and what went out, from 0 to 1; `None` where neither did.
    pub(super) fn through(&self) -> Option<f64> {
        let (inward, outward) = (self.inward.sum(), self.outward.sum());
        let larger = inward.max(outward);
        (larger > 0.0).then(|| inward.min(outward).max(0.0) / larger)
    }

    /// Returns the share of all its amounts that stayed inside, from 0 to 1; `None` where there are none.
    pub(super) fn kept(&self) -> Option<f64> {
        let all = self.inward.sum() + self.outward.sum() + self.inside.sum();
        (all > 0.0).then(|| (self.inside.sum() / all).clamp(0.0, 1.0))
    }
}

/// Adds up links that touch a group, each once, by layer and currency in the order of their names.
pub fn flows<'a>(
    links: impl IntoIterator<Item = &'a Link>,
    is_inside: impl Fn(EntityIndex) -> bool,
) -> Vec<Flow<'a>> {
    let mut all: BTreeMap<(Layer, Option<&str>), Flow<'a>> = BTreeMap::new();
    for link in links {
        let told = link.amounts.iter().map(|(sum, currency)| (Some(*sum), currency.as_deref()));
        let untold = iter::once((None, None)).filter(|_| link.amounts.is_empty());
        for (amount, currency) in told.chain(untold) {
            let flow = all.entry((link.layer, currency)).or_insert_with(|| Flow {
                layer: link.layer,
                currency,
                inward: Way::default(),
                outward: Way::default(),
                inside: Way::default(),
                marking: link.marking,
            });
            flow.marking = flow.marking.join(link.marking);
            match (is_inside(link.from), is_inside(link.to)) {
                (true, true) => flow.inside.take(amount),
                (true, false) => {
                    flow.outward.take(amount);
                    flow.outward.others.insert(link.to);
                }
                _ => {
                    flow.inward.take(amount);
                    flow.inward.others.insert(link.from);
                }
            }
        }
    }
    all.into_values().collect()
}

/// Returns the links of [`DIRECTED`] layers at a candidate's members, old and recent, each once.
pub fn directed<'a>(analysis: &'a Analysis, candidate: &Candidate) -> Vec<&'a Link> {
    let near = candidate.members.iter().flat_map(|&at| &analysis.context.neighbours[at.index()]);
    let at: BTreeSet<LinkIndex> = near.map(|(_, link)| *link).collect();
    let links = at.into_iter().map(|link| &analysis[link]);
    links.filter(|link| DIRECTED.contains(&link.layer)).collect()
}

/// Returns the payments at a candidate's members, old and recent, each once.
pub fn payments<'a>(analysis: &'a Analysis, candidate: &Candidate) -> Vec<&'a Link> {
    directed(analysis, candidate).into_iter().filter(|link| link.is_payment()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Moment, Span};

    /// A tie of so much in a currency, from one to the other.
    fn link(layer: Layer, from: usize, to: usize, amounts: &[(f64, Option<&str>)]) -> Link {
        let told = Moment::parse("2026-03-01T00:00:00Z").expect("a moment");
        Link {
            id: format!("{from} {to}"),
            from: EntityIndex::new(from),
            to: EntityIndex::new(to),
            kind: "payment".to_owned(),
            layer,
            weight: 1.0,
            source_count: 1,
            records: Vec::new(),
            seen: Span::default(),
            recorded_first: told,
            recorded_last: told,
            confidence: None,
            marking: Marking::Unmarked,
            amounts: amounts.iter().map(|(sum, currency)| (*sum, currency.map(Into::into))).collect(),
        }
    }

    #[test]
    fn currencies_are_never_added_to_each_other() {
        let links = [
            link(Layer::Finance, 9, 1, &[(100.0, Some("EUR")), (40.0, Some("USD"))]),
            link(Layer::Finance, 8, 1, &[(20.0, Some("EUR"))]),
            link(Layer::Finance, 1, 2, &[(90.0, Some("EUR"))]),
            link(Layer::Finance, 2, 7, &[(60.0, Some("EUR"))]),
            link(Layer::Finance, 2, 7, &[]),
            link(Layer::Finance, 2, 6, &[(5.0, None)]),
            link(Layer::Communication, 2, 7, &[]),
        ];
        let worded: Vec<String> = flows(&links, |at| at.index() < 3)
            .iter()
            .map(|flow| {
                let way = |way: &Way| format!("{} {} {:?}", way.links, way.others.len(), way.amount);
                let ways = [&flow.inward, &flow.outward, &flow.inside].map(way).join(" / ");
                let ratios =
                    [flow.through(), flow.kept()].map(|ratio| ratio.map(|ratio| (ratio * 100.0).round()));
                format!("{} {} {ways} {ratios:?}", flow.layer, flow.currency.unwrap_or("-"))
            })
            .collect();
        assert_eq!(
            worded,
            [
                "communication - 0 0 None / 1 1 None / 0 0 None [None, None]",
                "finance - 0 0 None / 2 2 Some(5.0) / 0 0 None [Some(0.0), Some(0.0)]",
                "finance EUR 2 2 Some(120.0) / 1 1 Some(60.0) / 1 0 Some(90.0) [Some(50.0), Some(33.0)]",
                "finance USD 1 1 Some(40.0) / 0 0 None / 0 0 None [Some(0.0), Some(0.0)]",
            ]
        );
    }

    #[test]
    fn a_payment_has_an_amount_above_nothing() {
        let is_payment = |layer, amounts: &[(f64, Option<&str>)]| link(layer, 1, 2, amounts).is_payment();
        assert!(is_payment(Layer::Finance, &[(-1.0, Some("EUR")), (0.5, None)]));
        assert!(!is_payment(Layer::Finance, &[]), "who has an account where");
        assert!(!is_payment(Layer::Finance, &[(0.0, Some("EUR"))]));
        assert!(!is_payment(Layer::Ownership, &[(5.0, Some("EUR"))]), "what a share is worth");
    }
}
