//! Communities keep their ids, and each run has the right events.

use super::*;

fn day(number: i64) -> Moment {
    Moment::from_micros(number * crate::time::DAY)
}

/// Returns the digits of a member that the tests name by one letter.
fn member(name: &str) -> MemberId {
    [name.as_bytes()[0]; 10]
}

fn community<'a>(members: &[&'a str]) -> CurrentCommunity<'a> {
    CurrentCommunity { oldest: members[0], members: members.iter().map(|name| member(name)).collect() }
}

/// Tracks communities over several runs, one a day; returns the result of the last run.
fn runs<'a>(all: &[&[&[&'a str]]]) -> (Vec<TrackedCommunity>, Vec<Ended>, Lineages) {
    let mut lineages = Lineages::default();
    let mut last = (Vec::new(), Vec::new());
    for (number, groups) in (1..).zip(all) {
        let groups: Vec<CurrentCommunity<'a>> = groups.iter().map(|members| community(members)).collect();
        let (next, followed, ended) = track(&lineages, &groups, day(number));
        lineages = next;
        last = (followed, ended);
    }
    (last.0, last.1, lineages)
}

#[test]
fn a_community_keeps_its_id_while_its_members_come_and_go() {
    let (first, ..) = runs(&[&[&["a", "b", "c", "d", "e", "f"]]]);
    let (last, ended, _) = runs(&[
        &[&["a", "b", "c", "d", "e", "f"]],
        &[&["b", "c", "d", "e", "f", "g"]],
        &[&["c", "d", "e", "f", "g", "h"]],
        &[&["d", "e", "f", "g", "h", "i"]],
        &[&["e", "f", "g", "h", "i", "j"]],
    ]);
    assert_eq!(first[0].id, last[0].id);
    assert_eq!((last[0].event, last[0].born, ended.len()), (CommunityEvent::Unchanged, day(1), 0));
}

#[test]
fn a_new_community_is_born_and_keeps_the_time_of_its_first_run() {
    let (last, ..) = runs(&[&[&["a", "b", "c"]], &[&["a", "b", "c"], &["x", "y", "z"]]]);
    assert_eq!(last[0].event, CommunityEvent::Unchanged);
    assert_eq!((last[1].event, last[1].born), (CommunityEvent::Born, day(2)));
    assert_ne!(last[0].id, last[1].id);
}

#[test]
fn two_that_merge_continue_the_better_match() {
    let (last, ended, _) =
        runs(&[&[&["a", "b", "c", "d"], &["x", "y", "z"]], &[&["a", "b", "c", "d", "x", "y", "z"]]]);
    assert_eq!(last[0].event, CommunityEvent::Merged);
    assert_eq!(last[0].related_ids.len(), 1);
    assert_eq!(ended[0].into.as_ref(), Some(&last[0].id));
}

#[test]
fn a_part_that_leaves_is_a_split_and_the_remainder_shrinks() {
    let all = ["a", "b", "c", "d", "e", "f", "g"];
    let (last, ..) = runs(&[&[&all], &[&["a", "b", "c", "d"], &["e", "f", "g"]]]);
    assert_eq!((last[0].event, last[1].event), (CommunityEvent::Shrank, CommunityEvent::Split));
    assert_eq!(last[1].related_ids, [last[0].id.clone()]);
}

#[test]
fn a_community_that_ended_and_returns_keeps_its_id() {
    let (before, ..) = runs(&[&[&["a", "b", "c"], &["x", "y", "z"]]]);
    let (gone, ended, _) = runs(&[&[&["a", "b", "c"], &["x", "y", "z"]], &[&["a", "b", "c"]]]);
    assert_eq!((gone.len(), ended.len()), (1, 1));
    let (last, ..) = runs(&[
        &[&["a", "b", "c"], &["x", "y", "z"]],
        &[&["a", "b", "c"]],
        &[&["a", "b", "c"], &["x", "y", "z"]],
    ]);
    assert_eq!((last[1].event, &last[1].id), (CommunityEvent::Reactivated, &before[1].id));
}

#[test]
fn a_community_that_became_part_of_another_and_leaves_it_has_split() {
    let (before, ..) = runs(&[&[&["a", "b", "c", "d"], &["x", "y", "z"]]]);
    let joined: &[&str] = &["a", "b", "c", "d", "x", "y", "z"];
    let (last, ..) = runs(&[
        &[&["a", "b", "c", "d"], &["x", "y", "z"]],
        &[joined],
        &[&["a", "b", "c", "d"], &["x", "y", "z"]],
    ]);
    assert_eq!((last[1].event, &last[1].id), (CommunityEvent::Split, &before[1].id));
    assert_eq!(last[1].related_ids, [last[0].id.clone()]);
}

#[test]
fn the_order_of_communities_does_not_matter() {
    let forward = runs(&[&[&["a", "b", "c"], &["x", "y", "z"]], &[&["a", "b", "x"], &["c", "y", "z"]]]);
    let backward = runs(&[&[&["x", "y", "z"], &["a", "b", "c"]], &[&["c", "y", "z"], &["a", "b", "x"]]]);
    assert_eq!(forward.2, backward.2);
    assert_eq!(forward.0[0], backward.0[1]);
}

#[test]
fn a_search_starts_in_the_lineage_where_each_entity_belonged_most() {
    let (_, _, lineages) = runs(&[&[&["a", "b", "c"], &["x", "y", "z"]]]);
    let entities = ["a", "b", "n", "x", "z"].map(member);
    assert_eq!(start(&lineages, &entities), Some(vec![0, 0, 2, 3, 3]));
    assert_eq!(start(&Lineages::default(), &[member("a")]), None);
}
