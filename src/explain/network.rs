//! Explanations of links and communities.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    answers::{CommunityExplanation, CurrencyAmount, LinkExplanation, LinkValues},
    error::QuestionError,
    opened::OpenedRun,
    records::{describe_records, entity_reference},
};
use crate::{index::EntityIndex, link::Link, progress::Progress, time::Moment};

/// Most records, members and links that are shown.
const RECORDS_MAX: usize = 50;
const MEMBERS_MAX: usize = 50;
pub(super) const LINKS_MAX: usize = 20;

/// Explains a link.
pub(super) fn explain_link(opened: &OpenedRun, link: &Link) -> LinkExplanation {
    let end = |index: EntityIndex| entity_reference(&opened.resolution()[index]);
    LinkExplanation {
        question: opened.language.text("question.what"),
        link: link.id.into(),
        kind: link.kind.into(),
        layer: link.layer.name().to_owned(),
        from: end(link.from),
        to: end(link.to),
        weight: link.weight,
        source_count: link.source_count as usize,
        marking: link.marking.to_string(),
        records: describe_records(opened, &link.records, RECORDS_MAX),
        record_count: link.records.len(),
        values: link_values(link),
    }
}

/// Sorts links by weight, the strongest first.
pub(super) fn sort_by_weight(links: &mut [&Link]) {
    links.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.id.cmp(&b.id)));
}

/// Returns the valid time and the amount of a link, where its records have them.
pub(super) fn link_values(link: &Link) -> LinkValues {
    let amount = link.amount();
    let in_currency = |(amount, currency): &(f64, Option<Arc<str>>)| CurrencyAmount {
        amount: *amount,
        currency: currency.as_deref().map(str::to_owned),
    };
    let has_several = link.amounts.len() > 1;
    LinkValues {
        first_seen: link.seen.start,
        last_seen: link.seen.end,
        amount: amount.map(|(sum, _)| sum),
        currency: amount.and_then(|(_, currency)| currency).map(str::to_owned),
        amounts: if has_several { link.amounts.iter().map(in_currency).collect() } else { Vec::new() },
    }
}

/// Figures of a community.
pub(super) struct CommunityFacts {
    pub(super) id: String,
    pub(super) density: f64,
    pub(super) conductance: f64,
    pub(super) modularity_share: f64,
    pub(super) born: Option<Moment>,
    pub(super) state: Option<String>,
}

/// Explains a community of the run by a replay.
pub(super) fn explain_community(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<CommunityExplanation, QuestionError> {
    let (_, run) = opened.replay(progress)?;
    let community = run.analysis.communities.iter().find(|community| community.id == id);
    let community = community.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    let facts = CommunityFacts {
        id: community.id.clone(),
        density: community.density,
        conductance: community.conductance,
        modularity_share: community.modularity_share,
        born: community.born,
        state: community.event.map(|event| event.name().to_owned()),
    };
    Ok(community_explanation(opened, facts, &community.members))
}

/// Returns the explanation of a community with its links.
pub(super) fn community_explanation(
    opened: &OpenedRun,
    facts: CommunityFacts,
    members: &[EntityIndex],
) -> CommunityExplanation {
    let inside: BTreeSet<EntityIndex> = members.iter().copied().collect();
    let is_inside = |link: &&Link| inside.contains(&link.from) && inside.contains(&link.to);
    let mut links: Vec<&Link> = opened.resolution().links.iter().filter(is_inside).collect();
    sort_by_weight(&mut links);
    let entity = |&index: &EntityIndex| entity_reference(&opened.resolution()[index]);
    CommunityExplanation {
        question: opened.language.text("question.what"),
        community: facts.id,
        size: members.len(),
        density: facts.density,
        born: facts.born,
        state: facts.state,
        conductance: facts.conductance,
        modularity_share: facts.modularity_share,
        members: members.iter().take(MEMBERS_MAX).map(entity).collect(),
        links: links.iter().take(LINKS_MAX).map(|link| explain_link(opened, link)).collect(),
        link_count: links.len(),
    }
}
