//! Flows into and out of an entity or a group, by layer and currency.
//!
//! Amounts of different currencies are never added. Amounts without a currency have a flow of their own.

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

/// Links of one layer and currency in one direction, as seen from a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowDirection {
    /// Number of links.
    pub links: usize,
    /// Entities outside the group at the other ends; empty for links inside the group.
    pub others: BTreeSet<EntityIndex>,
    /// Sum of the amounts; `None` if no link has one.
    pub amount: Option<f64>,
}

impl FlowDirection {
    fn add(&mut self, amount: Option<f64>) {
        self.links += 1;
        if let Some(amount) = amount {
            self.amount = Some(self.amount.unwrap_or_default() + amount);
        }
    }

    fn sum_or_zero(&self) -> f64 {
        self.amount.unwrap_or_default()
    }
}

/// Links of one layer and currency that touch a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow<'a> {
    /// Layer of the links.
    pub layer: Layer,
    /// Currency of the amounts; `None` for amounts without a currency, and for links without amounts.
    pub currency: Option<&'a str>,
    /// Links that enter the group.
    pub inward: FlowDirection,
    /// Links that leave the group.
    pub outward: FlowDirection,
    /// Links between members of the group.
    pub inside: FlowDirection,
    /// Join of the markings of its links.
    pub marking: Marking,
}

impl Flow<'_> {
    /// Returns the number of links.
    pub fn link_count(&self) -> usize {
        self.inward.links + self.outward.links + self.inside.links
    }

    /// Returns the smaller over the larger of income and spending, from 0 to 1; `None` without both.
    pub(super) fn pass_through(&self) -> Option<f64> {
        let (inward, outward) = (self.inward.sum_or_zero(), self.outward.sum_or_zero());
        let larger = inward.max(outward);
        (larger > 0.0).then(|| inward.min(outward).max(0.0) / larger)
    }

    /// Returns the share of the amounts that stayed inside the group, from 0 to 1; `None` without amounts.
    pub(super) fn kept_share(&self) -> Option<f64> {
        let all = self.inward.sum_or_zero() + self.outward.sum_or_zero() + self.inside.sum_or_zero();
        (all > 0.0).then(|| (self.inside.sum_or_zero() / all).clamp(0.0, 1.0))
    }
}

/// Returns the flows of links that touch a group, in order of layer and currency.
pub fn flows<'a>(
    links: impl IntoIterator<Item = &'a Link>,
    is_inside: impl Fn(EntityIndex) -> bool,
) -> Vec<Flow<'a>> {
    let mut all: BTreeMap<(Layer, Option<&str>), Flow<'a>> = BTreeMap::new();
    for link in links {
        let amounts = link.amounts.iter().map(|(sum, currency)| (Some(*sum), currency.as_deref()));
        let no_amount = iter::once((None, None)).filter(|_| link.amounts.is_empty());
        for (amount, currency) in amounts.chain(no_amount) {
            let flow = all.entry((link.layer, currency)).or_insert_with(|| Flow {
                layer: link.layer,
                currency,
                inward: FlowDirection::default(),
                outward: FlowDirection::default(),
                inside: FlowDirection::default(),
                marking: link.marking,
            });
            flow.marking = flow.marking.join(link.marking);
            match (is_inside(link.from), is_inside(link.to)) {
                (true, true) => flow.inside.add(amount),
                (true, false) => {
                    flow.outward.add(amount);
                    flow.outward.others.insert(link.to);
                }
                _ => {
                    flow.inward.add(amount);
                    flow.inward.others.insert(link.from);
                }
            }
        }
    }
    all.into_values().collect()
}

/// Returns the links of directed layers at a candidate's members, earlier and recent, each once.
pub fn directed_links<'a>(analysis: &'a Analysis, candidate: &Candidate) -> Vec<&'a Link> {
    let links = candidate.members.iter().flat_map(|&member| analysis.context.directed_links_of(member));
    let indices: BTreeSet<LinkIndex> = links.collect();
    indices.into_iter().map(|link| &analysis[link]).collect()
}

/// Returns the payments at a candidate's members, earlier and recent, each once.
pub fn payments<'a>(analysis: &'a Analysis, candidate: &Candidate) -> Vec<&'a Link> {
    directed_links(analysis, candidate).into_iter().filter(|link| link.is_payment()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        compact::ShortList,
        link::LinkId,
        time::{Moment, Span},
    };

    /// Returns a link with amounts.
    fn link(layer: Layer, from: usize, to: usize, amounts: &[(f64, Option<&str>)]) -> Link {
        let recorded_at = Moment::parse("2026-03-01T00:00:00Z").expect("a moment");
        Link {
            id: LinkId::of(&format!("link-{from:010}{to:010}")).expect("an id"),
            from: EntityIndex::new(from),
            to: EntityIndex::new(to),
            kind: "payment".into(),
            layer,
            weight: 1.0,
            source_count: 1,
            records: ShortList::default(),
            seen: Span::default(),
            recorded_first: recorded_at,
            recorded_last: recorded_at,
            confidence: None.into(),
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
        let texts: Vec<String> = flows(&links, |entity| entity.index() < 3)
            .iter()
            .map(|flow| {
                let text = |direction: &FlowDirection| {
                    format!("{} {} {:?}", direction.links, direction.others.len(), direction.amount)
                };
                let directions = [&flow.inward, &flow.outward, &flow.inside].map(text).join(" / ");
                let ratios = [flow.pass_through(), flow.kept_share()]
                    .map(|ratio| ratio.map(|ratio| (ratio * 100.0).round()));
                format!("{} {} {directions} {ratios:?}", flow.layer, flow.currency.unwrap_or("-"))
            })
            .collect();
        assert_eq!(
            texts,
            [
                "communication - 0 0 None / 1 1 None / 0 0 None [None, None]",
                "finance - 0 0 None / 2 2 Some(5.0) / 0 0 None [Some(0.0), Some(0.0)]",
                "finance EUR 2 2 Some(120.0) / 1 1 Some(60.0) / 1 0 Some(90.0) [Some(50.0), Some(33.0)]",
                "finance USD 1 1 Some(40.0) / 0 0 None / 0 0 None [Some(0.0), Some(0.0)]",
            ]
        );
    }

    #[test]
    fn a_payment_has_an_amount_above_zero() {
        let is_payment = |layer, amounts: &[(f64, Option<&str>)]| link(layer, 1, 2, amounts).is_payment();
        assert!(is_payment(Layer::Finance, &[(-1.0, Some("EUR")), (0.5, None)]));
        assert!(!is_payment(Layer::Finance, &[]), "an account and its owner");
        assert!(!is_payment(Layer::Finance, &[(0.0, Some("EUR"))]));
        assert!(!is_payment(Layer::Ownership, &[(5.0, Some("EUR"))]), "the value of a share");
    }
}
