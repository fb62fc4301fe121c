//! # Definition
//! A subject with links in finance and in another layer to the same entity, or to the same established group. The other
//! layer is communication or infrastructure. Two entities that use one rare observable have a link of infrastructure, too.
//! At least one of these links is new, and the two layers did not meet there before. A group counts if at least two of
//! its members have such links. A hub is neither subject nor other end.
//!
//! # Rationale
//! A payment or a call alone is common. Two parties that pay each other and also call, or share a host, act together.
//!
//! # Chance
//! The null is the configuration model in each layer: each entity keeps its degree, and the layers are independent. Only
//! links between entities (or members of groups) that occur in both layers count. A subject with degree `d` has
//! `d D / 2m` links to an entity or group with degree `D` by chance, of `m` links. People who pay each other may call
//! anyway: the share of the other financial pairs that also have a link in the second layer, above chance, raises the mean
//! there. The product of the two Poisson tails becomes one p-value by the method of Fisher (1925). The expected number is
//! this p-value times the number of pairs that were looked at. One link in each layer is at most a lead.
//!
//! # False positives
//! A customer and a supplier; a family; an investigation that collected both kinds of data about the same people.

mod linked_pairs;

use std::collections::{BTreeMap, BTreeSet};

use linked_pairs::{LAYERS, LinkedPairs, Meeting, Party, Side, is_subject, linked_pairs, meetings};

use super::{super::FlagTitle, Null, Pattern, label, limit_to_leads, poisson_tail};
use crate::{
    analysis::Analysis,
    features::{Candidate, LeadReason},
    index::{EntityIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "cross-layer",
    about: "An entity with links in finance and also in communication or infrastructure to the same entity or established group, some of them new.",
    rationale: "A payment or a call alone is common, and two parties with links of both kinds act together.",
    false_positives: "A customer and a supplier, a family, or an investigation that collected both kinds of data about the same people.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{name} has links to [group>0?the group of ]{other} in different layers, and some are new: {finance} in finance\
            [communication>0?, {communication} in communication]\
            [infrastructure>0?, {infrastructure} in infrastructure].",
    title_of,
};

/// Fewest members of a group with links to the subject.
const MEMBERS_MIN: usize = 2;
/// Largest number of candidates of a run: those that chance explains least.
const CANDIDATES_MAX: usize = 40;

fn find(analysis: &Analysis) -> Vec<Candidate> {
    if analysis.recent.cut.is_none() {
        return Vec::new();
    }
    let linked = linked_pairs(analysis);
    if linked.iter().any(LinkedPairs::is_empty) {
        return Vec::new();
    }
    let meetings = meetings(analysis, &linked);
    let chance = Chance::of(analysis, &linked, &meetings);
    let mut candidates: Vec<Candidate> = meetings
        .iter()
        .filter_map(|((subject, party), meeting)| candidate(analysis, *subject, *party, meeting, &chance))
        .collect();
    candidates.sort_by(|a, b| b.statistic.total_cmp(&a.statistic).then_with(|| a.id.cmp(&b.id)));
    // One set of new links is one candidate: a pair, or one of its ends with the group of the other.
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let is_covered =
            |other: &Candidate| candidate.support.iter().all(|link| other.support.contains(link));
        if kept.len() < CANDIDATES_MAX && !kept.iter().any(is_covered) {
            kept.push(candidate);
        }
    }
    limit_to_leads(analysis, &mut kept);
    kept
}

/// Configuration model of both sides.
struct Chance {
    /// Number of linked pairs of each entity and group on each side.
    degrees: BTreeMap<Party, [f64; 2]>,
    /// Number of linked pairs on each side.
    all: [f64; 2],
    /// Number of pairs that were looked at.
    pairs: f64,
    /// Share of the other financial pairs that are also linked on the other side, above chance: of entities, and of groups.
    affinity: [f64; 2],
}

impl Chance {
    fn of(
        analysis: &Analysis,
        linked: &[LinkedPairs; 2],
        meetings: &BTreeMap<(EntityIndex, Party), Meeting<'_>>,
    ) -> Self {
        let context = &analysis.context;
        let mut degrees: BTreeMap<Party, [f64; 2]> = BTreeMap::new();
        for (side, linked) in linked.iter().enumerate() {
            for end in linked.keys().flat_map(|(one, two, _)| [*one, *two]) {
                degrees.entry(Party::Entity(end)).or_default()[side] += 1.0;
                if let Some(group) = context.group_of[end.index()] {
                    degrees.entry(Party::Group(group)).or_default()[side] += 1.0;
                }
            }
        }
        let all = [0, 1].map(|side: Side| linked[side].len() as f64);
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
            let of_family = meetings
                .iter()
                .filter(|((_, party), _)| usize::from(matches!(party, Party::Group(_))) == family);
            let (mut paid, mut met) = (0.0, 0.0);
            for (_, [_, other]) in of_family.filter(|(_, [finance, _])| !finance.is_empty()) {
                paid += 1.0;
                met += f64::from(u8::from(!other.is_empty()));
            }
            // The pair itself does not count.
            ((met - 1.0 - by_chance[family] / (4.0 * all[0] * all[1])) / (paid + 1.0)).max(0.0)
        });
        let pairs = subjects * (subjects - 1.0).max(0.0) / 2.0 + subjects * (others + groups);
        Self { degrees, all, pairs: pairs.max(1.0), affinity }
    }

    /// Returns the number of pairs with as many links on both sides that chance gives in the whole input.
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
    let is_old = |side: Side| meeting[side].iter().any(|(_, _, pair)| pair.is_old);
    let all = || meeting.iter().flatten();
    let others: BTreeSet<EntityIndex> = all().map(|(other, _, _)| *other).collect();
    let new: BTreeSet<LinkIndex> = all()
        .filter(|(_, _, pair)| !pair.is_old)
        .flat_map(|(_, _, pair)| pair.links.iter().copied())
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
        let ends = meeting[side].iter().flat_map(|(other, layer, pair)| {
            let direct = pair.is_direct.then_some((*layer, *other));
            direct.into_iter().chain(pair.shared.iter().map(|value| (*layer, *value)))
        });
        ends.collect::<BTreeSet<_>>().len()
    });
    let expected = chance.expected(subject, party, counts).max(f64::MIN_POSITIVE);
    if expected >= 1.0 {
        return None;
    }
    let shared = all().flat_map(|(_, _, pair)| pair.shared.iter().copied());
    let members = others.iter().copied().chain(shared);
    let mut candidate = Candidate::new(analysis, PATTERN.name, vec![subject, anchor], members, groups, new);
    candidate.statistic = -expected.log10();
    candidate.expected = Some(expected);
    // One payment and one call between two parties are common in business.
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
    fn more_links_are_less_expected_and_affinity_makes_them_more_so() {
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

    /// Slow reference: random layers with the same degrees, whose coincidences are counted.
    #[test]
    fn random_layers_have_no_more_coincidences_than_expected() {
        const ENTITIES: usize = 60;
        const DRAWS: u32 = 400;
        const LIMITS: [f64; 3] = [1.0, 10.0, 100.0];
        let stubs = |step: usize| -> Vec<usize> {
            (0..ENTITIES).flat_map(|at| std::iter::repeat_n(at, 1 + at * step % 10)).collect()
        };
        let stubs = [stubs(1), stubs(3)];
        let count = |side: Side, at: usize| stubs[side].iter().filter(|stub| **stub == at).count() as f64;
        let entity = EntityIndex::new;
        let degrees =
            (0..ENTITIES).map(|at| (Party::Entity(entity(at)), [count(0, at), count(1, at)])).collect();
        let all = [0, 1].map(|side: Side| stubs[side].len() as f64 / 2.0);
        let pairs = (ENTITIES * (ENTITIES - 1) / 2) as f64;
        let chance = Chance { degrees, all, pairs, affinity: [0.0; 2] };
        let mut state = 1_u64;
        let mut draw = |side: Side| -> BTreeSet<(usize, usize)> {
            let mut stubs = stubs[side].clone();
            for at in (1..stubs.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                stubs.swap(at, (state >> 33) as usize % (at + 1));
            }
            let ends = stubs.chunks_exact(2).map(|ends| (ends[0].min(ends[1]), ends[0].max(ends[1])));
            ends.filter(|(one, two)| one != two).collect()
        };
        let mut below = [0.0; 3];
        for _ in 0..DRAWS {
            let (finance, other) = (draw(0), draw(1));
            for (one, two) in finance.intersection(&other) {
                let expected = chance.expected(entity(*one), Party::Entity(entity(*two)), [1, 1]);
                for (count, limit) in below.iter_mut().zip(LIMITS) {
                    *count += f64::from(u8::from(expected < limit)) / f64::from(DRAWS);
                }
            }
        }
        assert!(below[2] > 1.0, "{below:?}");
        assert!(below.iter().zip(LIMITS).all(|(count, limit)| *count < limit), "{below:?}");
    }
}
