//! One reason for or against a flag, as data. Sentences are made from it last.

use serde::{Deserialize, Serialize};

use crate::{
    features::{self, Fact, Relay, WindowChoice},
    record::Reliability,
    time::Moment,
};

/// One reason for or against a flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// Sources of its news that do not only repeat another source, sorted. Two or more are a reason for a review.
    Sources {
        /// Each source with its reliability.
        sources: Vec<(String, Reliability)>,
    },
    /// Sources that repeat others in its recent records.
    Relays {
        /// Repetitions, those of most records first; may be fewer than there are.
        relays: Vec<Relay>,
        /// Number of repetitions that are left out.
        left_out: usize,
    },
    /// Its strength changed since it was last found.
    Changed {
        /// Strength when it was last found.
        before: f64,
        /// Strength now.
        now: f64,
    },
    /// Strength of the pattern.
    Strength {
        /// Name of the pattern, whose unit it has.
        pattern: String,
        /// The pattern's statistic.
        strength: f64,
        /// Strongest earlier window, where the strength exceeds it.
        strongest_before: Option<f64>,
        /// Number of earlier windows.
        windows: usize,
        /// Number of instances as strong that chance gives in the whole input, where that is small enough or has a
        /// closed form.
        expected: Option<f64>,
    },
    /// Window in which chance explains it least.
    Window {
        /// Length, time axis and number of windows.
        choice: WindowChoice,
    },
    /// Layer whose links chance explains least.
    Layer {
        /// Name of the layer.
        layer: String,
        /// Number of layers that were compared.
        layers: usize,
    },
    /// An earlier window was as strong.
    NotAboveEarlier {
        /// Strength of the strongest earlier window.
        strongest_before: f64,
    },
    /// The archive has no earlier window.
    NoEarlierWindow,
    /// Random runs have too many instances as strong.
    NotAboveChance {
        /// Number of instances as strong in a random run, more than 0.
        expected: f64,
        /// Largest number that passes the gate.
        limit: f64,
    },
    /// Payments of its members in one currency; a sum is `None` where nothing was paid.
    Payments {
        /// Currency; `None` where no source states it.
        currency: Option<String>,
        /// Sum that others paid to members, and number of these others.
        received: Option<(f64, usize)>,
        /// Sum that members paid to others, and number of these others.
        paid: Option<(f64, usize)>,
        /// Sum that members paid to each other.
        inside: Option<f64>,
    },
    /// Payments in more currencies than are listed.
    MoreCurrencies {
        /// Number of currencies that are not listed.
        count: usize,
    },
    /// Payments of a flow of money, in its order.
    FlowPayments {
        /// Currency; `None` where no source states it.
        currency: Option<String>,
        /// Labels of payer and payee, and amount; may be fewer than there are.
        payments: Vec<(String, String, f64)>,
        /// Number of payments that are left out.
        left_out: usize,
    },
    /// A bound ended the search of a layered flow, which may be longer or wider.
    FlowBounds {
        /// Largest number of layers.
        layers: usize,
        /// Largest number of accounts of a layer.
        width: usize,
        /// Largest number of payments of an account within the window.
        payments: usize,
    },
    /// A shortest payment cycle among its members.
    Cycle {
        /// Labels in the order of payment; may be fewer than there are.
        labels: Vec<String>,
        /// Number of members that are left out.
        left_out: usize,
    },
    /// A fact about a person, with its record.
    RecordedFact {
        /// Kind of the fact.
        fact: String,
        /// Kind of the link that shows it.
        kind: String,
        /// Label of the entity at which the link begins.
        from: String,
        /// Label of the entity at which it ends.
        to: String,
        /// Begin of its valid time, or its end; `None` if no record states a time.
        date: Option<Moment>,
        /// Id of its first record.
        record: String,
    },
    /// A feature whose value differs from the typical one in a direction that has a meaning.
    Feature {
        /// Name of the feature.
        feature: String,
        /// Its value.
        value: f64,
        /// Median of the benign candidates of the training set; `None` without a model.
        typical: Option<f64>,
        /// Contribution to the logit; `None` without a model.
        contribution: Option<f64>,
    },
    /// Part of its recent evidence is not news.
    NotNews {
        /// Share of the recent weight that is not news, from 0 to 1.
        share: f64,
    },
    /// Few recent records support it.
    FewRecords {
        /// Number of recent records.
        count: usize,
    },
    /// An earlier run found it, this one did not.
    FoundEarlier {
        /// The run that first flagged it.
        first_flagged: Moment,
        /// Strength when it was last found.
        strength: f64,
    },
    /// It is not a flag: this run drew it at random among the candidates that the gate stopped.
    Sampled {
        /// Tests that it fails.
        tests: Vec<String>,
    },
    /// An earlier run drew it at random, and it is not a flag.
    SampledEarlier {
        /// As-of time of the run that drew it.
        drawn: Moment,
    },
    /// This run did not find it.
    NotFound,
    /// It is closed.
    Closed,
    /// It is a sampled candidate that waited long enough for a verdict.
    SampleOver,
    /// No measurement is a reason against it.
    NothingAgainst {
        /// Name of the pattern, which has benign explanations.
        pattern: String,
    },
}

impl Reason {
    /// Returns the facts that it states together with other reasons. A flag states each fact once, for it or against it.
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::Sources { sources } if sources.is_empty() => vec![Fact::Sources],
            Self::Sources { .. } => vec![Fact::Sources, Fact::Reliability],
            Self::Strength { strongest_before, expected, .. } => {
                let history = strongest_before.map(|_| Fact::History);
                history.into_iter().chain(expected.map(|_| Fact::Chance)).collect()
            }
            Self::NotAboveEarlier { .. } | Self::NoEarlierWindow => vec![Fact::History],
            Self::NotAboveChance { .. } => vec![Fact::Chance],
            Self::Relays { .. } => vec![Fact::Relays],
            Self::Cycle { .. } => vec![Fact::Cycles],
            Self::NotNews { .. } => vec![Fact::Lateness, Fact::Corrections],
            Self::FewRecords { .. } => vec![Fact::Evidence],
            Self::Feature { feature, .. } => {
                features::named(feature).and_then(|known| known.fact).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns a text that is equal for two reasons if their sentences are equal: numbers as they are displayed.
    pub(super) fn displayed(&self) -> String {
        match self {
            Self::Feature { feature, value, typical, .. } => {
                let shown = features::named(feature)
                    .map(|known| (known.display(*value), typical.map(|typical| known.display(typical))));
                format!("{feature} {shown:?}")
            }
            // Two digits, as in the sentences; shares have one digit after the percent.
            Self::NotNews { share } => format!("not news {share:.2}"),
            _ => format!("{self:.2?}"),
        }
    }
}
