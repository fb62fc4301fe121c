//! The report: the page that an analyst opens after a run, with its pictures.

pub mod card;
pub mod content;
mod defang;
mod evidence;
mod expected;
mod facts;
mod flag;
mod layout;
pub mod page;
pub mod picture;
mod queue;
mod render;
mod text;

pub use card::cards;
pub use defang::defang;
pub use evidence::marking_reason;
pub use queue::closed;
pub use render::render;
pub use text::{is_hidden, number, short, visible};
