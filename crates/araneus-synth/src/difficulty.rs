//! Levels of difficulty: one row of numbers for each level.

/// Difficulty of a world: the amount of noise between the truth and the deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Clean: one name for each entity, no delays, no errors.
    D1,
    /// Medium: aliases, delays, relays, a few errors.
    D2,
    /// Noisy: more unlisted names, backlogs and wrong attributions.
    D3,
    /// The most noise: every rate is higher than in `D3`.
    D4,
}

impl Level {
    /// All levels, the easiest first.
    pub const ALL: [Self; 4] = [Self::D1, Self::D2, Self::D3, Self::D4];

    /// Returns the level's name as on the command line, such as `d2`.
    pub fn name(self) -> &'static str {
        self.difficulty().name
    }

    /// Returns the level of a name, upper or lower case; `None` for an unknown name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text))
    }

    /// Returns the numbers of the level.
    pub(crate) fn difficulty(self) -> &'static Difficulty {
        &DIFFICULTIES[self as usize]
    }
}

/// Numbers that differ between levels. Fields of type `f64` are probabilities from 0 to 1.
#[derive(Debug)]
pub(crate) struct Difficulty {
    /// Name of the level.
    pub(crate) name: &'static str,
    /// An agency uses its own name for an actor or a program.
    pub(crate) alias: f64,
    /// No curated list has such a name, so that it cannot be resolved.
    pub(crate) unlisted_alias: f64,
    /// One agency misspells the name of an entity.
    pub(crate) misspelled: f64,
    /// A report is delivered later than the day of its event.
    pub(crate) delayed: f64,
    /// An agency relays a report of an agency that it relays from.
    pub(crate) relayed: f64,
    /// An agency omits a link of an event.
    pub(crate) omitted: f64,
    /// A baseline report names the wrong actor, and is withdrawn some days later.
    pub(crate) misattributed: f64,
    /// A baseline report contains a shared value by mistake.
    pub(crate) shared_value: f64,
    /// The activities of two actors meet by coincidence.
    pub(crate) coincidence: f64,
    /// Number of backlogs that are delivered during the thirty days.
    pub(crate) backlogs: usize,
    /// True if the snapshot source updates the modification time of all objects once.
    pub(crate) has_bulk_edit: bool,
    /// Number of malformed objects, which must be rejected.
    pub(crate) malformed: usize,
    /// An active actor is active on a given day.
    pub(crate) activity: f64,
    /// Weights of 0, 1, 2 and 3 events a day without a named actor.
    pub(crate) unattributed: [u32; 4],
    /// Number of look-alikes of each pattern.
    pub(crate) look_alikes: usize,
    /// Smallest and largest share of a case's links that one agency reports, in percent.
    pub(crate) covered: (i64, i64),
    /// A report states a wrong date for a link of a case: the date of the report, or one of months ago.
    pub(crate) misdated: f64,
    /// All agencies but one miss a case.
    pub(crate) missed: f64,
    /// A report about a case, true or not, is withdrawn some days later.
    pub(crate) contradicted: f64,
    /// The accounts of a payment case are drawn as those of a pattern or look-alike of any kind.
    pub(crate) blurred: f64,
}

const DIFFICULTIES: [Difficulty; 4] = [
    Difficulty {
        name: "d1",
        alias: 0.0,
        unlisted_alias: 0.0,
        misspelled: 0.0,
        delayed: 0.0,
        relayed: 0.10,
        omitted: 0.05,
        misattributed: 0.0,
        shared_value: 0.0,
        coincidence: 0.0,
        backlogs: 1,
        has_bulk_edit: false,
        malformed: 0,
        activity: 0.10,
        unattributed: [6, 3, 0, 0],
        look_alikes: 3,
        covered: (80, 100),
        misdated: 0.0,
        missed: 0.0,
        contradicted: 0.0,
        blurred: 0.0,
    },
    Difficulty {
        name: "d2",
        alias: 0.35,
        unlisted_alias: 0.02,
        misspelled: 0.01,
        delayed: 0.45,
        relayed: 0.15,
        omitted: 0.25,
        misattributed: 0.02,
        shared_value: 0.05,
        coincidence: 0.03,
        backlogs: 3,
        has_bulk_edit: true,
        malformed: 4,
        activity: 0.18,
        unattributed: [3, 4, 2, 0],
        look_alikes: 5,
        covered: (55, 95),
        misdated: 0.02,
        missed: 0.08,
        contradicted: 0.03,
        blurred: 0.1,
    },
    Difficulty {
        name: "d3",
        alias: 0.45,
        unlisted_alias: 0.08,
        misspelled: 0.03,
        delayed: 0.60,
        relayed: 0.22,
        omitted: 0.35,
        misattributed: 0.05,
        shared_value: 0.12,
        coincidence: 0.10,
        backlogs: 5,
        has_bulk_edit: true,
        malformed: 12,
        activity: 0.26,
        unattributed: [1, 4, 3, 1],
        look_alikes: 7,
        covered: (40, 80),
        misdated: 0.15,
        missed: 0.2,
        contradicted: 0.08,
        blurred: 0.3,
    },
    Difficulty {
        name: "d4",
        alias: 0.55,
        unlisted_alias: 0.15,
        misspelled: 0.06,
        delayed: 0.75,
        relayed: 0.30,
        omitted: 0.50,
        misattributed: 0.08,
        shared_value: 0.20,
        coincidence: 0.20,
        backlogs: 8,
        has_bulk_edit: true,
        malformed: 30,
        activity: 0.34,
        unattributed: [0, 3, 4, 3],
        look_alikes: 10,
        covered: (30, 65),
        misdated: 0.30,
        missed: 0.35,
        contradicted: 0.15,
        blurred: 0.5,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_harder_than_the_previous_one() {
        for pair in Level::ALL.windows(2) {
            let (easy, hard) = (pair[0].difficulty(), pair[1].difficulty());
            assert!(
                easy.alias < hard.alias
                    && easy.misattributed < hard.misattributed
                    && easy.malformed < hard.malformed
            );
            assert!(easy.delayed < hard.delayed && easy.shared_value < hard.shared_value);
            assert!(easy.activity < hard.activity && easy.look_alikes < hard.look_alikes);
            assert!(easy.covered > hard.covered && easy.misdated < hard.misdated);
            assert!(easy.missed < hard.missed && easy.contradicted < hard.contradicted);
            assert!(easy.blurred < hard.blurred);
        }
        assert_eq!(Level::parse("D3"), Some(Level::D3));
        assert_eq!(Level::parse("d9"), None);
    }
}
