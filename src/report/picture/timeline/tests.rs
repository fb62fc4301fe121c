//! The timeline shows every record once, for any span of time.

use super::*;
use crate::language::Language;

fn at(days: i64) -> Moment {
    Moment::from_micros(1_770_000_000_000_000 + days * DAY)
}

fn event(recorded: i64, begin: Option<i64>, source: &str) -> TimelineEvent {
    TimelineEvent {
        recorded_at: at(recorded),
        valid_from: begin.map(at),
        source: source.to_owned(),
        content: "content".to_owned(),
        is_news: recorded > 0,
    }
}

fn line(events: Vec<TimelineEvent>) -> Timeline {
    Timeline { from: at(0), to: at(7), run: at(7), events }
}

/// Numbers before a percent sign.
fn shares(svg: &str) -> Vec<f64> {
    let parts = svg.split('%').filter_map(|part| part.rsplit('"').next());
    parts.filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn each_record_is_a_dot_or_counted_by_one() {
    let drawn = timeline(
        Language::english(),
        "t",
        &line(vec![event(1, None, "a"), event(7, None, "a"), event(7, Some(3), "a"), event(4, None, "b")]),
    );
    let svg = drawn.svg();
    assert_eq!(svg.matches("<circle").count(), 3);
    assert_eq!(svg.matches("×2").count(), 1);
    assert!(svg.contains("2 records recorded"), "{svg}");
    assert_eq!(svg.matches("class=\"lane\"").count(), 2);
    assert_eq!(svg.matches("class=\"began\"").count(), 1);
}

#[test]
fn every_place_is_on_the_axis_however_old_or_late_a_record_is() {
    for events in [
        vec![event(1, Some(-90_000), "a"), event(-5_000, None, "b"), event(900, None, "c")],
        vec![event(0, None, "a")],
        Vec::new(),
    ] {
        let drawn = timeline(Language::english(), "t", &line(events));
        let shares = shares(drawn.svg());
        assert!(shares.len() >= 4, "{}", drawn.svg());
        assert!(shares.iter().all(|share| (0.0..=100.0).contains(share)), "{shares:?}");
    }
    let instant = Timeline { from: at(0), to: at(0), run: at(0), events: vec![event(0, None, "a")] };
    assert!(timeline(Language::english(), "t", &instant).svg().contains("<circle"));
}

#[test]
fn a_record_older_than_the_axis_is_called_earlier() {
    assert!(
        timeline(Language::english(), "t", &line(vec![event(1, Some(-400), "a")]))
            .svg()
            .contains(">earlier<")
    );
    assert!(
        !timeline(Language::english(), "t", &line(vec![event(1, Some(-4), "a")])).svg().contains(">earlier<")
    );
}

#[test]
fn order_of_the_events_does_not_matter() {
    let forward = vec![event(1, None, "b"), event(3, Some(2), "a"), event(3, None, "a")];
    let backward: Vec<_> = forward.iter().rev().cloned().collect();
    assert_eq!(
        timeline(Language::english(), "t", &line(forward)).svg(),
        timeline(Language::english(), "t", &line(backward)).svg()
    );
}

#[test]
fn a_source_cannot_become_markup_and_many_are_counted() {
    let hostile = timeline(Language::english(), "t", &line(vec![event(1, None, "<script>\"")]));
    assert!(!hostile.svg().contains("<script"));
    let many =
        line((0..LANES_MAX + 3).map(|number| event(1, None, &format!("source {number:02}"))).collect());
    assert_eq!(many.lanes_beyond(), 3);
    assert_eq!(timeline(Language::english(), "t", &many).svg().matches("class=\"lane\"").count(), LANES_MAX);
}
