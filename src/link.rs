//! A typed tie between two entities, with the records behind it.

use std::{fmt, sync::Arc};

use crate::{
    index::{EntityIndex, RecordIndex},
    marking::Marking,
    time::{Moment, Span},
};

/// A family of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Who is behind what.
    Attribution,
    /// What can be done with what: techniques, malware, tools, and what stops them.
    Capability,
    /// Hosts, addresses, files and the indicators that detect them.
    Infrastructure,
    /// Who was or may be affected, and where.
    Target,
    /// Named together in one report, note or grouping.
    CoReport,
    /// How entries of one vocabulary stand to each other.
    Taxonomy,
    /// Who made the object: shown, and read by no metric.
    Provenance,
    /// Any other tie.
    Other,
    /// Who met, called or wrote to whom.
    Communication,
    /// Who paid whom.
    Finance,
    /// Who owns, directs or controls what.
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

    /// Returns the layer's name, as tables and configuration spell it.
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

    /// Returns whether the layer is part of the graph that is measured: all but
    /// provenance, in which every object of a producer hangs on that producer.
    pub fn is_measured(self) -> bool {
        self != Self::Provenance
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One tie of one kind from one entity to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Lasting id: it derives from the two entities' ids and the kind.
    pub id: String,
    /// Where it begins.
    pub from: EntityIndex,
    /// Where it ends.
    pub to: EntityIndex,
    /// STIX relationship type, or the name of the embedded reference.
    pub kind: String,
    /// Family of the kind.
    pub layer: Layer,
    /// Evidence behind it, at least 0: see `resolve::weight`.
    pub weight: f64,
    /// Number of sources behind it.
    pub source_count: usize,
    /// Records behind it, in the order of the view.
    pub records: Vec<RecordIndex>,
    /// When it held, as far as its records say.
    pub seen: Span,
    /// When we were first told of it.
    pub recorded_first: Moment,
    /// When we were last told something of it.
    pub recorded_last: Moment,
    /// Mean of the confidence its records state, 0 to 100.
    pub confidence: Option<f64>,
    /// Join of the markings of its records.
    pub marking: Marking,
    /// What its records' amounts add up to, one sum for each currency, in the order of their names.
    pub amounts: Vec<(f64, Option<Arc<str>>)>,
}

impl Link {
    /// Returns what it is about in all, and in which currency; `None` where that is untold, or where there are
    /// several currencies, which have no sum.
    pub fn amount(&self) -> Option<(f64, Option<&str>)> {
        match self.amounts.as_slice() {
            [(sum, currency)] => Some((*sum, currency.as_deref())),
            _ => None,
        }
    }

    /// Says whether one paid the other: a tie of finance with an amount above 0. What is not worth a number, such as
    /// who has an account where, is none.
    pub fn is_payment(&self) -> bool {
        self.layer == Layer::Finance && self.amounts.iter().any(|(sum, _)| *sum > 0.0)
    }
}
