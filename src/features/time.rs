//! How a candidate came about: how suddenly, how lately, after what pause.

use super::{Family, Feature, Scale, Unit, evidence, median, share};
use crate::{temporal, time::DAY};

pub(super) const RISE: Feature = Feature {
    name: "rise",
    about: "Natural logarithm of its statistic over the largest of its earlier windows, one added to both.",
    family: Family::Time,
    scale: Scale::Plain,
    unit: Unit::Real,
    says: "its statistic rose {} e-folds over its strongest earlier window",
    of: |shown| {
        let before = shown.candidate.history.iter().copied().fold(0.0, f64::max);
        ((1.0 + shown.candidate.statistic) / (1.0 + before)).ln()
    },
};

pub(super) const SURPRISE: Feature = Feature {
    name: "surprise",
    about: "Minus the decimal logarithm of the share of random nights that show it as strongly.",
    family: Family::Time,
    scale: Scale::Plain,
    unit: Unit::Real,
    says: "chance shows it as strongly in one of ten to the {} nights",
    of: |shown| shown.candidate.null_p.map_or(f64::NAN, |p| -p.log10()),
};

pub(super) const SPREAD_DAYS: Feature = Feature {
    name: "spread_days",
    about: "Days between the first and the last of the recent records behind it.",
    family: Family::Time,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "its records came over {} days",
    of: |shown| {
        let told = || shown.behind().map(|record| record.recorded_at.micros());
        match (told().min(), told().max()) {
            (Some(first), Some(last)) => (last - first) as f64 / DAY as f64,
            _ => f64::NAN,
        }
    },
};

pub(super) const DELAY_DAYS: Feature = Feature {
    name: "delay_days",
    about: "Median days from when its recent records say it began to when we were told.",
    family: Family::Time,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "its records were told {} days after what they tell of began",
    of: |shown| {
        median(
            shown
                .behind()
                .filter_map(|record| {
                    let began = temporal::began(record)?;
                    Some(((record.recorded_at.micros() - began.micros()) as f64 / DAY as f64).max(0.0))
                })
                .collect(),
        )
    },
};

pub(super) const TONIGHT_SHARE: Feature = Feature {
    name: "tonight_share",
    about: "Share of the recent records behind it that were told tonight, from 0 to 1.",
    family: Family::Time,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its records came tonight",
    of: |shown| {
        let previous = shown.analysis.recent.previous;
        let tonight =
            shown.behind().filter(|record| previous.is_none_or(|night| record.recorded_at > night)).count();
        share(tonight as f64, shown.records.len() as f64)
    },
};

pub(super) const PAUSE_DAYS: Feature = Feature {
    name: "pause_days",
    about: "Days for which the entity it is about was quiet before; 0 where it was not dormant.",
    family: Family::Time,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "what it is about had been quiet for {} days",
    of: |shown| {
        let pauses =
            shown.candidate.anchors.iter().filter_map(|&anchor| evidence::pause(shown.analysis, anchor));
        pauses.map(|(_, days)| days as f64).fold(0.0, f64::max)
    },
};

pub(super) const KNOWN_DAYS: Feature = Feature {
    name: "known_days",
    about: "Days since we were first told of the entities it is about, the youngest counted.",
    family: Family::Time,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "what it is about has been known for {} days",
    of: |shown| {
        let known = shown
            .candidate
            .anchors
            .iter()
            .map(|&at| shown.days_ago(shown.entity(at).recorded_first.micros()));
        known.fold(f64::INFINITY, f64::min)
    },
};
