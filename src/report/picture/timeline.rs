//! Timeline of the records of one flag by recorded time: a line for each source, a dot for each record.
//!
//! Positions are shares of the width, not pixels, so that the picture fills any page and keeps the size of
//! its text. Records from long before the window are gathered at the left border.

use askama::Template;

use super::Picture;
use crate::{
    language::Language,
    report::text::{short, visible},
    time::{DAY, Moment},
};

/// Largest number of sources with their own line; the list has all.
const LANES_MAX: usize = 12;
/// Smallest distance of two dots in percent of the width; closer dots become one with a number.
const DOT_DISTANCE_MIN: f64 = 3.5;
/// Largest number of windows before the window that the axis shows.
const WINDOWS_BEFORE: i64 = 2;
/// Begin and end of the axis in percent of the width.
const LEFT: f64 = 6.0;
const RIGHT: f64 = 95.0;
/// Position of everything older than the axis, in percent of the width.
const EARLIER: f64 = 2.0;
/// Width of a date on a phone, in percent of the width.
const DAY_WIDTH: f64 = 27.0;
const LANE_HEIGHT: u32 = 42;
const TOP: u32 = 26;

/// Recorded times of the records of one flag, and the window in which records are news.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Begin of the window.
    pub from: Moment,
    /// End of the window.
    pub to: Moment,
    /// As-of time of the run.
    pub run: Moment,
    /// Records in any order.
    pub events: Vec<TimelineEvent>,
}

/// One record of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEvent {
    /// Recorded time.
    pub recorded_at: Moment,
    /// Begin of the valid time, if the record states one.
    pub valid_from: Option<Moment>,
    /// Name of its source.
    pub source: String,
    /// Content in words.
    pub content: String,
    /// True if the record is news.
    pub is_news: bool,
}

impl Timeline {
    /// Returns the events by recorded time, then by source and content.
    pub(crate) fn in_order(&self) -> Vec<&TimelineEvent> {
        let mut events: Vec<&TimelineEvent> = self.events.iter().collect();
        events.sort_by(|a, b| {
            (a.recorded_at, &a.source, &a.content).cmp(&(b.recorded_at, &b.source, &b.content))
        });
        events
    }

    /// Returns the number of sources without their own line.
    pub(crate) fn lanes_beyond(&self) -> usize {
        sources(&self.in_order()).len().saturating_sub(LANES_MAX)
    }
}

/// Returns the day of a moment: `2026-11-21`.
pub(crate) fn day(moment: Moment) -> String {
    moment.display_utc().chars().take_while(|character| *character != ' ').collect()
}

/// Draws the timeline. `id` is unique within the page.
pub(crate) fn timeline(language: &Language, id: &str, timeline: &Timeline) -> Picture {
    let events = timeline.in_order();
    let axis = Axis::of(timeline);
    let names = sources(&events);
    let lanes: Vec<Lane> = (0..)
        .zip(names.into_iter().take(LANES_MAX))
        .map(|(number, name)| lane(name, TOP + LANE_HEIGHT * number, &events, &axis))
        .collect();
    let bottom = TOP + LANE_HEIGHT * (lanes.len() as u32).saturating_sub(1) + 22;
    let run = axis.share(timeline.run);
    let (from, to) = (axis.share(timeline.from), axis.share(timeline.to));
    let page = TimelinePage {
        language,
        id,
        description: describe(language, timeline, &events),
        height: bottom + 22,
        bottom,
        window: (percent(from), percent((to - from).max(0.6))),
        run: percent(run),
        ticks: ticks(language, timeline, &axis),
        lanes,
    };
    Picture(page.render().expect("writing to memory does not fail"))
}

#[derive(Template)]
#[template(path = "timeline.svg")]
struct TimelinePage<'a> {
    language: &'a Language,
    id: &'a str,
    description: String,
    height: u32,
    bottom: u32,
    /// Begin and width of the window.
    window: (String, String),
    run: String,
    ticks: Vec<Tick>,
    lanes: Vec<Lane>,
}

struct Tick {
    place: String,
    anchor: &'static str,
    text: String,
}

struct Lane {
    /// Name of the source: hidden characters as code points, then cut to the width of a phone.
    name: String,
    y: u32,
    begins: Vec<Begin>,
    dots: Vec<Dot>,
}

/// Begin of a valid time: its position, and the position of its record.
struct Begin {
    place: String,
    recorded: String,
}

struct Dot {
    place: f64,
    first: Moment,
    last: Moment,
    records: u32,
    news: u32,
}

/// Time axis of the picture, in microseconds.
struct Axis {
    start: i64,
    span: i64,
}

impl Axis {
    fn of(timeline: &Timeline) -> Self {
        let begins =
            timeline.events.iter().flat_map(|event| [Some(event.recorded_at), event.valid_from]).flatten();
        let earliest = begins.chain([timeline.from]).min().unwrap_or(timeline.from).micros();
        let latest =
            timeline.events.iter().map(|event| event.recorded_at).chain([timeline.to, timeline.run]).max();
        let end = latest.unwrap_or(timeline.run).micros();
        let window = timeline.to.micros().saturating_sub(timeline.from.micros()).max(DAY);
        let start =
            earliest.max(timeline.from.micros().saturating_sub(window.saturating_mul(WINDOWS_BEFORE)));
        Self { start, span: end.saturating_sub(start).max(DAY) }
    }

    /// Returns the position of a moment in percent of the width.
    fn share(&self, moment: Moment) -> f64 {
        let after = moment.micros().saturating_sub(self.start);
        if after < 0 {
            return EARLIER;
        }
        (LEFT + (RIGHT - LEFT) * after as f64 / self.span as f64).min(RIGHT)
    }
}

fn percent(share: f64) -> String {
    format!("{share:.2}%")
}

/// Returns the sources in the order of their first record.
fn sources<'a>(events: &[&'a TimelineEvent]) -> Vec<&'a str> {
    let mut sources: Vec<&str> = Vec::new();
    for event in events {
        if !sources.contains(&event.source.as_str()) {
            sources.push(&event.source);
        }
    }
    sources
}

fn lane(source: &str, y: u32, events: &[&TimelineEvent], axis: &Axis) -> Lane {
    let mut dots: Vec<Dot> = Vec::new();
    let mut begins: Vec<Begin> = Vec::new();
    for event in events.iter().filter(|event| event.source == source) {
        let place = axis.share(event.recorded_at);
        let news = u32::from(event.is_news);
        match dots.last_mut() {
            Some(dot) if place - dot.place < DOT_DISTANCE_MIN => {
                (dot.records, dot.news, dot.last) = (dot.records + 1, dot.news + news, event.recorded_at);
            }
            _ => {
                dots.push(Dot { place, first: event.recorded_at, last: event.recorded_at, records: 1, news });
            }
        }
        if let Some(begin) = event.valid_from.filter(|begin| *begin < event.recorded_at) {
            let begin = Begin { place: percent(axis.share(begin)), recorded: percent(place) };
            if !begins.iter().any(|other| (&other.place, &other.recorded) == (&begin.place, &begin.recorded))
            {
                begins.push(begin);
            }
        }
    }
    Lane { name: short(&visible(source), 34), y, begins, dots }
}

impl Dot {
    fn percent(&self) -> String {
        percent(self.place)
    }

    fn text(&self, language: &Language) -> String {
        let (first, last) = (day(self.first), day(self.last));
        let time = if first == last {
            first
        } else {
            language.fill("picture.days", &[("first", first), ("last", last)])
        };
        let values = [("records", self.records.to_string()), ("time", time), ("news", self.news.to_string())];
        language.fill("picture.dot", &values)
    }
}

/// Returns the dates under the axis: the date of the run, and others that do not overlap.
fn ticks(language: &Language, timeline: &Timeline, axis: &Axis) -> Vec<Tick> {
    let start = Moment::from_micros(axis.start);
    let days =
        [timeline.run, timeline.from, start, timeline.to].map(|moment| (axis.share(moment), day(moment)));
    let is_earlier = |moment: Moment| moment.micros() < axis.start;
    let earlier = timeline
        .events
        .iter()
        .any(|event| is_earlier(event.recorded_at) || event.valid_from.is_some_and(is_earlier));
    let earlier = earlier.then(|| (EARLIER, language.text("picture.earlier")));
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut ticks = Vec::new();
    for (place, text) in earlier.into_iter().chain(days) {
        let (anchor, left) = if place > 80.0 {
            ("end", place - DAY_WIDTH)
        } else if place < 20.0 {
            ("start", place)
        } else {
            ("middle", place - DAY_WIDTH / 2.0)
        };
        if taken.iter().all(|other| left >= other.1 || left + DAY_WIDTH <= other.0) {
            taken.push((left, left + DAY_WIDTH));
            ticks.push(Tick { place: percent(place), anchor, text });
        }
    }
    ticks
}

/// Returns the picture as text, for readers who do not see it.
fn describe(language: &Language, timeline: &Timeline, events: &[&TimelineEvent]) -> String {
    let news = events.iter().filter(|event| event.is_news).count();
    let values = [
        ("records", events.len().to_string()),
        ("sources", sources(events).len().to_string()),
        ("news", news.to_string()),
        ("from", day(timeline.from)),
        ("to", day(timeline.to)),
        ("run", day(timeline.run)),
    ];
    language.fill("picture.timeline", &values)
}

#[cfg(test)]
mod tests;
