//! A synthetic world as its users see it: days, files and planted cases.

use std::{fs, io, path::Path};

/// A synthetic world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Days in order of time.
    pub days: Vec<Day>,
    /// Files: path relative to the world's folder, with `/`, and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// Planted patterns and look-alikes, in the order of `truth/planted.csv`.
    pub planted: Vec<PlantedCase>,
}

impl World {
    /// Writes all files below a folder, which is created if necessary. Fails if a folder or a file cannot be written.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        for (path, content) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, content)?;
        }
        Ok(())
    }
}

/// One day of a world: the deliveries of one day, and the as-of time of their run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Name of the folder with the deliveries, such as `night-01`.
    pub folder: String,
    /// As-of time of the run, RFC 3339 in UTC.
    pub as_of: String,
}

/// A planted pattern, or a benign look-alike of one; a row of `truth/planted.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantedCase {
    /// Identifier, unique in its world (column `plant_id`).
    pub case_id: String,
    /// Name of the pattern, or of the pattern that it looks like.
    pub pattern: String,
    /// True for a look-alike.
    pub is_benign: bool,
    /// Name of its variant, which is the way in which it arises (column `mechanism`).
    pub variant: String,
    /// True if training must skip it.
    pub held_out: bool,
    /// Day of its first delivery, from 1 (column `first_night`).
    pub first_day: u32,
    /// First day by which two thirds of its links were delivered, by two agencies if two or more report it
    /// (column `emerges_night`).
    pub emerges_day: u32,
    /// True names or values of the one to three entities that it is about.
    pub anchors: Vec<String>,
    /// True names and values of the entities in it that were delivered by `emerges_day`.
    pub members: Vec<String>,
}
