//! Generated rows for tests: equal seeds give equal numbers.

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::fit::{LinearPredictor, logit, sigmoid};

/// A stream of random numbers.
pub(super) struct Noise(ChaCha8Rng);

impl Noise {
    pub(super) fn open(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Returns a uniform value in `0.0..1.0`.
    pub(super) fn share(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a value of mean 0 and deviation 1 that is nearly normal: the sum of twelve uniform values, less six.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// Draws labels with the probabilities of a predictor.
pub(super) fn draw_labels(rows: &Array2<f64>, predictor: &LinearPredictor, noise: &mut Noise) -> Vec<bool> {
    rows.rows().into_iter().map(|row| noise.share() < sigmoid(logit(predictor, &row.to_vec()))).collect()
}
