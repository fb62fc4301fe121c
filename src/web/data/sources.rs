//! Degree and strength of an entity without each of its sources.
//!
//! A source is taken out of the whole network, not out of one entity: a link goes if each of its records comes from the source
//! or repeats it. Degrees are then exact. A link that stays keeps its weight, although it then has fewer sources, so
//! a strength is an upper limit.

use super::{
    RunData,
    centrality::{Standing, standing},
    evidence::{Evidence, NO_SOURCE},
    network::Network,
};

/// Largest fall of a percentile at which a centrality still counts as independent of a source.
pub const FALL_MAX: f64 = 5.0;
/// Most sources that are taken out, those with most links of the entity first.
const SOURCES_MAX: usize = 12;

/// Degree and strength of an entity with all sources, and without each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceIndependence {
    /// Number of links with all sources, among those of all entities.
    pub degree: Option<Standing>,
    /// Weight of these links.
    pub strength: Option<Standing>,
    /// One row for each source that was taken out.
    pub without: Vec<WithoutSource>,
    /// Number of sources of the entity's links.
    pub sources: usize,
    /// Names of the sources without which the percentile of the degree or of the strength falls by more than [`FALL_MAX`].
    pub needed: Vec<String>,
}

/// Degree and strength without one source.
#[derive(Clone, Debug, PartialEq)]
pub struct WithoutSource {
    /// Name of the source.
    pub source: String,
    /// Links of the entity that exist only because of the source.
    pub links_lost: usize,
    /// Number of links that stay.
    pub degree: Option<Standing>,
    /// Weight of the links that stay.
    pub strength: Option<Standing>,
    /// Is true if neither percentile falls by more than [`FALL_MAX`].
    pub holds: bool,
}

/// Takes each source of an entity's links out of the network.
pub(super) fn independence(data: &RunData, entity: usize) -> SourceIndependence {
    let (network, evidence) = (&data.network, &data.evidence);
    let measured = |link: &&u32| network.links.is_measured[**link as usize];
    let own_links: Vec<usize> =
        network.links_of.of(entity).iter().filter(measured).map(|link| *link as usize).collect();
    let mut counts: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
    for &link in &own_links {
        let records = evidence.of_link.of(link).iter();
        let sources: std::collections::BTreeSet<u32> = records
            .flat_map(|record| [evidence.sources[*record as usize], evidence.origins[*record as usize]])
            .collect();
        for source in sources {
            *counts.entry(source).or_default() += usize::from(evidence.needs[link].contains(&source));
        }
    }
    let mut sources: Vec<(u32, usize)> = counts.into_iter().collect();
    sources.sort_by_key(|(source, lost)| (std::cmp::Reverse(*lost), evidence.names.get(*source)));
    let (degree, strength) = standings(network, evidence, NO_SOURCE, entity);
    let holds = |all: &Option<Standing>, rest: &Option<Standing>| match (all, rest) {
        (Some(all), Some(rest)) => all.percentile - rest.percentile <= FALL_MAX,
        _ => true,
    };
    let without: Vec<WithoutSource> = sources
        .iter()
        .take(SOURCES_MAX)
        .map(|&(source, links_lost)| {
            let (less_degree, less_strength) = standings(network, evidence, source, entity);
            WithoutSource {
                source: evidence.names.get(source).to_owned(),
                links_lost,
                holds: holds(&degree, &less_degree) && holds(&strength, &less_strength),
                degree: less_degree,
                strength: less_strength,
            }
        })
        .collect();
    let needed = without.iter().filter(|row| !row.holds).map(|row| row.source.clone()).collect();
    SourceIndependence { degree, strength, without, sources: sources.len(), needed }
}

/// Returns degree and strength of an entity in the network without a source.
fn standings(
    network: &Network,
    evidence: &Evidence,
    source: u32,
    entity: usize,
) -> (Option<Standing>, Option<Standing>) {
    let (degrees, strengths) =
        degrees(network, |link| source == NO_SOURCE || !evidence.needs[link].contains(&source));
    (standing(&degrees, entity), standing(&strengths, entity))
}

/// Returns the degree and the strength of each entity over the measured links that `stays` admits. As in the metrics of a run,
/// parallel links are one, and a link of an entity to itself counts twice.
fn degrees(network: &Network, stays: impl Fn(usize) -> bool) -> (Vec<f64>, Vec<f64>) {
    let (mut degrees, mut strengths) =
        (vec![0.0; network.entities.ids.len()], vec![0.0; network.entities.ids.len()]);
    let mut last = None;
    for &link in &network.links.by_ends {
        let link = link as usize;
        if !network.links.is_measured[link] || !stays(link) {
            continue;
        }
        let ends = [network.links.from[link] as usize, network.links.to[link] as usize];
        for end in ends {
            strengths[end] += network.links.weights[link];
            degrees[end] += f64::from(u8::from(last != Some(ends)));
        }
        last = Some(ends);
    }
    (degrees, strengths)
}
