//! Trees over binned columns, for forests and for boosting.
//!
//! A tree minimises `sum of (gradient w + (curvature + shrinkage) w^2 / 2)` over its leaves, with the value `w` of a leaf
//! (Chen and Guestrin 2016). With minus the label as gradient and a curvature of 1 the value is the share of positives.
//!
//! Columns have at most [`CODES_MAX`] bins. An unknown value (NaN) has a bin of its own below all others. A rising column
//! never lowers the value: both sides of its split keep the order, and the middle of both bounds the values below.
//! Sums run in the order of the rows and ties go to the first column, so equal rows give equal bits.

use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::random::{self, Stream};

/// Largest number of bins of a column without the bin of unknown values.
const CODES_MAX: usize = 64;
/// Number of parts of 1 to which values are rounded, because the last digits may differ between processors.
const ROUNDING: f64 = 1e9;
/// Smallest gain of a split, relative to the whole loss; a smaller one is rounding error.
const GAIN_MIN: f64 = 1e-9;

/// Columns as bin numbers: 0 for an unknown value, then ascending.
pub(super) struct Bins {
    /// For each column the upper bounds of all its bins but the last, ascending.
    edges: Vec<Vec<f64>>,
    /// For each column one code for each row.
    codes: Vec<Vec<u8>>,
}

/// A tree; the first node is its root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// One node. A leaf has 0 as both children.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "NodeLine", into = "NodeLine")]
struct Node {
    input: u32,
    threshold: f64,
    left: u32,
    right: u32,
    value: f64,
    rows: u32,
}

/// A node in a file: input, threshold, left and right child, value, number of training rows.
type NodeLine = (u32, f64, u32, u32, f64, u32);

impl From<NodeLine> for Node {
    fn from((input, threshold, left, right, value, rows): NodeLine) -> Self {
        Self { input, threshold, left, right, value, rows }
    }
}

impl From<Node> for NodeLine {
    fn from(node: Node) -> Self {
        (node.input, node.threshold, node.left, node.right, node.value, node.rows)
    }
}

impl Bins {
    /// Chooses bins and sorts every value into one.
    pub(super) fn learn(rows: &Array2<f64>) -> Self {
        let edges: Vec<Vec<f64>> = rows.columns().into_iter().map(edges).collect();
        let codes = rows.columns().into_iter().zip(&edges);
        let codes = codes.map(|(column, edges)| column.iter().map(|&value| code(edges, value)).collect());
        Self { codes: codes.collect(), edges }
    }

    /// Returns the largest value that goes to the left of a split after a code.
    fn threshold(&self, column: usize, code: usize) -> f64 {
        // A finite number, because JSON has no infinity. Every known value but this one is above it.
        code.checked_sub(1).map_or(f64::MIN, |edge| self.edges[column][edge])
    }
}

fn code(edges: &[f64], value: f64) -> u8 {
    if value.is_nan() { 0 } else { edges.partition_point(|edge| *edge < value) as u8 + 1 }
}

fn edges(column: ArrayView1<'_, f64>) -> Vec<f64> {
    let mut known: Vec<f64> = column.iter().copied().filter(|value| value.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let mut distinct = known.clone();
    distinct.dedup();
    let between = |low: f64, high: f64| {
        let middle = low / 2.0 + high / 2.0;
        if middle >= low && middle < high { middle } else { low }
    };
    if distinct.len() <= CODES_MAX {
        return distinct.windows(2).map(|two| between(two[0], two[1])).collect();
    }
    let mut edges: Vec<f64> = (1..CODES_MAX)
        .filter_map(|part| {
            let low = known[part * known.len() / CODES_MAX - 1];
            let next = distinct.partition_point(|value| *value <= low);
            Some(between(low, *distinct.get(next)?))
        })
        .collect();
    edges.dedup();
    edges
}

/// Settings of the growth of a tree.
pub(super) struct Growth<'a> {
    pub(super) bins: &'a Bins,
    pub(super) gradients: &'a [f64],
    pub(super) curvatures: &'a [f64],
    /// True for each column that may only raise the value.
    pub(super) rising: &'a [bool],
    pub(super) depth_max: usize,
    /// Smallest number of rows in a leaf.
    pub(super) rows_min: usize,
    pub(super) shrinkage: f64,
    /// Number of columns that a node tries.
    pub(super) columns: usize,
    /// True if a node tries one random threshold of each column, not every one.
    pub(super) is_random: bool,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    curvature: f64,
    rows: usize,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            curvature: self.curvature + other.curvature,
            rows: self.rows + other.rows,
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
            rows: self.rows - other.rows,
        }
    }
}

/// Bounds of the values below a node.
type Bounds = (f64, f64);

struct Split {
    column: usize,
    code: usize,
    values: (f64, f64),
}

impl Growth<'_> {
    /// Grows a tree on rows, which may repeat.
    pub(super) fn grow(&self, rows: Vec<u32>, random: &mut Stream) -> Tree {
        let mut nodes = vec![self.leaf(&rows, (f64::NEG_INFINITY, f64::INFINITY))];
        let mut open = vec![(0_usize, rows, 0_usize, (f64::NEG_INFINITY, f64::INFINITY))];
        while let Some((at, rows, depth, bounds)) = open.pop() {
            if depth == self.depth_max || rows.len() < 2 * self.rows_min {
                continue;
            }
            let Some(split) = self.best_split(&rows, bounds, random) else { continue };
            let codes = &self.bins.codes[split.column];
            let (left, right): (Vec<u32>, Vec<u32>) =
                rows.into_iter().partition(|&row| usize::from(codes[row as usize]) <= split.code);
            let middle = f64::midpoint(split.values.0, split.values.1);
            let [below, above] = if self.rising[split.column] {
                [(bounds.0, middle), (middle, bounds.1)]
            } else {
                [bounds; 2]
            };
            let child = nodes.len();
            let node = &mut nodes[at];
            (node.input, node.threshold) =
                (split.column as u32, self.bins.threshold(split.column, split.code));
            (node.left, node.right) = (child as u32, child as u32 + 1);
            nodes.push(self.leaf(&left, below));
            nodes.push(self.leaf(&right, above));
            open.push((child + 1, right, depth + 1, above));
            open.push((child, left, depth + 1, below));
        }
        Tree { nodes }
    }

    fn leaf(&self, rows: &[u32], bounds: Bounds) -> Node {
        let value = (self.value(self.sums(rows), bounds) * ROUNDING).round() / ROUNDING + 0.0;
        Node { input: 0, threshold: 0.0, left: 0, right: 0, value, rows: rows.len() as u32 }
    }

    fn sums(&self, rows: &[u32]) -> Sums {
        rows.iter().fold(Sums::default(), |sums, &row| sums.plus(self.of_row(row as usize)))
    }

    fn of_row(&self, row: usize) -> Sums {
        Sums { gradient: self.gradients[row], curvature: self.curvatures[row], rows: 1 }
    }

    fn value(&self, sums: Sums, (low, high): Bounds) -> f64 {
        let weight = sums.curvature + self.shrinkage;
        if weight > 0.0 { (-sums.gradient / weight).clamp(low, high) } else { 0.0_f64.clamp(low, high) }
    }

    fn gain(&self, sums: Sums, value: f64) -> f64 {
        -(sums.gradient * value + (sums.curvature + self.shrinkage) * value * value / 2.0)
    }

    fn best_split(&self, rows: &[u32], bounds: Bounds, random: &mut Stream) -> Option<Split> {
        let whole = self.sums(rows);
        let unsplit = self.gain(whole, self.value(whole, bounds));
        let mut best: Option<(f64, Split)> = None;
        for column in self.tried(random) {
            let histogram = self.histogram(rows, column);
            let last = histogram.iter().rposition(|bin| bin.rows > 0)?;
            let first = histogram.iter().position(|bin| bin.rows > 0)?;
            if first == last {
                continue;
            }
            let drawn = self.is_random.then(|| first + random::below(random, (last - first) as u32) as usize);
            let mut left = Sums::default();
            for (code, bin) in histogram.iter().enumerate().take(last) {
                left = left.plus(*bin);
                let right = whole.less(left);
                let is_tried = bin.rows > 0 && drawn.is_none_or(|drawn| drawn == code);
                if !is_tried || left.rows.min(right.rows) < self.rows_min {
                    continue;
                }
                let values = (self.value(left, bounds), self.value(right, bounds));
                if self.rising[column] && values.0 > values.1 {
                    continue;
                }
                let gain = self.gain(left, values.0) + self.gain(right, values.1) - unsplit;
                let least = best.as_ref().map_or(GAIN_MIN * unsplit.abs().max(GAIN_MIN), |best| best.0);
                if gain > least {
                    best = Some((gain, Split { column, code, values }));
                }
            }
        }
        best.map(|best| best.1)
    }

    fn histogram(&self, rows: &[u32], column: usize) -> Vec<Sums> {
        let mut histogram = vec![Sums::default(); self.bins.edges[column].len() + 2];
        let codes = &self.bins.codes[column];
        for &row in rows {
            let bin = &mut histogram[usize::from(codes[row as usize])];
            *bin = bin.plus(self.of_row(row as usize));
        }
        histogram
    }

    /// Returns the columns that a node tries, ascending.
    fn tried(&self, random: &mut Stream) -> Vec<usize> {
        let mut columns: Vec<usize> = (0..self.bins.codes.len()).collect();
        if self.columns >= columns.len() {
            return columns;
        }
        for position in 0..self.columns {
            let left = (columns.len() - position) as u32;
            columns.swap(position, position + random::below(random, left) as usize);
        }
        columns.truncate(self.columns);
        columns.sort_unstable();
        columns
    }
}

impl Tree {
    /// Returns the value of a row.
    pub(super) fn value(&self, row: ArrayView1<'_, f64>) -> f64 {
        self.path(row).last().map_or(0.0, |node| node.value)
    }

    /// Returns the value of the root.
    pub(super) fn mean(&self) -> f64 {
        self.nodes.first().map_or(0.0, |root| root.value)
    }

    /// Adds to each input the change of the value along the path of a row, multiplied by `factor`.
    ///
    /// The parts and the value of the root add up to the value of the row (Saabas 2014).
    pub(super) fn add_contributions(&self, row: ArrayView1<'_, f64>, factor: f64, parts: &mut [f64]) {
        let mut before: Option<&Node> = None;
        for node in self.path(row) {
            if let Some(before) = before {
                parts[before.input as usize] += factor * (node.value - before.value);
            }
            before = Some(node);
        }
    }

    /// Multiplies every value.
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        for node in &mut self.nodes {
            node.value = (node.value * factor * ROUNDING).round() / ROUNDING + 0.0;
        }
        self
    }

    /// Returns whether every path ends and every input is below `inputs`. A file may contain anything.
    pub(super) fn is_valid(&self, inputs: usize) -> bool {
        let is_valid = |(at, node): (usize, &Node)| {
            let children = [node.left as usize, node.right as usize];
            let is_leaf = children == [0, 0];
            let leads_down = children.iter().all(|&child| child > at && child < self.nodes.len());
            is_leaf || (leads_down && (node.input as usize) < inputs)
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(is_valid)
    }

    fn path<'t>(&'t self, row: ArrayView1<'_, f64>) -> impl Iterator<Item = &'t Node> {
        std::iter::successors(self.nodes.first(), move |node| {
            // A comparison with NaN is false, so an unknown value goes to the left.
            let is_right = row.get(node.input as usize).is_some_and(|value| *value > node.threshold);
            let child = if is_right { node.right } else { node.left };
            if node.left == 0 { None } else { self.nodes.get(child as usize) }
        })
    }
}

#[cfg(test)]
mod tests;
