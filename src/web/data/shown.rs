//! Values as screens show them.

use super::scan::NO_TIME;
use crate::time::Moment;

/// Returns a time in UTC in words; `None` for null.
pub(super) fn time(micros: i64) -> Option<String> {
    (micros != NO_TIME).then(|| Moment::from_micros(micros).display_utc())
}

/// Returns a number; `None` for NaN.
pub(super) fn number(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
