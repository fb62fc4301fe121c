//! Windows of 7, 30, 90 and 180 days, in recorded and in valid time, of the patterns that look for new links.
//!
//! The first window is the recent one. In recorded time a link is new if it was first recorded within the days of the window, and
//! after the first run, whose records existed before observation began. In valid time it is new if it began within these days. A
//! window that cannot differ from a shorter one is left out.
//!
//! Each window is one more trial, so the expected number of instances by chance is multiplied by the number of windows (Bonferroni;
//! Dunn 1961, Multiple comparisons among means). Of candidates with the same main entities, or with most members in common, the one
//! that chance explains least is kept. A candidate without a link of the recent window is not news and is left out.

use crate::{
    analysis::Analysis,
    features::{Candidate, TimeAxis, WindowChoice},
    index::LinkIndex,
    time::{DAY, Moment},
};

/// Lengths of the windows, in days.
const LENGTHS: [u32; 4] = [7, 30, 90, 180];

/// A window that ends at the as-of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Days and time axis, with the number of all windows.
    choice: WindowChoice,
    /// Later links are new.
    start: Moment,
    end: Moment,
    /// The first run: a link that it recorded without a valid time began before.
    first: Moment,
}

impl Window {
    /// Returns whether a link is new in the window. A link without a valid time began when it was recorded.
    pub(super) fn is_new(&self, analysis: &Analysis, link: LinkIndex) -> bool {
        let link = &analysis[link];
        let recorded = Some(link.recorded_first).filter(|recorded| *recorded > self.first);
        let began = match self.choice.axis {
            TimeAxis::Recorded => recorded,
            TimeAxis::Valid => link.seen.start.or(recorded),
        };
        began.is_some_and(|began| self.start < began && began <= self.end)
    }

    /// Returns the number of instances that chance gives in all windows together.
    pub(super) fn corrected(&self, expected: f64) -> f64 {
        expected * f64::from(self.choice.windows)
    }
}

/// Returns the windows of a run, the recent one first; empty in a first run.
fn windows(analysis: &Analysis) -> Vec<Window> {
    let (Some(cut), Some(first)) = (analysis.recent.cut, analysis.recent.first) else { return Vec::new() };
    let end = analysis.view.as_of().valid_at;
    let days = |start: Moment| (end.micros() - start.micros()).div_euclid(DAY).max(1) as u32;
    let started = LENGTHS.map(|days| (days, end.days_earlier(i64::from(days))));
    let mut starts = vec![(days(cut), TimeAxis::Recorded, cut)];
    for (days, start) in started {
        let (_, _, last) = starts[starts.len() - 1];
        let start = start.max(first);
        if start < last {
            starts.push((days, TimeAxis::Recorded, start));
        }
    }
    // Before the earliest valid time nothing changes.
    let began = analysis.resolution.links.iter().filter_map(|link| link.seen.start);
    let earliest = began.filter(|began| *began <= end).min();
    for (days, start) in started {
        let is_longer = starts.last().is_none_or(|(_, axis, last)| {
            *axis == TimeAxis::Recorded || earliest.is_some_and(|earliest| earliest <= *last)
        });
        if earliest.is_some() && is_longer {
            starts.push((days, TimeAxis::Valid, start));
        }
    }
    let windows = starts.len() as u32;
    let window =
        |(days, axis, start)| Window { choice: WindowChoice { days, axis, windows }, start, end, first };
    starts.into_iter().map(window).collect()
}

/// Returns the candidates of all windows, each in the window in which chance explains it least. `find` finds those of one window,
/// with the corrected expected number.
pub(super) fn least_expected(
    analysis: &Analysis,
    find: impl Fn(&Window) -> Vec<Candidate>,
) -> Vec<Candidate> {
    let mut found: Vec<(usize, Candidate)> = Vec::new();
    for (position, window) in windows(analysis).iter().enumerate() {
        for mut candidate in find(window) {
            candidate.support.retain(|link| analysis.context.link_is_new[link.index()]);
            candidate.window = Some(window.choice);
            if !candidate.support.is_empty() {
                found.push((position, candidate));
            }
        }
    }
    found.sort_by(|(one_window, one), (other_window, other)| {
        let expected = |candidate: &Candidate| candidate.expected.unwrap_or(f64::INFINITY);
        let order = expected(one).total_cmp(&expected(other)).then(one_window.cmp(other_window));
        order.then_with(|| one.lineage.cmp(&other.lineage))
    });
    let mut kept: Vec<(usize, Candidate)> = Vec::new();
    for (window, candidate) in found {
        let is_known = |(other_window, other): &(usize, Candidate)| {
            other.lineage == candidate.lineage || (*other_window != window && is_same(other, &candidate))
        };
        if !kept.iter().any(is_known) {
            kept.push((window, candidate));
        }
    }
    kept.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Returns whether two candidates have more than half of the members of the smaller one in common.
fn is_same(one: &Candidate, other: &Candidate) -> bool {
    let common = one.members.iter().filter(|member| other.members.binary_search(member).is_ok()).count();
    2 * common > one.members.len().min(other.members.len())
}
