//! Explanations of links and communities.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    error::QuestionError,
    opened::OpenedRun,
    records::{describe_records, entity_reference},
};
use crate::{
    analysis::Community, index::EntityIndex, link::Link, progress::Progress,
    temporal::lineage::CommunityEvent,
};

/// Most records, members and links that are shown.
const RECORDS_MAX: usize = 50;
const MEMBERS_MAX: usize = 50;
pub(super) const LINKS_MAX: usize = 20;

/// Explains a link.
pub(super) fn explain_link(opened: &OpenedRun, link: &Link) -> Value {
    let end = |index: EntityIndex| entity_reference(&opened.resolution[index]);
    let answer = json!({
        "question": "what is this",
        "link": link.id, "kind": link.kind, "layer": link.layer.name(), "from": end(link.from), "to": end(link.to),
        "weight": link.weight, "source_count": link.source_count, "marking": link.marking.to_string(),
        "records": describe_records(opened, &link.records, RECORDS_MAX), "record_count": link.records.len(),
    });
    with_valid_time_and_amount(answer, link)
}

/// Sorts links by weight, the strongest first.
pub(super) fn sort_by_weight(links: &mut [&Link]) {
    links.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.id.cmp(&b.id)));
}

/// Adds the valid time and the amount of a link, where its records have them.
pub(super) fn with_valid_time_and_amount(mut answer: Value, link: &Link) -> Value {
    let amount = link.amount();
    for (name, value) in [
        ("first_seen", json!(link.seen.start)),
        ("last_seen", json!(link.seen.end)),
        ("amount", json!(amount.map(|(sum, _)| sum))),
        ("currency", json!(amount.and_then(|(_, currency)| currency))),
    ] {
        if !value.is_null() {
            answer[name] = value;
        }
    }
    if link.amounts.len() > 1 {
        let amounts = link.amounts.iter();
        let amounts =
            amounts.map(|(sum, currency)| json!({ "amount": sum, "currency": currency.as_deref() }));
        answer["amounts"] = amounts.collect();
    }
    answer
}

/// Explains a community of the run.
pub(super) fn explain_community(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Value, QuestionError> {
    let (_, run) = opened.replay(progress)?;
    let analysis = run.analysis;
    let community: Option<&Community> = analysis.communities.iter().find(|community| community.id == id);
    let community = community.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    let members: BTreeSet<EntityIndex> = community.members.iter().copied().collect();
    let is_inside = |link: &&Link| members.contains(&link.from) && members.contains(&link.to);
    let mut links: Vec<&Link> = analysis.resolution.links.iter().filter(is_inside).collect();
    sort_by_weight(&mut links);
    let entity = |&index: &EntityIndex| entity_reference(&analysis.resolution[index]);
    let members: Vec<Value> = community.members.iter().take(MEMBERS_MAX).map(entity).collect();
    let shown: Vec<Value> = links.iter().take(LINKS_MAX).map(|link| explain_link(opened, link)).collect();
    Ok(json!({
        "question": "what is this",
        "community": community.id, "size": community.members.len(), "density": community.density,
        "born": community.born, "state": community.event.map(CommunityEvent::name), "conductance": community.conductance, "modularity_share": community.modularity_share,
        "members": members, "links": shown, "link_count": links.len(),
    }))
}
