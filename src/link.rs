//! Links: typed relations between two entities, with the records behind them.

use std::{fmt, sync::Arc};

use crate::{
    compact::{FixedText, MaybeNumber, RareList, ShortList},
    index::{EntityIndex, RecordIndex},
    marking::Marking,
    symbol::Symbol,
    time::{Moment, Span},
};

/// Layer of a multilayer network: a family of link kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Attribution of campaigns, malware and infrastructure to actors.
    Attribution,
    /// Use of techniques, malware and tools, and measures against them.
    Capability,
    /// Hosts, addresses, files and the indicators that detect them.
    Infrastructure,
    /// Victims, possible victims and their places.
    Target,
    /// Named together in one report, note or grouping.
    CoReport,
    /// Relations between entries of one vocabulary.
    Taxonomy,
    /// Producers of objects. Tables show these links, and no metric reads them.
    Provenance,
    /// Any other link.
    Other,
    /// Meetings, calls and messages.
    Communication,
    /// Payments, accounts, debts and contracts.
    Finance,
    /// Ownership, direction and control.
    Ownership,
}

/// All layers with their names in tables and configuration, in the order of the variants.
pub const LAYERS: [(Layer, &str); 11] = [
    (Layer::Attribution, "attribution"),
    (Layer::Capability, "capability"),
    (Layer::Infrastructure, "infrastructure"),
    (Layer::Target, "target"),
    (Layer::CoReport, "co-report"),
    (Layer::Taxonomy, "taxonomy"),
    (Layer::Provenance, "provenance"),
    (Layer::Other, "other"),
    (Layer::Communication, "communication"),
    (Layer::Finance, "finance"),
    (Layer::Ownership, "ownership"),
];

impl Layer {
    /// Returns the layer of a name; `None` for an unknown name.
    pub fn named(name: &str) -> Option<Self> {
        LAYERS.iter().find(|(_, known)| *known == name).map(|(layer, _)| *layer)
    }

    /// Returns the name of the layer in tables and configuration.
    pub fn name(self) -> &'static str {
        // The table has one row for each variant, in the order of the variants.
        LAYERS[self as usize].1
    }

    /// Returns whether the measured graph includes the layer. It includes all layers but provenance, in which every
    /// object of a producer has a link to that producer.
    pub fn is_measured(self) -> bool {
        self != Self::Provenance
    }

    /// Returns whether its links have a direction that flows and patterns read: communication, payments and ownership.
    pub fn is_directed(self) -> bool {
        matches!(self, Self::Communication | Self::Finance | Self::Ownership)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Lasting id of a link: `link-` and twenty hexadecimal digits.
pub type LinkId = FixedText<25>;

/// A link of one kind from one entity to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Lasting id; derives from the two entities' ids and the kind.
    pub id: LinkId,
    /// Entity at which it begins.
    pub from: EntityIndex,
    /// Entity at which it ends.
    pub to: EntityIndex,
    /// STIX relationship type, or the name of the embedded reference.
    pub kind: Symbol,
    /// Layer of the kind.
    pub layer: Layer,
    /// Weight of its evidence, at least 0: see `resolve::weight`.
    pub weight: f64,
    /// Number of sources behind it.
    pub source_count: u32,
    /// Records behind it, in the order of the view.
    pub records: ShortList<RecordIndex>,
    /// Time in which it held, if its records give one.
    pub seen: Span,
    /// Earliest recorded time of its records.
    pub recorded_first: Moment,
    /// Latest recorded time of its records.
    pub recorded_last: Moment,
    /// Mean confidence in its records, from 0 to 100; `None` if no record states one.
    pub confidence: MaybeNumber,
    /// Join of the markings of its records.
    pub marking: Marking,
    /// Sum of its records' amounts for each currency, in the order of the currencies' names.
    pub amounts: RareList<(f64, Option<Arc<str>>)>,
}

impl Link {
    /// Returns the total amount and its currency; `None` without an amount. Amounts in several currencies have no
    /// total, and also give `None`.
    pub fn amount(&self) -> Option<(f64, Option<&str>)> {
        match &*self.amounts {
            [(sum, currency)] => Some((*sum, currency.as_deref())),
            _ => None,
        }
    }

    /// Returns whether it is a payment: a link of the finance layer with an amount above 0. An account at a bank, for
    /// example, has no amount.
    pub fn is_payment(&self) -> bool {
        self.layer == Layer::Finance && self.amounts.iter().any(|(sum, _)| *sum > 0.0)
    }

    /// Returns whether it is an event between two parties, such as a payment or a call. Two strangers can pay or call each
    /// other, so that an event does not show that its parties belong together.
    pub fn is_event(&self) -> bool {
        self.layer == Layer::Communication || self.is_payment()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_is_in_the_table_at_its_own_position() {
        for (position, (layer, name)) in LAYERS.into_iter().enumerate() {
            assert_eq!((layer as usize, layer.name()), (position, name));
            assert_eq!(Layer::named(name), Some(layer));
        }
        assert_eq!(Layer::named("no-such-layer"), None);
    }
}
