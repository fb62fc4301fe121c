//! Rows of a label table: candidates of an outcome at many cuts, with their features and labels.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;

use super::{
    fitting,
    inputs::{self, Order},
    scale::FeatureSpec,
};

/// Time between a cut and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// A time, in microseconds.
    Time(i64),
    /// A number of cuts.
    Cuts(usize),
}

/// A label table. All columns have one length.
#[derive(Clone, Debug)]
pub struct OutcomeTable {
    /// Name of the outcome.
    pub outcome: String,
    /// The question in a sentence.
    pub question: String,
    /// Time between a cut and its label.
    pub horizon: Horizon,
    /// Number of candidates to review at a cut, at least 1.
    pub budget: usize,
    /// The columns of `features`.
    pub specs: Vec<FeatureSpec>,
    /// One value for each column; NaN if unknown.
    pub features: Array2<f64>,
    /// Time of the cut, in microseconds since 1970.
    pub cuts: Vec<i64>,
    /// Rows of one query are ranked against each other; `None` for outcomes without queries.
    pub queries: Vec<Option<String>>,
    /// Label; `None` if not known yet.
    pub labels: Vec<Option<bool>>,
    /// Time of the label, in microseconds since 1970.
    pub labelled_at: Vec<Option<i64>>,
    /// Lasting id of the subject, the unit of resampling.
    pub lineages: Vec<String>,
    /// Id of the candidate.
    pub ids: Vec<String>,
    /// True if the run raised the candidate.
    pub raised: Vec<bool>,
}

/// A label table in a fixed order, with numbers in place of names.
#[derive(Clone, Debug)]
pub struct OutcomeRows {
    /// The table, sorted by cut, query and id.
    pub table: OutcomeTable,
    /// Distinct times of cuts, ascending.
    pub cut_times: Vec<i64>,
    /// Position of the cut of each row in `cut_times`.
    pub cut: Vec<usize>,
    /// Cut or query of each row: rows of one block are ranked against each other.
    pub(super) blocks: Vec<u32>,
    /// Number of the unit of resampling.
    pub(super) groups: Vec<u32>,
    pub(super) order: Order,
    pub(super) has_queries: bool,
}

impl OutcomeRows {
    /// Sorts and numbers a table, so that no result depends on the order of its rows.
    pub fn new(table: &OutcomeTable) -> Result<Self, String> {
        let rows = table.features.nrows();
        let lengths = [
            table.cuts.len(),
            table.queries.len(),
            table.labels.len(),
            table.labelled_at.len(),
            table.lineages.len(),
            table.ids.len(),
            table.raised.len(),
        ];
        if lengths != [rows; 7] || table.features.ncols() != table.specs.len() {
            return Err(format!("{rows} rows of features, but columns of {lengths:?} rows"));
        }
        let table = sorted(table);
        let cut_times: Vec<i64> = table.cuts.iter().copied().collect::<BTreeSet<i64>>().into_iter().collect();
        let cut: Vec<usize> =
            table.cuts.iter().map(|cut| cut_times.partition_point(|time| time < cut)).collect();
        let has_queries = table.queries.iter().any(Option::is_some);
        let blocks = numbered((0..rows).map(|row| (table.cuts[row], table.queries[row].as_deref())));
        let mut lineages_of: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
        for (block, lineage) in blocks.iter().zip(&table.lineages) {
            lineages_of.entry(*block).or_default().insert(lineage);
        }
        // The rows of a query count together. If they are of several subjects, the query is the unit.
        let unit = |row: usize| {
            if has_queries && lineages_of[&blocks[row]].len() > 1 {
                (Some(blocks[row]), "")
            } else {
                (None, table.lineages[row].as_str())
            }
        };
        let groups = numbered((0..rows).map(unit));
        let order = inputs::order(&blocks, has_queries);
        Ok(Self { table, cut_times, cut, blocks, groups, order, has_queries })
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.cut.len()
    }

    /// Returns whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.cut.is_empty()
    }

    /// Returns the label of a row with a label.
    pub(super) fn label(&self, row: usize) -> bool {
        self.table.labels[row] == Some(true)
    }

    /// Returns the rows whose labels are known at a cut. The horizon of a row has passed then, so that rows which came
    /// true early do not come before those that did not.
    pub(super) fn known_at(&self, cut: usize) -> Vec<usize> {
        let now = self.cut_times[cut];
        let is_known = |row: &usize| {
            let has_passed = match self.table.horizon {
                Horizon::Time(time) => self.table.cuts[*row].saturating_add(time) <= now,
                Horizon::Cuts(cuts) => self.cut[*row] + cuts <= cut,
            };
            has_passed
                && self.cut[*row] < cut
                && self.table.labels[*row].is_some()
                && self.table.labelled_at[*row].is_none_or(|at| at <= now)
        };
        (0..self.len()).filter(is_known).collect()
    }

    /// Counts rows, positives and subjects.
    pub(super) fn counts(&self, rows: &[usize]) -> super::Counts {
        let labels: Vec<bool> = rows.iter().map(|&row| self.label(row)).collect();
        fitting::counts(&labels, &fitting::select(&self.groups, rows))
    }
}

/// Numbers equal keys equally, in the order of the keys.
fn numbered<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<u32> {
    let keys: Vec<K> = keys.collect();
    let distinct: Vec<&K> = keys.iter().collect::<BTreeSet<&K>>().into_iter().collect();
    keys.iter().map(|key| distinct.partition_point(|other| *other < key) as u32).collect()
}

fn sorted(table: &OutcomeTable) -> OutcomeTable {
    let mut order: Vec<usize> = (0..table.cuts.len()).collect();
    let key = |row: usize| {
        (table.cuts[row], &table.queries[row], &table.ids[row], &table.lineages[row], table.labels[row])
    };
    order.sort_by(|&left, &right| {
        key(left).cmp(&key(right)).then_with(|| {
            let values = table.features.row(left).into_iter().zip(table.features.row(right));
            let differing = values.map(|(left, right)| left.total_cmp(right)).find(|order| order.is_ne());
            differing.unwrap_or(std::cmp::Ordering::Equal)
        })
    });
    let texts = |values: &[String]| order.iter().map(|&row| values[row].clone()).collect();
    OutcomeTable {
        features: fitting::select_rows(&table.features, &order),
        cuts: fitting::select(&table.cuts, &order),
        queries: order.iter().map(|&row| table.queries[row].clone()).collect(),
        labels: fitting::select(&table.labels, &order),
        labelled_at: fitting::select(&table.labelled_at, &order),
        lineages: texts(&table.lineages),
        ids: texts(&table.ids),
        raised: fitting::select(&table.raised, &order),
        outcome: table.outcome.clone(),
        question: table.question.clone(),
        specs: table.specs.clone(),
        ..*table
    }
}
