//! The report: the page that an analyst opens after a run, with its pictures.

pub mod content;
mod evidence;
mod facts;
mod flag;
mod layout;
pub mod page;
pub mod picture;
mod queue;
mod render;
mod text;

pub use evidence::marking_reason;
pub use queue::closed;
pub use render::render;
pub use text::is_hidden;
