//! Synthetic worlds of threat intelligence, in which the truth is known.
//!
//! A synthetic world is thirty days of deliveries from six invented agencies, two curated lists and two
//! financial-intelligence agencies, in STIX 2.1, MISP, MISP galaxy and CSV format. Patterns are planted in it, so that a program that looks for patterns can be trained
//! and evaluated. All actors, programs, hosts and agencies are invented. The same seed and level give the same bytes
//! on every machine.
//!
//! ```
//! use araneus_synth::{Level, generate};
//!
//! let world = generate(7, Level::D1);
//! assert_eq!(world.days.len(), 30);
//! assert_eq!(world.days[0].as_of, "2026-03-01T02:00:00Z");
//!
//! // Five patterns of the network are planted four times each, and each has three look-alikes at this level. Six flows of
//! // money and four questions about one subject are planted twice each, and each has two look-alikes.
//! let look_alikes = world.planted.iter().filter(|case| case.is_benign).count();
//! assert_eq!((world.planted.len(), look_alikes), (75, 35));
//!
//! // A case is about its anchors, and emerges on the day when enough of it was delivered.
//! let case = world.planted.iter().find(|case| case.pattern == "sudden-broker").expect("four are planted");
//! assert!(!case.anchors.is_empty() && case.first_day <= case.emerges_day);
//!
//! // The same seed and level give the same world.
//! assert_eq!(world, generate(7, Level::D1));
//! ```
//!
//! # Generation of a world
//!
//! 1. The hidden truth: established actors with malware, campaigns and hosts, what they did in the 400 days before the
//!    first day, and their baseline activity. Accounts with everyday payments, and the planted cases.
//! 2. The observation: each agency sees some regions, reports a part of the events there, is late at times, uses its
//!    own names, and relays reports of other agencies. Noise is added: backlogs, round-ups, wrong attributions,
//!    shared values and misspelled names.
//! 3. The files: the deliveries of each source and day, a configuration, and the truth in `truth/planted.csv` and
//!    `truth/identities.csv`.
//!
//! # Difficulty
//!
//! A [`Level`] sets the amount of noise, from [`Level::D1`] (one name for each entity, no delays, no errors) to
//! [`Level::D4`]. A harder level has more baseline activity and more look-alikes. Agencies report a smaller part of each
//! case, miss more cases, and give more wrong dates, actors and shared values. The planted patterns have the same number at each level.
//!
//! # Planted patterns and look-alikes
//!
//! A [`PlantedCase`] is one instance of a pattern, or a benign look-alike of it. Each pattern has several *variants*,
//! which are the ways in which it can arise. A look-alike arises in a way of its own: it is never the pattern with a
//! smaller number. The size, the speed, the number of agencies, their reliability and the age of dates overlap, so that no
//! single number separates patterns from look-alikes. Baseline activity has dates of the same distribution, too.
//!
//! # Held-out variants
//!
//! Some variants have [`PlantedCase::held_out`] set. Training must skip them. A model that also finds
//! these has learned the pattern, and not only the variants that it was shown.
//!
//! # Worlds of relays
//!
//! [`generate_relays`] returns a world in which sources copy reports from each other: verbatim, with other ids, in another
//! format, in part or edited. Other sources report the same groups independently. `truth/relays.csv` says which is which.
//!
//! # The example world
//!
//! [`write_example`] writes a small fixed world of five days, written by hand, whose expected results are documented
//! in its `README.md`.

#![forbid(unsafe_code)]

mod agencies;
mod baseline;
mod calendar;
#[cfg(test)]
mod case_numbers;
mod difficulty;
mod economy;
mod entities;
mod example;
mod hidden_world;
mod history;
mod noise;
mod observe;
mod payment;
mod planted;
mod random;
mod relays;
mod report;
#[cfg(test)]
mod tests;
mod vocabulary;
mod world;
mod writer;

pub use difficulty::Level;
pub use example::{example_days, write_example};
pub use relays::generate_relays;
pub use world::{Day, PlantedCase, World};

use hidden_world::HiddenWorld;

/// Numbers of the random streams, one for each step, so that a change of one step does not change the others.
struct StreamIds {
    entities: u64,
    history: u64,
    baseline: u64,
    planted: u64,
    noise: u64,
    malformed: u64,
    backlogs: u64,
    economy: u64,
}

const STREAM_IDS: StreamIds = StreamIds {
    entities: 1,
    history: 2,
    baseline: 3,
    planted: 4,
    noise: 5,
    malformed: 6,
    backlogs: 7,
    economy: 8,
};

/// Returns the world of a seed and a level. The same seed and level give the same bytes.
pub fn generate(seed: u64, level: Level) -> World {
    let hidden = simulate(seed, level);
    let mut files = writer::deliveries(&hidden, &mut random::stream(seed, STREAM_IDS.malformed), seed);
    files.extend(writer::other_files(&hidden, seed, level));
    let days = (1..=calendar::DAYS)
        .map(|day| Day { folder: calendar::folder_name(day), as_of: writer::as_of(day) })
        .collect();
    World { days, files, planted: writer::planted_cases(&hidden) }
}

/// Returns the hidden world with every report about it.
fn simulate(seed: u64, level: Level) -> HiddenWorld {
    let stream = |id| random::stream(seed, id);
    let mut world = HiddenWorld::new(&mut stream(STREAM_IDS.entities), seed, level.difficulty());
    history::add(&mut world, &mut stream(STREAM_IDS.history));
    baseline::add(&mut world, &mut stream(STREAM_IDS.baseline));
    economy::add(&mut world, &mut stream(STREAM_IDS.economy));
    // Before the planted cases: a case of a dormant actor must know which reports name the actor.
    noise::add_backlogs_and_round_ups(&mut world, &mut stream(STREAM_IDS.backlogs));
    planted::add(&mut world, &mut stream(STREAM_IDS.planted));
    noise::add_edits_and_misspellings(&mut world, &mut stream(STREAM_IDS.noise));
    world
}
