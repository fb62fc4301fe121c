//! Models from recorded runs and from synthetic worlds: back-tests, training and evaluation.

pub mod agreement;
pub mod backtest;
pub mod held_out;
pub mod outcomes;
pub mod rows;
pub mod train;
pub mod worlds;
