//! Worlds to show the program on and to judge it by: a small written story, and synthetic
//! worlds of thirty nights in which patterns and benign look-alikes are planted.
//!
//! A synthetic world is made in three steps: hidden truth (`stage`, `base`, `life`,
//! `plant`), what agencies make of it (`observe`, `noise`), and files (`write`). All of it
//! is a pure function of seed and level.

mod agencies;
mod base;
mod bulletin;
mod cast;
mod clock;
mod level;
mod life;
mod noise;
mod observe;
mod plant;
mod random;
mod stage;
#[cfg(test)]
mod tests;
mod tiny;
mod words;
mod write;

use std::{fs, io, path::Path};

pub use level::Level;
pub use tiny::{tiny_nights, write_tiny};

/// A synthetic world, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Its nights in order.
    pub nights: Vec<Night>,
    /// Every file: path relative to the world's folder, with `/`, and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What was planted, in the order of `truth/planted.csv`.
    pub planted: Vec<Planted>,
}

/// One night of a synthetic world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Night {
    /// Name of the folder of its deliveries.
    pub folder: String,
    /// When it is run, RFC 3339.
    pub as_of: String,
}

/// A planted pattern, or a look-alike of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Its number in this world.
    pub plant_id: String,
    /// Which pattern it is, or looks like.
    pub pattern: String,
    /// It is a look-alike.
    pub is_benign: bool,
    /// How it came about.
    pub mechanism: String,
    /// Training is to leave it out.
    pub held_out: bool,
    /// The night of the first delivery that belongs to it, from 1.
    pub first_night: u32,
    /// The night by which enough of it was told.
    pub emerges_night: u32,
    /// True names or values of the one to three entities that it is about.
    pub anchors: Vec<String>,
    /// True names and values of all that it adds or uses, told by `emerges_night`.
    pub members: Vec<String>,
}

/// Streams of random numbers, one for each step, so that a step may change alone.
struct Streams {
    cast: u64,
    base: u64,
    life: u64,
    plants: u64,
    noise: u64,
    bad: u64,
    murmur: u64,
}

const STREAMS: Streams = Streams { cast: 1, base: 2, life: 3, plants: 4, noise: 5, bad: 6, murmur: 7 };

/// Makes a world: the same seed and level give the same bytes.
pub fn world(seed: u64, level: Level) -> World {
    let stage = told(seed, level);
    let mut files = write::deliveries(&stage, &mut random::open(seed, STREAMS.bad), seed);
    files.extend(write::papers(&stage, seed, level));
    let nights = (1..=clock::NIGHTS)
        .map(|night| Night { folder: clock::folder(night), as_of: write::as_of(night) })
        .collect();
    World { nights, files, planted: write::planted(&stage) }
}

/// Makes the hidden world and all that is told of it.
fn told(seed: u64, level: Level) -> stage::Stage {
    let mut stage = stage::set(&mut random::open(seed, STREAMS.cast), seed, level.knobs());
    base::tell(&mut stage, &mut random::open(seed, STREAMS.base));
    life::live(&mut stage, &mut random::open(seed, STREAMS.life));
    noise::murmur(&mut stage, &mut random::open(seed, STREAMS.murmur));
    plant::plant(&mut stage, &mut random::open(seed, STREAMS.plants));
    noise::lay(&mut stage, &mut random::open(seed, STREAMS.noise));
    stage
}

/// Writes a world's files below a folder.
pub fn write(world: &World, folder: &Path) -> io::Result<()> {
    for (path, content) in &world.files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}
