//! A file of a world.

/// A file: path relative to the world's folder, and content.
pub(crate) type WrittenFile = (String, Vec<u8>);
