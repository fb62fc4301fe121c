//! Calibration of forward margins: probabilities of each step come from the margins and labels of earlier steps.
//!
//! Several calibrations are tried. The one with the lowest mean squared error on earlier steps is used, and the first one
//! on ties. A closed form whose level follows the base rate then stays as it is.

use super::{
    calibrate::{self, Calibration},
    fit::log_odds,
    fitting::{CalibrationRows, select},
    forward::Step,
    outcome_rows::OutcomeRows,
    scorer::Kind,
};

/// Smallest number of rows of each label for a calibration.
const LABELS_MIN: usize = 10;
/// The base rate of the last cuts is that of the newest rows: at least so many of them,
const SHIFT_ROWS_MIN: usize = 200;
/// and so many positives.
const SHIFT_POSITIVES_MIN: usize = 10;

/// A way to make probabilities of margins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// The margin is the logit of a stated probability.
    AsStated,
    /// Margin and closed form together.
    Blend,
    /// The margin alone.
    Alone,
    /// The margin alone, moved to the last base rate.
    AloneShifted,
    /// The stated probability, moved to the last base rate.
    StatedShifted,
}

/// Probabilities of forward margins, and the calibration for later rows.
pub(super) struct Prequential {
    /// Probability of each row; `None` where too few labels were known.
    pub(super) probabilities: Vec<Option<f64>>,
    pub(super) calibration: Calibration,
    pub(super) base_rate_shift: f64,
    /// Rows with margins and labels, on which the calibration rests.
    pub(super) rows: CalibrationRows,
}

/// Calibrates forward margins step by step.
pub(super) fn calibrate_forward(
    rows: &OutcomeRows,
    steps: &[Step],
    kind: Kind,
    margins: &[f64],
) -> Prequential {
    let data = ForwardData { rows, margins, forecast: forecast(rows) };
    let methods = data.methods(kind);
    let mut errors: Vec<f64> = vec![0.0; methods.len()];
    let mut probabilities = vec![None; rows.len()];
    for step in steps {
        let known: Vec<usize> = step.known.iter().copied().filter(|&row| margins[row].is_finite()).collect();
        let by_method: Vec<Option<(Calibration, f64)>> =
            methods.iter().map(|method| data.learn(*method, &known)).collect();
        let best = (0..methods.len())
            .filter(|&at| by_method[at].is_some())
            .min_by(|&left, &right| errors[left].total_cmp(&errors[right]));
        let Some(best) = best else { continue };
        let mut step_errors: Vec<Option<f64>> = Vec::new();
        for (at, learned) in by_method.iter().enumerate() {
            let mut error = learned.is_some().then_some(0.0);
            for &row in &step.scored {
                let Some(probability) = learned.as_ref().and_then(|learned| data.probability(learned, row))
                else {
                    continue;
                };
                if at == best {
                    probabilities[row] = Some(probability);
                }
                if rows.table.labels[row].is_some() {
                    let part = (probability - f64::from(u8::from(rows.label(row)))).powi(2);
                    error = error.map(|sum| sum + part);
                }
            }
            step_errors.push(error);
        }
        // A method that could not be used yet counts like the one that was.
        let used = step_errors[best].unwrap_or(0.0);
        errors.iter_mut().zip(step_errors).for_each(|(sum, error)| *sum += error.unwrap_or(used));
    }
    let is_known = |row: &usize| margins[*row].is_finite() && rows.table.labels[*row].is_some();
    let known: Vec<usize> =
        steps.iter().flat_map(|step| step.scored.iter().copied()).filter(is_known).collect();
    let mut order: Vec<usize> = (0..methods.len()).collect();
    order.sort_by(|&left, &right| errors[left].total_cmp(&errors[right]));
    let learned = order.iter().find_map(|&at| data.learn(methods[at], &known));
    let (calibration, base_rate_shift) = learned.unwrap_or((Calibration::None, 0.0));
    let labels = known.iter().map(|&row| rows.label(row)).collect();
    let (margins, groups) = (select(margins, &known), select(&rows.groups, &known));
    Prequential {
        probabilities,
        calibration,
        base_rate_shift,
        rows: CalibrationRows { margins, labels, groups },
    }
}

/// Returns the share of positives that was known before each step, for each scored row; NaN where nothing was known.
pub(super) fn running_base_rates(rows: &OutcomeRows, steps: &[Step]) -> Vec<f64> {
    let mut rates = vec![f64::NAN; rows.len()];
    for step in steps {
        let rate = rows.counts(&step.known).base_rate;
        if !step.known.is_empty() {
            step.scored.iter().for_each(|&row| rates[row] = rate);
        }
    }
    rates
}

/// Returns the first column that states the probability of a closed form.
fn forecast(rows: &OutcomeRows) -> Option<usize> {
    rows.table.specs.iter().position(|spec| spec.role.forecast)
}

struct ForwardData<'a> {
    rows: &'a OutcomeRows,
    margins: &'a [f64],
    forecast: Option<usize>,
}

impl ForwardData<'_> {
    fn methods(&self, kind: Kind) -> Vec<Method> {
        match (kind, self.forecast) {
            (Kind::Forecast, _) => vec![Method::AsStated, Method::StatedShifted],
            (_, Some(_)) => vec![Method::Blend, Method::Alone, Method::AloneShifted],
            (_, None) => vec![Method::Alone, Method::AloneShifted],
        }
    }

    fn forecast_logit(&self, row: usize) -> f64 {
        self.forecast.map_or(0.0, |column| {
            let value = self.rows.table.features[[row, column]];
            if value.is_finite() { log_odds(value) } else { 0.0 }
        })
    }

    fn learn(&self, method: Method, known: &[usize]) -> Option<(Calibration, f64)> {
        if method == Method::AsStated {
            return Some((Calibration::AsStated, 0.0));
        }
        let labels: Vec<bool> = known.iter().map(|&row| self.rows.label(row)).collect();
        let positives = labels.iter().filter(|&&label| label).count();
        if positives.min(labels.len() - positives) < LABELS_MIN {
            return None;
        }
        let margins = select(self.margins, known);
        let calibration = match method {
            Method::AsStated | Method::StatedShifted => Calibration::AsStated,
            Method::Blend => {
                let forecasts: Vec<f64> = known.iter().map(|&row| self.forecast_logit(row)).collect();
                calibrate::learn_blend(&margins, &forecasts, &labels, self.forecast?)
            }
            Method::Alone | Method::AloneShifted => calibrate::learn(&margins, &labels),
        };
        let shift = match method {
            Method::AloneShifted | Method::StatedShifted => self.shift(&calibration, known)?,
            _ => 0.0,
        };
        Some((calibration, shift))
    }

    /// Returns the shift to the base rate of the newest cuts; `None` if these are most of the rows.
    fn shift(&self, calibration: &Calibration, known: &[usize]) -> Option<f64> {
        let mut newest: Vec<usize> = Vec::new();
        let mut by_cut = known.chunk_by(|&left, &right| self.rows.cut[left] == self.rows.cut[right]).rev();
        let has_enough = |newest: &[usize]| {
            newest.len() >= SHIFT_ROWS_MIN
                && newest.iter().filter(|&&row| self.rows.label(row)).count() >= SHIFT_POSITIVES_MIN
        };
        while !has_enough(&newest) {
            newest.extend(by_cut.next()?);
        }
        if 2 * newest.len() > known.len() {
            return None;
        }
        let unshifted = (calibration.clone(), 0.0);
        let probabilities: Option<Vec<f64>> =
            newest.iter().map(|&row| self.probability(&unshifted, row)).collect();
        let labels: Vec<bool> = newest.iter().map(|&row| self.rows.label(row)).collect();
        Some(calibrate::base_rate_shift(&probabilities?, &labels))
    }

    fn probability(&self, (calibration, shift): &(Calibration, f64), row: usize) -> Option<f64> {
        let margin = self.margins[row];
        let probability = calibrate::probability(calibration, margin, self.forecast_logit(row))?;
        margin.is_finite().then(|| calibrate::shifted(probability, *shift))
    }
}
