//! # What it finds
//! Two established groups that begin to share rare facts of the network: hosts, addresses,
//! certificates, files that indicators or reports of both name, at least one of them only
//! in the recent nights.
//!
//! # Why it matters
//! Infrastructure is bought, rented and lent: shared hosts show a common supplier, or that
//! two groups are one, before anyone says so.
//!
//! # What else could explain it
//! Content networks, sinkholes, parking and exits of private networks; a list copied from
//! one partner by another; one shared hosting address; old values told late.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::ties::Ties, Null, Pattern, label};
use crate::{
    entity::EntityIndex,
    features::Candidate,
    survey::{Class, LinkIndex, Survey},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "shared-infrastructure convergence",
    about: "Two established groups that begin to share rare hosts, addresses, certificates or files.",
    matters: "Shared hosts show a common supplier, or that two groups are one, before anyone says so.",
    look_alikes: "Content networks, sinkholes and parking, a list copied from one partner by another, or one shared hosting address.",
    unit: "shared values, by rarity",
    find,
    null: Null::Rewired(measure),
    title,
};

/// Fewest values newly shared.
const SHARED_MIN: usize = 2;
/// A value of more groups than this is common.
const OWNERS_MAX: usize = 4;
/// What names more groups than this says nothing of any.
const NAMED_MAX: usize = 2;

/// Returns the groups that a carrier (an indicator, a report, a principal) speaks for.
fn groups_of(survey: &Survey, carrier: EntityIndex) -> BTreeSet<u32> {
    let scene = &survey.scene;
    if scene.class[carrier as usize].is_principal() {
        return scene.group_of[carrier as usize].into_iter().collect();
    }
    let near = |at: EntityIndex| {
        scene.near[at as usize].iter().map(|(other, _)| *other).filter(|other| scene.can_tie(*other))
    };
    let principals = |at: EntityIndex| -> BTreeSet<u32> {
        let own = near(at).filter(|other| scene.class[*other as usize].is_principal());
        own.filter_map(|other| scene.group_of[other as usize]).collect()
    };
    let mut groups = principals(carrier);
    if groups.is_empty() {
        let reports = near(carrier).filter(|other| scene.class[*other as usize] == Class::Container);
        groups = reports.map(principals).filter(|named| named.len() <= NAMED_MAX).flatten().collect();
    }
    if groups.len() <= NAMED_MAX { groups } else { BTreeSet::new() }
}

/// The groups of each carrier, looked up once.
type Carriers = BTreeMap<EntityIndex, BTreeSet<u32>>;

/// What each pair of groups newly shares: weight by rarity, values, links.
type Shared = BTreeMap<(u32, u32), (f64, BTreeSet<EntityIndex>, BTreeSet<LinkIndex>)>;

fn shared(survey: &Survey, ties: &Ties, carriers: &mut Carriers) -> Shared {
    let scene = &survey.scene;
    let is_fact = |at: EntityIndex| scene.class[at as usize] == Class::Observable;
    let mut told: BTreeMap<EntityIndex, Vec<(EntityIndex, LinkIndex)>> = BTreeMap::new();
    for tie in &ties.all {
        for (fact, carrier) in [(tie.from, tie.to), (tie.to, tie.from)] {
            if is_fact(fact) && !is_fact(carrier) {
                told.entry(fact).or_default().push((carrier, tie.link));
            }
        }
    }
    let mut speaks_for =
        |carrier: EntityIndex| carriers.entry(carrier).or_insert_with(|| groups_of(survey, carrier)).clone();
    let mut found = Shared::new();
    for (fact, recent) in told {
        let before: BTreeSet<u32> =
            scene.ties(fact, false).flat_map(|(carrier, _)| speaks_for(carrier)).collect();
        let mut by: BTreeMap<u32, Vec<LinkIndex>> = BTreeMap::new();
        for (carrier, link) in recent {
            for group in speaks_for(carrier) {
                by.entry(group).or_default().push(link);
            }
        }
        let all: BTreeSet<u32> = before.iter().chain(by.keys()).copied().collect();
        if all.len() < 2 || all.len() > OWNERS_MAX {
            continue;
        }
        let rarity = 1.0 / (all.len() as f64).ln_1p();
        for (a, b) in all.iter().flat_map(|a| all.range(a + 1..).map(move |b| (*a, *b))) {
            if before.contains(&a) && before.contains(&b) {
                continue;
            }
            let pair = found.entry((a, b)).or_default();
            pair.0 += rarity;
            pair.1.insert(fact);
            pair.2.extend([a, b].iter().filter_map(|group| by.get(group)).flatten());
        }
    }
    found
}

fn find(survey: &Survey) -> Vec<Candidate> {
    let ties = Ties::of(survey, &survey.scene.link_is_new);
    let found = shared(survey, &ties, &mut Carriers::new());
    found
        .into_iter()
        .filter(|(_, (_, facts, _))| facts.len() >= SHARED_MIN)
        .map(|((a, b), (weight, facts, links))| {
            let anchors = [a, b].map(|group| survey.scene.groups[group as usize].anchor).to_vec();
            let mut candidate = Candidate::new(survey, PATTERN.name, anchors, facts, vec![a, b], links);
            candidate.statistic = weight;
            candidate
        })
        .collect()
}

fn measure(survey: &Survey, candidates: &[Candidate], ties: &Ties) -> Vec<f64> {
    let found = shared(survey, ties, &mut Carriers::new());
    candidates
        .iter()
        .map(|candidate| found.get(&(candidate.groups[0], candidate.groups[1])).map_or(0.0, |pair| pair.0))
        .collect()
}

fn title(survey: &Survey, candidate: &Candidate) -> String {
    let facts =
        candidate.members.iter().filter(|at| survey.scene.class[**at as usize] == Class::Observable).count();
    format!(
        "The groups around {} and {} begin to share {facts} rare values that few others have.",
        label(survey, candidate.anchors[0]),
        label(survey, candidate.anchors[1]),
    )
}
