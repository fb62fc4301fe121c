//! The six who report: what each watches, how well, how late, and in which format.

use super::random::{Stream, chance, weighted};

/// Position in [`AGENCIES`].
pub(super) type AgencyId = usize;

/// How an agency delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// STIX 2.1, what is to add.
    StixIncrement,
    /// STIX 2.1, all that it holds.
    StixSnapshot,
    /// MISP events with the galaxy clusters spelled out.
    MispClusters,
    /// MISP events with galaxy tags alone, and objects.
    MispTags,
}

impl Delivery {
    /// Returns whether it is a form of STIX.
    pub(super) fn is_stix(self) -> bool {
        matches!(self, Self::StixIncrement | Self::StixSnapshot)
    }
}

/// One who reports.
#[derive(Debug)]
pub(super) struct Agency {
    /// Name of the source.
    pub(super) name: &'static str,
    /// Name that its objects bear.
    pub(super) title: &'static str,
    /// Format and mode.
    pub(super) delivery: Delivery,
    /// Admiralty letter.
    pub(super) reliability: char,
    /// Which of the four regions it watches.
    pub(super) regions: [bool; 4],
    /// It reports what happens where it watches.
    pub(super) reporting: f64,
    /// Weights of a delay of 1, 2, 3, 4 and 5 to 9 nights.
    pub(super) delays: [u32; 5],
    /// Its relationships say since when they hold.
    pub(super) states_start: bool,
    /// Days for which its indicators are valid; 0 is for good.
    pub(super) valid_days: i64,
    /// Whose reports it passes on.
    pub(super) relays: &'static [AgencyId],
}

/// Every agency.
pub(super) const AGENCIES: &[Agency] = &[
    Agency {
        name: "northgate",
        title: "Northgate CERT",
        delivery: Delivery::StixIncrement,
        reliability: 'A',
        regions: [true, true, false, true],
        reporting: 0.50,
        delays: [5, 3, 1, 1, 0],
        states_start: true,
        valid_days: 300,
        relays: &[],
    },
    Agency {
        name: "quayside",
        title: "Quayside Labs",
        delivery: Delivery::StixIncrement,
        reliability: 'B',
        regions: [true, false, true, true],
        reporting: 0.45,
        delays: [4, 3, 2, 1, 1],
        states_start: true,
        valid_days: 0,
        relays: &[0],
    },
    Agency {
        name: "waystation",
        title: "Waystation Exchange",
        delivery: Delivery::StixIncrement,
        reliability: 'C',
        regions: [false, true, true, false],
        reporting: 0.30,
        delays: [3, 3, 2, 2, 2],
        states_start: false,
        valid_days: 0,
        relays: &[0, 1, 3],
    },
    Agency {
        name: "ministry-watch",
        title: "Ministry Watch Office",
        delivery: Delivery::StixSnapshot,
        reliability: 'B',
        regions: [false, true, false, true],
        reporting: 0.30,
        delays: [2, 3, 3, 2, 1],
        states_start: true,
        valid_days: 0,
        relays: &[0],
    },
    Agency {
        name: "lanternfish",
        title: "Lanternfish Research",
        delivery: Delivery::MispClusters,
        reliability: 'C',
        regions: [true, true, true, false],
        reporting: 0.40,
        delays: [5, 3, 2, 1, 1],
        states_start: true,
        valid_days: 0,
        relays: &[],
    },
    Agency {
        name: "commons",
        title: "Commons Sharing Group",
        delivery: Delivery::MispTags,
        reliability: 'D',
        regions: [true, true, true, true],
        reporting: 0.25,
        delays: [4, 2, 2, 1, 2],
        states_start: false,
        valid_days: 0,
        relays: &[4],
    },
];

/// Returns by how many nights an agency is late; `delayed` is the share of late reports.
pub(super) fn delay(random: &mut Stream, agency: AgencyId, delayed: f64) -> u32 {
    if !chance(random, delayed) {
        return 0;
    }
    match weighted(random, &AGENCIES[agency].delays) {
        4 => 5 + weighted(random, &[5, 4, 3, 2, 1]) as u32,
        nights => 1 + nights as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_three_watchers_and_nobody_relays_another_format() {
        for region in 0..4 {
            assert!(AGENCIES.iter().filter(|agency| agency.regions[region]).count() >= 3);
        }
        for agency in AGENCIES {
            for &from in agency.relays {
                assert_eq!(agency.delivery.is_stix(), AGENCIES[from].delivery.is_stix());
            }
        }
    }
}
