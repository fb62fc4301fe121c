//! A world to show the program on: the small story of five nights in `datasets/tiny`.

use std::{fs, io, path::Path};

use include_dir::{Dir, include_dir};

use crate::time::Moment;

static TINY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/datasets/tiny");

/// One night of a story: its folder of deliveries and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryNight {
    /// Name of the folder.
    pub folder: String,
    /// When it is run.
    pub as_of: Moment,
}

/// Writes the story's files below a folder and returns its nights in order.
pub fn write_tiny(folder: &Path) -> io::Result<Vec<StoryNight>> {
    fs::create_dir_all(folder)?;
    TINY.extract(folder)?;
    Ok(tiny_nights())
}

/// Returns the story's nights in order.
pub fn tiny_nights() -> Vec<StoryNight> {
    let table = TINY.get_file("nights.csv").and_then(include_dir::File::contents_utf8).unwrap_or_default();
    let rows = table.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.filter_map(|(night, as_of)| {
        Some(StoryNight {
            folder: format!("night-{}", night.trim_start_matches("night-")),
            as_of: Moment::parse(as_of.trim())?,
        })
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
