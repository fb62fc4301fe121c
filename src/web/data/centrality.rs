//! Rank and percentile of an entity in each metric, in this run and in the previous one.

use super::{RunData, network::Network};
use crate::metrics::{METRICS, Metric};

/// Value of one entity among those of all entities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// The value.
    pub value: f64,
    /// Rank: 1 for the largest value. Equal values have equal ranks.
    pub rank: usize,
    /// Number of entities with a known value.
    pub of: usize,
    /// Percentage of these entities with a smaller value, 0 to below 100.
    pub percentile: f64,
}

/// One metric of an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Centrality {
    /// Name of the metric.
    pub name: &'static str,
    /// Meaning of the metric in a sentence.
    pub about: &'static str,
    /// In this run; `None` if the metric is not defined.
    pub now: Option<Standing>,
    /// In the previous run; `None` if the metric is not defined there, or the run did not have the entity.
    pub before: Option<Standing>,
}

/// Returns the value at a row among all values; `None` if it is NaN.
pub(super) fn standing(values: &[f64], row: usize) -> Option<Standing> {
    let value = values.get(row).copied().filter(|value| !value.is_nan())?;
    let (mut larger, mut smaller, mut of) = (0, 0, 0);
    for other in values.iter().filter(|other| !other.is_nan()) {
        of += 1;
        larger += usize::from(*other > value);
        smaller += usize::from(*other < value);
    }
    Some(Standing { value, rank: larger + 1, of, percentile: 100.0 * smaller as f64 / of as f64 })
}

/// Returns each metric that is defined for the entity in this run or in the previous one.
pub(super) fn centralities(data: &RunData, entity: usize) -> Vec<Centrality> {
    let id = data.network.entities.ids[entity];
    let before = data.previous.as_ref().and_then(|(_, network)| Some((network, network.entity(id)?)));
    let of = |network: &Network, metric: usize, row: usize| standing(&network.metrics[metric], row);
    let centrality = |(position, metric): (usize, &Metric)| Centrality {
        name: metric.name,
        about: metric.about,
        now: of(&data.network, position, entity),
        before: before.and_then(|(network, row)| of(network, position, row)),
    };
    let all = METRICS.iter().enumerate().map(centrality);
    all.filter(|row| row.now.is_some() || row.before.is_some()).collect()
}
