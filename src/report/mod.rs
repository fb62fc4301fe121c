//! The report: the page that an analyst opens after a run, with its pictures.

pub mod content;
mod facts;
mod flag;
mod layout;
pub mod morning;
pub mod page;
pub mod picture;
mod render;
mod sentence;
mod text;

pub use render::render;
pub use sentence::sentences;
pub use text::is_hidden;
