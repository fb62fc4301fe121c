//! # Definition
//! Three or more organisations that all have the same two or more rare attributes: an address, a telephone number, an
//! e-mail address or another observable, or a director or agent. At least three of them have one of these attributes
//! only since the recent window, and these are the majority. Most of the organisations do not own each other, and have no
//! common owner.
//!
//! # Rationale
//! A maker of shell companies uses the same address, the same nominee and the same telephone again.
//!
//! # Chance
//! Each attribute has a number of organisations, and chance would draw them from all organisations. The number of
//! organisations with two attributes is then hypergeometric. The expected number is its tail, times the number of pairs of
//! attributes.
//!
//! Only the recent window counts. Windows of 7, 30, 90 and 180 days flagged a look-alike and hid true cases.
//!
//! # False positives
//! The office of a registration agent or a law firm that opened before; a business centre; a group of companies with one
//! owner; a register that is delivered for the first time.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::FlagTitle, Null, Pattern, label};
use crate::{
    analysis::{Analysis, Class},
    features::Candidate,
    index::{EntityIndex, LinkIndex},
    link::{Layer, Link},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "shared rare attributes",
    about: "Three or more organisations that newly have the same two or more rare attributes: addresses, telephone numbers, directors or agents.",
    rationale: "A maker of shell companies uses the same address, nominee and telephone again.",
    false_positives: "The office of a registration agent or a law firm, a business centre, or a group of companies with one owner.",
    unit: "powers of ten by which it is rarer than one instance by chance",
    find,
    null: Null::Closed,
    title: "{organisations} organisations share {attributes} rare attributes, among them {first} and {second}. {new} organisations have one of these attributes only since the recent window.",
    title_of,
};

/// Kinds of organisations.
const ORGANISATIONS: [&str; 4] = ["company", "organization", "legal-entity", "public-body"];
/// Kinds of links by which a person or an organisation acts for another. An owner does not count.
const REPRESENTATIVES: [&str; 3] = ["directorship", "representation", "agent"];
/// Fewest organisations that share attributes, and fewest that have one of them only since the recent window.
const ORGANISATIONS_MIN: usize = 3;
/// Most organisations of a rare attribute.
const OWNERS_MAX: usize = 50;
/// Most rare attributes of one organisation that are compared; of more, the rarest count.
const ATTRIBUTES_MAX: usize = 12;

/// An organisation that has an attribute, and the link that says it.
type Holder = (EntityIndex, LinkIndex);

/// Organisations of each rare attribute, ascending.
type Holders = BTreeMap<EntityIndex, Vec<Holder>>;

fn is_organisation(analysis: &Analysis, entity: EntityIndex) -> bool {
    ORGANISATIONS.contains(&&*analysis[entity].kind)
}

/// Returns the organisation and the attribute that a link joins; `None` for other links.
fn attribute_of(analysis: &Analysis, link: &Link) -> Option<(EntityIndex, EntityIndex)> {
    if link.layer == Layer::Ownership {
        let acts = REPRESENTATIVES.contains(&&*link.kind) && is_organisation(analysis, link.to);
        return acts.then_some((link.to, link.from));
    }
    let is_observable = |entity: EntityIndex| analysis.context.class[entity.index()] == Class::Observable;
    let joins = is_organisation(analysis, link.from) && is_observable(link.to) && !link.is_event();
    joins.then_some((link.from, link.to))
}

fn holders(analysis: &Analysis) -> Holders {
    let mut all = Holders::new();
    for (index, link) in LinkIndex::enumerate(&analysis.resolution.links) {
        let Some((organisation, attribute)) = attribute_of(analysis, link) else { continue };
        if !analysis.context.is_hub[attribute.index()] && !analysis[attribute].is_common() {
            all.entry(attribute).or_default().push((organisation, index));
        }
    }
    for holders in all.values_mut() {
        holders.sort_unstable();
        holders.dedup_by_key(|holder| holder.0);
    }
    all.retain(|_, holders| (ORGANISATIONS_MIN..=OWNERS_MAX).contains(&holders.len()));
    all
}

/// Returns the organisations of each pair of attributes that at least [`ORGANISATIONS_MIN`] of them have.
fn shared(holders: &Holders) -> BTreeMap<[EntityIndex; 2], Vec<EntityIndex>> {
    let mut attributes: BTreeMap<EntityIndex, Vec<(usize, EntityIndex)>> = BTreeMap::new();
    for (attribute, of_attribute) in holders {
        for (organisation, _) in of_attribute {
            attributes.entry(*organisation).or_default().push((of_attribute.len(), *attribute));
        }
    }
    let mut pairs: BTreeMap<[EntityIndex; 2], Vec<EntityIndex>> = BTreeMap::new();
    for (organisation, mut own) in attributes {
        own.sort_unstable();
        own.truncate(ATTRIBUTES_MAX);
        own.sort_unstable_by_key(|(_, attribute)| *attribute);
        for (at, (_, one)) in own.iter().enumerate() {
            for (_, other) in &own[at + 1..] {
                pairs.entry([*one, *other]).or_default().push(organisation);
            }
        }
    }
    pairs.retain(|_, organisations| organisations.len() >= ORGANISATIONS_MIN);
    pairs
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let holders = holders(analysis);
    let shared = shared(&holders);
    if shared.is_empty() {
        return Vec::new();
    }
    let all = EntityIndex::first(analysis.resolution.entities.len())
        .filter(|entity| is_organisation(analysis, *entity))
        .count();
    let owners = owners(analysis);
    // The largest groups come first, so that each pair of attributes belongs to its largest group.
    let mut pairs: Vec<(&[EntityIndex; 2], &Vec<EntityIndex>)> = shared.iter().collect();
    pairs.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(b.0)));
    let mut taken: BTreeSet<[EntityIndex; 2]> = BTreeSet::new();
    let mut candidates = Vec::new();
    for (pair, organisations) in pairs {
        if taken.contains(pair) || is_family(organisations, &owners) {
            continue;
        }
        let usual = common_attributes(&holders, organisations, organisations.len().div_ceil(2));
        for (at, one) in usual.iter().enumerate() {
            taken.extend(usual[at + 1..].iter().map(|other| [*one, *other]));
        }
        let attributes = common_attributes(&holders, organisations, organisations.len());
        candidates.extend(candidate(analysis, &holders, organisations, attributes, all));
    }
    candidates
}

/// Returns the attributes that at least `least` of these organisations have.
fn common_attributes(holders: &Holders, organisations: &[EntityIndex], least: usize) -> Vec<EntityIndex> {
    let count = |of_attribute: &[Holder]| {
        let has = |one: &&EntityIndex| of_attribute.binary_search_by_key(*one, |holder| holder.0).is_ok();
        organisations.iter().filter(has).count()
    };
    let common = holders.iter().filter(|(_, of_attribute)| count(of_attribute) >= least);
    common.map(|(attribute, _)| *attribute).collect()
}

/// Returns the owners of each organisation.
fn owners(analysis: &Analysis) -> BTreeMap<EntityIndex, BTreeSet<EntityIndex>> {
    let mut owners: BTreeMap<EntityIndex, BTreeSet<EntityIndex>> = BTreeMap::new();
    for link in &analysis.resolution.links {
        if link.layer == Layer::Ownership && !REPRESENTATIVES.contains(&&*link.kind) {
            // A property of an organisation leads to its owner or parent, an edge leads from the owner to the organisation.
            let (owner, owned) = match &*link.kind {
                "parent" | "owner" | "holder" => (link.to, link.from),
                _ => (link.from, link.to),
            };
            owners.entry(owned).or_default().insert(owner);
        }
    }
    owners
}

/// Returns whether more than half of the pairs of organisations own each other or have a common owner.
fn is_family(organisations: &[EntityIndex], owners: &BTreeMap<EntityIndex, BTreeSet<EntityIndex>>) -> bool {
    let none = BTreeSet::new();
    let of = |entity: EntityIndex| owners.get(&entity).unwrap_or(&none);
    let mut related = 0;
    for (at, &one) in organisations.iter().enumerate() {
        for &other in &organisations[at + 1..] {
            let is_related =
                of(one).contains(&other) || of(other).contains(&one) || !of(one).is_disjoint(of(other));
            related += usize::from(is_related);
        }
    }
    related * 4 > organisations.len() * (organisations.len() - 1)
}

fn candidate(
    analysis: &Analysis,
    holders: &Holders,
    organisations: &[EntityIndex],
    mut attributes: Vec<EntityIndex>,
    all: usize,
) -> Option<Candidate> {
    let members: BTreeSet<EntityIndex> = organisations.iter().copied().collect();
    let links = attributes.iter().flat_map(|attribute| &holders[attribute]);
    let is_recent = |link: LinkIndex| analysis.context.link_is_new[link.index()];
    let recent: Vec<Holder> =
        links.filter(|(holder, link)| members.contains(holder) && is_recent(*link)).copied().collect();
    let new: BTreeSet<EntityIndex> = recent.iter().map(|holder| holder.0).collect();
    // An office that opened before gets some clients each week.
    if new.len() < ORGANISATIONS_MIN || new.len() * 2 <= organisations.len() {
        return None;
    }
    let pairs = (holders.len() * (holders.len() - 1)) as f64 / 2.0;
    let degree = |attribute: &EntityIndex| holders[attribute].len();
    let log10 = attributes
        .iter()
        .enumerate()
        .flat_map(|(at, one)| attributes[at + 1..].iter().map(move |other| (one, other)))
        .map(|(one, other)| log10_tail(organisations.len(), degree(one), degree(other), all))
        .fold(0.0, f64::min)
        + pairs.log10();
    // The attributes that were known first name the candidate, so that a further one does not change its lineage.
    attributes.sort_by(|a, b| {
        let first = |attribute: &EntityIndex| (analysis[*attribute].recorded_first, &analysis[*attribute].id);
        first(a).cmp(&first(b))
    });
    let count = attributes.len();
    let anchors = attributes[..2].to_vec();
    let support: Vec<LinkIndex> = recent.iter().map(|holder| holder.1).collect();
    let members = members.into_iter().chain(attributes);
    let mut candidate = Candidate::new(analysis, PATTERN.name, anchors, members, Vec::new(), support);
    candidate.statistic = -log10;
    candidate.expected = Some(f64::powf(10.0, log10));
    candidate.counts = vec![organisations.len(), count, new.len()];
    Some(candidate)
}

/// Returns the decimal logarithm of the probability that at least `shared` of `all` organisations have two attributes, if
/// chance draws the organisations of each (hypergeometric distribution).
fn log10_tail(shared: usize, one: usize, other: usize, all: usize) -> f64 {
    let (few, many) = (one.min(other), one.max(other));
    let log_choose = |n: usize, k: usize| -> f64 {
        (0..k.min(n - k)).map(|at| ((n - at) as f64 / (at + 1) as f64).ln()).sum()
    };
    let terms = (shared..=few).filter(|k| few - k <= all - many);
    let logs: Vec<f64> =
        terms.map(|k| log_choose(many, k) + log_choose(all - many, few - k) - log_choose(all, few)).collect();
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - largest).exp()).sum();
    (largest + sum.ln()) / std::f64::consts::LN_10
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let names = ["organisations", "attributes", "new"];
    let title = FlagTitle::new(PATTERN.name)
        .label("first", label(analysis, candidate.anchors[0]))
        .label("second", label(analysis, candidate.anchors[1]));
    names.into_iter().zip(&candidate.counts).fold(title, |title, (name, count)| title.count(name, *count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_sums_the_hypergeometric_distribution() {
        // Of 10 organisations, 4 have one attribute and 3 another: 3 have both in C(4,3) of C(10,3) draws.
        assert!((log10_tail(3, 4, 3, 10) - (4.0_f64 / 120.0).log10()).abs() < 1e-12);
        let two = (6.0 * 6.0 + 4.0) / 120.0_f64;
        assert!((log10_tail(2, 3, 4, 10) - two.log10()).abs() < 1e-12);
        assert!(log10_tail(3, 10, 3, 10).abs() < 1e-9, "all organisations have one of them");
    }
}
