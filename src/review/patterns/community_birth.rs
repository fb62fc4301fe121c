//! # Definition
//! A community of entities first recorded in the recent window. The entities are densely linked to each other and
//! hardly to known actors. The communities are those of the constant Potts model (Traag, Van Dooren and
//! Nesterov 2011) on the recent links between new entities. Each has at least one actor, campaign, malware, tool or
//! report. Communities with an actor, campaign, malware or tool of one class and one name are one group. Sources that name the same
//! new one have entries of their own until something proves that they are the same.
//!
//! A group without an actor, campaign, malware or tool does not count if its report names a known one. Its entities are then new
//! values of that one, which other patterns look for.
//!
//! A birth whose evidence is one report of one source is a lead: the report has arrived, and nothing else is known. A link of such a
//! report to something known makes it no flag, because random runs keep the content of one report. If the report names known infrastructure,
//! the pattern of that name finds it.
//!
//! # Rationale
//! A new group first appears as a few names, samples and hosts that several partners begin to report.
//!
//! # Chance
//! A random run keeps what one account introduces, and draws every other entity that an account names (see `accounts`). So a group
//! that one report lists is in each random run, and its links count nothing. A group is unusual by the weight of the links among its
//! members that have a drawn end, compared with the mean weight that draws give the same members. If known entities have most links of a
//! class, draws seldom name a new one, and such a link counts much. It counts less in classes in which nearly all entities are new.
//! Each record of a usually reliable source is an account if no report names both of its ends, so several claims of such a source need no second one.
//!
//! # False positives
//! A large delivery of one source; old reports delivered late; one report that many sources repeat; an
//! exercise; a known group under a name that no list contains yet.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        FlagTitle,
        null_models::{Instance, InstanceKey, RecentLink, RecentLinks, Search, Searched},
    },
    Null, Pattern, label, no_entities,
};
use crate::{
    analysis::{Analysis, Class},
    community::{self, Method},
    features::{self, Candidate, LeadReason},
    graph::{Graph, WeightedGraph},
    index::{EntityIndex, LinkIndex},
    link::Layer,
    progress::Progress,
    temporal::Arrival,
    time::Moment,
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "community birth",
    about: "Entities first recorded in the recent window that are densely linked to each other and hardly to known actors.",
    rationale: "A new group first appears as a few linked names, samples and hosts.",
    false_positives: "A large delivery of one source, one report that many sources repeat, an exercise, or a known group under a new name.",
    unit: "evidence weight of the new links among its members",
    find,
    null: Null::Reported(Search { key, measure, at_risk: no_entities, run }),
    title: "New [named>0?group with|report] {name}[subjects>0? on {subject}][entries=1?| ({entries} entries of one name)]: \
            {entities} new {entities:entity|entities} with {links} new {links:link|links} among them\
            [named>0?, [links_at_name>0?{links_at_name} of these|none] at {name}]\
            [reports>0?; {reports} {reports:report|reports} linked to {reported} of them]\
            .[known_links>0? It has links to {known}, known before.]",
    title_of,
};

/// Density, in evidence weight for each pair, from which entities belong together.
const RESOLUTION: f64 = 0.02;
/// Fewest members, reports not counted.
const MEMBERS_MIN: usize = 4;
/// Largest share of the link weight of a group's actors, campaigns, malware and tools that leads to known actors.
const OUTFLOW_MAX: f64 = 0.5;

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let recent_links = RecentLinks::reported(analysis, &analysis.context.link_is_new);
    let groups = groups(analysis, &recent_links);
    let mut candidates: Vec<Candidate> =
        groups.iter().filter_map(|members| candidate(analysis, &recent_links, members)).collect();
    let statistics = measure(analysis, &candidates, &recent_links);
    for (candidate, statistic) in candidates.iter_mut().zip(statistics) {
        candidate.statistic = statistic;
    }
    candidates
}

/// Returns the communities of new entities by their recent links to each other, each ascending.
fn groups(analysis: &Analysis, recent_links: &RecentLinks) -> Vec<Vec<EntityIndex>> {
    let context = &analysis.context;
    let inner: Vec<_> = recent_links
        .all
        .iter()
        .filter(|link| context.is_new[link.from.index()] && context.is_new[link.to.index()])
        .collect();
    // The graph has only the ends of these links, in the order of the entities.
    let mut ends: Vec<EntityIndex> = inner.iter().flat_map(|link| [link.from, link.to]).collect();
    ends.sort_unstable();
    ends.dedup();
    let vertex = |end: EntityIndex| ends.partition_point(|other| *other < end) as u32;
    let edges: Vec<(u32, u32)> = inner.iter().map(|link| (vertex(link.from), vertex(link.to))).collect();
    let weights: Vec<f64> = inner.iter().map(|link| link.weight).collect();
    let (graph, weights) = Graph::build(ends.len() as u32, false, &edges, Some(&weights));
    let weighted_graph = WeightedGraph::new(graph, weights);
    let config = community::DetectionConfig {
        resolution: RESOLUTION,
        start: Some(weighted_graph.graph().vertices().collect()),
        passes_max: 1,
        ..community::DetectionConfig::new(Method::LeidenCpm)
    };
    let Some(found) = community::find(&weighted_graph, &config, &Progress::silent()) else {
        return Vec::new();
    };
    let mut groups: Vec<Vec<EntityIndex>> = vec![Vec::new(); found.partition().count()];
    for (end, &community) in ends.iter().zip(found.partition().labels()) {
        groups[community as usize].push(*end);
    }
    joined_by_name(analysis, joined_by_report(analysis, recent_links, groups))
}

/// Returns whether an entity is an actor, activity or capability. An entity of unknown kind is a reference to an object that no source
/// delivered.
fn is_named(analysis: &Analysis, entity: EntityIndex) -> bool {
    analysis.context.class[entity.index()].is_principal() && analysis[entity].kind != "unknown"
}

/// Joins the groups with an actor, activity or capability of one class and one name, in the order of the first group. Each is
/// ascending.
fn joined_by_name(analysis: &Analysis, groups: Vec<Vec<EntityIndex>>) -> Vec<Vec<EntityIndex>> {
    let mut joined: Vec<BTreeSet<EntityIndex>> = Vec::new();
    // The group of each name, as a position in `joined`. A group that names of two groups join becomes the first of them.
    let mut group_of: BTreeMap<(Class, &str), usize> = BTreeMap::new();
    for members in groups {
        let names: Vec<(Class, &str)> = members
            .iter()
            .filter(|member| is_named(analysis, **member))
            .map(|member| (analysis.context.class[member.index()], label(analysis, *member)))
            .collect();
        let same: BTreeSet<usize> = names.iter().filter_map(|name| group_of.get(name).copied()).collect();
        let first = same.first().copied().unwrap_or(joined.len());
        if first == joined.len() {
            joined.push(BTreeSet::new());
        }
        joined[first].extend(members);
        for other in same.into_iter().skip(1) {
            let members = std::mem::take(&mut joined[other]);
            joined[first].extend(members);
            group_of.values_mut().filter(|group| **group == other).for_each(|group| *group = first);
        }
        group_of.extend(names.into_iter().map(|name| (name, first)));
    }
    joined.retain(|members| !members.is_empty());
    joined.into_iter().map(|members| members.into_iter().collect()).collect()
}

/// Joins the communities without an actor, campaign, malware or tool that one new report names, with this report and its
/// indicators: they are one account. If the report also names a community with such an entity, the rest of the report
/// adds no group.
fn joined_by_report(
    analysis: &Analysis,
    recent_links: &RecentLinks,
    groups: Vec<Vec<EntityIndex>>,
) -> Vec<Vec<EntityIndex>> {
    let context = &analysis.context;
    let is_nameless = |at: &EntityIndex| !context.class[at.index()].is_principal();
    let (mut separate, mut by_report): (Vec<Vec<EntityIndex>>, BTreeMap<EntityIndex, BTreeSet<EntityIndex>>) =
        Default::default();
    let is_named =
        |members: &&Vec<EntityIndex>| !members.iter().all(is_nameless) && members.len() >= MEMBERS_MIN;
    let covered: BTreeSet<EntityIndex> =
        groups.iter().filter(is_named).flat_map(|members| reports(analysis, recent_links, members)).collect();
    for members in groups {
        let reports = reports(analysis, recent_links, &members);
        match reports.first() {
            Some(_) if members.iter().all(is_nameless) && reports.is_subset(&covered) => {}
            Some(report) if reports.len() == 1 && members.iter().all(is_nameless) => {
                let near = recent_links.links_of(*report).map(|(other, _)| other);
                let named = near.filter(|other| context.is_new[other.index()] && is_nameless(other));
                by_report
                    .entry(*report)
                    .or_default()
                    .extend(members.into_iter().chain([*report]).chain(named));
            }
            _ => separate.push(members),
        }
    }
    separate.extend(by_report.into_values().map(|members| members.into_iter().collect()));
    separate
}

/// Kinds of accounts that someone published. Notes, groupings and observed data are parts of one.
const PUBLISHED: [&str; 3] = ["report", "document", "article"];

/// Returns the new reports among some entities, and those that name one of them, ascending.
fn reports(
    analysis: &Analysis,
    recent_links: &RecentLinks,
    members: &[EntityIndex],
) -> BTreeSet<EntityIndex> {
    let context = &analysis.context;
    let near = members.iter().flat_map(|&member| recent_links.links_of(member).map(|(other, _)| other));
    let is_published = |entity: &EntityIndex| {
        context.is_new[entity.index()] && PUBLISHED.contains(&&*analysis[*entity].kind)
    };
    members.iter().copied().chain(near).filter(is_published).collect()
}

/// Returns the most specific entity of a community that is a birth: first an actor, then an activity, then a capability,
/// then a report; the first recorded. `None` if the community is too small, or leads to known actors.
fn anchor(analysis: &Analysis, recent_links: &RecentLinks, members: &[EntityIndex]) -> Option<EntityIndex> {
    let context = &analysis.context;
    let class = |at: EntityIndex| context.class[at.index()];
    if members.iter().filter(|at| class(**at) != Class::Report).count() < MEMBERS_MIN {
        return None;
    }
    let inside: BTreeSet<EntityIndex> = members.iter().copied().collect();
    let principals: Vec<EntityIndex> =
        members.iter().copied().filter(|member| is_named(analysis, *member)).collect();
    let (mut kept, mut left) = (0.0, 0.0);
    for &principal in &principals {
        for (other, link) in recent_links.links_of(principal) {
            if inside.contains(&other) {
                kept += link.weight;
            } else if !context.is_new[other.index()] && class(other) == Class::Actor {
                left += link.weight;
            }
        }
    }
    if left > OUTFLOW_MAX * (kept + left) {
        return None;
    }
    let reports = members.iter().copied().filter(|at| PUBLISHED.contains(&&*analysis[*at].kind));
    let is_known = |entity: EntityIndex| class(entity).is_principal() && !context.is_new[entity.index()];
    let is_about_known = |report| recent_links.links_of(report).any(|(other, _)| is_known(other));
    if principals.is_empty() && reports.clone().any(is_about_known) {
        return None;
    }
    principals.iter().copied().chain(reports).min_by_key(|&at| {
        let entity = &analysis[at];
        (class(at), entity.recorded_first, &entity.id)
    })
}

fn candidate(analysis: &Analysis, recent_links: &RecentLinks, members: &[EntityIndex]) -> Option<Candidate> {
    let anchor = anchor(analysis, recent_links, members)?;
    let inside: BTreeSet<EntityIndex> = members.iter().copied().collect();
    let support = recent_links
        .all
        .iter()
        .filter(|link| inside.contains(&link.from) && inside.contains(&link.to))
        .map(|link| link.link);
    let mut candidate =
        Candidate::new(analysis, PATTERN.name, vec![anchor], members.iter().copied(), Vec::new(), support);
    if is_one_report(analysis, recent_links, &candidate) {
        candidate.lead = Some(LeadReason::OneReport);
    }
    Some(candidate)
}

/// Returns whether all evidence of a candidate is one publication of one source: the reports of one run, or one object.
fn is_one_report(analysis: &Analysis, recent_links: &RecentLinks, candidate: &Candidate) -> bool {
    let records = features::records(analysis, candidate);
    let sources: BTreeSet<&str> = records.iter().map(|record| &*analysis[*record].source).collect();
    let reports = reports(analysis, recent_links, &candidate.members);
    let runs: BTreeSet<Moment> = reports
        .iter()
        .flat_map(|report| &analysis[*report].records)
        .map(|record| analysis[*record].first_run)
        .collect();
    sources.len() <= 1 && if reports.is_empty() { records.len() <= 1 } else { runs.len() == 1 }
}

/// Kinds of observables that link a group to a known one: infrastructure that someone controls, and files. Programs, registry keys and
/// ports occur in unrelated cases.
const SHARED_KINDS: [&str; 12] = [
    "domain-name",
    "hostname",
    "ipv4-addr",
    "ipv6-addr",
    "url",
    "email-addr",
    "file",
    "mutex",
    "x509-certificate",
    "cryptocurrency-wallet",
    "phone-number",
    "bank-account",
];

/// Returns the entities from before the recent window that a candidate's members have links to and that can connect
/// others, ascending.
fn known_links(analysis: &Analysis, candidate: &Candidate) -> Vec<EntityIndex> {
    let context = &analysis.context;
    let class = |entity: EntityIndex| context.class[entity.index()];
    let is_named = class(candidate.anchors[0]).is_principal();
    let is_known = |entity: &EntityIndex| {
        let is_shared =
            class(*entity) == Class::Observable && SHARED_KINDS.contains(&&*analysis[*entity].kind);
        !context.is_new[entity.index()] && (is_shared || (is_named && class(*entity).is_principal()))
    };
    let ends = candidate.members.iter().flat_map(|&member| context.links_of(member, true));
    let news = ends.filter(|(_, link)| {
        let records = analysis[*link].records.iter();
        records.map(|record| analysis.recent.arrivals[record.index()]).any(|arrival| arrival == Arrival::News)
    });
    let known: BTreeSet<EntityIndex> = news.map(|(other, _)| other).filter(is_known).collect();
    known.into_iter().collect()
}

/// Returns the actors, campaigns, malware and tools from before the recent window that a report is about, ascending; empty
/// for another anchor.
fn subjects(analysis: &Analysis, anchor: EntityIndex) -> BTreeSet<EntityIndex> {
    let context = &analysis.context;
    let class = |entity: EntityIndex| context.class[entity.index()];
    let linked = context.links_of(anchor, true).map(|(other, _)| other);
    let is_subject = |other: &EntityIndex| class(*other).is_principal() && !context.is_new[other.index()];
    if class(anchor) == Class::Report { linked.filter(is_subject).collect() } else { BTreeSet::new() }
}

/// Adds up the weight of the recent links among the members of each candidate.
fn measure(_: &Analysis, candidates: &[Candidate], recent_links: &RecentLinks) -> Vec<f64> {
    candidates.iter().map(|candidate| inner_weight(&candidate.members, recent_links, |_| true)).collect()
}

/// Adds up the weight of the counted recent links among some entities, which are in ascending order.
fn inner_weight(
    members: &[EntityIndex],
    recent_links: &RecentLinks,
    is_counted: impl Fn(&RecentLink) -> bool,
) -> f64 {
    let from_members = members.iter().flat_map(|&member| recent_links.links_of(member));
    let inside =
        from_members.filter(|(other, link)| members.binary_search(other).is_ok() && is_counted(link));
    // Each link inside is counted from both of its ends.
    inside.map(|(_, link)| link.weight).sum::<f64>() / 2.0
}

fn key(candidate: &Candidate) -> InstanceKey {
    InstanceKey::Entity(candidate.anchors[0])
}

fn instances(analysis: &Analysis, recent_links: &RecentLinks) -> Vec<Instance> {
    let instance = |members: &Vec<EntityIndex>| {
        let anchor = anchor(analysis, recent_links, members)?;
        let strength = inner_weight(members, recent_links, |link| !link.is_introduced);
        let mean = recent_links.mean_weight_among(members);
        Some(Instance { key: InstanceKey::Entity(anchor), strength, mean })
    };
    groups(analysis, recent_links).iter().filter_map(instance).collect()
}

fn run(
    analysis: &Analysis,
    candidates: &[Candidate],
    _: &[EntityIndex],
    recent_links: &RecentLinks,
) -> Searched {
    Searched {
        strengths: measure(analysis, candidates, recent_links),
        instances: instances(analysis, recent_links),
    }
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let is_report = |entity: &EntityIndex| analysis.context.class[entity.index()] == Class::Report;
    // Several new entities may have one name: a reader cannot distinguish them in a sentence.
    let name = label(analysis, candidate.anchors[0]);
    let (mut among, mut at_anchor, mut reports, mut reported) = (0, 0, BTreeSet::new(), BTreeSet::new());
    // Every new link among the members counts, also one of a member that connects no others.
    let is_member = |entity: EntityIndex| candidate.members.binary_search(&entity).is_ok();
    let new_links = LinkIndex::enumerate(&analysis.resolution.links).filter(|(index, link)| {
        analysis.context.link_is_new[index.index()]
            && !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target)
            && is_member(link.from)
            && is_member(link.to)
    });
    for (_, link) in new_links {
        let ends = [link.from, link.to];
        match ends.map(|end| is_report(&end)) {
            _ if ends[0] == ends[1] => {}
            [false, false] => {
                among += 1;
                at_anchor += usize::from(ends.iter().any(|end| name == label(analysis, *end)));
            }
            [true, true] => reports.extend(ends),
            [is_first, _] => {
                let [report, entity] = if is_first { ends } else { [ends[1], ends[0]] };
                reports.insert(report);
                reported.insert(entity);
            }
        }
    }
    let entities = || candidate.members.iter().filter(|member| !is_report(member));
    let known = known_links(analysis, candidate);
    let subjects = subjects(analysis, candidate.anchors[0]);
    FlagTitle::new(PATTERN.name)
        .label("name", name)
        .count("named", usize::from(!is_report(&candidate.anchors[0])))
        .count("subjects", subjects.len())
        .labels("subject", subjects.iter().map(|subject| label(analysis, *subject)))
        .count("known_links", known.len())
        .labels("known", known.iter().map(|one| label(analysis, *one)))
        .count("entries", entities().filter(|entity| label(analysis, **entity) == name).count().max(1))
        .count("entities", entities().count())
        .count("links", among)
        .count("links_at_name", at_anchor)
        .count("reports", reports.len())
        .count("reported", reported.len())
}
