//! The example world: a small fixed world of five nights, in `datasets/tiny`.

use std::{fs, io, path::Path};

use include_dir::{Dir, include_dir};

use crate::world::Night;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/datasets/tiny");

/// Writes the files of the example world below a folder, and returns its nights in order of time.
///
/// Fails if a folder or a file cannot be written.
pub fn write_example(folder: &Path) -> io::Result<Vec<Night>> {
    fs::create_dir_all(folder)?;
    EXAMPLE.extract(folder)?;
    Ok(example_nights())
}

/// Returns the nights of the example world in order of time.
pub fn example_nights() -> Vec<Night> {
    let table = EXAMPLE.get_file("nights.csv").and_then(include_dir::File::contents_utf8).unwrap_or_default();
    let rows = table.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(folder, as_of)| Night { folder: folder.to_owned(), as_of: as_of.trim().to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_has_five_nights_with_a_folder_each() {
        let nights = example_nights();
        assert_eq!(nights.len(), 5);
        assert!(nights.windows(2).all(|pair| pair[0].as_of < pair[1].as_of));
        assert!(nights.iter().all(|night| EXAMPLE.get_dir(&night.folder).is_some()));
    }
}
