//! Answers about published runs: the review queue, explanations of flags and entities, differences between runs.

pub mod questions;
pub mod queue;
mod why;
