//! Values of one metric. Most metrics have few different values, so that a value takes one byte or two.

use std::{collections::HashMap, ops::Index};

/// Values of a metric, one for each entity; NaN is unknown.
#[derive(Clone, Debug)]
pub struct MetricColumn {
    /// The distinct values, in the order of their first entity; all values if there are too many.
    values: Vec<f64>,
    codes: Codes,
}

/// Position of each entity's value among the distinct values.
#[derive(Clone, Debug)]
enum Codes {
    /// Every entity has a value of its own.
    Direct,
    Short(Vec<u8>),
    Long(Vec<u16>),
}

impl MetricColumn {
    /// The column without a value.
    pub const EMPTY: Self = Self { values: Vec::new(), codes: Codes::Direct };

    /// Returns the column of some values.
    pub fn of(values: Vec<f64>) -> Self {
        match coded(&values) {
            Some((distinct, codes)) if distinct.len() <= 1 << 8 => {
                let codes = codes.into_iter().map(|code| code as u8).collect();
                Self { values: distinct, codes: Codes::Short(codes) }
            }
            Some((distinct, codes)) => Self { values: distinct, codes: Codes::Long(codes) },
            None => Self { values, codes: Codes::Direct },
        }
    }

    /// Returns the value at a position; `None` behind the last one.
    pub fn get(&self, position: usize) -> Option<f64> {
        let value = match &self.codes {
            Codes::Direct => position,
            Codes::Short(codes) => usize::from(*codes.get(position)?),
            Codes::Long(codes) => usize::from(*codes.get(position)?),
        };
        self.values.get(value).copied()
    }
}

impl Index<usize> for MetricColumn {
    type Output = f64;

    fn index(&self, position: usize) -> &f64 {
        match &self.codes {
            Codes::Direct => &self.values[position],
            Codes::Short(codes) => &self.values[usize::from(codes[position])],
            Codes::Long(codes) => &self.values[usize::from(codes[position])],
        }
    }
}

/// Returns the distinct values, and the position of each value among them; `None` with more than 65,536 of them.
fn coded(values: &[f64]) -> Option<(Vec<f64>, Vec<u16>)> {
    let (mut distinct, mut codes) = (Vec::new(), Vec::with_capacity(values.len()));
    let mut known: HashMap<u64, u16> = HashMap::new();
    let mut last = None;
    for value in values {
        let bits = value.to_bits();
        // Entities beside each other often have one value, such as 0.
        let known_code = match last {
            Some((last, code)) if last == bits => Some(code),
            _ => known.get(&bits).copied(),
        };
        let code = if let Some(code) = known_code {
            code
        } else {
            let code = u16::try_from(distinct.len()).ok()?;
            distinct.push(*value);
            known.insert(bits, code);
            code
        };
        last = Some((bits, code));
        codes.push(code);
    }
    Some((distinct, codes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_the_bits_of_every_value() {
        for distinct in [0, 1, 256, 257, 65_536, 65_537] {
            let value = |number: usize| match number {
                0 => f64::NAN,
                1 => -0.0,
                number => 1.0 / number as f64,
            };
            let values: Vec<f64> = (0..3 * distinct).map(|number| value(number * 7 % distinct)).collect();
            let column = MetricColumn::of(values.clone());
            for (position, value) in values.iter().enumerate() {
                assert_eq!(column[position].to_bits(), value.to_bits(), "{position} of {distinct}");
                assert_eq!(column.get(position).map(f64::to_bits), Some(value.to_bits()));
            }
            assert_eq!(column.get(values.len()), None);
            let form = match column.codes {
                Codes::Short(_) => 1,
                Codes::Long(_) => 2,
                Codes::Direct => 8,
            };
            let expected = match distinct {
                0..=256 => 1,
                257..=65_536 => 2,
                _ => 8,
            };
            assert_eq!(form, expected, "{distinct} values");
        }
    }
}
