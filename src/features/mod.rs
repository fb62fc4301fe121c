//! Features: the numbers of each candidate that models read, one row for each candidate.
//!
//! A feature reads counts, shares, rates and ages. No feature reads an id, an absolute date, the name of a source,
//! the order of files or the script of a name. No feature reads a protected attribute of a person: ethnicity,
//! religion, politics, health or nationality.

mod activity;
mod anomaly;
mod benign;
mod candidate;
mod content;
mod evidence;
mod feature_input;
mod flow;
mod flows;
mod motif;
mod payment_cycles;
mod provenance;
mod role;
mod shape;
mod shared_facts;
mod time;

use ndarray::Array2;
use rayon::prelude::*;

pub use activity::{
    PAUSE_MIN, exclusive_capabilities, ignored_dates, is_dormant, outliers, pause, prior_activity,
};
pub use candidate::{Candidate, LEAD_REASONS, LayerChoice, LeadReason, Question, TimeAxis, WindowChoice};
pub use evidence::{
    Relay, SourceActivity, has_current_news, news_share, origins, records, relays, rests_on_bulk,
};
pub use feature_input::FeatureInput;
pub use flows::{Flow, FlowDirection, directed_links, flows, payments};
pub use payment_cycles::{PayeesByPayer, payees_by_payer, payment_cycles};
pub use shared_facts::SharedFacts;

use crate::analysis::Analysis;

/// One row for each candidate, one column for each feature; NaN if unknown.
pub type FeatureTable = Array2<f64>;

/// Family of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeatureFamily {
    /// Size and cohesion.
    Shape,
    /// Development over time.
    Time,
    /// Position of the main entities in the graph.
    NodeRole,
    /// Unexpected links.
    LinkAnomaly,
    /// Small subgraphs that its links form.
    Motif,
    /// Payments, ownership and communication.
    Flow,
    /// Sources of its records.
    Provenance,
    /// Kinds of its members.
    Content,
    /// Facts that a benign explanation would also show.
    BenignExplanation,
}

impl FeatureFamily {
    /// Returns the family's name in tables and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Time => "time",
            Self::NodeRole => "node role",
            Self::LinkAnomaly => "link anomaly",
            Self::Motif => "motif",
            Self::Flow => "flow",
            Self::Provenance => "provenance",
            Self::Content => "content",
            Self::BenignExplanation => "benign explanation",
        }
    }

    /// Returns whether its features read links between entities.
    pub fn reads_relations(self) -> bool {
        matches!(self, Self::Shape | Self::NodeRole | Self::LinkAnomaly | Self::Motif | Self::Flow)
    }
}

/// Transformation of a feature's values for a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Rank among the values in the training data.
    Rank,
    /// Logarithm of the value plus one.
    Log,
    /// The value itself.
    Plain,
}

/// Unit of a feature's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Number,
    /// A number of days.
    Days,
    /// A share, displayed in per cent.
    Share,
    /// A number with two decimal places.
    Real,
}

/// Direction of a feature: the values that are evidence for emergence. It is a decision of the field, not of a model. A
/// flag has a reason only if the model agrees with the direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Values above the typical one are evidence for emergence, values below it against.
    High,
    /// Values below the typical one are evidence for emergence, values above it against.
    Low,
    /// The value alone means neither: its meaning depends on the pattern or on facts that are not measured.
    Undecided,
}

/// A fact that several features or other reasons measure: a flag has at most one reason for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Time since the main entities are known, and their earlier neighbours.
    AnchorHistory,
    /// Spread of the recent records over time.
    Arrival,
    /// Position of the main entity between groups.
    Brokerage,
    /// Central position of the main entity.
    Centrality,
    /// Share of random runs that reach the strength.
    Chance,
    /// Number of links among the members.
    Cohesion,
    /// Corrections, and records of new sources.
    Corrections,
    /// Payment cycles.
    Cycles,
    /// Amount of recent evidence.
    Evidence,
    /// Strength compared with earlier windows.
    History,
    /// Time from activity to record.
    Lateness,
    /// Payments that are passed on.
    PassThrough,
    /// Records that repeat another source.
    Relays,
    /// Reliability of the sources.
    Reliability,
    /// Number of sources.
    Sources,
}

/// One number about a candidate. To add one: a function in its family's file, and a line in [`FEATURES`].
pub struct Feature {
    /// Column name.
    pub name: &'static str,
    /// Definition, in one sentence.
    pub about: &'static str,
    /// Family.
    pub family: FeatureFamily,
    /// Transformation of its values for a model.
    pub scale: Scale,
    /// Unit of its values.
    pub unit: Unit,
    /// Clause for its value in a reason: `{}` is the value, `[one|many]` the text for the value 1 and for others.
    pub message: &'static str,
    /// Clause for the value 0, if `message` would be hard to read.
    pub message_zero: Option<&'static str>,
    /// Values that are evidence for emergence.
    pub meaning: Meaning,
    /// The fact that other features or reasons measure, too; `None` if there is no other one.
    pub fact: Option<Fact>,
    /// Computes the value; NaN if unknown.
    pub compute: fn(&FeatureInput<'_>) -> f64,
}

impl Feature {
    /// Returns the text of a value with its unit: `12 %`, `3 days`.
    pub fn display(&self, number: f64) -> String {
        let rounded = |digits: i32| (number * 10_f64.powi(digits)).round() / 10_f64.powi(digits) + 0.0;
        let tenth = rounded(1);
        let count = if tenth.fract() == 0.0 { format!("{tenth:.0}") } else { format!("{tenth:.1}") };
        match self.unit {
            Unit::Share => format!("{:.0} %", rounded(2) * 100.0),
            Unit::Real => format!("{:.2}", rounded(2)),
            Unit::Number => count,
            Unit::Days if count == "1" => "1 day".to_owned(),
            Unit::Days => format!("{count} days"),
        }
    }
}

/// Every feature.
pub const FEATURES: &[Feature] = &[
    shape::MEMBERS,
    shape::LINKS,
    shape::DENSITY,
    shape::NEW_MEMBER_SHARE,
    shape::CONNECTED_SHARE,
    shape::INWARD_SHARE,
    time::RISE,
    time::SURPRISE,
    time::SPREAD_DAYS,
    time::DELAY_DAYS,
    time::SINCE_PREVIOUS_SHARE,
    time::PAUSE_DAYS,
    time::KNOWN_DAYS,
    role::DEGREE,
    role::PAGERANK_RANK,
    role::PARTICIPATION,
    role::CONSTRAINT_FALL,
    role::CORE_NUMBER,
    role::ACTOR_SHARE,
    anomaly::LAYERS,
    anomaly::STATED_SHARE,
    anomaly::ATTRIBUTION_SHARE,
    anomaly::INFRASTRUCTURE_SHARE,
    anomaly::ACQUAINTANCE,
    anomaly::RARITY,
    motif::TRIANGLES,
    motif::SHARED_VALUES,
    motif::STAR_SHARE,
    flow::COMMUNICATION_SHARE,
    flow::FINANCE_SHARE,
    flow::OWNERSHIP_SHARE,
    flow::PASS_THROUGH,
    flow::GROUP_PASS_THROUGH,
    flow::KEPT_SHARE,
    flow::RECIPROCITY,
    flow::CYCLE_SHARE,
    flow::PAYERS,
    flow::PAYEES,
    provenance::SOURCES,
    provenance::RELIABILITY,
    provenance::ONE_SOURCE_SHARE,
    provenance::RELAYED_SHARE,
    provenance::CORROBORATED_SHARE,
    provenance::CONFIDENCE,
    provenance::LAG_DAYS,
    content::KINDS,
    content::FACT_SHARE,
    content::OPERATIONS,
    content::TECHNIQUES,
    benign::HUB_SHARE,
    benign::REPORT_SIZE,
    benign::LATE_SHARE,
    benign::CORRECTED_SHARE,
    benign::SOURCE_BURST,
];

/// Returns the feature of a name.
pub fn named(name: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|feature| feature.name == name)
}

/// Computes every feature of every candidate: one row for each candidate, one column for each of [`FEATURES`].
pub fn features(analysis: &Analysis, candidates: &[Candidate]) -> FeatureTable {
    let facts = SharedFacts::of(analysis);
    let rows: Vec<Vec<f64>> = candidates
        .par_iter()
        .map(|candidate| {
            let input = FeatureInput::of(analysis, candidate, &facts);
            FEATURES.iter().map(|feature| (feature.compute)(&input)).collect()
        })
        .collect();
    Array2::from_shape_fn((candidates.len(), FEATURES.len()), |(row, column)| rows[row][column])
}

/// Returns the values of each feature, in the order of the candidates.
pub fn by_feature(table: &FeatureTable) -> Vec<Vec<f64>> {
    table.columns().into_iter().map(|column| column.to_vec()).collect()
}

/// Returns a share; NaN if the whole is 0.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { f64::NAN }
}

/// Returns the median of values, the lower of two middle values; NaN without values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_has_a_name_of_its_own_a_sentence_and_a_place_for_its_value() {
        assert!(FEATURES.len() >= 30);
        for (position, feature) in FEATURES.iter().enumerate() {
            assert!(FEATURES[..position].iter().all(|other| other.name != feature.name), "{}", feature.name);
            assert!(feature.about.ends_with('.') && feature.about.len() > 20, "{}", feature.name);
            assert_eq!(feature.message.matches("{}").count(), 1, "{}", feature.name);
            let brackets = ["[", "|", "]"].map(|sign| feature.message.matches(sign).count());
            assert!(brackets == [0; 3] || brackets == [1; 3], "{}", feature.name);
        }
        let families: std::collections::BTreeSet<FeatureFamily> =
            FEATURES.iter().map(|feature| feature.family).collect();
        assert_eq!(families.len(), 9, "every family has a feature");
    }

    #[test]
    fn a_number_is_displayed_with_its_unit() {
        let display = |name: &str, number: f64| named(name).map(|feature| feature.display(number));
        let expected = [
            ("known_days", 1.0, "1 day"),
            ("known_days", 2.04, "2 days"),
            ("members", 0.26, "0.3"),
            ("density", 0.333, "33 %"),
            ("rise", -0.001, "0.00"),
        ];
        for (name, number, text) in expected {
            assert_eq!(display(name, number).as_deref(), Some(text), "{name}");
        }
    }

    #[test]
    fn the_median_of_two_values_is_the_lower() {
        assert_eq!(median(vec![3.0, 1.0]).to_bits(), 1.0_f64.to_bits());
        assert_eq!(median(vec![3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert!(median(Vec::new()).is_nan());
    }
}
