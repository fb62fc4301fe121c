//! The six agencies of a world: regions, reporting rate, delays and format of each.

use crate::random::{RandomStream, chance, weighted_index};

/// Position of an agency in [`AGENCIES`].
pub(crate) type AgencyId = usize;

/// Format and mode of an agency's deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryFormat {
    /// STIX 2.1, only new and changed objects.
    StixIncrement,
    /// STIX 2.1, all current objects each day.
    StixSnapshot,
    /// MISP events with galaxy clusters in full.
    MispClusters,
    /// MISP events with galaxy tags only, and with objects.
    MispTags,
}

impl DeliveryFormat {
    /// Returns whether the format is STIX.
    pub(crate) fn is_stix(self) -> bool {
        matches!(self, Self::StixIncrement | Self::StixSnapshot)
    }
}

/// An agency that reports.
#[derive(Debug)]
pub(crate) struct Agency {
    /// Source name.
    pub(crate) name: &'static str,
    /// Organisation name in its objects.
    pub(crate) organization: &'static str,
    /// Format and mode of its deliveries.
    pub(crate) format: DeliveryFormat,
    /// Reliability on the Admiralty scale, A to F.
    pub(crate) reliability: char,
    /// For each of the four regions, true if the agency observes it.
    pub(crate) regions: [bool; 4],
    /// Probability that it reports an event of a region that it observes.
    pub(crate) reporting_rate: f64,
    /// Weights of a delay of 1, 2, 3, 4, and 5 to 9 days.
    pub(crate) delay_weights: [u32; 5],
    /// True if its relationships and attributes have a start time.
    pub(crate) has_start_times: bool,
    /// Days for which its indicators are valid; 0 means no end.
    pub(crate) valid_days: i64,
    /// Agencies whose reports it relays.
    pub(crate) relays_from: &'static [AgencyId],
}

/// All agencies.
pub(crate) const AGENCIES: &[Agency] = &[
    Agency {
        name: "northgate",
        organization: "Northgate CERT",
        format: DeliveryFormat::StixIncrement,
        reliability: 'A',
        regions: [true, true, false, true],
        reporting_rate: 0.50,
        delay_weights: [5, 3, 1, 1, 0],
        has_start_times: true,
        valid_days: 300,
        relays_from: &[],
    },
    Agency {
        name: "quayside",
        organization: "Quayside Labs",
        format: DeliveryFormat::StixIncrement,
        reliability: 'B',
        regions: [true, false, true, true],
        reporting_rate: 0.45,
        delay_weights: [4, 3, 2, 1, 1],
        has_start_times: true,
        valid_days: 0,
        relays_from: &[0],
    },
    Agency {
        name: "waystation",
        organization: "Waystation Exchange",
        format: DeliveryFormat::StixIncrement,
        reliability: 'C',
        regions: [false, true, true, false],
        reporting_rate: 0.30,
        delay_weights: [3, 3, 2, 2, 2],
        has_start_times: false,
        valid_days: 0,
        relays_from: &[0, 1, 3],
    },
    Agency {
        name: "ministry-watch",
        organization: "Ministry Watch Office",
        format: DeliveryFormat::StixSnapshot,
        reliability: 'B',
        regions: [false, true, false, true],
        reporting_rate: 0.30,
        delay_weights: [2, 3, 3, 2, 1],
        has_start_times: true,
        valid_days: 0,
        relays_from: &[0],
    },
    Agency {
        name: "lanternfish",
        organization: "Lanternfish Research",
        format: DeliveryFormat::MispClusters,
        reliability: 'C',
        regions: [true, true, true, false],
        reporting_rate: 0.40,
        delay_weights: [5, 3, 2, 1, 1],
        has_start_times: true,
        valid_days: 0,
        relays_from: &[],
    },
    Agency {
        name: "commons",
        organization: "Commons Sharing Group",
        format: DeliveryFormat::MispTags,
        reliability: 'D',
        regions: [true, true, true, true],
        reporting_rate: 0.25,
        delay_weights: [4, 2, 2, 1, 2],
        has_start_times: false,
        valid_days: 0,
        relays_from: &[4],
    },
];

/// Returns the delay of a report in days, 0 to 9; `delayed` is the probability of a delay.
pub(crate) fn delay(random: &mut RandomStream, agency: AgencyId, delayed: f64) -> u32 {
    if !chance(random, delayed) {
        return 0;
    }
    match weighted_index(random, &AGENCIES[agency].delay_weights) {
        4 => 5 + weighted_index(random, &[5, 4, 3, 2, 1]) as u32,
        days => 1 + days as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_three_agencies_and_relays_keep_the_format() {
        for region in 0..4 {
            assert!(AGENCIES.iter().filter(|agency| agency.regions[region]).count() >= 3);
        }
        for agency in AGENCIES {
            for &from in agency.relays_from {
                assert_eq!(agency.format.is_stix(), AGENCIES[from].format.is_stix());
            }
        }
    }
}
