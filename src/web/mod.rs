//! The review page.

pub mod data;
