//! Links: typed relations between two entities, with the records behind them.

use std::{fmt, sync::Arc};

use crate::{
    index::{EntityIndex, RecordIndex},
    marking::Marking,
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

impl Layer {
    /// Every layer, in order.
    pub const ALL: [Self; 11] = [
        Self::Attribution,
        Self::Capability,
        Self::Infrastructure,
        Self::Target,
        Self::CoReport,
        Self::Taxonomy,
        Self::Provenance,
        Self::Other,
        Self::Communication,
        Self::Finance,
        Self::Ownership,
    ];

    /// Returns the layer of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }

    /// Returns the layer's name in tables and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attribution => "attribution",
            Self::Capability => "capability",
            Self::Infrastructure => "infrastructure",
            Self::Target => "target",
            Self::CoReport => "co-report",
            Self::Taxonomy => "taxonomy",
            Self::Provenance => "provenance",
            Self::Other => "other",
            Self::Communication => "communication",
            Self::Finance => "finance",
            Self::Ownership => "ownership",
        }
    }

    /// Returns whether the measured graph includes the layer. It includes all layers but provenance, in which every
    /// object of a producer has a link to that producer.
    pub fn is_measured(self) -> bool {
        self != Self::Provenance
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A link of one kind from one entity to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Lasting id; derives from the two entities' ids and the kind.
    pub id: String,
    /// Entity at which it begins.
    pub from: EntityIndex,
    /// Entity at which it ends.
    pub to: EntityIndex,
    /// STIX relationship type, or the name of the embedded reference.
    pub kind: String,
    /// Layer of the kind.
    pub layer: Layer,
    /// Weight of its evidence, at least 0: see `resolve::weight`.
    pub weight: f64,
    /// Number of sources behind it.
    pub source_count: usize,
    /// Records behind it, in the order of the view.
    pub records: Vec<RecordIndex>,
    /// Time in which it held, if its records give one.
    pub seen: Span,
    /// Earliest recorded time of its records.
    pub recorded_first: Moment,
    /// Latest recorded time of its records.
    pub recorded_last: Moment,
    /// Mean confidence in its records, from 0 to 100; `None` if no record states one.
    pub confidence: Option<f64>,
    /// Join of the markings of its records.
    pub marking: Marking,
    /// Sum of its records' amounts for each currency, in the order of the currencies' names.
    pub amounts: Vec<(f64, Option<Arc<str>>)>,
}

impl Link {
    /// Returns the total amount and its currency; `None` without an amount. Amounts in several currencies have no
    /// total, and also give `None`.
    pub fn amount(&self) -> Option<(f64, Option<&str>)> {
        match self.amounts.as_slice() {
            [(sum, currency)] => Some((*sum, currency.as_deref())),
            _ => None,
        }
    }

    /// Returns whether it is a payment: a link of the finance layer with an amount above 0. An account at a bank, for
    /// example, has no amount.
    pub fn is_payment(&self) -> bool {
        self.layer == Layer::Finance && self.amounts.iter().any(|(sum, _)| *sum > 0.0)
    }
}
