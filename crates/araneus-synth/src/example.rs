//! The example world: a small fixed world of five days, in `datasets/tiny`.

use std::{fs, io, path::Path};

use include_dir::{Dir, include_dir};

use crate::world::Day;

static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/datasets/tiny");

/// Writes the files of the example world below a folder, and returns its days in order of time.
///
/// Fails if a folder or a file cannot be written.
pub fn write_example(folder: &Path) -> io::Result<Vec<Day>> {
    fs::create_dir_all(folder)?;
    EXAMPLE.extract(folder)?;
    Ok(example_days())
}

/// Returns the days of the example world in order of time.
pub fn example_days() -> Vec<Day> {
    let table = EXAMPLE.get_file("nights.csv").and_then(include_dir::File::contents_utf8).unwrap_or_default();
    let rows = table.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(folder, as_of)| Day { folder: folder.to_owned(), as_of: as_of.trim().to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_has_five_days_with_a_folder_each() {
        let days = example_days();
        assert_eq!(days.len(), 5);
        assert!(days.windows(2).all(|pair| pair[0].as_of < pair[1].as_of));
        assert!(days.iter().all(|day| EXAMPLE.get_dir(&day.folder).is_some()));
    }
}
