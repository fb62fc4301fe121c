//! # Definition
//! A subject with links in finance and in another layer to the same entity, or to the same established group. The other
//! layer is communication or infrastructure. Two entities that use one rare observable have a link of infrastructure, too.
//! At least one of these links is new, and the two layers did not meet there before. A group counts if at least two of
//! its members have such links. A hub is neither subject nor other end.
//!
//! # Rationale
//! A payment or a call alone is ordinary. Two parties that pay each other and also talk, or share a host, act together.
//!
//! # Chance
//! The null is the configuration model in each layer: each entity keeps its degree, and the layers are independent. Only
//! links between entities (or members of groups) that occur in both layers count. A subject with degree `d` has
//! `d D / 2m` links to an entity or group with degree `D` by chance, of `m` links. People who pay each other may talk
//! anyway: the share of earlier financial pairs with a link in the other layer, above chance, raises the mean there. The
//! product of the two Poisson tails becomes one p-value by the method of Fisher (1925). The expected number is this
//! p-value times the number of pairs that were looked at.
//!
//! # False positives
//! A customer and a supplier; a family; an investigation that collected both kinds of data about the same people.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label, limit_to_leads, poisson_tail};
use crate::{
    analysis::{Analysis, Class},
    features::{Candidate, LeadReason},
    index::{EntityIndex, GroupIndex, LinkIndex},
    link::Layer,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "cross-layer",
    about: "An entity with links in finance and also in communication or infrastructure to the same entity or established group, some of them new.",
    rationale: "A payment or a call alone is ordinary, and two parties with links of both kinds act together.",
    false_positives: "A customer and a supplier, a family, or an investigation that collected both kinds of data about the same people.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{name} has links to [group>0?the group of ]{other} in different layers, and some are new: {finance} in finance\
            [communication>0?, {communication} in communication]\
            [infrastructure>0?, {infrastructure} in infrastructure].",
    title_of,
};

/// Layers that are compared: finance, and the other ones.
const LAYERS: [(Layer, &str); 3] = [
    (Layer::Finance, "finance"),
    (Layer::Communication, "communication"),
    (Layer::Infrastructure, "infrastructure"),
];
/// Largest number of entities that use a rare observable.
const USERS_MAX: usize = 3;
/// Fewest members of a group with links to the subject.
const MEMBERS_MIN: usize = 2;
/// Largest number of candidates of a run: those that chance explains least.
const CANDIDATES_MAX: usize = 40;

/// Side of the comparison: finance is 0, and the other layers are 1.
type Side = usize;

/// The other end of a subject's links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Party {
    Entity(EntityIndex),
    Group(GroupIndex),
}

/// Links between two entities in one layer.
#[derive(Default)]
struct Tie {
    links: BTreeSet<LinkIndex>,
    is_direct: bool,
    /// Observables that both entities use.
    shared: BTreeSet<EntityIndex>,
    /// Is true if all links of one connection are older than the recent window.
    is_old: bool,
}

/// Ties by their ends, the lower one first, and by their layer.
type Ties = BTreeMap<(EntityIndex, EntityIndex, Layer), Tie>;

/// Ties of a subject to a party on each side: the other end, the layer and the tie.
type Meeting<'a> = [Vec<(EntityIndex, Layer, &'a Tie)>; 2];

fn find(analysis: &Analysis) -> Vec<Candidate> {
    if analysis.recent.cut.is_none() {
        return Vec::new();
    }
    let ties = ties(analysis);
    if ties.iter().any(Ties::is_empty) {
        return Vec::new();
    }
    let meetings = meetings(analysis, &ties);
    let chance = Chance::of(analysis, &ties, &meetings);
    let mut candidates: Vec<Candidate> = meetings
        .iter()
        .filter_map(|((subject, party), meeting)| candidate(analysis, *subject, *party, meeting, &chance))
        .collect();
    candidates.sort_by(|a, b| b.statistic.total_cmp(&a.statistic).then_with(|| a.id.cmp(&b.id)));
    // One set of new links is one candidate: a pair, or one of its ends with the group of the other.
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let is_covered = |other: &Candidate| candidate.support.iter().all(|link| other.support.contains(link));
        if kept.len() < CANDIDATES_MAX && !kept.iter().any(is_covered) {
            kept.push(candidate);
        }
    }
    limit_to_leads(analysis, &mut kept);
    kept
}

/// Returns whether an entity occurs in the null model. Hubs do, because their links are part of each layer.
fn is_counted(analysis: &Analysis, entity: EntityIndex) -> bool {
    match analysis.context.class[entity.index()] {
        Class::Actor | Class::Activity | Class::Capability => !analysis[entity].is_common(),
        Class::Observable => analysis.context.can_connect(entity),
        Class::Indicator | Class::Report | Class::Context => false,
    }
}

fn is_subject(analysis: &Analysis, entity: EntityIndex) -> bool {
    analysis.context.class[entity.index()].is_principal() && analysis.context.can_connect(entity)
}

/// Returns the group of an entity, or the entity itself.
fn party(analysis: &Analysis, entity: EntityIndex) -> Party {
    analysis.context.group_of[entity.index()].map_or(Party::Entity(entity), Party::Group)
}

/// Returns the ties on each side, between parties that occur on both sides.
fn ties(analysis: &Analysis) -> [Ties; 2] {
    let links = |side: Side| {
        LinkIndex::enumerate(&analysis.resolution.links).filter(move |(_, link)| {
            let is_of_side = LAYERS.iter().any(|(layer, _)| *layer == link.layer)
                && usize::from(link.layer != Layer::Finance) == side;
            let ends = [link.from, link.to];
            is_of_side
                && link.weight > 0.0
                && ends[0] != ends[1]
                && ends.iter().all(|end| is_counted(analysis, *end))
        })
    };
    let ends = links(0).flat_map(|(_, link)| [link.from, link.to]);
    let in_finance: BTreeSet<Party> = ends.map(|end| party(analysis, end)).collect();
    let mut other = Ties::new();
    let mut users: BTreeMap<EntityIndex, BTreeMap<EntityIndex, BTreeSet<LinkIndex>>> = BTreeMap::new();
    if in_finance.is_empty() {
        return [Ties::new(), other];
    }
    for (index, link) in links(1) {
        let ends = [link.from, link.to];
        let is_known = ends.map(|end| in_finance.contains(&party(analysis, end)));
        if is_known == [true, true] {
            add(analysis, &mut other, (ends, link.layer), &[index].into(), None);
        } else if link.layer == Layer::Infrastructure && is_known != [false, false] {
            let [user, value] = if is_known[0] { ends } else { [ends[1], ends[0]] };
            if analysis.context.class[value.index()] == Class::Observable {
                users.entry(value).or_default().entry(user).or_default().insert(index);
            }
        }
    }
    for (value, users) in users.iter().filter(|(_, users)| users.len() <= USERS_MAX) {
        let users: Vec<_> = users.iter().collect();
        for (at, (one, links_of_one)) in users.iter().enumerate() {
            for (two, links_of_two) in &users[at + 1..] {
                let links = links_of_one.union(links_of_two).copied().collect();
                add(analysis, &mut other, ([**one, **two], Layer::Infrastructure), &links, Some(*value));
            }
        }
    }
    let in_both: BTreeSet<Party> =
        other.keys().flat_map(|(one, two, _)| [*one, *two]).map(|end| party(analysis, end)).collect();
    let mut finance = Ties::new();
    for (index, link) in links(0) {
        let ends = [link.from, link.to];
        if ends.iter().all(|end| in_both.contains(&party(analysis, *end))) {
            add(analysis, &mut finance, (ends, link.layer), &[index].into(), None);
        }
    }
    [finance, other]
}

/// Adds one connection of two entities: a link, or links to an observable that both use.
fn add(
    analysis: &Analysis,
    ties: &mut Ties,
    ([one, two], layer): ([EntityIndex; 2], Layer),
    links: &BTreeSet<LinkIndex>,
    shared: Option<EntityIndex>,
) {
    let tie = ties.entry((one.min(two), one.max(two), layer)).or_default();
    tie.links.extend(links);
    tie.is_direct |= shared.is_none();
    tie.shared.extend(shared);
    tie.is_old |= links.iter().all(|link| !analysis.context.link_is_new[link.index()]);
}

/// Returns the ties of each subject to each party. Of two subjects that are linked, the first one is the subject.
fn meetings<'a>(analysis: &Analysis, ties: &'a [Ties; 2]) -> BTreeMap<(EntityIndex, Party), Meeting<'a>> {
    let context = &analysis.context;
    let mut meetings: BTreeMap<(EntityIndex, Party), Meeting<'a>> = BTreeMap::new();
    for (side, ties) in ties.iter().enumerate() {
        for ((one, two, layer), tie) in ties {
            for [subject, other] in [[*one, *two], [*two, *one]] {
                if !is_subject(analysis, subject) || !context.can_connect(other) {
                    continue;
                }
                let mut push = |party| {
                    let meeting: &mut Meeting<'a> = meetings.entry((subject, party)).or_default();
                    meeting[side].push((other, *layer, tie));
                };
                if subject < other || !is_subject(analysis, other) {
                    push(Party::Entity(other));
                }
                match context.group_of[other.index()] {
                    Some(group) if context.group_of[subject.index()] != Some(group) => {
                        push(Party::Group(group))
                    }
                    _ => {}
                }
            }
        }
    }
    meetings
}

/// Configuration model of both sides.
struct Chance {
    /// Number of ties of each entity and group on each side.
    degrees: BTreeMap<Party, [f64; 2]>,
    /// Number of ties on each side.
    all: [f64; 2],
    /// Number of pairs that were looked at.
    pairs: f64,
    /// Share of earlier financial pairs with a tie on the other side, above chance: of entities, and of groups.
    affinity: [f64; 2],
}

impl Chance {
    fn of(
        analysis: &Analysis,
        ties: &[Ties; 2],
        meetings: &BTreeMap<(EntityIndex, Party), Meeting<'_>>,
    ) -> Self {
        let context = &analysis.context;
        let mut degrees: BTreeMap<Party, [f64; 2]> = BTreeMap::new();
        for (side, ties) in ties.iter().enumerate() {
            for end in ties.keys().flat_map(|(one, two, _)| [*one, *two]) {
                degrees.entry(Party::Entity(end)).or_default()[side] += 1.0;
                if let Some(group) = context.group_of[end.index()] {
                    degrees.entry(Party::Group(group)).or_default()[side] += 1.0;
                }
            }
        }
        let all = [0, 1].map(|side: Side| ties[side].len() as f64);
        // Products of the two degrees: of subjects, of other entities, of groups, and of subjects and their own groups.
        let product = |party: &Party| degrees.get(party).map_or(0.0, |[one, two]| one * two);
        let (mut sums, mut counts, mut squares, mut own) = ([0.0_f64; 3], [0.0_f64; 3], 0.0, 0.0);
        for party in degrees.keys().filter(|party| product(party) > 0.0) {
            let class = match party {
                Party::Group(_) => 2,
                Party::Entity(entity) if is_subject(analysis, *entity) => {
                    squares += product(party).powi(2);
                    let group = context.group_of[entity.index()].map(Party::Group);
                    own += group.map_or(0.0, |group| product(party) * product(&group));
                    0
                }
                Party::Entity(entity) if context.can_connect(*entity) => 1,
                Party::Entity(_) => continue,
            };
            sums[class] += product(party);
            counts[class] += 1.0;
        }
        let [subjects, others, groups] = counts;
        let by_chance = [(sums[0] * sums[0] - squares) / 2.0 + sums[0] * sums[1], sums[0] * sums[2] - own];
        let affinity = [0, 1].map(|family: usize| {
            let (mut paid, mut met) = (0.0, 0.0);
            for ((_, party), [finance, other]) in meetings {
                let is_old = |ties: &[(EntityIndex, Layer, &Tie)]| ties.iter().any(|(_, _, tie)| tie.is_old);
                if usize::from(matches!(party, Party::Group(_))) == family && is_old(finance) {
                    paid += 1.0;
                    met += f64::from(u8::from(is_old(other)));
                }
            }
            ((met - by_chance[family] / (4.0 * all[0] * all[1])) / (paid + 1.0)).max(0.0)
        });
        let pairs = subjects * (subjects - 1.0).max(0.0) / 2.0 + subjects * (others + groups);
        Self { degrees, all, pairs: pairs.max(1.0), affinity }
    }

    /// Returns the number of pairs with as many ties on both sides that chance gives in the whole input.
    fn expected(&self, subject: EntityIndex, party: Party, counts: [usize; 2]) -> f64 {
        let degrees = |party: &Party| self.degrees.get(party).copied().unwrap_or_default();
        let (one, two) = (degrees(&Party::Entity(subject)), degrees(&party));
        let mean = |side: Side| one[side] * two[side] / (2.0 * self.all[side]);
        let affinity = self.affinity[usize::from(matches!(party, Party::Group(_)))];
        let finance = poisson_tail(counts[0], mean(0));
        let other = poisson_tail(counts[1], mean(1) + affinity * counts[0] as f64);
        self.pairs * product_tail(finance * other)
    }
}

/// Returns the probability that the product of two uniform numbers is at most this one (Fisher 1925).
fn product_tail(product: f64) -> f64 {
    if product > 0.0 { (product * (1.0 - product.ln())).min(1.0) } else { 0.0 }
}

/// Returns the candidate of a subject and a party; `None` if nothing is new, or if chance gives one such pair or more.
fn candidate(
    analysis: &Analysis,
    subject: EntityIndex,
    party: Party,
    meeting: &Meeting<'_>,
    chance: &Chance,
) -> Option<Candidate> {
    let context = &analysis.context;
    let is_old = |side: Side| meeting[side].iter().any(|(_, _, tie)| tie.is_old);
    let all = || meeting.iter().flatten();
    let others: BTreeSet<EntityIndex> = all().map(|(other, _, _)| *other).collect();
    let new: BTreeSet<LinkIndex> = all()
        .filter(|(_, _, tie)| !tie.is_old)
        .flat_map(|(_, _, tie)| tie.links.iter().copied())
        .filter(|link| context.link_is_new[link.index()])
        .collect();
    let has_news = new.iter().any(|link| context.news[link.index()] > 0.0);
    if meeting.iter().any(Vec::is_empty) || (is_old(0) && is_old(1)) || !has_news {
        return None;
    }
    let (anchor, groups) = match party {
        Party::Entity(other) => (other, Vec::new()),
        Party::Group(_) if others.len() < MEMBERS_MIN => return None,
        Party::Group(group) => (context[group].anchor, vec![group]),
    };
    // One observable that several members use counts once.
    let counts = [0, 1].map(|side: Side| {
        let ends = meeting[side].iter().flat_map(|(other, layer, tie)| {
            let direct = tie.is_direct.then_some((*layer, *other));
            direct.into_iter().chain(tie.shared.iter().map(|value| (*layer, *value)))
        });
        ends.collect::<BTreeSet<_>>().len()
    });
    let expected = chance.expected(subject, party, counts).max(f64::MIN_POSITIVE);
    if expected >= 1.0 {
        return None;
    }
    let shared = all().flat_map(|(_, _, tie)| tie.shared.iter().copied());
    let members = others.iter().copied().chain(shared);
    let mut candidate = Candidate::new(analysis, PATTERN.name, vec![subject, anchor], members, groups, new);
    candidate.statistic = -expected.log10();
    candidate.expected = Some(expected);
    // One payment and one call between two parties are what ordinary business has.
    candidate.lead = (counts == [1, 1]).then_some(LeadReason::Unproven);
    Some(candidate)
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let [subject, other] = [candidate.anchors[0], candidate.anchors[1]];
    let title = FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, subject))
        .label("other", label(analysis, other))
        .count("group", candidate.groups.len());
    LAYERS.iter().fold(title, |title, (layer, name)| {
        let is_member = |at: &EntityIndex| *at != subject && candidate.members.binary_search(at).is_ok();
        let of_layer = analysis.context.neighbours[subject.index()]
            .iter()
            .filter(|(end, link)| analysis[*link].layer == *layer && is_member(end));
        title.count(name, of_layer.map(|(end, _)| *end).collect::<BTreeSet<_>>().len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_product_is_the_area_below_its_curve() {
        for product in [0.5, 0.1, 0.003] {
            let steps = 200_000;
            let below = |step: i32| (product / ((f64::from(step) + 0.5) / f64::from(steps))).min(1.0);
            let area = (0..steps).map(below).sum::<f64>() / f64::from(steps);
            assert!((product_tail(product) - area).abs() < 1e-4, "{product}");
        }
        assert!(product_tail(0.0).abs() < 1e-300);
        assert!((product_tail(1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn more_ties_are_less_expected_and_affinity_makes_them_more_so() {
        let [one, two] = [EntityIndex::new(0), EntityIndex::new(1)];
        let degrees = [one, two].map(|at| (Party::Entity(at), [1.0, 1.0])).into();
        let mut chance = Chance { degrees, all: [100.0, 50.0], pairs: 1000.0, affinity: [0.0; 2] };
        let expected = |chance: &Chance, counts| chance.expected(one, Party::Entity(two), counts);
        let single = expected(&chance, [1, 1]);
        // The mean numbers are 1/200 and 1/100.
        let product = (1.0 - (-0.005_f64).exp()) * (1.0 - (-0.01_f64).exp());
        assert!((single / (1000.0 * product * (1.0 - product.ln())) - 1.0).abs() < 1e-9);
        assert!(expected(&chance, [1, 2]) < single / 10.0);
        chance.affinity[0] = 0.5;
        assert!(expected(&chance, [1, 1]) > single * 10.0);
    }
}
