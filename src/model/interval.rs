//! Interval of a probability: inductive Venn-ABERS prediction (Vovk and Petej 2014).
//!
//! The row to judge joins the calibration rows once as a negative and once as a positive; both isotonic regressions give
//! its probability. Calibration rows are kept in bins of equal margins, so that a model's file stays small.

use serde::{Deserialize, Serialize};

/// Largest number of bins.
const BINS_MAX: usize = 100;

/// Calibration rows of similar margin: margin, positives, rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, u32, u32)", into = "(f64, u32, u32)")]
pub struct ShareBin {
    /// Mean margin.
    pub margin: f64,
    /// Number of positives.
    pub positives: u32,
    /// Number of rows.
    pub rows: u32,
}

impl From<(f64, u32, u32)> for ShareBin {
    fn from((margin, positives, rows): (f64, u32, u32)) -> Self {
        Self { margin, positives, rows }
    }
}

impl From<ShareBin> for (f64, u32, u32) {
    fn from(bin: ShareBin) -> Self {
        (bin.margin, bin.positives, bin.rows)
    }
}

/// Sorts margins into bins of nearly equal size; equal margins stay together.
pub(super) fn bins(margins: &[f64], labels: &[bool]) -> Vec<ShareBin> {
    let mut rows: Vec<(f64, bool)> =
        margins.iter().map(|margin| margin + 0.0).zip(labels.iter().copied()).collect();
    rows.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    let size = rows.len().div_ceil(BINS_MAX).max(1);
    let mut bins: Vec<Vec<(f64, bool)>> = Vec::new();
    for equals in rows.chunk_by(|left, right| left.0.to_bits() == right.0.to_bits()) {
        match bins.last_mut() {
            Some(bin) if bin.len() < size => bin.extend(equals),
            _ => bins.push(equals.to_vec()),
        }
    }
    let bin = |rows: &Vec<(f64, bool)>| {
        let mean = rows.iter().map(|row| row.0).sum::<f64>() / rows.len() as f64;
        let positives = rows.iter().filter(|row| row.1).count() as u32;
        ShareBin { margin: (mean * 1e9).round() / 1e9, positives, rows: rows.len() as u32 }
    };
    bins.iter().map(bin).collect()
}

/// Returns the lower and the upper probability of a margin; `None` without calibration rows.
pub(super) fn interval(bins: &[ShareBin], margin: f64) -> Option<(f64, f64)> {
    if bins.is_empty() {
        return None;
    }
    Some((isotonic_with(bins, margin, 0.0), isotonic_with(bins, margin, 1.0)))
}

/// Returns the value of a new row in the isotonic regression of the bins and the row.
fn isotonic_with(bins: &[ShareBin], margin: f64, label: f64) -> f64 {
    struct Pool {
        positives: f64,
        rows: f64,
        has_row: bool,
    }
    let mut pools: Vec<Pool> = Vec::new();
    let mut push = |mut pool: Pool| {
        while let Some(below) =
            pools.pop_if(|below| below.positives * pool.rows >= pool.positives * below.rows)
        {
            pool.positives += below.positives;
            pool.rows += below.rows;
            pool.has_row |= below.has_row;
        }
        pools.push(pool);
    };
    let mut is_placed = false;
    for bin in bins {
        let mut pool =
            Pool { positives: f64::from(bin.positives), rows: f64::from(bin.rows), has_row: false };
        if !is_placed && margin <= bin.margin {
            is_placed = true;
            if margin.total_cmp(&bin.margin).is_eq() {
                pool = Pool { positives: pool.positives + label, rows: pool.rows + 1.0, has_row: true };
            } else {
                push(Pool { positives: label, rows: 1.0, has_row: true });
            }
        }
        push(pool);
    }
    if !is_placed {
        push(Pool { positives: label, rows: 1.0, has_row: true });
    }
    pools.iter().find(|pool| pool.has_row).map_or(label, |pool| pool.positives / pool.rows)
}

#[cfg(test)]
mod tests {
    use super::super::{fit::sigmoid, generated::Noise};
    use super::*;

    #[test]
    fn an_interval_contains_the_truth_and_narrows_with_more_rows() {
        let mut widths = Vec::new();
        for count in [60, 600, 20_000] {
            let mut noise = Noise::open(51);
            let margins: Vec<f64> = (0..count).map(|_| 2.0 * noise.normal()).collect();
            let labels: Vec<bool> = margins.iter().map(|margin| noise.share() < sigmoid(*margin)).collect();
            let bins = bins(&margins, &labels);
            assert!(bins.len() <= BINS_MAX);
            assert_eq!(bins.iter().map(|bin| bin.rows).sum::<u32>(), count);
            let intervals: Vec<(f64, f64)> = (-20..=20)
                .map(|step| interval(&bins, f64::from(step) / 10.0).expect("there are rows"))
                .collect();
            assert!(intervals.iter().all(|(low, high)| low <= high && *low >= 0.0 && *high <= 1.0));
            assert!(intervals.windows(2).all(|two| two[0].0 <= two[1].0 && two[0].1 <= two[1].1));
            widths.push(intervals.iter().map(|(low, high)| high - low).sum::<f64>() / 41.0);
        }
        assert!(widths[0] > widths[1] && widths[1] > widths[2], "{widths:?}");
        assert!(widths[2] < 0.02);
        assert_eq!(interval(&[], 0.0), None);
    }
}
