//! Communities over the nights: which of current's is which of before, and what became of it.
//!
//! A lineage remembers how firmly each entity belonged to it: a weight that grows on nights
//! on which the entity is a member, and decays on the others. Tonight's communities are
//! matched with these histories one to one, the best agreement first, ties to the older
//! lineage (after Greene, Doyle and Cunningham 2010, "Tracking the evolution of
//! communities in dynamic social networks", with a decayed history in place of the last
//! night's members). Agreement is the weighted Jaccard index of history and members.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::{resolve::lasting_id, time::Moment};

/// Communities of fewer members are not tracked.
pub const TRACKED_MIN: usize = 3;
/// What is kept of a membership on each night without the member.
const DECAY: f64 = 0.8;
/// Memberships below this are forgotten.
const FORGOTTEN: f64 = 0.05;
/// Least agreement at which a community is an earlier one.
const SAME: f64 = 0.25;
/// Share of one that must come from, or go to, another for it to be a part of that.
const PART: f64 = 0.5;
/// Least change of size, as a share and in members, that is called growth or shrinking.
const CHANGED_SHARE: f64 = 0.1;
const CHANGED_MIN: usize = 2;
/// Days after which a lineage that ended is forgotten.
const FORGET_DAYS: i64 = 400;

/// One community over the nights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    /// Lasting id.
    pub id: String,
    /// The night that first had it.
    pub born: Moment,
    /// The last night that had it.
    pub last: Moment,
    /// Members on that night.
    pub size: usize,
    /// How firmly each entity belonged to it, from 0 to 1, by entity id.
    history: BTreeMap<String, f64>,
}

/// Every community known so far, in order of age and id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lineages {
    /// The night they were last followed to.
    pub run: Option<Moment>,
    known: Vec<Lineage>,
}

/// What became of a community since the night before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommunityEvent {
    /// No earlier one is like it.
    Born,
    /// As it was.
    Unchanged,
    /// It has clearly more members.
    Grew,
    /// It has clearly fewer.
    Shrank,
    /// Another became part of it.
    Merged,
    /// It was part of another.
    Split,
    /// It had ended, and is back.
    Reactivated,
}

impl CommunityEvent {
    /// Returns the word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Born => "born",
            Self::Unchanged => "standing",
            Self::Grew => "grew",
            Self::Shrank => "shrank",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Reactivated => "reactivated",
        }
    }
}

/// What one of current's communities is.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackedCommunity {
    /// Lasting id.
    pub id: String,
    /// The night that first had it.
    pub born: Moment,
    /// What became of it.
    pub event: CommunityEvent,
    /// Ids of the lineages that became part of it, or that it was part of.
    pub related_ids: Vec<String>,
}

/// A community of the night before that is no more.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Its id.
    pub id: String,
    /// Members it had.
    pub size: usize,
    /// The lineage that most of it went to, if one did.
    pub into: Option<String>,
}

/// Returns where current's search for communities begins: each entity in the lineage it
/// belonged to most firmly, the others alone. `None` where nothing is known of any.
pub fn start(lineages: &Lineages, entities: &[&str]) -> Option<Vec<u32>> {
    let mut firmest: HashMap<&str, (f64, usize)> = HashMap::new();
    for (at, lineage) in lineages.known.iter().enumerate() {
        for (entity, weight) in &lineage.history {
            let best = firmest.entry(entity).or_insert((*weight, at));
            if *weight > best.0 {
                *best = (*weight, at);
            }
        }
    }
    let mut label_of: BTreeMap<usize, u32> = BTreeMap::new();
    let mut is_known = false;
    let labels = (0..)
        .zip(entities)
        .map(|(place, entity)| match firmest.get(*entity) {
            Some(&(_, lineage)) => {
                is_known = true;
                *label_of.entry(lineage).or_insert(place)
            }
            None => place,
        })
        .collect();
    is_known.then_some(labels)
}

/// One of current's communities, to be followed.
pub struct CurrentCommunity<'a> {
    /// Id of the member we were told of first, which names it if it is born current.
    pub oldest: &'a str,
    /// Ids of its members.
    pub members: Vec<&'a str>,
}

/// Follows communities to current; `groups` are those of [`TRACKED_MIN`] members or more.
pub fn track(
    lineages: &Lineages,
    groups: &[CurrentCommunity<'_>],
    current: Moment,
) -> (Lineages, Vec<TrackedCommunity>, Vec<Ended>) {
    let shared = shared(lineages, groups);
    let (lineage_of, group_of) = matched(lineages, groups, &shared);
    let was_alive = |lineage: &Lineage| Some(lineage.last) == lineages.run;
    let share_of = |group: usize, lineage: usize| shared.get(&(group, lineage)).copied().unwrap_or(0.0);
    let followed: Vec<TrackedCommunity> = groups
        .iter()
        .enumerate()
        .map(|(at, group)| {
            let parts = |lineage: &(usize, &Lineage)| {
                group_of[lineage.0].is_none()
                    && was_alive(lineage.1)
                    && share_of(at, lineage.0) >= PART * lineage.1.history.values().sum::<f64>()
            };
            let came: Vec<String> = lineages
                .known
                .iter()
                .enumerate()
                .filter(parts)
                .map(|(_, lineage)| lineage.id.clone())
                .collect();
            if let Some(own) = lineage_of[at].map(|own| &lineages.known[own]) {
                return known(own, group.members.len(), came, was_alive(own));
            }
            let from = lineages.known.iter().enumerate().find(|(lineage, one)| {
                was_alive(one) && share_of(at, *lineage) >= PART * group.members.len() as f64
            });
            TrackedCommunity {
                id: lasting_id("community", &[group.oldest, &current.to_string()]),
                born: current,
                event: if from.is_some() { CommunityEvent::Split } else { CommunityEvent::Born },
                related_ids: from.map(|(_, one)| one.id.clone()).into_iter().collect(),
            }
        })
        .collect();
    let ended = (0..)
        .zip(&lineages.known)
        .filter(|(at, lineage)| was_alive(lineage) && group_of[*at].is_none())
        .map(|(at, lineage)| {
            let most = PART * lineage.history.values().sum::<f64>();
            let into = (0..groups.len()).find(|group| share_of(*group, at) >= most);
            Ended {
                id: lineage.id.clone(),
                size: lineage.size,
                into: into.map(|group| followed[group].id.clone()),
            }
        })
        .collect();
    (remembered(lineages, groups, &followed, current), followed, ended)
}

fn known(own: &Lineage, size: usize, came: Vec<String>, was_alive: bool) -> TrackedCommunity {
    let (grown, shrunk) = (size.saturating_sub(own.size), own.size.saturating_sub(size));
    let is_clear = |by: usize| by >= CHANGED_MIN && by as f64 >= CHANGED_SHARE * own.size as f64;
    let event = match () {
        () if !was_alive => CommunityEvent::Reactivated,
        () if !came.is_empty() => CommunityEvent::Merged,
        () if is_clear(grown) => CommunityEvent::Grew,
        () if is_clear(shrunk) => CommunityEvent::Shrank,
        () => CommunityEvent::Unchanged,
    };
    TrackedCommunity { id: own.id.clone(), born: own.born, event, related_ids: came }
}

/// Adds up, for each group and lineage that share a member, the weight of the shared members.
fn shared(lineages: &Lineages, groups: &[CurrentCommunity<'_>]) -> BTreeMap<(usize, usize), f64> {
    let mut of_entity: HashMap<&str, Vec<(usize, f64)>> = HashMap::new();
    for (at, lineage) in lineages.known.iter().enumerate() {
        for (entity, weight) in &lineage.history {
            of_entity.entry(entity).or_default().push((at, *weight));
        }
    }
    let mut shared = BTreeMap::new();
    for (group, members) in groups.iter().enumerate() {
        let mut members = members.members.clone();
        members.sort_unstable();
        for member in members {
            for &(lineage, weight) in of_entity.get(member).into_iter().flatten() {
                *shared.entry((group, lineage)).or_insert(0.0) += weight;
            }
        }
    }
    shared
}

type Matched = (Vec<Option<usize>>, Vec<Option<usize>>);

fn matched(
    lineages: &Lineages,
    groups: &[CurrentCommunity<'_>],
    shared: &BTreeMap<(usize, usize), f64>,
) -> Matched {
    let whole: Vec<f64> = lineages.known.iter().map(|lineage| lineage.history.values().sum()).collect();
    let mut pairs: Vec<(f64, usize, usize)> = shared
        .iter()
        .map(|(&(group, lineage), &both)| {
            let all = groups[group].members.len() as f64 + whole[lineage] - both;
            (both / all, lineage, group)
        })
        .filter(|(agreement, ..)| *agreement >= SAME)
        .collect();
    // Lineages stand in order of age.
    pairs.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then_with(|| (a.1, groups[a.2].oldest).cmp(&(b.1, groups[b.2].oldest)))
    });
    let mut of_group = vec![None; groups.len()];
    let mut of_lineage = vec![None; lineages.known.len()];
    for (_, lineage, group) in pairs {
        if of_group[group].is_none() && of_lineage[lineage].is_none() {
            of_group[group] = Some(lineage);
            of_lineage[lineage] = Some(group);
        }
    }
    (of_group, of_lineage)
}

fn remembered(
    lineages: &Lineages,
    groups: &[CurrentCommunity<'_>],
    followed: &[TrackedCommunity],
    current: Moment,
) -> Lineages {
    let by_id: BTreeMap<&str, &Lineage> = lineages.known.iter().map(|one| (&*one.id, one)).collect();
    let alive: BTreeSet<&str> = followed.iter().map(|one| &*one.id).collect();
    let oldest = current.days_earlier(FORGET_DAYS);
    let resting = |one: &&Lineage| !alive.contains(&*one.id) && one.last >= oldest;
    let mut known: Vec<Lineage> = lineages.known.iter().filter(resting).cloned().collect();
    for (group, step) in groups.iter().zip(followed) {
        let mut history: BTreeMap<String, f64> =
            by_id.get(&*step.id).map(|before| before.history.clone()).unwrap_or_default();
        let is_fresh = history.is_empty();
        for weight in history.values_mut() {
            *weight *= DECAY;
        }
        for member in &group.members {
            *history.entry((*member).to_owned()).or_default() += if is_fresh { 1.0 } else { 1.0 - DECAY };
        }
        history.retain(|_, weight| *weight >= FORGOTTEN);
        known.push(Lineage {
            id: step.id.clone(),
            born: step.born,
            last: current,
            size: group.members.len(),
            history,
        });
    }
    known.sort_by(|a, b| (a.born, &a.id).cmp(&(b.born, &b.id)));
    Lineages { run: Some(current), known }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(day: i64) -> Moment {
        Moment::from_micros(day * crate::time::DAY)
    }

    fn group<'a>(members: &[&'a str]) -> CurrentCommunity<'a> {
        CurrentCommunity { oldest: members[0], members: members.to_vec() }
    }

    /// Follows several nights; returns what each community of the last night is.
    fn nights<'a>(all: &[&[&[&'a str]]]) -> (Vec<TrackedCommunity>, Vec<Ended>, Lineages) {
        let mut lineages = Lineages::default();
        let mut last = (Vec::new(), Vec::new());
        for (day, groups) in (1..).zip(all) {
            let groups: Vec<CurrentCommunity<'a>> = groups.iter().map(|members| group(members)).collect();
            let (next, followed, ended) = track(&lineages, &groups, night(day));
            lineages = next;
            last = (followed, ended);
        }
        (last.0, last.1, lineages)
    }

    #[test]
    fn a_community_keeps_its_id_while_its_members_come_and_go() {
        let (first, ..) = nights(&[&[&["a", "b", "c", "d", "e", "f"]]]);
        let (last, ended, _) = nights(&[
            &[&["a", "b", "c", "d", "e", "f"]],
            &[&["b", "c", "d", "e", "f", "g"]],
            &[&["c", "d", "e", "f", "g", "h"]],
            &[&["d", "e", "f", "g", "h", "i"]],
            &[&["e", "f", "g", "h", "i", "j"]],
        ]);
        assert_eq!(first[0].id, last[0].id);
        assert_eq!((last[0].event, last[0].born, ended.len()), (CommunityEvent::Unchanged, night(1), 0));
    }

    #[test]
    fn one_that_nobody_was_in_before_is_born_and_keeps_that_night() {
        let (last, ..) = nights(&[&[&["a", "b", "c"]], &[&["a", "b", "c"], &["x", "y", "z"]]]);
        assert_eq!(last[0].event, CommunityEvent::Unchanged);
        assert_eq!((last[1].event, last[1].born), (CommunityEvent::Born, night(2)));
        assert_ne!(last[0].id, last[1].id);
    }

    #[test]
    fn two_that_become_one_go_on_as_the_better_match() {
        let (last, ended, _) =
            nights(&[&[&["a", "b", "c", "d"], &["x", "y", "z"]], &[&["a", "b", "c", "d", "x", "y", "z"]]]);
        assert_eq!(last[0].event, CommunityEvent::Merged);
        assert_eq!(last[0].related_ids.len(), 1);
        assert_eq!(ended[0].into.as_ref(), Some(&last[0].id));
    }

    #[test]
    fn a_part_that_leaves_is_a_split_and_the_rest_shrinks() {
        let all = ["a", "b", "c", "d", "e", "f", "g"];
        let (last, ..) = nights(&[&[&all], &[&["a", "b", "c", "d"], &["e", "f", "g"]]]);
        assert_eq!((last[0].event, last[1].event), (CommunityEvent::Shrank, CommunityEvent::Split));
        assert_eq!(last[1].related_ids, [last[0].id.clone()]);
    }

    #[test]
    fn one_that_ended_and_comes_back_is_the_same_one() {
        let (before, ..) = nights(&[&[&["a", "b", "c"], &["x", "y", "z"]]]);
        let (gone, ended, _) = nights(&[&[&["a", "b", "c"], &["x", "y", "z"]], &[&["a", "b", "c"]]]);
        assert_eq!((gone.len(), ended.len()), (1, 1));
        let (last, ..) = nights(&[
            &[&["a", "b", "c"], &["x", "y", "z"]],
            &[&["a", "b", "c"]],
            &[&["a", "b", "c"], &["x", "y", "z"]],
        ]);
        assert_eq!((last[1].event, &last[1].id), (CommunityEvent::Reactivated, &before[1].id));
    }

    #[test]
    fn the_order_of_groups_does_not_show() {
        let forth = nights(&[&[&["a", "b", "c"], &["x", "y", "z"]], &[&["a", "b", "x"], &["c", "y", "z"]]]);
        let back = nights(&[&[&["x", "y", "z"], &["a", "b", "c"]], &[&["c", "y", "z"], &["a", "b", "x"]]]);
        assert_eq!(forth.2, back.2);
        assert_eq!(forth.0[0], back.0[1]);
    }

    #[test]
    fn a_search_begins_where_each_entity_belonged_most() {
        let (_, _, lineages) = nights(&[&[&["a", "b", "c"], &["x", "y", "z"]]]);
        assert_eq!(start(&lineages, &["n", "a", "x", "b", "z"]), Some(vec![0, 1, 2, 1, 2]));
        assert_eq!(start(&Lineages::default(), &["a"]), None);
    }
}
