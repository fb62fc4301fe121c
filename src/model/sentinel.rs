//! The sentinel: signs that the past is a poor guide, so that an untrained score is safer than a trained model.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{fitting, outcome_rows::OutcomeRows, scale, trained::TrainedModel};

/// Signs that the past is a poor guide.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sentinel {
    /// Base rate of the last labelled cuts, and the range of the earlier ones that it leaves; `None` if it is within.
    pub base_rate: Option<(f64, f64, f64)>,
    /// Features whose median moved by more than three of their usual spreads.
    pub moved: Vec<String>,
}

impl Sentinel {
    /// Returns whether trained models may be used; else the closed form is safer.
    pub fn is_calm(&self) -> bool {
        self.base_rate.is_none() && self.moved.is_empty()
    }

    /// Returns the warning; `None` if there is no sign.
    pub fn warning(&self) -> Option<String> {
        let base_rate = self.base_rate.map(|(last, low, high)| {
            format!("the base rate of the last cuts is {last:.3}, and was between {low:.3} and {high:.3}")
        });
        let moved = (!self.moved.is_empty())
            .then(|| format!("features moved far from their usual values: {}", self.moved.join(", ")));
        let signs: Vec<String> = base_rate.into_iter().chain(moved).collect();
        (!signs.is_empty()).then(|| format!("The past is a poor guide: {}.", signs.join("; ")))
    }
}

/// Number of earlier windows whose range is usual.
const WINDOWS: usize = 6;
/// Smallest number of rows of a window of cuts.
const WINDOW_ROWS_MIN: usize = 20;
/// Largest distance of a median in usual spreads.
const SPREADS_MAX: f64 = 3.0;
/// Smallest distance of a base rate from the rate of the earlier windows together, in standard errors. Without it two
/// of seven equal tables would leave the range of six windows by chance.
const ERRORS_MIN: f64 = 3.0;

/// Looks for signs in a label table: the base rate of the last cuts, and the medians of features there.
pub fn sentinel(rows: &OutcomeRows) -> Sentinel {
    let labelled: Vec<usize> = (0..rows.len()).filter(|&row| rows.table.labels[row].is_some()).collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    Sentinel {
        base_rate: changed_base_rate(rows, &windows(rows, &labelled)),
        moved: moved_since(rows, &windows(rows, &all)),
    }
}

/// Returns the base rate of the last window and the range of the earlier ones, if it left them by more than chance.
fn changed_base_rate(rows: &OutcomeRows, windows: &[Vec<usize>]) -> Option<(f64, f64, f64)> {
    let (last, earlier) = windows.split_last().filter(|(_, earlier)| earlier.len() >= WINDOWS)?;
    let usual = &earlier[earlier.len() - WINDOWS..];
    let rates = usual.iter().map(|window| rows.counts(window).base_rate);
    let (low, high) = rates.fold((f64::MAX, f64::MIN), |(low, high), rate| (low.min(rate), high.max(rate)));
    let pooled = rows.counts(&usual.concat());
    let now = rows.counts(last);
    // Half a positive in one row more keeps the error of a rate of 0 above 0.
    let rate = (pooled.positives as f64 + 0.5) / (pooled.rows as f64 + 1.0);
    let error = (rate * (1.0 - rate) * ((now.rows as f64).recip() + (pooled.rows as f64).recip())).sqrt();
    let is_outside = now.base_rate < low || now.base_rate > high;
    (is_outside && (now.base_rate - rate).abs() > ERRORS_MIN * error).then_some((now.base_rate, low, high))
}

/// Returns the features whose median in the last window is far from the earlier windows.
fn moved_since(rows: &OutcomeRows, windows: &[Vec<usize>]) -> Vec<String> {
    let Some((last, earlier)) = windows.split_last().filter(|(_, earlier)| !earlier.is_empty()) else {
        return Vec::new();
    };
    let earlier = earlier[earlier.len().saturating_sub(WINDOWS)..].concat();
    let [before, now] = [&earlier, last].map(|of| fitting::select_rows(&rows.table.features, of));
    let specs = rows.table.specs.iter().enumerate().filter(|(_, spec)| spec.role.feature);
    let is_far = |column: usize| is_moved(&now, column, scale::typical(&before.column(column).to_vec()));
    specs.filter(|(column, _)| is_far(*column)).map(|(_, spec)| spec.name.clone()).collect()
}

/// Returns the features of a run's rows whose median left the usual values of a model's training. The columns are those
/// of the model.
pub(super) fn moved_features(model: &TrainedModel, selected: &Array2<f64>) -> Vec<String> {
    let moved = model.features.iter().enumerate().filter(|(column, feature)| {
        feature.spec.role.feature && is_moved(selected, *column, feature.typical)
    });
    moved.map(|(_, feature)| feature.spec.name.clone()).collect()
}

fn is_moved(rows: &Array2<f64>, column: usize, usual: Option<scale::TypicalRange>) -> bool {
    let now = scale::typical(&rows.column(column).to_vec());
    let Some((usual, now)) = usual.zip(now) else { return false };
    let spread = usual.upper_quartile - usual.lower_quartile;
    let known = rows.column(column).iter().filter(|value| value.is_finite()).count();
    // A feature without a spread has no usual distance, and few rows have no reliable median.
    known >= WINDOW_ROWS_MIN && spread > 0.0 && (now.median - usual.median).abs() > SPREADS_MAX * spread
}

/// Joins neighbouring cuts to windows with enough rows; a rest at the beginning is left out.
fn windows(rows: &OutcomeRows, chosen: &[usize]) -> Vec<Vec<usize>> {
    let mut windows: Vec<Vec<usize>> = Vec::new();
    let mut window: Vec<usize> = Vec::new();
    for of_cut in chosen.chunk_by(|&left, &right| rows.cut[left] == rows.cut[right]).rev() {
        window.extend(of_cut);
        if window.len() >= WINDOW_ROWS_MIN {
            windows.push(std::mem::take(&mut window));
        }
    }
    windows.reverse();
    windows
}
