//! The evidence gate and the table of changes give one answer to the question how a record arrived.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use super::{Arrival, Groups, ResolvedView, Side, compare_world, recent};
use crate::{
    compact::ShortList,
    record::{ArchivedRecord, Content, Digest, Mode, RecordState, Surroundings},
    resolve::Resolution,
    time::Moment,
    view::{AccessPolicy, AsOf, Audience, Live, View},
};

const FIRST: i64 = 101;
const PREVIOUS: i64 = 105;
const CURRENT: i64 = 108;
const WINDOW_DAYS: u32 = 7;

fn day(day: i64) -> Moment {
    Moment::from_micros(day * 86_400_000_000)
}

/// A delivered object: source, key, run, its own time, and when it was created; a creation on day 0 is a withdrawal.
type TestDelivery = (&'static str, &'static str, i64, Option<i64>, i64);

fn view(delivered: &[TestDelivery], as_of: AsOf) -> View {
    let archived_record =
        |(position, (source, key, run, object_time, created)): (usize, &TestDelivery)| ArchivedRecord {
            source: (*source).into(),
            key: (*key).into(),
            state: if *created == 0 {
                RecordState::Withdrawn
            } else {
                RecordState::Object(Digest([position as u8 + 1; 16]))
            },
            version: None,
            object_time: object_time.map(day),
            run: day(*run),
            commit: u32::try_from(*run).expect("a small number"),
            mode: Mode::Snapshot,
            markings: ShortList::default(),
            defines: None,
            revokes: false,
            surroundings: Surroundings::default(),
        };
    let archived_records: Vec<ArchivedRecord> = delivered.iter().enumerate().map(archived_record).collect();
    let (terms, audience) = (BTreeMap::new(), Audience::all());
    let policy = AccessPolicy { terms: &terms, audience: &audience };
    let content = |live: &Live| {
        let created = Some(day(delivered[live.position].4));
        Arc::new(Content { created, ..Content::default() }.packed())
    };
    let read = |live: &[Live]| Ok::<_, Infallible>(live.iter().map(content).collect());
    let Ok(view) = View::open(&archived_records, policy, None, as_of, read);
    view
}

/// Returns the arrival of the object with the key `new`, and the cause of its change since the previous run.
fn arrival_and_cause(new: &[TestDelivery]) -> (Arrival, &'static str) {
    let mut delivered: Vec<TestDelivery> =
        vec![("harbour", "known", FIRST, None, FIRST), ("quay", "known", FIRST, None, FIRST)];
    delivered.extend(new);
    let before = AsOf { recorded_until: day(PREVIOUS), valid_at: day(CURRENT), without: Some(day(CURRENT)) };
    let (before, after) = (view(&delivered, before), view(&delivered, AsOf::of(day(CURRENT))));
    let resolution = Resolution::default();
    let mut changes = Groups::default();
    let side = |view| Side::of(ResolvedView { view, resolution: &resolution });
    compare_world(&side(&before), (&side(&after), &after), Some(day(PREVIOUS)), &mut changes);
    let position = after.records().iter().position(|record| &*record.key == "new").expect("the new object");
    let arrival = recent(&after, &[day(FIRST), day(PREVIOUS)], WINDOW_DAYS).arrivals[position];
    let id = after.records()[position].id.to_string();
    let change_of_new = changes
        .finish()
        .into_iter()
        .find(|change| change.subject_ids.iter().any(|known| known.to_string() == id))
        .expect("a change");
    (arrival, change_of_new.cause.name())
}

#[test]
fn an_object_dated_between_the_window_and_the_previous_run_is_late_in_both() {
    let new = [("quay", "new", CURRENT, Some(103), 103)];
    assert_eq!(arrival_and_cause(&new), (Arrival::Late, "late-arrival"));
}

#[test]
fn an_object_dated_after_the_previous_run_is_news_in_both() {
    let new = [("quay", "new", CURRENT, Some(106), 106)];
    assert_eq!(arrival_and_cause(&new), (Arrival::News, "observed-new"));
}

#[test]
fn an_object_that_began_long_before_the_previous_run_is_late_in_both() {
    let new = [("quay", "new", CURRENT, None, PREVIOUS - 31)];
    assert_eq!(arrival_and_cause(&new), (Arrival::Late, "late-arrival"));
}

#[test]
fn an_object_that_returns_is_late_in_both() {
    let new = [
        ("quay", "new", FIRST, None, FIRST),
        ("quay", "new", PREVIOUS, None, 0),
        ("quay", "new", CURRENT, None, CURRENT),
    ];
    assert_eq!(arrival_and_cause(&new), (Arrival::Late, "late-arrival"));
}

#[test]
fn an_object_of_a_source_that_delivers_for_the_first_time_is_of_a_new_source_in_both() {
    let new = [("ferry", "new", CURRENT, Some(103), 103)];
    assert_eq!(arrival_and_cause(&new), (Arrival::NewSource, "new-source"));
}

#[test]
fn a_source_that_withdrew_everything_is_no_new_source_in_either() {
    let new = [
        ("ferry", "old", FIRST, None, FIRST),
        ("ferry", "old", PREVIOUS, None, 0),
        ("ferry", "new", CURRENT, None, CURRENT),
    ];
    assert_eq!(arrival_and_cause(&new), (Arrival::News, "observed-new"));
}

#[test]
fn an_object_that_the_archive_learned_after_the_as_of_time_arrives_at_its_own_time() {
    let delivered = [("quay", "known", FIRST, None, FIRST), ("quay", "new", CURRENT, Some(103), 103)];
    let as_of_previous = view(&delivered, AsOf::of(day(PREVIOUS)));
    let position = as_of_previous.records().iter().position(|record| &*record.key == "new");
    let recent = recent(&as_of_previous, &[day(FIRST)], WINDOW_DAYS);
    assert_eq!(recent.arrivals[position.expect("the new object")], Arrival::News);
}
