//! Reads graphs for `araneus measure`.

pub mod links;
mod other_files;
