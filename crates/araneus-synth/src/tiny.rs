//! A world to show the program on: the small story of five nights in `datasets/tiny`.

use std::{fs, io, path::Path};

use include_dir::{Dir, include_dir};

use super::Night;

static TINY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/datasets/tiny");

/// Writes the story's files below a folder and returns its nights in order.
pub fn write_tiny(folder: &Path) -> io::Result<Vec<Night>> {
    fs::create_dir_all(folder)?;
    TINY.extract(folder)?;
    Ok(tiny_nights())
}

/// Returns the story's nights in order.
pub fn tiny_nights() -> Vec<Night> {
    let table = TINY.get_file("nights.csv").and_then(include_dir::File::contents_utf8).unwrap_or_default();
    let rows = table.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(night, as_of)| Night {
        folder: format!("night-{}", night.trim_start_matches("night-")),
        as_of: as_of.trim().to_owned(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_has_five_nights_and_their_folders() {
        let nights = tiny_nights();
        assert_eq!(nights.len(), 5);
        assert!(nights.windows(2).all(|pair| pair[0].as_of < pair[1].as_of));
        assert!(nights.iter().all(|night| TINY.get_dir(&night.folder).is_some()));
    }
}
