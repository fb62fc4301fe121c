//! # Definition
//! Two established actors, campaigns, malware or tools that newly share two or more rare techniques. They were known
//! before the recent window, have no link to each other, and belong to different groups. Sub-techniques of one technique
//! count once, and so do techniques that most of their other users have together.
//!
//! # Rationale
//! Two groups that begin to work in the same unusual way may share people, a supplier or a manual.
//!
//! # Chance
//! Each new use of a subject is drawn from all techniques by their popularity, so the popularity of each technique and
//! the number of uses of each subject stay. The expected number is the number of pairs that were looked at, times the
//! Poisson tail of the newly shared techniques. A technique that one run adds to many subjects does not count: that is
//! a release of a catalogue.
//!
//! # False positives
//! A catalogue that is filled in; a new name for a common method; techniques that one kind of malware always has.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label, limit_to_leads, poisson_tail};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, LinkIndex},
    link::Layer,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "technique convergence",
    about: "Two established actors, campaigns, malware or tools that newly share rare techniques, and have no link to each other.",
    rationale: "Two groups that begin to work in the same unusual way may share people, a supplier or a manual.",
    false_positives: "A catalogue that is filled in, a new name for a common method, or techniques that one kind of malware always has.",
    unit: "newly shared rare techniques that do not go together anyway",
    find,
    null: Null::Closed,
    title: "{first} and {second} newly share {techniques} rare {techniques:technique|techniques}: {names}.",
    title_of,
};

/// Fewest newly shared techniques.
const SHARED_MIN: usize = 2;
/// Largest number of users of a rare technique: a share of all users, and the smallest such number.
const RARE_SHARE: f64 = 0.03;
const RARE_MIN: usize = 3;
/// Largest number of subjects that one run may add to a technique that counts.
const NEW_USERS_MAX: usize = 3;
/// Fewest common users of two techniques that go together, so that both count as one.
const COMMON_USERS: usize = 2;
/// Largest number of candidates of a run: those that chance explains least.
const CANDIDATES_MAX: usize = 40;

/// Uses of techniques.
#[derive(Default)]
struct Uses {
    /// Users of each technique; a new use has its link.
    users: BTreeMap<EntityIndex, BTreeMap<EntityIndex, Option<LinkIndex>>>,
    /// Rare techniques of each user.
    rare: BTreeMap<EntityIndex, BTreeSet<EntityIndex>>,
    /// Number of new uses of each established user.
    new_counts: BTreeMap<EntityIndex, usize>,
    /// Number of earlier uses.
    earlier: usize,
}

/// Newly shared techniques of a pair, with the new links to them.
type Shared = BTreeMap<EntityIndex, BTreeSet<LinkIndex>>;

fn find(analysis: &Analysis) -> Vec<Candidate> {
    if analysis.recent.cut.is_none() {
        return Vec::new();
    }
    let uses = uses(analysis);
    let parents = parents(analysis);
    let pairs_looked_at = (uses.new_counts.len() * uses.rare.len()) as f64;
    let mut candidates: Vec<Candidate> = shared(analysis, &uses)
        .into_iter()
        .filter_map(|((a, b), shared)| {
            let mut separate: Vec<EntityIndex> = Vec::new();
            for &technique in shared.keys() {
                let is_same = |other: &EntityIndex| {
                    root(&parents, *other) == root(&parents, technique)
                        || uses.go_together(*other, technique, [a, b])
                };
                if !separate.iter().any(is_same) {
                    separate.push(technique);
                }
            }
            if separate.len() < SHARED_MIN {
                return None;
            }
            let links: BTreeSet<LinkIndex> = shared.values().flatten().copied().collect();
            let mut candidate = Candidate::new(
                analysis,
                PATTERN.name,
                vec![a, b],
                shared.keys().copied(),
                [a, b].iter().filter_map(|at| analysis.context.group_of[at.index()]).collect(),
                links,
            );
            candidate.statistic = separate.len() as f64;
            candidate.expected = Some(pairs_looked_at * poisson_tail(separate.len(), uses.mean(a, b)));
            Some(candidate)
        })
        .collect();
    candidates.sort_by(|a, b| {
        let expected = |candidate: &Candidate| candidate.expected.unwrap_or(f64::INFINITY);
        expected(a).total_cmp(&expected(b)).then_with(|| a.id.cmp(&b.id))
    });
    candidates.truncate(CANDIDATES_MAX);
    limit_to_leads(analysis, &mut candidates);
    candidates
}

fn uses(analysis: &Analysis) -> Uses {
    let context = &analysis.context;
    let mut uses = Uses::default();
    for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
        let is_use = link.layer == Layer::Capability
            && link.weight > 0.0
            && context.class[link.from.index()].is_principal()
            && is_technique(analysis, link.to);
        // A new user or a new technique shares nothing newly.
        if is_use && !context.is_new[link.from.index()] && !context.is_new[link.to.index()] {
            let is_new = context.link_is_new[index.index()];
            if is_new {
                *uses.new_counts.entry(link.from).or_default() += 1;
            } else {
                uses.earlier += 1;
            }
            let user = uses.users.entry(link.to).or_default().entry(link.from).or_insert(Some(index));
            *user = user.filter(|_| is_new);
        }
    }
    let users: BTreeSet<EntityIndex> = uses.users.values().flat_map(BTreeMap::keys).copied().collect();
    let most = ((RARE_SHARE * users.len() as f64) as usize).max(RARE_MIN);
    uses.users.retain(|_, users| {
        let new = users.values().flatten().count();
        users.len() <= most && new <= NEW_USERS_MAX
    });
    for (technique, users) in &uses.users {
        for user in users.keys() {
            uses.rare.entry(*user).or_default().insert(*technique);
        }
    }
    uses
}

fn is_technique(analysis: &Analysis, entity: EntityIndex) -> bool {
    analysis.context.class[entity.index()] == Class::Context && analysis[entity].kind == "attack-pattern"
}

impl Uses {
    /// Returns whether most earlier users of one technique, beside a pair, also use another one.
    fn go_together(&self, one: EntityIndex, other: EntityIndex, pair: [EntityIndex; 2]) -> bool {
        let users = |technique: EntityIndex| -> BTreeSet<EntityIndex> {
            let earlier =
                self.users[&technique].iter().filter(|(user, link)| link.is_none() && !pair.contains(user));
            earlier.map(|(user, _)| *user).collect()
        };
        let (of_one, of_other) = (users(one), users(other));
        let common = of_one.intersection(&of_other).count();
        common >= COMMON_USERS && 2 * common >= of_one.len().min(of_other.len())
    }

    /// Returns the mean number of rare techniques that two subjects newly share by chance. New uses of the first fall on
    /// techniques of the second. New uses of the second fall on earlier techniques of the first.
    fn mean(&self, a: EntityIndex, b: EntityIndex) -> f64 {
        let new = |at: EntityIndex| self.new_counts.get(&at).copied().unwrap_or(0) as f64;
        let techniques = |at: EntityIndex| self.rare.get(&at).into_iter().flatten();
        let earlier_users = |technique: &EntityIndex| {
            let users = self.users[technique].values();
            users.filter(|link| link.is_none()).count().max(1)
        };
        let is_earlier = |technique: &&EntityIndex| self.users[*technique][&a].is_none();
        let of_b: usize = techniques(b).map(earlier_users).sum();
        let of_a: usize = techniques(a).filter(is_earlier).map(earlier_users).sum();
        (new(a) * of_b as f64 + new(b) * of_a as f64) / self.earlier.max(1) as f64
    }
}

/// Returns the rare techniques that each pair of unlinked subjects newly shares.
fn shared(analysis: &Analysis, uses: &Uses) -> BTreeMap<(EntityIndex, EntityIndex), Shared> {
    let context = &analysis.context;
    let mut by_pair: BTreeMap<(EntityIndex, EntityIndex), Shared> = BTreeMap::new();
    for (&technique, users) in &uses.users {
        let new = users.iter().filter_map(|(user, link)| Some((*user, (*link)?)));
        for (user, link) in new {
            for &other in users.keys().filter(|other| **other != user) {
                let pair = (user.min(other), user.max(other));
                by_pair.entry(pair).or_default().entry(technique).or_default().insert(link);
            }
        }
    }
    by_pair.retain(|(a, b), shared| {
        let group = |at: &EntityIndex| context.group_of[at.index()];
        let is_one_group = group(a).is_some() && group(a) == group(b);
        shared.len() >= SHARED_MIN && !is_one_group && !are_linked(analysis, *a, *b)
    });
    by_pair
}

/// Returns whether two subjects have a link, or a common actor.
fn are_linked(analysis: &Analysis, a: EntityIndex, b: EntityIndex) -> bool {
    let context = &analysis.context;
    let neighbours = |at: EntityIndex| -> BTreeSet<EntityIndex> {
        context.neighbours[at.index()].iter().map(|(other, _)| *other).collect()
    };
    let (of_a, of_b) = (neighbours(a), neighbours(b));
    of_a.contains(&b) || of_a.intersection(&of_b).any(|at| context.class[at.index()] == Class::Actor)
}

/// Returns the technique of each sub-technique.
fn parents(analysis: &Analysis) -> BTreeMap<EntityIndex, EntityIndex> {
    let links = analysis.resolution.links.iter();
    links.filter(|link| link.kind == "subtechnique-of").map(|link| (link.from, link.to)).collect()
}

fn root(parents: &BTreeMap<EntityIndex, EntityIndex>, technique: EntityIndex) -> EntityIndex {
    parents.get(&technique).copied().unwrap_or(technique)
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let parents = parents(analysis);
    let techniques = candidate.members.iter().filter(|at| !candidate.anchors.contains(at));
    let roots: BTreeSet<EntityIndex> = techniques.map(|at| root(&parents, *at)).collect();
    FlagTitle::new(PATTERN.name)
        .label("first", label(analysis, candidate.anchors[0]))
        .label("second", label(analysis, candidate.anchors[1]))
        .count("techniques", roots.len())
        .labels("names", roots.iter().map(|at| label(analysis, *at)))
}
