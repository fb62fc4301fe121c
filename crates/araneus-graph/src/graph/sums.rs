//! Sums in a fixed order, four at a time, so that one addition does not wait for the last. The sum of no
//! value is 0.

/// Adds the values of a row.
#[inline]
pub(crate) fn sum<T>(row: &[T], value: impl Fn(&T) -> f64) -> f64 {
    let (fours, remaining) = row.as_chunks::<4>();
    let remaining: f64 = remaining.iter().map(&value).sum();
    if fours.is_empty() {
        return 0.0 + remaining;
    }
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, one) in sums.iter_mut().zip(four) {
            *sum += value(one);
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + remaining
}

/// Adds the values of a row, each times its factor.
#[inline]
pub(crate) fn products<T>(row: &[T], factors: &[f64], value: impl Fn(&T) -> f64) -> f64 {
    let ((fours, remaining), (four_factors, remaining_factors)) =
        (row.as_chunks::<4>(), factors.as_chunks::<4>());
    let remaining: f64 =
        remaining.iter().zip(remaining_factors).map(|(one, factor)| value(one) * factor).sum();
    if fours.is_empty() {
        return 0.0 + remaining;
    }
    let mut sums = [0.0; 4];
    for (four, factors) in fours.iter().zip(four_factors) {
        for (sum, (one, factor)) in sums.iter_mut().zip(four.iter().zip(factors)) {
            *sum += value(one) * factor;
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + remaining
}
