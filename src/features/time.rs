//! Time features: rise, spread, delay and pauses of a candidate.

use super::{Fact, Feature, FeatureFamily, Meaning, Scale, Unit, median, share};
use crate::{temporal, time::DAY};

pub(super) const RISE: Feature = Feature {
    name: "rise",
    about: "Natural logarithm of its strength over the strongest earlier window, one added to both.",
    family: FeatureFamily::Time,
    scale: Scale::Plain,
    unit: Unit::Real,
    message: "the logarithm of its rise over the strongest earlier window is {}",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::History),
    compute: |input| {
        let before = input.candidate.history.iter().copied().fold(0.0, f64::max);
        ((1.0 + input.candidate.statistic) / (1.0 + before)).ln()
    },
};

pub(super) const SURPRISE: Feature = Feature {
    name: "surprise",
    about: "Minus the decimal logarithm of the share of random runs that reach its strength.",
    family: FeatureFamily::Time,
    scale: Scale::Plain,
    unit: Unit::Real,
    message: "minus the decimal logarithm of the share of random runs that reach its strength is {}",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Chance),
    compute: |input| input.candidate.null_p.map_or(f64::NAN, |p| -p.log10()),
};

pub(super) const SPREAD_DAYS: Feature = Feature {
    name: "spread_days",
    about: "Days from the first to the last of its recent records, by recorded time.",
    family: FeatureFamily::Time,
    scale: Scale::Log,
    unit: Unit::Days,
    message: "its recent records arrived over {}",
    message_zero: Some("its recent records arrived at the same time"),
    meaning: Meaning::High,
    fact: Some(Fact::Arrival),
    compute: |input| {
        let times = || input.recent_records().map(|record| record.recorded_at.micros());
        match (times().min(), times().max()) {
            (Some(first), Some(last)) => (last - first) as f64 / DAY as f64,
            _ => f64::NAN,
        }
    },
};

pub(super) const DELAY_DAYS: Feature = Feature {
    name: "delay_days",
    about: "Median days from the start of the activity that a recent record describes to its recorded time.",
    family: FeatureFamily::Time,
    scale: Scale::Log,
    unit: Unit::Days,
    message: "its recent records arrived {} after the activity began (median)",
    message_zero: Some("its recent records arrived as the activity began (median)"),
    meaning: Meaning::Low,
    fact: Some(Fact::Lateness),
    compute: |input| {
        median(
            input
                .recent_records()
                .filter_map(|record| {
                    let began = temporal::began(record)?;
                    Some(((record.recorded_at.micros() - began.micros()) as f64 / DAY as f64).max(0.0))
                })
                .collect(),
        )
    },
};

pub(super) const SINCE_PREVIOUS_SHARE: Feature = Feature {
    name: "tonight_share",
    about: "Share of its recent records that arrived since the previous run, from 0 to 1.",
    family: FeatureFamily::Time,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent records arrived since the previous run",
    message_zero: Some("none of its recent records arrived since the previous run"),
    meaning: Meaning::Undecided,
    fact: Some(Fact::Arrival),
    compute: |input| {
        let previous = input.analysis.recent.previous;
        let since_previous = input
            .recent_records()
            .filter(|record| previous.is_none_or(|previous| record.recorded_at > previous));
        share(since_previous.count() as f64, input.records.len() as f64)
    },
};

pub(super) const PAUSE_DAYS: Feature = Feature {
    name: "pause_days",
    about: "Days without activity of its main entities before the recent activity, the longest pause; 0 where none was dormant.",
    family: FeatureFamily::Time,
    scale: Scale::Log,
    unit: Unit::Days,
    message: "its main entity was inactive for {} before",
    message_zero: Some("no main entity was dormant before"),
    meaning: Meaning::High,
    fact: None,
    compute: |input| {
        let pauses = input.candidate.anchors.iter().filter_map(|&anchor| input.facts.pause(anchor));
        pauses.map(|(_, days)| days as f64).fold(0.0, f64::max)
    },
};

pub(super) const KNOWN_DAYS: Feature = Feature {
    name: "known_days",
    about: "Days since its newest main entity was first recorded.",
    family: FeatureFamily::Time,
    scale: Scale::Log,
    unit: Unit::Days,
    message: "its newest main entity was first recorded {} ago",
    message_zero: Some("its newest main entity was first recorded today"),
    meaning: Meaning::Undecided,
    fact: Some(Fact::AnchorHistory),
    compute: |input| {
        let known = input
            .candidate
            .anchors
            .iter()
            .map(|&anchor| input.days_since(input.entity(anchor).recorded_first.micros()));
        known.fold(f64::INFINITY, f64::min)
    },
};
