//! How hard a world is: one row of figures for each level.

/// How much noise lies over a world's truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Clean: one name for each thing, no delays, no mistakes.
    D1,
    /// Ordinary: aliases, delays, relays, a few mistakes.
    D2,
    /// Noisy: names that no list knows, more backlogs and wrong attributions.
    D3,
    /// As bad as it gets.
    D4,
}

impl Level {
    /// Every level, the easiest first.
    pub const ALL: [Self; 4] = [Self::D1, Self::D2, Self::D3, Self::D4];

    /// Returns the level's name, as the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::D1 => "d1",
            Self::D2 => "d2",
            Self::D3 => "d3",
            Self::D4 => "d4",
        }
    }

    /// Reads a level's name in either case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text))
    }

    pub(super) fn knobs(self) -> &'static Knobs {
        &KNOBS[self as usize]
    }
}

/// What differs between levels; shares are probabilities from 0 to 1.
#[derive(Debug)]
pub(super) struct Knobs {
    /// An agency has a name of its own for an actor or a program.
    pub(super) alias: f64,
    /// Such a name is in no list, so that nothing joins it.
    pub(super) unlisted_alias: f64,
    /// A name is spelled in another way once.
    pub(super) misspelled: f64,
    /// A report comes later than its night.
    pub(super) delayed: f64,
    /// An agency that relays does so with a bulletin of one it listens to.
    pub(super) relayed: f64,
    /// A tie of a bulletin is left out by its agency.
    pub(super) left_out: f64,
    /// An ordinary bulletin names the wrong actor, and is withdrawn some nights later.
    pub(super) wrong: f64,
    /// An ordinary bulletin holds a value that everybody shares.
    pub(super) popular: f64,
    /// Two actors' doings meet by accident.
    pub(super) coincidence: f64,
    /// Backlogs delivered during the story.
    pub(super) backlogs: usize,
    /// The snapshot source touches every object once.
    pub(super) bulk_edit: bool,
    /// Objects that cannot be taken.
    pub(super) malformed: usize,
    /// An active actor does something on a day.
    pub(super) activity: f64,
}

const KNOBS: [Knobs; 4] = [
    Knobs {
        alias: 0.0,
        unlisted_alias: 0.0,
        misspelled: 0.0,
        delayed: 0.0,
        relayed: 0.10,
        left_out: 0.10,
        wrong: 0.0,
        popular: 0.02,
        coincidence: 0.01,
        backlogs: 1,
        bulk_edit: false,
        malformed: 0,
        activity: 0.16,
    },
    Knobs {
        alias: 0.35,
        unlisted_alias: 0.02,
        misspelled: 0.01,
        delayed: 0.45,
        relayed: 0.15,
        left_out: 0.25,
        wrong: 0.02,
        popular: 0.05,
        coincidence: 0.03,
        backlogs: 3,
        bulk_edit: true,
        malformed: 4,
        activity: 0.18,
    },
    Knobs {
        alias: 0.45,
        unlisted_alias: 0.08,
        misspelled: 0.03,
        delayed: 0.60,
        relayed: 0.22,
        left_out: 0.35,
        wrong: 0.05,
        popular: 0.10,
        coincidence: 0.06,
        backlogs: 5,
        bulk_edit: true,
        malformed: 12,
        activity: 0.20,
    },
    Knobs {
        alias: 0.55,
        unlisted_alias: 0.15,
        misspelled: 0.06,
        delayed: 0.75,
        relayed: 0.30,
        left_out: 0.45,
        wrong: 0.08,
        popular: 0.15,
        coincidence: 0.10,
        backlogs: 8,
        bulk_edit: true,
        malformed: 30,
        activity: 0.22,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_harder_than_the_one_before() {
        for pair in Level::ALL.windows(2) {
            let (easy, hard) = (pair[0].knobs(), pair[1].knobs());
            assert!(easy.alias < hard.alias && easy.wrong < hard.wrong && easy.malformed < hard.malformed);
            assert!(easy.delayed < hard.delayed && easy.popular < hard.popular);
        }
        assert_eq!(Level::parse("D3"), Some(Level::D3));
        assert_eq!(Level::parse("d9"), None);
    }
}
