//! The configuration: its settings, the table of its keys, and the reader of its file.

mod keys;
mod read;
mod remote;
mod settings;
mod values;
mod warning_lists;

pub use keys::{KEYS, Key, configuration_markdown};
pub(crate) use read::parse_config;
pub use read::read_config;
pub use settings::{Config, ConfigError, Hold, Rules, Source};
pub use values::{duration, reliability};
